/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plugin call: see plugin.h. Every way it can end goes through finish(), from a main loop source.
 */
#include "qga-plugin/plugin.h"

#include "qga-plugin/json.h"
#include "qga-plugin/local.h"
#include "qga-plugin/stream.h"

#include <errno.h>
#include <string.h>

struct GnfPluginCall {
    GnfPluginDone done;
    gpointer user_data;
    GnfStream *stream;
    GString *line;
    char *command;
    char *failure; /* to be told from the main loop */
    guint timer;
};

static void
finish(GnfPluginCall *call, GString *reply, const char *what)
{
    g_autofree char *reason = what ? g_strdup_printf("%s: %s", call->command, what) : NULL;

    g_clear_pointer(&call->stream, gnf_stream_free);
    g_clear_handle_id(&call->timer, g_source_remove);
    call->done(reply, reason, call->user_data);
}

static gboolean
is_reply(GnfText line)
{
    GnfText value;

    return gnf_json_is_object(line) &&
           (gnf_json_member(line, "return", &value) || gnf_json_member(line, "error", &value));
}

static void
take_reply(GnfPluginCall *call, gsize length)
{
    GnfText line = {call->line->str, length};
    g_autofree char *plain = NULL;
    GString *reply;

    if (!is_reply(line)) {
        finish(call, NULL, "the plugin's reply is not one JSON object with return or error");
        return;
    }
    plain = gnf_json_line(line);
    reply = g_string_new(plain);
    /* Two copies of 4 MiB are enough while a third is queued for the host. */
    g_clear_pointer(&plain, g_free);
    finish(call, g_string_append_c(reply, '\n'), NULL);
}

static void
on_bytes(const void *data, gsize length, gpointer user_data)
{
    GnfPluginCall *call = user_data;
    const char *newline = memchr(data, '\n', length);
    gsize end = call->line->len + (newline ? (gsize)(newline - (const char *)data) : length);

    g_string_append_len(call->line, data, length);
    if (end >= GNF_PLUGIN_REPLY_MAX)
        finish(call, NULL, "the plugin's reply is longer than 4 MiB");
    else if (newline)
        take_reply(call, end);
}

static void
on_gone(gpointer user_data)
{
    finish(user_data, NULL, "the plugin closed the connection without a reply");
}

static void
on_drained(gpointer user_data)
{
}

static gboolean
on_timer(gpointer user_data)
{
    GnfPluginCall *call = user_data;

    call->timer = 0;
    finish(call, NULL, call->failure ? call->failure : "the plugin did not reply in time");
    return G_SOURCE_REMOVE;
}

static const GnfStreamHandlers stream_handlers = {
    .bytes = on_bytes,
    .gone = on_gone,
    .drained = on_drained,
};

static void
send_request(GnfPluginCall *call, GBytes *request)
{
    gsize length;
    const char *at = g_bytes_get_data(request, &length);
    g_autofree char *line = gnf_json_line((GnfText){at, length});

    gnf_stream_write(call->stream, line, strlen(line));
    gnf_stream_write(call->stream, "\n", 1);
}

GnfPluginCall *
gnf_plugin_call_new(const GnfPluginCommand *command,
                    GBytes *request,
                    GnfPluginDone done,
                    gpointer user_data)
{
    GnfPluginCall *call = g_new0(GnfPluginCall, 1);
    int fd = gnf_local_connect(command->socket_path);

    call->done = done;
    call->user_data = user_data;
    call->command = g_strdup(command->command);
    call->line = g_string_new(NULL);
    if (fd < 0) {
        call->failure = g_strdup_printf(
            "the plugin cannot be reached at %s: %s", command->socket_path, g_strerror(errno));
        call->timer = g_timeout_add(0, on_timer, call);
        return call;
    }
    call->timer = g_timeout_add(command->timeout_ms, on_timer, call);
    call->stream = gnf_stream_new(fd, FALSE, &stream_handlers, call);
    send_request(call, request);
    return call;
}

void
gnf_plugin_call_free(GnfPluginCall *call)
{
    g_clear_pointer(&call->stream, gnf_stream_free);
    g_clear_handle_id(&call->timer, g_source_remove);
    g_string_free(call->line, TRUE);
    g_free(call->command);
    g_free(call->failure);
    g_free(call);
}
