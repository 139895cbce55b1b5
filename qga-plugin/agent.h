/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Agent: the connection to the stock qemu-ga on its activated socket. Each connection opens with
 * 0xFF and a guest-sync-delimited, because qemu-ga's parser keeps the last client's rubbish; then
 * it asks what commands there are and whether file systems are frozen. It comes back by itself.
 */
#pragma once

#include "qga-plugin/json.h"

typedef enum {
    GNF_AGENT_AWAY,     /* nobody listens, or nobody has answered the greeting in time */
    GNF_AGENT_GREETING, /* it is about to be up: worth waiting for */
    GNF_AGENT_UP,
} GnfAgentState;

typedef struct {
    /* It answered the greeting: its guest-info and guest-fsfreeze-status replies, errors perhaps.
     */
    void (*up)(GnfText info, GnfText freeze_status, gpointer user_data);
    /* It was up and is no more. */
    void (*lost)(gpointer user_data);
    /* GREETING became AWAY: do not wait any longer. */
    void (*late)(gpointer user_data);
    void (*bytes)(const void *data, gsize length, gpointer user_data);
    void (*drained)(gpointer user_data);
} GnfAgentHandlers;

typedef struct GnfAgent GnfAgent;

/* Connects at once; handlers are called from the main loop only. */
GnfAgent *
gnf_agent_new(const char *socket_path, const GnfAgentHandlers *handlers, gpointer user_data);
void gnf_agent_free(GnfAgent *agent);

GnfAgentState gnf_agent_state(const GnfAgent *agent);

/* Someone needs it: brings the next attempt to connect forward, at most one a second. */
void gnf_agent_wanted(GnfAgent *agent);

/* Only while it is UP. */
void gnf_agent_write(GnfAgent *agent, const void *data, gsize length);
/* What is written in between leaves in one piece; it may come and go meanwhile. */
void gnf_agent_cork(GnfAgent *agent);
void gnf_agent_uncork(GnfAgent *agent);
gsize gnf_agent_queued(const GnfAgent *agent);
void gnf_agent_set_reading(GnfAgent *agent, gboolean reading);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfAgent, gnf_agent_free)
