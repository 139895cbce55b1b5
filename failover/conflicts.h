/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Who else acts on the interfaces of an inventory besides their owners: every manager is asked, for
 * every primary, its standby and its bond. For query: a prepare does not wait for it.
 */
#pragma once

#include "failover/inventory.h"

/* Fill the primaries' conflicts; the inventory's owners are known. A manager that does not answer
 * has nothing to tell. The finish is FALSE only if it was cancelled. */
void gnf_conflicts_async(GnfManagers *managers,
                         GPtrArray *inventory,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data);
gboolean gnf_conflicts_finish(GAsyncResult *result, GError **error);
