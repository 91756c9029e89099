/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The lease's clock against a simulated machine, whose true time, wall clock, suspends, reboots and
 * time zones are the test's to choose. */

#include "enforcer/lease.h"
#include "unit/random.h"
#include "unit/test.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#define NOON   1795953600000000ULL /* 2026-11-29T12:00:00Z */
#define MINUTE (60 * USEC_PER_SEC)
#define HOUR   (60 * MINUTE)
#define DAY    USEC_PER_DAY
#define YEAR   (365 * DAY)

/* --- the machine ----------------------------------------------------------------------------- */

typedef struct Machine {
        uint64_t time;  /* as it truly is */
        uint64_t wall;  /* as CLOCK_REALTIME has it */
        uint64_t began; /* the true time of this boot */
        unsigned boot;
} Machine;

static Machine machine_at(uint64_t time) {
        return (Machine){.time = time, .wall = time, .began = time - HOUR, .boot = 1};
}

static Moment machine_moment(const Machine *m) {
        Moment now = {.boot_usec = m->time - m->began, .wall_usec = m->wall};

        (void)snprintf(now.boot, sizeof(now.boot), "%032x", m->boot);
        return now;
}

/* The machine runs or is suspended; CLOCK_BOOTTIME cannot tell the two apart. */
static void machine_run(Machine *m, uint64_t usec) {
        m->time += usec;
        m->wall += usec;
}

/* Off for `usec`; the battery keeps the clock, and it boots in 20 seconds. */
static void machine_off(Machine *m, uint64_t usec) {
        machine_run(m, usec);
        m->began = m->time;
        m->boot++;
        machine_run(m, 20 * USEC_PER_SEC);
}

/* A month is promised. */
static Lease lease_of_a_month(const Machine *m) {
        Moment now = machine_moment(m);
        Lease l;

        lease_init(&l, 1000, 0x7f420101, &now);
        assert_int_equal(lease_hold(&l, NULL, 0, NULL, 0, m->wall + 30 * DAY), 1);
        return l;
}

static bool tick(Lease *l, const Machine *m) {
        Moment now = machine_moment(m);

        return lease_tick(l, &now);
}

/* What is left of the lease after a look at the clock. */
static uint64_t left(Lease *l, const Machine *m) {
        (void)tick(l, m);
        return lease_locked(l) ? l->ends_usec - l->clock.usec : 0;
}

/* The daemon asks again for what it asked for before. */
static void renew(Lease *l) {
        uint64_t ends = l->ends_usec;

        assert_int_equal(lease_hold(l, NULL, 0, NULL, 0, NOON + 30 * DAY), 0);
        assert_int_equal(l->ends_usec, ends);
}

/* --- the rows of the table ------------------------------------------------------------------- */

static void test_a_month_is_over_after_a_month_and_not_before(void **state) {
        Machine m = machine_at(NOON);
        Lease l = lease_of_a_month(&m);

        (void)state;
        machine_run(&m, 30 * DAY - 1);
        assert_int_equal(left(&l, &m), 1);
        machine_run(&m, 1);
        assert_int_equal(left(&l, &m), 0);
        assert_false(lease_locked(&l));
}

static void test_a_year_forward_is_not_credited(void **state) {
        Machine m = machine_at(NOON);
        Lease l = lease_of_a_month(&m);

        (void)state;
        m.wall += YEAR;
        assert_int_equal(left(&l, &m), 30 * DAY);
        renew(&l);
        machine_run(&m, DAY);
        assert_int_equal(left(&l, &m), 29 * DAY);
        assert_int_equal(lease_wall(&l, l.ends_usec), m.wall + 29 * DAY);
}

static void test_a_year_forward_is_not_credited_in_the_next_boot_either(void **state) {
        Machine m = machine_at(NOON);
        Lease l = lease_of_a_month(&m);

        (void)state;
        m.wall += YEAR;
        assert_true(tick(&l, &m));
        machine_off(&m, HOUR - 20 * USEC_PER_SEC);
        assert_int_equal(left(&l, &m), 30 * DAY - HOUR);
        m.wall -= YEAR;
        assert_int_equal(left(&l, &m), 30 * DAY - HOUR);
        machine_off(&m, DAY - 20 * USEC_PER_SEC);
        assert_int_equal(left(&l, &m), 29 * DAY - HOUR);
}

static void test_a_year_forward_and_back_is_nothing(void **state) {
        Machine m = machine_at(NOON);
        Lease l = lease_of_a_month(&m);

        (void)state;
        for (int i = 0; i < 3; i++) {
                m.wall += YEAR;
                (void)tick(&l, &m);
                m.wall -= YEAR;
                (void)tick(&l, &m);
        }
        assert_int_equal(left(&l, &m), 30 * DAY);
        machine_off(&m, DAY - 20 * USEC_PER_SEC);
        assert_int_equal(left(&l, &m), 29 * DAY);
}

static void test_a_year_back_neither_lengthens_nor_shortens(void **state) {
        Machine m = machine_at(NOON);
        Lease l = lease_of_a_month(&m);

        (void)state;
        m.wall -= YEAR;
        assert_int_equal(left(&l, &m), 30 * DAY);
        renew(&l);
        machine_run(&m, 29 * DAY);
        assert_int_equal(left(&l, &m), DAY);
        assert_int_equal(lease_wall(&l, l.ends_usec), m.wall + DAY);
        machine_run(&m, DAY);
        assert_int_equal(left(&l, &m), 0);
}

/* The machine cannot know how long it was off when its clock is a year behind; what it runs counts.
 */
static void test_a_year_back_over_a_reboot_ends_with_the_time_it_runs(void **state) {
        Machine m = machine_at(NOON);
        Lease l = lease_of_a_month(&m);

        (void)state;
        m.wall -= YEAR;
        assert_true(tick(&l, &m));
        machine_off(&m, DAY);
        assert_int_equal(left(&l, &m), 30 * DAY - 20 * USEC_PER_SEC);
        machine_run(&m, 30 * DAY);
        assert_int_equal(left(&l, &m), 0);
}

/* Once the clock is right again, the time that the lease missed comes back with the next boot. */
static void test_a_year_back_set_right_while_off_counts_the_time_off(void **state) {
        Machine m = machine_at(NOON);
        Lease l = lease_of_a_month(&m);

        (void)state;
        m.wall -= YEAR;
        assert_true(tick(&l, &m));
        machine_off(&m, DAY);
        assert_true(tick(&l, &m));
        m.wall += YEAR;
        machine_off(&m, DAY - 40 * USEC_PER_SEC);
        assert_int_equal(left(&l, &m), 28 * DAY);
}

static void test_eight_hours_of_suspend_count(void **state) {
        Machine m = machine_at(NOON);
        Lease l = lease_of_a_month(&m);

        (void)state;
        machine_run(&m, 8 * HOUR); /* CLOCK_BOOTTIME goes on in it */
        assert_int_equal(left(&l, &m), 30 * DAY - 8 * HOUR);
}

static void test_a_reboot_counts_the_time_off(void **state) {
        Machine m = machine_at(NOON);
        Lease l = lease_of_a_month(&m);

        (void)state;
        machine_run(&m, HOUR);
        (void)tick(&l, &m);
        machine_off(&m, 3 * DAY - HOUR - 20 * USEC_PER_SEC);
        assert_true(tick(&l, &m));
        assert_int_equal(left(&l, &m), 27 * DAY);
}

static void test_a_power_cut_long_after_the_last_look_loses_nothing(void **state) {
        Machine m = machine_at(NOON);
        Lease l = lease_of_a_month(&m);

        (void)state;
        machine_run(&m, 5 * DAY); /* unseen */
        machine_off(&m, DAY - 20 * USEC_PER_SEC);
        assert_int_equal(left(&l, &m), 24 * DAY);
}

static void test_a_clock_dead_at_1970_credits_no_time_off(void **state) {
        Machine m = machine_at(NOON);
        Lease l = lease_of_a_month(&m);

        (void)state;
        machine_off(&m, 2 * DAY);
        m.wall = 20 * USEC_PER_SEC;
        assert_true(tick(&l, &m));
        assert_int_equal(left(&l, &m), 30 * DAY - 20 * USEC_PER_SEC);
}

static void test_a_dead_clock_set_right_by_the_network_is_not_credited(void **state) {
        Machine m = machine_at(NOON);
        Lease l = lease_of_a_month(&m);

        (void)state;
        machine_off(&m, 2 * DAY);
        m.wall = 20 * USEC_PER_SEC;
        assert_true(tick(&l, &m));
        m.wall = m.time;
        assert_true(tick(&l, &m));
        assert_int_equal(left(&l, &m), 30 * DAY - 20 * USEC_PER_SEC);
        /* and with a clock that lives the next time off counts */
        machine_off(&m, DAY - 20 * USEC_PER_SEC);
        assert_int_equal(left(&l, &m), 29 * DAY - 20 * USEC_PER_SEC);
}

static void test_a_promise_made_at_1970_is_no_longer_when_the_clock_is_set_right(void **state) {
        Machine m = machine_at(NOON);
        Lease l;

        (void)state;
        m.wall = MINUTE;
        l = lease_of_a_month(&m);
        m.wall = m.time;
        assert_int_equal(left(&l, &m), 30 * DAY);
        assert_int_equal(lease_wall(&l, l.ends_usec), NOON + 30 * DAY);
        machine_off(&m, DAY - 20 * USEC_PER_SEC);
        assert_int_equal(left(&l, &m), 29 * DAY);
        /* five days more */
        assert_int_equal(lease_hold(&l, NULL, 0, NULL, 0, NOON + 35 * DAY), 1);
        assert_int_equal(left(&l, &m), 34 * DAY);
}

/* A machine without a battery that is switched off every night: the days count. */
static void test_a_clock_dead_at_every_boot_still_comes_to_the_end(void **state) {
        Machine m = machine_at(NOON);
        Lease l = lease_of_a_month(&m), disk = l;
        unsigned days = 0;

        (void)state;
        while (lease_locked(&l) && days < 1000) {
                machine_off(&m, 16 * HOUR);
                m.wall = 20 * USEC_PER_SEC;
                l = disk;
                for (int i = 0; i < 8; i++) {
                        if (tick(&l, &m))
                                disk = l;
                        m.wall = m.time;
                        if (tick(&l, &m))
                                disk = l;
                        machine_run(&m, HOUR);
                }
                days++;
        }
        /* 30 days in pieces of eight hours, the last of which goes unseen */
        assert_in_range(days, 90, 104);
}

/* In a zone with summer time, an hourly look over the change. */
static void look_over_a_change(const char *zone, uint64_t change) {
        Machine m = machine_at(change - 12 * HOUR);
        Lease l = lease_of_a_month(&m);

        assert_int_equal(setenv("TZ", zone, 1), 0);
        tzset();
        for (unsigned i = 1; i <= 24; i++) {
                machine_run(&m, HOUR);
                assert_int_equal(left(&l, &m), 30 * DAY - i * HOUR);
        }
        machine_off(&m, DAY - 20 * USEC_PER_SEC);
        assert_int_equal(left(&l, &m), 28 * DAY);
        assert_int_equal(lease_wall(&l, l.ends_usec), change - 12 * HOUR + 30 * DAY);
        (void)unsetenv("TZ");
        tzset();
}

static void test_the_change_to_summer_time_is_nothing(void **state) {
        (void)state;
        look_over_a_change("Europe/Berlin", 1774746000 * USEC_PER_SEC); /* 2026-03-29T01:00:00Z */
}

static void test_the_change_from_summer_time_is_nothing(void **state) {
        (void)state;
        look_over_a_change("Europe/Berlin", 1792890000 * USEC_PER_SEC); /* 2026-10-25T01:00:00Z */
}

static void test_a_flight_from_auckland_to_honolulu_is_nothing(void **state) {
        Machine m = machine_at(NOON);
        Lease l = lease_of_a_month(&m);

        (void)state;
        assert_int_equal(setenv("TZ", "Pacific/Auckland", 1), 0);
        tzset();
        assert_int_equal(left(&l, &m), 30 * DAY);
        machine_run(&m, 9 * HOUR); /* it lands the day before, says the calendar */
        assert_int_equal(setenv("TZ", "Pacific/Honolulu", 1), 0);
        tzset();
        assert_int_equal(left(&l, &m), 30 * DAY - 9 * HOUR);
        assert_int_equal(lease_wall(&l, l.ends_usec), NOON + 30 * DAY);
        (void)unsetenv("TZ");
        tzset();
}

/* Who sets the clock to local time moves it by 23 hours on that flight. */
static void test_a_clock_kept_in_local_time_on_that_flight_is_a_step(void **state) {
        Machine m = machine_at(NOON);
        Lease l = lease_of_a_month(&m);

        (void)state;
        machine_run(&m, 9 * HOUR);
        m.wall -= 23 * HOUR;
        assert_int_equal(left(&l, &m), 30 * DAY - 9 * HOUR);
        renew(&l);
        m.wall += 46 * HOUR;
        assert_int_equal(left(&l, &m), 30 * DAY - 9 * HOUR);
        renew(&l);
}

/* --- what is written down, and the edges ----------------------------------------------------- */

static void test_it_is_written_for_a_boot_a_step_or_ten_minutes(void **state) {
        Machine m = machine_at(NOON);
        Lease l = lease_of_a_month(&m);

        (void)state;
        assert_false(tick(&l, &m));
        machine_run(&m, 10 * MINUTE - 1);
        assert_false(tick(&l, &m));
        machine_run(&m, 1);
        assert_true(tick(&l, &m));
        assert_false(tick(&l, &m));
        m.wall += USEC_PER_SEC + 1;
        assert_true(tick(&l, &m));
        m.wall -= USEC_PER_SEC + 1;
        assert_true(tick(&l, &m));
        m.wall += USEC_PER_SEC; /* a leap second */
        assert_false(tick(&l, &m));
        machine_off(&m, MINUTE);
        assert_true(tick(&l, &m));
        assert_false(tick(&l, &m));
}

static void test_many_small_steps_are_a_large_one(void **state) {
        Machine m = machine_at(NOON);
        Lease l = lease_of_a_month(&m), disk = l;

        (void)state;
        for (int i = 0; i < 100000; i++) {
                m.wall += USEC_PER_SEC - 1;
                if (tick(&l, &m))
                        disk = l;
        }
        machine_off(&m, HOUR - 20 * USEC_PER_SEC);
        assert_in_range(
                left(&disk, &m), 30 * DAY - HOUR - USEC_PER_SEC, 30 * DAY - HOUR + USEC_PER_SEC);
}

static void test_a_boot_time_that_goes_back_changes_nothing(void **state) {
        Machine m = machine_at(NOON);
        Lease l = lease_of_a_month(&m), before = l;
        Moment now = machine_moment(&m);

        (void)state;
        now.boot_usec -= MINUTE;
        now.wall_usec += YEAR;
        assert_false(lease_tick(&l, &now));
        assert_memory_equal(&l, &before, sizeof(l));
        machine_run(&m, MINUTE);
        assert_int_equal(left(&l, &m), 30 * DAY - MINUTE);
}

static void test_wall_and_clock_are_each_others_inverse(void **state) {
        Machine m = machine_at(NOON);
        Lease l = lease_of_a_month(&m);

        (void)state;
        m.wall += YEAR;
        (void)tick(&l, &m);
        assert_int_equal(lease_wall(&l, l.clock.usec), m.wall);
        assert_int_equal(lease_clock(&l, m.wall), l.clock.usec);
        assert_int_equal(lease_clock(&l, lease_wall(&l, NOON + DAY)), NOON + DAY);
        assert_int_equal(lease_clock(&l, 0), 0);
        assert_int_equal(lease_wall(&l, UINT64_MAX), UINT64_MAX);
}

static uint64_t any_time(Random *r) {
        static const uint64_t edges[] = {0, 1, NOON, 4291747200000000ULL /* 2106 */, INT64_MAX,
                (uint64_t)INT64_MAX + 1, UINT64_MAX - 1, UINT64_MAX};

        return random_once_in(r, 3) ? random_next(r)
                                    : edges[random_below(r, sizeof(edges) / sizeof(edges[0]))];
}

static void test_clocks_of_any_value_never_set_it_back(void **state) {
        Random r = random_start(5);
        Moment now = {.boot = "0"};
        Lease l;

        (void)state;
        for (int i = 0; i < 20000; i++) {
                uint64_t before;

                if (i % 20 == 0) {
                        now.wall_usec = any_time(&r);
                        lease_init(&l, 1000, 0, &now);
                        (void)lease_hold(&l, NULL, 0, NULL, 0, any_time(&r));
                }
                before = l.clock.usec;
                now = (Moment){.boot = {(char)('0' + (int)random_below(&r, 2)), '\0'},
                        .boot_usec = any_time(&r),
                        .wall_usec = any_time(&r)};
                (void)lease_tick(&l, &now);
                assert_true(l.clock.usec >= before);
                (void)lease_hold(&l, NULL, 0, NULL, 0, any_time(&r));
                (void)lease_request_release(&l);
                assert_true(lease_next(&l) > l.clock.usec || lease_next(&l) == UINT64_MAX);
        }
}

/* --- the property ---------------------------------------------------------------------------- */

typedef struct Run {
        Machine m;
        Lease lease, disk; /* in memory, and as it was last written */
        uint64_t off, on;  /* since it began */
        uint64_t on_kept;  /* of which was running when it was last written */
        uint64_t allowed;  /* by how much small unwritten steps can be mistaken for time off */
        bool stepped;
} Run;

static void run_look(Run *run) {
        if (tick(&run->lease, &run->m)) {
                run->disk = run->lease;
                run->on_kept = run->on;
        }
}

static void run_step(Run *run, Random *r) {
        static const uint64_t sizes[] = {USEC_PER_SEC, HOUR, 40 * DAY, YEAR, 60 * YEAR};
        uint64_t by = random_below(r, sizes[random_below(r, 5)]), before;

        run_look(run);
        before = run->lease.clock.usec;
        if (random_once_in(r, 6))
                run->m.wall = random_below(r, HOUR); /* as if the battery were dead */
        else if (random_once_in(r, 3))
                run->m.wall = run->m.time;
        else if (random_once_in(r, 2))
                run->m.wall += by;
        else
                run->m.wall -= MIN(by, run->m.wall);
        run_look(run);
        assert_int_equal(run->lease.clock.usec, before);
        run->stepped = true;
}

static void run_off(Run *run, Random *r) {
        uint64_t usec = random_below(r, random_once_in(r, 2) ? 10 * DAY : HOUR);

        if (random_once_in(r, 2))
                run_look(run);
        machine_off(&run->m, usec);
        run->off += usec;
        /* what was not written is lost */
        run->on = run->on_kept + 20 * USEC_PER_SEC;
        run->lease = run->disk;
        run->lease.clock.kept_usec = run->lease.clock.usec;
        run->allowed += USEC_PER_SEC;
        run_look(run);
}

static void run_check(const Run *run, uint64_t start) {
        uint64_t counted = run->lease.clock.usec - NOON, elapsed = run->m.time - start;

        /* it never ends before the time has truly passed, nor later than the time it ran */
        assert_true(counted <= elapsed + run->allowed);
        assert_true(counted >= run->on);
        if (!run->stepped)
                assert_int_equal(counted, elapsed);
        assert_true(lease_locked(&run->lease) == (counted < 30 * DAY));
}

static void test_random_lives_of_a_machine_end_a_lease_neither_early_nor_late(void **state) {
        Random r = random_start(20261129);

        (void)state;
        for (int i = 0; i < 3000; i++) {
                Run run = {.m = machine_at(NOON)};
                bool steps = !random_once_in(&r, 4);

                run.disk = run.lease = lease_of_a_month(&run.m);
                for (int k = 0; k < 60; k++) {
                        uint64_t usec = random_below(&r, 20 * HOUR);

                        switch (random_below(&r, 4)) {
                        case 0:
                                if (steps)
                                        run_step(&run, &r);
                                break;
                        case 1: run_off(&run, &r); break;
                        default: /* it runs or sleeps */ machine_run(&run.m, usec); run.on += usec;
                        }
                        if (random_once_in(&r, 2))
                                continue;
                        run_look(&run);
                        run_check(&run, NOON);
                }
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_a_month_is_over_after_a_month_and_not_before),
                cmocka_unit_test(test_a_year_forward_is_not_credited),
                cmocka_unit_test(test_a_year_forward_is_not_credited_in_the_next_boot_either),
                cmocka_unit_test(test_a_year_forward_and_back_is_nothing),
                cmocka_unit_test(test_a_year_back_neither_lengthens_nor_shortens),
                cmocka_unit_test(test_a_year_back_over_a_reboot_ends_with_the_time_it_runs),
                cmocka_unit_test(test_a_year_back_set_right_while_off_counts_the_time_off),
                cmocka_unit_test(test_eight_hours_of_suspend_count),
                cmocka_unit_test(test_a_reboot_counts_the_time_off),
                cmocka_unit_test(test_a_power_cut_long_after_the_last_look_loses_nothing),
                cmocka_unit_test(test_a_clock_dead_at_1970_credits_no_time_off),
                cmocka_unit_test(test_a_dead_clock_set_right_by_the_network_is_not_credited),
                cmocka_unit_test(
                        test_a_promise_made_at_1970_is_no_longer_when_the_clock_is_set_right),
                cmocka_unit_test(test_a_clock_dead_at_every_boot_still_comes_to_the_end),
                cmocka_unit_test(test_the_change_to_summer_time_is_nothing),
                cmocka_unit_test(test_the_change_from_summer_time_is_nothing),
                cmocka_unit_test(test_a_flight_from_auckland_to_honolulu_is_nothing),
                cmocka_unit_test(test_a_clock_kept_in_local_time_on_that_flight_is_a_step),
                cmocka_unit_test(test_it_is_written_for_a_boot_a_step_or_ten_minutes),
                cmocka_unit_test(test_many_small_steps_are_a_large_one),
                cmocka_unit_test(test_a_boot_time_that_goes_back_changes_nothing),
                cmocka_unit_test(test_wall_and_clock_are_each_others_inverse),
                cmocka_unit_test(test_clocks_of_any_value_never_set_it_back),
                cmocka_unit_test(test_random_lives_of_a_machine_end_a_lease_neither_early_nor_late),
        };

        return cmocka_run_group_tests_name("lease-clock", tests, NULL, NULL);
}
