/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Waiting until systemd is through with a unit: it is neither starting nor stopping, and has no
 * job. Where there is no bus, no systemd, or no such unit, there is nothing to wait for.
 */
#pragma once

#include "failover/system-bus.h"

/* bus outlives the call. Ends with TRUE, or with an error when it was cancelled. */
void gnf_unit_wait_async(GnfSystemBus *bus,
                         const char *unit,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data);
gboolean gnf_unit_wait_finish(GAsyncResult *result, GError **error);

/* "ifup@NAME.service" for an interface, escaped as systemd does it (systemd.unit(5)). */
char *gnf_unit_name(const char *template, const char *interface);
