/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Power a NIC's PCI slot off from inside, so that the host's unplug is complete at once.
 */
#pragma once

#include "failover/context.h"

/* A power-off takes the hot-plug controller a second or more (kernel: pciehp_power_off_slot). */
#define GNF_EJECT_TIMEOUT_MS 15000

/* Does the NIC sit in a slot that can be powered off? GNF_REASON_CODE_NOT_PERMITTED if not. */
gboolean gnf_eject_check(const GnfDevice *nic, GError **error);

/* The NIC is out of its bond. Ends when its interface is gone, with the state absent.
 * GNF_REASON_CODE_NOT_PERMITTED where it sits in no slot of its own that can be powered off; the
 * NIC stays where it is then. device lives until the end. */
void gnf_eject_async(GnfContext *context,
                     GnfOperationDevice *device,
                     GAsyncReadyCallback callback,
                     gpointer user_data);
gboolean gnf_eject_finish(GAsyncResult *result, GError **error);
