/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A dump by port (RTM_GETVLAN): the older way, RTM_GETLINK of AF_BRIDGE, can only dump all ports of
 * all bridges. Neighbouring VLANs with the same flags come as one range.
 */
#include "netlink/bridge-vlan.h"

#include <linux/if_bridge.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "netlink/request.h"

static void
read_entry(const struct nlattr *entry, GnfBridgeVlan vlans[GNF_VLAN_COUNT])
{
    struct nlattr *table[BRIDGE_VLANDB_ENTRY_MAX + 1];
    struct bridge_vlan_info info;
    guint16 last;

    if (nla_parse_nested(table, BRIDGE_VLANDB_ENTRY_MAX, (struct nlattr *)(guintptr)entry, NULL) <
            0 ||
        !table[BRIDGE_VLANDB_ENTRY_INFO] ||
        nla_len(table[BRIDGE_VLANDB_ENTRY_INFO]) < (int)sizeof info)
        return;
    memcpy(&info, nla_data(table[BRIDGE_VLANDB_ENTRY_INFO]), sizeof info);
    last = info.vid;
    if (table[BRIDGE_VLANDB_ENTRY_RANGE] &&
        nla_len(table[BRIDGE_VLANDB_ENTRY_RANGE]) >= (int)sizeof last)
        last = nla_get_u16(table[BRIDGE_VLANDB_ENTRY_RANGE]);
    for (guint id = info.vid; id <= last && id < GNF_VLAN_COUNT; id++)
        vlans[id] = info.flags & BRIDGE_VLAN_INFO_UNTAGGED ? GNF_BRIDGE_VLAN_UNTAGGED
                                                           : GNF_BRIDGE_VLAN_TAGGED;
}

static void
read_message(const struct nlmsghdr *header, int port, GnfBridgeVlan vlans[GNF_VLAN_COUNT])
{
    const struct br_vlan_msg *info = NLMSG_DATA(header);
    const struct nlattr *entry;
    int rest;

    if (header->nlmsg_type != RTM_NEWVLAN || header->nlmsg_len < NLMSG_LENGTH(sizeof *info) ||
        (int)info->ifindex != port)
        return;
    nlmsg_for_each_attr(entry, (struct nlmsghdr *)(guintptr)header, sizeof *info, rest)
    {
        if (nla_type(entry) == BRIDGE_VLANDB_ENTRY)
            read_entry(entry, vlans);
    }
}

gboolean
gnf_bridge_vlan_read(GnfNetlink *netlink,
                     int port,
                     GnfBridgeVlan ret_vlans[GNF_VLAN_COUNT],
                     GError **error)
{
    struct br_vlan_msg info = {.family = AF_BRIDGE, .ifindex = (guint32)port};
    g_autoptr(GnfMessage) request =
        nlmsg_alloc_simple(RTM_GETVLAN, NLM_F_REQUEST | NLM_F_ACK | NLM_F_DUMP);
    g_autoptr(GPtrArray) answer = NULL;

    g_assert(request && nlmsg_append(request, &info, sizeof info, NLMSG_ALIGNTO) == 0);
    answer = gnf_netlink_exchange(netlink, request, error);
    if (!answer) {
        gnf_netlink_prefix_error(error, "list the VLANs of", port);
        return FALSE;
    }
    memset(ret_vlans, 0, GNF_VLAN_COUNT * sizeof *ret_vlans);
    for (guint i = 0; i < answer->len; i++)
        read_message(answer->pdata[i], port, ret_vlans);
    return TRUE;
}
