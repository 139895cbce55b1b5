/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Announce the addresses of a link and of everything that stands on it: VLANs, macvlans, a bridge,
 * and the machines behind them, whose IP addresses nobody here knows. After a migration nobody else
 * does: QEMU announces the virtio MAC, and an enslaved virtio NIC announces nothing; and a bridge
 * keeps the kernel's own notice of a switch from whatever stands behind it (br_device_event).
 */
#pragma once

#include <glib.h>

#include "netlink/link.h"

G_BEGIN_DECLS

/*
 * First one frame (frames.h: ARP, NA) for each address, from the MAC of the interface that has the
 * address, the link's own before those of what stands on it. Left out: interfaces that are down or
 * use no ARP, host-scope addresses, IPv6 addresses that are tentative or failed DAD.
 *
 * Then one frame (RARP) for each MAC without an address in this network namespace (stations.h), out
 * of the interface that it stands on, with its VLAN's tag: 4096 at the most, beyond which E2BIG.
 * While the bond accepts what arrives on all its ports (all_slaves_active) and more than one has a
 * link, what stands behind a bridge is announced to the next switch only (frames.h, to_itself):
 * from further on the frame would come back on another port, and the bridge would look for the MAC
 * there. Announce again when that is over.
 *
 * Needs CAP_NET_RAW. Does not block: a frame is queued or fails.
 *
 * ret_sent (or NULL) is set in every case, failure included, to the number of frames sent. An error
 * is the first one met; the other frames were still tried. Gone if the link itself is.
 */
gboolean gnf_announce(GnfNetlink *netlink, int ifindex, guint *ret_sent, GError **error);

/* As gnf_announce, but only the addresses on the bond itself, with the MAC of one of its ports and
 * out of that port, whichever is active: where the traffic is about to go, for
 * fail_over_mac=active. */
gboolean
gnf_announce_on_port(GnfNetlink *netlink, const GnfLink *bond, const GnfLink *port, GError **error);

G_END_DECLS
