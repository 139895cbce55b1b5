/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GuestNetFailoverReport for people: what prepare, complete and cancel say, and query of the
 * operation in flight.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "common/table.h"

/* Append the report. It has been checked against the contract. */
void gnf_report_print(GString *out, JsonObject *report, gboolean colours);

/* The colour of a device's state. */
GnfColour gnf_report_state_colour(const char *state);
