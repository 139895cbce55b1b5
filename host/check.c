/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * check: a look at both sides of a domain, which changes nothing.
 *
 * It goes on after a problem: the operator is to see all of them at once.
 */
#include "host/check.h"

#include "common/table.h"
#include "common/terminal.h"
#include "common/text.h"
#include "host/guest.h"
#include "host/libvirt.h"
#include "host/phases.h"
#include "host/report.h"

static const GnfColumn columns[] = {
    {"NIC", FALSE},
    {"DEVICE", FALSE},
    {"ALIAS", FALSE},
    {"HOST ADDRESS", TRUE},
    {"MARKED", FALSE},
    {"INTERFACE", FALSE},
    {"BOND", FALSE},
    {"STATE", FALSE},
    {"ACTIVE", FALSE},
    {"READY", FALSE},
    {NULL},
};

typedef struct {
    GnfHost *host;
    GnfHost *destination; /* NULL: none was named */
    GnfRun *run;
    JsonNode *query;     /* the guest's; NULL */
    JsonNode *plan;      /* its dry run; NULL */
    GPtrArray *problems; /* char: what is in the way */
    GPtrArray *remarks;  /* char: what should be known */
} Check;

static void
add(GPtrArray *lines, char *text)
{
    g_ptr_array_add(lines, text);
}

/* FALSE where the phase failed; its error is a problem. */
static gboolean
look(Check *check, const GnfPhase *phase)
{
    g_autoptr(GError) error = NULL;

    if (phase->forward(check->run, &error))
        return TRUE;
    add(check->problems, g_strdup(error->message));
    return FALSE;
}

static JsonObject *
new_dry_run(const Check *check)
{
    JsonObject *arguments = json_object_new();
    JsonArray *devices = json_array_new();

    json_object_set_boolean_member(arguments, "dry-run", TRUE);
    for (guint i = 0; i < check->run->nics->len; i++) {
        const GnfNic *nic = g_ptr_array_index(check->run->nics, i);
        JsonObject *selector = NULL;

        if (!nic->interface)
            continue;
        selector = json_object_new();
        json_object_set_string_member(selector, "interface", nic->interface);
        json_array_add_object_element(devices, selector);
    }
    if (json_array_get_length(devices) > 0)
        json_object_set_array_member(arguments, "devices", devices);
    else
        json_array_unref(devices);
    return arguments;
}

static void
ask_plan(Check *check)
{
    g_autoptr(JsonObject) arguments = new_dry_run(check);
    g_autoptr(GError) error = NULL;

    if (!json_object_has_member(arguments, "devices"))
        return;
    check->plan = gnf_guest_command(
        check->host, "prepare", arguments, check->run->settings->prepare_ms, &error);
    if (!check->plan)
        add(check->problems, g_strdup(error->message));
    else if (!gnf_guest_report_is(check->plan, "planned"))
        add(check->problems, gnf_guest_report_why(check->plan));
}

static void
add_remarks(Check *check, const GnfNic *nic)
{
    g_auto(GStrv) lines = g_strsplit(nic->warnings ? nic->warnings : "", "\n", -1);

    for (guint i = 0; lines[i] && *lines[i]; i++)
        add(check->remarks, g_strdup_printf("%s: %s", nic->interface, lines[i]));
}

static char *
advise(const GnfHost *host, const GError *error)
{
    gboolean is_absent = gnf_host_error_is(error, GNF_HOST_ERROR_UNAIDED) ||
                         gnf_host_error_is(error, GNF_HOST_ERROR_SILENT);

    if (is_absent)
        return g_strdup_printf(
            "%s; install qga-net-failover in the guest, or migrate with --unaided", error->message);
    return g_strdup_printf("%s; see whether 'virsh -c %s qemu-agent-command' reaches the guest's "
                           "agent, by the channel org.qemu.guest_agent.0",
                           error->message,
                           host->uri);
}

static void
ask_guest(Check *check)
{
    g_autoptr(GError) error = NULL;

    check->query = gnf_guest_query(check->host, check->run->settings->prepare_ms, &error);
    if (!check->query) {
        add(check->problems, advise(check->host, error));
        return;
    }
    gnf_nics_match(check->run->nics, json_node_get_object(check->query));
    for (guint i = 0; i < check->run->nics->len; i++) {
        const GnfNic *nic = g_ptr_array_index(check->run->nics, i);

        if (nic->is_out)
            add(check->problems,
                g_strdup_printf("%s is unplugged: 'attach' or 'resume' brings it back",
                                gnf_host_device_name(nic->device)));
        else if (!nic->interface)
            add(check->problems, g_strdup(nic->reason));
        add_remarks(check, nic);
    }
    ask_plan(check);
}

/* -- shown ----------------------------------------------------------------------------------- */

static JsonArray *
texts_json(GPtrArray *lines)
{
    JsonArray *array = json_array_new();

    for (guint i = 0; i < lines->len; i++)
        json_array_add_string_element(array, g_ptr_array_index(lines, i));
    return array;
}

static void
set_text(JsonObject *object, const char *member, const char *text)
{
    if (text)
        json_object_set_string_member(object, member, text);
}

static JsonObject *
nic_json(const GnfNic *nic)
{
    const GnfHostDevice *device = nic->device;
    g_autofree char *what = gnf_host_device_describe(device);
    JsonObject *object = json_object_new();

    set_text(object, "mac", device->mac);
    json_object_set_string_member(object, "device", what);
    set_text(object, "alias", device->alias);
    set_text(object, "host-address", device->host_address);
    json_object_set_boolean_member(object, "marked", device->is_marked);
    json_object_set_boolean_member(object, "unplugged", nic->is_out);
    set_text(object, "interface", nic->interface);
    set_text(object, "bond", nic->bond);
    set_text(object, "state", nic->state);
    json_object_set_boolean_member(object, "active", nic->is_active);
    json_object_set_boolean_member(object, "ready", nic->is_ready);
    set_text(object, "reason", nic->reason);
    return object;
}

static void
print_json(const Check *check)
{
    JsonObject *object = json_object_new();
    JsonArray *nics = json_array_new();

    for (guint i = 0; i < check->run->nics->len; i++)
        json_array_add_object_element(nics, nic_json(g_ptr_array_index(check->run->nics, i)));
    json_object_set_string_member(object, "event", "check");
    json_object_set_string_member(object, "domain", check->host->domain);
    json_object_set_boolean_member(object, "ready", check->problems->len == 0);
    json_object_set_array_member(object, "nics", nics);
    json_object_set_array_member(object, "problems", texts_json(check->problems));
    json_object_set_array_member(object, "remarks", texts_json(check->remarks));
    if (check->query)
        json_object_set_member(object, "guest", json_node_copy(check->query));
    if (check->plan)
        json_object_set_member(object, "plan", json_node_copy(check->plan));
    gnf_report_json(object);
}

static void
add_nic(GnfTable *table, const GnfNic *nic)
{
    const GnfHostDevice *device = nic->device;
    g_autofree char *what = gnf_host_device_describe(device);

    gnf_table_add(table, gnf_host_device_name(device), GNF_COLOUR_NONE);
    gnf_table_add(table, what, GNF_COLOUR_NONE);
    gnf_table_add(table, device->alias, GNF_COLOUR_NONE);
    gnf_table_add(table, device->host_address, GNF_COLOUR_NONE);
    gnf_table_add(table, device->is_marked ? "yes" : "no", GNF_COLOUR_NONE);
    gnf_table_add(table, nic->interface, GNF_COLOUR_NONE);
    gnf_table_add(table, nic->bond, GNF_COLOUR_NONE);
    gnf_table_add(table, nic->is_out ? "unplugged" : nic->state, GNF_COLOUR_NONE);
    gnf_table_add(table, nic->is_active ? "yes" : "no", GNF_COLOUR_NONE);
    gnf_table_add(
        table, nic->is_ready ? "yes" : "no", nic->is_ready ? GNF_COLOUR_GREEN : GNF_COLOUR_RED);
}

static void
append_plan(GString *out, const Check *check)
{
    JsonArray *devices = NULL;

    if (!check->plan || !gnf_guest_report_is(check->plan, "planned"))
        return;
    devices = json_object_get_array_member(json_node_get_object(check->plan), "devices");
    for (guint i = 0; i < json_array_get_length(devices); i++) {
        JsonObject *device = json_array_get_object_element(devices, i);
        JsonArray *steps = json_object_get_array_member(device, "steps");

        g_string_append_printf(
            out, "Would prepare %s:", json_object_get_string_member(device, "interface"));
        for (guint j = 0; j < json_array_get_length(steps); j++)
            g_string_append_printf(
                out,
                "%s %s",
                j > 0 ? "," : "",
                json_object_get_string_member(json_array_get_object_element(steps, j), "step"));
        g_string_append(out, ".\n");
    }
}

static void
append_lines(GString *out, const char *title, GPtrArray *lines)
{
    for (guint i = 0; i < lines->len; i++) {
        g_autofree char *printable = gnf_text_printable(g_ptr_array_index(lines, i));

        g_string_append_printf(out, "%s: %s\n", title, printable);
    }
}

static void
print_text(const Check *check)
{
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(GnfTable) table = gnf_table_new(columns);
    gboolean colours = gnf_wants_colours();
    gboolean is_ready = check->problems->len == 0;

    g_string_append_printf(out, "%s on %s: ", check->host->domain, check->host->uri);
    gnf_colour_append(out,
                      is_ready ? "ready" : "NOT ready",
                      is_ready ? GNF_COLOUR_GREEN : GNF_COLOUR_RED,
                      colours);
    g_string_append_c(out, '\n');
    for (guint i = 0; i < check->run->nics->len; i++)
        add_nic(table, g_ptr_array_index(check->run->nics, i));
    if (check->run->nics->len > 0) {
        g_string_append_c(out, '\n');
        gnf_table_print(table, out, colours);
        g_string_append_c(out, '\n');
    }
    append_plan(out, check);
    append_lines(out, "problem", check->problems);
    append_lines(out, "warning", check->remarks);
    gnf_write_out(out->str);
}

static void
check_clear(Check *check)
{
    g_clear_pointer(&check->query, json_node_unref);
    g_clear_pointer(&check->plan, json_node_unref);
    g_ptr_array_unref(check->problems);
    g_ptr_array_unref(check->remarks);
    gnf_run_free(check->run);
    gnf_libvirt_close(check->host);
    if (check->destination)
        gnf_libvirt_close(check->destination);
}

static gboolean
open_hosts(GnfCommandLine *line, Check *check, GError **error)
{
    check->host = gnf_libvirt_open(line->uri, line->words[0], error);
    if (check->host && line->words[1])
        check->destination = gnf_libvirt_open(line->words[1], line->words[0], error);
    if (check->host && (check->destination || !line->words[1]))
        return TRUE;
    g_clear_pointer(&check->host, gnf_libvirt_close);
    return FALSE;
}

GnfHostExit
gnf_check(GnfCommandLine *line)
{
    g_autoptr(GError) error = NULL;
    Check check = {NULL};
    gboolean is_ready = FALSE;

    if (!open_hosts(line, &check, &error)) {
        gnf_host_complain(NULL, error->message);
        return GNF_HOST_EXIT_UNKNOWN;
    }
    check.run = gnf_run_new(check.host, check.destination, line->settings);
    check.problems = g_ptr_array_new_with_free_func(g_free);
    check.remarks = g_ptr_array_new_with_free_func(g_free);
    if (look(&check, &gnf_phase_inspect)) {
        ask_guest(&check);
        if (check.destination)
            look(&check, &gnf_phase_choose);
    }
    if (line->json)
        print_json(&check);
    else
        print_text(&check);
    is_ready = check.problems->len == 0;
    check_clear(&check);
    return is_ready ? GNF_HOST_EXIT_DONE : GNF_HOST_EXIT_FAILED;
}
