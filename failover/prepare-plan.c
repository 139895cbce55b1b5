/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plan of a prepare; see prepare-plan.h.
 */
#include "failover/prepare-plan.h"

#include <unistd.h>

#include <glib/gstdio.h>

#include "failover/eject.h"
#include "failover/error.h"
#include "failover/plan.h"
#include "failover/prepare-select.h"
#include "failover/record.h"
#include "failover/report.h"
#include "netlink/bond.h"

static void
move_failures(GPtrArray *failures, GnfOperation *operation)
{
    while (failures->len > 0)
        g_ptr_array_add(operation->devices, g_ptr_array_steal_index(failures, 0));
}

/* May its slot be powered off, when all that are going have left their bonds? */
static gboolean
check_eject(const GnfPrimary *primary, const GPtrArray *going, GError **error)
{
    g_autoptr(GArray) leaving = g_array_new(FALSE, FALSE, sizeof(int));

    for (guint i = 0; i < going->len; i++) {
        const GnfPrimary *other = g_ptr_array_index(going, i);
        g_array_append_val(leaving, other->link->ifindex);
    }
    return gnf_eject_check(primary->link->name, primary->device->pci_address, leaving, error);
}

/* The entry of a NIC that is out of its bond already, and only to be ejected; or NULL. */
static GnfOperationDevice *
find_detached(const GnfContext *context, const GnfPrimary *primary)
{
    GnfOperationDevice *device = gnf_context_find(context, primary->link->ifindex);

    return device && device->state == GNF_STATE_DETACHED && !primary->bond ? device : NULL;
}

/* A host that is told `switched` moves its filter to the standby's port: then the traffic has to be
 * there. A team device's is teamd's to move, which tells when it is asked to. */
static gboolean
check_stage(const GnfPrepareOptions *options, const GnfPrimary *primary, GError **error)
{
    GnfBondMode mode = primary->bond ? primary->bond->bond->mode : GNF_BOND_MODE_ACTIVE_BACKUP;

    if (!options->only_switch || mode == GNF_BOND_MODE_TEAM || gnf_mode_has_active_port(mode))
        return TRUE;
    g_set_error(error,
                GNF_ERROR,
                GNF_REASON_CODE_LOAD_BALANCING,
                "%s is %s, which has no active port to move to %s: prepare %s without stages",
                primary->bond->name,
                gnf_bond_mode_to_string(mode),
                primary->standby ? primary->standby->name : "another",
                primary->link->name);
    return FALSE;
}

static gboolean
check_one(const GnfContext *context,
          const GnfPrepareOptions *options,
          GnfPrimary *primary,
          const GPtrArray *going,
          GError **error)
{
    return (find_detached(context, primary) || gnf_plan_check(primary, going, error)) &&
           check_stage(options, primary, error) &&
           (!options->eject || check_eject(primary, going, error));
}

/* As the real prepare finds out by writing it. */
static gboolean
check_record(const GnfContext *context, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(context->record_path);

    if (g_access(folder, W_OK | X_OK) == 0)
        return TRUE;
    g_set_error(error,
                GNF_ERROR,
                GNF_REASON_CODE_INTERNAL,
                "writing the operation record %s: its folder is not writable",
                context->record_path);
    return FALSE;
}

/* Each of chosen once. */
static gboolean
check_each(const GnfContext *context,
           const GnfPrepareOptions *options,
           GPtrArray *chosen,
           GPtrArray *failures,
           GError **error)
{
    for (guint i = 0; i < chosen->len;) {
        GnfPrimary *primary = g_ptr_array_index(chosen, i);
        g_autoptr(GError) reason = NULL;
        if (check_one(context, options, primary, chosen, &reason)) {
            i++;
            continue;
        }
        if (options->policy == GNF_POLICY_ALL_OR_NOTHING) {
            g_propagate_error(error, g_steal_pointer(&reason));
            return FALSE;
        }
        GnfOperationDevice *entry = gnf_prepare_entry(context, primary);
        gnf_operation_device_begin(entry);
        gnf_operation_device_end(entry, g_steal_pointer(&reason));
        g_ptr_array_add(failures, entry);
        g_ptr_array_remove_index(chosen, i);
    }
    return TRUE;
}

/* One that stays keeps the power on for the others of its slot, also for those before it. */
gboolean
gnf_prepare_check(const GnfContext *context,
                  const GnfPrepareOptions *options,
                  GPtrArray *chosen,
                  GPtrArray *failures,
                  GError **error)
{
    guint before = 0;

    do {
        before = chosen->len;
        if (!check_each(context, options, chosen, failures, error))
            return FALSE;
    } while (options->eject && chosen->len < before);
    return !options->dry_run || check_record(context, error);
}

static void
add_warnings(GnfOperationDevice *device, const GnfPrimary *primary)
{
    g_autoptr(GPtrArray) warnings = gnf_plan_warnings(primary);

    for (guint i = 0; i < warnings->len; i++)
        gnf_operation_device_warn(device, g_error_copy(g_ptr_array_index(warnings, i)));
}

static void
plan_step(GnfOperationDevice *device, GnfStep step, gboolean is_taken)
{
    const GnfStepDone planned = {step, 0};

    if (is_taken)
        g_array_append_val(device->steps, planned);
}

/* The steps that begin_device and what follows it in prepare.c take; none has taken any time. */
static void
add_planned_steps(GnfOperationDevice *device, const GnfPrepareOptions *options)
{
    gboolean is_out = device->state == GNF_STATE_DETACHED;
    gboolean moves = !is_out && gnf_mode_has_active_port(device->bond.mode);

    plan_step(device, GNF_STEP_RECORD, TRUE);
    plan_step(device, GNF_STEP_SWITCH, moves);
    plan_step(device, GNF_STEP_DRAIN, moves && !options->only_switch);
    plan_step(device, GNF_STEP_DETACH, !is_out && !options->only_switch);
    plan_step(device, GNF_STEP_EJECT, options->eject);
}

JsonNode *
gnf_prepare_plan(const GnfContext *context,
                 const GnfPrepareOptions *options,
                 const GPtrArray *chosen,
                 GPtrArray *failures)
{
    g_autoptr(GnfOperation) plan = gnf_operation_new();

    for (guint i = 0; i < chosen->len; i++) {
        const GnfPrimary *primary = g_ptr_array_index(chosen, i);
        GnfOperationDevice *entry = gnf_prepare_entry(context, primary);
        gnf_operation_device_begin(entry);
        if (find_detached(context, primary))
            entry->state = GNF_STATE_DETACHED;
        add_planned_steps(entry, options);
        add_warnings(entry, primary);
        gnf_operation_device_end(entry, NULL);
        g_ptr_array_add(plan->devices, entry);
    }
    move_failures(failures, plan);
    gnf_operation_settle(plan);
    if (plan->status == GNF_STATUS_DONE)
        plan->status = GNF_STATUS_PLANNED;
    return gnf_report_operation(plan);
}

void
gnf_prepare_arm_revert(const GnfPrepareOptions *options, GnfOperation *operation)
{
    operation->revert_at_us = options->revert_after_ms > 0
                                  ? gnf_boottime_us() + (gint64)options->revert_after_ms * 1000
                                  : 0;
}

/* Entries that an earlier prepare could not do: they are tried anew, or not asked for any more. */
static void
drop_failed(GnfOperation *operation)
{
    for (guint i = operation->devices->len; i > 0; i--) {
        const GnfOperationDevice *device = g_ptr_array_index(operation->devices, i - 1);
        if (device->reason && !gnf_operation_device_is_pending(device))
            g_ptr_array_remove_index(operation->devices, i - 1);
    }
}

/* The entry of a primary: the one there is, with what it was before the first prepare, or a new
 * one; the standby is the one that was proven now. */
static GnfOperationDevice *
take_entry(const GnfContext *context, GnfOperation *operation, const GnfPrimary *primary)
{
    GnfOperationDevice *old = gnf_operation_find(operation, primary->link->ifindex);

    if (old && gnf_operation_device_is_pending(old)) {
        if (primary->standby) {
            gnf_set_string(&old->standby, primary->standby->name);
            old->standby_ifindex = primary->standby->ifindex;
        }
        old->undone = 0;
        return old;
    }
    GnfOperationDevice *entry = gnf_prepare_entry(context, primary);
    if (old)
        g_ptr_array_remove(operation->devices, old);
    g_ptr_array_add(operation->devices, entry);
    return entry;
}

static void
fill_operation(const GnfContext *context,
               const GnfPrepareOptions *options,
               GnfOperation *operation,
               const GPtrArray *chosen,
               GPtrArray *failures,
               GPtrArray *work)
{
    drop_failed(operation);
    operation->verb = GNF_VERB_PREPARE;
    operation->status = GNF_STATUS_WAITING;
    operation->by_stages |= options->only_switch;
    operation->only_attach = FALSE;
    move_failures(failures, operation);
    for (guint i = 0; i < chosen->len; i++) {
        const GnfPrimary *primary = g_ptr_array_index(chosen, i);
        gboolean is_out = find_detached(context, primary) != NULL;
        GnfOperationDevice *device = take_entry(context, operation, primary);
        device->was_switched = device->state == GNF_STATE_SWITCHED;
        gnf_operation_device_begin(device);
        add_warnings(device, primary);
        if (!is_out)
            g_ptr_array_add(work, device);
    }
}

/* The record could not be written: what is new in a pending operation is taken out again. */
static void
take_back(GnfOperation *operation, const GPtrArray *work, GError *error)
{
    for (guint i = 0; i < work->len; i++) {
        GnfOperationDevice *device = g_ptr_array_index(work, i);
        gnf_operation_device_end(device, gnf_reason_from_error(error));
    }
    drop_failed(operation);
    gnf_operation_settle(operation);
}

gboolean
gnf_prepare_record(GnfContext *context,
                   const GnfPrepareOptions *options,
                   const GPtrArray *chosen,
                   GPtrArray *failures,
                   GPtrArray *work,
                   GError **error)
{
    g_autoptr(GnfOperation) fresh = gnf_context_is_pending(context) ? NULL : gnf_operation_new();
    GnfOperation *operation = fresh ? fresh : context->operation;
    gint64 begun_us = g_get_monotonic_time();
    GError *local_error = NULL;

    if (fresh)
        fresh->id = g_uuid_string_random();
    fill_operation(context, options, operation, chosen, failures, work);
    /* An earlier prepare's holds until this one has succeeded. */
    if (operation->revert_at_us == 0)
        gnf_prepare_arm_revert(options, operation);
    if (!gnf_record_save(context->record_path, operation, &local_error)) {
        take_back(operation, work, local_error);
        g_propagate_error(error, local_error);
        return FALSE;
    }
    if (fresh) {
        g_clear_pointer(&context->operation, gnf_operation_free);
        context->operation = g_steal_pointer(&fresh);
    }
    for (guint i = 0; i < work->len; i++)
        gnf_operation_device_step(g_ptr_array_index(work, i), GNF_STEP_RECORD, begun_us);
    return TRUE;
}
