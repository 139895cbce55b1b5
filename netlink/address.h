/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IP addresses of one link: read and flush. Only this link's addresses are asked for (a dump with
 * ifa_index under NETLINK_GET_STRICT_CHK), so the cost does not grow with other interfaces.
 */
#pragma once

#include <glib.h>

#include "netlink/rtnetlink.h"

G_BEGIN_DECLS

typedef struct {
    int family;           /* AF_INET or AF_INET6 */
    guint8 bytes[16];     /* network order; IPv4 uses the first four */
    guint8 prefix_length; /* bits */
    guint8 scope;         /* RT_SCOPE_* */
    guint32 flags;        /* IFA_F_* */
} GnfAddress;

/* Elements are GnfAddress, IPv4 first, each family in the kernel's order. Gone if the link is. */
GArray *gnf_address_list(GnfNetlink *netlink, int ifindex, GError **error);

/* Delete every address of the link, IPv4 and IPv6. An address that goes meanwhile is no error.
 * Done before enslaving: addresses survive it and answer on the port (bond_enslave). */
gboolean gnf_address_flush(GnfNetlink *netlink, int ifindex, GError **error);

G_END_DECLS
