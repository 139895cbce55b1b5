/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What NetworkManager does to an interface besides its owner. Changes nothing.
 *
 * An interface that it owns may be acted on by the scripts that its dispatcher runs; one that
 * somebody else configured, and that it was not told to leave alone, it takes when it is free.
 */
#include "nm-backend/nm-operations.h"

#include "nm-backend/nm-call.h"
#include "nm-backend/nm-dispatcher.h"

typedef struct {
    GnfNmCall call;
    GnfManager owner;
} Conflict;

static char *
judge(Conflict *conflict)
{
    GnfNmCall *call = &conflict->call;

    if (conflict->owner == GNF_MANAGER_NETWORKMANAGER)
        return gnf_nm_dispatcher_conflict("");

    NMDevice *device = gnf_nm_call_get_device(call);
    if (!NM_IS_DEVICE_ETHERNET(device) || nm_device_get_state(device) <= NM_DEVICE_STATE_UNMANAGED)
        return NULL;
    return g_strdup_printf("NetworkManager was not told to leave %s alone, which belongs to %s: it "
                           "may take it as soon as it is out of its bond; name it in "
                           "unmanaged-devices of a file in /etc/NetworkManager/conf.d",
                           call->interface,
                           gnf_manager_to_string(conflict->owner));
}

static void
conflict_step(GnfNmCall *call)
{
    gboolean is_running = gnf_nm_get_state(call->nm) == GNF_NM_RUNNING;

    gnf_nm_call_return(call, is_running ? judge((Conflict *)call) : NULL, g_free);
}

static const GnfNmCallKind conflict_kind = {sizeof(Conflict), conflict_step, NULL};

void
gnf_nm_conflict_start(gpointer nm,
                      const GnfOwnedInterface *interface,
                      GCancellable *cancellable,
                      GAsyncReadyCallback callback,
                      gpointer user_data)
{
    GnfNmCall *call = gnf_nm_call_new(&conflict_kind, nm, cancellable, callback, user_data);

    call->ifindex = interface->ifindex;
    call->interface = g_strdup(interface->interface);
    ((Conflict *)call)->owner = interface->owner;
}
