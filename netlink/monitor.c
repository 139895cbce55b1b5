/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The link monitor: a socket that never blocks, drained in slices so that a storm of events does
 * not starve the main loop. The object is reference-counted only so that a callback may free it.
 */
#include "netlink/monitor.h"

#include <errno.h>
#include <glib-unix.h>
#include <linux/rtnetlink.h>
#include <netlink/netlink.h>
#include <sys/socket.h>

#include "netlink/link-parse.h"
#include "netlink/request.h"

/* A link's message is charged with about 2-4 KiB: this holds some hundred events. */
#define BUFFER_SIZE (1024 * 1024)
#define SLICE 64

struct GnfLinkMonitor {
    struct nl_sock *socket;
    GSource *source; /* NULL once freed: no callback comes any more */
    GnfLinkEventFunc func;
    gpointer user_data;
};

static void
report(GnfLinkMonitor *monitor, const GnfLinkEvent *event)
{
    if (monitor->source)
        monitor->func(event, monitor->user_data);
}

static void
take_message(GnfLinkMonitor *monitor, const struct nlmsghdr *header)
{
    gboolean is_new = header->nlmsg_type == RTM_NEWLINK;
    g_autoptr(GnfLink) link = NULL;
    GnfLinkEvent event = {.type = GNF_LINK_EVENT_NOTIFY_PEERS};

    if (!is_new && header->nlmsg_type != RTM_DELLINK)
        return;
    /* Who waits for this does not want to wait for the rest. */
    if (is_new && gnf_link_parse_notify_peers(header, &event.ifindex))
        report(monitor, &event);
    link = gnf_link_parse(header);
    if (!link)
        return;
    event.type = is_new ? GNF_LINK_EVENT_NEW : GNF_LINK_EVENT_DEL;
    event.ifindex = link->ifindex;
    event.link = link;
    report(monitor, &event);
}

/* FALSE when there is nothing more to read now. */
static gboolean
read_datagram(GnfLinkMonitor *monitor)
{
    static const GnfLinkEvent overrun = {.type = GNF_LINK_EVENT_OVERRUN};
    g_autofree unsigned char *buffer = NULL;
    struct sockaddr_nl sender = {0};
    int length = nl_recv(monitor->socket, &sender, &buffer, NULL);

    if (length == -NLE_NOMEM) /* libnl's word for ENOBUFS */
        report(monitor, &overrun);
    if (length <= 0)
        return length == -NLE_NOMEM;
    if (sender.nl_pid != 0) /* not from the kernel */
        return TRUE;
    for (const struct nlmsghdr *header = (const void *)buffer; nlmsg_ok(header, length);
         header = nlmsg_next((struct nlmsghdr *)(guintptr)header, &length))
        take_message(monitor, header);
    return TRUE;
}

static void
release(gpointer data)
{
    GnfLinkMonitor *monitor = data;

    nl_socket_free(monitor->socket);
}

static gboolean
dispatch(int fd, GIOCondition condition, gpointer user_data)
{
    GnfLinkMonitor *monitor = g_rc_box_acquire(user_data);
    gboolean alive;

    for (int i = 0; i < SLICE && monitor->source && read_datagram(monitor); i++)
        continue;
    alive = monitor->source != NULL;
    g_rc_box_release_full(monitor, release);
    return alive ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static gboolean
subscribe(struct nl_sock *socket)
{
    const int size = BUFFER_SIZE;
    int fd;

    if (nl_connect(socket, NETLINK_ROUTE) < 0)
        return FALSE;
    fd = nl_socket_get_fd(socket);
    /* Beyond net.core.rmem_max only with CAP_NET_ADMIN; less is less, not an error. */
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0 &&
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size) < 0)
        return FALSE;
    nl_socket_enable_msg_peek(socket);
    return nl_socket_set_nonblocking(socket) == 0 &&
           nl_socket_add_membership(socket, RTNLGRP_LINK) == 0;
}

GnfLinkMonitor *
gnf_link_monitor_new(GMainContext *context,
                     GnfLinkEventFunc func,
                     gpointer user_data,
                     GError **error)
{
    struct nl_sock *socket = nl_socket_alloc();
    GnfLinkMonitor *monitor;

    if (!socket || !subscribe(socket)) {
        gnf_netlink_set_error(error, errno ? errno : ENOMEM, NULL);
        g_prefix_error(error, "cannot watch links: ");
        nl_socket_free(socket);
        return NULL;
    }
    monitor = g_rc_box_new0(GnfLinkMonitor);
    monitor->socket = socket;
    monitor->func = func;
    monitor->user_data = user_data;
    monitor->source = g_unix_fd_source_new(nl_socket_get_fd(socket), G_IO_IN);
    g_source_set_callback(monitor->source, G_SOURCE_FUNC(dispatch), monitor, NULL);
    /* Or the main loop wakes itself up around each dispatch, to block and unblock the source. */
    g_source_set_can_recurse(monitor->source, TRUE);
    g_source_attach(monitor->source, context);
    return monitor;
}

void
gnf_link_monitor_free(GnfLinkMonitor *monitor)
{
    if (!monitor)
        return;
    g_source_destroy(monitor->source);
    g_clear_pointer(&monitor->source, g_source_unref);
    g_rc_box_release_full(monitor, release);
}
