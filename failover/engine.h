/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The engine: takes requests, runs one changing command at a time, and looks after a prepared NIC
 * when nobody asks.
 *
 * Rules. A command given twice is one command with two who wait for it. A cancel ends a complete
 * that waits. Anything else that arrives while a command runs is `busy`. Everyone gets an answer
 * within their timeout-ms: `waiting` if the work goes on.
 */
#pragma once

#include "failover/context.h"
#include "failover/message.h"

typedef struct GnfEngine GnfEngine;

/* The answer: one line, borrowed. Called once a request, perhaps from inside
 * gnf_engine_handle. */
typedef void (*GnfReplyFunc)(const char *line, gpointer user_data);

/* Called when is_idle may have changed. */
typedef void (*GnfIdleFunc)(gpointer user_data);

/* record_path: where the operation is written; a record found there is taken up. */
GnfEngine *gnf_engine_new(const char *record_path, const char *module_dir, GError **error);

/* Nothing may be running. */
void gnf_engine_free(GnfEngine *engine);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfEngine, gnf_engine_free)

/* Takes the request. */
void
gnf_engine_handle(GnfEngine *engine, GnfRequest *request, GnfReplyFunc reply, gpointer user_data);

/* Nothing runs, nobody waits, no operation is pending: the program may end. */
gboolean gnf_engine_is_idle(const GnfEngine *engine);
void gnf_engine_set_idle_func(GnfEngine *engine, GnfIdleFunc func, gpointer user_data);

/* End waits and finish what is being done. Nothing new is begun; when nothing runs any more,
 * gnf_engine_is_running is FALSE and the idle function is called. The record stays. */
void gnf_engine_stop(GnfEngine *engine);
gboolean gnf_engine_is_running(const GnfEngine *engine);
