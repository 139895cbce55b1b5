/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of qga-plugin/router.c: a plugin gets only well-formed requests for its own commands.
 */
#include "qga-plugin/router.h"

#include <glib/gstdio.h>
#include <string.h>

typedef struct {
    GnfRegistry *registry;
    GnfAgentCommands commands;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data)
{
    g_autofree char *folder = g_dir_make_tmp("gnf-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "test.plugin", NULL);

    fixture->registry = gnf_registry_new();
    g_assert_true(g_file_set_contents(
        path, "[Plugin]\nCommands=guest-ours;guest-ping;guest-new\nSocket=/run/x\n", -1, NULL));
    g_assert_true(gnf_registry_load(fixture->registry, folder, NULL));
    g_unlink(path);
    g_rmdir(folder);
    gnf_agent_commands_init(&fixture->commands);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    gnf_registry_free(fixture->registry);
    gnf_agent_commands_clear(&fixture->commands);
}

static GnfRoute
route(Fixture *fixture, GnfFrameResult result, const char *text)
{
    GnfFrame frame = {(const guint8 *)text, strlen(text), FALSE};

    return gnf_route(result, &frame, fixture->registry, &fixture->commands);
}

static void
assert_kind(Fixture *fixture, const char *text, GnfRouteKind kind)
{
    GnfRoute found = route(fixture, GNF_FRAME_MESSAGE, text);

    g_assert_cmpint(found.kind, ==, kind);
    g_assert_cmpint(found.plugin != NULL, ==, kind == GNF_ROUTE_PLUGIN);
    g_assert_false(found.uncertain);
}

static void
test_plugin(Fixture *fixture, gconstpointer data)
{
    assert_kind(fixture, "{\"execute\":\"guest-ours\"}", GNF_ROUTE_PLUGIN);
    assert_kind(fixture, "{'id':1,'execute':'guest\\u002dours'}", GNF_ROUTE_PLUGIN);
    assert_kind(fixture, "{\"execute\":\"guest-other\"}", GNF_ROUTE_AGENT);
    assert_kind(fixture, "{\"execute\":\"guest-ping\"}", GNF_ROUTE_AGENT);
}

static void
test_malformed(Fixture *fixture, gconstpointer data)
{
    const char *const texts[] = {
        "{\"execute\":\"guest-ours\" \"x\"}",
        "{\"execute\":\"guest-ours\",\"arguments\":{\"a\"}}",
        "{\"execute\":\"guest-ours\",\"execute\":\"guest-ours\"}",
        "{\"execute\":[\"guest-ours\"]}",
        "{\"execute\":\"guest-ours\",\"x\":\"\xc3(\"}",
        "[\"execute\",\"guest-ours\"]",
        "{\"arguments\":{\"execute\":\"guest-ours\"}}",
        "\"guest-ours\"",
        "}",
    };

    for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
        assert_kind(fixture, texts[i], GNF_ROUTE_AGENT);
}

static void
test_special(Fixture *fixture, gconstpointer data)
{
    assert_kind(fixture, "{\"execute\":\"guest-info\"}", GNF_ROUTE_INFO);
    assert_kind(fixture, "{\"execute\":\"guest-fsfreeze-freeze\"}", GNF_ROUTE_FREEZE);
    assert_kind(fixture, "{\"execute\":\"guest-fsfreeze-freeze-list\"}", GNF_ROUTE_FREEZE);
    assert_kind(fixture, "{\"execute\":\"guest-fsfreeze-thaw\"}", GNF_ROUTE_THAW);
    assert_kind(fixture, "{\"execute\":\"guest-shutdown\"}", GNF_ROUTE_NO_REPLY);
    assert_kind(fixture, "{\"execute\":\"guest-suspend-ram\"}", GNF_ROUTE_NO_REPLY);
}

static void
test_learns(Fixture *fixture, gconstpointer data)
{
    const char *info = "{\"return\": {\"version\": \"9\", \"supported_commands\": ["
                       "{\"name\": \"guest-new\", \"enabled\": true, \"success-response\": true}, "
                       "{\"success-response\": false, \"name\": \"guest-off\"}]}}\n";
    const char *refused = "{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"no\"}}\n";

    assert_kind(fixture, "{\"execute\":\"guest-new\"}", GNF_ROUTE_PLUGIN);
    gnf_agent_commands_learn(&fixture->commands, info, strlen(info));
    gnf_agent_commands_learn(&fixture->commands, refused, strlen(refused));
    assert_kind(fixture, "{\"execute\":\"guest-new\"}", GNF_ROUTE_AGENT);
    assert_kind(fixture, "{\"execute\":\"guest-off\"}", GNF_ROUTE_NO_REPLY);
    /* Whatever an odd agent says of itself. */
    assert_kind(fixture, "{\"execute\":\"guest-ping\"}", GNF_ROUTE_AGENT);
}

static void
test_frames(Fixture *fixture, gconstpointer data)
{
    GnfFrame end = {(const guint8 *)"{\"execute\":\"guest-ours\"}", 24, TRUE};
    GnfRoute found = gnf_route(GNF_FRAME_MESSAGE, &end, fixture->registry, &fixture->commands);

    /* The end of a long message looks like anything. */
    g_assert_cmpint(found.kind, ==, GNF_ROUTE_AGENT);
    g_assert_true(found.uncertain && found.continued);
    found = route(fixture, GNF_FRAME_PART, "{\"execute\":\"guest-ours\"");
    g_assert_cmpint(found.kind, ==, GNF_ROUTE_SILENT_BYTES);
    g_assert_true(found.uncertain && found.part);
    /* It ends only with the byte behind it, and that may be a plugin's. */
    found = route(fixture, GNF_FRAME_MESSAGE, "42");
    g_assert_cmpint(found.kind, ==, GNF_ROUTE_AGENT);
    g_assert_true(found.uncertain);
    g_assert_false(route(fixture, GNF_FRAME_MESSAGE, "\"42\"").uncertain);
    found = route(fixture, GNF_FRAME_RESYNC, "\xff");
    g_assert_cmpint(found.kind, ==, GNF_ROUTE_AGENT);
    g_assert_true(found.uncertain && found.part);
    found = route(fixture, GNF_FRAME_BLANK, "junk\n");
    g_assert_cmpint(found.kind, ==, GNF_ROUTE_SILENT_BYTES);
    g_assert_true(found.part && found.continued && !found.uncertain);
}

#define ADD(path, function) g_test_add(path, Fixture, NULL, set_up, function, tear_down)

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    ADD("/router/plugin-gets-its-own", test_plugin);
    ADD("/router/malformed-is-qemu-ga's", test_malformed);
    ADD("/router/replies-that-mean-something", test_special);
    ADD("/router/learns-from-guest-info", test_learns);
    ADD("/router/frames-that-are-no-message", test_frames);
    return g_test_run();
}
