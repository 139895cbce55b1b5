/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bare netlink; see bare.h. Each call is one or two requests to the kernel and ends at once: the
 * GTask is only there because the interface is asynchronous.
 */
#include "failover/bare.h"

#include "failover/by-netlink.h"

gpointer
gnf_bare_new(GnfNetlink *netlink)
{
    return netlink;
}

static void
bare_close(gpointer self)
{
    /* The netlink socket is the engine's. */
}

static void
bare_version(gpointer self,
             GCancellable *cancellable,
             GAsyncReadyCallback callback,
             gpointer user_data)
{
    g_autoptr(GTask) task = g_task_new(NULL, cancellable, callback, user_data);

    g_task_return_pointer(task, g_strdup(""), g_free);
}

static void
bare_probe(gpointer self,
           const GnfProbe *what,
           GCancellable *cancellable,
           GAsyncReadyCallback callback,
           gpointer user_data)
{
    g_autoptr(GTask) task = g_task_new(NULL, cancellable, callback, user_data);
    GnfOwnership *ownership = g_new0(GnfOwnership, 1);

    ownership->owner = GNF_OWNER_PRESENT;
    ownership->detail = g_strdup("no network manager has this interface");
    g_task_return_pointer(task, ownership, (GDestroyNotify)gnf_ownership_free);
}

static void
bare_detach(gpointer self,
            const GnfTarget *target,
            GCancellable *cancellable,
            GAsyncReadyCallback callback,
            gpointer user_data)
{
    g_autoptr(GTask) task = g_task_new(NULL, cancellable, callback, user_data);
    GError *error = NULL;

    if (gnf_by_netlink_detach(self, target, &error))
        g_task_return_boolean(task, TRUE);
    else
        g_task_return_error(task, error);
}

static void
bare_attach(gpointer self,
            const GnfTarget *target,
            GCancellable *cancellable,
            GAsyncReadyCallback callback,
            gpointer user_data)
{
    g_autoptr(GTask) task = g_task_new(NULL, cancellable, callback, user_data);
    g_autoptr(GnfAttachment) attachment = g_new0(GnfAttachment, 1);
    GError *error = NULL;

    if (!gnf_by_netlink_attach(self, target, &attachment->already, &error)) {
        g_task_return_error(task, error);
        return;
    }
    g_task_return_pointer(task, g_steal_pointer(&attachment), (GDestroyNotify)gnf_attachment_free);
}

const GnfBackend gnf_bare_backend = {
    .abi = GNF_BACKEND_ABI,
    .open = NULL,
    .close = bare_close,
    .version = bare_version,
    .probe = bare_probe,
    .detach = bare_detach,
    .attach = bare_attach,
};
