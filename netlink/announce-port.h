/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Announcing a bond's addresses with the MAC of one of its ports and out of that port, whichever
 * is active: where the traffic is about to go, for fail_over_mac=active.
 */
#pragma once

#include <glib.h>

#include "netlink/link.h"

G_BEGIN_DECLS

/* As gnf_announce (announce.h), but only for the addresses on the bond itself. */
gboolean
gnf_announce_on_port(GnfNetlink *netlink, const GnfLink *bond, const GnfLink *port, GError **error);

G_END_DECLS
