/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading links and changing one: each a request or two, never a walk over all links in user
 * space. Statistics, the longest part of a link's description, are only asked for on their own.
 */
#include "netlink/link.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netinet/ether.h>
#include <string.h>

#include "netlink/link-parse.h"
#include "netlink/request.h"

#define SYSFS_NET "/sys/class/net"

static void
free_link(gpointer link)
{
    gnf_link_free(link);
}

static GnfMessage *
new_get(int ifindex, int flags)
{
    GnfMessage *message = gnf_message_new_link(RTM_GETLINK, flags, ifindex);

    gnf_message_put_u32(message, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    return message;
}

static GPtrArray *
read_links(GnfNetlink *netlink, GnfMessage *request, GError **error)
{
    g_autoptr(GPtrArray) answer = gnf_netlink_exchange(netlink, request, error);
    g_autoptr(GPtrArray) links = g_ptr_array_new_with_free_func(free_link);

    if (!answer)
        return NULL;
    for (guint i = 0; i < answer->len; i++) {
        GnfLink *link = gnf_link_parse(answer->pdata[i]);

        if (link)
            g_ptr_array_add(links, link);
    }
    return g_steal_pointer(&links);
}

static GnfLink *
read_link(GnfNetlink *netlink, GnfMessage *request, GError **error)
{
    g_autoptr(GPtrArray) links = read_links(netlink, request, error);

    if (!links)
        return NULL;
    if (links->len == 0) {
        gnf_netlink_set_error(error, EPROTO, "the kernel's answer holds no link");
        return NULL;
    }
    return g_ptr_array_steal_index(links, 0);
}

GnfLink *
gnf_link_get(GnfNetlink *netlink, int ifindex, GError **error)
{
    g_autoptr(GnfMessage) request = new_get(ifindex, 0);
    GnfLink *link = read_link(netlink, request, error);

    if (!link)
        gnf_netlink_prefix_error(error, "read", ifindex);
    return link;
}

GnfLink *
gnf_link_get_by_name(GnfNetlink *netlink, const char *name, GError **error)
{
    g_autoptr(GnfMessage) request = new_get(0, 0);
    gsize length = strlen(name);
    GnfLink *link = NULL;

    /* ALT_IFNAME finds ordinary names too (__dev_get_by_name). A longer one can exist nowhere. */
    if (length > 0 && length < ALTIFNAMSIZ) {
        gnf_message_put(request, IFLA_ALT_IFNAME, name, (int)length + 1);
        link = read_link(netlink, request, error);
    } else {
        gnf_netlink_set_error(error, ENODEV, NULL);
    }
    if (!link)
        g_prefix_error(error, "cannot read %s: ", name);
    return link;
}

static gboolean
take_link_named(GPtrArray *links, const char *name, GPtrArray *to)
{
    for (guint i = 0; i < links->len; i++) {
        GnfLink *link = links->pdata[i];

        if (strcmp(link->name, name) == 0) {
            g_ptr_array_add(to, g_ptr_array_steal_index(links, i));
            return TRUE;
        }
    }
    return FALSE;
}

/* Into the order that the bond keeps its ports in. What sysfs does not name (renamed or enslaved
 * this moment) stays last, where a new port is. */
static GPtrArray *
sort_bond_ports(GPtrArray *ports, const char *bond)
{
    g_autofree char *path = g_strdup_printf(SYSFS_NET "/%s/bonding/slaves", bond);
    g_autoptr(GPtrArray) sorted = g_ptr_array_new_with_free_func(free_link);
    g_autofree char *text = NULL;
    g_auto(GStrv) names = NULL;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return g_ptr_array_ref(ports);
    names = g_strsplit(g_strstrip(text), " ", -1);
    for (char **name = names; *name; name++)
        take_link_named(ports, *name, sorted);
    while (ports->len > 0)
        g_ptr_array_add(sorted, g_ptr_array_steal_index(ports, 0));
    return g_steal_pointer(&sorted);
}

/* The counter in an answer; FALSE if the kernel left it out. */
static gboolean
find_received(const GPtrArray *answer, guint64 *ret_packets)
{
    for (guint i = 0; i < answer->len; i++) {
        struct rtnl_link_stats64 stats;
        const struct nlattr *attribute =
            nlmsg_find_attr(answer->pdata[i], sizeof(struct ifinfomsg), IFLA_STATS64);

        if (!attribute || nla_len(attribute) < (int)sizeof stats.rx_packets)
            continue;
        memcpy(&stats.rx_packets, nla_data(attribute), sizeof stats.rx_packets);
        *ret_packets = stats.rx_packets;
        return TRUE;
    }
    return FALSE;
}

gboolean
gnf_link_get_received(GnfNetlink *netlink, int ifindex, guint64 *ret_packets, GError **error)
{
    g_autoptr(GnfMessage) request = gnf_message_new_link(RTM_GETLINK, 0, ifindex);
    g_autoptr(GPtrArray) answer = gnf_netlink_exchange(netlink, request, error);

    if (answer && find_received(answer, ret_packets))
        return TRUE;
    if (answer)
        gnf_netlink_set_error(error, EPROTO, "the kernel's answer holds no counters");
    gnf_netlink_prefix_error(error, "read the counters of", ifindex);
    return FALSE;
}

GPtrArray *
gnf_link_list_ports(GnfNetlink *netlink, int controller, GError **error)
{
    g_autoptr(GnfMessage) request = new_get(0, NLM_F_DUMP);
    g_autoptr(GnfLink) link = gnf_link_get(netlink, controller, error);
    g_autoptr(GPtrArray) ports = NULL;

    if (!link)
        return NULL;
    gnf_message_put_u32(request, IFLA_MASTER, (guint32)controller);
    ports = read_links(netlink, request, error);
    if (!ports)
        gnf_netlink_prefix_error(error, "list the ports of", controller);
    else if (link->bond)
        return sort_bond_ports(ports, link->name);
    return g_steal_pointer(&ports);
}

/* sysfs names uppers of every network namespace: the name may be another interface's here. */
static gboolean
stands_on(const GnfLink *upper, const GnfLink *link)
{
    return upper->lower == link->ifindex || link->controller == upper->ifindex;
}

static gboolean
add_upper(GnfNetlink *netlink, const GnfLink *link, const char *name, GPtrArray *to, GError **error)
{
    g_autoptr(GError) reason = NULL;
    g_autoptr(GnfLink) upper = gnf_link_get_by_name(netlink, name, &reason);

    if (upper && stands_on(upper, link))
        g_ptr_array_add(to, g_steal_pointer(&upper));
    if (!reason || gnf_netlink_error_is_gone(reason))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&reason));
    return FALSE;
}

GPtrArray *
gnf_link_list_uppers(GnfNetlink *netlink, int ifindex, GError **error)
{
    g_autoptr(GnfLink) link = gnf_link_get(netlink, ifindex, error);
    g_autoptr(GPtrArray) uppers = g_ptr_array_new_with_free_func(free_link);
    g_autofree char *path = NULL;
    g_autoptr(GDir) directory = NULL;
    const char *entry;

    if (!link)
        return NULL;
    path = g_build_filename(SYSFS_NET, link->name, NULL);
    directory = g_dir_open(path, 0, NULL);
    if (!directory) {
        gnf_netlink_set_error(error, ENODEV, "it has no directory in sysfs");
        gnf_netlink_prefix_error(error, "list what stands on", ifindex);
        return NULL;
    }
    while ((entry = g_dir_read_name(directory))) {
        if (g_str_has_prefix(entry, "upper_") &&
            !add_upper(netlink, link, entry + strlen("upper_"), uppers, error))
            return NULL;
    }
    return g_steal_pointer(&uppers);
}

/* A change request: these flags are cleared, the others are left alone. */
static GnfMessage *
new_change(int ifindex, guint32 cleared)
{
    GnfMessage *message = gnf_message_new_link(RTM_NEWLINK, 0, ifindex);
    struct ifinfomsg *info = nlmsg_data(nlmsg_hdr(message));

    info->ifi_flags = 0;
    info->ifi_change = cleared;
    return message;
}

static void
prefix_controller_error(GError **error, int ifindex, int controller, int former)
{
    g_autofree char *name = gnf_netlink_name(ifindex);
    g_autofree char *other = gnf_netlink_name(controller ? controller : former);

    if (controller)
        g_prefix_error(error, "cannot put %s into %s: ", name, other);
    else
        g_prefix_error(error, "cannot take %s out of %s: ", name, other);
}

gboolean
gnf_link_set_controller(GnfNetlink *netlink, int ifindex, int controller, GError **error)
{
    g_autoptr(GnfLink) link = gnf_link_get(netlink, ifindex, error);
    g_autoptr(GnfMessage) request = NULL;

    if (!link)
        return FALSE;
    if (link->controller == controller)
        return TRUE;
    request = new_change(ifindex, controller ? IFF_UP : 0);
    gnf_message_put_u32(request, IFLA_MASTER, (guint32)controller);
    if (gnf_netlink_send(netlink, request, error))
        return TRUE;
    prefix_controller_error(error, ifindex, controller, link->controller);
    return FALSE;
}

gboolean
gnf_link_set_mac(GnfNetlink *netlink, int ifindex, const char *mac, GError **error)
{
    g_autoptr(GnfMessage) request = new_change(ifindex, 0);
    struct ether_addr bytes;

    g_return_val_if_fail(ether_aton_r(mac, &bytes), FALSE);
    gnf_message_put(request, IFLA_ADDRESS, &bytes, sizeof bytes);
    if (gnf_netlink_send(netlink, request, error))
        return TRUE;
    gnf_netlink_prefix_error(error, "set the MAC address of", ifindex);
    return FALSE;
}
