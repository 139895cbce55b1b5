/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The operation in memory; see operation.h. Pure: no I/O, non-logging.
 */
#include "failover/operation.h"

#include <time.h>

GnfOperationDevice *
gnf_operation_device_new(void)
{
    GnfOperationDevice *device = g_new0(GnfOperationDevice, 1);

    device->steps = g_array_new(FALSE, TRUE, sizeof(GnfStepDone));
    device->warnings = g_ptr_array_new_with_free_func((GDestroyNotify)g_error_free);
    return device;
}

void
gnf_operation_device_free(GnfOperationDevice *device)
{
    if (!device)
        return;
    gnf_promiscuous_free(device->promiscuous);
    gnf_beacon_free(device->beacon);
    g_free(device->interface);
    g_free(device->mac);
    g_free(device->pci_address);
    g_free(device->replaces);
    g_free(device->old_interface);
    g_free(device->old_mac);
    g_free(device->bond.interface);
    g_free(device->bond.primary_option);
    g_free(device->bond.unlearning);
    g_free(device->profile);
    g_free(device->standby);
    g_free(device->wanted_mac);
    g_free(device->wanted_pci_address);
    g_free(device->wanted_interface);
    g_array_unref(device->steps);
    g_clear_error(&device->reason);
    g_ptr_array_unref(device->warnings);
    g_free(device);
}

GnfOperation *
gnf_operation_new(void)
{
    GnfOperation *operation = g_new0(GnfOperation, 1);

    operation->devices = g_ptr_array_new_with_free_func((GDestroyNotify)gnf_operation_device_free);
    return operation;
}

void
gnf_operation_free(GnfOperation *operation)
{
    if (!operation)
        return;
    g_free(operation->id);
    g_ptr_array_unref(operation->devices);
    g_free(operation);
}

gint64
gnf_boottime_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    return now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

gboolean
gnf_operation_device_is_pending(const GnfOperationDevice *device)
{
    return device->state != GNF_STATE_ATTACHED && !device->forgotten;
}

void
gnf_operation_settle(GnfOperation *operation)
{
    guint failed = 0;

    operation->finished = TRUE;
    for (guint i = 0; i < operation->devices->len; i++) {
        const GnfOperationDevice *device = g_ptr_array_index(operation->devices, i);
        failed += device->reason != NULL;
        if (gnf_operation_device_is_pending(device))
            operation->finished = FALSE;
    }
    if (failed == 0)
        operation->status = GNF_STATUS_DONE;
    else
        operation->status =
            failed < operation->devices->len ? GNF_STATUS_PARTIAL : GNF_STATUS_FAILED;
}

void
gnf_operation_begin(GnfOperation *operation, GnfVerb verb)
{
    operation->verb = verb;
    operation->status = GNF_STATUS_WAITING;
    operation->only_attach = FALSE;
    for (guint i = operation->devices->len; i > 0; i--) {
        GnfOperationDevice *device = g_ptr_array_index(operation->devices, i - 1);
        if (gnf_operation_device_is_pending(device))
            gnf_operation_device_begin(device);
        else if (device->reason)
            g_ptr_array_remove_index(operation->devices, i - 1);
    }
}

GnfOperationDevice *
gnf_operation_find(const GnfOperation *operation, int ifindex)
{
    for (guint i = 0; i < operation->devices->len; i++) {
        GnfOperationDevice *device = g_ptr_array_index(operation->devices, i);
        if (device->ifindex == ifindex)
            return device;
    }
    return NULL;
}

void
gnf_operation_device_begin(GnfOperationDevice *device)
{
    g_array_set_size(device->steps, 0);
    g_ptr_array_set_size(device->warnings, 0);
    g_clear_error(&device->reason);
    device->put_back = FALSE;
    device->begun_us = g_get_monotonic_time();
    device->ended_us = 0;
}

void
gnf_operation_device_end(GnfOperationDevice *device, GError *reason)
{
    g_clear_error(&device->reason);
    device->reason = reason;
    device->ended_us = g_get_monotonic_time();
}

void
gnf_operation_device_step(GnfOperationDevice *device, GnfStep step, gint64 begun_us)
{
    GnfStepDone done = {step, (guint64)(g_get_monotonic_time() - begun_us)};

    g_array_append_val(device->steps, done);
}

void
gnf_operation_device_warn(GnfOperationDevice *device, GError *warning)
{
    for (guint i = 0; i < device->warnings->len; i++) {
        const GError *old = g_ptr_array_index(device->warnings, i);
        if (old->code == warning->code) {
            g_ptr_array_remove_index(device->warnings, i);
            break;
        }
    }
    g_ptr_array_add(device->warnings, warning);
}

GnfTarget
gnf_operation_device_target(const GnfOperationDevice *device)
{
    return (GnfTarget){
        .ifindex = device->ifindex,
        .interface = device->interface,
        .permanent_mac = device->mac,
        .bond_ifindex = device->bond.ifindex,
        .bond = device->bond.interface,
        .profile = device->profile,
        .old_interface = device->old_interface,
        .old_mac = device->old_mac,
    };
}

void
gnf_set_string(char **string, const char *value)
{
    char *copy = g_strdup(value);

    g_free(*string);
    *string = copy;
}
