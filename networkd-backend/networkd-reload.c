/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Manager.Reload, once it is known to be harmless; see networkd-reload.h. Non-logging.
 *
 * networkd does not tell when it read its files last, but the start of its process is in /proc, and
 * it has read them since. A clock that was set back meanwhile makes files look younger, never
 * older.
 */
#include "networkd-backend/networkd-reload.h"

#include "failover/error.h"
#include "networkd-backend/network-folder.h"
#include "networkd-backend/process-start.h"

static void
on_reloaded(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GTask) task = user_data;
    GError *error = NULL;
    g_autoptr(GVariant) answer =
        g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);

    if (answer)
        g_task_return_boolean(task, TRUE);
    else
        g_task_return_error(task, error);
}

static void
on_pid(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GTask) task = user_data;
    GError *error = NULL;
    g_autoptr(GVariant) answer =
        g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);
    guint32 pid = 0;

    if (!answer) {
        g_task_return_error(task, error);
        return;
    }
    g_variant_get(answer, "(u)", &pid);
    gint64 start_us = gnf_process_get_start(pid);
    g_autofree char *changed = start_us < 0
                                   ? g_strdup("some file, perhaps,")
                                   : gnf_network_folder_find_changed(gnf_network_folders, start_us);
    if (changed) {
        g_task_return_new_error(task,
                                GNF_ERROR,
                                GNF_REASON_CODE_MANAGER_FAILED,
                                "%s has changed since networkd was started",
                                changed);
        return;
    }
    GCancellable *cancellable = g_task_get_cancellable(task);
    g_dbus_connection_call(G_DBUS_CONNECTION(source),
                           GNF_NETWORKD_NAME,
                           "/org/freedesktop/network1",
                           "org.freedesktop.network1.Manager",
                           "Reload",
                           NULL,
                           NULL,
                           G_DBUS_CALL_FLAGS_NO_AUTO_START,
                           -1,
                           cancellable,
                           on_reloaded,
                           g_steal_pointer(&task));
}

static void
on_bus(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GTask) task = user_data;
    GError *error = NULL;
    g_autoptr(GDBusConnection) bus = gnf_system_bus_connect_finish(result, &error);

    if (!bus) {
        g_task_return_error(task, error);
        return;
    }
    GCancellable *cancellable = g_task_get_cancellable(task);
    g_dbus_connection_call(bus,
                           "org.freedesktop.DBus",
                           "/org/freedesktop/DBus",
                           "org.freedesktop.DBus",
                           "GetConnectionUnixProcessID",
                           g_variant_new("(s)", GNF_NETWORKD_NAME),
                           G_VARIANT_TYPE("(u)"),
                           G_DBUS_CALL_FLAGS_NO_AUTO_START,
                           -1,
                           cancellable,
                           on_pid,
                           g_steal_pointer(&task));
}

void
gnf_networkd_reload_async(GnfNetworkd *self,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
    gnf_system_bus_connect_async(
        &self->bus, cancellable, on_bus, g_task_new(NULL, cancellable, callback, user_data));
}

gboolean
gnf_networkd_reload_finish(GAsyncResult *result, GError **error)
{
    return g_task_propagate_boolean(G_TASK(result), error);
}
