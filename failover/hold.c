/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hold; see hold.h. Non-logging: file systems may be frozen while an operation is pending.
 */
#include "failover/hold.h"

#include "failover/attach.h"
#include "failover/complete.h"
#include "failover/detach.h"
#include "failover/drain.h"
#include "failover/error.h"
#include "failover/record.h"
#include "failover/traffic.h"
#include "netlink/announce.h"

/* What leaves first when the guest has resumed elsewhere is ready before: the bond's own address.
 */
static void
arm_beacon(GnfOperationDevice *device, const GnfLink *bond)
{
    if (!bond->mac || gnf_beacon_is_for(device->beacon, bond->ifindex, bond->mac))
        return;
    g_clear_pointer(&device->beacon, gnf_beacon_free);
    device->beacon = gnf_beacon_new(bond->ifindex, bond->mac, NULL);
}

/* A bond that was made anew while its NIC was away has another ifindex, and its old one may be
 * something else's. Returns TRUE if so. */
static gboolean
follow_bond(GnfContext *context, GnfOperationDevice *device)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GnfLink) old = gnf_link_get(context->netlink, device->bond.ifindex, &error);

    if (old && old->bond) {
        arm_beacon(device, old);
        return FALSE;
    }
    if (!old && !gnf_netlink_error_is_gone(error))
        return FALSE;
    g_autoptr(GnfLink) bond = gnf_link_get_by_name(context->netlink, device->bond.interface, NULL);
    if (!bond || !bond->bond)
        return FALSE;
    device->bond.ifindex = bond->ifindex;
    arm_beacon(device, bond);
    return TRUE;
}

/* It is not where it was put back to any more, and that was all that there was to say of it. */
static void
end_put_back(GnfContext *context, GnfOperationDevice *device)
{
    if (!device->put_back)
        return;
    device->put_back = FALSE;
    g_clear_error(&device->reason);
    gnf_operation_settle(context->operation);
}

/* What the kernel says of a pending device's NIC. Returns TRUE if its state changed. */
static gboolean
look_at_device(GnfContext *context, GnfOperationDevice *device, gboolean *ret_in_bond)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GnfLink) link = NULL;
    gboolean changed = follow_bond(context, device);

    *ret_in_bond = FALSE;
    if (device->state == GNF_STATE_ABSENT)
        return changed;
    link = gnf_link_get(context->netlink, device->ifindex, &error);
    if (link) {
        *ret_in_bond = link->controller == device->bond.ifindex;
        if (device->state != GNF_STATE_SWITCHED || *ret_in_bond)
            return changed;
        /* Taken out by somebody else, or by an engine that died before it could say so. */
        device->state = GNF_STATE_DETACHED;
        end_put_back(context, device);
        (void)gnf_traffic_accept_as_before(context, device, NULL);
        return TRUE;
    }
    if (!gnf_netlink_error_is_gone(error))
        return changed;
    gboolean was_port = device->state == GNF_STATE_SWITCHED;
    device->state = GNF_STATE_ABSENT;
    device->ifindex = 0;
    end_put_back(context, device);
    if (was_port)
        (void)gnf_traffic_accept_as_before(context, device, NULL);
    return TRUE;
}

/* It stays in the bond, and the host is told not to unplug it. */
static void
leave_in(GnfContext *context, GnfOperationDevice *device, GError *reason)
{
    device->state = GNF_STATE_SWITCHED;
    gnf_operation_device_end(device, reason);
    gnf_operation_settle(context->operation);
}

/* The same until the standby can take over: the guest is connected by this NIC alone, perhaps, and
 * whoever put it back knew why. */
static void
leave_in_for_now(GnfContext *context,
                 GnfOperationDevice *device,
                 GnfReasonCode code,
                 const char *why)
{
    device->put_back = TRUE;
    leave_in(context,
             device,
             gnf_reason(code,
                        "%s was put back into %s while it was prepared: do not unplug it, it is "
                        "taken out again when %s can take over: %s",
                        device->interface,
                        device->bond.interface,
                        device->standby,
                        why));
}

/* Nobody else puts it back again and again where it is we who cannot take it out. */
static void
give_up(GnfContext *context, GnfOperationDevice *device)
{
    /* That there was no standby is over. */
    gboolean has_waited =
        device->put_back && g_error_matches(device->reason, GNF_ERROR, GNF_REASON_CODE_NO_STANDBY);

    device->put_back = FALSE;
    if (device->reason && !has_waited) {
        g_autofree char *why = g_strdup(device->reason->message);
        leave_in(context,
                 device,
                 gnf_reason((GnfReasonCode)device->reason->code,
                            "%s was put back into %s while it was prepared, and could not be taken "
                            "out again: %s",
                            device->interface,
                            device->bond.interface,
                            why));
        return;
    }
    leave_in(context,
             device,
             gnf_reason(GNF_REASON_CODE_MANAGER_UNDID,
                        "%s was put back into %s %d times while it was prepared: find out who does "
                        "it (%s manages it) and prepare again",
                        device->interface,
                        device->bond.interface,
                        GNF_HOLD_LIMIT,
                        gnf_manager_to_string(device->manager)));
}

/* A port of the bond, with a link that the bond trusts. */
static gboolean
can_take_over(const GnfContext *context, const GnfOperationDevice *device)
{
    g_autoptr(GnfLink) standby = gnf_link_get(context->netlink, device->standby_ifindex, NULL);

    return standby && standby->controller == device->bond.ifindex && standby->up &&
           standby->carrier && standby->bond_port && standby->bond_port->mii == GNF_MII_UP;
}

/* TRUE if this device is to be taken out again, now. */
static gboolean
was_put_back(GnfContext *context, GnfOperationDevice *device, gboolean in_bond, gboolean *changed)
{
    if (!in_bond || !(device->state == GNF_STATE_DETACHED || device->put_back))
        return FALSE;
    if (!can_take_over(context, device)) {
        if (!device->put_back) {
            leave_in_for_now(
                context, device, GNF_REASON_CODE_NO_STANDBY, "it is no port with a link now");
            *changed = TRUE;
        }
        return FALSE;
    }
    *changed = TRUE;
    if (++device->undone <= GNF_HOLD_LIMIT)
        return TRUE;
    give_up(context, device);
    return FALSE;
}

void
gnf_hold_refresh(GnfContext *context)
{
    gboolean changed = FALSE;

    for (guint i = 0; gnf_context_is_pending(context) && i < context->operation->devices->len;
         i++) {
        GnfOperationDevice *device = g_ptr_array_index(context->operation->devices, i);
        gboolean in_bond = FALSE;
        if (gnf_operation_device_is_pending(device))
            changed |= look_at_device(context, device, &in_bond);
    }
    if (changed)
        gnf_record_note(context->record_path, context->operation);
}

GnfHold
gnf_hold_look(GnfContext *context, GnfOperationDevice **ret_device)
{
    GnfOperationDevice *put_back = NULL;
    gboolean changed = FALSE;

    if (!gnf_context_is_pending(context))
        return GNF_HOLD_NOTHING;
    for (guint i = 0; i < context->operation->devices->len; i++) {
        GnfOperationDevice *device = g_ptr_array_index(context->operation->devices, i);
        gboolean in_bond = FALSE;
        if (!gnf_operation_device_is_pending(device))
            continue;
        changed |= look_at_device(context, device, &in_bond);
        if (!put_back && was_put_back(context, device, in_bond, &changed))
            put_back = device;
    }
    if (changed)
        gnf_record_note(context->record_path, context->operation);
    if (put_back) {
        *ret_device = put_back;
        return GNF_HOLD_DETACH;
    }
    return gnf_complete_is_possible(context) ? GNF_HOLD_COMPLETE : GNF_HOLD_NOTHING;
}

/* -- taking it out again -- */

typedef struct {
    GnfContext *context;
    GnfOperationDevice *device;
    GError *why;          /* it is being put back by us: the standby failed as it left */
    gboolean only_attach; /* the operation's own */
} Again;

static void
again_free(gpointer data)
{
    Again *again = data;

    g_clear_error(&again->why);
    g_free(again);
}

/* A failure is the reason until the next try, which look() starts; see give_up. */
static void
end_again(GTask *task, GError *failure)
{
    const Again *again = g_task_get_task_data(task);

    g_clear_error(&again->device->reason);
    if (failure)
        again->device->reason = gnf_reason_from_error(failure);
    else
        again->device->put_back = FALSE;
    gnf_operation_settle(again->context->operation);
    gnf_record_note(again->context->record_path, again->context->operation);
    g_task_return_boolean(task, TRUE);
    g_object_unref(task);
}

/* It is in, and stays for now. */
static void
end_left_in(GTask *task, const GError *error)
{
    const Again *again = g_task_get_task_data(task);
    g_autoptr(GError) reason = gnf_reason_from_error(error);

    leave_in_for_now(again->context, again->device, (GnfReasonCode)reason->code, reason->message);
    gnf_record_note(again->context->record_path, again->context->operation);
    g_task_return_boolean(task, TRUE);
    g_object_unref(task);
}

static void
on_back_in(GObject *source, GAsyncResult *result, gpointer data)
{
    GTask *task = data;
    const Again *again = g_task_get_task_data(task);
    g_autoptr(GError) error = NULL;

    again->context->operation->only_attach = again->only_attach;
    if (gnf_attach_finish(result, &error)) {
        end_left_in(task, again->why);
        return;
    }
    (void)gnf_traffic_accept_as_before(again->context, again->device, NULL);
    g_autoptr(GError) both =
        g_error_new(again->why->domain,
                    again->why->code,
                    "%s; and %s could not be put back (%s): repeat with guest-net-failover-cancel",
                    again->why->message,
                    again->device->interface,
                    error->message);
    end_again(task, both);
}

/* The NIC has left, and nobody else can carry the bond's traffic. */
static gboolean
is_cut_off(const Again *again)
{
    g_autoptr(GnfLink) nic = gnf_link_get(again->context->netlink, again->device->ifindex, NULL);

    return nic && nic->controller == 0 && !can_take_over(again->context, again->device);
}

static void
on_out_again(GObject *source, GAsyncResult *result, gpointer data)
{
    GTask *task = data;
    Again *again = g_task_get_task_data(task);
    GnfOperation *operation = again->context->operation;
    GError *error = NULL;

    if (gnf_detach_finish(result, &error) || !is_cut_off(again)) {
        end_again(task, error);
        g_clear_error(&error);
        return;
    }
    again->why = error;
    again->only_attach = operation->only_attach;
    operation->only_attach = TRUE;
    gnf_attach_async(again->context, again->device, NULL, on_back_in, task);
}

/* The standby may have failed since the traffic was given to it. */
static void
on_drained_again(GObject *source, GAsyncResult *result, gpointer data)
{
    GTask *task = data;
    const Again *again = g_task_get_task_data(task);
    g_autoptr(GError) error = NULL;

    gnf_drain_finish(result);
    if (gnf_traffic_check_away(again->context, again->device, &error))
        gnf_detach_async(again->context, again->device, on_out_again, task);
    else
        end_left_in(task, error);
}

static gboolean
is_active(const Again *again)
{
    g_autoptr(GnfLink) bond =
        gnf_link_get(again->context->netlink, again->device->bond.ifindex, NULL);

    return bond && bond->bond && bond->bond->active == again->device->ifindex;
}

void
gnf_hold_detach_async(GnfContext *context,
                      GnfOperationDevice *device,
                      GAsyncReadyCallback callback,
                      gpointer user_data)
{
    GTask *task = g_task_new(NULL, NULL, callback, user_data);
    Again *again = g_new0(Again, 1);
    g_autoptr(GError) error = NULL;

    again->context = context;
    again->device = device;
    g_task_set_task_data(task, again, again_free);
    gboolean carries = is_active(again);
    if (!gnf_traffic_to_standby(context, device, &error)) {
        end_left_in(task, error);
    } else if (carries) {
        gnf_drain_async(context, device, device->ifindex, NULL, on_drained_again, task);
    } else {
        gnf_detach_async(context, device, on_out_again, task);
    }
}

void
gnf_hold_detach_finish(GAsyncResult *result)
{
    (void)g_task_propagate_boolean(G_TASK(result), NULL);
}

/* -- other reasons to act -- */

gboolean
gnf_hold_is_revert_due(const GnfContext *context)
{
    const GnfOperation *operation = context->operation;
    gboolean plugged_in = FALSE;

    if (operation->revert_at_us == 0 || gnf_boottime_us() < operation->revert_at_us)
        return FALSE;
    for (guint i = 0; i < operation->devices->len; i++) {
        const GnfOperationDevice *device = g_ptr_array_index(operation->devices, i);
        plugged_in |= gnf_operation_device_is_pending(device) && device->state != GNF_STATE_ABSENT;
    }
    return plugged_in;
}

/* The guest has just resumed elsewhere, where everything is slow at first: the frame that was made
 * ready goes out before anything is asked of the kernel. */
static void
announce_resumed(const GnfContext *context, const GnfOperationDevice *device)
{
    if (device->beacon)
        (void)gnf_beacon_send(device->beacon, NULL);
    gnf_announce(context->netlink, device->bond.ifindex, NULL, NULL);
}

/* Is it an event that may have the hold act on the device? */
static gboolean
concerns(const GnfLinkEvent *event, const GnfOperationDevice *device)
{
    if (event->ifindex == device->ifindex || device->state == GNF_STATE_ABSENT)
        return TRUE;
    return device->put_back &&
           (event->ifindex == device->standby_ifindex || event->ifindex == device->bond.ifindex);
}

/* On its way back, and the bond has changed, perhaps only by who is to have the traffic; or events
 * were lost. A command that gave it up, for want of a link, fights nobody. */
static void
keep_traffic(const GnfContext *context, const GnfLinkEvent *event, const GnfOperationDevice *device)
{
    if (device->state == GNF_STATE_PRESENT && device->ended_us == 0 &&
        (event->type == GNF_LINK_EVENT_OVERRUN || event->ifindex == device->bond.ifindex))
        gnf_traffic_keep(context, device);
}

gboolean
gnf_hold_link_event(GnfContext *context, const GnfLinkEvent *event)
{
    gboolean concerns_us = event->type == GNF_LINK_EVENT_OVERRUN;

    if (!gnf_context_is_pending(context))
        return FALSE;
    for (guint i = 0; i < context->operation->devices->len; i++) {
        const GnfOperationDevice *device = g_ptr_array_index(context->operation->devices, i);
        if (!gnf_operation_device_is_pending(device))
            continue;
        if (event->type == GNF_LINK_EVENT_NOTIFY_PEERS) {
            if (event->ifindex == device->standby_ifindex)
                announce_resumed(context, device);
        } else {
            keep_traffic(context, event, device);
            concerns_us |= concerns(event, device);
        }
    }
    return concerns_us;
}
