/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One primary on both sides, brought together.
 *
 * The MAC decides. A PCI address of libvirt's is a hint only: its bus numbers are its controllers',
 * not the guest's.
 */
#include "host/nic.h"

GnfNic *
gnf_nic_new(GnfHostDevice *device)
{
    GnfNic *nic = g_new0(GnfNic, 1);

    nic->device = device;
    return nic;
}

static void
clear_guest(GnfNic *nic)
{
    g_clear_pointer(&nic->interface, g_free);
    g_clear_pointer(&nic->bond, g_free);
    g_clear_pointer(&nic->state, g_free);
    g_clear_pointer(&nic->reason, g_free);
    g_clear_pointer(&nic->warnings, g_free);
    nic->is_ready = FALSE;
    nic->is_active = FALSE;
}

void
gnf_nic_free(GnfNic *nic)
{
    clear_guest(nic);
    g_free(nic->bond_mac);
    gnf_host_device_free(nic->device);
    g_clear_pointer(&nic->replacement, gnf_host_device_free);
    g_free(nic->problem);
    g_free(nic);
}

const GnfHostDevice *
gnf_nic_plugged(const GnfNic *nic)
{
    return nic->replacement ? nic->replacement : nic->device;
}

static char *
reason_text(JsonObject *reason)
{
    return g_strdup_printf("%s: %s",
                           json_object_get_string_member(reason, "code"),
                           json_object_get_string_member(reason, "detail"));
}

static void
take_warnings(GnfNic *nic, JsonArray *warnings)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < json_array_get_length(warnings); i++) {
        JsonObject *warning = json_array_get_object_element(warnings, i);
        g_autofree char *line = reason_text(warning);

        g_string_append_printf(text, "%s%s", i > 0 ? "\n" : "", line);
        if (g_str_equal(json_object_get_string_member(warning, "code"), "shared-mac"))
            nic->has_shared_mac = TRUE;
    }
    if (text->len > 0)
        nic->warnings = g_string_free(text, FALSE);
    else
        g_string_free(text, TRUE);
}

static void
take_guest(GnfNic *nic, JsonObject *primary)
{
    const char *mac = json_object_get_string_member_with_default(primary, "mac", NULL);
    JsonObject *bond = json_object_has_member(primary, "bond")
                           ? json_object_get_object_member(primary, "bond")
                           : NULL;

    nic->interface = g_strdup(json_object_get_string_member(primary, "interface"));
    nic->state = g_strdup(json_object_get_string_member(primary, "state"));
    nic->is_ready = json_object_get_boolean_member(primary, "ready");
    nic->is_active = json_object_get_boolean_member(primary, "active");
    if (bond) {
        nic->bond = g_strdup(json_object_get_string_member(bond, "interface"));
        g_free(nic->bond_mac);
        nic->bond_mac = g_strdup(json_object_get_string_member_with_default(bond, "mac", NULL));
    }
    if (json_object_has_member(primary, "reason"))
        nic->reason = reason_text(json_object_get_object_member(primary, "reason"));
    take_warnings(nic, json_object_get_array_member(primary, "warnings"));
    if (mac && !nic->replacement && !nic->device->guest_mac)
        nic->device->guest_mac = g_strdup(mac);
    if (mac && nic->replacement && !nic->replacement->guest_mac)
        nic->replacement->guest_mac = g_strdup(mac);
}

static gboolean
has_text(JsonObject *object, const char *member, const char *text)
{
    return text &&
           g_strcmp0(json_object_get_string_member_with_default(object, member, NULL), text) == 0;
}

void
gnf_nic_take_problem(GnfNic *nic, JsonObject *device)
{
    /* Of a NIC that is out the guest knows only that it waits for it; the host knows why. */
    if ((nic->is_out && nic->problem) ||
        !has_text(device, "mac", gnf_nic_plugged(nic)->guest_mac) ||
        !json_object_has_member(device, "reason"))
        return;
    g_free(nic->problem);
    nic->problem = reason_text(json_object_get_object_member(device, "reason"));
}

/* The first that fits, taken out of left; NULL. */
static JsonObject *
steal_fitting(GPtrArray *left, const char *member, const char *text)
{
    for (guint i = 0; i < left->len; i++) {
        JsonObject *primary = g_ptr_array_index(left, i);

        if (has_text(primary, member, text)) {
            g_ptr_array_remove_index(left, i);
            return primary;
        }
    }
    return NULL;
}

/* A NIC that has no interface, because something other than the network has it. */
static void
explain_missing(GnfNic *nic, JsonObject *info)
{
    const GnfHostDevice *device = gnf_nic_plugged(nic);
    JsonArray *functions = json_object_get_array_member(info, "out-of-reach");

    for (guint i = 0; i < json_array_get_length(functions); i++) {
        JsonObject *function = json_array_get_object_element(functions, i);

        if (has_text(function, "pci-address", device->pci_address)) {
            nic->reason = reason_text(json_object_get_object_member(function, "reason"));
            return;
        }
    }
    nic->reason =
        g_strdup_printf("no-such-device: the guest reports no pass-through NIC that "
                        "is %s; look at 'lspci' and 'ip link' in the guest",
                        device->guest_mac ? device->guest_mac : gnf_host_device_name(device));
}

static GPtrArray *
primaries_of(JsonObject *info)
{
    JsonArray *array = json_object_get_array_member(info, "primaries");
    GPtrArray *primaries = g_ptr_array_new();

    for (guint i = 0; i < json_array_get_length(array); i++)
        g_ptr_array_add(primaries, json_array_get_object_element(array, i));
    return primaries;
}

void
gnf_nics_match(GPtrArray *nics, JsonObject *info)
{
    g_autoptr(GPtrArray) left = primaries_of(info);
    g_autoptr(GPtrArray) open = g_ptr_array_new();

    for (guint i = 0; i < nics->len; i++) {
        GnfNic *nic = g_ptr_array_index(nics, i);
        const char *mac = gnf_nic_plugged(nic)->guest_mac;
        JsonObject *primary = steal_fitting(left, "mac", mac);

        clear_guest(nic);
        if (primary)
            take_guest(nic, primary);
        else if (!mac)
            g_ptr_array_add(open, nic);
    }
    for (guint i = 0; i < open->len; i++) {
        GnfNic *nic = g_ptr_array_index(open, i);
        JsonObject *primary = steal_fitting(left, "pci-address", gnf_nic_plugged(nic)->pci_address);

        if (!primary && open->len == 1 && left->len == 1)
            primary = g_ptr_array_index(left, 0);
        if (primary)
            take_guest(nic, primary);
    }
    for (guint i = 0; i < nics->len; i++) {
        GnfNic *nic = g_ptr_array_index(nics, i);

        if (!nic->interface && !nic->is_out)
            explain_missing(nic, info);
    }
}
