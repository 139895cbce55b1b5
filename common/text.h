/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Words and sentences made of what the engine says.
 */
#pragma once

#include <json-glib/json-glib.h>

/* A copy in which whatever a terminal might act upon is a question mark. NULL is "". */
char *gnf_text_printable(const char *text);

/* "412 us", "4.1 ms", "41 ms", "12.3 s". */
char *gnf_text_duration(guint64 microseconds);

/* Append the line "SUBJECT VERB: CODE: DETAIL." of a GuestNetFailoverReason. */
void gnf_text_reason(GString *out, const char *subject, const char *verb, JsonObject *reason);

/* Append a line for each of GuestNetFailoverReason: "SUBJECT: warning: CODE: DETAIL." subject may
 * be NULL. */
void gnf_text_warnings(GString *out, const char *subject, JsonArray *warnings);
