/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine; see engine.h. There is one job at a time. A job belongs to the waiters that asked for
 * it, or to nobody: then it is the engine's own, from the hold.
 */
#include "failover/engine.h"

#include "failover/asking.h"
#include "failover/complete.h"
#include "failover/error.h"
#include "failover/frozen.h"
#include "failover/hold.h"
#include "failover/prepare.h"
#include "failover/record.h"
#include "failover/replacement.h"
#include "failover/report.h"
#include "failover/resume.h"
#include "failover/urgency.h"
#include "failover/waiter.h"
#include "qapi/schema.h"

typedef struct {
    GnfVerb verb;
    gboolean is_own;       /* the engine's own: nobody asked for it, so nobody joins it */
    JsonObject *arguments; /* what was asked for; NULL for none */
    GCancellable *cancellable;
    GPtrArray *waiters; /* of GnfWaiter */
} Job;

struct GnfEngine {
    GnfContext context;
    Job *job;         /* NULL: nothing runs */
    GPtrArray *queue; /* of GnfWaiter, perhaps told already: to be started when the job has ended */
    guint queries;    /* under way */
    guint revert_source;
    gboolean stopping;
    GnfIdleFunc on_idle;
    gpointer idle_data;
};

static void look(GnfEngine *self);
static void submit(GnfEngine *self, GnfWaiter *waiter);

static void
notify_idle(GnfEngine *self)
{
    if (self->on_idle)
        self->on_idle(self->idle_data);
}

static GnfVerb
verb_of(const GnfWaiter *waiter)
{
    GnfVerb verb = GNF_VERB_PREPARE;
    const char *name = strrchr(gnf_waiter_request(waiter)->command, '-') + 1;

    (void)gnf_verb_from_string(name, &verb);
    return verb;
}

/* -- jobs -- */

static Job *
job_begin(GnfEngine *self, GnfVerb verb, GnfWaiter *waiter)
{
    Job *job = g_new0(Job, 1);

    gnf_urgency_set(FALSE);
    job->verb = verb;
    job->cancellable = g_cancellable_new();
    job->waiters = g_ptr_array_new();
    if (waiter) {
        const GnfRequest *request = gnf_waiter_request(waiter);
        if (request->arguments)
            job->arguments = json_object_ref(request->arguments);
        g_ptr_array_add(job->waiters, waiter);
    }
    self->job = job;
    return job;
}

static gboolean
on_revert(gpointer data)
{
    GnfEngine *self = data;

    self->revert_source = 0;
    look(self);
    return G_SOURCE_REMOVE;
}

/* Look again when revert-after-ms is over. */
static void
arm_revert(GnfEngine *self)
{
    g_clear_handle_id(&self->revert_source, g_source_remove);
    if (!gnf_context_is_pending(&self->context) || self->context.operation->revert_at_us == 0)
        return;
    gint64 left_us = self->context.operation->revert_at_us - gnf_boottime_us();
    self->revert_source = g_timeout_add((guint)(MAX(left_us, 0) / 1000 + 1), on_revert, self);
}

/* The job is over: tell those who wait, then see what comes next. */
static void
job_end(GnfEngine *self, JsonNode *report, const GError *error)
{
    Job *job = g_steal_pointer(&self->job);

    for (guint i = 0; i < job->waiters->len; i++) {
        GnfWaiter *waiter = g_ptr_array_index(job->waiters, i);
        if (report)
            gnf_waiter_return(waiter, report);
        else
            gnf_waiter_error(waiter, error);
    }
    g_ptr_array_unref(job->waiters);
    g_object_unref(job->cancellable);
    g_clear_pointer(&job->arguments, json_object_unref);
    g_free(job);

    arm_revert(self);
    while (!self->job && self->queue->len > 0)
        submit(self, g_ptr_array_steal_index(self->queue, 0));
    look(self);
    notify_idle(self);
}

static void
on_prepared(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonNode) report = gnf_prepare_finish(result, &error);

    job_end(data, report, error);
}

static void
on_completed(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonNode) report = gnf_complete_finish(result, &error);

    job_end(data, report, error);
}

static void
on_held(GObject *source, GAsyncResult *result, gpointer data)
{
    GnfEngine *self = data;

    gnf_hold_detach_finish(result);
    g_autoptr(JsonNode) report = gnf_report_operation(self->context.operation);
    job_end(self, report, NULL);
}

/* -- looking after a pending operation -- */

/* Nothing is done but wait for the guest to resume elsewhere. */
static void
rest(GnfEngine *self)
{
    if (!self->job && !self->stopping && gnf_context_is_pending(&self->context))
        gnf_urgency_set(self->queries == 0);
}

static void
start_complete(GnfEngine *self, GnfVerb verb, gboolean only_attach, GnfWaiter *waiter)
{
    Job *job = job_begin(self, verb, waiter);

    /* Once is enough: what comes back by itself is not sent off again. */
    self->context.operation->revert_at_us = 0;
    gnf_complete_async(&self->context, verb, only_attach, job->cancellable, on_completed, self);
}

static void
look(GnfEngine *self)
{
    GnfOperationDevice *device = NULL;
    Job *job = NULL;

    if (self->job || self->stopping || !gnf_context_is_pending(&self->context))
        return;
    switch (gnf_hold_look(&self->context, &device)) {
    case GNF_HOLD_DETACH:
        job_begin(self, GNF_VERB_PREPARE, NULL)->is_own = TRUE;
        gnf_hold_detach_async(&self->context, device, on_held, self);
        return;
    case GNF_HOLD_COMPLETE:
        job = job_begin(self, GNF_VERB_COMPLETE, NULL);
        job->is_own = TRUE;
        gnf_complete_returned_async(&self->context, job->cancellable, on_completed, self);
        return;
    case GNF_HOLD_NOTHING:
        rest(self);
        break;
    }
    if (gnf_hold_is_revert_due(&self->context))
        start_complete(self, GNF_VERB_COMPLETE, FALSE, NULL);
}

static void
on_link_event(const GnfLinkEvent *event, gpointer data)
{
    GnfEngine *self = data;

    if (gnf_hold_link_event(&self->context, event))
        look(self);
}

static void
on_device_event(gpointer data)
{
    look(data);
}

/* -- requests -- */

static void
answer_error(GnfWaiter *waiter, GError *error)
{
    gnf_waiter_error(waiter, error);
    g_error_free(error);
}

static void
start_prepare(GnfEngine *self, GnfWaiter *waiter)
{
    GError *error = NULL;
    GnfPrepareOptions *options =
        gnf_prepare_options_parse(gnf_waiter_request(waiter)->arguments, &error);

    if (!options) {
        answer_error(waiter, error);
        return;
    }
    job_begin(self, GNF_VERB_PREPARE, waiter);
    gnf_prepare_async(&self->context, options, on_prepared, self);
}

static JsonArray *
replacements_of(JsonObject *arguments)
{
    return arguments && json_object_has_member(arguments, "devices")
               ? json_object_get_array_member(arguments, "devices")
               : NULL;
}

/* Does the request name no other operation than the one at hand? Answers the waiter if it does. */
static gboolean
check_id(const GnfEngine *self, GnfWaiter *waiter)
{
    GError *error =
        gnf_complete_check_id(self->context.operation, gnf_waiter_request(waiter)->arguments);

    if (error)
        answer_error(waiter, error);
    return !error;
}

/* As check_id; and is there anything to do? */
static gboolean
check_operation(GnfEngine *self, GnfWaiter *waiter)
{
    const GnfOperation *operation = self->context.operation;

    if (!check_id(self, waiter))
        return FALSE;
    if (operation && (!operation->finished || operation->verb == verb_of(waiter)))
        return TRUE;
    g_autoptr(GError) warning = gnf_complete_nothing_pending(operation);
    g_autoptr(JsonNode) report = gnf_report_empty(verb_of(waiter), GNF_STATUS_DONE, warning);
    gnf_waiter_return(waiter, report);
    return FALSE;
}

static void
start_end(GnfEngine *self, GnfWaiter *waiter)
{
    GError *error = NULL;

    if (!check_operation(self, waiter))
        return;
    if (self->context.operation->finished) {
        /* Asked again after it was done: the same answer. */
        g_autoptr(JsonNode) report = gnf_report_operation(self->context.operation);
        gnf_waiter_return(waiter, report);
        return;
    }
    JsonObject *arguments = gnf_waiter_request(waiter)->arguments;
    if (!gnf_replacement_assign(self->context.operation, replacements_of(arguments), &error))
        answer_error(waiter, error);
    else
        start_complete(self, verb_of(waiter), gnf_complete_is_only_attach(arguments), waiter);
}

/* The same command again: wait with the others. New instructions for a complete that waits are
 * followed at once. */
static gboolean
join(GnfEngine *self, GnfWaiter *waiter)
{
    Job *job = self->job;
    JsonObject *arguments = gnf_waiter_request(waiter)->arguments;
    GError *error = NULL;

    if (job->is_own || job->verb != verb_of(waiter))
        return FALSE;
    if (job->verb == GNF_VERB_PREPARE &&
        !(job->arguments == arguments ||
          (job->arguments && arguments && json_object_equal(job->arguments, arguments))))
        return FALSE;
    if (job->verb == GNF_VERB_COMPLETE &&
        self->context.operation->only_attach != gnf_complete_is_only_attach(arguments))
        return FALSE;
    if (job->verb != GNF_VERB_PREPARE && !check_id(self, waiter))
        return TRUE;
    if (job->verb == GNF_VERB_COMPLETE) {
        if (!gnf_replacement_assign(self->context.operation, replacements_of(arguments), &error)) {
            answer_error(waiter, error);
            return TRUE;
        }
        gnf_record_note(self->context.record_path, self->context.operation);
        gnf_watch_poke(self->context.watch);
    }
    g_ptr_array_add(job->waiters, waiter);
    return TRUE;
}

static void
submit(GnfEngine *self, GnfWaiter *waiter)
{
    GnfVerb verb = verb_of(waiter);

    if (self->stopping) {
        answer_error(
            waiter,
            gnf_reason(GNF_REASON_CODE_BUSY, "the engine is being stopped: ask again in a moment"));
        return;
    }
    if (gnf_frozen()) {
        answer_error(waiter,
                     gnf_reason(GNF_REASON_CODE_FROZEN,
                                "the guest's file systems are frozen: thaw them first "
                                "(guest-fsfreeze-thaw)"));
        return;
    }
    if (!self->job)
        gnf_hold_refresh(&self->context);
    if (!self->job && verb == GNF_VERB_PREPARE) {
        start_prepare(self, waiter);
    } else if (!self->job) {
        start_end(self, waiter);
    } else if (join(self, waiter)) {
        return;
    } else if (self->job->is_own || verb == GNF_VERB_CANCEL) {
        if (self->job->verb == GNF_VERB_COMPLETE && verb == GNF_VERB_CANCEL) {
            if (!check_id(self, waiter))
                return;
            g_cancellable_cancel(self->job->cancellable);
        }
        g_ptr_array_add(self->queue, waiter);
    } else {
        answer_error(waiter,
                     gnf_reason(GNF_REASON_CODE_BUSY,
                                "guest-net-failover-%s is under way: ask again when "
                                "guest-net-failover-query shows its end",
                                gnf_verb_to_string(self->job->verb)));
    }
}

/* The waiter's time is up: the work goes on without it, or begins without it when its turn comes.
 */
static void
on_expired(GnfWaiter *waiter, gpointer data)
{
    GnfEngine *self = data;
    g_autoptr(JsonNode) report = gnf_report_waiting(
        gnf_context_is_pending(&self->context) ? self->context.operation : NULL, verb_of(waiter));

    if (g_ptr_array_find(self->queue, waiter, NULL)) {
        gnf_waiter_tell(waiter, report);
        return;
    }
    if (self->job)
        g_ptr_array_remove(self->job->waiters, waiter);
    gnf_waiter_return(waiter, report);
}

static void
on_asked(gpointer data)
{
    GnfEngine *self = data;

    self->queries--;
    rest(self);
    notify_idle(self);
}

/* -- the way in -- */

void
gnf_engine_handle(GnfEngine *self, GnfRequest *request, GnfReplyFunc reply, gpointer user_data)
{
    guint timeout_ms = GNF_TIMEOUT_DEFAULT_MS;
    GError *error = NULL;
    gboolean known = gnf_schema_has_command(request->command);
    gboolean fits = known &&
                    gnf_schema_check_arguments(request->command, request->arguments, &error) &&
                    gnf_waiter_check_timeout(request->arguments, &timeout_ms, &error);

    if (fits && g_str_has_suffix(request->command, "-query")) {
        self->queries++;
        rest(self);
        gnf_asking_start(&self->context, request, on_asked, self, reply, user_data);
        return;
    }
    GnfWaiter *waiter = gnf_waiter_new(request, timeout_ms, on_expired, self, reply, user_data);
    if (!known)
        gnf_waiter_not_found(waiter);
    else if (!fits)
        answer_error(waiter, error);
    else
        submit(self, waiter);
}

/* -- life -- */

GnfEngine *
gnf_engine_new(const char *record_path, const char *module_dir, GError **error)
{
    g_autoptr(GnfEngine) self = g_new0(GnfEngine, 1);
    GnfContext *context = &self->context;
    g_autoptr(GError) record_error = NULL;

    self->queue = g_ptr_array_new();
    context->record_path = g_strdup(record_path);
    context->netlink = gnf_netlink_new(error);
    if (!context->netlink)
        return NULL;
    context->managers = gnf_managers_new(context->netlink, module_dir);
    context->watch = gnf_watch_new(error);
    if (!context->watch)
        return NULL;
    gnf_watch_set_listener(context->watch, on_link_event, on_device_event, self);

    context->operation = gnf_record_load(record_path, &record_error);
    if (record_error)
        g_warning("going on without the operation record: %s", record_error->message);
    if (context->operation && gnf_resume_take_up(context))
        start_complete(self, context->operation->verb, context->operation->only_attach, NULL);
    arm_revert(self);
    look(self);
    return g_steal_pointer(&self);
}

void
gnf_engine_free(GnfEngine *self)
{
    if (!self)
        return;
    g_assert(!gnf_engine_is_running(self));
    g_clear_handle_id(&self->revert_source, g_source_remove);
    g_clear_pointer(&self->context.watch, gnf_watch_free);
    g_clear_pointer(&self->context.managers, gnf_managers_free);
    g_clear_pointer(&self->context.netlink, gnf_netlink_free);
    g_clear_pointer(&self->context.operation, gnf_operation_free);
    g_ptr_array_unref(self->queue);
    g_free(self->context.record_path);
    g_free(self);
}

gboolean
gnf_engine_is_running(const GnfEngine *self)
{
    return self->job != NULL || self->queries > 0;
}

gboolean
gnf_engine_is_idle(const GnfEngine *self)
{
    return !gnf_engine_is_running(self) && !gnf_context_is_pending(&self->context);
}

void
gnf_engine_set_idle_func(GnfEngine *self, GnfIdleFunc func, gpointer user_data)
{
    self->on_idle = func;
    self->idle_data = user_data;
}

void
gnf_engine_stop(GnfEngine *self)
{
    self->stopping = TRUE;
    self->context.stopping = TRUE;
    if (self->job && self->job->verb != GNF_VERB_PREPARE)
        g_cancellable_cancel(self->job->cancellable);
}
