/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Tests of ifcfg-backend/interfaces-conflict.c: a stanza is told of where there is an ifup to act
 * by it.
 */
#include "ifcfg-backend/interfaces-conflict.h"

#include "tests/unit/guest-root.h"

#define MAC "52:54:00:00:00:01"
#define STANZAS "auto lo\niface lo inet loopback\n\nauto enp1s0\niface enp1s0 inet manual\n"

static char *
ask(const GuestRoot *root, const char *interface)
{
    return gnf_interfaces_conflict(root->path, interface, MAC, "networkmanager");
}

static void
test_stanza(GuestRoot *root, gconstpointer data)
{
    guest_root_write(root, "/sbin/ifup", "", 0755);
    guest_root_write(root, "/etc/network/interfaces", "source interfaces.d/*\n", 0644);
    guest_root_write(root, "/etc/network/interfaces.d/nics", STANZAS, 0644);
    g_autofree char *text = ask(root, "enp1s0");
    g_assert_nonnull(text);
    g_assert_nonnull(strstr(text, "enp1s0"));
    g_assert_nonnull(strstr(text, "/etc/network/interfaces.d/nics:5"));
    g_assert_nonnull(strstr(text, "networkmanager"));
    g_assert_null(ask(root, "enp4s0"));
}

static void
test_no_ifup(GuestRoot *root, gconstpointer data)
{
    guest_root_write(root, "/etc/network/interfaces", STANZAS, 0644);
    g_assert_null(ask(root, "enp1s0"));
}

static void
test_no_files(GuestRoot *root, gconstpointer data)
{
    guest_root_write(root, "/usr/sbin/ifup", "", 0755);
    g_assert_null(ask(root, "enp1s0"));
}

int
main(int argc, char **argv)
{
#define ADD(path, func)                                                                            \
    g_test_add(path, GuestRoot, NULL, guest_root_set_up, func, guest_root_tear_down)
    g_test_init(&argc, &argv, NULL);
    ADD("/interfaces-conflict/stanza", test_stanza);
    ADD("/interfaces-conflict/no-ifup", test_no_ifup);
    ADD("/interfaces-conflict/no-files", test_no_files);
    return g_test_run();
#undef ADD
}
