/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Attach: see the NIC in its bond, by whoever's doing.
 *
 * With "allow-hotplug" udev has systemd start ifup@NAME.service for a new NIC, and stop it when the
 * NIC goes: its ifdown may still be to come when the next NIC of that name is there already. So
 * that unit is waited for, then ifupdown's lock of the interface, which ifup and ifdown hold while
 * they are at work (they are waited for without systemd, too). If the NIC is in its bond then,
 * well; else it is put in by netlink. ifupdown's state says then what its admin's ifdown and
 * ifquery go by.
 *
 * What the files ask for beside that is not done here: the bond's MTU is given to its ports by the
 * kernel, and primary option, priority and queue id are what the engine has recorded and restores.
 */
#include "failover/by-netlink.h"
#include "failover/error.h"
#include "ifcfg-backend/ifcfg-operations.h"
#include "ifcfg-backend/ifstate-lock.h"
#include "ifcfg-backend/unit.h"

/* ifup may wait for minutes (for an address that is not to be, for a script); its lock is still
 * waited for after that. */
#define PATIENCE_MS 12000

typedef struct {
    GnfIfcfg *self;
    const GnfTarget *target;
    GnfManagerFiles *files;
    GCancellable *patience; /* ends the wait for the unit */
    GSource *patience_over;
    gulong patience_chained; /* to the call's own GCancellable */
} Attach;

static void
attach_free(gpointer data)
{
    Attach *attach = data;

    gnf_manager_files_free(attach->files);
    g_clear_object(&attach->patience);
    g_free(attach);
}

/* -- the act -- */

static GnfAttachment *
conclude(const Attach *attach, gboolean already)
{
    const GnfTarget *target = attach->target;
    const GnfNic nic = gnf_ifcfg_nic(target);
    const GnfNic old = {.name = target->old_interface, .mac = target->old_mac};
    GnfAttachment *attachment = g_new0(GnfAttachment, 1);

    attachment->already = already;
    attachment->detail =
        gnf_manager_files_advise(attach->files, &nic, target->bond, &old, gnf_ifcfg_is_there);
    attachment->reboot_unsafe = attachment->detail != NULL;
    return attachment;
}

/* lock: NULL where no state is kept. */
static void
act(GTask *task, GnfIfstateLock *lock)
{
    const Attach *attach = g_task_get_task_data(task);
    const GnfTarget *target = attach->target;
    const GnfNic nic = gnf_ifcfg_nic(target);
    const char *logical = gnf_manager_files_get_logical(attach->files, &nic);
    g_autoptr(GError) unwritten = NULL;
    gboolean already = FALSE;
    GError *error = NULL;

    if (!gnf_by_netlink_attach(attach->self->netlink, target, &already, &error)) {
        g_task_return_error(task, error);
        return;
    }
    if (lock && !gnf_ifstate_lock_write(lock, logical, &unwritten))
        g_debug("%s: %s", target->interface, unwritten->message);
    g_task_return_pointer(task, conclude(attach, already), (GDestroyNotify)gnf_attachment_free);
}

static void
on_locked(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GTask) task = user_data;
    GError *error = NULL;
    g_autoptr(GnfIfstateLock) lock = gnf_ifstate_lock_finish(result, &error);

    if (lock)
        act(task, lock);
    else
        g_task_return_error(task, error);
}

/* A port of its bond already, or none, and not what ifupdown uses for something else? */
static gboolean
check_free(const Attach *attach, GError **error)
{
    const GnfTarget *target = attach->target;
    const GnfNic nic = gnf_ifcfg_nic(target);
    g_autoptr(GnfLink) link = gnf_by_netlink_look(attach->self->netlink, target, error);
    g_autofree char *conflict = NULL;

    if (!link)
        return FALSE;
    if (link->controller != target->bond_ifindex)
        conflict = gnf_manager_files_find_conflict(attach->files, &nic, target->bond);
    if (conflict)
        g_set_error(error, GNF_ERROR, GNF_REASON_CODE_MANAGER_FAILED, "%s", conflict);
    return !conflict;
}

static void
go(GTask *task)
{
    Attach *attach = g_task_get_task_data(task);
    const GnfNic nic = gnf_ifcfg_nic(attach->target);
    GError *error = NULL;

    attach->files = gnf_ifcfg_read(attach->self);
    if (!check_free(attach, &error)) {
        g_task_return_error(task, error);
        g_object_unref(task);
    } else if (gnf_manager_files_keeps_state(attach->files, &nic)) {
        gnf_ifstate_lock_async(attach->self->root,
                               attach->target->interface,
                               g_task_get_cancellable(task),
                               on_locked,
                               task);
    } else {
        act(task, NULL);
        g_object_unref(task);
    }
}

/* -- waiting for the unit -- */

static gboolean
on_patience_over(gpointer user_data)
{
    const Attach *attach = user_data;

    g_cancellable_cancel(attach->patience);
    return G_SOURCE_REMOVE;
}

static void
on_call_cancelled(GCancellable *cancellable, gpointer user_data)
{
    const Attach *attach = user_data;

    g_cancellable_cancel(attach->patience);
}

static void
on_unit(GObject *source, GAsyncResult *result, gpointer user_data)
{
    GTask *task = user_data;
    Attach *attach = g_task_get_task_data(task);
    GCancellable *cancellable = g_task_get_cancellable(task);
    GError *error = NULL;
    gboolean through = gnf_unit_wait_finish(result, &error);

    g_cancellable_disconnect(cancellable, attach->patience_chained);
    g_source_destroy(attach->patience_over);
    g_clear_pointer(&attach->patience_over, g_source_unref);
    if (!through && cancellable && g_cancellable_is_cancelled(cancellable)) {
        g_prefix_error(&error, "%s: ", attach->target->interface);
        g_task_return_error(task, error);
        g_object_unref(task);
        return;
    }
    g_clear_error(&error);
    go(task);
}

static void
wait_for_unit(GTask *task)
{
    Attach *attach = g_task_get_task_data(task);
    GCancellable *cancellable = g_task_get_cancellable(task);
    g_autofree char *unit = gnf_unit_name("ifup@", attach->target->interface);

    attach->patience = g_cancellable_new();
    attach->patience_over = g_timeout_source_new(PATIENCE_MS);
    g_source_set_callback(attach->patience_over, on_patience_over, attach, NULL);
    g_source_attach(attach->patience_over, NULL);
    if (cancellable)
        attach->patience_chained =
            g_cancellable_connect(cancellable, G_CALLBACK(on_call_cancelled), attach, NULL);
    gnf_unit_wait_async(&attach->self->bus, unit, attach->patience, on_unit, task);
}

void
gnf_ifcfg_attach_start(gpointer self,
                       const GnfTarget *target,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
    GTask *task = g_task_new(NULL, cancellable, callback, user_data);
    Attach *attach = g_new0(Attach, 1);

    attach->self = self;
    attach->target = target;
    g_task_set_task_data(task, attach, attach_free);
    /* What was done counts, also when somebody has lost interest meanwhile. */
    g_task_set_check_cancellable(task, FALSE);
    if (!attach->self->netlink) {
        g_task_return_error(task, g_error_copy(attach->self->open_error));
        g_object_unref(task);
    } else if (attach->self->manager == GNF_MANAGER_IFUPDOWN) {
        wait_for_unit(task);
    } else {
        go(task);
    }
}
