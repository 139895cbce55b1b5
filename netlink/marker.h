/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How far the network is: a frame to everyone leaves a bond through its active port, and is waited
 * for at another of its ports. A network delivers in order, and so does a NIC: when it has come,
 * so has what was sent to that port before the network learned the new way.
 *
 * It need not come. A NIC may drop what bears its own MAC (the source pruning of SR-IOV NICs), a
 * network may filter broadcasts, and the two ports need not be on one network at all.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct GnfMarker GnfMarker;

/* Listen on the port, and send the frame (frames.h: RARP, of the bond's MAC) out of the bond. NULL
 * with an errno as by netlink/request.h; gone if the port is. Needs CAP_NET_RAW. */
GnfMarker *gnf_marker_new(int port, int bond, const char *mac, GError **error);
void gnf_marker_free(GnfMarker *marker);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfMarker, gnf_marker_free)

/* Whether it has come by now. Does not block. */
gboolean gnf_marker_has_come(GnfMarker *marker);

G_END_DECLS
