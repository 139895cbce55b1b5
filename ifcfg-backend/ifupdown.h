/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which of the programs that are called ifupdown has configured this guest since it booted, told by
 * what they leave in /run.
 */
#pragma once

#include "ifcfg-backend/interfaces.h"

typedef struct {
    GnfInterfacesDialect dialect;
    const char *name;     /* "ifupdown-ng" */
    const char *evidence; /* the file in /run that it leaves, a path of the guest */
    const char *state;    /* its list of what is up (ifstate.h); NULL: it keeps none that is read */
    const char *program;  /* a folder of its own; that of another one may be left over */
} GnfIfupdown;

/* Under a root ("" for this machine); NULL: none of them has run. Where more than one has, the one
 * whose program is there counts. */
const GnfIfupdown *gnf_ifupdown_detect(const char *root);
