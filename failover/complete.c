/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest-net-failover-complete and -cancel; see complete.h. First the bond is announced: after a
 * migration nobody else does it (QEMU announces the virtio MAC, an enslaved virtio NIC nothing).
 */
#include "failover/complete.h"

#include "failover/attach.h"
#include "failover/error.h"
#include "failover/fault.h"
#include "failover/hold.h"
#include "failover/record.h"
#include "failover/replacement.h"
#include "failover/report.h"
#include "failover/traffic.h"
#include "netlink/announce.h"

typedef struct {
    GnfContext *context;
    guint running; /* devices that have not ended, and one for the start */
} Complete;

typedef struct {
    GTask *task; /* the whole command's */
    GnfContext *context;
    GnfOperationDevice *device;
} One;

/* One of `running` has ended; the last one ends the command. */
static void
end_one(GTask *task)
{
    Complete *complete = g_task_get_task_data(task);
    GnfContext *context = complete->context;

    if (--complete->running > 0)
        return;
    gnf_operation_settle(context->operation);
    /* Not ended, only left: the next engine goes on with it. */
    if (context->stopping && !context->operation->finished &&
        context->operation->verb != GNF_VERB_PREPARE)
        context->operation->status = GNF_STATUS_WAITING;
    /* The engine's own complete is one, too, when it was the last thing to do. */
    if (context->operation->finished && context->operation->verb == GNF_VERB_PREPARE)
        context->operation->verb = GNF_VERB_COMPLETE;
    gnf_record_note(context->record_path, context->operation);
    g_task_return_pointer(
        task, gnf_report_operation(context->operation), (GDestroyNotify)json_node_unref);
    g_object_unref(task);
}

static void
one_end(One *one, GError *reason)
{
    GTask *task = one->task;
    g_autoptr(GError) ignored = NULL;

    gnf_operation_device_end(one->device, reason);
    /* The last one of a bond to end, though in failure, ends what was for the time of the move. One
     * that is switched goes on accepting: the host may have moved its filter. */
    if (reason && one->device->state != GNF_STATE_SWITCHED &&
        !gnf_traffic_accept_as_before(one->context, one->device, &ignored))
        g_debug("%s: %s", one->device->bond.interface, ignored->message);
    gnf_record_note(one->context->record_path, one->context->operation);
    g_free(one);
    end_one(task);
}

static void go(One *one);

static void
on_attached(GObject *source, GAsyncResult *result, gpointer data)
{
    One *one = data;
    g_autoptr(GError) error = NULL;

    if (gnf_attach_finish(result, &error)) {
        one_end(one, NULL);
        return;
    }
    /* Not tried to the end: the next engine finds it without a reason, and goes on. */
    if (one->context->stopping && g_cancellable_is_cancelled(g_task_get_cancellable(one->task))) {
        one_end(one, NULL);
        return;
    }
    /* Unplugged in the middle of it: wait for the next one. */
    gnf_hold_refresh(one->context);
    if (one->device->state == GNF_STATE_ABSENT &&
        !g_cancellable_is_cancelled(g_task_get_cancellable(one->task)))
        go(one);
    else
        one_end(one, gnf_reason_from_error(error));
}

static void
attach(One *one)
{
    gnf_attach_async(
        one->context, one->device, g_task_get_cancellable(one->task), on_attached, one);
}

static gboolean
is_back(gpointer data)
{
    const One *one = data;

    if (one->device->state != GNF_STATE_ABSENT)
        return TRUE;
    GnfReplacement result = gnf_replacement_find(one->context, one->device);
    if (result != GNF_REPLACEMENT_FOUND)
        gnf_replacement_explain(one->device, result);
    return result == GNF_REPLACEMENT_FOUND;
}

static void
on_back(GObject *source, GAsyncResult *result, gpointer data)
{
    One *one = data;
    g_autoptr(GError) error = NULL;

    if (!gnf_watch_wait_finish(result, &error)) {
        /* Only a cancellation ends this wait: what was waited for is the reason already. */
        one_end(one, g_steal_pointer(&one->device->reason));
        return;
    }
    gnf_record_note(one->context->record_path, one->context->operation);
    attach(one);
}

static void
restore_without(gpointer data)
{
    One *one = data;
    GnfOperationDevice *device = one->device;
    gint64 begun_us = g_get_monotonic_time();
    g_autoptr(GError) error = NULL;

    /* It may have come back in the meantime. */
    if (is_back(one)) {
        attach(one);
        return;
    }
    if (!gnf_traffic_forget(one->context, device, &error)) {
        one_end(one, gnf_reason_from_error(error));
        return;
    }
    gnf_operation_device_step(device, GNF_STEP_RESTORE, begun_us);
    device->forgotten = TRUE;
    one_end(one, NULL);
}

/* Cancel: the NIC is gone and stays gone. */
static void
forget(One *one)
{
    gnf_fault_point(one->context, GNF_STEP_RESTORE, one->device, restore_without, one);
}

/* Put the NIC back if it is there; else wait for it, or forget it. */
static void
go(One *one)
{
    const GnfWatchSpec spec = {.check = is_back, .data = one, .newcomers = TRUE};

    if (is_back(one))
        attach(one);
    else if (one->context->operation->verb == GNF_VERB_CANCEL)
        forget(one);
    else
        gnf_watch_wait_async(
            one->context->watch, &spec, g_task_get_cancellable(one->task), on_back, one);
}

static void
start_one(GTask *task, GnfOperationDevice *device)
{
    Complete *complete = g_task_get_task_data(task);
    One *one = g_new0(One, 1);

    one->task = task;
    one->context = complete->context;
    one->device = device;
    complete->running++;
    go(one);
}

/* Plugged in again, and nobody has tried to put it back yet. */
static gboolean
is_returned(const GnfOperationDevice *device)
{
    return device->state == GNF_STATE_PRESENT && !device->reason;
}

/* The command's task, one `running` for its start. */
static GTask *
new_task(GnfContext *context,
         GCancellable *cancellable,
         GAsyncReadyCallback callback,
         gpointer user_data)
{
    GTask *task = g_task_new(NULL, cancellable, callback, user_data);
    Complete *complete = g_new0(Complete, 1);

    complete->context = context;
    complete->running = 1;
    g_task_set_task_data(task, complete, g_free);
    g_task_set_check_cancellable(task, FALSE);
    return task;
}

/* Each bond once; the step stands in every device's entry. */
static void
announce(GnfContext *context)
{
    const GnfOperation *operation = context->operation;
    g_autoptr(GHashTable) announced = g_hash_table_new(NULL, NULL);

    for (guint i = 0; i < operation->devices->len; i++) {
        GnfOperationDevice *device = g_ptr_array_index(operation->devices, i);
        gint64 begun_us = g_get_monotonic_time();
        g_autoptr(GError) error = NULL;
        if (!gnf_operation_device_is_pending(device))
            continue;
        if (g_hash_table_add(announced, GINT_TO_POINTER(device->bond.ifindex)) &&
            !gnf_announce(context->netlink, device->bond.ifindex, NULL, &error))
            g_debug("announcing %s: %s", device->bond.interface, error->message);
        if (!error)
            gnf_operation_device_step(device, GNF_STEP_ANNOUNCE, begun_us);
    }
}

static void
begin(gpointer data)
{
    GTask *task = data;
    const Complete *complete = g_task_get_task_data(task);
    GnfContext *context = complete->context;

    announce(context);
    gnf_hold_refresh(context);
    for (guint i = 0; i < context->operation->devices->len; i++) {
        GnfOperationDevice *device = g_ptr_array_index(context->operation->devices, i);
        if (gnf_operation_device_is_pending(device))
            start_one(task, device);
    }
    end_one(task);
}

void
gnf_complete_async(GnfContext *context,
                   GnfVerb verb,
                   gboolean only_attach,
                   GCancellable *cancellable,
                   GAsyncReadyCallback callback,
                   gpointer user_data)
{
    GTask *task = new_task(context, cancellable, callback, user_data);

    gnf_operation_begin(context->operation, verb);
    context->operation->only_attach = only_attach;
    context->operation->by_stages |= only_attach;
    gnf_record_note(context->record_path, context->operation);
    gnf_fault_point(context, GNF_STEP_ANNOUNCE, NULL, begin, task);
}

void
gnf_complete_returned_async(GnfContext *context,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
    GTask *task = new_task(context, cancellable, callback, user_data);

    context->operation->only_attach = context->operation->by_stages;
    if (context->operation->by_stages)
        context->operation->revert_at_us = 0; /* it is back, and the rest is the host's */
    for (guint i = 0; i < context->operation->devices->len; i++) {
        GnfOperationDevice *device = g_ptr_array_index(context->operation->devices, i);
        if (!is_returned(device))
            continue;
        gnf_operation_device_begin(device);
        start_one(task, device);
    }
    end_one(task);
}

JsonNode *
gnf_complete_finish(GAsyncResult *result, GError **error)
{
    return g_task_propagate_pointer(G_TASK(result), error);
}

gboolean
gnf_complete_is_possible(GnfContext *context)
{
    for (guint i = 0; i < context->operation->devices->len; i++) {
        GnfOperationDevice *device = g_ptr_array_index(context->operation->devices, i);
        if (device->state == GNF_STATE_ABSENT && gnf_operation_device_is_pending(device))
            (void)gnf_replacement_find(context, device);
        if (is_returned(device))
            return TRUE;
    }
    return FALSE;
}

GError *
gnf_complete_check_id(const GnfOperation *operation, JsonObject *arguments)
{
    const char *id =
        arguments ? json_object_get_string_member_with_default(arguments, "operation", NULL) : NULL;

    if (!operation || !id || g_str_equal(id, operation->id))
        return NULL;
    return gnf_reason(GNF_REASON_CODE_INVALID_ARGUMENT,
                      "operation: '%s' is not the operation at hand, '%s'",
                      id,
                      operation->id);
}

gboolean
gnf_complete_is_only_attach(JsonObject *arguments)
{
    const char *stage =
        arguments ? json_object_get_string_member_with_default(arguments, "stage", NULL) : NULL;

    return g_strcmp0(stage, gnf_complete_stage_to_string(GNF_COMPLETE_STAGE_ATTACH)) == 0;
}

GError *
gnf_complete_nothing_pending(const GnfOperation *operation)
{
    if (operation)
        return gnf_reason(GNF_REASON_CODE_OPERATION_UNKNOWN,
                          "nothing is pending: guest-net-failover-%s has ended the last operation",
                          gnf_verb_to_string(operation->verb));
    return gnf_reason(GNF_REASON_CODE_OPERATION_UNKNOWN,
                      "nothing is pending, and nothing was prepared since the guest booted: if it "
                      "was prepared before, it rebooted since, and its bonds are what its "
                      "administrator's configuration made of the NICs it found; see "
                      "guest-net-failover-query");
}
