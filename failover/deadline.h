/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A limit on what others do for us: a GCancellable that is cancelled when the time is up.
 */
#pragma once

#include <gio/gio.h>

typedef struct GnfDeadline GnfDeadline;

/* The time runs from now on. */
GnfDeadline *gnf_deadline_new(guint timeout_ms);
void gnf_deadline_free(GnfDeadline *deadline);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfDeadline, gnf_deadline_free)

/* For what has to end by then. Borrowed. */
GCancellable *gnf_deadline_cancellable(const GnfDeadline *deadline);

/* It ended in time: the deadline does not pass any more. */
void gnf_deadline_stop(GnfDeadline *deadline);
gboolean gnf_deadline_has_passed(const GnfDeadline *deadline);
