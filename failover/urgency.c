/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Urgency; see urgency.h. On Linux a priority is a thread's: the threads of GDBus keep theirs.
 */
#include "failover/urgency.h"

#include <sys/resource.h>

#define FIRST (-20)

void
gnf_urgency_set(gboolean urgent)
{
    static gboolean is_urgent = FALSE;
    static int usual = 0;

    if (urgent == is_urgent)
        return;
    if (urgent)
        usual = getpriority(PRIO_PROCESS, 0);
    if (setpriority(PRIO_PROCESS, 0, urgent ? FIRST : usual) == 0)
        is_urgent = urgent;
}
