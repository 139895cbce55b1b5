/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Somebody who waits for an answer: a request with its deadline. Answered once, then gone.
 */
#pragma once

#include "failover/engine.h"

/* Defaults and limits of timeout-ms, from the schema. */
#define GNF_TIMEOUT_DEFAULT_MS 4000
#define GNF_TIMEOUT_MIN_MS 100
#define GNF_TIMEOUT_MAX_MS 600000

typedef struct GnfWaiter GnfWaiter;

/* Called at the deadline; it must answer the waiter, or tell it. */
typedef void (*GnfWaiterExpireFunc)(GnfWaiter *waiter, gpointer user_data);

/* The request's timeout-ms, or the default. arguments fit the schema, or are NULL. Error:
 * GNF_REASON_CODE_INVALID_ARGUMENT if it is out of range. */
gboolean gnf_waiter_check_timeout(JsonObject *arguments, guint *ret_timeout_ms, GError **error);

/* Takes the request. expire_data is borrowed. */
GnfWaiter *gnf_waiter_new(GnfRequest *request,
                          guint timeout_ms,
                          GnfWaiterExpireFunc expire,
                          gpointer expire_data,
                          GnfReplyFunc reply,
                          gpointer reply_data);

const GnfRequest *gnf_waiter_request(const GnfWaiter *waiter);

/* Answer and free. The value is checked against the schema: a reply that does not fit it is a bug,
 * and the host is told so. Borrows value and error. */
void gnf_waiter_return(GnfWaiter *waiter, JsonNode *value);
void gnf_waiter_error(GnfWaiter *waiter, const GError *error);
void gnf_waiter_not_found(GnfWaiter *waiter);

/* Answer, and keep the waiter for its request, which is still to be done: what it is answered then,
 * and freed with, nobody is told. */
void gnf_waiter_tell(GnfWaiter *waiter, JsonNode *value);
