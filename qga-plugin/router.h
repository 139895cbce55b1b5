/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Router: decides which side one frame goes to, and what comes back for it. Only a well-formed
 * request for a plugin's command leaves the way to qemu-ga; everything else, malformed input
 * included, is qemu-ga's, to be sent byte for byte.
 */
#pragma once

#include "qga-plugin/framer.h"
#include "qga-plugin/registry.h"

typedef enum {
    GNF_ROUTE_SILENT_BYTES, /* to qemu-ga; no reply: white space, parts of a long message */
    GNF_ROUTE_AGENT,        /* to qemu-ga; one reply line */
    GNF_ROUTE_INFO,         /* to qemu-ga; one reply line, to be merged */
    GNF_ROUTE_FREEZE,       /* to qemu-ga; success freezes */
    GNF_ROUTE_THAW,         /* to qemu-ga; success thaws */
    GNF_ROUTE_NO_REPLY,     /* to qemu-ga; a reply line only on failure */
    GNF_ROUTE_PLUGIN,       /* to `plugin` */
} GnfRouteKind;

typedef struct {
    GnfRouteKind kind;
    const GnfPluginCommand *plugin; /* the registry's; NULL unless GNF_ROUTE_PLUGIN */
    /* Whether qemu-ga's lexer may count differently from ours: the number of its replies is only
     * known again after a barrier. */
    gboolean uncertain;
    gboolean part;      /* the message, or what is skipped after an error, may go on in the next */
    gboolean continued; /* it began in an earlier one */
} GnfRoute;

/* What qemu-ga says of itself; a name it has is never a plugin's. */
typedef struct {
    GHashTable *names;    /* set of all its commands */
    GHashTable *no_reply; /* those that answer only on failure */
} GnfAgentCommands;

/* Before qemu-ga was heard, only what every version has is known. */
void gnf_agent_commands_init(GnfAgentCommands *commands);
void gnf_agent_commands_clear(GnfAgentCommands *commands);

/* Learns from a reply of guest-info. A reply that is an error changes nothing. */
void gnf_agent_commands_learn(GnfAgentCommands *commands, const char *line, gsize length);

GnfRoute gnf_route(GnfFrameResult result,
                   const GnfFrame *frame,
                   const GnfRegistry *registry,
                   const GnfAgentCommands *commands);
