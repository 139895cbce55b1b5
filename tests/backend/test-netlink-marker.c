/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether what a bond sends to everyone comes in on its other port, through a switch between the
 * two; port1 is the one that does not send.
 */
#include "netlink/marker.h"

#include "netlink/frames.h"
#include "netlink/rtnetlink.h"
#include "tests/backend/network.h"
#include "tests/backend/wire.h"

#define MAC "02:00:00:00:00:0b"
#define DEADLINE_US (5 * (gint64)G_USEC_PER_SEC)

static void
join_to_a_switch(void)
{
    network_ip("link set bond0 address " MAC "\n"
               "link add switch0 type bridge\n"
               "link set switch0 up\n"
               "link set peer0 master switch0\n"
               "link set peer1 master switch0");
}

static GnfMarker *
send_one(const Network *network)
{
    GError *error = NULL;
    GnfMarker *marker = gnf_marker_new(network->ports[1], network->bond, MAC, &error);

    g_assert_no_error(error);
    return marker;
}

static void
assert_comes(GnfMarker *marker)
{
    gint64 end = g_get_monotonic_time() + DEADLINE_US;

    while (!gnf_marker_has_come(marker)) {
        g_assert_cmpint(g_get_monotonic_time(), <, end);
        g_usleep(1000);
    }
    g_assert_true(gnf_marker_has_come(marker));
}

static void
test_comes(Network *network, gconstpointer data)
{
    join_to_a_switch();
    g_autoptr(GnfMarker) marker = send_one(network);

    assert_comes(marker);
}

/* Whether the bond takes in what arrives there, or not. */
static void
test_comes_though_accepted(Network *network, gconstpointer data)
{
    join_to_a_switch();
    network_write("/sys/class/net/bond0/bonding/all_slaves_active", "1");
    g_autoptr(GnfMarker) marker = send_one(network);

    assert_comes(marker);
}

static void
send_from(const guint8 mac[6])
{
    guint8 frame[GNF_FRAME_RARP_SIZE];
    const gsize size = gnf_frame_build_rarp(frame, mac, 0, FALSE);

    wire_send("peer1", frame, size);
}

/* On two networks nothing comes, and somebody else's is none. What a socket has comes in order:
 * when the last frame is there, the one before has been looked at. */
static void
test_does_not_come(Network *network, gconstpointer data)
{
    static const guint8 other[] = {0x02, 0, 0, 0, 0, 0x0c};
    static const guint8 own[] = {0x02, 0, 0, 0, 0, 0x0b};

    network_ip("link set bond0 address " MAC);
    g_autoptr(GnfMarker) marker = send_one(network);
    send_from(other);
    g_usleep(100 * G_TIME_SPAN_MILLISECOND);
    g_assert_false(gnf_marker_has_come(marker));
    send_from(own);
    assert_comes(marker);
}

static void
test_port_is_gone(Network *network, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    network_ip("link del port1");
    g_assert_null(gnf_marker_new(network->ports[1], network->bond, MAC, &error));
    g_assert_true(gnf_netlink_error_is_gone(error));
}

int
main(int argc, char **argv)
{
#define ADD(path, func) g_test_add(path, Network, "bond", network_set_up, func, network_tear_down)
    g_test_init(&argc, &argv, NULL);
    ADD("/marker/comes", test_comes);
    ADD("/marker/comes-though-accepted", test_comes_though_accepted);
    ADD("/marker/does-not-come", test_does_not_come);
    ADD("/marker/port-is-gone", test_port_is_gone);
    return g_test_run();
}
