/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qga-plugind: the plugin host in front of the stock QEMU guest agent. Options, configuration and
 * the main loop. How the host is reached is said with qemu-ga's option letters (-m, -p).
 */
#include "qga-plugin/session.h"

#include <glib-unix.h>
#include <locale.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_CONFIG GNF_SYSCONF_DIR "/qemu/qga-plugins.conf"
#define DEFAULT_AGENT_SOCKET "/run/qemu-guest-agent.sock"
#define DEFAULT_PLUGIN_DIR GNF_PLUGIN_DIR
#define CONFIG_GROUP "general"
#define HIDDEN G_OPTION_FLAG_HIDDEN
#define LISTEN_FD 3 /* SD_LISTEN_FDS_START */
/* How long what is under way is waited for at the end. systemd kills after 90. */
#define FINISH_SECONDS 10

#define METHODS "virtio-serial, isa-serial, unix-listen or vsock-listen"
#define DEFAULT_METHOD "virtio-serial"

/* NULL where neither option nor file said anything. */
static char *method_name;
static char *path;
static char *config_path;
static char *agent_socket;
static char *plugin_dir;
static char *allow_rpcs;
static char *block_rpcs;
static gboolean show_version;
static char *unused_text;
static gboolean unused_flag;

static const GOptionEntry entries[] = {
    {"method",
     'm',
     0,
     G_OPTION_ARG_STRING,
     &method_name,
     METHODS " (default " DEFAULT_METHOD ")",
     "METHOD"},
    {"path", 'p', 0, G_OPTION_ARG_FILENAME, &path, "Device or socket of the host's end", "PATH"},
    {"agent-socket",
     's',
     0,
     G_OPTION_ARG_FILENAME,
     &agent_socket,
     "Socket of the stock qemu-ga (default " DEFAULT_AGENT_SOCKET ")",
     "PATH"},
    {"plugin-dir",
     'P',
     0,
     G_OPTION_ARG_FILENAME,
     &plugin_dir,
     "Folder of the *.plugin files (default " DEFAULT_PLUGIN_DIR ")",
     "DIR"},
    {"allow-rpcs",
     'a',
     0,
     G_OPTION_ARG_STRING,
     &allow_rpcs,
     "Plugin commands that are allowed, separated by commas (default: all)",
     "LIST"},
    {"block-rpcs",
     'b',
     0,
     G_OPTION_ARG_STRING,
     &block_rpcs,
     "Plugin commands that are refused, separated by commas",
     "LIST"},
    {"config",
     'c',
     0,
     G_OPTION_ARG_FILENAME,
     &config_path,
     "Configuration file (default " DEFAULT_CONFIG ")",
     "FILE"},
    {"version", 'V', 0, G_OPTION_ARG_NONE, &show_version, "Print the version and exit", NULL},
    /* qemu-ga's: there is no state to keep, opening is always tried again, nothing is chatty. */
    {"statedir", 't', HIDDEN, G_OPTION_ARG_FILENAME, &unused_text, NULL, NULL},
    {"retry-path", 'r', HIDDEN, G_OPTION_ARG_NONE, &unused_flag, NULL, NULL},
    {"verbose", 'v', HIDDEN, G_OPTION_ARG_NONE, &unused_flag, NULL, NULL},
    {NULL},
};

static const struct {
    const char *key;
    char **value;
} config_keys[] = {
    {"method", &method_name},
    {"path", &path},
    {"agent-socket", &agent_socket},
    {"plugin-dir", &plugin_dir},
    {"allow-rpcs", &allow_rpcs},
    {"block-rpcs", &block_rpcs},
};

/* Those of qemu-ga.conf that mean nothing here. */
static const char *const qemu_ga_keys[] = {
    "daemon", "fsfreeze-hook", "logfile", "pidfile", "retry-path", "statedir", "verbose", NULL};

/* A file with a mistake in it is no reason for the host to lose the agent. The file's path was
 * meant for another method. */
static void
check_method(const char *file_name, gboolean has_path)
{
    GnfChannelMethod method;

    if (!method_name || gnf_channel_method_parse(method_name, &method))
        return;
    g_warning("%s: there is no method %s, only " METHODS "; " DEFAULT_METHOD " is used, with %s",
              file_name,
              method_name,
              has_path ? path : "its usual port");
    g_clear_pointer(&method_name, g_free);
    if (!has_path)
        g_clear_pointer(&path, g_free);
}

/* The command line comes first. */
static gboolean
take_key(GKeyFile *file, const char *key)
{
    for (gsize i = 0; i < G_N_ELEMENTS(config_keys); i++) {
        if (!g_str_equal(key, config_keys[i].key))
            continue;
        if (!*config_keys[i].value)
            *config_keys[i].value = g_key_file_get_string(file, CONFIG_GROUP, key, NULL);
        return TRUE;
    }
    return g_strv_contains(qemu_ga_keys, key);
}

/* What is mistyped must not be taken for a list that is in force. The other keys count all the
 * same: how the host is reached may be one of them. */
static gboolean
take_keys(GKeyFile *file, GError **error)
{
    g_auto(GStrv) groups = g_key_file_get_groups(file, NULL);
    g_auto(GStrv) keys = g_key_file_get_keys(file, CONFIG_GROUP, NULL, NULL);

    const char *key_wrong = NULL;
    const char *group_wrong = NULL;

    for (char **key = keys; key && *key; key++) {
        if (!take_key(file, *key))
            key_wrong = *key;
    }
    for (char **group = groups; *group; group++) {
        if (!g_str_equal(*group, CONFIG_GROUP))
            group_wrong = *group;
    }
    if (key_wrong)
        g_set_error(error,
                    G_KEY_FILE_ERROR,
                    G_KEY_FILE_ERROR_KEY_NOT_FOUND,
                    "there is no key %s",
                    key_wrong);
    else if (group_wrong)
        g_set_error(error,
                    G_KEY_FILE_ERROR,
                    G_KEY_FILE_ERROR_GROUP_NOT_FOUND,
                    "there is no group [%s]",
                    group_wrong);
    return !key_wrong && !group_wrong;
}

/* The default file may be missing; one that was asked for may not. What cannot be made sense of is
 * no reason for the host to lose the agent: only no plugin is asked then. */
static gboolean
read_config(GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    const char *name = config_path ? config_path : DEFAULT_CONFIG;
    const gboolean has_method = method_name != NULL;
    const gboolean has_path = path != NULL;
    g_autoptr(GError) wrong = NULL;
    gboolean is_good =
        g_key_file_load_from_file(file, name, G_KEY_FILE_NONE, &wrong) && take_keys(file, &wrong);

    if (!has_method)
        check_method(name, has_path);
    if (is_good)
        return TRUE;
    if (!config_path && g_error_matches(wrong, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        return TRUE;
    if (config_path && wrong->domain == G_FILE_ERROR) {
        g_propagate_prefixed_error(error, g_steal_pointer(&wrong), "reading %s: ", name);
        return FALSE;
    }
    g_warning("reading %s: %s; until that is mended, no command of a plugin is allowed",
              name,
              wrong->message);
    g_free(allow_rpcs);
    allow_rpcs = g_strdup("");
    return TRUE;
}

static char **
split_list(const char *list)
{
    char **names = list ? g_strsplit(list, ",", -1) : NULL;

    for (guint i = 0; names && names[i]; i++)
        g_strstrip(names[i]);
    return names;
}

static GnfRegistry *
read_registry(void)
{
    g_autoptr(GnfRegistry) registry = gnf_registry_new();
    g_auto(GStrv) allow = split_list(allow_rpcs);
    g_auto(GStrv) block = split_list(block_rpcs);
    g_autoptr(GError) error = NULL;

    if (!gnf_registry_load(registry, plugin_dir ? plugin_dir : DEFAULT_PLUGIN_DIR, &error))
        g_warning("%s; this plugin is left out", error->message);
    gnf_registry_filter(registry, (const char *const *)allow, (const char *const *)block);
    return g_steal_pointer(&registry);
}

static int
inherited_socket(void)
{
    const char *pid = g_getenv("LISTEN_PID");
    const char *count = g_getenv("LISTEN_FDS");

    if (!pid || !count || strtol(pid, NULL, 10) != (long)getpid() || strcmp(count, "1") != 0)
        return -1;
    return LISTEN_FD;
}

static const char *
log_prefix(GLogLevelFlags level)
{
    if (!g_log_writer_is_journald(STDERR_FILENO))
        return "qga-plugind: ";
    /* sd-daemon(3) */
    return level & G_LOG_LEVEL_MESSAGE ? "<5>" : level & G_LOG_LEVEL_WARNING ? "<4>" : "<3>";
}

/* A journal on a frozen file system takes nothing any more: a line that would have to wait for it
 * is dropped, for the command that thaws it comes through here. */
static GLogWriterOutput
write_log(GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
    struct pollfd room = {.fd = STDERR_FILENO, .events = POLLOUT};

    for (gsize i = 0; i < n_fields; i++) {
        g_autofree char *line = NULL;

        if (!g_str_equal(fields[i].key, "MESSAGE"))
            continue;
        line = g_strdup_printf("%s%s\n", log_prefix(level), (const char *)fields[i].value);
        if (poll(&room, 1, 0) == 1 && (room.revents & POLLOUT) &&
            write(STDERR_FILENO, line, strlen(line)) > 0)
            return G_LOG_WRITER_HANDLED;
    }
    return G_LOG_WRITER_UNHANDLED;
}

static void
on_note(const char *text)
{
    g_message("%s", text);
}

typedef struct {
    GMainLoop *loop;
    GnfSession *session;
    gboolean finishing;
} Life;

static gboolean
on_patience_lost(gpointer user_data)
{
    g_main_loop_quit(user_data);
    return G_SOURCE_REMOVE;
}

static void
on_ended(gpointer user_data)
{
    g_main_loop_quit(user_data);
}

/* The second time, at once. */
static gboolean
on_terminate(gpointer user_data)
{
    Life *life = user_data;

    if (life->finishing) {
        g_main_loop_quit(life->loop);
        return G_SOURCE_CONTINUE;
    }
    life->finishing = TRUE;
    g_timeout_add_seconds(FINISH_SECONDS, on_patience_lost, life->loop);
    gnf_session_finish(life->session, on_ended, life->loop);
    return G_SOURCE_CONTINUE;
}

static void
run(const GnfSessionOptions *options, const GnfRegistry *registry)
{
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    g_autoptr(GnfSession) session = NULL;
    Life life = {.loop = loop};

    g_unix_signal_add(SIGTERM, on_terminate, &life);
    g_unix_signal_add(SIGINT, on_terminate, &life);
    session = life.session = gnf_session_new(options, registry);
    g_main_loop_run(loop);
}

static gboolean
parse_options(int *argc, char ***argv, GError **error)
{
    g_autoptr(GOptionContext) context =
        g_option_context_new("- plugin host for the QEMU guest agent");

    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, argc, argv, error))
        return FALSE;
    if (*argc > 1)
        g_set_error(error,
                    G_OPTION_ERROR,
                    G_OPTION_ERROR_BAD_VALUE,
                    "unexpected argument '%s'",
                    (*argv)[1]);
    return *argc == 1;
}

static gboolean
make_options(GnfSessionOptions *options, GError **error)
{
    const char *name = method_name ? method_name : DEFAULT_METHOD;

    options->listen_fd = inherited_socket();
    options->agent_socket = agent_socket ? agent_socket : DEFAULT_AGENT_SOCKET;
    options->note = on_note;
    if (!gnf_channel_method_parse(name, &options->method)) {
        g_set_error(error,
                    G_OPTION_ERROR,
                    G_OPTION_ERROR_BAD_VALUE,
                    "there is no method %s, only " METHODS,
                    name);
        return FALSE;
    }
    options->path = path ? path : gnf_channel_default_path(options->method);
    if (!options->path && options->listen_fd < 0) {
        g_set_error(
            error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "method %s needs --path", name);
        return FALSE;
    }
    return TRUE;
}

int
main(int argc, char *argv[])
{
    g_autoptr(GnfRegistry) registry = NULL;
    g_autoptr(GError) error = NULL;
    GnfSessionOptions options;

    setlocale(LC_ALL, "");
    g_log_set_writer_func(write_log, NULL, NULL);
    if (!parse_options(&argc, &argv, &error) || !read_config(&error) ||
        !make_options(&options, &error)) {
        g_printerr("qga-plugind: %s\n", error->message);
        return EXIT_FAILURE;
    }
    if (show_version) {
        g_print("qga-plugind " GNF_VERSION "\n");
        return EXIT_SUCCESS;
    }
    signal(SIGPIPE, SIG_IGN);
    /* What a long message took goes back to the system when it is through. */
    mallopt(M_MMAP_THRESHOLD, 64 << 10);
    registry = read_registry();
    run(&options, registry);
    return EXIT_SUCCESS;
}
