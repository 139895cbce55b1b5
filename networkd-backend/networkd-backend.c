/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The vtable of the systemd-networkd backend: the one symbol that the module exports. What each
 * slot promises is in failover/backend.h.
 */
#include <gmodule.h>
#include <net/if.h>

#include "failover/error.h"
#include "networkd-backend/network-folder.h"
#include "networkd-backend/networkd-operations.h"
#include "networkd-backend/own-file.h"

static gboolean
is_there(int ifindex)
{
    char name[IF_NAMESIZE];

    return if_indextoname((unsigned int)ifindex, name) != NULL;
}

static gpointer
backend_open(GnfManager manager)
{
    /* Of NICs that went away while nobody looked. */
    gnf_own_file_purge(GNF_NETWORK_OWN_FOLDER, is_there);
    return gnf_networkd_new();
}

/* networkd tells its version nowhere on the bus, and the service manager's may be another. So all
 * that is found out is whether it is there. */
static void
on_asked(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GTask) task = user_data;
    GError *error = NULL;
    g_autoptr(GnfNetworkdLink) link = gnf_networkd_ask_finish(result, &error);

    if (!link)
        g_task_return_error(task, gnf_networkd_explain(error, "tell of", "its links"));
    else if (link->state == GNF_NETWORKD_ABSENT)
        g_task_return_error(task, gnf_reason(GNF_REASON_CODE_MANAGER_FAILED, "%s", link->word));
    else
        g_task_return_pointer(task, g_strdup(""), g_free);
}

static void
backend_version(gpointer self,
                GCancellable *cancellable,
                GAsyncReadyCallback callback,
                gpointer user_data)
{
    /* The loopback interface: every network namespace has it, as its first. */
    gnf_networkd_ask_async(
        self, 1, cancellable, on_asked, g_task_new(NULL, cancellable, callback, user_data));
}

static void
backend_attach(gpointer self,
               const GnfTarget *target,
               GCancellable *cancellable,
               GAsyncReadyCallback callback,
               gpointer user_data)
{
    gnf_own_file_purge(GNF_NETWORK_OWN_FOLDER, is_there);
    gnf_networkd_attach_start(self, target, cancellable, callback, user_data);
}

static void
backend_close(gpointer self)
{
    gnf_networkd_free(self);
}

G_MODULE_EXPORT const GnfBackend gnf_backend;

const GnfBackend gnf_backend = {
    .abi = GNF_BACKEND_ABI,
    .open = backend_open,
    .close = backend_close,
    .version = backend_version,
    .probe = gnf_networkd_probe_start,
    .detach = gnf_networkd_detach_start,
    .attach = backend_attach,
    .conflict = gnf_networkd_conflict_start,
};
