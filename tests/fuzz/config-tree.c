/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Files from bytes; see config-tree.h.
 */
#include "tests/fuzz/config-tree.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define HEADER "--- "
#define NAME_MAX_LENGTH 40

static char *root;

static void
file_free(gpointer data)
{
    ConfigFile *file = data;

    g_free(file->path);
    g_free(file->text);
    g_free(file);
}

/* One folder deep at most, and never out of it. */
static gboolean
is_name(const char *name, gsize length)
{
    const char *slash = memchr(name, '/', length);

    if (length == 0 || length > NAME_MAX_LENGTH || *name == '.' || *name == '/')
        return FALSE;
    if (slash && (slash == name + length - 1 || slash[1] == '.' || slash[1] == '/' ||
                  memchr(slash + 1, '/', name + length - slash - 1)))
        return FALSE;
    for (gsize i = 0; i < length; i++) {
        if (!g_ascii_isalnum(name[i]) && !memchr("._~:/-", name[i], 6))
            return FALSE;
    }
    return TRUE;
}

/* Neither a file that is there, nor its folder, nor in it. */
static gboolean
is_new(const GPtrArray *files, const char *path)
{
    g_autofree char *inside = g_strconcat(path, "/", NULL);

    for (guint i = 0; i < files->len; i++) {
        const ConfigFile *file = files->pdata[i];
        g_autofree char *in_file = g_strconcat(file->path, "/", NULL);

        if (g_str_equal(file->path, path) || g_str_has_prefix(file->path, inside) ||
            g_str_has_prefix(path, in_file))
            return FALSE;
    }
    return TRUE;
}

/* The path of the file that a line begins; NULL: it does not. */
static char *
parse_header(const ConfigPlace *place, const GPtrArray *files, const char *line, gsize length)
{
    g_autofree char *name = NULL;
    g_autofree char *path = NULL;

    if (length <= strlen(HEADER) || line[length - 1] != '\n' || files->len >= CONFIG_FILES_MAX ||
        memcmp(line, HEADER, strlen(HEADER)) != 0 ||
        !is_name(line + strlen(HEADER), length - strlen(HEADER) - 1))
        return NULL;
    name = g_strndup(line + strlen(HEADER), length - strlen(HEADER) - 1);
    path = g_build_filename(place->folder, name, NULL);
    return is_new(files, path) ? g_steal_pointer(&path) : NULL;
}

static GString *
add_file(GPtrArray *files, GPtrArray *texts, char *path)
{
    ConfigFile *file = g_new0(ConfigFile, 1);
    GString *text = g_string_new(NULL);

    file->path = path;
    g_ptr_array_add(files, file);
    g_ptr_array_add(texts, text);
    return text;
}

GPtrArray *
config_tree_parse(const ConfigPlace *place, const guint8 *data, gsize size)
{
    const char *at = (const char *)data;
    const char *end = at + size;
    GPtrArray *files = g_ptr_array_new_with_free_func(file_free);
    g_autoptr(GPtrArray) texts = g_ptr_array_new();
    GString *text = NULL;

    while (at < end) {
        const char *newline = memchr(at, '\n', end - at);
        gsize length = (newline ? newline + 1 : end) - at;
        char *path = parse_header(place, files, at, length);

        if (path || !text)
            text = add_file(
                files, texts, path ? path : g_build_filename(place->folder, place->first, NULL));
        if (!path)
            g_string_append_len(text, at, (gssize)length);
        at += length;
    }
    for (guint i = 0; i < files->len; i++) {
        ConfigFile *file = files->pdata[i];

        file->length = ((GString *)texts->pdata[i])->len;
        file->text = g_string_free(texts->pdata[i], FALSE);
    }
    return files;
}

static void
remove_root(void)
{
    g_rmdir(root);
    g_free(root);
}

static void
write_file(const ConfigFile *file, const char *before)
{
    g_autofree char *path = g_build_filename(root, file->path, NULL);
    g_autofree char *folder = g_path_get_dirname(path);
    gsize length = strlen(before);
    int fd;

    g_assert_cmpint(g_mkdir_with_parents(folder, 0700), ==, 0);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(write(fd, before, length), ==, (gssize)length);
    g_assert_cmpint(write(fd, file->text, file->length), ==, (gssize)file->length);
    close(fd);
}

const char *
config_tree_write(const GPtrArray *files, const char *before)
{
    g_autoptr(GError) error = NULL;

    if (!root) {
        root = g_dir_make_tmp("fuzz-readers-XXXXXX", &error);
        g_assert_no_error(error);
        (void)atexit(remove_root);
    }
    for (guint i = 0; i < files->len; i++)
        write_file(files->pdata[i], before);
    return root;
}

/* The file, and its folders as far as they are empty. */
static void
remove_file(const ConfigFile *file)
{
    g_autofree char *path = g_build_filename(root, file->path, NULL);

    if (g_unlink(path) != 0)
        return;
    for (char *slash = strrchr(path, '/'); slash > path + strlen(root);
         slash = strrchr(path, '/')) {
        *slash = '\0';
        if (g_rmdir(path) != 0)
            return;
    }
}

void
config_tree_remove(const GPtrArray *files)
{
    for (guint i = 0; root && i < files->len; i++)
        remove_file(files->pdata[i]);
}
