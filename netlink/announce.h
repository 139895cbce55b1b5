/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Announce the addresses of a link and of everything that stands on it: VLANs, macvlans, a bridge.
 * After a migration nobody else does: QEMU announces the virtio MAC, and an enslaved virtio NIC
 * announces nothing.
 */
#pragma once

#include <glib.h>

#include "netlink/rtnetlink.h"

G_BEGIN_DECLS

/*
 * Send one frame (frames.h) for each address, from the MAC of the interface that has the address.
 * Left out: interfaces that are down or use no ARP, host-scope addresses, IPv6 addresses that are
 * tentative or failed DAD. Needs CAP_NET_RAW. Does not block: a frame is queued or fails.
 *
 * ret_sent (or NULL) is set in every case, failure included, to the number of frames sent. An error
 * is the first one met; the other frames were still tried. Gone if the link itself is.
 */
gboolean gnf_announce(GnfNetlink *netlink, int ifindex, guint *ret_sent, GError **error);

G_END_DECLS
