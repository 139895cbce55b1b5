/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The vtable of the NetworkManager backend: the one symbol that the module exports. What each slot
 * promises is in failover/backend.h.
 */
#include "nm-backend/nm-operations.h"

#include <gmodule.h>

static gpointer
backend_open(GnfManager manager)
{
    return gnf_nm_new();
}

static void
backend_close(gpointer self)
{
    gnf_nm_free(self);
}

static void
backend_version_async(gpointer self,
                      GCancellable *cancellable,
                      GAsyncReadyCallback callback,
                      gpointer user_data)
{
    gnf_nm_version_start(self, cancellable, callback, user_data);
}

static char *
backend_version_finish(gpointer self, GAsyncResult *result, GError **error)
{
    return g_task_propagate_pointer(G_TASK(result), error);
}

static void
backend_probe_async(gpointer self,
                    int ifindex,
                    const char *interface,
                    GCancellable *cancellable,
                    GAsyncReadyCallback callback,
                    gpointer user_data)
{
    gnf_nm_probe_start(self, ifindex, interface, cancellable, callback, user_data);
}

static GnfOwnership *
backend_probe_finish(gpointer self, GAsyncResult *result, GError **error)
{
    return g_task_propagate_pointer(G_TASK(result), error);
}

static void
backend_detach_async(gpointer self,
                     const GnfTarget *target,
                     GCancellable *cancellable,
                     GAsyncReadyCallback callback,
                     gpointer user_data)
{
    gnf_nm_detach_start(self, target, cancellable, callback, user_data);
}

static gboolean
backend_detach_finish(gpointer self, GAsyncResult *result, GError **error)
{
    return g_task_propagate_pointer(G_TASK(result), error) != NULL;
}

static void
backend_attach_async(gpointer self,
                     const GnfTarget *target,
                     GCancellable *cancellable,
                     GAsyncReadyCallback callback,
                     gpointer user_data)
{
    gnf_nm_attach_start(self, target, cancellable, callback, user_data);
}

static GnfAttachment *
backend_attach_finish(gpointer self, GAsyncResult *result, GError **error)
{
    return g_task_propagate_pointer(G_TASK(result), error);
}

G_MODULE_EXPORT const GnfBackend gnf_backend;

const GnfBackend gnf_backend = {
    .abi = GNF_BACKEND_ABI,
    .open = backend_open,
    .close = backend_close,
    .version_async = backend_version_async,
    .version_finish = backend_version_finish,
    .probe_async = backend_probe_async,
    .probe_finish = backend_probe_finish,
    .detach_async = backend_detach_async,
    .detach_finish = backend_detach_finish,
    .attach_async = backend_attach_async,
    .attach_finish = backend_attach_finish,
};
