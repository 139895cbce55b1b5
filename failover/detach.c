/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The detach; see detach.h. The manager is asked to act, the kernel is asked whether it did.
 */
#include "failover/detach.h"

#include "failover/deadline.h"
#include "failover/error.h"
#include "failover/fault.h"
#include "failover/record.h"
#include "failover/traffic.h"

/* What the manager says is done, the kernel has done: its event only has to be read. */
#define KERNEL_TIMEOUT_MS 2000

typedef struct {
    GnfContext *context;
    GnfOperationDevice *device;
    GnfManager manager; /* who is asked: whoever has the NIC now */
    gint64 begun_us;
    GnfDeadline *deadline; /* ends the manager's calls */
} Detach;

static void
detach_free(gpointer data)
{
    Detach *detach = data;

    g_clear_pointer(&detach->deadline, gnf_deadline_free);
    g_free(detach);
}

/* Out of the bond, or gone altogether? */
static gboolean
is_out(gpointer data)
{
    const Detach *detach = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GnfLink) link =
        gnf_link_get(detach->context->netlink, detach->device->ifindex, &error);

    return link ? link->controller == 0 : gnf_netlink_error_is_gone(error);
}

static void
on_out(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GTask) task = data;
    const Detach *detach = g_task_get_task_data(task);
    GnfOperationDevice *device = detach->device;
    GError *error = NULL;

    if (!gnf_watch_wait_finish(result, &error)) {
        gnf_error_wrap(&error,
                       GNF_REASON_CODE_MANAGER_FAILED,
                       "%s says that it let go of %s, but it is still in %s",
                       gnf_manager_to_string(detach->manager),
                       device->interface,
                       device->bond.interface);
        g_task_return_error(task, error);
        return;
    }
    if (!gnf_traffic_check_away(detach->context, device, &error) ||
        !gnf_traffic_accept_as_before(detach->context, device, &error)) {
        g_task_return_error(task, error);
        return;
    }
    g_autoptr(GnfLink) link = gnf_link_get(detach->context->netlink, device->ifindex, NULL);
    device->state = link ? GNF_STATE_DETACHED : GNF_STATE_ABSENT;
    if (!link)
        device->ifindex = 0;
    gnf_operation_device_step(device, GNF_STEP_DETACH, detach->begun_us);
    g_task_return_boolean(task, TRUE);
}

/* See it out. */
static void
leave(GTask *task)
{
    Detach *detach = g_task_get_task_data(task);
    const GnfWatchSpec spec = {.check = is_out,
                               .data = detach,
                               .ifindex = detach->device->ifindex,
                               .timeout_ms = KERNEL_TIMEOUT_MS};

    gnf_watch_wait_async(detach->context->watch, &spec, NULL, on_out, task);
}

static void
on_detached(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GTask) task = data;
    Detach *detach = g_task_get_task_data(task);
    GnfOperationDevice *device = detach->device;
    g_autoptr(GError) error = NULL;

    /* A NIC that vanished while its manager let go of it is out, too. */
    if (!gnf_managers_detach_finish(result, &error) && !is_out(detach)) {
        if (gnf_deadline_has_passed(detach->deadline))
            g_task_return_new_error(task,
                                    GNF_ERROR,
                                    GNF_REASON_CODE_TIMEOUT,
                                    "%s has not let go of %s after %d s",
                                    gnf_manager_to_string(detach->manager),
                                    device->interface,
                                    GNF_DETACH_TIMEOUT_MS / 1000);
        else
            g_task_return_error(task, g_steal_pointer(&error));
        return;
    }
    leave(g_steal_pointer(&task));
}

/* -- who is asked -- */

static void
ask_manager(GTask *task, GnfManager manager)
{
    Detach *detach = g_task_get_task_data(task);
    const GnfTarget target = gnf_operation_device_target(detach->device);

    detach->manager = manager;
    detach->device->asked = TRUE;
    gnf_record_note(detach->context->record_path, detach->context->operation);
    gnf_managers_detach_async(detach->context->managers,
                              manager,
                              &target,
                              gnf_deadline_cancellable(detach->deadline),
                              on_detached,
                              task);
}

/* Whose is it now? NULL after the task has ended; a NIC that is gone has left its bond. */
static GnfOwned *
finish_probe(GTask *task, GAsyncResult *result)
{
    Detach *detach = g_task_get_task_data(task);
    GError *error = NULL;
    GnfOwned *owner = gnf_managers_probe_finish(result, &error);

    if (owner)
        return owner;
    if (is_out(detach)) {
        g_error_free(error);
        leave(task);
        return NULL;
    }
    gnf_error_wrap(&error,
                   GNF_REASON_CODE_MANAGER_FAILED,
                   "finding out who has %s",
                   detach->device->interface);
    g_task_return_error(task, error);
    g_object_unref(task);
    return NULL;
}

static void
on_bond_owner(GObject *source, GAsyncResult *result, gpointer data)
{
    GTask *task = data;
    const Detach *detach = g_task_get_task_data(task);
    g_autoptr(GnfOwned) owner = finish_probe(task, result);

    if (owner)
        ask_manager(task,
                    owner->manager == detach->device->manager ? owner->manager : GNF_MANAGER_NONE);
}

/* A NIC that somebody put back behind its manager's back shows as nobody's: who has the bond is
 * asked then. A manager that has gone since has nothing any more, and netlink is enough. */
static void
on_owner(GObject *source, GAsyncResult *result, gpointer data)
{
    GTask *task = data;
    const Detach *detach = g_task_get_task_data(task);
    const GnfOperationDevice *device = detach->device;
    const GnfProbe what = {device->bond.ifindex, device->bond.interface, FALSE};
    g_autoptr(GnfOwned) owner = finish_probe(task, result);

    if (!owner)
        return;
    if (owner->manager != GNF_MANAGER_NONE || device->manager == GNF_MANAGER_NONE)
        ask_manager(task, owner->manager);
    else
        gnf_managers_probe_async(detach->context->managers,
                                 &what,
                                 gnf_deadline_cancellable(detach->deadline),
                                 on_bond_owner,
                                 task);
}

static void
begin(gpointer data)
{
    GTask *task = data;
    Detach *detach = g_task_get_task_data(task);
    const GnfProbe what = {detach->device->ifindex, detach->device->interface, FALSE};

    detach->deadline = gnf_deadline_new(GNF_DETACH_TIMEOUT_MS);
    gnf_managers_probe_async(detach->context->managers,
                             &what,
                             gnf_deadline_cancellable(detach->deadline),
                             on_owner,
                             task);
}

void
gnf_detach_async(GnfContext *context,
                 GnfOperationDevice *device,
                 GAsyncReadyCallback callback,
                 gpointer user_data)
{
    GTask *task = g_task_new(NULL, NULL, callback, user_data);
    Detach *detach = g_new0(Detach, 1);

    detach->context = context;
    detach->device = device;
    detach->manager = device->manager;
    detach->begun_us = g_get_monotonic_time();
    g_task_set_task_data(task, detach, detach_free);
    gnf_fault_point(context, GNF_STEP_DETACH, device, begin, task);
}

gboolean
gnf_detach_finish(GAsyncResult *result, GError **error)
{
    return g_task_propagate_boolean(G_TASK(result), error);
}
