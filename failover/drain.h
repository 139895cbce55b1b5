/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * After the traffic has moved: let what is still on its way over the old port arrive.
 *
 * The network learns the new way from the bond's announcement, so frames go on arriving on the old
 * port for a round trip, and what it has received waits in its queues until the guest takes it; in
 * a busy guest that is many. Leaving the bond, or no longer accepting what arrives on that port,
 * would drop them (kernel: bond_handle_frame).
 */
#pragma once

#include "failover/context.h"

/* The port is quiet when its driver has counted nothing for this long, and what was sent to
 * everyone after the move has come in there, too (netlink/marker.h). On a busy host frames wait in
 * its queues while the guest runs on and sees nothing come: for 200 to 400 ms, beside other work.
 */
#define GNF_DRAIN_QUIET_MS 50

/* The same where that never comes. */
#define GNF_DRAIN_QUIET_UNMARKED_MS 300

/* The same, in either case, where the bond's MAC changes with the switch: NetworkManager 1.42 then
 * announces the bond's addresses with the MAC that was, up to 150 ms behind the switch (seen on the
 * wire), and the network sends to the old port once more until the next announcement. */
#define GNF_DRAIN_QUIET_CROSSING_MS 500

/* It never is where broadcasts are frequent: then this is long enough for what was under way. */
#define GNF_DRAIN_LIMIT_MS 1000

/* When the traffic moved, and what the old port had received by then. */
typedef struct {
    gint64 moved_us;
    guint64 received;
} GnfDrainStart;

/* To be called right after the move, where something else is done before the drain: that time
 * counts, if the port has been quiet. */
GnfDrainStart gnf_drain_start(const GnfContext *context, int ifindex);

/* Ends when the old port of a device's bond is quiet, gone, or the limit is over; never fails.
 * start: NULL = the traffic has moved just now. There is no event for a counter that stands still,
 * so it is read again and again: the one place that polls. */
void gnf_drain_async(GnfContext *context,
                     const GnfOperationDevice *device,
                     int ifindex,
                     const GnfDrainStart *start,
                     GAsyncReadyCallback callback,
                     gpointer user_data);
void gnf_drain_finish(GAsyncResult *result);
