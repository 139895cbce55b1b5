/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The message to the engine and its answer, as JSON.
 *
 * Whoever listens on the socket need not be the engine: nothing is taken for granted here.
 */
#include "cli/reply.h"

#include <gio/gio.h>

#include "common/reason.h"
#include "qapi/parse.h"

void
gnf_reply_free(GnfReply *reply)
{
    g_clear_pointer(&reply->value, json_node_unref);
    g_clear_pointer(&reply->error, json_node_unref);
    g_free(reply);
}

char *
gnf_request_line(const char *command, JsonObject *arguments, gint64 id)
{
    g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
    JsonObject *message = json_object_new();

    json_object_set_string_member(message, "execute", command);
    if (json_object_get_size(arguments) > 0)
        json_object_set_object_member(message, "arguments", json_object_ref(arguments));
    json_object_set_int_member(message, "id", id);
    json_node_take_object(node, message);
    return json_to_string(node, FALSE);
}

static JsonNode *
object_member(JsonObject *message, const char *name)
{
    JsonNode *member = json_object_get_member(message, name);

    return member && JSON_NODE_HOLDS_OBJECT(member) ? json_node_ref(member) : NULL;
}

static gboolean
has_id(JsonObject *message, gint64 id)
{
    JsonNode *member = json_object_get_member(message, "id");

    return member && JSON_NODE_HOLDS_VALUE(member) && json_node_get_int(member) == id;
}

GnfReply *
gnf_reply_parse(const char *line, gint64 id, GError **error)
{
    g_autoptr(JsonNode) node = NULL;
    g_autoptr(GnfReply) reply = g_new0(GnfReply, 1);
    JsonObject *message = NULL;

    node = gnf_json_parse(line, strlen(line), error);
    if (!node)
        return NULL;
    if (JSON_NODE_HOLDS_OBJECT(node)) {
        message = json_node_get_object(node);
        reply->value = object_member(message, "return");
        reply->error = object_member(message, "error");
    }
    if (!reply->value == !reply->error) {
        g_set_error_literal(
            error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "neither a return nor an error");
        return NULL;
    }
    if (!has_id(message, id)) {
        g_set_error_literal(
            error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "the answer to another message");
        return NULL;
    }
    return g_steal_pointer(&reply);
}

static const char *
string_member(JsonObject *object, const char *name, const char *otherwise)
{
    JsonNode *member = json_object_get_member(object, name);

    return member && JSON_NODE_HOLDS_VALUE(member) &&
                   json_node_get_value_type(member) == G_TYPE_STRING
               ? json_node_get_string(member)
               : otherwise;
}

void
gnf_reply_split_error(const GnfReply *reply, char **ret_code, char **ret_detail)
{
    JsonObject *error = json_node_get_object(reply->error);
    const char *description = string_member(error, "desc", "no description");
    const char *code = NULL;
    const char *detail = NULL;

    if (gnf_reason_split(description, &code, &detail)) {
        *ret_code = g_strdup(code);
        *ret_detail = g_strdup(detail);
        return;
    }
    *ret_code = g_strdup(string_member(error, "class", "GenericError"));
    *ret_detail = g_strdup(description);
}
