/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What arrives on the other end of the wire when a bond's addresses are announced, byte for byte.
 */
#include "netlink/announce.h"

#include <arpa/inet.h>
#include <unistd.h>

#include "netlink/beacon.h"
#include "netlink/frames.h"
#include "netlink/link.h"
#include "tests/backend/network.h"
#include "tests/backend/wire.h"

static const guint8 bond_mac[] = {0x02, 0, 0, 0, 0, 0x0b};
static const guint8 vlan_mac[] = {0x02, 0, 0, 0, 0, 0x0c};

static void
expect_arp(int fd, const guint8 *mac, const char *text, int vlan)
{
    guint8 ip[4];
    guint8 frame[GNF_FRAME_ARP_SIZE];

    g_assert_cmpint(inet_pton(AF_INET, text, ip), ==, 1);
    gnf_frame_build_arp(frame, mac, ip);
    wire_expect(fd, frame, sizeof frame, vlan);
}

static void
expect_na(int fd, const char *text, gboolean router)
{
    guint8 ip[16];
    guint8 frame[GNF_FRAME_NA_SIZE];

    g_assert_cmpint(inet_pton(AF_INET6, text, ip), ==, 1);
    gnf_frame_build_na(frame, bond_mac, ip, router);
    wire_expect(fd, frame, sizeof frame, 0);
}

/* A bond without link-local addresses, so that each address is one of the test's. */
static void
prepare(void)
{
    network_ip("link set bond0 addrgenmode none\n"
               "address flush dev bond0\n"
               "link set bond0 address 02:00:00:00:00:0b");
}

static void
announce(Network *network, guint expected)
{
    GError *error = NULL;
    guint sent = 0;

    g_assert_true(gnf_announce(network->netlink, network->bond, &sent, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(sent, ==, expected);
}

static void
test_ipv4(Network *network, gconstpointer data)
{
    int fd;

    prepare();
    network_ip("address add 192.0.2.1/24 dev bond0\n"
               "address add 192.0.2.2/24 dev bond0\n"
               "address add 192.0.2.3/32 scope host dev bond0");
    fd = wire_listen("peer0");
    announce(network, 2);
    expect_arp(fd, bond_mac, "192.0.2.1", 0);
    expect_arp(fd, bond_mac, "192.0.2.2", 0);
    close(fd);
}

static void
test_ipv6(Network *network, gconstpointer data)
{
    int fd;

    prepare();
    network_ip("address add 2001:db8::1/64 dev bond0 nodad");
    fd = wire_listen("peer0");
    announce(network, 1);
    expect_na(fd, "2001:db8::1", FALSE);
    network_write("/proc/sys/net/ipv6/conf/bond0/forwarding", "1");
    announce(network, 1);
    expect_na(fd, "2001:db8::1", TRUE);
    close(fd);
}

/* RFC 4862 section 5.4: a tentative address is not ours to advertise. Its MAC is. */
static void
test_tentative(Network *network, gconstpointer data)
{
    guint8 frame[GNF_FRAME_RARP_SIZE];
    int fd;

    prepare();
    network_write("/proc/sys/net/ipv6/conf/bond0/dad_transmits", "100");
    network_ip("address add 2001:db8::1/64 dev bond0");
    fd = wire_listen("peer0");
    announce(network, 1);
    wire_expect(fd, frame, gnf_frame_build_rarp(frame, bond_mac, 0, FALSE), 0);
    close(fd);
}

static void
test_stack(Network *network, gconstpointer data)
{
    int fd;

    prepare();
    network_ip(
        "link add link bond0 name bond0.7 type vlan id 7\n"
        "link set bond0.7 addrgenmode none\n"
        "link add link bond0.7 name mac0 address 02:00:00:00:00:0c type macvlan mode bridge\n"
        "link set mac0 addrgenmode none\n"
        "link add link bond0 name bond0.8 type vlan id 8\n"
        "link set bond0.7 up\n"
        "link set mac0 up\n"
        "address add 192.0.2.1/24 dev bond0\n"
        "address add 198.51.100.1/24 dev bond0.7\n"
        "address add 203.0.113.1/24 dev mac0\n"
        "address add 203.0.113.99/24 dev bond0.8");
    fd = wire_listen("peer0");
    announce(network, 3); /* not bond0.8: it is down */
    expect_arp(fd, bond_mac, "192.0.2.1", 0);
    expect_arp(fd, bond_mac, "198.51.100.1", 7);
    expect_arp(fd, vlan_mac, "203.0.113.1", 7);
    close(fd);
}

static void
test_bridge(Network *network, gconstpointer data)
{
    int fd;

    prepare();
    network_ip("link add br0 address 02:00:00:00:00:0c type bridge forward_delay 0\n"
               "link set br0 addrgenmode none\n"
               "link set bond0 master br0\n"
               "link set br0 up\n"
               "address add 192.0.2.1/24 dev br0");
    fd = wire_listen("peer0");
    announce(network, 1);
    expect_arp(fd, vlan_mac, "192.0.2.1", 0);
    close(fd);
}

/* Out of the port that is not active, with its own MAC. */
static void
test_port(Network *network, gconstpointer data)
{
    static const guint8 port_mac[] = {0x02, 0, 0, 0, 0, 0x0d};
    GError *error = NULL;
    int fd;

    prepare();
    network_ip("address add 192.0.2.1/24 dev bond0\n"
               "link set port1 address 02:00:00:00:00:0d");
    g_autoptr(GnfLink) bond = network_link(network, network->bond);
    g_autoptr(GnfLink) port = network_link(network, network->ports[1]);
    g_assert_cmpint(bond->bond->active, ==, network->ports[0]);
    fd = wire_listen("peer1");
    g_assert_true(gnf_announce_on_port(network->netlink, bond, port, &error));
    g_assert_no_error(error);
    expect_arp(fd, port_mac, "192.0.2.1", 0);
    close(fd);
}

/* It can be sent more than once. */
static void
test_beacon(Network *network, gconstpointer data)
{
    g_autoptr(GnfBeacon) beacon = NULL;
    g_autoptr(GnfBeacon) gone = NULL;
    guint8 frame[GNF_FRAME_RARP_SIZE];
    gsize size = gnf_frame_build_rarp(frame, bond_mac, 0, FALSE);
    GError *error = NULL;

    prepare();
    beacon = gnf_beacon_new(network->bond, "02:00:00:00:00:0b", &error);
    g_assert_no_error(error);
    g_assert_true(gnf_beacon_is_for(beacon, network->bond, "02:00:00:00:00:0B"));
    g_assert_false(gnf_beacon_is_for(beacon, network->bond, "02:00:00:00:00:0c"));
    g_assert_false(gnf_beacon_is_for(beacon, 4711, "02:00:00:00:00:0b"));
    for (int i = 0; i < 2; i++) {
        int fd = wire_listen("peer0");
        g_assert_true(gnf_beacon_send(beacon, &error));
        g_assert_no_error(error);
        wire_expect(fd, frame, size, 0);
        close(fd);
    }
    gone = gnf_beacon_new(4711, "02:00:00:00:00:0b", &error);
    g_assert_no_error(error);
    g_assert_false(gnf_beacon_send(gone, &error));
    g_assert_true(gnf_netlink_error_is_gone(error));
    g_clear_error(&error);
}

static void
test_gone(Network *network, gconstpointer data)
{
    GError *error = NULL;
    guint sent = 7;

    g_assert_false(gnf_announce(network->netlink, 4711, &sent, &error));
    g_assert_true(gnf_netlink_error_is_gone(error));
    g_assert_cmpuint(sent, ==, 0);
    g_clear_error(&error);
}

#define ADD(path, func) g_test_add(path, Network, "bond", network_set_up, func, network_tear_down)

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    ADD("/announce/ipv4", test_ipv4);
    ADD("/announce/ipv6/router-flag-follows-forwarding", test_ipv6);
    ADD("/announce/ipv6/not-while-tentative", test_tentative);
    ADD("/announce/vlan-and-macvlan", test_stack);
    ADD("/announce/bridge", test_bridge);
    ADD("/announce/port", test_port);
    ADD("/announce/mac-alone", test_beacon);
    ADD("/announce/gone", test_gone);
    return g_test_run();
}
