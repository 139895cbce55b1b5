/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Lines and words; see interfaces-line.h. The rules are those of get_line() and next_word() in
 * ifupdown's config.c, of process_interfaces() in ifupdown2's networkinterfaces.py, and what
 * ifupdown-ng 0.11 was seen to do.
 */
#include "ifcfg-backend/interfaces-line.h"

#include <string.h>

#define BLANKS " \t\r\f\v"

/* Appends the line at next; TRUE if a backslash joins it with the one behind it. */
static gboolean
take_line(GnfInterfacesCursor *cursor, GString *text)
{
    gsize length = strcspn(cursor->next, "\n");
    gsize said = cursor->comments == GNF_COMMENT_ENDS ? strcspn(cursor->next, "#\n") : length;
    gboolean joins = said > 0 && cursor->next[said - 1] == '\\';

    g_string_append_len(text, cursor->next, (gssize)(said - joins));
    cursor->next += length;
    cursor->line++;
    if (*cursor->next)
        cursor->next++;
    return joins;
}

static gboolean
is_comment(const GString *text)
{
    return text->str[strspn(text->str, BLANKS)] == '#';
}

char *
gnf_interfaces_next(GnfInterfacesCursor *cursor, guint *ret_line)
{
    while (*cursor->next) {
        g_autoptr(GString) text = g_string_new(NULL);
        guint line = cursor->line;
        gboolean joins = take_line(cursor, text);

        if (is_comment(text) && cursor->comments == GNF_COMMENT_LINES)
            continue;
        while (joins && *cursor->next) {
            if (cursor->comments == GNF_COMMENT_JOINED)
                g_string_append_c(text, ' ');
            joins = take_line(cursor, text);
        }
        g_strstrip(text->str);
        if (*text->str && *text->str != '#') {
            *ret_line = line;
            return g_strdup(text->str);
        }
    }
    return NULL;
}

char *
gnf_interfaces_take_word(char **rest)
{
    char *word = *rest;
    char *end = word + strcspn(word, BLANKS);

    *rest = end + strspn(end, BLANKS);
    *end = '\0';
    return word;
}
