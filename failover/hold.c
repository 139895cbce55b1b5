/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hold; see hold.h. Non-logging: file systems may be frozen while an operation is pending.
 */
#include "failover/hold.h"

#include "failover/complete.h"
#include "failover/error.h"
#include "failover/record.h"
#include "netlink/announce.h"

/* What the kernel says of a pending device's NIC. Returns TRUE if its state changed. */
static gboolean
look_at_device(GnfContext *context, GnfOperationDevice *device, gboolean *ret_in_bond)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GnfLink) link = NULL;

    *ret_in_bond = FALSE;
    if (device->state == GNF_STATE_ABSENT)
        return FALSE;
    link = gnf_link_get(context->netlink, device->ifindex, &error);
    if (link) {
        *ret_in_bond = link->controller == device->bond.ifindex;
        if (device->state != GNF_STATE_SWITCHED || *ret_in_bond)
            return FALSE;
        /* Taken out by somebody else, or by an engine that died before it could say so. */
        device->state = GNF_STATE_DETACHED;
        return TRUE;
    }
    if (!gnf_netlink_error_is_gone(error))
        return FALSE;
    device->state = GNF_STATE_ABSENT;
    device->ifindex = 0;
    return TRUE;
}

static void
give_up(GnfOperationDevice *device)
{
    device->state = GNF_STATE_SWITCHED;
    gnf_operation_device_end(
        device,
        gnf_reason(GNF_REASON_CODE_MANAGER_UNDID,
                   "%s was put back into %s %d times while it was prepared: find out who does it "
                   "(%s manages it) and prepare again; %s carries the traffic",
                   device->interface,
                   device->bond.interface,
                   GNF_HOLD_LIMIT,
                   gnf_manager_to_string(device->manager),
                   device->standby));
}

/* TRUE if this device is to be taken out again. */
static gboolean
was_put_back(GnfOperationDevice *device, gboolean in_bond, gboolean *changed)
{
    if (device->state != GNF_STATE_DETACHED || !in_bond)
        return FALSE;
    *changed = TRUE;
    if (++device->undone <= GNF_HOLD_LIMIT)
        return TRUE;
    give_up(device);
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
        if (!put_back && was_put_back(device, in_bond, &changed))
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

gboolean
gnf_hold_link_event(GnfContext *context, const GnfLinkEvent *event)
{
    gboolean concerns_us = FALSE;

    if (!gnf_context_is_pending(context))
        return FALSE;
    if (event->type == GNF_LINK_EVENT_OVERRUN)
        return TRUE;
    for (guint i = 0; i < context->operation->devices->len; i++) {
        const GnfOperationDevice *device = g_ptr_array_index(context->operation->devices, i);
        if (!gnf_operation_device_is_pending(device))
            continue;
        if (event->notify_peers && event->link->ifindex == device->standby_ifindex)
            gnf_announce(context->netlink, device->bond.ifindex, NULL, NULL);
        if (event->link->ifindex == device->ifindex || device->state == GNF_STATE_ABSENT)
            concerns_us = TRUE;
    }
    return concerns_us;
}
