/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest-net-failover-prepare; see prepare.h. Devices are done one after the other. Each is moved,
 * then detached; the first failure under all-or-nothing undoes in reverse what was done before it.
 */
#include "failover/prepare.h"

#include "failover/attach.h"
#include "failover/detach.h"
#include "failover/drain.h"
#include "failover/eject.h"
#include "failover/error.h"
#include "failover/plan.h"
#include "failover/prepare-select.h"
#include "failover/record.h"
#include "failover/report.h"
#include "failover/traffic.h"

/* A manager that has not said what it owns by now does not answer. */
#define INVENTORY_TIMEOUT_MS 20000

typedef struct {
    GnfContext *context;
    GnfPrepareOptions *options;
    GPtrArray *work;        /* of GnfOperationDevice, borrowed from the operation */
    guint index;            /* the one being done; while undoing, one above the one being undone */
    gint64 drain_us;        /* when the drain of the one being done began */
    GError *error;          /* why it is being undone */
    GCancellable *deadline; /* of the questions to the managers, before anything is touched */
    guint deadline_source;
} Prepare;

static gboolean
on_deadline(gpointer data)
{
    Prepare *prepare = data;

    prepare->deadline_source = 0;
    g_cancellable_cancel(prepare->deadline);
    return G_SOURCE_REMOVE;
}

static void
prepare_free(gpointer data)
{
    Prepare *prepare = data;

    g_clear_handle_id(&prepare->deadline_source, g_source_remove);
    g_object_unref(prepare->deadline);
    gnf_prepare_options_free(prepare->options);
    g_clear_pointer(&prepare->work, g_ptr_array_unref);
    g_clear_error(&prepare->error);
    g_free(prepare);
}

static GnfOperationDevice *
current(const Prepare *prepare)
{
    return g_ptr_array_index(prepare->work, prepare->index);
}

static gboolean
save(const Prepare *prepare, GError **error)
{
    return gnf_record_save(prepare->context->record_path, prepare->context->operation, error);
}

static void next(GTask *task);
static void undo_next(GTask *task);

/* -- the end -- */

static void
arm_revert(const Prepare *prepare)
{
    if (prepare->options->revert_after_ms > 0)
        prepare->context->operation->revert_at_us =
            gnf_boottime_us() + (gint64)prepare->options->revert_after_ms * 1000;
}

static void
finish(GTask *task)
{
    const Prepare *prepare = g_task_get_task_data(task);
    GnfOperation *operation = prepare->context->operation;
    g_autoptr(GError) error = NULL;

    gnf_operation_settle(operation);
    arm_revert(prepare);
    if (!save(prepare, &error))
        g_task_return_error(task, g_steal_pointer(&error));
    else
        g_task_return_pointer(
            task, gnf_report_operation(operation), (GDestroyNotify)json_node_unref);
    g_object_unref(task);
}

/* -- undoing -- */

static void
undo_finish(GTask *task)
{
    Prepare *prepare = g_task_get_task_data(task);
    GnfOperation *operation = prepare->context->operation;
    g_autoptr(GError) ignored = NULL;

    gnf_operation_settle(operation);
    operation->status = GNF_STATUS_FAILED;
    if (!save(prepare, &ignored))
        g_prefix_error(&prepare->error, "(%s) ", ignored->message);
    g_task_return_error(task, g_steal_pointer(&prepare->error));
    g_object_unref(task);
}

/* What could not be put back is said behind why it had to be. */
static void
note_undo_failure(Prepare *prepare, const GnfOperationDevice *device, const GError *error)
{
    g_autoptr(GError) first = g_steal_pointer(&prepare->error);

    prepare->error = g_error_new(first->domain,
                                 first->code,
                                 "%s; and %s could not be put back (%s): repeat with "
                                 "guest-net-failover-cancel",
                                 first->message,
                                 device->interface,
                                 error->message);
}

static void
on_undone(GObject *source, GAsyncResult *result, gpointer data)
{
    GTask *task = data;
    Prepare *prepare = g_task_get_task_data(task);
    g_autoptr(GError) error = NULL;

    if (!gnf_attach_finish(result, &error))
        note_undo_failure(prepare, current(prepare), error);
    undo_next(task);
}

static void
undo_next(GTask *task)
{
    Prepare *prepare = g_task_get_task_data(task);

    while (prepare->index > 0) {
        prepare->index--;
        GnfOperationDevice *device = current(prepare);
        if (device->state == GNF_STATE_SWITCHED || device->state == GNF_STATE_DETACHED) {
            gnf_attach_async(prepare->context, device, NULL, on_undone, task);
            return;
        }
        if (device->state == GNF_STATE_ABSENT) {
            g_autoptr(GError) gone = gnf_reason(GNF_REASON_CODE_NO_SUCH_DEVICE, "it is unplugged");
            note_undo_failure(prepare, device, gone);
        }
    }
    undo_finish(task);
}

/* -- one device -- */

static void
on_put_back(GObject *source, GAsyncResult *result, gpointer data)
{
    GTask *task = data;
    Prepare *prepare = g_task_get_task_data(task);
    GnfOperationDevice *device = current(prepare);
    g_autoptr(GError) error = NULL;
    g_autofree char *why = g_strdup(device->reason->message);

    if (!gnf_attach_finish(result, &error)) {
        GnfReasonCode code = (GnfReasonCode)device->reason->code;
        gnf_operation_device_end(
            device, gnf_reason(code, "%s; putting it back failed: %s", why, error->message));
    }
    prepare->index++;
    next(task);
}

/* The current device failed: with best-effort put only it back, else everything. */
static void
fail(GTask *task, GError *error)
{
    Prepare *prepare = g_task_get_task_data(task);
    GnfOperationDevice *device = current(prepare);

    gnf_operation_device_end(device, gnf_reason_from_error(error));
    if (prepare->options->policy == GNF_POLICY_ALL_OR_NOTHING) {
        prepare->error = error;
        prepare->index++;
        undo_next(task);
        return;
    }
    g_error_free(error);
    if (device->state == GNF_STATE_SWITCHED) {
        gnf_attach_async(prepare->context, device, NULL, on_put_back, task);
        return;
    }
    prepare->index++;
    next(task);
}

static void
device_done(GTask *task)
{
    Prepare *prepare = g_task_get_task_data(task);
    GError *error = NULL;

    gnf_operation_device_end(current(prepare), NULL);
    if (!save(prepare, &error)) {
        fail(task, error);
        return;
    }
    prepare->index++;
    next(task);
}

static void
on_ejected(GObject *source, GAsyncResult *result, gpointer data)
{
    GTask *task = data;
    GError *error = NULL;

    if (gnf_eject_finish(result, &error))
        device_done(task);
    else
        fail(task, error);
}

static void
on_detached(GObject *source, GAsyncResult *result, gpointer data)
{
    GTask *task = data;
    Prepare *prepare = g_task_get_task_data(task);
    GnfOperationDevice *device = current(prepare);
    GError *error = NULL;

    if (!gnf_detach_finish(result, &error))
        fail(task, error);
    else if (prepare->options->eject && device->state == GNF_STATE_DETACHED)
        gnf_eject_async(prepare->context, device, on_ejected, task);
    else
        device_done(task);
}

static gboolean
move_traffic(Prepare *prepare, GnfOperationDevice *device, GError **error)
{
    gint64 begun_us = g_get_monotonic_time();

    if (!gnf_traffic_to_standby(prepare->context, device, error))
        return FALSE;
    device->state = GNF_STATE_SWITCHED;
    gnf_operation_device_step(device, GNF_STEP_SWITCH, begun_us);
    return save(prepare, error);
}

static void
on_drained(GObject *source, GAsyncResult *result, gpointer data)
{
    GTask *task = data;
    Prepare *prepare = g_task_get_task_data(task);
    GnfOperationDevice *device = current(prepare);
    GError *error = NULL;

    gnf_drain_finish(result);
    gnf_operation_device_step(device, GNF_STEP_DRAIN, prepare->drain_us);
    if (gnf_traffic_check_standby(prepare->context, device, &error))
        gnf_detach_async(prepare->context, device, on_detached, task);
    else
        fail(task, error);
}

static void
next(GTask *task)
{
    Prepare *prepare = g_task_get_task_data(task);
    GError *error = NULL;

    if (prepare->index == prepare->work->len) {
        finish(task);
        return;
    }
    GnfOperationDevice *device = current(prepare);
    if (!move_traffic(prepare, device, &error)) {
        fail(task, error);
    } else if (prepare->options->only_switch) {
        device_done(task);
    } else {
        prepare->drain_us = g_get_monotonic_time();
        gnf_drain_async(prepare->context, device->ifindex, on_drained, task);
    }
}

/* -- the plan -- */

static void
add_warnings(GnfOperationDevice *device, const GnfPrimary *primary)
{
    g_autoptr(GPtrArray) warnings = gnf_plan_warnings(primary);

    for (guint i = 0; i < warnings->len; i++)
        gnf_operation_device_warn(device, g_error_copy(g_ptr_array_index(warnings, i)));
}

/* The entry of a primary: the one there is, with what it was before the first prepare, or a new
 * one; the standby is the one that was proven now. */
static GnfOperationDevice *
take_entry(Prepare *prepare, const GnfPrimary *primary)
{
    GnfOperation *operation = prepare->context->operation;
    GnfOperationDevice *old = gnf_operation_find(operation, primary->link->ifindex);

    if (old && gnf_operation_device_is_pending(old)) {
        gnf_set_string(&old->standby, primary->standby->name);
        old->standby_ifindex = primary->standby->ifindex;
        old->undone = 0;
        return old;
    }
    GnfOperationDevice *entry = gnf_prepare_entry(prepare->context, primary);
    if (old)
        g_ptr_array_remove(operation->devices, old);
    g_ptr_array_add(operation->devices, entry);
    return entry;
}

/* Check everything before anything is touched. Under best-effort a primary that cannot be prepared
 * only loses its place in the plan; failures gets its entry. */
static gboolean
check_plan(const Prepare *prepare, GPtrArray *chosen, GPtrArray *failures, GError **error)
{
    for (guint i = chosen->len; i > 0; i--) {
        GnfPrimary *primary = g_ptr_array_index(chosen, i - 1);
        g_autoptr(GError) reason = NULL;
        if (gnf_plan_check(primary, chosen, &reason) &&
            (!prepare->options->eject || gnf_eject_check(primary->device, &reason)))
            continue;
        if (prepare->options->policy == GNF_POLICY_ALL_OR_NOTHING) {
            g_propagate_error(error, g_steal_pointer(&reason));
            return FALSE;
        }
        GnfOperationDevice *entry = gnf_prepare_entry(prepare->context, primary);
        gnf_operation_device_begin(entry);
        gnf_operation_device_end(entry, g_steal_pointer(&reason));
        g_ptr_array_add(failures, entry);
        g_ptr_array_remove_index(chosen, i - 1);
    }
    return TRUE;
}

static JsonNode *
planned_report(const Prepare *prepare, const GPtrArray *chosen, const GPtrArray *failures)
{
    g_autoptr(GnfOperation) plan = gnf_operation_new();

    for (guint i = 0; i < chosen->len; i++) {
        const GnfPrimary *primary = g_ptr_array_index(chosen, i);
        GnfOperationDevice *entry = gnf_prepare_entry(prepare->context, primary);
        gnf_operation_device_begin(entry);
        add_warnings(entry, primary);
        gnf_operation_device_end(entry, NULL);
        g_ptr_array_add(plan->devices, entry);
    }
    for (guint i = 0; i < failures->len; i++)
        g_ptr_array_add(plan->devices, g_ptr_array_index(failures, i));
    gnf_operation_settle(plan);
    if (plan->status == GNF_STATUS_DONE)
        plan->status = GNF_STATUS_PLANNED;
    return gnf_report_operation(plan);
}

/* Entries that an earlier prepare could not do: they are tried anew, or not asked for any more. */
static void
drop_failed(GnfOperation *operation)
{
    for (guint i = operation->devices->len; i > 0; i--) {
        const GnfOperationDevice *device = g_ptr_array_index(operation->devices, i - 1);
        if (device->reason && !gnf_operation_device_is_pending(device))
            g_ptr_array_remove_index(operation->devices, i - 1);
    }
}

/* Make the operation, or go on with the one there is, and write down what is about to be done. */
static gboolean
record_plan(Prepare *prepare, const GPtrArray *chosen, const GPtrArray *failures, GError **error)
{
    GnfContext *context = prepare->context;
    gint64 begun_us = g_get_monotonic_time();

    if (!gnf_context_is_pending(context)) {
        g_clear_pointer(&context->operation, gnf_operation_free);
        context->operation = gnf_operation_new();
        context->operation->id = g_uuid_string_random();
    }
    drop_failed(context->operation);
    context->operation->verb = GNF_VERB_PREPARE;
    context->operation->status = GNF_STATUS_WAITING;
    for (guint i = 0; i < failures->len; i++)
        g_ptr_array_add(context->operation->devices, g_ptr_array_index(failures, i));
    for (guint i = 0; i < chosen->len; i++) {
        const GnfPrimary *primary = g_ptr_array_index(chosen, i);
        GnfOperationDevice *device = take_entry(prepare, primary);
        gnf_operation_device_begin(device);
        add_warnings(device, primary);
        g_ptr_array_add(prepare->work, device);
    }
    if (!save(prepare, error))
        return FALSE;
    for (guint i = 0; i < prepare->work->len; i++)
        gnf_operation_device_step(g_ptr_array_index(prepare->work, i), GNF_STEP_RECORD, begun_us);
    return TRUE;
}

static void
on_inventory(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GTask) task = data;
    Prepare *prepare = g_task_get_task_data(task);
    GError *error = NULL;
    g_autoptr(GPtrArray) inventory = gnf_inventory_finish(result, &error);
    g_clear_handle_id(&prepare->deadline_source, g_source_remove);
    g_autoptr(GPtrArray) failures = g_ptr_array_new();
    g_autoptr(GPtrArray) chosen =
        inventory ? gnf_prepare_select(prepare->context, prepare->options, inventory, &error)
                  : NULL;

    if (!chosen || !check_plan(prepare, chosen, failures, &error)) {
        g_ptr_array_set_free_func(failures, (GDestroyNotify)gnf_operation_device_free);
        g_task_return_error(task, error);
        return;
    }
    if (prepare->options->dry_run) {
        g_task_return_pointer(
            task, planned_report(prepare, chosen, failures), (GDestroyNotify)json_node_unref);
        return;
    }
    if (chosen->len + failures->len > 0 && !record_plan(prepare, chosen, failures, &error)) {
        /* Nothing has been touched. */
        gnf_operation_settle(prepare->context->operation);
        prepare->context->operation->status = GNF_STATUS_FAILED;
        g_task_return_error(task, error);
        return;
    }
    next(g_steal_pointer(&task));
}

void
gnf_prepare_async(GnfContext *context,
                  GnfPrepareOptions *options,
                  GAsyncReadyCallback callback,
                  gpointer user_data)
{
    GTask *task = g_task_new(NULL, NULL, callback, user_data);
    Prepare *prepare = g_new0(Prepare, 1);

    prepare->context = context;
    prepare->options = options;
    prepare->work = g_ptr_array_new();
    g_task_set_task_data(task, prepare, prepare_free);
    prepare->deadline = g_cancellable_new();
    prepare->deadline_source = g_timeout_add(INVENTORY_TIMEOUT_MS, on_deadline, prepare);
    gnf_inventory_async(context->netlink, context->managers, prepare->deadline, on_inventory, task);
}

JsonNode *
gnf_prepare_finish(GAsyncResult *result, GError **error)
{
    return g_task_propagate_pointer(G_TASK(result), error);
}
