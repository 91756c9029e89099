/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Growing strings and arrays, and what they do when memory cannot be had. */

#include "common/array.h"
#include "common/buffer.h"
#include "unit/random.h"
#include "unit/test.h"

#include <errno.h>

static void test_an_empty_buffer_gives_an_empty_string(void **state) {
        Buffer b = {0};
        _cleanup_free_ char *text = buffer_take(&b);

        (void)state;
        assert_string_equal(text, "");
        assert_null(b.data);
}

static void test_appends_join_and_stay_terminated(void **state) {
        _cleanup_(buffer_done) Buffer b = {0};

        (void)state;
        assert_int_equal(buffer_puts(&b, "one"), 0);
        assert_int_equal(buffer_putc(&b, ','), 0);
        assert_int_equal(buffer_printf(&b, " %d and %s", 2, "three"), 0);
        assert_int_equal(buffer_add(&b, "\0x", 2), 0);
        assert_int_equal(b.len, strlen("one, 2 and three") + 2);
        assert_memory_equal(b.data, "one, 2 and three\0x", b.len + 1);
}

static void test_what_is_taken_is_the_callers(void **state) {
        _cleanup_(buffer_done) Buffer b = {0};
        _cleanup_free_ char *first = NULL, *second = NULL;

        (void)state;
        (void)buffer_puts(&b, "first");
        first = buffer_take(&b);
        (void)buffer_puts(&b, "second");
        second = buffer_take(&b);
        assert_string_equal(first, "first");
        assert_string_equal(second, "second");
}

static void test_cutting_shortens_and_never_lengthens(void **state) {
        _cleanup_(buffer_done) Buffer b = {0};

        (void)state;
        buffer_cut(&b, 0);
        (void)buffer_puts(&b, "Alex");
        buffer_cut(&b, 9);
        assert_string_equal(b.data, "Alex");
        buffer_cut(&b, 2);
        assert_string_equal(b.data, "Al");
        (void)buffer_puts(&b, "ice");
        assert_string_equal(b.data, "Alice");
}

static void test_a_failure_sticks_until_the_end(void **state) {
        _cleanup_(buffer_done) Buffer b = {0};

        (void)state;
        (void)buffer_puts(&b, "kept");
        assert_int_equal(buffer_add(&b, "", SIZE_MAX - 2), -ENOMEM);
        assert_int_equal(buffer_puts(&b, "more"), -ENOMEM);
        assert_int_equal(buffer_printf(&b, "%d", 1), -ENOMEM);
        assert_null(buffer_take(&b));
        assert_int_equal(buffer_puts(&b, "again"), 0);
        assert_string_equal(b.data, "again");
}

static void test_random_appends_equal_one_long_text(void **state) {
        enum { LEN = 20000 };
        _cleanup_free_ char *whole = malloc(LEN + 1);
        Random r = random_start(3);

        (void)state;
        assert_non_null(whole);
        for (int round = 0; round < 20; round++) {
                _cleanup_(buffer_done) Buffer b = {0};

                for (size_t i = 0; i < LEN; i++)
                        whole[i] = (char)('a' + random_below(&r, 26));
                whole[LEN] = '\0';
                for (size_t at = 0; at < LEN;) {
                        size_t n = MIN((size_t)random_below(&r, 300), LEN - at);

                        if (random_once_in(&r, 2))
                                assert_int_equal(buffer_add(&b, whole + at, n), 0);
                        else
                                assert_int_equal(buffer_printf(&b, "%.*s", (int)n, whole + at), 0);
                        at += n;
                        assert_int_equal(b.len, at);
                }
                assert_string_equal(b.data, whole);
        }
}

static void test_an_array_grows_and_keeps_its_elements(void **state) {
        size_t space = 0;
        int *items = NULL;

        (void)state;
        assert_int_equal(ARRAY_RESERVE(items, space, 0), 0);
        assert_null(items);
        for (int i = 0; i < 1000; i++) {
                assert_int_equal(ARRAY_RESERVE(items, space, (size_t)i + 1), 0);
                assert_true(space > (size_t)i);
                items[i] = i;
        }
        for (int i = 0; i < 1000; i++)
                assert_int_equal(items[i], i);
        free(items);
}

static void test_an_array_that_cannot_grow_is_unchanged(void **state) {
        size_t space = 0;
        int *items = NULL, *before;

        (void)state;
        assert_int_equal(ARRAY_RESERVE(items, space, 1), 0);
        items[0] = 7;
        before = items;
#ifndef __SANITIZE_ADDRESS__ /* which ends a program that asks for so much */
        assert_int_equal(ARRAY_RESERVE(items, space, SIZE_MAX / 2), -ENOMEM);
#endif
        assert_ptr_equal(items, before);
        assert_int_equal(space, 8);
        assert_int_equal(items[0], 7);
        free(items);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_an_empty_buffer_gives_an_empty_string),
                cmocka_unit_test(test_appends_join_and_stay_terminated),
                cmocka_unit_test(test_what_is_taken_is_the_callers),
                cmocka_unit_test(test_cutting_shortens_and_never_lengthens),
                cmocka_unit_test(test_a_failure_sticks_until_the_end),
                cmocka_unit_test(test_random_appends_equal_one_long_text),
                cmocka_unit_test(test_an_array_grows_and_keeps_its_elements),
                cmocka_unit_test(test_an_array_that_cannot_grow_is_unchanged),
        };
        return cmocka_run_group_tests_name("buffer", tests, NULL, NULL);
}
