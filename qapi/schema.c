/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Checks of messages against the contract: a walk over the message with the generated tables.
 *
 * The path to the member being checked lives in one GString; each step appends to it and takes its
 * part off again on success, so that on failure it names the culprit. Recursion is bounded by the
 * contract's own depth, whatever the message's.
 */
#include "qapi/schema.h"

#include "qapi/tables.h"

static gboolean check_object(JsonObject *, const GnfSchemaMember *, GString *path, GError **error);

static gboolean
fail(GString *path, const char *problem, GError **error)
{
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "%s: %s", path->str, problem);
    return FALSE;
}

static gboolean
holds(JsonNode *node, GType type)
{
    return JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == type;
}

/* json-glib's integers are int64: what is above G_MAXINT64 has wrapped and is negative here. */
static gboolean
check_unsigned(JsonNode *node, guint64 largest, GString *path, GError **error)
{
    g_autofree char *problem = NULL;
    gint64 value = 0;

    if (!holds(node, G_TYPE_INT64))
        return fail(path, "must be a whole number", error);
    value = json_node_get_int(node);
    if (value >= 0 && (guint64)value <= largest)
        return TRUE;
    problem = g_strdup_printf("must be between 0 and %" G_GUINT64_FORMAT, largest);
    return fail(path, problem, error);
}

static gboolean
check_string(JsonNode *node, GString *path, GError **error)
{
    if (!holds(node, G_TYPE_STRING))
        return fail(path, "must be a string", error);
    if (!g_utf8_validate(json_node_get_string(node), -1, NULL))
        return fail(path, "must be UTF-8", error);
    return TRUE;
}

static gboolean
check_enum(JsonNode *node, const char *const *names, GString *path, GError **error)
{
    g_autofree char *choices = NULL;
    g_autofree char *problem = NULL;

    if (!check_string(node, path, error))
        return FALSE;
    if (g_strv_contains(names, json_node_get_string(node)))
        return TRUE;
    choices = g_strjoinv(", ", (char **)(gsize)names);
    problem = g_strdup_printf("must be one of %s", choices);
    return fail(path, problem, error);
}

static gboolean
check_struct(JsonNode *node, const GnfSchemaMember *members, GString *path, GError **error)
{
    gsize length = path->len;

    if (!JSON_NODE_HOLDS_OBJECT(node))
        return fail(path, "must be an object", error);
    g_string_append_c(path, '.');
    if (!check_object(json_node_get_object(node), members, path, error))
        return FALSE;
    g_string_truncate(path, length);
    return TRUE;
}

static gboolean
check_value(JsonNode *node, const GnfSchemaMember *member, GString *path, GError **error)
{
    switch (member->kind) {
    case GNF_KIND_STR:
        return check_string(node, path, error);
    case GNF_KIND_BOOL:
        return holds(node, G_TYPE_BOOLEAN) || fail(path, "must be true or false", error);
    case GNF_KIND_UINT32:
        return check_unsigned(node, G_MAXUINT32, path, error);
    case GNF_KIND_UINT64:
        return check_unsigned(node, G_MAXINT64, path, error);
    case GNF_KIND_ENUM:
        return check_enum(node, member->names, path, error);
    case GNF_KIND_STRUCT:
        return check_struct(node, member->members, path, error);
    }
    g_assert_not_reached();
}

static gboolean
check_list(JsonNode *node, const GnfSchemaMember *member, GString *path, GError **error)
{
    JsonArray *array = NULL;
    gsize length = path->len;

    if (!JSON_NODE_HOLDS_ARRAY(node))
        return fail(path, "must be a list", error);
    array = json_node_get_array(node);
    for (guint i = 0; i < json_array_get_length(array); i++) {
        g_string_append_printf(path, "[%u]", i);
        if (!check_value(json_array_get_element(array, i), member, path, error))
            return FALSE;
        g_string_truncate(path, length);
    }
    return TRUE;
}

static gboolean
check_member(JsonObject *object, const GnfSchemaMember *member, GString *path, GError **error)
{
    JsonNode *node = json_object_get_member(object, member->name);
    gsize length = path->len;

    g_string_append(path, member->name);
    if (!node && !member->optional)
        return fail(path, "is missing", error);
    if (node && member->is_list && !check_list(node, member, path, error))
        return FALSE;
    if (node && !member->is_list && !check_value(node, member, path, error))
        return FALSE;
    g_string_truncate(path, length);
    return TRUE;
}

static gboolean
is_known(const GnfSchemaMember *members, const char *name)
{
    for (; members->name; members++)
        if (g_str_equal(members->name, name))
            return TRUE;
    return FALSE;
}

static gboolean
check_known(JsonObject *object, const GnfSchemaMember *members, GString *path, GError **error)
{
    JsonObjectIter iterator;
    const char *name = NULL;

    json_object_iter_init(&iterator, object);
    while (json_object_iter_next(&iterator, &name, NULL)) {
        if (is_known(members, name))
            continue;
        g_string_append(path, name);
        return fail(path, "unknown member", error);
    }
    return TRUE;
}

static gboolean
check_object(JsonObject *object, const GnfSchemaMember *members, GString *path, GError **error)
{
    if (!check_known(object, members, path, error))
        return FALSE;
    for (; members->name; members++)
        if (!check_member(object, members, path, error))
            return FALSE;
    return TRUE;
}

static const GnfSchemaCommand *
find_command(const char *name, GError **error)
{
    for (const GnfSchemaCommand *command = gnf_schema_command_table; command->name; command++)
        if (g_strcmp0(command->name, name) == 0)
            return command;
    g_set_error(error,
                G_IO_ERROR,
                G_IO_ERROR_INVALID_ARGUMENT,
                "%s: not a command of this schema",
                name ? name : "(null)");
    return NULL;
}

const char *const *
gnf_schema_commands(void)
{
    return gnf_schema_command_names;
}

gboolean
gnf_schema_has_command(const char *command)
{
    return find_command(command, NULL) != NULL;
}

gboolean
gnf_schema_check_arguments(const char *command, JsonObject *arguments, GError **error)
{
    const GnfSchemaCommand *found = find_command(command, error);
    g_autoptr(JsonObject) empty = json_object_new();
    g_autoptr(GString) path = g_string_new(NULL);

    return found && check_object(arguments ? arguments : empty, found->arguments, path, error);
}

gboolean
gnf_schema_check_return(const char *command, JsonNode *value, GError **error)
{
    const GnfSchemaCommand *found = find_command(command, error);
    g_autoptr(GString) path = g_string_new(NULL);

    if (!found)
        return FALSE;
    if (value && JSON_NODE_HOLDS_OBJECT(value))
        return check_object(json_node_get_object(value), found->returns, path, error);
    g_string_assign(path, "return");
    return fail(path, "must be an object", error);
}
