/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The life of the D-Bus connection and the NMClient; see nm-client.h. Non-logging.
 *
 * The D-Bus connection is our own and not the process-wide one, because that one ends the process
 * when the bus goes away. What is under way holds a reference to GnfNm and finds `closed`.
 */
#include "nm-backend/nm-client.h"

typedef struct {
    GnfNmChanged changed;
    gpointer user_data;
} Listener;

struct GnfNm {
    gboolean closed;
    gboolean connecting;
    GCancellable *cancellable; /* of what is under way while connecting */
    GDBusConnection *bus;
    NMClient *client;
    char *owner;         /* of NetworkManager's name when the client was made, or NULL */
    GSource *stale;      /* another NetworkManager has come: make the client anew */
    GError *error;       /* why the last attempt to connect failed */
    GArray *listeners;   /* of Listener */
    GHashTable *blocked; /* set of ifindexes */
};

static void
nm_clear(gpointer data)
{
    GnfNm *self = data;

    g_clear_object(&self->cancellable);
    g_clear_error(&self->error);
    g_free(self->owner);
    g_array_unref(self->listeners);
    g_hash_table_unref(self->blocked);
}

static void
nm_release(GnfNm *self)
{
    g_rc_box_release_full(self, nm_clear);
}

GnfNm *
gnf_nm_new(void)
{
    GnfNm *self = g_rc_box_new0(GnfNm);

    self->cancellable = g_cancellable_new();
    self->listeners = g_array_new(FALSE, FALSE, sizeof(Listener));
    self->blocked = g_hash_table_new(NULL, NULL);
    return self;
}

static void
tell_listeners(GnfNm *self)
{
    for (guint i = 0; i < self->listeners->len; i++) {
        const Listener *listener = &g_array_index(self->listeners, Listener, i);

        listener->changed(listener->user_data);
    }
}

/* A device is found by its name, and udev may rename it after it has appeared. */
static void
watch_device(GnfNm *self, NMDevice *device)
{
    g_signal_connect_swapped(device, "notify::interface", G_CALLBACK(tell_listeners), self);
}

static void
on_device_added(NMClient *client, NMDevice *device, GnfNm *self)
{
    watch_device(self, device);
    tell_listeners(self);
}

static void
on_device_removed(NMClient *client, NMDevice *device, GnfNm *self)
{
    g_signal_handlers_disconnect_by_data(device, self);
    tell_listeners(self);
}

static void
on_client_shut_down(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GDBusConnection) bus = user_data;

    nm_client_wait_shutdown_finish(result, NULL);
    if (!g_dbus_connection_is_closed(bus))
        g_dbus_connection_close(bus, NULL, NULL, NULL);
}

/* libnm cancels what it has under way when the last reference goes, and is done when its busy
 * watcher is gone: only then is the connection closed underneath. */
static void
drop_client(GnfNm *self)
{
    if (self->stale) {
        g_source_destroy(self->stale);
        g_clear_pointer(&self->stale, g_source_unref);
    }
    if (self->bus)
        g_signal_handlers_disconnect_by_data(self->bus, self);
    if (self->client) {
        const GPtrArray *devices = nm_client_get_devices(self->client);

        for (guint i = 0; i < devices->len; i++)
            g_signal_handlers_disconnect_by_data(g_ptr_array_index(devices, i), self);
        g_signal_handlers_disconnect_by_data(self->client, self);
        nm_client_wait_shutdown(
            self->client, FALSE, NULL, on_client_shut_down, g_object_ref(self->bus));
    }
    g_clear_object(&self->client);
    g_clear_object(&self->bus);
}

static gboolean
on_stale(gpointer user_data)
{
    GnfNm *self = user_data;

    drop_client(self);
    gnf_nm_want(self);
    return G_SOURCE_REMOVE;
}

/* When another NetworkManager comes, libnm says that it is running before it knows its profiles; a
 * client that is made anew is only there when it knows them all. Not from within its own signal. */
static void
on_owner_changed(NMClient *client, GParamSpec *property, GnfNm *self)
{
    const char *owner = nm_client_get_dbus_name_owner(client);

    if (owner && g_strcmp0(owner, self->owner) != 0 && !self->stale) {
        self->stale = g_idle_source_new();
        g_source_set_callback(self->stale, on_stale, self, NULL);
        g_source_attach(self->stale, NULL);
    }
    tell_listeners(self);
}

static void
watch_client(GnfNm *self)
{
    const GPtrArray *devices = nm_client_get_devices(self->client);

    g_signal_connect(self->client, "device-added", G_CALLBACK(on_device_added), self);
    g_signal_connect(self->client, "device-removed", G_CALLBACK(on_device_removed), self);
    g_signal_connect_swapped(
        self->client, "notify::" NM_CLIENT_NM_RUNNING, G_CALLBACK(tell_listeners), self);
    g_signal_connect(
        self->client, "notify::" NM_CLIENT_DBUS_NAME_OWNER, G_CALLBACK(on_owner_changed), self);
    g_signal_connect_swapped(
        self->client, NM_CLIENT_ACTIVE_CONNECTION_ADDED, G_CALLBACK(tell_listeners), self);
    g_signal_connect_swapped(
        self->client, NM_CLIENT_ACTIVE_CONNECTION_REMOVED, G_CALLBACK(tell_listeners), self);
    for (guint i = 0; i < devices->len; i++)
        watch_device(self, g_ptr_array_index(devices, i));
}

void
gnf_nm_free(GnfNm *self)
{
    self->closed = TRUE;
    g_cancellable_cancel(self->cancellable);
    drop_client(self);
    nm_release(self);
}

static void
connect_failed(GnfNm *self, GError *error)
{
    self->connecting = FALSE;
    g_clear_error(&self->error);
    self->error = error;
    drop_client(self);
    tell_listeners(self);
}

static void
on_bus_closed(GDBusConnection *bus, gboolean remote_peer_vanished, GError *error, GnfNm *self)
{
    connect_failed(self, g_error_new(G_IO_ERROR, G_IO_ERROR_CLOSED, "the system bus went away"));
}

static void
on_client_made(GObject *source, GAsyncResult *result, gpointer user_data)
{
    GnfNm *self = user_data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GObject) client =
        g_async_initable_new_finish(G_ASYNC_INITABLE(source), result, &error);

    if (self->closed || !self->bus) {
        nm_release(self);
        return;
    }
    if (!client) {
        connect_failed(self, g_steal_pointer(&error));
    } else {
        self->connecting = FALSE;
        self->client = NM_CLIENT(g_steal_pointer(&client));
        g_free(self->owner);
        self->owner = g_strdup(nm_client_get_dbus_name_owner(self->client));
        watch_client(self);
        tell_listeners(self);
    }
    nm_release(self);
}

static void
on_bus_connected(GObject *source, GAsyncResult *result, gpointer user_data)
{
    GnfNm *self = user_data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GDBusConnection) bus = g_dbus_connection_new_for_address_finish(result, &error);

    if (self->closed || !bus) {
        if (!self->closed)
            connect_failed(self, g_steal_pointer(&error));
        nm_release(self);
        return;
    }
    self->bus = g_steal_pointer(&bus);
    g_signal_connect(self->bus, "closed", G_CALLBACK(on_bus_closed), self);
    /* Permissions are asked for on every change of polkit, and nothing here needs them. */
    g_async_initable_new_async(NM_TYPE_CLIENT,
                               G_PRIORITY_DEFAULT,
                               self->cancellable,
                               on_client_made,
                               self,
                               NM_CLIENT_DBUS_CONNECTION,
                               self->bus,
                               NM_CLIENT_INSTANCE_FLAGS,
                               (guint)NM_CLIENT_INSTANCE_FLAGS_NO_AUTO_FETCH_PERMISSIONS,
                               NULL);
}

void
gnf_nm_want(GnfNm *self)
{
    if (self->connecting || self->client)
        return;

    g_autoptr(GError) error = NULL;
    /* For the system bus this only looks at the environment. */
    g_autofree char *address = g_dbus_address_get_for_bus_sync(G_BUS_TYPE_SYSTEM, NULL, &error);
    if (!address) {
        connect_failed(self, g_steal_pointer(&error));
        return;
    }
    self->connecting = TRUE;
    g_dbus_connection_new_for_address(address,
                                      G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                          G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                      NULL,
                                      self->cancellable,
                                      on_bus_connected,
                                      g_rc_box_acquire(self));
}

GnfNmState
gnf_nm_get_state(const GnfNm *self)
{
    if (self->connecting || self->stale)
        return GNF_NM_CONNECTING;
    if (!self->client)
        return g_error_matches(self->error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND) ? GNF_NM_ABSENT
                                                                              : GNF_NM_UNREACHABLE;
    if (!nm_client_get_dbus_name_owner(self->client))
        return GNF_NM_ABSENT;
    return nm_client_get_nm_running(self->client) ? GNF_NM_RUNNING : GNF_NM_CONNECTING;
}

const char *
gnf_nm_get_absence(const GnfNm *self)
{
    return !self->client && self->error ? self->error->message : "NetworkManager is not running";
}

NMClient *
gnf_nm_get_client(const GnfNm *self)
{
    return gnf_nm_get_state(self) == GNF_NM_RUNNING ? self->client : NULL;
}

void
gnf_nm_listen(GnfNm *self, GnfNmChanged changed, gpointer user_data)
{
    Listener listener = {changed, user_data};

    g_array_append_val(self->listeners, listener);
}

void
gnf_nm_unlisten(GnfNm *self, gpointer user_data)
{
    for (guint i = self->listeners->len; i > 0; i--) {
        if (g_array_index(self->listeners, Listener, i - 1).user_data == user_data)
            g_array_remove_index_fast(self->listeners, i - 1);
    }
}

void
gnf_nm_set_blocked(GnfNm *self, int ifindex, gboolean blocked)
{
    if (blocked)
        g_hash_table_add(self->blocked, GINT_TO_POINTER(ifindex));
    else
        g_hash_table_remove(self->blocked, GINT_TO_POINTER(ifindex));
}

gboolean
gnf_nm_get_blocked(const GnfNm *self, int ifindex)
{
    return g_hash_table_contains(self->blocked, GINT_TO_POINTER(ifindex));
}
