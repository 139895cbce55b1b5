/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See pace.h.
 */
#include "tests/lab/pace.h"

#include <errno.h>
#include <error.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>

int64_t
pace_now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

int
pace_open_timer(long interval_us)
{
    struct timespec interval = {interval_us / 1000000, interval_us % 1000000 * 1000};
    struct itimerspec setting = {.it_interval = interval, .it_value = interval};
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

    if (fd < 0 || timerfd_settime(fd, 0, &setting, NULL) < 0)
        error(1, errno, "starting the timer");
    return fd;
}

int
pace_open_signals(void)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

void
pace_go_first(void)
{
    struct sched_param priority = {.sched_priority = 10};

    if (sched_setscheduler(0, SCHED_FIFO, &priority) < 0)
        error(0, errno, "running without real-time priority");
}
