/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * udev's events as a GSource. They come after its rules have run and the database is written, so a
 * READY device has its final name. Reference-counted only so that a callback may free the monitor.
 */
#include <errno.h>
#include <glib-unix.h>
#include <string.h>

#include "netlink/device-read.h"
#include "netlink/request.h"

/* A plug brings a handful of events of about 1 KiB; this holds thousands. */
#define BUFFER_SIZE (4 * 1024 * 1024)
#define SLICE 64

struct GnfDeviceMonitor {
    struct udev_monitor *socket;
    GSource *source; /* NULL once freed: no callback comes any more */
    GnfDeviceEventFunc func;
    gpointer user_data;
};

static gboolean
read_event(GnfDeviceMonitor *monitor)
{
    g_autoptr(UdevDevice) udev_device = udev_monitor_receive_device(monitor->socket);
    g_autoptr(GnfDevice) device = NULL;
    const char *action;

    if (!udev_device)
        return FALSE;
    device = gnf_device_read(udev_device);
    action = udev_device_get_action(udev_device);
    if (g_strcmp0(action, "remove") == 0)
        monitor->func(GNF_DEVICE_EVENT_REMOVED, device, monitor->user_data);
    else
        monitor->func(GNF_DEVICE_EVENT_READY, device, monitor->user_data);
    return TRUE;
}

static void
release(gpointer data)
{
    GnfDeviceMonitor *monitor = data;

    udev_monitor_unref(monitor->socket);
}

static gboolean
dispatch(int fd, GIOCondition condition, gpointer user_data)
{
    GnfDeviceMonitor *monitor = g_rc_box_acquire(user_data);
    gboolean alive;

    for (int i = 0; i < SLICE && monitor->source && read_event(monitor); i++)
        continue;
    alive = monitor->source != NULL;
    g_rc_box_release_full(monitor, release);
    return alive ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static struct udev_monitor *
new_socket(void)
{
    struct udev *udev = udev_new();
    struct udev_monitor *socket = udev ? udev_monitor_new_from_netlink(udev, "udev") : NULL;

    udev_unref(udev); /* the monitor holds its own reference */
    if (!socket)
        return NULL;
    /* Beyond net.core.rmem_max only with CAP_NET_ADMIN: the default size works as well. */
    udev_monitor_set_receive_buffer_size(socket, BUFFER_SIZE);
    if (udev_monitor_filter_add_match_subsystem_devtype(socket, "net", NULL) >= 0 &&
        udev_monitor_enable_receiving(socket) >= 0)
        return socket;
    udev_monitor_unref(socket);
    return NULL;
}

GnfDeviceMonitor *
gnf_device_monitor_new(GMainContext *context,
                       GnfDeviceEventFunc func,
                       gpointer user_data,
                       GError **error)
{
    struct udev_monitor *socket = new_socket();
    GnfDeviceMonitor *monitor;

    if (!socket) {
        gnf_netlink_set_error(error, errno ? errno : ENOMEM, NULL);
        g_prefix_error(error, "cannot watch udev: ");
        return NULL;
    }
    monitor = g_rc_box_new0(GnfDeviceMonitor);
    monitor->socket = socket;
    monitor->func = func;
    monitor->user_data = user_data;
    monitor->source = g_unix_fd_source_new(udev_monitor_get_fd(socket), G_IO_IN);
    g_source_set_callback(monitor->source, G_SOURCE_FUNC(dispatch), monitor, NULL);
    g_source_attach(monitor->source, context);
    return monitor;
}

void
gnf_device_monitor_free(GnfDeviceMonitor *monitor)
{
    if (!monitor)
        return;
    g_source_destroy(monitor->source);
    g_clear_pointer(&monitor->source, g_source_unref);
    g_rc_box_release_full(monitor, release);
}
