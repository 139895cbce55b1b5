/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Several primaries in one command: in one bond, and in two. The second primary is the guest's
 * other e1000e, the second bond's standby its other virtio NIC.
 */
#include "netlink/bond.h"
#include "netlink/monitor.h"
#include "tests/backend/engine.h"
#include "tests/backend/network.h"

#define SECOND_MAC "52:54:00:00:00:03"
#define SECOND_STANDBY_MAC "52:54:00:00:00:04"
#define SECOND "{\"devices\": [{\"mac\": \"" SECOND_MAC "\"}]"
#define BOTH "{\"devices\": [{\"mac\": \"" ENGINE_PRIMARY_MAC "\"}, {\"mac\": \"" SECOND_MAC "\"}]"

typedef struct {
    EngineFixture engine; /* has to be first: the fixture of engine.h */
    char *second;
    char *second_standby;
    const char *bond; /* the second primary's */
    GString *order;   /* of the primaries' leaving and joining: "-1 -2 +2 +1" */
    GnfLinkMonitor *monitor;
    int controllers[2];     /* the primaries' */
    gboolean break_standby; /* take the second bond's standby down when the first has left */
} Several;

static gboolean
second_has_link(const EngineFixture *fixture)
{
    const Several *several = (const Several *)fixture;
    g_autoptr(GnfLink) link = engine_link(fixture, several->second);

    return link->carrier && link->bond_port && link->bond_port->mii == GNF_MII_UP;
}

/* One word for each change of a primary's controller. */
static void
note_order(const GnfLinkEvent *event, gpointer data)
{
    Several *several = data;
    const GnfLink *link = event->link;
    const char *names[] = {several->engine.primary, several->second};

    for (gsize i = 0; link && i < G_N_ELEMENTS(names); i++) {
        if (g_strcmp0(link->name, names[i]) != 0 || link->controller == several->controllers[i])
            continue;
        several->controllers[i] = link->controller;
        g_string_append_printf(
            several->order, "%c%" G_GSIZE_FORMAT " ", link->controller ? '+' : '-', i + 1);
        if (several->break_standby && i == 0 && link->controller == 0)
            engine_ip("link set %s down", several->second_standby);
    }
}

/* data: "one" or "two" bonds, or the second bond's mode. */
static void
set_up(Several *several, gconstpointer data)
{
    gboolean two = g_strcmp0(data, "one") != 0;
    gboolean moves = g_strcmp0(data, "two") == 0;

    engine_set_up(&several->engine, NULL);
    several->second = engine_name_of_mac(several->engine.netlink, SECOND_MAC);
    several->second_standby = engine_name_of_mac(several->engine.netlink, SECOND_STANDBY_MAC);
    several->bond = two ? "bond1" : "bond0";
    several->order = g_string_new(NULL);
    engine_ip("link set %s down", several->second);
    if (two) {
        engine_ip("link add bond1 type bond mode %s miimon 20",
                  moves ? "active-backup" : (const char *)data);
        engine_ip("link set %s down", several->second_standby);
        engine_ip("link set %s master bond1", several->second);
        engine_ip("link set %s master bond1", several->second_standby);
        engine_ip("link set bond1 up");
    } else {
        engine_ip("link set %s master bond0", several->second);
    }
    engine_wait(&several->engine, second_has_link, "the second primary has a link");
    if (moves)
        gnf_bond_set_primary(several->engine.netlink,
                             engine_index(&several->engine, "bond1"),
                             engine_index(&several->engine, several->second),
                             NULL);
    several->controllers[0] = several->engine.bond;
    several->controllers[1] = engine_index(&several->engine, several->bond);
    several->monitor = gnf_link_monitor_new(NULL, note_order, several, NULL);
}

static void
tear_down(Several *several, gconstpointer data)
{
    g_clear_pointer(&several->monitor, gnf_link_monitor_free);
    if (several->engine.engine)
        engine_stop(&several->engine);
    if (g_strcmp0(data, "one") != 0)
        engine_ip("link del bond1");
    engine_tear_down(&several->engine, NULL);
    g_string_free(several->order, TRUE);
    g_free(several->second);
    g_free(several->second_standby);
}

static void
drain_events(void)
{
    while (g_main_context_iteration(NULL, FALSE))
        ;
}

/* The entry of a NIC in a report. */
static JsonObject *
entry_of(JsonObject *report, const char *mac)
{
    JsonArray *devices = json_object_get_array_member(report, "devices");

    for (guint i = 0; i < json_array_get_length(devices); i++) {
        JsonObject *device = json_array_get_object_element(devices, i);
        if (g_strcmp0(json_object_get_string_member(device, "mac"), mac) == 0)
            return device;
    }
    g_error("no entry of %s", mac);
}

static void
assert_entry(JsonObject *report, const char *mac, const char *state, const char *code)
{
    JsonObject *device = entry_of(report, mac);

    g_assert_cmpstr(json_object_get_string_member(device, "state"), ==, state);
    g_assert_cmpint(json_object_has_member(device, "reason"), ==, code != NULL);
    if (code)
        g_assert_cmpstr(
            json_object_get_string_member(json_object_get_object_member(device, "reason"), "code"),
            ==,
            code);
}

static void
assert_status(JsonObject *report, const char *status)
{
    g_assert_cmpstr(json_object_get_string_member(report, "status"), ==, status);
}

/* The bond of the second primary sends through this port, and its primary option names that one. */
static void
assert_second_bond(const Several *several, const char *active, const char *option)
{
    g_autoptr(GnfLink) bond = engine_link(&several->engine, several->bond);

    g_assert_cmpint(bond->bond->active, ==, engine_index(&several->engine, active));
    g_assert_cmpint(bond->bond->primary, ==, option ? engine_index(&several->engine, option) : 0);
    g_assert_false(bond->bond->all_slaves_active);
    g_assert_true(bond->carrier);
}

static void
ask_to_end(Several *several, const char *verb)
{
    const char *status = "waiting";
    g_autoptr(JsonObject) report = NULL;

    for (int i = 0; i < 10 && g_str_equal(status, "waiting"); i++) {
        g_clear_pointer(&report, json_object_unref);
        report = engine_call(&several->engine, verb, NULL);
        status = json_object_get_string_member(report, "status");
    }
    assert_status(report, "done");
    assert_entry(report, ENGINE_PRIMARY_MAC, "attached", NULL);
    assert_entry(report, SECOND_MAC, "attached", NULL);
}

static void
test_cycle(Several *several, gconstpointer data)
{
    g_autoptr(JsonObject) report = engine_call(&several->engine, "prepare", NULL);

    assert_status(report, "done");
    assert_entry(report, ENGINE_PRIMARY_MAC, "detached", NULL);
    assert_entry(report, SECOND_MAC, "detached", NULL);
    engine_assert_detached(&several->engine);
    ask_to_end(several, "complete");
    engine_assert_attached(&several->engine, TRUE);
    if (g_strcmp0(data, "two") == 0)
        assert_second_bond(several, several->second, several->second);
}

/* In, and what the move took has been put back. */
static gboolean
second_is_back(const EngineFixture *fixture)
{
    g_autoptr(GnfLink) bond = engine_link(fixture, "bond0");

    return second_has_link(fixture) && !bond->bond->all_slaves_active;
}

/* The one that carried the traffic comes last: until then the standby keeps it. */
static void
test_active_one_last(Several *several, gconstpointer data)
{
    g_autoptr(JsonObject) report = engine_call(&several->engine, "prepare", NULL);

    assert_status(report, "done");
    engine_unplug(&several->engine);
    g_autoptr(JsonObject) waiting =
        engine_call(&several->engine, "complete", "{\"timeout-ms\": 100}");
    assert_status(waiting, "waiting");
    engine_wait(&several->engine, second_is_back, "the second primary is back");
    assert_second_bond(several, several->engine.standby, several->engine.standby);
    engine_plug(&several->engine);
    ask_to_end(several, "complete");
    engine_assert_attached(&several->engine, TRUE);
}

/* The one that carried the traffic is forgotten: the bond has no primary option any more. */
static void
test_active_one_forgotten(Several *several, gconstpointer data)
{
    g_autoptr(JsonObject) report = engine_call(&several->engine, "prepare", NULL);

    assert_status(report, "done");
    engine_unplug(&several->engine);
    g_autoptr(JsonObject) ended =
        engine_call(&several->engine, "cancel", "{\"timeout-ms\": 30000}");
    assert_status(ended, "done");
    assert_entry(ended, ENGINE_PRIMARY_MAC, "absent", NULL);
    assert_entry(ended, SECOND_MAC, "attached", NULL);
    assert_second_bond(several, several->engine.standby, NULL);
    engine_plug(&several->engine);
}

/* The bond does not send through the one that is prepared: its traffic stays where it is. */
static void
test_inactive_one_alone(Several *several, gconstpointer data)
{
    g_autoptr(JsonObject) report =
        engine_call(&several->engine, "prepare", "{\"devices\": [{\"mac\": \"" SECOND_MAC "\"}]}");

    assert_status(report, "done");
    assert_entry(report, SECOND_MAC, "detached", NULL);
    drain_events();
    g_assert_cmpstr(several->order->str, ==, "-2 ");
    g_autoptr(GnfLink) bond = engine_link(&several->engine, "bond0");
    g_assert_cmpint(
        bond->bond->active, ==, engine_index(&several->engine, several->engine.primary));
    g_autoptr(JsonObject) ended =
        engine_call(&several->engine, "cancel", "{\"timeout-ms\": 30000}");
    assert_status(ended, "done");
    assert_entry(ended, SECOND_MAC, "attached", NULL);
    engine_assert_attached(&several->engine, TRUE);
}

/* The second one fails when the first is out: the first goes back, the last one undone first. */
static void
test_all_or_nothing(Several *several, gconstpointer data)
{
    several->break_standby = TRUE;
    engine_assert_refused(
        &several->engine, "prepare", BOTH ", \"timeout-ms\": 30000}", "no-standby: bond1");
    several->break_standby = FALSE;
    drain_events();
    g_assert_cmpstr(several->order->str, ==, "-1 +1 ");
    engine_assert_attached(&several->engine, TRUE);
    g_assert_true(gnf_engine_is_idle(several->engine.engine));
    engine_ip("link set %s up", several->second_standby);
    assert_second_bond(several, several->second, several->second);
}

static void
test_best_effort(Several *several, gconstpointer data)
{
    several->break_standby = TRUE;
    g_autoptr(JsonObject) report =
        engine_call(&several->engine, "prepare", BOTH ", \"policy\": \"best-effort\"}");
    several->break_standby = FALSE;
    assert_status(report, "partial");
    assert_entry(report, ENGINE_PRIMARY_MAC, "detached", NULL);
    assert_entry(report, SECOND_MAC, "attached", "no-standby");
    engine_assert_detached(&several->engine);
    assert_second_bond(several, several->second, several->second);
    engine_ip("link set %s up", several->second_standby);
    g_autoptr(JsonObject) ended =
        engine_call(&several->engine, "cancel", "{\"timeout-ms\": 30000}");
    assert_status(ended, "done");
    engine_assert_attached(&several->engine, TRUE);
}

/* A dry run says what the real one then does. */
static void
test_dry_run(Several *several, gconstpointer data)
{
    engine_ip("link set %s down", several->second_standby);
    for (int dry = 1; dry >= 0; dry--) {
        g_autofree char *all = g_strdup_printf(BOTH ", \"dry-run\": %s}", dry ? "true" : "false");
        g_autofree char *some = g_strdup_printf(
            BOTH ", \"policy\": \"best-effort\", \"dry-run\": %s}", dry ? "true" : "false");
        engine_assert_refused(&several->engine, "prepare", all, "no-standby: bond1");
        g_autoptr(JsonObject) report = engine_call(&several->engine, "prepare", some);
        assert_status(report, "partial");
        assert_entry(report, ENGINE_PRIMARY_MAC, dry ? "attached" : "detached", NULL);
        assert_entry(report, SECOND_MAC, "attached", "no-standby");
        JsonArray *steps =
            json_object_get_array_member(entry_of(report, ENGINE_PRIMARY_MAC), "steps");
        const char *const expected[] = {"record", "switch", "drain", "detach"};
        g_assert_cmpuint(json_array_get_length(steps), ==, G_N_ELEMENTS(expected));
        for (guint i = 0; i < G_N_ELEMENTS(expected); i++)
            g_assert_cmpstr(
                json_object_get_string_member(json_array_get_object_element(steps, i), "step"),
                ==,
                expected[i]);
    }
    engine_ip("link set %s up", several->second_standby);
}

static void
assert_second_is_in(const Several *several, gboolean is_in)
{
    g_autoptr(GnfLink) link = engine_link(&several->engine, several->second);

    g_assert_cmpint(
        link->controller, ==, is_in ? engine_index(&several->engine, several->bond) : 0);
}

/* Nothing can be moved off a port first: nobody is told that it was. */
static void
test_no_active_port(Several *several, gconstpointer data)
{
    EngineFixture *engine = &several->engine;

    engine_assert_refused(
        engine, "prepare", SECOND ", \"stage\": \"switch\"}", "load-balancing: bond1");
    engine_assert_refused(engine,
                          "prepare",
                          SECOND ", \"stage\": \"switch\", \"dry-run\": true}",
                          "load-balancing: bond1");
    assert_second_is_in(several, TRUE);
    g_assert_true(gnf_engine_is_idle(engine->engine));
    g_autoptr(JsonObject) released =
        engine_call(engine, "prepare", SECOND ", \"stage\": \"release\"}");
    assert_entry(released, SECOND_MAC, "detached", NULL);
    assert_second_is_in(several, FALSE);
    for (int i = 0; i < 2; i++) {
        g_autoptr(JsonObject) ended = engine_call(
            engine, "complete", i ? NULL : "{\"stage\": \"attach\", \"timeout-ms\": 30000}");
        assert_status(ended, "done");
        assert_entry(ended, SECOND_MAC, "attached", NULL);
        g_assert_true(gnf_engine_is_idle(engine->engine));
    }
    assert_second_is_in(several, TRUE);
}

int
main(int argc, char **argv)
{
#define ADD(path, data, func) g_test_add(path, Several, data, set_up, func, tear_down)
    g_test_init(&argc, &argv, NULL);
    ADD("/engine/several/one-bond", "one", test_cycle);
    ADD("/engine/several/one-bond/active-one-last", "one", test_active_one_last);
    ADD("/engine/several/one-bond/active-one-forgotten", "one", test_active_one_forgotten);
    ADD("/engine/several/one-bond/inactive-one-alone", "one", test_inactive_one_alone);
    ADD("/engine/several/two-bonds", "two", test_cycle);
    ADD("/engine/several/two-bonds/all-or-nothing", "two", test_all_or_nothing);
    ADD("/engine/several/two-bonds/best-effort", "two", test_best_effort);
    ADD("/engine/several/two-bonds/dry-run", "two", test_dry_run);
    ADD("/engine/several/no-active-port", "802.3ad", test_no_active_port);
    return g_test_run();
#undef ADD
}
