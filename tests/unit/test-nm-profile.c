/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Tests of nm-backend/nm-profile.c: which NIC a profile fits, and how little makes it fit another.
 * Profiles are libnm objects in memory; no daemon, no bus.
 */
#include "nm-backend/nm-profile.h"

#define UUID "b0000000-0000-4000-8000-000000000002"
#define BOND_UUID "b0000000-0000-4000-8000-000000000000"
#define DISK_FILE "/etc/NetworkManager/system-connections/primary.nmconnection"

static const GnfNmNic old_nic = {"enp1s0", "52:54:00:00:00:01", "e1000e", "pci-0000:01:00.0"};
static const GnfNmNic new_nic = {"enp2s0", "52:54:00:00:00:77", "iavf", "pci-0000:02:00.0"};

/* A profile as the administrator wrote it: what ties it to a NIC is text, the rest is given. */
static NMConnection *
profile_new(const char *ties)
{
    g_autoptr(GKeyFile) keyfile = g_key_file_new();
    g_autoptr(GError) error = NULL;
    g_autofree char *text = g_strdup_printf("[connection]\nid=primary\nuuid=" UUID
                                            "\ntype=ethernet\nmaster=bond0\nslave-type=bond\n"
                                            "autoconnect-priority=7\n%s\n",
                                            ties);

    g_key_file_load_from_data(keyfile, text, (gsize)-1, G_KEY_FILE_NONE, &error);
    g_assert_no_error(error);
    NMConnection *profile =
        nm_keyfile_read(keyfile, "/", NM_KEYFILE_HANDLER_FLAGS_NONE, NULL, NULL, &error);
    g_assert_no_error(error);
    return profile;
}

static unsigned int
misfits_of(const char *ties, const GnfNmNic *nic)
{
    g_autoptr(NMConnection) profile = profile_new(ties);

    return gnf_nm_profile_get_misfits(profile, nic);
}

typedef struct {
    const char *name;
    const char *ties;
    unsigned int old_misfits;
    unsigned int new_misfits;
} FitCase;

static const FitCase fit_cases[] = {
    {"untied", "", 0, 0},
    {"interface-name", "interface-name=enp1s0", 0, GNF_NM_TIE_INTERFACE_NAME},
    {"mac-address", "[ethernet]\nmac-address=52:54:00:00:00:01", 0, GNF_NM_TIE_MAC_ADDRESS},
    {"mac-address-denied",
     "[ethernet]\nmac-address-blacklist=52:54:00:00:00:77",
     0,
     GNF_NM_TIE_EXCLUDED},
    {"cloned-mac-is-no-tie", "[ethernet]\ncloned-mac-address=52:54:00:00:00:99", 0, 0},
    {"pattern", "[match]\ninterface-name=enp1*", 0, GNF_NM_TIE_MATCH_INTERFACE_NAME},
    {"pattern-of-both", "[match]\ninterface-name=enp*", 0, 0},
    {"one-of-several", "[match]\ninterface-name=enp2*;enp1*", 0, 0},
    {"mandatory", "[match]\ninterface-name=&enp1*", 0, GNF_NM_TIE_MATCH_INTERFACE_NAME},
    {"mandatory-and-optional",
     "[match]\ninterface-name=&enp1*;|*s0",
     0,
     GNF_NM_TIE_MATCH_INTERFACE_NAME},
    {"excluded",
     "[match]\ninterface-name=!enp2s0",
     0,
     GNF_NM_TIE_MATCH_INTERFACE_NAME | GNF_NM_TIE_EXCLUDED},
    {"excluded-mandatory",
     "[match]\ninterface-name=&!enp2s0",
     0,
     GNF_NM_TIE_MATCH_INTERFACE_NAME | GNF_NM_TIE_EXCLUDED},
    {"excluded-other", "[match]\ninterface-name=!eth*", 0, 0},
    {"optional-inverted", "[match]\ninterface-name=|!enp2s0", 0, GNF_NM_TIE_MATCH_INTERFACE_NAME},
    {"escaped",
     "[match]\ninterface-name=\\\\!enp1s0",
     GNF_NM_TIE_MATCH_INTERFACE_NAME,
     GNF_NM_TIE_MATCH_INTERFACE_NAME},
    {"driver", "[match]\ndriver=e1000e", 0, GNF_NM_TIE_MATCH_DRIVER},
    {"path", "[match]\npath=pci-0000:01:*", 0, GNF_NM_TIE_MATCH_PATH},
    {"everything",
     "interface-name=enp1s0\n[ethernet]\nmac-address=52:54:00:00:00:01\n"
     "[match]\npath=pci-0000:01:00.0",
     0,
     GNF_NM_TIE_INTERFACE_NAME | GNF_NM_TIE_MAC_ADDRESS | GNF_NM_TIE_MATCH_PATH},
};

static void
test_fit(gconstpointer data)
{
    const FitCase *fit = data;

    g_assert_cmphex(misfits_of(fit->ties, &old_nic), ==, fit->old_misfits);
    g_assert_cmphex(misfits_of(fit->ties, &new_nic), ==, fit->new_misfits);
}

static void
test_unknown_fits(void)
{
    const GnfNmNic unknown = {.interface = "enp1s0"};

    g_assert_cmphex(misfits_of("[ethernet]\nmac-address=52:54:00:00:00:01", &unknown), ==, 0);
    g_assert_cmphex(misfits_of("[match]\npath=a;\ndriver=b;", &unknown), ==, 0);
    g_assert_cmphex(misfits_of("interface-name=enp9s0", &unknown), ==, GNF_NM_TIE_INTERFACE_NAME);
}

/* Whatever kept it from fitting: afterwards it fits, and again when it goes back. */
static void
test_point_there_and_back(gconstpointer data)
{
    const FitCase *fit = data;
    g_autoptr(NMConnection) profile = profile_new(fit->ties);
    g_autoptr(NMConnection) there = gnf_nm_profile_point_at(profile, &new_nic);

    if (fit->new_misfits & GNF_NM_TIE_EXCLUDED) {
        g_assert_null(there);
        return;
    }
    g_autoptr(NMConnection) back = gnf_nm_profile_point_at(there, &old_nic);
    g_assert_cmphex(gnf_nm_profile_get_misfits(there, &new_nic), ==, 0);
    g_assert_cmphex(gnf_nm_profile_get_misfits(back, &old_nic), ==, 0);
    g_assert_true(nm_connection_compare(profile, there, NM_SETTING_COMPARE_FLAG_EXACT) ==
                  (fit->new_misfits == 0));
    g_assert_cmpstr(nm_connection_get_uuid(there), ==, UUID);
}

static void
test_point_changes_only_what_does_not_fit(void)
{
    g_autoptr(NMConnection) profile =
        profile_new("interface-name=enp1s0\n[ethernet]\nmac-address=52:54:00:00:00:77\nmtu=9000\n"
                    "cloned-mac-address=52:54:00:00:00:99");
    g_autoptr(NMConnection) there = gnf_nm_profile_point_at(profile, &new_nic);

    g_assert_cmpstr(nm_connection_get_interface_name(profile), ==, "enp1s0");
    g_assert_cmpstr(nm_connection_get_interface_name(there), ==, "enp2s0");
    g_object_set(nm_connection_get_setting_connection(there),
                 NM_SETTING_CONNECTION_INTERFACE_NAME,
                 "enp1s0",
                 NULL);
    g_assert_true(nm_connection_compare(profile, there, NM_SETTING_COMPARE_FLAG_EXACT));
}

static void
test_point_keeps_patterns_that_fit(void)
{
    g_autoptr(NMConnection) profile =
        profile_new("[match]\ninterface-name=&enp*;!eth0;&*1s0;lan*;wan*");
    g_autoptr(NMConnection) there = gnf_nm_profile_point_at(profile, &new_nic);
    NMSettingMatch *match =
        NM_SETTING_MATCH(nm_connection_get_setting(there, NM_TYPE_SETTING_MATCH));

    g_assert_cmpuint(nm_setting_match_get_num_interface_names(match), ==, 4);
    g_assert_cmpstr(nm_setting_match_get_interface_name(match, 0), ==, "&enp*");
    g_assert_cmpstr(nm_setting_match_get_interface_name(match, 1), ==, "!eth0");
    g_assert_cmpstr(nm_setting_match_get_interface_name(match, 2), ==, "&enp2s0");
    g_assert_cmpstr(nm_setting_match_get_interface_name(match, 3), ==, "enp2s0");
}

/* A name with a special character in it matches itself and not what it would mean. */
static void
test_point_quotes(void)
{
    const GnfNmNic odd = {.interface = "!e[1]*"};
    const GnfNmNic meant = {.interface = "!e1x"};
    g_autoptr(NMConnection) profile = profile_new("[match]\ninterface-name=enp1s0");
    g_autoptr(NMConnection) there = gnf_nm_profile_point_at(profile, &odd);

    g_assert_cmphex(gnf_nm_profile_get_misfits(there, &odd), ==, 0);
    g_assert_cmphex(gnf_nm_profile_get_misfits(there, &meant), ==, GNF_NM_TIE_MATCH_INTERFACE_NAME);
}

static void
test_point_sends_no_secrets(void)
{
    g_autoptr(NMConnection) profile =
        profile_new("interface-name=enp1s0\n[802-1x]\neap=peap;\nidentity=me\n"
                    "phase2-auth=mschapv2\npassword=secret");
    g_autoptr(NMConnection) there = gnf_nm_profile_point_at(profile, &new_nic);
    NMSetting8021x *before = nm_connection_get_setting_802_1x(profile);
    NMSetting8021x *after = nm_connection_get_setting_802_1x(there);

    g_assert_cmpstr(nm_setting_802_1x_get_password(before), ==, "secret");
    g_assert_null(nm_setting_802_1x_get_password(after));
    g_assert_cmpstr(nm_setting_802_1x_get_identity(after), ==, "me");
}

static void
test_describe(void)
{
    g_autoptr(NMConnection) profile =
        profile_new("interface-name=enp1s0\n[match]\npath=pci-0000:01:00.0");
    g_autofree char *fits = gnf_nm_profile_describe_misfits(profile, &old_nic, DISK_FILE);
    g_autofree char *detail = gnf_nm_profile_describe_misfits(profile, &new_nic, DISK_FILE);

    g_assert_null(fits);
    g_assert_cmpstr(detail,
                    ==,
                    "in profile \"primary\" (" UUID ", " DISK_FILE ") connection.interface-name "
                    "is enp1s0, not enp2s0; match.path is pci-0000:01:00.0, not "
                    "pci-0000:02:00.0; to keep it over a reboot: nmcli connection modify " UUID
                    " connection.interface-name enp2s0, and write into [match] of its file: "
                    "path=pci-0000:02:00.0");
}

static void
test_describe_excluded(void)
{
    g_autoptr(NMConnection) profile = profile_new("[match]\ninterface-name=!enp2s0");
    g_autofree char *detail = gnf_nm_profile_describe_misfits(profile, &new_nic, NULL);

    g_assert_cmpstr(
        detail, ==, "profile \"primary\" (" UUID ") excludes enp2s0; remove that from it");
}

static void
test_binding(void)
{
    g_autoptr(NMConnection) by_name = profile_new("interface-name=enp1s0");
    g_autoptr(NMConnection) by_mac = profile_new("[ethernet]\nmac-address=52:54:00:00:00:01");
    g_autofree char *binding = gnf_nm_profile_describe_binding(by_name, DISK_FILE);
    g_autofree char *rebinding = gnf_nm_profile_describe_rebinding(by_name);

    g_assert_cmpstr(binding,
                    ==,
                    "profile \"primary\" (" UUID ", " DISK_FILE
                    ") has connection.interface-name=enp1s0");
    g_assert_cmpstr(rebinding,
                    ==,
                    "nmcli connection modify " UUID " connection.interface-name \"\" "
                    "802-3-ethernet.mac-address ");
    g_assert_null(gnf_nm_profile_describe_binding(by_mac, DISK_FILE));
}

static void
test_port_of(void)
{
    g_autoptr(NMConnection) by_name = profile_new("");
    g_autoptr(NMConnection) by_uuid = profile_new("");
    g_autoptr(NMConnection) of_bridge = profile_new("");
    g_autoptr(NMConnection) of_none = profile_new("");

    g_object_set(nm_connection_get_setting_connection(by_uuid), "master", BOND_UUID, NULL);
    g_object_set(nm_connection_get_setting_connection(of_bridge), "slave-type", "bridge", NULL);
    g_object_set(nm_connection_get_setting_connection(of_none), "master", NULL, NULL);
    g_assert_true(gnf_nm_profile_is_port_of(by_name, "bond0", BOND_UUID));
    g_assert_true(gnf_nm_profile_is_port_of(by_name, "bond0", NULL));
    g_assert_false(gnf_nm_profile_is_port_of(by_name, "bond1", BOND_UUID));
    g_assert_true(gnf_nm_profile_is_port_of(by_uuid, "bond0", BOND_UUID));
    g_assert_false(gnf_nm_profile_is_port_of(by_uuid, "bond0", NULL));
    g_assert_false(gnf_nm_profile_is_port_of(of_bridge, "bond0", BOND_UUID));
    g_assert_false(gnf_nm_profile_is_port_of(of_none, "bond0", NULL));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(fit_cases); i++) {
        g_autofree char *fit = g_strdup_printf("/nm-profile/fit/%s", fit_cases[i].name);
        g_autofree char *point = g_strdup_printf("/nm-profile/point/%s", fit_cases[i].name);

        g_test_add_data_func(fit, &fit_cases[i], test_fit);
        g_test_add_data_func(point, &fit_cases[i], test_point_there_and_back);
    }
    g_test_add_func("/nm-profile/fit/not-known-fits", test_unknown_fits);
    g_test_add_func("/nm-profile/point/changes-only-what-does-not-fit",
                    test_point_changes_only_what_does_not_fit);
    g_test_add_func("/nm-profile/point/keeps-patterns-that-fit",
                    test_point_keeps_patterns_that_fit);
    g_test_add_func("/nm-profile/point/quotes-the-name", test_point_quotes);
    g_test_add_func("/nm-profile/point/sends-no-secrets", test_point_sends_no_secrets);
    g_test_add_func("/nm-profile/describe/what-and-how", test_describe);
    g_test_add_func("/nm-profile/describe/excluded", test_describe_excluded);
    g_test_add_func("/nm-profile/describe/tied-to-a-name", test_binding);
    g_test_add_func("/nm-profile/port-of/by-name-or-uuid", test_port_of);
    return g_test_run();
}
