/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading links and changing their controller, on veth pairs and real bonds.
 */
#include "netlink/link.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "netlink/bond.h"
#include "tests/backend/network.h"

static void
test_get_veth(Network *network, gconstpointer data)
{
    g_autoptr(GnfLink) link = NULL;

    network_ip("link add one type veth peer name two\n"
               "link set one address 02:00:00:AB:cd:01 mtu 1400\n"
               "link property add dev one altname one-and-only");
    link = network_link(network, network_index("one"));
    g_assert_cmpstr(link->name, ==, "one");
    g_assert_cmpstr(link->mac, ==, "02:00:00:ab:cd:01");
    g_assert_null(link->permanent_mac);
    g_assert_cmpstr(link->kind, ==, "veth");
    g_assert_null(link->port_kind);
    g_assert_null(link->parent_bus);
    g_assert_null(link->bond);
    g_assert_null(link->bond_port);
    g_assert_cmpint(link->controller, ==, 0);
    g_assert_cmpint(link->lower, ==, network_index("two"));
    g_assert_cmpuint(link->mtu, ==, 1400);
    g_assert_cmpuint(link->max_mtu, ==, 65535);
    g_assert_cmpuint(g_strv_length(link->alt_names), ==, 1);
    g_assert_cmpstr(link->alt_names[0], ==, "one-and-only");
    g_assert_false(link->up);
    g_assert_false(link->carrier);
}

static void
test_carrier(Network *network, gconstpointer data)
{
    g_autoptr(GnfLink) alone = NULL;
    g_autoptr(GnfLink) both = NULL;
    int one;

    network_ip("link add one type veth peer name two\n"
               "link set one up");
    one = network_index("one");
    alone = network_link(network, one);
    g_assert_true(alone->up);
    g_assert_false(alone->carrier);
    network_ip("link set two up");
    both = network_link(network, one);
    g_assert_true(both->carrier);
}

static void
test_get_by_name(Network *network, gconstpointer data)
{
    g_autoptr(GnfLink) by_name = NULL;
    g_autoptr(GnfLink) by_alt_name = NULL;
    GError *error = NULL;

    network_ip("link add one type dummy\n"
               "link property add dev one altname a-name-longer-than-fifteen-characters");
    by_name = gnf_link_get_by_name(network->netlink, "one", &error);
    g_assert_no_error(error);
    by_alt_name =
        gnf_link_get_by_name(network->netlink, "a-name-longer-than-fifteen-characters", &error);
    g_assert_no_error(error);
    g_assert_cmpint(by_name->ifindex, ==, network_index("one"));
    g_assert_cmpint(by_alt_name->ifindex, ==, by_name->ifindex);
}

static void
test_get_gone(Network *network, gconstpointer data)
{
    g_autofree char *too_long = g_strnfill(500, 'x');
    const char *names[] = {"nothing", "", too_long};
    GError *error = NULL;

    g_assert_null(gnf_link_get(network->netlink, 4711, &error));
    g_assert_true(gnf_netlink_error_is_gone(error));
    g_assert_cmpstr(error->message, ==, "cannot read ifindex 4711: No such device");
    g_clear_error(&error);
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_assert_null(gnf_link_get_by_name(network->netlink, names[i], &error));
        g_assert_true(gnf_netlink_error_is_gone(error));
        g_clear_error(&error);
    }
}

/* The names of links in their order, as one string. */
static char *
names_of(GPtrArray *links)
{
    GString *names = g_string_new(NULL);

    for (guint i = 0; i < links->len; i++)
        g_string_append_printf(names, "%s ", ((GnfLink *)links->pdata[i])->name);
    return g_string_free(names, FALSE);
}

static void
assert_ports(Network *network, int controller, const char *expected)
{
    GError *error = NULL;
    g_autoptr(GPtrArray) ports = gnf_link_list_ports(network->netlink, controller, &error);
    g_autofree char *names = NULL;

    g_assert_no_error(error);
    names = names_of(ports);
    g_assert_cmpstr(names, ==, expected);
}

static void
test_ports_in_bond_order(Network *network, gconstpointer data)
{
    GError *error = NULL;

    assert_ports(network, network->bond, "port0 port1 ");
    gnf_link_set_controller(network->netlink, network->ports[0], 0, &error);
    g_assert_no_error(error);
    assert_ports(network, network->bond, "port1 ");
    gnf_link_set_controller(network->netlink, network->ports[2], network->bond, &error);
    gnf_link_set_controller(network->netlink, network->ports[0], network->bond, &error);
    g_assert_no_error(error);
    assert_ports(network, network->bond, "port1 port2 port0 ");
}

static void
test_ports_of_bridge(Network *network, gconstpointer data)
{
    network_ip("link add br0 type bridge\n"
               "link add one type dummy\n"
               "link add other type dummy\n"
               "link set one master br0");
    assert_ports(network, network_index("br0"), "one ");
    assert_ports(network, network_index("other"), "");
}

static void
test_ports_gone(Network *network, gconstpointer data)
{
    GError *error = NULL;

    g_assert_null(gnf_link_list_ports(network->netlink, 4711, &error));
    g_assert_true(gnf_netlink_error_is_gone(error));
    g_clear_error(&error);
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp((*(GnfLink *const *)a)->name, (*(GnfLink *const *)b)->name);
}

static void
assert_uppers(Network *network, int ifindex, const char *expected)
{
    GError *error = NULL;
    g_autoptr(GPtrArray) uppers = gnf_link_list_uppers(network->netlink, ifindex, &error);
    g_autofree char *names = NULL;

    g_assert_no_error(error);
    g_ptr_array_sort(uppers, compare_names);
    names = names_of(uppers);
    g_assert_cmpstr(names, ==, expected);
}

static void
test_uppers(Network *network, gconstpointer data)
{
    network_ip("link add link bond0 name bond0.7 type vlan id 7\n"
               "link add link bond0 name mac0 type macvlan mode bridge\n"
               "link add link bond0.7 name mac1 type macvlan mode bridge\n"
               "link add link port2 name other type vlan id 7");
    assert_uppers(network, network->bond, "bond0.7 mac0 ");
    assert_uppers(network, network_index("bond0.7"), "mac1 ");
    assert_uppers(network, network->ports[0], "bond0 ");
    assert_uppers(network, network_index("mac1"), "");
}

static void
test_enslave_up_port(Network *network, gconstpointer data)
{
    g_autoptr(GnfLink) port = NULL;
    GError *error = NULL;

    network_ip("link set port2 up");
    gnf_link_set_controller(network->netlink, network->ports[2], network->bond, &error);
    g_assert_no_error(error);
    port = network_link(network, network->ports[2]);
    g_assert_cmpint(port->controller, ==, network->bond);
    g_assert_cmpstr(port->port_kind, ==, "bond");
    g_assert_true(port->up);
    g_assert_nonnull(port->bond_port);
}

static void
test_enslave_is_idempotent(Network *network, gconstpointer data)
{
    g_autoptr(GnfLink) after = NULL;
    g_autoptr(GnfLink) bond = NULL;
    GError *error = NULL;

    gnf_link_set_controller(network->netlink, network->ports[0], network->bond, &error);
    g_assert_no_error(error);
    after = network_link(network, network->ports[0]);
    bond = network_link(network, network->bond);
    g_assert_true(after->up);
    g_assert_true(after->bond_port->active);
    g_assert_cmpint(bond->bond->active, ==, network->ports[0]);
}

static void
test_release(Network *network, gconstpointer data)
{
    g_autoptr(GnfLink) port = NULL;
    g_autoptr(GnfLink) bond = NULL;
    GError *error = NULL;

    gnf_link_set_controller(network->netlink, network->ports[0], 0, &error);
    g_assert_no_error(error);
    port = network_link(network, network->ports[0]);
    bond = network_link(network, network->bond);
    g_assert_cmpint(port->controller, ==, 0);
    g_assert_null(port->bond_port);
    g_assert_false(port->up);
    g_assert_true(bond->up);
    g_assert_true(bond->carrier);
    g_assert_cmpint(bond->bond->active, ==, network->ports[1]);
    gnf_link_set_controller(network->netlink, network->ports[0], 0, &error);
    g_assert_no_error(error);
}

static void
test_enslave_refused(Network *network, gconstpointer data)
{
    GError *error = NULL;

    network_ip("link add link port2 name mac0 type macvlan");
    g_assert_false(
        gnf_link_set_controller(network->netlink, network->ports[2], network->bond, &error));
    g_assert_error(error, GNF_NETLINK_ERROR, EBUSY);
    g_assert_cmpstr(error->message,
                    ==,
                    "cannot put port2 into bond0: Device is in use and cannot be enslaved "
                    "(Device or resource busy)");
    g_clear_error(&error);
}

static void
test_controller_gone(Network *network, gconstpointer data)
{
    GError *error = NULL;

    g_assert_false(gnf_link_set_controller(network->netlink, network->ports[2], 4711, &error));
    g_assert_error(error, GNF_NETLINK_ERROR, EINVAL);
    g_clear_error(&error);
    g_assert_false(gnf_link_set_controller(network->netlink, 4711, network->bond, &error));
    g_assert_true(gnf_netlink_error_is_gone(error));
    g_clear_error(&error);
}

static void
test_mtu(Network *network, gconstpointer data)
{
    g_autoptr(GnfLink) port = NULL;

    network_ip("link set bond0 mtu 1300");
    port = network_link(network, network->ports[0]);
    g_assert_cmpuint(port->mtu, ==, 1300);
}

static void
test_ipv6_forwarding(Network *network, gconstpointer data)
{
    g_autoptr(GnfLink) off = NULL;
    g_autoptr(GnfLink) on = NULL;

    off = network_link(network, network->bond);
    g_assert_false(off->ipv6_forwarding);
    network_write("/proc/sys/net/ipv6/conf/bond0/forwarding", "1");
    on = network_link(network, network->bond);
    g_assert_true(on->ipv6_forwarding);
}

/* A dump that does not fit into one datagram: the answer is read to its end. */
static void
test_many_ports(Network *network, gconstpointer data)
{
    g_autoptr(GString) commands = g_string_new("link add br0 type bridge\n");
    g_autoptr(GPtrArray) ports = NULL;
    GError *error = NULL;

    for (int i = 0; i < 80; i++)
        g_string_append_printf(commands, "link add many%d master br0 type dummy\n", i);
    network_ip(commands->str);
    ports = gnf_link_list_ports(network->netlink, network_index("br0"), &error);
    g_assert_no_error(error);
    g_assert_cmpuint(ports->len, ==, 80);
}

#define ADD(path, data, func)                                                                      \
    g_test_add(path, Network, data, network_set_up, func, network_tear_down)

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    ADD("/link/get/veth", NULL, test_get_veth);
    ADD("/link/get/by-name", NULL, test_get_by_name);
    ADD("/link/get/gone", NULL, test_get_gone);
    ADD("/link/get/carrier-of-the-link-itself", NULL, test_carrier);
    ADD("/link/get/ipv6-forwarding", "bond", test_ipv6_forwarding);
    ADD("/link/ports/in-the-order-of-the-bond", "bond", test_ports_in_bond_order);
    ADD("/link/ports/bridge", NULL, test_ports_of_bridge);
    ADD("/link/ports/gone", NULL, test_ports_gone);
    ADD("/link/ports/many", NULL, test_many_ports);
    ADD("/link/uppers/direct-ones-only", "bond", test_uppers);
    ADD("/link/controller/enslaves-a-port-that-is-up", "bond", test_enslave_up_port);
    ADD("/link/controller/idempotent", "bond", test_enslave_is_idempotent);
    ADD("/link/controller/release-keeps-the-bond-up", "bond", test_release);
    ADD("/link/controller/refusal-has-the-kernels-text", "bond", test_enslave_refused);
    ADD("/link/controller/gone", "bond", test_controller_gone);
    ADD("/link/mtu", "bond", test_mtu);
    return g_test_run();
}
