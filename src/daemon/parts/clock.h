/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/hours.h"
#include "daemon/promise-clock.h"

#include <stdint.h>

/* The clocks of the daemon. Nobody else asks the system what time it is. */
typedef struct Clock {
        PromiseClock promise;
        char boot[BOOT_ID_SPACE];
} Clock;

/* `dir` is the ledger's folder. Returns 0 or a negative errno; the caller ends it. */
int clock_open(const char *dir, Clock *ret);
void clock_done(Clock *c);

/* µs since the epoch, UTC. */
uint64_t clock_now(const Clock *c);

/* The same with the zone that holds now. */
LocalTime clock_local_now(const Clock *c);

/* The time since boot, µs, suspend included: nothing that sets the clock moves it. */
uint64_t clock_boot_now(const Clock *c);

/* The same without suspend, as timers count that wait for somebody at the screen. */
uint64_t clock_awake_now(const Clock *c);

/* The time that promises go by, µs UTC, see promise-clock.h. */
uint64_t clock_promise_now(Clock *c);
/* One of its times as the wall clock will read it; 0 stays 0. */
uint64_t clock_promise_wall(const Clock *c, uint64_t usec);

/* By how much the wall clock was set since this was asked last, µs; 0 for a breath. */
int64_t clock_step(Clock *c);
