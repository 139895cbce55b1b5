/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * qga-net-failover: the failover commands for people and scripts in the guest.
 *
 * The table below is all there is to add a subcommand; help is made from it.
 */
#include <glib.h>
#include <locale.h>
#include <stdio.h>

#include "cli/options.h"
#include "cli/run.h"
#include "cli/subcommand.h"

static const GnfSubcommand *const subcommands[] = {
    &gnf_subcommand_query,
    &gnf_subcommand_prepare,
    &gnf_subcommand_complete,
    &gnf_subcommand_cancel,
    NULL,
};

static const struct {
    GnfExit code;
    const char *meaning;
} exits[] = {
    {GNF_EXIT_DONE, "done, or planned with --dry-run"},
    {GNF_EXIT_ERROR, "refused or failed: nothing was changed, or all was put back"},
    {GNF_EXIT_USAGE, "wrong usage: nothing was sent"},
    {GNF_EXIT_WAITING, "the work goes on in the guest: give the same command again"},
    {GNF_EXIT_PARTIAL, "partial or failed: at least one device is not done"},
    {GNF_EXIT_NO_ANSWER, "no answer: the engine could not be reached, or took too long"},
};

static const char selector_help[] =
    "A SELECTOR is mac=MAC, pci-address=ADDRESS or interface=NAME, several joined by commas, or\n"
    "one bare value whose shape tells which it is.\n\n";

static void
append_exits(GString *text)
{
    g_string_append(text, "Exit status:\n");
    for (gsize i = 0; i < G_N_ELEMENTS(exits); i++)
        g_string_append_printf(text, "  %d  %s\n", exits[i].code, exits[i].meaning);
}

static void
print_overview(void)
{
    g_autoptr(GString) summary =
        g_string_new("Keeps a guest's network while its pass-through NIC is unplugged and plugged "
                     "in again.\n\nCommands:\n");
    g_autoptr(GString) details =
        g_string_new("'qga-net-failover COMMAND --help' shows a command's options.\n\n");
    g_autofree char *help = NULL;

    for (gsize i = 0; subcommands[i]; i++)
        g_string_append_printf(
            summary, "  %-9s %s\n", subcommands[i]->name, subcommands[i]->summary);
    g_string_truncate(summary, summary->len - 1);
    append_exits(details);
    help = gnf_options_help(NULL, summary->str, details->str);
    fputs(help, stdout);
}

static void
print_help(const GnfSubcommand *subcommand)
{
    g_autofree char *program = g_strconcat("qga-net-failover ", subcommand->name, NULL);
    g_autoptr(GString) details = g_string_new(NULL);
    g_autofree char *help = NULL;

    for (const GnfOption *option = subcommand->options; option->name; option++)
        if (option->kind == GNF_OPTION_SELECTOR || option->kind == GNF_OPTION_REPLACEMENT)
            g_string_append(details, selector_help);
    append_exits(details);
    g_set_prgname(program);
    help = gnf_options_help(subcommand, subcommand->details, details->str);
    fputs(help, stdout);
}

static const GnfSubcommand *
find_subcommand(const char *name)
{
    for (gsize i = 0; subcommands[i]; i++)
        if (g_str_equal(subcommands[i]->name, name))
            return subcommands[i];
    return NULL;
}

static GnfExit
wrong_usage(const GnfSubcommand *subcommand, const char *problem)
{
    gnf_complain(NULL, problem);
    fprintf(stderr,
            "Try 'qga-net-failover %s%s--help'.\n",
            subcommand ? subcommand->name : "",
            subcommand ? " " : "");
    return GNF_EXIT_USAGE;
}

static const char *
choose_socket(const GnfOptions *options)
{
    const char *from_environment = g_getenv("QGA_NET_FAILOVER_SOCKET");

    if (options->socket)
        return options->socket;
    return from_environment && *from_environment ? from_environment : GNF_DEFAULT_SOCKET;
}

/* argv starts with the subcommand's name. */
static GnfExit
run_subcommand(const GnfSubcommand *subcommand, GnfOptions *options, char **argv)
{
    g_auto(GStrv) rest = g_strdupv(argv);
    g_autoptr(GError) error = NULL;

    if (!gnf_options_read(options, subcommand, &rest, &error))
        return wrong_usage(subcommand, error->message);
    if (options->help) {
        print_help(subcommand);
        return GNF_EXIT_DONE;
    }
    if (options->version) {
        puts("qga-net-failover " GNF_VERSION);
        return GNF_EXIT_DONE;
    }
    return gnf_run(subcommand, options, choose_socket(options));
}

int
main(int argc, char **argv)
{
    g_autoptr(GnfOptions) options = gnf_options_new();
    g_auto(GStrv) words = g_strdupv(argv);
    const GnfSubcommand *subcommand = NULL;
    g_autoptr(GError) error = NULL;

    setlocale(LC_ALL, "");
    g_set_prgname("qga-net-failover");
    if (!gnf_options_read(options, NULL, &words, &error))
        return wrong_usage(NULL, error->message);
    if (options->help) {
        print_overview();
        return GNF_EXIT_DONE;
    }
    if (options->version) {
        puts("qga-net-failover " GNF_VERSION);
        return GNF_EXIT_DONE;
    }
    if (!words[0] || !words[1])
        return wrong_usage(NULL, "no command given: query, prepare, complete or cancel");
    subcommand = find_subcommand(words[1]);
    if (!subcommand) {
        g_autofree char *problem = g_strdup_printf("unknown command '%s'", words[1]);

        return wrong_usage(NULL, problem);
    }
    return run_subcommand(subcommand, options, words + 1);
}
