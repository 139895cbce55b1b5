/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the vtable does, one file each: nm-probe.c, nm-conflict.c, nm-detach.c, nm-attach.c. Each
 * starts a call (nm-call.h), and is a slot of the vtable as it stands; nm is the GnfNm.
 */
#pragma once

#include "failover/backend.h"
#include "nm-backend/nm-client.h"

/* Result: char *. */
void gnf_nm_version_start(gpointer nm,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data);

/* Result: GnfOwnership. */
void gnf_nm_probe_start(gpointer nm,
                        const GnfProbe *what,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data);

/* Result: char *, or NULL. */
void gnf_nm_conflict_start(gpointer nm,
                           const GnfOwnedInterface *interface,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data);

/* Result: a boolean. */
void gnf_nm_detach_start(gpointer nm,
                         const GnfTarget *target,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data);

/* Result: GnfAttachment. */
void gnf_nm_attach_start(gpointer nm,
                         const GnfTarget *target,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data);
