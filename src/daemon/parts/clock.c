/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Reads the system's clocks, for all of the daemon. What a wait goes by is the promise clock's
 * matter; this one feeds it. */

#include "daemon/parts/clock.h"

#include "common/log.h"
#include "common/time.h"

#include <string.h>
#include <time.h>

static uint64_t read_clock(clockid_t clock) {
        struct timespec ts;

        (void)clock_gettime(clock, &ts);
        return (uint64_t)ts.tv_sec * USEC_PER_SEC + (uint64_t)ts.tv_nsec / 1000;
}

uint64_t clock_now(const Clock *c) {
        (void)c;
        return read_clock(CLOCK_REALTIME);
}

LocalTime clock_local_now(const Clock *c) {
        uint64_t now = clock_now(c);

        return (LocalTime){now, time_zone_minutes(now)};
}

uint64_t clock_boot_now(const Clock *c) {
        (void)c;
        return read_clock(CLOCK_BOOTTIME);
}

uint64_t clock_awake_now(const Clock *c) {
        (void)c;
        return read_clock(CLOCK_MONOTONIC);
}

static Moment moment_now(const Clock *c) {
        Moment now = {.boot_usec = clock_boot_now(c), .wall_usec = clock_now(c)};

        memcpy(now.boot, c->boot, sizeof(now.boot));
        return now;
}

int clock_open(const char *dir, Clock *ret) {
        Clock c = {0};
        Moment now;
        int r;

        r = boot_id_read(c.boot);
        if (r < 0)
                return r;
        now = moment_now(&c);
        r = promise_clock_open(dir, &now, &c.promise);
        if (r >= 0)
                *ret = c;
        return r;
}

void clock_done(Clock *c) {
        promise_clock_done(&c->promise);
}

uint64_t clock_promise_now(Clock *c) {
        const Moment now = moment_now(c);
        int r;

        r = promise_clock_tick(&c->promise, &now);
        if (r < 0)
                log_warning("The clock of promises could not be written down: %s", strerror(-r));
        return c->promise.elapsed.usec;
}

uint64_t clock_promise_wall(const Clock *c, uint64_t usec) {
        return usec == 0 ? 0 : promise_clock_wall(&c->promise, usec);
}

int64_t clock_step(Clock *c) {
        (void)clock_promise_now(c);
        return promise_clock_step(&c->promise);
}
