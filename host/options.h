/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The command line, and the table of commands that it is read by.
 *
 * Help and parser come from the same tables, so that neither can lag behind.
 */
#pragma once

#include "host/settings.h"

/* Exit codes, for scripts: part of the interface, documented in --help and in the man page. The
 * numbers mean what the guest's own tool means by them. */
typedef enum {
    GNF_HOST_EXIT_DONE = 0,
    GNF_HOST_EXIT_FAILED = 1,   /* refused, or failed and put back */
    GNF_HOST_EXIT_USAGE = 2,    /* nothing was done */
    GNF_HOST_EXIT_DEGRADED = 4, /* a NIC is not where it belongs */
    GNF_HOST_EXIT_UNKNOWN = 5,  /* not known how things stand */
} GnfHostExit;

/* Which options a command has, besides the common ones. */
typedef enum {
    GNF_OPTIONS_GUEST = 1 << 0,   /* how the guest is asked */
    GNF_OPTIONS_PREPARE = 1 << 1, /* how NICs leave */
    GNF_OPTIONS_DEVICES = 1 << 2, /* what takes their place */
    GNF_OPTIONS_MIGRATE = 1 << 3, /* as virsh migrate has them */
} GnfOptionGroups;

typedef struct {
    char *uri; /* NULL: libvirt's default */
    gboolean json;
    gboolean help;
    gboolean version;
    GnfSettings *settings;
    char **words; /* what is no option: the command's arguments */
    const char *command;
} GnfCommandLine;

typedef struct {
    const char *name;
    const char *arguments; /* "DOMAIN DESTURI", as help has it */
    guint least, most;     /* how many of them */
    const char *summary;
    const char *details;
    guint groups; /* GnfOptionGroups */
    GnfHostExit (*run)(GnfCommandLine *line);
} GnfCommand;

GnfCommandLine *gnf_command_line_new(void);
void gnf_command_line_free(GnfCommandLine *line);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfCommandLine, gnf_command_line_free)

/* argv: without the program's name, or, for a command (NULL: for none), without the command's as
 * well. Without a command reading ends at the first word, which is left in words. */
gboolean
gnf_command_line_read(GnfCommandLine *line, const GnfCommand *command, char **argv, GError **error);

char *gnf_command_line_help(const GnfCommand *command, const char *summary, const char *details);

/* commands.c: ends with NULL. */
extern const GnfCommand *const gnf_commands[];
