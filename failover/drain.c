/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The drain; see drain.h.
 */
#include "failover/drain.h"

#include "failover/crossing.h"
#include "netlink/marker.h"

#define LOOK_MS 10

typedef struct {
    GnfNetlink *netlink;
    int ifindex;
    gboolean changes_mac;
    GnfMarker *marker; /* NULL: none could be sent */
    gboolean has_come; /* the marker */
    guint64 received;
    gint64 begun_us;
    gint64 quiet_since_us;
} Drain;

static void
drain_free(gpointer data)
{
    Drain *drain = data;

    gnf_marker_free(drain->marker);
    g_free(drain);
}

static guint
quiet_ms(const Drain *drain)
{
    if (drain->changes_mac)
        return GNF_DRAIN_QUIET_CROSSING_MS;
    return drain->has_come ? GNF_DRAIN_QUIET_MS : GNF_DRAIN_QUIET_UNMARKED_MS;
}

static gboolean
is_over(Drain *drain)
{
    gint64 now_us = g_get_monotonic_time();
    guint64 received = 0;

    /* The time of quiet begins with it, whenever the driver gets to count it. */
    if (!drain->has_come && drain->marker && gnf_marker_has_come(drain->marker)) {
        drain->has_come = TRUE;
        drain->quiet_since_us = now_us;
    }
    if (!gnf_link_get_received(drain->netlink, drain->ifindex, &received, NULL))
        return TRUE;
    if (received != drain->received) {
        drain->received = received;
        drain->quiet_since_us = now_us;
    }
    return now_us - drain->quiet_since_us >= quiet_ms(drain) * G_TIME_SPAN_MILLISECOND ||
           now_us - drain->begun_us >= GNF_DRAIN_LIMIT_MS * 1000;
}

static gboolean
on_look(gpointer data)
{
    GTask *task = data;

    if (!is_over(g_task_get_task_data(task)))
        return G_SOURCE_CONTINUE;
    g_task_return_boolean(task, TRUE);
    g_object_unref(task);
    return G_SOURCE_REMOVE;
}

GnfDrainStart
gnf_drain_start(const GnfContext *context, int ifindex)
{
    GnfDrainStart start = {.moved_us = g_get_monotonic_time()};

    /* A port that is gone is quiet: the first look finds that out. */
    (void)gnf_link_get_received(context->netlink, ifindex, &start.received, NULL);
    return start;
}

/* That none can be sent makes the drain longer, and is no failure. */
static GnfMarker *
send_marker(const GnfContext *context, const GnfOperationDevice *device, int ifindex)
{
    g_autoptr(GnfLink) bond = gnf_link_get(context->netlink, device->bond.ifindex, NULL);
    g_autoptr(GError) error = NULL;
    GnfMarker *marker = NULL;

    if (bond && bond->mac)
        marker = gnf_marker_new(ifindex, bond->ifindex, bond->mac, &error);
    if (error)
        g_debug("draining %s: %s", bond->name, error->message);
    return marker;
}

void
gnf_drain_async(GnfContext *context,
                const GnfOperationDevice *device,
                int ifindex,
                const GnfDrainStart *start,
                GAsyncReadyCallback callback,
                gpointer user_data)
{
    GTask *task = g_task_new(NULL, NULL, callback, user_data);
    Drain *drain = g_new0(Drain, 1);
    const GnfDrainStart from = start ? *start : gnf_drain_start(context, ifindex);

    drain->netlink = context->netlink;
    drain->ifindex = ifindex;
    drain->changes_mac = gnf_crossing_changes_mac(context, device);
    drain->marker = send_marker(context, device, ifindex);
    drain->begun_us = g_get_monotonic_time();
    drain->quiet_since_us = from.moved_us;
    drain->received = from.received;
    g_task_set_task_data(task, drain, drain_free);
    g_timeout_add(LOOK_MS, on_look, task);
}

void
gnf_drain_finish(GAsyncResult *result)
{
    g_task_propagate_boolean(G_TASK(result), NULL);
}
