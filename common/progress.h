/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One line on the terminal that says how long something has been going on, from two seconds on.
 *
 * Writes to standard error, and only where that is a terminal.
 */
#pragma once

#include <glib.h>

typedef struct {
    const char *what; /* "prepare" */
    gint64 begun_us;
    gboolean is_terminal;
    gboolean is_shown;
} GnfProgress;

void gnf_progress_begin(GnfProgress *progress, const char *what);

/* Show the line, or bring it up to date. */
void gnf_progress_tick(gpointer progress);

/* Wipe the line out: something else is to be printed. */
void gnf_progress_end(GnfProgress *progress);
