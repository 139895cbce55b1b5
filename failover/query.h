/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * guest-net-failover-query: what the guest can do and how things stand. Changes nothing.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "failover/context.h"

/* Ends with a GuestNetFailoverInfo. */
void gnf_query_async(GnfContext *context,
                     GCancellable *cancellable,
                     GAsyncReadyCallback callback,
                     gpointer user_data);
JsonNode *gnf_query_finish(GAsyncResult *result, GError **error);
