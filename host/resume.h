/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where things stand after a run that was cut short, and what is to be done about it.
 */
#pragma once

#include "host/sequence.h"

typedef enum {
    GNF_RESUME_HERE,    /* the domain runs on the first host: NICs come back there */
    GNF_RESUME_THERE,   /* it runs on the second */
    GNF_RESUME_LATER,   /* a migration is under way, or a host cannot be asked */
    GNF_RESUME_NOWHERE, /* it runs on neither */
} GnfResume;

/* states: of the domain on the first host and on the second (GNF_DOMAIN_ABSENT where there is
 * none). has_job: on the host where it runs. */
GnfResume gnf_resume_decide(GnfDomainState first, GnfDomainState second, gboolean has_job);

/* Sets run->here. Error: GNF_HOST_ERROR_REFUSED, with what to do. */
gboolean gnf_resume_find(GnfRun *run, GError **error);
