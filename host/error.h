/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What can go wrong on the host, in one GError domain.
 *
 * A message says what was being done, to what, and what to do next; a guest's error keeps its
 * reason code in front.
 */
#pragma once

#include <glib.h>

typedef enum {
    GNF_HOST_ERROR_REFUSED,     /* not done, for a reason that the message tells; nothing changed */
    GNF_HOST_ERROR_FAILED,      /* tried, and failed */
    GNF_HOST_ERROR_UNAIDED,     /* the guest has not our commands */
    GNF_HOST_ERROR_SILENT,      /* the guest's agent does not answer, or not in time */
    GNF_HOST_ERROR_LOST,        /* the connection to the host's libvirt is gone */
    GNF_HOST_ERROR_GONE,        /* the domain is not there, or does not run */
    GNF_HOST_ERROR_INTERRUPTED, /* by a signal */
    GNF_HOST_ERROR_INVALID,     /* what was given, or read, makes no sense */
} GnfHostError;

#define GNF_HOST_ERROR (gnf_host_error_quark())
GQuark gnf_host_error_quark(void);

/* Whose answer was it? TRUE where code is the error's. */
gboolean gnf_host_error_is(const GError *error, GnfHostError code);
