/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The socket; see server.h. A connection reads only while no request of its own is unanswered, so a
 * client that does not read its replies holds up nobody but itself, and memory stays bounded.
 */
#include "failover/server.h"

#include "failover/error.h"
#include "qga-plugin/framer.h"

#define READ_BYTES 16384

struct GnfServer {
    GSocketService *service;
    GnfEngine *engine;
    guint connections;
    GnfIdleFunc on_idle;
    gpointer idle_data;
};

typedef struct {
    GnfServer *server;
    GSocketConnection *stream;
    GnfFramer *framer;
    char *line; /* the reply being written */
    guint8 buffer[READ_BYTES];
} Connection;

static void read_more(Connection *connection);
static void next_frame(Connection *connection);

static void
connection_close(Connection *connection)
{
    GnfServer *server = connection->server;

    g_object_unref(connection->stream);
    gnf_framer_free(connection->framer);
    g_free(connection->line);
    g_free(connection);
    server->connections--;
    if (server->on_idle)
        server->on_idle(server->idle_data);
}

static void
on_written(GObject *source, GAsyncResult *result, gpointer data)
{
    Connection *connection = data;

    g_clear_pointer(&connection->line, g_free);
    if (g_output_stream_write_all_finish(G_OUTPUT_STREAM(source), result, NULL, NULL))
        next_frame(connection);
    else
        connection_close(connection);
}

static void
send_line(const char *line, gpointer data)
{
    Connection *connection = data;

    connection->line = g_strdup(line);
    g_output_stream_write_all_async(g_io_stream_get_output_stream(G_IO_STREAM(connection->stream)),
                                    connection->line,
                                    strlen(line),
                                    G_PRIORITY_DEFAULT,
                                    NULL,
                                    on_written,
                                    connection);
}

static void
refuse(Connection *connection, JsonNode *id, const GError *error)
{
    g_autofree char *line = gnf_reply_error(id, error);

    send_line(line, connection);
}

static void
handle_message(Connection *connection, const GnfFrame *frame)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonNode) id = NULL;
    GnfRequest *request = gnf_request_parse((const char *)frame->bytes, frame->length, &id, &error);

    if (request)
        gnf_engine_handle(connection->server->engine, request, send_line, connection);
    else
        refuse(connection, id, error);
}

static void
next_frame(Connection *connection)
{
    GnfFrame frame = {0};
    GnfFrameResult result = GNF_FRAME_BLANK;
    g_autoptr(GError) error = NULL;

    while (result == GNF_FRAME_BLANK)
        result = gnf_framer_pop(connection->framer, &frame);
    switch (result) {
    case GNF_FRAME_PENDING:
        read_more(connection);
        return;
    case GNF_FRAME_MESSAGE:
        handle_message(connection, &frame);
        return;
    case GNF_FRAME_RESYNC:
        error = gnf_reason(GNF_REASON_CODE_INVALID_ARGUMENT, "the request is not JSON");
        refuse(connection, NULL, error);
        return;
    default:
        /* Too big: there is no telling where the next request begins. */
        connection_close(connection);
        return;
    }
}

static void
on_read(GObject *source, GAsyncResult *result, gpointer data)
{
    Connection *connection = data;
    gssize length = g_input_stream_read_finish(G_INPUT_STREAM(source), result, NULL);

    if (length <= 0) {
        connection_close(connection);
        return;
    }
    gnf_framer_feed(connection->framer, connection->buffer, (gsize)length);
    next_frame(connection);
}

static void
read_more(Connection *connection)
{
    g_input_stream_read_async(g_io_stream_get_input_stream(G_IO_STREAM(connection->stream)),
                              connection->buffer,
                              sizeof(connection->buffer),
                              G_PRIORITY_DEFAULT,
                              NULL,
                              on_read,
                              connection);
}

static gboolean
on_incoming(GSocketService *service, GSocketConnection *stream, GObject *source, gpointer data)
{
    GnfServer *self = data;
    Connection *connection = g_new0(Connection, 1);

    connection->server = self;
    connection->stream = g_object_ref(stream);
    connection->framer = gnf_framer_new(GNF_REQUEST_MAX_BYTES);
    self->connections++;
    if (self->on_idle)
        self->on_idle(self->idle_data);
    read_more(connection);
    return TRUE;
}

GnfServer *
gnf_server_new(GSocket *socket, GnfEngine *engine, GError **error)
{
    g_autoptr(GnfServer) self = g_new0(GnfServer, 1);

    self->engine = engine;
    self->service = g_socket_service_new();
    if (!g_socket_listener_add_socket(G_SOCKET_LISTENER(self->service), socket, NULL, error))
        return NULL;
    g_signal_connect(self->service, "incoming", G_CALLBACK(on_incoming), self);
    g_socket_service_start(self->service);
    return g_steal_pointer(&self);
}

void
gnf_server_free(GnfServer *self)
{
    if (!self)
        return;
    g_socket_service_stop(self->service);
    g_socket_listener_close(G_SOCKET_LISTENER(self->service));
    g_object_unref(self->service);
    g_free(self);
}

void
gnf_server_set_idle_func(GnfServer *self, GnfIdleFunc func, gpointer user_data)
{
    self->on_idle = func;
    self->idle_data = user_data;
}

guint
gnf_server_connections(const GnfServer *self)
{
    return self->connections;
}
