/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Tests of networkd-backend/network-file.c: what a .network file says, and which NICs it is for.
 */
#include "networkd-backend/network-file.h"

static const char *const alternative_names[] = {"enx525400770001", NULL};
static const GnfNetworkNic old_nic = {
    .interface = "enp1s0",
    .alternative_names = alternative_names,
    .mac = "52:54:00:77:00:01",
    .driver = "e1000e",
    .path = "pci-0000:01:00.0",
};
static const GnfNetworkNic new_nic = {
    .interface = "enp2s0",
    .mac = "52:54:00:77:00:0a",
    .driver = "iavf",
    .path = "pci-0000:02:00.0",
};

static GnfNetworkFile *
file_of(const char *text)
{
    GnfNetworkFile *file = gnf_network_file_new("/etc/systemd/network/20-primary.network");

    gnf_network_file_add(file, text);
    return file;
}

typedef struct {
    const char *name;
    const char *match;
    GnfFit old_fit;
    GnfFit new_fit;
} FitCase;

static const FitCase fit_cases[] = {
    {"name", "Name=enp1s0", GNF_FIT_YES, GNF_FIT_NO},
    {"name-of-several", "Name=eth0 enp1s0", GNF_FIT_YES, GNF_FIT_NO},
    {"name-glob", "Name=enp*", GNF_FIT_YES, GNF_FIT_YES},
    {"name-glob-set", "Name=enp[13]s0", GNF_FIT_YES, GNF_FIT_NO},
    {"name-is-whole", "Name=enp1", GNF_FIT_NO, GNF_FIT_NO},
    {"name-alternative", "Name=enx525400770001", GNF_FIT_YES, GNF_FIT_NO},
    {"name-not", "Name=!enp2s0", GNF_FIT_YES, GNF_FIT_NO},
    {"name-not-any-of-several", "Name=!eth0 enp1s0", GNF_FIT_NO, GNF_FIT_YES},
    {"name-not-alternative", "Name=!enx*", GNF_FIT_NO, GNF_FIT_YES},
    {"name-but-not", "Name=enp*\nName=!enp2s0", GNF_FIT_YES, GNF_FIT_NO},
    {"name-quoted", "Name=\"enp1s0\"", GNF_FIT_YES, GNF_FIT_NO},
    {"name-twice-adds", "Name=enp1s0\nName=enp2s0", GNF_FIT_YES, GNF_FIT_YES},
    {"name-forgotten", "Name=enp1s0\nName=\nName=enp2s0", GNF_FIT_NO, GNF_FIT_YES},
    {"permanent-mac", "PermanentMACAddress=52:54:00:77:00:0A", GNF_FIT_NO, GNF_FIT_YES},
    {"mac", "MACAddress=52:54:00:77:00:01", GNF_FIT_YES, GNF_FIT_NO},
    {"mac-of-several", "MACAddress=52:54:00:77:00:01 52:54:00:77:00:0a", GNF_FIT_YES, GNF_FIT_YES},
    {"mac-with-hyphens", "MACAddress=52-54-00-77-00-01", GNF_FIT_YES, GNF_FIT_NO},
    {"mac-with-dots", "MACAddress=5254.0077.0001", GNF_FIT_YES, GNF_FIT_NO},
    {"mac-that-is-none", "MACAddress=52:54:00:77:00", GNF_FIT_NO, GNF_FIT_NO},
    {"driver", "Driver=e1000*", GNF_FIT_YES, GNF_FIT_NO},
    {"path", "Path=pci-0000:01:*", GNF_FIT_YES, GNF_FIT_NO},
    {"type", "Type=ether", GNF_FIT_YES, GNF_FIT_YES},
    {"type-not", "Type=!ether", GNF_FIT_NO, GNF_FIT_NO},
    {"kind", "Kind=bond", GNF_FIT_NO, GNF_FIT_NO},
    {"wireless", "SSID=home", GNF_FIT_NO, GNF_FIT_NO},
    {"all-must", "Name=enp*\nDriver=iavf", GNF_FIT_NO, GNF_FIT_YES},
    {"machine", "Host=guest\nName=enp1s0", GNF_FIT_UNKNOWN, GNF_FIT_NO},
    {"machine-last", "Name=enp1s0\nHost=guest", GNF_FIT_UNKNOWN, GNF_FIT_NO},
    {"property", "Property=ID_X=1\nName=enp2s0", GNF_FIT_NO, GNF_FIT_UNKNOWN},
    {"nothing-said", "", GNF_FIT_NO, GNF_FIT_NO},
    {"unknown-key-alone", "Nome=enp1s0", GNF_FIT_NO, GNF_FIT_NO},
    {"unknown-key-beside", "Nome=x\nName=enp1s0", GNF_FIT_YES, GNF_FIT_NO},
};

static void
test_fit(gconstpointer data)
{
    const FitCase *fit = data;
    g_autofree char *text = g_strdup_printf("[Match]\n%s\n\n[Network]\nBond=bond0\n", fit->match);
    g_autoptr(GnfNetworkFile) file = file_of(text);

    g_assert_cmpint(gnf_network_file_fits(file, &old_nic), ==, fit->old_fit);
    g_assert_cmpint(gnf_network_file_fits(file, &new_nic), ==, fit->new_fit);
}

static void
test_names(void)
{
    static const struct {
        const char *match;
        gboolean is_named;
    } cases[] = {
        {"Name=enp1s0", TRUE},
        {"Name=eth0 enp1s0\nDriver=e1000e", TRUE},
        {"Name=enp*", FALSE},
        {"Name=enp1s0 enp*", FALSE},
        {"Name=!enp2s0", FALSE},
        {"Name=enx525400770001", FALSE},
        {"PermanentMACAddress=52:54:00:77:00:01", FALSE},
        {"", FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strdup_printf("[Match]\n%s\n", cases[i].match);
        g_autoptr(GnfNetworkFile) file = file_of(text);

        g_assert_cmpint(gnf_network_file_names(file, "enp1s0"), ==, cases[i].is_named);
    }
}

/* A NIC whose driver gives no permanent MAC has none that could fit. */
static void
test_no_mac(void)
{
    const GnfNetworkNic nic = {.interface = "enp1s0"};
    g_autoptr(GnfNetworkFile) file = file_of("[Match]\nMACAddress=52:54:00:77:00:01\n");
    g_autofree char *misfits = gnf_network_file_describe_misfits(file, &nic);

    g_assert_cmpint(gnf_network_file_fits(file, &nic), ==, GNF_FIT_NO);
    g_assert_cmpstr(misfits, ==, "MACAddress=52:54:00:77:00:01 (this NIC: none)");
}

static void
test_misfits(void)
{
    g_autoptr(GnfNetworkFile) file =
        file_of("[Match]\nName=enp1s0 eth*\nType=ether\nPermanentMACAddress=52:54:00:77:00:01\n");
    g_autofree char *of_old = gnf_network_file_describe_misfits(file, &old_nic);
    g_autofree char *of_new = gnf_network_file_describe_misfits(file, &new_nic);

    g_assert_null(of_old);
    g_assert_cmpstr(of_new,
                    ==,
                    "Name=enp1s0 eth* (this NIC: enp2s0), "
                    "PermanentMACAddress=52:54:00:77:00:01 (this NIC: 52:54:00:77:00:0a)");
}

typedef struct {
    const char *name;
    const char *text;
    const char *bond;
} BondCase;

static const BondCase bond_cases[] = {
    {"plain", "[Network]\nBond=bond0\n", "bond0"},
    {"blanks", "  [Network]  \n  Bond =  bond0  \n", "bond0"},
    {"no-newline-at-the-end", "[Network]\nBond=bond0", "bond0"},
    {"carriage-returns", "[Match]\r\nName=a\r\n[Network]\r\nBond=bond0\r\n", "bond0"},
    {"last-one-counts", "[Network]\nBond=bond0\n[Network]\nBond=bond1\n", "bond1"},
    {"forgotten", "[Network]\nBond=bond0\nBond=\n", NULL},
    {"comments", "# [Network]\n[Network]\n;Bond=bond1\n #Bond=bond2\nBond=bond0\n", "bond0"},
    {"other-section", "[Match]\nBond=bond0\n", NULL},
    {"no-section", "Bond=bond0\n", NULL},
    {"other-case", "[network]\nBond=bond0\n[Network]\nbond=bond1\n", NULL},
    {"continued", "[Network]\nBond=\\\nbond0\n", "bond0"},
    {"continued-with-carriage-returns", "[Network]\r\nBond=\\\r\nbond0\r\n", "bond0"},
    {"continued-over-a-comment", "[Network]\nBond=\\\n# not this\nbond0\n", "bond0"},
    {"continued-to-the-end", "[Network]\nBond=bond0\\", "bond0"},
    {"nothing", "", NULL},
};

static void
test_bond(gconstpointer data)
{
    const BondCase *bond = data;
    g_autoptr(GnfNetworkFile) file = file_of(bond->text);

    g_assert_cmpstr(gnf_network_file_get_bond(file), ==, bond->bond);
}

static void
test_drop_in(void)
{
    g_autoptr(GnfNetworkFile) file = file_of("[Match]\nName=enp1s0\n[Network]\nBond=bond0\n");

    gnf_network_file_add(file, "[Match]\nName=enp2s0\n[Network]\nBond=bond1\n");
    g_assert_cmpstr(gnf_network_file_get_bond(file), ==, "bond1");
    g_assert_cmpint(gnf_network_file_fits(file, &old_nic), ==, GNF_FIT_YES);
    g_assert_cmpint(gnf_network_file_fits(file, &new_nic), ==, GNF_FIT_YES);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(fit_cases); i++) {
        g_autofree char *path = g_strconcat("/network-file/fit/", fit_cases[i].name, NULL);
        g_test_add_data_func(path, &fit_cases[i], test_fit);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(bond_cases); i++) {
        g_autofree char *path = g_strconcat("/network-file/bond/", bond_cases[i].name, NULL);
        g_test_add_data_func(path, &bond_cases[i], test_bond);
    }
    g_test_add_func("/network-file/fit/no-mac", test_no_mac);
    g_test_add_func("/network-file/names", test_names);
    g_test_add_func("/network-file/misfits", test_misfits);
    g_test_add_func("/network-file/drop-in", test_drop_in);
    return g_test_run();
}
