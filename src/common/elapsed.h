/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/time.h"

#include <stdbool.h>
#include <stdint.h>

/* Elapsed time, for promises: a clock that begins as the wall clock and then counts what has really
 * passed, CLOCK_BOOTTIME within a boot. A step of the wall clock forward that boot time does not
 * explain is not credited, neither in the boot in which it was made nor in the next, and a step
 * back neither lengthens nor shortens. Who keeps it brings it the time and writes it down. */

enum {
        BOOT_ID_SPACE = 33, /* /proc/sys/kernel/random/boot_id without hyphens, and the NUL */
};

#define ELAPSED_KEEP_USEC (10 * USEC_PER_MIN) /* what is written down is no further behind */

/* What the machine's clocks say now. */
typedef struct Moment {
        char boot[BOOT_ID_SPACE];
        uint64_t boot_usec; /* CLOCK_BOOTTIME */
        uint64_t wall_usec; /* CLOCK_REALTIME */
} Moment;

typedef struct Elapsed {
        Moment seen;        /* when usec was right */
        uint64_t usec;      /* µs since the epoch */
        uint64_t kept_usec; /* usec as it was last written down; not written itself */
} Elapsed;

/* This boot's id. Returns 0 or a negative errno. */
int boot_id_read(char ret[static BOOT_ID_SPACE]);

/* A clock that begins at `now`. */
void elapsed_init(Elapsed *e, const Moment *now);

/* Brings the clock up to `now`. Returns true when it should be written down again: another boot,
 * the wall clock stepped by more than a second against the elapsed time, or ELAPSED_KEEP_USEC since
 * it was last written down (without a battery for its clock, a machine loses what was not). */
bool elapsed_tick(Elapsed *e, const Moment *now);

/* A time of this clock as the wall clock will read it if it goes on as it does; and back. A wall
 * time of the past gives one of the past. */
uint64_t elapsed_wall(const Elapsed *e, uint64_t usec);
uint64_t elapsed_clock(const Elapsed *e, uint64_t wall_usec);

/* Clocks may be set to anything: both stop at 0 and UINT64_MAX. `usec` moved by `by`; and as far
 * from `to` as it is from `from`. */
uint64_t usec_later(uint64_t usec, uint64_t by);
uint64_t usec_moved(uint64_t usec, uint64_t from, uint64_t to);
