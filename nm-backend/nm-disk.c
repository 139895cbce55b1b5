/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reading a profile's file; see nm-disk.h. Non-logging.
 */
#include "nm-backend/nm-disk.h"

/* nm_keyfile_read wants it for relative paths of certificates, which nobody looks at here. */
#define KEYFILE_BASE "/etc/NetworkManager/system-connections"

static gboolean
is_in_memory(const char *filename)
{
    return g_str_has_prefix(filename, "/run/");
}

NMConnection *
gnf_nm_disk_read(NMRemoteConnection *profile, char **ret_filename)
{
    g_autoptr(GKeyFile) keyfile = g_key_file_new();
    g_autofree char *filename = g_strdup(nm_remote_connection_get_filename(profile));

    if (!filename || !g_key_file_load_from_file(keyfile, filename, G_KEY_FILE_NONE, NULL))
        return NULL;
    if (is_in_memory(filename)) {
        g_free(filename);
        filename = g_key_file_get_string(keyfile, ".nmmeta", "shadowed-storage", NULL);
        if (!filename || is_in_memory(filename) ||
            !g_key_file_load_from_file(keyfile, filename, G_KEY_FILE_NONE, NULL))
            return NULL;
    }

    g_autoptr(NMConnection) on_disk =
        nm_keyfile_read(keyfile, KEYFILE_BASE, NM_KEYFILE_HANDLER_FLAGS_NONE, NULL, NULL, NULL);
    NMSettingConnection *setting = on_disk ? nm_connection_get_setting_connection(on_disk) : NULL;
    if (!setting)
        return NULL;
    /* Where a file has none, NetworkManager makes them up from its name. */
    g_object_set(setting,
                 NM_SETTING_CONNECTION_ID,
                 nm_connection_get_id(NM_CONNECTION(profile)),
                 NM_SETTING_CONNECTION_UUID,
                 nm_connection_get_uuid(NM_CONNECTION(profile)),
                 NULL);
    *ret_filename = g_steal_pointer(&filename);
    return g_steal_pointer(&on_disk);
}
