/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A backend's connection to the system bus: made at first need, and again after the bus went away.
 * It is the backend's own and not the process-wide one, because that one ends the process when the
 * bus goes away.
 */
#pragma once

#include <gio/gio.h>

typedef struct {
    GDBusConnection *connection; /* NULL until first needed */
} GnfSystemBus;

/* The connection (transfer full). bus outlives the call, or the call is cancelled before bus ends.
 */
void gnf_system_bus_connect_async(GnfSystemBus *bus,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
GDBusConnection *gnf_system_bus_connect_finish(GAsyncResult *result, GError **error);

/* Let go of it. No call is under way that was not cancelled. */
void gnf_system_bus_clear(GnfSystemBus *bus);

/* Whether the error is that nobody is there to be asked (no bus, or no such name on it), rather
 * than a refusal. */
gboolean gnf_system_bus_is_absence(const GError *error);
