/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replacements; see replacement.h.
 */
#include "failover/replacement.h"

#include "failover/error.h"
#include "failover/inventory.h"
#include "failover/select.h"

/* The pending entry that a replacement is for: by the MAC that was prepared, which stays the same
 * once a new NIC was found (a host asks again), else by its own, else the only one. */
static GnfOperationDevice *
find_entry(const GnfOperation *operation, const char *replaces, const char *mac)
{
    GnfOperationDevice *only = NULL;
    guint pending = 0;

    for (guint i = 0; i < operation->devices->len; i++) {
        GnfOperationDevice *device = g_ptr_array_index(operation->devices, i);
        if (!gnf_operation_device_is_pending(device))
            continue;
        if (g_strcmp0(replaces ? device->old_mac : device->mac, replaces ? replaces : mac) == 0)
            return device;
        only = device;
        pending++;
    }
    return !replaces && pending == 1 ? only : NULL;
}

static gboolean
assign_one(GnfOperation *operation, JsonObject *object, const char *path, GError **error)
{
    g_autoptr(GnfSelector) selector = gnf_selector_parse(object, path, error);
    const char *text = json_object_get_string_member_with_default(object, "replaces", NULL);
    g_autofree char *replaces_path = g_strdup_printf("%s.replaces", path);
    g_autofree char *replaces = NULL;

    if (!selector || (text && !(replaces = gnf_parse_mac(text, replaces_path, error))))
        return FALSE;
    GnfOperationDevice *device = find_entry(operation, replaces, selector->mac);
    if (!device) {
        g_set_error(error,
                    GNF_ERROR,
                    replaces ? GNF_REASON_CODE_NO_SUCH_DEVICE : GNF_REASON_CODE_AMBIGUOUS_DEVICE,
                    replaces ? "%s: no NIC with this permanent address was prepared"
                             : "%s: say with `replaces` which prepared NIC's place it takes",
                    replaces ? replaces_path : path);
        return FALSE;
    }
    gnf_set_string(&device->wanted_mac, selector->mac);
    gnf_set_string(&device->wanted_pci_address, selector->pci_address);
    gnf_set_string(&device->wanted_interface, selector->interface);
    return TRUE;
}

gboolean
gnf_replacement_assign(GnfOperation *operation, JsonArray *array, GError **error)
{
    for (guint i = 0; array && i < json_array_get_length(array); i++) {
        g_autofree char *path = g_strdup_printf("devices[%u]", i);
        if (!assign_one(operation, json_array_get_object_element(array, i), path, error))
            return FALSE;
    }
    return TRUE;
}

/* Its permanent MAC, or, for a NIC that has none and is in no bond, the current one. */
static const char *
identity_mac(const GnfLink *link)
{
    if (link->permanent_mac)
        return link->permanent_mac;
    return link->controller == 0 ? link->mac : NULL;
}

static gboolean
is_wanted(const GnfOperationDevice *device, const GnfDevice *nic, const GnfLink *link)
{
    const GnfSelector wanted = {
        .mac = device->wanted_mac,
        .pci_address = device->wanted_pci_address,
        .interface = device->wanted_interface,
    };
    const char *mac = identity_mac(link);

    if (wanted.mac || wanted.pci_address || wanted.interface)
        return gnf_selector_fits(&wanted, mac, nic->pci_address, link->name);
    return device->mac && g_strcmp0(device->mac, mac) == 0;
}

/* The link of a NIC that may take the entry's place; NULL if it may not. */
static GnfLink *
read_candidate(GnfContext *context, const GnfOperationDevice *device, const GnfDevice *nic)
{
    const GnfOperationDevice *holder = gnf_operation_find(context->operation, nic->ifindex);

    if (!nic->initialized || (holder && holder != device))
        return NULL;
    g_autoptr(GnfLink) link = gnf_link_get(context->netlink, nic->ifindex, NULL);
    if (!link || (link->controller != 0 && link->controller != device->bond.ifindex) ||
        !is_wanted(device, nic, link))
        return NULL;
    return g_steal_pointer(&link);
}

static void
adopt(GnfOperationDevice *device, const GnfDevice *nic, const GnfLink *link)
{
    const char *mac = identity_mac(link);

    if (mac && g_strcmp0(mac, device->old_mac) != 0)
        gnf_set_string(&device->replaces, device->old_mac);
    gnf_set_string(&device->mac, mac);
    gnf_set_string(&device->interface, link->name);
    gnf_set_string(&device->pci_address, nic->pci_address);
    device->ifindex = link->ifindex;
    device->state = GNF_STATE_PRESENT;
    g_clear_error(&device->reason);
}

void
gnf_replacement_explain(GnfOperationDevice *device, GnfReplacement result)
{
    const char *mac = device->wanted_mac ? device->wanted_mac : device->mac;

    g_clear_error(&device->reason);
    if (result == GNF_REPLACEMENT_AMBIGUOUS)
        device->reason = gnf_reason(GNF_REASON_CODE_AMBIGUOUS_DEVICE,
                                    "more than one NIC could take the place of %s (%s): name one "
                                    "with `devices`",
                                    device->old_interface,
                                    mac);
    else
        device->reason = gnf_reason(GNF_REASON_CODE_NO_SUCH_DEVICE,
                                    "waiting for a NIC%s%s to be plugged in; if its address "
                                    "differs, name it with `devices` and `replaces`",
                                    mac ? " with permanent address " : "",
                                    mac ? mac : "");
}

GnfReplacement
gnf_replacement_find(GnfContext *context, GnfOperationDevice *device)
{
    g_autoptr(GPtrArray) nics = gnf_device_list_pci(NULL);
    g_autoptr(GnfLink) found = NULL;
    const GnfDevice *found_nic = NULL;

    for (guint i = 0; nics && i < nics->len; i++) {
        const GnfDevice *nic = g_ptr_array_index(nics, i);
        g_autoptr(GnfLink) link = read_candidate(context, device, nic);
        if (link && found)
            return GNF_REPLACEMENT_AMBIGUOUS;
        if (link) {
            found = g_steal_pointer(&link);
            found_nic = nic;
        }
    }
    if (!found)
        return GNF_REPLACEMENT_NONE;
    adopt(device, found_nic, found);
    return GNF_REPLACEMENT_FOUND;
}
