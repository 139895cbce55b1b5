/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a host asked for through qga-plugind, and whether what it gets is what it has to get.
 *
 * As long as qemu-ga is honest: each request that carries an id of ours is answered once, in order,
 * to the host that asked, and qemu-ga's lines come back byte for byte, none missing while `exact`.
 */
#pragma once

#include "qga-plugin/framer.h"
#include "tests/fuzz/guest-agent.h"

/* Ids from here on are the script's own requests; bytes of an input seldom hold one. */
#define GNF_ORACLE_ID_FIRST 1000000

typedef struct {
    const GnfGuestAgent *qemu_ga;
    GnfFramer *framer; /* over what was read from this host */
    GArray *asked;     /* by this host */
    GString *line;     /* that this host has the beginning of */
    GArray *barriers;  /* of gint64: written to qemu-ga, ever */
    gint64 next_id;    /* for the script to take */
    guint last_serial;
    gboolean honest; /* qemu-ga said nothing but what it had to */
    gboolean exact;  /* and nothing was lost, nobody left */
    gboolean loose;  /* the input made up an id of ours: ids tell nothing */
} GnfOracle;

GnfOracle *gnf_oracle_new(const GnfGuestAgent *qemu_ga);
void gnf_oracle_free(GnfOracle *oracle);

/* A barrier was written to qemu-ga: its reply is never to get out. */
void gnf_oracle_barrier(GnfOracle *oracle, gint64 id);

/* The host's bytes, before the session reads them. */
void gnf_oracle_asks(GnfOracle *oracle, const char *data, gsize length);
/* What the host got. */
void gnf_oracle_gets(GnfOracle *oracle, const char *data, gsize length);
void gnf_oracle_assert_answered(const GnfOracle *oracle);
/* Another host, to which nothing is due yet. */
void gnf_oracle_next_host(GnfOracle *oracle);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfOracle, gnf_oracle_free)
