/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The vtable of the NetworkManager backend: the one symbol that the module exports. What each slot
 * promises is in failover/backend.h.
 */
#include "nm-backend/nm-operations.h"

#include <gmodule.h>

static gpointer
backend_open(GnfManager manager)
{
    return gnf_nm_new();
}

static void
backend_close(gpointer self)
{
    gnf_nm_free(self);
}

G_MODULE_EXPORT const GnfBackend gnf_backend;

const GnfBackend gnf_backend = {
    .abi = GNF_BACKEND_ABI,
    .open = backend_open,
    .close = backend_close,
    .version = gnf_nm_version_start,
    .probe = gnf_nm_probe_start,
    .detach = gnf_nm_detach_start,
    .attach = gnf_nm_attach_start,
    .conflict = gnf_nm_conflict_start,
};
