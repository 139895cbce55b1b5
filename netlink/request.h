/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One rtnetlink request and its answer; for the files of this folder only.
 *
 * The error of an exchange holds only the reason (kernel text and errno): whoever sends puts what
 * was being done, and to what, in front of it with gnf_netlink_prefix_error.
 */
#pragma once

#include <glib.h>
#include <netlink/msg.h>

#include "netlink/rtnetlink.h"

G_BEGIN_DECLS

typedef struct nl_msg GnfMessage;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfMessage, nlmsg_free)

/* An RTM_*LINK request about one link, starting with an ifinfomsg. flags: NLM_F_*, besides
 * NLM_F_REQUEST and NLM_F_ACK. */
GnfMessage *gnf_message_new_link(int type, int flags, int ifindex);

/* Append one attribute. A request of ours always fits into the page that libnl allocates for it. */
void gnf_message_put(GnfMessage *message, int type, const void *data, int length);
void gnf_message_put_u32(GnfMessage *message, int type, guint32 value);

/*
 * Send a request and wait for its end. The answer is an array of messages (struct nlmsghdr *),
 * empty for a request that only changes something; free with g_ptr_array_unref. A dump that the
 * kernel marks as interrupted by a change is asked for again.
 */
GPtrArray *gnf_netlink_exchange(GnfNetlink *netlink, GnfMessage *message, GError **error);

/* The same where only success matters. */
gboolean gnf_netlink_send(GnfNetlink *netlink, GnfMessage *message, GError **error);

/* The errno of an NLMSG_ERROR or NLMSG_DONE message (0 = success), and in ret_text (not NULL) the
 * kernel's text or NULL: freed by the caller. Pure. */
int gnf_netlink_parse_end(const struct nlmsghdr *header, char **ret_text);

/* Set an error with code number and "TEXT (strerror)", or only the latter if text is NULL. */
void gnf_netlink_set_error(GError **error, int number, const char *text);

/* The name of an interface, for messages: "ifindex N" if it has none any more. */
char *gnf_netlink_name(int ifindex);

/* Put "cannot ACTION NAME: " in front of an error. */
void gnf_netlink_prefix_error(GError **error, const char *action, int ifindex);

G_END_DECLS
