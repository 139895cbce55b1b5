/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packet sockets of the tests; see wire.h.
 */
#include "tests/backend/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/backend/network.h"

#define DEADLINE_MS 5000

int
wire_listen(const char *name)
{
    const struct sockaddr_ll address = {.sll_family = AF_PACKET,
                                        .sll_protocol = htons(ETH_P_ALL),
                                        .sll_ifindex = network_index(name)};
    const int on = 1;
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    g_assert_no_errno(fd);
    g_assert_no_errno(setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof on));
    g_assert_no_errno(setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on));
    g_assert_no_errno(bind(fd, (const void *)&address, sizeof address));
    return fd;
}

static int
read_vlan(struct msghdr *message)
{
    const struct cmsghdr *control = CMSG_FIRSTHDR(message);
    struct tpacket_auxdata data;

    if (!control || control->cmsg_level != SOL_PACKET || control->cmsg_type != PACKET_AUXDATA)
        return 0;
    memcpy(&data, CMSG_DATA(control), sizeof data);
    return data.tp_status & TP_STATUS_VLAN_VALID ? data.tp_vlan_tci & 0xfff : 0;
}

static gboolean
receive(int fd, int timeout_ms, WireFrame *ret_frame)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    char control[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
    struct iovec part = {.iov_base = ret_frame->bytes, .iov_len = sizeof ret_frame->bytes};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    gssize size;

    if (poll(&wait, 1, timeout_ms) <= 0)
        return FALSE;
    size = recvmsg(fd, &message, 0);
    g_assert_cmpint(size, >, 0);
    ret_frame->size = (gsize)size;
    ret_frame->vlan = read_vlan(&message);
    return TRUE;
}

gboolean
wire_receive(int fd, WireFrame *ret_frame)
{
    return receive(fd, DEADLINE_MS, ret_frame);
}

gboolean
wire_receive_now(int fd, WireFrame *ret_frame)
{
    return receive(fd, 0, ret_frame);
}

void
wire_expect(int fd, const guint8 *bytes, gsize size, int vlan)
{
    WireFrame frame;

    while (wire_receive(fd, &frame)) {
        if (frame.vlan == vlan && frame.size >= size && memcmp(frame.bytes, bytes, size) == 0)
            return;
    }
    g_error("the frame did not arrive");
}

void
wire_send(const char *name, const guint8 *bytes, gsize size)
{
    const struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = network_index(name)};
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

    g_assert_no_errno(fd);
    g_assert_cmpint((int)sendto(fd, bytes, size, 0, (const void *)&to, sizeof to), ==, (int)size);
    close(fd);
}
