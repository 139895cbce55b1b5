/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which addresses are announced, and the sending. The tree above the link is walked breadth first;
 * each interface is visited once, since a link may be reached twice (a VLAN of a bridge's port).
 * MACs without an address come after all addresses: which of them are whose needs the whole tree.
 */
#include "netlink/announce.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/ether.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink/address.h"
#include "netlink/fdb.h"
#include "netlink/frames.h"
#include "netlink/link.h"
#include "netlink/request.h"
#include "netlink/stations.h"

/* More than the ports of a bridge (BR_MAX_PORTS, 1024) by far: whoever has more behind it connects
 * a network, not machines of this guest. Frames that take 3 ms at 1 Gbit/s do not hold up anybody.
 */
#define STATIONS_MAX 4096

typedef struct {
    GnfNetlink *netlink;
    int fd;
    guint sent;
    guint stations;
    gboolean hears_itself; /* the bond takes in what it has sent to everyone */
    GError *error;         /* the first one */
} Announcement;

static void
keep_first_error(Announcement *announcement, GError *error)
{
    if (announcement->error)
        g_error_free(error);
    else
        announcement->error = error;
}

static void
send_frame(Announcement *announcement, const GnfLink *link, const void *frame, gsize size)
{
    const struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = link->ifindex};
    GError *error = NULL;

    if (sendto(announcement->fd, frame, size, MSG_DONTWAIT, (const void *)&to, sizeof to) >= 0) {
        announcement->sent++;
        return;
    }
    gnf_netlink_set_error(&error, errno, NULL);
    gnf_netlink_prefix_error(&error, "announce the addresses of", link->ifindex);
    keep_first_error(announcement, error);
}

/* Of an address on `link`: out of `out`, from that MAC. */
static void
announce_address(Announcement *announcement,
                 const GnfLink *link,
                 const GnfLink *out,
                 const guint8 mac[6],
                 const GnfAddress *address)
{
    guint8 arp[GNF_FRAME_ARP_SIZE];
    guint8 na[GNF_FRAME_NA_SIZE];

    if (address->scope == RT_SCOPE_HOST)
        return;
    if (address->family == AF_INET) {
        gnf_frame_build_arp(arp, mac, address->bytes);
        send_frame(announcement, out, arp, sizeof arp);
    } else if (!(address->flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED))) {
        gnf_frame_build_na(na, mac, address->bytes, link->ipv6_forwarding);
        send_frame(announcement, out, na, sizeof na);
    }
}

static void
announce_link(Announcement *announcement, GnfTreeLink *at)
{
    const GnfLink *link = at->link;
    const guint before = announcement->sent;
    GError *error = NULL;
    g_autoptr(GArray) addresses = NULL;
    struct ether_addr mac;

    if (!link->up || link->flags & IFF_NOARP || link->type != ARPHRD_ETHER || !link->mac ||
        !ether_aton_r(link->mac, &mac))
        return;
    addresses = gnf_address_list(announcement->netlink, link->ifindex, &error);
    if (!addresses) {
        keep_first_error(announcement, error);
        return;
    }
    for (guint i = 0; i < addresses->len; i++)
        announce_address(announcement,
                         link,
                         link,
                         mac.ether_addr_octet,
                         &g_array_index(addresses, GnfAddress, i));
    at->announced = announcement->sent > before;
}

/* -- MAC addresses without one -- */

/* What stands behind a tunnel is known to the other end under the tunnel's own address, and a
 * vxlan's list is of what is there, not here (vxlan_fdb_dump). */
static gboolean
has_stations(const GnfLink *link)
{
    return link->up && link->type == ARPHRD_ETHER && g_strcmp0(link->kind, "vxlan") != 0;
}

static void
read_accepted(Announcement *announcement, GnfTreeLink *at)
{
    GError *error = NULL;

    if (!has_stations(at->link))
        return;
    at->accepted = gnf_fdb_list_accepted(announcement->netlink, at->link->ifindex, &error);
    if (!at->accepted)
        keep_first_error(announcement, error);
}

static void
announce_station(Announcement *announcement, const GnfLink *link, const GnfStation *station)
{
    /* What is sent to everyone comes back on the bond's other ports, and where these are listened
     * to the bridge would look for the MAC there from then on. */
    gboolean to_itself = announcement->hears_itself && link->bridge_learning;
    guint8 frame[GNF_FRAME_RARP_SIZE];
    GError *error = NULL;

    if (announcement->stations++ < STATIONS_MAX) {
        send_frame(announcement,
                   link,
                   frame,
                   gnf_frame_build_rarp(frame, station->mac, station->vlan, to_itself));
    } else if (announcement->stations == STATIONS_MAX + 1) {
        gnf_netlink_set_error(&error, E2BIG, "there are too many MAC addresses");
        gnf_netlink_prefix_error(&error, "announce what stands behind", link->ifindex);
        keep_first_error(announcement, error);
    }
}

static void
announce_behind(Announcement *announcement, const GPtrArray *tree, const GnfTreeLink *at)
{
    GError *error = NULL;
    g_autoptr(GArray) stations = NULL;

    if (!has_stations(at->link))
        return;
    stations = gnf_stations_list(announcement->netlink, tree, at, &error);
    if (!stations) {
        keep_first_error(announcement, error);
        return;
    }
    for (guint i = 0; i < stations->len; i++)
        announce_station(announcement, at->link, &g_array_index(stations, GnfStation, i));
}

/* Does it take in what comes back on another port than it was sent on? */
static gboolean
hears_itself(Announcement *announcement, const GnfLink *bond)
{
    GError *error = NULL;
    g_autoptr(GPtrArray) ports = NULL;
    guint count = 0;

    if (!bond->bond || !bond->bond->all_slaves_active)
        return FALSE;
    ports = gnf_link_list_ports(announcement->netlink, bond->ifindex, &error);
    if (!ports) {
        keep_first_error(announcement, error);
        return TRUE;
    }
    for (guint i = 0; i < ports->len; i++)
        count += ((const GnfLink *)ports->pdata[i])->carrier;
    return count > 1;
}

static void
announce_stations(Announcement *announcement, const GPtrArray *tree)
{
    announcement->hears_itself =
        hears_itself(announcement, ((const GnfTreeLink *)tree->pdata[0])->link);
    for (guint i = 0; i < tree->len; i++)
        read_accepted(announcement, tree->pdata[i]);
    for (guint i = 0; i < tree->len; i++)
        announce_behind(announcement, tree, tree->pdata[i]);
}

/* -- the tree -- */

static gboolean
contains(const GPtrArray *tree, int ifindex)
{
    for (guint i = 0; i < tree->len; i++) {
        if (((const GnfTreeLink *)tree->pdata[i])->link->ifindex == ifindex)
            return TRUE;
    }
    return FALSE;
}

static void
add_link(GPtrArray *tree, GnfLink *link)
{
    GnfTreeLink *at = g_new0(GnfTreeLink, 1);

    at->link = link;
    g_ptr_array_add(tree, at);
}

static void
free_tree_link(gpointer data)
{
    GnfTreeLink *at = data;

    gnf_link_free(at->link);
    g_clear_pointer(&at->accepted, g_array_unref);
    g_free(at);
}

static void
append_uppers(Announcement *announcement, GPtrArray *tree, int ifindex)
{
    GError *error = NULL;
    g_autoptr(GPtrArray) uppers = gnf_link_list_uppers(announcement->netlink, ifindex, &error);

    if (!uppers) {
        keep_first_error(announcement, error);
        return;
    }
    while (uppers->len > 0) {
        GnfLink *upper = g_ptr_array_steal_index(uppers, 0);

        if (contains(tree, upper->ifindex))
            gnf_link_free(upper);
        else
            add_link(tree, upper);
    }
}

static void
announce_tree(Announcement *announcement, int ifindex)
{
    GError *error = NULL;
    GnfLink *root = gnf_link_get(announcement->netlink, ifindex, &error);
    g_autoptr(GPtrArray) tree = g_ptr_array_new_with_free_func(free_tree_link);

    if (!root) {
        keep_first_error(announcement, error);
        return;
    }
    add_link(tree, root);
    for (guint i = 0; i < tree->len; i++) {
        GnfTreeLink *at = tree->pdata[i];

        announce_link(announcement, at);
        append_uppers(announcement, tree, at->link->ifindex);
    }
    announce_stations(announcement, tree);
}

static int
open_socket(void)
{
    /* Protocol 0: it only sends, nothing is ever received on it. */
    const int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    /* As many frames as there may be are queued at once, up to 1 KiB of kernel memory each (half of
     * it is asked for: sock_setsockopt doubles); the default holds 277. Not allowed to everyone. */
    const int size = STATIONS_MAX * 512;

    if (fd >= 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
    return fd;
}

gboolean
gnf_announce_on_port(GnfNetlink *netlink, const GnfLink *bond, const GnfLink *port, GError **error)
{
    Announcement announcement = {.netlink = netlink, .fd = open_socket()};
    g_autoptr(GArray) addresses = gnf_address_list(netlink, bond->ifindex, &announcement.error);
    struct ether_addr mac;

    if (announcement.fd < 0 && !announcement.error) {
        gnf_netlink_set_error(&announcement.error, errno, NULL);
        gnf_netlink_prefix_error(&announcement.error, "announce on", port->ifindex);
    }
    gboolean can_send = !announcement.error && port->mac && ether_aton_r(port->mac, &mac);
    for (guint i = 0; can_send && i < addresses->len; i++)
        announce_address(&announcement,
                         bond,
                         port,
                         mac.ether_addr_octet,
                         &g_array_index(addresses, GnfAddress, i));
    if (announcement.fd >= 0)
        close(announcement.fd);
    if (!announcement.error)
        return TRUE;
    g_propagate_error(error, announcement.error);
    return FALSE;
}

gboolean
gnf_announce(GnfNetlink *netlink, int ifindex, guint *ret_sent, GError **error)
{
    Announcement announcement = {.netlink = netlink};

    announcement.fd = open_socket();
    if (announcement.fd < 0) {
        gnf_netlink_set_error(&announcement.error, errno, NULL);
        gnf_netlink_prefix_error(&announcement.error, "announce the addresses of", ifindex);
    } else {
        announce_tree(&announcement, ifindex);
        close(announcement.fd);
    }
    if (ret_sent)
        *ret_sent = announcement.sent;
    if (!announcement.error)
        return TRUE;
    g_propagate_error(error, announcement.error);
    return FALSE;
}
