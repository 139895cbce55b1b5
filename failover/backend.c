/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every backend shares: freeing the answers of backend.h.
 */
#include "failover/backend.h"

void
gnf_ownership_free(GnfOwnership *ownership)
{
    if (!ownership)
        return;
    g_free(ownership->profile);
    g_free(ownership->detail);
    g_free(ownership->binding);
    g_free(ownership->rebinding);
    g_free(ownership);
}

void
gnf_attachment_free(GnfAttachment *attachment)
{
    if (!attachment)
        return;
    g_free(attachment->detail);
    g_free(attachment);
}
