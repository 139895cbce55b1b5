/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The attach; see attach.h. In order: who has the bond now, let that manager put the NIC in, see it
 * in, see its link, move the traffic, restore the options. The standby stays the bond's primary
 * option until the link is proven, so a NIC that takes its time costs nothing.
 */
#include "failover/attach.h"

#include "failover/crossing.h"
#include "failover/deadline.h"
#include "failover/drain.h"
#include "failover/error.h"
#include "failover/fault.h"
#include "failover/plan.h"
#include "failover/record.h"
#include "failover/team.h"
#include "failover/traffic.h"
#include "netlink/announce.h"

/* The link must have been up for longer than the bond's interval of looking at it; the usual one is
 * this long, and a bond without a monitor says "up" without looking. */
#define MIN_STABLE_MS 100

/* What the manager says is done, the kernel has done: its event only has to be read. */
#define KERNEL_TIMEOUT_MS 5000

typedef struct {
    GnfContext *context;
    GnfOperationDevice *device;
    int old_way;           /* ifindex of the port that carried the traffic until now */
    gint64 step_us;        /* when the present step began */
    GnfDeadline *deadline; /* ends the manager's calls */
} Attach;

static void
attach_free(gpointer data)
{
    Attach *attach = data;

    g_clear_pointer(&attach->deadline, gnf_deadline_free);
    g_free(attach);
}

static void
step_done(Attach *attach, GnfStep step)
{
    gnf_operation_device_step(attach->device, step, attach->step_us);
    attach->step_us = g_get_monotonic_time();
}

/* -- the end: traffic and options -- */

static void
restore(gpointer data)
{
    GTask *task = data;
    Attach *attach = g_task_get_task_data(task);
    GError *error = NULL;

    if (gnf_traffic_restore(attach->context, attach->device, &error)) {
        step_done(attach, GNF_STEP_RESTORE);
        attach->device->state = GNF_STATE_ATTACHED;
        attach->device->asked = FALSE;
        g_task_return_boolean(task, TRUE);
    } else {
        g_task_return_error(task, error);
    }
    g_object_unref(task);
}

static void
finish(GTask *task)
{
    const Attach *attach = g_task_get_task_data(task);

    gnf_fault_point(attach->context, GNF_STEP_RESTORE, attach->device, restore, task);
}

static void
on_drained(GObject *source, GAsyncResult *result, gpointer data)
{
    GTask *task = data;

    gnf_drain_finish(result);
    step_done(g_task_get_task_data(task), GNF_STEP_DRAIN);
    finish(task);
}

static void
drain(gpointer data)
{
    GTask *task = data;
    const Attach *attach = g_task_get_task_data(task);

    gnf_drain_async(attach->context, attach->device, attach->old_way, NULL, on_drained, task);
}

/* With three ports it need not be the standby. */
static int
find_old_way(const Attach *attach)
{
    const GnfOperationDevice *device = attach->device;
    g_autoptr(GnfLink) bond = gnf_link_get(attach->context->netlink, device->bond.ifindex, NULL);
    int active = bond && bond->bond ? bond->bond->active : 0;

    return active != 0 && active != device->ifindex ? active : device->standby_ifindex;
}

static void
move_traffic(gpointer data)
{
    GTask *task = data;
    Attach *attach = g_task_get_task_data(task);
    GError *error = NULL;

    attach->old_way = find_old_way(attach);
    if (!gnf_traffic_to_primary(attach->context, attach->device, &error)) {
        g_task_return_error(task, error);
        g_object_unref(task);
        return;
    }
    step_done(attach, GNF_STEP_ACTIVATE);
    gnf_fault_point(attach->context, GNF_STEP_DRAIN, attach->device, drain, task);
}

static void
on_team_used(GObject *source, GAsyncResult *result, gpointer data)
{
    GTask *task = data;
    Attach *attach = g_task_get_task_data(task);

    GnfOperationDevice *device = attach->device;

    if (gnf_team_use_finish(result)) {
        gnf_announce(attach->context->netlink, device->bond.ifindex, NULL, NULL);
        step_done(attach, GNF_STEP_ACTIVATE);
    } else {
        gnf_operation_device_warn(
            device,
            gnf_reason(GNF_REASON_CODE_MANAGER_FAILED,
                       "%s is a port of %s again, but teamd did not choose it: the traffic goes "
                       "through another port until teamd or its administrator does (teamdctl %s "
                       "state item set runner.active_port %s)",
                       device->interface,
                       device->bond.interface,
                       device->bond.interface,
                       device->interface));
    }
    finish(task);
}

/* The stage `attach`: all is ready for the traffic, and what the network sends to the NIC already
 * is accepted. From here on it is a port whose traffic was moved. */
static void
stop_before_activate(GTask *task)
{
    const Attach *attach = g_task_get_task_data(task);
    GnfOperationDevice *device = attach->device;
    g_autoptr(GnfLink) bond = gnf_link_get(attach->context->netlink, device->bond.ifindex, NULL);
    GError *error = NULL;

    device->state = GNF_STATE_SWITCHED;
    device->asked = FALSE;
    device->undone = 0;
    if (bond)
        gnf_crossing_accept(attach->context, bond, device->ifindex);
    if (gnf_traffic_accept_all(attach->context, device, &error))
        g_task_return_boolean(task, TRUE);
    else
        g_task_return_error(task, error);
    g_object_unref(task);
}

/* Does the traffic wait to be given to it? Where a bond spreads it, a port has its part at once. */
static gboolean
is_given_traffic(const GnfOperationDevice *device)
{
    return gnf_mode_has_active_port(device->bond.mode) ||
           (device->bond.mode == GNF_BOND_MODE_TEAM && device->was_active);
}

/* The link is proven: the traffic goes where it went before. */
static void
activate(GTask *task)
{
    const Attach *attach = g_task_get_task_data(task);
    GnfOperationDevice *device = attach->device;

    if (attach->context->operation->only_attach && is_given_traffic(device))
        stop_before_activate(task);
    else if (device->was_active && device->bond.mode == GNF_BOND_MODE_TEAM)
        gnf_team_use_async(device, on_team_used, task);
    else if (device->was_active && gnf_mode_has_active_port(device->bond.mode))
        gnf_fault_point(attach->context, GNF_STEP_ACTIVATE, device, move_traffic, task);
    else
        finish(task);
}

/* The NIC's link, or NULL. Somebody else may have seen first that it is gone, and left no ifindex
 * (gnf_hold_refresh). */
static GnfLink *
read_nic(const Attach *attach, gboolean *ret_is_gone)
{
    g_autoptr(GError) error = NULL;
    GnfLink *link = attach->device->ifindex != 0
                        ? gnf_link_get(attach->context->netlink, attach->device->ifindex, &error)
                        : NULL;

    *ret_is_gone = !link && (!error || gnf_netlink_error_is_gone(error));
    return link;
}

static gboolean
check_there(const Attach *attach, GError **error)
{
    g_autoptr(GnfLink) link =
        gnf_link_get(attach->context->netlink, attach->device->ifindex, error);

    if (!link)
        gnf_error_wrap(error,
                       GNF_REASON_CODE_NO_SUCH_DEVICE,
                       "%s was unplugged again",
                       attach->device->interface);
    return link != NULL;
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
                       "%s is in %s, but has no link, and the traffic goes through another port; "
                       "plug the NIC's cable or function in and repeat the command",
                       device->interface,
                       device->bond.interface);
        g_task_return_error(task, error);
        return;
    }
    if (!check_there(attach, &error)) {
        g_task_return_error(task, error);
        return;
    }
    step_done(attach, GNF_STEP_LINK);
    activate(g_steal_pointer(&task));
}

/* Trusted by the bond and by itself; or gone, which is not waited out. */
static gboolean
has_link_or_is_gone(gpointer data)
{
    const Attach *attach = data;
    gboolean is_gone = FALSE;
    g_autoptr(GnfLink) link = read_nic(attach, &is_gone);

    if (!link)
        return is_gone;
    return link->controller == attach->device->bond.ifindex && link->carrier && link->bond_port &&
           link->bond_port->mii == GNF_MII_UP;
}

/* How often the bond looks at its ports, by whichever monitor. */
static guint32
monitor_interval(const GnfBond *bond)
{
    return MAX(bond->miimon_ms, bond->arp_interval_ms);
}

static void
wait_for_link(gpointer data)
{
    GTask *task = data;
    Attach *attach = g_task_get_task_data(task);
    const GnfOperationDevice *device = attach->device;
    g_autoptr(GnfLink) bond = gnf_link_get(attach->context->netlink, device->bond.ifindex, NULL);
    const GnfWatchSpec spec = {
        .check = has_link_or_is_gone,
        .data = attach,
        .ifindex = device->ifindex,
        .stable_ms = MAX(MIN_STABLE_MS, bond && bond->bond ? monitor_interval(bond->bond) : 0),
        .timeout_ms = GNF_LINK_TIMEOUT_MS,
    };

    gnf_watch_wait_async(
        attach->context->watch, &spec, g_task_get_cancellable(task), on_link, task);
}

/* -- the middle: the manager, and what the kernel says of it -- */

static gboolean
is_in_or_gone(gpointer data)
{
    const Attach *attach = data;
    gboolean is_gone = FALSE;
    g_autoptr(GnfLink) link = read_nic(attach, &is_gone);

    return link ? link->controller == attach->device->bond.ifindex : is_gone;
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
    if (!check_there(attach, &error)) {
        g_task_return_error(task, error);
        return;
    }
    step_done(attach, GNF_STEP_ATTACH);
    gnf_traffic_keep(attach->context, device);
    gnf_fault_point(attach->context, GNF_STEP_LINK, device, wait_for_link, g_steal_pointer(&task));
}

static void
see_in(GTask *task)
{
    Attach *attach = g_task_get_task_data(task);
    const GnfWatchSpec spec = {.check = is_in_or_gone,
                               .data = attach,
                               .ifindex = attach->device->ifindex,
                               .timeout_ms = KERNEL_TIMEOUT_MS};

    gnf_watch_wait_async(attach->context->watch, &spec, NULL, on_in, task);
}

static void
on_attached(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GTask) task = data;
    Attach *attach = g_task_get_task_data(task);
    GnfOperationDevice *device = attach->device;
    GError *error = NULL;
    g_autoptr(GnfAttachment) attachment = gnf_managers_attach_finish(result, &error);

    gnf_deadline_stop(attach->deadline);
    if (!attachment) {
        gnf_error_wrap(&error,
                       GNF_REASON_CODE_MANAGER_FAILED,
                       "putting %s into %s again",
                       device->interface,
                       device->bond.interface);
        g_task_return_error(task, error);
        return;
    }
    if (attachment->reboot_unsafe)
        gnf_operation_device_warn(
            device, gnf_reason(GNF_REASON_CODE_REBOOT_UNSAFE, "%s", attachment->detail));
    see_in(g_steal_pointer(&task));
}

/* -- the beginning: who has the bond now -- */

/* The bond gives its ports its own MTU, and a port that cannot have it is refused with a bare errno
 * (kernel: bond_enslave). A NIC that is gone is for others to find out. */
static gboolean
check_mtu(const Attach *attach, GError **error)
{
    const GnfOperationDevice *device = attach->device;
    g_autoptr(GnfLink) nic = gnf_link_get(attach->context->netlink, device->ifindex, NULL);
    g_autoptr(GnfLink) bond = gnf_link_get(attach->context->netlink, device->bond.ifindex, NULL);

    if (!nic || !bond || nic->max_mtu == 0 || nic->max_mtu >= bond->mtu)
        return TRUE;
    g_set_error(
        error,
        GNF_ERROR,
        GNF_REASON_CODE_NOT_PERMITTED,
        "putting %s into %s again: it takes an MTU of %u at the most, and %s has %u; plug a "
        "NIC in that can, or lower the bond's",
        device->interface,
        bond->name,
        nic->max_mtu,
        bond->name,
        bond->mtu);
    return FALSE;
}

static void
on_owner(GObject *source, GAsyncResult *result, gpointer data)
{
    GTask *task = data;
    Attach *attach = g_task_get_task_data(task);
    GnfOperationDevice *device = attach->device;
    GError *error = NULL;
    g_autoptr(GnfOwned) owner = gnf_managers_probe_finish(result, &error);

    if (!owner) {
        gnf_error_wrap(&error,
                       GNF_REASON_CODE_MANAGER_FAILED,
                       "finding out who has %s",
                       device->bond.interface);
        g_task_return_error(task, error);
        g_object_unref(task);
        return;
    }
    if (!check_mtu(attach, &error)) {
        g_task_return_error(task, error);
        g_object_unref(task);
        return;
    }
    GnfTarget target = gnf_operation_device_target(device);
    /* Another manager may have taken the bond over since: its own configuration applies then. */
    if (owner->manager != device->manager)
        target.profile = NULL;
    gnf_managers_attach_async(attach->context->managers,
                              owner->manager,
                              &target,
                              gnf_deadline_cancellable(attach->deadline),
                              on_attached,
                              task);
}

static void
begin(gpointer data)
{
    GTask *task = data;
    Attach *attach = g_task_get_task_data(task);
    const GnfOperationDevice *device = attach->device;
    const GnfProbe what = {device->bond.ifindex, device->bond.interface, FALSE};

    attach->deadline = gnf_deadline_new(GNF_ATTACH_TIMEOUT_MS);
    gnf_managers_probe_async(attach->context->managers,
                             &what,
                             gnf_deadline_cancellable(attach->deadline),
                             on_owner,
                             task);
}

/* Only its traffic was moved: it never left its manager's hands, and nobody has to be asked. */
static gboolean
never_left(const GnfContext *context, const GnfOperationDevice *device)
{
    g_autoptr(GnfLink) link = gnf_link_get(context->netlink, device->ifindex, NULL);

    return device->state == GNF_STATE_SWITCHED && !device->asked && device->undone == 0 && link &&
           link->controller == device->bond.ifindex;
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
    g_task_set_task_data(task, attach, attach_free);
    /* What was done counts, also when somebody has lost interest meanwhile. */
    g_task_set_check_cancellable(task, FALSE);
    if (!gnf_traffic_accept_all(context, device, &error)) {
        g_task_return_error(task, error);
        g_object_unref(task);
        return;
    }
    if (never_left(context, device)) {
        see_in(task);
        return;
    }
    /* From here on it is on its way back: whoever takes the record up must not take it out again.
     */
    device->state = GNF_STATE_PRESENT;
    gnf_record_note(context->record_path, context->operation);
    gnf_traffic_keep(context, device);
    gnf_fault_point(context, GNF_STEP_ATTACH, device, begin, task);
}

gboolean
gnf_attach_finish(GAsyncResult *result, GError **error)
{
    return g_task_propagate_boolean(G_TASK(result), error);
}
