/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Channel: the end that the host talks to, by the methods and paths that qemu-ga has. It never
 * ends: a host that leaves may come back, a device that cannot be opened is tried again.
 */
#pragma once

#include <glib.h>

typedef enum {
    GNF_CHANNEL_VIRTIO_SERIAL,
    GNF_CHANNEL_ISA_SERIAL,
    GNF_CHANNEL_UNIX_LISTEN,
    GNF_CHANNEL_VSOCK_LISTEN, /* path is CID:PORT */
} GnfChannelMethod;

typedef struct {
    void (*bytes)(const void *data, gsize length, gpointer user_data);
    /* Only ports: the host is away, what it asked for is for nobody (stream.h); `gone` follows. */
    void (*left)(gpointer user_data);
    /* The host sends no more. For a port it is gone, and what was queued for it is discarded; a
     * client of a listening socket may have shut down only its writing side, and gets the replies
     * it waits for until gnf_channel_finish(). */
    void (*gone)(gpointer user_data);
    void (*drained)(gpointer user_data);
    /* One sentence for the log: the channel cannot be opened, or is open again. */
    void (*note)(const char *text, gpointer user_data);
} GnfChannelHandlers;

typedef struct GnfChannel GnfChannel;

/* FALSE for a name that qemu-ga does not know either. */
gboolean gnf_channel_method_parse(const char *name, GnfChannelMethod *ret_method);
/* Where qemu-ga looks without -p; NULL if the method has no such place. */
const char *gnf_channel_default_path(GnfChannelMethod method);

/* listen_fd: a socket that systemd activated us with, or -1; it replaces method and path. */
GnfChannel *gnf_channel_new(GnfChannelMethod method,
                            const char *path,
                            int listen_fd,
                            const GnfChannelHandlers *handlers,
                            gpointer user_data);
void gnf_channel_free(GnfChannel *channel);

/* Opens it; errors are notes, and it is tried again. */
void gnf_channel_start(GnfChannel *channel);

/* Whether one host after the other is the same stream, rather than a client each. */
gboolean gnf_channel_is_port(const GnfChannel *channel);

/* What nobody hears is dropped. */
void gnf_channel_write(GnfChannel *channel, const void *data, gsize length);
gsize gnf_channel_queued(const GnfChannel *channel);
void gnf_channel_set_reading(GnfChannel *channel, gboolean reading);

/* After `gone`: all that was under way is answered; a listening channel takes the next client. */
void gnf_channel_finish(GnfChannel *channel);
/* Closes and opens it, so that the host sees that what it was being told will not be finished.
 * Calls no handler. */
void gnf_channel_reopen(GnfChannel *channel);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfChannel, gnf_channel_free)
