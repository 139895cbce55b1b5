/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Lines and words of an interfaces file: a backslash at its end joins a line with the next, "#" at
 * its beginning makes it a comment, and there is no quoting. Pure: no I/O.
 */
#pragma once

#include <glib.h>

/* What the three programs differ in. */
typedef enum {
    GNF_COMMENT_LINES, /* ifupdown: a line that begins with "#", even with a backslash at its end */
    GNF_COMMENT_JOINED, /* ifupdown2: the same, but lines are joined first */
    GNF_COMMENT_ENDS,   /* ifupdown-ng: what follows a "#" anywhere */
} GnfCommentForm;

/* Where a text is read: begin with {text, 1, form}. */
typedef struct {
    const char *next;
    guint line; /* the number of the line that next begins */
    GnfCommentForm comments;
} GnfInterfacesCursor;

/* The next line that says something, without blanks around it (transfer full); NULL at the end. */
char *gnf_interfaces_next(GnfInterfacesCursor *cursor, guint *ret_line);

/* The word at *rest, ended where it stands; *rest moves to the next one. "" at the end. */
char *gnf_interfaces_take_word(char **rest);
