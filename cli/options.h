/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The command line, as what it asks for: common options and the command's arguments.
 *
 * Reads and prints nothing; a wrong command line is an error, for the caller to show.
 */
#pragma once

#include "cli/subcommand.h"

/* Where systemd listens for the engine (data/qga-net-failoverd.socket). */
#define GNF_DEFAULT_SOCKET "/run/qga-net-failover/socket"

/* What --wait waits at most: a guest under load, and a host that plugs in by hand. */
#define GNF_DEFAULT_WAIT_MS 120000

typedef struct {
    char *socket; /* NULL: not given */
    gboolean json;
    gboolean help;
    gboolean version;
    gboolean wait;
    guint wait_ms;
    JsonObject *arguments; /* of the command */
} GnfOptions;

GnfOptions *gnf_options_new(void);
void gnf_options_free(GnfOptions *options);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfOptions, gnf_options_free)

/*
 * Read the options at the front of argv (NULL-terminated, its first entry is the program) and take
 * them out of it. Without a subcommand, reading ends at the first word that is no option; with one,
 * all must be read, and the arguments must fit the contract. Error: G_OPTION_ERROR.
 */
gboolean gnf_options_read(GnfOptions *options,
                          const GnfSubcommand *subcommand,
                          char ***argv,
                          GError **error);

/* The help text's usage line and options. subcommand may be NULL. */
char *gnf_options_help(const GnfSubcommand *subcommand, const char *summary, const char *details);
