/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the vtable does, one file each: nm-probe.c, nm-detach.c, nm-attach.c. Each starts a call
 * (nm-call.h) whose result nm-backend.c hands over.
 */
#pragma once

#include "failover/backend.h"
#include "nm-backend/nm-client.h"

/* Result: char *. */
void gnf_nm_version_start(GnfNm *nm,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data);

/* Result: GnfOwnership. */
void gnf_nm_probe_start(GnfNm *nm,
                        int ifindex,
                        const char *interface,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data);

/* Result: a pointer that is not NULL. */
void gnf_nm_detach_start(GnfNm *nm,
                         const GnfTarget *target,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data);

/* Result: GnfAttachment. */
void gnf_nm_attach_start(GnfNm *nm,
                         const GnfTarget *target,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data);
