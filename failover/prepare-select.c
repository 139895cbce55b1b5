/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The choice of devices; see prepare-select.h. Pure but for the clock.
 */
#include "failover/prepare-select.h"

#include "failover/error.h"
#include "failover/out-of-reach.h"
#include "failover/plan.h"
#include "failover/select.h"

/* The operation at hand's entry that a selector names although the NIC is out of the bond or gone.
 */
static gboolean
is_prepared(const GnfContext *context, const GnfSelector *selector)
{
    for (guint i = 0; gnf_context_is_pending(context) && i < context->operation->devices->len;
         i++) {
        const GnfOperationDevice *device = g_ptr_array_index(context->operation->devices, i);
        if (device->state == GNF_STATE_ABSENT &&
            gnf_selector_fits(selector, device->mac, device->pci_address, device->interface))
            return TRUE;
    }
    return FALSE;
}

/* Detached already, when it is not to be ejected besides; or switched, when no more is asked for.
 */
static gboolean
is_done(const GnfContext *context, const GnfPrepareOptions *options, const GnfPrimary *primary)
{
    const GnfOperationDevice *device = gnf_context_find(context, primary->link->ifindex);

    return device && ((device->state == GNF_STATE_DETACHED && !primary->bond && !options->eject) ||
                      (device->state == GNF_STATE_SWITCHED && options->only_switch));
}

/* Out of its bond by our doing. */
static gboolean
is_prepared_nic(const GnfContext *context, const GnfPrimary *primary)
{
    const GnfOperationDevice *device = gnf_context_find(context, primary->link->ifindex);

    return device && device->state == GNF_STATE_DETACHED;
}

static gboolean
select_named(const GnfContext *context,
             const GnfPrepareOptions *options,
             const GPtrArray *inventory,
             GPtrArray *chosen,
             GError **error)
{
    for (guint i = 0; i < options->selectors->len; i++) {
        const GnfSelector *selector = g_ptr_array_index(options->selectors, i);
        if (is_prepared(context, selector))
            continue;
        GnfPrimary *primary = gnf_select_one(inventory, selector, error);
        if (!primary && selector->pci_address)
            gnf_out_of_reach_explain(selector->pci_address, error);
        if (!primary)
            return FALSE;
        if (!is_done(context, options, primary) && !g_ptr_array_find(chosen, primary, NULL))
            g_ptr_array_add(chosen, primary);
    }
    return TRUE;
}

/* Nothing was named and nothing fits: say why, of the one candidate or of all. */
static void
set_nothing_error(const GPtrArray *inventory, GError **error)
{
    g_autofree char *candidates = gnf_candidates_to_string(inventory);

    if (inventory->len == 1 && !gnf_plan_check(g_ptr_array_index(inventory, 0), inventory, error))
        return;
    g_set_error(error,
                GNF_ERROR,
                GNF_REASON_CODE_NO_SUCH_DEVICE,
                "no pass-through NIC sits in a bond with a para-virtual standby; there is: %s",
                candidates);
    if (inventory->len == 0)
        gnf_out_of_reach_explain(NULL, error);
}

GPtrArray *
gnf_prepare_select(const GnfContext *context,
                   const GnfPrepareOptions *options,
                   const GPtrArray *inventory,
                   GError **error)
{
    g_autoptr(GPtrArray) chosen = g_ptr_array_new();
    gboolean any = gnf_context_is_pending(context);

    if (options->selectors) {
        if (!select_named(context, options, inventory, chosen, error))
            return NULL;
        return g_steal_pointer(&chosen);
    }
    for (guint i = 0; i < inventory->len; i++) {
        GnfPrimary *primary = g_ptr_array_index(inventory, i);
        if (!gnf_select_by_default(primary) && !is_prepared_nic(context, primary))
            continue;
        any = TRUE;
        if (!is_done(context, options, primary))
            g_ptr_array_add(chosen, primary);
    }
    if (any)
        return g_steal_pointer(&chosen);
    set_nothing_error(inventory, error);
    return NULL;
}

/* The bond as it was before this operation touched it first. */
static void
copy_bond(const GnfContext *context, const GnfPrimary *primary, GnfOperationDevice *device)
{
    const GnfLink *bond = primary->bond;
    GnfBondBefore *before = &device->bond;

    before->ifindex = bond->ifindex;
    before->interface = g_strdup(bond->name);
    before->mode = bond->bond->mode;
    for (guint i = 0; gnf_context_is_pending(context) && i < context->operation->devices->len;
         i++) {
        const GnfOperationDevice *other = g_ptr_array_index(context->operation->devices, i);
        if (other->bond.ifindex != bond->ifindex || !gnf_operation_device_is_pending(other))
            continue;
        before->primary_option = g_strdup(other->bond.primary_option);
        before->all_slaves_active = other->bond.all_slaves_active;
        return;
    }
    before->all_slaves_active = bond->bond->all_slaves_active;
    if (bond->bond->primary == primary->link->ifindex)
        before->primary_option = g_strdup(primary->link->name);
    for (guint i = 0; i < primary->ports->len; i++) {
        const GnfLink *port = g_ptr_array_index(primary->ports, i);
        if (port->ifindex == bond->bond->primary)
            before->primary_option = g_strdup(port->name);
    }
}

GnfOperationDevice *
gnf_prepare_entry(const GnfContext *context, const GnfPrimary *primary)
{
    GnfOperationDevice *device = gnf_operation_device_new();
    const GnfLink *link = primary->link;

    device->interface = g_strdup(link->name);
    device->ifindex = link->ifindex;
    device->mac = g_strdup(gnf_primary_mac(primary));
    device->pci_address = g_strdup(primary->device->pci_address);
    device->old_interface = g_strdup(link->name);
    device->old_mac = g_strdup(device->mac);
    device->was_active = primary->bond && primary->bond->bond->active == link->ifindex;
    device->priority = link->bond_port ? link->bond_port->priority : 0;
    device->queue_id = link->bond_port ? link->bond_port->queue_id : 0;
    device->manager = primary->owner ? primary->owner->manager : GNF_MANAGER_NONE;
    device->profile = primary->owner ? g_strdup(primary->owner->profile) : NULL;
    device->state = GNF_STATE_ATTACHED;
    if (primary->standby) {
        device->standby = g_strdup(primary->standby->name);
        device->standby_ifindex = primary->standby->ifindex;
    }
    if (primary->bond)
        copy_bond(context, primary, device);
    /* The bond's primary option gives it the traffic at the next occasion, if it has not got it. */
    if (g_strcmp0(device->bond.primary_option, device->interface) == 0)
        device->was_active = TRUE;
    return device;
}
