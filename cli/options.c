/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Options, made from a subcommand's table: GOption does the parsing, one callback the storing.
 *
 * The arguments are built as JSON right away, so that the contract's own check
 * (gnf_schema_check_arguments) is the only judge of what may be sent.
 */
#include "cli/options.h"

#include "cli/selector.h"
#include "qapi/schema.h"

/* What the callback needs. */
typedef struct {
    GnfOptions *options;
    const GnfSubcommand *subcommand;
} Reader;

GnfOptions *
gnf_options_new(void)
{
    GnfOptions *options = g_new0(GnfOptions, 1);

    options->wait_ms = GNF_DEFAULT_WAIT_MS;
    options->arguments = json_object_new();
    return options;
}

void
gnf_options_free(GnfOptions *options)
{
    g_free(options->socket);
    json_object_unref(options->arguments);
    g_free(options);
}

static gboolean
parse_number(const char *name, const char *text, guint64 *ret_number, GError **error)
{
    if (g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT32, ret_number, NULL))
        return TRUE;
    g_set_error(error,
                G_OPTION_ERROR,
                G_OPTION_ERROR_BAD_VALUE,
                "%s: '%s' is not a whole number of milliseconds",
                name,
                text);
    return FALSE;
}

static gboolean
add_selector(JsonObject *arguments, const GnfOption *option, const char *text, GError **error)
{
    gboolean may_replace = option->kind == GNF_OPTION_REPLACEMENT;
    JsonObject *selector = gnf_selector_parse(text, may_replace, error);

    if (!selector) {
        g_prefix_error(error, "--%s: ", option->name);
        return FALSE;
    }
    if (!json_object_has_member(arguments, option->member))
        json_object_set_array_member(arguments, option->member, json_array_new());
    json_array_add_object_element(json_object_get_array_member(arguments, option->member),
                                  selector);
    return TRUE;
}

static gboolean
store(JsonObject *arguments, const GnfOption *option, const char *value, GError **error)
{
    g_autofree char *name = g_strconcat("--", option->name, NULL);
    guint64 number = 0;

    switch (option->kind) {
    case GNF_OPTION_FLAG:
        json_object_set_boolean_member(arguments, option->member, TRUE);
        return TRUE;
    case GNF_OPTION_TEXT:
        json_object_set_string_member(arguments, option->member, value);
        return TRUE;
    case GNF_OPTION_NUMBER:
        if (!parse_number(name, value, &number, error))
            return FALSE;
        json_object_set_int_member(arguments, option->member, (gint64)number);
        return TRUE;
    case GNF_OPTION_SELECTOR:
    case GNF_OPTION_REPLACEMENT:
        return add_selector(arguments, option, value, error);
    }
    g_assert_not_reached();
}

static gboolean
on_option(const char *name, const char *value, gpointer data, GError **error)
{
    const Reader *reader = data;
    const GnfOption *option = reader->subcommand->options;

    while (!g_str_equal(option->name, name + strlen("--")))
        option++;
    return store(reader->options->arguments, option, value, error);
}

static gboolean
on_wait_ms(const char *name, const char *value, gpointer data, GError **error)
{
    const Reader *reader = data;
    guint64 number = 0;

    if (!parse_number(name, value, &number, error))
        return FALSE;
    reader->options->wait = TRUE;
    reader->options->wait_ms = (guint)number;
    return TRUE;
}

/* GOption takes a callback as a data pointer. */
static gpointer
callback(GOptionArgFunc function)
{
    return (gpointer)function;
}

static void
add_arguments(GArray *entries, const GnfSubcommand *subcommand)
{
    for (const GnfOption *option = subcommand->options; option->name; option++) {
        GOptionEntry entry = {
            .long_name = option->name,
            .flags = option->kind == GNF_OPTION_FLAG ? G_OPTION_FLAG_NO_ARG : 0,
            .arg = G_OPTION_ARG_CALLBACK,
            .arg_data = callback(on_option),
            .description = option->help,
            .arg_description = option->value,
        };
        g_array_append_val(entries, entry);
    }
}

static void
add_waiting(GArray *entries, GnfOptions *options)
{
    const GOptionEntry waiting[] = {
        {"wait",
         'w',
         0,
         G_OPTION_ARG_NONE,
         &options->wait,
         "Give the command again while its status is waiting",
         NULL},
        {"wait-ms",
         0,
         0,
         G_OPTION_ARG_CALLBACK,
         callback(on_wait_ms),
         "Wait so long at most, with --wait (default: 120000)",
         "MS"},
    };

    g_array_append_vals(entries, waiting, G_N_ELEMENTS(waiting));
}

static void
add_common(GArray *entries, GnfOptions *options)
{
    const GOptionEntry common[] = {
        {"json",
         'j',
         0,
         G_OPTION_ARG_NONE,
         &options->json,
         "Print the reply as one line of JSON",
         NULL},
        {"socket",
         's',
         0,
         G_OPTION_ARG_FILENAME,
         &options->socket,
         "The engine's socket (default: " GNF_DEFAULT_SOCKET ")",
         "PATH"},
        {"help", 'h', 0, G_OPTION_ARG_NONE, &options->help, "Show this help", NULL},
        {"version", 'V', 0, G_OPTION_ARG_NONE, &options->version, "Show the version", NULL},
    };

    g_array_append_vals(entries, common, G_N_ELEMENTS(common));
}

static GArray *
new_entries(Reader *reader)
{
    const GnfSubcommand *subcommand = reader->subcommand;
    GArray *entries = g_array_new(TRUE, TRUE, sizeof(GOptionEntry));

    if (subcommand)
        add_arguments(entries, subcommand);
    if (subcommand && subcommand->can_wait)
        add_waiting(entries, reader->options);
    add_common(entries, reader->options);
    return entries;
}

/* GOption takes --eject=no for --eject. */
static gboolean
check_flags(Reader *reader, char **argv, GError **error)
{
    g_autoptr(GArray) entries = new_entries(reader);

    for (guint i = 0; i < entries->len; i++) {
        const GOptionEntry *entry = &g_array_index(entries, GOptionEntry, i);
        g_autofree char *with_value = g_strdup_printf("--%s=", entry->long_name);
        if (entry->arg != G_OPTION_ARG_NONE && !(entry->flags & G_OPTION_FLAG_NO_ARG))
            continue;
        for (char **word = argv; *word && !g_str_equal(*word, "--"); word++) {
            if (!g_str_has_prefix(*word, with_value))
                continue;
            g_set_error(error,
                        G_OPTION_ERROR,
                        G_OPTION_ERROR_BAD_VALUE,
                        "--%s takes no value",
                        entry->long_name);
            return FALSE;
        }
    }
    return TRUE;
}

/* The context borrows reader and what it points to. */
static GOptionContext *
new_context(Reader *reader)
{
    const GnfSubcommand *subcommand = reader->subcommand;
    g_autoptr(GArray) entries = new_entries(reader);
    GOptionContext *context = g_option_context_new(subcommand ? NULL : "COMMAND");
    GOptionGroup *group = g_option_group_new("main", "", "", reader, NULL);

    g_option_group_add_entries(group, (const GOptionEntry *)(gpointer)entries->data);
    g_option_context_set_main_group(context, group);
    /* Its own --help would end the program. */
    g_option_context_set_help_enabled(context, FALSE);
    g_option_context_set_strict_posix(context, subcommand == NULL);
    return context;
}

/* The contract names the member; on the command line, that is an option. */
static gboolean
check_arguments(GnfOptions *options, const GnfSubcommand *subcommand, GError **error)
{
    g_autoptr(GError) problem = NULL;

    if (gnf_schema_check_arguments(subcommand->command, options->arguments, &problem))
        return TRUE;
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--%s", problem->message);
    return FALSE;
}

gboolean
gnf_options_read(GnfOptions *options, const GnfSubcommand *subcommand, char ***argv, GError **error)
{
    Reader reader = {options, subcommand};
    g_autoptr(GOptionContext) context = new_context(&reader);

    if (!check_flags(&reader, *argv, error) || !g_option_context_parse_strv(context, argv, error))
        return FALSE;
    if (!subcommand || options->help || options->version)
        return TRUE;
    if ((*argv)[1]) {
        g_set_error(error,
                    G_OPTION_ERROR,
                    G_OPTION_ERROR_BAD_VALUE,
                    "unexpected argument '%s'",
                    (*argv)[1]);
        return FALSE;
    }
    return check_arguments(options, subcommand, error);
}

char *
gnf_options_help(const GnfSubcommand *subcommand, const char *summary, const char *details)
{
    g_autoptr(GnfOptions) options = gnf_options_new();
    Reader reader = {options, subcommand};
    g_autoptr(GOptionContext) context = new_context(&reader);

    g_option_context_set_summary(context, summary);
    g_option_context_set_description(context, details);
    return g_option_context_get_help(context, TRUE, NULL);
}
