/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The clock of promises over restarts: what boot time does not explain is not credited, whatever
 * the wall clock says at the next start. Its arithmetic is in test-lease-clock.c, which it shares.
 */

#include "daemon/promise-clock.h"

#include "common/file.h"
#include "unit/test.h"

#include <stdio.h>
#include <unistd.h>

#define NOON  1795953600000000ULL /* 2026-11-29T12:00:00Z */
#define HOUR  USEC_PER_HOUR
#define DAY   USEC_PER_DAY
#define BOOT  "0123456789abcdef0123456789abcdef"
#define BOOT2 "fedcba9876543210fedcba9876543210"

typedef struct Desk {
        char dir[32];
        PromiseClock clock;
        const char *boot;
        uint64_t boot_usec, wall_usec;
} Desk;

static Moment moment(const Desk *d) {
        Moment m = {.boot_usec = d->boot_usec, .wall_usec = d->wall_usec};

        (void)snprintf(m.boot, sizeof(m.boot), "%s", d->boot);
        return m;
}

static uint64_t now(Desk *d) {
        const Moment m = moment(d);

        assert_int_equal(promise_clock_tick(&d->clock, &m), 0);
        return d->clock.elapsed.usec;
}

static void open_clock(Desk *d) {
        const Moment m = moment(d);

        assert_int_equal(promise_clock_open(d->dir, &m, &d->clock), 0);
}

/* The daemon is started again. */
static void restart(Desk *d) {
        promise_clock_done(&d->clock);
        open_clock(d);
}

static void pass(Desk *d, uint64_t usec) {
        d->boot_usec += usec;
        d->wall_usec += usec;
}

static int setup(void **state) {
        Desk *d = calloc(1, sizeof(*d));

        if (!d)
                return -1;
        (void)snprintf(d->dir, sizeof(d->dir), "/tmp/nc-clock.XXXXXX");
        if (!mkdtemp(d->dir))
                return -1;
        d->boot = BOOT;
        d->boot_usec = HOUR;
        d->wall_usec = NOON;
        open_clock(d);
        *state = d;
        return 0;
}

static int teardown(void **state) {
        Desk *d = *state;
        _cleanup_free_ char *path = path_join(d->dir, "clock");

        (void)unlink(path);
        (void)rmdir(d->dir);
        promise_clock_done(&d->clock);
        free(d);
        return 0;
}

static void test_it_is_the_wall_clock_where_nobody_sets_that(void **state) {
        Desk *d = *state;

        assert_int_equal(now(d), NOON);
        pass(d, 3 * DAY);
        assert_int_equal(now(d), NOON + 3 * DAY);
        restart(d);
        pass(d, HOUR);
        assert_int_equal(now(d), NOON + 3 * DAY + HOUR);
        assert_int_equal(promise_clock_step(&d->clock), 0);
        assert_int_equal(promise_clock_wall(&d->clock, NOON + 9 * DAY), NOON + 9 * DAY);
}

static void test_a_step_forward_is_not_credited_and_told_once(void **state) {
        Desk *d = *state;

        (void)now(d);
        d->wall_usec += 365 * DAY;
        pass(d, HOUR);
        assert_int_equal(now(d), NOON + HOUR);
        assert_int_equal(promise_clock_step(&d->clock), 365 * DAY);
        assert_int_equal(promise_clock_step(&d->clock), 0);
        assert_int_equal(
                promise_clock_wall(&d->clock, NOON + 2 * HOUR), NOON + 365 * DAY + 2 * HOUR);
        d->wall_usec -= 365 * DAY;
        assert_int_equal(now(d), NOON + HOUR);
        assert_true(promise_clock_step(&d->clock) == -(int64_t)(365 * DAY));
}

static void test_nor_while_the_daemon_is_away(void **state) {
        Desk *d = *state;

        (void)now(d);
        d->wall_usec += 2 * DAY;
        pass(d, HOUR);
        restart(d);
        assert_int_equal(now(d), NOON + HOUR);
        assert_int_equal(promise_clock_step(&d->clock), 2 * DAY);
        restart(d);
        assert_int_equal(now(d), NOON + HOUR);
        assert_int_equal(promise_clock_step(&d->clock), 0);
}

static void test_the_time_that_the_machine_was_off_counts(void **state) {
        Desk *d = *state;

        (void)now(d);
        d->boot = BOOT2;
        d->boot_usec = USEC_PER_MIN;
        d->wall_usec = NOON + 8 * HOUR;
        restart(d);
        assert_int_equal(now(d), NOON + 8 * HOUR);
}

static void test_a_step_before_the_boot_stays_uncredited_after_it(void **state) {
        Desk *d = *state;

        (void)now(d);
        d->wall_usec += 30 * DAY;
        (void)now(d);
        d->boot = BOOT2;
        d->boot_usec = USEC_PER_MIN;
        d->wall_usec += HOUR;
        restart(d);
        assert_int_equal(now(d), NOON + HOUR);
}

static void test_a_damaged_file_begins_anew(void **state) {
        static const char *const damaged[] = {"", "1\n", "[]", "{}",
                "{\"boot\":\"" BOOT "\",\"boot_usec\":1,\"wall_usec\":2,\"usec\":-3}",
                "{\"boot\":\"" BOOT BOOT "\",\"boot_usec\":1,\"wall_usec\":2,\"usec\":3}"};
        Desk *d = *state;

        for (size_t i = 0; i < ARRAY_LEN(damaged); i++) {
                assert_int_equal(file_replace(d->dir, "clock", damaged[i], strlen(damaged[i])), 0);
                restart(d);
                assert_int_equal(now(d), NOON);
        }
}

static void test_a_write_that_fails_leaves_the_clock_right(void **state) {
        Desk *d = *state;
        char gone[32];

        (void)now(d);
        (void)snprintf(gone, sizeof(gone), "%s", d->dir);
        d->clock.dir[1] = 'x'; /* a folder that is not there */
        d->wall_usec += DAY;
        pass(d, HOUR);
        {
                const Moment m = moment(d);

                assert_true(promise_clock_tick(&d->clock, &m) < 0);
        }
        assert_int_equal(d->clock.elapsed.usec, NOON + HOUR);
        d->clock.dir[1] = gone[1];
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                test(test_it_is_the_wall_clock_where_nobody_sets_that),
                test(test_a_step_forward_is_not_credited_and_told_once),
                test(test_nor_while_the_daemon_is_away),
                test(test_the_time_that_the_machine_was_off_counts),
                test(test_a_step_before_the_boot_stays_uncredited_after_it),
                test(test_a_damaged_file_begins_anew),
                test(test_a_write_that_fails_leaves_the_clock_right),
        };
        return cmocka_run_group_tests_name("promise-clock", tests, NULL, NULL);
}
