/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The detach; see detach.h. The manager is asked to act, the kernel is asked whether it did.
 */
#include "failover/detach.h"

#include "failover/error.h"
#include "failover/traffic.h"

typedef struct {
    GnfContext *context;
    GnfOperationDevice *device;
    gint64 begun_us;
    GCancellable *deadline; /* ends the manager's call */
    guint timeout_source;
} Detach;

static void
detach_free(gpointer data)
{
    Detach *detach = data;

    g_clear_handle_id(&detach->timeout_source, g_source_remove);
    g_object_unref(detach->deadline);
    g_free(detach);
}

static gboolean
on_deadline(gpointer data)
{
    Detach *detach = data;

    detach->timeout_source = 0;
    g_cancellable_cancel(detach->deadline);
    return G_SOURCE_REMOVE;
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
                       gnf_manager_to_string(device->manager),
                       device->interface,
                       device->bond.interface);
        g_task_return_error(task, error);
        return;
    }
    if (!gnf_traffic_check_standby(detach->context, device, &error) ||
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

static void
on_detached(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GTask) task = data;
    Detach *detach = g_task_get_task_data(task);
    GnfOperationDevice *device = detach->device;
    g_autoptr(GError) error = NULL;
    const GnfWatchSpec spec = {
        .check = is_out, .data = detach, .ifindex = device->ifindex, .timeout_ms = 2000};

    /* A NIC that vanished while its manager let go of it is out, too. */
    if (!gnf_managers_detach_finish(result, &error) && !is_out(detach)) {
        if (g_cancellable_is_cancelled(detach->deadline))
            g_task_return_new_error(task,
                                    GNF_ERROR,
                                    GNF_REASON_CODE_TIMEOUT,
                                    "%s has not let go of %s after %d s",
                                    gnf_manager_to_string(device->manager),
                                    device->interface,
                                    GNF_DETACH_TIMEOUT_MS / 1000);
        else
            g_task_return_error(task, g_steal_pointer(&error));
        return;
    }
    gnf_watch_wait_async(detach->context->watch, &spec, NULL, on_out, g_steal_pointer(&task));
}

void
gnf_detach_async(GnfContext *context,
                 GnfOperationDevice *device,
                 GAsyncReadyCallback callback,
                 gpointer user_data)
{
    GTask *task = g_task_new(NULL, NULL, callback, user_data);
    Detach *detach = g_new0(Detach, 1);
    const GnfTarget target = {
        .ifindex = device->ifindex,
        .interface = device->interface,
        .permanent_mac = device->mac,
        .bond_ifindex = device->bond.ifindex,
        .bond = device->bond.interface,
        .profile = device->profile,
        .old_interface = device->old_interface,
        .old_mac = device->old_mac,
    };

    detach->context = context;
    detach->device = device;
    detach->begun_us = g_get_monotonic_time();
    detach->deadline = g_cancellable_new();
    detach->timeout_source = g_timeout_add(GNF_DETACH_TIMEOUT_MS, on_deadline, detach);
    g_task_set_task_data(task, detach, detach_free);
    gnf_managers_detach_async(
        context->managers, device->manager, &target, detach->deadline, on_detached, task);
}

gboolean
gnf_detach_finish(GAsyncResult *result, GError **error)
{
    return g_task_propagate_boolean(G_TASK(result), error);
}
