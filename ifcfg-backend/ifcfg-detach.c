/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Detach: by netlink. None of the managers watches its interfaces, or minds.
 *
 * ifupdown's state says from then on that the interface is down, as after an ifdown: so the ifdown
 * that udev and systemd start when the NIC is unplugged finds nothing to do, however late it runs,
 * and ifup is no no-op on a NIC that comes under this name. All this happens under ifupdown's own
 * lock of the interface: an ifup or ifdown that is at work on it is waited for.
 */
#include "failover/by-netlink.h"
#include "ifcfg-backend/ifcfg-operations.h"
#include "ifcfg-backend/ifstate-lock.h"

typedef struct {
    const GnfIfcfg *self;
    const GnfTarget *target;
} Detach;

/* lock: NULL where no state is kept. */
static void
act(GTask *task, GnfIfstateLock *lock)
{
    const Detach *detach = g_task_get_task_data(task);
    g_autoptr(GError) unwritten = NULL;
    GError *error = NULL;

    if (!gnf_by_netlink_detach(detach->self->netlink, detach->target, &error)) {
        g_task_return_error(task, error);
        return;
    }
    /* It is out, which counts: a state that is not true costs its admin an ifup --force. */
    if (lock && !gnf_ifstate_lock_write(lock, NULL, &unwritten))
        g_debug("%s: %s", detach->target->interface, unwritten->message);
    g_task_return_boolean(task, TRUE);
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

void
gnf_ifcfg_detach_start(gpointer self,
                       const GnfTarget *target,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
    g_autoptr(GTask) task = g_task_new(NULL, cancellable, callback, user_data);
    const GnfIfcfg *ifcfg = self;
    g_autoptr(GnfManagerFiles) files = gnf_ifcfg_read(ifcfg);
    const GnfNic nic = gnf_ifcfg_nic(target);
    Detach *detach = g_new0(Detach, 1);

    detach->self = ifcfg;
    detach->target = target;
    g_task_set_task_data(task, detach, g_free);
    /* What was done counts, also when somebody has lost interest meanwhile. */
    g_task_set_check_cancellable(task, FALSE);
    if (!ifcfg->netlink)
        g_task_return_error(task, g_error_copy(ifcfg->open_error));
    else if (gnf_manager_files_keeps_state(files, &nic))
        gnf_ifstate_lock_async(
            ifcfg->root, target->interface, cancellable, on_locked, g_steal_pointer(&task));
    else
        act(task, NULL);
}
