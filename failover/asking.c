/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Queries; see asking.h. Any number may be under way, beside a command that changes something.
 */
#include "failover/asking.h"

#include "failover/error.h"
#include "failover/query.h"
#include "failover/waiter.h"

typedef struct {
    GnfContext *context;
    GnfWaiter *waiter; /* NULL once answered at its deadline */
    GCancellable *cancellable;
    GnfIdleFunc done;
    gpointer done_data;
} Asking;

static void
on_expired(GnfWaiter *waiter, gpointer data)
{
    Asking *asking = data;
    g_autoptr(GError) why = gnf_reason(GNF_REASON_CODE_TIMEOUT,
                                       "the guest's network managers have not all said within %d "
                                       "ms what they own",
                                       GNF_TIMEOUT_DEFAULT_MS);
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonNode) info = gnf_query_without_managers(asking->context, why, &error);

    asking->waiter = NULL;
    g_cancellable_cancel(asking->cancellable);
    if (info)
        gnf_waiter_return(waiter, info);
    else
        gnf_waiter_error(waiter, error);
}

static void
on_query(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autofree Asking *asking = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonNode) info = gnf_query_finish(result, &error);

    if (asking->waiter && info)
        gnf_waiter_return(asking->waiter, info);
    else if (asking->waiter)
        gnf_waiter_error(asking->waiter, error);
    g_object_unref(asking->cancellable);
    asking->done(asking->done_data);
}

void
gnf_asking_start(GnfContext *context,
                 GnfRequest *request,
                 GnfIdleFunc done,
                 gpointer done_data,
                 GnfReplyFunc reply,
                 gpointer reply_data)
{
    Asking *asking = g_new0(Asking, 1);

    asking->context = context;
    asking->done = done;
    asking->done_data = done_data;
    asking->cancellable = g_cancellable_new();
    asking->waiter =
        gnf_waiter_new(request, GNF_TIMEOUT_DEFAULT_MS, on_expired, asking, reply, reply_data);
    gnf_query_async(context, asking->cancellable, on_query, asking);
}
