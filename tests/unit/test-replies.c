/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of qga-plugin/replies.c: one FIFO, driven by hand. `host` collects what the host gets.
 */
#include "qga-plugin/replies.h"

#include <string.h>

typedef struct {
    GnfReplies *replies;
    GString *host;
    GString *agent; /* what was sent to qemu-ga */
    guint lines;    /* whole lines seen */
} Fixture;

static void
on_emit(const void *data, gsize length, gpointer user_data)
{
    Fixture *fixture = user_data;

    g_string_append_len(fixture->host, data, length);
}

static GString *
on_line(const GnfExpectation *expectation, GnfText line, gpointer user_data)
{
    Fixture *fixture = user_data;

    fixture->lines++;
    return expectation->route.kind == GNF_ROUTE_INFO ? g_string_new("merged\n") : NULL;
}

static const GnfRepliesHandlers handlers = {.emit = on_emit, .line = on_line};

static void
set_up(Fixture *fixture, gconstpointer data)
{
    fixture->host = g_string_new(NULL);
    fixture->agent = g_string_new(NULL);
    fixture->replies = gnf_replies_new(&handlers, fixture);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    gnf_replies_free(fixture->replies);
    g_string_free(fixture->host, TRUE);
    g_string_free(fixture->agent, TRUE);
}

static void
push(Fixture *fixture, GnfRouteKind kind, gboolean uncertain)
{
    const GnfRoute route = {.kind = kind, .uncertain = uncertain};
    g_autoptr(GBytes) request = g_bytes_new_static("request", 7);

    gnf_replies_push(fixture->replies, &route, request);
}

/* Sends all there are, as if to qemu-ga. */
static void
send_all(Fixture *fixture)
{
    const GnfExpectation *next;

    while ((next = gnf_replies_next(fixture->replies))) {
        g_string_append_len(
            fixture->agent, g_bytes_get_data(next->request, NULL), g_bytes_get_size(next->request));
        gnf_replies_sent(fixture->replies);
    }
}

static void
feed(Fixture *fixture, const char *text)
{
    gnf_replies_feed(fixture->replies, text, strlen(text));
}

static void
assert_host(Fixture *fixture, const char *expected)
{
    g_assert_cmpstr(fixture->host->str, ==, expected);
    g_string_truncate(fixture->host, 0);
}

/* The id of the last barrier that was sent. */
static char *
barrier_reply(Fixture *fixture)
{
    const char *at = g_strrstr(fixture->agent->str, "\"id\":");

    g_assert_nonnull(at);
    return g_strdup_printf("{\"return\": 1, \"id\": %" G_GINT64_FORMAT "}\n",
                           g_ascii_strtoll(at + 5, NULL, 10));
}

static void
test_streams(Fixture *fixture, gconstpointer data)
{
    push(fixture, GNF_ROUTE_AGENT, FALSE);
    push(fixture, GNF_ROUTE_SILENT_BYTES, FALSE);
    push(fixture, GNF_ROUTE_AGENT, FALSE);
    send_all(fixture);
    feed(fixture, "\xff{\"ret");
    assert_host(fixture, "\xff{\"ret");
    g_assert_cmpuint(gnf_replies_length(fixture->replies), ==, 3);
    feed(fixture, "urn\": 7}\n{}");
    assert_host(fixture, "urn\": 7}\n{}");
    feed(fixture, "\n");
    assert_host(fixture, "\n");
    g_assert_cmpuint(gnf_replies_length(fixture->replies), ==, 0);
    g_assert_cmpuint(gnf_replies_size(fixture->replies), ==, 0);
}

static void
test_rewrites_info(Fixture *fixture, gconstpointer data)
{
    push(fixture, GNF_ROUTE_INFO, FALSE);
    push(fixture, GNF_ROUTE_FREEZE, FALSE);
    send_all(fixture);
    feed(fixture, "{\"return\": {");
    assert_host(fixture, "");
    feed(fixture, "}}\n{\"return\": 2}\n");
    assert_host(fixture, "merged\n{\"return\": 2}\n");
    g_assert_cmpuint(fixture->lines, ==, 2);
}

static void
test_silent_success(Fixture *fixture, gconstpointer data)
{
    g_autofree char *barrier = NULL;

    push(fixture, GNF_ROUTE_NO_REPLY, FALSE);
    push(fixture, GNF_ROUTE_AGENT, FALSE);
    send_all(fixture);
    barrier = barrier_reply(fixture);
    feed(fixture, barrier);
    assert_host(fixture, "");
    feed(fixture, "{\"return\": {}}\n");
    assert_host(fixture, "{\"return\": {}}\n");
    g_assert_true(gnf_replies_all_answered(fixture->replies));
}

static void
test_silent_failure(Fixture *fixture, gconstpointer data)
{
    g_autofree char *barrier = NULL;

    push(fixture, GNF_ROUTE_NO_REPLY, FALSE);
    push(fixture, GNF_ROUTE_AGENT, FALSE);
    send_all(fixture);
    barrier = barrier_reply(fixture);
    feed(fixture, "{\"error\": {}}\n");
    feed(fixture, barrier);
    feed(fixture, "{\"return\": {}}\n");
    assert_host(fixture, "{\"error\": {}}\n{\"return\": {}}\n");
    g_assert_true(gnf_replies_all_answered(fixture->replies));
}

/* However many replies malformed input has, those of what follows are told apart from them. */
static void
count_of_replies(Fixture *fixture, guint count)
{
    g_autofree char *barrier = NULL;
    g_autoptr(GString) errors = g_string_new(NULL);

    push(fixture, GNF_ROUTE_AGENT, TRUE);
    push(fixture, GNF_ROUTE_AGENT, TRUE);
    push(fixture, GNF_ROUTE_INFO, FALSE);
    send_all(fixture);
    barrier = barrier_reply(fixture);
    for (guint i = 0; i < count; i++)
        g_string_append_printf(errors, "{\"error\": %u}\n", i);
    feed(fixture, errors->str);
    feed(fixture, barrier);
    feed(fixture, "{\"return\": {}}\n");
    g_string_append(errors, "merged\n");
    assert_host(fixture, errors->str);
    g_assert_true(gnf_replies_all_answered(fixture->replies));
}

static void
test_uncertain(Fixture *fixture, gconstpointer data)
{
    for (guint count = 0; count < 5; count++)
        count_of_replies(fixture, count);
}

static void
test_long_line_before_barrier(Fixture *fixture, gconstpointer data)
{
    g_autofree char *barrier = NULL;
    g_autofree char *line = g_strnfill(70000, 'x');

    push(fixture, GNF_ROUTE_AGENT, FALSE);
    push(fixture, GNF_ROUTE_NO_REPLY, FALSE);
    send_all(fixture);
    barrier = barrier_reply(fixture);
    feed(fixture, line);
    g_assert_cmpuint(fixture->host->len, ==, 70000);
    feed(fixture, "\n");
    feed(fixture, barrier);
    g_assert_cmpuint(fixture->host->len, ==, 70001);
    g_assert_true(gnf_replies_all_answered(fixture->replies));
}

static void
test_plugin_in_its_place(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GString) line = g_string_new("plugin\n");

    push(fixture, GNF_ROUTE_AGENT, FALSE);
    push(fixture, GNF_ROUTE_PLUGIN, FALSE);
    gnf_replies_sent(fixture->replies);
    g_assert_false(gnf_replies_all_answered(fixture->replies));
    g_assert_cmpint(gnf_replies_next(fixture->replies)->route.kind, ==, GNF_ROUTE_PLUGIN);
    feed(fixture, "agent\n");
    g_assert_true(gnf_replies_all_answered(fixture->replies));
    gnf_replies_sent(fixture->replies);
    gnf_replies_answer(fixture->replies, line);
    assert_host(fixture, "agent\nplugin\n");
}

static void
test_orphans(Fixture *fixture, gconstpointer data)
{
    push(fixture, GNF_ROUTE_AGENT, FALSE);
    push(fixture, GNF_ROUTE_INFO, FALSE);
    send_all(fixture);
    feed(fixture, "{\"half");
    assert_host(fixture, "{\"half");
    gnf_replies_orphan(fixture->replies);
    push(fixture, GNF_ROUTE_AGENT, FALSE);
    send_all(fixture);
    feed(fixture, "\": 1}\n{\"return\": {}}\nnew\n");
    assert_host(fixture, "new\n");
}

static void
test_agent_lost(Fixture *fixture, gconstpointer data)
{
    push(fixture, GNF_ROUTE_AGENT, FALSE);
    send_all(fixture);
    g_assert_false(gnf_replies_agent_lost(fixture->replies));
    feed(fixture, "{\"half");
    g_assert_true(gnf_replies_agent_lost(fixture->replies));
    gnf_replies_orphan(fixture->replies);
    g_assert_false(gnf_replies_agent_lost(fixture->replies));
}

static void
test_unasked(Fixture *fixture, gconstpointer data)
{
    feed(fixture, "who asked\n");
    push(fixture, GNF_ROUTE_AGENT, FALSE);
    feed(fixture, "still nobody\n");
    assert_host(fixture, "");
    send_all(fixture);
    feed(fixture, "answer\n");
    assert_host(fixture, "answer\n");
}

/* qemu-ga has nothing to say while a plugin works; what it says all the same is not the answer. */
static void
test_unasked_beside_a_plugin(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GString) line = g_string_new("plugin\n");

    push(fixture, GNF_ROUTE_PLUGIN, FALSE);
    push(fixture, GNF_ROUTE_AGENT, FALSE);
    gnf_replies_sent(fixture->replies);
    feed(fixture, "nobody\nasked");
    gnf_replies_answer(fixture->replies, line);
    send_all(fixture);
    feed(fixture, " this\nanswer\n");
    assert_host(fixture, "plugin\nanswer\n");
    g_assert_true(gnf_replies_all_answered(fixture->replies));
}

/* A barrier whose reply was garbled does not let the next one's out. */
static void
test_barrier_missed(Fixture *fixture, gconstpointer data)
{
    g_autofree char *barrier = NULL;

    push(fixture, GNF_ROUTE_NO_REPLY, FALSE);
    push(fixture, GNF_ROUTE_NO_REPLY, FALSE);
    push(fixture, GNF_ROUTE_AGENT, FALSE);
    send_all(fixture);
    barrier = barrier_reply(fixture);
    feed(fixture, "garbage\n");
    feed(fixture, barrier);
    feed(fixture, "answer\n");
    assert_host(fixture, "garbage\nanswer\n");
    g_assert_true(gnf_replies_all_answered(fixture->replies));
}

#define ADD(path, function) g_test_add(path, Fixture, NULL, set_up, function, tear_down)

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    ADD("/replies/stream-through-as-they-come", test_streams);
    ADD("/replies/info-is-rewritten-whole", test_rewrites_info);
    ADD("/replies/no-reply-command/succeeds", test_silent_success);
    ADD("/replies/no-reply-command/fails", test_silent_failure);
    ADD("/replies/uncertain/any-number-of-replies", test_uncertain);
    ADD("/replies/uncertain/long-line-before-the-barrier", test_long_line_before_barrier);
    ADD("/replies/plugin-waits-for-its-place", test_plugin_in_its_place);
    ADD("/replies/orphans-are-dropped", test_orphans);
    ADD("/replies/agent-lost-in-mid-line", test_agent_lost);
    ADD("/replies/uncertain/barrier-missed", test_barrier_missed);
    ADD("/replies/unasked-line-is-dropped", test_unasked);
    ADD("/replies/unasked-line-is-dropped/beside-a-plugin", test_unasked_beside_a_plugin);
    return g_test_run();
}
