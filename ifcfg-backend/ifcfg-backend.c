/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The vtable of the backend of ifupdown, wicked and ifcfg files: the one symbol that the module
 * exports. What each slot promises is in failover/backend.h.
 */
#include <gmodule.h>

#include "ifcfg-backend/ifcfg-operations.h"

static gpointer
backend_open(GnfManager manager)
{
    return gnf_ifcfg_new(manager, "");
}

static void
backend_close(gpointer self)
{
    gnf_ifcfg_free(self);
}

G_MODULE_EXPORT const GnfBackend gnf_backend;

const GnfBackend gnf_backend = {
    .abi = GNF_BACKEND_ABI,
    .open = backend_open,
    .close = backend_close,
    .version = gnf_ifcfg_version_start,
    .probe = gnf_ifcfg_probe_start,
    .detach = gnf_ifcfg_detach_start,
    .attach = gnf_ifcfg_attach_start,
    .conflict = gnf_ifcfg_conflict_start,
};
