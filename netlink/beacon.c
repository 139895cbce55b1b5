/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Beacon; see beacon.h. The socket has protocol 0: it only sends, nothing is ever received on it.
 */
#include "netlink/beacon.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <netinet/ether.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink/frames.h"
#include "netlink/request.h"

struct GnfBeacon {
    int fd;
    struct sockaddr_ll to;
    struct ether_addr mac;
    guint8 frame[GNF_FRAME_RARP_SIZE];
};

static gboolean
fail(int ifindex, GError **error)
{
    gnf_netlink_set_error(error, errno, NULL);
    gnf_netlink_prefix_error(error, "announce the MAC of", ifindex);
    return FALSE;
}

GnfBeacon *
gnf_beacon_new(int ifindex, const char *mac, GError **error)
{
    g_autoptr(GnfBeacon) beacon = g_new0(GnfBeacon, 1);

    beacon->to = (struct sockaddr_ll){.sll_family = AF_PACKET, .sll_ifindex = ifindex};
    beacon->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (beacon->fd < 0) {
        fail(ifindex, error);
        return NULL;
    }
    g_return_val_if_fail(ether_aton_r(mac, &beacon->mac), NULL);
    gnf_frame_build_rarp(beacon->frame, beacon->mac.ether_addr_octet, 0, FALSE);
    return g_steal_pointer(&beacon);
}

void
gnf_beacon_free(GnfBeacon *beacon)
{
    if (!beacon)
        return;
    if (beacon->fd >= 0)
        close(beacon->fd);
    g_free(beacon);
}

gboolean
gnf_beacon_is_for(const GnfBeacon *beacon, int ifindex, const char *mac)
{
    struct ether_addr bytes;

    return beacon && beacon->to.sll_ifindex == ifindex && ether_aton_r(mac, &bytes) &&
           memcmp(&bytes, &beacon->mac, sizeof bytes) == 0;
}

gboolean
gnf_beacon_send(const GnfBeacon *beacon, GError **error)
{
    return sendto(beacon->fd,
                  beacon->frame,
                  sizeof beacon->frame,
                  MSG_DONTWAIT,
                  (const void *)&beacon->to,
                  sizeof beacon->to) >= 0 ||
           fail(beacon->to.sll_ifindex, error);
}
