/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the vtable does that takes more than one step; self is the GnfNetworkd.
 */
#pragma once

#include "failover/backend.h"
#include "networkd-backend/networkd-bus.h"

/* Result: GnfOwnership. */
void gnf_networkd_probe_start(gpointer self,
                              const GnfProbe *what,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data);

/* Result: char *, or NULL. */
void gnf_networkd_conflict_start(gpointer self,
                                 const GnfOwnedInterface *interface,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);

/* Result: a boolean. */
void gnf_networkd_detach_start(gpointer self,
                               const GnfTarget *target,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data);

/* Result: GnfAttachment. */
void gnf_networkd_attach_start(GnfNetworkd *self,
                               const GnfTarget *target,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
