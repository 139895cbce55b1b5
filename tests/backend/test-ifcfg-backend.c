/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The calls of ifcfg-backend on a real bond, with files and state below a root of their own, and a
 * bus on which systemd and wickedd are the test's own.
 */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "ifcfg-backend/ifcfg-operations.h"
#include "tests/backend/fake-bus.h"
#include "tests/backend/network.h"

#define DEADLINE_US (30 * G_USEC_PER_SEC)
#define INTERFACES "/etc/network/interfaces"
#define STANZAS                                                                                    \
    "auto port0\niface port0 inet manual\n    bond-master bond0\n"                                 \
    "auto bond0\niface bond0 inet manual\n    bond-slaves none\n    bond-mode 1\n"

typedef struct {
    Network network;
    char *root;
    GnfIfcfg *backend;
    FakeBus bus;
    GAsyncResult *result; /* of the call */
} Fixture;

/* -- the guest -- */

static char *
path_of(const Fixture *fixture, const char *path)
{
    return g_strconcat(fixture->root, path, NULL);
}

static void
put(const Fixture *fixture, const char *path, const char *text)
{
    g_autofree char *full = path_of(fixture, path);
    g_autofree char *folder = g_path_get_dirname(full);

    g_assert_no_errno(g_mkdir_with_parents(folder, 0755));
    g_assert_true(g_file_set_contents(full, text, -1, NULL));
}

static void
assert_file(const Fixture *fixture, const char *path, const char *expected)
{
    g_autofree char *full = path_of(fixture, path);
    g_autofree char *text = NULL;

    g_assert_true(g_file_get_contents(full, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, expected);
}

static void
remove_tree(const char *path)
{
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    const char *name;

    while (folder && (name = g_dir_read_name(folder))) {
        g_autofree char *entry = g_build_filename(path, name, NULL);
        remove_tree(entry);
    }
    g_remove(path);
}

/* data: the manager's name. */
static void
set_up(Fixture *fixture, gconstpointer data)
{
    GnfManager manager = GNF_MANAGER_IFUPDOWN;

    if (g_strcmp0(data, "wicked") == 0)
        manager = GNF_MANAGER_WICKED;
    else if (g_strcmp0(data, "ifcfg") == 0)
        manager = GNF_MANAGER_IFCFG;
    network_set_up(&fixture->network, "bond");
    network_ip("link set port0 nomaster");
    fixture->root = g_dir_make_tmp("gnf-test-ifcfg-XXXXXX", NULL);
    g_setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent", TRUE);
    fixture->backend = gnf_ifcfg_new(manager, fixture->root);
    if (manager == GNF_MANAGER_IFUPDOWN) {
        put(fixture, INTERFACES, STANZAS);
        put(fixture, "/run/network/ifstate", "lo=lo\nport0=port0\nbond0=bond0\n");
        put(fixture, "/run/network/ifstate.port0", "port0\n");
    }
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    gnf_ifcfg_free(fixture->backend);
    g_clear_object(&fixture->result);
    fake_bus_stop(&fixture->bus);
    remove_tree(fixture->root);
    g_free(fixture->root);
    network_tear_down(&fixture->network, data);
}

static int
controller_of_port0(const Fixture *fixture)
{
    g_autoptr(GnfLink) link = network_link(&fixture->network, fixture->network.ports[0]);

    return link->controller;
}

/* -- calls -- */

static void
on_called(GObject *source, GAsyncResult *result, gpointer user_data)
{
    Fixture *fixture = user_data;

    fixture->result = g_object_ref(result);
}

static GTask *
wait_for_call(const Fixture *fixture)
{
    gint64 end = g_get_monotonic_time() + DEADLINE_US;

    while (!fixture->result) {
        g_assert_cmpint(g_get_monotonic_time(), <, end);
        if (!g_main_context_iteration(NULL, FALSE))
            g_usleep(2000);
    }
    return G_TASK(fixture->result);
}

static void
run_for(guint milliseconds)
{
    gint64 end = g_get_monotonic_time() + milliseconds * G_TIME_SPAN_MILLISECOND;

    while (g_get_monotonic_time() < end) {
        if (!g_main_context_iteration(NULL, FALSE))
            g_usleep(2000);
    }
}

static GnfTarget
target_of(const Fixture *fixture)
{
    return (GnfTarget){
        .ifindex = fixture->network.ports[0],
        .interface = "port0",
        .bond_ifindex = fixture->network.bond,
        .bond = "bond0",
        .old_interface = "port0",
    };
}

static void
detach(Fixture *fixture)
{
    const GnfTarget target = target_of(fixture);
    g_autoptr(GError) error = NULL;

    g_clear_object(&fixture->result);
    gnf_ifcfg_detach_start(fixture->backend, &target, NULL, on_called, fixture);
    g_assert_true(g_task_propagate_boolean(wait_for_call(fixture), &error));
    g_assert_no_error(error);
    g_assert_cmpint(controller_of_port0(fixture), ==, 0);
}

static void
begin_attach(Fixture *fixture, const GnfTarget *target, GCancellable *cancellable)
{
    g_clear_object(&fixture->result);
    gnf_ifcfg_attach_start(fixture->backend, target, cancellable, on_called, fixture);
}

static GnfAttachment *
finish_attach(Fixture *fixture)
{
    g_autoptr(GError) error = NULL;
    GnfAttachment *attachment = g_task_propagate_pointer(wait_for_call(fixture), &error);

    g_assert_no_error(error);
    g_assert_cmpint(controller_of_port0(fixture), ==, fixture->network.bond);
    return attachment;
}

static GnfOwnership *
probe(Fixture *fixture, int ifindex)
{
    const GnfProbe what = {ifindex, "it", TRUE};
    g_autoptr(GError) error = NULL;

    g_clear_object(&fixture->result);
    gnf_ifcfg_probe_start(fixture->backend, &what, NULL, on_called, fixture);
    GnfOwnership *ownership = g_task_propagate_pointer(wait_for_call(fixture), &error);
    g_assert_no_error(error);
    return ownership;
}

/* -- ifupdown -- */

static void
test_cycle(Fixture *fixture, gconstpointer data)
{
    const GnfTarget target = target_of(fixture);
    g_autoptr(GnfOwnership) owner = probe(fixture, fixture->network.ports[0]);
    g_autoptr(GnfAttachment) attachment = NULL;

    g_assert_cmpint(owner->owner, ==, GNF_OWNER_PRESENT);
    network_ip("link set port0 master bond0");
    detach(fixture);
    assert_file(fixture, "/run/network/ifstate", "lo=lo\nbond0=bond0\n");
    assert_file(fixture, "/run/network/ifstate.port0", "\n");
    network_ip("addr add 192.0.2.7/24 dev port0");
    begin_attach(fixture, &target, NULL);
    attachment = finish_attach(fixture);
    g_assert_false(attachment->already);
    g_assert_false(attachment->reboot_unsafe);
    assert_file(fixture, "/run/network/ifstate", "lo=lo\nbond0=bond0\nport0=port0\n");
    assert_file(fixture, "/run/network/ifstate.port0", "port0\n");
    assert_file(fixture, INTERFACES, STANZAS);
}

static void
test_already(Fixture *fixture, gconstpointer data)
{
    const GnfTarget target = target_of(fixture);
    g_autoptr(GnfAttachment) attachment = NULL;

    network_ip("link set port0 master bond0");
    begin_attach(fixture, &target, NULL);
    attachment = finish_attach(fixture);
    g_assert_true(attachment->already);
    assert_file(fixture, "/run/network/ifstate", "lo=lo\nport0=port0\nbond0=bond0\n");
}

static void
test_other_nic(Fixture *fixture, gconstpointer data)
{
    const GnfTarget target = target_of(fixture);
    g_autoptr(GnfAttachment) attachment = NULL;

    put(fixture, INTERFACES, "iface bond0 inet manual\n    bond-slaves gone0 port1\n");
    put(fixture, "/run/network/ifstate", "bond0=bond0\n");
    begin_attach(fixture, &target, NULL);
    attachment = finish_attach(fixture);
    g_assert_true(attachment->reboot_unsafe);
    g_assert_true(g_str_has_prefix(attachment->detail, INTERFACES ":2 puts gone0 into bond0, "));
    assert_file(fixture, "/run/network/ifstate", "bond0=bond0\n");
    g_autoptr(GnfOwnership) owner = probe(fixture, fixture->network.ports[0]);
    g_assert_cmpint(owner->owner, ==, GNF_OWNER_PRESENT);
    g_assert_cmpstr(owner->detail, ==, "it is a port of bond0, which ifupdown has made");
}

static void
test_up_as_something_else(Fixture *fixture, gconstpointer data)
{
    const GnfTarget target = target_of(fixture);
    g_autoptr(GError) error = NULL;

    put(fixture, INTERFACES, "iface port0 inet dhcp\niface bond0 inet manual\n");
    begin_attach(fixture, &target, NULL);
    g_assert_null(g_task_propagate_pointer(wait_for_call(fixture), &error));
    g_assert_nonnull(error);
    g_assert_nonnull(strstr(error->message, "\"ifdown port0\""));
    g_assert_cmpint(controller_of_port0(fixture), ==, 0);
}

/* An ifup that is at work holds this lock. */
static void
test_waits_for_the_lock(Fixture *fixture, gconstpointer data)
{
    const struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    const GnfTarget target = target_of(fixture);
    g_autofree char *path = path_of(fixture, "/run/network/ifstate.port0");
    g_autoptr(GnfAttachment) attachment = NULL;
    int fd = open(path, O_RDWR | O_CLOEXEC);

    g_assert_no_errno(fcntl(fd, F_OFD_SETLK, &whole));
    begin_attach(fixture, &target, NULL);
    run_for(300);
    g_assert_null(fixture->result);
    g_assert_cmpint(controller_of_port0(fixture), ==, 0);
    close(fd);
    attachment = finish_attach(fixture);
    g_assert_false(attachment->already);
}

/* -- with systemd -- */

/* The ifdown of a NIC that was unplugged is still to come when the next one is there. */
static void
test_waits_for_the_unit(Fixture *fixture, gconstpointer data)
{
    const GnfTarget target = target_of(fixture);
    g_autoptr(GnfAttachment) attachment = NULL;

    fake_bus_start_systemd(&fixture->bus, "deactivating", 7);
    begin_attach(fixture, &target, NULL);
    run_for(300);
    g_assert_null(fixture->result);
    fake_bus_change_unit(&fixture->bus, "deactivating", 8);
    run_for(100);
    fake_bus_change_unit(&fixture->bus, "activating", 8);
    run_for(100);
    g_assert_null(fixture->result);
    g_assert_cmpint(controller_of_port0(fixture), ==, 0);
    /* ifup has put it in. */
    network_ip("link set port0 master bond0");
    fake_bus_change_unit(&fixture->bus, "active", 0);
    attachment = finish_attach(fixture);
    g_assert_true(attachment->already);
}

static void
test_unit_through(Fixture *fixture, gconstpointer data)
{
    const GnfTarget target = target_of(fixture);
    g_autoptr(GnfAttachment) attachment = NULL;

    fake_bus_start_systemd(&fixture->bus, "active", 0);
    begin_attach(fixture, &target, NULL);
    attachment = finish_attach(fixture);
    g_assert_false(attachment->already);
    /* Again, by the same connection. */
    begin_attach(fixture, &target, NULL);
    g_autoptr(GnfAttachment) again = finish_attach(fixture);
    g_assert_true(again->already);
}

static void
test_wait_is_cancelled(Fixture *fixture, gconstpointer data)
{
    const GnfTarget target = target_of(fixture);
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    g_autoptr(GError) error = NULL;

    fake_bus_start_systemd(&fixture->bus, "activating", 0);
    begin_attach(fixture, &target, cancellable);
    run_for(100);
    g_cancellable_cancel(cancellable);
    g_assert_null(g_task_propagate_pointer(wait_for_call(fixture), &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_assert_cmpstr(
        error->message, ==, "port0: waiting for systemd to be through with ifup@port0.service");
    g_assert_cmpint(controller_of_port0(fixture), ==, 0);
}

/* The connection to the bus is there later than the backend. */
static void
test_cancelled_while_connecting(Fixture *fixture, gconstpointer data)
{
    const GnfTarget target = target_of(fixture);
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    g_autoptr(GError) error = NULL;

    fake_bus_start_systemd(&fixture->bus, "activating", 0);
    begin_attach(fixture, &target, cancellable);
    g_cancellable_cancel(cancellable);
    g_assert_null(g_task_propagate_pointer(wait_for_call(fixture), &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    gnf_ifcfg_free(fixture->backend);
    run_for(300);
    fixture->backend = gnf_ifcfg_new(GNF_MANAGER_IFUPDOWN, fixture->root);
}

/* -- wicked, ifcfg -- */

static void
test_wicked(Fixture *fixture, gconstpointer data)
{
    put(fixture,
        "/etc/sysconfig/network/ifcfg-bond0",
        "BONDING_MASTER=yes\nBONDING_SLAVE_0=port0\nBONDING_SLAVE_1=port1\n");
    g_autoptr(GnfOwnership) no_bus = probe(fixture, fixture->network.ports[0]);
    g_assert_cmpint(no_bus->owner, ==, GNF_OWNER_ABSENT);
    fake_bus_start(&fixture->bus);
    g_autoptr(GnfOwnership) no_daemon = probe(fixture, fixture->network.ports[0]);
    g_assert_cmpint(no_daemon->owner, ==, GNF_OWNER_ABSENT);
    g_assert_cmpstr(no_daemon->detail, ==, "wickedd is not running");
    fake_bus_own_name(&fixture->bus, "org.opensuse.Network");
    g_autoptr(GnfOwnership) owner = probe(fixture, fixture->network.ports[0]);
    g_assert_cmpint(owner->owner, ==, GNF_OWNER_PRESENT);
    g_assert_cmpstr(owner->profile, ==, "/etc/sysconfig/network/ifcfg-bond0:2");
}

static void
test_ifcfg(Fixture *fixture, gconstpointer data)
{
    const GnfTarget target = target_of(fixture);
    g_autoptr(GnfAttachment) attachment = NULL;

    put(fixture,
        "/etc/sysconfig/network-scripts/ifcfg-port0",
        "DEVICE=port0\nMASTER=bond0\nSLAVE=yes\n");
    put(fixture, "/etc/sysconfig/network-scripts/ifcfg-bond0", "DEVICE=bond0\nTYPE=Bond\n");
    g_autoptr(GnfOwnership) owner = probe(fixture, fixture->network.bond);
    g_assert_cmpint(owner->owner, ==, GNF_OWNER_PRESENT);
    network_ip("link set port0 master bond0");
    detach(fixture);
    begin_attach(fixture, &target, NULL);
    attachment = finish_attach(fixture);
    g_assert_false(attachment->already);
    g_assert_false(attachment->reboot_unsafe);
}

int
main(int argc, char **argv)
{
#define ADD(path, data, func) g_test_add(path, Fixture, data, set_up, func, tear_down)
    g_test_init(&argc, &argv, NULL);
    ADD("/ifcfg-backend/ifupdown/cycle", NULL, test_cycle);
    ADD("/ifcfg-backend/ifupdown/already", NULL, test_already);
    ADD("/ifcfg-backend/ifupdown/other-nic", NULL, test_other_nic);
    ADD("/ifcfg-backend/ifupdown/up-as-something-else", NULL, test_up_as_something_else);
    ADD("/ifcfg-backend/ifupdown/waits-for-ifup", NULL, test_waits_for_the_lock);
    ADD("/ifcfg-backend/unit/is-waited-for", NULL, test_waits_for_the_unit);
    ADD("/ifcfg-backend/unit/through", NULL, test_unit_through);
    ADD("/ifcfg-backend/unit/wait-is-cancelled", NULL, test_wait_is_cancelled);
    ADD("/ifcfg-backend/unit/cancelled-while-connecting", NULL, test_cancelled_while_connecting);
    ADD("/ifcfg-backend/wicked/by-its-daemon", "wicked", test_wicked);
    ADD("/ifcfg-backend/ifcfg/cycle", "ifcfg", test_ifcfg);
    return g_test_run();
}
