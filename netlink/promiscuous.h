/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Letting interfaces take in frames for whatever address, for a while. The kernel counts who wants
 * that, so nobody else's wish is touched, and it forgets ours when the process ends or the
 * interface goes (packet_mc_add): nothing has to be put back.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct GnfPromiscuous GnfPromiscuous;

/* For no interface yet. Errors: EPERM without CAP_NET_RAW. */
GnfPromiscuous *gnf_promiscuous_new(GError **error);

/* Ends it for all its interfaces. */
void gnf_promiscuous_free(GnfPromiscuous *promiscuous);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfPromiscuous, gnf_promiscuous_free)

/* For this one, too. Success says nothing of a virtual function that its host does not trust: the
 * wish is passed on, and not heard. Errors: gone. */
gboolean gnf_promiscuous_add(GnfPromiscuous *promiscuous, int ifindex, GError **error);

G_END_DECLS
