/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target of qga-plugind between its three ends: session.c, router.c, replies.c, answer.c and
 * json.c are the real ones, the ends are in memory (ends.h). The input is a script: what the host
 * sends and how it is cut, when qemu-ga answers, is lost and comes back, when a plugin is done,
 * when the host leaves, and bytes that no qemu-ga would say.
 *
 * As long as qemu-ga is honest: each request is answered once, in order, to the host that asked;
 * its lines come back byte for byte; a plugin is asked when all before it is answered and nothing
 * is frozen. Whatever happened: a barrier's reply never gets out, and the next command works.
 */
#include "qga-plugin/session.h"

#include <glib/gstdio.h>
#include <string.h>

#include "tests/fuzz/ends.h"
#include "tests/fuzz/oracle.h"
#include "tests/fuzz/target.h"

/* More than session.c's HOLD_LIMIT. */
#define FILLER_BYTES (257u << 10)

typedef struct {
    GnfGuestAgent *qemu_ga;
    GnfOracle *oracle;
    GString *from_host;  /* not read yet */
    GString *from_agent; /* not read yet */
    gboolean filled;
    gboolean was_up;
    gboolean early; /* the host spoke before qemu-ga had told its commands */
    gboolean is_port;
    gboolean closing; /* a client that only listens now */
} Run;

static GnfRegistry *registry;
static Run *run;

/* -- what the session does -- */

static gboolean
is_up(void)
{
    return gnf_ends.agent->state == GNF_AGENT_UP;
}

static gboolean
is_known_frozen(void)
{
    return run->oracle->honest && is_up() && run->from_agent->len == 0 &&
           gnf_guest_agent_is_frozen(run->qemu_ga);
}

static void
on_note(const char *text)
{
    /* While it starts there is no agent yet. */
    g_assert_false(gnf_ends.agent && is_known_frozen());
}

static void
on_write(const void *data, gsize length)
{
    gint64 id;

    g_assert_null(gnf_ends.call);
    if (gnf_is_barrier(data, length, &id))
        gnf_oracle_barrier(run->oracle, id);
    gnf_guest_agent_take(run->qemu_ga, data, length);
}

static void
on_call(const GnfPluginCommand *command)
{
    /* A name that qemu-ga has is qemu-ga's. */
    g_assert_true(run->early || !g_str_equal(command->command, "guest-fuzz-taken"));
    if (!run->oracle->honest || !is_up())
        return;
    g_assert_true(gnf_guest_agent_is_idle(run->qemu_ga));
    g_assert_cmpuint(run->from_agent->len, ==, 0);
    g_assert_false(gnf_guest_agent_is_frozen(run->qemu_ga));
}

static void
next_host(void)
{
    g_string_truncate(run->from_host, 0);
    gnf_oracle_next_host(run->oracle);
    run->closing = FALSE;
}

/* After each call of the session. */
static void
settle(void)
{
    GnfChannel *channel = gnf_ends.channel;

    gnf_oracle_gets(run->oracle, channel->out->str, channel->out->len);
    g_string_truncate(channel->out, 0);
    if (channel->reopened || (channel->finished && !run->is_port)) {
        /* Closed from our side: in the middle of a line, or when the client has it all. */
        if (!channel->reopened)
            gnf_oracle_assert_answered(run->oracle);
        next_host();
    }
    channel->reopened = channel->finished = 0;
}

/* -- the steps of a script -- */

/* most: of bytes in one read; 0 for all there is. */
static void
deliver_host(gsize most)
{
    gboolean goes_on = TRUE;

    while (goes_on && run->from_host->len > 0 && gnf_ends.channel->reading && !run->closing) {
        gsize length = MIN(most ? most : FILLER_BYTES, run->from_host->len);
        g_autofree char *bytes = g_memdup2(run->from_host->str, length);

        g_string_erase(run->from_host, 0, (gssize)length);
        run->early |= !run->was_up;
        gnf_oracle_asks(run->oracle, bytes, length);
        gnf_ends.channel->handlers->bytes(bytes, length, gnf_ends.channel->user_data);
        settle();
        goes_on = most == 0;
    }
}

static void
deliver_agent(gsize most)
{
    gboolean goes_on = TRUE;

    while (goes_on && run->from_agent->len > 0 && is_up() && gnf_ends.agent->reading) {
        gsize length = MIN(most ? most : FILLER_BYTES, run->from_agent->len);
        g_autofree char *bytes = g_memdup2(run->from_agent->str, length);

        g_string_erase(run->from_agent, 0, (gssize)length);
        gnf_ends.agent->handlers->bytes(bytes, length, gnf_ends.agent->user_data);
        settle();
        goes_on = most == 0;
    }
}

static void
ask(guint which)
{
    static const char *const requests[16] = {
        "{\"execute\":\"guest-ping\",\"id\":@}",
        "{\"execute\":\"guest-info\",\"id\":@}\n",
        "{\"execute\":\"guest-sync\",\"arguments\":{\"id\":7},\"id\":@}",
        "\xff{\"execute\":\"guest-sync-delimited\",\"arguments\":{\"id\":8},\"id\":@}\n",
        "{\"execute\":\"guest-fsfreeze-freeze\",\"id\":@}",
        "{\"execute\":\"guest-fsfreeze-thaw\",\"id\":@}",
        "{\"execute\":\"guest-shutdown\",\"id\":@}",
        "{\"execute\":\"guest-suspend-ram\",\"id\":@}\n",
        "{\"execute\":\"guest-fuzz\",\"id\":@}",
        "{\"execute\":\"guest-fuzz-taken\",\"id\":@}",
        "{\"execute\":\"guest-fuzz-blocked\",\"id\":@}",
        "{'execute':\n'guest-fuzz', 'id': @}",
        "{\"execute\":\"guest-suspend-fuzz\",\"id\":@}",
        "{\"id\":@,\"execute\":\"guest-file-read\",\"arguments\":{}}",
        "42",
        "{\"execute\":\"guest-fsfreeze-freeze-list\",\"id\":@}",
    };
    /* That a command other than qemu-ga's own may be silent is known from its guest-info only. */
    gboolean unknown = which == 12 && !run->was_up;
    g_auto(GStrv) halves = g_strsplit(requests[unknown ? 0 : which % 16], "@", 2);

    g_string_append(run->from_host, halves[0]);
    if (halves[1])
        g_string_append_printf(
            run->from_host, "%" G_GINT64_FORMAT "%s", run->oracle->next_id++, halves[1]);
}

/* Some kB; or, once, more than what is handed on in one piece. */
static void
fill(guint number)
{
    gsize length = number < 15 ? number * 100u : run->filled ? 0 : FILLER_BYTES;
    g_autofree char *text = g_strnfill(length, 'a');

    run->filled |= number == 15;
    g_string_append_len(run->from_host, text, (gssize)length);
}

static gboolean
answer_agent(guint8 how)
{
    return is_up() && gnf_guest_agent_answer(run->qemu_ga, how, run->from_agent);
}

static gboolean
answer_plugin(gboolean fails)
{
    GnfPluginCall *call = gnf_ends.call;
    g_autoptr(GString) reply = g_string_new("{\"return\": {}");
    GnfText request, id;

    if (!call)
        return FALSE;
    request.at = g_bytes_get_data(call->request, &request.length);
    if (gnf_json_member(request, "id", &id)) {
        g_autofree char *echo = gnf_json_line(id);

        g_string_append_printf(reply, ", \"id\": %s", echo);
    }
    g_string_append(reply, "}\n");
    call->done(fails ? NULL : g_steal_pointer(&reply), "it failed", call->user_data);
    settle();
    return TRUE;
}

static void
agent_up(void)
{
    const char *info = "{\"return\": {\"supported_commands\": [{\"name\": \"guest-fuzz-taken\"}, "
                       "{\"name\": \"guest-suspend-fuzz\", \"success-response\": false}]}}\n";
    const char *status = gnf_guest_agent_is_frozen(run->qemu_ga) ? "{\"return\": \"frozen\"}\n"
                                                                 : "{\"return\": \"thawed\"}\n";
    GnfAgent *agent = gnf_ends.agent;

    if (is_up())
        return;
    run->was_up = TRUE;
    agent->state = GNF_AGENT_UP;
    agent->reading = TRUE;
    agent->handlers->up(
        (GnfText){info, strlen(info)}, (GnfText){status, strlen(status)}, agent->user_data);
    settle();
}

static void
agent_lost(gboolean is_back)
{
    GnfAgent *agent = gnf_ends.agent;

    if (!is_up())
        return;
    agent->state = is_back ? GNF_AGENT_GREETING : GNF_AGENT_AWAY;
    gnf_guest_agent_reset(run->qemu_ga);
    g_string_truncate(run->from_agent, 0);
    run->oracle->exact = FALSE;
    agent->handlers->lost(agent->user_data);
    settle();
}

static void
agent_greets(gboolean in_time)
{
    GnfAgent *agent = gnf_ends.agent;

    if (agent->state == GNF_AGENT_AWAY && in_time) {
        agent->state = GNF_AGENT_GREETING;
    } else if (agent->state == GNF_AGENT_GREETING && !in_time) {
        agent->state = GNF_AGENT_AWAY;
        agent->handlers->late(agent->user_data);
    }
    settle();
}

static void
agent_raves(const uint8_t *data, gsize length)
{
    GnfAgent *agent = gnf_ends.agent;

    if (!is_up() || !agent->reading || length == 0)
        return;
    run->oracle->honest = run->oracle->exact = FALSE;
    agent->handlers->bytes(data, length, agent->user_data);
    settle();
}

/* A port's host is read to its end before it counts as gone. */
static void
host_leaves(void)
{
    GnfChannel *channel = gnf_ends.channel;

    if (run->closing || run->from_host->len > 0)
        return;
    channel->away = run->closing = !run->is_port;
    if (run->is_port) {
        run->oracle->exact = FALSE;
        channel->handlers->left(channel->user_data);
        settle();
        next_host();
        channel->queued = 0;
    }
    channel->handlers->gone(channel->user_data);
    settle();
}

/* Everybody does their work until there is none. */
static void
work_off(void)
{
    gboolean busy = TRUE;

    gnf_ends_stall(FALSE);
    settle();
    agent_up();
    while (busy) {
        gsize before = run->from_host->len;

        deliver_host(0);
        busy = run->from_host->len < before;
        busy |= answer_plugin(FALSE);
        while (answer_agent(0))
            busy = TRUE;
        busy |= run->from_agent->len > 0;
        deliver_agent(0);
    }
}

/* -- one run -- */

/* Does the step at data; returns the bytes it took, 0 at the end. */
static gsize
step(const uint8_t *data, gsize size)
{
    guint8 number = size > 0 ? data[0] >> 4 : 0;
    gsize argument = size > 1 ? data[1] : 0;
    gsize text = size > 2 ? MIN(argument, size - 2) : 0;

    if (size < 2)
        return 0;
    switch (data[0] & 15) {
    case 0:
        g_string_append_len(run->from_host, (const char *)data + 2, (gssize)text);
        return 2 + text;
    case 1:
        ask(number);
        return 1;
    case 2:
        deliver_host(argument);
        return 2;
    case 3:
        (void)answer_agent((guint8)argument);
        return 2;
    case 4:
        deliver_agent(argument);
        return 2;
    case 5:
        answer_plugin(number & 1);
        return 1;
    case 6:
        agent_lost(number & 1);
        return 1;
    case 7:
        agent_up();
        return 1;
    case 8:
        agent_greets(number & 1);
        return 1;
    case 9:
        host_leaves();
        return 1;
    case 10:
        gnf_ends_stall(number & 1);
        settle();
        return 1;
    case 11:
        fill(number);
        return 1;
    case 12:
        agent_raves(data + 2, text);
        return 2 + text;
    case 13:
        gnf_ends.channel->handlers->note("a note", gnf_ends.channel->user_data);
        return 1;
    case 14:
        work_off();
        return 1;
    default:
        return 1;
    }
}

/* The next command works: after a liar, with a new qemu-ga and a new host. */
static void
end_well(void)
{
    work_off();
    if (!run->oracle->honest) {
        agent_lost(FALSE);
        g_string_truncate(run->from_host, 0);
        host_leaves();
        work_off();
        run->oracle->honest = TRUE;
        run->oracle->loose = FALSE;
    }
    g_assert_false(run->closing);
    g_string_append(run->from_host, "\n\xff");
    ask(8);
    ask(0);
    work_off();
    g_assert_cmpuint(run->from_host->len, ==, 0);
    g_assert_true(gnf_guest_agent_is_frozen(run->qemu_ga) || run->oracle->loose ||
                  run->oracle->asked->len >= 2);
    gnf_oracle_assert_answered(run->oracle);
    if (run->oracle->exact)
        g_assert_cmpuint(run->oracle->last_serial, ==, gnf_guest_agent_lines(run->qemu_ga));
}

static void
go_through(const uint8_t *data, size_t size)
{
    const GnfSessionOptions options = {.listen_fd = -1, .note = on_note};
    g_autoptr(GnfSession) session = gnf_session_new(&options, registry);
    gsize used;

    g_assert_nonnull(session);
    run->is_port = data[0] & 1;
    gnf_ends.agent->state = data[0] & 2 ? GNF_AGENT_GREETING : GNF_AGENT_AWAY;
    for (gsize at = 1; (used = step(data + at, size - at)) > 0; at += used)
        continue;
    end_well();
}

static void
make_registry(void)
{
    const char *text = "[Plugin]\nSocket=/nowhere\n"
                       "Commands=guest-fuzz;guest-fuzz-taken;guest-fuzz-blocked;\n";
    const char *const block[] = {"guest-fuzz-blocked", NULL};
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_dir_make_tmp("fuzz-session-XXXXXX", &error);
    g_assert_no_error(error);
    g_autofree char *path = g_build_filename(folder, "fuzz.plugin", NULL);

    g_assert_true(g_file_set_contents(path, text, -1, &error));
    registry = gnf_registry_new();
    g_assert_true(gnf_registry_load(registry, folder, &error));
    gnf_registry_filter(registry, NULL, block);
    g_unlink(path);
    g_rmdir(folder);
}

/* A barrier's id is random: from all of the input, so that no input holds its own. */
static void
seed_random(const uint8_t *data, size_t size)
{
    guint seed = 0;

    for (size_t i = 0; i < size; i++)
        seed = seed * 16777619 + data[i] + 1; /* as FNV does */
    g_random_set_seed(seed);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GnfGuestAgent) qemu_ga = gnf_guest_agent_new();
    g_autoptr(GnfOracle) oracle = gnf_oracle_new(qemu_ga);
    g_autoptr(GString) from_host = g_string_new(NULL);
    g_autoptr(GString) from_agent = g_string_new(NULL);
    Run here = {
        .qemu_ga = qemu_ga, .oracle = oracle, .from_host = from_host, .from_agent = from_agent};

    if (size == 0)
        return 0;
    if (!registry)
        make_registry();
    seed_random(data, size);
    run = &here;
    gnf_ends = (GnfEnds){.on_write = on_write, .on_call = on_call};
    go_through(data, size);
    return 0;
}
