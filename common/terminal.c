/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a command line tool writes to.
 */
#include "common/terminal.h"

#include <stdio.h>
#include <unistd.h>

/* https://no-color.org: set and not empty. */
gboolean
gnf_wants_colours(void)
{
    const char *no_color = g_getenv("NO_COLOR");

    return isatty(STDOUT_FILENO) == 1 && !(no_color && *no_color) &&
           g_strcmp0(g_getenv("TERM"), "dumb") != 0;
}

gboolean
gnf_write_out(const char *text)
{
    return fputs(text, stdout) >= 0 && fflush(stdout) == 0;
}
