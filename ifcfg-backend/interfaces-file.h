/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The stanzas of /etc/network/interfaces and of what it includes: options in their order, as they
 * are written. What they mean for bonds is interfaces.h's.
 */
#pragma once

#include "ifcfg-backend/config-files.h"
#include "ifcfg-backend/interfaces.h"

#define GNF_INTERFACES_FILE "/etc/network/interfaces"
#define GNF_INCLUDE_DEPTH_MAX 16
/* What a stanza may inherit multiplies with the stanzas. */
#define GNF_STANZA_OPTIONS_MAX 128
/* And these are looked through for each stanza. */
#define GNF_SELECTIONS_MAX 256

typedef struct {
    char *name; /* lower case for ifupdown; "-" for "_" */
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

GnfStanzas *
gnf_stanzas_read(GnfConfigFiles *files, GnfInterfacesDialect dialect, GnfMembership *membership);
void gnf_stanzas_free(GnfStanzas *stanzas);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfStanzas, gnf_stanzas_free)
