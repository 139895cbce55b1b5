/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * prepare with eject, as far as it is decided before anything is touched. The guest's NICs sit on
 * its root bus, in no slot: the tests lay a folder of slots of their own over sysfs's.
 */
#include <sys/mount.h>

#include <glib/gstdio.h>

#include "tests/backend/engine.h"

#define SLOTS "/sys/bus/pci/slots"
#define SLOT_ADDRESS "0000:00:10"
#define INTERFACES "/sys/bus/pci/devices/" ENGINE_PCI_ADDRESS "/net"
#define SECOND_MAC "52:54:00:00:00:03"
#define EJECT "{\"eject\": true}"

static void
write_file(const char *folder, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);

    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

/* What is there is hidden, until tear_down. */
static void
lay_over(const char *folder)
{
    g_assert_no_errno(mount("tmpfs", folder, "tmpfs", 0, NULL));
}

/* data: the files of the slot besides its address. */
static void
set_up(EngineFixture *fixture, gconstpointer data)
{
    engine_set_up(fixture, NULL);
    lay_over(SLOTS);
    g_assert_cmpint(g_mkdir(SLOTS "/1", 0755), ==, 0);
    write_file(SLOTS "/1", "address", SLOT_ADDRESS "\n");
    if (data)
        write_file(SLOTS "/1", data, "1\n");
}

static void
tear_down(EngineFixture *fixture, gconstpointer data)
{
    g_assert_no_errno(umount(SLOTS));
    engine_tear_down(fixture, NULL);
}

/* It is listed, but has no switch. */
static void
test_slot_without_power(EngineFixture *fixture, gconstpointer data)
{
    engine_assert_refused(fixture, "prepare", EJECT, "no-slot: ");
    engine_assert_attached(fixture, TRUE);
}

static void
assert_code(JsonObject *report, const char *mac, const char *code)
{
    JsonArray *devices = json_object_get_array_member(report, "devices");

    for (guint i = 0; i < json_array_get_length(devices); i++) {
        JsonObject *device = json_array_get_object_element(devices, i);
        if (g_strcmp0(json_object_get_string_member(device, "mac"), mac) != 0)
            continue;
        JsonObject *reason = json_object_get_object_member(device, "reason");
        g_assert_cmpstr(json_object_get_string_member(reason, "code"), ==, code);
        return;
    }
    g_error("no entry of %s", mac);
}

/* Below the primary's function is its interface, and an entry for another one, too. */
static void
add_interface(const EngineFixture *fixture, const char *other)
{
    g_autofree char *aside = g_dir_make_tmp("interfaces-XXXXXX", NULL);
    g_autofree char *kept = g_build_filename(aside, fixture->primary, NULL);
    g_autofree char *primary = g_build_filename(INTERFACES, fixture->primary, NULL);
    g_autofree char *second = g_build_filename(INTERFACES, other, NULL);
    g_autofree char *text = g_strdup_printf("%d\n", engine_index(fixture, other));

    g_assert_no_errno(mount(INTERFACES, aside, NULL, MS_BIND, NULL));
    lay_over(INTERFACES);
    g_assert_cmpint(g_mkdir(primary, 0755), ==, 0);
    g_assert_no_errno(mount(kept, primary, NULL, MS_BIND, NULL));
    g_assert_no_errno(umount2(aside, MNT_DETACH));
    g_assert_cmpint(g_rmdir(aside), ==, 0);
    g_assert_cmpint(g_mkdir(second, 0755), ==, 0);
    write_file(second, "ifindex", text);
}

/* One PCI function, two interfaces: the other one would go with the first. */
static void
test_two_interfaces(EngineFixture *fixture, gconstpointer data)
{
    g_autofree char *other = engine_name_of_mac(fixture->netlink, SECOND_MAC);

    add_interface(fixture, other);
    engine_assert_refused(fixture, "prepare", EJECT, "slot-shared: ");
    engine_assert_refused(
        fixture, "prepare", "{\"eject\": true, \"dry-run\": true}", "slot-shared: ");
    g_assert_no_errno(umount2(INTERFACES, MNT_DETACH));
    engine_assert_attached(fixture, TRUE);
}

/* The second function's bond has no other port, so that it stays; and the slot's power with it. */
static void
test_best_effort(EngineFixture *fixture, gconstpointer data)
{
    g_autofree char *other = engine_name_of_mac(fixture->netlink, SECOND_MAC);

    engine_ip("link add bond1 type bond mode active-backup miimon 20");
    engine_ip("link set %s down", other);
    engine_ip("link set %s master bond1", other);
    g_autoptr(JsonObject) report =
        engine_call(fixture,
                    "prepare",
                    "{\"eject\": true, \"policy\": \"best-effort\", \"devices\": [{\"mac\": "
                    "\"" ENGINE_PRIMARY_MAC "\"}, {\"mac\": \"" SECOND_MAC "\"}]}");
    g_assert_cmpstr(json_object_get_string_member(report, "status"), ==, "failed");
    assert_code(report, ENGINE_PRIMARY_MAC, "slot-shared");
    assert_code(report, SECOND_MAC, "no-standby");
    engine_assert_attached(fixture, TRUE);
    engine_ip("link del bond1");
}

int
main(int argc, char **argv)
{
#define ADD(path, data, func) g_test_add(path, EngineFixture, data, set_up, func, tear_down)
    g_test_init(&argc, &argv, NULL);
    ADD("/engine/eject/slot-without-power", NULL, test_slot_without_power);
    ADD("/engine/eject/function-of-two-interfaces", "power", test_two_interfaces);
    ADD("/engine/eject/other-function-stays/best-effort", "power", test_best_effort);
    return g_test_run();
#undef ADD
}
