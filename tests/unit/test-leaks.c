/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Which sightings are one, and what lies in the spool afterwards. */

#include "common/file.h"
#include "core/held.h"
#include "daemon/leaks.h"
#include "unit/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define NOON 1795953600000000ULL

static const Notice hello = {
        .app = "Messenger", .desktop_entry = "messenger", .summary = "Alex Doe", .body = "hello"};
static const Notice other = {
        .app = "Messenger", .desktop_entry = "messenger", .summary = "Alex Doe", .body = "hell"};

static void test_the_next_hop_is_the_same(void **state) {
        Leaks l = {0};

        (void)state;
        assert_true(leaks_is_new(&l, &hello, ":1.5", NOON));
        assert_false(leaks_is_new(&l, &hello, ":1.6", NOON + 1));
        assert_false(leaks_is_new(&l, &hello, ":1.55", NOON + LEAKS_TWIN_USEC - 1));
}

static void test_the_same_sender_again_is_another(void **state) {
        Leaks l = {0};

        (void)state;
        assert_true(leaks_is_new(&l, &hello, ":1.5", NOON));
        assert_true(leaks_is_new(&l, &hello, ":1.5", NOON + 1));
}

static void test_later_or_with_other_words_is_another(void **state) {
        Leaks l = {0};

        (void)state;
        assert_true(leaks_is_new(&l, &hello, ":1.5", NOON));
        assert_true(leaks_is_new(&l, &other, ":1.6", NOON + 1));
        assert_true(leaks_is_new(&l, &hello, ":1.6", NOON + LEAKS_TWIN_USEC));
        /* the clock went back */
        assert_true(leaks_is_new(&l, &hello, ":1.7", NOON - LEAKS_TWIN_USEC));
}

static void test_where_a_text_ends_counts(void **state) {
        static const Notice a = {.app = "", .desktop_entry = "", .summary = "ab", .body = "c"};
        static const Notice b = {.app = "", .desktop_entry = "", .summary = "a", .body = "bc"};
        Leaks l = {0};

        (void)state;
        assert_true(leaks_is_new(&l, &a, ":1.5", NOON));
        assert_true(leaks_is_new(&l, &b, ":1.6", NOON));
}

static void test_a_leak_is_a_held_file(void **state) {
        _cleanup_free_ char *dir = strdup("/tmp/nocontact-leaks-XXXXXX"), *spool = NULL;
        char person[UID_SPACE] = "0123456789abcdef0123456789abcdef";
        json_t *more = json_pack("{s:[s], s:{}}", "actions", "default", "hints");
        struct dirent *entry;
        unsigned n = 0;
        DIR *folder;

        (void)state;
        assert_non_null(mkdtemp(dir));
        spool = path_join(dir, HELD_SPOOL);
        assert_int_equal(leaks_write(dir, NOON, person, "name", &hello, more), 0);
        json_decref(more);

        folder = opendir(spool);
        assert_non_null(folder);
        while ((entry = readdir(folder))) {
                FileMap map;
                Held h;

                if (entry->d_name[0] == '.')
                        continue;
                n++;
                assert_int_equal(file_map(dirfd(folder), entry->d_name, 1 << 20, &map), 0);
                assert_int_equal(held_read(map.data, map.len, &h), 0);
                assert_string_equal(h.id, entry->d_name);
                assert_true(h.leaked);
                assert_int_equal(h.at_usec, NOON);
                assert_string_equal(h.person, person);
                assert_string_equal(h.source, "monitor");
                assert_string_equal(h.via, "name");
                assert_string_equal(h.summary, "Alex Doe");
                assert_string_equal(h.body, "hello");
                assert_int_equal(json_array_size(json_object_get(h.more, "actions")), 1);
                assert_int_equal(h.message_len, 0);
                held_done(&h);
                file_map_done(&map);
                assert_int_equal(unlinkat(dirfd(folder), entry->d_name, 0), 0);
        }
        assert_int_equal(n, 1);
        (void)closedir(folder);
        assert_int_equal(rmdir(spool), 0);
        assert_int_equal(rmdir(dir), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_the_next_hop_is_the_same),
                cmocka_unit_test(test_the_same_sender_again_is_another),
                cmocka_unit_test(test_later_or_with_other_words_is_another),
                cmocka_unit_test(test_where_a_text_ends_counts),
                cmocka_unit_test(test_a_leak_is_a_held_file),
        };
        return cmocka_run_group_tests_name("leaks", tests, NULL, NULL);
}
