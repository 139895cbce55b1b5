/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The least that any process between the port and qemu-ga can do: it copies bytes and looks at
 * none. A yardstick for qga-plugind; it has no idea of hosts that come and go.
 */
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int
connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
    return connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 ? fd : -1;
}

/* Returns whether the side it reads from is still there. */
static int
copy(int from, int to)
{
    char buffer[65536];
    ssize_t length = read(from, buffer, sizeof(buffer));

    for (ssize_t done = 0, n; done < length; done += n) {
        struct pollfd room = {.fd = to, .events = POLLOUT};

        poll(&room, 1, -1);
        n = write(to, buffer + done, length - done);
        if (n < 0)
            n = 0;
    }
    return length > 0;
}

int
main(int argc, char *argv[])
{
    struct pollfd ends[2] = {{.events = POLLIN}, {.events = POLLIN}};

    if (argc != 3)
        return 2;
    ends[0].fd = open(argv[1], O_RDWR | O_NONBLOCK | O_CLOEXEC);
    ends[1].fd = connect_to(argv[2]);
    if (ends[0].fd < 0 || ends[1].fd < 0)
        return 1;
    while (poll(ends, 2, -1) > 0) {
        if ((ends[0].revents & POLLIN) && !copy(ends[0].fd, ends[1].fd))
            return 0;
        if ((ends[1].revents & POLLIN) && !copy(ends[1].fd, ends[0].fd))
            return 0;
    }
    return 1;
}
