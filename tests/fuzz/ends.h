/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The three ends of a session, in memory: they take the place of channel.c, agent.c and plugin.c,
 * with the same contracts (their headers), and leave it to the target when what happens.
 */
#pragma once

#include "qga-plugin/agent.h"
#include "qga-plugin/channel.h"
#include "qga-plugin/plugin.h"

struct GnfChannel {
    const GnfChannelHandlers *handlers;
    gpointer user_data;
    GString *out; /* for the host; the target takes it out */
    gsize queued;
    gboolean stalled; /* the host does not read */
    gboolean was_high;
    gboolean away; /* a client that only reads now */
    gboolean reading;
    guint finished;
    guint reopened;
};

struct GnfAgent {
    const GnfAgentHandlers *handlers;
    gpointer user_data;
    GnfAgentState state;
    gboolean reading;
};

struct GnfPluginCall {
    const GnfPluginCommand *command;
    GBytes *request;
    GnfPluginDone done;
    gpointer user_data;
};

/* The session's, of which there is one; and what the target wants to know at once. */
typedef struct {
    GnfChannel *channel;
    GnfAgent *agent;
    GnfPluginCall *call; /* NULL while no plugin is asked */
    void (*on_write)(const void *data, gsize length);
    void (*on_call)(const GnfPluginCommand *command);
} GnfEnds;

extern GnfEnds gnf_ends;

/* The host reads all there is, or no more. */
void gnf_ends_stall(gboolean stalled);
