/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * guest-net-failover-query: what the guest can do and how things stand. Changes nothing.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "failover/context.h"

/* Ends with a GuestNetFailoverInfo. Where a manager cannot be asked, that is why no primary is
 * ready. */
void gnf_query_async(GnfContext *context,
                     GCancellable *cancellable,
                     GAsyncReadyCallback callback,
                     gpointer user_data);
JsonNode *gnf_query_finish(GAsyncResult *result, GError **error);

/* The same at once, of what the kernel and the record say. No primary is ready, for this reason
 * (GNF_ERROR), and no backend is listed. NULL if the kernel does not answer. */
JsonNode *gnf_query_without_managers(const GnfContext *context, const GError *why, GError **error);
