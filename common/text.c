/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Words and sentences made of what the engine says.
 *
 * The engine passes on what kernel and managers say; nothing of it reaches the terminal unchecked.
 */
#include "common/text.h"

char *
gnf_text_printable(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text ? text : "", -1);
    GString *printable = g_string_new(NULL);

    for (char *c = valid; *c; c = g_utf8_next_char(c)) {
        gunichar character = g_utf8_get_char(c);

        /* Not printable either: U+202E and its like, which turn what follows around. */
        g_string_append_unichar(printable, g_unichar_isprint(character) ? character : '?');
    }
    return g_string_free(printable, FALSE);
}

char *
gnf_text_duration(guint64 microseconds)
{
    if (microseconds < 1000)
        return g_strdup_printf("%" G_GUINT64_FORMAT " us", microseconds);
    if (microseconds < 10000)
        return g_strdup_printf("%.1f ms", (double)microseconds / 1000);
    if (microseconds < 10000000)
        return g_strdup_printf("%" G_GUINT64_FORMAT " ms", (microseconds + 500) / 1000);
    return g_strdup_printf("%.1f s", (double)microseconds / 1000000);
}

/* "CODE: DETAIL." */
static void
append_reason(GString *out, JsonObject *reason)
{
    const char *code = json_object_get_string_member(reason, "code");
    g_autofree char *raw = g_strdup(json_object_get_string_member(reason, "detail"));
    g_autofree char *detail = gnf_text_printable(g_strchomp(raw));

    g_string_append_printf(out, "%s: %s", code, detail);
    if (*detail && !strchr(".!?", detail[strlen(detail) - 1]))
        g_string_append_c(out, '.');
    g_string_append_c(out, '\n');
}

void
gnf_text_reason(GString *out, const char *subject, const char *verb, JsonObject *reason)
{
    g_autofree char *printable = gnf_text_printable(subject);

    g_string_append_printf(out, "%s %s: ", printable, verb);
    append_reason(out, reason);
}

void
gnf_text_warnings(GString *out, const char *subject, JsonArray *warnings)
{
    g_autofree char *printable = subject ? gnf_text_printable(subject) : NULL;

    for (guint i = 0; i < json_array_get_length(warnings); i++) {
        if (printable)
            g_string_append_printf(out, "%s: ", printable);
        g_string_append(out, "warning: ");
        append_reason(out, json_array_get_object_element(warnings, i));
    }
}
