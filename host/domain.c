/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A domain as its XML tells it.
 *
 * The running domain is what counts; its definition is only asked what the administrator wrote for
 * a NIC that libvirt shows as it runs it (a VF of a pool is shown as a hostdev).
 */
#include "host/domain.h"

#include "host/error.h"
#include "host/xml.h"

static const char devices_path[] =
    "/domain/devices/interface | /domain/devices/hostdev[@mode='subsystem' and @type='pci']";

gboolean
gnf_domain_move_mark(GnfDomain *domain, const char *from, const char *to)
{
    for (guint i = 0; i < domain->marks->len; i++) {
        char **mark = (char **)&g_ptr_array_index(domain->marks, i);

        if (g_ascii_strcasecmp(*mark, from) != 0)
            continue;
        g_free(*mark);
        *mark = g_strdup(to);
        return TRUE;
    }
    return FALSE;
}

void
gnf_domain_free(GnfDomain *domain)
{
    g_free(domain->name);
    g_free(domain->uuid);
    g_ptr_array_unref(domain->devices);
    g_ptr_array_unref(domain->marks);
    g_ptr_array_unref(domain->unplugged);
    g_free(domain);
}

static gboolean
same_text(xmlNode *node, xmlNode *other, const char *expression)
{
    g_autofree char *text = gnf_xml_text(node, expression);
    g_autofree char *other_text = gnf_xml_text(other, expression);

    return text && other_text && g_ascii_strcasecmp(text, other_text) == 0;
}

/* One MAC may be two NICs' (a teaming pair): then the type tells them apart. */
static gboolean
is_defined_as(xmlNode *node, xmlNode *candidate)
{
    g_autoptr(GnfHostDevice) device = NULL;
    g_autoptr(GnfHostDevice) other = NULL;

    if (!xmlStrEqual(node->name, candidate->name))
        return FALSE;
    if (same_text(node, candidate, "./alias[starts-with(@name,'ua-')]/@name"))
        return TRUE;
    device = gnf_host_device_new(node, NULL);
    other = gnf_host_device_new(candidate, NULL);
    if (gnf_host_device_is_same(device, other))
        return TRUE;
    /* A pool's VF: an ordinary-looking type='network' in the definition. */
    return device->kind == GNF_HOST_DEVICE_INTERFACE && other->network &&
           g_strcmp0(device->mac, other->mac) == 0;
}

static xmlNode *
find_defined(xmlNode *node, xmlDoc *defined)
{
    g_autoptr(GPtrArray) nodes = NULL;

    if (!defined)
        return NULL;
    nodes = gnf_xml_nodes(xmlDocGetRootElement(defined), devices_path);
    for (guint i = 0; i < nodes->len; i++)
        if (is_defined_as(node, g_ptr_array_index(nodes, i)))
            return g_ptr_array_index(nodes, i);
    return NULL;
}

static void
read_devices(GnfDomain *domain, xmlNode *root, xmlDoc *defined)
{
    g_autoptr(GPtrArray) nodes = gnf_xml_nodes(root, devices_path);

    for (guint i = 0; i < nodes->len; i++) {
        xmlNode *node = g_ptr_array_index(nodes, i);

        g_ptr_array_add(domain->devices, gnf_host_device_new(node, find_defined(node, defined)));
    }
}

/* Ours, whatever prefix it has. */
static xmlNode *
find_metadata(xmlNode *root, const char *key, const char *uri)
{
    g_autoptr(GPtrArray) nodes = gnf_xml_nodes(root, "/domain/metadata/*");

    for (guint i = 0; i < nodes->len; i++) {
        xmlNode *node = g_ptr_array_index(nodes, i);

        if (node->ns && g_strcmp0((const char *)node->ns->href, uri) == 0 &&
            g_strcmp0((const char *)node->name, key) == 0)
            return node;
    }
    return NULL;
}

static gboolean
is_named(const GnfHostDevice *device, const char *name)
{
    return g_strcmp0(device->alias, name) == 0 ||
           (device->mac && g_ascii_strcasecmp(device->mac, name) == 0);
}

GnfHostDevice *
gnf_domain_find(const GnfDomain *domain, const char *name)
{
    GnfHostDevice *ordinary = NULL;

    for (guint i = 0; i < domain->devices->len; i++) {
        GnfHostDevice *device = g_ptr_array_index(domain->devices, i);

        if (!is_named(device, name))
            continue;
        if (gnf_host_device_is_pass_through(device))
            return device;
        ordinary = ordinary ? ordinary : device;
    }
    return ordinary;
}

const char *
gnf_domain_mark_name(const GnfDomain *domain, const GnfHostDevice *device)
{
    if (device->mac && gnf_domain_find(domain, device->mac) == device)
        return device->mac;
    return device->alias;
}

static void
read_marks(GnfDomain *domain, xmlNode *root)
{
    xmlNode *element = find_metadata(root, GNF_MARKS_KEY, GNF_MARKS_URI);
    g_autoptr(GPtrArray) nodes = element ? gnf_xml_nodes(element, "./*[@device]") : NULL;

    for (guint i = 0; nodes && i < nodes->len; i++) {
        xmlNode *node = g_ptr_array_index(nodes, i);
        char *name = gnf_xml_attribute(node, "device");
        GnfHostDevice *device = gnf_domain_find(domain, name);

        g_ptr_array_add(domain->marks, name);
        if (device)
            device->is_marked = TRUE;
    }
}

/* By MAC or host address; or by the alias, which the NIC that took its place was given. */
static GnfHostDevice *
find_plugged(const GnfDomain *domain, const GnfHostDevice *device)
{
    for (guint i = 0; i < domain->devices->len; i++) {
        GnfHostDevice *other = g_ptr_array_index(domain->devices, i);

        if (gnf_host_device_is_same(other, device) ||
            (device->alias && g_strcmp0(device->alias, other->alias) == 0))
            return other;
    }
    return NULL;
}

static void
read_recorded(GnfDomain *domain, xmlNode *node)
{
    g_autofree char *xml = gnf_xml_text(node, ".");
    g_autofree char *mac = gnf_xml_attribute(node, "guest-mac");
    g_autoptr(GnfHostDevice) device = gnf_host_device_parse(xml, NULL);
    GnfHostDevice *plugged = device ? find_plugged(domain, device) : NULL;

    if (!device)
        return;
    if (plugged && *mac && g_strcmp0(mac, plugged->guest_mac) != 0)
        plugged->replaces = g_steal_pointer(&mac);
    if (plugged) {
        plugged->is_recorded = TRUE;
        return;
    }
    g_free(device->guest_mac);
    device->guest_mac = *mac ? g_steal_pointer(&mac) : NULL;
    g_ptr_array_add(domain->unplugged, g_steal_pointer(&device));
}

static void
read_record(GnfDomain *domain, xmlNode *root)
{
    xmlNode *element = find_metadata(root, GNF_RECORD_KEY, GNF_RECORD_URI);
    g_autoptr(GPtrArray) nodes = element ? gnf_xml_nodes(element, "./*[@guest-mac]") : NULL;

    domain->has_record = element != NULL;
    for (guint i = 0; nodes && i < nodes->len; i++)
        read_recorded(domain, g_ptr_array_index(nodes, i));
}

static void
read_agent(GnfDomain *domain, xmlNode *root)
{
    xmlNode *target =
        gnf_xml_node(root, "/domain/devices/channel/target[@name='org.qemu.guest_agent.0']");
    g_autofree char *state = target ? gnf_xml_attribute(target, "state") : NULL;

    domain->has_agent_channel = target != NULL;
    domain->agent_connected = g_strcmp0(state, "connected") == 0;
}

GnfDomain *
gnf_domain_parse(const char *live, const char *defined, GError **error)
{
    g_autoptr(xmlDoc) document = gnf_xml_parse(live, error);
    g_autoptr(xmlDoc) definition = defined && document ? gnf_xml_parse(defined, error) : NULL;
    xmlNode *root = NULL;
    GnfDomain *domain = NULL;

    if (!document || (defined && !definition)) {
        g_prefix_error(error, "cannot read the domain's XML: ");
        return NULL;
    }
    root = xmlDocGetRootElement(document);
    domain = g_new0(GnfDomain, 1);
    domain->devices = g_ptr_array_new_with_free_func((GDestroyNotify)gnf_host_device_free);
    domain->unplugged = g_ptr_array_new_with_free_func((GDestroyNotify)gnf_host_device_free);
    domain->marks = g_ptr_array_new_with_free_func(g_free);
    domain->name = gnf_xml_text(root, "/domain/name");
    domain->uuid = gnf_xml_text(root, "/domain/uuid");
    read_devices(domain, root, definition);
    read_marks(domain, root);
    read_record(domain, root);
    read_agent(domain, root);
    return domain;
}

static gboolean
refuse(GError **error, const GnfHostDevice *device)
{
    g_set_error(error,
                GNF_HOST_ERROR,
                GNF_HOST_ERROR_REFUSED,
                "%s is passed through and not marked, while other devices are: all or none; give "
                "'mark' for it, or 'unmark' for the others",
                gnf_host_device_name(device));
    return FALSE;
}

GPtrArray *
gnf_domain_primaries(const GnfDomain *domain, GError **error)
{
    g_autoptr(GPtrArray) primaries = g_ptr_array_new();

    for (guint i = 0; i < domain->devices->len; i++) {
        GnfHostDevice *device = g_ptr_array_index(domain->devices, i);
        gboolean by_nature = gnf_host_device_is_pass_through(device);

        /* What was one when it was unplugged still is, also with another MAC than the mark's. */
        gboolean is_named = device->is_marked || device->is_recorded;

        if (domain->marks->len > 0 && by_nature && !is_named) {
            refuse(error, device);
            return NULL;
        }
        if (is_named || by_nature)
            g_ptr_array_add(primaries, device);
    }
    return g_steal_pointer(&primaries);
}

char *
gnf_domain_marks_xml(GPtrArray *marks)
{
    GString *text = g_string_new("<" GNF_MARKS_KEY ">");

    if (marks->len == 0) {
        g_string_free(text, TRUE);
        return NULL;
    }
    for (guint i = 0; i < marks->len; i++) {
        g_autofree char *element =
            g_markup_printf_escaped("<primary device='%s'/>", (char *)g_ptr_array_index(marks, i));

        g_string_append(text, element);
    }
    g_string_append(text, "</" GNF_MARKS_KEY ">");
    return g_string_free(text, FALSE);
}

char *
gnf_domain_record_xml(GPtrArray *devices)
{
    GString *text = g_string_new("<" GNF_RECORD_KEY ">");

    for (guint i = 0; i < devices->len; i++) {
        const GnfHostDevice *device = g_ptr_array_index(devices, i);
        /* As text: libvirt moves elements into our namespace, all the way down. */
        g_autofree char *element =
            g_markup_printf_escaped("<primary guest-mac='%s'>%s</primary>",
                                    device->guest_mac ? device->guest_mac : "",
                                    device->xml);

        g_string_append(text, element);
    }
    g_string_append(text, "</" GNF_RECORD_KEY ">");
    return g_string_free(text, FALSE);
}
