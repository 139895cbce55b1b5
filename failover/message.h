/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The messages on the engine's socket: those of the guest agent, qemu's docs/interop/qmp-spec.
 * Pure.
 */
#pragma once

#include <json-glib/json-glib.h>

/* A request. */
typedef struct {
    char *command;
    JsonObject *arguments; /* NULL if there are none */
    JsonNode *id;          /* echoed in the reply; NULL if there is none */
} GnfRequest;

void gnf_request_free(GnfRequest *request);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfRequest, gnf_request_free)

/* From the bytes of one frame. Errors: GNF_REASON_CODE_INVALID_ARGUMENT; *ret_id (never NULL to
 * pass) is then the request's id where one could be read, transfer full. */
GnfRequest *gnf_request_parse(const char *bytes, gsize length, JsonNode **ret_id, GError **error);

/* One line each, with its newline; id may be NULL. */
char *gnf_reply_return(JsonNode *id, JsonNode *value);

/* GenericError, its description starting with the error's reason code. */
char *gnf_reply_error(JsonNode *id, const GError *error);

/* CommandNotFound, in qemu-ga's words. */
char *gnf_reply_not_found(JsonNode *id, const char *command);
