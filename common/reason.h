/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An error's description "CODE: detail", taken apart.
 */
#pragma once

#include <glib.h>

/* TRUE, and the two halves, where the description starts with a reason code of the contract. The
 * code is a constant, the detail part of the description. */
gboolean gnf_reason_split(const char *description, const char **ret_code, const char **ret_detail);
