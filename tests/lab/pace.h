/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the lab's two measuring programs share: a clock, a tick, the signal that ends them.
 *
 * All times are CLOCK_MONOTONIC in microseconds, as Python's time.monotonic(). The tick is a
 * timerfd, so the rate does not drift; one that is missed while the machine stalled is not made up
 * for in a burst. What cannot be opened ends the program.
 */
#ifndef LAB_PACE_H
#define LAB_PACE_H

#include <stdint.h>

/* 17 minutes at 1 kHz; a longer run stops by itself. */
#define PACE_TICKS_MAX (1u << 20)

int64_t pace_now_us(void);
/* Readable at each tick: 8 bytes, and reading waits for them. */
int pace_open_timer(long interval_us);
/* Readable once SIGTERM or SIGINT has come. */
int pace_open_signals(void);
/* Guests under emulation keep every core busy; the clock of the measurement goes first. */
void pace_go_first(void);

#endif
