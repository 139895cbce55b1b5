/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Checks of messages against the contract, qapi/net-failover.json.
 *
 * The engine checks every request and every one of its replies, so that code and contract cannot
 * drift apart. Errors are G_IO_ERROR_INVALID_ARGUMENT and name the first member that does not fit:
 * "devices[1].mac: must be a string". What the contract says in words only (a range, at least one
 * member of a selector) is the engine's to check.
 *
 * A JsonNode is what json-glib made of the text, and json-glib alters some of it in silence: read
 * what comes from outside with gnf_json_parse() (qapi/parse.h).
 */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

/* The commands' names, in the order of the contract; ends with NULL. */
const char *const *gnf_schema_commands(void);
gboolean gnf_schema_has_command(const char *command);

/* NULL arguments are as good as an empty object. A command that is not in the contract is an
 * error, too. */
gboolean gnf_schema_check_arguments(const char *command, JsonObject *arguments, GError **error);

/* The value of a successful reply's "return". NULL is an error. */
gboolean gnf_schema_check_return(const char *command, JsonNode *value, GError **error);
