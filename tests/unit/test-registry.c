/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of qga-plugin/registry.c on *.plugin files in a temporary folder.
 */
#include "qga-plugin/registry.h"

#include <glib/gstdio.h>

typedef struct {
    char *folder;
    GnfRegistry *registry;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data)
{
    fixture->folder = g_dir_make_tmp("gnf-XXXXXX", NULL);
    g_assert_nonnull(fixture->folder);
    fixture->registry = gnf_registry_new();
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GDir) dir = g_dir_open(fixture->folder, 0, NULL);
    const char *name;

    while ((name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(fixture->folder, name, NULL);

        g_unlink(path);
    }
    g_rmdir(fixture->folder);
    g_free(fixture->folder);
    gnf_registry_free(fixture->registry);
}

static void
write_file(Fixture *fixture, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(fixture->folder, name, NULL);

    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void
test_finds(Fixture *fixture, gconstpointer data)
{
    const GnfPluginCommand *command;
    g_autoptr(GPtrArray) list = NULL;

    write_file(
        fixture, "x.plugin", "[Plugin]\nCommands=guest-b; guest-a;\nSocket=/run/x\nTimeoutSec=7\n");
    write_file(fixture, "y.plugin", "[Plugin]\nCommands=guest-c\nSocket=/run/y\n");
    write_file(fixture, "z.conf", "[Plugin]\nCommands=guest-z\nSocket=/run/z\n");
    g_assert_true(gnf_registry_load(fixture->registry, fixture->folder, NULL));

    command = gnf_registry_find(fixture->registry, "guest-a");
    g_assert_cmpstr(command->socket_path, ==, "/run/x");
    g_assert_cmpuint(command->timeout_ms, ==, 7000);
    g_assert_true(command->allowed);
    g_assert_cmpuint(gnf_registry_find(fixture->registry, "guest-c")->timeout_ms, ==, 60000);
    g_assert_null(gnf_registry_find(fixture->registry, "guest-z"));
    list = gnf_registry_list(fixture->registry);
    g_assert_cmpuint(list->len, ==, 3);
    g_assert_cmpstr(((GnfPluginCommand *)list->pdata[0])->command, ==, "guest-a");
    g_assert_cmpstr(((GnfPluginCommand *)list->pdata[2])->command, ==, "guest-c");
}

static void
test_first_file_wins(Fixture *fixture, gconstpointer data)
{
    write_file(fixture, "20.plugin", "[Plugin]\nCommands=guest-a\nSocket=/run/second\n");
    write_file(fixture, "10.plugin", "[Plugin]\nCommands=guest-a\nSocket=/run/first\n");
    g_assert_true(gnf_registry_load(fixture->registry, fixture->folder, NULL));
    g_assert_cmpstr(gnf_registry_find(fixture->registry, "guest-a")->socket_path, ==, "/run/first");
}

static void
test_wrong_file(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    write_file(fixture, "a.plugin", "[Plugin]\nCommands=guest-a\n");
    write_file(fixture, "b.plugin", "[Plugin]\nCommands=guest-b\nSocket=/run/b\n");
    g_assert_false(gnf_registry_load(fixture->registry, fixture->folder, &error));
    g_assert_nonnull(strstr(error->message, "a.plugin"));
    g_assert_null(gnf_registry_find(fixture->registry, "guest-a"));
    g_assert_nonnull(gnf_registry_find(fixture->registry, "guest-b"));
}

static void
test_no_folder(Fixture *fixture, gconstpointer data)
{
    g_assert_true(gnf_registry_load(fixture->registry, "/nonexistent", NULL));
    g_assert_null(gnf_registry_find(fixture->registry, "guest-a"));
}

static void
assert_allowed(Fixture *fixture, gboolean a, gboolean b)
{
    g_assert_cmpint(gnf_registry_find(fixture->registry, "guest-a")->allowed, ==, a);
    g_assert_cmpint(gnf_registry_find(fixture->registry, "guest-b")->allowed, ==, b);
}

static void
test_lists(Fixture *fixture, gconstpointer data)
{
    const char *const a[] = {"guest-a", "guest-unknown", NULL};
    const char *const both[] = {"guest-a", "guest-b", NULL};
    const char *const none[] = {NULL};

    write_file(fixture, "x.plugin", "[Plugin]\nCommands=guest-a;guest-b\nSocket=/run/x\n");
    g_assert_true(gnf_registry_load(fixture->registry, fixture->folder, NULL));
    gnf_registry_filter(fixture->registry, a, NULL);
    assert_allowed(fixture, TRUE, FALSE);
    gnf_registry_filter(fixture->registry, NULL, a);
    assert_allowed(fixture, FALSE, TRUE);
    gnf_registry_filter(fixture->registry, both, a);
    assert_allowed(fixture, FALSE, TRUE);
    gnf_registry_filter(fixture->registry, none, NULL);
    assert_allowed(fixture, FALSE, FALSE);
    gnf_registry_filter(fixture->registry, NULL, NULL);
    assert_allowed(fixture, TRUE, TRUE);
}

#define ADD(path, function) g_test_add(path, Fixture, NULL, set_up, function, tear_down)

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    ADD("/registry/finds-commands", test_finds);
    ADD("/registry/first-file-by-name-wins", test_first_file_wins);
    ADD("/registry/a-wrong-file-harms-no-other", test_wrong_file);
    ADD("/registry/no-folder-is-no-plugin", test_no_folder);
    ADD("/registry/lists/block-wins", test_lists);
    return g_test_run();
}
