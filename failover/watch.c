/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Waits; see watch.h. A wait is a GTask on a list: an event runs its check, and the first answer
 * that has been true for long enough, the time-out or the cancellation ends it, once.
 */
#include "failover/watch.h"

#include "failover/fault.h"

struct GnfWatch {
    GnfLinkMonitor *links;
    GnfDeviceMonitor *devices;
    GPtrArray *waits; /* of Wait, borrowed: each belongs to its task */
    GnfWatchLinkFunc on_link;
    GnfWatchDeviceFunc on_device;
    gpointer listener_data;
};

typedef struct {
    GnfWatch *watch;
    GnfWatchSpec spec;
    GSource *timeout;
    GSource *stable; /* runs since the condition became true */
    GSource *cancelled;
} Wait;

static void
source_clear(GSource **source)
{
    if (*source)
        g_source_destroy(*source);
    g_clear_pointer(source, g_source_unref);
}

static void
wait_free(gpointer data)
{
    Wait *wait = data;

    source_clear(&wait->timeout);
    source_clear(&wait->stable);
    source_clear(&wait->cancelled);
    g_free(wait);
}

/* Take the wait off the list; the caller then returns its task, which it owns from here on. */
static void
wait_end(GTask *task)
{
    Wait *wait = g_task_get_task_data(task);

    g_ptr_array_remove(wait->watch->waits, task);
    source_clear(&wait->timeout);
    source_clear(&wait->stable);
    source_clear(&wait->cancelled);
}

static gboolean
on_timeout(gpointer data)
{
    g_autoptr(GTask) task = data;

    wait_end(task);
    g_task_return_new_error(task, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "it took too long");
    return G_SOURCE_REMOVE;
}

static gboolean
on_cancelled(GCancellable *cancellable, gpointer data)
{
    g_autoptr(GTask) task = data;

    wait_end(task);
    g_task_return_error_if_cancelled(task);
    return G_SOURCE_REMOVE;
}

static gboolean
on_stable(gpointer data)
{
    GTask *task = data;
    Wait *wait = g_task_get_task_data(task);

    source_clear(&wait->stable);
    if (!wait->spec.check(wait->spec.data))
        return G_SOURCE_REMOVE;
    wait_end(task);
    g_task_return_boolean(task, TRUE);
    g_object_unref(task);
    return G_SOURCE_REMOVE;
}

static GSource *
attach_source(GSource *source, GSourceFunc func, gpointer data)
{
    g_source_set_callback(source, func, data, NULL);
    g_source_attach(source, NULL);
    return source;
}

static void
wait_look(GTask *task)
{
    Wait *wait = g_task_get_task_data(task);

    if (!wait->spec.check(wait->spec.data))
        source_clear(&wait->stable);
    else if (!wait->stable)
        wait->stable = attach_source(g_timeout_source_new(wait->spec.stable_ms), on_stable, task);
}

/* ifindex: of the link event, or 0. */
static void
look_at_waits(GnfWatch *self, int ifindex, gboolean all)
{
    /* A check must not start or end a wait, so the list holds still. */
    for (guint i = 0; i < self->waits->len; i++) {
        GTask *task = g_ptr_array_index(self->waits, i);
        const Wait *wait = g_task_get_task_data(task);
        if (all || wait->spec.newcomers || (ifindex != 0 && ifindex == wait->spec.ifindex))
            wait_look(task);
    }
}

static void
on_link_event(const GnfLinkEvent *event, gpointer data)
{
    GnfWatch *self = data;
    gboolean lost = event->type == GNF_LINK_EVENT_OVERRUN;

    if (self->on_link)
        self->on_link(event, self->listener_data);
    if (lost && self->on_device)
        self->on_device(self->listener_data);
    if (event->type != GNF_LINK_EVENT_NOTIFY_PEERS)
        look_at_waits(self, event->ifindex, lost);
}

static void
on_device_event(GnfDeviceEventType type, const GnfDevice *device, gpointer data)
{
    GnfWatch *self = data;

    if (self->on_device)
        self->on_device(self->listener_data);
    look_at_waits(self, 0, FALSE);
}

void
gnf_watch_poke(GnfWatch *self)
{
    look_at_waits(self, 0, TRUE);
}

GnfWatch *
gnf_watch_new(GError **error)
{
    g_autoptr(GnfWatch) self = g_new0(GnfWatch, 1);

    self->waits = g_ptr_array_new();
    self->links = gnf_link_monitor_new(NULL, on_link_event, self, error);
    if (!self->links)
        return NULL;
    self->devices = gnf_device_monitor_new(NULL, on_device_event, self, error);
    if (!self->devices)
        return NULL;
    return g_steal_pointer(&self);
}

void
gnf_watch_free(GnfWatch *self)
{
    if (!self)
        return;
    g_assert(self->waits->len == 0);
    g_clear_pointer(&self->links, gnf_link_monitor_free);
    g_clear_pointer(&self->devices, gnf_device_monitor_free);
    g_ptr_array_unref(self->waits);
    g_free(self);
}

void
gnf_watch_set_listener(GnfWatch *self,
                       GnfWatchLinkFunc on_link,
                       GnfWatchDeviceFunc on_device,
                       gpointer user_data)
{
    self->on_link = on_link;
    self->on_device = on_device;
    self->listener_data = user_data;
}

void
gnf_watch_wait_async(GnfWatch *self,
                     const GnfWatchSpec *spec,
                     GCancellable *cancellable,
                     GAsyncReadyCallback callback,
                     gpointer user_data)
{
    GTask *task = g_task_new(NULL, cancellable, callback, user_data);
    Wait *wait = g_new0(Wait, 1);

    wait->watch = self;
    wait->spec = *spec;
    g_task_set_task_data(task, wait, wait_free);
    g_ptr_array_add(self->waits, task);

    if (spec->timeout_ms > 0)
        wait->timeout = attach_source(
            g_timeout_source_new(gnf_fault_limit(spec->timeout_ms)), on_timeout, task);
    if (cancellable)
        wait->cancelled =
            attach_source(g_cancellable_source_new(cancellable), G_SOURCE_FUNC(on_cancelled), task);
    wait_look(task);
}

gboolean
gnf_watch_wait_finish(GAsyncResult *result, GError **error)
{
    return g_task_propagate_boolean(G_TASK(result), error);
}
