/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The stanzas of interfaces files: options in their order, as they are written. Pure: no I/O.
 */
#pragma once

#include "ifcfg-backend/membership.h"

/* What a stanza may inherit multiplies with the stanzas. */
#define GNF_STANZA_OPTIONS_MAX 128
/* These are looked through for each stanza. */
#define GNF_SELECTIONS_MAX 256

typedef struct {
    char *name;
    char *value;
    GnfPlace place;
} GnfStanzaOption;

/* An "iface": a logical interface. */
typedef struct {
    char *name;
    char *family;         /* "inet", or NULL */
    gboolean is_template; /* ifupdown-ng's "template": no interface */
    GPtrArray *options;   /* GnfStanzaOption, what is inherited first */
    GnfPlace place;
} GnfStanza;

/* "auto mac/52:54:00:00:00:01=port": these NICs are configured by the stanza of this name. */
typedef struct {
    GnfPort port;
    char *stanza;
} GnfSelection;

typedef struct {
    GPtrArray *stanzas;    /* GnfStanza */
    GPtrArray *selections; /* GnfSelection */
} GnfStanzas;

GnfStanzas *gnf_stanzas_new(void);
void gnf_stanzas_free(GnfStanzas *stanzas);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfStanzas, gnf_stanzas_free)

/* The first stanza of a name, NULL: there is none. */
GnfStanza *gnf_stanzas_find(const GnfStanzas *stanzas, const char *name);

/* A new stanza, borrowed; NULL where there are too many (GNF_MEMBERSHIP_MAX). */
GnfStanza *gnf_stanzas_add(GnfStanzas *stanzas, const char *name, const GnfPlace *place);

/* FALSE: there are too many. Takes the port. */
gboolean gnf_stanzas_select(GnfStanzas *stanzas, GnfPort port, const char *stanza);

/* FALSE: there are too many. Takes the name. */
gboolean
gnf_stanza_add_option(GnfStanza *stanza, char *name, const char *value, const GnfPlace *place);

/* The first option of a name, NULL: there is none. */
const GnfStanzaOption *gnf_stanza_find_option(const GnfStanza *stanza, const char *name);
