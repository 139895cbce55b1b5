/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Detach: Device.Disconnect, and nothing else of NetworkManager's is left active on the NIC.
 *
 * Disconnect and not Deactivate: it alone blocks the device as well as the profile, so that no
 * other matching profile takes the NIC (DHCP on it). NetworkManager refuses it for a device that is
 * not active; there the Autoconnect property does the same for as long as the NIC is plugged in.
 *
 * NetworkManager sets its blocks and takes the port out of the bond at once; after that it only
 * runs dispatcher scripts and tidies up, which takes most of the time and undoes nothing. So the
 * call ends when NetworkManager says that it deactivates the NIC for good, and the NIC has left its
 * bond by the kernel's or by NetworkManager's word, which may be before it has answered.
 */
#include "nm-backend/nm-operations.h"

#include "failover/error.h"
#include "netlink/monitor.h"
#include "nm-backend/nm-call.h"

typedef struct {
    GnfNmCall call;
    int bond_ifindex;
    gboolean asked;          /* a disconnect is unanswered */
    GnfLinkMonitor *monitor; /* NULL: NetworkManager's word has to do */
    gboolean left;           /* the kernel has told that the NIC is no port of its bond */
} Detach;

static void
detach_clear(GnfNmCall *call)
{
    g_clear_pointer(&((Detach *)call)->monitor, gnf_link_monitor_free);
}

/* NetworkManager tells of it a quarter of a second later in an emulated guest. */
static void
on_link_event(const GnfLinkEvent *event, gpointer user_data)
{
    Detach *self = user_data;

    /* Whatever was told may have changed: NetworkManager's word has to do. */
    if (event->type == GNF_LINK_EVENT_OVERRUN)
        self->left = FALSE;
    if (event->type != GNF_LINK_EVENT_NEW || event->ifindex != self->call.ifindex)
        return;
    self->left = event->link->controller != self->bond_ifindex;
    gnf_nm_call_wake(&self->call);
}

static void
on_disconnected(GObject *source, GAsyncResult *result, gpointer user_data)
{
    GError *error = NULL;
    gboolean done = nm_device_disconnect_finish(NM_DEVICE(source), result, &error);
    GnfNmCall *call = gnf_nm_call_end(user_data);

    if (call)
        ((Detach *)call)->asked = FALSE;
    /* Not active any more is what was asked for: the next step looks. */
    if (!call || done || g_error_matches(error, NM_DEVICE_ERROR, NM_DEVICE_ERROR_NOT_ACTIVE))
        g_clear_error(&error);
    else
        gnf_nm_call_return_error(call, gnf_nm_call_explain(call, error, "disconnect"));
}

static void
disconnect(Detach *self, NMDevice *device)
{
    GnfNmCall *call = &self->call;

    if (self->asked)
        return;
    self->asked = TRUE;
    call->waiting_for = "NetworkManager to accept the disconnect";
    nm_device_disconnect_async(device,
                               gnf_nm_call_get_cancellable(call),
                               on_disconnected,
                               gnf_nm_call_begin_watching(call));
}

/* An activation that has begun shows first as an active connection of its own; the device learns of
 * it later. */
static gboolean
is_activating(GnfNmCall *call, NMDevice *device)
{
    const GPtrArray *all = nm_client_get_active_connections(gnf_nm_get_client(call->nm));

    for (guint i = 0; i < all->len; i++) {
        NMActiveConnection *active = g_ptr_array_index(all, i);
        const GPtrArray *devices = nm_active_connection_get_devices(active);

        if (devices->len > 0 && g_ptr_array_index(devices, 0) == device &&
            nm_active_connection_get_state(active) < NM_ACTIVE_CONNECTION_STATE_DEACTIVATED)
            return TRUE;
    }
    return FALSE;
}

static gboolean
has_port(NMDevice *bond, NMDevice *device)
{
    const GPtrArray *ports = nm_device_get_ports(bond);

    for (guint i = 0; i < ports->len; i++) {
        if (g_ptr_array_index(ports, i) == device)
            return TRUE;
    }
    return FALSE;
}

/* The device is being deactivated for good, and has left the bond. */
static gboolean
is_released(Detach *self, NMDevice *device)
{
    NMDevice *bond = gnf_nm_call_get_bond(&self->call, self->bond_ifindex);

    return nm_device_get_state(device) == NM_DEVICE_STATE_DEACTIVATING &&
           !nm_device_get_autoconnect(device) && (self->left || (bond && !has_port(bond, device)));
}

/* Whatever is active or about to be is disconnected, also when it came after the first disconnect:
 * only a device at rest, or on the way to it, and told to stay there, ends the call. */
static void
detach_device(Detach *self, NMDevice *device)
{
    GnfNmCall *call = &self->call;
    NMDeviceState state = nm_device_get_state(device);
    gboolean resting = state <= NM_DEVICE_STATE_DISCONNECTED &&
                       !nm_device_get_active_connection(device) && !is_activating(call, device);

    if (state > NM_DEVICE_STATE_DISCONNECTED && state <= NM_DEVICE_STATE_ACTIVATED)
        disconnect(self, device);
    else if (!resting && !is_released(self, device))
        call->waiting_for = "NetworkManager to finish the disconnect (dispatcher scripts?)";
    else if (state > NM_DEVICE_STATE_UNMANAGED && nm_device_get_autoconnect(device))
        gnf_nm_call_set_autoconnect(call, device, FALSE);
    else
        gnf_nm_call_return_true(call);
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
    if (gnf_nm_call_is_unreachable(call))
        return;
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
        detach_device((Detach *)call, device);
}

static const GnfNmCallKind detach_kind = {sizeof(Detach), detach_step, detach_clear};

void
gnf_nm_detach_start(gpointer nm,
                    const GnfTarget *target,
                    GCancellable *cancellable,
                    GAsyncReadyCallback callback,
                    gpointer user_data)
{
    Detach *self = (Detach *)gnf_nm_call_new(&detach_kind, nm, cancellable, callback, user_data);

    self->call.ifindex = target->ifindex;
    self->call.interface = g_strdup(target->interface);
    self->bond_ifindex = target->bond_ifindex;
    self->monitor = gnf_link_monitor_new(NULL, on_link_event, self, NULL);
}
