/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Tests of nm-backend/nm-dispatcher.c: the conflict is told of where all of it is there, and can
 * be executed.
 */
#include "nm-backend/nm-dispatcher.h"

#include "tests/unit/guest-root.h"

#define DISPATCHED "/etc/NetworkManager/dispatcher.d/01-ifupdown"
#define SHIPPED "/usr/lib/NetworkManager/dispatcher.d/01-ifupdown"
#define IFENSLAVE "/etc/network/if-post-down.d/ifenslave"

static gboolean
conflicts(const GuestRoot *root, const char *with)
{
    g_autofree char *text = gnf_nm_dispatcher_conflict(root->path);

    if (text)
        g_assert_nonnull(strstr(text, with));
    return text != NULL;
}

static void
test_both(GuestRoot *root, gconstpointer data)
{
    g_assert_false(conflicts(root, ""));
    guest_root_write(root, DISPATCHED, "#!/bin/sh\n", 0755);
    g_assert_false(conflicts(root, ""));
    guest_root_write(root, IFENSLAVE, "#!/bin/sh\n", 0755);
    g_assert_true(conflicts(root, "chmod -x " DISPATCHED));
    g_assert_true(conflicts(root, IFENSLAVE));
}

static void
test_not_executed(GuestRoot *root, gconstpointer data)
{
    guest_root_write(root, DISPATCHED, "#!/bin/sh\n", 0644);
    guest_root_write(root, IFENSLAVE, "#!/bin/sh\n", 0755);
    g_assert_false(conflicts(root, ""));
    guest_root_write(root, DISPATCHED, "#!/bin/sh\n", 0755);
    guest_root_write(root, IFENSLAVE, "#!/bin/sh\n", 0644);
    g_assert_false(conflicts(root, ""));
}

/* What is in /etc hides what the distribution ships, also where it cannot be executed. */
static void
test_hidden(GuestRoot *root, gconstpointer data)
{
    guest_root_write(root, IFENSLAVE, "#!/bin/sh\n", 0755);
    guest_root_write(root, SHIPPED, "#!/bin/sh\n", 0755);
    g_assert_true(conflicts(root, SHIPPED));
    guest_root_write(root, DISPATCHED, "", 0644);
    g_assert_false(conflicts(root, ""));
}

int
main(int argc, char **argv)
{
#define ADD(path, func)                                                                            \
    g_test_add(path, GuestRoot, NULL, guest_root_set_up, func, guest_root_tear_down)
    g_test_init(&argc, &argv, NULL);
    ADD("/nm-dispatcher/ifenslave", test_both);
    ADD("/nm-dispatcher/not-executable", test_not_executed);
    ADD("/nm-dispatcher/hidden-by-etc", test_hidden);
    return g_test_run();
#undef ADD
}
