/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Detach: by netlink, which networkd notices and lets stand. With Bond= in the NIC's file networkd
 * starts nothing else on it (no DHCP: network_adjust_dhcp), so nobody has to be told.
 *
 * A file of our own is taken away, and networkd is not told: should it be restarted before the NIC
 * is unplugged, it does not put the NIC back by that one.
 */
#include "networkd-backend/networkd-operations.h"

#include <glib/gstdio.h>

#include "failover/by-netlink.h"
#include "networkd-backend/network-folder.h"
#include "networkd-backend/own-file.h"

void
gnf_networkd_detach_start(gpointer self,
                          const GnfTarget *target,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
    g_autoptr(GTask) task = g_task_new(NULL, cancellable, callback, user_data);
    g_autofree char *own = gnf_own_file_path(GNF_NETWORK_OWN_FOLDER, target->ifindex);
    const GnfNetworkd *networkd = self;
    GError *error = NULL;

    if (!networkd->netlink) {
        g_task_return_error(task, g_error_copy(networkd->open_error));
        return;
    }
    if (!gnf_by_netlink_detach(networkd->netlink, target, &error)) {
        g_task_return_error(task, error);
        return;
    }
    (void)g_unlink(own);
    g_task_return_boolean(task, TRUE);
}
