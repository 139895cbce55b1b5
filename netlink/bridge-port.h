/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Changing a port of a bridge. Reading is in link.h (GnfLink.bridge_learning).
 */
#pragma once

#include "netlink/link.h"

G_BEGIN_DECLS

/* Whether the bridge takes the source of what comes in on the port for a MAC that is there. Errors:
 * gone, EOPNOTSUPP if it is in no bridge. */
gboolean
gnf_bridge_port_set_learning(GnfNetlink *netlink, int port, gboolean learning, GError **error);

G_END_DECLS
