/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One line on the terminal that says how long something has been going on.
 */
#include "common/progress.h"

#include <stdio.h>
#include <unistd.h>

/* What is over sooner needs no explanation. */
#define PATIENCE_US (2L * G_USEC_PER_SEC)

void
gnf_progress_begin(GnfProgress *progress, const char *what)
{
    progress->what = what;
    progress->begun_us = g_get_monotonic_time();
    progress->is_terminal = isatty(STDERR_FILENO) == 1;
    progress->is_shown = FALSE;
}

void
gnf_progress_tick(gpointer data)
{
    GnfProgress *progress = data;
    gint64 elapsed = g_get_monotonic_time() - progress->begun_us;

    if (!progress->is_terminal || elapsed < PATIENCE_US)
        return;
    fprintf(stderr, "\r%s: %.0f s ...", progress->what, (double)elapsed / G_USEC_PER_SEC);
    fflush(stderr);
    progress->is_shown = TRUE;
}

void
gnf_progress_end(GnfProgress *progress)
{
    if (!progress->is_shown)
        return;
    /* ECMA-48, Erase in Line. */
    fputs("\r\033[K", stderr);
    fflush(stderr);
    progress->is_shown = FALSE;
}
