/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The part of the shell's language that ifcfg files are written in: NAME=VALUE, one to a line, with
 * '…', "…", $'…' and backslashes, and a comment or one semicolon behind it. All else is refused,
 * with a reason: what would have to be executed or expanded is not guessed at.
 *
 * The rules are those of bash's manual ("Quoting", "Simple Commands"), as far as a value is one
 * word. Pure: no I/O.
 */
#pragma once

#include <glib.h>

/* Where a text is read: begin with {text, 1}. */
typedef struct {
    const char *next;
    guint line; /* the number of the line that next is in */
} GnfShellCursor;

/* One statement: a line, or more of them where a quote or a backslash joins them. */
typedef struct {
    guint line;        /* where it begins */
    char *name;        /* of the variable; NULL where nothing is assigned */
    char *value;       /* NULL: refused */
    const char *why;   /* it was refused, for people; static */
    const char *begin; /* its text, which belongs to the caller */
    const char *end;
} GnfShellStatement;

/* The next statement that is not blank, FALSE at the end of the text. Where the shell's control
 * structures begin, one refused statement reaches to the end of the text. */
gboolean gnf_shell_next(GnfShellCursor *cursor, GnfShellStatement *ret_statement);

void gnf_shell_statement_clear(GnfShellStatement *statement);
