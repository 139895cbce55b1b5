/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Deadlines; see deadline.h.
 */
#include "failover/deadline.h"

#include "failover/fault.h"

struct GnfDeadline {
    GCancellable *cancellable;
    guint source;
};

static gboolean
on_passed(gpointer data)
{
    GnfDeadline *deadline = data;

    deadline->source = 0;
    g_cancellable_cancel(deadline->cancellable);
    return G_SOURCE_REMOVE;
}

GnfDeadline *
gnf_deadline_new(guint timeout_ms)
{
    GnfDeadline *deadline = g_new0(GnfDeadline, 1);

    deadline->cancellable = g_cancellable_new();
    deadline->source = g_timeout_add(gnf_fault_limit(timeout_ms), on_passed, deadline);
    return deadline;
}

void
gnf_deadline_free(GnfDeadline *deadline)
{
    if (!deadline)
        return;
    gnf_deadline_stop(deadline);
    g_object_unref(deadline->cancellable);
    g_free(deadline);
}

GCancellable *
gnf_deadline_cancellable(const GnfDeadline *deadline)
{
    return deadline->cancellable;
}

void
gnf_deadline_stop(GnfDeadline *deadline)
{
    g_clear_handle_id(&deadline->source, g_source_remove);
}

gboolean
gnf_deadline_has_passed(const GnfDeadline *deadline)
{
    return g_cancellable_is_cancelled(deadline->cancellable);
}
