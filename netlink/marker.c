/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Marker; see marker.h. The socket is bound to the port and to the frame's type, so that nothing
 * else ever wakes it: it gets what the port receives whether the bond takes it in or not
 * (bond_handle_frame, RX_HANDLER_EXACT).
 */
#include "netlink/marker.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/ether.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink/beacon.h"
#include "netlink/request.h"

struct GnfMarker {
    int fd;
    struct ether_addr mac;
    gboolean has_come;
};

static gboolean
listen_on(GnfMarker *marker, int port)
{
    const struct sockaddr_ll at = {
        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_RARP), .sll_ifindex = port};

    /* Of protocol 0 until it is bound: nothing comes in from elsewhere. */
    marker->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return marker->fd >= 0 && bind(marker->fd, (const void *)&at, sizeof at) == 0;
}

GnfMarker *
gnf_marker_new(int port, int bond, const char *mac, GError **error)
{
    g_autoptr(GnfMarker) marker = g_new0(GnfMarker, 1);
    g_autoptr(GnfBeacon) beacon = gnf_beacon_new(bond, mac, error);

    marker->fd = -1;
    if (!beacon)
        return NULL;
    ether_aton_r(mac, &marker->mac);
    if (!listen_on(marker, port)) {
        gnf_netlink_set_error(error, errno, NULL);
        gnf_netlink_prefix_error(error, "listen on", port);
        return NULL;
    }
    return gnf_beacon_send(beacon, error) ? g_steal_pointer(&marker) : NULL;
}

void
gnf_marker_free(GnfMarker *marker)
{
    if (!marker)
        return;
    if (marker->fd >= 0)
        close(marker->fd);
    g_free(marker);
}

gboolean
gnf_marker_has_come(GnfMarker *marker)
{
    struct ether_header header = {0};
    struct sockaddr_ll from = {0};
    socklen_t size = sizeof from;

    while (!marker->has_come &&
           recvfrom(marker->fd, &header, sizeof header, 0, (void *)&from, &size) >=
               (gssize)sizeof header)
        marker->has_come = from.sll_pkttype != PACKET_OUTGOING &&
                           memcmp(header.ether_shost, &marker->mac, sizeof marker->mac) == 0;
    return marker->has_come;
}
