/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A frame that is ready to leave: what is sent first when every millisecond counts. Where a guest
 * has just resumed, whatever runs runs for the first time, and a socket that is there already, with
 * its frame beside it, is half of the way.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct GnfBeacon GnfBeacon;

/* Make ready one frame (RARP) from a MAC, out of a link. It claims no IP address. NULL with an
 * errno as by netlink/request.h; needs CAP_NET_RAW. */
GnfBeacon *gnf_beacon_new(int ifindex, const char *mac, GError **error);
void gnf_beacon_free(GnfBeacon *beacon);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfBeacon, gnf_beacon_free)

/* Whether it is that link's and that MAC's; FALSE for NULL. */
gboolean gnf_beacon_is_for(const GnfBeacon *beacon, int ifindex, const char *mac);

/* Send it; any number of times. */
gboolean gnf_beacon_send(const GnfBeacon *beacon, GError **error);

G_END_DECLS
