/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The backend's instance, and what networkd says of a link on the system bus. networkd is never
 * started from here.
 */
#pragma once

#include "failover/system-bus.h"
#include "netlink/rtnetlink.h"

#define GNF_NETWORKD_NAME "org.freedesktop.network1"

typedef struct {
    GnfNetlink *netlink; /* NULL: open_error says why */
    GnfSystemBus bus;
    GError *open_error;
} GnfNetworkd;

GnfNetworkd *gnf_networkd_new(void);
void gnf_networkd_free(GnfNetworkd *self);

/* Link.AdministrativeState of networkd (org.freedesktop.network1(5)), and what comes before it. */
typedef enum {
    GNF_NETWORKD_ABSENT,      /* networkd does not run, or there is no bus to ask it on */
    GNF_NETWORKD_UNKNOWN,     /* it does not know the link (yet) */
    GNF_NETWORKD_PENDING,     /* it waits for udev, or looks for a file: pending, initialized */
    GNF_NETWORKD_CONFIGURING, /* it has a file for it, and is at work */
    GNF_NETWORKD_CONFIGURED,  /* and has done its work */
    GNF_NETWORKD_UNMANAGED,   /* no file, or one that says so */
    GNF_NETWORKD_FAILED,      /* failed, linger */
} GnfNetworkdState;

typedef struct {
    GnfNetworkdState state;
    char *word; /* the state in networkd's own word; else why it is ABSENT */
    char *file; /* the .network file that networkd has for it, or NULL */
} GnfNetworkdLink;

void gnf_networkd_link_free(GnfNetworkdLink *link);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfNetworkdLink, gnf_networkd_link_free)

/* Ask networkd for a link. An error is one of a bus or networkd that is there and does not answer.
 * self outlives the call. */
void gnf_networkd_ask_async(GnfNetworkd *self,
                            int ifindex,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data);
GnfNetworkdLink *gnf_networkd_ask_finish(GAsyncResult *result, GError **error);

/* error as a GNF_ERROR, its message begun by "networkd, asked to DOING INTERFACE". Takes error. */
GError *gnf_networkd_explain(GError *error, const char *doing, const char *interface);
