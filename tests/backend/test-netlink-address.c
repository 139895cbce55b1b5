/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Listing and flushing the addresses of one link among others.
 */
#include "netlink/address.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/backend/network.h"

static GArray *
list(Network *network, const char *name)
{
    GError *error = NULL;
    GArray *addresses = gnf_address_list(network->netlink, network_index(name), &error);

    g_assert_no_error(error);
    g_assert_nonnull(addresses);
    return addresses;
}

static void
make_addresses(void)
{
    network_ip("link add one type dummy\n"
               "link add other type dummy\n"
               "address add 192.0.2.1/24 dev one\n"
               "address add 192.0.2.2/24 dev one\n"
               "address add 198.51.100.1 peer 198.51.100.9/32 dev one\n"
               "address add 2001:db8::1/64 dev one nodad\n"
               "address add 192.0.2.77/24 dev other\n"
               "address add 2001:db8::77/64 dev other nodad");
}

static void
test_list(Network *network, gconstpointer data)
{
    static const guint8 first[] = {192, 0, 2, 1};
    static const guint8 with_peer[] = {198, 51, 100, 1};
    static const guint8 last[] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
    g_autoptr(GArray) addresses = NULL;
    const GnfAddress *address;

    make_addresses();
    addresses = list(network, "one");
    g_assert_cmpuint(addresses->len, ==, 4);
    address = &g_array_index(addresses, GnfAddress, 0);
    g_assert_cmpint(address[0].family, ==, AF_INET);
    g_assert_cmpmem(address[0].bytes, 4, first, 4);
    g_assert_cmpuint(address[0].prefix_length, ==, 24);
    g_assert_cmpuint(address[0].scope, ==, RT_SCOPE_UNIVERSE);
    /* The kernel lists secondaries last; which one the peer's is, its address tells. */
    g_assert_true(memcmp(address[1].bytes, with_peer, 4) == 0 ||
                  memcmp(address[2].bytes, with_peer, 4) == 0);
    g_assert_cmpint(address[3].family, ==, AF_INET6);
    g_assert_cmpmem(address[3].bytes, 16, last, 16);
    g_assert_true(address[3].flags & IFA_F_NODAD);
}

static void
test_list_none(Network *network, gconstpointer data)
{
    g_autoptr(GArray) addresses = NULL;

    network_ip("link add one type dummy");
    addresses = list(network, "one");
    g_assert_cmpuint(addresses->len, ==, 0);
}

static void
test_list_gone(Network *network, gconstpointer data)
{
    GError *error = NULL;

    g_assert_null(gnf_address_list(network->netlink, 4711, &error));
    g_assert_true(gnf_netlink_error_is_gone(error));
    g_clear_error(&error);
}

static void
test_flush(Network *network, gconstpointer data)
{
    g_autoptr(GArray) flushed = NULL;
    g_autoptr(GArray) left = NULL;
    GError *error = NULL;

    make_addresses();
    for (int i = 0; i < 2; i++) {
        g_assert_true(gnf_address_flush(network->netlink, network_index("one"), &error));
        g_assert_no_error(error);
    }
    flushed = list(network, "one");
    left = list(network, "other");
    g_assert_cmpuint(flushed->len, ==, 0);
    g_assert_cmpuint(left->len, ==, 2);
}

#define ADD(path, func) g_test_add(path, Network, NULL, network_set_up, func, network_tear_down)

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    ADD("/address/list/this-link-only", test_list);
    ADD("/address/list/none", test_list_none);
    ADD("/address/list/gone", test_list_gone);
    ADD("/address/flush/this-link-only-and-idempotent", test_flush);
    return g_test_run();
}
