/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The host's error domain.
 */
#include "host/error.h"

G_DEFINE_QUARK(gnf_host_error, gnf_host_error)

gboolean
gnf_host_error_is(const GError *error, GnfHostError code)
{
    return g_error_matches(error, GNF_HOST_ERROR, (int)code);
}
