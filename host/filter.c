/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The operator's program that moves the network's filter.
 *
 * Which filter, and how it is moved, only the operator knows; the program gets all that this tool
 * knows in its environment. It is expected to be done when it exits.
 */
#include "host/filter.h"

#include <gio/gio.h>

static void
set(GSubprocessLauncher *launcher, const char *name, const char *value)
{
    g_subprocess_launcher_setenv(launcher, name, value ? value : "", TRUE);
}

/* Which NIC this host has to do with: before the migration there is another one over there. */
static const GnfHostDevice *
device_on(const GnfRun *run, const GnfHost *host, const GnfNic *nic)
{
    return host == run->destination || run->here != run->source ? gnf_nic_plugged(nic)
                                                                : nic->device;
}

static GSubprocessLauncher *
new_launcher(const GnfRun *run, const GnfHost *host, const GnfNic *nic)
{
    GSubprocessLauncher *launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDERR_PIPE |
                                                              G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
    const GnfHostDevice *device = device_on(run, host, nic);

    set(launcher, "GNF_DOMAIN", host->domain);
    set(launcher, "GNF_URI", host->uri);
    set(launcher, "GNF_SIDE", host == run->destination ? "destination" : "source");
    set(launcher, "GNF_MAC", nic->bond_mac);
    set(launcher, "GNF_PRIMARY_MAC", device->guest_mac);
    set(launcher, "GNF_PRIMARY_HOST_ADDRESS", device->host_address);
    set(launcher, "GNF_PRIMARY_NETWORK", device->network);
    return launcher;
}

static gboolean
move_one(
    const GnfRun *run, const GnfHost *host, const GnfNic *nic, const char *action, GError **error)
{
    g_autoptr(GSubprocessLauncher) launcher = new_launcher(run, host, nic);
    const char *const argv[] = {run->settings->filter, action, NULL};
    g_autoptr(GSubprocess) process = g_subprocess_launcher_spawnv(launcher, argv, error);
    g_autofree char *said = NULL;

    if (!process || !g_subprocess_communicate_utf8(process, NULL, NULL, NULL, &said, error))
        return FALSE;
    if (g_subprocess_get_successful(process))
        return TRUE;
    g_set_error(error,
                GNF_HOST_ERROR,
                GNF_HOST_ERROR_FAILED,
                "it failed: %s",
                said && *said ? g_strchomp(said) : "and said nothing");
    return FALSE;
}

gboolean
gnf_filter_move(GnfRun *run, GnfHost *host, const char *action, GError **error)
{
    for (guint i = 0; i < run->nics->len; i++) {
        GError *problem = NULL;

        if (move_one(run, host, g_ptr_array_index(run->nics, i), action, &problem))
            continue;
        g_set_error(error,
                    GNF_HOST_ERROR,
                    GNF_HOST_ERROR_FAILED,
                    "'%s %s' for %s: %s",
                    run->settings->filter,
                    action,
                    host->uri,
                    problem->message);
        g_error_free(problem);
        return FALSE;
    }
    return TRUE;
}
