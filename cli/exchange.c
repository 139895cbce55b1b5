/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One message to the engine, and its one line back, over a GSocket that never blocks.
 */
#include "cli/exchange.h"

#include <gio/gunixsocketaddress.h>
#include <sys/un.h>

/* The engine's replies stay under 4 MiB, libvirt's limit; what is longer is not one of them. */
#define REPLY_MAX (4L << 20)

/* How long nothing may come before the person in front is shown a sign of life. */
#define TICK_US (G_USEC_PER_SEC / 4)

static gboolean
wait_for(const GnfExchange *exchange, GSocket *socket, GIOCondition condition, GError **error)
{
    for (;;) {
        gint64 left = exchange->deadline_us - g_get_monotonic_time();
        g_autoptr(GError) problem = NULL;

        if (left <= 0) {
            g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "no answer in time");
            return FALSE;
        }
        if (g_socket_condition_timed_wait(socket, condition, MIN(left, TICK_US), NULL, &problem))
            return TRUE;
        if (!g_error_matches(problem, G_IO_ERROR, G_IO_ERROR_TIMED_OUT)) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return FALSE;
        }
        if (exchange->tick)
            exchange->tick(exchange->tick_data);
    }
}

static GSocket *
open_socket(const GnfExchange *exchange, GError **error)
{
    struct sockaddr_un limit;
    g_autoptr(GSocketAddress) address = NULL;
    g_autoptr(GSocket) socket = NULL;

    if (strlen(exchange->socket) >= sizeof(limit.sun_path)) {
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_FILENAME_TOO_LONG, "path too long");
        return NULL;
    }
    address = g_unix_socket_address_new(exchange->socket);
    socket = g_socket_new(G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, 0, error);
    if (!socket || !g_socket_connect(socket, address, NULL, error))
        return NULL;
    g_socket_set_blocking(socket, FALSE);
    return g_steal_pointer(&socket);
}

static gboolean
send_line(const GnfExchange *exchange, GSocket *socket, const char *line, GError **error)
{
    g_autofree char *text = g_strconcat(line, "\n", NULL);
    gsize left = strlen(text);
    const char *next = text;

    while (left > 0) {
        gssize sent = 0;

        if (!wait_for(exchange, socket, G_IO_OUT, error))
            return FALSE;
        sent = g_socket_send(socket, next, left, NULL, error);
        if (sent < 0)
            return FALSE;
        next += sent;
        left -= (gsize)sent;
    }
    return TRUE;
}

/* Appends what there is to read. */
static gboolean
receive(const GnfExchange *exchange, GSocket *socket, GString *reply, GError **error)
{
    char buffer[16 * 1024];
    gssize received = 0;

    if (!wait_for(exchange, socket, G_IO_IN, error))
        return FALSE;
    received = g_socket_receive(socket, buffer, sizeof(buffer), NULL, error);
    if (received == 0)
        g_set_error_literal(
            error, G_IO_ERROR, G_IO_ERROR_CLOSED, "the connection was closed before the answer");
    if (received <= 0)
        return FALSE;
    g_string_append_len(reply, buffer, received);
    return TRUE;
}

static char *
receive_line(const GnfExchange *exchange, GSocket *socket, GError **error)
{
    g_autoptr(GString) reply = g_string_new(NULL);
    const char *newline = NULL;

    while (!(newline = memchr(reply->str, '\n', reply->len))) {
        if (reply->len > (gsize)REPLY_MAX) {
            g_set_error_literal(
                error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE, "the answer does not end");
            return NULL;
        }
        if (!receive(exchange, socket, reply, error))
            return NULL;
    }
    return g_strndup(reply->str, (gsize)(newline - reply->str));
}

/* "cannot reach the engine at PATH: PROBLEM; what to do". */
static void
explain(const GnfExchange *exchange, const char *problem, GError **error)
{
    gboolean is_denied = g_error_matches(*error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
    const char *remedy = is_denied ? "run it as root"
                                   : "see 'systemctl status qga-net-failoverd.socket "
                                     "qga-net-failoverd.service'";
    g_autofree char *message =
        g_strdup_printf("%s at %s: %s; %s", problem, exchange->socket, (*error)->message, remedy);

    g_free((*error)->message);
    (*error)->message = g_steal_pointer(&message);
}

char *
gnf_exchange(const GnfExchange *exchange, const char *line, GError **error)
{
    g_autoptr(GSocket) socket = NULL;
    g_autoptr(GError) problem = NULL;
    g_autofree char *reply = NULL;

    socket = open_socket(exchange, &problem);
    if (!socket) {
        explain(exchange, "cannot reach the engine", &problem);
        g_propagate_error(error, g_steal_pointer(&problem));
        return NULL;
    }
    if (send_line(exchange, socket, line, &problem))
        reply = receive_line(exchange, socket, &problem);
    if (!reply) {
        explain(exchange, "no answer from the engine", &problem);
        g_propagate_error(error, g_steal_pointer(&problem));
    }
    return g_steal_pointer(&reply);
}
