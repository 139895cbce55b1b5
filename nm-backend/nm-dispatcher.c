/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The dispatcher's scripts; see nm-dispatcher.h.
 */
#include "nm-backend/nm-dispatcher.h"

#define SCRIPT "01-ifupdown"

/* In the order of NetworkManager-dispatcher(8): a file of the first hides one of the second. */
static const char *const dispatcher_folders[] = {"/etc/NetworkManager/dispatcher.d/",
                                                 "/usr/lib/NetworkManager/dispatcher.d/"};

/* Those of its scripts that the dispatcher's has run. */
static const char *const ifenslave_scripts[] = {"/etc/network/if-post-down.d/ifenslave",
                                                "/etc/network/if-up.d/ifenslave"};

static gboolean
is_run(const char *root, const char *path)
{
    g_autofree char *full = g_strconcat(root, path, NULL);

    return g_file_test(full, G_FILE_TEST_IS_REGULAR) &&
           g_file_test(full, G_FILE_TEST_IS_EXECUTABLE);
}

/* The one that is run, with its path; NULL where none is. */
static char *
find_dispatched(const char *root)
{
    for (gsize i = 0; i < G_N_ELEMENTS(dispatcher_folders); i++) {
        g_autofree char *path = g_strconcat(dispatcher_folders[i], SCRIPT, NULL);
        g_autofree char *full = g_strconcat(root, path, NULL);
        if (is_run(root, path))
            return g_steal_pointer(&path);
        if (g_file_test(full, G_FILE_TEST_EXISTS))
            return NULL;
    }
    return NULL;
}

char *
gnf_nm_dispatcher_conflict(const char *root)
{
    g_autofree char *dispatched = find_dispatched(root);

    for (gsize i = 0; dispatched && i < G_N_ELEMENTS(ifenslave_scripts); i++)
        if (is_run(root, ifenslave_scripts[i]))
            return g_strdup_printf("ifenslave, beside NetworkManager: by %s it has %s take a port "
                                   "out of its bond, or take the bond apart, behind "
                                   "NetworkManager's back; remove the package ifenslave, or take "
                                   "the script's permission to be executed: chmod -x %s",
                                   dispatched,
                                   ifenslave_scripts[i],
                                   dispatched);
    return NULL;
}
