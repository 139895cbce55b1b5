/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the engine refuses, and what must not stop it: nothing is changed, or all is done.
 */
#include <unistd.h>

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>

#include "failover/frozen.h"
#include "tests/backend/engine.h"
#include "tests/backend/network.h"

#define BUS "/run/test-bus"

static void
test_frozen(EngineFixture *fixture, gconstpointer data)
{
    g_assert_true(g_file_set_contents(GNF_FROZEN_FILE, "", 0, NULL));
    engine_assert_refused(fixture, "prepare", NULL, "frozen: ");
    engine_assert_refused(fixture, "complete", NULL, "frozen: ");
    g_autoptr(JsonObject) info = engine_call(fixture, "query", NULL);
    g_assert_true(json_object_has_member(info, "primaries"));
    g_assert_cmpint(g_unlink(GNF_FROZEN_FILE), ==, 0);
    engine_assert_attached(fixture, TRUE);
    engine_run(fixture, "prepare", "done", "detached");
}

static gboolean
standby_is_coming(const EngineFixture *fixture)
{
    g_autoptr(GnfLink) link = engine_link(fixture, fixture->standby);

    return link->carrier && link->bond_port && link->bond_port->mii == GNF_MII_BACK;
}

/* The link is there, the bond waits for updelay. */
static void
test_unverified(EngineFixture *fixture, gconstpointer data)
{
    engine_ip("link set bond0 type bond updelay 60000");
    engine_ip("link set %s down", fixture->standby);
    engine_ip("link set %s up", fixture->standby);
    engine_wait(fixture, standby_is_coming, "the standby's link is not trusted yet");
    engine_assert_refused(fixture, "prepare", NULL, "standby-unverified: bond0");
    engine_assert_refused(fixture, "prepare", "{\"dry-run\": true}", "standby-unverified: bond0");
    engine_assert_attached(fixture, TRUE);
}

/* The record's folder is gone when the work has begun, and nothing can be written any more. */
static void
test_record_lost(EngineFixture *fixture, gconstpointer data)
{
    g_autofree char *folder = g_path_get_dirname(fixture->record);
    g_autofree char *aside = g_strconcat(folder, ".aside", NULL);

    engine_run(fixture, "prepare", "done", "detached");
    g_assert_cmpint(g_rename(folder, aside), ==, 0);
    engine_run_to_end(fixture, data, "attached");
    engine_assert_attached(fixture, TRUE);
    engine_assert_refused(fixture, "prepare", NULL, "internal: writing the operation record");
    engine_assert_refused(
        fixture, "prepare", "{\"dry-run\": true}", "internal: writing the operation record");
    engine_assert_attached(fixture, TRUE);
    g_autoptr(JsonObject) info = engine_call(fixture, "query", NULL);
    engine_assert_report(json_object_get_object_member(info, "operation"), "done", "attached");
    g_assert_cmpint(g_rename(aside, folder), ==, 0);
}

/* A bus that does not talk to us: who owns the NIC is not known, so nothing is done. */
static void
test_bus_refuses(EngineFixture *fixture, gconstpointer data)
{
    g_autoptr(GSocket) socket =
        g_socket_new(G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);
    g_autoptr(GSocketAddress) address = g_unix_socket_address_new(BUS);

    engine_stop(fixture);
    fixture->modules = GNF_TEST_MODULES;
    g_setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=" BUS, TRUE);
    engine_start(fixture);
    /* No bus at all: there is no NetworkManager either. */
    g_autoptr(JsonObject) plan = engine_call(fixture, "prepare", "{\"dry-run\": true}");
    engine_assert_report(plan, "planned", "attached");
    g_assert_true(g_socket_bind(socket, address, TRUE, NULL));
    engine_assert_refused(fixture, "prepare", NULL, "manager-failed: ");
    engine_assert_refused(fixture, "prepare", "{\"dry-run\": true}", "manager-failed: ");
    engine_assert_attached(fixture, TRUE);
    g_assert_false(g_file_test(fixture->record, G_FILE_TEST_EXISTS));
    g_assert_cmpint(g_unlink(BUS), ==, 0);
    engine_run(fixture, "prepare", "done", "detached");
}

/* The bond is gone for good, and something else has its ifindex: there is nothing to put back. */
static void
test_no_bond_any_more(EngineFixture *fixture, gconstpointer data)
{
    engine_run(fixture, "prepare", "done", "detached");
    engine_unplug(fixture);
    engine_ip("link del bond0");
    engine_ip("link add other index %d type dummy", fixture->bond);
    engine_run(fixture, "cancel", "done", "absent");
    g_assert_true(gnf_engine_is_idle(fixture->engine));
    engine_ip("link del other");
    engine_plug(fixture);
    engine_ip("link add bond0 type bond");
}

/* NetworkManager has the NIC, and only its backend is not installed: netlink behind its back is not
 * the answer. */
static void
test_backend_missing(EngineFixture *fixture, gconstpointer data)
{
    g_autofree char *path =
        g_strdup_printf("/run/NetworkManager/devices/%d", engine_index(fixture, fixture->primary));

    g_assert_cmpint(g_mkdir_with_parents("/run/NetworkManager/devices", 0755), ==, 0);
    g_assert_true(g_file_set_contents(path, "[device]\nmanaged=true\n", -1, NULL));
    engine_assert_refused(fixture,
                          "prepare",
                          NULL,
                          "manager-failed: finding out who has what: NetworkManager manages");
    g_autoptr(JsonObject) info = engine_call(fixture, "query", NULL);
    g_assert_true(json_object_has_member(info, "primaries"));
    engine_assert_attached(fixture, TRUE);
    g_assert_true(g_file_set_contents(path, "[device]\nmanaged=false\n", -1, NULL));
    engine_run(fixture, "prepare", "done", "detached");
    g_assert_cmpint(g_unlink(path), ==, 0);
}

int
main(int argc, char **argv)
{
#define ADD(path, data, func)                                                                      \
    g_test_add(path, EngineFixture, data, engine_set_up, func, engine_tear_down)
    g_test_init(&argc, &argv, NULL);
    ADD("/engine/refuse/frozen", NULL, test_frozen);
    ADD("/engine/refuse/standby-unverified", NULL, test_unverified);
    ADD("/engine/refuse/bus-refuses", NULL, test_bus_refuses);
    ADD("/engine/refuse/backend-missing", NULL, test_backend_missing);
    ADD("/engine/complete/record-unwritable", "complete", test_record_lost);
    ADD("/engine/cancel/record-unwritable", "cancel", test_record_lost);
    ADD("/engine/cancel/no-bond-any-more", NULL, test_no_bond_any_more);
    return g_test_run();
#undef ADD
}
