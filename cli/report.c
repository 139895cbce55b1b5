/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GuestNetFailoverReport for people: one line for the whole, one row for each device, and a
 * sentence for each reason and warning.
 */
#include "cli/report.h"

#include "common/text.h"
#include "qapi/types.h"

static const GnfColumn columns[] = {
    {"INTERFACE", FALSE},
    {"MAC", FALSE},
    {"REPLACES", TRUE},
    {"PCI ADDRESS", FALSE},
    {"BOND", FALSE},
    {"STANDBY", FALSE},
    {"MANAGER", FALSE},
    {"STATE", FALSE},
    {"STEPS", TRUE},
    {"TIME", FALSE},
    {NULL},
};

static GnfStatus
status_of(JsonObject *report)
{
    GnfStatus status = GNF_STATUS_FAILED;

    gnf_status_from_string(json_object_get_string_member(report, "status"), &status);
    return status;
}

static GnfColour
status_colour(GnfStatus status)
{
    switch (status) {
    case GNF_STATUS_DONE:
    case GNF_STATUS_PLANNED:
        return GNF_COLOUR_GREEN;
    case GNF_STATUS_WAITING:
    case GNF_STATUS_PARTIAL:
        return GNF_COLOUR_YELLOW;
    case GNF_STATUS_FAILED:
        return GNF_COLOUR_RED;
    }
    g_assert_not_reached();
}

GnfColour
gnf_report_state_colour(const char *state)
{
    return g_strcmp0(state, "attached") == 0 ? GNF_COLOUR_GREEN : GNF_COLOUR_YELLOW;
}

static void
print_heading(GString *out, JsonObject *report, gboolean colours)
{
    const char *operation = json_object_get_string_member_with_default(report, "operation", NULL);
    const char *status = json_object_get_string_member(report, "status");

    gnf_colour_append(out, json_object_get_string_member(report, "verb"), GNF_COLOUR_BOLD, colours);
    g_string_append(out, ": ");
    gnf_colour_append(out, status, status_colour(status_of(report)), colours);
    if (operation) {
        g_autofree char *printable = gnf_text_printable(operation);

        g_string_append_printf(out, " (operation %s)", printable);
    }
    g_string_append_c(out, '\n');
}

static char *
join_steps(JsonArray *steps)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < json_array_get_length(steps); i++) {
        JsonObject *step = json_array_get_object_element(steps, i);
        gint64 elapsed = json_object_get_int_member(step, "elapsed-us");
        g_autofree char *duration = gnf_text_duration((guint64)elapsed);

        g_string_append_printf(text,
                               "%s%s %s",
                               i > 0 ? ", " : "",
                               json_object_get_string_member(step, "step"),
                               duration);
    }
    return g_string_free(text, FALSE);
}

static void
add_text(GnfTable *table, JsonObject *device, const char *member)
{
    gnf_table_add(
        table, json_object_get_string_member_with_default(device, member, NULL), GNF_COLOUR_NONE);
}

static void
add_device(GnfTable *table, JsonObject *device)
{
    const char *state = json_object_get_string_member(device, "state");
    gint64 elapsed = json_object_get_int_member(device, "elapsed-ms");
    g_autofree char *steps = join_steps(json_object_get_array_member(device, "steps"));
    g_autofree char *time = g_strdup_printf("%" G_GINT64_FORMAT " ms", elapsed);

    add_text(table, device, "interface");
    add_text(table, device, "mac");
    add_text(table, device, "replaces");
    add_text(table, device, "pci-address");
    add_text(table, device, "bond");
    add_text(table, device, "standby");
    add_text(table, device, "manager");
    gnf_table_add(table, state, gnf_report_state_colour(state));
    gnf_table_add(table, steps, GNF_COLOUR_NONE);
    gnf_table_add(table, time, GNF_COLOUR_NONE);
}

static void
print_remarks(GString *out, JsonObject *device, GnfStatus status)
{
    const char *interface = json_object_get_string_member(device, "interface");
    const char *verb = status == GNF_STATUS_WAITING ? "is not done yet" : "failed";

    if (json_object_has_member(device, "reason"))
        gnf_text_reason(out, interface, verb, json_object_get_object_member(device, "reason"));
    gnf_text_warnings(out, interface, json_object_get_array_member(device, "warnings"));
}

static void
print_devices(GString *out, JsonArray *devices, gboolean colours)
{
    g_autoptr(GnfTable) table = gnf_table_new(columns);

    g_string_append_c(out, '\n');
    if (json_array_get_length(devices) == 0) {
        g_string_append(out, "No device: there was nothing to do.\n");
        return;
    }
    for (guint i = 0; i < json_array_get_length(devices); i++)
        add_device(table, json_array_get_object_element(devices, i));
    gnf_table_print(table, out, colours);
}

void
gnf_report_print(GString *out, JsonObject *report, gboolean colours)
{
    JsonArray *devices = json_object_get_array_member(report, "devices");
    GnfStatus status = status_of(report);
    g_autoptr(GString) remarks = g_string_new(NULL);

    print_heading(out, report, colours);
    print_devices(out, devices, colours);
    for (guint i = 0; i < json_array_get_length(devices); i++)
        print_remarks(remarks, json_array_get_object_element(devices, i), status);
    gnf_text_warnings(remarks, NULL, json_object_get_array_member(report, "warnings"));
    if (status == GNF_STATUS_WAITING)
        g_string_append(remarks,
                        "The work goes on in the guest. Give the same command again, or query, to "
                        "see its end.\n");
    if (remarks->len > 0)
        g_string_append_printf(out, "\n%s", remarks->str);
}
