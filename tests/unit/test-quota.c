/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The quota of exceptions: three, one comes back each day, and no clock gives more. */

#include "core/quota.h"

#include "common/macro.h"
#include "common/time.h"
#include "nocontact/bus-names.h"
#include "unit/random.h"

#define NOON 1795953600000000ULL /* 2026-11-29T12:00:00Z */
#define DAY  USEC_PER_DAY

static void test_it_is_full_at_first(void **state) {
        uint64_t next = 4711;

        (void)state;
        assert_int_equal(quota_left(0, NOON, &next), 3);
        assert_int_equal(next, 0);
}

static void test_one_comes_back_a_day_after_it_was_taken(void **state) {
        uint64_t full = quota_take(0, NOON), next;

        (void)state;
        assert_int_equal(quota_left(full, NOON, &next), 2);
        assert_int_equal(next, NOON + DAY);
        assert_int_equal(quota_left(full, NOON + DAY - 1, &next), 2);
        assert_int_equal(quota_left(full, NOON + DAY, &next), 3);
        assert_int_equal(next, 0);
}

static void test_three_at_once_come_back_one_by_one(void **state) {
        uint64_t full = quota_take(quota_take(quota_take(0, NOON), NOON), NOON), next;

        (void)state;
        assert_int_equal(quota_left(full, NOON, &next), 0);
        assert_int_equal(next, NOON + DAY);
        assert_int_equal(quota_left(full, NOON + DAY - 1, &next), 0);
        assert_int_equal(quota_left(full, NOON + DAY, &next), 1);
        assert_int_equal(next, NOON + 2 * DAY);
        assert_int_equal(quota_left(full, NOON + 2 * DAY, &next), 2);
        assert_int_equal(quota_left(full, NOON + 3 * DAY, &next), 3);
}

static void test_it_is_never_fuller_than_full(void **state) {
        uint64_t full = quota_take(0, NOON), next;

        (void)state;
        full = quota_take(full, NOON + 365 * DAY);
        assert_int_equal(quota_left(full, NOON + 365 * DAY, &next), 2);
}

static void test_a_clock_set_back_gives_nothing_back(void **state) {
        uint64_t full = quota_take(quota_take(0, NOON), NOON), next;

        (void)state;
        assert_int_equal(quota_left(full, NOON, &next), 1);
        for (uint64_t back = 1; back < 400 * DAY; back = back * 3 + 1)
                assert_true(quota_left(full, NOON - back, &next) <= 1);
        assert_int_equal(quota_left(full, 0, &next), 0);
}

static void test_the_ends_of_time_are_no_overflow(void **state) {
        uint64_t next, full = quota_take(UINT64_MAX, UINT64_MAX);

        (void)state;
        assert_int_equal(full, INT64_MAX);
        assert_int_equal(quota_take(full, 0), INT64_MAX);
        assert_int_equal(quota_left(full, NOON, &next), 0);
        assert_true(next > NOON && next <= full);
        assert_int_equal(quota_left(UINT64_MAX, 0, &next), 0);
}

/* A bucket written down plainly: tokens and a fraction that grows with time. */
static void test_random_takings_agree_with_a_plain_bucket(void **state) {
        uint64_t content = NC_EXCEPTIONS * DAY, now = NOON, full = 0, next;
        Random r = random_start(1312);

        (void)state;
        for (int i = 0; i < 100000; i++) {
                uint64_t step = random_below(&r, random_once_in(&r, 2) ? DAY / 8 : 2 * DAY);

                now += step;
                content = MIN(content + step, NC_EXCEPTIONS * DAY);
                assert_int_equal(quota_left(full, now, &next), content / DAY);
                if (content < NC_EXCEPTIONS * DAY)
                        assert_int_equal(next, now + DAY - content % DAY);
                else
                        assert_int_equal(next, 0);
                if (content >= DAY) {
                        content -= DAY;
                        full = quota_take(full, now);
                }
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_it_is_full_at_first),
                cmocka_unit_test(test_one_comes_back_a_day_after_it_was_taken),
                cmocka_unit_test(test_three_at_once_come_back_one_by_one),
                cmocka_unit_test(test_it_is_never_fuller_than_full),
                cmocka_unit_test(test_a_clock_set_back_gives_nothing_back),
                cmocka_unit_test(test_the_ends_of_time_are_no_overflow),
                cmocka_unit_test(test_random_takings_agree_with_a_plain_bucket),
        };
        return cmocka_run_group_tests_name("quota", tests, NULL, NULL);
}
