/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The start of a process; see process-start.h. Non-logging.
 */
#include "networkd-backend/process-start.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

gint64
gnf_process_parse_start(const char *stat)
{
    /* The name of the program, in brackets, may hold anything; field 3 comes behind it. */
    const char *end = strrchr(stat, ')');
    g_auto(GStrv) fields = end ? g_strsplit(end, " ", -1) : NULL;
    gint64 ticks = -1;

    /* proc(5): starttime is field 22. */
    if (!fields || g_strv_length(fields) <= 22 - 2 ||
        !g_ascii_string_to_signed(fields[22 - 2], 10, 0, G_MAXINT64, &ticks, NULL))
        return -1;
    return ticks;
}

static gint64
clock_us(clockid_t clock)
{
    struct timespec now;

    return clock_gettime(clock, &now) == 0
               ? (gint64)now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000
               : 0;
}

gint64
gnf_process_get_start(guint32 pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%u/stat", pid);
    g_autofree char *text = NULL;
    gint64 ticks =
        g_file_get_contents(path, &text, NULL, NULL) ? gnf_process_parse_start(text) : -1;

    if (ticks < 0)
        return -1;
    return clock_us(CLOCK_REALTIME) - clock_us(CLOCK_BOOTTIME) +
           ticks * G_USEC_PER_SEC / sysconf(_SC_CLK_TCK);
}
