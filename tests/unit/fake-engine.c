/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An engine for tests of its clients.
 *
 * All is asynchronous, and whatever is still under way when the test ends is cancelled.
 */
#include "tests/unit/fake-engine.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>

/* Slow enough that no test sees the line's end. */
#define DRIP_MS 200

struct FakeEngine {
    FakeMood mood;
    JsonArray *replies;
    guint delay_ms;
    char *folder;
    char *socket;
    GSocketService *service;
    GPtrArray *requests; /* of JsonNode */
    GPtrArray *clients;  /* of Client */
};

typedef struct {
    FakeEngine *engine;
    GSocketConnection *connection;
    GDataInputStream *input;
    char *outgoing;
    gsize length;
    guint timer;
    GCancellable *cancellable;
} Client;

static void
client_free(gpointer data)
{
    Client *client = data;

    g_clear_handle_id(&client->timer, g_source_remove);
    g_cancellable_cancel(client->cancellable);
    g_object_unref(client->cancellable);
    g_object_unref(client->input);
    g_object_unref(client->connection);
    g_free(client->outgoing);
    g_free(client);
}

static GOutputStream *
output_of(Client *client)
{
    return g_io_stream_get_output_stream(G_IO_STREAM(client->connection));
}

static void
send_outgoing(Client *client)
{
    gsize written = 0;

    /* A client that has gone is none of the engine's business. */
    (void)g_output_stream_write_all(
        output_of(client), client->outgoing, client->length, &written, NULL, NULL);
}

static gboolean
on_answer_due(gpointer data)
{
    Client *client = data;

    client->timer = 0;
    send_outgoing(client);
    return G_SOURCE_REMOVE;
}

static gboolean
on_drip(gpointer data)
{
    Client *client = data;

    (void)g_output_stream_write_all(output_of(client), " ", 1, NULL, NULL, NULL);
    return G_SOURCE_CONTINUE;
}

/* The reply with the message's id; the reply itself stays as it is, for the next message. */
static char *
with_id(JsonObject *reply, JsonNode *id)
{
    g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
    JsonObject *answer = json_object_new();
    JsonObjectIter iterator;
    const char *name = NULL;
    JsonNode *member = NULL;
    g_autofree char *text = NULL;

    json_object_set_member(answer, "id", json_node_copy(id));
    json_object_iter_init(&iterator, reply);
    while (json_object_iter_next(&iterator, &name, &member))
        json_object_set_member(answer, name, json_node_copy(member));
    json_node_take_object(node, answer);
    text = json_to_string(node, FALSE);
    return g_strconcat(text, "\n", NULL);
}

static char *
answer_to(FakeEngine *engine, JsonNode *request)
{
    guint turn = MIN(engine->requests->len, json_array_get_length(engine->replies)) - 1;
    JsonNode *reply = json_array_get_element(engine->replies, turn);

    if (JSON_NODE_HOLDS_VALUE(reply))
        return g_strdup(json_node_get_string(reply));
    return with_id(json_node_get_object(reply),
                   json_object_get_member(json_node_get_object(request), "id"));
}

static void
on_flood_written(GObject *source, GAsyncResult *result, gpointer data)
{
    gsize written = 0;
    Client *client = data;

    if (!g_output_stream_write_all_finish(G_OUTPUT_STREAM(source), result, &written, NULL))
        return;
    g_output_stream_write_all_async(G_OUTPUT_STREAM(source),
                                    client->outgoing,
                                    client->length,
                                    G_PRIORITY_DEFAULT,
                                    client->cancellable,
                                    on_flood_written,
                                    client);
}

static void
react(Client *client, JsonNode *request)
{
    FakeEngine *engine = client->engine;

    switch (engine->mood) {
    case FAKE_ANSWER:
        client->outgoing = answer_to(engine, request);
        client->length = strlen(client->outgoing);
        client->timer = g_timeout_add(engine->delay_ms, on_answer_due, client);
        break;
    case FAKE_SILENT:
        break;
    case FAKE_HANG_UP:
        g_io_stream_close(G_IO_STREAM(client->connection), NULL, NULL);
        break;
    case FAKE_DRIP:
        client->timer = g_timeout_add(DRIP_MS, on_drip, client);
        break;
    case FAKE_FLOOD:
        client->length = 65536;
        client->outgoing = g_strnfill(client->length, ' ');
        g_output_stream_write_all_async(output_of(client),
                                        client->outgoing,
                                        client->length,
                                        G_PRIORITY_DEFAULT,
                                        client->cancellable,
                                        on_flood_written,
                                        client);
        break;
    }
}

static void
on_line(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *line =
        g_data_input_stream_read_line_finish(G_DATA_INPUT_STREAM(source), result, NULL, &error);
    Client *client = data;
    JsonNode *request = NULL;

    if (!line)
        return;
    request = json_from_string(line, &error);
    g_assert_no_error(error);
    g_ptr_array_add(client->engine->requests, request);
    react(client, request);
}

static gboolean
on_incoming(GSocketService *service, GSocketConnection *connection, GObject *source, gpointer data)
{
    FakeEngine *engine = data;
    Client *client = g_new0(Client, 1);

    client->engine = engine;
    client->connection = g_object_ref(connection);
    client->cancellable = g_cancellable_new();
    client->input = g_data_input_stream_new(g_io_stream_get_input_stream(G_IO_STREAM(connection)));
    g_ptr_array_add(engine->clients, client);
    g_data_input_stream_read_line_async(
        client->input, G_PRIORITY_DEFAULT, client->cancellable, on_line, client);
    return TRUE;
}

FakeEngine *
fake_engine_new(FakeMood mood, JsonArray *replies, guint delay_ms)
{
    FakeEngine *engine = g_new0(FakeEngine, 1);
    g_autoptr(GSocketAddress) address = NULL;
    g_autoptr(GError) error = NULL;

    engine->mood = mood;
    engine->replies = replies ? json_array_ref(replies) : NULL;
    engine->delay_ms = delay_ms;
    engine->requests = g_ptr_array_new_with_free_func((GDestroyNotify)json_node_unref);
    engine->clients = g_ptr_array_new_with_free_func(client_free);
    engine->folder = g_dir_make_tmp("gnf-engine-XXXXXX", &error);
    g_assert_no_error(error);
    engine->socket = g_build_filename(engine->folder, "socket", NULL);
    address = g_unix_socket_address_new(engine->socket);
    engine->service = g_socket_service_new();
    g_socket_listener_add_address(G_SOCKET_LISTENER(engine->service),
                                  address,
                                  G_SOCKET_TYPE_STREAM,
                                  G_SOCKET_PROTOCOL_DEFAULT,
                                  NULL,
                                  NULL,
                                  &error);
    g_assert_no_error(error);
    g_signal_connect(engine->service, "incoming", G_CALLBACK(on_incoming), engine);
    return engine;
}

void
fake_engine_free(FakeEngine *engine)
{
    g_socket_service_stop(engine->service);
    g_socket_listener_close(G_SOCKET_LISTENER(engine->service));
    g_object_unref(engine->service);
    g_ptr_array_unref(engine->clients);
    g_ptr_array_unref(engine->requests);
    g_clear_pointer(&engine->replies, json_array_unref);
    g_unlink(engine->socket);
    g_rmdir(engine->folder);
    g_free(engine->socket);
    g_free(engine->folder);
    g_free(engine);
}

const char *
fake_engine_socket(const FakeEngine *engine)
{
    return engine->socket;
}

const GPtrArray *
fake_engine_requests(const FakeEngine *engine)
{
    return engine->requests;
}
