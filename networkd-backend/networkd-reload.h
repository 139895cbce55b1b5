/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Have networkd read its files anew, where that changes nothing but the NIC of a file of our own.
 */
#pragma once

#include "networkd-backend/networkd-bus.h"

/*
 * networkd configures anew each link whose file it finds changed, and up to v252 that takes the
 * ports of a bond down and up (systemd issue 25067); links whose files are as they were are left
 * alone in every version (network_reload). So this fails with GNF_REASON_CODE_MANAGER_FAILED, and
 * asks nothing of networkd, if any file but ours has changed since networkd was started; the
 * message names it. self outlives the call.
 */
void gnf_networkd_reload_async(GnfNetworkd *self,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
gboolean gnf_networkd_reload_finish(GAsyncResult *result, GError **error);
