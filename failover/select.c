/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Selectors; see select.h. Only primaries are candidates, so a MAC that primary and standby share
 * names the primary. Pure, non-logging.
 */
#include "failover/select.h"

#include "failover/error.h"

void
gnf_selector_free(GnfSelector *selector)
{
    if (!selector)
        return;
    g_free(selector->mac);
    g_free(selector->pci_address);
    g_free(selector->interface);
    g_free(selector);
}

/* Does text have the shape: x a hexadecimal digit, all else itself? */
static gboolean
has_shape(const char *text, const char *shape)
{
    if (strlen(text) != strlen(shape))
        return FALSE;
    for (gsize i = 0; shape[i]; i++)
        if (shape[i] == 'x' ? !g_ascii_isxdigit(text[i]) : text[i] != shape[i])
            return FALSE;
    return TRUE;
}

static char *
parse_shaped(
    const char *text, const char *shape, const char *what, const char *path, GError **error)
{
    if (!has_shape(text, shape)) {
        g_set_error(error,
                    GNF_ERROR,
                    GNF_REASON_CODE_INVALID_ARGUMENT,
                    "%s: '%s' is not a %s address",
                    path,
                    text,
                    what);
        return NULL;
    }
    return g_ascii_strdown(text, -1);
}

char *
gnf_parse_mac(const char *text, const char *path, GError **error)
{
    return parse_shaped(text, "xx:xx:xx:xx:xx:xx", "MAC", path, error);
}

GnfSelector *
gnf_selector_parse(JsonObject *object, const char *path, GError **error)
{
    g_autoptr(GnfSelector) selector = g_new0(GnfSelector, 1);
    const char *mac = json_object_get_string_member_with_default(object, "mac", NULL);
    const char *pci = json_object_get_string_member_with_default(object, "pci-address", NULL);
    const char *interface = json_object_get_string_member_with_default(object, "interface", NULL);
    g_autofree char *mac_path = g_strdup_printf("%s.mac", path);
    g_autofree char *pci_path = g_strdup_printf("%s.pci-address", path);

    if (!mac && !pci && !interface) {
        g_set_error(error,
                    GNF_ERROR,
                    GNF_REASON_CODE_INVALID_ARGUMENT,
                    "%s: needs mac, pci-address or interface to name a NIC",
                    path);
        return NULL;
    }
    if (mac && !(selector->mac = gnf_parse_mac(mac, mac_path, error)))
        return NULL;
    if (pci && !(selector->pci_address = parse_shaped(pci, "xxxx:xx:xx.x", "PCI", pci_path, error)))
        return NULL;
    selector->interface = g_strdup(interface);
    return g_steal_pointer(&selector);
}

gboolean
gnf_selector_fits(const GnfSelector *selector,
                  const char *mac,
                  const char *pci_address,
                  const char *interface)
{
    return (!selector->mac || g_strcmp0(selector->mac, mac) == 0) &&
           (!selector->pci_address || g_strcmp0(selector->pci_address, pci_address) == 0) &&
           (!selector->interface || g_strcmp0(selector->interface, interface) == 0);
}

char *
gnf_selector_to_string(const GnfSelector *selector)
{
    g_autoptr(GString) text = g_string_new(NULL);
    const char *names[] = {"mac", "pci-address", "interface"};
    const char *values[] = {selector->mac, selector->pci_address, selector->interface};

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if (values[i])
            g_string_append_printf(text, "%s%s %s", text->len > 0 ? ", " : "", names[i], values[i]);
    return g_string_free(g_steal_pointer(&text), FALSE);
}

char *
gnf_candidates_to_string(const GPtrArray *primaries)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < primaries->len; i++) {
        const GnfPrimary *primary = g_ptr_array_index(primaries, i);
        const char *mac = gnf_primary_mac(primary);
        g_string_append_printf(text,
                               "%s%s (mac %s, pci-address %s)",
                               i > 0 ? ", " : "",
                               primary->link->name,
                               mac ? mac : "unknown",
                               primary->device->pci_address);
    }
    if (text->len == 0)
        g_string_append(text, "no pass-through NIC at all");
    return g_string_free(g_steal_pointer(&text), FALSE);
}

GnfPrimary *
gnf_select_one(const GPtrArray *primaries, const GnfSelector *selector, GError **error)
{
    GnfPrimary *found = NULL;
    gboolean ambiguous = FALSE;

    for (guint i = 0; i < primaries->len; i++) {
        GnfPrimary *primary = g_ptr_array_index(primaries, i);
        if (!gnf_selector_fits(selector,
                               gnf_primary_mac(primary),
                               primary->device->pci_address,
                               primary->link->name))
            continue;
        ambiguous |= found != NULL;
        found = primary;
    }
    if (found && !ambiguous)
        return found;

    g_autofree char *named = gnf_selector_to_string(selector);
    g_autofree char *candidates = gnf_candidates_to_string(primaries);
    g_set_error(error,
                GNF_ERROR,
                ambiguous ? GNF_REASON_CODE_AMBIGUOUS_DEVICE : GNF_REASON_CODE_NO_SUCH_DEVICE,
                "%s %s; there is: %s",
                named,
                ambiguous ? "names more than one NIC" : "names no pass-through NIC",
                candidates);
    return NULL;
}

gboolean
gnf_select_by_default(const GnfPrimary *primary)
{
    if (primary->kernel || !primary->bond || gnf_link_is_paravirtual(primary->link))
        return FALSE;
    for (guint i = 0; i < primary->ports->len; i++)
        if (gnf_link_is_paravirtual(g_ptr_array_index(primary->ports, i)))
            return TRUE;
    return FALSE;
}
