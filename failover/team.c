/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * teamd's control socket; see team.h. A request is one packet of lines, REQUEST, the method and its
 * arguments; so is a reply, REPLY_SUCCESS and its value (libteam: teamd_usock.c). libteamdctl
 * speaks it, too, but waits for each answer, which nothing here may do.
 */
#include "failover/team.h"

#include <gio/gunixsocketaddress.h>

#define SOCKETS "/run/teamd"
#define SUCCESS "REPLY_SUCCESS"
#define ACTIVE_PORT "runner.active_port"
#define REPLY_MAX 4096

/* teamd answers before it acts (libteam: teamd_workq). It does what it has put off before it takes
 * another connection or two. */
#define QUESTIONS 5

/* -- one request -- */

typedef struct {
    GSocket *socket;
    GSource *source;
    GSource *timeout;
} Exchange;

static void
exchange_free(gpointer data)
{
    Exchange *exchange = data;

    if (exchange->source)
        g_source_destroy(exchange->source);
    if (exchange->timeout)
        g_source_destroy(exchange->timeout);
    g_clear_pointer(&exchange->source, g_source_unref);
    g_clear_pointer(&exchange->timeout, g_source_unref);
    g_clear_object(&exchange->socket);
    g_free(exchange);
}

/* End it with what teamd said, or with nothing. */
static void
exchange_end(GTask *task, char *value)
{
    Exchange *exchange = g_task_get_task_data(task);

    g_source_destroy(exchange->source);
    g_source_destroy(exchange->timeout);
    g_task_return_pointer(task, value, g_free);
    g_object_unref(task);
}

static gboolean
on_reply(GSocket *socket, GIOCondition condition, gpointer data)
{
    char reply[REPLY_MAX + 1] = "";
    gssize length = g_socket_receive(socket, reply, REPLY_MAX, NULL, NULL);
    char *value = NULL;

    if (length > 0 && g_str_has_prefix(reply, SUCCESS))
        value = g_strdup(g_strstrip(reply + strlen(SUCCESS)));
    exchange_end(data, value);
    return G_SOURCE_REMOVE;
}

static gboolean
on_timeout(gpointer data)
{
    exchange_end(data, NULL);
    return G_SOURCE_REMOVE;
}

/* A socket that teamd has been sent the request on, or NULL. */
static GSocket *
send_request(const char *team, const char *request)
{
    g_autofree char *path = g_strdup_printf(SOCKETS "/%s.sock", team);
    g_autoptr(GSocketAddress) address = g_unix_socket_address_new(path);
    g_autoptr(GSocket) socket = g_socket_new(
        G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_SEQPACKET, G_SOCKET_PROTOCOL_DEFAULT, NULL);

    if (!socket)
        return NULL;
    g_socket_set_blocking(socket, FALSE);
    if (!g_socket_connect(socket, address, NULL, NULL) ||
        g_socket_send(socket, request, strlen(request), NULL, NULL) < 0)
        return NULL;
    return g_steal_pointer(&socket);
}

/* The task's end: what teamd answered (char *, transfer full), or NULL. */
static void
ask(const char *team, const char *request, GAsyncReadyCallback callback, gpointer user_data)
{
    GTask *task = g_task_new(NULL, NULL, callback, user_data);
    Exchange *exchange = g_new0(Exchange, 1);

    g_task_set_task_data(task, exchange, exchange_free);
    exchange->socket = send_request(team, request);
    if (!exchange->socket) {
        g_task_return_pointer(task, NULL, NULL);
        g_object_unref(task);
        return;
    }
    exchange->source = g_socket_create_source(exchange->socket, G_IO_IN, NULL);
    g_source_set_callback(exchange->source, G_SOURCE_FUNC(on_reply), task, NULL);
    g_source_attach(exchange->source, NULL);
    exchange->timeout = g_timeout_source_new(GNF_TEAMD_TIMEOUT_MS);
    g_source_set_callback(exchange->timeout, on_timeout, task, NULL);
    g_source_attach(exchange->timeout, NULL);
}

static void
ask_for(const char *team, const char *port, GAsyncReadyCallback callback, gpointer user_data)
{
    g_autofree char *request =
        g_strdup_printf("REQUEST\nStateItemValueSet\n" ACTIVE_PORT "\n%s\n", port);

    ask(team, request, callback, user_data);
}

static void
ask_which(const char *team, GAsyncReadyCallback callback, gpointer user_data)
{
    ask(team, "REQUEST\nStateItemValueGet\n" ACTIVE_PORT "\n", callback, user_data);
}

/* -- what is asked for -- */

typedef struct {
    GnfOperationDevice *device;
    const char *port; /* what the team is to send through: a string of the device's */
    guint questions;  /* how often teamd may still be asked whether it does */
} Move;

static GTask *
new_task(GnfOperationDevice *device,
         const char *port,
         GAsyncReadyCallback callback,
         gpointer user_data)
{
    GTask *task = g_task_new(NULL, NULL, callback, user_data);
    Move *move = g_new0(Move, 1);

    move->device = device;
    move->port = port;
    move->questions = QUESTIONS;
    g_task_set_task_data(task, move, g_free);
    return task;
}

static void
end(GTask *task, GnfTeam team)
{
    g_task_return_int(task, team);
    g_object_unref(task);
}

/* What is announced before teamd has acted leaves by the old port (seen on the wire). */
static void
on_which(GObject *source, GAsyncResult *result, gpointer data)
{
    GTask *task = data;
    Move *move = g_task_get_task_data(task);
    g_autofree char *active = g_task_propagate_pointer(G_TASK(result), NULL);

    if (g_strcmp0(active, move->port) == 0)
        end(task, GNF_TEAM_DONE);
    else if (active && --move->questions > 0)
        ask_which(move->device->bond.interface, on_which, task);
    else
        end(task, GNF_TEAM_UNKNOWN);
}

static void
on_set(GObject *source, GAsyncResult *result, gpointer data)
{
    GTask *task = data;
    const Move *move = g_task_get_task_data(task);
    g_autofree char *value = g_task_propagate_pointer(G_TASK(result), NULL);

    if (value)
        ask_which(move->device->bond.interface, on_which, task);
    else
        end(task, GNF_TEAM_UNKNOWN);
}

static void
on_active(GObject *source, GAsyncResult *result, gpointer data)
{
    GTask *task = data;
    const Move *move = g_task_get_task_data(task);
    g_autofree char *active = g_task_propagate_pointer(G_TASK(result), NULL);

    if (g_strcmp0(active, move->device->interface) == 0) {
        move->device->was_active = TRUE;
        ask_for(move->device->bond.interface, move->port, on_set, task);
        return;
    }
    end(task, active && *active ? GNF_TEAM_ELSEWHERE : GNF_TEAM_UNKNOWN);
}

void
gnf_team_leave_async(GnfOperationDevice *device, GAsyncReadyCallback callback, gpointer user_data)
{
    ask_which(
        device->bond.interface, on_active, new_task(device, device->standby, callback, user_data));
}

GnfTeam
gnf_team_leave_finish(GAsyncResult *result)
{
    return (GnfTeam)g_task_propagate_int(G_TASK(result), NULL);
}

void
gnf_team_use_async(GnfOperationDevice *device, GAsyncReadyCallback callback, gpointer user_data)
{
    ask_for(device->bond.interface,
            device->interface,
            on_set,
            new_task(device, device->interface, callback, user_data));
}

gboolean
gnf_team_use_finish(GAsyncResult *result)
{
    return g_task_propagate_int(G_TASK(result), NULL) == GNF_TEAM_DONE;
}
