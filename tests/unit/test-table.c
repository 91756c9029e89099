/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The hash table: look-up, duplicates, growth, keys with any byte in them. */

#include "common/table.h"
#include "unit/test.h"

#include <stdio.h>

static void test_finds_what_was_added(void **state) {
        _cleanup_(table_freep) Table *t = NULL;
        uint32_t value = 0;

        (void)state;
        assert_int_equal(table_new(&t), 0);
        assert_int_equal(table_add(t, "a\0b", 3, 7), 1);
        assert_int_equal(table_add(t, "a\0c", 3, 8), 1);
        assert_int_equal(table_find(t, "a\0c", 3, &value), 1);
        assert_int_equal(value, 8);
        assert_int_equal(table_find(t, "a", 1, &value), 0);
        assert_int_equal(value, 8); /* untouched */
}

static void test_keeps_the_first_of_two(void **state) {
        _cleanup_(table_freep) Table *t = NULL;
        uint32_t value = 0;

        (void)state;
        assert_int_equal(table_new(&t), 0);
        assert_int_equal(table_add(t, "key", 3, 1), 1);
        assert_int_equal(table_add(t, "key", 3, 2), 0);
        assert_int_equal(table_find(t, "key", 3, &value), 1);
        assert_int_equal(value, 1);
        assert_int_equal(table_size(t), 1);
}

static void test_grows(void **state) {
        _cleanup_(table_freep) Table *t = NULL;

        (void)state;
        assert_int_equal(table_new(&t), 0);
        for (uint32_t i = 0; i < 10000; i++) {
                char key[16];
                int n = snprintf(key, sizeof(key), "%u", i);

                assert_int_equal(table_add(t, key, (size_t)n, i), 1);
        }
        for (uint32_t i = 0; i < 10000; i++) {
                char key[16];
                int n = snprintf(key, sizeof(key), "%u", i);
                uint32_t value = 0;

                assert_int_equal(table_find(t, key, (size_t)n, &value), 1);
                assert_int_equal(value, i);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_finds_what_was_added),
                cmocka_unit_test(test_keeps_the_first_of_two),
                cmocka_unit_test(test_grows),
        };
        return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
