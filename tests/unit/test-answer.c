/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of qga-plugin/answer.c: our own lines, byte for byte, and what is appended to guest-info.
 */
#include "qga-plugin/answer.h"

#include <glib/gstdio.h>
#include <string.h>

typedef struct {
    GnfRegistry *registry;
    GHashTable *taken;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data)
{
    g_autofree char *folder = g_dir_make_tmp("gnf-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "test.plugin", NULL);
    const char *const block[] = {"guest-b", NULL};

    fixture->registry = gnf_registry_new();
    g_assert_true(
        g_file_set_contents(path, "[Plugin]\nCommands=guest-a;guest-b\nSocket=/run/x\n", -1, NULL));
    g_assert_true(gnf_registry_load(fixture->registry, folder, NULL));
    gnf_registry_filter(fixture->registry, NULL, block);
    g_unlink(path);
    g_rmdir(folder);
    fixture->taken = g_hash_table_new(g_str_hash, g_str_equal);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    gnf_registry_free(fixture->registry);
    g_hash_table_unref(fixture->taken);
}

static void
assert_instead(Fixture *fixture, const char *request, const char *expected)
{
    g_autoptr(GBytes) bytes = g_bytes_new(request, strlen(request));
    g_autoptr(GString) line = gnf_answer_instead(bytes, fixture->registry, FALSE, "gone");

    g_assert_cmpstr(line->str, ==, expected);
}

static void
test_instead(Fixture *fixture, gconstpointer data)
{
    assert_instead(fixture, "{\"execute\":\"guest-ping\"}", "{\"return\": {}}\n");
    assert_instead(fixture,
                   "{'execute':'guest-sync','arguments':{'id':-5},'id':{'a': 'it\\'s'}}",
                   "{\"return\": -5, \"id\": {\"a\":\"it's\"}}\n");
    assert_instead(fixture,
                   "{\"execute\":\"guest-sync-delimited\",\"arguments\":{\"id\":7}}",
                   "\xff{\"return\": 7}\n");
    assert_instead(
        fixture,
        "{\"execute\":\"guest-exec\",\"id\":null}",
        "{\"error\": {\"class\": \"GenericError\", \"desc\": \"gone\"}, \"id\": null}\n");
    assert_instead(fixture,
                   "\xff",
                   "{\"error\": {\"class\": \"GenericError\", \"desc\": \"JSON parse error\"}}\n");
    assert_instead(
        fixture, "[1]", "{\"error\": {\"class\": \"GenericError\", \"desc\": \"gone\"}}\n");
}

static void
test_error(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GString) line = gnf_answer_error(NULL, "GenericError", "a \"b\" \\ \n");

    g_assert_cmpstr(line->str,
                    ==,
                    "{\"error\": {\"class\": \"GenericError\", \"desc\": \"a \\\"b\\\" \\\\ "
                    "\\u000a\"}}\n");
}

#define ENTRY(name, enabled)                                                                       \
    "{\"enabled\": " enabled ", \"name\": \"" name "\", \"success-response\": true}"

static void
assert_merged(Fixture *fixture, gboolean frozen, const char *line, const char *expected)
{
    g_autoptr(GString) merged = gnf_answer_merge_info(
        (GnfText){line, strlen(line)}, fixture->registry, fixture->taken, frozen);

    g_assert_cmpstr(merged->str, ==, expected);
}

static void
test_merge(Fixture *fixture, gconstpointer data)
{
    assert_merged(
        fixture,
        FALSE,
        "{\"return\": {\"supported_commands\": [{\"name\":  \"]\"}], \"version\": \"7\"}}\n",
        "{\"return\": {\"supported_commands\": [{\"name\":  \"]\"}, " ENTRY(
            "guest-a", "true") ", " ENTRY("guest-b", "false") "], \"version\": \"7\"}}\n");
    assert_merged(fixture,
                  TRUE,
                  "{\"id\": 1, \"return\": {\"supported_commands\": []}}\n",
                  "{\"id\": 1, \"return\": {\"supported_commands\": [" ENTRY(
                      "guest-a", "false") ", " ENTRY("guest-b", "false") "]}}\n");
}

static void
test_merge_leaves_alone(Fixture *fixture, gconstpointer data)
{
    static char name[] = "guest-a";

    assert_merged(fixture, FALSE, "{\"error\": {}}\n", "{\"error\": {}}\n");
    g_hash_table_add(fixture->taken, name);
    assert_merged(fixture,
                  FALSE,
                  "{\"return\": {\"supported_commands\": []}}\n",
                  "{\"return\": {\"supported_commands\": [" ENTRY("guest-b", "false") "]}}\n");
}

#define ADD(path, function) g_test_add(path, Fixture, NULL, set_up, function, tear_down)

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    ADD("/answer/instead-of-qemu-ga", test_instead);
    ADD("/answer/error-is-one-line", test_error);
    ADD("/answer/info/ours-are-appended", test_merge);
    ADD("/answer/info/upstream-is-untouched", test_merge_leaves_alone);
    return g_test_run();
}
