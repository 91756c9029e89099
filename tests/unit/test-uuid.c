/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The ids: their form, their time, and their order when the clock stands still or goes back. */

#include "common/uuid.h"
#include "unit/test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define NOW_USEC 1795953600000000ULL /* 2026-11-29T12:00:00Z */

/* The first 48 bits as hex, which is what `usec` gives. */
static void assert_time(const char *id, uint64_t usec) {
        char text[UUID_SPACE];

        (void)snprintf(text, sizeof(text), "%012llx", (unsigned long long)(usec / 1000));
        assert_memory_equal(id, text, 12);
}

static void assert_form(const char *id) {
        assert_int_equal(strlen(id), UUID_SPACE - 1);
        assert_int_equal(strspn(id, "0123456789abcdef"), UUID_SPACE - 1);
        assert_int_equal(id[12], '7');
        assert_non_null(strchr("89ab", id[16]));
}

static void test_carries_its_time_and_its_marks(void **state) {
        char id[UUID_SPACE], other[UUID_SPACE];

        (void)state;
        assert_int_equal(uuid_v7(NOW_USEC, id), 0);
        assert_form(id);
        assert_time(id, NOW_USEC);
        assert_int_equal(uuid_v7(NOW_USEC, other), 0);
        assert_string_not_equal(id, other);
}

static void test_the_first_needs_none_before_it(void **state) {
        char id[UUID_SPACE];

        (void)state;
        assert_int_equal(uuid_v7_after(NOW_USEC, NULL, id), 0);
        assert_form(id);
        assert_time(id, NOW_USEC);
}

static void test_sorts_within_one_millisecond(void **state) {
        char last[UUID_SPACE], id[UUID_SPACE];

        (void)state;
        assert_int_equal(uuid_v7(NOW_USEC, last), 0);
        for (int i = 0; i < 100000; i++) {
                assert_int_equal(uuid_v7_after(NOW_USEC, last, id), 0);
                assert_form(id);
                assert_true(strcmp(id, last) > 0);
                memcpy(last, id, sizeof(last));
        }
        assert_time(last, NOW_USEC);
}

static void test_sorts_when_the_clock_goes_back(void **state) {
        char last[UUID_SPACE], id[UUID_SPACE];

        (void)state;
        assert_int_equal(uuid_v7(NOW_USEC, last), 0);
        assert_int_equal(uuid_v7_after(NOW_USEC - 3600000000ULL, last, id), 0);
        assert_true(strcmp(id, last) > 0);
        assert_time(id, NOW_USEC);
        assert_int_equal(uuid_v7_after(0, last, id), 0);
        assert_true(strcmp(id, last) > 0);
}

static void test_takes_the_new_time_when_it_is_later(void **state) {
        char last[UUID_SPACE], id[UUID_SPACE];

        (void)state;
        assert_int_equal(uuid_v7(NOW_USEC, last), 0);
        assert_int_equal(uuid_v7_after(NOW_USEC + 1000, last, id), 0);
        assert_time(id, NOW_USEC + 1000);
        assert_true(strcmp(id, last) > 0);
}

static void test_carries_into_the_next_millisecond(void **state) {
        const char *last = "019ad0f2b8007fffbfffffffffffffff";
        char id[UUID_SPACE];

        (void)state;
        assert_int_equal(uuid_v7_after(0, last, id), 0);
        assert_form(id);
        assert_memory_equal(id, "019ad0f2b801", 12);
}

static void test_carries_across_the_variant_bits(void **state) {
        char id[UUID_SPACE];

        (void)state;
        assert_int_equal(uuid_v7_after(0, "019ad0f2b8007001bfffffffffffffff", id), 0);
        assert_form(id);
        assert_memory_equal(id, "019ad0f2b8007002", 16);
}

static void test_sorts_after_an_id_of_another_make(void **state) {
        const char *last = "019ad0f2b800ffffffffffffffffffff";
        char id[UUID_SPACE];

        (void)state;
        assert_int_equal(uuid_v7_after(0, last, id), 0);
        assert_form(id);
        assert_true(strcmp(id, last) > 0);
}

static void test_refuses_what_it_cannot_follow(void **state) {
        static const char *const wrong[] = {
                "",
                "019ad0f2b8007fffbffffffffffffff",
                "019ad0f2b8007fffbfffffffffffffff0",
                "019AD0F2B8007FFFBFFFFFFFFFFFFFFF",
                "019ad0f2-b800-7fff-bfff-fffffffff",
        };
        char id[UUID_SPACE] = "untouched";

        (void)state;
        for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
                assert_int_equal(uuid_v7_after(NOW_USEC, wrong[i], id), -EINVAL);
        assert_int_equal(uuid_v7_after(UINT64_MAX, NULL, id), -EINVAL);
        assert_int_equal(
                uuid_v7_after(NOW_USEC, "ffffffffffffffffffffffffffffffff", id), -EOVERFLOW);
        assert_string_equal(id, "untouched");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_carries_its_time_and_its_marks),
                cmocka_unit_test(test_the_first_needs_none_before_it),
                cmocka_unit_test(test_sorts_within_one_millisecond),
                cmocka_unit_test(test_sorts_when_the_clock_goes_back),
                cmocka_unit_test(test_takes_the_new_time_when_it_is_later),
                cmocka_unit_test(test_carries_into_the_next_millisecond),
                cmocka_unit_test(test_carries_across_the_variant_bits),
                cmocka_unit_test(test_sorts_after_an_id_of_another_make),
                cmocka_unit_test(test_refuses_what_it_cannot_follow),
        };
        return cmocka_run_group_tests_name("uuid", tests, NULL, NULL);
}
