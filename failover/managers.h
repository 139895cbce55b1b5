/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The network managers of this guest: every backend there is, and who owns an interface.
 *
 * The order of the list in managers.c is policy: the first backend that says "mine" owns the
 * interface; what nobody owns is the kernel's own configuration (GNF_MANAGER_NONE, bare.c).
 */
#pragma once

#include "failover/backend.h"
#include "netlink/rtnetlink.h"

typedef struct GnfManagers GnfManagers;

/* Who owns an interface, and as what. */
typedef struct {
    GnfManager manager;
    char *profile; /* see GnfOwnership */
    char *detail;
    char *binding;
    char *rebinding;
} GnfOwned;

void gnf_owned_free(GnfOwned *owned);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfOwned, gnf_owned_free)

/* Loads the backend modules found in module_dir; one that is missing or does not load is left out,
 * and gnf_managers_version says why. netlink is borrowed. */
GnfManagers *gnf_managers_new(GnfNetlink *netlink, const char *module_dir);
void gnf_managers_free(GnfManagers *managers);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfManagers, gnf_managers_free)

/* How many backends there are, and whose the i-th is. */
guint gnf_managers_count(const GnfManagers *managers);
GnfManager gnf_managers_nth(const GnfManagers *managers, guint i);

/* The i-th manager's version; see GnfBackend.version. */
void gnf_managers_version_async(GnfManagers *managers,
                                guint i,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
char *gnf_managers_version_finish(GAsyncResult *result, GError **error);

/* Ask the backends in order until one owns the interface. A backend that answers "cannot tell yet"
 * counts as the owner: acting behind a manager that is about to take over is how work is undone. */
void gnf_managers_probe_async(GnfManagers *managers,
                              const GnfProbe *what,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
GnfOwned *gnf_managers_probe_finish(GAsyncResult *result, GError **error);

/* What of the i-th manager acts on an interface besides its owner; see GnfBackend.conflict. Ends
 * with NULL, and no error, where there is nothing to tell. */
void gnf_managers_conflict_async(GnfManagers *managers,
                                 guint i,
                                 const GnfOwnedInterface *interface,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
char *gnf_managers_conflict_finish(GAsyncResult *result, GError **error);

/* Detach and attach through a manager; see GnfBackend. The target and its strings are copied. Fails
 * with GNF_REASON_CODE_MANAGER_FAILED where there is no backend for the manager. */
void gnf_managers_detach_async(GnfManagers *managers,
                               GnfManager manager,
                               const GnfTarget *target,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
gboolean gnf_managers_detach_finish(GAsyncResult *result, GError **error);

void gnf_managers_attach_async(GnfManagers *managers,
                               GnfManager manager,
                               const GnfTarget *target,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
GnfAttachment *gnf_managers_attach_finish(GAsyncResult *result, GError **error);
