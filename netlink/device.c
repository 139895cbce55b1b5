/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices by libudev: sysfs for what the kernel knows, udev's database for its properties. Each
 * call makes a udev context of its own; a context is only a reference count.
 */
#include "netlink/device.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "netlink/device-read.h"
#include "netlink/request.h"

#define SYSFS_PCI "/sys/bus/pci/devices"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(UdevContext, udev_unref)

static void
read_parents(struct udev_device *udev_device, GnfDevice *device)
{
    struct udev_device *parent = udev_device_get_parent(udev_device);
    struct udev_device *pci =
        udev_device_get_parent_with_subsystem_devtype(udev_device, "pci", NULL);

    if (parent) {
        device->bus = g_strdup(udev_device_get_subsystem(parent));
        device->driver = g_strdup(udev_device_get_driver(parent));
    }
    if (pci)
        device->pci_address = g_strdup(udev_device_get_sysname(pci));
}

/* The presence of udev's control socket is how libudev's own tools tell that it runs. */
static gboolean
udev_runs(void)
{
    return g_file_test("/run/udev/control", G_FILE_TEST_EXISTS);
}

/* udev's names of a place (systemd.net-naming-scheme(7)). */
static gboolean
is_named_by_place(struct udev_device *udev_device)
{
    static const char *const names[] = {
        "ID_NET_NAME_ONBOARD", "ID_NET_NAME_SLOT", "ID_NET_NAME_PATH"};
    const char *name = udev_device_get_sysname(udev_device);

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if (g_strcmp0(udev_device_get_property_value(udev_device, names[i]), name) == 0)
            return TRUE;
    return FALSE;
}

/* The database has an entry from just before udev renames the interface on. */
static gboolean
is_initialized(struct udev_device *udev_device)
{
    return !udev_runs() || (udev_device_get_is_initialized(udev_device) > 0 &&
                            !udev_device_get_property_value(udev_device, "ID_RENAMING"));
}

GnfDevice *
gnf_device_read(struct udev_device *udev_device)
{
    g_autoptr(GnfDevice) device = g_new0(GnfDevice, 1);
    const char *ifindex = udev_device_get_property_value(udev_device, "IFINDEX");
    const char *unmanaged = udev_device_get_property_value(udev_device, "NM_UNMANAGED");

    device->ifindex = ifindex ? (int)g_ascii_strtoll(ifindex, NULL, 10) : 0;
    device->name = g_strdup(udev_device_get_sysname(udev_device));
    device->initialized = is_initialized(udev_device);
    device->managed_by = g_strdup(udev_device_get_property_value(udev_device, "ID_NET_MANAGED_BY"));
    device->nm_unmanaged = unmanaged && strcmp(unmanaged, "0") != 0;
    device->id_path = g_strdup(udev_device_get_property_value(udev_device, "ID_PATH"));
    device->named_by_place = is_named_by_place(udev_device);
    read_parents(udev_device, device);
    return g_steal_pointer(&device);
}

GnfDevice *
gnf_device_get(int ifindex, GError **error)
{
    g_autoptr(UdevContext) udev = udev_new();
    g_autofree char *id = g_strdup_printf("n%d", ifindex);
    g_autoptr(UdevDevice) udev_device = udev_device_new_from_device_id(udev, id);

    if (udev_device)
        return gnf_device_read(udev_device);
    gnf_netlink_set_error(error, ENODEV, NULL);
    gnf_netlink_prefix_error(error, "read the device of", ifindex);
    return NULL;
}

/* The interfaces of one PCI device: usually one, with some drivers one a port. */
static void
append_interfaces(struct udev *udev, const char *pci_address, GPtrArray *to)
{
    g_autofree char *path = g_build_filename(SYSFS_PCI, pci_address, "net", NULL);
    g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
    const char *name;

    while (directory && (name = g_dir_read_name(directory))) {
        g_autoptr(UdevDevice) udev_device =
            udev_device_new_from_subsystem_sysname(udev, "net", name);

        if (udev_device)
            g_ptr_array_add(to, gnf_device_read(udev_device));
    }
}

static void
free_device(gpointer device)
{
    gnf_device_free(device);
}

static int
compare_devices(gconstpointer a, gconstpointer b)
{
    const GnfDevice *left = *(GnfDevice *const *)a;
    const GnfDevice *right = *(GnfDevice *const *)b;
    int order = g_strcmp0(left->pci_address, right->pci_address);

    return order ? order : left->ifindex - right->ifindex;
}

static gboolean
has_interface(const char *pci_address)
{
    g_autofree char *path = g_build_filename(SYSFS_PCI, pci_address, "net", NULL);
    g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);

    return directory && g_dir_read_name(directory);
}

/* PCI_CLASS_NETWORK_ETHERNET, without the programming interface. */
static gboolean
is_ethernet(struct udev_device *pci)
{
    const char *class = udev_device_get_sysattr_value(pci, "class");

    return class && g_str_has_prefix(class, "0x0200");
}

static void
append_without_interface(struct udev *udev, const char *pci_address, GPtrArray *to)
{
    g_autoptr(UdevDevice) pci = udev_device_new_from_subsystem_sysname(udev, "pci", pci_address);
    const char *driver = pci ? udev_device_get_driver(pci) : NULL;

    if (!pci || !is_ethernet(pci) || g_strcmp0(driver, "virtio-pci") == 0 ||
        has_interface(pci_address))
        return;
    GnfDevice *device = g_new0(GnfDevice, 1);
    device->bus = g_strdup("pci");
    device->driver = g_strdup(driver);
    device->pci_address = g_strdup(pci_address);
    device->initialized = TRUE;
    g_ptr_array_add(to, device);
}

/* What append makes of every PCI device. */
static GPtrArray *
walk_pci(void (*append)(struct udev *udev, const char *pci_address, GPtrArray *to), GError **error)
{
    g_autoptr(UdevContext) udev = udev_new();
    g_autoptr(GPtrArray) devices = g_ptr_array_new_with_free_func(free_device);
    g_autoptr(GError) reason = NULL;
    g_autoptr(GDir) directory = g_dir_open(SYSFS_PCI, 0, &reason);
    const char *pci_address;

    if (!directory && !g_error_matches(reason, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
        gnf_netlink_set_error(error, EACCES, reason->message);
        g_prefix_error(error, "cannot list PCI devices: ");
        return NULL;
    }
    while (directory && (pci_address = g_dir_read_name(directory)))
        append(udev, pci_address, devices);
    g_ptr_array_sort(devices, compare_devices);
    return g_steal_pointer(&devices);
}

GPtrArray *
gnf_device_list_pci(GError **error)
{
    return walk_pci(append_interfaces, error);
}

GPtrArray *
gnf_device_list_without_interface(GError **error)
{
    return walk_pci(append_without_interface, error);
}

void
gnf_device_free(GnfDevice *device)
{
    if (!device)
        return;
    g_free(device->name);
    g_free(device->bus);
    g_free(device->driver);
    g_free(device->pci_address);
    g_free(device->managed_by);
    g_free(device->id_path);
    g_free(device);
}
