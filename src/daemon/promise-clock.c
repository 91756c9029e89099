/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Keeps the clock of promises over restarts. It reads no clock: the manager does. Whoever edits its
 * file can shorten their own waits, as whoever edits the ledger can; root's lease minds neither. */

#include "daemon/promise-clock.h"

#include "common/buffer.h"
#include "common/file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#define CLOCK_FILE "clock"

static int64_t lag_of(const PromiseClock *c) {
        return (int64_t)(c->elapsed.seen.wall_usec - c->elapsed.usec);
}

static uint64_t distance(int64_t lag) {
        return lag < 0 ? -(uint64_t)lag : (uint64_t)lag;
}

/* One line: the form's number, the boot, and when the clock was right. */
static int read_clock(const char *dir, Elapsed *ret) {
        _cleanup_free_ char *path = path_join(dir, CLOCK_FILE);
        _cleanup_free_ char *line = NULL;
        Elapsed e = {0};
        size_t space = 0;
        FILE *file;
        int n;

        if (!path)
                return -ENOMEM;
        file = fopen(path, "re");
        if (!file)
                return -errno;
        n = getline(&line, &space, file) < 0
                    ? 0
                    : sscanf(line, "1 %32[0-9a-f] %" SCNu64 " %" SCNu64 " %" SCNu64 "\n",
                              e.seen.boot, &e.seen.boot_usec, &e.seen.wall_usec, &e.usec);
        (void)fclose(file);
        if (n != 4 || e.usec > INT64_MAX || e.seen.wall_usec > INT64_MAX)
                return -EBADMSG;
        e.kept_usec = e.usec;
        *ret = e;
        return 0;
}

static int write_clock(const PromiseClock *c) {
        _cleanup_(buffer_done) Buffer b = {0};
        const Elapsed *e = &c->elapsed;
        int r;

        r = buffer_printf(&b, "1 %s %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", e->seen.boot,
                e->seen.boot_usec, e->seen.wall_usec, e->usec);
        return r < 0 ? r : file_replace(c->dir, CLOCK_FILE, b.data, b.len);
}

int promise_clock_open(const char *dir, const Moment *now, PromiseClock *ret) {
        PromiseClock c = {.dir = strdup(dir)};
        int r;

        if (!c.dir)
                return -ENOMEM;
        r = read_clock(dir, &c.elapsed);
        if (r < 0) {
                elapsed_init(&c.elapsed, now);
                c.elapsed.kept_usec = 0; /* the first tick writes it */
        }
        c.lag_usec = lag_of(&c);
        *ret = c;
        return 0;
}

void promise_clock_done(PromiseClock *c) {
        free(c->dir);
        *c = (PromiseClock){0};
}

int promise_clock_tick(PromiseClock *c, const Moment *now) {
        return elapsed_tick(&c->elapsed, now) ? write_clock(c) : 0;
}

int64_t promise_clock_step(PromiseClock *c) {
        int64_t lag = lag_of(c), step = lag - c->lag_usec;

        if (distance(step) < PROMISE_CLOCK_STEP_USEC)
                return 0;
        c->lag_usec = lag;
        return step;
}

uint64_t promise_clock_wall(const PromiseClock *c, uint64_t usec) {
        return distance(lag_of(c)) < USEC_PER_MIN ? usec : elapsed_wall(&c->elapsed, usec);
}
