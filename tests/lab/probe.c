/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lab-probe: one ICMP echo request every millisecond, and when each was answered.
 *
 *   lab-probe ADDRESS INTERVAL-US LOG
 *
 * Times and pace: pace.h. SIGTERM or SIGINT ends the sending; after a grace period for late replies
 * the log is written: a line "SENT RECEIVED" per request, RECEIVED 0 for a lost one.
 */
#include "tests/lab/pace.h"

#include <arpa/inet.h>
#include <errno.h>
#include <error.h>
#include <linux/icmp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define GRACE_US 1000000

typedef struct {
    int64_t sent_us;
    int64_t received_us; /* 0: not (yet) answered */
} Probe;

typedef struct {
    struct icmphdr header;
    uint32_t sequence; /* the header's is 16 bits, which is 65 s at 1 kHz */
    char padding[52];  /* as long as ping's */
} Message;

typedef struct {
    int socket;
    struct sockaddr_in target;
    uint16_t id;
    Probe *probes;
    uint32_t sent;
} Prober;

static uint16_t
checksum(const void *data, size_t length)
{
    const uint8_t *bytes = data;
    uint32_t sum = 0;

    for (size_t i = 0; i + 1 < length; i += 2)
        sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return htons((uint16_t)~sum);
}

/* A request that the kernel refuses (no neighbour, no buffer) stays in the log, as lost. */
static void
send_probe(Prober *prober)
{
    Message message;

    memset(&message, 0, sizeof message);

    message.header.type = ICMP_ECHO;
    message.header.un.echo.id = htons(prober->id);
    message.header.un.echo.sequence = htons((uint16_t)prober->sent);
    message.sequence = htonl(prober->sent);
    message.header.checksum = checksum(&message, sizeof message);
    prober->probes[prober->sent++].sent_us = pace_now_us();
    if (sendto(prober->socket,
               &message,
               sizeof message,
               MSG_DONTWAIT,
               (struct sockaddr *)&prober->target,
               sizeof prober->target) < 0 &&
        errno == EPERM)
        error(1, errno, "sending");
}

static void
note_reply(Prober *prober, const uint8_t *packet, size_t length)
{
    size_t header_length = (packet[0] & 0x0f) * 4u;
    Message message;

    if (length < header_length + sizeof message)
        return;
    memcpy(&message, packet + header_length, sizeof message);
    uint32_t sequence = ntohl(message.sequence);
    if (message.header.type != ICMP_ECHOREPLY || ntohs(message.header.un.echo.id) != prober->id ||
        sequence >= prober->sent || prober->probes[sequence].received_us != 0)
        return;
    prober->probes[sequence].received_us = pace_now_us();
}

static void
receive_all(Prober *prober)
{
    uint8_t packet[2048];
    ssize_t length;

    while ((length = recv(prober->socket, packet, sizeof packet, MSG_DONTWAIT)) >= 20)
        note_reply(prober, packet, (size_t)length);
}

static int
open_socket(void)
{
    struct icmp_filter filter = {.data = ~(1u << ICMP_ECHOREPLY)};
    int buffer = 4 * 1024 * 1024;
    int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);

    if (fd < 0)
        error(1, errno, "opening an ICMP socket");
    setsockopt(fd, SOL_RAW, ICMP_FILTER, &filter, sizeof filter);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer);
    return fd;
}

static void
run(Prober *prober, int timer, int signals)
{
    struct pollfd fds[] = {{.fd = prober->socket, .events = POLLIN},
                           {.fd = timer, .events = POLLIN},
                           {.fd = signals, .events = POLLIN}};
    uint64_t ticks;

    while (prober->sent < PACE_TICKS_MAX && !(fds[2].revents & POLLIN)) {
        if (poll(fds, 3, -1) < 0 && errno != EINTR)
            error(1, errno, "polling");
        if (fds[0].revents & POLLIN)
            receive_all(prober);
        if ((fds[1].revents & POLLIN) && read(timer, &ticks, sizeof ticks) == sizeof ticks)
            send_probe(prober);
    }
    int64_t end_us = pace_now_us() + GRACE_US;
    for (int64_t left = GRACE_US; left > 0; left = end_us - pace_now_us())
        if (poll(fds, 1, (int)(left / 1000) + 1) > 0)
            receive_all(prober);
}

static void
write_log(const Prober *prober, const char *path)
{
    FILE *log = fopen(path, "w");

    if (!log)
        error(1, errno, "%s", path);
    for (uint32_t i = 0; i < prober->sent; i++)
        fprintf(log,
                "%lld %lld\n",
                (long long)prober->probes[i].sent_us,
                (long long)prober->probes[i].received_us);
    if (fclose(log) != 0)
        error(1, errno, "%s", path);
}

int
main(int argc, char **argv)
{
    Prober prober = {.id = (uint16_t)getpid(), .target = {.sin_family = AF_INET}};

    if (argc != 4 || inet_pton(AF_INET, argv[1], &prober.target.sin_addr) != 1 ||
        strtol(argv[2], NULL, 10) <= 0)
        error(2, 0, "usage: lab-probe IPV4-ADDRESS INTERVAL-US LOG");
    prober.probes = calloc(PACE_TICKS_MAX, sizeof *prober.probes);
    if (!prober.probes)
        error(1, errno, "reserving the log");
    prober.socket = open_socket();
    pace_go_first();
    run(&prober, pace_open_timer(strtol(argv[2], NULL, 10)), pace_open_signals());
    write_log(&prober, argv[3]);
    return 0;
}
