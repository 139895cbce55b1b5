/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of qga-plugin/stream.c: over socket pairs, when it tells that its queue has drained; over a
 * FIFO, which like a port is hung up and readable without a writer, when a host counts as gone.
 */
#include "qga-plugin/stream.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    GnfStream *stream;
    int peer;
    guint bytes;
    guint left;
    guint gone;
    guint drained;
} Fixture;

static void
on_bytes(const void *data, gsize length, gpointer user_data)
{
    ((Fixture *)user_data)->bytes += length;
}

static void
on_left(gpointer user_data)
{
    ((Fixture *)user_data)->left++;
}

static void
on_gone(gpointer user_data)
{
    ((Fixture *)user_data)->gone++;
}

static void
on_drained(gpointer user_data)
{
    ((Fixture *)user_data)->drained++;
}

static const GnfStreamHandlers handlers = {
    .bytes = on_bytes,
    .left = on_left,
    .gone = on_gone,
    .drained = on_drained,
};

static void
set_up(Fixture *fixture, gconstpointer data)
{
    int ends[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), ==, 0);
    fixture->stream = gnf_stream_new(ends[0], FALSE, &handlers, fixture);
    fixture->peer = ends[1];
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    gnf_stream_free(fixture->stream);
    close(fixture->peer);
}

static void
run_until(const guint *count)
{
    while (*count == 0)
        g_main_context_iteration(NULL, TRUE);
}

/* More than the socket takes, so that some of it is queued. */
static void
write_bytes(Fixture *fixture, gsize length)
{
    g_autofree char *bytes = g_strnfill(length, 'x');

    gnf_stream_write(fixture->stream, bytes, length);
    g_assert_cmpuint(gnf_stream_queued(fixture->stream), >, 0);
}

/* The peer reads all there is and all that follows. */
static void
read_all(Fixture *fixture, gsize length)
{
    char buffer[65536];

    while (length > 0) {
        gssize n = recv(fixture->peer, buffer, sizeof(buffer), MSG_DONTWAIT);

        if (n > 0)
            length -= (gsize)n;
        else
            g_main_context_iteration(NULL, TRUE);
    }
}

static void
test_high(Fixture *fixture, gconstpointer data)
{
    write_bytes(fixture, 3 * GNF_STREAM_QUEUE_HIGH);
    read_all(fixture, 3 * GNF_STREAM_QUEUE_HIGH);
    /* When it is low, and when it is empty. */
    while (fixture->drained < 2)
        g_main_context_iteration(NULL, TRUE);
    g_assert_cmpuint(gnf_stream_queued(fixture->stream), ==, 0);
    g_assert_cmpuint(fixture->gone, ==, 0);
}

/* Who ends waits for this. */
static void
test_empty(Fixture *fixture, gconstpointer data)
{
    const gsize length = GNF_STREAM_QUEUE_HIGH / 2;

    write_bytes(fixture, length);
    read_all(fixture, length);
    run_until(&fixture->drained);
    g_assert_cmpuint(fixture->drained, ==, 1);
    g_assert_cmpuint(gnf_stream_queued(fixture->stream), ==, 0);
}

/* A listening channel waits for this before it takes the next client. */
static void
test_half_closed(Fixture *fixture, gconstpointer data)
{
    const gsize length = GNF_STREAM_QUEUE_HIGH / 2;

    write_bytes(fixture, length);
    g_assert_cmpint(shutdown(fixture->peer, SHUT_WR), ==, 0);
    run_until(&fixture->gone);
    g_assert_cmpuint(fixture->drained, ==, 0);
    read_all(fixture, length);
    run_until(&fixture->drained);
    g_assert_cmpuint(gnf_stream_queued(fixture->stream), ==, 0);
}

/* -- a port -- */

typedef struct {
    Fixture common; /* .peer: the host's end, -1 without one */
    char *folder;
    char *path;
} PortFixture;

static void
set_up_port(PortFixture *fixture, gconstpointer data)
{
    fixture->folder = g_dir_make_tmp("test-stream-XXXXXX", NULL);
    g_assert_nonnull(fixture->folder);
    fixture->path = g_build_filename(fixture->folder, "port", NULL);
    g_assert_cmpint(mkfifo(fixture->path, 0600), ==, 0);
    fixture->common.stream = gnf_stream_new(
        open(fixture->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), TRUE, &handlers, &fixture->common);
    fixture->common.peer = -1;
}

static void
tear_down_port(PortFixture *fixture, gconstpointer data)
{
    gnf_stream_free(fixture->common.stream);
    g_assert_cmpint(g_unlink(fixture->path), ==, 0);
    g_assert_cmpint(g_rmdir(fixture->folder), ==, 0);
    g_free(fixture->path);
    g_free(fixture->folder);
}

/* A host comes, says a byte, and is gone before anybody has looked. */
static void
say_unseen(PortFixture *fixture)
{
    int fd = open(fixture->path, O_WRONLY | O_CLOEXEC);

    g_assert_cmpint(write(fd, "x", 1), ==, 1);
    close(fd);
}

static void
run_until_bytes(PortFixture *fixture, guint bytes)
{
    while (fixture->common.bytes < bytes)
        g_main_context_iteration(NULL, TRUE);
}

/* It takes a fifth of a second, and happens once. */
static void
test_left(PortFixture *fixture, gconstpointer data)
{
    say_unseen(fixture);
    run_until_bytes(fixture, 1);
    run_until(&fixture->common.gone);
    g_assert_cmpuint(fixture->common.left, ==, 1);
    g_assert_cmpuint(fixture->common.gone, ==, 1);
}

/* Bytes behind the hang-up are of a host whom the kernel has not told of yet: it counts as there
 * for ten times as long as one that said nothing. */
static void
test_back_untold(PortFixture *fixture, gconstpointer data)
{
    say_unseen(fixture);
    run_until_bytes(fixture, 1);
    /* The port was found empty when nothing is left to do but to wait. */
    while (g_main_context_iteration(NULL, FALSE))
        continue;
    say_unseen(fixture);
    run_until_bytes(fixture, 2);
    gint64 start = g_get_monotonic_time();
    run_until(&fixture->common.left);
    g_assert_cmpint(g_get_monotonic_time() - start, >, 1500 * G_TIME_SPAN_MILLISECOND);
}

#define ADD_PORT(path, function)                                                                   \
    g_test_add(path, PortFixture, NULL, set_up_port, function, tear_down_port)
#define ADD(path, function) g_test_add(path, Fixture, NULL, set_up, function, tear_down)

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    /* A test that waits for what never comes ends here. */
    (void)alarm(60);
    ADD("/stream/drained/a-high-queue-is-low", test_high);
    ADD("/stream/drained/a-queue-is-empty", test_empty);
    ADD("/stream/drained/half-closed-peer-has-it-all", test_half_closed);
    ADD_PORT("/stream/port/host-has-left", test_left);
    ADD_PORT("/stream/port/host-is-back-untold", test_back_untold);
    return g_test_run();
}
