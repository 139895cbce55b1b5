/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MACs that have no address in this network namespace: which of them are heard on the other end of
 * the wire when the bond is announced, and with which tag.
 */
#include "netlink/stations.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if_arp.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "netlink/announce.h"
#include "netlink/bond.h"
#include "netlink/fdb.h"
#include "netlink/frames.h"
#include "tests/backend/network.h"
#include "tests/backend/wire.h"

static const guint8 bond_mac[] = {0x02, 0, 0, 0, 0, 0x0b};
static const guint8 nobody[] = {192, 0, 2, 99};

/* -- namespaces -- */

static void
enter(int namespace)
{
    g_assert_no_errno(setns(namespace, CLONE_NEWNET));
}

static int
open_namespace(void)
{
    int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

    g_assert_no_errno(fd);
    return fd;
}

/* Into a namespace of its own, as a container's interface; there it is set up. */
static int
move_away(const char *name)
{
    int here = open_namespace();
    g_autofree char *move = NULL;
    g_autofree char *up = g_strdup_printf("link set %s up", name);
    int there;

    g_assert_no_errno(unshare(CLONE_NEWNET));
    there = open_namespace();
    enter(here);
    move = g_strdup_printf("link set %s netns /proc/%d/fd/%d", name, (int)getpid(), there);
    network_ip(move);
    enter(there);
    network_ip(up);
    enter(here);
    close(here);
    return there;
}

/* -- what is heard -- */

/* The bond's own MAC has an address, and no frame comes by itself. */
static void
prepare(void)
{
    network_ip("link set bond0 addrgenmode none\n"
               "address flush dev bond0\n"
               "link set bond0 address 02:00:00:00:00:0b\n"
               "address add 192.0.2.1/24 dev bond0");
}

/* "MAC", "MAC/VLAN" or "to-itself:XX:XX" if the frame is a right one. */
static char *
describe(const WireFrame *frame)
{
    const guint8 *mac = frame->bytes + 6;
    guint8 expected[GNF_FRAME_RARP_SIZE];
    gboolean to_itself = memcmp(frame->bytes, mac, 6) == 0;
    gsize size = gnf_frame_build_rarp(expected, mac, 0, to_itself);
    g_autofree char *tag = frame->vlan ? g_strdup_printf("/%d", frame->vlan) : g_strdup("");

    g_assert_cmpmem(frame->bytes, frame->size, expected, size);
    if (to_itself)
        return g_strdup_printf("to-itself:%02x:%02x", mac[4], mac[5]);
    return g_strdup_printf(
        "%02x:%02x:%02x:%02x:%02x:%02x%s", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5], tag);
}

static int
compare(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The announced MACs, sorted. A frame sent last tells that the others have arrived. */
static char *
hear(int fd)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    guint8 last[GNF_FRAME_ARP_SIZE];
    WireFrame frame;

    gnf_frame_build_arp(last, bond_mac, nobody);
    wire_send("bond0", last, sizeof last);
    for (;;) {
        g_assert_true(wire_receive(fd, &frame));
        if (frame.size >= sizeof last && memcmp(frame.bytes, last, sizeof last) == 0)
            break;
        if (frame.bytes[12] == 0x80 && frame.bytes[13] == 0x35)
            g_ptr_array_add(names, describe(&frame));
    }
    g_ptr_array_sort(names, compare);
    g_ptr_array_add(names, NULL);
    return g_strjoinv(" ", (char **)names->pdata);
}

static void
expect_announced(Network *network, const char *expected)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *heard = NULL;
    int fd = wire_listen("peer0");

    gnf_announce(network->netlink, network->bond, NULL, &error);
    g_assert_no_error(error);
    heard = hear(fd);
    g_assert_cmpstr(heard, ==, expected);
    close(fd);
}

/* -- what is accepted -- */

static void
test_macvlan_away(Network *network, gconstpointer data)
{
    int there;

    prepare();
    expect_announced(network, "");
    network_ip("link add link bond0 name mac0 address 02:00:00:00:01:00 type macvlan mode bridge");
    there = move_away("mac0");
    expect_announced(network, "02:00:00:00:01:00");
    close(there); /* the namespace goes, and its interface */
}

/* A container's ipvlan has the MAC of what it stands on; macvlan mac0 may be a machine's macvtap.
 */
static void
test_no_address(Network *network, gconstpointer data)
{
    prepare();
    network_ip("link add link bond0 name mac0 address 02:00:00:00:01:00 type macvlan mode bridge\n"
               "link set mac0 addrgenmode none\n"
               "link set mac0 up");
    expect_announced(network, "02:00:00:00:01:00");
    network_ip("address add 192.0.2.2/24 dev mac0");
    expect_announced(network, "");
    network_ip("address flush dev bond0");
    expect_announced(network, "02:00:00:00:00:0b");
}

/* The bond accepts the MAC, too, but it is only right with the VLAN's tag. */
static void
test_vlan(Network *network, gconstpointer data)
{
    int there;

    prepare();
    network_ip(
        "link add link bond0 name bond0.7 type vlan id 7\n"
        "link set bond0.7 addrgenmode none\n"
        "link set bond0.7 address 02:00:00:00:00:07\n"
        "link set bond0.7 up\n"
        "link add link bond0.7 name mac0 address 02:00:00:00:01:00 type macvlan mode bridge");
    there = move_away("mac0");
    expect_announced(network, "02:00:00:00:00:07/7 02:00:00:00:01:00/7");
    network_ip("address add 198.51.100.1/24 dev bond0.7");
    expect_announced(network, "02:00:00:00:01:00/7");
    close(there);
}

/* Also accepted by routers that are not the master. */
static void
test_virtual_router(Network *network, gconstpointer data)
{
    int there;

    prepare();
    network_ip(
        "link add link bond0 name vrrp4 address 00:00:5e:00:01:33 type macvlan mode private\n"
        "link add link bond0 name vrrp6 address 00:00:5e:00:02:33 type macvlan mode private\n"
        "link add link bond0 name mac0 address 00:00:5e:00:03:33 type macvlan mode private\n"
        "link set vrrp4 addrgenmode none\n"
        "link set vrrp4 up\n"
        "link set mac0 addrgenmode none\n"
        "link set mac0 up");
    there = move_away("vrrp6");
    expect_announced(network, "00:00:5e:00:03:33");
    close(there);
}

/* -- behind a bridge -- */

static gboolean
is_forwarding(const GnfLink *link, gconstpointer unused)
{
    return link->bridge_forwarding;
}

/* br0 above the bond; its other ports veth0 and veth1 have the far ends far0 and far1. */
static void
make_bridge(Network *network, const char *options)
{
    g_autofree char *add = g_strdup_printf(
        "link add br0 address 02:00:00:00:00:0c type bridge forward_delay 0 %s", options);

    prepare();
    /* A far end without addresses still tells of its multicast groups, and its MAC with it. */
    network_write("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
    network_ip(add);
    network_ip("link set br0 addrgenmode none\n"
               "link add veth0 type veth peer name far0\n"
               "link add veth1 type veth peer name far1\n"
               "link set veth0 addrgenmode none master br0 up\n"
               "link set veth1 addrgenmode none master br0 up\n"
               "link set far0 addrgenmode none up\n"
               "link set far1 addrgenmode none up\n"
               "address flush dev bond0\n"
               "link set bond0 master br0\n"
               "link set br0 up");
    network_wait(network, network->bond, is_forwarding, NULL);
    network_wait(network, network_index("veth0"), is_forwarding, NULL);
    network_wait(network, network_index("veth1"), is_forwarding, NULL);
}

static gboolean
is_behind(const Network *network, int port, const guint8 *mac)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) entries = gnf_fdb_list_bridge(network->netlink, network_index("br0"), &error);

    g_assert_no_error(error);
    for (guint i = 0; i < entries->len; i++) {
        const GnfFdbEntry *entry = &g_array_index(entries, GnfFdbEntry, i);

        if (entry->ifindex == port && memcmp(entry->mac, mac, sizeof entry->mac) == 0)
            return TRUE;
    }
    return FALSE;
}

static void
wait_behind(const Network *network, const char *port, const guint8 *mac)
{
    const gint64 end = g_get_monotonic_time() + 5 * (gint64)G_USEC_PER_SEC;

    while (!is_behind(network, network_index(port), mac)) {
        g_assert_cmpint(g_get_monotonic_time(), <, end);
        g_usleep(2000);
    }
}

/* A machine 02:00:00:00:01:NUMBER sends a frame out of an interface, and the bridge learns of it.
 */
static void
speak(const Network *network, const char *from, guint8 number, const char *port)
{
    const guint8 mac[] = {0x02, 0, 0, 0, 0x01, number};
    guint8 frame[GNF_FRAME_ARP_SIZE];

    gnf_frame_build_arp(frame, mac, nobody);
    wire_send(from, frame, sizeof frame);
    wait_behind(network, port, mac);
}

static void
test_bridge(Network *network, gconstpointer data)
{
    make_bridge(network, "");
    expect_announced(network, "");
    speak(network, "far0", 0x01, "veth0");
    speak(network, "far0", 0x02, "veth0");
    speak(network, "far1", 0x03, "veth1");
    speak(network, "peer0", 0x04, "bond0");
    network_bridge("fdb add 02:00:00:00:01:05 dev veth1 master static\n"
                   "fdb add 02:00:00:00:01:06 dev bond0 master static\n"
                   "fdb add 01:00:00:00:01:07 dev veth1 master static\n"
                   "fdb add 02:00:00:00:01:08 dev veth1 master local");
    expect_announced(network,
                     "02:00:00:00:01:01 02:00:00:00:01:02 02:00:00:00:01:03 02:00:00:00:01:05");
    speak(network, "peer0", 0x02, "bond0"); /* it has moved to another host */
    expect_announced(network, "02:00:00:00:01:01 02:00:00:00:01:03 02:00:00:00:01:05");
}

/* On the VLAN below a bridge, not on the bond; and a macvlan on the bridge goes by the bridge. */
static void
test_bridge_on_vlan(Network *network, gconstpointer data)
{
    int there;

    make_bridge(network, "");
    network_ip("link set bond0 nomaster\n"
               "link add link bond0 name bond0.7 type vlan id 7\n"
               "link set bond0.7 addrgenmode none up\n"
               "link set bond0.7 master br0\n"
               "link add link br0 name mac0 address 02:00:00:00:01:02 type macvlan mode bridge\n"
               "address add 192.0.2.1/24 dev bond0");
    network_wait(network, network_index("bond0.7"), is_forwarding, NULL);
    speak(network, "far0", 0x01, "veth0");
    there = move_away("mac0");
    expect_announced(network, "02:00:00:00:01:01/7 02:00:00:00:01:02/7");
    close(there);
}

static void
test_filtering_bridge(Network *network, gconstpointer data)
{
    make_bridge(network, "vlan_filtering 1 vlan_default_pvid 1");
    network_bridge("vlan add dev bond0 vid 10-12\n"
                   "vlan add dev veth0 vid 11 pvid untagged\n"
                   "vlan add dev veth1 vid 20 pvid untagged");
    speak(network, "far0", 0x01, "veth0");
    speak(network, "far1", 0x02, "veth1"); /* in a VLAN that does not pass the bond */
    network_bridge("vlan add dev veth1 vid 1 pvid untagged");
    speak(network, "far1", 0x03, "veth1");
    expect_announced(network, "02:00:00:00:01:01/11 02:00:00:00:01:03");
    /* The bond, the only port that learns, is given what the bridge holds: local MACs of its ports,
     * and this one. */
    network_bridge("vlan add dev veth0 vid 12\n"
                   "fdb add 02:00:00:00:01:04 dev veth0 master static vlan 12");
    network_ip("link set veth0 type bridge_slave learning off flood off\n"
               "link set veth1 type bridge_slave learning off flood off");
    expect_announced(network, "02:00:00:00:01:01/11 02:00:00:00:01:03 02:00:00:00:01:04/12");
}

/* A new port under STP listens for 2 s first (BR_MIN_FORWARD_DELAY). */
static void
test_blocked(Network *network, gconstpointer data)
{
    make_bridge(network, "");
    network_bridge("fdb add 02:00:00:00:01:01 dev veth0 master static");
    network_ip("link set bond0 nomaster\n"
               "link set br0 type bridge stp_state 1\n"
               "link set bond0 master br0");
    expect_announced(network, "");
    network_ip("link set br0 type bridge stp_state 0\n"
               "link set bond0 nomaster\n"
               "link set bond0 master br0");
    network_wait(network, network->bond, is_forwarding, NULL);
    expect_announced(network, "02:00:00:00:01:01");
}

/* Both ports of the bond on one switch, as they are while the traffic moves. */
static void
test_hears_itself(Network *network, gconstpointer data)
{
    const guint8 mac[] = {0x02, 0, 0, 0, 0x01, 0x01};
    GError *error = NULL;

    make_bridge(network, "");
    network_ip("link add switch0 type bridge forward_delay 0\n"
               "link set peer0 master switch0\n"
               "link set peer1 master switch0\n"
               "link set switch0 addrgenmode none up");
    network_wait(network, network_index("peer0"), is_forwarding, NULL);
    network_wait(network, network_index("peer1"), is_forwarding, NULL);
    speak(network, "far0", 0x01, "veth0");
    g_assert_true(gnf_bond_set_all_slaves_active(network->netlink, network->bond, TRUE, &error));
    expect_announced(network, "to-itself:01:01");
    g_assert_true(is_behind(network, network_index("veth0"), mac));
    g_assert_true(gnf_bond_set_all_slaves_active(network->netlink, network->bond, FALSE, &error));
    expect_announced(network, "02:00:00:00:01:01");
    g_assert_true(is_behind(network, network_index("veth0"), mac));
    /* With one port alone nothing comes back. */
    g_assert_true(gnf_bond_set_all_slaves_active(network->netlink, network->bond, TRUE, &error));
    network_ip("link set port1 nomaster");
    expect_announced(network, "02:00:00:00:01:01");
}

static void
test_bound(Network *network, gconstpointer data)
{
    g_autoptr(GString) commands = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    guint sent = 0;

    make_bridge(network, "vlan_default_pvid 0");
    for (int i = 0; i < 4097; i++)
        g_string_append_printf(commands,
                               "fdb add 02:00:00:01:%02x:%02x dev veth0 master static\n",
                               (unsigned int)i >> 8,
                               (unsigned int)i & 0xff);
    network_bridge(commands->str);
    g_assert_false(gnf_announce(network->netlink, network->bond, &sent, &error));
    g_assert_error(error, GNF_NETLINK_ERROR, E2BIG);
    g_assert_cmpuint(sent, ==, 4096);
}

#define ADD(path, func) g_test_add(path, Network, "bond", network_set_up, func, network_tear_down)

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    ADD("/announce/stations/macvlan-in-another-namespace", test_macvlan_away);
    ADD("/announce/stations/interface-without-address", test_no_address);
    ADD("/announce/stations/macvlan-on-vlan-in-another-namespace", test_vlan);
    ADD("/announce/stations/not-virtual-routers", test_virtual_router);
    ADD("/announce/stations/bridge", test_bridge);
    ADD("/announce/stations/bridge-on-vlan", test_bridge_on_vlan);
    ADD("/announce/stations/bridge-that-filters", test_filtering_bridge);
    ADD("/announce/stations/bridge-port-blocked", test_blocked);
    ADD("/announce/stations/not-to-all-while-the-bond-hears-itself", test_hears_itself);
    ADD("/announce/stations/bound", test_bound);
    return g_test_run();
}
