/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which addresses are announced, and the sending. The tree above the link is walked breadth first;
 * each interface is visited once, since a link may be reached twice (a VLAN of a bridge's port).
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
#include "netlink/frames.h"
#include "netlink/link.h"
#include "netlink/request.h"

typedef struct {
    GnfNetlink *netlink;
    int fd;
    guint sent;
    GError *error; /* the first one */
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

static void
announce_address(Announcement *announcement,
                 const GnfLink *link,
                 const guint8 mac[6],
                 const GnfAddress *address)
{
    guint8 arp[GNF_FRAME_ARP_SIZE];
    guint8 na[GNF_FRAME_NA_SIZE];

    if (address->scope == RT_SCOPE_HOST)
        return;
    if (address->family == AF_INET) {
        gnf_frame_build_arp(arp, mac, address->bytes);
        send_frame(announcement, link, arp, sizeof arp);
    } else if (!(address->flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED))) {
        gnf_frame_build_na(na, mac, address->bytes, link->ipv6_forwarding);
        send_frame(announcement, link, na, sizeof na);
    }
}

static void
announce_link(Announcement *announcement, const GnfLink *link)
{
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
        announce_address(
            announcement, link, mac.ether_addr_octet, &g_array_index(addresses, GnfAddress, i));
}

static gboolean
contains(const GPtrArray *links, int ifindex)
{
    for (guint i = 0; i < links->len; i++) {
        if (((const GnfLink *)links->pdata[i])->ifindex == ifindex)
            return TRUE;
    }
    return FALSE;
}

static void
append_uppers(Announcement *announcement, GPtrArray *links, int ifindex)
{
    GError *error = NULL;
    g_autoptr(GPtrArray) uppers = gnf_link_list_uppers(announcement->netlink, ifindex, &error);

    if (!uppers) {
        keep_first_error(announcement, error);
        return;
    }
    while (uppers->len > 0) {
        GnfLink *upper = g_ptr_array_steal_index(uppers, 0);

        if (contains(links, upper->ifindex))
            gnf_link_free(upper);
        else
            g_ptr_array_add(links, upper);
    }
}

static void
free_link(gpointer link)
{
    gnf_link_free(link);
}

static void
announce_tree(Announcement *announcement, int ifindex)
{
    GError *error = NULL;
    GnfLink *root = gnf_link_get(announcement->netlink, ifindex, &error);
    g_autoptr(GPtrArray) links = g_ptr_array_new_with_free_func(free_link);

    if (!root) {
        keep_first_error(announcement, error);
        return;
    }
    g_ptr_array_add(links, root);
    for (guint i = 0; i < links->len; i++) {
        const GnfLink *link = links->pdata[i];

        announce_link(announcement, link);
        append_uppers(announcement, links, link->ifindex);
    }
}

gboolean
gnf_announce(GnfNetlink *netlink, int ifindex, guint *ret_sent, GError **error)
{
    Announcement announcement = {.netlink = netlink};

    /* Protocol 0: it only sends, nothing is ever received on it. */
    announcement.fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
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
