/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * guest-net-failover-complete and -cancel: both end an operation by putting NICs back.
 *
 * Complete waits for each NIC that is away; cancel puts back what is plugged in and forgets what is
 * gone. All devices are done at the same time, since one may be plugged in long after another.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "failover/context.h"

/*
 * verb: GNF_VERB_COMPLETE or GNF_VERB_CANCEL; only_attach: complete's stage `attach`. Ends with a
 * GuestNetFailoverReport, in which a device that failed has a reason and stays pending; its traffic
 * is on the standby. Cancelling ends waits for a NIC or its link, and leaves the operation pending.
 * There must be a pending operation.
 */
void gnf_complete_async(GnfContext *context,
                        GnfVerb verb,
                        gboolean only_attach,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data);
JsonNode *gnf_complete_finish(GAsyncResult *result, GError **error);

/* Does a request name no other operation than the one at hand (or NULL)? NULL, or
 * GNF_REASON_CODE_INVALID_ARGUMENT. arguments: of complete or cancel, or NULL. */
GError *gnf_complete_check_id(const GnfOperation *operation, JsonObject *arguments);

/* Do they ask for the stage `attach`? */
gboolean gnf_complete_is_only_attach(JsonObject *arguments);

/* What complete and cancel say when there is nothing to end: operation is the last one, or NULL;
 * that is so after a reboot, with which /run and the record end. */
GError *gnf_complete_nothing_pending(const GnfOperation *operation);

/* Look for absent entries' NICs; is there one that is back, and that nobody has tried yet? */
gboolean gnf_complete_is_possible(GnfContext *context);

/* The engine's own complete: only of the entries that gnf_complete_is_possible found. What is still
 * to be unplugged stays out of its bond. A host that goes by stages gives the traffic itself. */
void gnf_complete_returned_async(GnfContext *context,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
