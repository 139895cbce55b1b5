/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What is taken in, and believed, while a bond that something stands on accepts what arrives on all
 * its ports.
 *
 * What stands on a bond may have MACs of its own: macvlans, and whatever is behind a bridge. The
 * kernel lets only the active port take those in, and changes that with the switch
 * (bond_hw_addr_swap), so that the old port drops what the network still sends it, and whoever only
 * answers is not heard of any more. And what a machine behind a bridge broadcasts through one port
 * comes in again on another: the bridge would look for that machine outside from then on.
 */
#pragma once

#include "failover/context.h"

/* Every port that the bond has now takes in frames for every MAC, if something stands on the bond;
 * and bridges above do not learn from it, which the record tells of. Again for a port that has
 * joined since. That it cannot be had is no reason not to move. */
void gnf_reception_widen(GnfContext *context, GnfOperationDevice *device);

/* The ports as before, for this device. */
void gnf_reception_narrow(GnfOperationDevice *device);

/* The bond does not accept all any more: bridges above may learn again. */
void gnf_reception_learn(GnfContext *context, const GnfOperationDevice *device);
