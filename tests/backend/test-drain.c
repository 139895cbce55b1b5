/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How long the old port of a bond is listened to: port1, while port0 sends. Times are compared with
 * each other, and with the times of quiet that they are made of, which no machine can shorten.
 */
#include "failover/drain.h"

#include "tests/backend/network.h"

#define DEADLINE_US (20 * (gint64)G_USEC_PER_SEC)

typedef struct {
    Network network;
    GnfContext context;
    GnfOperationDevice *device;
    gboolean ended;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data)
{
    network_set_up(&fixture->network, "bond");
    /* Nobody greets a link: nothing comes in but what the drain sends. */
    network_write("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1");
    network_write("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
    fixture->context.netlink = fixture->network.netlink;
    fixture->device = gnf_operation_device_new();
    fixture->device->bond.ifindex = fixture->network.bond;
    fixture->device->bond.mode = GNF_BOND_MODE_ACTIVE_BACKUP;
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    gnf_operation_device_free(fixture->device);
    network_tear_down(&fixture->network, "bond");
}

static void
on_drained(GObject *source, GAsyncResult *result, gpointer user_data)
{
    gnf_drain_finish(result);
    ((Fixture *)user_data)->ended = TRUE;
}

/* In microseconds. */
static gint64
drain(Fixture *fixture)
{
    gint64 begun_us = g_get_monotonic_time();

    fixture->ended = FALSE;
    gnf_drain_async(
        &fixture->context, fixture->device, fixture->network.ports[1], NULL, on_drained, fixture);
    while (!fixture->ended) {
        g_assert_cmpint(g_get_monotonic_time(), <, begun_us + DEADLINE_US);
        g_main_context_iteration(NULL, TRUE);
    }
    return g_get_monotonic_time() - begun_us;
}

/* The shortest of some: whatever else came in made the others longer. */
static gint64
drain_often(Fixture *fixture)
{
    gint64 shortest_us = drain(fixture);

    for (guint i = 0; i < 4; i++)
        shortest_us = MIN(shortest_us, drain(fixture));
    return shortest_us;
}

static void
test_marker(Fixture *fixture, gconstpointer data)
{
    gint64 apart_us = drain_often(fixture);
    gint64 joined_us;

    g_assert_cmpint(apart_us, >=, GNF_DRAIN_QUIET_UNMARKED_MS * G_TIME_SPAN_MILLISECOND);
    network_ip("link add switch0 type bridge\n"
               "link set switch0 up\n"
               "link set peer0 master switch0\n"
               "link set peer1 master switch0");
    joined_us = drain_often(fixture);
    g_assert_cmpint(joined_us, >=, GNF_DRAIN_QUIET_MS * G_TIME_SPAN_MILLISECOND);
    g_assert_cmpint(joined_us, <, apart_us);
}

static void
test_port_is_gone(Fixture *fixture, gconstpointer data)
{
    gint64 there_us = drain_often(fixture);

    network_ip("link del port1");
    g_assert_cmpint(drain(fixture), <, there_us);
}

int
main(int argc, char **argv)
{
#define ADD(path, func) g_test_add(path, Fixture, NULL, set_up, func, tear_down)
    g_test_init(&argc, &argv, NULL);
    ADD("/drain/ends-behind-its-own-frame", test_marker);
    ADD("/drain/port-is-gone", test_port_is_gone);
    return g_test_run();
}
