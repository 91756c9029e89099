/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/elapsed.h"

/* The clock that the daemon's own waits go by: cool-downs, the ten minutes of grace, exceptions,
 * the end of a commitment. It is kept in a file beside the ledger, so that neither a restart nor a
 * boot under another date shortens a promise. Where nobody sets the clock it is the wall clock. */
typedef struct PromiseClock {
        Elapsed elapsed;
        char *dir;        /* of the ledger; owned */
        int64_t lag_usec; /* how far the wall clock is ahead, as it was last told */
} PromiseClock;

#define PROMISE_CLOCK_STEP_USEC (5 * USEC_PER_MIN) /* a smaller step is not spoken of */

/* Reads the file, or begins anew at `now` when there is none or it is none. Returns 0 or -ENOMEM;
 * the caller ends it. */
int promise_clock_open(const char *dir, const Moment *now, PromiseClock *ret);
void promise_clock_done(PromiseClock *c);

/* Brings it up to `now` and writes it down when it is time to. Returns 0, or the negative errno of
 * a write that failed; the clock is right all the same. */
int promise_clock_tick(PromiseClock *c, const Moment *now);

/* By how much the wall clock was set forward (or back, then negative) against elapsed time since
 * this was asked last; 0 for less than PROMISE_CLOCK_STEP_USEC. */
int64_t promise_clock_step(PromiseClock *c);

/* A time of this clock as the wall clock will read it. The same while the two are less than a
 * minute apart, so that what others are told does not change with every breath of a time server. */
uint64_t promise_clock_wall(const PromiseClock *c, uint64_t usec);
