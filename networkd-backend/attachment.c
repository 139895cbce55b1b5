/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What is on disk for an attached NIC; see attachment.h. Non-logging above debug.
 */
#include "networkd-backend/attachment.h"

#include <glib/gstdio.h>
#include <string.h>

#include "netlink/device.h"
#include "networkd-backend/network-folder.h"
#include "networkd-backend/own-file.h"

/* What netplan makes of its own files at each boot (and networkd finds in /run). */
#define NETPLAN_PREFIX "10-netplan-"

/* Borrows from all three. */
static GnfNetworkNic
describe_nic(const GnfTarget *target, const GnfLink *link, const GnfDevice *device)
{
    GnfNetworkNic nic = {
        .interface = link->name,
        .alternative_names = (const char *const *)link->alt_names,
        .mac = target->permanent_mac ? target->permanent_mac : link->permanent_mac,
        .driver = device ? device->driver : NULL,
        .path = device ? device->id_path : NULL,
    };

    return nic;
}

static gboolean
binds(const GnfNetworkFile *file, const char *bond)
{
    return file && g_strcmp0(gnf_network_file_get_bond(file), bond) == 0;
}

static gboolean
is_netplans(const char *path)
{
    g_autofree char *name = g_path_get_basename(path);

    return g_str_has_prefix(name, NETPLAN_PREFIX);
}

/* "FILE", or for what netplan makes "netplan's configuration (below /etc/netplan, for ID)". */
static char *
name_source(const GnfNetworkFile *file)
{
    const char *path = gnf_network_file_get_path(file);
    g_autofree char *id = NULL;

    if (!is_netplans(path))
        return g_strdup(path);
    id = g_path_get_basename(path);
    if (g_str_has_suffix(id, ".network"))
        id[strlen(id) - strlen(".network")] = '\0';
    return g_strdup_printf("netplan's configuration (\"%s\" below /etc/netplan)",
                           id + strlen(NETPLAN_PREFIX));
}

char *
gnf_attachment_advise(const GnfNetworkFile *profile,
                      const GnfNetworkFile *chosen,
                      const GnfNetworkNic *nic,
                      const char *bond)
{
    g_autofree char *misfits = profile ? gnf_network_file_describe_misfits(profile, nic) : NULL;
    g_autofree char *source = NULL;

    if (misfits) {
        source = name_source(profile);
        return g_strdup_printf(
            "%s is not for this NIC: %s; to keep it in %s over a reboot, change "
            "that%s",
            source,
            misfits,
            bond,
            is_netplans(gnf_network_file_get_path(profile)) ? " there" : " in its section [Match]");
    }
    if (chosen) {
        source = name_source(chosen);
        return g_strdup_printf("%s is the first for %s, and does not put it into %s; to keep it "
                               "there over a reboot, write a file that sorts before it",
                               source,
                               nic->interface,
                               bond);
    }
    return g_strdup_printf("no .network file puts %s (%s) into %s; to keep it there over a reboot, "
                           "write one below /etc/systemd/network, with Bond=%s",
                           nic->interface,
                           nic->mac ? nic->mac : "without a permanent address",
                           bond,
                           bond);
}

void
gnf_attachment_look_at_binding(GnfOwnership *ownership,
                               const GnfNetworkFile *file,
                               const char *interface)
{
    g_autofree char *source = NULL;

    if (!gnf_network_file_get_bond(file) || !gnf_network_file_names(file, interface))
        return;
    source = name_source(file);
    ownership->binding = g_strdup_printf("%s is for the name %s", source, interface);
    ownership->rebinding = g_strdup(is_netplans(gnf_network_file_get_path(file))
                                        ? "write there match: macaddress: "
                                        : "write there, in [Match] and in the place of Name=, "
                                          "PermanentMACAddress=");
}

void
gnf_own_file_remove(int ifindex)
{
    g_autofree char *path = gnf_own_file_path(GNF_NETWORK_OWN_FOLDER, ifindex);

    (void)g_unlink(path);
}

/* The administrator's file that the NIC would get. */
static GnfNetworkFile *
choose(const GnfTarget *target, const GnfNetworkNic *nic)
{
    return gnf_network_folder_choose(gnf_network_folders, nic, target->profile);
}

/* The same, where networkd's own word on it counts more than ours: now is the file that the NIC
 * has, or NULL. */
static GnfNetworkFile *
choose_with(const GnfTarget *target, const GnfNetworkNic *nic, const char *now)
{
    g_autoptr(GnfNetworkFile) file =
        now && !gnf_network_is_own(now) ? gnf_network_folder_load(gnf_network_folders, now) : NULL;

    return binds(file, target->bond) ? g_steal_pointer(&file) : choose(target, nic);
}

static void
write_own(const GnfTarget *target, const GnfNetworkNic *nic)
{
    g_autofree char *path = gnf_own_file_path(GNF_NETWORK_OWN_FOLDER, target->ifindex);
    g_autofree char *text = gnf_own_file_format(nic, target->bond, target->profile);
    g_autoptr(GError) error = NULL;

    if (!gnf_own_file_write(path, text, &error))
        g_debug("%s: %s", target->interface, error->message);
}

void
gnf_attachment_write_own(const GnfTarget *target, const GnfLink *link)
{
    g_autoptr(GnfDevice) device = gnf_device_get(link->ifindex, NULL);
    GnfNetworkNic nic = describe_nic(target, link, device);
    g_autoptr(GnfNetworkFile) chosen = choose(target, &nic);

    if (!binds(chosen, target->bond))
        write_own(target, &nic);
}

GnfAttachment *
gnf_attachment_conclude(const GnfTarget *target, const GnfLink *link, const char *file)
{
    GnfAttachment *attachment = g_new0(GnfAttachment, 1);
    g_autoptr(GnfDevice) device = gnf_device_get(link->ifindex, NULL);
    GnfNetworkNic nic = describe_nic(target, link, device);
    g_autoptr(GnfNetworkFile) chosen = choose_with(target, &nic, file);
    g_autoptr(GnfNetworkFile) profile = NULL;

    if (binds(chosen, target->bond)) {
        gnf_own_file_remove(target->ifindex);
        return attachment;
    }
    write_own(target, &nic);
    if (target->profile)
        profile = gnf_network_folder_load(gnf_network_folders, target->profile);
    attachment->reboot_unsafe = TRUE;
    attachment->detail = gnf_attachment_advise(profile, chosen, &nic, target->bond);
    return attachment;
}
