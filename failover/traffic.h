/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Moving a bond's traffic between its ports, and putting its options back.
 *
 * The bond's primary option moves it: that is immediate and sticky, where setting the active port
 * holds only until the next link event (kernel: bond_select_active_slave). While it moves,
 * all_slaves_active keeps the bond from dropping what still arrives on the other port. What moves
 * the traffic, and what ends the work, reads the kernel's answer back. Modes without an active port
 * have no traffic to move: there they succeed and do nothing.
 */
#pragma once

#include "failover/context.h"

/* Move the traffic off the device to device->standby_ifindex, whose link is looked at once more.
 * What goes through a third port, such as another primary that is not prepared, stays there and is
 * kept there. On failure what was changed has been put back. GNF_REASON_CODE_NO_STANDBY, or
 * _INTERNAL if the kernel does not do as it says. */
gboolean gnf_traffic_to_standby(GnfContext *context, GnfOperationDevice *device, GError **error);

/* Does the traffic still go through another port, and has the standby a link?
 * GNF_REASON_CODE_NO_STANDBY if not. */
gboolean
gnf_traffic_check_away(GnfContext *context, const GnfOperationDevice *device, GError **error);

/*
 * The bond's primary option names the device, whose link is not proven yet, while another port has
 * the traffic: give it back to that one. Somebody's doing (networkd's PrimarySlave=, the kernel
 * itself for a name that it remembers), and the bond would switch as soon as the link says "up",
 * before the kernel's link watch lets anything be sent. Whether that could be done is not told: the
 * link is proven and the option restored all the same.
 */
void gnf_traffic_keep(const GnfContext *context, const GnfOperationDevice *device);

/* Move the traffic to device->ifindex, a port whose MII status is up. */
gboolean gnf_traffic_to_primary(GnfContext *context, GnfOperationDevice *device, GError **error);

/* Accept what arrives on ports that are not active, whatever on the bond it is for; put back as it
 * was. To be repeated for a port that joins. */
gboolean gnf_traffic_accept_all(GnfContext *context, GnfOperationDevice *device, GError **error);
gboolean
gnf_traffic_accept_as_before(GnfContext *context, GnfOperationDevice *device, GError **error);

/*
 * Put the options of bond and port back under the NIC's present name, when it is a port again.
 * Where no primary option was set, the NIC gets a priority above the other ports' instead, so that
 * no later event moves the traffic back; where the kernel knows no priorities (before Linux 6.0)
 * the primary option stays on the NIC.
 */
gboolean gnf_traffic_restore(GnfContext *context, GnfOperationDevice *device, GError **error);

/* The NIC is gone for good: the bond's options as they were, but for what would name the NIC. */
gboolean gnf_traffic_forget(GnfContext *context, GnfOperationDevice *device, GError **error);
