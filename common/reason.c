/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An error's description "CODE: detail", taken apart.
 *
 * Whoever wrote it need not be the engine: a word before a colon is a code only if the contract has
 * it.
 */
#include "common/reason.h"

#include "qapi/types.h"

gboolean
gnf_reason_split(const char *description, const char **ret_code, const char **ret_detail)
{
    const char *colon = strstr(description, ": ");
    g_autofree char *word = NULL;
    GnfReasonCode code = 0;

    if (!colon)
        return FALSE;
    word = g_strndup(description, (gsize)(colon - description));
    if (!gnf_reason_code_from_string(word, &code))
        return FALSE;
    *ret_code = gnf_reason_code_to_string(code);
    *ret_detail = colon + strlen(": ");
    return TRUE;
}
