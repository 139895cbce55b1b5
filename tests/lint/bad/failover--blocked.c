/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What must not be in C, one rule a line; never compiled. goto in a comment is fine.
 */
#include "blocked.h" /* expect:include-from-root */
#include "failover/blocked.h"

G_DEFINE_TYPE(Bad, bad, G_TYPE_OBJECT) /* expect:gobject */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Bad, bad_free)

static void
bad(void)
{
    goto out;                       /* expect:goto */
    g_debug("/* no goto here");
    system("true");                 /* expect:spawn */
    g_spawn_async(NULL);            /* expect:spawn */
    g_subprocess_new(0, NULL);      /* expect:spawn */
    execv("a", NULL);               /* expect:spawn */
    fork();                         /* nocheck:spawn to show how a line is excused */
    filesystem("a");
    g_usleep(1);                    /* expect:sleep */
    sleep (1);                      /* expect:sleep */
    g_thread_new("a", NULL, NULL);  /* expect:threads */
    g_main_loop_run(loop);          /* expect:nested-loop */
    strcpy(a, b);                   /* expect:unsafe-string */
    g_strlcpy(a, b, 1);
    bad_goto_count++;
}
