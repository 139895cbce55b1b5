/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Detach: Device.Disconnect, and nothing else of NetworkManager's is left active on the NIC.
 *
 * Disconnect and not Deactivate: it alone blocks the device as well as the profile, so that no
 * other matching profile takes the NIC (DHCP on it). NetworkManager refuses it for a device that is
 * not active; there the Autoconnect property does the same for as long as the NIC is plugged in.
 */
#include "nm-backend/nm-operations.h"

#include "failover/error.h"
#include "nm-backend/nm-call.h"

static void
on_disconnected(GObject *source, GAsyncResult *result, gpointer user_data)
{
    GError *error = NULL;
    gboolean done = nm_device_disconnect_finish(NM_DEVICE(source), result, &error);
    GnfNmCall *call = gnf_nm_call_end(user_data);

    /* Not active any more is what was asked for: the next step looks. */
    if (!call || done || g_error_matches(error, NM_DEVICE_ERROR, NM_DEVICE_ERROR_NOT_ACTIVE))
        g_clear_error(&error);
    else
        gnf_nm_call_return_error(call, gnf_nm_call_explain(call, error, "disconnect"));
}

static void
disconnect(GnfNmCall *call, NMDevice *device)
{
    call->waiting_for = "NetworkManager to accept the disconnect";
    nm_device_disconnect_async(
        device, gnf_nm_call_get_cancellable(call), on_disconnected, gnf_nm_call_begin(call));
}

/* Whatever is active or about to be is disconnected, also when it came after the first disconnect:
 * only a device at rest, and told to stay there, ends the call. */
static void
detach_device(GnfNmCall *call, NMDevice *device)
{
    NMDeviceState state = nm_device_get_state(device);

    if (state > NM_DEVICE_STATE_DISCONNECTED && state <= NM_DEVICE_STATE_ACTIVATED) {
        disconnect(call, device);
    } else if (state > NM_DEVICE_STATE_DISCONNECTED || nm_device_get_active_connection(device)) {
        call->waiting_for = "NetworkManager to finish the disconnect (dispatcher scripts?)";
    } else if (state > NM_DEVICE_STATE_UNMANAGED && nm_device_get_autoconnect(device)) {
        gnf_nm_call_set_autoconnect(call, device, FALSE);
    } else {
        gnf_nm_call_return(call, GINT_TO_POINTER(TRUE), NULL);
    }
}

static void
detach_step(GnfNmCall *call)
{
    g_autofree char *name = gnf_nm_get_name(call->ifindex);

    if (!name) {
        gnf_nm_call_return_error(
            call, gnf_reason(GNF_REASON_CODE_NO_SUCH_DEVICE, "%s has gone", call->interface));
        return;
    }
    if (gnf_nm_get_state(call->nm) == GNF_NM_ABSENT) {
        gnf_nm_call_return_error(call,
                                 gnf_reason(GNF_REASON_CODE_MANAGER_FAILED,
                                            "detaching %s: %s",
                                            call->interface,
                                            gnf_nm_get_absence(call->nm)));
        return;
    }
    NMDevice *device = gnf_nm_call_get_device(call);
    if (!device)
        call->waiting_for = "NetworkManager to know it";
    else
        detach_device(call, device);
}

static const GnfNmCallKind detach_kind = {sizeof(GnfNmCall), detach_step, NULL};

void
gnf_nm_detach_start(GnfNm *nm,
                    const GnfTarget *target,
                    GCancellable *cancellable,
                    GAsyncReadyCallback callback,
                    gpointer user_data)
{
    GnfNmCall *call = gnf_nm_call_new(&detach_kind, nm, cancellable, callback, user_data);

    call->ifindex = target->ifindex;
    call->interface = g_strdup(target->interface);
}
