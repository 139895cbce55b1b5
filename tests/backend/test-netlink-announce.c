/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What arrives on the other end of the wire when a bond's addresses are announced, byte for byte.
 */
#include "netlink/announce.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink/announce-port.h"
#include "netlink/frames.h"
#include "netlink/link.h"
#include "tests/backend/network.h"

static const guint8 bond_mac[] = {0x02, 0, 0, 0, 0, 0x0b};
static const guint8 vlan_mac[] = {0x02, 0, 0, 0, 0, 0x0c};

/* Frames that come in on the active port's peer. */
static int
listen_on(const char *name)
{
    const struct sockaddr_ll address = {.sll_family = AF_PACKET,
                                        .sll_protocol = htons(ETH_P_ALL),
                                        .sll_ifindex = network_index(name)};
    const int on = 1;
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    g_assert_no_errno(fd);
    /* A VLAN's tag is cut off the frame and told beside it. */
    g_assert_no_errno(setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof on));
    g_assert_no_errno(bind(fd, (const void *)&address, sizeof address));
    return fd;
}

typedef struct {
    guint8 bytes[2048];
    gsize size;
    int vlan; /* 0 = untagged */
} Frame;

static int
read_vlan(struct msghdr *message)
{
    const struct cmsghdr *control = CMSG_FIRSTHDR(message);
    struct tpacket_auxdata data;

    if (!control || control->cmsg_level != SOL_PACKET || control->cmsg_type != PACKET_AUXDATA)
        return 0;
    memcpy(&data, CMSG_DATA(control), sizeof data);
    return data.tp_status & TP_STATUS_VLAN_VALID ? data.tp_vlan_tci & 0xfff : 0;
}

static gboolean
receive(int fd, Frame *ret_frame)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    struct sockaddr_ll from;
    char control[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
    struct iovec part = {.iov_base = ret_frame->bytes, .iov_len = sizeof ret_frame->bytes};
    struct msghdr message = {.msg_name = &from,
                             .msg_namelen = sizeof from,
                             .msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    gssize size;

    if (poll(&wait, 1, 5000) <= 0)
        return FALSE;
    size = recvmsg(fd, &message, 0);
    g_assert_cmpint(size, >, 0);
    ret_frame->size = (gsize)size;
    ret_frame->vlan = read_vlan(&message);
    return TRUE;
}

/* Wait for one frame among whatever else the kernel sends. */
static void
expect_frame(int fd, const guint8 *bytes, gsize size, int vlan)
{
    Frame frame;

    while (receive(fd, &frame)) {
        if (frame.vlan == vlan && frame.size >= size && memcmp(frame.bytes, bytes, size) == 0)
            return;
    }
    g_error("the frame did not arrive");
}

static void
expect_arp(int fd, const guint8 *mac, const char *text, int vlan)
{
    guint8 ip[4];
    guint8 frame[GNF_FRAME_ARP_SIZE];

    g_assert_cmpint(inet_pton(AF_INET, text, ip), ==, 1);
    gnf_frame_build_arp(frame, mac, ip);
    expect_frame(fd, frame, sizeof frame, vlan);
}

static void
expect_na(int fd, const char *text, gboolean router)
{
    guint8 ip[16];
    guint8 frame[GNF_FRAME_NA_SIZE];

    g_assert_cmpint(inet_pton(AF_INET6, text, ip), ==, 1);
    gnf_frame_build_na(frame, bond_mac, ip, router);
    expect_frame(fd, frame, sizeof frame, 0);
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
    fd = listen_on("peer0");
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
    fd = listen_on("peer0");
    announce(network, 1);
    expect_na(fd, "2001:db8::1", FALSE);
    network_write("/proc/sys/net/ipv6/conf/bond0/forwarding", "1");
    announce(network, 1);
    expect_na(fd, "2001:db8::1", TRUE);
    close(fd);
}

/* RFC 4862 section 5.4: a tentative address is not ours to advertise. */
static void
test_tentative(Network *network, gconstpointer data)
{
    prepare();
    network_write("/proc/sys/net/ipv6/conf/bond0/dad_transmits", "100");
    network_ip("address add 2001:db8::1/64 dev bond0");
    announce(network, 0);
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
    fd = listen_on("peer0");
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
    fd = listen_on("peer0");
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
    fd = listen_on("peer1");
    g_assert_true(gnf_announce_on_port(network->netlink, bond, port, &error));
    g_assert_no_error(error);
    expect_arp(fd, port_mac, "192.0.2.1", 0);
    close(fd);
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
    ADD("/announce/gone", test_gone);
    return g_test_run();
}
