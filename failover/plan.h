/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Can this primary be prepared, and what should the host know before it is? Looks, changes nothing:
 * query, dry-run and prepare all ask here, so that they give the same answer; what would be after a
 * reboot is for query alone.
 */
#pragma once

#include "failover/inventory.h"

/*
 * Choose the standby among the ports that are not being prepared themselves (going: of GnfPrimary,
 * the primary included) and check that the primary can leave. TRUE sets primary->standby to it.
 * FALSE: error is the reason, in GNF_ERROR.
 */
gboolean gnf_plan_check(GnfPrimary *primary, const GPtrArray *going, GError **error);

/* What the host should know: GError elements in GNF_ERROR, freed with the array; may be empty. */
GPtrArray *gnf_plan_warnings(const GnfPrimary *primary);

/* What will be when a NIC in another slot takes its place and the guest reboots; NULL: nothing to
 * be told. In GNF_ERROR. */
GError *gnf_plan_warn_binding(const GnfPrimary *primary);

/* Does the mode have an active port that can be chosen? */
gboolean gnf_mode_has_active_port(GnfBondMode mode);
