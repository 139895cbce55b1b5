/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * networkd's folders; see network-folder.h. Non-logging. A folder that is not there is empty.
 */
#include "networkd-backend/network-folder.h"

#include <string.h>
#include <sys/stat.h>

/* Larger than any that a person or a program writes. */
#define MAX_FILE_SIZE (1024 * 1024)

const char *const gnf_network_folders[] = {
    "/etc/systemd/network",
    "/run/systemd/network",
    "/usr/local/lib/systemd/network",
    "/usr/lib/systemd/network",
    "/lib/systemd/network",
    NULL,
};

gboolean
gnf_network_is_own(const char *path)
{
    g_autofree char *name = g_path_get_basename(path);

    return g_str_has_prefix(name, GNF_NETWORK_OWN_PREFIX);
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names in all folders (each with the part "/SUBFOLDER", or "" for none) that end so, each
 * once, in networkd's order. */
static GPtrArray *
list_names(const char *const *folders, const char *subfolder, const char *suffix)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

    for (; *folders; folders++) {
        g_autofree char *path = g_strconcat(*folders, subfolder, NULL);
        g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
        const char *name;
        while (folder && (name = g_dir_read_name(folder)))
            if (g_str_has_suffix(name, suffix) &&
                !g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
                g_ptr_array_add(names, g_strdup(name));
    }
    g_ptr_array_sort(names, compare_names);
    return names;
}

/* Where a name counts: in the first folder that has it. */
static char *
find_path(const char *const *folders, const char *subfolder, const char *name)
{
    for (; *folders; folders++) {
        g_autofree char *path = g_strconcat(*folders, subfolder, "/", name, NULL);
        if (g_file_test(path, G_FILE_TEST_EXISTS))
            return g_steal_pointer(&path);
    }
    return NULL;
}

/* NULL for what is no file (a link to /dev/null hides those behind it), or too large for one. */
static char *
read_text(const char *path)
{
    struct stat status;
    char *text = NULL;

    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size > MAX_FILE_SIZE ||
        !g_file_get_contents(path, &text, NULL, NULL))
        return NULL;
    return text;
}

GnfNetworkFile *
gnf_network_folder_load(const char *const *folders, const char *path)
{
    g_autofree char *name = g_path_get_basename(path);
    g_autofree char *subfolder = g_strdup_printf("/%s.d", name);
    g_autofree char *text = read_text(path);

    if (!text)
        return NULL;
    GnfNetworkFile *file = gnf_network_file_new(path);
    g_autoptr(GPtrArray) names = list_names(folders, subfolder, ".conf");
    gnf_network_file_add(file, text);
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *drop_in = find_path(folders, subfolder, g_ptr_array_index(names, i));
        g_autofree char *more = drop_in ? read_text(drop_in) : NULL;
        if (more)
            gnf_network_file_add(file, more);
    }
    return file;
}

GnfNetworkFile *
gnf_network_folder_choose(const char *const *folders, const GnfNetworkNic *nic, const char *known)
{
    g_autoptr(GPtrArray) names = list_names(folders, "", ".network");

    for (guint i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        g_autofree char *path = find_path(folders, "", name);
        g_autoptr(GnfNetworkFile) file =
            path && !gnf_network_is_own(name) ? gnf_network_folder_load(folders, path) : NULL;
        GnfFit fit = file ? gnf_network_file_fits(file, nic) : GNF_FIT_NO;
        if (fit == GNF_FIT_YES || (fit == GNF_FIT_UNKNOWN && g_strcmp0(path, known) == 0))
            return g_steal_pointer(&file);
    }
    return NULL;
}

/* -- what has changed -- */

static gboolean
is_younger(const struct timespec *time, gint64 since_us)
{
    return (gint64)time->tv_sec * G_USEC_PER_SEC + time->tv_nsec / 1000 >= since_us;
}

/* Of a file the time of its last change of any kind: a copy may bring its old mtime along. */
static gboolean
has_file_changed(const char *path, gint64 since_us)
{
    struct stat link;
    struct stat target;

    if (lstat(path, &link) != 0)
        return FALSE;
    return is_younger(&link.st_ctim, since_us) ||
           (stat(path, &target) == 0 && S_ISREG(target.st_mode) &&
            is_younger(&target.st_ctim, since_us));
}

static char *
find_changed_in(const char *path, const char *const *suffixes, gint64 since_us)
{
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    const char *name;

    while (folder && (name = g_dir_read_name(folder))) {
        g_autofree char *file = g_build_filename(path, name, NULL);
        gboolean counts = FALSE;
        for (guint i = 0; suffixes[i]; i++)
            counts |= g_str_has_suffix(name, suffixes[i]);
        if (counts && !gnf_network_is_own(name) && has_file_changed(file, since_us))
            return g_steal_pointer(&file);
    }
    /* A file that was taken away shows in its folder alone; so do ours, where they come and go. */
    if (folder && !g_str_equal(path, GNF_NETWORK_OWN_FOLDER) && has_file_changed(path, since_us))
        return g_strdup(path);
    return NULL;
}

char *
gnf_network_folder_find_changed(const char *const *folders, gint64 since_us)
{
    static const char *const files[] = {".network", ".netdev", NULL};
    static const char *const drop_ins[] = {".conf", NULL};

    for (; *folders; folders++) {
        char *changed = find_changed_in(*folders, files, since_us);
        g_autoptr(GDir) folder = g_dir_open(*folders, 0, NULL);
        const char *name;
        while (!changed && folder && (name = g_dir_read_name(folder))) {
            g_autofree char *path = g_build_filename(*folders, name, NULL);
            if (g_str_has_suffix(name, ".network.d") || g_str_has_suffix(name, ".netdev.d"))
                changed = find_changed_in(path, drop_ins, since_us);
        }
        if (changed)
            return changed;
    }
    return NULL;
}
