/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Local: see local.h. Plain sockets, because GIO's would bring threads and name resolution.
 */
#include "qga-plugin/local.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static gboolean
fill_address(struct sockaddr_un *address, const char *path)
{
    memset(address, 0, sizeof(*address));
    address->sun_family = AF_UNIX;
    if (strlen(path) < sizeof(address->sun_path)) {
        g_strlcpy(address->sun_path, path, sizeof(address->sun_path));
        return TRUE;
    }
    errno = ENAMETOOLONG;
    return FALSE;
}

static int
close_keeping_errno(int fd)
{
    int error = errno;

    close(fd);
    errno = error;
    return -1;
}

int
gnf_local_connect(const char *path)
{
    struct sockaddr_un address;
    int fd;

    if (!fill_address(&address, path))
        return -1;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    return close_keeping_errno(fd);
}

int
gnf_local_listen(const char *path)
{
    struct sockaddr_un address;
    mode_t mask;
    int bound;
    int fd;

    if (!fill_address(&address, path))
        return -1;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    unlink(path);
    mask = umask(0177);
    bound = bind(fd, (struct sockaddr *)&address, sizeof(address));
    umask(mask);
    if (bound == 0 && listen(fd, 1) == 0)
        return fd;
    return close_keeping_errno(fd);
}
