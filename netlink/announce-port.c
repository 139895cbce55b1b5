/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The announcement out of a port; see announce-port.h. A packet socket sends on a bond's port what
 * the bond itself would not.
 */
#include "netlink/announce-port.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <netinet/ether.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink/address.h"
#include "netlink/frames.h"
#include "netlink/request.h"

static gboolean
send_frame(int fd, int ifindex, const void *frame, gsize size)
{
    const struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = ifindex};

    return sendto(fd, frame, size, MSG_DONTWAIT, (const void *)&to, sizeof to) >= 0;
}

/* TRUE also for what is not announced. */
static gboolean
send_address(int fd, const GnfLink *bond, const GnfLink *port, const GnfAddress *address)
{
    guint8 arp[GNF_FRAME_ARP_SIZE];
    guint8 na[GNF_FRAME_NA_SIZE];
    struct ether_addr mac;

    if (address->scope == RT_SCOPE_HOST || !ether_aton_r(port->mac, &mac))
        return TRUE;
    if (address->family == AF_INET) {
        gnf_frame_build_arp(arp, mac.ether_addr_octet, address->bytes);
        return send_frame(fd, port->ifindex, arp, sizeof arp);
    }
    if (address->flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED))
        return TRUE;
    gnf_frame_build_na(na, mac.ether_addr_octet, address->bytes, bond->ipv6_forwarding);
    return send_frame(fd, port->ifindex, na, sizeof na);
}

static gboolean
send_all(const GnfLink *bond, const GnfLink *port, const GArray *addresses)
{
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    gboolean sent = fd >= 0;

    for (guint i = 0; sent && i < addresses->len; i++)
        sent = send_address(fd, bond, port, &g_array_index(addresses, GnfAddress, i));
    int number = errno;
    if (fd >= 0)
        close(fd);
    errno = number;
    return sent;
}

gboolean
gnf_announce_on_port(GnfNetlink *netlink, const GnfLink *bond, const GnfLink *port, GError **error)
{
    g_autoptr(GArray) addresses = gnf_address_list(netlink, bond->ifindex, error);

    if (!addresses)
        return FALSE;
    if (!port->mac || send_all(bond, port, addresses))
        return TRUE;
    gnf_netlink_set_error(error, errno, NULL);
    gnf_netlink_prefix_error(error, "announce a bond's addresses on", port->ifindex);
    return FALSE;
}
