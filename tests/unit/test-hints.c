/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Whom the titles name: one hint for as long as they go on naming somebody. */

#include "daemon/hints.h"
#include "unit/test.h"

static void test_who_goes_on_being_named_is_one_hint(void **state) {
        Hints h = {0};

        (void)state;
        assert_string_equal(hints_person(&h, "firefox"), "");
        assert_false(hints_take(&h, "firefox", ""));
        assert_true(hints_take(&h, "firefox", "alex"));
        assert_false(hints_take(&h, "firefox", "alex"));
        assert_string_equal(hints_person(&h, "firefox"), "alex");
        /* somebody else, and each browser for itself */
        assert_true(hints_take(&h, "firefox", "sam"));
        assert_true(hints_take(&h, "chromium", "sam"));
        assert_string_equal(hints_person(&h, "firefox"), "sam");
        /* and again after another page */
        assert_false(hints_take(&h, "firefox", ""));
        assert_string_equal(hints_person(&h, "firefox"), "");
        assert_true(hints_take(&h, "firefox", "sam"));
}

static void test_more_browsers_than_are_known_do_no_harm(void **state) {
        static const char names[HINT_BROWSERS + 2][2] = {"a", "b", "c", "d", "e", "f", "g", "h",
                "i", "j", "k", "l", "m", "n", "o", "p", "q", "r"};
        Hints h = {0};

        (void)state;
        for (unsigned i = 0; i < HINT_BROWSERS + 2; i++)
                assert_int_equal(hints_take(&h, names[i], "alex"), i < HINT_BROWSERS);
        assert_string_equal(hints_person(&h, "r"), "");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_who_goes_on_being_named_is_one_hint),
                cmocka_unit_test(test_more_browsers_than_are_known_do_no_harm),
        };
        return cmocka_run_group_tests_name("hints", tests, NULL, NULL);
}
