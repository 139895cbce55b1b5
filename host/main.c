/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * virt-net-failover: the whole sequence from the host, over libvirt.
 *
 * Help and exit codes; the commands are in commands.c. The only file that exits.
 */
#include <libxml/parser.h>
#include <locale.h>
#include <stdio.h>

#include "host/libvirt.h"
#include "host/options.h"
#include "host/report.h"

static const struct {
    GnfHostExit code;
    const char *meaning;
} exits[] = {
    {GNF_HOST_EXIT_DONE, "done"},
    {GNF_HOST_EXIT_FAILED, "refused, or failed and put back: all is as it was"},
    {GNF_HOST_EXIT_USAGE, "wrong usage: nothing was done"},
    {GNF_HOST_EXIT_DEGRADED, "the domain is not lost, but a NIC is not where it belongs"},
    {GNF_HOST_EXIT_UNKNOWN, "a host or the guest cannot be asked how things stand: 'resume' later"},
};

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
    g_autoptr(GString) summary = g_string_new("Migrates a domain that has a pass-through NIC, with "
                                              "the help of its guest.\n\nCommands:\n");
    g_autoptr(GString) details =
        g_string_new("'virt-net-failover COMMAND --help' shows a command's options.\n\n");
    g_autofree char *help = NULL;

    for (gsize i = 0; gnf_commands[i]; i++)
        g_string_append_printf(
            summary, "  %-8s %s\n", gnf_commands[i]->name, gnf_commands[i]->summary);
    g_string_truncate(summary, summary->len - 1);
    append_exits(details);
    help = gnf_command_line_help(NULL, summary->str, details->str);
    fputs(help, stdout);
}

static void
print_help(const GnfCommand *command)
{
    g_autofree char *program = g_strconcat("virt-net-failover ", command->name, NULL);
    g_autoptr(GString) details = g_string_new(NULL);
    g_autofree char *help = NULL;

    append_exits(details);
    g_set_prgname(program);
    help = gnf_command_line_help(command, command->details, details->str);
    fputs(help, stdout);
}

static GnfHostExit
wrong_usage(const GnfCommand *command, const char *problem)
{
    gnf_host_complain(NULL, problem);
    fprintf(stderr,
            "Try 'virt-net-failover %s%s--help'.\n",
            command ? command->name : "",
            command ? " " : "");
    return GNF_HOST_EXIT_USAGE;
}

static const GnfCommand *
find_command(const char *name)
{
    for (gsize i = 0; gnf_commands[i]; i++)
        if (g_str_equal(gnf_commands[i]->name, name))
            return gnf_commands[i];
    return NULL;
}

static GnfHostExit
print_version(void)
{
    puts("virt-net-failover " GNF_VERSION);
    return GNF_HOST_EXIT_DONE;
}

static GnfHostExit
run_command(const GnfCommand *command, GnfCommandLine *line, char **argv)
{
    g_autoptr(GError) error = NULL;

    if (!gnf_command_line_read(line, command, argv, &error))
        return wrong_usage(command, error->message);
    if (line->version)
        return print_version();
    if (line->help) {
        print_help(command);
        return GNF_HOST_EXIT_DONE;
    }
    if (!gnf_libvirt_begin(&error)) {
        gnf_host_complain(NULL, error->message);
        return GNF_HOST_EXIT_FAILED;
    }
    return command->run(line);
}

int
main(int argc, char **argv)
{
    g_autoptr(GnfCommandLine) line = gnf_command_line_new();
    g_auto(GStrv) words = NULL;
    const GnfCommand *command = NULL;
    g_autoptr(GError) error = NULL;

    setlocale(LC_ALL, "");
    g_set_prgname("virt-net-failover");
    xmlInitParser();
    if (!gnf_command_line_read(line, NULL, argv + 1, &error))
        return wrong_usage(NULL, error->message);
    if (line->version)
        return print_version();
    if (line->help) {
        print_overview();
        return GNF_HOST_EXIT_DONE;
    }
    if (!line->words[0])
        return wrong_usage(NULL, "no command given: check, migrate, …");
    command = find_command(line->words[0]);
    if (!command) {
        g_autofree char *problem = g_strdup_printf("unknown command '%s'", line->words[0]);

        return wrong_usage(NULL, problem);
    }
    words = g_strdupv(line->words + 1);
    return run_command(command, line, words);
}
