/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Tests of the operator's filter program: when it is run, what it is told, and what its failure
 * comes to.
 */
#include <glib/gstdio.h>

#include "host/phases.h"
#include "tests/unit/fake-host.h"

/* A program that writes down what it is told; fails: and then fails at this action. */
static char *
write_filter(const char *folder, const char *fails)
{
    g_autofree char *text = g_strdup_printf(
        "#!/bin/sh\n"
        "echo $1 $GNF_SIDE $GNF_URI $GNF_DOMAIN $GNF_MAC $GNF_PRIMARY_MAC >>%s/log\n"
        "[ $1 != %s ] || { echo no such VF >&2; exit 1; }\n",
        folder,
        fails);
    char *path = g_build_filename(folder, "filter", NULL);

    g_assert_true(g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_NONE, 0700, NULL));
    return path;
}

/* The run, and what the program wrote. */
static char *
run_with_filter(FakeWorld *world, const char *fails, GnfOutcome expected, const char *says)
{
    g_autofree char *folder = g_dir_make_tmp("gnf-XXXXXX", NULL);
    g_autofree char *log = g_build_filename(folder, "log", NULL);
    g_autoptr(GnfSettings) settings = gnf_settings_new();
    g_autoptr(GnfRun) run = gnf_run_new(&world->source.host, &world->destination.host, settings);
    char *text = NULL;

    world->has_shared_mac = TRUE;
    settings->filter = write_filter(folder, fails);
    g_assert_cmpint(gnf_run_phases(run, gnf_sequence_migrate), ==, expected);
    g_assert_true(says ? strstr(run->error->message, says) != NULL : run->error == NULL);
    g_assert_true(g_file_get_contents(log, &text, NULL, NULL));
    g_unlink(log);
    g_unlink(settings->filter);
    g_rmdir(folder);
    return text;
}

static void
test_filter(void)
{
    g_autoptr(FakeWorld) world = fake_world_new();
    g_autofree char *text = run_with_filter(world, "never", GNF_OUTCOME_DONE, NULL);

    g_assert_cmpstr(text,
                    ==,
                    "to-standby source a web 02:00:00:00:00:01 52:54:00:aa:00:01\n"
                    "to-standby destination b web 02:00:00:00:00:01 52:54:00:aa:00:01\n"
                    "to-primary destination b web 02:00:00:00:00:01 52:54:00:aa:00:01\n");
}

/* Nothing has left its bond by then; the filter goes home, and the guest calls it off. */
static void
test_filter_fails(void)
{
    g_autoptr(FakeWorld) world = fake_world_new();
    g_autofree char *text =
        run_with_filter(world, "to-standby", GNF_OUTCOME_PUT_BACK, "no such VF");

    g_assert_cmpstr(text,
                    ==,
                    "to-standby source a web 02:00:00:00:00:01 52:54:00:aa:00:01\n"
                    "to-primary source a web 02:00:00:00:00:01 52:54:00:aa:00:01\n");
    g_assert_cmpstr(world->log->str, ==, "set:unplugged prepare:switch cancel clear:unplugged");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/host-filter/moves-with-the-traffic", test_filter);
    g_test_add_func("/host-filter/fails", test_filter_fails);
    return g_test_run();
}
