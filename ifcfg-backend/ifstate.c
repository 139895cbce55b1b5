/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * ifupdown's list of what is up; see ifstate.h. Non-logging, no I/O.
 */
#include "ifcfg-backend/ifstate.h"

#include <string.h>

#define BLANKS " \t"

/* What stands behind "INTERFACE=" in a line; NULL: it is another one's. */
static const char *
match(const char *line, const char *interface)
{
    gsize length = strlen(interface);

    return strncmp(line, interface, length) == 0 && line[length] == '=' ? line + length + 1 : NULL;
}

char *
gnf_ifstate_find(const char *text, const char *interface)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (guint i = 0; lines[i]; i++) {
        const char *logical = match(lines[i], interface);

        if (logical)
            return g_strndup(logical, strcspn(logical, BLANKS));
    }
    return NULL;
}

char *
gnf_ifstate_set(const char *text, const char *interface, const char *logical)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autoptr(GString) changed = g_string_new(NULL);

    for (guint i = 0; lines[i]; i++) {
        if (*lines[i] && !match(lines[i], interface))
            g_string_append_printf(changed, "%s\n", lines[i]);
    }
    if (logical)
        g_string_append_printf(changed, "%s=%s\n", interface, logical);
    return g_string_free(g_steal_pointer(&changed), FALSE);
}
