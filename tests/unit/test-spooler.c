/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The spool on a disk that works; test-spooler-faults.sh has one that does not. */

#include "relay/spooler.h"

#include "unit/spool-fixture.h"

#include <errno.h>

static void put(const SpoolDir *d, const char *name, const char *head, const char *message) {
        _cleanup_(buffer_done) Buffer b = {0};

        assert_int_equal(buffer_puts(&b, head), 0);
        assert_int_equal(spooler_write(d->spool, name, &b, message, strlen(message)), 0);
}

static void assert_holds(const SpoolDir *d, const char *name, const char *bytes) {
        Buffer b = spool_dir_read(d, name);

        assert_int_equal(b.len, strlen(bytes));
        assert_memory_equal(b.data, bytes, b.len);
        buffer_done(&b);
}

static void test_a_file_is_whole_and_the_users_alone(void **state) {
        const SpoolDir *d = *state;
        _cleanup_free_ char *path = path_join(d->spool, "one");
        char last[256];
        struct stat st;

        put(d, "one", "{}\n", "message");
        assert_holds(d, "one", "{}\nmessage");
        assert_int_equal(spool_dir_count(d, last), 1);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
        assert_int_equal(stat(d->spool, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0700);
}

static void test_writing_it_again_does_no_harm(void **state) {
        const SpoolDir *d = *state;
        char last[256];

        put(d, "one", "{}\n", "message");
        put(d, "one", "{}\n", "message");
        assert_holds(d, "one", "{}\nmessage");
        assert_int_equal(spool_dir_count(d, last), 1);
}

static void test_what_was_left_unfinished_goes(void **state) {
        const SpoolDir *d = *state;
        char last[256];

        put(d, "one", "{}\n", "message");
        put(d, ".two", "{", "");
        assert_int_equal(spool_dir_count(d, last), 2);
        assert_int_equal(spooler_prepare(d->spool), 0);
        assert_int_equal(spool_dir_count(d, last), 1);
        assert_string_equal(last, "one");
}

static void test_a_file_in_the_folders_place_is_told(void **state) {
        const SpoolDir *d = *state;
        _cleanup_(buffer_done) Buffer b = {0};
        FILE *f = fopen(d->spool, "we");

        assert_non_null(f);
        (void)fclose(f);
        assert_int_equal(spooler_write(d->spool, "one", &b, "", 0), -ENOTDIR);
        assert_true(spooler_prepare(d->spool) < 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_a_file_is_whole_and_the_users_alone,
                        spool_dir_setup, spool_dir_teardown),
                cmocka_unit_test_setup_teardown(
                        test_writing_it_again_does_no_harm, spool_dir_setup, spool_dir_teardown),
                cmocka_unit_test_setup_teardown(
                        test_what_was_left_unfinished_goes, spool_dir_setup, spool_dir_teardown),
                cmocka_unit_test_setup_teardown(test_a_file_in_the_folders_place_is_told,
                        spool_dir_setup, spool_dir_teardown),
        };
        return cmocka_run_group_tests_name("spooler", tests, NULL, NULL);
}
