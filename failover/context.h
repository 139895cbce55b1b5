/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the commands work with: the kernel, the managers, and the operation. One per engine; every
 * function of the engine borrows it.
 */
#pragma once

#include "failover/managers.h"
#include "failover/operation.h"
#include "failover/watch.h"
#include "netlink/rtnetlink.h"

typedef struct {
    GnfNetlink *netlink;
    GnfWatch *watch;
    GnfManagers *managers;
    char *record_path;
    gboolean stopping;       /* the engine is told to end: what waits is left to the next one */
    GnfOperation *operation; /* the one in flight, or the last; NULL: none since the guest booted */
} GnfContext;

/* Is there an operation that is not finished? */
static inline gboolean
gnf_context_is_pending(const GnfContext *context)
{
    return context->operation && !context->operation->finished;
}

/* The entry of a NIC in it, or NULL. */
static inline GnfOperationDevice *
gnf_context_find(const GnfContext *context, int ifindex)
{
    return gnf_context_is_pending(context) ? gnf_operation_find(context->operation, ifindex) : NULL;
}
