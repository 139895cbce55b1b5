/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The text form of a selector, taken apart.
 *
 * Only shapes are judged here; whether a NIC fits is the engine's answer.
 */
#include "cli/selector.h"

static const char *const members[] = {"mac", "pci-address", "interface", "replaces", NULL};

static gboolean
fail(const char *text, const char *problem, GError **error)
{
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "'%s': %s", text, problem);
    return FALSE;
}

/* Lower case, colons; NULL where it has not the shape. Up to 20 bytes, as InfiniBand's are. */
static char *
normalise_mac(const char *text)
{
    if (!g_regex_match_simple("^([0-9a-f]{2}[:-]){5,19}[0-9a-f]{2}$", text, G_REGEX_CASELESS, 0))
        return NULL;
    return g_strdelimit(g_ascii_strdown(text, -1), "-", ':');
}

/* DDDD:BB:SS.F; the domain may be left out, as lspci leaves it out. */
static char *
normalise_pci_address(const char *text)
{
    g_autofree char *lower = g_ascii_strdown(text, -1);

    if (g_regex_match_simple("^[0-9a-f]{4}:[0-9a-f]{2}:[01][0-9a-f]\\.[0-7]$", lower, 0, 0))
        return g_steal_pointer(&lower);
    if (g_regex_match_simple("^[0-9a-f]{2}:[01][0-9a-f]\\.[0-7]$", lower, 0, 0))
        return g_strconcat("0000:", lower, NULL);
    return NULL;
}

static gboolean
set_member(JsonObject *selector, const char *name, const char *value, GError **error)
{
    g_autofree char *normal = NULL;

    if (g_str_equal(name, "interface"))
        normal = *value ? g_strdup(value) : NULL;
    else if (g_str_equal(name, "pci-address"))
        normal = normalise_pci_address(value);
    else
        normal = normalise_mac(value);
    if (normal && json_object_has_member(selector, name))
        return fail(name, "given twice", error);
    if (normal) {
        json_object_set_string_member(selector, name, normal);
        return TRUE;
    }
    if (g_str_equal(name, "interface"))
        return fail(value, "not an interface name", error);
    if (g_str_equal(name, "pci-address"))
        return fail(value, "not a PCI address, like 0000:01:00.0", error);
    return fail(value, "not a MAC address, like 52:54:00:00:00:01", error);
}

static const char *
shape_of(const char *value)
{
    g_autofree char *mac = normalise_mac(value);
    g_autofree char *pci_address = normalise_pci_address(value);

    return mac ? "mac" : pci_address ? "pci-address" : "interface";
}

static gboolean
add_part(JsonObject *selector, const char *part, gboolean may_replace, GError **error)
{
    const char *equals = strchr(part, '=');
    g_autofree char *name = equals ? g_strndup(part, (gsize)(equals - part)) : NULL;

    if (!name)
        return set_member(selector, shape_of(part), part, error);
    if (!may_replace && g_str_equal(name, "replaces"))
        return fail(part, "replaces= is for complete", error);
    if (!g_strv_contains(members, name))
        return fail(part, "expected mac=, pci-address=, interface= or a bare value", error);
    return set_member(selector, name, equals + 1, error);
}

JsonObject *
gnf_selector_parse(const char *text, gboolean may_replace, GError **error)
{
    g_autoptr(JsonObject) selector = json_object_new();
    g_auto(GStrv) parts = g_strsplit(text, ",", -1);

    for (char **part = parts; *part; part++)
        if (!add_part(selector, *part, may_replace, error))
            return NULL;
    if (json_object_get_size(selector) > (json_object_has_member(selector, "replaces") ? 1 : 0))
        return g_steal_pointer(&selector);
    fail(text, "names no NIC: give mac=, pci-address= or interface=", error);
    return NULL;
}
