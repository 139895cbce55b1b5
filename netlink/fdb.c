/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The forwarding database, one dump a call. A dump by device also holds what the bridge that the
 * device is a port of has learnt behind it; a dump by bridge also holds what each port accepts: the
 * flag NTF_SELF tells them apart (ndo_dflt_fdb_dump, br_fdb_dump).
 */
#include "netlink/fdb.h"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "netlink/request.h"

static GnfMessage *
new_dump(int ifindex)
{
    struct ndmsg info = {.ndm_family = AF_BRIDGE, .ndm_ifindex = ifindex};
    g_autoptr(GnfMessage) message =
        nlmsg_alloc_simple(RTM_GETNEIGH, NLM_F_REQUEST | NLM_F_ACK | NLM_F_DUMP);

    g_assert(message && nlmsg_append(message, &info, sizeof info, NLMSG_ALIGNTO) == 0);
    return g_steal_pointer(&message);
}

static gboolean
read_mac(const struct nlattr *attribute, guint8 ret_mac[6])
{
    static const guint8 zero[6] = {0};

    if (!attribute || nla_len(attribute) != sizeof zero)
        return FALSE;
    memcpy(ret_mac, nla_data(attribute), sizeof zero);
    return (ret_mac[0] & 1) == 0 && memcmp(ret_mac, zero, sizeof zero) != 0;
}

static gboolean
parse_entry(const struct nlmsghdr *header, gboolean self, GnfFdbEntry *ret_entry)
{
    struct nlattr *table[NDA_MAX + 1];
    const struct ndmsg *info = NLMSG_DATA(header);
    GnfFdbEntry entry = {0};

    if (nlmsg_parse((struct nlmsghdr *)(guintptr)header, sizeof *info, table, NDA_MAX, NULL) < 0 ||
        info->ndm_family != AF_BRIDGE || ((info->ndm_flags & NTF_SELF) != 0) != self ||
        !read_mac(table[NDA_LLADDR], entry.mac))
        return FALSE;
    entry.ifindex = info->ndm_ifindex;
    entry.local = !self && info->ndm_state & NUD_PERMANENT; /* fdb_to_nud */
    if (table[NDA_VLAN] && nla_len(table[NDA_VLAN]) >= (int)sizeof entry.vlan)
        entry.vlan = nla_get_u16(table[NDA_VLAN]);
    *ret_entry = entry;
    return TRUE;
}

static GArray *
list(GnfNetlink *netlink, GnfMessage *request, gboolean self, GError **error)
{
    g_autoptr(GPtrArray) answer = gnf_netlink_exchange(netlink, request, error);
    g_autoptr(GArray) entries = g_array_new(FALSE, FALSE, sizeof(GnfFdbEntry));
    GnfFdbEntry entry;

    if (!answer)
        return NULL;
    for (guint i = 0; i < answer->len; i++) {
        if (parse_entry(answer->pdata[i], self, &entry))
            g_array_append_val(entries, entry);
    }
    return g_steal_pointer(&entries);
}

GArray *
gnf_fdb_list_accepted(GnfNetlink *netlink, int ifindex, GError **error)
{
    g_autoptr(GnfMessage) request = new_dump(ifindex);
    GArray *entries = list(netlink, request, TRUE, error);

    if (!entries)
        gnf_netlink_prefix_error(error, "list the MAC addresses of", ifindex);
    return entries;
}

GArray *
gnf_fdb_list_bridge(GnfNetlink *netlink, int bridge, GError **error)
{
    g_autoptr(GnfMessage) request = new_dump(0);
    GArray *entries;

    gnf_message_put_u32(request, NDA_MASTER, (guint32)bridge);
    entries = list(netlink, request, FALSE, error);
    if (!entries)
        gnf_netlink_prefix_error(error, "list the MAC addresses behind", bridge);
    return entries;
}
