/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Tests of networkd-backend/attachment.c: what the administrator is told to change where.
 */
#include "networkd-backend/attachment.h"

static const GnfNetworkNic nic = {.interface = "enp2s0", .mac = "52:54:00:77:00:0a"};

static GnfNetworkFile *
file_of(const char *path, const char *text)
{
    GnfNetworkFile *file = gnf_network_file_new(path);

    gnf_network_file_add(file, text);
    return file;
}

static void
test_misfit(void)
{
    g_autoptr(GnfNetworkFile) profile = file_of("/etc/systemd/network/20-primary.network",
                                                "[Match]\nName=enp1s0\n[Network]\nBond=bond0\n");
    g_autofree char *advice = gnf_attachment_advise(profile, NULL, &nic, "bond0");

    g_assert_cmpstr(advice,
                    ==,
                    "/etc/systemd/network/20-primary.network is not for this NIC: Name=enp1s0 "
                    "(this NIC: enp2s0); to keep it in bond0 over a reboot, change that in its "
                    "section [Match]");
}

static void
test_netplan(void)
{
    g_autoptr(GnfNetworkFile) profile =
        file_of("/run/systemd/network/10-netplan-primary.network",
                "[Match]\nPermanentMACAddress=52:54:00:77:00:01\n[Network]\nBond=bond0\n");
    g_autofree char *advice = gnf_attachment_advise(profile, NULL, &nic, "bond0");

    g_assert_cmpstr(advice,
                    ==,
                    "netplan's configuration (\"primary\" below /etc/netplan) is not for this NIC: "
                    "PermanentMACAddress=52:54:00:77:00:01 (this NIC: 52:54:00:77:00:0a); to keep "
                    "it in bond0 over a reboot, change that there");
}

static void
assert_binding(const char *path, const char *text, const char *binding, const char *rebinding)
{
    GnfOwnership *ownership = g_new0(GnfOwnership, 1);
    g_autoptr(GnfNetworkFile) file = file_of(path, text);

    gnf_attachment_look_at_binding(ownership, file, "enp2s0");
    g_assert_cmpstr(ownership->binding, ==, binding);
    g_assert_cmpstr(ownership->rebinding, ==, rebinding);
    g_free(ownership->binding);
    g_free(ownership->rebinding);
    g_free(ownership);
}

static void
test_binding(void)
{
    assert_binding("/etc/systemd/network/20-primary.network",
                   "[Match]\nName=enp2s0\n[Network]\nBond=bond0\n",
                   "/etc/systemd/network/20-primary.network is for the name enp2s0",
                   "write there, in [Match] and in the place of Name=, PermanentMACAddress=");
    assert_binding("/run/systemd/network/10-netplan-enp2s0.network",
                   "[Match]\nName=enp2s0\n[Network]\nBond=bond0\n",
                   "netplan's configuration (\"enp2s0\" below /etc/netplan) is for the name enp2s0",
                   "write there match: macaddress: ");
    assert_binding("/etc/systemd/network/20-primary.network",
                   "[Match]\nPermanentMACAddress=52:54:00:77:00:0a\n[Network]\nBond=bond0\n",
                   NULL,
                   NULL);
    assert_binding("/etc/systemd/network/20-primary.network",
                   "[Match]\nName=enp2s0\n[Network]\nDHCP=yes\n",
                   NULL,
                   NULL);
}

static void
test_another_first(void)
{
    g_autoptr(GnfNetworkFile) profile =
        file_of("/etc/systemd/network/20-primary.network", "[Match]\nName=enp*\n");
    g_autoptr(GnfNetworkFile) chosen =
        file_of("/etc/systemd/network/10-dhcp.network", "[Match]\nName=enp*\n");
    g_autofree char *advice = gnf_attachment_advise(profile, chosen, &nic, "bond0");

    g_assert_cmpstr(advice,
                    ==,
                    "/etc/systemd/network/10-dhcp.network is the first for enp2s0, and does not "
                    "put it into bond0; to keep it there over a reboot, write a file that sorts "
                    "before it");
}

static void
test_no_file(void)
{
    g_autofree char *advice = gnf_attachment_advise(NULL, NULL, &nic, "bond0");

    g_assert_cmpstr(advice,
                    ==,
                    "no .network file puts enp2s0 (52:54:00:77:00:0a) into bond0; to keep it there "
                    "over a reboot, write one below /etc/systemd/network, with Bond=bond0");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/attachment/advice/misfit", test_misfit);
    g_test_add_func("/attachment/advice/netplan", test_netplan);
    g_test_add_func("/attachment/tied-to-a-name", test_binding);
    g_test_add_func("/attachment/advice/another-first", test_another_first);
    g_test_add_func("/attachment/advice/no-file", test_no_file);
    return g_test_run();
}
