/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a command line tool writes to.
 */
#pragma once

#include <glib.h>

/* Standard output is a terminal, and nobody asked for no colours. */
gboolean gnf_wants_colours(void);

/* Write to standard output, at once. FALSE: a reader that went away must not look like success. */
gboolean gnf_write_out(const char *text);
