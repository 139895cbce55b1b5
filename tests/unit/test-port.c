/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Tests of ifcfg-backend/port.c: which NIC a file means.
 */
#include "ifcfg-backend/port.h"

#define MAC "52:54:00:00:00:0a"
#define OTHER_MAC "52:54:00:00:00:0b"

typedef struct {
    const char *name;
    GnfPortKind kind;
    GnfFit fit;
    const char *text;
    const char *interface;
} Match;

static const Match matches[] = {
    {"name", GNF_PORT_NAME, GNF_FIT_NAME, "eth0", "eth0"},
    {"name-other", GNF_PORT_NAME, GNF_FIT_NONE, "eth0", "eth00"},
    {"name-is-no-pattern", GNF_PORT_NAME, GNF_FIT_NONE, "eth*", "eth0"},
    {"glob", GNF_PORT_GLOB, GNF_FIT_PATTERN, "eth*", "eth0"},
    {"glob-whole", GNF_PORT_GLOB, GNF_FIT_NONE, "eth?", "eth00"},
    {"range-first", GNF_PORT_RANGE, GNF_FIT_PATTERN, "swp1-4", "swp1"},
    {"range-last", GNF_PORT_RANGE, GNF_FIT_PATTERN, "swp1-4", "swp4"},
    {"range-before", GNF_PORT_RANGE, GNF_FIT_NONE, "swp1-4", "swp0"},
    {"range-behind", GNF_PORT_RANGE, GNF_FIT_NONE, "swp1-4", "swp5"},
    {"range-by-value", GNF_PORT_RANGE, GNF_FIT_PATTERN, "swp9-11", "swp10"},
    {"range-zero-in-front", GNF_PORT_RANGE, GNF_FIT_NONE, "swp1-4", "swp01"},
    {"range-zero", GNF_PORT_RANGE, GNF_FIT_PATTERN, "swp0-4", "swp0"},
    {"range-no-number", GNF_PORT_RANGE, GNF_FIT_NONE, "swp1-4", "swp"},
    {"range-more", GNF_PORT_RANGE, GNF_FIT_NONE, "swp1-4", "swp1x"},
    {"range-suffix", GNF_PORT_RANGE, GNF_FIT_PATTERN, "swp1-4.100", "swp2.100"},
    {"range-suffix-other", GNF_PORT_RANGE, GNF_FIT_NONE, "swp1-4.100", "swp2.101"},
    {"range-brackets", GNF_PORT_RANGE, GNF_FIT_PATTERN, "swp[1-4]", "swp3"},
    {"range-digits-behind", GNF_PORT_RANGE, GNF_FIT_PATTERN, "swp[1-12]0", "swp110"},
    {"range-digits-behind-other", GNF_PORT_RANGE, GNF_FIT_NONE, "swp[1-12]0", "swp130"},
    {"range-two", GNF_PORT_RANGE, GNF_FIT_PATTERN, "swp[1-2]s[0-3].7", "swp2s3.7"},
    {"range-two-first-out", GNF_PORT_RANGE, GNF_FIT_NONE, "swp[1-2]s[0-3]", "swp3s3"},
    {"range-two-second-out", GNF_PORT_RANGE, GNF_FIT_NONE, "swp[1-2]s[0-3]", "swp2s4"},
    {"range-backwards", GNF_PORT_RANGE, GNF_FIT_NONE, "swp4-1", "swp2"},
    {"range-name-with-hyphen", GNF_PORT_RANGE, GNF_FIT_PATTERN, "a-b1-2", "a-b2"},
    {"regex", GNF_PORT_REGEX, GNF_FIT_PATTERN, "swp[13]", "swp3"},
    {"regex-anchored-at-the-end", GNF_PORT_REGEX, GNF_FIT_NONE, "swp1", "swp12"},
    {"regex-open-at-the-beginning", GNF_PORT_REGEX, GNF_FIT_PATTERN, "p1", "swp1"},
    {"regex-alternatives-anchored", GNF_PORT_REGEX, GNF_FIT_NONE, "a|b", "ax"},
    {"mac-by-name", GNF_PORT_MAC, GNF_FIT_NONE, MAC, "eth0"},
};

static void
test_match(gconstpointer data)
{
    const Match *match = data;
    g_autofree char *text = g_strdup(match->text);
    const GnfPort port = {match->kind, text, NULL};

    g_assert_true(gnf_port_is_valid(&port));
    g_assert_cmpint(gnf_port_get_fit(&port, match->interface, NULL), ==, match->fit);
    g_assert_cmpint(gnf_port_get_fit(&port, NULL, NULL), ==, GNF_FIT_NONE);
}

/* The file's MAC is what the NIC has to have; the name only counts where no MAC is known. */
static void
test_mac_decides(void)
{
    char name[] = "eth0";
    char mac[] = MAC;
    const GnfPort port = {GNF_PORT_NAME, name, mac};
    const GnfPort by_mac = {GNF_PORT_MAC, mac, NULL};

    g_assert_cmpint(gnf_port_get_fit(&port, "eth0", MAC), ==, GNF_FIT_MAC);
    g_assert_cmpint(gnf_port_get_fit(&port, "ens4", MAC), ==, GNF_FIT_MAC);
    g_assert_cmpint(gnf_port_get_fit(&port, "eth0", OTHER_MAC), ==, GNF_FIT_NONE);
    g_assert_cmpint(gnf_port_get_fit(&port, "eth0", NULL), ==, GNF_FIT_NAME);
    g_assert_cmpint(gnf_port_get_fit(&by_mac, "ens4", MAC), ==, GNF_FIT_MAC);
    g_assert_cmpint(gnf_port_get_fit(&by_mac, NULL, MAC), ==, GNF_FIT_MAC);
}

typedef struct {
    GnfPortKind kind;
    const char *text;
} Bad;

static const Bad bad[] = {
    {GNF_PORT_NAME, ""},
    {GNF_PORT_NAME, "."},
    {GNF_PORT_NAME, ".."},
    {GNF_PORT_NAME, "sixteen-bytes-ab"},
    {GNF_PORT_NAME, "a/b"},
    {GNF_PORT_NAME, "eth0:1"},
    {GNF_PORT_NAME, "a b"},
    {GNF_PORT_NAME, "a\tb"},
    {GNF_PORT_NAME, "eth%d"},
    {GNF_PORT_NAME, "eth$N"},
    {GNF_PORT_NAME, "eth\xff"},
    {GNF_PORT_MAC, "52:54:00:00:00:0A"},
    {GNF_PORT_MAC, "52:54:00:00:00"},
    {GNF_PORT_GLOB, ""},
    {GNF_PORT_RANGE, "eth0"},
    {GNF_PORT_RANGE, "eth[0-1"},
    {GNF_PORT_RANGE, "eth[0-]"},
    {GNF_PORT_RANGE, "eth[-1]"},
    {GNF_PORT_RANGE, "e[0-1]t[0-1]h[0-1]"},
    {GNF_PORT_RANGE, "eth[0-12345678901234567890]"},
    {GNF_PORT_REGEX, "(eth"},
    {GNF_PORT_REGEX, "eth)"},
};

static void
test_not_valid(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *text = g_strdup(bad[i].text);
        g_autofree char *printable = g_strescape(text, NULL);
        const GnfPort port = {bad[i].kind, text, NULL};

        g_test_message("\"%s\"", printable);
        g_assert_false(gnf_port_is_valid(&port));
        g_assert_cmpint(gnf_port_get_fit(&port, "eth", OTHER_MAC), ==, GNF_FIT_NONE);
    }
}

static void
test_mac_form(void)
{
    g_autofree char *upper = gnf_mac_normalise("52:54:00:AB:cd:EF");
    g_autofree char *hyphens = gnf_mac_normalise("52-54-00-ab-cd-ef");

    g_assert_cmpstr(upper, ==, "52:54:00:ab:cd:ef");
    g_assert_cmpstr(hyphens, ==, "52:54:00:ab:cd:ef");
    g_assert_null(gnf_mac_normalise(""));
    g_assert_null(gnf_mac_normalise("52:54:00:ab:cd:e"));
    g_assert_null(gnf_mac_normalise("52:54:00:ab:cd:eg"));
    g_assert_null(gnf_mac_normalise("52.54.00.ab.cd.ef"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(matches); i++) {
        g_autofree char *path = g_strconcat("/port/match/", matches[i].name, NULL);

        g_test_add_data_func(path, &matches[i], test_match);
    }
    g_test_add_func("/port/mac/decides", test_mac_decides);
    g_test_add_func("/port/mac/form", test_mac_form);
    g_test_add_func("/port/not-valid", test_not_valid);
    return g_test_run();
}
