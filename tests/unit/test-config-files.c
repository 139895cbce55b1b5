/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Tests of ifcfg-backend/config-files.c in a temporary folder: what is read, what is not, and that
 * nothing is without a limit.
 */
#include "ifcfg-backend/config-files.h"

#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    char *root;
    GnfMembership *membership;
    GnfConfigFiles *files;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data)
{
    fixture->root = g_dir_make_tmp("gnf-XXXXXX", NULL);
    g_assert_nonnull(fixture->root);
    fixture->membership = gnf_membership_new();
    fixture->files = gnf_config_files_new(fixture->root, fixture->membership);
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

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    gnf_config_files_free(fixture->files);
    gnf_membership_free(fixture->membership);
    remove_all(fixture->root);
    g_free(fixture->root);
}

static void
write_bytes(Fixture *fixture, const char *name, const char *bytes, gssize length)
{
    g_autofree char *path = g_build_filename(fixture->root, name, NULL);
    g_autofree char *folder = g_path_get_dirname(path);

    g_assert_cmpint(g_mkdir_with_parents(folder, 0700), ==, 0);
    g_assert_true(g_file_set_contents(path, bytes, length, NULL));
}

static void
write_text(Fixture *fixture, const char *name, const char *text)
{
    write_bytes(fixture, name, text, -1);
}

static void
assert_reads(Fixture *fixture, const char *path, const char *expected)
{
    g_autofree char *text = gnf_config_files_read(fixture->files, path, FALSE);

    g_assert_cmpstr(text, ==, expected);
}

/* The only note there is. */
static void
assert_note(Fixture *fixture, const char *expected)
{
    g_assert_cmpuint(fixture->membership->notes->len, ==, 1);
    g_assert_cmpstr(fixture->membership->notes->pdata[0], ==, expected);
}

static void
test_text(Fixture *fixture, gconstpointer data)
{
    write_text(fixture, "etc/a", "one\ntwo");
    write_text(fixture, "etc/empty", "");
    assert_reads(fixture, "/etc/a", "one\ntwo");
    assert_reads(fixture, "/etc/empty", "");
    assert_reads(fixture, "/etc/../../../etc/./a", "one\ntwo");
    assert_reads(fixture, "/etc/missing", NULL);
    g_assert_cmpuint(fixture->membership->notes->len, ==, 0);
}

static void
test_missing_is_noted_if_required(Fixture *fixture, gconstpointer data)
{
    g_assert_null(gnf_config_files_read(fixture->files, "/a", TRUE));
    assert_note(fixture, "/a:1: not read: No such file or directory");
}

static void
test_carriage_returns(Fixture *fixture, gconstpointer data)
{
    write_text(fixture, "a", "one\ntwo\r\nth\rree\r\r\nfour\r");
    assert_reads(fixture, "/a", "one\ntwo\nth\rree\r\nfour");
    assert_note(fixture, "/a:2: lines end with CR LF, which the manager may stumble over");
}

static void
test_byte_order_mark(Fixture *fixture, gconstpointer data)
{
    write_text(fixture, "a", "\xef\xbb\xbfone");
    assert_reads(fixture, "/a", "one");
    assert_note(fixture, "/a:1: a byte order mark, which the manager may stumble over");
}

static void
test_zero_byte(Fixture *fixture, gconstpointer data)
{
    write_bytes(fixture, "a", "one\0two", 7);
    assert_reads(fixture, "/a", NULL);
    assert_note(fixture, "/a:1: not text: a zero byte is in it");
}

static void
test_size(Fixture *fixture, gconstpointer data)
{
    g_autofree char *text = g_strnfill(GNF_FILE_SIZE_MAX + 1, '#');

    write_text(fixture, "longer", text);
    text[GNF_FILE_SIZE_MAX] = '\0';
    write_text(fixture, "longest", text);
    assert_reads(fixture, "/longest", text);
    g_assert_cmpuint(fixture->membership->notes->len, ==, 0);
    assert_reads(fixture, "/longer", NULL);
    assert_note(fixture, "/longer:1: not read: longer than 1 MiB");
}

static void
test_size_of_all(Fixture *fixture, gconstpointer data)
{
    g_autofree char *text = g_strnfill(GNF_FILE_SIZE_MAX, '#');

    write_text(fixture, "a", text);
    for (guint i = 0; i < GNF_FILES_SIZE_MAX / GNF_FILE_SIZE_MAX; i++)
        assert_reads(fixture, "/a", text);
    assert_reads(fixture, "/a", NULL);
    assert_note(fixture, "/a:1: not read: more than 16 MiB were read");
}

static void
test_number(Fixture *fixture, gconstpointer data)
{
    write_text(fixture, "a", "one");
    for (guint i = 0; i < GNF_FILES_MAX; i++)
        assert_reads(fixture, "/a", "one");
    assert_reads(fixture, "/a", NULL);
    assert_note(fixture, "/a:1: not read: more than 1024 files were read");
}

/* A pipe without a writer would be waited for. */
static void
test_pipe(Fixture *fixture, gconstpointer data)
{
    g_autofree char *path = g_build_filename(fixture->root, "pipe", NULL);

    g_assert_cmpint(mkfifo(path, 0600), ==, 0);
    assert_reads(fixture, "/pipe", NULL);
    assert_note(fixture, "/pipe:1: not read: not a file");
}

static void
test_folder(Fixture *fixture, gconstpointer data)
{
    write_text(fixture, "folder/a", "one");
    assert_reads(fixture, "/folder", NULL);
    assert_note(fixture, "/folder:1: not read: not a file");
    g_assert_true(gnf_config_files_is_folder(fixture->files, "/folder"));
    g_assert_false(gnf_config_files_is_folder(fixture->files, "/folder/a"));
    g_assert_false(gnf_config_files_is_folder(fixture->files, "/missing"));
}

static void
test_once(Fixture *fixture, gconstpointer data)
{
    g_autofree char *link = g_build_filename(fixture->root, "b", NULL);
    g_autofree char *first = NULL;

    write_text(fixture, "a", "one");
    g_assert_cmpint(symlink("a", link), ==, 0);
    first = gnf_config_files_read_once(fixture->files, "/a", TRUE);
    g_assert_cmpstr(first, ==, "one");
    g_assert_null(gnf_config_files_read_once(fixture->files, "/a", TRUE));
    g_assert_null(gnf_config_files_read_once(fixture->files, "/b", TRUE));
    g_assert_cmpuint(fixture->membership->notes->len, ==, 0);
}

static void
assert_globs(Fixture *fixture, const char *pattern, const char *expected)
{
    g_auto(GStrv) found = gnf_config_files_glob(fixture->files, pattern);
    g_autofree char *paths = g_strjoinv(" ", found);

    g_assert_cmpstr(paths, ==, expected);
}

static void
test_glob(Fixture *fixture, gconstpointer data)
{
    write_text(fixture, "d/b.cfg", "");
    write_text(fixture, "d/B.cfg", "");
    write_text(fixture, "d/a.cfg", "");
    write_text(fixture, "d/a.txt", "");
    write_text(fixture, "d/.a.cfg", "");
    write_text(fixture, "e/a.cfg", "");
    assert_globs(fixture, "/d/*.cfg", "/d/B.cfg /d/a.cfg /d/b.cfg");
    assert_globs(fixture, "/?/a.cfg", "/d/a.cfg /e/a.cfg");
    assert_globs(fixture, "/[de]/[a-a].*", "/d/a.cfg /d/a.txt /e/a.cfg");
    assert_globs(fixture, "/d/missing", "/d/missing");
    assert_globs(fixture, "/missing/*", "");
    assert_globs(fixture, "/d/../../e/*", "/e/a.cfg");
    g_assert_cmpuint(fixture->membership->notes->len, ==, 0);
}

static void
test_glob_entries(Fixture *fixture, gconstpointer data)
{
    g_autofree char *loop = g_build_filename(fixture->root, "loop", NULL);

    write_text(fixture, "a", "");
    write_text(fixture, "b", "");
    g_assert_cmpint(symlink(".", loop), ==, 0);
    /* 3 names, 30 levels deep: more than there is time for. */
    for (guint i = 0; i < 2; i++) {
        g_auto(GStrv) found = gnf_config_files_glob(
            fixture->files, "/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*");

        g_assert_cmpuint(g_strv_length(found), <=, GNF_ENTRIES_MAX);
    }
    for (guint i = 0; i < GNF_ENTRIES_MAX; i++) {
        g_auto(GStrv) names = gnf_config_files_list(fixture->files, "/");

        g_assert_cmpuint(g_strv_length(names), <=, 3);
    }
    g_assert_cmpuint(fixture->membership->notes->len, ==, 1);
}

typedef struct {
    const char *name;
    void (*function)(Fixture *fixture, gconstpointer data);
} Test;

static const Test tests[] = {
    {"/config-files/read/text", test_text},
    {"/config-files/read/missing-is-noted-if-required", test_missing_is_noted_if_required},
    {"/config-files/read/carriage-returns", test_carriage_returns},
    {"/config-files/read/byte-order-mark", test_byte_order_mark},
    {"/config-files/read/zero-byte", test_zero_byte},
    {"/config-files/read/pipe-does-not-block", test_pipe},
    {"/config-files/read/folder", test_folder},
    {"/config-files/read/once-under-any-name", test_once},
    {"/config-files/limit/size", test_size},
    {"/config-files/limit/size-of-all", test_size_of_all},
    {"/config-files/limit/number", test_number},
    {"/config-files/limit/names", test_glob_entries},
    {"/config-files/glob", test_glob},
};

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
        g_test_add(tests[i].name, Fixture, NULL, set_up, tests[i].function, tear_down);
    return g_test_run();
}
