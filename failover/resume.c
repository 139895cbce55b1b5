/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Taking up a record; see resume.h. What was done last may not be in the record: the kernel is
 * asked.
 */
#include "failover/resume.h"

#include "failover/crossing.h"
#include "failover/error.h"
#include "failover/hold.h"
#include "failover/traffic.h"

static void
interrupt(GnfOperationDevice *device)
{
    /* To be corrected: the move of the traffic is written down when it is over. */
    if (device->state == GNF_STATE_ATTACHED)
        device->state = GNF_STATE_SWITCHED;
    gnf_operation_device_end(
        device,
        gnf_reason(GNF_REASON_CODE_INTERRUPTED,
                   "the engine was ended while it prepared %s: repeat guest-net-failover-prepare, "
                   "or give guest-net-failover-cancel",
                   device->interface));
}

/* Does the bond still send through the NIC? Then nothing but what it accepts was changed. */
static gboolean
is_still_active(const GnfContext *context, const GnfOperationDevice *device)
{
    g_autoptr(GnfLink) bond = gnf_link_get(context->netlink, device->bond.ifindex, NULL);

    return bond && bond->bond && device->was_active && bond->bond->active == device->ifindex;
}

static void
correct(GnfContext *context, GnfOperationDevice *device)
{
    if (!g_error_matches(device->reason, GNF_ERROR, GNF_REASON_CODE_INTERRUPTED))
        return;
    if (device->state == GNF_STATE_DETACHED || device->state == GNF_STATE_ABSENT)
        g_clear_error(&device->reason); /* out of the bond: that is what was to be done */
    else if (is_still_active(context, device))
        device->state = GNF_STATE_ATTACHED;
    else
        return;
    gnf_crossing_end(context, device->bond.ifindex);
    (void)gnf_traffic_accept_as_before(context, device, NULL);
}

/* What a process has of its own, filters that are open, ended with it. */
static void
accept_again(GnfContext *context, GnfOperationDevice *device)
{
    if (device->state == GNF_STATE_SWITCHED)
        (void)gnf_traffic_accept_all(context, device, NULL);
}

gboolean
gnf_resume_take_up(GnfContext *context)
{
    GnfOperation *operation = context->operation;
    gboolean running = !operation->finished && operation->status == GNF_STATUS_WAITING;

    if (running && operation->verb != GNF_VERB_PREPARE)
        return TRUE;
    for (guint i = 0; i < operation->devices->len; i++) {
        GnfOperationDevice *device = g_ptr_array_index(operation->devices, i);
        if (device->ended_us == 0 && running)
            interrupt(device);
        device->ended_us = MAX(device->ended_us, 1);
    }
    if (operation->finished)
        return FALSE;
    gnf_hold_refresh(context);
    for (guint i = 0; i < operation->devices->len; i++)
        correct(context, g_ptr_array_index(operation->devices, i));
    for (guint i = 0; i < operation->devices->len; i++)
        accept_again(context, g_ptr_array_index(operation->devices, i));
    gnf_operation_settle(operation);
    return FALSE;
}
