/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whose is an interface? Changes nothing.
 *
 * networkd owns a link that it has a .network file for, and one that udev assigns to it. One that
 * it leaves alone is its as well where this backend has put the NIC into a bond of networkd's, by a
 * file that networkd has not been told to read.
 */
#include "networkd-backend/networkd-operations.h"

#include <net/if.h>

#include "failover/error.h"
#include "netlink/device.h"
#include "networkd-backend/attachment.h"
#include "networkd-backend/network-folder.h"
#include "networkd-backend/own-file.h"

/* What udev's database says in ID_NET_MANAGED_BY (systemd.link(5), since v255). */
#define MANAGED_BY_NETWORKD "io.systemd.Network"

typedef struct {
    int ifindex;
    char *interface;
    gboolean bindings;
} Probe;

static void
probe_free(gpointer data)
{
    Probe *probe = data;

    g_free(probe->interface);
    g_free(probe);
}

static void
look_at_binding(GnfOwnership *ownership, const Probe *probe)
{
    g_autoptr(GnfNetworkFile) file = NULL;

    if (ownership->profile && probe->bindings)
        file = gnf_network_folder_load(gnf_network_folders, ownership->profile);
    if (file)
        gnf_attachment_look_at_binding(ownership, file, probe->interface);
}

static void
return_ownership(GTask *task, GnfOwner owner, const char *profile, char *detail)
{
    GnfOwnership *ownership = g_new0(GnfOwnership, 1);

    ownership->owner = owner;
    ownership->profile = g_strdup(profile);
    ownership->detail = detail;
    look_at_binding(ownership, g_task_get_task_data(task));
    g_task_return_pointer(task, ownership, (GDestroyNotify)gnf_ownership_free);
}

/* The file in whose place one of our own stands; else the file itself. */
static char *
get_profile(const Probe *probe, const GnfNetworkdLink *link)
{
    g_autofree char *path = gnf_own_file_path(GNF_NETWORK_OWN_FOLDER, probe->ifindex);
    g_autoptr(GnfNetworkFile) own = gnf_network_folder_load(gnf_network_folders, path);

    if (own)
        return g_strdup(gnf_network_file_get_origin(own));
    return link->file && !gnf_network_is_own(link->file) ? g_strdup(link->file) : NULL;
}

static gboolean
is_assigned(int ifindex)
{
    g_autoptr(GnfDevice) device = gnf_device_get(ifindex, NULL);

    return device && g_strcmp0(device->managed_by, MANAGED_BY_NETWORKD) == 0;
}

static gboolean
has_own_file(int ifindex)
{
    g_autofree char *path = gnf_own_file_path(GNF_NETWORK_OWN_FOLDER, ifindex);

    return g_file_test(path, G_FILE_TEST_EXISTS);
}

static void
judge(GTask *task, const Probe *probe, const GnfNetworkdLink *link)
{
    g_autofree char *profile = get_profile(probe, link);
    gboolean has_file = link->state == GNF_NETWORKD_CONFIGURING ||
                        link->state == GNF_NETWORKD_CONFIGURED ||
                        link->state == GNF_NETWORKD_FAILED;

    if (link->state == GNF_NETWORKD_ABSENT)
        return_ownership(task, GNF_OWNER_ABSENT, NULL, g_strdup(link->word));
    else if (link->state == GNF_NETWORKD_UNKNOWN || link->state == GNF_NETWORKD_PENDING)
        return_ownership(task,
                         GNF_OWNER_DEFER,
                         NULL,
                         g_strdup_printf("networkd: %s, it has not decided yet", link->word));
    else if (has_file || has_own_file(probe->ifindex))
        return_ownership(task,
                         GNF_OWNER_PRESENT,
                         profile,
                         g_strdup_printf("networkd: %s%s%s",
                                         link->word,
                                         link->file && has_file ? ", file " : "",
                                         link->file && has_file ? link->file : ""));
    else if (is_assigned(probe->ifindex))
        return_ownership(task,
                         GNF_OWNER_PRESENT,
                         NULL,
                         g_strdup("udev: ID_NET_MANAGED_BY=" MANAGED_BY_NETWORKD));
    else
        return_ownership(task, GNF_OWNER_ABSENT, NULL, g_strdup_printf("networkd: %s", link->word));
}

static void
on_link(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GTask) task = user_data;
    const Probe *probe = g_task_get_task_data(task);
    GError *error = NULL;
    g_autoptr(GnfNetworkdLink) link = gnf_networkd_ask_finish(result, &error);
    char name[IF_NAMESIZE];

    if (!if_indextoname((unsigned int)probe->ifindex, name)) {
        g_clear_error(&error);
        g_task_return_new_error(
            task, GNF_ERROR, GNF_REASON_CODE_NO_SUCH_DEVICE, "%s has gone", probe->interface);
    } else if (!link) {
        g_task_return_error(task, gnf_networkd_explain(error, "tell of", probe->interface));
    } else {
        judge(task, probe, link);
    }
}

void
gnf_networkd_probe_start(gpointer self,
                         const GnfProbe *what,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
    GTask *task = g_task_new(NULL, cancellable, callback, user_data);
    Probe *probe = g_new0(Probe, 1);

    probe->ifindex = what->ifindex;
    probe->interface = g_strdup(what->interface);
    probe->bindings = what->bindings;
    g_task_set_task_data(task, probe, probe_free);
    gnf_networkd_ask_async(self, what->ifindex, cancellable, on_link, task);
}
