/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Agent: see agent.h. While greeting, lines are collected: everything before the 0xFF is another
 * client's, then come the replies to our three requests, in order. The first of them is also known
 * by its `id`, should an RPC filter have refused it.
 */
#include "qga-plugin/agent.h"

#include "qga-plugin/local.h"
#include "qga-plugin/stream.h"

#include <string.h>

/* How long requests wait for an agent that is starting: a socket-activated qemu-ga under load
 * takes a second, and libvirt gives up after five. */
#define GREETING_MS 3000
#define RETRY_FIRST_MS 100
#define RETRY_MAX_MS 30000
#define WANTED_US (1 * G_USEC_PER_SEC)
/* One that lived this long was restarted rather than crashed at its start: its socket is still
 * there, so the new one is worth waiting for. */
#define SETTLED_US (1 * G_USEC_PER_SEC)
/* A greeting's replies are some 6 kB; what is longer is someone's rubbish. */
#define LINE_MAX_BYTES (1u << 20)
/* Nothing larger is kept from one line to the next. */
#define KEEP_IDLE (64u << 10)

typedef enum { AWAIT_SYNC, AWAIT_INFO, AWAIT_STATUS, GREETED } Greeting;

struct GnfAgent {
    char *socket_path;
    const GnfAgentHandlers *handlers;
    gpointer user_data;
    GnfStream *stream;
    Greeting greeting;
    gboolean late;
    gint64 id;
    GString *line;
    char *info;
    guint retry_source;
    guint late_source;
    guint retry_ms;
    gint64 tried_at;
};

static void connect_now(GnfAgent *agent);

static gboolean
on_retry(gpointer user_data)
{
    GnfAgent *agent = user_data;

    agent->retry_source = 0;
    connect_now(agent);
    return G_SOURCE_REMOVE;
}

static void
retry_later(GnfAgent *agent)
{
    agent->retry_source = g_timeout_add(agent->retry_ms, on_retry, agent);
    agent->retry_ms = MIN(agent->retry_ms * 2, RETRY_MAX_MS);
}

static void
forget_line(GnfAgent *agent)
{
    g_string_truncate(agent->line, 0);
    if (agent->line->allocated_len <= KEEP_IDLE)
        return;
    g_string_free(agent->line, TRUE);
    agent->line = g_string_new(NULL);
}

static void
disconnect(GnfAgent *agent)
{
    g_clear_pointer(&agent->stream, gnf_stream_free);
    g_clear_handle_id(&agent->late_source, g_source_remove);
    g_clear_pointer(&agent->info, g_free);
    forget_line(agent);
}

static void
on_gone(gpointer user_data)
{
    GnfAgent *agent = user_data;
    gboolean was_up = agent->greeting == GREETED;

    disconnect(agent);
    agent->greeting = AWAIT_SYNC;
    if (was_up && g_get_monotonic_time() - agent->tried_at > SETTLED_US)
        connect_now(agent);
    else
        retry_later(agent);
    if (was_up)
        agent->handlers->lost(agent->user_data);
    else if (!agent->late)
        agent->handlers->late(agent->user_data);
}

static gboolean
on_late(gpointer user_data)
{
    GnfAgent *agent = user_data;

    agent->late_source = 0;
    agent->late = TRUE;
    agent->handlers->late(agent->user_data);
    return G_SOURCE_REMOVE;
}

static void
be_up(GnfAgent *agent, GnfText freeze_status)
{
    g_autofree char *info = g_steal_pointer(&agent->info);

    agent->greeting = GREETED;
    agent->retry_ms = RETRY_FIRST_MS;
    g_clear_handle_id(&agent->late_source, g_source_remove);
    agent->handlers->up((GnfText){info, strlen(info)}, freeze_status, agent->user_data);
}

static gboolean
is_our_sync(GnfAgent *agent, GnfText line)
{
    GnfText id;
    gint64 number;

    return gnf_json_member(line, "id", &id) && gnf_json_integer(id, &number) && number == agent->id;
}

static void
take_line(GnfAgent *agent, GnfText line)
{
    const char *mark = memchr(line.at, 0xFF, line.length);

    if (mark)
        line = (GnfText){mark + 1, line.at + line.length - mark - 1};
    switch (agent->greeting) {
    case AWAIT_SYNC:
        if (is_our_sync(agent, line))
            agent->greeting = AWAIT_INFO;
        return;
    case AWAIT_INFO:
        agent->info = g_strndup(line.at, line.length);
        agent->greeting = AWAIT_STATUS;
        return;
    default:
        be_up(agent, line);
    }
}

static void
on_bytes(const void *data, gsize length, gpointer user_data)
{
    GnfAgent *agent = user_data;
    const char *at = data;

    while (length > 0 && agent->greeting != GREETED) {
        const char *newline = memchr(at, '\n', length);
        gsize used = newline ? (gsize)(newline + 1 - at) : length;

        if (agent->line->len < LINE_MAX_BYTES)
            g_string_append_len(agent->line, at, used);
        if (newline) {
            take_line(agent, (GnfText){agent->line->str, agent->line->len});
            forget_line(agent);
        }
        at += used;
        length -= used;
    }
    if (length > 0)
        agent->handlers->bytes(at, length, agent->user_data);
}

static void
on_drained(gpointer user_data)
{
    GnfAgent *agent = user_data;

    agent->handlers->drained(agent->user_data);
}

static const GnfStreamHandlers stream_handlers = {
    .bytes = on_bytes,
    .gone = on_gone,
    .drained = on_drained,
};

static void
greet(GnfAgent *agent)
{
    g_autofree char *text = NULL;

    agent->id = ((gint64)(g_random_int() & 0xFFFFF) << 32) | g_random_int();
    text = g_strdup_printf(
        "\xff{\"execute\":\"guest-sync-delimited\",\"arguments\":{\"id\":%" G_GINT64_FORMAT
        "},\"id\":%" G_GINT64_FORMAT "}\n{\"execute\":\"guest-info\"}\n"
        "{\"execute\":\"guest-fsfreeze-status\"}\n",
        agent->id,
        agent->id);
    gnf_stream_write(agent->stream, text, strlen(text));
}

static void
connect_now(GnfAgent *agent)
{
    int fd = gnf_local_connect(agent->socket_path);

    agent->tried_at = g_get_monotonic_time();
    if (fd < 0) {
        retry_later(agent);
        return;
    }
    agent->late = FALSE;
    agent->greeting = AWAIT_SYNC;
    agent->late_source = g_timeout_add(GREETING_MS, on_late, agent);
    agent->stream = gnf_stream_new(fd, FALSE, &stream_handlers, agent);
    greet(agent);
}

GnfAgent *
gnf_agent_new(const char *socket_path, const GnfAgentHandlers *handlers, gpointer user_data)
{
    GnfAgent *agent = g_new0(GnfAgent, 1);

    agent->socket_path = g_strdup(socket_path);
    agent->handlers = handlers;
    agent->user_data = user_data;
    agent->line = g_string_new(NULL);
    agent->retry_ms = RETRY_FIRST_MS;
    connect_now(agent);
    return agent;
}

void
gnf_agent_free(GnfAgent *agent)
{
    disconnect(agent);
    g_clear_handle_id(&agent->retry_source, g_source_remove);
    g_string_free(agent->line, TRUE);
    g_free(agent->socket_path);
    g_free(agent);
}

GnfAgentState
gnf_agent_state(const GnfAgent *agent)
{
    if (agent->stream && agent->greeting == GREETED)
        return GNF_AGENT_UP;
    return agent->stream && !agent->late ? GNF_AGENT_GREETING : GNF_AGENT_AWAY;
}

void
gnf_agent_wanted(GnfAgent *agent)
{
    if (agent->stream || g_get_monotonic_time() - agent->tried_at < WANTED_US)
        return;
    g_clear_handle_id(&agent->retry_source, g_source_remove);
    connect_now(agent);
}

void
gnf_agent_write(GnfAgent *agent, const void *data, gsize length)
{
    gnf_stream_write(agent->stream, data, length);
}

void
gnf_agent_cork(GnfAgent *agent)
{
    if (agent->stream)
        gnf_stream_cork(agent->stream);
}

void
gnf_agent_uncork(GnfAgent *agent)
{
    if (agent->stream)
        gnf_stream_uncork(agent->stream);
}

gsize
gnf_agent_queued(const GnfAgent *agent)
{
    return agent->stream ? gnf_stream_queued(agent->stream) : 0;
}

void
gnf_agent_set_reading(GnfAgent *agent, gboolean reading)
{
    if (agent->stream)
        gnf_stream_set_reading(agent->stream, reading);
}
