/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changing a bond and its ports. Reading is in link.h (GnfLink.bond, GnfLink.bond_port).
 *
 * Every function sends one RTM_NEWLINK with the one option it is named for, so nothing else of the
 * bond is touched; bonds and ports are given by ifindex. The source of the rules is the kernel's
 * bond_options.c; the kernel's text for a refusal is in the error ("option not supported in mode").
 * Common errors: gone (the bond), EPERM without CAP_NET_ADMIN, EOPNOTSUPP if it is no bond.
 */
#pragma once

#include <glib.h>

#include "netlink/link.h"
#include "netlink/rtnetlink.h"

G_BEGIN_DECLS

/*
 * The bond's primary option: the port that is active whenever its MII status is up; 0 clears it and
 * leaves the active port as it is. Immediate and sticky, whatever primary_reselect says
 * (force_primary): the way to move the traffic. The kernel looks at the MII status only, so check
 * GnfLink.carrier of the port first. It stores the port's current *name*: set it after udev is done
 * renaming. Set on a port without link it takes effect when the link comes.
 * Errors: EINVAL if it is no port of this bond, EACCES in a mode without an active port.
 */
gboolean gnf_bond_set_primary(GnfNetlink *netlink, int bond, int port, GError **error);

/*
 * The active port, now. Not sticky: the next link event, enslave or option change picks again
 * (bond_select_active_slave). Errors: EINVAL if the port has no link or is not of this bond,
 * EACCES in a mode without an active port.
 */
gboolean gnf_bond_set_active(GnfNetlink *netlink, int bond, int port, GError **error);

/* Whether frames that arrive on ports that are not active are accepted. */
gboolean
gnf_bond_set_all_slaves_active(GnfNetlink *netlink, int bond, gboolean value, GError **error);

/*
 * A port's priority (since Linux 6.0; GnfBondPort.has_priority says whether the kernel knows it, an
 * older one ignores this silently). EOPNOTSUPP if it is in no bond. Changing it re-picks the
 * active port.
 */
gboolean gnf_bond_port_set_priority(GnfNetlink *netlink, int port, gint32 priority, GError **error);

/* The mode as the kernel prints it ("active-backup"); "unknown" for one that we do not know. */
const char *gnf_bond_mode_to_string(GnfBondMode mode);

/* A port's queue id, 0 = none. EOPNOTSUPP if it is in no bond; EPERM if another port has the id or
 * the bond has fewer queues. */
gboolean
gnf_bond_port_set_queue_id(GnfNetlink *netlink, int port, guint16 queue_id, GError **error);

G_END_DECLS
