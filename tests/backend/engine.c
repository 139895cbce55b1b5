/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See engine.h.
 */
#include "tests/backend/engine.h"

#include <unistd.h>

#include "netlink/bond.h"
#include "tests/backend/network.h"

#define DEADLINE_US (30 * G_USEC_PER_SEC)

/* -- the guest -- */

char *
engine_name_of_mac(GnfNetlink *netlink, const char *mac)
{
    for (int i = 0; i < 6; i++) {
        g_autofree char *name = g_strdup_printf("eth%d", i);
        g_autoptr(GnfLink) link = gnf_link_get_by_name(netlink, name, NULL);
        if (link && g_strcmp0(link->permanent_mac ? link->permanent_mac : link->mac, mac) == 0)
            return g_strdup(name);
    }
    return NULL;
}

int
engine_index(const EngineFixture *fixture, const char *name)
{
    g_autoptr(GnfLink) link = gnf_link_get_by_name(fixture->netlink, name, NULL);

    return link ? link->ifindex : 0;
}

GnfLink *
engine_link(const EngineFixture *fixture, const char *name)
{
    g_autoptr(GError) error = NULL;
    GnfLink *link = gnf_link_get_by_name(fixture->netlink, name, &error);

    g_assert_no_error(error);
    return link;
}

void
engine_ip(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *command = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    network_ip(command);
}

/* Run the main loop until it is so; fail if it is not within the deadline. */
void
engine_wait(const EngineFixture *fixture, EngineCondition condition, const char *what)
{
    gint64 end = g_get_monotonic_time() + DEADLINE_US;

    while (!condition(fixture)) {
        if (g_get_monotonic_time() > end)
            g_error("still not so: %s", what);
        if (!g_main_context_iteration(NULL, FALSE))
            g_usleep(5000);
    }
}

static gboolean
primary_has_link(const EngineFixture *fixture)
{
    g_autoptr(GnfLink) link = engine_link(fixture, fixture->primary);

    return link->carrier && link->bond_port && link->bond_port->mii == GNF_MII_UP;
}

gboolean
engine_primary_is_out(const EngineFixture *fixture)
{
    g_autoptr(GnfLink) link = engine_link(fixture, fixture->primary);

    return link->controller == 0;
}

void
engine_start(EngineFixture *fixture)
{
    g_autoptr(GError) error = NULL;

    fixture->engine = gnf_engine_new(
        fixture->record, fixture->modules ? fixture->modules : "/nonexistent", &error);
    g_assert_no_error(error);
}

gboolean
engine_is_quiet(const EngineFixture *fixture)
{
    return !gnf_engine_is_running(fixture->engine);
}

/* As systemd stops it: what is being done is finished, what waits is left. */
void
engine_stop(EngineFixture *fixture)
{
    gnf_engine_stop(fixture->engine);
    engine_wait(fixture, engine_is_quiet, "the engine has stopped");
    g_clear_pointer(&fixture->engine, gnf_engine_free);
}

/* option: the bond's primary option is the primary's (data NULL) or not set (data "none"). */
void
engine_set_up(EngineFixture *fixture, gconstpointer data)
{
    g_autofree char *folder = g_dir_make_tmp("gnf-test-engine-XXXXXX", NULL);

    fixture->netlink = gnf_netlink_new(NULL);
    fixture->record = g_build_filename(folder, "operation.json", NULL);
    fixture->primary = engine_name_of_mac(fixture->netlink, ENGINE_PRIMARY_MAC);
    fixture->standby = engine_name_of_mac(fixture->netlink, ENGINE_STANDBY_MAC);
    engine_ip("link add bond0 type bond mode active-backup miimon 20");
    engine_ip("link set %s down", fixture->standby);
    engine_ip("link set %s down", fixture->primary);
    engine_ip("link set %s master bond0", fixture->primary);
    engine_ip("link set %s master bond0", fixture->standby);
    engine_ip("link set bond0 up");
    fixture->bond = engine_index(fixture, "bond0");
    engine_wait(fixture, primary_has_link, "the primary has a link");
    gnf_bond_set_primary(
        fixture->netlink, fixture->bond, engine_index(fixture, fixture->primary), NULL);
    if (g_strcmp0(data, "none") == 0)
        gnf_bond_set_primary(fixture->netlink, fixture->bond, 0, NULL);
    engine_start(fixture);
}

void
engine_tear_down(EngineFixture *fixture, gconstpointer data)
{
    g_autofree char *folder = g_path_get_dirname(fixture->record);

    if (fixture->engine)
        engine_stop(fixture);
    engine_ip("link del bond0");
    (void)unlink(fixture->record);
    (void)rmdir(folder);
    gnf_netlink_free(fixture->netlink);
    g_free(fixture->record);
    g_free(fixture->primary);
    g_free(fixture->standby);
}

/* -- asking the engine -- */

static void
on_reply(const char *line, gpointer data)
{
    char **reply = data;

    g_assert_null(*reply);
    *reply = g_strdup(line);
}

void
engine_send(EngineFixture *fixture, const char *verb, const char *arguments, char **ret_reply)
{
    GnfRequest *request = g_new0(GnfRequest, 1);

    request->command = g_strconcat("guest-net-failover-", verb, NULL);
    if (arguments) {
        g_autoptr(JsonNode) node = json_from_string(arguments, NULL);
        request->arguments = json_node_dup_object(node);
    }
    *ret_reply = NULL;
    gnf_engine_handle(fixture->engine, request, on_reply, ret_reply);
}

JsonObject *
engine_receive(char **reply)
{
    gint64 end = g_get_monotonic_time() + DEADLINE_US;

    while (!*reply && g_get_monotonic_time() < end)
        if (!g_main_context_iteration(NULL, FALSE))
            g_usleep(1000);
    g_assert_nonnull(*reply);
    g_test_message("%s", *reply);
    g_autoptr(JsonNode) node = json_from_string(*reply, NULL);
    g_clear_pointer(reply, g_free);
    return json_node_dup_object(node);
}

/* The value of a successful reply. */
JsonObject *
engine_call(EngineFixture *fixture, const char *verb, const char *arguments)
{
    char *reply = NULL;

    engine_send(fixture, verb, arguments, &reply);
    g_autoptr(JsonObject) object = engine_receive(&reply);
    g_assert_true(json_object_has_member(object, "return"));
    return json_object_ref(json_object_get_object_member(object, "return"));
}

void
engine_assert_refused(EngineFixture *fixture,
                      const char *verb,
                      const char *arguments,
                      const char *starts)
{
    char *reply = NULL;

    engine_send(fixture, verb, arguments, &reply);
    g_autoptr(JsonObject) object = engine_receive(&reply);
    g_assert_true(json_object_has_member(object, "error"));
    const char *description =
        json_object_get_string_member(json_object_get_object_member(object, "error"), "desc");
    g_assert_true(g_str_has_prefix(description, starts));
}

JsonObject *
engine_device(JsonObject *report)
{
    JsonArray *devices = json_object_get_array_member(report, "devices");

    g_assert_cmpuint(json_array_get_length(devices), ==, 1);
    return json_array_get_object_element(devices, 0);
}

void
engine_assert_report(JsonObject *report, const char *status, const char *state)
{
    g_assert_cmpstr(json_object_get_string_member(report, "status"), ==, status);
    if (state)
        g_assert_cmpstr(json_object_get_string_member(engine_device(report), "state"), ==, state);
}

void
engine_run(EngineFixture *fixture, const char *verb, const char *status, const char *state)
{
    g_autoptr(JsonObject) report = engine_call(fixture, verb, NULL);

    engine_assert_report(report, status, state);
}

/* Ask until the work is done. */
void
engine_run_to_end(EngineFixture *fixture, const char *verb, const char *state)
{
    const char *status = "waiting";
    g_autoptr(JsonObject) report = NULL;

    for (int i = 0; i < 10 && g_strcmp0(status, "waiting") == 0; i++) {
        g_clear_pointer(&report, json_object_unref);
        report = engine_call(fixture, verb, NULL);
        status = json_object_get_string_member(report, "status");
    }
    engine_assert_report(report, "done", state);
}

/* -- what the kernel says -- */

void
engine_assert_attached(const EngineFixture *fixture, gboolean has_primary_option)
{
    g_autoptr(GnfLink) bond = engine_link(fixture, "bond0");
    g_autoptr(GnfLink) primary = engine_link(fixture, fixture->primary);

    g_assert_cmpint(primary->controller, ==, fixture->bond);
    g_assert_cmpint(bond->bond->active, ==, primary->ifindex);
    g_assert_cmpint(bond->bond->primary, ==, has_primary_option ? primary->ifindex : 0);
    g_assert_false(bond->bond->all_slaves_active);
    g_assert_true(bond->carrier);
}

void
engine_assert_detached(const EngineFixture *fixture)
{
    g_autoptr(GnfLink) bond = engine_link(fixture, "bond0");
    g_autoptr(GnfLink) primary = engine_link(fixture, fixture->primary);

    g_assert_cmpint(primary->controller, ==, 0);
    g_assert_cmpint(bond->bond->active, ==, engine_index(fixture, fixture->standby));
    g_assert_false(bond->bond->all_slaves_active);
    g_assert_true(bond->carrier);
}

gboolean
engine_primary_is_back(const EngineFixture *fixture)
{
    g_autoptr(GnfLink) link = gnf_link_get_by_name(fixture->netlink, fixture->primary, NULL);

    return link && link->controller == fixture->bond && gnf_engine_is_idle(fixture->engine);
}

gboolean
engine_option_names_standby(const EngineFixture *fixture)
{
    g_autoptr(GnfLink) bond = engine_link(fixture, "bond0");

    return bond->bond->primary == engine_index(fixture, fixture->standby);
}

static gboolean
primary_is_gone(const EngineFixture *fixture)
{
    return engine_index(fixture, fixture->primary) == 0;
}

void
engine_unplug(EngineFixture *fixture)
{
    network_write("/sys/bus/pci/devices/" ENGINE_PCI_ADDRESS "/remove", "1");
    engine_wait(fixture, primary_is_gone, "the primary is gone");
}

void
engine_plug(EngineFixture *fixture)
{
    network_write("/sys/bus/pci/rescan", "1");
    g_free(fixture->primary);
    fixture->primary = engine_name_of_mac(fixture->netlink, ENGINE_PRIMARY_MAC);
    g_assert_nonnull(fixture->primary);
}
