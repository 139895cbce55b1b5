/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The one file that may run the main loop.
 */
static void
run(void)
{
    g_main_loop_run(loop);
}
