/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The file /etc/network/interfaces as the three programs read it that are called ifupdown: bonds,
 * their ports and their options.
 */
#pragma once

#include "ifcfg-backend/membership.h"

typedef enum {
    GNF_DIALECT_IFUPDOWN,    /* Debian's, with the scripts of ifenslave */
    GNF_DIALECT_IFUPDOWN_NG, /* Alpine's */
    GNF_DIALECT_IFUPDOWN2,   /* Cumulus' */
} GnfInterfacesDialect;

/* Reads the files under a root ("" for this machine); what cannot be read is in the notes. */
GnfMembership *gnf_interfaces_read(const char *root, GnfInterfacesDialect dialect);
