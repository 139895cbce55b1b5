/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices, with the guest's own NICs: one e1000e directly on PCI, one virtio. udev does not run
 * here; its database and its messages are written by the test, and read by the real libudev.
 */
#include "netlink/device.h"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/backend/network.h"

#define PCI_MAC "52:54:00:00:00:01"
#define VIRTIO_MAC "52:54:00:00:00:02"

/* The guest's NICs stay in the first network namespace: these tests do not leave it. */
static GnfDevice *
device_of(int ifindex)
{
    GError *error = NULL;
    GnfDevice *device = gnf_device_get(ifindex, &error);

    g_assert_no_error(error);
    g_assert_nonnull(device);
    return device;
}

/* By MAC, since without udev the names are the kernel's, in the order of probing. */
static int
index_of_mac(const char *mac)
{
    g_autoptr(GnfNetlink) netlink = gnf_netlink_new(NULL);

    for (int i = 0; i < 4; i++) {
        g_autofree char *name = g_strdup_printf("eth%d", i);
        g_autoptr(GnfLink) link = gnf_link_get_by_name(netlink, name, NULL);

        if (link && g_strcmp0(link->mac, mac) == 0)
            return link->ifindex;
    }
    g_error("the guest has no NIC %s", mac);
    return 0;
}

static void
test_pci(void)
{
    g_autoptr(GnfDevice) device = device_of(index_of_mac(PCI_MAC));

    g_assert_cmpint(device->ifindex, ==, index_of_mac(PCI_MAC));
    g_assert_cmpint((int)if_nametoindex(device->name), ==, device->ifindex);
    g_assert_cmpstr(device->bus, ==, "pci");
    g_assert_cmpstr(device->driver, ==, "e1000e");
    g_assert_cmpstr(device->pci_address, ==, "0000:00:10.0");
}

static void
test_virtio(void)
{
    g_autoptr(GnfDevice) device = device_of(index_of_mac(VIRTIO_MAC));

    g_assert_cmpstr(device->bus, ==, "virtio");
    g_assert_cmpstr(device->driver, ==, "virtio_net");
    g_assert_cmpstr(device->pci_address, ==, "0000:00:11.0");
}

/* netlink and sysfs agree on the parent, and netlink knows the permanent address. */
static void
test_link_of_pci(void)
{
    g_autoptr(GnfNetlink) netlink = gnf_netlink_new(NULL);
    g_autoptr(GnfLink) link = gnf_link_get(netlink, index_of_mac(PCI_MAC), NULL);

    g_assert_cmpstr(link->parent_bus, ==, "pci");
    g_assert_cmpstr(link->parent_device, ==, "0000:00:10.0");
    g_assert_cmpstr(link->permanent_mac, ==, PCI_MAC);
    g_assert_null(link->kind);
}

static void
test_virtual(void)
{
    g_autoptr(GnfDevice) device = device_of((int)if_nametoindex("lo"));

    g_assert_cmpstr(device->name, ==, "lo");
    g_assert_null(device->bus);
    g_assert_null(device->driver);
    g_assert_null(device->pci_address);
}

static void
test_gone(void)
{
    GError *error = NULL;

    g_assert_null(gnf_device_get(4711, &error));
    g_assert_true(gnf_netlink_error_is_gone(error));
    g_clear_error(&error);
}

static void
test_list_pci(void)
{
    GError *error = NULL;
    g_autoptr(GPtrArray) devices = gnf_device_list_pci(&error);
    const GnfDevice *device;

    g_assert_no_error(error);
    g_assert_cmpuint(devices->len, ==, 2);
    device = devices->pdata[0];
    if (device->ifindex != index_of_mac(PCI_MAC))
        device = devices->pdata[1];
    g_assert_cmpint(device->ifindex, ==, index_of_mac(PCI_MAC));
    g_assert_cmpstr(device->pci_address, ==, "0000:00:10.0");
}

static void
write_file(const char *path, const char *text)
{
    GError *error = NULL;
    g_autofree char *folder = g_path_get_dirname(path);

    g_assert_no_errno(g_mkdir_with_parents(folder, 0755));
    g_file_set_contents(path, text, -1, &error);
    g_assert_no_error(error);
}

/* udev's database entry of an interface, as device_update_db writes it. */
static void
write_database(int ifindex, const char *text)
{
    g_autofree char *path = g_strdup_printf("/run/udev/data/n%d", ifindex);

    write_file(path, text);
}

static void
test_database(void)
{
    int ifindex = index_of_mac(VIRTIO_MAC);
    g_autoptr(GnfDevice) without_udev = device_of(ifindex);
    g_autoptr(GnfDevice) before = NULL;
    g_autoptr(GnfDevice) meanwhile = NULL;
    g_autoptr(GnfDevice) after = NULL;

    g_assert_true(without_udev->initialized);
    write_file("/run/udev/control", "");
    before = device_of(ifindex);
    g_assert_false(before->initialized);
    g_assert_null(before->managed_by);
    g_assert_false(before->nm_unmanaged);
    write_database(ifindex, "I:1234567\nE:ID_RENAMING=1\nV:1\n");
    meanwhile = device_of(ifindex);
    g_assert_false(meanwhile->initialized);
    write_database(ifindex,
                   "I:1234567\n"
                   "E:ID_NET_MANAGED_BY=io.systemd.Network\n"
                   "E:NM_UNMANAGED=1\n"
                   "E:ID_PATH=pci-0000:00:11.0\n"
                   "V:1\n");
    after = device_of(ifindex);
    g_assert_true(after->initialized);
    g_assert_cmpstr(after->managed_by, ==, "io.systemd.Network");
    g_assert_true(after->nm_unmanaged);
    g_assert_cmpstr(after->id_path, ==, "pci-0000:00:11.0");
    g_assert_false(after->named_by_place);
    unlink("/run/udev/control");
}

/* By udev's word, and only while that is its name. */
static void
test_named_by_place(void)
{
    int ifindex = index_of_mac(PCI_MAC);
    g_autoptr(GnfDevice) plain = device_of(ifindex);
    g_autofree char *text = g_strdup_printf("I:1\nE:ID_NET_NAME_MAC=enx0a\n"
                                            "E:ID_NET_NAME_PATH=%s\nV:1\n",
                                            plain->name);
    g_autoptr(GnfDevice) by_path = NULL;
    g_autoptr(GnfDevice) by_mac = NULL;

    g_assert_false(plain->named_by_place);
    write_database(ifindex, text);
    by_path = device_of(ifindex);
    g_assert_true(by_path->named_by_place);
    g_free(text);
    text =
        g_strdup_printf("I:1\nE:ID_NET_NAME_MAC=%s\nE:ID_NET_NAME_SLOT=ens1\nV:1\n", plain->name);
    write_database(ifindex, text);
    by_mac = device_of(ifindex);
    g_assert_false(by_mac->named_by_place);
}

static void
test_nm_unmanaged_zero(void)
{
    int ifindex = index_of_mac(PCI_MAC);
    g_autoptr(GnfDevice) device = NULL;

    write_database(ifindex, "I:1\nE:NM_UNMANAGED=0\nV:1\n");
    device = device_of(ifindex);
    g_assert_false(device->nm_unmanaged);
}

/* libudev's message to its listeners: struct monitor_netlink_header of libsystemd's
 * device-monitor.c. */
typedef struct {
    char prefix[8];
    guint32 magic;
    guint32 header_size;
    guint32 properties_offset;
    guint32 properties_size;
    guint32 subsystem_hash;
    guint32 devtype_hash;
    guint32 tag_high;
    guint32 tag_low;
} MonitorHeader;

/* MurmurHash2 of "net" with seed 0, which the listener's socket filter compares. */
static guint32
hash_net(void)
{
    const guint32 m = 0x5bd1e995;
    guint32 hash = 3;

    hash ^= (guint32)'t' << 16 ^ (guint32)'e' << 8 ^ (guint32)'n';
    hash *= m;
    hash ^= hash >> 13;
    hash *= m;
    return hash ^ hash >> 15;
}

/* Send as udevd does after its rules: to group 2 of NETLINK_KOBJECT_UEVENT. */
static void
send_event(const char *properties, gsize size)
{
    const MonitorHeader header = {.prefix = "libudev",
                                  .magic = htonl(0xfeedcafe),
                                  .header_size = sizeof header,
                                  .properties_offset = sizeof header,
                                  .properties_size = (guint32)size,
                                  .subsystem_hash = htonl(hash_net())};
    struct iovec parts[] = {{(void *)(guintptr)&header, sizeof header},
                            {(void *)(guintptr)properties, size}};
    struct sockaddr_nl to = {.nl_family = AF_NETLINK, .nl_groups = 2};
    const struct msghdr message = {.msg_name = &to,
                                   .msg_namelen = sizeof to,
                                   .msg_iov = parts,
                                   .msg_iovlen = G_N_ELEMENTS(parts)};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);

    g_assert_no_errno(fd);
    g_assert_cmpint(sendmsg(fd, &message, 0), ==, (gssize)(sizeof header + size));
    close(fd);
}

typedef struct {
    GnfDeviceMonitor *monitor;
    guint calls;
    GnfDeviceEventType type;
    int ifindex;
    char *name;
    char *managed_by;
    gboolean free_on_call;
} Watch;

static void
on_event(GnfDeviceEventType type, const GnfDevice *device, gpointer user_data)
{
    Watch *watch = user_data;

    watch->calls++;
    watch->type = type;
    watch->ifindex = device->ifindex;
    g_free(watch->name);
    watch->name = g_strdup(device->name);
    g_free(watch->managed_by);
    watch->managed_by = g_strdup(device->managed_by);
    if (watch->free_on_call)
        g_clear_pointer(&watch->monitor, gnf_device_monitor_free);
}

static gboolean
on_deadline(gpointer user_data)
{
    g_error("no such event within 5 s");
    return G_SOURCE_REMOVE;
}

static void
wait_for_call(Watch *watch)
{
    guint deadline = g_timeout_add_seconds(5, on_deadline, NULL);

    while (watch->calls == 0)
        g_main_context_iteration(NULL, TRUE);
    while (g_main_context_iteration(NULL, FALSE))
        continue;
    g_source_remove(deadline);
}

static void
start(Watch *watch)
{
    GError *error = NULL;

    watch->monitor = gnf_device_monitor_new(NULL, on_event, watch, &error);
    g_assert_no_error(error);
    g_assert_nonnull(watch->monitor);
}

static void
stop(Watch *watch)
{
    gnf_device_monitor_free(watch->monitor);
    g_free(watch->name);
    g_free(watch->managed_by);
}

/* The properties of an event about an interface that is no longer, or not yet, in sysfs. */
#define PROPERTIES(action)                                                                         \
    "ACTION=" action "\0DEVPATH=/devices/virtual/net/lo\0SUBSYSTEM=net\0INTERFACE=lo\0"            \
    "IFINDEX=1\0SEQNUM=7\0ID_NET_MANAGED_BY=someone\0"

static void
test_monitor_ready(void)
{
    static const char properties[] = PROPERTIES("move");
    Watch watch = {0};

    start(&watch);
    send_event(properties, sizeof properties - 1);
    wait_for_call(&watch);
    g_assert_cmpuint(watch.calls, ==, 1);
    g_assert_cmpint(watch.type, ==, GNF_DEVICE_EVENT_READY);
    g_assert_cmpint(watch.ifindex, ==, 1);
    g_assert_cmpstr(watch.name, ==, "lo");
    g_assert_cmpstr(watch.managed_by, ==, "someone");
    stop(&watch);
}

static void
test_monitor_removed(void)
{
    static const char properties[] = PROPERTIES("remove");
    Watch watch = {0};

    start(&watch);
    send_event(properties, sizeof properties - 1);
    wait_for_call(&watch);
    g_assert_cmpint(watch.type, ==, GNF_DEVICE_EVENT_REMOVED);
    g_assert_cmpint(watch.ifindex, ==, 1);
    g_assert_cmpstr(watch.name, ==, "lo");
    stop(&watch);
}

static void
test_monitor_freed(void)
{
    static const char properties[] = PROPERTIES("add");
    Watch watch = {.free_on_call = TRUE};

    start(&watch);
    send_event(properties, sizeof properties - 1);
    send_event(properties, sizeof properties - 1);
    wait_for_call(&watch);
    g_assert_cmpuint(watch.calls, ==, 1);
    g_assert_null(watch.monitor);
    stop(&watch);
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/device/pci", test_pci);
    g_test_add_func("/device/pci/link-names-the-same-parent", test_link_of_pci);
    g_test_add_func("/device/virtio-is-not-on-pci-itself", test_virtio);
    g_test_add_func("/device/virtual", test_virtual);
    g_test_add_func("/device/gone", test_gone);
    g_test_add_func("/device/list/pci-only", test_list_pci);
    g_test_add_func("/device/udev/database", test_database);
    g_test_add_func("/device/udev/named-by-place", test_named_by_place);
    g_test_add_func("/device/udev/unmanaged-zero-is-no", test_nm_unmanaged_zero);
    g_test_add_func("/device/monitor/ready", test_monitor_ready);
    g_test_add_func("/device/monitor/removed", test_monitor_removed);
    g_test_add_func("/device/monitor/freed-in-its-callback", test_monitor_freed);
    return g_test_run();
}
