/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replies: the one FIFO of requests under way. An expectation is pushed for each request in the
 * order of arrival, sent in that order, and its reply leaves in that order. No I/O.
 *
 * Sent to qemu-ga are as many as it takes (it works strictly one by one itself); a request of a
 * plugin waits until everything before it is answered, and everything behind it waits until it is:
 * the effects of pipelined requests come in the order in which they were asked for, as with one
 * agent. Where the number of replies to come is not certain, a barrier of our own (a guest-sync
 * with an `id` nobody else knows) tells where they end; its reply is never let through.
 */
#pragma once

#include "qga-plugin/json.h"
#include "qga-plugin/router.h"

typedef struct {
    GnfRoute route;
    GBytes *request;
    guint64 barrier; /* not 0: our own guest-sync with this id */
    gboolean orphan; /* the host that asked has gone: its reply is dropped */
} GnfExpectation;

typedef struct {
    /* Bytes for the host. */
    void (*emit)(const void *data, gsize length, gpointer user_data);
    /* A whole line of qemu-ga for an INFO, FREEZE or THAW. Returns what goes to the host in its
     * place, or NULL for the line as it is. */
    GString *(*line)(const GnfExpectation *expectation, GnfText line, gpointer user_data);
} GnfRepliesHandlers;

typedef struct GnfReplies GnfReplies;

GnfReplies *gnf_replies_new(const GnfRepliesHandlers *handlers, gpointer user_data);
void gnf_replies_free(GnfReplies *replies);

/* Takes a reference to `request`. Adds the barriers that the route needs. */
void gnf_replies_push(GnfReplies *replies, const GnfRoute *route, GBytes *request);

/* The first that was not sent, or NULL. */
const GnfExpectation *gnf_replies_next(const GnfReplies *replies);
/* Whether nothing sent is still unanswered. */
gboolean gnf_replies_all_answered(const GnfReplies *replies);
/* The next one has been sent. */
void gnf_replies_sent(GnfReplies *replies);

/* The oldest one that was sent and is not answered, or NULL. */
const GnfExpectation *gnf_replies_head(const GnfReplies *replies);
/* Answers the head from our side (unless it is an orphan) and forgets it; NULL for no reply. */
void gnf_replies_answer(GnfReplies *replies, GString *line);

/* What qemu-ga said. */
void gnf_replies_feed(GnfReplies *replies, const char *data, gsize length);
/* The connection to qemu-ga broke. Returns whether the host has half of a line. */
gboolean gnf_replies_agent_lost(GnfReplies *replies);

/* The host went away: nothing under way is for the next one. */
void gnf_replies_orphan(GnfReplies *replies);

guint gnf_replies_length(const GnfReplies *replies);
/* Bytes of the requests held. */
gsize gnf_replies_size(const GnfReplies *replies);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfReplies, gnf_replies_free)
