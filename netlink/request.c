/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The request socket: one request at a time, its answer read up to the end that the kernel marks
 * (an acknowledgement or NLMSG_DONE). Answers to an earlier request, which a timeout left behind,
 * are told apart by sequence number and dropped.
 */
#include "netlink/request.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/netlink.h>
#include <sys/socket.h>

G_DEFINE_QUARK(gnf_netlink_error, gnf_netlink_error)

/* A filtered dump is one datagram and cannot be interrupted; only a very long one ever is. */
#define DUMP_TRIES 8

struct GnfNetlink {
    struct nl_sock *socket;
};

/* The state of one request. */
typedef struct {
    guint32 sequence;
    GPtrArray *answer;
    gboolean done;
    gboolean interrupted;
    int number; /* errno of the end */
    char *text;
} Exchange;

gboolean
gnf_netlink_error_is_gone(const GError *error)
{
    return g_error_matches(error, GNF_NETLINK_ERROR, ENODEV) ||
           g_error_matches(error, GNF_NETLINK_ERROR, ENXIO);
}

gboolean
gnf_netlink_error_is_timeout(const GError *error)
{
    return g_error_matches(error, GNF_NETLINK_ERROR, ETIMEDOUT);
}

gboolean
gnf_netlink_error_is_not_supported(const GError *error)
{
    return g_error_matches(error, GNF_NETLINK_ERROR, EOPNOTSUPP);
}

void
gnf_netlink_set_error(GError **error, int number, const char *text)
{
    if (text)
        g_set_error(error, GNF_NETLINK_ERROR, number, "%s (%s)", text, g_strerror(number));
    else
        g_set_error_literal(error, GNF_NETLINK_ERROR, number, g_strerror(number));
}

char *
gnf_netlink_name(int ifindex)
{
    char name[IF_NAMESIZE];

    if (if_indextoname((unsigned int)ifindex, name))
        return g_strdup(name);
    return g_strdup_printf("ifindex %d", ifindex);
}

void
gnf_netlink_prefix_error(GError **error, const char *action, int ifindex)
{
    g_autofree char *name = gnf_netlink_name(ifindex);

    g_prefix_error(error, "cannot %s %s: ", action, name);
}

static gboolean
set_options(struct nl_sock *socket)
{
    const struct timeval timeout = {GNF_NETLINK_TIMEOUT_MS / 1000,
                                    GNF_NETLINK_TIMEOUT_MS % 1000 * 1000L};
    const int on = 1;
    int fd = nl_socket_get_fd(socket);

    /* Strict: a dump's filter is obeyed or refused, never ignored. */
    return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout) == 0 &&
           setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on) == 0 &&
           setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on) == 0 &&
           setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof on) == 0;
}

GnfNetlink *
gnf_netlink_new(GError **error)
{
    g_autoptr(GnfNetlink) netlink = g_new0(GnfNetlink, 1);

    netlink->socket = nl_socket_alloc();
    /* errno is that of the system call that failed: libnl folds several into one code. */
    if (!netlink->socket || nl_connect(netlink->socket, NETLINK_ROUTE) < 0 ||
        !set_options(netlink->socket)) {
        gnf_netlink_set_error(error, errno ? errno : ENOMEM, NULL);
        g_prefix_error(error, "cannot open a netlink socket: ");
        return NULL;
    }
    nl_socket_enable_msg_peek(netlink->socket);
    return g_steal_pointer(&netlink);
}

void
gnf_netlink_free(GnfNetlink *netlink)
{
    if (!netlink)
        return;
    nl_socket_free(netlink->socket);
    g_free(netlink);
}

GnfMessage *
gnf_message_new_link(int type, int flags, int ifindex)
{
    struct ifinfomsg info = {.ifi_family = AF_UNSPEC, .ifi_index = ifindex};
    g_autoptr(GnfMessage) message = nlmsg_alloc_simple(type, NLM_F_REQUEST | NLM_F_ACK | flags);

    g_assert(message && nlmsg_append(message, &info, sizeof info, NLMSG_ALIGNTO) == 0);
    return g_steal_pointer(&message);
}

void
gnf_message_put(GnfMessage *message, int type, const void *data, int length)
{
    int result = nla_put(message, type, length, data);

    g_assert(result == 0);
}

void
gnf_message_put_u32(GnfMessage *message, int type, guint32 value)
{
    gnf_message_put(message, type, &value, sizeof value);
}

int
gnf_netlink_parse_end(const struct nlmsghdr *header, char **ret_text)
{
    const int fixed =
        header->nlmsg_type == NLMSG_DONE ? (int)sizeof(int) : (int)sizeof(struct nlmsgerr);
    const int length = (int)header->nlmsg_len - NLMSG_HDRLEN;
    const int attributes = (int)NLMSG_ALIGN((unsigned int)fixed);
    const char *data = NLMSG_DATA(header);
    struct nlattr *text = NULL;
    int number;

    *ret_text = NULL;
    if (length < (int)sizeof number) /* an old kernel's bare NLMSG_DONE */
        return 0;
    memcpy(&number, data, sizeof number);
    /* With NETLINK_CAP_ACK the refused request is not repeated: attributes follow at once. */
    if (header->nlmsg_flags & NLM_F_ACK_TLVS && length > attributes)
        text = nla_find((const struct nlattr *)(const void *)(data + attributes),
                        length - attributes,
                        NLMSGERR_ATTR_MSG);
    if (text)
        *ret_text = g_strndup(nla_data(text), (gsize)nla_len(text));
    return -number;
}

static void
take_message(Exchange *exchange, const struct nlmsghdr *header)
{
    if (header->nlmsg_seq != exchange->sequence || exchange->done)
        return;
    exchange->interrupted |= (header->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
    switch (header->nlmsg_type) {
    case NLMSG_NOOP:
        break;
    case NLMSG_ERROR:
    case NLMSG_DONE:
        exchange->number = gnf_netlink_parse_end(header, &exchange->text);
        exchange->done = TRUE;
        break;
    default:
        g_ptr_array_add(exchange->answer, g_memdup2(header, header->nlmsg_len));
    }
}

static gboolean
receive(GnfNetlink *netlink, Exchange *exchange, GError **error)
{
    while (!exchange->done) {
        g_autofree unsigned char *buffer = NULL;
        struct sockaddr_nl sender = {0};
        int length = nl_recv(netlink->socket, &sender, &buffer, NULL);

        if (length <= 0) {
            int number = length == -NLE_AGAIN || length == 0 ? ETIMEDOUT : errno;

            gnf_netlink_set_error(error, number, "the kernel sent no answer");
            return FALSE;
        }
        if (sender.nl_pid != 0) /* not from the kernel */
            continue;
        for (const struct nlmsghdr *header = (const void *)buffer; nlmsg_ok(header, length);
             header = nlmsg_next((struct nlmsghdr *)(guintptr)header, &length))
            take_message(exchange, header);
    }
    return TRUE;
}

/* One round. An interrupted dump is success with interrupted set. */
static GPtrArray *
exchange_once(GnfNetlink *netlink, GnfMessage *message, gboolean *ret_interrupted, GError **error)
{
    g_autoptr(GPtrArray) answer = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *text = NULL;
    Exchange exchange = {.answer = answer};
    gboolean complete;

    nlmsg_hdr(message)->nlmsg_seq = NL_AUTO_SEQ;
    if (nl_send_auto(netlink->socket, message) < 0) {
        gnf_netlink_set_error(error, errno, NULL);
        return NULL;
    }
    exchange.sequence = nlmsg_hdr(message)->nlmsg_seq;
    complete = receive(netlink, &exchange, error);
    text = exchange.text;
    if (!complete)
        return NULL;
    if (exchange.number != 0) {
        gnf_netlink_set_error(error, exchange.number, text);
        return NULL;
    }
    *ret_interrupted = exchange.interrupted;
    return g_steal_pointer(&answer);
}

GPtrArray *
gnf_netlink_exchange(GnfNetlink *netlink, GnfMessage *message, GError **error)
{
    for (int i = 0; i < DUMP_TRIES; i++) {
        g_autoptr(GPtrArray) answer = NULL;
        gboolean interrupted = FALSE;

        answer = exchange_once(netlink, message, &interrupted, error);
        if (!answer || !interrupted)
            return g_steal_pointer(&answer);
    }
    gnf_netlink_set_error(error, EAGAIN, "the list changed whenever it was read");
    return NULL;
}

gboolean
gnf_netlink_send(GnfNetlink *netlink, GnfMessage *message, GError **error)
{
    g_autoptr(GPtrArray) answer = gnf_netlink_exchange(netlink, message, error);

    return answer != NULL;
}
