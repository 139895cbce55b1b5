/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The command line: GOption does the parsing, a callback what is no plain value.
 *
 * Files are read here, so that a wrong one is a wrong usage, and nothing has been done yet.
 */
#include "host/options.h"

#include <gio/gio.h>
#include <libvirt/libvirt.h>

/* virsh's names for them. */
static const struct {
    const char *name;
    guint flag;
    const char *help;
} migrate_flags[] = {
    {"p2p", VIR_MIGRATE_PEER2PEER, "The hosts talk to each other, not to this program"},
    {"tunnelled", VIR_MIGRATE_TUNNELLED | VIR_MIGRATE_PEER2PEER, "Through libvirt's connection"},
    {"persistent", VIR_MIGRATE_PERSIST_DEST, "Define the domain over there"},
    {"undefinesource", VIR_MIGRATE_UNDEFINE_SOURCE, "Undefine it here"},
    {"copy-storage-all", VIR_MIGRATE_NON_SHARED_DISK, "Copy the disks, too"},
    {"copy-storage-inc", VIR_MIGRATE_NON_SHARED_INC, "Copy what the disks do not share"},
    {"unsafe", VIR_MIGRATE_UNSAFE, "Also where it may cost data (disk caches)"},
    {"compressed", VIR_MIGRATE_COMPRESSED, "Compress the memory's pages"},
    {"auto-converge", VIR_MIGRATE_AUTO_CONVERGE, "Slow the guest down until it fits"},
    {"abort-on-error", VIR_MIGRATE_ABORT_ON_ERROR, "Abort on soft errors, too"},
    {"tls", VIR_MIGRATE_TLS, "Encrypt"},
};

GnfCommandLine *
gnf_command_line_new(void)
{
    GnfCommandLine *line = g_new0(GnfCommandLine, 1);

    line->settings = gnf_settings_new();
    line->settings->migration.flags = VIR_MIGRATE_LIVE;
    return line;
}

void
gnf_command_line_free(GnfCommandLine *line)
{
    g_free(line->uri);
    gnf_settings_free(line->settings);
    g_strfreev(line->words);
    g_free(line);
}

static gboolean
read_device(const char *option, const char *path, GnfHostDevice **ret_device, GError **error)
{
    g_autofree char *text = NULL;

    if (!g_file_get_contents(path, &text, NULL, error)) {
        g_prefix_error(error, "%s: ", option);
        return FALSE;
    }
    *ret_device = gnf_host_device_parse(text, error);
    if (!*ret_device)
        g_prefix_error(error, "%s: %s: ", option, path);
    return *ret_device != NULL;
}

/* [MAC=]FILE, where MAC may be an alias; a file's name with a '=' is given as ./FILE. */
static gboolean
on_device_xml(const char *name, const char *value, gpointer data, GError **error)
{
    GnfCommandLine *line = data;
    const char *equals = *value == '.' || *value == '/' ? NULL : strchr(value, '=');
    GnfHostDevice *device = NULL;
    GnfGivenDevice *given = NULL;

    if (!read_device(name, equals ? equals + 1 : value, &device, error))
        return FALSE;
    given = g_new0(GnfGivenDevice, 1);
    given->device = device;
    given->replaces = equals ? g_strndup(value, (gsize)(equals - value)) : NULL;
    g_ptr_array_add(line->settings->given, given);
    return TRUE;
}

static gboolean
on_candidate(const char *name, const char *value, gpointer data, GError **error)
{
    GnfCommandLine *line = data;
    GnfHostDevice *device = NULL;

    if (!read_device(name, value, &device, error))
        return FALSE;
    g_ptr_array_add(line->settings->candidates, device);
    return TRUE;
}

static gboolean
on_flag(const char *name, const char *value, gpointer data, GError **error)
{
    GnfMigration *migration = &((GnfCommandLine *)data)->settings->migration;

    for (gsize i = 0; i < G_N_ELEMENTS(migrate_flags); i++)
        if (g_str_equal(name + strlen("--"), migrate_flags[i].name))
            migration->flags |= migrate_flags[i].flag;
    migration->is_peer_to_peer = (migration->flags & VIR_MIGRATE_PEER2PEER) != 0;
    return TRUE;
}

/* Up to a day. */
static gboolean
on_seconds(const char *name, const char *value, gpointer data, GError **error)
{
    GnfSettings *settings = ((GnfCommandLine *)data)->settings;
    guint64 seconds = 0;

    if (!g_ascii_string_to_unsigned(value, 10, 1, 86400, &seconds, NULL)) {
        g_set_error(error,
                    G_OPTION_ERROR,
                    G_OPTION_ERROR_BAD_VALUE,
                    "%s: '%s' is not a number of seconds, 1 to 86400",
                    name,
                    value);
        return FALSE;
    }
    if (g_str_equal(name, "--prepare-timeout"))
        settings->prepare_ms = (guint)seconds * 1000;
    else if (g_str_equal(name, "--unplug-timeout"))
        settings->unplug_ms = (guint)seconds * 1000;
    else if (g_str_equal(name, "--agent-timeout"))
        settings->agent_ms = (guint)seconds * 1000;
    else
        settings->complete_ms = (guint)seconds * 1000;
    return TRUE;
}

static gboolean
on_bandwidth(const char *name, const char *value, gpointer data, GError **error)
{
    GnfMigration *migration = &((GnfCommandLine *)data)->settings->migration;

    if (g_ascii_string_to_unsigned(value, 10, 1, G_MAXUINT32, &migration->bandwidth, NULL))
        return TRUE;
    g_set_error(error,
                G_OPTION_ERROR,
                G_OPTION_ERROR_BAD_VALUE,
                "--bandwidth: '%s' is not a number of MiB/s",
                value);
    return FALSE;
}

static gboolean
on_migrate_uri(const char *name, const char *value, gpointer data, GError **error)
{
    /* Lives as long as the program's arguments. */
    ((GnfCommandLine *)data)->settings->migration.uri = g_intern_string(value);
    return TRUE;
}

/* GOption takes a callback as a data pointer. */
static gpointer
callback(GOptionArgFunc function)
{
    return (gpointer)function;
}

static void
add(GArray *entries, const char *name, GOptionArgFunc function, const char *help, const char *value)
{
    GOptionEntry entry = {
        .long_name = name,
        .flags = value ? 0 : G_OPTION_FLAG_NO_ARG,
        .arg = G_OPTION_ARG_CALLBACK,
        .arg_data = callback(function),
        .description = help,
        .arg_description = value,
    };

    g_array_append_val(entries, entry);
}

static void
add_flag(GArray *entries, const char *name, gboolean *flag, const char *help)
{
    GOptionEntry entry = {
        .long_name = name, .arg = G_OPTION_ARG_NONE, .arg_data = flag, .description = help};

    g_array_append_val(entries, entry);
}

static void
add_file(GArray *entries, const char *name, char **file, const char *help)
{
    GOptionEntry entry = {.long_name = name,
                          .arg = G_OPTION_ARG_FILENAME,
                          .arg_data = file,
                          .description = help,
                          .arg_description = "PROGRAM"};

    g_array_append_val(entries, entry);
}

static void
add_guest(GArray *entries, GnfSettings *settings)
{
    add_flag(entries,
             "unaided",
             &settings->unaided,
             "Go on by plain hotplug where the guest cannot help");
    add_file(entries,
             "filter",
             &settings->filter,
             "Where the network pins the bond's MAC: what moves its filter");
    add(entries,
        "prepare-timeout",
        on_seconds,
        "How long the guest may take to prepare (default: 60)",
        "SECONDS");
    add(entries,
        "complete-timeout",
        on_seconds,
        "How long it may take to complete or cancel (default: 120)",
        "SECONDS");
    add(entries,
        "agent-timeout",
        on_seconds,
        "How long its agent may take to connect (default: 60)",
        "SECONDS");
}

static void
add_prepare(GArray *entries, GnfSettings *settings)
{
    add_flag(entries, "eject", &settings->eject, "Have the guest power the PCI slots off: quicker");
    add(entries,
        "unplug-timeout",
        on_seconds,
        "How long the guest may take to let go (default: 30)",
        "SECONDS");
}

static void
add_devices(GArray *entries)
{
    add(entries,
        "device-xml",
        on_device_xml,
        "The NIC to plug in, repeatable (default: the same XML)",
        "[MAC=]FILE");
    add(entries,
        "candidate",
        on_candidate,
        "A NIC to take where that one is not free, repeatable, in order",
        "FILE");
}

static void
add_migrate(GArray *entries)
{
    add(entries, "migrateuri", on_migrate_uri, "Where the other QEMU listens", "URI");
    add(entries, "bandwidth", on_bandwidth, "Copy so fast at most", "MIB-PER-S");
    for (gsize i = 0; i < G_N_ELEMENTS(migrate_flags); i++)
        add(entries, migrate_flags[i].name, on_flag, migrate_flags[i].help, NULL);
}

static void
add_common(GArray *entries, GnfCommandLine *line)
{
    const GOptionEntry common[] = {
        {"connect",
         'c',
         0,
         G_OPTION_ARG_STRING,
         &line->uri,
         "The host's libvirt (default: libvirt's own)",
         "URI"},
        {"json", 'j', 0, G_OPTION_ARG_NONE, &line->json, "Lines of JSON, one an event", NULL},
        {"help", 'h', 0, G_OPTION_ARG_NONE, &line->help, "Show this help", NULL},
        {"version", 'V', 0, G_OPTION_ARG_NONE, &line->version, "Show the version", NULL},
    };

    g_array_append_vals(entries, common, G_N_ELEMENTS(common));
}

/* The context borrows line. */
static GOptionContext *
new_context(GnfCommandLine *line, const GnfCommand *command)
{
    g_autoptr(GArray) entries = g_array_new(TRUE, TRUE, sizeof(GOptionEntry));
    guint groups = command ? command->groups : 0;
    GOptionContext *context = g_option_context_new(command ? command->arguments : "COMMAND");
    GOptionGroup *group = g_option_group_new("main", "", "", line, NULL);

    if (groups & GNF_OPTIONS_PREPARE)
        add_prepare(entries, line->settings);
    if (groups & GNF_OPTIONS_DEVICES)
        add_devices(entries);
    if (groups & GNF_OPTIONS_GUEST)
        add_guest(entries, line->settings);
    if (groups & GNF_OPTIONS_MIGRATE)
        add_migrate(entries);
    add_common(entries, line);
    g_option_group_add_entries(group, (const GOptionEntry *)(gpointer)entries->data);
    g_option_context_set_main_group(context, group);
    g_option_context_set_help_enabled(context, FALSE);
    g_option_context_set_strict_posix(context, command == NULL);
    return context;
}

static gboolean
check_count(const GnfCommandLine *line, const GnfCommand *command, GError **error)
{
    guint count = g_strv_length(line->words);

    if (count >= command->least && count <= command->most)
        return TRUE;
    g_set_error(error,
                G_OPTION_ERROR,
                G_OPTION_ERROR_BAD_VALUE,
                "%s needs %s",
                command->name,
                command->arguments);
    return FALSE;
}

gboolean
gnf_command_line_read(GnfCommandLine *line, const GnfCommand *command, char **argv, GError **error)
{
    g_autoptr(GOptionContext) context = new_context(line, command);
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    g_auto(GStrv) words = NULL;

    /* GOption takes the first word for the program. */
    g_strv_builder_add(builder, "virt-net-failover");
    g_strv_builder_addv(builder, (const char **)(gsize)argv);
    words = g_strv_builder_end(builder);
    if (!g_option_context_parse_strv(context, &words, error))
        return FALSE;
    g_strfreev(line->words);
    line->words = g_strdupv(words + 1);
    line->command = command ? command->name : NULL;
    return !command || line->help || line->version || check_count(line, command, error);
}

char *
gnf_command_line_help(const GnfCommand *command, const char *summary, const char *details)
{
    g_autoptr(GnfCommandLine) line = gnf_command_line_new();
    g_autoptr(GOptionContext) context = new_context(line, command);

    g_option_context_set_summary(context, summary);
    g_option_context_set_description(context, details);
    return g_option_context_get_help(context, TRUE, NULL);
}
