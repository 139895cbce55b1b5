/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ends; see ends.h.
 */
#include "tests/fuzz/ends.h"

#include "qga-plugin/stream.h"

GnfEnds gnf_ends;

/* -- the host's -- */

GnfChannel *
gnf_channel_new(GnfChannelMethod method,
                const char *path,
                int listen_fd,
                const GnfChannelHandlers *handlers,
                gpointer user_data)
{
    GnfChannel *channel = g_new0(GnfChannel, 1);

    channel->handlers = handlers;
    channel->user_data = user_data;
    channel->out = g_string_new(NULL);
    channel->reading = TRUE;
    gnf_ends.channel = channel;
    return channel;
}

void
gnf_channel_free(GnfChannel *channel)
{
    gnf_ends.channel = NULL;
    g_string_free(channel->out, TRUE);
    g_free(channel);
}

void
gnf_channel_start(GnfChannel *channel)
{
}

void
gnf_channel_write(GnfChannel *channel, const void *data, gsize length)
{
    g_string_append_len(channel->out, data, (gssize)length);
    if (!channel->stalled)
        return;
    channel->queued += length;
    channel->was_high |= channel->queued >= GNF_STREAM_QUEUE_HIGH;
}

gsize
gnf_channel_queued(const GnfChannel *channel)
{
    return channel->queued;
}

void
gnf_channel_set_reading(GnfChannel *channel, gboolean reading)
{
    channel->reading = reading;
}

gboolean
gnf_channel_is_port(const GnfChannel *channel)
{
    return FALSE;
}

void
gnf_channel_finish(GnfChannel *channel)
{
    channel->finished++;
    channel->away = FALSE;
}

void
gnf_channel_reopen(GnfChannel *channel)
{
    channel->queued = 0;
    channel->was_high = channel->away = FALSE;
    channel->reopened++;
}

/* Told when stream.c tells it. */
void
gnf_ends_stall(gboolean stalled)
{
    GnfChannel *channel = gnf_ends.channel;
    gboolean was_high;

    channel->stalled = stalled;
    if (stalled)
        return;
    was_high = channel->was_high;
    channel->was_high = FALSE;
    channel->queued = 0;
    if (was_high || channel->away)
        channel->handlers->drained(channel->user_data);
}

/* -- qemu-ga's -- */

GnfAgent *
gnf_agent_new(const char *socket_path, const GnfAgentHandlers *handlers, gpointer user_data)
{
    GnfAgent *agent = g_new0(GnfAgent, 1);

    agent->handlers = handlers;
    agent->user_data = user_data;
    agent->reading = TRUE;
    gnf_ends.agent = agent;
    return agent;
}

void
gnf_agent_free(GnfAgent *agent)
{
    gnf_ends.agent = NULL;
    g_free(agent);
}

GnfAgentState
gnf_agent_state(const GnfAgent *agent)
{
    return agent->state;
}

void
gnf_agent_wanted(GnfAgent *agent)
{
}

void
gnf_agent_write(GnfAgent *agent, const void *data, gsize length)
{
    g_assert_cmpint(agent->state, ==, GNF_AGENT_UP);
    gnf_ends.on_write(data, length);
}

void
gnf_agent_cork(GnfAgent *agent)
{
}

void
gnf_agent_uncork(GnfAgent *agent)
{
}

gsize
gnf_agent_queued(const GnfAgent *agent)
{
    return 0;
}

void
gnf_agent_set_reading(GnfAgent *agent, gboolean reading)
{
    agent->reading = reading;
}

/* -- a plugin's -- */

GnfPluginCall *
gnf_plugin_call_new(const GnfPluginCommand *command,
                    GBytes *request,
                    GnfPluginDone done,
                    gpointer user_data)
{
    GnfPluginCall *call = g_new0(GnfPluginCall, 1);

    /* One at a time. */
    g_assert_null(gnf_ends.call);
    g_assert_true(command->allowed);
    call->command = command;
    call->request = g_bytes_ref(request);
    call->done = done;
    call->user_data = user_data;
    gnf_ends.call = call;
    gnf_ends.on_call(command);
    return call;
}

void
gnf_plugin_call_free(GnfPluginCall *call)
{
    g_assert_true(call == gnf_ends.call);
    gnf_ends.call = NULL;
    g_bytes_unref(call->request);
    g_free(call);
}
