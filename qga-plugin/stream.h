/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stream: one open file descriptor in the main loop, non-blocking both ways, with a queue of what
 * could not be written yet. A virtio-serial port without a host, which poll() calls readable and
 * hung up for ever, costs no wake-up until its host is back.
 */
#pragma once

#include <glib.h>

/* From this many queued bytes on the source of them should be paused until `drained`. */
#define GNF_STREAM_QUEUE_HIGH (1u << 20)

typedef struct {
    void (*bytes)(const void *data, gsize length, gpointer user_data);
    /* Only ports: the host has been away for a while; what it asked for is for nobody. `gone`
     * follows. */
    void (*left)(gpointer user_data);
    /* The peer will send no more: end of file, hang-up or error. Called once; for a port, each
     * time the host leaves, after all it had sent was read and the queue was discarded. */
    void (*gone)(gpointer user_data);
    /* Only ports: the descriptor itself is dead (ENODEV). */
    void (*dead)(gpointer user_data);
    /* The queue had reached GNF_STREAM_QUEUE_HIGH and is below it again, or there was one and it is
     * empty; or the peer is no port and `gone`, and nothing is queued for it any more. */
    void (*drained)(gpointer user_data);
} GnfStreamHandlers;

typedef struct GnfStream GnfStream;

/* Owns `fd` from now on. is_port: a hang-up is not the end, as on virtio-serial. Handlers are
 * only called from the main loop, never from within the functions below; each may free the
 * stream. */
GnfStream *
gnf_stream_new(int fd, gboolean is_port, const GnfStreamHandlers *handlers, gpointer user_data);
void gnf_stream_free(GnfStream *stream);

/* Never blocks and never fails: what a gone peer would get is dropped. */
void gnf_stream_write(GnfStream *stream, const void *data, gsize length);
/* From the first to the second, what is written is only queued; then it leaves in one piece. */
void gnf_stream_cork(GnfStream *stream);
void gnf_stream_uncork(GnfStream *stream);
gsize gnf_stream_queued(const GnfStream *stream);

/* Reading is on at first. */
void gnf_stream_set_reading(GnfStream *stream, gboolean reading);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfStream, gnf_stream_free)
