/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a subcommand is: a constant in a file of its own, and one entry in main.c's table.
 *
 * The options are those of the command's arguments in qapi/net-failover.json, name for name; help
 * text and parser both come from the table, so that neither can lag behind.
 */
#pragma once

#include <json-glib/json-glib.h>

/* Exit codes, for scripts: part of the interface, documented in --help and in the man page. */
typedef enum {
    GNF_EXIT_DONE = 0,      /* done, or planned; query was answered */
    GNF_EXIT_ERROR = 1,     /* the engine's error, or an answer that makes no sense */
    GNF_EXIT_USAGE = 2,     /* nothing was sent */
    GNF_EXIT_WAITING = 3,   /* the work goes on in the guest */
    GNF_EXIT_PARTIAL = 4,   /* partial or failed: at least one device is not done */
    GNF_EXIT_NO_ANSWER = 5, /* the engine was not reached, or gave no answer in time */
} GnfExit;

typedef enum {
    GNF_OPTION_FLAG,        /* no value: true */
    GNF_OPTION_TEXT,        /* a string, or an enum's value */
    GNF_OPTION_NUMBER,      /* a whole number, up to G_MAXUINT32 */
    GNF_OPTION_SELECTOR,    /* repeatable; see selector.h */
    GNF_OPTION_REPLACEMENT, /* repeatable; a selector with replaces= */
} GnfOptionKind;

typedef struct {
    const char *name;   /* as typed, without the dashes */
    const char *member; /* of the arguments */
    GnfOptionKind kind;
    const char *value; /* what help calls the value, or NULL */
    const char *help;
} GnfOption;

typedef struct {
    const char *name;
    const char *command;      /* on the wire */
    const char *summary;      /* one line: what it does */
    const char *details;      /* a paragraph for its own --help */
    gboolean can_wait;        /* its reply is a report, whose status may be waiting */
    const GnfOption *options; /* ends with an entry whose name is NULL */

    /* Append the reply for people. The value has been checked against the contract. */
    void (*print)(GString *out, JsonObject *value, gboolean colours);
} GnfSubcommand;

extern const GnfSubcommand gnf_subcommand_query;
extern const GnfSubcommand gnf_subcommand_prepare;
extern const GnfSubcommand gnf_subcommand_complete;
extern const GnfSubcommand gnf_subcommand_cancel;
