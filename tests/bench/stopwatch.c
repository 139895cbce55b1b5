/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stopwatch in the guest, for a program and for a message:
 *
 *   bench-stopwatch run PROGRAM [ARGUMENT...]   until it has been waited for
 *   bench-stopwatch ask SOCKET LINE             from the connection until a line has come back
 *
 * Prints the microseconds, with ask also the line. A program's own output goes to standard error,
 * and its exit code is this one's.
 */
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t
now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int
run(char *argv[])
{
    posix_spawn_file_actions_t actions;
    int status = 0;
    pid_t pid = 0;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    int64_t begun_us = now_us();
    if (posix_spawn(&pid, argv[0], &actions, NULL, argv, environ) != 0 ||
        waitpid(pid, &status, 0) != pid)
        return 126;
    printf("%" PRId64 "\n", now_us() - begun_us);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 125;
}

static int
connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
    return connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 ? fd : -1;
}

static int
ask(const char *path, const char *line)
{
    static char answer[1 << 20];
    size_t length = 0;
    int64_t begun_us = now_us();
    int fd = connect_to(path);

    if (fd < 0 || dprintf(fd, "%s\n", line) < 0)
        return 126;
    while (!memchr(answer, '\n', length)) {
        ssize_t more = read(fd, answer + length, sizeof(answer) - 1 - length);

        if (more <= 0)
            return 126;
        length += (size_t)more;
    }
    printf("%" PRId64 " %s", now_us() - begun_us, answer);
    return 0;
}

int
main(int argc, char *argv[])
{
    if (argc >= 3 && strcmp(argv[1], "run") == 0)
        return run(argv + 2);
    if (argc == 4 && strcmp(argv[1], "ask") == 0)
        return ask(argv[2], argv[3]);
    return 2;
}
