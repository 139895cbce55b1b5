/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which MAC addresses stand behind an interface without an IP address that we could announce: those
 * of macvlans in other network namespaces, of machines behind a bridge, of interfaces that have no
 * address. Which of them belong to which interface of the tree above a bond is decided here.
 */
#pragma once

#include <glib.h>

#include "netlink/link.h"

G_BEGIN_DECLS

/* One interface of the tree above a bond. */
typedef struct {
    GnfLink *link;
    GArray *accepted;   /* what it accepts besides its own MAC (fdb.h), or NULL */
    gboolean announced; /* its own MAC is: it has an address */
} GnfTreeLink;

typedef struct {
    guint8 mac[6];
    guint16 vlan; /* the tag to send with, 0 = none */
} GnfStation;

/*
 * The stations of one link of the tree (GnfTreeLink elements), each once; elements are GnfStation.
 *
 * A MAC that an interface above it accepts, too, is that one's: only there has it the right tag.
 * The virtual MACs of routers (VRRP) are left out: whoever is not the master accepts them as well,
 * and would take the traffic from it.
 *
 * If the link is a bridge's port, also what the bridge has learnt or was given on its
 * other ports, with the tag of its VLAN; not what came from the tree's side, nor MACs of the bridge
 * and of its ports, nor anything while the port is blocked. The tag is 802.1Q's, also for an
 * 802.1ad bridge.
 */
GArray *gnf_stations_list(GnfNetlink *netlink,
                          const GPtrArray *tree,
                          const GnfTreeLink *at,
                          GError **error);

G_END_DECLS
