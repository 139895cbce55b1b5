/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Devices over libvirt: unplugged, plugged in, and free.
 */
#include "host/domain.h"
#include "host/libvirt-private.h"
#include "host/xml.h"

/* How often the loop is left to see what came. */
#define LOOK_MS 20

gboolean
gnf_libvirt_unplug(GnfHost *host, const char *alias, GError **error)
{
    GnfLibvirt *libvirt = gnf_libvirt_of(host);
    g_autoptr(virDomain) domain = gnf_libvirt_domain(libvirt, error);
    g_autofree char *doing = g_strdup_printf("unplug %s", alias);

    if (!domain)
        return FALSE;
    g_hash_table_remove(libvirt->removals, alias);
    return virDomainDetachDeviceAlias(domain, alias, VIR_DOMAIN_AFFECT_LIVE) == 0 ||
           gnf_libvirt_fail(libvirt, doing, error);
}

/* An event that was lost with a connection is not the end of it. */
static gboolean
is_plugged_in(GnfHost *host, const char *alias)
{
    g_autofree char *text = host->operations->xml(host, FALSE, NULL);
    g_autoptr(xmlDoc) document = text ? gnf_xml_parse(text, NULL) : NULL;
    g_autoptr(GPtrArray) names = NULL;

    if (!document)
        return TRUE;
    names = gnf_xml_nodes(xmlDocGetRootElement(document), "/domain/devices/*/alias");
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *name = gnf_xml_attribute(g_ptr_array_index(names, i), "name");

        if (g_strcmp0(name, alias) == 0)
            return TRUE;
    }
    return FALSE;
}

GnfRemoval
gnf_libvirt_wait_removed(GnfHost *host, const char *alias, guint limit_ms)
{
    GnfLibvirt *libvirt = gnf_libvirt_of(host);
    gint64 end = gnf_libvirt_now_ms(host) + limit_ms;
    gpointer found = NULL;

    while (!g_hash_table_lookup_extended(libvirt->removals, alias, NULL, &found)) {
        if (gnf_libvirt_now_ms(host) >= end)
            return is_plugged_in(host, alias) ? GNF_REMOVAL_PENDING : GNF_REMOVAL_DONE;
        if (gnf_libvirt_interrupted(host))
            return GNF_REMOVAL_PENDING;
        gnf_libvirt_pause(host, LOOK_MS);
    }
    return (GnfRemoval)GPOINTER_TO_INT(found);
}

gboolean
gnf_libvirt_plug(GnfHost *host, const char *xml, GError **error)
{
    GnfLibvirt *libvirt = gnf_libvirt_of(host);
    g_autoptr(virDomain) domain = gnf_libvirt_domain(libvirt, error);

    return domain && (virDomainAttachDeviceFlags(domain, xml, VIR_DOMAIN_AFFECT_LIVE) == 0 ||
                      gnf_libvirt_fail(libvirt, "plug the NIC in", error));
}

/* -- free ------------------------------------------------------------------------------------ */

static gboolean
refuse(GError **error, char *text)
{
    g_set_error_literal(error, GNF_HOST_ERROR, GNF_HOST_ERROR_REFUSED, text);
    g_free(text);
    return FALSE;
}

/* VFs that a pool lists, and how many of them are given out; a pool that lists none is its own
 * business. */
static gboolean
check_pool(virNetworkPtr network, const char *name, GError **error)
{
    char *text = virNetworkGetXMLDesc(network, 0);
    g_autoptr(xmlDoc) document = text ? gnf_xml_parse(text, NULL) : NULL;
    xmlNode *root = document ? xmlDocGetRootElement(document) : NULL;
    g_autoptr(GPtrArray) functions =
        root ? gnf_xml_nodes(root, "/network/forward[@mode='hostdev']/address") : NULL;
    g_autofree char *used = root ? gnf_xml_attribute(root, "connections") : NULL;
    guint64 count = used ? g_ascii_strtoull(used, NULL, 10) : 0;

    free(text);
    if (!functions || functions->len == 0 || count < functions->len)
        return TRUE;
    return refuse(error,
                  g_strdup_printf("all %u VFs of network '%s' are in use", functions->len, name));
}

static gboolean
check_network(GnfLibvirt *libvirt, const char *name, GError **error)
{
    g_autoptr(virNetwork) network = virNetworkLookupByName(libvirt->connection, name);

    if (!network)
        return refuse(error, g_strdup_printf("there is no network '%s'", name));
    if (virNetworkIsActive(network) != 1)
        return refuse(error,
                      g_strdup_printf("network '%s' is not active ('virsh net-start')", name));
    return check_pool(network, name, error);
}

/* pci_0000_03_10_1, as libvirt calls 0000:03:10.1. */
static gboolean
check_exists(GnfLibvirt *libvirt, const char *address, GError **error)
{
    g_autofree char *name = g_strconcat("pci_", address, NULL);
    g_autoptr(virNodeDevice) device = NULL;

    g_strdelimit(name, ":.", '_');
    device = virNodeDeviceLookupByName(libvirt->connection, name);
    return device || refuse(error, g_strdup_printf("there is no PCI device %s", address));
}

static gboolean
uses(virDomainPtr domain, const char *address)
{
    char *text = virDomainGetXMLDesc(domain, 0);
    g_autoptr(GnfDomain) parsed = text ? gnf_domain_parse(text, NULL, NULL) : NULL;

    free(text);
    for (guint i = 0; parsed && i < parsed->devices->len; i++) {
        const GnfHostDevice *device = g_ptr_array_index(parsed->devices, i);

        if (g_strcmp0(device->host_address, address) == 0)
            return TRUE;
    }
    return FALSE;
}

static gboolean
check_unused(GnfLibvirt *libvirt, const char *address, GError **error)
{
    virDomainPtr *domains = NULL;
    int count =
        virConnectListAllDomains(libvirt->connection, &domains, VIR_CONNECT_LIST_DOMAINS_ACTIVE);
    g_autofree char *user = NULL;

    for (int i = 0; i < count; i++) {
        if (!user && uses(domains[i], address))
            user = g_strdup(virDomainGetName(domains[i]));
        virDomainFree(domains[i]);
    }
    free(domains);
    return !user ||
           refuse(error, g_strdup_printf("PCI device %s is used by domain '%s'", address, user));
}

gboolean
gnf_libvirt_check_free(GnfHost *host, const GnfHostDevice *device, GError **error)
{
    GnfLibvirt *libvirt = gnf_libvirt_of(host);

    if (!libvirt->connection || virConnectIsAlive(libvirt->connection) != 1)
        return gnf_libvirt_fail(libvirt, "look for a NIC", error);
    if (device->network)
        return check_network(libvirt, device->network, error);
    if (!device->host_address)
        return TRUE;
    return check_exists(libvirt, device->host_address, error) &&
           check_unused(libvirt, device->host_address, error);
}
