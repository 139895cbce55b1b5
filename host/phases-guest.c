/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Phases in which the guest acts.
 *
 * What the guest answers is what holds: a NIC counts as back when the guest's own query says that
 * it is a port of its bond.
 */
#include "host/guest.h"
#include "host/phases.h"

/* A NIC that could not be plugged in keeps complete waiting: the others do not need long. */
#define INCOMPLETE_MS 30000

static GnfNic *
nic_at(const GnfRun *run, guint index)
{
    return g_ptr_array_index(run->nics, index);
}

static gboolean
is_aided(const GnfRun *run)
{
    return run->is_aided;
}

static gboolean
goes_by_stages(const GnfRun *run)
{
    return run->is_aided && run->by_stages;
}

/* -- ask ------------------------------------------------------------------------------------- */

/* A guest without the commands, or without an agent, is the operator's decision. */
static gboolean
go_on_unaided(GnfRun *run, GError *problem, GError **error)
{
    gboolean is_absent = gnf_host_error_is(problem, GNF_HOST_ERROR_UNAIDED) ||
                         gnf_host_error_is(problem, GNF_HOST_ERROR_SILENT);

    if (!is_absent || !run->settings->unaided) {
        g_propagate_error(error, problem);
        if (is_absent)
            g_prefix_error(error,
                           "the guest cannot help (install qga-net-failover there, or go on by "
                           "plain hotplug with --unaided, which loses traffic): ");
        return FALSE;
    }
    gnf_run_warn(run,
                 g_strdup_printf("the guest is not prepared (%s): traffic is lost at the unplug, "
                                 "and nothing puts the new NIC into its bond",
                                 problem->message));
    g_error_free(problem);
    run->is_aided = FALSE;
    return TRUE;
}

static gboolean
check_found(const GnfRun *run, GError **error)
{
    for (guint i = 0; i < run->nics->len; i++) {
        const GnfNic *nic = nic_at(run, i);

        if (nic->interface || nic->is_out)
            continue;
        g_set_error(error,
                    GNF_HOST_ERROR,
                    GNF_HOST_ERROR_REFUSED,
                    "%s (%s)",
                    nic->reason,
                    gnf_host_device_name(nic->device));
        return FALSE;
    }
    return TRUE;
}

static void
decide_stages(GnfRun *run)
{
    gboolean is_shared = FALSE;

    for (guint i = 0; i < run->nics->len; i++)
        is_shared = is_shared || nic_at(run, i)->has_shared_mac;
    run->by_stages = is_shared && run->settings->filter;
    if (is_shared && !run->settings->filter)
        gnf_run_warn(run,
                     g_strdup("shared-mac: the bond sends with one MAC through either NIC; where "
                              "the network pins that MAC to a port, name a program that moves the "
                              "filter with --filter, or traffic is lost"));
}

static gboolean
ask(GnfRun *run, GError **error)
{
    GError *problem = NULL;
    g_autoptr(JsonNode) info = gnf_guest_query(run->source, run->settings->prepare_ms, &problem);

    run->is_aided = TRUE;
    if (!info)
        return go_on_unaided(run, problem, error);
    gnf_nics_match(run->nics, json_node_get_object(info));
    if (!check_found(run, error))
        return FALSE;
    decide_stages(run);
    return TRUE;
}

const GnfPhase gnf_phase_ask = {.name = "ask", .forward = ask};

/* -- prepare --------------------------------------------------------------------------------- */

static JsonObject *
new_arguments(const GnfRun *run)
{
    JsonObject *arguments = json_object_new();
    JsonArray *devices = json_array_new();

    for (guint i = 0; i < run->nics->len; i++) {
        const GnfNic *nic = nic_at(run, i);
        JsonObject *selector = NULL;

        if (nic->is_out)
            continue;
        selector = json_object_new();
        if (nic->device->guest_mac)
            json_object_set_string_member(selector, "mac", nic->device->guest_mac);
        else
            json_object_set_string_member(selector, "interface", nic->interface);
        json_array_add_object_element(devices, selector);
    }
    json_object_set_array_member(arguments, "devices", devices);
    return arguments;
}

static gboolean
is_left(const char *state)
{
    return g_str_equal(state, "detached") || g_str_equal(state, "absent");
}

/* With eject a slot may refuse, while its NIC is out of the bond all the same: the host unplugs. */
static gboolean
all_detached(JsonNode *report)
{
    JsonArray *devices = json_object_get_array_member(json_node_get_object(report), "devices");

    for (guint i = 0; i < json_array_get_length(devices); i++) {
        JsonObject *device = json_array_get_object_element(devices, i);

        if (!is_left(json_object_get_string_member(device, "state")))
            return FALSE;
    }
    return json_array_get_length(devices) > 0;
}

/* The guest's reasons, each to its NIC, for the table. */
static void
take_problems(GnfRun *run, JsonNode *report)
{
    JsonArray *devices = json_object_get_array_member(json_node_get_object(report), "devices");

    for (guint i = 0; i < run->nics->len; i++) {
        GnfNic *nic = nic_at(run, i);

        for (guint j = 0; j < json_array_get_length(devices); j++)
            gnf_nic_take_problem(nic, json_array_get_object_element(devices, j));
    }
}

static gboolean
judge(GnfRun *run, JsonNode *report, const char *verb, GError **error)
{
    g_autofree char *why = NULL;

    if (gnf_guest_report_is(report, "done"))
        return TRUE;
    take_problems(run, report);
    why = gnf_guest_report_why(report);
    g_set_error(error,
                GNF_HOST_ERROR,
                GNF_HOST_ERROR_FAILED,
                gnf_guest_report_is(report, "waiting")
                    ? "%s in the guest has not ended within its time limit: %s"
                    : "%s in the guest failed: %s",
                verb,
                why);
    return FALSE;
}

static gboolean
give_prepare(GnfRun *run, JsonObject *arguments, GError **error)
{
    guint limit_ms = run->settings->prepare_ms;
    g_autoptr(JsonNode) report = NULL;

    report = gnf_guest_command(run->source, "prepare", arguments, limit_ms, error);
    if (!report)
        return FALSE;
    if (run->settings->eject && all_detached(report))
        return TRUE;
    return judge(run, report, "prepare", error);
}

static gboolean
prepare(GnfRun *run, GError **error)
{
    g_autoptr(JsonObject) arguments = new_arguments(run);
    g_autoptr(GError) problem = NULL;

    if (json_array_get_length(json_object_get_array_member(arguments, "devices")) == 0)
        return TRUE;
    if (run->by_stages)
        json_object_set_string_member(arguments, "stage", "switch");
    else if (run->settings->eject)
        json_object_set_boolean_member(arguments, "eject", TRUE);
    /* From here on nobody knows, until the guest has answered. */
    run->is_prepared = TRUE;
    run->is_released = !run->by_stages;
    if (give_prepare(run, arguments, &problem)) {
        run->is_changed = TRUE;
        return TRUE;
    }
    /* An error of the guest's: it has changed nothing, or put all back. */
    if (gnf_host_error_is(problem, GNF_HOST_ERROR_REFUSED))
        run->is_prepared = FALSE;
    g_propagate_error(error, g_steal_pointer(&problem));
    return FALSE;
}

static gboolean
give(GnfRun *run, const char *verb, JsonObject *arguments, GError **error)
{
    guint limit_ms = run->settings->complete_ms;
    g_autoptr(JsonNode) report = NULL;

    if (run->is_incomplete)
        limit_ms = MIN(limit_ms, INCOMPLETE_MS);
    report = gnf_guest_command(run->here, verb, arguments, limit_ms, error);
    return report && judge(run, report, verb, error);
}

static gboolean
was_anything_out(const GnfRun *run)
{
    for (guint i = 0; i < run->nics->len; i++)
        if (nic_at(run, i)->was_out)
            return TRUE;
    return FALSE;
}

/* cancel would forget a NIC that has just been plugged in again, and is not there yet. */
static gboolean
put_back(GnfRun *run, GError **error)
{
    if (!run->is_prepared && !was_anything_out(run))
        return TRUE;
    return give(run, was_anything_out(run) ? "complete" : "cancel", NULL, error);
}

const GnfPhase gnf_phase_prepare = {
    .name = "prepare", .applies = is_aided, .forward = prepare, .back = put_back};

static gboolean
release(GnfRun *run, GError **error)
{
    g_autoptr(JsonObject) arguments = new_arguments(run);

    if (!run->is_prepared)
        return TRUE;
    json_object_set_string_member(arguments, "stage", "release");
    if (run->settings->eject)
        json_object_set_boolean_member(arguments, "eject", TRUE);
    run->is_released = TRUE;
    return give_prepare(run, arguments, error);
}

static gboolean
give_attach_stage(GnfRun *run, JsonObject *arguments, GError **error)
{
    json_object_set_string_member(arguments, "stage", "attach");
    return give(run, "complete", arguments, error);
}

static gboolean
take_in_again(GnfRun *run, GError **error)
{
    g_autoptr(JsonObject) arguments = json_object_new();

    return !run->is_released || give_attach_stage(run, arguments, error);
}

const GnfPhase gnf_phase_release = {
    .name = "release", .applies = goes_by_stages, .forward = release, .back = take_in_again};

/* -- and after it was plugged in ----------------------------------------------------------------
 */

/* An operation in which any device is where the guest's configuration does not have it. */
static void
look_for_operation(GnfRun *run, JsonObject *info)
{
    JsonObject *operation = json_object_has_member(info, "operation")
                                ? json_object_get_object_member(info, "operation")
                                : NULL;
    JsonArray *devices = operation ? json_object_get_array_member(operation, "devices") : NULL;

    for (guint i = 0; devices && i < json_array_get_length(devices); i++) {
        JsonObject *device = json_array_get_object_element(devices, i);

        const char *state = json_object_get_string_member(device, "state");

        if (g_str_equal(state, "absent") || g_str_equal(state, "present"))
            run->needs_complete = TRUE;
        else if (!g_str_equal(state, "attached"))
            run->needs_cancel = TRUE;
    }
}

/* Nothing more can be done in the guest now. */
static gboolean
miss_agent(GnfRun *run, GError *problem, GError **error)
{
    run->is_aided = FALSE;
    if (run->settings->unaided && gnf_host_error_is(problem, GNF_HOST_ERROR_UNAIDED)) {
        g_error_free(problem);
        return TRUE;
    }
    g_propagate_error(error, problem);
    g_prefix_error(error,
                   "the NICs are plugged in, but the guest cannot be told (give 'attach' when its "
                   "agent answers): ");
    return FALSE;
}

static gboolean
wait_for_agent(GnfRun *run, GError **error)
{
    GnfHost *host = run->here;
    GError *problem = NULL;
    g_autoptr(JsonNode) info = NULL;

    if (host->operations->wait_agent(host, run->settings->agent_ms, &problem))
        info = gnf_guest_query(host, run->settings->agent_ms, &problem);
    if (!info)
        return miss_agent(run, problem, error);
    look_for_operation(run, json_node_get_object(info));
    return TRUE;
}

const GnfPhase gnf_phase_agent = {.name = "agent", .applies = is_aided, .forward = wait_for_agent};

static void
set_text(JsonObject *object, const char *member, const char *text)
{
    if (text)
        json_object_set_string_member(object, member, text);
}

/* Only where an address has changed does the guest need to be told. */
static JsonObject *
new_replacements(const GnfRun *run)
{
    JsonObject *arguments = json_object_new();
    JsonArray *devices = json_array_new();
    gboolean is_needed = FALSE;

    for (guint i = 0; i < run->nics->len; i++) {
        const GnfNic *nic = nic_at(run, i);
        const GnfHostDevice *plugged = gnf_nic_plugged(nic);
        const char *predecessor =
            nic->device->replaces ? nic->device->replaces : nic->device->guest_mac;
        JsonObject *device = NULL;

        if (nic->is_out || !plugged->guest_mac)
            continue;
        device = json_object_new();
        set_text(device, "mac", plugged->guest_mac);
        set_text(device, "replaces", predecessor);
        json_array_add_object_element(devices, device);
        is_needed = is_needed || g_strcmp0(plugged->guest_mac, predecessor) != 0;
    }
    if (is_needed)
        json_object_set_array_member(arguments, "devices", devices);
    else
        json_array_unref(devices);
    return arguments;
}

static gboolean
look_again(GnfRun *run, GError **error)
{
    g_autoptr(JsonNode) info = gnf_guest_query(run->here, run->settings->prepare_ms, error);

    if (info)
        gnf_nics_match(run->nics, json_node_get_object(info));
    return info != NULL;
}

static gboolean
join(GnfRun *run, GError **error)
{
    g_autoptr(JsonObject) arguments = new_replacements(run);

    if (!was_anything_out(run) && !run->needs_complete)
        return TRUE;
    return give_attach_stage(run, arguments, error) && look_again(run, error);
}

const GnfPhase gnf_phase_join = {.name = "join", .applies = goes_by_stages, .forward = join};

static gboolean
complain(const GnfRun *run, const GnfNic *nic, GError **error)
{
    g_set_error(error,
                GNF_HOST_ERROR,
                GNF_HOST_ERROR_FAILED,
                "%s: %s; see 'virt-net-failover check %s'",
                gnf_host_device_name(gnf_nic_plugged(nic)),
                nic->problem,
                run->here->domain);
    return FALSE;
}

/* The guest's own word on each NIC. */
static gboolean
verify(GnfRun *run, GError **error)
{
    if (!look_again(run, error))
        return FALSE;
    for (guint i = 0; i < run->nics->len; i++) {
        GnfNic *nic = nic_at(run, i);

        if (nic->is_out || (g_strcmp0(nic->state, "attached") == 0 && nic->bond))
            continue;
        if (!nic->problem)
            nic->problem = g_strdup_printf("in the guest it is %s, and not back in its bond%s%s",
                                           nic->state ? nic->state : "not seen",
                                           nic->reason ? ": " : "",
                                           nic->reason ? nic->reason : "");
        return complain(run, nic, error);
    }
    return TRUE;
}

static gboolean
all_out(const GnfRun *run)
{
    for (guint i = 0; i < run->nics->len; i++)
        if (!nic_at(run, i)->is_out)
            return FALSE;
    return TRUE;
}

/* Nothing unplugged, but prepared: called off. Nothing pending at all: looked at. */
static gboolean
complete(GnfRun *run, GError **error)
{
    g_autoptr(JsonObject) arguments = new_replacements(run);
    g_autoptr(GError) problem = NULL;
    gboolean good = TRUE;

    if (all_out(run))
        return TRUE;
    if (was_anything_out(run) || run->needs_complete)
        good = give(run, "complete", arguments, &problem);
    else if (run->needs_cancel)
        good = give(run, "cancel", NULL, &problem);
    if (!good) {
        g_propagate_error(error, g_steal_pointer(&problem));
        /* For the table. */
        verify(run, NULL);
        return FALSE;
    }
    return verify(run, error);
}

const GnfPhase gnf_phase_complete = {.name = "complete", .applies = is_aided, .forward = complete};
