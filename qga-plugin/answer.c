/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Answer: see answer.h. Spacing follows qemu-ga's (`": "`, `", "`).
 */
#include "qga-plugin/answer.h"

#include <string.h>

static GnfText
text_of(GBytes *bytes)
{
    gsize length;
    const char *at = g_bytes_get_data(bytes, &length);

    return (GnfText){at, length};
}

static void
append_quoted(GString *out, const char *text)
{
    g_string_append_c(out, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            g_string_append_printf(out, "\\%c", *text);
        else if ((guint8)*text < 0x20)
            g_string_append_printf(out, "\\u%04x", *text);
        else
            g_string_append_c(out, *text);
    }
    g_string_append_c(out, '"');
}

/* Closes the top object. */
static GString *
end_line(GString *out, GBytes *request)
{
    GnfText id;

    if (request && gnf_json_is_valid(text_of(request)) &&
        gnf_json_member(text_of(request), "id", &id)) {
        g_autofree char *plain = gnf_json_line(id);

        g_string_append_printf(out, ", \"id\": %s", plain);
    }
    return g_string_append(out, "}\n");
}

GString *
gnf_answer_error(GBytes *request, const char *error_class, const char *description)
{
    GString *out = g_string_new("{\"error\": {\"class\": ");

    append_quoted(out, error_class);
    g_string_append(out, ", \"desc\": ");
    append_quoted(out, description);
    g_string_append_c(out, '}');
    return end_line(out, request);
}

static void
append_command(GString *out, const char *name, gboolean enabled)
{
    g_string_append_printf(out, "{\"enabled\": %s, \"name\": ", enabled ? "true" : "false");
    append_quoted(out, name);
    g_string_append(out, ", \"success-response\": true}");
}

static void
append_plugin_commands(
    GString *out, const GnfRegistry *registry, GHashTable *taken, gboolean frozen, gboolean first)
{
    g_autoptr(GPtrArray) list = gnf_registry_list(registry);

    for (guint i = 0; i < list->len; i++) {
        const GnfPluginCommand *command = list->pdata[i];

        if (g_hash_table_contains(taken, command->command))
            continue;
        g_string_append(out, first ? "" : ", ");
        append_command(out, command->command, command->allowed && !frozen);
        first = FALSE;
    }
}

static GString *
answer_info(GBytes *request, const GnfRegistry *registry, gboolean frozen)
{
    char own[][24] = {"guest-sync-delimited", "guest-sync", "guest-ping", "guest-info"};
    g_autoptr(GHashTable) taken = g_hash_table_new(g_str_hash, g_str_equal);
    GString *out =
        g_string_new("{\"return\": {\"version\": \"" GNF_VERSION "\", \"supported_commands\": [");

    for (guint i = 0; i < G_N_ELEMENTS(own); i++) {
        g_string_append(out, i ? ", " : "");
        append_command(out, own[i], TRUE);
        g_hash_table_add(taken, own[i]);
    }
    append_plugin_commands(out, registry, taken, frozen, FALSE);
    g_string_append(out, "]}");
    return end_line(out, request);
}

static GString *
answer_sync(GBytes *request, gboolean delimited)
{
    GnfText arguments, id;
    gint64 number;
    GString *out;

    if (!gnf_json_member(text_of(request), "arguments", &arguments) ||
        !gnf_json_member(arguments, "id", &id) || !gnf_json_integer(id, &number))
        return gnf_answer_error(
            request, "GenericError", "Invalid parameter type for 'id', expected: integer");
    out = g_string_new(delimited ? "\xff" : "");
    g_string_append_printf(out, "{\"return\": %" G_GINT64_FORMAT, number);
    return end_line(out, request);
}

static GString *
answer_command(GBytes *request, const char *command, const GnfRegistry *registry, gboolean frozen)
{
    if (g_str_equal(command, "guest-ping"))
        return end_line(g_string_new("{\"return\": {}"), request);
    if (g_str_equal(command, "guest-sync"))
        return answer_sync(request, FALSE);
    if (g_str_equal(command, "guest-sync-delimited"))
        return answer_sync(request, TRUE);
    if (g_str_equal(command, "guest-info"))
        return answer_info(request, registry, frozen);
    return NULL;
}

GString *
gnf_answer_instead(GBytes *request,
                   const GnfRegistry *registry,
                   gboolean frozen,
                   const char *reason)
{
    g_autofree char *command = NULL;
    GnfText execute;
    GString *out = NULL;

    if (!gnf_json_is_valid(text_of(request)))
        return gnf_answer_error(NULL, "GenericError", "JSON parse error");
    if (gnf_json_member(text_of(request), "execute", &execute))
        command = gnf_json_string(execute);
    if (command)
        out = answer_command(request, command, registry, frozen);
    return out ? out : gnf_answer_error(request, "GenericError", reason);
}

GString *
gnf_answer_merge_info(GnfText line, const GnfRegistry *registry, GHashTable *taken, gboolean frozen)
{
    GString *out = g_string_new(NULL);
    GnfText info, list, entry;
    gsize position = 0;
    const char *close;

    if (!gnf_json_member(line, "return", &info) ||
        !gnf_json_member(info, "supported_commands", &list) || *list.at != '[')
        return g_string_append_len(out, line.at, line.length);
    /* The list ends with its bracket; the members behind it, and the newline, are copied too. */
    close = list.at + list.length - 1;
    g_string_append_len(out, line.at, close - line.at);
    append_plugin_commands(
        out, registry, taken, frozen, !gnf_json_element(list, &position, &entry));
    return g_string_append_len(out, close, line.at + line.length - close);
}
