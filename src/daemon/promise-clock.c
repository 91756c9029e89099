/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Keeps the clock of promises over restarts. It reads no clock: parts/clock.c does. Whoever edits
 * its file can shorten their own waits, as whoever edits the ledger can; root's lease minds
 * neither. */

#include "daemon/promise-clock.h"

#include "common/file.h"

#include <errno.h>
#include <jansson.h>

#define CLOCK_FILE "clock"

static int64_t lag_of(const PromiseClock *c) {
        return (int64_t)(c->elapsed.seen.wall_usec - c->elapsed.usec);
}

static uint64_t distance(int64_t lag) {
        return lag < 0 ? -(uint64_t)lag : (uint64_t)lag;
}

static int take_clock(const json_t *object, Elapsed *ret) {
        json_int_t boot_usec, wall_usec, usec;
        const char *boot;
        Elapsed e = {0};

        if (json_unpack((json_t *)object, "{s:s, s:I, s:I, s:I}", "boot", &boot, "boot_usec",
                    &boot_usec, "wall_usec", &wall_usec, "usec", &usec) < 0)
                return -EBADMSG;
        if (strlen(boot) >= BOOT_ID_SPACE || boot_usec < 0 || wall_usec < 0 || usec < 0)
                return -EBADMSG;
        memcpy(e.seen.boot, boot, strlen(boot));
        e.seen.boot_usec = (uint64_t)boot_usec;
        e.seen.wall_usec = (uint64_t)wall_usec;
        e.usec = e.kept_usec = (uint64_t)usec;
        *ret = e;
        return 0;
}

static int read_clock(const char *dir, Elapsed *ret) {
        _cleanup_free_ char *path = path_join(dir, CLOCK_FILE);
        json_t *object;
        int r;

        if (!path)
                return -ENOMEM;
        object = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
        if (!object)
                return -EBADMSG;
        r = take_clock(object, ret);
        json_decref(object);
        return r;
}

static int write_clock(const PromiseClock *c) {
        const Elapsed *e = &c->elapsed;
        _cleanup_free_ char *text = NULL;
        json_t *object = json_pack("{s:s, s:I, s:I, s:I}", "boot", e->seen.boot, "boot_usec",
                (json_int_t)e->seen.boot_usec, "wall_usec", (json_int_t)e->seen.wall_usec, "usec",
                (json_int_t)e->usec);

        if (object)
                text = json_dumps(object, JSON_COMPACT);
        json_decref(object);
        return text ? file_replace(c->dir, CLOCK_FILE, text, strlen(text)) : -ENOMEM;
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
