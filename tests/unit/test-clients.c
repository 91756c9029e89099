/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Whom an id belongs to: owners change, clients leave, and the memory is bounded. */

#include "relay/clients.h"
#include "unit/test.h"

#include <stdio.h>

static int setup(void **state) {
        Clients *c = clients_new();

        *state = c;
        if (!c)
                return -1;
        assert_int_equal(clients_set_pid(c, ":1.1", 100), 0);
        return clients_set_pid(c, ":1.2", 200);
}

static int teardown(void **state) {
        (void)clients_free(*state);
        return 0;
}

static void assert_owner(const Clients *c, uint32_t id, const char *expected) {
        const char *owner = clients_owner(c, id);

        if (!expected) {
                assert_null(owner);
                return;
        }
        assert_non_null(owner);
        assert_string_equal(owner, expected);
}

static void test_a_process_is_known_until_its_client_leaves(void **state) {
        Clients *c = *state;

        assert_int_equal(clients_pid(c, ":1.1"), 100);
        assert_int_equal(clients_pid(c, ":1.3"), 0);
        assert_int_equal(clients_set_pid(c, ":1.1", 101), 0);
        assert_int_equal(clients_pid(c, ":1.1"), 101);
        assert_int_equal(clients_count(c), 2);
        clients_drop(c, ":1.1");
        clients_drop(c, ":1.3");
        assert_int_equal(clients_pid(c, ":1.1"), 0);
        assert_int_equal(clients_pid(c, ":1.2"), 200);
        assert_int_equal(clients_count(c), 1);
}

static void test_an_id_has_one_owner(void **state) {
        static const uint32_t ids[] = {5, 1, 9, 3, 7};
        Clients *c = *state;

        for (size_t i = 0; i < ARRAY_LEN(ids); i++)
                assert_int_equal(clients_add_id(c, i % 2 ? ":1.1" : ":1.2", ids[i]), 0);
        for (size_t i = 0; i < ARRAY_LEN(ids); i++)
                assert_owner(c, ids[i], i % 2 ? ":1.1" : ":1.2");
        assert_owner(c, 4, NULL);
        assert_int_equal(clients_add_id(c, ":1.1", 5), 0);
        assert_owner(c, 5, ":1.1");
        assert_int_equal(clients_count_ids(c), 5);
        clients_drop_id(c, 5);
        clients_drop_id(c, 6);
        assert_owner(c, 5, NULL);
        assert_owner(c, 7, ":1.2");
        clients_drop_ids(c);
        assert_int_equal(clients_count_ids(c), 0);
        assert_int_equal(clients_count(c), 2);
}

static void test_who_leaves_takes_the_ids_along(void **state) {
        Clients *c = *state;

        for (uint32_t id = 1; id <= 100; id++)
                assert_int_equal(clients_add_id(c, id % 3 ? ":1.1" : ":1.2", id), 0);
        /* the second one's place in the list changes */
        clients_drop(c, ":1.1");
        assert_int_equal(clients_count_ids(c), 33);
        for (uint32_t id = 1; id <= 100; id++)
                assert_owner(c, id, id % 3 ? NULL : ":1.2");
}

static void test_an_answer_that_comes_too_late_is_nobodys(void **state) {
        Clients *c = *state;

        assert_int_equal(clients_add_id(c, ":1.1", 1), 0);
        assert_int_equal(clients_add_id(c, ":1.9", 1), 0);
        assert_int_equal(clients_add_id(c, ":1.9", 2), 0);
        assert_owner(c, 1, NULL);
        assert_owner(c, 2, NULL);
}

static void test_the_oldest_ids_are_forgotten(void **state) {
        const uint32_t n = CLIENTS_IDS_MAX + 10;
        Clients *c = *state;

        for (uint32_t id = 1; id <= n; id++)
                assert_int_equal(clients_add_id(c, ":1.1", id), 0);
        assert_int_equal(clients_count_ids(c), CLIENTS_IDS_MAX);
        assert_owner(c, 10, NULL);
        assert_owner(c, 11, ":1.1");
        assert_owner(c, n, ":1.1");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(
                        test_a_process_is_known_until_its_client_leaves, setup, teardown),
                cmocka_unit_test_setup_teardown(test_an_id_has_one_owner, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        test_who_leaves_takes_the_ids_along, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        test_an_answer_that_comes_too_late_is_nobodys, setup, teardown),
                cmocka_unit_test_setup_teardown(test_the_oldest_ids_are_forgotten, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
