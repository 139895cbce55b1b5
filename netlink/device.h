/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The device behind an interface: where it is plugged in, its driver, what udev knows of it; and
 * udev's events. From sysfs and udev's database, which must be of this network namespace.
 */
#pragma once

#include <glib.h>

#include "netlink/rtnetlink.h"

G_BEGIN_DECLS

typedef struct {
    int ifindex;
    char *name;
    char *bus;            /* subsystem of the direct parent: "pci", "virtio", "vmbus", ...; NULL for
                             a virtual interface */
    char *driver;         /* driver of the direct parent ("iavf", "virtio_net") or NULL */
    char *pci_address;    /* "DDDD:BB:SS.F" of the nearest PCI device above, which for virtio is not
                             the parent; NULL if there is none */
    gboolean initialized; /* udev is done with it: renamed, properties set. TRUE without udev. */
    char *managed_by;     /* ID_NET_MANAGED_BY or NULL */
    gboolean nm_unmanaged;   /* NM_UNMANAGED is set and not "0" */
    char *id_path;           /* ID_PATH or NULL */
    gboolean named_by_place; /* its name is one that udev makes of where it is plugged in: another
                                one in another slot. FALSE without udev. */
} GnfDevice;

void gnf_device_free(GnfDevice *device);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfDevice, gnf_device_free)

/* The device of an interface. Gone if there is none of that ifindex. */
GnfDevice *gnf_device_get(int ifindex, GError **error);

/*
 * Every interface of this network namespace whose direct parent is a PCI device: the candidates for
 * a primary. virtio NICs, whose parent is on the virtio bus, are not among them. Elements are
 * GnfDevice, freed with the array, in the order of their PCI addresses. Walks PCI devices and not
 * interfaces, so the cost does not grow with unrelated interfaces. No PCI bus: an empty array.
 */
GPtrArray *gnf_device_list_pci(GError **error);

/*
 * Every network function on the PCI bus (class 02 00) that has no interface in this network
 * namespace: ifindex is 0, name NULL, driver NULL where none is bound. virtio functions, whose
 * interface is not the PCI device's own, are left out. Order and cost as of gnf_device_list_pci.
 */
GPtrArray *gnf_device_list_without_interface(GError **error);

typedef enum {
    GNF_DEVICE_EVENT_READY,   /* added, changed or renamed, and udev is done with it */
    GNF_DEVICE_EVENT_REMOVED, /* only ifindex, name are sure to be set */
} GnfDeviceEventType;

/* device is valid during the callback only. */
typedef void (*GnfDeviceEventFunc)(GnfDeviceEventType type,
                                   const GnfDevice *device,
                                   gpointer user_data);

typedef struct GnfDeviceMonitor GnfDeviceMonitor;

/*
 * udev's events of the "net" subsystem, sent after its rules have run ("udev" group), called from
 * context (NULL: the default one). An overrun of the socket is not reported by udev: whoever waits
 * for a device also listens to the link monitor and asks gnf_device_get. func may free the monitor.
 */
GnfDeviceMonitor *gnf_device_monitor_new(GMainContext *context,
                                         GnfDeviceEventFunc func,
                                         gpointer user_data,
                                         GError **error);

/* No callback comes after this. */
void gnf_device_monitor_free(GnfDeviceMonitor *monitor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfDeviceMonitor, gnf_device_monitor_free)

G_END_DECLS
