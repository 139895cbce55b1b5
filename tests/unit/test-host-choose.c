/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Tests of what takes a NIC's place (host/phases-host.c): --device-xml and --candidate.
 */
#include <string.h>

#include "host/phases.h"
#include "tests/unit/fake-host.h"

static void
give(GnfSettings *settings, const char *replaces, const char *mac)
{
    GnfGivenDevice *given = g_new0(GnfGivenDevice, 1);
    g_autofree char *xml = fake_nic_xml(mac, 0);

    given->replaces = g_strdup(replaces);
    given->device = gnf_host_device_parse(xml, NULL);
    g_ptr_array_add(settings->given, given);
}

static const char *
replacement_of(const GnfRun *run, guint index)
{
    const GnfNic *nic = g_ptr_array_index(run->nics, index);

    return nic->replacement ? nic->replacement->mac : NULL;
}

static GnfRun *
new_run_of_two(FakeWorld *world, const GnfSettings *settings)
{
    GnfRun *run = gnf_run_new(&world->source.host, &world->destination.host, settings);

    fake_world_add_nic(world);
    g_assert_true(gnf_phase_inspect.forward(run, NULL));
    return run;
}

/* In place of the one it names, by MAC or alias; else of the next that nothing names. */
static void
test_given(gconstpointer data)
{
    g_autoptr(FakeWorld) world = fake_world_new();
    g_autoptr(GnfSettings) settings = gnf_settings_new();
    GnfRun *run = NULL;

    give(settings, data, "52:54:00:aa:00:11");
    give(settings, NULL, "52:54:00:aa:00:22");
    run = new_run_of_two(world, settings);
    g_assert_true(gnf_phase_choose.forward(run, NULL));
    g_assert_cmpstr(replacement_of(run, 0), ==, "52:54:00:aa:00:11");
    g_assert_cmpstr(replacement_of(run, 1), ==, "52:54:00:aa:00:22");
    gnf_run_free(run);
}

/* The repair of one of two: the file is for the one that is out. */
static void
test_given_for_repair(void)
{
    g_autoptr(FakeWorld) world = fake_world_new();
    g_autoptr(GnfSettings) settings = gnf_settings_new();
    GnfRun *run = NULL;

    give(settings, NULL, "52:54:00:aa:00:22");
    run = new_run_of_two(world, settings);
    run->is_committed = TRUE;
    ((GnfNic *)g_ptr_array_index(run->nics, 1))->is_out = TRUE;
    g_assert_true(gnf_phase_choose.forward(run, NULL));
    g_assert_null(replacement_of(run, 0));
    g_assert_cmpstr(replacement_of(run, 1), ==, "52:54:00:aa:00:22");
    gnf_run_free(run);
}

/* What nothing would come of is refused, before anything is done. */
static void
test_given_in_vain(void)
{
    static const char *const names[] = {"52:54:00:aa:00:99", "ua-7", "ua-0", NULL};

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(FakeWorld) world = fake_world_new();
        g_autoptr(GnfSettings) settings = gnf_settings_new();
        g_autoptr(GError) error = NULL;
        GnfRun *run = NULL;

        give(settings, "52:54:00:aa:00:01", "52:54:00:aa:00:11");
        give(settings, NULL, "52:54:00:aa:00:22");
        give(settings, names[i], "52:54:00:aa:00:33");
        run = new_run_of_two(world, settings);
        g_assert_false(gnf_phase_choose.forward(run, &error));
        g_assert_error(error, GNF_HOST_ERROR, (int)GNF_HOST_ERROR_REFUSED);
        g_assert_nonnull(strstr(error->message, names[i] ? names[i] : "52:54:00:aa:00:33"));
        gnf_run_free(run);
    }
}

/* After a migration it is told, and what can be plugged in is. */
static void
test_given_in_vain_for_repair(void)
{
    g_autoptr(FakeWorld) world = fake_world_new();
    g_autoptr(GnfSettings) settings = gnf_settings_new();
    g_autoptr(GnfRun) run = NULL;

    give(settings, "ua-7", "52:54:00:aa:00:33");
    give(settings, NULL, "52:54:00:aa:00:22");
    run = new_run_of_two(world, settings);
    run->is_committed = TRUE;
    ((GnfNic *)g_ptr_array_index(run->nics, 1))->is_out = TRUE;
    g_assert_true(gnf_phase_choose.forward(run, NULL));
    g_assert_cmpstr(replacement_of(run, 1), ==, "52:54:00:aa:00:22");
    g_assert_cmpuint(run->warnings->len, ==, 1);
    g_assert_nonnull(strstr(g_ptr_array_index(run->warnings, 0), "ua-7"));
}

/* One that is not free does not keep the other out. */
static void
test_repair_of_two_one_not_free(void)
{
    const char *const failures[] = {"not-free", NULL};
    g_autoptr(FakeWorld) world = fake_world_new();
    g_autoptr(GnfSettings) settings = gnf_settings_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(GnfRun) run = NULL;

    give(settings, NULL, "52:54:00:aa:00:11");
    give(settings, NULL, "52:54:00:aa:00:cc");
    run = new_run_of_two(world, settings);
    run->is_committed = TRUE;
    for (guint i = 0; i < run->nics->len; i++)
        ((GnfNic *)g_ptr_array_index(run->nics, i))->is_out = TRUE;
    world->failures = failures;
    g_assert_false(gnf_phase_choose.forward(run, &error));
    g_assert_nonnull(strstr(error->message, "52:54:00:aa:00:11"));
    g_assert_null(replacement_of(run, 0));
    g_assert_cmpstr(replacement_of(run, 1), ==, "52:54:00:aa:00:cc");
    /* What was asked for is not had: then nothing else is plugged in, either. */
    g_assert_false(gnf_phase_plug.forward(run, NULL));
    g_assert_true(((GnfNic *)g_ptr_array_index(run->nics, 0))->is_out);
    g_assert_false(((GnfNic *)g_ptr_array_index(run->nics, 1))->is_out);
}

/* A candidate takes its place also where a file was given, and is not free. */
static void
test_given_and_candidate(void)
{
    const char *const failures[] = {"not-free", NULL};
    g_autoptr(FakeWorld) world = fake_world_new();
    g_autoptr(GnfSettings) settings = gnf_settings_new();
    g_autoptr(GnfRun) run = gnf_run_new(&world->source.host, &world->destination.host, settings);
    g_autofree char *xml = fake_nic_xml("52:54:00:aa:00:cc", 0);

    world->failures = failures;
    give(settings, NULL, "52:54:00:aa:00:11");
    g_ptr_array_add(settings->candidates, gnf_host_device_parse(xml, NULL));
    g_assert_true(gnf_phase_inspect.forward(run, NULL));
    g_assert_true(gnf_phase_choose.forward(run, NULL));
    g_assert_cmpstr(replacement_of(run, 0), ==, "52:54:00:aa:00:cc");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/host-choose/given/by-mac", "52:54:00:AA:00:01", test_given);
    g_test_add_data_func("/host-choose/given/by-alias", "ua-0", test_given);
    g_test_add_data_func("/host-choose/given/in-order", NULL, test_given);
    g_test_add_func("/host-choose/given/to-repair-one-of-two", test_given_for_repair);
    g_test_add_func("/host-choose/given/in-vain", test_given_in_vain);
    g_test_add_func("/host-choose/given/in-vain-for-repair", test_given_in_vain_for_repair);
    g_test_add_func("/host-choose/given/one-of-two-not-free", test_repair_of_two_one_not_free);
    g_test_add_func("/host-choose/given/and-candidate", test_given_and_candidate);
    return g_test_run();
}
