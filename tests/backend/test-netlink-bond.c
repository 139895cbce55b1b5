/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every option that bond.h sets is read back, and moves the traffic as the header says, on a real
 * bond.
 */
#include "netlink/bond.h"

#include <errno.h>

#include "netlink/link.h"
#include "tests/backend/network.h"

static GnfBond
read_bond(Network *network)
{
    g_autoptr(GnfLink) link = network_link(network, network->bond);

    g_assert_cmpstr(link->kind, ==, "bond");
    g_assert_nonnull(link->bond);
    return *link->bond;
}

static void
set_primary(Network *network, int port)
{
    GError *error = NULL;

    g_assert_true(gnf_bond_set_primary(network->netlink, network->bond, port, &error));
    g_assert_no_error(error);
}

static void
test_read_options(Network *network, gconstpointer data)
{
    g_autoptr(GnfLink) link = NULL;

    network_ip("link add bond9 type bond mode active-backup miimon 50 "
               "fail_over_mac active primary_reselect better all_slaves_active 1");
    link = network_link(network, network_index("bond9"));
    g_assert_cmpint(link->bond->mode, ==, GNF_BOND_MODE_ACTIVE_BACKUP);
    g_assert_cmpuint(link->bond->miimon_ms, ==, 50);
    g_assert_cmpuint(link->bond->arp_interval_ms, ==, 0);
    g_assert_cmpint(link->bond->fail_over_mac, ==, GNF_BOND_FAIL_OVER_MAC_ACTIVE);
    g_assert_cmpint(link->bond->primary_reselect, ==, GNF_BOND_RESELECT_BETTER);
    g_assert_true(link->bond->all_slaves_active);
    g_assert_cmpint(link->bond->active, ==, 0);
    g_assert_cmpint(link->bond->primary, ==, 0);
}

static void
test_read_ports(Network *network, gconstpointer data)
{
    g_autoptr(GnfLink) active = NULL;
    g_autoptr(GnfLink) backup = NULL;
    g_autoptr(GnfLink) bond = NULL;

    /* fail_over_mac none gives every port the bond's address: only the permanent one tells. */
    network_ip("link set port2 address 02:00:00:00:00:99\n"
               "link set port2 master bond0");
    active = network_link(network, network->ports[0]);
    backup = network_link(network, network->ports[2]);
    bond = network_link(network, network->bond);
    g_assert_true(active->bond_port->active);
    g_assert_false(backup->bond_port->active);
    g_assert_cmpint(active->bond_port->mii, ==, GNF_MII_UP);
    g_assert_cmpstr(backup->mac, ==, bond->mac);
    g_assert_cmpstr(backup->permanent_mac, ==, "02:00:00:00:00:99");
    g_assert_cmpstr(backup->bond_port->permanent_mac, ==, "02:00:00:00:00:99");
    g_assert_true(active->bond_port->has_priority);
    g_assert_cmpint(active->bond_port->priority, ==, 0);
}

static void
test_primary_switches_at_once(Network *network, gconstpointer data)
{
    GnfBond bond;

    g_assert_cmpint(read_bond(network).active, ==, network->ports[0]);
    set_primary(network, network->ports[1]);
    bond = read_bond(network);
    g_assert_cmpint(bond.primary, ==, network->ports[1]);
    g_assert_cmpint(bond.active, ==, network->ports[1]);
}

static void
test_primary_is_sticky(Network *network, gconstpointer data)
{
    GError *error = NULL;

    set_primary(network, network->ports[1]);
    gnf_link_set_controller(network->netlink, network->ports[2], network->bond, &error);
    g_assert_no_error(error);
    network_wait(network, network->ports[2], network_mii_is_up, NULL);
    g_assert_cmpint(read_bond(network).active, ==, network->ports[1]);
}

/* Why the primary option, and not the active port, moves the traffic. */
static void
test_active_is_not_sticky(Network *network, gconstpointer data)
{
    GError *error = NULL;

    g_assert_true(gnf_bond_set_active(network->netlink, network->bond, network->ports[1], &error));
    g_assert_no_error(error);
    g_assert_cmpint(read_bond(network).active, ==, network->ports[1]);
    gnf_link_set_controller(network->netlink, network->ports[2], network->bond, &error);
    g_assert_no_error(error);
    network_wait(network, network->bond, network_is_active, GINT_TO_POINTER(network->ports[0]));
}

static void
test_primary_overrides_reselect(Network *network, gconstpointer data)
{
    network_ip("link set bond0 type bond primary_reselect failure");
    g_assert_cmpint(read_bond(network).primary_reselect, ==, GNF_BOND_RESELECT_FAILURE);
    set_primary(network, network->ports[1]);
    g_assert_cmpint(read_bond(network).active, ==, network->ports[1]);
}

static void
test_primary_cleared(Network *network, gconstpointer data)
{
    GnfBond bond;

    set_primary(network, network->ports[1]);
    set_primary(network, 0);
    bond = read_bond(network);
    g_assert_cmpint(bond.primary, ==, 0);
    g_assert_cmpint(bond.active, !=, 0);
}

static void
test_primary_hidden_after_release(Network *network, gconstpointer data)
{
    GError *error = NULL;

    set_primary(network, network->ports[1]);
    gnf_link_set_controller(network->netlink, network->ports[1], 0, &error);
    g_assert_no_error(error);
    g_assert_cmpint(read_bond(network).primary, ==, 0);
    gnf_link_set_controller(network->netlink, network->ports[1], network->bond, &error);
    g_assert_no_error(error);
    g_assert_cmpint(read_bond(network).primary, ==, network->ports[1]);
}

static void
test_all_slaves_active(Network *network, gconstpointer data)
{
    GError *error = NULL;

    for (int i = 0; i < 2; i++) {
        gboolean value = i == 0;

        g_assert_cmpint(read_bond(network).all_slaves_active, ==, !value);
        gnf_bond_set_all_slaves_active(network->netlink, network->bond, value, &error);
        g_assert_no_error(error);
        g_assert_cmpint(read_bond(network).all_slaves_active, ==, value);
    }
}

static void
test_priority(Network *network, gconstpointer data)
{
    g_autoptr(GnfLink) port = NULL;
    GError *error = NULL;

    gnf_bond_port_set_priority(network->netlink, network->ports[1], 7, &error);
    g_assert_no_error(error);
    port = network_link(network, network->ports[1]);
    g_assert_cmpint(port->bond_port->priority, ==, 7);
    g_assert_cmpint(read_bond(network).active, ==, network->ports[1]);
    gnf_bond_port_set_priority(network->netlink, network->ports[1], -7, &error);
    g_assert_no_error(error);
    g_assert_cmpint(read_bond(network).active, ==, network->ports[0]);
}

static void
test_queue_id(Network *network, gconstpointer data)
{
    g_autoptr(GnfLink) port = NULL;
    GError *error = NULL;

    gnf_bond_port_set_queue_id(network->netlink, network->ports[1], 3, &error);
    g_assert_no_error(error);
    port = network_link(network, network->ports[1]);
    g_assert_cmpuint(port->bond_port->queue_id, ==, 3);
    g_assert_false(gnf_bond_port_set_queue_id(network->netlink, network->ports[0], 3, &error));
    g_assert_error(error, GNF_NETLINK_ERROR, EPERM);
    g_clear_error(&error);
}

static void
test_refusals(Network *network, gconstpointer data)
{
    GError *error = NULL;
    int other;

    network_ip("link add bond9 type bond mode 802.3ad miimon 50");
    other = network_index("bond9");
    g_assert_false(gnf_bond_set_active(network->netlink, network->bond, network->ports[2], &error));
    g_assert_error(error, GNF_NETLINK_ERROR, EINVAL);
    g_assert_true(g_str_has_prefix(error->message, "cannot set the active port of bond0: "));
    g_clear_error(&error);
    g_assert_false(gnf_bond_set_primary(network->netlink, other, network->ports[0], &error));
    g_assert_error(error, GNF_NETLINK_ERROR, EACCES);
    g_assert_cmpstr(error->message,
                    ==,
                    "cannot set the primary option of bond9: option not supported in mode "
                    "(Permission denied)");
    g_clear_error(&error);
    g_assert_false(gnf_bond_port_set_priority(network->netlink, network->ports[2], 1, &error));
    g_assert_true(gnf_netlink_error_is_not_supported(error));
    g_clear_error(&error);
}

static void
test_gone_or_no_bond(Network *network, gconstpointer data)
{
    GError *error = NULL;

    g_assert_false(gnf_bond_set_primary(network->netlink, 4711, 0, &error));
    g_assert_true(gnf_netlink_error_is_gone(error));
    g_clear_error(&error);
    g_assert_false(gnf_bond_set_primary(network->netlink, network->ports[2], 0, &error));
    g_assert_true(gnf_netlink_error_is_not_supported(error));
    g_clear_error(&error);
}

/* With miimon 0 bonding calls a port up that has no carrier: the link itself must be asked. */
static void
test_mii_lies_without_monitor(Network *network, gconstpointer data)
{
    g_autoptr(GnfLink) port = NULL;

    network_ip("link add bond9 type bond mode active-backup\n"
               "link set peer2 down\n"
               "link set port2 master bond9\n"
               "link set bond9 up");
    port = network_link(network, network->ports[2]);
    g_assert_cmpint(port->bond_port->mii, ==, GNF_MII_UP);
    g_assert_false(port->carrier);
}

#define ADD(path, func) g_test_add(path, Network, "bond", network_set_up, func, network_tear_down)

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    ADD("/bond/read/options", test_read_options);
    ADD("/bond/read/ports", test_read_ports);
    ADD("/bond/read/mii-lies-without-monitor", test_mii_lies_without_monitor);
    ADD("/bond/primary/switches-at-once", test_primary_switches_at_once);
    ADD("/bond/primary/sticky", test_primary_is_sticky);
    ADD("/bond/primary/overrides-reselect", test_primary_overrides_reselect);
    ADD("/bond/primary/cleared", test_primary_cleared);
    ADD("/bond/primary/hidden-after-release", test_primary_hidden_after_release);
    ADD("/bond/active/not-sticky", test_active_is_not_sticky);
    ADD("/bond/all-slaves-active", test_all_slaves_active);
    ADD("/bond/port/priority", test_priority);
    ADD("/bond/port/queue-id", test_queue_id);
    ADD("/bond/refused", test_refusals);
    ADD("/bond/gone-or-no-bond", test_gone_or_no_bond);
    return g_test_run();
}
