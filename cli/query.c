/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * query: what the guest can do, every primary with its bond and standby, the operation in flight.
 *
 * For people: one table of managers, one of primaries, and a sentence wherever something is in the
 * way.
 */
#include "cli/report.h"
#include "cli/subcommand.h"
#include "common/table.h"
#include "common/text.h"

static const GnfOption options[] = {{NULL}};

static const GnfColumn manager_columns[] = {
    {"MANAGER", FALSE},
    {"AVAILABLE", FALSE},
    {"VERSION", FALSE},
    {"DETAIL", TRUE},
    {NULL},
};

static const GnfColumn primary_columns[] = {
    {"PRIMARY", FALSE},
    {"MAC", FALSE},
    {"PCI ADDRESS", FALSE},
    {"DRIVER", FALSE},
    {"LINK", FALSE},
    {"ACTIVE", FALSE},
    {"BOND", FALSE},
    {"STANDBY", FALSE},
    {"MANAGER", FALSE},
    {"STATE", FALSE},
    {"READY", FALSE},
    {NULL},
};

static const char *
text_of(JsonObject *object, const char *member)
{
    return json_object_get_string_member_with_default(object, member, NULL);
}

static void
add_yes_no(GnfTable *table, JsonObject *object, const char *member)
{
    gboolean yes = json_object_get_boolean_member(object, member);

    gnf_table_add(table, yes ? "yes" : "no", yes ? GNF_COLOUR_GREEN : GNF_COLOUR_RED);
}

static char *
join(JsonObject *info, const char *member)
{
    JsonArray *array = json_object_get_array_member(info, member);
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < json_array_get_length(array); i++)
        g_string_append_printf(
            text, "%s%s", i > 0 ? ", " : "", json_array_get_string_element(array, i));
    return g_string_free(text, FALSE);
}

static void
print_engine(GString *out, JsonObject *info)
{
    g_autofree char *version = gnf_text_printable(text_of(info, "version"));
    g_autofree char *stages = join(info, "stages");
    g_autofree char *complete_stages = join(info, "complete-stages");
    g_autofree char *policies = join(info, "policies");
    gboolean eject = json_object_get_boolean_member(info, "eject");

    g_string_append_printf(out, "Engine %s\n", version);
    g_string_append_printf(out,
                           "  stages:   %s; of complete: %s\n",
                           *stages ? stages : "-",
                           *complete_stages ? complete_stages : "-");
    g_string_append_printf(out, "  policies: %s\n", *policies ? policies : "-");
    g_string_append_printf(out, "  eject:    %s\n", eject ? "yes" : "no");
}

static void
print_managers(GString *out, JsonArray *managers, gboolean colours)
{
    g_autoptr(GnfTable) table = gnf_table_new(manager_columns);

    for (guint i = 0; i < json_array_get_length(managers); i++) {
        JsonObject *manager = json_array_get_object_element(managers, i);

        gnf_table_add(table, text_of(manager, "manager"), GNF_COLOUR_NONE);
        gnf_table_add(table,
                      json_object_get_boolean_member(manager, "available") ? "yes" : "no",
                      GNF_COLOUR_NONE);
        gnf_table_add(table, text_of(manager, "version"), GNF_COLOUR_NONE);
        gnf_table_add(table, text_of(manager, "detail"), GNF_COLOUR_NONE);
    }
    g_string_append_c(out, '\n');
    gnf_table_print(table, out, colours);
}

static void
add_standby(GnfTable *table, JsonObject *standby)
{
    g_autofree char *text = NULL;
    gboolean link = FALSE;

    if (!standby) {
        gnf_table_add(table, NULL, GNF_COLOUR_NONE);
        return;
    }
    link = json_object_get_boolean_member(standby, "link");
    text = g_strdup_printf("%s%s", text_of(standby, "interface"), link ? "" : " (no link)");
    gnf_table_add(table, text, link ? GNF_COLOUR_NONE : GNF_COLOUR_RED);
}

static JsonObject *
object_of(JsonObject *object, const char *member)
{
    return json_object_has_member(object, member) ? json_object_get_object_member(object, member)
                                                  : NULL;
}

static void
add_primary(GnfTable *table, JsonObject *primary)
{
    JsonObject *bond = object_of(primary, "bond");
    const char *state = text_of(primary, "state");

    gnf_table_add(table, text_of(primary, "interface"), GNF_COLOUR_NONE);
    gnf_table_add(table, text_of(primary, "mac"), GNF_COLOUR_NONE);
    gnf_table_add(table, text_of(primary, "pci-address"), GNF_COLOUR_NONE);
    gnf_table_add(table, text_of(primary, "driver"), GNF_COLOUR_NONE);
    add_yes_no(table, primary, "link");
    gnf_table_add(
        table, json_object_get_boolean_member(primary, "active") ? "yes" : "no", GNF_COLOUR_NONE);
    gnf_table_add(table, bond ? text_of(bond, "interface") : NULL, GNF_COLOUR_NONE);
    add_standby(table, object_of(primary, "standby"));
    gnf_table_add(table, text_of(primary, "manager"), GNF_COLOUR_NONE);
    gnf_table_add(table, state, gnf_report_state_colour(state));
    add_yes_no(table, primary, "ready");
}

/* A bond is described once, whatever the number of its primaries. */
static void
print_bond(GString *out, JsonObject *primary, GHashTable *seen)
{
    JsonObject *bond = object_of(primary, "bond");
    g_autofree char *how = NULL;
    g_autofree char *line = NULL;
    g_autofree char *printable = NULL;

    if (!bond || !g_hash_table_add(seen, (gpointer)(gsize)text_of(bond, "interface")))
        return;
    if (text_of(bond, "manager-detail"))
        how = g_strdup_printf(" (%s)", text_of(bond, "manager-detail"));
    line = g_strdup_printf("%s: %s, active port %s, primary option %s, manager %s%s.",
                           text_of(bond, "interface"),
                           text_of(bond, "mode"),
                           json_object_get_string_member_with_default(bond, "active", "-"),
                           json_object_get_string_member_with_default(bond, "primary-option", "-"),
                           text_of(bond, "manager"),
                           how ? how : "");
    printable = gnf_text_printable(line);
    g_string_append_printf(out, "%s\n", printable);
}

static void
print_remarks(GString *out, JsonObject *primary)
{
    const char *interface = text_of(primary, "interface");
    JsonObject *reason = object_of(primary, "reason");

    if (reason)
        gnf_text_reason(out, interface, "is not ready", reason);
    gnf_text_warnings(out, interface, json_object_get_array_member(primary, "warnings"));
}

static void
print_primaries(GString *out, JsonArray *primaries, gboolean colours)
{
    g_autoptr(GnfTable) table = gnf_table_new(primary_columns);
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GString) remarks = g_string_new(NULL);
    guint count = json_array_get_length(primaries);

    g_string_append_c(out, '\n');
    if (count == 0) {
        g_string_append(out, "No primary: this guest has no pass-through NIC within reach.\n");
        return;
    }
    for (guint i = 0; i < count; i++)
        add_primary(table, json_array_get_object_element(primaries, i));
    gnf_table_print(table, out, colours);
    for (guint i = 0; i < count; i++)
        print_bond(remarks, json_array_get_object_element(primaries, i), seen);
    for (guint i = 0; i < count; i++)
        print_remarks(remarks, json_array_get_object_element(primaries, i));
    if (remarks->len > 0)
        g_string_append_printf(out, "\n%s", remarks->str);
}

/* A sentence for each function that might be a primary and cannot be one. */
static void
print_out_of_reach(GString *out, JsonArray *functions)
{
    guint count = json_array_get_length(functions);

    for (guint i = 0; i < count; i++) {
        JsonObject *function = json_array_get_object_element(functions, i);
        gnf_text_reason(out,
                        text_of(function, "pci-address"),
                        "is out of reach",
                        object_of(function, "reason"));
    }
}

static void
print(GString *out, JsonObject *info, gboolean colours)
{
    JsonObject *operation = object_of(info, "operation");

    print_engine(out, info);
    print_managers(out, json_object_get_array_member(info, "backends"), colours);
    print_primaries(out, json_object_get_array_member(info, "primaries"), colours);
    print_out_of_reach(out, json_object_get_array_member(info, "out-of-reach"));
    g_string_append_c(out, '\n');
    if (operation)
        gnf_report_print(out, operation, colours);
    else
        g_string_append(out, "No operation.\n");
}

const GnfSubcommand gnf_subcommand_query = {
    .name = "query",
    .command = "guest-net-failover-query",
    .summary = "Tell which primaries there are, and whether they are ready",
    .details = "Tells what the guest can do, every pass-through NIC found, whether it is ready to "
               "be\nprepared and if not why, and the operation in flight. Changes nothing.",
    .options = options,
    .print = print,
};
