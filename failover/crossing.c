/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MACs at the switch; see crossing.h and the kernel's bond_do_fail_over_mac. Non-logging above
 * debug: file systems may be frozen.
 */
#include "failover/crossing.h"

#include "netlink/announce.h"

static gboolean
has_fail_over_mac(const GnfLink *bond, GnfBondFailOverMac value)
{
    return bond->bond && bond->bond->mode == GNF_BOND_MODE_ACTIVE_BACKUP &&
           bond->bond->fail_over_mac == value;
}

gboolean
gnf_crossing_changes_mac(const GnfContext *context, const GnfOperationDevice *device)
{
    g_autoptr(GnfLink) bond = gnf_link_get(context->netlink, device->bond.ifindex, NULL);

    return bond && has_fail_over_mac(bond, GNF_BOND_FAIL_OVER_MAC_ACTIVE);
}

static void
set_mac(const GnfContext *context, const GnfLink *port, const char *mac)
{
    g_autoptr(GError) error = NULL;

    if (!gnf_link_set_mac(context->netlink, port->ifindex, mac, &error))
        g_debug("%s", error->message);
}

void
gnf_crossing_accept(const GnfContext *context, const GnfLink *bond, int port)
{
    g_autoptr(GnfLink) next = gnf_link_get(context->netlink, port, NULL);

    if (next && has_fail_over_mac(bond, GNF_BOND_FAIL_OVER_MAC_FOLLOW) &&
        g_strcmp0(next->mac, bond->mac) != 0)
        set_mac(context, next, bond->mac);
}

void
gnf_crossing_begin(const GnfContext *context, const GnfLink *bond, int port)
{
    g_autoptr(GnfLink) next = gnf_link_get(context->netlink, port, NULL);
    g_autoptr(GError) error = NULL;

    if (!next || !bond->bond || bond->bond->active == port)
        return;
    gnf_crossing_accept(context, bond, port);
    if (has_fail_over_mac(bond, GNF_BOND_FAIL_OVER_MAC_ACTIVE) &&
        !gnf_announce_on_port(context->netlink, bond, next, &error))
        g_debug("announcing %s on %s: %s", bond->name, next->name, error->message);
}

static const GnfLink *
find_active(const GPtrArray *ports, const GnfLink *bond)
{
    for (guint i = 0; i < ports->len; i++) {
        const GnfLink *port = g_ptr_array_index(ports, i);
        if (port->ifindex == bond->bond->active)
            return port;
    }
    return NULL;
}

/* The MAC that a port is to have that does not carry the traffic: its own, or, where the bond took
 * that one for its own, the one that the active port does not use for it. The kernel's swap comes
 * to the same. */
static const char *
mac_of_inactive(const GnfLink *bond, const GnfLink *port, const GnfLink *active)
{
    const char *own = port->bond_port->permanent_mac;

    return g_strcmp0(own, bond->mac) != 0 ? own : active->bond_port->permanent_mac;
}

void
gnf_crossing_end(const GnfContext *context, int bond_ifindex)
{
    g_autoptr(GnfLink) bond = gnf_link_get(context->netlink, bond_ifindex, NULL);

    if (!bond || !has_fail_over_mac(bond, GNF_BOND_FAIL_OVER_MAC_FOLLOW))
        return;
    g_autoptr(GPtrArray) ports = gnf_link_list_ports(context->netlink, bond_ifindex, NULL);
    const GnfLink *active = ports ? find_active(ports, bond) : NULL;
    for (guint i = 0; active && active->bond_port && i < ports->len; i++) {
        const GnfLink *port = g_ptr_array_index(ports, i);
        const char *mac = port->bond_port ? mac_of_inactive(bond, port, active) : NULL;
        if (port != active && mac && g_strcmp0(port->mac, bond->mac) == 0 &&
            g_strcmp0(mac, bond->mac) != 0)
            set_mac(context, port, mac);
    }
}
