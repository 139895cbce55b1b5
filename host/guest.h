/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The guest's four commands, given again until they end.
 */
#pragma once

#include "host/host.h"

/* What the guest can do and how things stand; checked against the contract. Asked again while the
 * agent is silent, until limit_ms is over. */
JsonNode *gnf_guest_query(GnfHost *host, guint limit_ms, GError **error);

/* verb: "prepare", "complete", "cancel"; arguments without timeout-ms, may be NULL. The report of
 * the last answer, checked against the contract: its status is "waiting" where limit_ms was not
 * enough. A report whose status is "failed" or "partial" is a report. */
JsonNode *gnf_guest_command(
    GnfHost *host, const char *verb, JsonObject *arguments, guint limit_ms, GError **error);

/* The report's status is this one. */
gboolean gnf_guest_report_is(JsonNode *report, const char *status);

/* Why a report is not done: the devices' reasons, as one line; to be freed. */
char *gnf_guest_report_why(JsonNode *report);
