/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One device of a domain that may be a primary, from its XML.
 *
 * Everything here is read; nothing is asked of libvirt.
 */
#include "host/device.h"

#include "host/error.h"
#include "host/xml.h"

void
gnf_host_device_free(GnfHostDevice *device)
{
    g_free(device->alias);
    g_free(device->mac);
    g_free(device->pci_address);
    g_free(device->host_address);
    g_free(device->network);
    g_free(device->model);
    g_free(device->xml);
    g_free(device->guest_mac);
    g_free(device->replaces);
    g_free(device);
}

static guint
number(xmlNode *address, const char *name)
{
    g_autofree char *text = gnf_xml_attribute(address, name);

    /* libvirt writes 0x00; an administrator may write 0. */
    return text ? (guint)g_ascii_strtoull(text, NULL, 0) : 0;
}

static char *
pci_address(xmlNode *node, const char *expression)
{
    xmlNode *address = gnf_xml_node(node, expression);

    if (!address)
        return NULL;
    return g_strdup_printf("%04x:%02x:%02x.%x",
                           number(address, "domain"),
                           number(address, "bus"),
                           number(address, "slot"),
                           number(address, "function"));
}

static GnfHostDeviceKind
kind_of(xmlNode *node, const char *network)
{
    g_autofree char *type = gnf_xml_attribute(node, "type");

    if (g_strcmp0((const char *)node->name, "hostdev") == 0)
        return GNF_HOST_DEVICE_HOSTDEV;
    if (g_strcmp0(type, "hostdev") != 0)
        return GNF_HOST_DEVICE_ORDINARY;
    return network ? GNF_HOST_DEVICE_POOL : GNF_HOST_DEVICE_INTERFACE;
}

/* What libvirt made up when the domain started is left to it the next time. */
static void
strip(xmlNode *node)
{
    static const char *const made_up[] = {
        "./target[starts-with(@dev,'vnet') or starts-with(@dev,'macvtap')]",
        "./alias[not(starts-with(@name,'ua-'))]",
        "./source/@portid",
        NULL,
    };

    for (gsize i = 0; made_up[i]; i++) {
        xmlNode *found = gnf_xml_node(node, made_up[i]);

        if (found && found->type == XML_ATTRIBUTE_NODE)
            xmlRemoveProp((xmlAttr *)(gpointer)found);
        else if (found) {
            xmlUnlinkNode(found);
            xmlFreeNode(found);
        }
    }
}

static char *
plug_xml(xmlNode *node)
{
    xmlDoc *document = xmlNewDoc(NULL);
    /* Into the new one: a parsed document's names belong to its dictionary. */
    xmlNode *copy = xmlDocCopyNode(node, document, 1);
    char *text = NULL;

    xmlDocSetRootElement(document, copy);
    strip(copy);
    text = gnf_xml_print(copy);
    xmlFreeDoc(document);
    return text;
}

GnfHostDevice *
gnf_host_device_new(xmlNode *node, xmlNode *defined)
{
    GnfHostDevice *device = g_new0(GnfHostDevice, 1);
    g_autofree char *mac = gnf_xml_text(node, "./mac/@address");

    device->alias = gnf_xml_text(node, "./alias/@name");
    device->mac = mac ? g_ascii_strdown(mac, -1) : NULL;
    device->guest_mac = g_strdup(device->mac);
    device->pci_address = pci_address(node, "./address[@type='pci']");
    device->host_address = pci_address(node, "./source/address");
    device->network = gnf_xml_text(defined ? defined : node, "./source/@network");
    device->model = gnf_xml_text(node, "./model/@type");
    device->kind = kind_of(node, device->network);
    device->xml = plug_xml(defined ? defined : node);
    return device;
}

GnfHostDevice *
gnf_host_device_parse(const char *xml, GError **error)
{
    g_autoptr(xmlDoc) document = gnf_xml_parse(xml, error);
    xmlNode *root = document ? xmlDocGetRootElement(document) : NULL;
    const char *name = root ? (const char *)root->name : "";

    if (!document)
        return NULL;
    if (g_str_equal(name, "interface") || g_str_equal(name, "hostdev"))
        return gnf_host_device_new(root, NULL);
    g_set_error(error,
                GNF_HOST_ERROR,
                GNF_HOST_ERROR_INVALID,
                "<%s> is no NIC: an <interface> or a <hostdev> is needed",
                name);
    return NULL;
}

gboolean
gnf_host_device_is_pass_through(const GnfHostDevice *device)
{
    return device->kind != GNF_HOST_DEVICE_ORDINARY;
}

gboolean
gnf_host_device_is_same(const GnfHostDevice *device, const GnfHostDevice *other)
{
    if (device->mac || other->mac)
        return g_strcmp0(device->mac, other->mac) == 0 &&
               gnf_host_device_is_pass_through(device) == gnf_host_device_is_pass_through(other);
    return device->host_address && g_strcmp0(device->host_address, other->host_address) == 0;
}

const char *
gnf_host_device_name(const GnfHostDevice *device)
{
    if (device->mac)
        return device->mac;
    if (device->alias)
        return device->alias;
    return device->host_address ? device->host_address : "a device without a name";
}

char *
gnf_host_device_describe(const GnfHostDevice *device)
{
    switch (device->kind) {
    case GNF_HOST_DEVICE_INTERFACE:
        return g_strdup("hostdev interface");
    case GNF_HOST_DEVICE_POOL:
        return g_strdup_printf("network '%s'", device->network);
    case GNF_HOST_DEVICE_HOSTDEV:
        return g_strdup("hostdev");
    case GNF_HOST_DEVICE_ORDINARY:
        return g_strdup_printf("interface, %s", device->model ? device->model : "no model");
    }
    g_assert_not_reached();
}
