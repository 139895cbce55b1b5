/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Lines and words of an interfaces file: a backslash at its end joins a line with the next, "#" at
 * its beginning makes it a comment, and there is no quoting. Pure: no I/O.
 */
#pragma once

#include <glib.h>

/* Where a text is read: begin with {text, 1}. */
typedef struct {
    const char *next;
    guint line;          /* the number of the line that next begins */
    gboolean join_first; /* ifupdown2: lines are joined before comments are looked for */
} GnfInterfacesCursor;

/* The next line that says something, without blanks around it (transfer full); NULL at the end. */
char *gnf_interfaces_next(GnfInterfacesCursor *cursor, guint *ret_line);

/* The word at *rest, ended where it stands; *rest moves to the next one. "" at the end. */
char *gnf_interfaces_take_word(char **rest);
