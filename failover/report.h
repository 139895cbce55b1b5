/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the host reads: operations and primaries as the schema's JSON. Pure.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "failover/inventory.h"
#include "failover/operation.h"

/* GuestNetFailoverReport of an operation. */
JsonNode *gnf_report_operation(const GnfOperation *operation);

/* GuestNetFailoverReport where there is no operation: no devices; warning (may be NULL, borrowed)
 * is the only one. */
JsonNode *gnf_report_empty(GnfVerb verb, GnfStatus status, const GError *warning);

/* GuestNetFailoverReport for somebody whose command is not at its end: the pending operation (or
 * NULL) as it stands. */
JsonNode *gnf_report_waiting(const GnfOperation *operation, GnfVerb verb);

/* GuestNetFailoverReason. */
JsonNode *gnf_report_reason(const GError *reason);

/* GuestNetFailoverPrimary. reason: why it is not ready, or NULL if it is. */
JsonNode *gnf_report_primary(const GnfPrimary *primary,
                             GnfState state,
                             const GError *reason,
                             const GPtrArray *warnings);
