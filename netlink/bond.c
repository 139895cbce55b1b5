/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bonding options by RTM_NEWLINK: one option a message, in IFLA_INFO_DATA of the bond or
 * IFLA_INFO_SLAVE_DATA of the port. Without NLM_F_CREATE nothing is ever made.
 */
#include "netlink/bond.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "netlink/request.h"

#define KIND "bond"

typedef struct {
    int ifindex;
    int kind; /* IFLA_INFO_KIND or IFLA_INFO_SLAVE_KIND */
    int data; /* IFLA_INFO_DATA or IFLA_INFO_SLAVE_DATA */
    int type;
    const void *value;
    int size;
    const char *action;
} Option;

const char *
gnf_bond_mode_to_string(GnfBondMode mode)
{
    /* As the kernel prints them: bond_mode_name in bond_options.c. */
    static const char *const names[] = {
        [GNF_BOND_MODE_ROUNDROBIN] = "balance-rr",
        [GNF_BOND_MODE_ACTIVE_BACKUP] = "active-backup",
        [GNF_BOND_MODE_XOR] = "balance-xor",
        [GNF_BOND_MODE_BROADCAST] = "broadcast",
        [GNF_BOND_MODE_8023AD] = "802.3ad",
        [GNF_BOND_MODE_TLB] = "balance-tlb",
        [GNF_BOND_MODE_ALB] = "balance-alb",
    };

    if (mode == GNF_BOND_MODE_TEAM)
        return "team";
    return mode < G_N_ELEMENTS(names) ? names[mode] : "unknown";
}

static gboolean
set_option(GnfNetlink *netlink, const Option *option, GError **error)
{
    g_autoptr(GnfMessage) request = gnf_message_new_link(RTM_NEWLINK, 0, option->ifindex);
    struct nlattr *info = nla_nest_start(request, IFLA_LINKINFO);
    struct nlattr *data;

    gnf_message_put(request, option->kind, KIND, sizeof KIND);
    data = nla_nest_start(request, option->data);
    gnf_message_put(request, option->type, option->value, option->size);
    nla_nest_end(request, data);
    nla_nest_end(request, info);
    if (gnf_netlink_send(netlink, request, error))
        return TRUE;
    gnf_netlink_prefix_error(error, option->action, option->ifindex);
    return FALSE;
}

static gboolean
set_bond_option(GnfNetlink *netlink, Option option, GError **error)
{
    option.kind = IFLA_INFO_KIND;
    option.data = IFLA_INFO_DATA;
    return set_option(netlink, &option, error);
}

static gboolean
set_port_option(GnfNetlink *netlink, Option option, GError **error)
{
    option.kind = IFLA_INFO_SLAVE_KIND;
    option.data = IFLA_INFO_SLAVE_DATA;
    return set_option(netlink, &option, error);
}

gboolean
gnf_bond_set_primary(GnfNetlink *netlink, int bond, int port, GError **error)
{
    const guint32 value = (guint32)port;
    const Option option = {.ifindex = bond,
                           .type = IFLA_BOND_PRIMARY,
                           .value = &value,
                           .size = sizeof value,
                           .action = "set the primary option of"};

    return set_bond_option(netlink, option, error);
}

gboolean
gnf_bond_set_active(GnfNetlink *netlink, int bond, int port, GError **error)
{
    const guint32 value = (guint32)port;
    const Option option = {.ifindex = bond,
                           .type = IFLA_BOND_ACTIVE_SLAVE,
                           .value = &value,
                           .size = sizeof value,
                           .action = "set the active port of"};

    return set_bond_option(netlink, option, error);
}

gboolean
gnf_bond_set_all_slaves_active(GnfNetlink *netlink, int bond, gboolean value, GError **error)
{
    const guint8 byte = value ? 1 : 0;
    const Option option = {.ifindex = bond,
                           .type = IFLA_BOND_ALL_SLAVES_ACTIVE,
                           .value = &byte,
                           .size = sizeof byte,
                           .action = "set all_slaves_active of"};

    return set_bond_option(netlink, option, error);
}

gboolean
gnf_bond_port_set_priority(GnfNetlink *netlink, int port, gint32 priority, GError **error)
{
    const Option option = {.ifindex = port,
                           .type = IFLA_BOND_SLAVE_PRIO,
                           .value = &priority,
                           .size = sizeof priority,
                           .action = "set the priority of"};

    return set_port_option(netlink, option, error);
}

gboolean
gnf_bond_port_set_queue_id(GnfNetlink *netlink, int port, guint16 queue_id, GError **error)
{
    const Option option = {.ifindex = port,
                           .type = IFLA_BOND_SLAVE_QUEUE_ID,
                           .value = &queue_id,
                           .size = sizeof queue_id,
                           .action = "set the queue id of"};

    return set_port_option(netlink, option, error);
}
