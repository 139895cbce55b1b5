/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Network functions on the PCI bus that have no interface here: in another network namespace, bound
 * to a program's driver, or to none. The commands cannot do anything with them; they say so.
 */
#pragma once

#include "netlink/device.h"

/* Why a function of gnf_device_list_without_interface is out of reach; in GNF_ERROR. */
GError *gnf_out_of_reach_reason(const GnfDevice *function);

/* What a selector that found nothing may have meant: *error is replaced by the reason of the
 * function at that PCI address (NULL: of the only one there is), or left as it is. */
void gnf_out_of_reach_explain(const char *pci_address, GError **error);
