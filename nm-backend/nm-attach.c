/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Attach: see the administrator's own profile active on the NIC, by whoever's doing.
 *
 * NetworkManager may be about to do it itself (since 1.44, when the profile fits), may leave the
 * NIC alone (up to 1.42), or may have put something else on it (an automatic DHCP profile). The
 * step looks at the device's active connection: the right profile is awaited, whoever activated
 * it; anything else is replaced by an explicit activation. Where the profile does not fit the NIC,
 * a copy in memory that does comes first, and the file on disk stays as it is.
 */
#include "nm-backend/nm-operations.h"

#include <net/if.h>

#include "failover/error.h"
#include "nm-backend/nm-call.h"
#include "nm-backend/nm-choose.h"
#include "nm-backend/nm-disk.h"
#include "nm-backend/nm-profile.h"

/* An activation that was refused, or torn down from under us (the device was made anew, an
 * automatic one came between), is asked for this often in all. */
#define MAX_ATTEMPTS 3

typedef struct {
    GnfNmCall call;
    char *bond;
    char *uuid;
    char *old_interface;
    char *old_mac;
    int bond_ifindex;
    gboolean confirmed;       /* NetworkManager has answered since we came */
    gboolean pointed;         /* the copy in memory has been made for this NIC */
    guint attempts;           /* how often we asked for the activation */
    NMActiveConnection *mine; /* what the last of these made */
} Attach;

static void
attach_clear(GnfNmCall *call)
{
    Attach *self = (Attach *)call;

    g_free(self->bond);
    g_free(self->uuid);
    g_free(self->old_interface);
    g_free(self->old_mac);
    g_clear_object(&self->mine);
}

/* What NetworkManager compares profiles with. A NIC whose driver gives no permanent MAC is known to
 * it by the current one. */
static GnfNmNic
get_nic(NMDevice *device)
{
    GnfNmNic nic = {
        .interface = nm_device_get_iface(device),
        .driver = nm_device_get_driver(device),
        .path = nm_device_get_path(device),
    };

    if (NM_IS_DEVICE_ETHERNET(device))
        nic.permanent_mac = nm_device_ethernet_get_permanent_hw_address(NM_DEVICE_ETHERNET(device));
    if (!nic.permanent_mac || !*nic.permanent_mac)
        nic.permanent_mac = nm_device_get_hw_address(device);
    return nic;
}

/* The bond's primary option as its file has it, where that names the NIC whose place this one
 * takes: after a reboot the bond would have none. NULL if it is right. */
static char *
describe_primary_option(Attach *self, const GnfNmNic *nic)
{
    NMDevice *bond = gnf_nm_call_get_bond(&self->call, self->bond_ifindex);
    NMActiveConnection *active = bond ? nm_device_get_active_connection(bond) : NULL;
    NMRemoteConnection *profile = active ? nm_active_connection_get_connection(active) : NULL;
    g_autofree char *filename = NULL;
    g_autoptr(NMConnection) on_disk = profile ? gnf_nm_disk_read(profile, &filename) : NULL;
    NMSettingBond *setting = on_disk ? nm_connection_get_setting_bond(on_disk) : NULL;
    const char *option =
        setting ? nm_setting_bond_get_option_by_name(setting, NM_SETTING_BOND_OPTION_PRIMARY)
                : NULL;

    /* What names another NIC, which is not there just now, is right when that one is back. */
    if (!option || g_strcmp0(option, nic->interface) == 0 ||
        g_strcmp0(option, self->old_interface) != 0 || if_nametoindex(option))
        return NULL;
    return g_strdup_printf("in %s the bond's primary option is %s; to keep it over a reboot: nmcli "
                           "connection modify %s +bond.options primary=%s",
                           filename,
                           option,
                           nm_connection_get_uuid(on_disk),
                           nic->interface);
}

static char *
join(char *first, char *second)
{
    char *both = first && second ? g_strconcat(first, "; ", second, NULL) : NULL;

    if (!both)
        return first ? first : second;
    g_free(first);
    g_free(second);
    return both;
}

static void
succeed(Attach *self, NMDevice *device, NMRemoteConnection *profile)
{
    GnfAttachment *attachment = g_new0(GnfAttachment, 1);
    g_autofree char *filename = NULL;
    g_autoptr(NMConnection) on_disk = gnf_nm_disk_read(profile, &filename);
    GnfNmNic nic = get_nic(device);

    attachment->already = self->attempts == 0;
    if (on_disk)
        attachment->detail = gnf_nm_profile_describe_misfits(on_disk, &nic, filename);
    else if (self->pointed)
        attachment->detail =
            g_strdup_printf("profile \"%s\" (%s) was changed in memory for %s, and what it is made "
                            "from at boot is not known",
                            nm_connection_get_id(NM_CONNECTION(profile)),
                            self->uuid,
                            nic.interface);
    attachment->detail = join(attachment->detail, describe_primary_option(self, &nic));
    attachment->reboot_unsafe = attachment->detail != NULL;
    gnf_nm_call_return(&self->call, attachment, (GDestroyNotify)gnf_attachment_free);
}

static void
on_pointed(GObject *source, GAsyncResult *result, gpointer user_data)
{
    GError *error = NULL;
    g_autoptr(GVariant) answer =
        nm_remote_connection_update2_finish(NM_REMOTE_CONNECTION(source), result, &error);
    Attach *self = (Attach *)gnf_nm_call_end(user_data);

    if (self && answer)
        self->pointed = TRUE;
    else if (self)
        gnf_nm_call_return_error(&self->call,
                                 gnf_nm_call_explain(&self->call, error, "change the profile for"));
    else
        g_clear_error(&error);
}

/*
 * IN_MEMORY: a copy below /run hides the file, which stays (IN_MEMORY_ONLY would delete it).
 * NO_REAPPLY: nothing that is active changes. BLOCK_AUTOCONNECT: the profile fits from now on, and
 * NetworkManager would activate it at the same time as we do; our activation lifts it. Secrets are
 * not sent: NetworkManager then keeps those it has (update_auth_cb in nm-settings-connection.c).
 */
static void
point(Attach *self, NMRemoteConnection *profile, const GnfNmNic *nic)
{
    g_autoptr(NMConnection) pointed = gnf_nm_profile_point_at(NM_CONNECTION(profile), nic);

    if (!pointed) {
        GError *error = gnf_reason(GNF_REASON_CODE_MANAGER_FAILED,
                                   "profile \"%s\" (%s) excludes %s",
                                   nm_connection_get_id(NM_CONNECTION(profile)),
                                   self->uuid,
                                   nic->interface);
        gnf_nm_call_return_error(&self->call, error);
        return;
    }
    self->call.waiting_for = "NetworkManager to change the profile in memory";
    nm_remote_connection_update2(profile,
                                 nm_connection_to_dbus(pointed, NM_CONNECTION_SERIALIZE_ALL),
                                 NM_SETTINGS_UPDATE2_FLAG_IN_MEMORY |
                                     NM_SETTINGS_UPDATE2_FLAG_NO_REAPPLY |
                                     NM_SETTINGS_UPDATE2_FLAG_BLOCK_AUTOCONNECT,
                                 NULL,
                                 gnf_nm_call_get_cancellable(&self->call),
                                 on_pointed,
                                 gnf_nm_call_begin(&self->call));
}

/* An activation that failed by itself would fail again. */
static gboolean
may_try_again(const Attach *self)
{
    return self->attempts < MAX_ATTEMPTS && self->call.failure == NM_DEVICE_STATE_REASON_NONE;
}

static void
on_activated(GObject *source, GAsyncResult *result, gpointer user_data)
{
    GError *error = NULL;
    g_autoptr(NMActiveConnection) active =
        nm_client_activate_connection_finish(NM_CLIENT(source), result, &error);
    Attach *self = (Attach *)gnf_nm_call_end(user_data);

    if (!self || active) {
        if (self)
            g_set_object(&self->mine, active);
        g_clear_error(&error);
        return;
    }
    /* A refusal may be of the moment: the device that we named was that of a NIC that had the same
     * name before, or its carrier changed while NetworkManager was asking itself whether we may
     * (1.42 then says "Authorization request cancelled"). */
    if (may_try_again(self)) {
        g_error_free(error);
        return;
    }
    gnf_nm_call_return_error(&self->call,
                             gnf_nm_call_explain(&self->call, error, "activate the profile on"));
}

static void
activate(Attach *self, NMDevice *device, NMRemoteConnection *profile)
{
    self->attempts++;
    self->call.waiting_for = "NetworkManager to accept the activation";
    g_clear_object(&self->mine);
    nm_client_activate_connection_async(gnf_nm_get_client(self->call.nm),
                                        NM_CONNECTION(profile),
                                        device,
                                        NULL,
                                        gnf_nm_call_get_cancellable(&self->call),
                                        on_activated,
                                        gnf_nm_call_begin(&self->call));
}

/* The activation that we asked for is over, and the device does not have the profile. */
static void
give_up(Attach *self, NMDevice *device)
{
    NMDeviceStateReason reason = self->call.failure;

    if (reason == NM_DEVICE_STATE_REASON_NONE)
        reason = nm_device_get_state_reason(device);
    gnf_nm_call_return_error(
        &self->call,
        gnf_reason(GNF_REASON_CODE_MANAGER_FAILED,
                   "NetworkManager could not activate profile %s on %s: %s (device: %s)",
                   self->uuid,
                   self->call.interface,
                   gnf_nm_get_nick(NM_TYPE_ACTIVE_CONNECTION_STATE_REASON,
                                   (int)nm_active_connection_get_state_reason(self->mine)),
                   gnf_nm_get_nick(NM_TYPE_DEVICE_STATE_REASON, (int)reason)));
}

static gboolean
was_overtaken(NMActiveConnection *active)
{
    switch (nm_active_connection_get_state_reason(active)) {
    case NM_ACTIVE_CONNECTION_STATE_REASON_UNKNOWN:
    case NM_ACTIVE_CONNECTION_STATE_REASON_NONE:
    case NM_ACTIVE_CONNECTION_STATE_REASON_DEVICE_DISCONNECTED:
    case NM_ACTIVE_CONNECTION_STATE_REASON_DEVICE_REMOVED:
        return TRUE;
    default:
        return FALSE;
    }
}

/* The profile is active on another device: never taken away from a NIC that is there (it could be
 * the standby, or the old NIC); one that has gone gives it up soon. */
static void
wait_for_user(Attach *self, NMDevice *user)
{
    const char *name = nm_device_get_iface(user);

    self->call.waiting_for = "NetworkManager to notice that the old NIC has gone";
    if (!name || !if_nametoindex(name))
        return;
    gnf_nm_call_return_error(&self->call,
                             gnf_reason(GNF_REASON_CODE_MANAGER_FAILED,
                                        "profile %s is active on %s: it cannot be activated on %s, "
                                        "too",
                                        self->uuid,
                                        name,
                                        self->call.interface));
}

/* The device has something else active, or nothing. */
static void
start(Attach *self, NMDevice *device, NMRemoteConnection *profile)
{
    GnfNmNic nic = get_nic(device);
    NMDevice *user = gnf_nm_choose_find_user(gnf_nm_get_client(self->call.nm), profile, device);

    if (user)
        wait_for_user(self, user);
    else if (self->mine &&
             nm_active_connection_get_state(self->mine) < NM_ACTIVE_CONNECTION_STATE_DEACTIVATED)
        self->call.waiting_for = "NetworkManager to activate the profile";
    else if (self->mine && !(was_overtaken(self->mine) && may_try_again(self)))
        give_up(self, device);
    else if (!self->pointed && gnf_nm_profile_get_misfits(NM_CONNECTION(profile), &nic))
        point(self, profile, &nic);
    else
        activate(self, device, profile);
}

/* Is this the profile, activated by us or by NetworkManager itself? */
static gboolean
is_wanted(NMActiveConnection *active, NMRemoteConnection *profile)
{
    return active && nm_active_connection_get_connection(active) == profile &&
           !(nm_active_connection_get_state_flags(active) & NM_ACTIVATION_STATE_FLAG_EXTERNAL);
}

/* Both: when a disconnect has begun, the active connection says "activated" for a while longer. */
static gboolean
is_done(NMDevice *device, NMActiveConnection *active)
{
    return nm_device_get_state(device) == NM_DEVICE_STATE_ACTIVATED &&
           nm_active_connection_get_state(active) == NM_ACTIVE_CONNECTION_STATE_ACTIVATED;
}

/* What is known may be from before a disconnect that NetworkManager was asked for, and has not come
 * to yet. It answers in order: what is known after this is from after that. */
static void
confirm(Attach *self, NMDevice *device)
{
    self->confirmed = TRUE;
    gnf_nm_call_set_autoconnect(&self->call, device, TRUE);
}

static void
attach_device(Attach *self, NMDevice *device)
{
    g_autofree char *bond = gnf_nm_get_name(self->bond_ifindex);
    GnfNmWanted wanted = {self->uuid, bond ? bond : self->bond, self->old_interface, self->old_mac};
    GError *error = NULL;
    NMRemoteConnection *profile = gnf_nm_choose(gnf_nm_get_client(self->call.nm), &wanted, &error);
    NMActiveConnection *active = nm_device_get_active_connection(device);

    if (!profile) {
        gnf_nm_call_return_error(&self->call, error);
        return;
    }
    if (!self->uuid)
        self->uuid = g_strdup(nm_connection_get_uuid(NM_CONNECTION(profile)));
    if (!is_wanted(active, profile))
        start(self, device, profile);
    else if (!is_done(device, active))
        self->call.waiting_for = "NetworkManager to put it into the bond";
    else if (!self->confirmed || gnf_nm_get_blocked(self->call.nm, self->call.ifindex))
        confirm(self, device);
    else
        succeed(self, device, profile);
}

static void
attach_step(GnfNmCall *call)
{
    g_autofree char *name = gnf_nm_get_name(call->ifindex);

    if (!name) {
        gnf_nm_call_return_error(
            call, gnf_reason(GNF_REASON_CODE_NO_SUCH_DEVICE, "%s has gone", call->interface));
        return;
    }
    if (gnf_nm_call_is_unreachable(call))
        return;
    NMDevice *device = gnf_nm_call_get_device(call);
    if (gnf_nm_get_state(call->nm) == GNF_NM_ABSENT)
        call->waiting_for = "NetworkManager to be started";
    else if (!device || nm_device_get_state(device) <= NM_DEVICE_STATE_UNMANAGED)
        call->waiting_for = "NetworkManager to take it up (is it unmanaged?)";
    else
        attach_device((Attach *)call, device);
}

static const GnfNmCallKind attach_kind = {sizeof(Attach), attach_step, attach_clear};

void
gnf_nm_attach_start(gpointer nm,
                    const GnfTarget *target,
                    GCancellable *cancellable,
                    GAsyncReadyCallback callback,
                    gpointer user_data)
{
    Attach *self = (Attach *)gnf_nm_call_new(&attach_kind, nm, cancellable, callback, user_data);

    self->call.ifindex = target->ifindex;
    self->call.interface = g_strdup(target->interface);
    self->bond = g_strdup(target->bond);
    self->bond_ifindex = target->bond_ifindex;
    self->uuid = g_strdup(target->profile);
    self->old_interface = g_strdup(target->old_interface);
    self->old_mac = g_strdup(target->old_mac);
}
