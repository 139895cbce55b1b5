/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's description of a link, attribute by attribute. Nothing here trusts a length: each
 * value is copied only if its attribute is long enough, else the field keeps its zero.
 */
#include "netlink/link-parse.h"

#include <linux/if.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/ipv6.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <string.h>

static gboolean
read_bytes(const struct nlattr *attribute, void *ret_value, gsize size)
{
    if (!attribute || (gsize)nla_len(attribute) < size)
        return FALSE;
    memcpy(ret_value, nla_data(attribute), size);
    return TRUE;
}

static guint32
read_u32(const struct nlattr *attribute)
{
    guint32 value = 0;

    read_bytes(attribute, &value, sizeof value);
    return value;
}

static guint16
read_u16(const struct nlattr *attribute)
{
    guint16 value = 0;

    read_bytes(attribute, &value, sizeof value);
    return value;
}

static guint8
read_u8(const struct nlattr *attribute)
{
    guint8 value = 0;

    read_bytes(attribute, &value, sizeof value);
    return value;
}

static char *
read_string(const struct nlattr *attribute)
{
    return attribute ? g_strndup(nla_data(attribute), (gsize)nla_len(attribute)) : NULL;
}

/* Only Ethernet addresses are MACs: others (a tunnel's, InfiniBand's) have another length. */
static char *
read_mac(const struct nlattr *attribute)
{
    guint8 mac[6];

    if (!attribute || nla_len(attribute) != sizeof mac || !read_bytes(attribute, mac, sizeof mac))
        return NULL;
    return g_strdup_printf(
        "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

static gboolean
parse_nested(struct nlattr *table[], int max, const struct nlattr *attribute)
{
    return attribute && nla_parse(table, max, nla_data(attribute), nla_len(attribute), NULL) == 0;
}

static char **
parse_alt_names(const struct nlattr *list)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();

    if (list) {
        struct nlattr *name;
        int rest;

        nla_for_each_nested(name, list, rest)
        {
            if (nla_type(name) == IFLA_ALT_IFNAME)
                g_ptr_array_add(names, read_string(name));
        }
    }
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&names), FALSE);
}

static GnfBond *
parse_bond(const struct nlattr *data)
{
    struct nlattr *table[IFLA_BOND_MAX + 1];
    g_autofree GnfBond *bond = g_new0(GnfBond, 1);

    if (!parse_nested(table, IFLA_BOND_MAX, data))
        return NULL;
    bond->mode = read_u8(table[IFLA_BOND_MODE]);
    bond->active = (int)read_u32(table[IFLA_BOND_ACTIVE_SLAVE]);
    bond->primary = (int)read_u32(table[IFLA_BOND_PRIMARY]);
    bond->primary_reselect = read_u8(table[IFLA_BOND_PRIMARY_RESELECT]);
    bond->fail_over_mac = read_u8(table[IFLA_BOND_FAIL_OVER_MAC]);
    bond->miimon_ms = read_u32(table[IFLA_BOND_MIIMON]);
    bond->arp_interval_ms = read_u32(table[IFLA_BOND_ARP_INTERVAL]);
    bond->all_slaves_active = read_u8(table[IFLA_BOND_ALL_SLAVES_ACTIVE]) != 0;
    return g_steal_pointer(&bond);
}

static GnfBondPort *
parse_bond_port(const struct nlattr *data)
{
    struct nlattr *table[IFLA_BOND_SLAVE_MAX + 1];
    g_autofree GnfBondPort *port = g_new0(GnfBondPort, 1);

    if (!parse_nested(table, IFLA_BOND_SLAVE_MAX, data))
        return NULL;
    port->active = read_u8(table[IFLA_BOND_SLAVE_STATE]) == 0; /* BOND_STATE_ACTIVE */
    port->mii = read_u8(table[IFLA_BOND_SLAVE_MII_STATUS]);
    port->permanent_mac = read_mac(table[IFLA_BOND_SLAVE_PERM_HWADDR]);
    port->queue_id = read_u16(table[IFLA_BOND_SLAVE_QUEUE_ID]);
    port->has_priority = table[IFLA_BOND_SLAVE_PRIO] != NULL;
    port->priority = (gint32)read_u32(table[IFLA_BOND_SLAVE_PRIO]);
    return g_steal_pointer(&port);
}

static void
parse_bridge_port(GnfLink *link, const struct nlattr *data)
{
    struct nlattr *table[IFLA_BRPORT_MAX + 1];

    if (!parse_nested(table, IFLA_BRPORT_MAX, data))
        return;
    link->bridge_forwarding = read_u8(table[IFLA_BRPORT_STATE]) == BR_STATE_FORWARDING;
    link->bridge_learning = read_u8(table[IFLA_BRPORT_LEARNING]) != 0;
}

/* The kernel tells nothing of a team by rtnetlink; its port is up when its link is. */
static void
parse_team(GnfLink *link)
{
    if (g_strcmp0(link->kind, "team") == 0) {
        link->bond = g_new0(GnfBond, 1);
        link->bond->mode = GNF_BOND_MODE_TEAM;
    }
    if (g_strcmp0(link->port_kind, "team") == 0)
        link->bond_port = g_new0(GnfBondPort, 1);
}

static void
parse_kind(GnfLink *link, const struct nlattr *info)
{
    struct nlattr *table[IFLA_INFO_MAX + 1];

    if (!parse_nested(table, IFLA_INFO_MAX, info))
        return;
    link->kind = read_string(table[IFLA_INFO_KIND]);
    link->port_kind = read_string(table[IFLA_INFO_SLAVE_KIND]);
    if (g_strcmp0(link->kind, "bond") == 0)
        link->bond = parse_bond(table[IFLA_INFO_DATA]);
    if (g_strcmp0(link->port_kind, "bond") == 0)
        link->bond_port = parse_bond_port(table[IFLA_INFO_SLAVE_DATA]);
    if (g_strcmp0(link->port_kind, "bridge") == 0)
        parse_bridge_port(link, table[IFLA_INFO_SLAVE_DATA]);
    parse_team(link);
}

/* IFLA_AF_SPEC > AF_INET6 > IFLA_INET6_CONF: an array of s32, by DEVCONF_*. */
static gboolean
parse_ipv6_forwarding(const struct nlattr *families)
{
    const struct nlattr *ipv6 =
        families ? nla_find(nla_data(families), nla_len(families), AF_INET6) : NULL;
    const struct nlattr *values =
        ipv6 ? nla_find(nla_data(ipv6), nla_len(ipv6), IFLA_INET6_CONF) : NULL;
    gint32 first[DEVCONF_FORWARDING + 1];

    return read_bytes(values, first, sizeof first) && first[DEVCONF_FORWARDING] != 0;
}

static void
parse_addresses(GnfLink *link, struct nlattr *table[])
{
    link->mac = read_mac(table[IFLA_ADDRESS]);
    link->permanent_mac = read_mac(table[IFLA_PERM_ADDRESS]);
    if (!link->permanent_mac && link->bond_port)
        link->permanent_mac = g_strdup(link->bond_port->permanent_mac);
}

/* When a driver has found its link, the kernel has yet to let anything be sent by it: its link
 * watch does, and sets the operational state at the same time (linkwatch_do_dev). On a busy guest
 * that takes longer than the bond's next look at the carrier. Unknown: nobody ever said that it is
 * down.
 */
static gboolean
has_carrier(struct nlattr *table[])
{
    const guint8 state = read_u8(table[IFLA_OPERSTATE]);

    return read_u8(table[IFLA_CARRIER]) != 0 && state != IF_OPER_NOTPRESENT &&
           state != IF_OPER_DOWN && state != IF_OPER_LOWERLAYERDOWN;
}

GnfLink *
gnf_link_parse(const struct nlmsghdr *header)
{
    struct nlattr *table[IFLA_MAX + 1];
    const struct ifinfomsg *info = NLMSG_DATA(header);
    g_autoptr(GnfLink) link = NULL;

    if (nlmsg_parse((struct nlmsghdr *)(guintptr)header, sizeof *info, table, IFLA_MAX, NULL) < 0 ||
        info->ifi_family != AF_UNSPEC || !table[IFLA_IFNAME])
        return NULL;
    link = g_new0(GnfLink, 1);
    link->ifindex = info->ifi_index;
    link->type = info->ifi_type;
    link->flags = info->ifi_flags;
    link->name = read_string(table[IFLA_IFNAME]);
    link->alt_names = parse_alt_names(table[IFLA_PROP_LIST]);
    link->controller = (int)read_u32(table[IFLA_MASTER]);
    link->lower = (int)read_u32(table[IFLA_LINK]);
    link->up = (info->ifi_flags & IFF_UP) != 0;
    link->carrier = link->up && has_carrier(table);
    link->mtu = read_u32(table[IFLA_MTU]);
    link->max_mtu = read_u32(table[IFLA_MAX_MTU]);
    link->parent_bus = read_string(table[IFLA_PARENT_DEV_BUS_NAME]);
    link->parent_device = read_string(table[IFLA_PARENT_DEV_NAME]);
    link->ipv6_forwarding = parse_ipv6_forwarding(table[IFLA_AF_SPEC]);
    parse_kind(link, table[IFLA_LINKINFO]);
    parse_addresses(link, table);
    return g_steal_pointer(&link);
}

gboolean
gnf_link_parse_notify_peers(const struct nlmsghdr *header, int *ret_ifindex)
{
    const struct ifinfomsg *info = nlmsg_data(header);
    const struct nlattr *event =
        nlmsg_valid_hdr(header, sizeof *info)
            ? nlmsg_find_attr((struct nlmsghdr *)(guintptr)header, sizeof *info, IFLA_EVENT)
            : NULL;

    if (read_u32(event) != IFLA_EVENT_NOTIFY_PEERS)
        return FALSE;
    *ret_ifindex = info->ifi_index;
    return TRUE;
}

void
gnf_link_free(GnfLink *link)
{
    if (!link)
        return;
    if (link->bond_port)
        g_free(link->bond_port->permanent_mac);
    g_free(link->bond_port);
    g_free(link->bond);
    g_free(link->name);
    g_strfreev(link->alt_names);
    g_free(link->mac);
    g_free(link->permanent_mac);
    g_free(link->kind);
    g_free(link->port_kind);
    g_free(link->parent_bus);
    g_free(link->parent_device);
    g_free(link);
}
