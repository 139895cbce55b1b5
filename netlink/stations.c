/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets of MACs, as numbers: the MAC in the low 48 bits, the VLAN above them.
 */
#include "netlink/stations.h"

#include <net/if.h>
#include <netinet/ether.h>
#include <string.h>

#include "netlink/bridge-vlan.h"
#include "netlink/fdb.h"

typedef GHashTable Set;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Set, g_hash_table_unref)

static Set *
set_new(void)
{
    return g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
}

/* FALSE if it is in the set already. */
static gboolean
set_add(Set *set, const guint8 mac[6], guint16 vlan)
{
    gint64 key = vlan;

    for (int i = 0; i < 6; i++)
        key = key << 8 | mac[i];
    return g_hash_table_add(set, g_memdup2(&key, sizeof key));
}

static gboolean
read_mac(const GnfLink *link, guint8 ret_mac[6])
{
    struct ether_addr mac;

    if (!link->mac || !ether_aton_r(link->mac, &mac))
        return FALSE;
    memcpy(ret_mac, mac.ether_addr_octet, sizeof mac.ether_addr_octet);
    return TRUE;
}

static gboolean
is_bridge_port(const GnfLink *link)
{
    return g_strcmp0(link->port_kind, "bridge") == 0;
}

/* RFC 9568 section 7.3: of an IPv4 router, of an IPv6 router. */
static gboolean
is_virtual_router(const guint8 mac[6])
{
    static const guint8 prefix[] = {0x00, 0x00, 0x5e, 0x00};

    return memcmp(mac, prefix, sizeof prefix) == 0 && (mac[4] == 1 || mac[4] == 2);
}

static void
take(GArray *stations, Set *known, const guint8 mac[6], guint16 vlan)
{
    GnfStation station = {.vlan = vlan};

    if (!set_add(known, mac, vlan))
        return;
    memcpy(station.mac, mac, sizeof station.mac);
    g_array_append_val(stations, station);
}

/* -- what the link accepts -- */

static void
hide_entries(Set *known, const GArray *entries)
{
    for (guint i = 0; entries && i < entries->len; i++)
        set_add(known, g_array_index(entries, GnfFdbEntry, i).mac, 0);
}

/* What the interfaces directly above have announced, or will. */
static void
hide_uppers(Set *known, const GPtrArray *tree, const GnfLink *link)
{
    guint8 mac[6];

    for (guint i = 0; i < tree->len; i++) {
        const GnfTreeLink *upper = tree->pdata[i];

        if (!upper->link->up ||
            (upper->link->lower != link->ifindex && upper->link->ifindex != link->controller))
            continue;
        if (read_mac(upper->link, mac))
            set_add(known, mac, 0);
        hide_entries(known, upper->accepted);
    }
}

static void
add_accepted(GArray *stations, Set *known, const GArray *accepted)
{
    for (guint i = 0; accepted && i < accepted->len; i++) {
        const guint8 *mac = g_array_index(accepted, GnfFdbEntry, i).mac;

        if (!is_virtual_router(mac))
            take(stations, known, mac, 0);
    }
}

/* An interface without an address may still be used: by an ipvlan in a container, by a machine
 * whose macvtap it is. A bridge and its ports have nobody who sends from their own MACs. */
static void
add_own(GArray *stations, Set *known, const GnfTreeLink *at)
{
    const GnfLink *link = at->link;
    guint8 mac[6];

    if (!read_mac(link, mac))
        return;
    if (at->announced || link->flags & IFF_NOARP || is_virtual_router(mac) ||
        is_bridge_port(link) || g_strcmp0(link->kind, "bridge") == 0)
        set_add(known, mac, 0);
    else
        take(stations, known, mac, 0);
}

/* -- what the bridge above knows -- */

static gboolean
is_in_tree(const GPtrArray *tree, int ifindex)
{
    for (guint i = 0; i < tree->len; i++) {
        if (((const GnfTreeLink *)tree->pdata[i])->link->ifindex == ifindex)
            return TRUE;
    }
    return FALSE;
}

/* The entries that stand behind other ports; returns whether any is kept in a VLAN. */
static gboolean
keep_other_side(const GPtrArray *tree, const GArray *held, GArray *to)
{
    gboolean has_vlan = FALSE;

    for (guint i = 0; i < held->len; i++) {
        const GnfFdbEntry *entry = &g_array_index(held, GnfFdbEntry, i);

        if (entry->local || is_in_tree(tree, entry->ifindex))
            continue;
        g_array_append_val(to, *entry);
        has_vlan |= entry->vlan != 0;
    }
    return has_vlan;
}

static gboolean
add_bridged(GnfNetlink *netlink,
            const GPtrArray *tree,
            const GnfLink *port,
            const GArray *held,
            GArray *stations,
            GError **error)
{
    g_autofree GnfBridgeVlan *vlans = g_new0(GnfBridgeVlan, GNF_VLAN_COUNT);
    g_autoptr(GArray) others = g_array_new(FALSE, FALSE, sizeof(GnfFdbEntry));
    g_autoptr(Set) known = set_new();
    gboolean complete = TRUE;

    if (keep_other_side(tree, held, others))
        complete = gnf_bridge_vlan_read(netlink, port->ifindex, vlans, error);
    vlans[0] = GNF_BRIDGE_VLAN_UNTAGGED; /* a bridge that does not filter */
    for (guint i = 0; i < others->len; i++) {
        const GnfFdbEntry *entry = &g_array_index(others, GnfFdbEntry, i);
        const GnfBridgeVlan vlan = vlans[entry->vlan % GNF_VLAN_COUNT];

        if (vlan != GNF_BRIDGE_VLAN_NONE)
            take(stations, known, entry->mac, vlan == GNF_BRIDGE_VLAN_TAGGED ? entry->vlan : 0);
    }
    return complete;
}

GArray *
gnf_stations_list(GnfNetlink *netlink, const GPtrArray *tree, const GnfTreeLink *at, GError **error)
{
    const GnfLink *link = at->link;
    g_autoptr(GArray) stations = g_array_new(FALSE, FALSE, sizeof(GnfStation));
    g_autoptr(GArray) held = NULL;
    g_autoptr(Set) known = set_new();

    if (is_bridge_port(link)) {
        held = gnf_fdb_list_bridge(netlink, link->controller, error);
        if (!held)
            return NULL;
    }
    add_own(stations, known, at);
    hide_uppers(known, tree, link);
    /* A bridge with one learning port has that port accept what it holds (br_fdb_sync_static). */
    hide_entries(known, held);
    add_accepted(stations, known, at->accepted);
    if (held && link->bridge_forwarding && !add_bridged(netlink, tree, link, held, stations, error))
        return NULL;
    return g_steal_pointer(&stations);
}
