/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The backend's instance, one for each of its managers, and what the vtable does; self is the
 * GnfIfcfg.
 */
#pragma once

#include "failover/backend.h"
#include "failover/system-bus.h"
#include "ifcfg-backend/manager-files.h"
#include "netlink/link.h"

typedef struct {
    GnfManager manager;
    char *root;          /* its files are below; "" */
    GnfNetlink *netlink; /* NULL: open_error says why */
    GError *open_error;
    GnfSystemBus bus;
} GnfIfcfg;

/* root: "" but for tests. */
GnfIfcfg *gnf_ifcfg_new(GnfManager manager, const char *root);
void gnf_ifcfg_free(GnfIfcfg *self);

/* The manager's files. */
GnfManagerFiles *gnf_ifcfg_read(const GnfIfcfg *self);

/* What the files' readers ask of a target. */
GnfNic gnf_ifcfg_nic(const GnfTarget *target);

/* Is there an interface of this name? */
gboolean gnf_ifcfg_is_there(const char *name);

/* Result: a string. */
void gnf_ifcfg_version_start(gpointer self,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data);

/* Result: GnfOwnership. */
void gnf_ifcfg_probe_start(gpointer self,
                           const GnfProbe *what,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data);

/* Result: a string, or NULL. */
void gnf_ifcfg_conflict_start(gpointer self,
                              const GnfOwnedInterface *interface,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data);

/* Result: a boolean. */
void gnf_ifcfg_detach_start(gpointer self,
                            const GnfTarget *target,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data);

/* Result: GnfAttachment. */
void gnf_ifcfg_attach_start(gpointer self,
                            const GnfTarget *target,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data);
