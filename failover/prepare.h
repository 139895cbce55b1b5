/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * guest-net-failover-prepare: check, record, move the traffic, detach, verify.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "failover/context.h"

/* The arguments, parsed. */
typedef struct {
    GPtrArray *selectors; /* of GnfSelector; NULL: every primary in a bond with a standby */
    gboolean only_switch; /* stage switch */
    gboolean dry_run;
    gboolean eject;
    GnfPolicy policy;
    guint32 revert_after_ms;
} GnfPrepareOptions;

void gnf_prepare_options_free(GnfPrepareOptions *options);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfPrepareOptions, gnf_prepare_options_free)

/* From arguments that fit the schema (may be NULL). */
GnfPrepareOptions *gnf_prepare_options_parse(JsonObject *arguments, GError **error);

/*
 * Prepare. Ends with a GuestNetFailoverReport; or with an error after which everything is as it
 * was, or, where something could not be put back, the operation is still there for cancel and the
 * message says so. Not to be cancelled. Takes the options.
 */
void gnf_prepare_async(GnfContext *context,
                       GnfPrepareOptions *options,
                       GAsyncReadyCallback callback,
                       gpointer user_data);
JsonNode *gnf_prepare_finish(GAsyncResult *result, GError **error);
