/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The eject; see eject.h. A slot's `address` in sysfs is the device's address without its function
 * (kernel: drivers/pci/slot.c); writing 0 to its `power` lasts as long as the power-off does, so
 * GIO writes it for us.
 */
#include "failover/eject.h"

#include "failover/error.h"
#include "failover/fault.h"
#include "failover/traffic.h"

#define SLOTS "/sys/bus/pci/slots"
#define DEVICES "/sys/bus/pci/devices"

typedef struct {
    GnfContext *context;
    GnfOperationDevice *device;
    gint64 begun_us;
} Eject;

static gboolean
is_gone(gpointer data)
{
    const Eject *eject = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GnfLink) link = gnf_link_get(eject->context->netlink, eject->device->ifindex, &error);

    return !link && gnf_netlink_error_is_gone(error);
}

/* It is gone. */
static void
end(GTask *task)
{
    const Eject *eject = g_task_get_task_data(task);

    eject->device->ifindex = 0;
    eject->device->state = GNF_STATE_ABSENT;
    gnf_operation_device_step(eject->device, GNF_STEP_EJECT, eject->begun_us);
    g_task_return_boolean(task, TRUE);
    g_object_unref(task);
}

static void
on_gone(GObject *source, GAsyncResult *result, gpointer data)
{
    GTask *task = data;
    const Eject *eject = g_task_get_task_data(task);
    GError *error = NULL;

    if (gnf_watch_wait_finish(result, &error)) {
        end(task);
        return;
    }
    gnf_error_wrap(&error,
                   GNF_REASON_CODE_SLOT_REFUSED,
                   "%s is still there after its slot was powered off: unplug it from the host, or "
                   "cancel",
                   eject->device->interface);
    g_task_return_error(task, error);
    g_object_unref(task);
}

static void
on_written(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GTask) task = data;
    Eject *eject = g_task_get_task_data(task);
    const GnfWatchSpec spec = {.check = is_gone,
                               .data = eject,
                               .ifindex = eject->device->ifindex,
                               .timeout_ms = GNF_EJECT_TIMEOUT_MS};
    GError *error = NULL;

    if (g_output_stream_write_finish(G_OUTPUT_STREAM(source), result, &error) < 0) {
        gnf_error_wrap(&error,
                       GNF_REASON_CODE_SLOT_REFUSED,
                       "powering the slot of %s off; unplug it from the host, or cancel",
                       eject->device->interface);
        g_task_return_error(task, error);
        return;
    }
    gnf_watch_wait_async(eject->context->watch, &spec, NULL, on_gone, g_steal_pointer(&task));
}

/* The `power` file of the slot that holds the device, or NULL. A slot that is only listed, not
 * switched, has none (kernel: drivers/acpi/pci_slot.c, which gives its slots no operations). */
static char *
find_power_file(const char *pci_address)
{
    g_autoptr(GDir) slots = pci_address ? g_dir_open(SLOTS, 0, NULL) : NULL;
    gsize function = pci_address ? strcspn(pci_address, ".") : 0;
    const char *name = NULL;

    while (slots && (name = g_dir_read_name(slots))) {
        g_autofree char *address_file = g_build_filename(SLOTS, name, "address", NULL);
        g_autofree char *power = g_build_filename(SLOTS, name, "power", NULL);
        g_autofree char *address = NULL;
        if (!g_file_get_contents(address_file, &address, NULL, NULL))
            continue;
        g_strchomp(address);
        if (strlen(address) == function && strncmp(address, pci_address, function) == 0 &&
            g_file_test(power, G_FILE_TEST_EXISTS))
            return g_steal_pointer(&power);
    }
    return NULL;
}

static gboolean
has_driver(const char *pci_address)
{
    g_autofree char *driver = g_build_filename(DEVICES, pci_address, "driver", NULL);

    return g_file_test(driver, G_FILE_TEST_EXISTS);
}

static gboolean
contains(const GArray *ifindexes, int ifindex)
{
    for (guint i = 0; i < ifindexes->len; i++)
        if (g_array_index(ifindexes, int, i) == ifindex)
            return TRUE;
    return FALSE;
}

/* An interface below a function, by its ifindex, that is not about to leave; or NULL. */
static char *
find_staying(const char *pci_address, const GArray *leaving, gboolean *ret_has_interface)
{
    g_autofree char *path = g_build_filename(DEVICES, pci_address, "net", NULL);
    g_autoptr(GDir) interfaces = g_dir_open(path, 0, NULL);
    const char *name = NULL;

    *ret_has_interface = FALSE;
    while (interfaces && (name = g_dir_read_name(interfaces))) {
        g_autofree char *file = g_build_filename(path, name, "ifindex", NULL);
        g_autofree char *text = NULL;
        *ret_has_interface = TRUE;
        if (!g_file_get_contents(file, &text, NULL, NULL) ||
            !contains(leaving, (int)g_ascii_strtoll(text, NULL, 10)))
            return g_strdup(name);
    }
    return NULL;
}

/* What of the same slot is not about to leave: an interface, of whatever function, the device's own
 * too (some drivers make one a port), or another function that a driver has without one. NULL if
 * there is none. The power goes to all of a slot at once. */
static char *
find_other_user(const char *pci_address, const GArray *leaving)
{
    g_autoptr(GDir) devices = g_dir_open(DEVICES, 0, NULL);
    gsize function = strcspn(pci_address, ".");
    const char *name = NULL;

    while (devices && (name = g_dir_read_name(devices))) {
        gboolean has_interface = FALSE;
        if (strncmp(name, pci_address, function + 1) != 0)
            continue;
        char *staying = find_staying(name, leaving, &has_interface);
        if (staying)
            return staying;
        if (!has_interface && !g_str_equal(name, pci_address) && has_driver(name))
            return g_strdup(name);
    }
    return NULL;
}

gboolean
gnf_eject_check(const char *interface,
                const char *pci_address,
                const GArray *leaving,
                GError **error)
{
    g_autofree char *power = find_power_file(pci_address);
    g_autofree char *other = power ? find_other_user(pci_address, leaving) : NULL;

    if (!power)
        g_set_error(error,
                    GNF_ERROR,
                    GNF_REASON_CODE_NO_SLOT,
                    "%s (%s) sits in no PCI slot that can be powered off: prepare without eject "
                    "and let the host unplug it",
                    interface,
                    pci_address ? pci_address : "no PCI address");
    else if (other)
        g_set_error(error,
                    GNF_ERROR,
                    GNF_REASON_CODE_SLOT_SHARED,
                    "%s (%s) shares its PCI slot with %s, which is in use and would be powered off "
                    "with it: prepare without eject, or prepare both at once",
                    interface,
                    pci_address,
                    other);
    return power && !other;
}

/* The NICs of the operation that are out of their bonds: their ifindexes. */
static GArray *
list_leaving(const GnfOperation *operation)
{
    GArray *leaving = g_array_new(FALSE, FALSE, sizeof(int));

    for (guint i = 0; i < operation->devices->len; i++) {
        const GnfOperationDevice *device = g_ptr_array_index(operation->devices, i);
        if (device->state == GNF_STATE_DETACHED)
            g_array_append_val(leaving, device->ifindex);
    }
    return leaving;
}

static void
power_off(GTask *task)
{
    const Eject *eject = g_task_get_task_data(task);
    g_autofree char *power = find_power_file(eject->device->pci_address);
    g_autoptr(GFile) file = g_file_new_for_path(power ? power : "");
    GError *error = NULL;
    g_autoptr(GFileIOStream) stream = g_file_open_readwrite(file, NULL, &error);

    if (!stream) {
        gnf_error_wrap(&error, GNF_REASON_CODE_SLOT_REFUSED, "opening %s", power);
        g_task_return_error(task, error);
        g_object_unref(task);
        return;
    }
    GOutputStream *output = g_io_stream_get_output_stream(G_IO_STREAM(stream));
    g_object_set_data_full(G_OBJECT(task), "stream", g_object_ref(stream), g_object_unref);
    g_output_stream_write_async(output, "0", 1, G_PRIORITY_DEFAULT, NULL, on_written, task);
}

static void
begin(gpointer data)
{
    GTask *task = data;
    Eject *eject = g_task_get_task_data(task);
    const GnfOperationDevice *device = eject->device;
    g_autoptr(GArray) leaving = list_leaving(eject->context->operation);
    GError *error = NULL;

    if (is_gone(eject)) {
        /* With another function of its slot, or by the host. */
        end(task);
        return;
    }
    /* The last moment at which the NIC can still go back. */
    if (gnf_traffic_check_away(eject->context, device, &error) &&
        gnf_eject_check(device->interface, device->pci_address, leaving, &error)) {
        power_off(task);
        return;
    }
    g_task_return_error(task, error);
    g_object_unref(task);
}

void
gnf_eject_async(GnfContext *context,
                GnfOperationDevice *device,
                GAsyncReadyCallback callback,
                gpointer user_data)
{
    GTask *task = g_task_new(NULL, NULL, callback, user_data);
    Eject *eject = g_new0(Eject, 1);

    eject->context = context;
    eject->device = device;
    eject->begun_us = g_get_monotonic_time();
    g_task_set_task_data(task, eject, g_free);
    gnf_fault_point(context, GNF_STEP_EJECT, device, begin, task);
}

gboolean
gnf_eject_finish(GAsyncResult *result, GError **error)
{
    return g_task_propagate_boolean(G_TASK(result), error);
}
