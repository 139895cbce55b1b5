/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Take one primary out of its bond, through its manager, and see that it is out.
 */
#pragma once

#include "failover/context.h"

/* Longer than any manager was seen to take (1.4 s for NetworkManager under emulation). */
#define GNF_DETACH_TIMEOUT_MS 15000

/*
 * The traffic has been moved. Ends when the kernel says that the NIC has no controller, or is gone,
 * and that the bond goes on with a link; then the state is detached or absent. On failure the NIC
 * may still be in the bond: the traffic is on the standby either way. device lives until the end.
 * It is not to be cancelled: past the point of no return it is finished, one way or the other.
 */
void gnf_detach_async(GnfContext *context,
                      GnfOperationDevice *device,
                      GAsyncReadyCallback callback,
                      gpointer user_data);
gboolean gnf_detach_finish(GAsyncResult *result, GError **error);
