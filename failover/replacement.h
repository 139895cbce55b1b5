/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which NIC takes the place of which: complete's instructions, and finding the NIC that fits.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "failover/context.h"

/* Write the host's instructions (GuestNetFailoverReplacement elements that fit the schema; NULL for
 * none) into the pending entries. Errors: invalid-argument, no-such-device, ambiguous-device;
 * nothing has been written then. */
gboolean gnf_replacement_assign(GnfOperation *operation, JsonArray *array, GError **error);

typedef enum {
    GNF_REPLACEMENT_NONE,      /* not there yet */
    GNF_REPLACEMENT_FOUND,     /* the entry is that NIC's now: name, ifindex, addresses */
    GNF_REPLACEMENT_AMBIGUOUS, /* more than one NIC fits: never guess */
} GnfReplacement;

/* Look for the NIC that takes the place of an absent entry: by the host's instruction, else by its
 * permanent MAC. A NIC that another entry has, or that is in another bond, is not it. */
GnfReplacement gnf_replacement_find(GnfContext *context, GnfOperationDevice *device);

/* Make what is waited for, or what is in the way, the entry's reason. result is not _FOUND. */
void gnf_replacement_explain(GnfOperationDevice *device, GnfReplacement result);
