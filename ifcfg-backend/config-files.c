/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Files under a root; see config-files.h. The only file of the readers that does I/O.
 */
#include "ifcfg-backend/config-files.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct GnfConfigFiles {
    char *root;
    GnfMembership *membership;
    GHashTable *seen; /* "DEVICE:INODE" of what was read once */
    guint count;      /* files read */
    gsize size;       /* of all of them */
    guint entries;    /* names looked at */
};

GnfConfigFiles *
gnf_config_files_new(const char *root, GnfMembership *membership)
{
    GnfConfigFiles *files = g_new0(GnfConfigFiles, 1);

    files->root = g_strdup(root);
    files->membership = membership;
    files->seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return files;
}

void
gnf_config_files_free(GnfConfigFiles *files)
{
    g_free(files->root);
    g_hash_table_unref(files->seen);
    g_free(files);
}

/* The path outside: the root, and the guest's path without "..". */
static char *
make_host_path(GnfConfigFiles *files, const char *path)
{
    g_autofree char *inside = g_canonicalize_filename(path, "/");

    return g_build_filename("/", files->root, inside, NULL);
}

static gboolean
mark_seen(GnfConfigFiles *files, const struct stat *status)
{
    char *key = g_strdup_printf("%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT,
                                (guint64)status->st_dev,
                                (guint64)status->st_ino);

    return g_hash_table_add(files->seen, key);
}

/* Why a file of this status is not read; NULL: it is. */
static const char *
judge_status(GnfConfigFiles *files, const struct stat *status)
{
    if (!S_ISREG(status->st_mode))
        return "not a file";
    if (status->st_size > GNF_FILE_SIZE_MAX)
        return "longer than 1 MiB";
    if (files->count >= GNF_FILES_MAX)
        return "more than 1024 files were read";
    if (files->size + status->st_size > GNF_FILES_SIZE_MAX)
        return "more than 16 MiB were read";
    return NULL;
}

/* All of it into text, which is no longer than the limit even where the file grows meanwhile. */
static gboolean
read_all(int fd, GString *text)
{
    char buffer[4096];
    ssize_t length;

    do {
        length = read(fd, buffer, sizeof(buffer));
        if (length < 0 && errno == EINTR)
            continue;
        if (length > 0)
            g_string_append_len(text, buffer, length);
    } while ((length > 0 || (length < 0 && errno == EINTR)) && text->len <= GNF_FILE_SIZE_MAX);
    return length >= 0 && text->len <= GNF_FILE_SIZE_MAX;
}

/* "\r\n" becomes "\n". Returns the line of the first one, 0: there is none. */
static guint
remove_carriage_returns(GString *text)
{
    guint line = 1;
    guint first = 0;
    gsize to = 0;

    for (gsize from = 0; from < text->len; from++) {
        if (text->str[from] == '\r' && (text->str[from + 1] == '\n' || from + 1 == text->len)) {
            first = first ? first : line;
            continue;
        }
        line += text->str[from] == '\n';
        text->str[to++] = text->str[from];
    }
    g_string_truncate(text, to);
    return first;
}

/* Makes it text in the form that the readers take; FALSE, with a note, where it is none. */
static gboolean
clean(GnfConfigFiles *files, const char *path, GString *text)
{
    guint line = 0;

    if (strlen(text->str) != text->len) {
        gnf_membership_note(files->membership, path, 1, "not text: a zero byte is in it");
        return FALSE;
    }
    if (g_str_has_prefix(text->str, "\xef\xbb\xbf")) {
        gnf_membership_note(
            files->membership, path, 1, "a byte order mark, which the manager may stumble over");
        g_string_erase(text, 0, 3);
    }
    line = remove_carriage_returns(text);
    if (line)
        gnf_membership_note(files->membership,
                            path,
                            line,
                            "lines end with CR LF, which the manager may stumble over");
    return TRUE;
}

/* The open file's text; NULL, with a note unless it was read before. */
static char *
read_open(GnfConfigFiles *files, int fd, const char *path, gboolean once)
{
    g_autoptr(GString) text = g_string_new(NULL);
    const char *why = NULL;
    struct stat status;

    if (fstat(fd, &status) < 0)
        why = g_strerror(errno);
    else if (once && !mark_seen(files, &status))
        return NULL;
    else
        why = judge_status(files, &status);
    if (!why && !read_all(fd, text))
        why = text->len > GNF_FILE_SIZE_MAX ? "longer than 1 MiB" : "reading it failed";
    if (why) {
        gnf_membership_note(files->membership, path, 1, "not read: %s", why);
        return NULL;
    }
    files->count++;
    files->size += text->len;
    return clean(files, path, text) ? g_strdup(text->str) : NULL;
}

static char *
open_and_read(GnfConfigFiles *files, const char *path, gboolean required, gboolean once)
{
    g_autofree char *host_path = make_host_path(files, path);
    /* O_NONBLOCK: a pipe would wait for its writer. */
    int fd = open(host_path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    char *text = NULL;

    if (fd < 0) {
        if (errno != ENOENT || required)
            gnf_membership_note(files->membership, path, 1, "not read: %s", g_strerror(errno));
        return NULL;
    }
    text = read_open(files, fd, path, once);
    close(fd);
    return text;
}

char *
gnf_config_files_read(GnfConfigFiles *files, const char *path, gboolean required)
{
    return open_and_read(files, path, required, FALSE);
}

char *
gnf_config_files_read_once(GnfConfigFiles *files, const char *path, gboolean required)
{
    return open_and_read(files, path, required, TRUE);
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

GStrv
gnf_config_files_list(GnfConfigFiles *files, const char *folder)
{
    g_autofree char *host_path = make_host_path(files, folder);
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) dir = g_dir_open(host_path, 0, &error);
    const char *name;

    if (error && !g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT) &&
        !g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOTDIR))
        gnf_membership_note(files->membership, folder, 1, "this folder cannot be read");
    while (dir && files->entries < GNF_ENTRIES_MAX && (name = g_dir_read_name(dir))) {
        g_ptr_array_add(names, g_strdup(name));
        if (++files->entries == GNF_ENTRIES_MAX)
            gnf_membership_note(files->membership,
                                folder,
                                1,
                                "more than %u names were looked at; the rest is left out",
                                GNF_ENTRIES_MAX);
    }
    g_ptr_array_sort(names, compare_names);
    g_ptr_array_add(names, NULL);
    return (GStrv)g_ptr_array_free(names, FALSE);
}

/* Adds what the components of a pattern stand for in a folder. The entries are counted, which also
 * ends it. */
static void
expand(GnfConfigFiles *files, const char *folder, char **components, GPtrArray *paths)
{
    g_auto(GStrv) names = NULL;

    if (!*components) {
        g_ptr_array_add(paths, g_strdup(folder));
        return;
    }
    if (!strpbrk(*components, "*?[")) {
        g_autofree char *path = g_build_filename(folder, *components, NULL);

        expand(files, path, components + 1, paths);
        return;
    }
    names = gnf_config_files_list(files, folder);
    for (guint i = 0; names[i]; i++) {
        g_autofree char *path = g_build_filename(folder, names[i], NULL);

        if (fnmatch(*components, names[i], FNM_PERIOD) == 0)
            expand(files, path, components + 1, paths);
    }
}

GStrv
gnf_config_files_glob(GnfConfigFiles *files, const char *pattern)
{
    g_autofree char *whole = g_canonicalize_filename(pattern, "/");
    g_auto(GStrv) components = g_strsplit(whole + 1, "/", -1);
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);

    expand(files, "/", components, paths);
    g_ptr_array_add(paths, NULL);
    return (GStrv)g_ptr_array_free(paths, FALSE);
}

gboolean
gnf_config_files_is_folder(GnfConfigFiles *files, const char *path)
{
    g_autofree char *host_path = make_host_path(files, path);

    return g_file_test(host_path, G_FILE_TEST_IS_DIR);
}
