/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Preloaded, it sets the wall clock of one process: WALL_CLOCK_AHEAD seconds. The other clocks and
 * all timers stay as they are, as when somebody sets the clock; faketime moves timers too, by which
 * an event loop lives. */

#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *ts) {
        const char *ahead = getenv("WALL_CLOCK_AHEAD");
        long r = syscall(SYS_clock_gettime, clock, ts);

        if (r == 0 && clock == CLOCK_REALTIME && ahead)
                ts->tv_sec += atol(ahead);
        return (int)r;
}
