/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The engine's socket: connections, each a stream of requests answered in order.
 */
#pragma once

#include <gio/gio.h>

#include "failover/engine.h"

/* A request is bounded: nothing the schema allows is near it. */
#define GNF_REQUEST_MAX_BYTES (1u << 20)

typedef struct GnfServer GnfServer;

/* Serve a listening unix socket; engine is borrowed. */
GnfServer *gnf_server_new(GSocket *socket, GnfEngine *engine, GError **error);
void gnf_server_free(GnfServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfServer, gnf_server_free)

/* Called when the last connection has closed, and when one was opened. */
void gnf_server_set_idle_func(GnfServer *server, GnfIdleFunc func, gpointer user_data);
guint gnf_server_connections(const GnfServer *server);
