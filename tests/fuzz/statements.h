/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What holds for the statements of any text (ifcfg-backend/shell-word.h): they follow each other,
 * each is in the line that it says, and a value that is quoted anew is read as the same value.
 */
#pragma once

#include <glib.h>

/* Aborts where it does not hold. */
void fuzz_statements(const guint8 *data, gsize size);
