/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The engine's turn on the processor. While it only waits for the guest to resume elsewhere, what
 * it waits for is answered in milliseconds, or nobody finds the guest (hold.h), so it goes before
 * all others. Whatever else it does must not: the more it is ahead on a guest's only processor, the
 * less the kernel receives meanwhile (ksoftirqd has a turn like everybody). Nor must a query: it
 * may open backends, whose threads would keep the priority that they are made with.
 */
#pragma once

#include <glib.h>

/* Go before all others, or as the engine was started. Where that is not permitted (RLIMIT_NICE,
 * which the unit sets), nothing happens. */
void gnf_urgency_set(gboolean urgent);
