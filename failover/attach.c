/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The attach; see attach.h. In order: who has the bond now, let that manager put the NIC in, see it
 * in, see its link, move the traffic, restore the options. The standby stays the bond's primary
 * option until the link is proven, so a NIC that takes its time costs nothing.
 */
#include "failover/attach.h"

#include "failover/drain.h"
#include "failover/error.h"
#include "failover/plan.h"
#include "failover/record.h"
#include "failover/traffic.h"

/* The link must have been up for longer than the bond looks at it; bonding's usual interval is
 * this long, and a bond without one says "up" without looking. */
#define MIN_STABLE_MS 100

typedef struct {
    GnfContext *context;
    GnfOperationDevice *device;
    gint64 step_us; /* when the present step began */
    GCancellable *deadline;
    guint timeout_source;
} Attach;

static void
attach_free(gpointer data)
{
    Attach *attach = data;

    g_clear_handle_id(&attach->timeout_source, g_source_remove);
    g_object_unref(attach->deadline);
    g_free(attach);
}

static gboolean
on_deadline(gpointer data)
{
    Attach *attach = data;

    attach->timeout_source = 0;
    g_cancellable_cancel(attach->deadline);
    return G_SOURCE_REMOVE;
}

static void
step_done(Attach *attach, GnfStep step)
{
    gnf_operation_device_step(attach->device, step, attach->step_us);
    attach->step_us = g_get_monotonic_time();
}

/* -- the end: traffic and options -- */

static void
warn_about_reboot(const Attach *attach)
{
    GnfOperationDevice *device = attach->device;

    if (g_strcmp0(device->interface, device->old_interface) != 0 &&
        g_strcmp0(device->bond.primary_option, device->old_interface) == 0)
        gnf_operation_device_warn(
            device,
            gnf_reason(GNF_REASON_CODE_REBOOT_UNSAFE,
                       "%s's configuration names %s as its primary option, the NIC is %s now: "
                       "change it before the guest reboots",
                       device->bond.interface,
                       device->old_interface,
                       device->interface));
}

static void
finish(GTask *task)
{
    Attach *attach = g_task_get_task_data(task);
    GError *error = NULL;

    if (gnf_traffic_restore(attach->context, attach->device, &error)) {
        step_done(attach, GNF_STEP_RESTORE);
        attach->device->state = GNF_STATE_ATTACHED;
        g_task_return_boolean(task, TRUE);
    } else {
        g_task_return_error(task, error);
    }
    g_object_unref(task);
}

static void
on_drained(GObject *source, GAsyncResult *result, gpointer data)
{
    GTask *task = data;

    gnf_drain_finish(result);
    step_done(g_task_get_task_data(task), GNF_STEP_DRAIN);
    finish(task);
}

/* The link is proven: the traffic goes where it went before. */
static void
activate(GTask *task)
{
    Attach *attach = g_task_get_task_data(task);
    GError *error = NULL;

    if (!attach->device->was_active || !gnf_mode_has_active_port(attach->device->bond.mode)) {
        finish(task);
        return;
    }
    if (!gnf_traffic_to_primary(attach->context, attach->device, &error)) {
        g_task_return_error(task, error);
        g_object_unref(task);
        return;
    }
    step_done(attach, GNF_STEP_ACTIVATE);
    gnf_drain_async(attach->context, attach->device->standby_ifindex, on_drained, task);
}

static void
on_link(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GTask) task = data;
    Attach *attach = g_task_get_task_data(task);
    GnfOperationDevice *device = attach->device;
    GError *error = NULL;

    if (!gnf_watch_wait_finish(result, &error)) {
        gnf_error_wrap(&error,
                       GNF_REASON_CODE_TIMEOUT,
                       "%s is in %s, but has no link: %s carries the traffic; plug the NIC's "
                       "cable or function in and repeat the command",
                       device->interface,
                       device->bond.interface,
                       device->standby);
        g_task_return_error(task, error);
        return;
    }
    step_done(attach, GNF_STEP_LINK);
    activate(g_steal_pointer(&task));
}

/* Trusted by the bond and by itself. */
static gboolean
has_link(gpointer data)
{
    const Attach *attach = data;
    g_autoptr(GnfLink) link = gnf_link_get(attach->context->netlink, attach->device->ifindex, NULL);

    return link && link->controller == attach->device->bond.ifindex && link->carrier &&
           link->bond_port && link->bond_port->mii == GNF_MII_UP;
}

/* -- the middle: the manager, and what the kernel says of it -- */

static gboolean
is_in(gpointer data)
{
    const Attach *attach = data;
    g_autoptr(GnfLink) link = gnf_link_get(attach->context->netlink, attach->device->ifindex, NULL);

    return link && link->controller == attach->device->bond.ifindex;
}

static void
on_in(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GTask) task = data;
    Attach *attach = g_task_get_task_data(task);
    const GnfOperationDevice *device = attach->device;
    GError *error = NULL;

    if (!gnf_watch_wait_finish(result, &error)) {
        gnf_error_wrap(&error,
                       GNF_REASON_CODE_MANAGER_FAILED,
                       "%s says that %s is up, but it is not in %s",
                       gnf_manager_to_string(device->manager),
                       device->interface,
                       device->bond.interface);
        g_task_return_error(task, error);
        return;
    }
    step_done(attach, GNF_STEP_ATTACH);
    g_autoptr(GnfLink) bond = gnf_link_get(attach->context->netlink, device->bond.ifindex, NULL);
    const GnfWatchSpec spec = {
        .check = has_link,
        .data = attach,
        .ifindex = device->ifindex,
        .stable_ms = MAX(MIN_STABLE_MS, bond && bond->bond ? bond->bond->miimon_ms : 0),
        .timeout_ms = GNF_LINK_TIMEOUT_MS,
    };
    GCancellable *cancellable = g_task_get_cancellable(task);
    gnf_watch_wait_async(
        attach->context->watch, &spec, cancellable, on_link, g_steal_pointer(&task));
}

static void
on_attached(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GTask) task = data;
    Attach *attach = g_task_get_task_data(task);
    GnfOperationDevice *device = attach->device;
    GError *error = NULL;
    g_autoptr(GnfAttachment) attachment = gnf_managers_attach_finish(result, &error);

    g_clear_handle_id(&attach->timeout_source, g_source_remove);
    if (!attachment) {
        gnf_error_wrap(&error,
                       GNF_REASON_CODE_MANAGER_FAILED,
                       "putting %s into %s again",
                       device->interface,
                       device->bond.interface);
        g_task_return_error(task, error);
        return;
    }
    warn_about_reboot(attach);
    if (attachment->reboot_unsafe)
        gnf_operation_device_warn(
            device, gnf_reason(GNF_REASON_CODE_REBOOT_UNSAFE, "%s", attachment->detail));
    const GnfWatchSpec spec = {
        .check = is_in, .data = attach, .ifindex = device->ifindex, .timeout_ms = 5000};
    gnf_watch_wait_async(attach->context->watch, &spec, NULL, on_in, g_steal_pointer(&task));
}

/* -- the beginning: who has the bond now -- */

static void
on_owner(GObject *source, GAsyncResult *result, gpointer data)
{
    GTask *task = data;
    Attach *attach = g_task_get_task_data(task);
    GnfOperationDevice *device = attach->device;
    GError *error = NULL;
    g_autoptr(GnfOwned) owner = gnf_managers_probe_finish(result, &error);

    if (!owner) {
        g_task_return_error(task, error);
        g_object_unref(task);
        return;
    }
    /* Another manager may have taken the bond over since: its own configuration applies then. */
    const char *profile = owner->manager == device->manager ? device->profile : NULL;

    const GnfTarget target = {
        .ifindex = device->ifindex,
        .interface = device->interface,
        .permanent_mac = device->mac,
        .bond_ifindex = device->bond.ifindex,
        .bond = device->bond.interface,
        .profile = profile,
        .old_interface = device->old_interface,
        .old_mac = device->old_mac,
    };
    gnf_managers_attach_async(
        attach->context->managers, owner->manager, &target, attach->deadline, on_attached, task);
}

void
gnf_attach_async(GnfContext *context,
                 GnfOperationDevice *device,
                 GCancellable *cancellable,
                 GAsyncReadyCallback callback,
                 gpointer user_data)
{
    GTask *task = g_task_new(NULL, cancellable, callback, user_data);
    Attach *attach = g_new0(Attach, 1);
    GError *error = NULL;

    attach->context = context;
    attach->device = device;
    attach->step_us = g_get_monotonic_time();
    attach->deadline = g_cancellable_new();
    g_task_set_task_data(task, attach, attach_free);
    /* What was done counts, also when somebody has lost interest meanwhile. */
    g_task_set_check_cancellable(task, FALSE);
    if (!gnf_traffic_accept_all(context, device, &error)) {
        g_task_return_error(task, error);
        g_object_unref(task);
        return;
    }
    /* From here on it is on its way back: whoever takes the record up must not take it out again.
     */
    device->state = GNF_STATE_PRESENT;
    gnf_record_note(context->record_path, context->operation);
    attach->timeout_source = g_timeout_add(GNF_ATTACH_TIMEOUT_MS, on_deadline, attach);
    gnf_managers_probe_async(context->managers,
                             device->bond.ifindex,
                             device->bond.interface,
                             attach->deadline,
                             on_owner,
                             task);
}

gboolean
gnf_attach_finish(GAsyncResult *result, GError **error)
{
    return g_task_propagate_boolean(G_TASK(result), error);
}
