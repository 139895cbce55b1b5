/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages; see message.h. Unknown top-level members are refused as qemu-ga refuses them.
 */
#include "failover/message.h"

#include "failover/error.h"
#include "qapi/parse.h"

void
gnf_request_free(GnfRequest *request)
{
    if (!request)
        return;
    g_free(request->command);
    g_clear_pointer(&request->arguments, json_object_unref);
    g_clear_pointer(&request->id, json_node_unref);
    g_free(request);
}

static gboolean
check_members(JsonObject *object, GError **error)
{
    g_autoptr(GList) members = json_object_get_members(object);

    for (const GList *member = members; member; member = member->next)
        if (!g_strv_contains((const char *const[]){"execute", "arguments", "id", NULL},
                             member->data)) {
            g_set_error(error,
                        GNF_ERROR,
                        GNF_REASON_CODE_INVALID_ARGUMENT,
                        "the request's member '%s' is unexpected",
                        (const char *)member->data);
            return FALSE;
        }
    return TRUE;
}

static gboolean
read_request(JsonObject *object, GnfRequest *request, GError **error)
{
    JsonNode *execute = json_object_get_member(object, "execute");
    JsonNode *arguments = json_object_get_member(object, "arguments");

    if (!check_members(object, error))
        return FALSE;
    if (!execute || json_node_get_value_type(execute) != G_TYPE_STRING) {
        g_set_error(error,
                    GNF_ERROR,
                    GNF_REASON_CODE_INVALID_ARGUMENT,
                    "the request's member 'execute' must be a string");
        return FALSE;
    }
    if (arguments && !JSON_NODE_HOLDS_OBJECT(arguments)) {
        g_set_error(error,
                    GNF_ERROR,
                    GNF_REASON_CODE_INVALID_ARGUMENT,
                    "the request's member 'arguments' must be an object");
        return FALSE;
    }
    request->command = json_node_dup_string(execute);
    if (arguments)
        request->arguments = json_object_ref(json_node_get_object(arguments));
    return TRUE;
}

/* json-glib writes 1e20 as 1e+20.0, which is no JSON. */
static gboolean
can_be_echoed(JsonNode *id)
{
    g_autofree char *text = json_to_string(id, FALSE);
    g_autoptr(JsonNode) echo = gnf_json_parse(text, strlen(text), NULL);

    return echo && json_node_equal(echo, id);
}

static gboolean
read_id(JsonObject *object, GnfRequest *request, GError **error)
{
    JsonNode *id = json_object_get_member(object, "id");

    if (!id)
        return TRUE;
    if (!can_be_echoed(id)) {
        g_set_error(error,
                    GNF_ERROR,
                    GNF_REASON_CODE_INVALID_ARGUMENT,
                    "the request's member 'id' has a number that cannot be given back");
        return FALSE;
    }
    request->id = json_node_copy(id);
    return TRUE;
}

GnfRequest *
gnf_request_parse(const char *bytes, gsize length, JsonNode **ret_id, GError **error)
{
    g_autoptr(JsonNode) root = gnf_json_parse(bytes, length, error);
    g_autoptr(GnfRequest) request = g_new0(GnfRequest, 1);

    if (!root) {
        gnf_error_wrap(error, GNF_REASON_CODE_INVALID_ARGUMENT, "the request is not JSON");
        return NULL;
    }
    if (!JSON_NODE_HOLDS_OBJECT(root)) {
        g_set_error(
            error, GNF_ERROR, GNF_REASON_CODE_INVALID_ARGUMENT, "the request must be an object");
        return NULL;
    }
    JsonObject *object = json_node_get_object(root);
    if (!read_id(object, request, error) || !read_request(object, request, error)) {
        *ret_id = g_steal_pointer(&request->id);
        return NULL;
    }
    return g_steal_pointer(&request);
}

/* Takes value; borrows id. */
static char *
to_line(JsonNode *id, const char *name, JsonNode *value)
{
    g_autoptr(JsonNode) root = json_node_new(JSON_NODE_OBJECT);
    JsonObject *object = json_object_new();

    json_node_take_object(root, object);
    json_object_set_member(object, name, value);
    if (id)
        json_object_set_member(object, "id", json_node_copy(id));
    g_autofree char *text = json_to_string(root, FALSE);
    return g_strconcat(text, "\n", NULL);
}

char *
gnf_reply_return(JsonNode *id, JsonNode *value)
{
    return to_line(id, "return", json_node_copy(value));
}

static char *
reply_error(JsonNode *id, const char *class, const char *description)
{
    JsonNode *node = json_node_new(JSON_NODE_OBJECT);
    JsonObject *object = json_object_new();

    json_object_set_string_member(object, "class", class);
    json_object_set_string_member(object, "desc", description);
    json_node_take_object(node, object);
    return to_line(id, "error", node);
}

char *
gnf_reply_error(JsonNode *id, const GError *error)
{
    g_autofree char *description = g_strdup_printf(
        "%s: %s", gnf_reason_code_to_string(gnf_error_reason(error)), error->message);

    return reply_error(id, "GenericError", description);
}

char *
gnf_reply_not_found(JsonNode *id, const char *command)
{
    g_autofree char *description = g_strdup_printf("The command %s has not been found", command);

    return reply_error(id, "CommandNotFound", description);
}
