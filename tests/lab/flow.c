/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lab-flow: one end of two flows of UDP datagrams, one each way, each measured by itself.
 *
 *   lab-flow PEER PORT INTERVAL-US LOG
 *
 * Sends a numbered datagram to PEER's PORT at every tick (times and pace: pace.h) and notes what
 * has come to its own PORT since the tick before: an end that woke up for each datagram would take
 * more than half of an emulated CPU. "both ways" is printed when the peer is known to hear us, too:
 * before that datagrams are lost because nobody listened. The socket is not connected, so that
 * what ICMP says of the way does not end it; a datagram that the kernel refuses is sent, and lost.
 *
 * Whether it goes before all else on its machine is for who starts it: an emulated CPU would have
 * little left for the guest.
 *
 * SIGTERM or SIGINT ends the sending. The end listens on until nothing has come for a while, so
 * that the peer, who may be told to stop much later, loses nothing by it. Then the log is written:
 * a line "s TIME" for each datagram sent, in order, and "r NUMBER TIME" for each that came.
 */
#include "tests/lab/pace.h"

#include <arpa/inet.h>
#include <errno.h>
#include <error.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUIET_MS 2000
#define AT_ONCE 16
/* An end whose peer goes on for ever still ends. */
#define LISTEN_US 60000000

typedef struct {
    uint32_t number;
    uint32_t heard;   /* how many of the other end's datagrams have come until now */
    char padding[56]; /* as long as ping's */
} Datagram;

typedef struct {
    int socket;
    struct sockaddr_in peer;
    int64_t *sent_us;
    int64_t *received_us; /* by the peer's number; 0: has not come */
    uint32_t sent;
    uint32_t heard;
    bool told;
} End;

static volatile sig_atomic_t stopped;

static void
send_datagram(End *end)
{
    Datagram datagram;

    memset(&datagram, 0, sizeof datagram);
    datagram.number = htonl(end->sent);
    datagram.heard = htonl(end->heard);
    end->sent_us[end->sent++] = pace_now_us();
    (void)sendto(end->socket,
                 &datagram,
                 sizeof datagram,
                 MSG_DONTWAIT,
                 (struct sockaddr *)&end->peer,
                 sizeof end->peer);
}

static void
tell(End *end, const Datagram *datagram)
{
    if (end->told || datagram->heard == 0)
        return;
    end->told = true;
    puts("both ways");
    fflush(stdout);
}

/* The first of two copies counts: a bond that accepts on both ports may see what a switch floods
 * twice. */
static void
note_datagram(End *end, const Datagram *datagram, int64_t now_us)
{
    uint32_t number = ntohl(datagram->number);

    if (number >= PACE_TICKS_MAX || end->received_us[number] != 0)
        return;
    end->received_us[number] = now_us;
    end->heard++;
    tell(end, datagram);
}

/* All that has come since the last time, with one call where it is little. */
static void
receive_all(End *end)
{
    Datagram datagrams[AT_ONCE];
    struct iovec parts[AT_ONCE];
    struct mmsghdr messages[AT_ONCE];
    int count;

    memset(messages, 0, sizeof messages);
    for (int i = 0; i < AT_ONCE; i++) {
        parts[i] = (struct iovec){.iov_base = &datagrams[i], .iov_len = sizeof datagrams[i]};
        messages[i].msg_hdr.msg_iov = &parts[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    do {
        count = recvmmsg(end->socket, messages, AT_ONCE, MSG_DONTWAIT, NULL);
        int64_t now_us = pace_now_us();
        for (int i = 0; i < count; i++)
            if (messages[i].msg_len == sizeof datagrams[i])
                note_datagram(end, &datagrams[i], now_us);
    } while (count == AT_ONCE);
}

static int
open_socket(in_port_t port)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = port};
    int buffer = 4 * 1024 * 1024;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof any) < 0)
        error(1, errno, "opening a UDP socket");
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof buffer);
    return fd;
}

static void
note_stop(int signal_number)
{
    stopped = signal_number;
}

/* A signal that comes right before the reading is noticed a tick later. */
static void
run(End *end, int timer)
{
    struct sigaction stop = {.sa_handler = note_stop};
    struct pollfd incoming = {.fd = end->socket, .events = POLLIN};
    uint64_t ticks;

    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGINT, &stop, NULL);
    while (!stopped && end->sent < PACE_TICKS_MAX) {
        if (read(timer, &ticks, sizeof ticks) != sizeof ticks)
            continue;
        receive_all(end);
        send_datagram(end);
    }
    int64_t last_us = pace_now_us() + LISTEN_US;
    while (pace_now_us() < last_us && poll(&incoming, 1, QUIET_MS) > 0)
        receive_all(end);
}

static void
write_log(const End *end, const char *path)
{
    FILE *log = fopen(path, "w");

    if (!log)
        error(1, errno, "%s", path);
    for (uint32_t i = 0; i < end->sent; i++)
        fprintf(log, "s %lld\n", (long long)end->sent_us[i]);
    for (uint32_t i = 0; i < PACE_TICKS_MAX; i++)
        if (end->received_us[i] != 0)
            fprintf(log, "r %u %lld\n", i, (long long)end->received_us[i]);
    if (fclose(log) != 0)
        error(1, errno, "%s", path);
}

/* A number of the command line, 1 to maximum. */
static long
number_of(const char *word, long maximum)
{
    char *rest;
    long number = strtol(word, &rest, 10);

    if (*rest != '\0' || number < 1 || number > maximum)
        error(2, 0, "%s is no number from 1 to %ld", word, maximum);
    return number;
}

int
main(int argc, char **argv)
{
    End end = {.peer = {.sin_family = AF_INET}};

    if (argc != 5 || inet_pton(AF_INET, argv[1], &end.peer.sin_addr) != 1)
        error(2, 0, "usage: lab-flow PEER-IPV4-ADDRESS PORT INTERVAL-US LOG");
    end.peer.sin_port = htons((uint16_t)number_of(argv[2], UINT16_MAX));
    end.sent_us = calloc(PACE_TICKS_MAX, sizeof *end.sent_us);
    end.received_us = calloc(PACE_TICKS_MAX, sizeof *end.received_us);
    if (!end.sent_us || !end.received_us)
        error(1, errno, "reserving the log");
    end.socket = open_socket(end.peer.sin_port);
    run(&end, pace_open_timer(number_of(argv[3], 1000000)));
    write_log(&end, argv[4]);
    return 0;
}
