/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rtnetlink request socket and the error domain of this folder.
 *
 * One GnfNetlink serves one thread; requests are synchronous. The kernel carries a request out
 * inside our send call, under RTNL: it returns as soon as RTNL is free and the driver is done
 * (rtnetlink_rcv_msg), and nothing in user space can cut that short. GNF_NETLINK_TIMEOUT_MS only
 * bounds the wait for a reply after that. All functions of this folder are non-logging.
 *
 * libnl's own headers are <netlink/...> too: no header of this folder may have a name of theirs.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * GNF_NETLINK_ERROR: the code is a positive errno as the kernel gave it (or as a system call of
 * ours failed). The message says what was being done, to what, and the kernel's own text (extack)
 * where it sent one: "cannot set the controller of ens5 to bond0: Device can not be enslaved while
 * up (Operation not permitted)".
 */
#define GNF_NETLINK_ERROR gnf_netlink_error_quark()
GQuark gnf_netlink_error_quark(void);

/* The interface (or its device) is not there, or not any more: ENODEV, ENXIO. */
gboolean gnf_netlink_error_is_gone(const GError *error);

/* The kernel did not answer within GNF_NETLINK_TIMEOUT_MS: nobody knows whether it was done, read
 * the state again. */
gboolean gnf_netlink_error_is_timeout(const GError *error);

/* The kernel or the driver does not know the request: EOPNOTSUPP (an attribute it ignores gives no
 * error at all: setters of bond.h that may meet an older kernel say so). */
gboolean gnf_netlink_error_is_not_supported(const GError *error);

/* iavf_close waits up to 500 ms and iavf_set_mac up to 2.5 s under RTNL; a reply that is still
 * missing this long after the kernel let us go will not come. */
#define GNF_NETLINK_TIMEOUT_MS 3000

typedef struct GnfNetlink GnfNetlink;

/* A request socket in the network namespace of the calling thread. Fails only for want of
 * descriptors, memory or AF_NETLINK. Needs no capability; requests that change something need
 * CAP_NET_ADMIN and fail with EPERM without it. */
GnfNetlink *gnf_netlink_new(GError **error);
void gnf_netlink_free(GnfNetlink *netlink);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfNetlink, gnf_netlink_free)

G_END_DECLS
