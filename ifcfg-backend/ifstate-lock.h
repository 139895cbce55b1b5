/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * ifupdown's state of one interface, under ifupdown's own locks: ifstate.INTERFACE, which ifup and
 * ifdown hold while they are at work on it and which says what it is up as, and .ifstate.lock
 * around the list of all. Locks are never waited for in a system call: they are tried again by a
 * timer.
 */
#pragma once

#include <gio/gio.h>

#define GNF_IFSTATE_FOLDER "/run/network"

typedef struct GnfIfstateLock GnfIfstateLock;

/* Have both locks, under a root ("" for this machine). No error but one of the file system's, and
 * of a cancellation. */
void gnf_ifstate_lock_async(const char *root,
                            const char *interface,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data);
GnfIfstateLock *gnf_ifstate_lock_finish(GAsyncResult *result, GError **error);

/* Let them go. */
void gnf_ifstate_lock_free(GnfIfstateLock *lock);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfIfstateLock, gnf_ifstate_lock_free)

/* The interface is up as this logical one; NULL: it is not. Writes nothing where that stands
 * already.
 */
gboolean gnf_ifstate_lock_write(GnfIfstateLock *lock, const char *logical, GError **error);
