/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine's commands on a real bond: each test ends with the kernel asked what is so.
 */
#include <sys/resource.h>
#include <unistd.h>

#include "netlink/bond.h"
#include "netlink/monitor.h"
#include "tests/backend/engine.h"
#include "tests/backend/network.h"

static void
test_query(EngineFixture *fixture, gconstpointer data)
{
    g_autoptr(JsonObject) info = engine_call(fixture, "query", NULL);
    JsonArray *primaries = json_object_get_array_member(info, "primaries");

    g_assert_cmpuint(json_array_get_length(primaries), ==, 2);
    JsonObject *primary = json_array_get_object_element(primaries, 0);
    if (g_strcmp0(json_object_get_string_member(primary, "mac"), ENGINE_PRIMARY_MAC) != 0)
        primary = json_array_get_object_element(primaries, 1);
    g_assert_cmpstr(json_object_get_string_member(primary, "mac"), ==, ENGINE_PRIMARY_MAC);
    g_assert_cmpstr(json_object_get_string_member(primary, "pci-address"), ==, ENGINE_PCI_ADDRESS);
    g_assert_cmpstr(json_object_get_string_member(primary, "manager"), ==, "none");
    g_assert_true(json_object_get_boolean_member(primary, "ready"));
    JsonObject *standby = json_object_get_object_member(primary, "standby");
    g_assert_cmpstr(json_object_get_string_member(standby, "interface"), ==, fixture->standby);
    g_assert_true(json_object_get_boolean_member(standby, "link"));
    engine_assert_attached(fixture, TRUE);
}

/* What is waited for is urgent, a question meanwhile is not. */
static void
test_query_is_not_urgent(EngineFixture *fixture, gconstpointer data)
{
    int usual = getpriority(PRIO_PROCESS, 0);
    char *reply = NULL;

    engine_run(fixture, "prepare", "done", "detached");
    g_assert_cmpint(getpriority(PRIO_PROCESS, 0), ==, -20);
    engine_send(fixture, "query", NULL, &reply);
    g_assert_cmpint(getpriority(PRIO_PROCESS, 0), ==, usual);
    g_autoptr(JsonObject) answer = engine_receive(&reply);
    g_assert_true(json_object_has_member(answer, "return"));
    g_assert_cmpint(getpriority(PRIO_PROCESS, 0), ==, -20);
    engine_run_to_end(fixture, "cancel", "attached");
    g_assert_cmpint(getpriority(PRIO_PROCESS, 0), ==, usual);
}

static void
test_cycle(EngineFixture *fixture, gconstpointer data)
{
    engine_run(fixture, "prepare", "done", "detached");
    engine_assert_detached(fixture);
    engine_run_to_end(fixture, "complete", "attached");
    engine_assert_attached(fixture, g_strcmp0(data, "none") != 0);
    g_assert_true(gnf_engine_is_idle(fixture->engine));
}

/* Without a primary option the priority keeps the bond on the NIC: an unrelated port joins. */
static void
test_no_drift(EngineFixture *fixture, gconstpointer data)
{
    test_cycle(fixture, data);
    engine_ip("link add unrelated type veth peer name other");
    engine_ip("link set unrelated master bond0");
    engine_ip("link set other up");
    g_usleep(100000);
    engine_assert_attached(fixture, FALSE);
    engine_ip("link del unrelated");
    engine_assert_attached(fixture, FALSE);
}

typedef struct {
    int primary;
    int standby;
    int bond;
    GPtrArray *order;
} Order;

static void
note_order(const GnfLinkEvent *event, gpointer data)
{
    Order *order = data;
    const GnfLink *link = event->link;

    if (link && link->ifindex == order->bond && link->bond && link->bond->active == order->standby)
        g_ptr_array_add(order->order, g_strdup("moved"));
    if (link && link->ifindex == order->primary && link->controller == 0)
        g_ptr_array_add(order->order, g_strdup("released"));
}

/* The kernel's own events: the traffic is on the standby before the primary leaves. */
static void
test_moves_before_detach(EngineFixture *fixture, gconstpointer data)
{
    g_autoptr(GPtrArray) order = g_ptr_array_new_with_free_func(g_free);
    Order state = {engine_index(fixture, fixture->primary),
                   engine_index(fixture, fixture->standby),
                   fixture->bond,
                   order};
    g_autoptr(GnfLinkMonitor) monitor = gnf_link_monitor_new(NULL, note_order, &state, NULL);

    g_autoptr(JsonObject) switched = engine_call(fixture, "prepare", "{\"stage\": \"switch\"}");
    engine_assert_report(switched, "done", "switched");
    g_autoptr(GnfLink) bond = engine_link(fixture, "bond0");
    g_autoptr(GnfLink) primary = engine_link(fixture, fixture->primary);
    g_assert_cmpint(bond->bond->active, ==, state.standby);
    g_assert_cmpint(primary->controller, ==, fixture->bond);
    g_assert_true(bond->bond->all_slaves_active);
    engine_run(fixture, "cancel", "done", "attached");
    engine_assert_attached(fixture, TRUE);

    while (g_main_context_iteration(NULL, FALSE))
        ;
    g_ptr_array_set_size(order, 0);
    engine_run(fixture, "prepare", "done", "detached");
    while (g_main_context_iteration(NULL, FALSE))
        ;
    g_assert_cmpuint(order->len, >=, 2);
    g_assert_cmpstr(g_ptr_array_index(order, 0), ==, "moved");
}

/* The bond moved back between the stages: the release moves the traffic again before it detaches.
 */
static void
test_release_moves_again(EngineFixture *fixture, gconstpointer data)
{
    g_autoptr(GPtrArray) order = g_ptr_array_new_with_free_func(g_free);
    Order state = {engine_index(fixture, fixture->primary),
                   engine_index(fixture, fixture->standby),
                   fixture->bond,
                   order};

    g_autoptr(JsonObject) switched = engine_call(fixture, "prepare", "{\"stage\": \"switch\"}");
    engine_assert_report(switched, "done", "switched");
    g_assert_true(gnf_bond_set_primary(fixture->netlink, fixture->bond, state.primary, NULL));
    while (g_main_context_iteration(NULL, FALSE))
        ;
    g_autoptr(GnfLinkMonitor) monitor = gnf_link_monitor_new(NULL, note_order, &state, NULL);
    engine_run(fixture, "prepare", "done", "detached");
    while (g_main_context_iteration(NULL, FALSE))
        ;
    g_assert_cmpuint(order->len, >=, 2);
    g_assert_cmpstr(g_ptr_array_index(order, 0), ==, "moved");
    engine_assert_detached(fixture);
}

static void
test_stages(EngineFixture *fixture, gconstpointer data)
{
    g_autoptr(JsonObject) switched = engine_call(fixture, "prepare", "{\"stage\": \"switch\"}");
    g_autoptr(JsonObject) again = engine_call(fixture, "prepare", "{\"stage\": \"switch\"}");
    g_autoptr(JsonObject) released = engine_call(fixture, "prepare", "{\"stage\": \"release\"}");

    engine_assert_report(switched, "done", "switched");
    engine_assert_report(again, "done", "switched");
    engine_assert_report(released, "done", "detached");
    g_assert_cmpstr(json_object_get_string_member(switched, "operation"),
                    ==,
                    json_object_get_string_member(released, "operation"));
    engine_assert_detached(fixture);
}

/* The bond sends through the standby and accepts what arrives at the primary, which is a port. */
static void
assert_switched(const EngineFixture *fixture)
{
    g_autoptr(GnfLink) bond = engine_link(fixture, "bond0");
    g_autoptr(GnfLink) primary = engine_link(fixture, fixture->primary);

    g_assert_cmpint(primary->controller, ==, fixture->bond);
    g_assert_cmpint(bond->bond->active, ==, engine_index(fixture, fixture->standby));
    g_assert_true(bond->bond->all_slaves_active);
}

static gboolean
primary_is_attached_by_itself(const EngineFixture *fixture)
{
    g_autoptr(GnfLink) link = engine_link(fixture, fixture->primary);

    return link->controller == fixture->bond && !gnf_engine_is_running(fixture->engine);
}

/* Whoever went by stages gets a NIC that came back as far as that, and no further. */
static void
test_complete_stages(EngineFixture *fixture, gconstpointer data)
{
    const char *attach = "{\"stage\": \"attach\", \"timeout-ms\": 20000}";

    g_autoptr(JsonObject) switched = engine_call(fixture, "prepare", "{\"stage\": \"switch\"}");
    g_autoptr(JsonObject) released = engine_call(fixture, "prepare", "{\"stage\": \"release\"}");
    engine_assert_report(released, "done", "detached");
    engine_unplug(fixture);
    engine_plug(fixture);
    engine_wait(fixture, primary_is_attached_by_itself, "the engine has attached it");
    assert_switched(fixture);
    g_autoptr(JsonObject) attached = engine_call(fixture, "complete", attach);
    engine_assert_report(attached, "done", "switched");
    assert_switched(fixture);
    engine_stop(fixture);
    engine_start(fixture);
    g_autoptr(JsonObject) again = engine_call(fixture, "complete", attach);
    engine_assert_report(again, "done", "switched");
    assert_switched(fixture);
    engine_run_to_end(fixture, "complete", "attached");
    engine_assert_attached(fixture, TRUE);
}

/* The NIC was never unplugged: the way back from a release goes by stages, too, and so does the way
 * back from there. */
static void
test_back_by_stages(EngineFixture *fixture, gconstpointer data)
{
    g_autoptr(JsonObject) switched = engine_call(fixture, "prepare", "{\"stage\": \"switch\"}");
    g_autoptr(JsonObject) released = engine_call(fixture, "prepare", "{\"stage\": \"release\"}");
    engine_assert_report(released, "done", "detached");
    g_autoptr(JsonObject) attached =
        engine_call(fixture, "complete", "{\"stage\": \"attach\", \"timeout-ms\": 20000}");
    engine_assert_report(attached, "done", "switched");
    assert_switched(fixture);
    g_autoptr(JsonObject) out = engine_call(fixture, "prepare", "{\"stage\": \"release\"}");
    engine_assert_report(out, "done", "detached");
    engine_assert_detached(fixture);
    g_autoptr(JsonObject) in =
        engine_call(fixture, "complete", "{\"stage\": \"attach\", \"timeout-ms\": 20000}");
    engine_assert_report(in, "done", "switched");
    engine_run_to_end(fixture, "complete", "attached");
    engine_assert_attached(fixture, TRUE);
}

/* Somebody has put it back and the engine has not looked yet: it is not said to be out. */
static void
test_put_back_unseen(EngineFixture *fixture, gconstpointer data)
{
    engine_run(fixture, "prepare", "done", "detached");
    engine_ip("link set %s down", fixture->primary);
    engine_ip("link set %s master bond0", fixture->primary);
    engine_run_to_end(fixture, "prepare", "detached");
    engine_assert_detached(fixture);
}

/* Each prepare says anew when it is to be undone. */
static void
test_revert_replaced(EngineFixture *fixture, gconstpointer data)
{
    g_autoptr(JsonObject) switched =
        engine_call(fixture, "prepare", "{\"stage\": \"switch\", \"revert-after-ms\": 300}");
    g_autoptr(JsonObject) released = engine_call(fixture, "prepare", "{\"stage\": \"release\"}");
    gint64 due_us = g_get_monotonic_time() + G_USEC_PER_SEC;

    engine_assert_report(released, "done", "detached");
    while (g_get_monotonic_time() < due_us)
        if (!g_main_context_iteration(NULL, FALSE))
            g_usleep(5000);
    g_assert_false(gnf_engine_is_running(fixture->engine));
    engine_assert_detached(fixture);
}

/* What a failed release undoes is the release alone. */
static void
test_release_fails(EngineFixture *fixture, gconstpointer data)
{
    g_autoptr(JsonObject) switched = engine_call(fixture, "prepare", "{\"stage\": \"switch\"}");

    engine_ip("link set %s down", fixture->standby);
    engine_assert_refused(fixture, "prepare", "{\"stage\": \"release\"}", "no-standby: ");
    engine_ip("link set %s up", fixture->standby);
    g_autoptr(JsonObject) info = engine_call(fixture, "query", NULL);
    g_assert_cmpstr(json_object_get_string_member(
                        engine_device(json_object_get_object_member(info, "operation")), "state"),
                    ==,
                    "switched");
    engine_run_to_end(fixture, "cancel", "attached");
    engine_assert_attached(fixture, TRUE);
}

static void
test_idempotent(EngineFixture *fixture, gconstpointer data)
{
    g_autoptr(JsonObject) first = engine_call(fixture, "prepare", NULL);
    g_autoptr(JsonObject) second = engine_call(fixture, "prepare", NULL);

    g_assert_true(json_object_equal(first, second));
    engine_assert_detached(fixture);
    engine_run_to_end(fixture, "complete", "attached");
    g_autoptr(JsonObject) third = engine_call(fixture, "complete", NULL);
    g_autoptr(JsonObject) fourth = engine_call(fixture, "complete", NULL);
    g_assert_true(json_object_equal(third, fourth));
    engine_assert_attached(fixture, TRUE);
}

static void
test_no_standby(EngineFixture *fixture, gconstpointer data)
{
    engine_ip("link set %s down", fixture->standby);
    engine_assert_refused(
        fixture, "prepare", NULL, "no-standby: bond0 has no other port with a link");
    engine_assert_refused(fixture, "prepare", "{\"dry-run\": true}", "no-standby: ");
    engine_ip("link set %s up", fixture->standby);
    engine_assert_attached(fixture, TRUE);
}

static void
test_dry_run(EngineFixture *fixture, gconstpointer data)
{
    g_autoptr(JsonObject) plan = engine_call(fixture, "prepare", "{\"dry-run\": true}");

    engine_assert_report(plan, "planned", "attached");
    engine_assert_attached(fixture, TRUE);
    g_assert_true(gnf_engine_is_idle(fixture->engine));
    g_assert_false(g_file_test(fixture->record, G_FILE_TEST_EXISTS));
}

static void
test_unwritable_record(EngineFixture *fixture, gconstpointer data)
{
    engine_stop(fixture);
    g_autofree char *record = g_steal_pointer(&fixture->record);
    fixture->record = g_strdup("/proc/operation.json");
    engine_start(fixture);
    engine_assert_refused(fixture, "prepare", NULL, "internal: writing the operation record");
    engine_assert_attached(fixture, TRUE);
    g_assert_true(gnf_engine_is_idle(fixture->engine));
    g_free(fixture->record);
    fixture->record = g_steal_pointer(&record);
}

static void
test_cancel_without_operation(EngineFixture *fixture, gconstpointer data)
{
    g_autoptr(JsonObject) report = engine_call(fixture, "cancel", NULL);
    JsonArray *warnings = json_object_get_array_member(report, "warnings");

    engine_assert_report(report, "done", NULL);
    g_assert_cmpstr(
        json_object_get_string_member(json_array_get_object_element(warnings, 0), "code"),
        ==,
        "operation-unknown");
    engine_run(fixture, "prepare", "done", "detached");
    engine_assert_refused(
        fixture, "cancel", "{\"operation\": \"x\"}", "invalid-argument: operation");
    engine_assert_detached(fixture);
}

static void
test_busy(EngineFixture *fixture, gconstpointer data)
{
    char *waiting = NULL;

    engine_run(fixture, "prepare", "done", "detached");
    engine_unplug(fixture);
    engine_send(fixture, "complete", "{\"timeout-ms\": 60000}", &waiting);
    engine_assert_refused(fixture, "prepare", NULL, "busy: guest-net-failover-complete");
    g_autoptr(JsonObject) info = engine_call(fixture, "query", NULL);
    g_assert_true(json_object_has_member(info, "operation"));
    engine_plug(fixture);
    g_autoptr(JsonObject) report = engine_receive(&waiting);
    engine_assert_report(json_object_get_object_member(report, "return"), "done", "attached");
}

/* Its turn has not come when its time is up: it is done all the same, as `waiting` says. */
static void
test_cancel_queued(EngineFixture *fixture, gconstpointer data)
{
    char *prepared = NULL;
    char *cancelled = NULL;

    /* The prepare's drain alone takes as long as the cancel waits. */
    engine_send(fixture, "prepare", NULL, &prepared);
    engine_send(fixture, "cancel", "{\"timeout-ms\": 100}", &cancelled);
    g_autoptr(JsonObject) waiting = engine_receive(&cancelled);
    JsonObject *report = json_object_get_object_member(waiting, "return");
    g_assert_cmpstr(json_object_get_string_member(report, "verb"), ==, "cancel");
    g_assert_cmpstr(json_object_get_string_member(report, "status"), ==, "waiting");
    g_autoptr(JsonObject) done = engine_receive(&prepared);
    engine_assert_report(json_object_get_object_member(done, "return"), "done", "detached");
    engine_wait(fixture, engine_primary_is_back, "the cancel has been done");
    engine_assert_attached(fixture, TRUE);
    engine_run(fixture, "cancel", "done", "attached");
}

/* A slot that cannot be powered off: said before anything is touched. */
static void
test_eject_without_slot(EngineFixture *fixture, gconstpointer data)
{
    engine_assert_refused(fixture, "prepare", "{\"eject\": true}", "no-slot: ");
    engine_assert_attached(fixture, TRUE);
}

int
main(int argc, char **argv)
{
#define ADD(path, data, func)                                                                      \
    g_test_add(path, EngineFixture, data, engine_set_up, func, engine_tear_down)
    g_test_init(&argc, &argv, NULL);
    ADD("/engine/query", NULL, test_query);
    ADD("/engine/query/not-urgent", NULL, test_query_is_not_urgent);
    ADD("/engine/cycle/primary-option", NULL, test_cycle);
    ADD("/engine/cycle/no-primary-option", "none", test_cycle);
    ADD("/engine/no-drift/no-primary-option", "none", test_no_drift);
    ADD("/engine/prepare/moves-traffic-before-detach", NULL, test_moves_before_detach);
    ADD("/engine/prepare/stages", NULL, test_stages);
    ADD("/engine/prepare/release-moves-again", NULL, test_release_moves_again);
    ADD("/engine/prepare/release-fails", NULL, test_release_fails);
    ADD("/engine/prepare/revert-said-anew", NULL, test_revert_replaced);
    ADD("/engine/prepare/put-back-unseen", NULL, test_put_back_unseen);
    ADD("/engine/complete/stages", NULL, test_complete_stages);
    ADD("/engine/complete/stages/never-unplugged", NULL, test_back_by_stages);
    ADD("/engine/prepare/no-standby", NULL, test_no_standby);
    ADD("/engine/prepare/dry-run", NULL, test_dry_run);
    ADD("/engine/prepare/record-unwritable", NULL, test_unwritable_record);
    ADD("/engine/prepare/eject-without-slot", NULL, test_eject_without_slot);
    ADD("/engine/idempotent", NULL, test_idempotent);
    ADD("/engine/busy", NULL, test_busy);
    ADD("/engine/cancel/queued-beyond-its-time", NULL, test_cancel_queued);
    ADD("/engine/cancel/without-operation", NULL, test_cancel_without_operation);
    return g_test_run();
#undef ADD
}
