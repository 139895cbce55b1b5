/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The message to the engine and its answer, as JSON.
 */
#pragma once

#include <json-glib/json-glib.h>

/* What an answer says: one of the two is set. */
typedef struct {
    JsonNode *value; /* "return": an object */
    JsonNode *error; /* "error": an object */
} GnfReply;

void gnf_reply_free(GnfReply *reply);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfReply, gnf_reply_free)

/* The message, without a newline. arguments is borrowed. */
char *gnf_request_line(const char *command, JsonObject *arguments, gint64 id);

/* Error: G_IO_ERROR_INVALID_DATA: not an answer, or one to another message. */
GnfReply *gnf_reply_parse(const char *line, gint64 id, GError **error);

/* The two halves of an error's description "CODE: detail". A description that starts with no reason
 * code of the contract is all detail, and its code the error's class. */
void gnf_reply_split_error(const GnfReply *reply, char **ret_code, char **ret_detail);
