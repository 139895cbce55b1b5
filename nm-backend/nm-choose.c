/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Choosing the profile; see nm-choose.h. Never guesses between two. Non-logging.
 */
#include "nm-backend/nm-choose.h"

#include "failover/error.h"
#include "nm-backend/nm-profile.h"

/* The UUID of the profile that is active on the bond; its ports may name it so. */
static const char *
get_bond_uuid(NMClient *client, const char *bond)
{
    NMDevice *device = nm_client_get_device_by_iface(client, bond);
    NMActiveConnection *active = device ? nm_device_get_active_connection(device) : NULL;

    return active ? nm_active_connection_get_uuid(active) : NULL;
}

static NMRemoteConnection *
choose_by_uuid(NMClient *client, const GnfNmWanted *wanted, GError **error)
{
    NMRemoteConnection *profile = nm_client_get_connection_by_uuid(client, wanted->uuid);

    if (!profile) {
        g_set_error(error,
                    GNF_ERROR,
                    GNF_REASON_CODE_MANAGER_FAILED,
                    "NetworkManager has no profile %s any more: was it deleted?",
                    wanted->uuid);
        return NULL;
    }
    if (!gnf_nm_profile_is_port_of(
            NM_CONNECTION(profile), wanted->bond, get_bond_uuid(client, wanted->bond))) {
        g_set_error(error,
                    GNF_ERROR,
                    GNF_REASON_CODE_MANAGER_FAILED,
                    "profile \"%s\" (%s) is not a port of %s: was it changed?",
                    nm_connection_get_id(NM_CONNECTION(profile)),
                    wanted->uuid,
                    wanted->bond);
        return NULL;
    }
    return profile;
}

static NMRemoteConnection *
choose_by_fit(NMClient *client, const GnfNmWanted *wanted, GError **error)
{
    const GnfNmNic old = {.interface = wanted->old_interface, .permanent_mac = wanted->old_mac};
    const char *bond_uuid = get_bond_uuid(client, wanted->bond);
    const GPtrArray *profiles = nm_client_get_connections(client);
    g_autoptr(GString) found = g_string_new(NULL);
    NMRemoteConnection *chosen = NULL;
    guint count = 0;

    for (guint i = 0; i < profiles->len; i++) {
        NMConnection *profile = g_ptr_array_index(profiles, i);

        if (!gnf_nm_profile_is_port_of(profile, wanted->bond, bond_uuid) ||
            gnf_nm_profile_get_misfits(profile, &old))
            continue;
        chosen = NM_REMOTE_CONNECTION(profile);
        g_string_append_printf(found,
                               "%s\"%s\" (%s)",
                               count++ ? ", " : "",
                               nm_connection_get_id(profile),
                               nm_connection_get_uuid(profile));
    }
    if (count == 1)
        return chosen;
    g_set_error(error,
                GNF_ERROR,
                GNF_REASON_CODE_MANAGER_FAILED,
                "%s profile in NetworkManager for %s as a port of %s%s%s",
                count ? "more than one" : "no",
                wanted->old_interface ? wanted->old_interface : "this NIC",
                wanted->bond,
                count ? ": " : "",
                found->str);
    return NULL;
}

NMDevice *
gnf_nm_choose_find_user(NMClient *client, NMRemoteConnection *profile, NMDevice *except)
{
    const GPtrArray *all = nm_client_get_active_connections(client);
    NMSettingConnection *setting = nm_connection_get_setting_connection(NM_CONNECTION(profile));

    if (nm_setting_connection_get_multi_connect(setting) > NM_CONNECTION_MULTI_CONNECT_SINGLE)
        return NULL;
    for (guint i = 0; i < all->len; i++) {
        NMActiveConnection *active = g_ptr_array_index(all, i);
        const GPtrArray *devices = nm_active_connection_get_devices(active);

        if (nm_active_connection_get_connection(active) == profile && devices->len > 0 &&
            g_ptr_array_index(devices, 0) != except)
            return g_ptr_array_index(devices, 0);
    }
    return NULL;
}

NMRemoteConnection *
gnf_nm_choose(NMClient *client, const GnfNmWanted *wanted, GError **error)
{
    return wanted->uuid ? choose_by_uuid(client, wanted, error)
                        : choose_by_fit(client, wanted, error);
}
