/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Tests of ifcfg-backend/ifcfg-conflict.c: a stanza for what another manager owns is told of where
 * ifupdown acts by it.
 */
#include "ifcfg-backend/ifcfg-operations.h"

#include "tests/unit/guest-root.h"

#define MAC "52:54:00:00:00:01"
#define STANZAS "auto lo\niface lo inet loopback\n\nauto enp1s0\niface enp1s0 inet manual\n"
#define IFSTATE "/run/network/ifstate"

static void
on_answer(GObject *source, GAsyncResult *result, gpointer data)
{
    *(GAsyncResult **)data = g_object_ref(result);
}

static char *
ask(const GuestRoot *root, const char *interface, GnfManager owner)
{
    GnfIfcfg *self = gnf_ifcfg_new(GNF_MANAGER_IFUPDOWN, root->path);
    const GnfOwnedInterface owned = {2, interface, MAC, owner};
    g_autoptr(GAsyncResult) result = NULL;
    g_autoptr(GError) error = NULL;

    gnf_ifcfg_conflict_start(self, &owned, NULL, on_answer, &result);
    while (!result)
        g_main_context_iteration(NULL, TRUE);
    char *text = g_task_propagate_pointer(G_TASK(result), &error);
    g_assert_no_error(error);
    gnf_ifcfg_free(self);
    return text;
}

static void
test_stanza(GuestRoot *root, gconstpointer data)
{
    guest_root_write(root, IFSTATE, "lo=lo\n", 0644);
    guest_root_write(root, "/etc/network/interfaces", "source interfaces.d/*\n", 0644);
    guest_root_write(root, "/etc/network/interfaces.d/nics", STANZAS, 0644);
    g_autofree char *text = ask(root, "enp1s0", GNF_MANAGER_NETWORKMANAGER);
    g_assert_nonnull(text);
    g_assert_true(g_str_has_prefix(text, "ifupdown configures enp1s0"));
    g_assert_nonnull(strstr(text, "/etc/network/interfaces.d/nics:5"));
    g_assert_nonnull(strstr(text, "networkmanager"));
    g_assert_null(ask(root, "enp4s0", GNF_MANAGER_NETWORKMANAGER));
}

/* What is its own, or nobody's, is no conflict. */
static void
test_own(GuestRoot *root, gconstpointer data)
{
    guest_root_write(root, IFSTATE, "enp1s0=enp1s0\n", 0644);
    guest_root_write(root, "/etc/network/interfaces", STANZAS, 0644);
    g_assert_null(ask(root, "enp1s0", GNF_MANAGER_IFUPDOWN));
    g_assert_null(ask(root, "enp1s0", GNF_MANAGER_NONE));
}

static void
test_not_run(GuestRoot *root, gconstpointer data)
{
    guest_root_write(root, "/etc/network/interfaces", STANZAS, 0644);
    g_assert_null(ask(root, "enp1s0", GNF_MANAGER_NETWORKMANAGER));
}

int
main(int argc, char **argv)
{
#define ADD(path, func)                                                                            \
    g_test_add(path, GuestRoot, NULL, guest_root_set_up, func, guest_root_tear_down)
    g_test_init(&argc, &argv, NULL);
    ADD("/ifcfg-conflict/stanza", test_stanza);
    ADD("/ifcfg-conflict/its-own", test_own);
    ADD("/ifcfg-conflict/ifupdown-has-not-run", test_not_run);
    return g_test_run();
#undef ADD
}
