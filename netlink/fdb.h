/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The MAC addresses that a device accepts besides its own, and those that a bridge has learnt or
 * was given: the kernel's forwarding database (AF_BRIDGE neighbours). Only what is asked for is
 * dumped (under NETLINK_GET_STRICT_CHK), so the cost does not grow with other interfaces.
 */
#pragma once

#include <glib.h>

#include "netlink/rtnetlink.h"

G_BEGIN_DECLS

typedef struct {
    guint8 mac[6];  /* unicast, not zero */
    guint16 vlan;   /* the VLAN that a bridge keeps it in, 0 = none */
    int ifindex;    /* the device that accepts it, or the bridge's port that it is behind */
    gboolean local; /* delivered to the bridge itself: its own MAC and those of its ports */
} GnfFdbEntry;

/*
 * What a device accepts besides its own MAC (dev->uc): MACs of macvlans and VLANs on it, in
 * whatever network namespace they are. It holds, too, what the devices above it accept: a macvlan
 * on a VLAN on a bond is in both lists. Elements are GnfFdbEntry. Empty if there is no such device.
 */
GArray *gnf_fdb_list_accepted(GnfNetlink *netlink, int ifindex, GError **error);

/* What a bridge knows, behind all its ports. Elements are GnfFdbEntry. Gone if the bridge is. */
GArray *gnf_fdb_list_bridge(GnfNetlink *netlink, int bridge, GError **error);

G_END_DECLS
