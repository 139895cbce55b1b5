/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Tests of ifcfg-backend/membership.c: which membership counts, and that nothing is without a
 * limit.
 */
#include "ifcfg-backend/membership.h"

#include <string.h>

static char file[] = "/etc/file";
static const GnfPlace place = {file, 7};

static GnfMember *
add(GnfMembership *membership, const char *bond, GnfPortKind kind, const char *text)
{
    g_autofree char *copy = g_strdup(text);
    const GnfPort port = {kind, copy, NULL};

    return gnf_membership_add(membership, bond, &port, &place);
}

static void
assert_bond_of(const GnfMembership *membership, const char *name, const char *mac, const char *bond)
{
    const GnfMember *member = gnf_membership_find(membership, name, mac);

    g_assert_cmpstr(member ? member->bond : NULL, ==, bond);
}

/* Whatever the order in which they are said. */
static void
test_mac_before_name_before_pattern(void)
{
    g_autoptr(GnfMembership) membership = gnf_membership_new();

    add(membership, "by-glob", GNF_PORT_GLOB, "eth*");
    add(membership, "by-regex", GNF_PORT_REGEX, "eth.*");
    add(membership, "by-name", GNF_PORT_NAME, "eth0");
    add(membership, "by-mac", GNF_PORT_MAC, "52:54:00:00:00:01");
    assert_bond_of(membership, "eth0", "52:54:00:00:00:01", "by-mac");
    assert_bond_of(membership, "eth0", "52:54:00:00:00:02", "by-name");
    assert_bond_of(membership, "eth1", "52:54:00:00:00:02", "by-glob");
    assert_bond_of(membership, "ens1", "52:54:00:00:00:02", NULL);
    assert_bond_of(membership, NULL, NULL, NULL);
}

static void
test_port_of_one_bond(void)
{
    g_autoptr(GnfMembership) membership = gnf_membership_new();
    GnfMember *first = add(membership, "bond0", GNF_PORT_NAME, "eth0");

    g_assert_true(add(membership, "bond0", GNF_PORT_NAME, "eth0") == first);
    g_assert_null(add(membership, "bond1", GNF_PORT_NAME, "eth0"));
    g_assert_cmpuint(membership->members->len, ==, 1);
    g_assert_cmpuint(membership->notes->len, ==, 1);
    g_assert_cmpstr(
        membership->notes->pdata[0],
        ==,
        "/etc/file:7: eth0 is a port of bond0 already (/etc/file:7), bond1 is left out");
}

static void
test_members_are_limited(void)
{
    g_autoptr(GnfMembership) membership = gnf_membership_new();

    for (guint i = 0; i < GNF_MEMBERSHIP_MAX + 2; i++) {
        g_autofree char *name = g_strdup_printf("e%u", i);

        g_assert_true((add(membership, "bond0", GNF_PORT_NAME, name) != NULL) ==
                      (i < GNF_MEMBERSHIP_MAX));
    }
    g_assert_cmpuint(membership->members->len, ==, GNF_MEMBERSHIP_MAX);
    g_assert_cmpstr(membership->notes->pdata[0],
                    ==,
                    "/etc/file:7: more than 4096 entries; this and what follows is left out");
}

static void
test_notes_are_limited(void)
{
    g_autoptr(GnfMembership) membership = gnf_membership_new();

    for (guint i = 0; i < GNF_NOTES_MAX * 2; i++)
        gnf_membership_note(membership, "/etc/file", i + 1, "what");
    g_assert_cmpuint(membership->notes->len, ==, GNF_NOTES_MAX + 1);
    g_assert_cmpstr(membership->notes->pdata[GNF_NOTES_MAX - 1], ==, "/etc/file:100: what");
    g_assert_cmpstr(membership->notes->pdata[GNF_NOTES_MAX],
                    ==,
                    "more that is not understood is left out here");
}

static void
test_notes_are_one_line_of_text(void)
{
    g_autoptr(GnfMembership) membership = gnf_membership_new();

    gnf_membership_note(membership, "/etc/a\nb", 1, "\"%s\" \xff", "c\033[1m\td");
    g_assert_cmpstr(membership->notes->pdata[0], ==, "/etc/a?b:1: \"c?[1m?d\" \xef\xbf\xbd");
}

/* What was given first stays: a bond's own options are given before those in its ports' files. */
static void
test_options(void)
{
    g_autoptr(GnfMembership) membership = gnf_membership_new();
    GnfBondConfig *bond = gnf_membership_add_bond(membership, "bond0", &place);
    GnfMember *member = add(membership, "bond0", GNF_PORT_NAME, "eth0");

    gnf_membership_set_option(membership, bond, "mode", "1", &place);
    gnf_membership_set_option(membership, bond, "mode", "0", &place);
    gnf_membership_set_option(membership, bond, "miimon", "100", &place);
    gnf_membership_set_option(membership, bond, "miimon", "0", &place);
    gnf_membership_set_option(membership, bond, "primary", "eth0", &place);
    gnf_membership_set_option(membership, bond, "primary", " eth1\neth0 a/b", &place);
    gnf_membership_set_option(membership, bond, "queue_id", "eth0:65535 eth0:65536", &place);
    g_assert_cmpstr(bond->mode, ==, "1");
    g_assert_cmpuint(bond->options->len, ==, 1);
    g_assert_cmpstr(bond->options->pdata[0], ==, "miimon=100");
    g_assert_cmpuint(bond->primaries->len, ==, 2);
    g_assert_cmpstr(bond->primaries->pdata[0], ==, "eth0");
    g_assert_cmpstr(bond->primaries->pdata[1], ==, "eth1");
    g_assert_cmpint(member->queue_id, ==, 65535);
    g_assert_cmpuint(membership->notes->len, ==, 2);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/membership/find/mac-before-name-before-pattern",
                    test_mac_before_name_before_pattern);
    g_test_add_func("/membership/add/port-of-one-bond", test_port_of_one_bond);
    g_test_add_func("/membership/limit/members", test_members_are_limited);
    g_test_add_func("/membership/limit/notes", test_notes_are_limited);
    g_test_add_func("/membership/notes/one-line-of-text", test_notes_are_one_line_of_text);
    g_test_add_func("/membership/options", test_options);
    return g_test_run();
}
