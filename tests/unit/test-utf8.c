/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Stepping through bytes: each is looked at once, and what is no character is told from what is. */

#include "core/utf8.h"

#include "unit/test.h"

static void test_a_step_is_a_character_or_one_byte(void **state) {
        static const struct {
                const char *bytes;
                size_t len, step;
                int32_t c;
        } cases[] = {
                {"a", 1, 1, 'a'}, {"\xc3\xbc", 2, 2, 0xfc}, {"\xe2\x82\xac", 3, 3, 0x20ac},
                {"\xf0\x9f\x99\x82", 4, 4, 0x1f642}, {"\xe2\x82\xac", 2, 1, -1}, /* cut short */
                {"\xff", 1, 1, -1},             /* never in UTF-8 */
                {"\xc0\xaf", 2, 1, -1},         /* longer than it need be */
                {"\xed\xa0\x80", 3, 1, -1},     /* half of a surrogate pair */
                {"\xf4\x90\x80\x80", 4, 1, -1}, /* past the last character */
        };

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                int32_t c = 0;

                assert_int_equal(utf8_next(cases[i].bytes, cases[i].len, &c), cases[i].step);
                assert_int_equal(c, cases[i].c);
        }
}

static void test_what_a_reader_sees(void **state) {
        (void)state;
        assert_true(utf8_visible('a'));
        assert_true(utf8_visible(' '));
        assert_true(utf8_visible(0x1f642));
        assert_false(utf8_visible('\n'));
        assert_false(utf8_visible(0x85));
        assert_false(utf8_visible(-1));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_a_step_is_a_character_or_one_byte),
                cmocka_unit_test(test_what_a_reader_sees),
        };
        return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
