/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest-net-failover-query; see query.h. The managers are asked for their versions one after the
 * other, then for what they own, and for what they do besides the owners; the answer is built at
 * the end.
 */
#include "failover/query.h"

#include "failover/conflicts.h"
#include "failover/error.h"
#include "failover/out-of-reach.h"
#include "failover/plan.h"
#include "failover/report.h"
#include "failover/select.h"

typedef struct {
    GnfContext *context;
    JsonBuilder *builder;
    GPtrArray *inventory; /* with its owners; NULL until known */
    guint next;           /* the manager whose version is asked for next */
} Query;

static void
query_free(gpointer data)
{
    Query *query = data;

    g_object_unref(query->builder);
    g_clear_pointer(&query->inventory, g_ptr_array_unref);
    g_free(query);
}

static void
add_string(JsonBuilder *builder, const char *name, const char *value)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_string_value(builder, value);
}

static void
begin_array(JsonBuilder *builder, const char *name)
{
    json_builder_set_member_name(builder, name);
    json_builder_begin_array(builder);
}

static void
add_head(JsonBuilder *builder)
{
    json_builder_begin_object(builder);
    add_string(builder, "version", GNF_VERSION);
    begin_array(builder, "stages");
    json_builder_add_string_value(builder, gnf_stage_to_string(GNF_STAGE_SWITCH));
    json_builder_add_string_value(builder, gnf_stage_to_string(GNF_STAGE_RELEASE));
    json_builder_end_array(builder);
    begin_array(builder, "complete-stages");
    json_builder_add_string_value(builder, gnf_complete_stage_to_string(GNF_COMPLETE_STAGE_ATTACH));
    json_builder_add_string_value(builder,
                                  gnf_complete_stage_to_string(GNF_COMPLETE_STAGE_ACTIVATE));
    json_builder_end_array(builder);
    begin_array(builder, "policies");
    json_builder_add_string_value(builder, gnf_policy_to_string(GNF_POLICY_ALL_OR_NOTHING));
    json_builder_add_string_value(builder, gnf_policy_to_string(GNF_POLICY_BEST_EFFORT));
    json_builder_end_array(builder);
    json_builder_set_member_name(builder, "eject");
    json_builder_add_boolean_value(builder, g_file_test("/sys/bus/pci/slots", G_FILE_TEST_IS_DIR));
}

static GnfState
state_of(const GnfContext *context, const GnfPrimary *primary)
{
    const GnfOperationDevice *device = gnf_context_find(context, primary->link->ifindex);

    if (device)
        return device->state;
    return primary->bond || primary->kernel ? GNF_STATE_ATTACHED : GNF_STATE_PRESENT;
}

/* What a prepare without selectors would be about, and this one. */
static GPtrArray *
going_with(const GPtrArray *inventory, GnfPrimary *primary)
{
    GPtrArray *going = g_ptr_array_new();

    for (guint i = 0; i < inventory->len; i++) {
        GnfPrimary *other = g_ptr_array_index(inventory, i);
        if (other == primary || gnf_select_by_default(other))
            g_ptr_array_add(going, other);
    }
    return going;
}

/* why: the managers could not be asked for what they own, so that no primary is ready; or NULL. */
static void
add_primaries(JsonBuilder *builder,
              const GnfContext *context,
              const GPtrArray *inventory,
              const GError *why)
{
    begin_array(builder, "primaries");
    for (guint i = 0; i < inventory->len; i++) {
        GnfPrimary *primary = g_ptr_array_index(inventory, i);
        g_autoptr(GPtrArray) going = going_with(inventory, primary);
        g_autoptr(GError) reason = NULL;
        GnfState state = state_of(context, primary);
        /* Prepared already: a prepare would succeed and change nothing. */
        if (state != GNF_STATE_DETACHED && why)
            reason = gnf_reason_from_error(why);
        else if (state != GNF_STATE_DETACHED)
            gnf_plan_check(primary, going, &reason);
        g_autoptr(GPtrArray) warnings = gnf_plan_warnings(primary);
        GError *binding = gnf_plan_warn_binding(primary);
        if (binding)
            g_ptr_array_add(warnings, binding);
        json_builder_add_value(builder, gnf_report_primary(primary, state, reason, warnings));
    }
    json_builder_end_array(builder);
}

static void
add_out_of_reach(JsonBuilder *builder)
{
    g_autoptr(GPtrArray) functions = gnf_device_list_without_interface(NULL);

    begin_array(builder, "out-of-reach");
    for (guint i = 0; functions && i < functions->len; i++) {
        const GnfDevice *function = g_ptr_array_index(functions, i);
        g_autoptr(GError) reason = gnf_out_of_reach_reason(function);
        json_builder_begin_object(builder);
        add_string(builder, "pci-address", function->pci_address);
        if (function->driver)
            add_string(builder, "driver", function->driver);
        json_builder_set_member_name(builder, "reason");
        json_builder_add_value(builder, gnf_report_reason(reason));
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

/* The primaries and the operation, and the end. */
static JsonNode *
finish(JsonBuilder *builder,
       const GnfContext *context,
       const GPtrArray *inventory,
       const GError *why)
{
    add_primaries(builder, context, inventory, why);
    add_out_of_reach(builder);
    if (context->operation) {
        json_builder_set_member_name(builder, "operation");
        json_builder_add_value(builder, gnf_report_operation(context->operation));
    }
    json_builder_end_object(builder);
    return json_builder_get_root(builder);
}

/* The end of a task; see finish. */
static void
return_info(GTask *task, const GPtrArray *inventory, const GError *why)
{
    const Query *query = g_task_get_task_data(task);

    g_task_return_pointer(task,
                          finish(query->builder, query->context, inventory, why),
                          (GDestroyNotify)json_node_unref);
}

static void
on_conflicts(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GTask) task = data;
    const Query *query = g_task_get_task_data(task);
    GError *error = NULL;

    if (gnf_conflicts_finish(result, &error))
        return_info(task, query->inventory, NULL);
    else
        g_task_return_error(task, error);
}

static void
on_inventory(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GTask) task = data;
    Query *query = g_task_get_task_data(task);
    g_autoptr(GError) why = NULL;
    GError *error = NULL;

    query->inventory = gnf_inventory_finish(result, &why);
    if (query->inventory) {
        GCancellable *cancellable = g_task_get_cancellable(task);
        gnf_conflicts_async(query->context->managers,
                            query->inventory,
                            cancellable,
                            on_conflicts,
                            g_steal_pointer(&task));
        return;
    }
    /* What the kernel and the record say is told all the same. */
    query->inventory = gnf_inventory_read(query->context->netlink, &error);
    if (query->inventory)
        return_info(task, query->inventory, why);
    else
        g_task_return_error(task, error);
}

JsonNode *
gnf_query_without_managers(const GnfContext *context, const GError *why, GError **error)
{
    g_autoptr(GPtrArray) inventory = gnf_inventory_read(context->netlink, error);
    g_autoptr(JsonBuilder) builder = json_builder_new();

    if (!inventory)
        return NULL;
    add_head(builder);
    begin_array(builder, "backends");
    json_builder_end_array(builder);
    return finish(builder, context, inventory, why);
}

static void next_version(GTask *task);

static void
on_version(GObject *source, GAsyncResult *result, gpointer data)
{
    GTask *task = data;
    Query *query = g_task_get_task_data(task);
    JsonBuilder *builder = query->builder;
    g_autoptr(GError) error = NULL;
    g_autofree char *version = gnf_managers_version_finish(result, &error);
    GnfManager manager = gnf_managers_nth(query->context->managers, query->next - 1);

    json_builder_begin_object(builder);
    add_string(builder, "manager", gnf_manager_to_string(manager));
    json_builder_set_member_name(builder, "available");
    json_builder_add_boolean_value(builder, version != NULL);
    if (version && *version)
        add_string(builder, "version", version);
    if (!version)
        add_string(builder, "detail", error->message);
    json_builder_end_object(builder);
    next_version(task);
}

static void
next_version(GTask *task)
{
    Query *query = g_task_get_task_data(task);
    GnfContext *context = query->context;
    GCancellable *cancellable = g_task_get_cancellable(task);

    if (query->next < gnf_managers_count(context->managers)) {
        gnf_managers_version_async(context->managers, query->next++, cancellable, on_version, task);
        return;
    }
    json_builder_end_array(query->builder);
    gnf_inventory_async(context->netlink, context->managers, TRUE, cancellable, on_inventory, task);
}

void
gnf_query_async(GnfContext *context,
                GCancellable *cancellable,
                GAsyncReadyCallback callback,
                gpointer user_data)
{
    GTask *task = g_task_new(NULL, cancellable, callback, user_data);
    Query *query = g_new0(Query, 1);

    query->context = context;
    query->builder = json_builder_new();
    g_task_set_task_data(task, query, query_free);
    add_head(query->builder);
    begin_array(query->builder, "backends");
    next_version(task);
}

JsonNode *
gnf_query_finish(GAsyncResult *result, GError **error)
{
    return g_task_propagate_pointer(G_TASK(result), error);
}
