/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The VLANs of one port of a bridge that filters by VLAN: which pass, and with or without a tag.
 */
#pragma once

#include <glib.h>

#include "netlink/rtnetlink.h"

G_BEGIN_DECLS

#define GNF_VLAN_COUNT 4096 /* VLAN_N_VID */

typedef enum {
    GNF_BRIDGE_VLAN_NONE = 0, /* does not pass this port */
    GNF_BRIDGE_VLAN_TAGGED,
    GNF_BRIDGE_VLAN_UNTAGGED,
} GnfBridgeVlan;

/* ret_vlans: by VLAN id, how it leaves through the port. Not supported before Linux 5.6. Gone if
 * the port is. */
gboolean gnf_bridge_vlan_read(GnfNetlink *netlink,
                              int port,
                              GnfBridgeVlan ret_vlans[GNF_VLAN_COUNT],
                              GError **error);

G_END_DECLS
