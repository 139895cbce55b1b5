/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Link events (RTNLGRP_LINK) as a GSource. Each event carries the whole link as the kernel sent it,
 * bond and port state included, so most questions need no further request.
 *
 * Start the monitor first, read the state afterwards: then nothing falls between the two.
 */
#pragma once

#include <glib.h>

#include "netlink/link.h"

G_BEGIN_DECLS

typedef enum {
    GNF_LINK_EVENT_NEW,          /* new or changed (RTM_NEWLINK) */
    GNF_LINK_EVENT_DEL,          /* gone, or moved to another network namespace (RTM_DELLINK) */
    GNF_LINK_EVENT_NOTIFY_PEERS, /* IFLA_EVENT_NOTIFY_PEERS: on a virtio port, the VM has just been
                                    resumed (virtio_net's announce); on a bond, its active port
                                    changed. NEW follows, of the same message. */
    GNF_LINK_EVENT_OVERRUN,      /* events were lost (ENOBUFS): read everything of interest again */
} GnfLinkEventType;

typedef struct {
    GnfLinkEventType type;
    int ifindex;         /* 0 for OVERRUN */
    const GnfLink *link; /* NULL for OVERRUN and NOTIFY_PEERS; valid during the callback only */
} GnfLinkEvent;

typedef void (*GnfLinkEventFunc)(const GnfLinkEvent *event, gpointer user_data);

typedef struct GnfLinkMonitor GnfLinkMonitor;

/*
 * Subscribe in the network namespace of the calling thread and call func from context (NULL: the
 * default one) for each event. Only events of the link itself: bridge port and protocol messages
 * that share RTNLGRP_LINK are dropped. func may free the monitor. user_data is not owned.
 */
GnfLinkMonitor *gnf_link_monitor_new(GMainContext *context,
                                     GnfLinkEventFunc func,
                                     gpointer user_data,
                                     GError **error);

/* No callback comes after this. */
void gnf_link_monitor_free(GnfLinkMonitor *monitor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfLinkMonitor, gnf_link_monitor_free)

G_END_DECLS
