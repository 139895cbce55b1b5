/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON as text; see json-text.h.
 */
#include "failover/json-text.h"

static void
add_quoted(GString *text, const char *value)
{
    g_string_append_c(text, '"');
    for (const char *at = value; *at; at++) {
        if (*at == '"' || *at == '\\')
            g_string_append_c(text, '\\');
        if ((guchar)*at <
            0x20) /* RFC 8259, 7: the only other ones that may not stand for themselves */
            g_string_append_printf(text, "\\u%04x", (guint)*at);
        else
            g_string_append_c(text, *at);
    }
    g_string_append_c(text, '"');
}

/* What comes before a value: a comma, unless it is the first one, and its name. */
static void
add_head(GString *text, const char *name)
{
    char last = text->len > 0 ? text->str[text->len - 1] : '[';

    if (last != '{' && last != '[')
        g_string_append(text, ",\n");
    if (!name)
        return;
    add_quoted(text, name);
    g_string_append(text, ": ");
}

void
gnf_json_text_begin(GString *text, const char *name, char bracket)
{
    add_head(text, name);
    g_string_append_c(text, bracket);
}

void
gnf_json_text_end(GString *text, char bracket)
{
    g_string_append_c(text, bracket);
}

void
gnf_json_text_add_string(GString *text, const char *name, const char *value)
{
    add_head(text, name);
    add_quoted(text, value);
}

void
gnf_json_text_add_int(GString *text, const char *name, gint64 value)
{
    add_head(text, name);
    g_string_append_printf(text, "%" G_GINT64_FORMAT, value);
}

void
gnf_json_text_add_boolean(GString *text, const char *name, gboolean value)
{
    add_head(text, name);
    g_string_append(text, value ? "true" : "false");
}
