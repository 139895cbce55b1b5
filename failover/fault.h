/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Fault points: where a test stops the engine, at the beginning of a step, to break something just
 * then. Only a build with -Dfault_points=true has any; in all others a point is a plain call.
 *
 * Files beside the record arm and release a point:
 *   fault-STEP, fault-STEP-INTERFACE   made by the test: stop at this step (of this NIC), once. Its
 *                                      contents, if any, is the limit in milliseconds that the
 *                                      step's own deadline is cut down to.
 *   reached-STEP                       made by the engine when it has stopped there, in place of
 *                                      the first; it goes on when the test has removed it.
 * The main loop runs meanwhile: requests, events and deadlines are served as ever.
 */
#pragma once

#include "failover/context.h"

/* What comes after the point. */
typedef void (*GnfFaultNext)(gpointer data);

#ifdef GNF_FAULT_POINTS

/* Stop if this point is armed, then go on with next. device: NULL where no NIC is chosen yet. */
void gnf_fault_point(const GnfContext *context,
                     GnfStep step,
                     const GnfOperationDevice *device,
                     GnfFaultNext next,
                     gpointer data);

/* The limit that the step begun last was given, once, in place of its own. */
guint gnf_fault_limit(guint timeout_ms);

#else

static inline void
gnf_fault_point(const GnfContext *context,
                GnfStep step,
                const GnfOperationDevice *device,
                GnfFaultNext next,
                gpointer data)
{
    next(data);
}

static inline guint
gnf_fault_limit(guint timeout_ms)
{
    return timeout_ms;
}

#endif
