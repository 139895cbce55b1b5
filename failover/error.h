/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The one error domain of the engine, its backends and the CLI.
 *
 * A code is a GnfReasonCode of the schema (qapi/net-failover.json), so that there is nothing to
 * map. The message is the `detail` that the host reads: it says
 * what was being done, to what, and what to do about it. Foreign errors (G_IO, G_DBUS, NM, netlink)
 * are turned into this domain where they are caught, with gnf_error_wrap().
 */
#pragma once

#include <gio/gio.h>

#include "qapi/types.h"

#define GNF_ERROR (gnf_error_quark())
GQuark gnf_error_quark(void);

/* The reason code of any error: that of a GNF_ERROR, GNF_REASON_CODE_TIMEOUT for a cancelled or
 * timed out call, GNF_REASON_CODE_INTERNAL for the rest. */
GnfReasonCode gnf_error_reason(const GError *error);

/* Replace *error, which is set, by a GNF_ERROR with this code and message "PREFIX: old message". A
 * GNF_ERROR keeps its own code and only gets the prefix. Cancellation is left as it is. */
void gnf_error_wrap(GError **error, GnfReasonCode code, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/* A reason or a warning of the schema is a GError of this domain: its code and its detail. */
GError *gnf_reason(GnfReasonCode code, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* The reason that stands for any error: its reason code and its message. */
GError *gnf_reason_from_error(const GError *error);
