/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The promise: when it stands, when it holds, and how long a loosening waits. */

#include "common/macro.h"
#include "common/time.h"
#include "core/commitment.h"
#include "unit/random.h"
#include "unit/test.h"

#define BEGAN  1795953600000000ULL /* 2026-11-29T12:00:00Z */
#define DAY    USEC_PER_DAY
#define HOUR   (3600 * USEC_PER_SEC)
#define MINUTE (60 * USEC_PER_SEC)

static const Commitment month = {.began_usec = BEGAN, .ends_usec = BEGAN + 30 * DAY};
static const Commitment ended = {
        .began_usec = BEGAN, .ends_usec = BEGAN + 30 * DAY, .ended_usec = BEGAN + 5 * DAY};

static void test_stands_from_its_begin_until_the_user_ends_it(void **state) {
        Commitment none = {0};

        (void)state;
        assert_false(commitment_stands(&none));
        assert_true(commitment_stands(&month));
        assert_false(commitment_stands(&ended));
}

static void test_holds_to_the_last_microsecond(void **state) {
        (void)state;
        assert_true(commitment_locked(&month, BEGAN));
        assert_true(commitment_locked(&month, BEGAN + 30 * DAY - 1));
        assert_false(commitment_locked(&month, BEGAN + 30 * DAY));
        assert_false(commitment_locked(&ended, BEGAN + 6 * DAY));
        assert_false(commitment_locked(&(Commitment){0}, BEGAN));
}

static void test_holds_when_the_clock_is_set_before_its_begin(void **state) {
        (void)state;
        assert_true(commitment_locked(&month, BEGAN - DAY));
}

static void test_a_loosening_waits_a_day(void **state) {
        uint64_t now = BEGAN + 3 * DAY;

        (void)state;
        assert_int_equal(commitment_due(&month, BEGAN, now, DAY), now + 24 * HOUR);
}

static void test_it_waits_no_longer_than_the_promise(void **state) {
        uint64_t end = BEGAN + 30 * DAY;

        (void)state;
        assert_int_equal(commitment_due(&month, BEGAN, end - 24 * HOUR, DAY), end);
        assert_int_equal(commitment_due(&month, BEGAN, end - HOUR, DAY), end);
        assert_int_equal(commitment_due(&month, BEGAN, end, DAY), end);
        assert_int_equal(commitment_due(&month, BEGAN, end + DAY, DAY), end + DAY);
}

static void test_a_mistake_is_undone_within_ten_minutes(void **state) {
        uint64_t added = BEGAN + DAY;

        (void)state;
        assert_int_equal(commitment_due(&month, added, added, DAY), added);
        assert_int_equal(
                commitment_due(&month, added, added + 10 * MINUTE, DAY), added + 10 * MINUTE);
        assert_int_equal(commitment_due(&month, added, added + 10 * MINUTE + 1, DAY),
                added + 10 * MINUTE + 1 + 24 * HOUR);
}

static void test_a_clock_set_back_gives_no_grace(void **state) {
        uint64_t added = BEGAN + DAY;

        (void)state;
        assert_int_equal(commitment_due(&month, added, added - 1, DAY), added - 1 + 24 * HOUR);
}

static void test_nothing_waits_without_a_promise(void **state) {
        (void)state;
        assert_int_equal(commitment_due(&(Commitment){0}, 0, BEGAN, DAY), BEGAN);
        assert_int_equal(commitment_due(&ended, BEGAN, BEGAN + 6 * DAY, DAY), BEGAN + 6 * DAY);
}

static void test_an_extension_counts_from_the_end_or_from_now(void **state) {
        (void)state;
        assert_int_equal(commitment_extended(&month, 5, BEGAN + DAY), BEGAN + 35 * DAY);
        assert_int_equal(commitment_extended(&month, 5, BEGAN + 30 * DAY), BEGAN + 35 * DAY);
        assert_int_equal(commitment_extended(&month, 5, BEGAN + 40 * DAY), BEGAN + 45 * DAY);
        assert_int_equal(commitment_extended(&month, 3650, BEGAN), BEGAN + 3680 * DAY);
}

static void test_random_loosenings_wait_as_long_as_they_should(void **state) {
        Random r = random_start(1811);

        (void)state;
        for (int i = 0; i < 50000; i++) {
                uint64_t now = BEGAN - DAY + random_below(&r, 40 * DAY);
                uint64_t tightened = now - random_below(&r, 20 * MINUTE) + 2 * MINUTE;
                bool holds = now < month.ends_usec;
                bool grace = tightened <= now && now - tightened <= 10 * MINUTE;
                uint64_t due = commitment_due(&month, tightened, now, DAY);

                assert_true(due >= now);
                if (!holds || grace)
                        assert_int_equal(due, now);
                else
                        assert_true(due == month.ends_usec || due == now + DAY);
                assert_true(due <= MAX(now, month.ends_usec));
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_stands_from_its_begin_until_the_user_ends_it),
                cmocka_unit_test(test_holds_to_the_last_microsecond),
                cmocka_unit_test(test_holds_when_the_clock_is_set_before_its_begin),
                cmocka_unit_test(test_a_loosening_waits_a_day),
                cmocka_unit_test(test_it_waits_no_longer_than_the_promise),
                cmocka_unit_test(test_a_mistake_is_undone_within_ten_minutes),
                cmocka_unit_test(test_a_clock_set_back_gives_no_grace),
                cmocka_unit_test(test_nothing_waits_without_a_promise),
                cmocka_unit_test(test_an_extension_counts_from_the_end_or_from_now),
                cmocka_unit_test(test_random_loosenings_wait_as_long_as_they_should),
        };
        return cmocka_run_group_tests_name("commitment", tests, NULL, NULL);
}
