/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One message to the engine, and its one line back.
 *
 * Every wait ends at the deadline, whatever the engine does: accepts and stays silent, answers one
 * byte at a time, never reads. An answer is bounded, too.
 */
#pragma once

#include <gio/gio.h>

/* Called a few times a second while nothing comes. */
typedef void (*GnfTick)(gpointer data);

typedef struct {
    const char *socket; /* the path of the engine's unix socket */
    gint64 deadline_us; /* g_get_monotonic_time */
    GnfTick tick;       /* may be NULL */
    gpointer tick_data;
} GnfExchange;

/* Send the line (its newline is added here), return the answer without its newline. Error: G_IO,
 * whose message says which socket it was and what to look at. */
char *gnf_exchange(const GnfExchange *exchange, const char *line, GError **error);
