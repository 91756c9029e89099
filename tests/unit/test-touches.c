/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "unit/test.h"

#include "common/time.h"
#include "core/judge.h"
#include "core/touches.h"

#include <stdio.h>

#define NOW (1790000000 * USEC_PER_SEC)

static void test_a_visit_that_knocked_was_stopped(void **state) {
        Touches t = {0};

        (void)state;
        assert_int_equal(touches_add(&t, "www.instagram.com", NOW), 0);
        assert_true(touches_near(&t, "https://www.instagram.com/alex.doe/", NOW));
        assert_true(touches_near(&t, "http://WWW.Instagram.com./x", NOW + JUDGE_TWIN_WINDOW_USEC));
        assert_true(touches_near(&t, "https://www.instagram.com/", NOW - JUDGE_TWIN_WINDOW_USEC));
        touches_done(&t);
}

static void test_another_host_or_time_is_another_visit(void **state) {
        Touches t = {0};

        (void)state;
        assert_false(touches_near(&t, "https://www.instagram.com/", NOW));
        assert_int_equal(touches_add(&t, "www.instagram.com", NOW), 0);
        assert_false(touches_near(&t, "https://instagram.com/", NOW));
        assert_false(
                touches_near(&t, "https://www.instagram.com/", NOW + JUDGE_TWIN_WINDOW_USEC + 1));
        assert_false(
                touches_near(&t, "https://www.instagram.com/", NOW - JUDGE_TWIN_WINDOW_USEC - 1));
        assert_false(touches_near(&t, "about:blank", NOW));
        touches_done(&t);
}

static void test_the_newest_of_a_host_counts(void **state) {
        Touches t = {0};

        (void)state;
        for (uint64_t i = 0; i < 1000; i++)
                assert_int_equal(touches_add(&t, "a.example.org", NOW + i * USEC_PER_SEC), 0);
        assert_true(touches_near(&t, "https://a.example.org/", NOW + 999 * USEC_PER_SEC));
        assert_false(touches_near(&t, "https://a.example.org/", NOW));
        touches_done(&t);
}

static void test_the_oldest_is_given_up(void **state) {
        Touches t = {0};
        char host[32], url[64];

        (void)state;
        for (int i = 0; i <= TOUCHES_KEPT; i++) {
                (void)snprintf(host, sizeof(host), "h%d.example.org", i);
                assert_int_equal(touches_add(&t, host, NOW), 0);
        }
        assert_false(touches_near(&t, "https://h0.example.org/", NOW));
        for (int i = 1; i <= TOUCHES_KEPT; i++) {
                (void)snprintf(url, sizeof(url), "https://h%d.example.org/", i);
                assert_true(touches_near(&t, url, NOW));
        }
        touches_done(&t);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_a_visit_that_knocked_was_stopped),
                cmocka_unit_test(test_another_host_or_time_is_another_visit),
                cmocka_unit_test(test_the_newest_of_a_host_counts),
                cmocka_unit_test(test_the_oldest_is_given_up),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
