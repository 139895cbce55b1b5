/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages about links, whole and damaged. Nothing the kernel (or whoever pretends to be it) sends
 * may be read beyond its end: run under AddressSanitizer, each message is in a block of its size.
 */
#include "netlink/link-parse.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "netlink/request.h"

static void
put_string(GnfMessage *message, int type, const char *value)
{
    gnf_message_put(message, type, value, (int)strlen(value) + 1);
}

static void
put_u8(GnfMessage *message, int type, guint8 value)
{
    gnf_message_put(message, type, &value, sizeof value);
}

static void
put_bond_port(GnfMessage *message, const guint8 mac[6])
{
    struct nlattr *info = nla_nest_start(message, IFLA_LINKINFO);
    struct nlattr *data;

    put_string(message, IFLA_INFO_SLAVE_KIND, "bond");
    data = nla_nest_start(message, IFLA_INFO_SLAVE_DATA);
    put_u8(message, IFLA_BOND_SLAVE_STATE, 1);
    put_u8(message, IFLA_BOND_SLAVE_MII_STATUS, GNF_MII_BACK);
    gnf_message_put(message, IFLA_BOND_SLAVE_PERM_HWADDR, mac, 6);
    nla_nest_end(message, data);
    nla_nest_end(message, info);
}

static GnfMessage *
new_link(guint32 flags)
{
    GnfMessage *message = gnf_message_new_link(RTM_NEWLINK, 0, 5);
    struct ifinfomsg *info = nlmsg_data(nlmsg_hdr(message));

    info->ifi_flags = flags;
    put_string(message, IFLA_IFNAME, "ens5");
    put_u8(message, IFLA_CARRIER, 1);
    return message;
}

static GnfLink *
parse(GnfMessage *message)
{
    GnfLink *link = gnf_link_parse(nlmsg_hdr(message));

    g_assert_nonnull(link);
    return link;
}

static void
test_parent(void)
{
    g_autoptr(GnfMessage) message = new_link(IFF_UP);
    g_autoptr(GnfLink) link = NULL;

    put_string(message, IFLA_PARENT_DEV_NAME, "0000:05:00.0");
    put_string(message, IFLA_PARENT_DEV_BUS_NAME, "pci");
    link = parse(message);
    g_assert_cmpint(link->ifindex, ==, 5);
    g_assert_cmpstr(link->name, ==, "ens5");
    g_assert_cmpstr(link->parent_bus, ==, "pci");
    g_assert_cmpstr(link->parent_device, ==, "0000:05:00.0");
    g_assert_nonnull(link->alt_names);
    g_assert_true(link->carrier);
}

static void
test_permanent_mac(void)
{
    static const guint8 permanent[] = {0x02, 0, 0, 0, 0xAB, 1};
    static const guint8 enslaved[] = {0x02, 0, 0, 0, 0xAB, 2};
    g_autoptr(GnfMessage) from_port = new_link(IFF_UP);
    g_autoptr(GnfMessage) from_device = new_link(IFF_UP);
    g_autoptr(GnfLink) port = NULL;
    g_autoptr(GnfLink) device = NULL;

    put_bond_port(from_port, enslaved);
    port = parse(from_port);
    g_assert_cmpstr(port->permanent_mac, ==, "02:00:00:00:ab:02");
    g_assert_false(port->bond_port->active);
    g_assert_cmpint(port->bond_port->mii, ==, GNF_MII_BACK);
    g_assert_false(port->bond_port->has_priority);
    put_bond_port(from_device, enslaved);
    gnf_message_put(from_device, IFLA_PERM_ADDRESS, permanent, sizeof permanent);
    device = parse(from_device);
    g_assert_cmpstr(device->permanent_mac, ==, "02:00:00:00:ab:01");
}

/* netif_carrier_ok may still be true of a NIC that has been set down. */
static void
test_no_carrier_while_down(void)
{
    g_autoptr(GnfMessage) message = new_link(0);
    g_autoptr(GnfLink) link = parse(message);

    g_assert_false(link->up);
    g_assert_false(link->carrier);
}

/* The driver has its link, the kernel does not send by it yet. */
static void
test_no_carrier_before_link_watch(void)
{
    static const struct {
        guint8 state;
        gboolean carrier;
    } cases[] = {
        {IF_OPER_UNKNOWN, TRUE},
        {IF_OPER_DOWN, FALSE},
        {IF_OPER_LOWERLAYERDOWN, FALSE},
        {IF_OPER_DORMANT, TRUE},
        {IF_OPER_UP, TRUE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GnfMessage) message = new_link(IFF_UP);
        g_autoptr(GnfLink) link = NULL;

        put_u8(message, IFLA_OPERSTATE, cases[i].state);
        link = parse(message);
        g_assert_cmpint(link->carrier, ==, cases[i].carrier);
    }
}

static void
test_other_family(void)
{
    g_autoptr(GnfMessage) message = new_link(IFF_UP);
    struct ifinfomsg *info = nlmsg_data(nlmsg_hdr(message));

    info->ifi_family = AF_BRIDGE;
    g_assert_null(gnf_link_parse(nlmsg_hdr(message)));
}

static void
test_without_name(void)
{
    g_autoptr(GnfMessage) message = gnf_message_new_link(RTM_NEWLINK, 0, 5);

    g_assert_null(gnf_link_parse(nlmsg_hdr(message)));
}

static void
test_notify_peers(void)
{
    g_autoptr(GnfMessage) yes = new_link(IFF_UP);
    g_autoptr(GnfMessage) no = new_link(IFF_UP);
    int ifindex = 0;

    gnf_message_put_u32(yes, IFLA_EVENT, IFLA_EVENT_NOTIFY_PEERS);
    gnf_message_put_u32(no, IFLA_EVENT, IFLA_EVENT_BONDING_FAILOVER);
    g_assert_false(gnf_link_parse_notify_peers(nlmsg_hdr(no), &ifindex));
    g_assert_cmpint(ifindex, ==, 0);
    g_assert_true(gnf_link_parse_notify_peers(nlmsg_hdr(yes), &ifindex));
    g_assert_cmpint(ifindex, ==, 5);
}

static GnfMessage *
new_rich_link(void)
{
    static const guint8 mac[] = {0x02, 0, 0, 0, 0, 1};
    GnfMessage *message = new_link(IFF_UP);
    struct nlattr *list = nla_nest_start(message, IFLA_PROP_LIST);

    put_string(message, IFLA_ALT_IFNAME, "an-alternative-name");
    nla_nest_end(message, list);
    gnf_message_put(message, IFLA_ADDRESS, mac, sizeof mac);
    gnf_message_put_u32(message, IFLA_MTU, 1500);
    put_bond_port(message, mac);
    gnf_message_put_u32(message, IFLA_EVENT, IFLA_EVENT_NOTIFY_PEERS);
    return message;
}

static void
parse_copy(const void *bytes, gsize size)
{
    struct nlmsghdr *copy = g_memdup2(bytes, size);
    g_autoptr(GnfLink) link = NULL;
    int ifindex = 0;

    copy->nlmsg_len = (guint32)size;
    link = gnf_link_parse(copy);
    gnf_link_parse_notify_peers(copy, &ifindex);
    if (link)
        g_assert_nonnull(link->name);
    g_free(copy);
}

static void
test_truncated(void)
{
    g_autoptr(GnfMessage) message = new_rich_link();
    const struct nlmsghdr *header = nlmsg_hdr(message);

    for (gsize size = sizeof *header; size <= header->nlmsg_len; size++)
        parse_copy(header, size);
}

static void
test_damaged(void)
{
    g_autoptr(GnfMessage) message = new_rich_link();
    g_autoptr(GRand) random = g_rand_new_with_seed(0xabcdef);
    const gsize size = nlmsg_hdr(message)->nlmsg_len;

    for (int round = 0; round < 20000; round++) {
        g_autofree guint8 *copy = g_memdup2(nlmsg_hdr(message), size);

        for (int i = 0; i < 4; i++)
            copy[g_rand_int_range(random, sizeof(struct nlmsghdr), (gint32)size)] =
                (guint8)g_rand_int_range(random, 0, 40);
        parse_copy(copy, size);
    }
}

/* An NLMSG_ERROR or NLMSG_DONE of our own making. */
static GnfMessage *
new_end(int type, int flags, int number, const char *text)
{
    GnfMessage *message = nlmsg_alloc_simple(type, flags);
    struct nlmsgerr error = {.error = number};
    gsize size = type == NLMSG_DONE ? sizeof number : sizeof error;

    g_assert_cmpint(nlmsg_append(message, &error, size, NLMSG_ALIGNTO), ==, 0);
    if (text)
        put_string(message, NLMSGERR_ATTR_MSG, text);
    return message;
}

static void
assert_end(int type, int flags, int number, const char *text, const char *expected)
{
    g_autoptr(GnfMessage) message = new_end(type, flags, number, text);
    g_autofree char *parsed = NULL;

    g_assert_cmpint(gnf_netlink_parse_end(nlmsg_hdr(message), &parsed), ==, -number);
    g_assert_cmpstr(parsed, ==, expected);
}

static void
test_end(void)
{
    assert_end(NLMSG_ERROR, NLM_F_ACK_TLVS, -EBUSY, "in use", "in use");
    assert_end(NLMSG_ERROR, 0, -EBUSY, "not an attribute: the flag is clear", NULL);
    assert_end(NLMSG_ERROR, 0, 0, NULL, NULL);
    assert_end(NLMSG_DONE, NLM_F_ACK_TLVS, -ENODEV, "no such", "no such");
    assert_end(NLMSG_DONE, 0, 0, NULL, NULL);
}

static void
test_end_truncated(void)
{
    g_autoptr(GnfMessage) message = new_end(NLMSG_ERROR, NLM_F_ACK_TLVS, -EBUSY, "in use");
    const struct nlmsghdr *header = nlmsg_hdr(message);

    for (gsize size = sizeof *header; size <= header->nlmsg_len; size++) {
        struct nlmsghdr *copy = g_memdup2(header, size);
        g_autofree char *text = NULL;

        copy->nlmsg_len = (guint32)size;
        gnf_netlink_parse_end(copy, &text);
        g_assert_true(!text || g_str_has_prefix("in use", text));
        g_free(copy);
    }
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/link-parse/parent", test_parent);
    g_test_add_func("/link-parse/permanent-mac/device-first-then-port", test_permanent_mac);
    g_test_add_func("/link-parse/no-carrier-while-down", test_no_carrier_while_down);
    g_test_add_func("/link-parse/no-carrier-before-link-watch", test_no_carrier_before_link_watch);
    g_test_add_func("/link-parse/other-family-is-no-link", test_other_family);
    g_test_add_func("/link-parse/without-name-is-no-link", test_without_name);
    g_test_add_func("/link-parse/notify-peers", test_notify_peers);
    g_test_add_func("/link-parse/truncated-anywhere", test_truncated);
    g_test_add_func("/link-parse/damaged-anywhere", test_damaged);
    g_test_add_func("/link-parse/end/kernel-text", test_end);
    g_test_add_func("/link-parse/end/truncated-anywhere", test_end_truncated);
    return g_test_run();
}
