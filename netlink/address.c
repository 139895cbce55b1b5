/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The addresses of one link. Deleting goes by address and prefix, as the kernel compares them
 * (inet_rtm_deladdr, inet6_rtm_deladdr).
 */
#include "netlink/address.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "netlink/request.h"

static int
address_size(int family)
{
    return family == AF_INET ? 4 : 16;
}

static GnfMessage *
new_message(int type, int flags, const struct ifaddrmsg *info)
{
    g_autoptr(GnfMessage) message = nlmsg_alloc_simple(type, NLM_F_REQUEST | NLM_F_ACK | flags);
    struct ifaddrmsg copy = *info;

    g_assert(message && nlmsg_append(message, &copy, sizeof copy, NLMSG_ALIGNTO) == 0);
    return g_steal_pointer(&message);
}

/* IFA_LOCAL is ours; IFA_ADDRESS is the peer's on a point-to-point link, and all there is in
 * IPv6 without a peer. */
static gboolean
parse_address(const struct nlmsghdr *header, int family, int ifindex, GnfAddress *ret_address)
{
    struct nlattr *table[IFA_MAX + 1];
    const struct ifaddrmsg *info = NLMSG_DATA(header);
    const struct nlattr *value;
    GnfAddress address = {.family = family};

    if (nlmsg_parse((struct nlmsghdr *)(guintptr)header, sizeof *info, table, IFA_MAX, NULL) < 0 ||
        info->ifa_family != family || (int)info->ifa_index != ifindex)
        return FALSE;
    value = table[IFA_LOCAL] ? table[IFA_LOCAL] : table[IFA_ADDRESS];
    if (!value || nla_len(value) < address_size(family))
        return FALSE;
    memcpy(address.bytes, nla_data(value), (gsize)address_size(family));
    address.prefix_length = info->ifa_prefixlen;
    address.scope = info->ifa_scope;
    address.flags = info->ifa_flags;
    if (table[IFA_FLAGS] && nla_len(table[IFA_FLAGS]) >= (int)sizeof address.flags)
        address.flags = nla_get_u32(table[IFA_FLAGS]);
    *ret_address = address;
    return TRUE;
}

static gboolean
list_family(GnfNetlink *netlink, int ifindex, int family, GArray *to, GError **error)
{
    const struct ifaddrmsg info = {.ifa_family = (guint8)family, .ifa_index = (guint32)ifindex};
    g_autoptr(GnfMessage) request = new_message(RTM_GETADDR, NLM_F_DUMP, &info);
    g_autoptr(GPtrArray) answer = gnf_netlink_exchange(netlink, request, error);
    GnfAddress address;

    if (!answer) {
        gnf_netlink_prefix_error(error, "list the addresses of", ifindex);
        return FALSE;
    }
    for (guint i = 0; i < answer->len; i++) {
        if (parse_address(answer->pdata[i], family, ifindex, &address))
            g_array_append_val(to, address);
    }
    return TRUE;
}

GArray *
gnf_address_list(GnfNetlink *netlink, int ifindex, GError **error)
{
    g_autoptr(GArray) addresses = g_array_new(FALSE, FALSE, sizeof(GnfAddress));

    if (!list_family(netlink, ifindex, AF_INET, addresses, error) ||
        !list_family(netlink, ifindex, AF_INET6, addresses, error))
        return NULL;
    return g_steal_pointer(&addresses);
}

static gboolean
delete_address(GnfNetlink *netlink, int ifindex, const GnfAddress *address, GError **error)
{
    const struct ifaddrmsg info = {.ifa_family = (guint8)address->family,
                                   .ifa_prefixlen = address->prefix_length,
                                   .ifa_index = (guint32)ifindex};
    g_autoptr(GnfMessage) request = new_message(RTM_DELADDR, 0, &info);
    g_autoptr(GError) reason = NULL;

    gnf_message_put(request, IFA_LOCAL, address->bytes, address_size(address->family));
    /* EADDRNOTAVAIL: gone already, perhaps with the primary address whose secondary it was. */
    if (gnf_netlink_send(netlink, request, &reason) ||
        g_error_matches(reason, GNF_NETLINK_ERROR, EADDRNOTAVAIL))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&reason));
    gnf_netlink_prefix_error(error, "flush the addresses of", ifindex);
    return FALSE;
}

gboolean
gnf_address_flush(GnfNetlink *netlink, int ifindex, GError **error)
{
    g_autoptr(GArray) addresses = gnf_address_list(netlink, ifindex, error);

    if (!addresses)
        return FALSE;
    for (guint i = 0; i < addresses->len; i++) {
        if (!delete_address(netlink, ifindex, &g_array_index(addresses, GnfAddress, i), error))
            return FALSE;
    }
    return TRUE;
}
