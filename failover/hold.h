/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Looking after a pending operation while no command runs: see what became of its NICs, and say
 * what is to be done about it.
 */
#pragma once

#include "failover/context.h"

/* This often a NIC that somebody puts back into its bond is taken out again. */
#define GNF_HOLD_LIMIT 3

typedef enum {
    GNF_HOLD_NOTHING,
    GNF_HOLD_DETACH,   /* *ret_device was put back by somebody: take it out again */
    GNF_HOLD_COMPLETE, /* a NIC that was unplugged is back */
} GnfHold;

/* A pending NIC that the kernel does not know any more is absent: see which, and write it down.
 * Done before each command, which may come before the kernel's event of it has been read. */
void gnf_hold_refresh(GnfContext *context);

/* Bring the operation's states in line with the kernel and write them down. A NIC that was put back
 * stays in the bond as `switched`, with a reason, for as long as the standby cannot take over. One
 * that was to be taken out more often than the limit is left there with the reason manager-undid,
 * or with why it could not be taken out. */
GnfHold gnf_hold_look(GnfContext *context, GnfOperationDevice **ret_device);

/* Take a NIC out that was put back, as prepare does: only while the standby is proven, and after
 * the traffic. Where that is not possible it stays in, as `switched`, with a reason, and is looked
 * at again. What came of it is in the device's entry and in the record. */
void gnf_hold_detach_async(GnfContext *context,
                           GnfOperationDevice *device,
                           GAsyncReadyCallback callback,
                           gpointer user_data);
void gnf_hold_detach_finish(GAsyncResult *result);

/* Is revert-after-ms over, and a prepared NIC still plugged in? There is a pending operation. */
gboolean gnf_hold_is_revert_due(const GnfContext *context);

/* An event on a link: the standby of a pending operation says that the VM has just resumed
 * elsewhere (IFLA_EVENT_NOTIFY_PEERS, virtio_net's announce), so announce its bond; nobody else
 * does. Or its bond has changed, while a NIC is on its way back into it: the traffic stays where it
 * is (gnf_traffic_keep). TRUE if gnf_hold_look should look: it is a prepared
 * NIC's link, or a NIC is awaited, or the standby of one that was put back, or its bond. */
gboolean gnf_hold_link_event(GnfContext *context, const GnfLinkEvent *event);
