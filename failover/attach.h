/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Put one NIC into its bond, through whoever manages the bond now, and give it the traffic back
 * once its link is proven.
 */
#pragma once

#include "failover/context.h"

/* Longer than any manager was seen to take (1.2 s for NetworkManager under emulation). */
#define GNF_ATTACH_TIMEOUT_MS 20000

/* From joining the bond to a trusted link: emulated NICs take 2-3 s, slow hardware ten times that.
 */
#define GNF_LINK_TIMEOUT_MS 60000

/*
 * device->ifindex is the NIC that takes the place; it is plugged in and udev is done with it. It
 * may be in the bond already. Ends with the state attached, the bond's options restored under the
 * NIC's name, or, where the operation is only to attach, switched; or with an error that leaves the
 * traffic on the standby, and the state present (or switched, where it never left the bond).
 * Cancelling ends the wait for the link, not the manager's work. device lives until the end.
 */
void gnf_attach_async(GnfContext *context,
                      GnfOperationDevice *device,
                      GCancellable *cancellable,
                      GAsyncReadyCallback callback,
                      gpointer user_data);
gboolean gnf_attach_finish(GAsyncResult *result, GError **error);
