/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whose is an interface, and is NetworkManager there? Changes nothing.
 *
 * NetworkManager owns an interface that it manages (device state above "unmanaged"), unless all it
 * does is show what someone else configured ("connected (externally)").
 */
#include "nm-backend/nm-operations.h"

#include <libudev.h>

#include "failover/error.h"
#include "nm-backend/nm-call.h"
#include "nm-backend/nm-disk.h"
#include "nm-backend/nm-profile.h"

/* udev's word on a new NIC reaches us and NetworkManager at the same moment, and then it needs its
 * time to take the NIC up: until then "unmanaged" says nothing. Measured: under 1 s in an emulated
 * guest. */
#define SETTLED_USEC (3 * G_USEC_PER_SEC)

/* Has udev finished with the NIC, long enough ago for NetworkManager to know? True without udev
 * (containers), where nobody waits for it. */
static gboolean
is_settled(int ifindex)
{
    if (!g_file_test("/run/udev/control", G_FILE_TEST_EXISTS))
        return TRUE;

    g_autofree char *id = g_strdup_printf("n%d", ifindex);
    struct udev *udev = udev_new();
    struct udev_device *device = udev ? udev_device_new_from_device_id(udev, id) : NULL;
    gboolean settled = device && udev_device_get_is_initialized(device) > 0 &&
                       udev_device_get_usec_since_initialized(device) > SETTLED_USEC;

    if (device)
        udev_device_unref(device);
    if (udev)
        udev_unref(udev);
    return settled;
}

static GnfOwnership *
ownership_new(GnfOwner owner, const char *profile, char *detail)
{
    GnfOwnership *ownership = g_new0(GnfOwnership, 1);

    ownership->owner = owner;
    ownership->profile = g_strdup(profile);
    ownership->detail = detail;
    return ownership;
}

/* By what the file says that will count after a reboot. */
static void
look_at_binding(GnfOwnership *ownership, NMDevice *device, NMRemoteConnection *profile)
{
    g_autofree char *filename = NULL;
    g_autoptr(NMConnection) on_disk =
        NM_IS_DEVICE_ETHERNET(device) ? gnf_nm_disk_read(profile, &filename) : NULL;

    /* Another name in the file is that of the NIC before this one: complete has told of it. */
    if (!on_disk ||
        g_strcmp0(nm_connection_get_interface_name(on_disk), nm_device_get_iface(device)) != 0)
        return;
    ownership->binding = gnf_nm_profile_describe_binding(on_disk, filename);
    if (ownership->binding)
        ownership->rebinding = gnf_nm_profile_describe_rebinding(on_disk);
}

typedef struct {
    GnfNmCall call;
    gboolean bindings;
} Probe;

/* The device has an active connection: NetworkManager's own doing or only what it sees? */
static GnfOwnership *
judge_active(NMDevice *device, NMActiveConnection *active, gboolean bindings)
{
    NMRemoteConnection *profile = nm_active_connection_get_connection(active);
    const char *state = gnf_nm_get_nick(NM_TYPE_DEVICE_STATE, (int)nm_device_get_state(device));
    GnfOwnership *ownership = NULL;

    if (nm_active_connection_get_state_flags(active) & NM_ACTIVATION_STATE_FLAG_EXTERNAL)
        return ownership_new(GNF_OWNER_ABSENT,
                             NULL,
                             g_strdup("NetworkManager only shows what someone else configured"));
    if (!profile)
        return ownership_new(
            GNF_OWNER_DEFER,
            NULL,
            g_strdup_printf("NetworkManager: %s, with a profile that is not there yet", state));
    ownership = ownership_new(GNF_OWNER_PRESENT,
                              nm_connection_get_uuid(NM_CONNECTION(profile)),
                              g_strdup_printf("NetworkManager: %s, profile \"%s\"",
                                              state,
                                              nm_connection_get_id(NM_CONNECTION(profile))));
    if (bindings)
        look_at_binding(ownership, device, profile);
    return ownership;
}

/* NetworkManager has found it configured and is about to say as what: as a profile of its own, or
 * as something that it only shows. Until then it looks like a device with nothing to do. */
static gboolean
is_being_assumed(NMDevice *device, NMDeviceState state)
{
    return (state == NM_DEVICE_STATE_UNAVAILABLE || state == NM_DEVICE_STATE_DISCONNECTED) &&
           nm_device_get_state_reason(device) == NM_DEVICE_STATE_REASON_CONNECTION_ASSUMED;
}

/* NULL: what decides it is about to change. */
static GnfOwnership *
judge(GnfNmCall *call)
{
    gboolean starting = nm_client_get_startup(gnf_nm_get_client(call->nm));
    NMDevice *device = gnf_nm_call_get_device(call);
    NMDeviceState state = device ? nm_device_get_state(device) : NM_DEVICE_STATE_UNKNOWN;
    NMActiveConnection *active = device ? nm_device_get_active_connection(device) : NULL;

    if (state <= NM_DEVICE_STATE_UNMANAGED) {
        const char *what = device ? "does not manage it" : "does not know it";

        if (starting || !is_settled(call->ifindex))
            return ownership_new(
                GNF_OWNER_DEFER, NULL, g_strdup_printf("NetworkManager %s (yet)", what));
        return ownership_new(GNF_OWNER_ABSENT, NULL, g_strdup_printf("NetworkManager %s", what));
    }
    if (active)
        return judge_active(device, active, ((const Probe *)call)->bindings);
    if (is_being_assumed(device, state))
        return NULL;
    return ownership_new(GNF_OWNER_PRESENT,
                         NULL,
                         g_strdup_printf("NetworkManager: %s, no active profile",
                                         gnf_nm_get_nick(NM_TYPE_DEVICE_STATE, (int)state)));
}

static void
probe_step(GnfNmCall *call)
{
    g_autofree char *name = gnf_nm_get_name(call->ifindex);
    GnfOwnership *ownership;

    if (!name) {
        gnf_nm_call_return_error(
            call, gnf_reason(GNF_REASON_CODE_NO_SUCH_DEVICE, "%s has gone", call->interface));
        return;
    }
    if (gnf_nm_call_is_unreachable(call))
        return;
    if (gnf_nm_get_state(call->nm) == GNF_NM_ABSENT)
        ownership = ownership_new(GNF_OWNER_ABSENT, NULL, g_strdup(gnf_nm_get_absence(call->nm)));
    else
        ownership = judge(call);
    if (ownership)
        gnf_nm_call_return(call, ownership, (GDestroyNotify)gnf_ownership_free);
}

static const GnfNmCallKind probe_kind = {sizeof(Probe), probe_step, NULL};

void
gnf_nm_probe_start(gpointer nm,
                   const GnfProbe *what,
                   GCancellable *cancellable,
                   GAsyncReadyCallback callback,
                   gpointer user_data)
{
    GnfNmCall *call = gnf_nm_call_new(&probe_kind, nm, cancellable, callback, user_data);

    call->ifindex = what->ifindex;
    call->interface = g_strdup(what->interface);
    ((Probe *)call)->bindings = what->bindings;
}

static void
version_step(GnfNmCall *call)
{
    NMClient *client = gnf_nm_get_client(call->nm);

    if (!client) {
        gnf_nm_call_return_error(
            call, gnf_reason(GNF_REASON_CODE_MANAGER_FAILED, "%s", gnf_nm_get_absence(call->nm)));
        return;
    }
    const char *version = nm_client_get_version(client);
    gnf_nm_call_return(call, g_strdup(version ? version : ""), g_free);
}

static const GnfNmCallKind version_kind = {sizeof(GnfNmCall), version_step, NULL};

void
gnf_nm_version_start(gpointer nm,
                     GCancellable *cancellable,
                     GAsyncReadyCallback callback,
                     gpointer user_data)
{
    gnf_nm_call_new(&version_kind, nm, cancellable, callback, user_data);
}
