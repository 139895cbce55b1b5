/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The engine's turn on the processor. While it only waits for the guest to resume elsewhere, what
 * it waits for is answered in milliseconds, or nobody finds the guest (hold.h); whatever else it
 * does can wait, and must: while a guest with one processor is busy for somebody ahead of it, the
 * kernel receives nothing (ksoftirqd; measured: 950 frames lost in an engine's start at nice -10).
 */
#pragma once

#include <glib.h>

/* Go before all others, or as everybody does. Where that is not permitted (RLIMIT_NICE, which the
 * unit sets), nothing happens. */
void gnf_urgency_set(gboolean urgent);
