/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What every backend does that acts by netlink: a NIC out of its bond, and into one. Errors are
 * those that failover/backend.h wants of a backend.
 */
#pragma once

#include "failover/backend.h"
#include "netlink/link.h"

/* Take the NIC out of whatever it is in. */
gboolean gnf_by_netlink_detach(GnfNetlink *netlink, const GnfTarget *target, GError **error);

/* Put the NIC into its bond, without the addresses that it has. *ret_already: it was in. */
gboolean gnf_by_netlink_attach(GnfNetlink *netlink,
                               const GnfTarget *target,
                               gboolean *ret_already,
                               GError **error);

/* The NIC, as the kernel has it now. */
GnfLink *gnf_by_netlink_look(GnfNetlink *netlink, const GnfTarget *target, GError **error);
