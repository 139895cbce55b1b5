/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From an RTM_NEWLINK or RTM_DELLINK message to a GnfLink; for the files of this folder only. Pure.
 */
#pragma once

#include <linux/netlink.h>

#include "netlink/link.h"

G_BEGIN_DECLS

/* NULL if it is no message about a link: too short, without a name, or of another address family
 * than AF_UNSPEC (bridge ports). Attributes of a wrong length are passed over. */
GnfLink *gnf_link_parse(const struct nlmsghdr *header);

/* Whether the message says IFLA_EVENT_NOTIFY_PEERS, and of which link. Looks at nothing else. */
gboolean gnf_link_parse_notify_peers(const struct nlmsghdr *header, int *ret_ifindex);

G_END_DECLS
