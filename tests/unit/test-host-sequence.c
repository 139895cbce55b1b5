/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Tests of the sequences: what is asked of whom, in which order, and the way back of every failure.
 *
 * A row is a test: what fails, how the run ends, what was done (fake-host.c writes it down), what
 * is said, and what is plugged in where at the end.
 */
#include "host/phases.h"
#include "host/resume.h"
#include "tests/unit/fake-host.h"

typedef struct {
    const char *name;
    const GnfPhase *const *sequence;
    const char *failures[3];
    GnfOutcome outcome;
    const char *log;
    const char *says; /* part of the error; NULL: there is none */
    const char *here; /* "a", "b": where the NICs are; NULL: nowhere */
    gsize nics;       /* 0: one */
    gboolean unaided;
    gboolean by_stages;
    const char *candidate; /* a MAC */
} Row;

#define AWAY "set:unplugged prepare unplug:ua-0"
#define BACK_THERE "plug:52:54:00:aa:00:01 complete clear:unplugged"

static const Row rows[] = {
    /* All is well. */
    {"migrate/done",
     gnf_sequence_migrate,
     {NULL},
     GNF_OUTCOME_DONE,
     AWAY " migrate " BACK_THERE,
     NULL,
     "b"},
    {"migrate/two-nics",
     gnf_sequence_migrate,
     {NULL},
     GNF_OUTCOME_DONE,
     AWAY " unplug:ua-1 migrate plug:52:54:00:aa:00:01 plug:52:54:00:aa:00:02 complete "
          "clear:unplugged",
     NULL,
     "b",
     .nics = 2},
    {"migrate/by-stages",
     gnf_sequence_migrate,
     {NULL},
     GNF_OUTCOME_DONE,
     "set:unplugged prepare:switch prepare:release unplug:ua-0 migrate plug:52:54:00:aa:00:01 "
     "complete:attach complete clear:unplugged",
     NULL,
     "b",
     .by_stages = TRUE},
    {"migrate/another-mac",
     gnf_sequence_migrate,
     {"not-free"},
     GNF_OUTCOME_DONE,
     AWAY " migrate plug:52:54:00:aa:00:cc complete replaces:52:54:00:aa:00:01>52:54:00:aa:00:cc "
          "clear:unplugged",
     NULL,
     "b",
     .candidate = "52:54:00:aa:00:cc"},
    {"detach/done", gnf_sequence_detach, {NULL}, GNF_OUTCOME_DONE, AWAY, NULL, NULL},
    {"save/done", gnf_sequence_save, {NULL}, GNF_OUTCOME_DONE, AWAY " save", NULL, NULL},

    /* Nothing has happened yet. */
    {"refused/no-commands",
     gnf_sequence_migrate,
     {"no-commands"},
     GNF_OUTCOME_REFUSED,
     "",
     "--unaided",
     "a"},
    {"refused/silent", gnf_sequence_migrate, {"silent"}, GNF_OUTCOME_REFUSED, "", "--unaided", "a"},
    {"refused/no-nic-there",
     gnf_sequence_migrate,
     {"not-free"},
     GNF_OUTCOME_REFUSED,
     "",
     "all 4 VFs",
     "a"},
    {"refused/prepare",
     gnf_sequence_migrate,
     {"prepare-refused"},
     GNF_OUTCOME_REFUSED,
     "set:unplugged prepare clear:unplugged",
     "no-standby: ",
     "a"},

    /* Something has, and is put back. */
    {"put-back/prepare-failed",
     gnf_sequence_migrate,
     {"prepare-failed"},
     GNF_OUTCOME_REFUSED,
     "set:unplugged prepare cancel clear:unplugged",
     "manager-undid: ",
     "a"},
    {"put-back/unplug-refused",
     gnf_sequence_migrate,
     {"unplug-refused"},
     GNF_OUTCOME_PUT_BACK,
     AWAY " cancel clear:unplugged",
     "device-removal-failed",
     "a"},
    {"put-back/unplug-error",
     gnf_sequence_migrate,
     {"unplug-error"},
     GNF_OUTCOME_PUT_BACK,
     AWAY " cancel clear:unplugged",
     "QEMU says no",
     "a"},
    /* It may still leave: the record stays, for attach. */
    {"put-back/unplug-pending",
     gnf_sequence_migrate,
     {"unplug-pending"},
     GNF_OUTCOME_PUT_BACK,
     AWAY " cancel",
     "did not let go of it within 30 s",
     "a"},
    {"put-back/one-of-two-stays",
     gnf_sequence_migrate,
     {"unplug-refused"},
     GNF_OUTCOME_PUT_BACK,
     AWAY " unplug:ua-1 plug:52:54:00:aa:00:01 complete clear:unplugged",
     "52:54:00:aa:00:02: ",
     "a",
     .nics = 2},
    {"put-back/migrate-fails",
     gnf_sequence_migrate,
     {"migrate-fails"},
     GNF_OUTCOME_PUT_BACK,
     AWAY " migrate " BACK_THERE,
     "out of memory over there",
     "a"},
    {"put-back/migrate-fails-by-stages",
     gnf_sequence_migrate,
     {"migrate-fails"},
     GNF_OUTCOME_PUT_BACK,
     "set:unplugged prepare:switch prepare:release unplug:ua-0 migrate plug:52:54:00:aa:00:01 "
     "complete:attach complete clear:unplugged",
     "out of memory over there",
     "a",
     .by_stages = TRUE},
    {"put-back/source-reconnects",
     gnf_sequence_migrate,
     {"source-lost"},
     GNF_OUTCOME_PUT_BACK,
     AWAY " migrate reopen " BACK_THERE,
     "connection is gone",
     "a"},
    {"put-back/interrupted",
     gnf_sequence_migrate,
     {"interrupted"},
     GNF_OUTCOME_PUT_BACK,
     AWAY " " BACK_THERE,
     "interrupted by a signal",
     "a"},
    {"put-back/save-fails",
     gnf_sequence_save,
     {"save-fails"},
     GNF_OUTCOME_PUT_BACK,
     AWAY " save " BACK_THERE,
     "no space left",
     "a"},

    /* The domain is safe, a NIC is not. */
    {"degraded/plug-back-fails",
     gnf_sequence_migrate,
     {"migrate-fails", "plug-back-fails"},
     GNF_OUTCOME_DEGRADED,
     AWAY " migrate plug:52:54:00:aa:00:01 complete",
     "out of memory",
     NULL},
    {"degraded/plug-fails",
     gnf_sequence_migrate,
     {"plug-fails"},
     GNF_OUTCOME_DEGRADED,
     AWAY " migrate plug:52:54:00:aa:00:01",
     "attach web --device-xml",
     NULL},
    {"degraded/complete-fails",
     gnf_sequence_migrate,
     {"complete-fails"},
     GNF_OUTCOME_DEGRADED,
     AWAY " migrate plug:52:54:00:aa:00:01 complete",
     "manager-undid: ",
     "b"},
    {"degraded/agent-silent",
     gnf_sequence_migrate,
     {"agent-silent"},
     GNF_OUTCOME_DEGRADED,
     AWAY " migrate plug:52:54:00:aa:00:01",
     "give 'attach'",
     "b"},
    {"done/another-candidate",
     gnf_sequence_migrate,
     {"plug-fails"},
     GNF_OUTCOME_DONE,
     AWAY " migrate plug:52:54:00:aa:00:01 plug:52:54:00:aa:00:cc complete "
          "replaces:52:54:00:aa:00:01>52:54:00:aa:00:cc clear:unplugged",
     NULL,
     "b",
     .candidate = "52:54:00:aa:00:cc"},
    {"done/there-after-all",
     gnf_sequence_migrate,
     {"migrate-but-there"},
     GNF_OUTCOME_DONE,
     AWAY " migrate " BACK_THERE,
     NULL,
     "b"},

    /* Nobody knows. */
    {"unknown/nowhere",
     gnf_sequence_migrate,
     {"migrate-lost"},
     GNF_OUTCOME_UNKNOWN,
     AWAY " migrate",
     "'resume'",
     NULL},

    {"unknown/domain-dies",
     gnf_sequence_migrate,
     {"dies"},
     GNF_OUTCOME_UNKNOWN,
     AWAY,
     "there is no such domain",
     "a"},

    /* Without the guest. */
    {"unaided/no-commands",
     gnf_sequence_migrate,
     {"no-commands"},
     GNF_OUTCOME_DONE,
     "set:unplugged unplug:ua-0 migrate plug:52:54:00:aa:00:01 clear:unplugged",
     NULL,
     "b",
     .unaided = TRUE},
    {"unaided/migrate-fails",
     gnf_sequence_migrate,
     {"no-commands", "migrate-fails"},
     GNF_OUTCOME_PUT_BACK,
     "set:unplugged unplug:ua-0 migrate plug:52:54:00:aa:00:01 clear:unplugged",
     "out of memory",
     "a",
     .unaided = TRUE},
};

static GnfSettings *
new_settings(const Row *row)
{
    GnfSettings *settings = gnf_settings_new();
    g_autofree char *xml = row->candidate ? fake_nic_xml(row->candidate, 0) : NULL;

    settings->unaided = row->unaided;
    settings->file = g_strdup("/nonexistent/saved");
    if (row->by_stages)
        settings->filter = g_strdup("/bin/true");
    if (xml)
        g_ptr_array_add(settings->candidates, gnf_host_device_parse(xml, NULL));
    return settings;
}

static gboolean
has_nic(const FakeHost *fake)
{
    return fake->plugged[0] != NULL;
}

static void
test_row(gconstpointer data)
{
    const Row *row = data;
    g_autoptr(FakeWorld) world = fake_world_new();
    g_autoptr(GnfSettings) settings = new_settings(row);
    g_autoptr(GnfRun) run = NULL;
    gboolean moves = row->sequence == gnf_sequence_migrate;

    world->failures = row->failures;
    world->has_shared_mac = row->by_stages;
    if (row->nics == 2)
        fake_world_add_nic(world);
    run = gnf_run_new(&world->source.host, moves ? &world->destination.host : NULL, settings);
    g_assert_cmpint(gnf_run_phases(run, row->sequence), ==, row->outcome);
    g_assert_cmpstr(world->log->str, ==, row->log);
    g_assert_cmpint(run->error != NULL, ==, row->says != NULL);
    if (row->says)
        g_assert_nonnull(strstr(run->error->message, row->says));
    g_assert_cmpint(has_nic(&world->source), ==, g_strcmp0(row->here, "a") == 0);
    g_assert_cmpint(has_nic(&world->destination), ==, g_strcmp0(row->here, "b") == 0);
}

/* -- and what is done about it later --------------------------------------------------------- */

static GnfOutcome
attach(FakeWorld *world, const char *mac)
{
    g_autoptr(GnfSettings) settings = gnf_settings_new();
    g_autoptr(GnfRun) run = gnf_run_new(&world->source.host, &world->destination.host, settings);
    g_autoptr(GError) error = NULL;

    if (mac) {
        g_autofree char *xml = fake_nic_xml(mac, 0);

        g_ptr_array_add(settings->candidates, gnf_host_device_parse(xml, NULL));
    }
    g_string_truncate(world->log, 0);
    g_assert_true(gnf_resume_find(run, &error));
    return gnf_run_phases(run, gnf_sequence_attach);
}

/* Killed behind each phase of a migration: wherever that was, resume ends well. */
static void
test_killed(gconstpointer data)
{
    gsize count = GPOINTER_TO_SIZE(data);
    g_autoptr(FakeWorld) world = fake_world_new();
    g_autoptr(GnfSettings) settings = gnf_settings_new();
    g_autofree const GnfPhase **phases = g_new0(const GnfPhase *, count + 1);
    g_autoptr(GnfRun) run = NULL;
    FakeHost *where = NULL;

    for (gsize i = 0; i < count; i++)
        phases[i] = gnf_sequence_migrate[i];
    run = gnf_run_new(&world->source.host, &world->destination.host, settings);
    g_assert_cmpint(gnf_run_phases(run, phases), ==, GNF_OUTCOME_DONE);
    where = world->destination.state == GNF_DOMAIN_RUNNING ? &world->destination : &world->source;
    g_assert_cmpint(attach(world, NULL), ==, GNF_OUTCOME_DONE);
    g_assert_cmpstr(where->plugged[0], ==, "52:54:00:aa:00:01");
    g_assert_cmpstr(world->states[0], ==, "attached");
    g_assert_null(where->record);
}

/* The NIC that could not be plugged in, later and with another MAC. */
static void
test_repair(void)
{
    const char *const failures[] = {"plug-fails", NULL};
    g_autoptr(FakeWorld) world = fake_world_new();
    g_autoptr(GnfSettings) settings = gnf_settings_new();
    g_autoptr(GnfRun) run = gnf_run_new(&world->source.host, &world->destination.host, settings);

    world->failures = failures;
    world->source.marks = g_strdup("<primaries><primary device='52:54:00:aa:00:01'/></primaries>");
    g_assert_cmpint(gnf_run_phases(run, gnf_sequence_migrate), ==, GNF_OUTCOME_DEGRADED);
    g_assert_nonnull(world->destination.record);
    g_assert_cmpint(attach(world, "52:54:00:aa:00:cc"), ==, GNF_OUTCOME_DONE);
    g_assert_null(world->destination.record);
    g_assert_cmpstr(world->macs[0], ==, "52:54:00:aa:00:cc");
    /* The mark has gone with it. */
    g_assert_nonnull(strstr(world->destination.marks, "52:54:00:aa:00:cc"));
}

/* A NIC that is in its place is not free, and need not be. */
static void
test_resume_in_place(void)
{
    const char *const failures[] = {"not-free", NULL};
    g_autoptr(FakeWorld) world = fake_world_new();

    world->failures = failures;
    g_assert_cmpint(attach(world, NULL), ==, GNF_OUTCOME_DONE);
}

/* Twice is once. */
static void
test_again(void)
{
    g_autoptr(FakeWorld) world = fake_world_new();

    g_assert_cmpint(attach(world, NULL), ==, GNF_OUTCOME_DONE);
    g_assert_cmpstr(world->log->str, ==, "clear:unplugged");
}

static void
test_waiting(void)
{
    g_autoptr(FakeWorld) world = fake_world_new();
    g_autoptr(GnfSettings) settings = gnf_settings_new();
    g_autoptr(GnfRun) run = gnf_run_new(&world->source.host, NULL, settings);

    world->answers = 2;
    g_assert_cmpint(gnf_run_phases(run, gnf_sequence_detach), ==, GNF_OUTCOME_DONE);
    g_assert_cmpstr(world->log->str, ==, "set:unplugged prepare prepare prepare unplug:ua-0");
}

static void
test_stuck(void)
{
    const char *const failures[] = {"prepare-stuck", NULL};
    g_autoptr(FakeWorld) world = fake_world_new();
    g_autoptr(GnfSettings) settings = gnf_settings_new();
    g_autoptr(GnfRun) run = gnf_run_new(&world->source.host, NULL, settings);

    world->failures = failures;
    settings->prepare_ms = 1000;
    g_assert_cmpint(gnf_run_phases(run, gnf_sequence_detach), ==, GNF_OUTCOME_REFUSED);
    g_assert_true(g_str_has_suffix(world->log->str, "prepare cancel clear:unplugged"));
    g_assert_nonnull(strstr(run->error->message, "has not ended within its time limit"));
}

static void
test_decide(void)
{
    static const struct {
        GnfDomainState first, second;
        gboolean has_job;
        GnfResume expected;
    } table[] = {
        {GNF_DOMAIN_RUNNING, GNF_DOMAIN_ABSENT, FALSE, GNF_RESUME_HERE},
        {GNF_DOMAIN_RUNNING, GNF_DOMAIN_UNREACHABLE, FALSE, GNF_RESUME_HERE},
        {GNF_DOMAIN_ABSENT, GNF_DOMAIN_RUNNING, FALSE, GNF_RESUME_THERE},
        {GNF_DOMAIN_UNREACHABLE, GNF_DOMAIN_RUNNING, FALSE, GNF_RESUME_THERE},
        {GNF_DOMAIN_RUNNING, GNF_DOMAIN_PAUSED, FALSE, GNF_RESUME_LATER},
        {GNF_DOMAIN_PAUSED, GNF_DOMAIN_RUNNING, FALSE, GNF_RESUME_LATER},
        {GNF_DOMAIN_RUNNING, GNF_DOMAIN_ABSENT, TRUE, GNF_RESUME_LATER},
        {GNF_DOMAIN_PAUSED, GNF_DOMAIN_ABSENT, FALSE, GNF_RESUME_LATER},
        {GNF_DOMAIN_ABSENT, GNF_DOMAIN_ABSENT, FALSE, GNF_RESUME_NOWHERE},
        {GNF_DOMAIN_ABSENT, GNF_DOMAIN_UNREACHABLE, FALSE, GNF_RESUME_LATER},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++)
        g_assert_cmpint(gnf_resume_decide(table[i].first, table[i].second, table[i].has_job),
                        ==,
                        table[i].expected);
}

static void
add_killed(void)
{
    for (gsize i = 1; gnf_sequence_migrate[i]; i++) {
        g_autofree char *path =
            g_strconcat("/host-sequence/killed-after/", gnf_sequence_migrate[i - 1]->name, NULL);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_killed);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strconcat("/host-sequence/", rows[i].name, NULL);

        g_test_add_data_func(path, &rows[i], test_row);
    }
    add_killed();
    g_test_add_func("/host-sequence/attach/repairs", test_repair);
    g_test_add_func("/host-sequence/attach/nothing-to-do", test_again);
    g_test_add_func("/host-sequence/prepare/asked-again", test_waiting);
    g_test_add_func("/host-sequence/prepare/does-not-end", test_stuck);
    g_test_add_func("/host-sequence/resume/nic-in-its-place", test_resume_in_place);
    g_test_add_func("/host-sequence/resume/decides", test_decide);
    return g_test_run();
}
