/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the operator sees.
 *
 * Phases go to standard error, and only where that is a terminal; the result, and with --json all
 * of it, to standard output. What is wrong goes to standard error in any case.
 */
#include "host/report.h"

#include <stdio.h>
#include <unistd.h>

#include "common/table.h"
#include "common/terminal.h"
#include "common/text.h"

static const GnfColumn columns[] = {
    {"NIC", FALSE},
    {"REPLACED BY", TRUE},
    {"INTERFACE", FALSE},
    {"BOND", FALSE},
    {"STATE", FALSE},
    {"ACTIVE", FALSE},
    {"PROBLEM", TRUE},
    {NULL},
};

static const struct {
    const char *word; /* of the JSON */
    const char *text;
    GnfHostExit exit;
    GnfColour colour;
} outcomes[] = {
    [GNF_OUTCOME_DONE] = {"done", "done", GNF_HOST_EXIT_DONE, GNF_COLOUR_GREEN},
    [GNF_OUTCOME_REFUSED] = {"refused",
                             "refused: nothing was changed",
                             GNF_HOST_EXIT_FAILED,
                             GNF_COLOUR_RED},
    [GNF_OUTCOME_PUT_BACK] = {"put-back",
                              "failed: all was put back",
                              GNF_HOST_EXIT_FAILED,
                              GNF_COLOUR_RED},
    [GNF_OUTCOME_DEGRADED] = {"degraded",
                              "DEGRADED: a NIC is not where it belongs",
                              GNF_HOST_EXIT_DEGRADED,
                              GNF_COLOUR_RED},
    [GNF_OUTCOME_UNKNOWN] = {"unknown",
                             "UNKNOWN: not everybody can be asked how things stand",
                             GNF_HOST_EXIT_UNKNOWN,
                             GNF_COLOUR_RED},
};

void
gnf_host_complain(const char *where, const char *problem)
{
    g_autofree char *printable = gnf_text_printable(problem);

    fprintf(
        stderr, "virt-net-failover: %s%s%s\n", where ? where : "", where ? ": " : "", printable);
}

void
gnf_report_json(JsonObject *object)
{
    g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
    g_autofree char *text = NULL;
    g_autofree char *line = NULL;

    json_node_take_object(node, object);
    text = json_to_string(node, FALSE);
    line = g_strconcat(text, "\n", NULL);
    gnf_write_out(line);
}

static JsonObject *
new_event(const char *event)
{
    JsonObject *object = json_object_new();

    json_object_set_string_member(object, "event", event);
    return object;
}

static void
set_text(JsonObject *object, const char *member, const char *text)
{
    if (text)
        json_object_set_string_member(object, member, text);
}

static void
wipe(GnfReport *report)
{
    /* ECMA-48, Erase in Line. */
    if (report->is_line_open)
        fputs("\r\033[K", stderr);
    report->is_line_open = FALSE;
}

static void
on_phase(const GnfRun *run, const char *phase, gboolean is_back, gpointer data)
{
    GnfReport *report = data;

    if (report->json) {
        JsonObject *event = new_event("phase");

        json_object_set_string_member(event, "phase", phase);
        json_object_set_boolean_member(event, "back", is_back);
        gnf_report_json(event);
    } else if (report->is_terminal) {
        wipe(report);
        fprintf(stderr, "%s%s ...", is_back ? "back: " : "", phase);
        fflush(stderr);
        report->is_line_open = TRUE;
    }
}

static void
on_progress(const GnfRun *run, const char *phase, guint percent, gpointer data)
{
    GnfReport *report = data;

    if (report->json) {
        JsonObject *event = new_event("progress");

        json_object_set_string_member(event, "phase", phase);
        json_object_set_int_member(event, "percent", percent);
        gnf_report_json(event);
    } else if (report->is_terminal) {
        wipe(report);
        fprintf(stderr, "%s ... %u %%", phase, percent);
        fflush(stderr);
        report->is_line_open = TRUE;
    }
}

static void
on_ended(const GnfRun *run, const char *phase, gint64 ms, const GError *error, gpointer data)
{
    GnfReport *report = data;

    if (report->json) {
        JsonObject *event = new_event("phase-ended");

        json_object_set_string_member(event, "phase", phase);
        json_object_set_int_member(event, "elapsed-ms", ms);
        set_text(event, "error", error ? error->message : NULL);
        gnf_report_json(event);
        return;
    }
    wipe(report);
    if (error)
        gnf_host_complain(phase, error->message);
    else if (report->is_terminal) {
        g_autofree char *duration = gnf_text_duration((guint64)ms * 1000);

        fprintf(stderr, "%-12s %s\n", phase, duration);
    }
}

static void
on_warning(const GnfRun *run, const char *text, gpointer data)
{
    GnfReport *report = data;

    if (report->json)
        return;
    wipe(report);
    gnf_host_complain("warning", text);
}

static const GnfListener listener = {on_phase, on_progress, on_ended, on_warning};

void
gnf_report_begin(GnfReport *report, const GnfCommandLine *line, GnfRun *run)
{
    *report = (GnfReport){.json = line->json, .is_terminal = isatty(STDERR_FILENO) == 1};
    run->listener = &listener;
    run->listener_data = report;
}

/* -- the end --------------------------------------------------------------------------------- */

static const char *
replaced_by(const GnfNic *nic)
{
    const char *name = gnf_host_device_name(gnf_nic_plugged(nic));

    return g_str_equal(name, gnf_host_device_name(nic->device)) ? NULL : name;
}

static const char *
state_of(const GnfNic *nic)
{
    return nic->is_out ? "unplugged" : nic->state;
}

static JsonObject *
nic_json(const GnfNic *nic)
{
    JsonObject *object = json_object_new();

    json_object_set_string_member(object, "nic", gnf_host_device_name(nic->device));
    set_text(object, "replaced-by", replaced_by(nic));
    set_text(object, "interface", nic->interface);
    set_text(object, "bond", nic->bond);
    set_text(object, "state", state_of(nic));
    json_object_set_boolean_member(object, "active", nic->is_active && !nic->is_out);
    set_text(object, "problem", nic->problem);
    return object;
}

static JsonArray *
timings_json(const GnfRun *run)
{
    JsonArray *array = json_array_new();

    for (guint i = 0; i < run->timings->len; i++) {
        const GnfTiming *timing = &g_array_index(run->timings, GnfTiming, i);
        JsonObject *object = json_object_new();

        json_object_set_string_member(object, "phase", timing->phase);
        json_object_set_boolean_member(object, "back", timing->is_back);
        json_object_set_int_member(object, "elapsed-ms", timing->ms);
        json_array_add_object_element(array, object);
    }
    return array;
}

static void
print_json(const GnfCommandLine *line, const GnfRun *run, GnfOutcome outcome)
{
    JsonObject *result = new_event("result");
    JsonArray *nics = json_array_new();
    JsonArray *warnings = json_array_new();

    json_object_set_string_member(result, "command", line->command);
    json_object_set_string_member(result, "domain", run->here->domain);
    json_object_set_string_member(result, "outcome", outcomes[outcome].word);
    json_object_set_int_member(result, "exit", outcomes[outcome].exit);
    if (!run->is_lost)
        json_object_set_string_member(result, "host", run->here->uri);
    set_text(result, "error", run->error ? run->error->message : NULL);
    set_text(result, "back-error", run->back_error ? run->back_error->message : NULL);
    for (guint i = 0; i < run->nics->len; i++)
        json_array_add_object_element(nics, nic_json(g_ptr_array_index(run->nics, i)));
    for (guint i = 0; i < run->warnings->len; i++)
        json_array_add_string_element(warnings, g_ptr_array_index(run->warnings, i));
    json_object_set_array_member(result, "nics", nics);
    json_object_set_array_member(result, "warnings", warnings);
    json_object_set_array_member(result, "phases", timings_json(run));
    gnf_report_json(result);
}

static void
add_nic(GnfTable *table, const GnfNic *nic)
{
    const char *state = state_of(nic);
    gboolean is_well = g_strcmp0(state, "attached") == 0;

    gnf_table_add(table, gnf_host_device_name(nic->device), GNF_COLOUR_NONE);
    gnf_table_add(table, replaced_by(nic), GNF_COLOUR_NONE);
    gnf_table_add(table, nic->interface, GNF_COLOUR_NONE);
    gnf_table_add(table, nic->bond, GNF_COLOUR_NONE);
    gnf_table_add(table, state, is_well ? GNF_COLOUR_GREEN : GNF_COLOUR_YELLOW);
    gnf_table_add(table, nic->is_active && !nic->is_out ? "yes" : "no", GNF_COLOUR_NONE);
    gnf_table_add(table, nic->problem, GNF_COLOUR_RED);
}

static void
append_timings(GString *out, const GnfRun *run)
{
    g_string_append(out, "\nPhases:");
    for (guint i = 0; i < run->timings->len; i++) {
        const GnfTiming *timing = &g_array_index(run->timings, GnfTiming, i);
        g_autofree char *duration = gnf_text_duration((guint64)timing->ms * 1000);

        g_string_append_printf(out,
                               "%s %s%s %s",
                               i > 0 ? "," : "",
                               timing->is_back ? "back from " : "",
                               timing->phase,
                               duration);
    }
    g_string_append(out, ".\n");
}

static void
print_text(const GnfCommandLine *line, const GnfRun *run, GnfOutcome outcome)
{
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(GnfTable) table = gnf_table_new(columns);
    gboolean colours = gnf_wants_colours();

    g_string_append_printf(out, "%s of %s: ", line->command, run->here->domain);
    gnf_colour_append(out, outcomes[outcome].text, outcomes[outcome].colour, colours);
    if (!run->is_lost)
        g_string_append_printf(out, "; on %s", run->here->uri);
    g_string_append_c(out, '\n');
    for (guint i = 0; i < run->nics->len; i++)
        add_nic(table, g_ptr_array_index(run->nics, i));
    if (run->nics->len > 0) {
        g_string_append_c(out, '\n');
        gnf_table_print(table, out, colours);
    }
    append_timings(out, run);
    gnf_write_out(out->str);
}

GnfHostExit
gnf_report_end(GnfReport *report, const GnfCommandLine *line, const GnfRun *run, GnfOutcome outcome)
{
    wipe(report);
    /* No phase has told of it. */
    if (gnf_host_error_is(run->error, GNF_HOST_ERROR_INTERRUPTED))
        gnf_host_complain(NULL, run->error->message);
    if (report->json)
        print_json(line, run, outcome);
    else
        print_text(line, run, outcome);
    return outcomes[outcome].exit;
}
