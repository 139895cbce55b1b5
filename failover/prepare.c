/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest-net-failover-prepare; see prepare.h. Devices are done one after the other. Each is moved,
 * then detached; the first failure under all-or-nothing undoes in reverse what was done before it.
 * When all are detached, their slots are powered off, where that was asked for.
 */
#include "failover/prepare.h"

#include "failover/attach.h"
#include "failover/deadline.h"
#include "failover/detach.h"
#include "failover/drain.h"
#include "failover/eject.h"
#include "failover/error.h"
#include "failover/fault.h"
#include "failover/plan.h"
#include "failover/prepare-plan.h"
#include "failover/prepare-select.h"
#include "failover/record.h"
#include "failover/report.h"
#include "failover/team.h"
#include "failover/traffic.h"
#include "netlink/announce.h"

/* A manager that has not said what it owns by now does not answer. */
#define INVENTORY_TIMEOUT_MS 20000

typedef struct {
    GnfContext *context;
    GnfPrepareOptions *options;
    GnfDeadline *deadline; /* of the questions to the managers, before anything is touched */
    GPtrArray *inventory;  /* of GnfPrimary */
    GPtrArray *chosen;     /* of GnfPrimary, borrowed from the inventory */
    GPtrArray *failures;   /* of GnfOperationDevice: chosen, but cannot be prepared */
    GPtrArray *work;       /* of GnfOperationDevice, borrowed from the operation */
    guint index;           /* the one being done; while undoing, one above the one being undone */
    GnfDrainStart drain;   /* of the one being done */
    GError *error;         /* why it is being undone */
} Prepare;

static void
prepare_free(gpointer data)
{
    Prepare *prepare = data;

    gnf_deadline_free(prepare->deadline);
    gnf_prepare_options_free(prepare->options);
    g_clear_pointer(&prepare->chosen, g_ptr_array_unref);
    g_clear_pointer(&prepare->inventory, g_ptr_array_unref);
    g_ptr_array_unref(prepare->failures);
    g_ptr_array_unref(prepare->work);
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
static void eject_next(GTask *task);
static void undo_next(GTask *task);

/* -- the end -- */

/* Each device's end has been written down: a record that cannot be written just now changes nothing
 * about what was done. */
static void
finish(GTask *task)
{
    const Prepare *prepare = g_task_get_task_data(task);
    GnfOperation *operation = prepare->context->operation;

    gnf_operation_settle(operation);
    gnf_prepare_arm_revert(prepare->options, operation);
    gnf_record_note(prepare->context->record_path, operation);
    g_task_return_pointer(task, gnf_report_operation(operation), (GDestroyNotify)json_node_unref);
    g_object_unref(task);
}

/* -- undoing -- */

static void
undo_finish(GTask *task)
{
    Prepare *prepare = g_task_get_task_data(task);
    GnfOperation *operation = prepare->context->operation;

    gnf_operation_settle(operation);
    operation->status = GNF_STATUS_FAILED;
    gnf_record_note(prepare->context->record_path, operation);
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

/* As it was before this command: by stages a port whose traffic was moved, else with its traffic.
 */
static void
put_back(Prepare *prepare,
         GnfOperationDevice *device,
         GAsyncReadyCallback callback,
         gpointer user_data)
{
    prepare->context->operation->only_attach = device->was_switched;
    gnf_attach_async(prepare->context, device, NULL, callback, user_data);
}

/* It could not be put back, and waits for the host: what was for the time of the move ends. */
static void
stop_accepting(Prepare *prepare, GnfOperationDevice *device)
{
    g_autoptr(GError) ignored = NULL;

    if (device->state != GNF_STATE_SWITCHED &&
        !gnf_traffic_accept_as_before(prepare->context, device, &ignored))
        g_debug("%s: %s", device->bond.interface, ignored->message);
}

static void
on_undone(GObject *source, GAsyncResult *result, gpointer data)
{
    GTask *task = data;
    Prepare *prepare = g_task_get_task_data(task);
    g_autoptr(GError) error = NULL;

    if (!gnf_attach_finish(result, &error)) {
        note_undo_failure(prepare, current(prepare), error);
        stop_accepting(prepare, current(prepare));
    }
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
            put_back(prepare, device, on_undone, task);
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
        stop_accepting(prepare, device);
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
    if (device->state == GNF_STATE_SWITCHED || device->state == GNF_STATE_DETACHED) {
        put_back(prepare, device, on_put_back, task);
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
on_detached(GObject *source, GAsyncResult *result, gpointer data)
{
    GTask *task = data;
    GError *error = NULL;

    if (gnf_detach_finish(result, &error))
        device_done(task);
    else
        fail(task, error);
}

/* Where the mode has no active port there is nothing to move: the step is not told of. */
static gboolean
move_traffic(Prepare *prepare, GnfOperationDevice *device, GError **error)
{
    gint64 begun_us = g_get_monotonic_time();

    if (!gnf_traffic_to_standby(prepare->context, device, error))
        return FALSE;
    device->state = GNF_STATE_SWITCHED;
    if (gnf_mode_has_active_port(device->bond.mode))
        gnf_operation_device_step(device, GNF_STEP_SWITCH, begun_us);
    prepare->drain = gnf_drain_start(prepare->context, device->ifindex);
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
    gnf_operation_device_step(device, GNF_STEP_DRAIN, prepare->drain.moved_us);
    if (gnf_traffic_check_away(prepare->context, device, &error))
        gnf_detach_async(prepare->context, device, on_detached, task);
    else
        fail(task, error);
}

static void
drain(gpointer data)
{
    GTask *task = data;
    Prepare *prepare = g_task_get_task_data(task);

    gnf_drain_async(prepare->context,
                    current(prepare),
                    current(prepare)->ifindex,
                    &prepare->drain,
                    on_drained,
                    task);
}

static GError *
team_is_unmoved(const GnfOperationDevice *device, const char *what)
{
    return gnf_reason(GNF_REASON_CODE_LOAD_BALANCING,
                      "%s is a team device, and no teamd says that it sends through %s: %s",
                      device->bond.interface,
                      device->standby,
                      what);
}

static void
on_team_left(GObject *source, GAsyncResult *result, gpointer data)
{
    GTask *task = data;
    Prepare *prepare = g_task_get_task_data(task);
    GnfOperationDevice *device = current(prepare);
    GnfTeam team = gnf_team_leave_finish(result);

    if (team == GNF_TEAM_DONE) {
        gnf_announce(prepare->context->netlink, device->bond.ifindex, NULL, NULL);
        gnf_operation_device_step(device, GNF_STEP_SWITCH, device->begun_us);
    } else if (team == GNF_TEAM_UNKNOWN && prepare->options->only_switch) {
        fail(task, team_is_unmoved(device, "prepare without stages"));
        return;
    } else if (team == GNF_TEAM_UNKNOWN) {
        /* In the place of the warning that teamd is asked. */
        gnf_operation_device_warn(
            device, team_is_unmoved(device, "what goes by the NIC may be lost until it has left"));
    }
    if (prepare->options->only_switch)
        device_done(task);
    else
        gnf_detach_async(prepare->context, device, on_detached, task);
}

static void
begin_device(gpointer data)
{
    GTask *task = data;
    Prepare *prepare = g_task_get_task_data(task);
    GnfOperationDevice *device = current(prepare);
    GError *error = NULL;

    if (!move_traffic(prepare, device, &error))
        fail(task, error);
    else if (device->bond.mode == GNF_BOND_MODE_TEAM)
        gnf_team_leave_async(device, on_team_left, task);
    else if (prepare->options->only_switch)
        device_done(task);
    else if (!gnf_mode_has_active_port(device->bond.mode))
        gnf_detach_async(prepare->context, device, on_detached, task);
    else
        gnf_fault_point(prepare->context, GNF_STEP_DRAIN, device, drain, task);
}

/* From here on the work is to power slots off: of all that were chosen and are out of their bonds,
 * now or by an earlier command, which nothing of this one undoes. */
static void
collect_leaving(Prepare *prepare)
{
    prepare->index = 0;
    g_ptr_array_set_size(prepare->work, 0);
    for (guint i = 0; i < prepare->chosen->len; i++) {
        const GnfPrimary *primary = g_ptr_array_index(prepare->chosen, i);
        GnfOperationDevice *device =
            gnf_operation_find(prepare->context->operation, primary->link->ifindex);
        if (device && device->state == GNF_STATE_DETACHED)
            g_ptr_array_add(prepare->work, device);
    }
}

static void
next(GTask *task)
{
    Prepare *prepare = g_task_get_task_data(task);

    if (prepare->index < prepare->work->len) {
        gnf_fault_point(prepare->context, GNF_STEP_SWITCH, current(prepare), begin_device, task);
    } else if (prepare->options->eject) {
        collect_leaving(prepare);
        eject_next(task);
    } else {
        finish(task);
    }
}

/* -- the slots: when all have left their bonds, since what is ejected cannot be put back -- */

static void
on_ejected(GObject *source, GAsyncResult *result, gpointer data)
{
    GTask *task = data;
    Prepare *prepare = g_task_get_task_data(task);
    g_autoptr(GError) error = NULL;

    (void)gnf_eject_finish(result, &error);
    gnf_operation_device_end(current(prepare), error ? gnf_reason_from_error(error) : NULL);
    gnf_record_note(prepare->context->record_path, prepare->context->operation);
    prepare->index++;
    eject_next(task);
}

static void
eject_next(GTask *task)
{
    Prepare *prepare = g_task_get_task_data(task);

    if (prepare->index < prepare->work->len)
        gnf_eject_async(prepare->context, current(prepare), on_ejected, task);
    else
        finish(task);
}

/* -- the beginning -- */

static void
write_plan(gpointer data)
{
    GTask *task = data;
    Prepare *prepare = g_task_get_task_data(task);
    GError *error = NULL;

    if (gnf_prepare_record(prepare->context,
                           prepare->options,
                           prepare->chosen,
                           prepare->failures,
                           prepare->work,
                           &error)) {
        next(task);
        return;
    }
    /* Nothing has been touched. */
    g_task_return_error(task, error);
    g_object_unref(task);
}

static void
on_inventory(GObject *source, GAsyncResult *result, gpointer data)
{
    GTask *task = data;
    Prepare *prepare = g_task_get_task_data(task);
    GError *error = NULL;

    gnf_deadline_stop(prepare->deadline);
    prepare->inventory = gnf_inventory_finish(result, &error);
    if (!prepare->inventory)
        gnf_error_wrap(&error, GNF_REASON_CODE_MANAGER_FAILED, "finding out who has what");
    else
        prepare->chosen =
            gnf_prepare_select(prepare->context, prepare->options, prepare->inventory, &error);
    if (!prepare->chosen ||
        !gnf_prepare_check(
            prepare->context, prepare->options, prepare->chosen, prepare->failures, &error)) {
        g_task_return_error(task, error);
        g_object_unref(task);
    } else if (prepare->options->dry_run) {
        g_task_return_pointer(
            task,
            gnf_prepare_plan(
                prepare->context, prepare->options, prepare->chosen, prepare->failures),
            (GDestroyNotify)json_node_unref);
        g_object_unref(task);
    } else if (prepare->chosen->len + prepare->failures->len == 0) {
        next(task);
    } else {
        gnf_fault_point(prepare->context, GNF_STEP_RECORD, NULL, write_plan, task);
    }
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
    prepare->failures = g_ptr_array_new_with_free_func((GDestroyNotify)gnf_operation_device_free);
    prepare->work = g_ptr_array_new();
    prepare->deadline = gnf_deadline_new(INVENTORY_TIMEOUT_MS);
    g_task_set_task_data(task, prepare, prepare_free);
    gnf_inventory_async(context->netlink,
                        context->managers,
                        FALSE,
                        gnf_deadline_cancellable(prepare->deadline),
                        on_inventory,
                        task);
}

JsonNode *
gnf_prepare_finish(GAsyncResult *result, GError **error)
{
    return g_task_propagate_pointer(G_TASK(result), error);
}
