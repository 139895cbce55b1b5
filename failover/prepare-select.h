/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which primaries a prepare is about: what of the inventory is to be acted on, and what of the
 * operation at hand is done already.
 */
#pragma once

#include "failover/context.h"
#include "failover/inventory.h"
#include "failover/prepare.h"

/* The primaries to act on: GnfPrimary elements borrowed from the inventory; empty if all that is
 * meant is prepared already. Errors: no-such-device, ambiguous-device, and what gnf_plan_check says
 * where only one primary could have been meant. */
GPtrArray *gnf_prepare_select(const GnfContext *context,
                              const GnfPrepareOptions *options,
                              const GPtrArray *inventory,
                              GError **error);

/* A new entry for a primary: what the kernel forgets is written down. One that did not pass the
 * check may have no bond and no standby. */
GnfOperationDevice *gnf_prepare_entry(const GnfContext *context, const GnfPrimary *primary);
