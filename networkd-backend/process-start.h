/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * When a process was started, by the wall clock as it goes now: a clock that was set back since
 * makes the start earlier, and so what files say later than it.
 */
#pragma once

#include <glib.h>

/* In us since 1970; -1 if it cannot be told. */
gint64 gnf_process_get_start(guint32 pid);

/* In clock ticks since boot, of the text of /proc/PID/stat; -1 if that says nothing. Pure. */
gint64 gnf_process_parse_start(const char *stat);
