/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Session: the way of a message. Joins channel, framer, router, replies, agent and plugins; holds
 * what qemu-ga said of itself and whether file systems are frozen.
 */
#pragma once

#include "qga-plugin/channel.h"
#include "qga-plugin/registry.h"

typedef struct {
    GnfChannelMethod method;
    const char *path;
    int listen_fd;            /* -1: none */
    const char *agent_socket; /* qemu-ga's */
    /* One sentence for the log; never called between freeze and thaw. */
    void (*note)(const char *text);
} GnfSessionOptions;

typedef struct GnfSession GnfSession;

/* `registry` stays the caller's and outlives the session. */
GnfSession *gnf_session_new(const GnfSessionOptions *options, const GnfRegistry *registry);
void gnf_session_free(GnfSession *session);

/* Serves on until nothing is under way, neither a request nor a reply, then calls `ended` from the
 * main loop; it may free the session. One that is freed in mid-request can take qemu-ga with it,
 * and what that runs for the host: it ends when its client left a reply unread. */
void gnf_session_finish(GnfSession *session, void (*ended)(gpointer user_data), gpointer user_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfSession, gnf_session_free)
