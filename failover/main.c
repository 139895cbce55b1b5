/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qga-net-failoverd: options, the main loop, and the end. The only file of the engine that exits.
 *
 * It is started by its socket unit and ends when it is idle; while an operation is pending it
 * stays, to keep the NIC out of its bond and to see it come back.
 */
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gio/gunixsocketaddress.h>
#include <glib-unix.h>

#include "failover/engine.h"
#include "failover/server.h"

/* sd_listen_fds(3): the first descriptor that systemd hands over. */
#define LISTEN_FDS_START 3

static struct {
    char *socket;
    char *state_dir;
    char *module_dir;
    int idle_seconds;
    gboolean version;
} options;

static const GOptionEntry entries[] = {
    {"socket",
     's',
     0,
     G_OPTION_ARG_FILENAME,
     &options.socket,
     "Listen on PATH (default: the socket that systemd hands over)",
     "PATH"},
    {"state-dir",
     0,
     0,
     G_OPTION_ARG_FILENAME,
     &options.state_dir,
     "Keep the operation record in DIR (default: /run/qga-net-failover)",
     "DIR"},
    {"module-dir",
     0,
     0,
     G_OPTION_ARG_FILENAME,
     &options.module_dir,
     "Load the network managers' backends from DIR",
     "DIR"},
    {"idle-exit",
     0,
     0,
     G_OPTION_ARG_INT,
     &options.idle_seconds,
     "End after SECONDS with nothing to do; 0 = never (default: 10)",
     "SECONDS"},
    {"version", 0, 0, G_OPTION_ARG_NONE, &options.version, "Show the version", NULL},
    {NULL}};

typedef struct {
    GMainLoop *loop;
    GnfEngine *engine;
    GnfServer *server;
    guint idle_source;
    gboolean stopping;
} Daemon;

static gboolean
is_idle(const Daemon *self)
{
    return gnf_engine_is_idle(self->engine) && gnf_server_connections(self->server) == 0;
}

static gboolean
on_idle_timeout(gpointer data)
{
    Daemon *self = data;

    self->idle_source = 0;
    if (is_idle(self))
        g_main_loop_quit(self->loop);
    return G_SOURCE_REMOVE;
}

static void
on_idle_changed(gpointer data)
{
    Daemon *self = data;

    if (self->stopping && !gnf_engine_is_running(self->engine))
        g_main_loop_quit(self->loop);
    g_clear_handle_id(&self->idle_source, g_source_remove);
    if (options.idle_seconds > 0 && is_idle(self))
        self->idle_source =
            g_timeout_add_seconds((guint)options.idle_seconds, on_idle_timeout, self);
}

/* What is being done is finished first: half a detach is the one state that nobody defined. */
static gboolean
on_terminate(gpointer data)
{
    Daemon *self = data;

    self->stopping = TRUE;
    gnf_engine_stop(self->engine);
    on_idle_changed(self);
    return G_SOURCE_CONTINUE;
}

static GSocket *
open_socket(GError **error)
{
    const char *count = g_getenv("LISTEN_FDS");
    const char *pid = g_getenv("LISTEN_PID");

    if (!options.socket && count && pid && g_ascii_strtoll(count, NULL, 10) == 1 &&
        g_ascii_strtoll(pid, NULL, 10) == getpid())
        return g_socket_new_from_fd(LISTEN_FDS_START, error);
    if (!options.socket) {
        g_set_error(error,
                    G_IO_ERROR,
                    G_IO_ERROR_INVALID_ARGUMENT,
                    "systemd hands over no socket: give --socket PATH");
        return NULL;
    }
    g_autoptr(GSocket) socket =
        g_socket_new(G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, error);
    g_autoptr(GSocketAddress) address = g_unix_socket_address_new(options.socket);
    if (!socket)
        return NULL;
    g_autoptr(GSocket) probe =
        g_socket_new(G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, error);
    if (probe && g_socket_connect(probe, address, NULL, NULL)) {
        g_set_error(error,
                    G_IO_ERROR,
                    G_IO_ERROR_ADDRESS_IN_USE,
                    "another engine listens on %s",
                    options.socket);
        return NULL;
    }
    (void)unlink(options.socket);
    if (!g_socket_bind(socket, address, TRUE, error) || !g_socket_listen(socket, error)) {
        g_prefix_error(error, "--socket=%s: ", options.socket);
        return NULL;
    }
    return g_steal_pointer(&socket);
}

static gboolean
daemon_start(Daemon *self, GError **error)
{
    const char *state_dir = options.state_dir ? options.state_dir : "/run/qga-net-failover";
    g_autofree char *record = g_build_filename(state_dir, "operation.json", NULL);

    if (g_mkdir_with_parents(state_dir, 0755) < 0) {
        g_set_error(error,
                    G_IO_ERROR,
                    g_io_error_from_errno(errno),
                    "making %s: %s",
                    state_dir,
                    g_strerror(errno));
        return FALSE;
    }
    g_autoptr(GSocket) socket = open_socket(error);
    if (!socket)
        return FALSE;
    self->engine =
        gnf_engine_new(record, options.module_dir ? options.module_dir : GNF_MODULE_DIR, error);
    if (!self->engine)
        return FALSE;
    self->server = gnf_server_new(socket, self->engine, error);
    if (!self->server)
        return FALSE;
    gnf_engine_set_idle_func(self->engine, on_idle_changed, self);
    gnf_server_set_idle_func(self->server, on_idle_changed, self);
    g_unix_signal_add(SIGTERM, on_terminate, self);
    g_unix_signal_add(SIGINT, on_terminate, self);
    on_idle_changed(self);
    return TRUE;
}

static gboolean
parse_options(int *argc, char ***argv, GError **error)
{
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);

    options.idle_seconds = 10;
    g_option_context_set_summary(
        context, "The guest's network failover engine: guest-net-failover-* commands.");
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, argc, argv, error))
        return FALSE;
    if (*argc > 1)
        g_set_error(error,
                    G_OPTION_ERROR,
                    G_OPTION_ERROR_BAD_VALUE,
                    "unexpected argument '%s'",
                    (*argv)[1]);
    else if (options.idle_seconds < 0)
        g_set_error(error,
                    G_OPTION_ERROR,
                    G_OPTION_ERROR_BAD_VALUE,
                    "--idle-exit=%d: seconds, or 0 for never",
                    options.idle_seconds);
    return *argc == 1 && options.idle_seconds >= 0;
}

int
main(int argc, char **argv)
{
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    g_autoptr(GError) error = NULL;
    Daemon self = {.loop = loop};

    setlocale(LC_ALL, "");
    if (!parse_options(&argc, &argv, &error)) {
        g_printerr("qga-net-failoverd: %s\n", error->message);
        return 2;
    }
    if (options.version) {
        g_print("qga-net-failoverd %s\n", GNF_VERSION);
        return 0;
    }
    umask(0077);
    if (!daemon_start(&self, &error)) {
        g_printerr("qga-net-failoverd: cannot start: %s\n", error->message);
        return 1;
    }
    g_main_loop_run(loop);
    g_clear_handle_id(&self.idle_source, g_source_remove);
    gnf_server_free(self.server);
    gnf_engine_free(self.engine);
    return 0;
}
