/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What daemons must not do and tests may: no mark here.
 */
static void
helper(void)
{
    g_usleep(1);
    system("true");
    g_main_loop_run(loop);
}
