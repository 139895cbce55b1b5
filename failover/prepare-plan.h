/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a prepare is about to do: checked, told (a dry run), written down. Nothing else is touched.
 */
#pragma once

#include "failover/context.h"
#include "failover/prepare.h"

/* Check all of chosen (of GnfPrimary). Under best-effort a primary that cannot be prepared moves
 * from chosen to failures (of GnfOperationDevice), with its reason; under all-or-nothing it is the
 * error. A record that could not be written is an error of the dry run, as it is of the real one.
 */
gboolean gnf_prepare_check(const GnfContext *context,
                           const GnfPrepareOptions *options,
                           GPtrArray *chosen,
                           GPtrArray *failures,
                           GError **error);

/* The report of the dry run: each device with the steps that it would take. Takes the failures. */
JsonNode *gnf_prepare_plan(const GnfContext *context,
                           const GnfPrepareOptions *options,
                           const GPtrArray *chosen,
                           GPtrArray *failures);

/* Make the operation, or add to the one that is pending, and write it down before anything is
 * touched. work gets the devices to be done, in order, borrowed. Takes the failures. On failure a
 * new operation is dropped; in one that was pending the devices have that failure as their reason.
 */
gboolean gnf_prepare_record(GnfContext *context,
                            const GnfPrepareOptions *options,
                            const GPtrArray *chosen,
                            GPtrArray *failures,
                            GPtrArray *work,
                            GError **error);

/* revert-after-ms runs from now on: what an earlier prepare asked for does not any more. */
void gnf_prepare_arm_revert(const GnfPrepareOptions *options, GnfOperation *operation);
