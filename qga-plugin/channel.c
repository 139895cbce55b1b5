/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Channel: see channel.h. A port is one stream for as long as its device lives; a listening socket
 * is a stream per client, one at a time, as qemu-ga serves them. Exactly one of stream, accept
 * source and retry source is set.
 */
#include "qga-plugin/channel.h"

#include "qga-plugin/local.h"
#include "qga-plugin/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <linux/vm_sockets.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#define RETRY_MS 1000

struct GnfChannel {
    GnfChannelMethod method;
    char *path;
    int listen_fd;
    const GnfChannelHandlers *handlers;
    gpointer user_data;
    GnfStream *stream;
    guint accept_source;
    guint retry_source;
    gboolean failed; /* and it was said */
    gboolean finishing;
};

static const struct {
    const char *name;
    const char *path;
} methods[] = {
    [GNF_CHANNEL_VIRTIO_SERIAL] = {"virtio-serial", "/dev/virtio-ports/org.qemu.guest_agent.0"},
    [GNF_CHANNEL_ISA_SERIAL] = {"isa-serial", "/dev/ttyS0"},
    [GNF_CHANNEL_UNIX_LISTEN] = {"unix-listen", NULL},
    [GNF_CHANNEL_VSOCK_LISTEN] = {"vsock-listen", NULL},
};

gboolean
gnf_channel_method_parse(const char *name, GnfChannelMethod *ret_method)
{
    for (guint i = 0; i < G_N_ELEMENTS(methods); i++) {
        if (g_strcmp0(name, methods[i].name) == 0) {
            *ret_method = i;
            return TRUE;
        }
    }
    return FALSE;
}

const char *
gnf_channel_default_path(GnfChannelMethod method)
{
    return methods[method].path;
}

gboolean
gnf_channel_is_port(const GnfChannel *channel)
{
    return channel->listen_fd < 0 && (channel->method == GNF_CHANNEL_VIRTIO_SERIAL ||
                                      channel->method == GNF_CHANNEL_ISA_SERIAL);
}

static gboolean
on_retry(gpointer user_data)
{
    GnfChannel *channel = user_data;

    channel->retry_source = 0;
    gnf_channel_start(channel);
    return G_SOURCE_REMOVE;
}

static void
retry_later(GnfChannel *channel, const char *what)
{
    g_autofree char *text =
        g_strdup_printf("%s %s: %s; trying again", what, channel->path, g_strerror(errno));

    if (channel->retry_source == 0)
        channel->retry_source = g_timeout_add(RETRY_MS, on_retry, channel);
    if (!channel->failed)
        channel->handlers->note(text, channel->user_data);
    channel->failed = TRUE;
}

static void
be_open(GnfChannel *channel)
{
    g_autofree char *text = g_strdup_printf("opened %s", channel->path);

    if (channel->failed)
        channel->handlers->note(text, channel->user_data);
    channel->failed = FALSE;
}

static void
on_bytes(const void *data, gsize length, gpointer user_data)
{
    GnfChannel *channel = user_data;

    channel->handlers->bytes(data, length, channel->user_data);
}

static void
lose_device(GnfChannel *channel, int error)
{
    g_clear_pointer(&channel->stream, gnf_stream_free);
    errno = error;
    retry_later(channel, "reading");
    channel->handlers->left(channel->user_data);
    channel->handlers->gone(channel->user_data);
}

static void
on_dead(gpointer user_data)
{
    lose_device(user_data, ENODEV);
}

static void
on_left(gpointer user_data)
{
    GnfChannel *channel = user_data;

    channel->handlers->left(channel->user_data);
}

static void
on_gone(gpointer user_data)
{
    GnfChannel *channel = user_data;

    /* A descriptor of a terminal that was hung up never works again (drivers/tty/tty_io.c,
     * hung_up_tty_fops); a virtio port's does. */
    if (channel->method == GNF_CHANNEL_ISA_SERIAL && gnf_channel_is_port(channel))
        lose_device(channel, EIO);
    else
        channel->handlers->gone(channel->user_data);
}

static void
on_drained(gpointer user_data)
{
    GnfChannel *channel = user_data;

    channel->handlers->drained(channel->user_data);
}

static const GnfStreamHandlers stream_handlers = {
    .bytes = on_bytes,
    .left = on_left,
    .gone = on_gone,
    .dead = on_dead,
    .drained = on_drained,
};

static gboolean
make_raw(int fd)
{
    struct termios settings;

    /* Eight bits, no echo, no flow control, as qemu-ga sets it. */
    if (tcgetattr(fd, &settings) < 0)
        return FALSE;
    cfmakeraw(&settings);
    cfsetspeed(&settings, B38400);
    settings.c_cflag |= CREAD | HUPCL | CLOCAL;
    return tcsetattr(fd, TCSANOW, &settings) == 0;
}

static gboolean
is_device(int fd)
{
    struct stat status;

    if (fstat(fd, &status) == 0 && S_ISCHR(status.st_mode))
        return TRUE;
    errno = ENOTTY;
    return FALSE;
}

static void
open_port(GnfChannel *channel)
{
    int fd = open(channel->path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

    if (fd < 0) {
        retry_later(channel, "opening");
        return;
    }
    if (!is_device(fd) || (channel->method == GNF_CHANNEL_ISA_SERIAL && !make_raw(fd))) {
        retry_later(channel, "setting up");
        close(fd);
        return;
    }
    channel->stream = gnf_stream_new(fd, TRUE, &stream_handlers, channel);
    be_open(channel);
}

static gboolean
parse_vsock(const char *path, struct sockaddr_vm *address)
{
    g_auto(GStrv) numbers = g_strsplit(path, ":", 2);
    guint64 cid, port;

    if (g_strv_length(numbers) != 2 ||
        !g_ascii_string_to_unsigned(numbers[0], 10, 0, G_MAXUINT32, &cid, NULL) ||
        !g_ascii_string_to_unsigned(numbers[1], 10, 0, G_MAXUINT32, &port, NULL)) {
        errno = EINVAL;
        return FALSE;
    }
    address->svm_cid = cid;
    address->svm_port = port;
    return TRUE;
}

static int
listen_vsock(const char *path)
{
    struct sockaddr_vm address = {.svm_family = AF_VSOCK};
    int fd;

    if (!parse_vsock(path, &address))
        return -1;
    fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 && listen(fd, 1) == 0)
        return fd;
    close(fd);
    return -1;
}

static gboolean
on_client(gint fd, GIOCondition condition, gpointer user_data)
{
    GnfChannel *channel = user_data;
    int client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (client < 0)
        return G_SOURCE_CONTINUE;
    channel->accept_source = 0;
    channel->stream = gnf_stream_new(client, FALSE, &stream_handlers, channel);
    return G_SOURCE_REMOVE;
}

static void
open_listener(GnfChannel *channel)
{
    if (channel->listen_fd < 0)
        channel->listen_fd = channel->method == GNF_CHANNEL_VSOCK_LISTEN
                                 ? listen_vsock(channel->path)
                                 : gnf_local_listen(channel->path);
    if (channel->listen_fd < 0) {
        retry_later(channel, "listening on");
        return;
    }
    channel->accept_source = g_unix_fd_add(channel->listen_fd, G_IO_IN, on_client, channel);
    be_open(channel);
}

void
gnf_channel_start(GnfChannel *channel)
{
    if (gnf_channel_is_port(channel))
        open_port(channel);
    else
        open_listener(channel);
}

GnfChannel *
gnf_channel_new(GnfChannelMethod method,
                const char *path,
                int listen_fd,
                const GnfChannelHandlers *handlers,
                gpointer user_data)
{
    GnfChannel *channel = g_new0(GnfChannel, 1);

    channel->method = method;
    channel->path = g_strdup(path);
    channel->listen_fd = listen_fd;
    channel->handlers = handlers;
    channel->user_data = user_data;
    return channel;
}

static void
close_stream(GnfChannel *channel)
{
    g_clear_pointer(&channel->stream, gnf_stream_free);
    g_clear_handle_id(&channel->accept_source, g_source_remove);
    g_clear_handle_id(&channel->retry_source, g_source_remove);
}

void
gnf_channel_free(GnfChannel *channel)
{
    close_stream(channel);
    if (channel->listen_fd >= 0)
        close(channel->listen_fd);
    g_free(channel->path);
    g_free(channel);
}

void
gnf_channel_write(GnfChannel *channel, const void *data, gsize length)
{
    if (channel->stream)
        gnf_stream_write(channel->stream, data, length);
}

gsize
gnf_channel_queued(const GnfChannel *channel)
{
    return channel->stream ? gnf_stream_queued(channel->stream) : 0;
}

void
gnf_channel_set_reading(GnfChannel *channel, gboolean reading)
{
    if (channel->stream)
        gnf_stream_set_reading(channel->stream, reading);
}

void
gnf_channel_reopen(GnfChannel *channel)
{
    close_stream(channel);
    gnf_channel_start(channel);
}

void
gnf_channel_finish(GnfChannel *channel)
{
    if (!gnf_channel_is_port(channel))
        gnf_channel_reopen(channel);
}
