/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options of a bridge's port by RTM_NEWLINK: IFLA_INFO_SLAVE_DATA of kind "bridge"
 * (br_port_slave_changelink).
 */
#include "netlink/bridge-port.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "netlink/request.h"

#define KIND "bridge"

gboolean
gnf_bridge_port_set_learning(GnfNetlink *netlink, int port, gboolean learning, GError **error)
{
    g_autoptr(GnfMessage) request = gnf_message_new_link(RTM_NEWLINK, 0, port);
    struct nlattr *info = nla_nest_start(request, IFLA_LINKINFO);
    const guint8 value = learning ? 1 : 0;
    struct nlattr *data;

    gnf_message_put(request, IFLA_INFO_SLAVE_KIND, KIND, sizeof KIND);
    data = nla_nest_start(request, IFLA_INFO_SLAVE_DATA);
    gnf_message_put(request, IFLA_BRPORT_LEARNING, &value, sizeof value);
    nla_nest_end(request, data);
    nla_nest_end(request, info);
    if (gnf_netlink_send(netlink, request, error))
        return TRUE;
    gnf_netlink_prefix_error(error, "set what a bridge learns from", port);
    return FALSE;
}
