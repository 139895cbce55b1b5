/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Waiting for the kernel and udev: conditions that are looked at again on every event, and one
 * listener for events nobody waits for. Nothing here polls.
 */
#pragma once

#include <gio/gio.h>

#include "netlink/device.h"
#include "netlink/monitor.h"

typedef struct GnfWatch GnfWatch;

/* Told of every link event before the waits are looked at. */
typedef void (*GnfWatchLinkFunc)(const GnfLinkEvent *event, gpointer user_data);

/* Told when udev has finished with an interface, or when events were lost. */
typedef void (*GnfWatchDeviceFunc)(gpointer user_data);

/* Is what is waited for true now? Reads the state itself; must not start or end a wait. */
typedef gboolean (*GnfWatchCheck)(gpointer user_data);

GnfWatch *gnf_watch_new(GError **error);
void gnf_watch_free(GnfWatch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfWatch, gnf_watch_free)

/* One listener, or NULL for none. user_data is borrowed. */
void gnf_watch_set_listener(GnfWatch *watch,
                            GnfWatchLinkFunc on_link,
                            GnfWatchDeviceFunc on_device,
                            gpointer user_data);

/* What is waited for, and which events make a look worth it. */
typedef struct {
    GnfWatchCheck check;
    gpointer data;      /* the check's; borrowed until the wait has ended */
    int ifindex;        /* look at link events of this interface; 0 = of none */
    gboolean newcomers; /* look at link and udev events of any: a guest may run no udev */
    guint stable_ms;    /* it must have been so for this long without a break; 0 = at once */
    guint timeout_ms;   /* G_IO_ERROR_TIMED_OUT after this long; 0 = wait until cancelled */
} GnfWatchSpec;

/* Wait until the check is true. It is run at once, on each event that spec names, and after lost
 * events. spec is copied. The callback comes from the main loop, never from inside this call. */
void gnf_watch_wait_async(GnfWatch *watch,
                          const GnfWatchSpec *spec,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data);
gboolean gnf_watch_wait_finish(GAsyncResult *result, GError **error);

/* Look at every wait again: what its check depends on has changed without an event. */
void gnf_watch_poke(GnfWatch *watch);
