/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine on a real bond: the guest's e1000e as the primary, its virtio NIC as the standby, and
 * no network manager, so that the built-in backend acts. Every reply fits the schema, or the engine
 * itself says `internal`; every test ends with the kernel asked what is so.
 */
#include <unistd.h>

#include <json-glib/json-glib.h>

#include "failover/engine.h"
#include "netlink/bond.h"
#include "netlink/device.h"
#include "tests/backend/network.h"

#define PRIMARY_MAC "52:54:00:00:00:01"
#define STANDBY_MAC "52:54:00:00:00:02"
#define PCI_ADDRESS "0000:00:10.0"
#define DEADLINE_US (30 * G_USEC_PER_SEC)

typedef struct {
    GnfNetlink *netlink;
    GnfEngine *engine;
    char *record;
    char *primary; /* interface names: the kernel's, by order of probing */
    char *standby;
    int bond;
} Fixture;

/* -- the guest -- */

static char *
name_of_mac(GnfNetlink *netlink, const char *mac)
{
    for (int i = 0; i < 6; i++) {
        g_autofree char *name = g_strdup_printf("eth%d", i);
        g_autoptr(GnfLink) link = gnf_link_get_by_name(netlink, name, NULL);
        if (link && g_strcmp0(link->permanent_mac ? link->permanent_mac : link->mac, mac) == 0)
            return g_strdup(name);
    }
    return NULL;
}

static int
index_of(const Fixture *fixture, const char *name)
{
    g_autoptr(GnfLink) link = gnf_link_get_by_name(fixture->netlink, name, NULL);

    return link ? link->ifindex : 0;
}

static GnfLink *
link_of(const Fixture *fixture, const char *name)
{
    g_autoptr(GError) error = NULL;
    GnfLink *link = gnf_link_get_by_name(fixture->netlink, name, &error);

    g_assert_no_error(error);
    return link;
}

static void ip(const char *format, ...) G_GNUC_PRINTF(1, 2);

static void
ip(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *command = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    network_ip(command);
}

typedef gboolean (*Condition)(const Fixture *fixture);

/* Run the main loop until it is so; fail if it is not within the deadline. */
static void
wait_until(const Fixture *fixture, Condition condition, const char *what)
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
primary_has_link(const Fixture *fixture)
{
    g_autoptr(GnfLink) link = link_of(fixture, fixture->primary);

    return link->carrier && link->bond_port && link->bond_port->mii == GNF_MII_UP;
}

static gboolean
primary_is_out(const Fixture *fixture)
{
    g_autoptr(GnfLink) link = link_of(fixture, fixture->primary);

    return link->controller == 0;
}

static void
start_engine(Fixture *fixture)
{
    g_autoptr(GError) error = NULL;

    fixture->engine = gnf_engine_new(fixture->record, "/nonexistent", &error);
    g_assert_no_error(error);
}

static gboolean
engine_is_quiet(const Fixture *fixture)
{
    return !gnf_engine_is_running(fixture->engine);
}

/* As systemd stops it: what is being done is finished, what waits is left. */
static void
stop_engine(Fixture *fixture)
{
    gnf_engine_stop(fixture->engine);
    wait_until(fixture, engine_is_quiet, "the engine has stopped");
    g_clear_pointer(&fixture->engine, gnf_engine_free);
}

/* option: the bond's primary option is the primary's (data NULL) or not set (data "none"). */
static void
set_up(Fixture *fixture, gconstpointer data)
{
    g_autofree char *folder = g_dir_make_tmp("gnf-test-engine-XXXXXX", NULL);

    fixture->netlink = gnf_netlink_new(NULL);
    fixture->record = g_build_filename(folder, "operation.json", NULL);
    fixture->primary = name_of_mac(fixture->netlink, PRIMARY_MAC);
    fixture->standby = name_of_mac(fixture->netlink, STANDBY_MAC);
    ip("link add bond0 type bond mode active-backup miimon 20");
    ip("link set %s down", fixture->standby);
    ip("link set %s down", fixture->primary);
    ip("link set %s master bond0", fixture->primary);
    ip("link set %s master bond0", fixture->standby);
    ip("link set bond0 up");
    fixture->bond = index_of(fixture, "bond0");
    wait_until(fixture, primary_has_link, "the primary has a link");
    gnf_bond_set_primary(
        fixture->netlink, fixture->bond, index_of(fixture, fixture->primary), NULL);
    if (g_strcmp0(data, "none") == 0)
        gnf_bond_set_primary(fixture->netlink, fixture->bond, 0, NULL);
    start_engine(fixture);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    g_autofree char *folder = g_path_get_dirname(fixture->record);

    if (fixture->engine)
        stop_engine(fixture);
    ip("link del bond0");
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

static void
send(Fixture *fixture, const char *verb, const char *arguments, char **ret_reply)
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

static JsonObject *
receive(char **reply)
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
static JsonObject *
call(Fixture *fixture, const char *verb, const char *arguments)
{
    char *reply = NULL;

    send(fixture, verb, arguments, &reply);
    g_autoptr(JsonObject) object = receive(&reply);
    g_assert_true(json_object_has_member(object, "return"));
    return json_object_ref(json_object_get_object_member(object, "return"));
}

static void
assert_refused(Fixture *fixture, const char *verb, const char *arguments, const char *starts)
{
    char *reply = NULL;

    send(fixture, verb, arguments, &reply);
    g_autoptr(JsonObject) object = receive(&reply);
    g_assert_true(json_object_has_member(object, "error"));
    const char *description =
        json_object_get_string_member(json_object_get_object_member(object, "error"), "desc");
    g_assert_true(g_str_has_prefix(description, starts));
}

static JsonObject *
first_device(JsonObject *report)
{
    JsonArray *devices = json_object_get_array_member(report, "devices");

    g_assert_cmpuint(json_array_get_length(devices), ==, 1);
    return json_array_get_object_element(devices, 0);
}

static void
assert_report(JsonObject *report, const char *status, const char *state)
{
    g_assert_cmpstr(json_object_get_string_member(report, "status"), ==, status);
    if (state)
        g_assert_cmpstr(json_object_get_string_member(first_device(report), "state"), ==, state);
}

static void
run(Fixture *fixture, const char *verb, const char *status, const char *state)
{
    g_autoptr(JsonObject) report = call(fixture, verb, NULL);

    assert_report(report, status, state);
}

/* Ask until the work is done. */
static void
run_to_end(Fixture *fixture, const char *verb, const char *state)
{
    const char *status = "waiting";
    g_autoptr(JsonObject) report = NULL;

    for (int i = 0; i < 10 && g_strcmp0(status, "waiting") == 0; i++) {
        g_clear_pointer(&report, json_object_unref);
        report = call(fixture, verb, NULL);
        status = json_object_get_string_member(report, "status");
    }
    assert_report(report, "done", state);
}

/* -- what the kernel says -- */

static void
assert_attached(const Fixture *fixture, gboolean has_primary_option)
{
    g_autoptr(GnfLink) bond = link_of(fixture, "bond0");
    g_autoptr(GnfLink) primary = link_of(fixture, fixture->primary);

    g_assert_cmpint(primary->controller, ==, fixture->bond);
    g_assert_cmpint(bond->bond->active, ==, primary->ifindex);
    g_assert_cmpint(bond->bond->primary, ==, has_primary_option ? primary->ifindex : 0);
    g_assert_false(bond->bond->all_slaves_active);
    g_assert_true(bond->carrier);
}

static void
assert_detached(const Fixture *fixture)
{
    g_autoptr(GnfLink) bond = link_of(fixture, "bond0");
    g_autoptr(GnfLink) primary = link_of(fixture, fixture->primary);

    g_assert_cmpint(primary->controller, ==, 0);
    g_assert_cmpint(bond->bond->active, ==, index_of(fixture, fixture->standby));
    g_assert_false(bond->bond->all_slaves_active);
    g_assert_true(bond->carrier);
}

/* -- the tests -- */

static void
test_query(Fixture *fixture, gconstpointer data)
{
    g_autoptr(JsonObject) info = call(fixture, "query", NULL);
    JsonArray *primaries = json_object_get_array_member(info, "primaries");

    g_assert_cmpuint(json_array_get_length(primaries), ==, 1);
    JsonObject *primary = json_array_get_object_element(primaries, 0);
    g_assert_cmpstr(json_object_get_string_member(primary, "mac"), ==, PRIMARY_MAC);
    g_assert_cmpstr(json_object_get_string_member(primary, "pci-address"), ==, PCI_ADDRESS);
    g_assert_cmpstr(json_object_get_string_member(primary, "manager"), ==, "none");
    g_assert_true(json_object_get_boolean_member(primary, "ready"));
    JsonObject *standby = json_object_get_object_member(primary, "standby");
    g_assert_cmpstr(json_object_get_string_member(standby, "interface"), ==, fixture->standby);
    g_assert_true(json_object_get_boolean_member(standby, "link"));
    assert_attached(fixture, TRUE);
}

static void
test_cycle(Fixture *fixture, gconstpointer data)
{
    run(fixture, "prepare", "done", "detached");
    assert_detached(fixture);
    run_to_end(fixture, "complete", "attached");
    assert_attached(fixture, g_strcmp0(data, "none") != 0);
    g_assert_true(gnf_engine_is_idle(fixture->engine));
}

/* Without a primary option the priority keeps the bond on the NIC: an unrelated port joins. */
static void
test_no_drift(Fixture *fixture, gconstpointer data)
{
    test_cycle(fixture, data);
    ip("link add unrelated type veth peer name other");
    ip("link set unrelated master bond0");
    ip("link set other up");
    g_usleep(100000);
    assert_attached(fixture, FALSE);
    ip("link del unrelated");
    assert_attached(fixture, FALSE);
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
test_moves_before_detach(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GPtrArray) order = g_ptr_array_new_with_free_func(g_free);
    Order state = {index_of(fixture, fixture->primary),
                   index_of(fixture, fixture->standby),
                   fixture->bond,
                   order};
    g_autoptr(GnfLinkMonitor) monitor = gnf_link_monitor_new(NULL, note_order, &state, NULL);

    g_autoptr(JsonObject) switched = call(fixture, "prepare", "{\"stage\": \"switch\"}");
    assert_report(switched, "done", "switched");
    g_autoptr(GnfLink) bond = link_of(fixture, "bond0");
    g_autoptr(GnfLink) primary = link_of(fixture, fixture->primary);
    g_assert_cmpint(bond->bond->active, ==, state.standby);
    g_assert_cmpint(primary->controller, ==, fixture->bond);
    g_assert_true(bond->bond->all_slaves_active);
    run(fixture, "cancel", "done", "attached");
    assert_attached(fixture, TRUE);

    while (g_main_context_iteration(NULL, FALSE))
        ;
    g_ptr_array_set_size(order, 0);
    run(fixture, "prepare", "done", "detached");
    while (g_main_context_iteration(NULL, FALSE))
        ;
    g_assert_cmpuint(order->len, >=, 2);
    g_assert_cmpstr(g_ptr_array_index(order, 0), ==, "moved");
}

static void
test_stages(Fixture *fixture, gconstpointer data)
{
    g_autoptr(JsonObject) switched = call(fixture, "prepare", "{\"stage\": \"switch\"}");
    g_autoptr(JsonObject) again = call(fixture, "prepare", "{\"stage\": \"switch\"}");
    g_autoptr(JsonObject) released = call(fixture, "prepare", "{\"stage\": \"release\"}");

    assert_report(switched, "done", "switched");
    assert_report(again, "done", "switched");
    assert_report(released, "done", "detached");
    g_assert_cmpstr(json_object_get_string_member(switched, "operation"),
                    ==,
                    json_object_get_string_member(released, "operation"));
    assert_detached(fixture);
}

static void
test_idempotent(Fixture *fixture, gconstpointer data)
{
    g_autoptr(JsonObject) first = call(fixture, "prepare", NULL);
    g_autoptr(JsonObject) second = call(fixture, "prepare", NULL);

    g_assert_true(json_object_equal(first, second));
    assert_detached(fixture);
    run_to_end(fixture, "complete", "attached");
    g_autoptr(JsonObject) third = call(fixture, "complete", NULL);
    g_autoptr(JsonObject) fourth = call(fixture, "complete", NULL);
    g_assert_true(json_object_equal(third, fourth));
    assert_attached(fixture, TRUE);
}

static void
test_no_standby(Fixture *fixture, gconstpointer data)
{
    ip("link set %s down", fixture->standby);
    assert_refused(fixture, "prepare", NULL, "no-standby: bond0 has no other port with a link");
    assert_refused(fixture, "prepare", "{\"dry-run\": true}", "no-standby: ");
    ip("link set %s up", fixture->standby);
    assert_attached(fixture, TRUE);
}

static void
test_dry_run(Fixture *fixture, gconstpointer data)
{
    g_autoptr(JsonObject) plan = call(fixture, "prepare", "{\"dry-run\": true}");

    assert_report(plan, "planned", "attached");
    assert_attached(fixture, TRUE);
    g_assert_true(gnf_engine_is_idle(fixture->engine));
    g_assert_false(g_file_test(fixture->record, G_FILE_TEST_EXISTS));
}

static void
test_unwritable_record(Fixture *fixture, gconstpointer data)
{
    stop_engine(fixture);
    g_autofree char *record = g_steal_pointer(&fixture->record);
    fixture->record = g_strdup("/nonexistent/operation.json");
    start_engine(fixture);
    assert_refused(fixture, "prepare", NULL, "internal: writing the operation record");
    assert_attached(fixture, TRUE);
    g_assert_true(gnf_engine_is_idle(fixture->engine));
    g_free(fixture->record);
    fixture->record = g_steal_pointer(&record);
}

static void
test_cancel_without_operation(Fixture *fixture, gconstpointer data)
{
    g_autoptr(JsonObject) report = call(fixture, "cancel", NULL);
    JsonArray *warnings = json_object_get_array_member(report, "warnings");

    assert_report(report, "done", NULL);
    g_assert_cmpstr(
        json_object_get_string_member(json_array_get_object_element(warnings, 0), "code"),
        ==,
        "operation-unknown");
    run(fixture, "prepare", "done", "detached");
    assert_refused(fixture, "cancel", "{\"operation\": \"x\"}", "invalid-argument: operation");
    assert_detached(fixture);
}

/* Somebody puts the NIC back: it is taken out again, and in the end left alone with a reason. */
static void
test_hold(Fixture *fixture, gconstpointer data)
{
    run(fixture, "prepare", "done", "detached");
    for (int i = 0; i < 3; i++) {
        ip("link set %s down", fixture->primary);
        ip("link set %s master bond0", fixture->primary);
        wait_until(fixture, primary_is_out, "the primary is taken out again");
        wait_until(fixture, engine_is_quiet, "the hold is over");
        assert_detached(fixture);
    }
    ip("link set %s down", fixture->primary);
    ip("link set %s master bond0", fixture->primary);
    gint64 end = g_get_monotonic_time() + G_USEC_PER_SEC;
    while (g_get_monotonic_time() < end)
        g_main_context_iteration(NULL, FALSE);
    g_autoptr(JsonObject) info = call(fixture, "query", NULL);
    JsonObject *device = first_device(json_object_get_object_member(info, "operation"));
    g_assert_cmpstr(
        json_object_get_string_member(json_object_get_object_member(device, "reason"), "code"),
        ==,
        "manager-undid");
    g_autoptr(GnfLink) bond = link_of(fixture, "bond0");
    g_assert_cmpint(bond->bond->active, ==, index_of(fixture, fixture->standby));
    run(fixture, "prepare", "done", "detached");
    assert_detached(fixture);
}

/* The engine dies and comes back: the record says where things stand. */
static void
test_restart(Fixture *fixture, gconstpointer data)
{
    run(fixture, "prepare", "done", "detached");
    stop_engine(fixture);
    start_engine(fixture);
    run(fixture, "prepare", "done", "detached");
    run_to_end(fixture, "complete", "attached");
    assert_attached(fixture, TRUE);
}

/* Put back while the engine was away: seen at its start. */
static void
test_restart_holds(Fixture *fixture, gconstpointer data)
{
    run(fixture, "prepare", "done", "detached");
    stop_engine(fixture);
    ip("link set %s down", fixture->primary);
    ip("link set %s master bond0", fixture->primary);
    start_engine(fixture);
    wait_until(fixture, primary_is_out, "the primary is taken out again");
}

static gboolean
primary_is_back_in(const Fixture *fixture)
{
    g_autoptr(GnfLink) link = gnf_link_get_by_name(fixture->netlink, fixture->primary, NULL);

    return link && link->controller == fixture->bond && gnf_engine_is_idle(fixture->engine);
}

static void
test_revert(Fixture *fixture, gconstpointer data)
{
    g_autoptr(JsonObject) report = call(fixture, "prepare", "{\"revert-after-ms\": 300}");

    assert_report(report, "done", "detached");
    assert_detached(fixture);
    wait_until(fixture, primary_is_back_in, "the primary goes back by itself");
    assert_attached(fixture, TRUE);
}

static gboolean
primary_is_gone(const Fixture *fixture)
{
    return index_of(fixture, fixture->primary) == 0;
}

static void
unplug(Fixture *fixture)
{
    network_write("/sys/bus/pci/devices/" PCI_ADDRESS "/remove", "1");
    wait_until(fixture, primary_is_gone, "the primary is gone");
}

static void
plug(Fixture *fixture)
{
    network_write("/sys/bus/pci/rescan", "1");
    g_free(fixture->primary);
    fixture->primary = name_of_mac(fixture->netlink, PRIMARY_MAC);
    g_assert_nonnull(fixture->primary);
}

/* Complete before the plug: it answers `waiting` in time, goes on, and is done when asked again. */
static void
test_complete_waits(Fixture *fixture, gconstpointer data)
{
    run(fixture, "prepare", "done", "detached");
    unplug(fixture);
    gint64 begin = g_get_monotonic_time();
    g_autoptr(JsonObject) report = call(fixture, "complete", "{\"timeout-ms\": 300}");
    g_assert_cmpint(g_get_monotonic_time() - begin, <, 5 * G_USEC_PER_SEC);
    assert_report(report, "waiting", "absent");
    g_assert_cmpstr(json_object_get_string_member(
                        json_object_get_object_member(first_device(report), "reason"), "code"),
                    ==,
                    "no-such-device");
    plug(fixture);
    run_to_end(fixture, "complete", "attached");
    assert_attached(fixture, TRUE);
}

/* Nobody calls complete: the NIC with the same address is put back all the same. */
static void
test_returns_by_itself(Fixture *fixture, gconstpointer data)
{
    run(fixture, "prepare", "done", "detached");
    unplug(fixture);
    plug(fixture);
    wait_until(fixture, primary_is_back_in, "the primary is completed by the engine");
    assert_attached(fixture, TRUE);
}

/* A cancel ends a complete that waits, and forgets the NIC that is gone; the bond is healthy. */
static void
test_cancel_forgets(Fixture *fixture, gconstpointer data)
{
    char *waiting = NULL;

    run(fixture, "prepare", "done", "detached");
    unplug(fixture);
    send(fixture, "complete", "{\"timeout-ms\": 60000}", &waiting);
    run(fixture, "cancel", "done", "absent");
    g_autoptr(JsonObject) ended = receive(&waiting);
    g_assert_cmpstr(
        json_object_get_string_member(json_object_get_object_member(ended, "return"), "status"),
        ==,
        "failed");
    g_assert_true(gnf_engine_is_idle(fixture->engine));
    g_autoptr(GnfLink) bond = link_of(fixture, "bond0");
    g_assert_cmpint(bond->bond->active, ==, index_of(fixture, fixture->standby));
    g_assert_cmpint(bond->bond->primary, ==, 0);
    g_assert_true(bond->carrier);
    plug(fixture);
}

static void
test_busy(Fixture *fixture, gconstpointer data)
{
    char *waiting = NULL;

    run(fixture, "prepare", "done", "detached");
    unplug(fixture);
    send(fixture, "complete", "{\"timeout-ms\": 60000}", &waiting);
    assert_refused(fixture, "prepare", NULL, "busy: guest-net-failover-complete");
    g_autoptr(JsonObject) info = call(fixture, "query", NULL);
    g_assert_true(json_object_has_member(info, "operation"));
    plug(fixture);
    g_autoptr(JsonObject) report = receive(&waiting);
    assert_report(json_object_get_object_member(report, "return"), "done", "attached");
}

/* A slot that cannot be powered off: said so, and cancel puts the NIC back. */
static void
test_eject_without_slot(Fixture *fixture, gconstpointer data)
{
    assert_refused(fixture, "prepare", "{\"eject\": true}", "not-permitted: ");
    assert_attached(fixture, TRUE);
}

int
main(int argc, char **argv)
{
#define ADD(path, data, func) g_test_add(path, Fixture, data, set_up, func, tear_down)
    g_test_init(&argc, &argv, NULL);
    ADD("/engine/query", NULL, test_query);
    ADD("/engine/cycle/primary-option", NULL, test_cycle);
    ADD("/engine/cycle/no-primary-option", "none", test_cycle);
    ADD("/engine/cycle/no-primary-option/does-not-drift", "none", test_no_drift);
    ADD("/engine/prepare/moves-traffic-before-detach", NULL, test_moves_before_detach);
    ADD("/engine/prepare/stages", NULL, test_stages);
    ADD("/engine/prepare/no-standby", NULL, test_no_standby);
    ADD("/engine/prepare/dry-run", NULL, test_dry_run);
    ADD("/engine/prepare/record-unwritable", NULL, test_unwritable_record);
    ADD("/engine/prepare/eject-without-slot", NULL, test_eject_without_slot);
    ADD("/engine/idempotent", NULL, test_idempotent);
    ADD("/engine/busy", NULL, test_busy);
    ADD("/engine/cancel/without-operation", NULL, test_cancel_without_operation);
    ADD("/engine/cancel/forgets-what-is-gone", NULL, test_cancel_forgets);
    ADD("/engine/hold/put-back-by-somebody", NULL, test_hold);
    ADD("/engine/hold/revert-after", NULL, test_revert);
    ADD("/engine/hold/returns-by-itself", NULL, test_returns_by_itself);
    ADD("/engine/complete/waits-for-the-plug", NULL, test_complete_waits);
    ADD("/engine/restart/detached", NULL, test_restart);
    ADD("/engine/restart/put-back-meanwhile", NULL, test_restart_holds);
    return g_test_run();
#undef ADD
}
