/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Waiters; see waiter.h.
 */
#include "failover/waiter.h"

#include "failover/error.h"
#include "qapi/schema.h"

struct GnfWaiter {
    GnfRequest *request;
    guint deadline_source;
    GnfWaiterExpireFunc expire;
    gpointer expire_data;
    GnfReplyFunc reply; /* NULL: told already */
    gpointer reply_data;
};

static gboolean
on_deadline(gpointer data)
{
    GnfWaiter *waiter = data;

    waiter->deadline_source = 0;
    waiter->expire(waiter, waiter->expire_data);
    return G_SOURCE_REMOVE;
}

gboolean
gnf_waiter_check_timeout(JsonObject *arguments, guint *ret_timeout_ms, GError **error)
{
    gint64 timeout_ms = arguments ? json_object_get_int_member_with_default(
                                        arguments, "timeout-ms", GNF_TIMEOUT_DEFAULT_MS)
                                  : GNF_TIMEOUT_DEFAULT_MS;

    if (timeout_ms < GNF_TIMEOUT_MIN_MS || timeout_ms > GNF_TIMEOUT_MAX_MS) {
        g_set_error(error,
                    GNF_ERROR,
                    GNF_REASON_CODE_INVALID_ARGUMENT,
                    "timeout-ms: %" G_GINT64_FORMAT " is not between %d and %d",
                    timeout_ms,
                    GNF_TIMEOUT_MIN_MS,
                    GNF_TIMEOUT_MAX_MS);
        return FALSE;
    }
    *ret_timeout_ms = (guint)timeout_ms;
    return TRUE;
}

GnfWaiter *
gnf_waiter_new(GnfRequest *request,
               guint timeout_ms,
               GnfWaiterExpireFunc expire,
               gpointer expire_data,
               GnfReplyFunc reply,
               gpointer reply_data)
{
    GnfWaiter *waiter = g_new0(GnfWaiter, 1);

    waiter->request = request;
    waiter->expire = expire;
    waiter->expire_data = expire_data;
    waiter->reply = reply;
    waiter->reply_data = reply_data;
    waiter->deadline_source = g_timeout_add(timeout_ms, on_deadline, waiter);
    return waiter;
}

const GnfRequest *
gnf_waiter_request(const GnfWaiter *waiter)
{
    return waiter->request;
}

static void
tell(GnfWaiter *waiter, char *line)
{
    if (waiter->reply)
        waiter->reply(line, waiter->reply_data);
    waiter->reply = NULL;
    g_free(line);
}

static void
answer(GnfWaiter *waiter, char *line)
{
    tell(waiter, line);
    g_clear_handle_id(&waiter->deadline_source, g_source_remove);
    gnf_request_free(waiter->request);
    g_free(waiter);
}

/* The line of a value, which is to fit the schema. */
static char *
line_of(const GnfWaiter *waiter, JsonNode *value)
{
    const GnfRequest *request = waiter->request;
    g_autoptr(GError) error = NULL;

    if (gnf_schema_check_return(request->command, value, &error))
        return gnf_reply_return(request->id, value);
    gnf_error_wrap(&error, GNF_REASON_CODE_INTERNAL, "the reply does not fit the schema");
    return gnf_reply_error(request->id, error);
}

void
gnf_waiter_return(GnfWaiter *waiter, JsonNode *value)
{
    answer(waiter, line_of(waiter, value));
}

void
gnf_waiter_tell(GnfWaiter *waiter, JsonNode *value)
{
    tell(waiter, line_of(waiter, value));
    g_clear_handle_id(&waiter->deadline_source, g_source_remove);
}

void
gnf_waiter_error(GnfWaiter *waiter, const GError *error)
{
    answer(waiter, gnf_reply_error(waiter->request->id, error));
}

void
gnf_waiter_not_found(GnfWaiter *waiter)
{
    answer(waiter, gnf_reply_not_found(waiter->request->id, waiter->request->command));
}
