/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See guest-root.h.
 */
#include "tests/unit/guest-root.h"

#include <glib/gstdio.h>

void
guest_root_set_up(GuestRoot *root, gconstpointer data)
{
    root->path = g_dir_make_tmp("gnf-XXXXXX", NULL);
    g_assert_nonnull(root->path);
}

static void
remove_all(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *inner = g_build_filename(path, name, NULL);

        if (g_unlink(inner) != 0)
            remove_all(inner);
    }
    g_rmdir(path);
}

void
guest_root_tear_down(GuestRoot *root, gconstpointer data)
{
    remove_all(root->path);
    g_free(root->path);
}

void
guest_root_write(const GuestRoot *root, const char *path, const char *text, int mode)
{
    g_autofree char *full = g_strconcat(root->path, path, NULL);
    g_autofree char *folder = g_path_get_dirname(full);

    g_assert_cmpint(g_mkdir_with_parents(folder, 0700), ==, 0);
    g_assert_true(g_file_set_contents(full, text, -1, NULL));
    g_assert_cmpint(g_chmod(full, mode), ==, 0);
}
