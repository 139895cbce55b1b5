/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plugin call: one command of a plugin. Opens a connection to the plugin's socket (which may start
 * the plugin), sends the request as one line of plain JSON, takes one reply line and closes. The
 * reply must be one JSON object with `return` or `error`, or it is not let through.
 */
#pragma once

#include "qga-plugin/registry.h"

/* What libvirt's client can take (REMOTE_STRING_MAX). */
#define GNF_PLUGIN_REPLY_MAX (4u << 20)

typedef struct GnfPluginCall GnfPluginCall;

/* `reply` is a whole line with its newline, the callback's to free; or NULL, and `reason` tells
 * what is wrong. Called once, from the main loop; the call may be freed in it. */
typedef void (*GnfPluginDone)(GString *reply, const char *reason, gpointer user_data);

GnfPluginCall *gnf_plugin_call_new(const GnfPluginCommand *command,
                                   GBytes *request,
                                   GnfPluginDone done,
                                   gpointer user_data);
/* Also gives up a call that is under way. */
void gnf_plugin_call_free(GnfPluginCall *call);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfPluginCall, gnf_plugin_call_free)
