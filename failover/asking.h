/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A guest-net-failover-query on its way: asked of the managers, answered in time either way.
 */
#pragma once

#include "failover/engine.h"

/* Takes the request. done is called after everything has ended, which may be after the answer. */
void gnf_asking_start(GnfContext *context,
                      GnfRequest *request,
                      GnfIdleFunc done,
                      gpointer done_data,
                      GnfReplyFunc reply,
                      gpointer reply_data);
