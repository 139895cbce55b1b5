/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Session: see session.h. Bytes of the host become expectations (take_frame), pump() sends or
 * answers as many of them as their order allows, and steer() pauses whichever side sends faster
 * than the other takes. Everything that could let pump() go on calls it.
 */
#include "qga-plugin/session.h"

#include "qga-plugin/agent.h"
#include "qga-plugin/answer.h"
#include "qga-plugin/framer.h"
#include "qga-plugin/plugin.h"
#include "qga-plugin/replies.h"
#include "qga-plugin/stream.h"

/* A request longer than this is passed on in parts; no plugin's request is. */
#define HOLD_LIMIT (256u << 10)
/* Requests under way; the host waits beyond that. */
#define REQUESTS_MAX 256
#define REQUESTS_MAX_BYTES (1u << 20)

#define AWAY_REASON "qemu-guest-agent is not running or does not answer"
#define LOST_REASON "qemu-guest-agent went away while it worked on the command"
#define DISABLED "CommandNotFound"

struct GnfSession {
    void (*ended)(gpointer user_data); /* NULL until gnf_session_finish() */
    gpointer ended_data;
    guint rest_source;
    const GnfRegistry *registry;
    void (*note)(const char *text);
    GnfChannel *channel;
    GnfAgent *agent;
    GnfFramer *framer;
    GnfReplies *replies;
    GnfAgentCommands commands;
    GnfPluginCall *call;
    gboolean frozen;
    gboolean host_done; /* a listening channel's client waits only for what is under way */
    gboolean halfway;   /* qemu-ga has the first parts of a message, or of what it skips */
    gboolean cut;       /* these were lost with qemu-ga */
};

static void pump(GnfSession *session);

static void
say(GnfSession *session, const char *text)
{
    if (!session->frozen && session->note)
        session->note(text);
}

static void
answer_error(GnfSession *session, GBytes *request, const char *error_class, const char *description)
{
    g_autoptr(GString) line = gnf_answer_error(request, error_class, description);

    gnf_replies_answer(session->replies, line);
}

/* A request of qemu-ga's that it cannot answer; it is the head. What is ours gets no answer, and
 * neither does a shutdown that took qemu-ga with it. */
static void
answer_instead(GnfSession *session, const GnfExpectation *head, const char *reason)
{
    g_autoptr(GString) line = NULL;

    if (head->route.continued)
        line = gnf_answer_error(NULL, "GenericError", reason);
    else if (!head->barrier)
        line = gnf_answer_instead(head->request, session->registry, session->frozen, reason);
    gnf_replies_answer(session->replies, line);
}

static void
on_plugin_done(GString *reply, const char *reason, gpointer user_data)
{
    GnfSession *session = user_data;
    g_autoptr(GString) line = reply;

    if (line)
        gnf_replies_answer(session->replies, line);
    else
        answer_error(session, gnf_replies_head(session->replies)->request, "GenericError", reason);
    g_clear_pointer(&session->call, gnf_plugin_call_free);
    pump(session);
}

/* Why the plugin may not be asked now, in qemu-ga's words: of 6.0 while frozen, of 9.1
 * where a list forbids it (before, it gave no reason). NULL if it may. */
static const char *
refusal(GnfSession *session, const GnfPluginCommand *plugin)
{
    if (session->frozen)
        return "the agent is in frozen state";
    return plugin->allowed ? NULL : "the command is not allowed";
}

/* The plugin goes on by itself; nobody is left to hear what it says, and the next host is not to
 * wait for it. */
static void
give_up_call(GnfSession *session)
{
    if (!session->call)
        return;
    g_clear_pointer(&session->call, gnf_plugin_call_free);
    gnf_replies_answer(session->replies, NULL);
}

static void
ask_plugin(GnfSession *session, const GnfExpectation *expectation)
{
    const GnfPluginCommand *plugin = expectation->route.plugin;
    const char *why = refusal(session, plugin);

    gnf_replies_sent(session->replies);
    if (why) {
        g_autofree char *text =
            g_strdup_printf("Command %s has been disabled: %s", plugin->command, why);

        answer_error(session, expectation->request, DISABLED, text);
        return;
    }
    session->call = gnf_plugin_call_new(plugin, expectation->request, on_plugin_done, session);
    /* Asked by a host that has gone: still done, as qemu-ga would, but not waited for. */
    if (expectation->orphan)
        give_up_call(session);
}

static void
send_to_agent(GnfSession *session, const GnfExpectation *next)
{
    gsize length;
    const void *data = g_bytes_get_data(next->request, &length);

    gnf_agent_write(session->agent, data, length);
    session->halfway = next->route.part;
    gnf_replies_sent(session->replies);
}

/* A message that does not reach qemu-ga whole: its parts are dropped, its end is answered. */
static gboolean
answer_unsent(GnfSession *session, const GnfExpectation *next)
{
    gboolean silent = next->route.kind == GNF_ROUTE_SILENT_BYTES;

    if (!silent && !gnf_replies_all_answered(session->replies))
        return FALSE;
    session->cut = next->route.part;
    gnf_replies_sent(session->replies);
    if (!silent)
        answer_instead(session, next, AWAY_REASON);
    return TRUE;
}

/* Returns whether the next request could be dealt with. */
static gboolean
pump_one(GnfSession *session, const GnfExpectation *next)
{
    gboolean alone = gnf_replies_all_answered(session->replies);

    if (session->call)
        return FALSE;
    if (next->route.kind == GNF_ROUTE_PLUGIN) {
        /* Whether the guest is frozen is known when qemu-ga has been greeted. */
        gboolean may = alone && gnf_agent_state(session->agent) != GNF_AGENT_GREETING;
        if (may)
            ask_plugin(session, next);
        return may;
    }
    session->cut = session->cut && next->route.continued;
    if (session->cut)
        return answer_unsent(session, next);
    switch (gnf_agent_state(session->agent)) {
    case GNF_AGENT_UP:
        send_to_agent(session, next);
        return TRUE;
    case GNF_AGENT_AWAY:
        gnf_agent_wanted(session->agent);
        return answer_unsent(session, next);
    default:
        return FALSE;
    }
}

/* Nobody may send more than a bounded amount ahead of the other side. */
static void
steer(GnfSession *session)
{
    gboolean host_may = gnf_replies_length(session->replies) < REQUESTS_MAX &&
                        gnf_replies_size(session->replies) < REQUESTS_MAX_BYTES &&
                        gnf_agent_queued(session->agent) < GNF_STREAM_QUEUE_HIGH;
    gboolean agent_may = gnf_channel_queued(session->channel) < GNF_STREAM_QUEUE_HIGH;

    gnf_channel_set_reading(session->channel, host_may);
    gnf_agent_set_reading(session->agent, agent_may);
}

static gboolean
is_idle(const GnfSession *session)
{
    return gnf_replies_length(session->replies) == 0 && gnf_channel_queued(session->channel) == 0;
}

/* The host is not in the middle of a request, and qemu-ga has nothing to say. */
static gboolean
may_end(const GnfSession *session)
{
    return is_idle(session) && !gnf_framer_is_in_message(session->framer) &&
           gnf_agent_state(session->agent) != GNF_AGENT_GREETING;
}

/* Runs when there is nothing to be read, and nothing is read behind it. */
static gboolean
on_rest(gpointer user_data)
{
    GnfSession *session = user_data;

    session->rest_source = 0;
    if (may_end(session))
        session->ended(session->ended_data);
    return G_SOURCE_REMOVE;
}

static void
pump(GnfSession *session)
{
    const GnfExpectation *next;

    /* What is answered from our side, too, waits for a host that does not read. */
    while (gnf_channel_queued(session->channel) < GNF_STREAM_QUEUE_HIGH &&
           (next = gnf_replies_next(session->replies)) && pump_one(session, next))
        continue;
    if (session->host_done && is_idle(session)) {
        session->host_done = FALSE;
        gnf_channel_finish(session->channel);
    }
    steer(session);
    if (session->ended && session->rest_source == 0 && may_end(session))
        session->rest_source = g_idle_add(on_rest, session);
}

static void
on_host_bytes(const void *data, gsize length, gpointer user_data)
{
    GnfSession *session = user_data;
    GnfFrameResult result;
    GnfFrame frame;

    /* A request and the newline behind it are one wake-up of qemu-ga. */
    gnf_agent_cork(session->agent);
    gnf_framer_feed(session->framer, data, length);
    while ((result = gnf_framer_pop(session->framer, &frame)) != GNF_FRAME_PENDING) {
        GnfRoute route = gnf_route(result, &frame, session->registry, &session->commands);
        g_autoptr(GBytes) request = g_bytes_new(frame.bytes, frame.length);

        gnf_replies_push(session->replies, &route, request);
        pump(session);
    }
    gnf_agent_uncork(session->agent);
    steer(session);
}

/* What the host left half said is dropped; if qemu-ga has the first half, it is told to forget. The
 * newline ends a bare number before it, or that qemu-ga skips what the next host says, too. */
static void
host_left(GnfSession *session)
{
    /* One error, or two: the barrier tells. */
    const GnfRoute forget = {.kind = GNF_ROUTE_NO_REPLY, .continued = TRUE};
    const GnfRoute go_on = {.kind = GNF_ROUTE_SILENT_BYTES};
    g_autoptr(GBytes) error = g_bytes_new_static("\xff", 1);
    g_autoptr(GBytes) newline = g_bytes_new_static("\n", 1);
    gboolean clean = gnf_framer_is_clean(session->framer);

    if (gnf_framer_reset(session->framer))
        gnf_replies_push(session->replies, &forget, error);
    else if (!clean)
        gnf_replies_push(session->replies, &go_on, newline);
}

/* What it asked for before is still done, for nobody. */
static void
on_host_left(gpointer user_data)
{
    GnfSession *session = user_data;

    gnf_replies_orphan(session->replies);
    give_up_call(session);
    pump(session);
}

static void
on_host_gone(gpointer user_data)
{
    GnfSession *session = user_data;

    host_left(session);
    /* What qemu-ga says to that is not for the next host. */
    if (gnf_channel_is_port(session->channel))
        gnf_replies_orphan(session->replies);
    session->host_done = TRUE;
    pump(session);
}

static void
on_drained(gpointer user_data)
{
    pump(user_data);
}

static void
on_channel_note(const char *text, gpointer user_data)
{
    say(user_data, text);
}

static void
on_agent_bytes(const void *data, gsize length, gpointer user_data)
{
    GnfSession *session = user_data;

    gnf_replies_feed(session->replies, data, length);
    pump(session);
}

static void
on_agent_up(GnfText info, GnfText freeze_status, gpointer user_data)
{
    GnfSession *session = user_data;
    g_autofree char *status = NULL;
    GnfText value;

    gnf_agent_commands_learn(&session->commands, info.at, info.length);
    if (gnf_json_member(freeze_status, "return", &value))
        status = gnf_json_string(value);
    session->frozen = g_strcmp0(status, "frozen") == 0;
    say(session, "connected to qemu-guest-agent");
    pump(session);
}

/* What was sent is answered from our side: a command may have been carried out, or not. */
static void
on_agent_lost(gpointer user_data)
{
    GnfSession *session = user_data;
    gboolean broken = gnf_replies_agent_lost(session->replies);
    const GnfExpectation *head;

    session->cut |= session->halfway;
    session->halfway = FALSE;
    if (broken) {
        host_left(session);
        gnf_replies_orphan(session->replies);
        gnf_channel_reopen(session->channel);
    }
    while ((head = gnf_replies_head(session->replies)) && head->route.kind != GNF_ROUTE_PLUGIN) {
        if (head->route.kind == GNF_ROUTE_NO_REPLY)
            gnf_replies_answer(session->replies, NULL);
        else
            answer_instead(session, head, LOST_REASON);
    }
    say(session, "lost qemu-guest-agent; answering in its place until it is back");
    pump(session);
}

static void
on_agent_late(gpointer user_data)
{
    GnfSession *session = user_data;

    say(session, AWAY_REASON);
    pump(session);
}

static gboolean
frozen_after(const GnfExpectation *expectation, GnfText line, gboolean frozen)
{
    GnfText value;
    gint64 count;

    if (!gnf_json_member(line, "return", &value))
        return frozen;
    /* With nothing to freeze, qemu-ga does not count as frozen either. */
    return expectation->route.kind == GNF_ROUTE_FREEZE && gnf_json_integer(value, &count) &&
           count > 0;
}

static void
emit_to_host(const void *data, gsize length, gpointer user_data)
{
    GnfSession *session = user_data;

    gnf_channel_write(session->channel, data, length);
}

static GString *
on_reply_line(const GnfExpectation *expectation, GnfText line, gpointer user_data)
{
    GnfSession *session = user_data;

    switch (expectation->route.kind) {
    case GNF_ROUTE_INFO:
        gnf_agent_commands_learn(&session->commands, line.at, line.length);
        return gnf_answer_merge_info(
            line, session->registry, session->commands.names, session->frozen);
    case GNF_ROUTE_FREEZE:
    case GNF_ROUTE_THAW:
        session->frozen = frozen_after(expectation, line, session->frozen);
        return NULL;
    default:
        return NULL;
    }
}

static const GnfChannelHandlers channel_handlers = {
    .bytes = on_host_bytes,
    .left = on_host_left,
    .gone = on_host_gone,
    .drained = on_drained,
    .note = on_channel_note,
};

static const GnfAgentHandlers agent_handlers = {
    .up = on_agent_up,
    .lost = on_agent_lost,
    .late = on_agent_late,
    .bytes = on_agent_bytes,
    .drained = on_drained,
};

static const GnfRepliesHandlers replies_handlers = {
    .emit = emit_to_host,
    .line = on_reply_line,
};

GnfSession *
gnf_session_new(const GnfSessionOptions *options, const GnfRegistry *registry)
{
    GnfSession *session = g_new0(GnfSession, 1);

    session->registry = registry;
    session->note = options->note;
    session->framer = gnf_framer_new(HOLD_LIMIT);
    session->replies = gnf_replies_new(&replies_handlers, session);
    gnf_agent_commands_init(&session->commands);
    session->channel = gnf_channel_new(
        options->method, options->path, options->listen_fd, &channel_handlers, session);
    session->agent = gnf_agent_new(options->agent_socket, &agent_handlers, session);
    gnf_channel_start(session->channel);
    return session;
}

void
gnf_session_finish(GnfSession *session, void (*ended)(gpointer user_data), gpointer user_data)
{
    session->ended = ended;
    session->ended_data = user_data;
    pump(session);
}

void
gnf_session_free(GnfSession *session)
{
    g_clear_handle_id(&session->rest_source, g_source_remove);
    g_clear_pointer(&session->call, gnf_plugin_call_free);
    gnf_agent_free(session->agent);
    gnf_channel_free(session->channel);
    gnf_replies_free(session->replies);
    gnf_framer_free(session->framer);
    gnf_agent_commands_clear(&session->commands);
    g_free(session);
}
