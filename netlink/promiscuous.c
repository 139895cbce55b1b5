/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A packet socket's memberships; see promiscuous.h. Its protocol is 0: nothing is ever received on
 * it.
 */
#include "netlink/promiscuous.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink/request.h"

struct GnfPromiscuous {
    int fd;
};

GnfPromiscuous *
gnf_promiscuous_new(GError **error)
{
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        gnf_netlink_set_error(error, errno, "cannot open a packet socket");
        return NULL;
    }
    GnfPromiscuous *promiscuous = g_new0(GnfPromiscuous, 1);
    promiscuous->fd = fd;
    return promiscuous;
}

void
gnf_promiscuous_free(GnfPromiscuous *promiscuous)
{
    if (!promiscuous)
        return;
    close(promiscuous->fd);
    g_free(promiscuous);
}

gboolean
gnf_promiscuous_add(GnfPromiscuous *promiscuous, int ifindex, GError **error)
{
    const struct packet_mreq request = {.mr_ifindex = ifindex, .mr_type = PACKET_MR_PROMISC};

    if (setsockopt(promiscuous->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof request) ==
        0)
        return TRUE;
    gnf_netlink_set_error(error, errno, NULL);
    gnf_netlink_prefix_error(error, "take in frames for every address on", ifindex);
    return FALSE;
}
