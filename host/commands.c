/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The commands: which hosts each has to do with, and which sequence it goes through.
 */
#include "host/check.h"
#include "host/libvirt.h"
#include "host/mark.h"
#include "host/options.h"
#include "host/phases.h"
#include "host/report.h"
#include "host/resume.h"

static GnfHostExit
unreachable(const GError *error)
{
    gnf_host_complain(NULL, error->message);
    return GNF_HOST_EXIT_UNKNOWN;
}

/* Through the sequence, on hosts that are open. */
static GnfHostExit
play(GnfCommandLine *line, GnfRun *run, const GnfPhase *const *sequence)
{
    GnfReport report;

    gnf_report_begin(&report, line, run);
    return gnf_report_end(&report, line, run, gnf_run_phases(run, sequence));
}

static GnfHostExit
run_here(GnfCommandLine *line, const char *domain, const GnfPhase *const *sequence)
{
    g_autoptr(GError) error = NULL;
    GnfHost *host = gnf_libvirt_open(line->uri, domain, &error);
    GnfRun *run = NULL;
    GnfHostExit outcome = GNF_HOST_EXIT_UNKNOWN;

    if (!host)
        return unreachable(error);
    run = gnf_run_new(host, NULL, line->settings);
    outcome = play(line, run, sequence);
    gnf_run_free(run);
    gnf_libvirt_close(host);
    return outcome;
}

static GnfHostExit
run_detach(GnfCommandLine *line)
{
    return run_here(line, line->words[0], gnf_sequence_detach);
}

static GnfHostExit
run_attach(GnfCommandLine *line)
{
    return run_here(line, line->words[0], gnf_sequence_attach);
}

static GnfHostExit
run_save(GnfCommandLine *line)
{
    line->settings->file = g_strdup(line->words[1]);
    return run_here(line, line->words[0], gnf_sequence_save);
}

static GnfHostExit
run_restore(GnfCommandLine *line)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *name = NULL;

    if (gnf_libvirt_restore(line->uri, line->words[0], &name, &error))
        return run_here(line, name, gnf_sequence_attach);
    gnf_host_complain(line->command, error->message);
    return gnf_host_error_is(error, GNF_HOST_ERROR_LOST) ? GNF_HOST_EXIT_UNKNOWN
                                                         : GNF_HOST_EXIT_FAILED;
}

/* Both hosts, or none. */
static GnfRun *
open_two(GnfCommandLine *line, GError **error)
{
    GnfHost *source = gnf_libvirt_open(line->uri, line->words[0], error);
    GnfHost *destination = NULL;

    if (source && line->words[1])
        destination = gnf_libvirt_open(line->words[1], line->words[0], error);
    if (source && (destination || !line->words[1]))
        return gnf_run_new(source, destination, line->settings);
    if (source)
        gnf_libvirt_close(source);
    return NULL;
}

static void
close_two(GnfRun *run)
{
    gnf_libvirt_close(run->source);
    if (run->destination)
        gnf_libvirt_close(run->destination);
    gnf_run_free(run);
}

static GnfHostExit
run_migrate(GnfCommandLine *line)
{
    g_autoptr(GError) error = NULL;
    GnfRun *run = open_two(line, &error);
    GnfHostExit outcome = GNF_HOST_EXIT_UNKNOWN;

    if (!run)
        return unreachable(error);
    outcome = play(line, run, gnf_sequence_migrate);
    close_two(run);
    return outcome;
}

static GnfHostExit
run_resume(GnfCommandLine *line)
{
    g_autoptr(GError) error = NULL;
    GnfRun *run = open_two(line, &error);
    GnfHostExit outcome = GNF_HOST_EXIT_FAILED;

    if (!run)
        return unreachable(error);
    if (gnf_resume_find(run, &error))
        outcome = play(line, run, gnf_sequence_attach);
    else
        gnf_host_complain(line->command, error->message);
    close_two(run);
    return outcome;
}

static const GnfCommand check = {
    .name = "check",
    .arguments = "DOMAIN [DESTURI]",
    .least = 1,
    .most = 2,
    .summary = "Tell whether the domain could be migrated, and what is in the way",
    .details =
        "Shows which of the domain's devices is which NIC of the guest, what the guest would "
        "do,\nand what is missing on either side; with DESTURI also whether a NIC is free "
        "there.\nChanges nothing.",
    .groups = GNF_OPTIONS_DEVICES,
    .run = gnf_check,
};

static const GnfCommand migrate = {
    .name = "migrate",
    .arguments = "DOMAIN DESTURI",
    .least = 2,
    .most = 2,
    .summary = "Prepare, unplug, migrate, plug in over there, complete",
    .details = "Migrates the domain live to the host of DESTURI. Its guest moves the traffic to "
               "the\nstandby first; the NICs are unplugged, and others plugged in over there. "
               "Whatever fails\nbefore the domain runs there is put back.",
    .groups = GNF_OPTIONS_PREPARE | GNF_OPTIONS_DEVICES | GNF_OPTIONS_GUEST | GNF_OPTIONS_MIGRATE,
    .run = run_migrate,
};

static const GnfCommand detach = {
    .name = "detach",
    .arguments = "DOMAIN",
    .least = 1,
    .most = 1,
    .summary = "Prepare and unplug: what comes before a migration",
    .details = "Has the guest move the traffic to the standby, and unplugs the primaries. Which "
               "they\nwere stays on record in the domain's metadata, for 'attach'.",
    .groups = GNF_OPTIONS_PREPARE | GNF_OPTIONS_GUEST,
    .run = run_detach,
};

static const GnfCommand attach = {
    .name = "attach",
    .arguments = "DOMAIN",
    .least = 1,
    .most = 1,
    .summary = "Plug in and complete: what comes after it",
    .details = "Plugs in what is on record as unplugged, and has the guest take it into its bond. "
               "Also\nwhat repairs a domain whose NIC could not be plugged in.",
    .groups = GNF_OPTIONS_DEVICES | GNF_OPTIONS_GUEST,
    .run = run_attach,
};

static const GnfCommand save = {
    .name = "save",
    .arguments = "DOMAIN FILE",
    .least = 2,
    .most = 2,
    .summary = "Prepare, unplug, save to a file",
    .details = "As 'detach', and then saves the domain, as 'virsh save' does.",
    .groups = GNF_OPTIONS_PREPARE | GNF_OPTIONS_GUEST,
    .run = run_save,
};

static const GnfCommand restore = {
    .name = "restore",
    .arguments = "FILE",
    .least = 1,
    .most = 1,
    .summary = "Restore from a file, plug in, complete",
    .details = "Restores the domain, as 'virsh restore' does, and goes on as 'attach'.",
    .groups = GNF_OPTIONS_DEVICES | GNF_OPTIONS_GUEST,
    .run = run_restore,
};

static const GnfCommand resume = {
    .name = "resume",
    .arguments = "DOMAIN [DESTURI]",
    .least = 1,
    .most = 2,
    .summary = "Go on after this program, a host or a connection died",
    .details =
        "Finds where the domain runs, what is unplugged and what the guest has pending, and "
        "brings\nthe NICs back there. The hosts are those of the command that was cut short.",
    .groups = GNF_OPTIONS_DEVICES | GNF_OPTIONS_GUEST,
    .run = run_resume,
};

static const GnfCommand mark = {
    .name = "mark",
    .arguments = "DOMAIN DEVICE",
    .least = 2,
    .most = 2,
    .summary = "Say that a device is a primary",
    .details = "Notes in the domain's metadata that DEVICE, a MAC or an alias, is a primary, "
               "whatever\nit is made of. As soon as one device is marked, every one that is passed "
               "through has to\nbe: all or none.",
    .run = gnf_mark,
};

static const GnfCommand unmark = {
    .name = "unmark",
    .arguments = "DOMAIN DEVICE",
    .least = 2,
    .most = 2,
    .summary = "Take that back",
    .details = "Takes the mark out of the domain's metadata.",
    .run = gnf_unmark,
};

const GnfCommand *const gnf_commands[] = {
    &check,
    &migrate,
    &detach,
    &attach,
    &save,
    &restore,
    &resume,
    &mark,
    &unmark,
    NULL,
};
