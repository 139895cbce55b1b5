/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A qemu-ga that does as the real one does, but nothing: one reply line for each frame, in order.
 *
 * Each line but those of a barrier carries a serial number, "n", one more than the line's before.
 */
#pragma once

#include <glib.h>

typedef struct GnfGuestAgent GnfGuestAgent;

GnfGuestAgent *gnf_guest_agent_new(void);
void gnf_guest_agent_free(GnfGuestAgent *agent);

/* A new connection: what was not answered never will be. File systems stay frozen. */
void gnf_guest_agent_reset(GnfGuestAgent *agent);

void gnf_guest_agent_take(GnfGuestAgent *agent, const void *data, gsize length);

/* Whether everything that was taken has been answered, and no message is unfinished. */
gboolean gnf_guest_agent_is_idle(const GnfGuestAgent *agent);

/* Answers the oldest message: an odd `how` is an error where that makes a difference, how / 16 is
 * the length of the reply in kB. FALSE if there is none. */
gboolean gnf_guest_agent_answer(GnfGuestAgent *agent, guint8 how, GString *out);

gboolean gnf_guest_agent_is_frozen(const GnfGuestAgent *agent);
/* The serial number of the last line made, and its text. */
guint gnf_guest_agent_lines(const GnfGuestAgent *agent);
const GString *gnf_guest_agent_line(const GnfGuestAgent *agent, guint serial);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfGuestAgent, gnf_guest_agent_free)

/* Is this a write of qga-plugind's own: a guest-sync with its id twice, and nothing of a host's has
 * its newline in the same write. ret_id may be NULL. */
gboolean gnf_is_barrier(const void *data, gsize length, gint64 *ret_id);
