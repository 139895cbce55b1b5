/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replies: see replies.h. Invariant: the first n_sent of the queue are sent and unanswered, and
 * either all of them are qemu-ga's or there is one and it is a plugin's. A reply line streams
 * through as it comes, unless its end decides something (info, freeze, barriers): then it is
 * collected, up to a limit that no such line reaches.
 */
#include "qga-plugin/replies.h"

#include <string.h>

/* A guest-info is some 6 kB; what is longer than this is not rewritten but streamed. */
#define COLLECT_MAX (1u << 20)
/* A barrier's reply is some 60 bytes, or an error of one sentence. */
#define BARRIER_MAX 512
/* Nothing larger is kept from one line to the next. */
#define KEEP_IDLE (64u << 10)

struct GnfReplies {
    const GnfRepliesHandlers *handlers;
    gpointer user_data;
    GQueue *queue;
    guint n_sent;
    guint barriers; /* in the queue */
    gsize size;
    GString *line;     /* collected so far */
    gboolean streamed; /* the host has the start of the current line */
    gboolean unasked;  /* the current line is nobody's */
    gboolean uncertain;
};

GnfReplies *
gnf_replies_new(const GnfRepliesHandlers *handlers, gpointer user_data)
{
    GnfReplies *replies = g_new0(GnfReplies, 1);

    replies->handlers = handlers;
    replies->user_data = user_data;
    replies->line = g_string_new(NULL);
    replies->queue = g_queue_new();
    return replies;
}

static void
expectation_free(gpointer data)
{
    GnfExpectation *expectation = data;

    g_bytes_unref(expectation->request);
    g_free(expectation);
}

void
gnf_replies_free(GnfReplies *replies)
{
    g_queue_free_full(replies->queue, expectation_free);
    g_string_free(replies->line, TRUE);
    g_free(replies);
}

static GnfExpectation *
push(GnfReplies *replies, const GnfRoute *route, GBytes *request)
{
    GnfExpectation *expectation = g_new0(GnfExpectation, 1);

    expectation->route = *route;
    expectation->request = g_bytes_ref(request);
    replies->size += g_bytes_get_size(request);
    g_queue_push_tail(replies->queue, expectation);
    return expectation;
}

static void
push_barrier(GnfReplies *replies)
{
    const GnfRoute route = {.kind = GNF_ROUTE_AGENT};
    guint64 id = ((guint64)(g_random_int() & 0xFFFFF) << 32) | g_random_int() | 1;
    g_autofree char *text =
        g_strdup_printf("{\"execute\":\"guest-sync\",\"arguments\":{\"id\":%" G_GUINT64_FORMAT
                        "},\"id\":%" G_GUINT64_FORMAT "}\n",
                        id,
                        id);
    g_autoptr(GBytes) request = g_bytes_new(text, strlen(text));

    push(replies, &route, request)->barrier = id;
    replies->barriers++;
    replies->uncertain = FALSE;
}

static gboolean
takes_one_line(GnfRouteKind kind)
{
    return kind == GNF_ROUTE_AGENT || kind == GNF_ROUTE_SILENT_BYTES;
}

void
gnf_replies_push(GnfReplies *replies, const GnfRoute *route, GBytes *request)
{
    if (replies->uncertain && !takes_one_line(route->kind))
        push_barrier(replies);
    push(replies, route, request);
    replies->uncertain |= route->uncertain;
    if (route->kind == GNF_ROUTE_NO_REPLY)
        push_barrier(replies);
}

static GnfExpectation *
head(const GnfReplies *replies)
{
    return replies->n_sent ? g_queue_peek_head(replies->queue) : NULL;
}

static void
pop_head(GnfReplies *replies)
{
    GnfExpectation *expectation = g_queue_pop_head(replies->queue);

    replies->n_sent--;
    replies->barriers -= expectation->barrier != 0;
    replies->size -= g_bytes_get_size(expectation->request);
    expectation_free(expectation);
}

/* What has no reply needs no answer to be done with. */
static void
pop_silent(GnfReplies *replies)
{
    GnfExpectation *expectation;

    while ((expectation = head(replies)) && expectation->route.kind == GNF_ROUTE_SILENT_BYTES)
        pop_head(replies);
}

const GnfExpectation *
gnf_replies_next(const GnfReplies *replies)
{
    return g_queue_peek_nth(replies->queue, replies->n_sent);
}

gboolean
gnf_replies_all_answered(const GnfReplies *replies)
{
    return replies->n_sent == 0;
}

void
gnf_replies_sent(GnfReplies *replies)
{
    replies->n_sent++;
    pop_silent(replies);
}

const GnfExpectation *
gnf_replies_head(const GnfReplies *replies)
{
    return head(replies);
}

static void
emit(GnfReplies *replies, const char *data, gsize length)
{
    if (!head(replies)->orphan)
        replies->handlers->emit(data, length, replies->user_data);
}

void
gnf_replies_answer(GnfReplies *replies, GString *line)
{
    if (line)
        emit(replies, line->str, line->len);
    pop_head(replies);
    pop_silent(replies);
}

static gboolean
has_barrier(const GnfReplies *replies, guint64 id)
{
    for (const GList *link = replies->queue->head; link; link = link->next)
        if (((const GnfExpectation *)link->data)->barrier == id)
            return TRUE;
    return FALSE;
}

/* The oldest one's, unless qemu-ga skipped that: then a later one's is as good. */
static gboolean
is_barrier_reply(GnfReplies *replies, GnfText line, guint64 *ret_id)
{
    GnfText id;
    gint64 number;

    if (replies->barriers == 0 || line.length > BARRIER_MAX || !gnf_json_member(line, "id", &id) ||
        !gnf_json_integer(id, &number) || number == 0 || !has_barrier(replies, (guint64)number))
        return FALSE;
    *ret_id = (guint64)number;
    return TRUE;
}

static void
pop_through_barrier(GnfReplies *replies, guint64 id)
{
    gboolean found = FALSE;

    while (!found && head(replies)) {
        found = head(replies)->barrier == id;
        pop_head(replies);
    }
    pop_silent(replies);
}

static void
take_line(GnfReplies *replies, GnfText line)
{
    GnfExpectation *expectation = head(replies);
    g_autoptr(GString) other = NULL;
    guint64 id;

    if (is_barrier_reply(replies, line, &id)) {
        pop_through_barrier(replies, id);
        return;
    }
    if (expectation->route.kind != GNF_ROUTE_AGENT)
        other = replies->handlers->line(expectation, line, replies->user_data);
    if (other)
        emit(replies, other->str, other->len);
    else
        emit(replies, line.at, line.length);
    /* A line more than was expected: the barrier is still to come. */
    if (expectation->barrier)
        return;
    pop_head(replies);
    pop_silent(replies);
}

static gboolean
must_collect(GnfReplies *replies, gsize more)
{
    gsize length = replies->line->len + more;

    if (replies->streamed)
        return FALSE;
    if (head(replies)->route.kind != GNF_ROUTE_AGENT)
        return length <= COLLECT_MAX;
    return replies->barriers > 0 && length <= BARRIER_MAX;
}

static void
forget_line(GnfReplies *replies)
{
    g_string_truncate(replies->line, 0);
    if (replies->line->allocated_len <= KEEP_IDLE)
        return;
    g_string_free(replies->line, TRUE);
    replies->line = g_string_new(NULL);
}

static void
collect(GnfReplies *replies, const char *data, gsize length, gboolean ends)
{
    g_string_append_len(replies->line, data, length);
    if (!ends)
        return;
    take_line(replies, (GnfText){replies->line->str, replies->line->len});
    forget_line(replies);
}

static void
stream(GnfReplies *replies, const char *data, gsize length, gboolean ends)
{
    emit(replies, replies->line->str, replies->line->len);
    forget_line(replies);
    emit(replies, data, length);
    replies->streamed = !ends;
    if (!ends || head(replies)->barrier)
        return;
    pop_head(replies);
    pop_silent(replies);
}

/* A line that begins while qemu-ga owes none is nobody's, to its end. */
static gboolean
is_unasked(const GnfReplies *replies)
{
    gboolean begins = replies->line->len == 0 && !replies->streamed;
    const GnfExpectation *expectation = head(replies);

    if (replies->unasked || !begins)
        return replies->unasked;
    return !expectation || expectation->route.kind == GNF_ROUTE_PLUGIN;
}

void
gnf_replies_feed(GnfReplies *replies, const char *data, gsize length)
{
    while (length > 0) {
        const char *newline = memchr(data, '\n', length);
        gsize used = newline ? (gsize)(newline + 1 - data) : length;

        if (is_unasked(replies))
            replies->unasked = !newline;
        else if (must_collect(replies, used))
            collect(replies, data, used, newline != NULL);
        else
            stream(replies, data, used, newline != NULL);
        data += used;
        length -= used;
    }
}

gboolean
gnf_replies_agent_lost(GnfReplies *replies)
{
    gboolean streamed = replies->streamed && head(replies) && !head(replies)->orphan;

    replies->streamed = replies->unasked = FALSE;
    /* What is not sent yet may be uncertain still: `uncertain` stays. */
    forget_line(replies);
    return streamed;
}

void
gnf_replies_orphan(GnfReplies *replies)
{
    for (GList *link = replies->queue->head; link; link = link->next)
        ((GnfExpectation *)link->data)->orphan = TRUE;
}

guint
gnf_replies_length(const GnfReplies *replies)
{
    return g_queue_get_length(replies->queue);
}

gsize
gnf_replies_size(const GnfReplies *replies)
{
    return replies->size;
}
