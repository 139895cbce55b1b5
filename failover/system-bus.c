/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The connection to the system bus; see system-bus.h. Non-logging.
 */
#include "failover/system-bus.h"

static void
on_connected(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GTask) task = user_data;
    GnfSystemBus *bus = g_task_get_task_data(task);
    GError *error = NULL;
    g_autoptr(GDBusConnection) connection =
        g_dbus_connection_new_for_address_finish(result, &error);

    /* Cancelled, this is an error, too: bus may be gone. */
    if (!connection) {
        g_task_return_error(task, error);
        return;
    }
    /* Another call may have connected meanwhile; the last one stays, whoever holds one keeps it. */
    g_set_object(&bus->connection, connection);
    g_task_return_pointer(task, g_steal_pointer(&connection), g_object_unref);
}

void
gnf_system_bus_connect_async(GnfSystemBus *bus,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
    g_autoptr(GTask) task = g_task_new(NULL, cancellable, callback, user_data);
    GError *error = NULL;
    g_autofree char *address = NULL;

    g_task_set_task_data(task, bus, NULL);
    if (bus->connection && !g_dbus_connection_is_closed(bus->connection)) {
        g_task_return_pointer(task, g_object_ref(bus->connection), g_object_unref);
        return;
    }
    /* For the system bus this only looks at the environment. */
    address = g_dbus_address_get_for_bus_sync(G_BUS_TYPE_SYSTEM, NULL, &error);
    if (!address) {
        g_task_return_error(task, error);
        return;
    }
    g_dbus_connection_new_for_address(address,
                                      G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                          G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                      NULL,
                                      cancellable,
                                      on_connected,
                                      g_steal_pointer(&task));
}

GDBusConnection *
gnf_system_bus_connect_finish(GAsyncResult *result, GError **error)
{
    return g_task_propagate_pointer(G_TASK(result), error);
}

void
gnf_system_bus_clear(GnfSystemBus *bus)
{
    if (bus->connection && !g_dbus_connection_is_closed(bus->connection))
        g_dbus_connection_close(bus->connection, NULL, NULL, NULL);
    g_clear_object(&bus->connection);
}

gboolean
gnf_system_bus_is_absence(const GError *error)
{
    return g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND) ||
           g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN) ||
           g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER) ||
           /* It ended while it was being asked. */
           g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY);
}
