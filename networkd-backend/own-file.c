/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The backend's own .network files; see own-file.h. Non-logging.
 *
 * PrimarySlave= is left out, also where the administrator's file has it: networkd would make the
 * NIC the bond's primary option when it puts it in, before anybody has seen that its link carries
 * anything. The engine does that, in the kernel, once it is proven.
 */
#include "networkd-backend/own-file.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "networkd-backend/network-folder.h"

char *
gnf_own_file_format(const GnfNetworkNic *nic, const char *bond, const char *origin)
{
    GString *text = g_string_new("# Made by qga-net-failover for the time until the next reboot: "
                                 "no other file puts this NIC into its bond.\n[Match]\n");

    /* A name is a glob here. Both: with a MAC for two NICs (libvirt's teaming) the name decides. */
    if (!strpbrk(nic->interface, "*?[]!\\\"'"))
        g_string_append_printf(text, "Name=%s\n", nic->interface);
    if (nic->mac)
        g_string_append_printf(text, "PermanentMACAddress=%s\n", nic->mac);
    g_string_append_printf(text, "\n[Network]\nBond=%s\n", bond);
    /* What a port does not do anyway, and networkd would do if the bond is not of its making. */
    g_string_append(text, "LinkLocalAddressing=no\nIPv6AcceptRA=no\n");
    if (origin)
        g_string_append_printf(text, "\n[X-QgaNetFailover]\nOrigin=%s\n", origin);
    return g_string_free(text, FALSE);
}

char *
gnf_own_file_path(const char *folder, int ifindex)
{
    return g_strdup_printf("%s/" GNF_NETWORK_OWN_PREFIX "%d.network", folder, ifindex);
}

gboolean
gnf_own_file_write(const char *path, const char *text, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(path);
    g_autofree char *now = NULL;

    if (g_file_get_contents(path, &now, NULL, NULL) && g_str_equal(now, text))
        return TRUE;
    /* networkd runs as a user of its own, and the umask is the engine's. */
    if (g_mkdir(folder, 0755) == 0)
        (void)g_chmod(folder, 0755);
    if (!g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0644, error))
        return FALSE;
    if (g_chmod(path, 0644) == 0)
        return TRUE;
    g_set_error(error,
                G_FILE_ERROR,
                (int)g_file_error_from_errno(errno),
                "%s cannot be made readable for networkd: %s",
                path,
                g_strerror(errno));
    return FALSE;
}

/* The ifindex in a name of ours, 0 for another's. */
static int
parse_name(const char *name)
{
    gint64 ifindex;
    char *end = NULL;

    if (!gnf_network_is_own(name))
        return 0;
    ifindex = g_ascii_strtoll(name + strlen(GNF_NETWORK_OWN_PREFIX), &end, 10);
    return ifindex > 0 && ifindex <= G_MAXINT32 && g_str_equal(end, ".network") ? (int)ifindex : 0;
}

void
gnf_own_file_purge(const char *folder, gboolean (*is_there)(int ifindex))
{
    g_autoptr(GDir) entries = g_dir_open(folder, 0, NULL);
    const char *name;

    while (entries && (name = g_dir_read_name(entries))) {
        int ifindex = parse_name(name);
        g_autofree char *path = g_build_filename(folder, name, NULL);
        if (ifindex != 0 && !is_there(ifindex))
            (void)g_unlink(path);
    }
}
