/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What a terminal is given: nothing that steers it, and no more columns than it has. */

#include "cli/printable.h"
#include "unit/test.h"

#include <jansson.h>
#include <locale.h>

static void shows(const char *text, const char *wanted) {
        _cleanup_(buffer_done) Buffer b = {0};

        assert_int_equal(printable_add(&b, text), 0);
        assert_string_equal(b.data ? b.data : "", wanted);
}

static void test_plain_text_stays_as_it_is(void **state) {
        (void)state;
        shows("", "");
        shows("Alex Doe", "Alex Doe");
        shows("Zoë, 李, 🙂", "Zoë, 李, 🙂");
        shows("back\\slash", "back\\slash");
}

static void test_escape_sequences_are_shown_and_not_sent(void **state) {
        (void)state;
        shows("\x1b[31mred", "\\x1b[31mred");
        shows("\x07\x7f", "\\x07\\x7f");
        /* CSI as one C1 character, and as one byte that is no UTF-8 */
        shows("\xc2\x9b"
              "31m",
                "\\x9b31m");
        shows("\x9b"
              "31m",
                "\\x9b31m");
}

static void test_a_line_stays_one_line(void **state) {
        (void)state;
        shows("one\ntwo\tthree\rfour", "one two three four");
        shows("one\xe2\x80\xa8two", "one\\u2028two");
}

static void test_marks_that_turn_the_direction_are_shown(void **state) {
        (void)state;
        shows("a\xe2\x80\xae"
              "b",
                "a\\u202eb");
        shows("\xe2\x81\xa6", "\\u2066");
}

static void test_broken_utf8_is_shown_byte_by_byte(void **state) {
        (void)state;
        shows("a\xc3", "a\\xc3");
        shows("a\xe2\x80z", "a\\xe2\\x80z");
        shows("\xff\xfe", "\\xff\\xfe");
        assert_false(printable_valid("a\xc3"));
        assert_false(printable_valid("\xed\xa0\x80")); /* half of a UTF-16 pair */
        assert_true(printable_valid("Zoë 🙂"));
        assert_true(printable_valid(""));
}

static void test_json_keeps_its_meaning_and_loses_its_teeth(void **state) {
        _cleanup_(buffer_done) Buffer b = {0};
        const char *text = "\x1b[31m \xc2\x9b \x7f \xe2\x80\xae é";
        json_t *json = json_pack("{s:s}", "note", text), *again;
        _cleanup_free_ char *raw = json_dumps(json, JSON_INDENT(2));

        (void)state;
        assert_int_equal(printable_add_json(&b, raw), 0);
        for (size_t i = 0; i < b.len; i++)
                assert_true(b.data[i] == '\n' || (unsigned char)b.data[i] >= 0x20);
        assert_null(strstr(b.data, "\xc2\x9b"));
        assert_null(strstr(b.data, "\x7f"));
        assert_null(strstr(b.data, "\xe2\x80\xae"));
        again = json_loads(b.data, 0, NULL);
        assert_non_null(again);
        assert_string_equal(json_string_value(json_object_get(again, "note")), text);
        json_decref(again);
        json_decref(json);
}

static void test_width_is_counted_in_columns(void **state) {
        (void)state;
        assert_int_equal(printable_width(""), 0);
        assert_int_equal(printable_width("Zoë"), 3);
        assert_int_equal(printable_width("李"), 2);
        assert_int_equal(printable_width("e\xcc\x81"), 1); /* e and a combining accent */
}

static void test_a_cut_never_splits_a_character(void **state) {
        (void)state;
        assert_int_equal(printable_fit("Zoë", 2), 2);
        assert_int_equal(printable_fit("Zoë", 3), 4);
        assert_int_equal(printable_fit("李李", 3), 3);
        assert_int_equal(printable_fit("李李", 1), 0);
        assert_int_equal(printable_fit("e\xcc\x81x", 1), 3);
        assert_int_equal(printable_fit("abc", 9), 3);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_plain_text_stays_as_it_is),
                cmocka_unit_test(test_escape_sequences_are_shown_and_not_sent),
                cmocka_unit_test(test_a_line_stays_one_line),
                cmocka_unit_test(test_marks_that_turn_the_direction_are_shown),
                cmocka_unit_test(test_broken_utf8_is_shown_byte_by_byte),
                cmocka_unit_test(test_json_keeps_its_meaning_and_loses_its_teeth),
                cmocka_unit_test(test_width_is_counted_in_columns),
                cmocka_unit_test(test_a_cut_never_splits_a_character),
        };

        if (!setlocale(LC_CTYPE, "C.UTF-8"))
                return 1;
        return cmocka_run_group_tests_name("printable", tests, NULL, NULL);
}
