/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Power a NIC's PCI slot off from inside, so that the host's unplug is complete at once.
 */
#pragma once

#include "failover/context.h"

/* A power-off takes the hot-plug controller a second or more (kernel: pciehp_power_off_slot). */
#define GNF_EJECT_TIMEOUT_MS 15000

/* Does the NIC (its PCI address, or NULL) sit in a slot that can be powered off, with no interface
 * on it but those of `leaving` (of int: ifindexes) and no other function in use?
 * GNF_REASON_CODE_NO_SLOT or _SLOT_SHARED if not. interface: for the message. */
gboolean gnf_eject_check(const char *interface,
                         const char *pci_address,
                         const GArray *leaving,
                         GError **error);

/* The NIC is out of its bond, and so are those of the operation that share its slot. Ends when its
 * interface is gone, with the state absent; or with GNF_REASON_CODE_NO_SLOT, _SLOT_SHARED,
 * _SLOT_REFUSED or _NO_STANDBY, and the NIC stays where it is. device lives until the end. */
void gnf_eject_async(GnfContext *context,
                     GnfOperationDevice *device,
                     GAsyncReadyCallback callback,
                     gpointer user_data);
gboolean gnf_eject_finish(GAsyncResult *result, GError **error);
