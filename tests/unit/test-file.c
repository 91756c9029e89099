/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Private folders, paths, and times as text. */

#include "common/file.h"
#include "common/time.h"
#include "unit/full-disk.h"
#include "unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#define NOON 1795953600000000ULL /* 2026-11-29T12:00:00Z */

static int folder_setup(void **state) {
        char *dir = strdup("/tmp/nocontact-file-XXXXXX");

        if (!dir || !mkdtemp(dir))
                return -1;
        *state = dir;
        return 0;
}

static int folder_teardown(void **state) {
        static const char *const names[] = {"a/b/c", "a/b", "a", "plain", "link", ""};

        for (size_t i = 0; i < ARRAY_LEN(names); i++) {
                _cleanup_free_ char *path = path_join(*state, names[i]);

                (void)remove(path);
        }
        free(*state);
        return 0;
}

static unsigned mode_of(const char *path) {
        struct stat st;

        assert_int_equal(stat(path, &st), 0);
        return st.st_mode & 07777;
}

static void test_a_folder_is_made_with_its_parents_and_private(void **state) {
        _cleanup_free_ char *path = path_join(*state, "a/b/c"), *parent = path_join(*state, "a/b");
        mode_t mask = umask(0);
        int r = folder_make_private(path);

        (void)umask(mask);
        assert_int_equal(r, 0);
        assert_int_equal(mode_of(path), 0700);
        assert_int_equal(mode_of(parent), 0700);
        assert_int_equal(folder_make_private(path), 0);
}

static void test_an_open_folder_is_closed_to_others(void **state) {
        _cleanup_free_ char *path = path_join(*state, "a");

        assert_int_equal(mkdir(path, 0700), 0);
        assert_int_equal(chmod(path, 01777), 0);
        assert_int_equal(folder_make_private(path), 0);
        assert_int_equal(mode_of(path), 0700);
}

static void test_a_file_is_no_folder(void **state) {
        _cleanup_free_ char *path = path_join(*state, "plain"),
                            *below = path_join(*state, "plain/a");
        _cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0640);

        assert_true(fd >= 0);
        assert_int_equal(folder_make_private(path), -ENOTDIR);
        assert_int_equal(folder_make_private(below), -ENOTDIR);
        assert_int_equal(mode_of(path), 0640);
}

static void test_a_strangers_folder_is_refused_and_left_alone(void **state) {
        _cleanup_free_ char *path = path_join(*state, "a");

        if (geteuid() != 0)
                return; /* only root can give a folder away */
        assert_int_equal(mkdir(path, 0700), 0);
        assert_int_equal(chmod(path, 0755), 0);
        assert_int_equal(chown(path, 65534, 65534), 0);
        assert_int_equal(folder_make_private(path), -EPERM);
        assert_int_equal(mode_of(path), 0755);
}

static void test_paths_are_joined_with_one_slash(void **state) {
        static const char *const joins[][3] = {
                {"/a", "b", "/a/b"},
                {"/a/", "b", "/a/b"},
                {"/a//", "b/c", "/a/b/c"},
                {"/", "b", "/b"},
                {"a", "b", "a/b"},
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(joins); i++) {
                _cleanup_free_ char *path = path_join(joins[i][0], joins[i][1]);

                assert_string_equal(path, joins[i][2]);
        }
}

/* --- times ----------------------------------------------------------------------------------- */

static void set_zone(const char *zone) {
        assert_int_equal(setenv("TZ", zone, 1), 0);
}

static void test_utc_is_the_same_everywhere(void **state) {
        char text[TIME_TEXT_SPACE];

        (void)state;
        set_zone("IST-5:30");
        assert_string_equal(time_format_utc(text, sizeof(text), NOON), "2026-11-29T12:00:00Z");
        assert_string_equal(
                time_format_utc(text, sizeof(text), NOON + 999999), "2026-11-29T12:00:00Z");
        assert_string_equal(time_format_utc(text, sizeof(text), 0), "1970-01-01T00:00:00Z");
        assert_non_null(strchr(time_format_utc(text, sizeof(text), UINT64_MAX), 'Z'));
}

static void test_the_zone_is_that_of_the_moment(void **state) {
        const uint64_t summer = NOON - 150 * USEC_PER_DAY;

        (void)state;
        set_zone("CET-1CEST,M3.5.0,M10.5.0/3");
        assert_int_equal(time_zone_minutes(NOON), 60);
        assert_int_equal(time_zone_minutes(summer), 120);
}

static void test_the_zone_follows_a_traveller(void **state) {
        char text[TIME_TEXT_SPACE];

        (void)state;
        set_zone("IST-5:30");
        assert_int_equal(time_zone_minutes(NOON), 330);
        set_zone("NST3:30NDT,M3.2.0,M11.1.0");
        assert_int_equal(time_zone_minutes(NOON), -210);
        assert_string_equal(time_format_local(text, sizeof(text), NOON), "2026-11-29 08:30");
        set_zone("IST-5:30");
        assert_string_equal(time_format_local(text, sizeof(text), NOON), "2026-11-29 17:30");
        set_zone("UTC0");
        assert_int_equal(time_zone_minutes(NOON), 0);
}

static void test_a_file_is_replaced_whole_and_private(void **state) {
        _cleanup_free_ char *path = path_join(*state, "plain");
        _cleanup_close_ int folder = open(*state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        _cleanup_(file_map_done) FileMap map = {0}, older = {0};
        mode_t mask = umask(0);

        assert_int_equal(file_replace(*state, "plain", "one", 3), 0);
        (void)umask(mask);
        assert_int_equal(mode_of(path), 0600);
        assert_int_equal(file_map(folder, "plain", 100, &older), 0);
        assert_int_equal(file_replace(*state, "plain", "the other", 9), 0);
        assert_int_equal(file_map(folder, "plain", 100, &map), 0);
        assert_int_equal(map.len, 9);
        assert_memory_equal(map.data, "the other", 9);
        assert_memory_equal(older.data, "one", 3); /* who has it open keeps it */
        assert_int_equal(access(path, F_OK), 0);
        assert_int_equal(file_replace("/nonexistent", "plain", "x", 1), -ENOENT);
}

static void test_a_link_is_replaced_and_not_followed(void **state) {
        _cleanup_free_ char *link = path_join(*state, "link"), *plain = path_join(*state, "plain");
        struct stat st;

        assert_int_equal(file_replace(*state, "plain", "mine", 4), 0);
        assert_int_equal(symlink(plain, link), 0);
        assert_int_equal(file_replace(*state, "link", "x", 1), 0);
        assert_int_equal(lstat(link, &st), 0);
        assert_true(S_ISREG(st.st_mode));
        assert_int_equal(stat(plain, &st), 0);
        assert_int_equal(st.st_size, 4);
}

static void test_only_plain_files_of_their_size_are_mapped(void **state) {
        _cleanup_free_ char *link = path_join(*state, "link"), *fifo = path_join(*state, "a");
        _cleanup_close_ int folder = open(*state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        FileMap map = {0};

        assert_int_equal(file_map(folder, "plain", 100, &map), -ENOENT);
        assert_int_equal(symlink("/etc/passwd", link), 0);
        assert_int_equal(file_map(folder, "link", 100, &map), -EBADMSG);
        assert_int_equal(mkfifo(fifo, 0600), 0);
        assert_int_equal(file_map(folder, "a", 100, &map), -EBADMSG);
        assert_int_equal(file_map(folder, ".", 100, &map), -EBADMSG);
        assert_int_equal(file_replace(*state, "plain", "four", 4), 0);
        assert_int_equal(file_map(folder, "plain", 3, &map), -EFBIG);
        assert_null(map.data);
        assert_int_equal(file_map(folder, "plain", 4, &map), 0);
        file_map_done(&map);
        assert_int_equal(file_replace(*state, "plain", "", 0), 0);
        assert_int_equal(file_map(folder, "plain", 4, &map), 0);
        assert_int_equal(map.len, 0);
        file_map_done(&map);
}

static void test_a_file_is_made_whole_or_not_at_all(void **state) {
        _cleanup_free_ char *path = path_join(*state, "plain"), *link = path_join(*state, "link");
        char read[8];

        assert_int_equal(file_create("/nonexistent/x", "x", 1), -ENOENT);
        disk_is_full(true);
        assert_int_equal(file_create(path, "mine", 4), -EFBIG);
        disk_is_full(false);
        assert_int_equal(access(path, F_OK), -1);

        assert_int_equal(file_create(path, "mine", 4), 0);
        assert_int_equal(mode_of(path), 0600);
        /* what is there stays, and what a link leads to too */
        assert_int_equal(file_create(path, "theirs", 6), -EEXIST);
        assert_int_equal(symlink("a", link), 0);
        assert_int_equal(file_create(link, "x", 1), -EEXIST);
        assert_int_equal(file_read_word(path, read, sizeof(read)), 0);
        assert_string_equal(read, "mine");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_a_folder_is_made_with_its_parents_and_private,
                        folder_setup, folder_teardown),
                cmocka_unit_test_setup_teardown(
                        test_an_open_folder_is_closed_to_others, folder_setup, folder_teardown),
                cmocka_unit_test_setup_teardown(
                        test_a_file_is_no_folder, folder_setup, folder_teardown),
                cmocka_unit_test_setup_teardown(test_a_strangers_folder_is_refused_and_left_alone,
                        folder_setup, folder_teardown),
                cmocka_unit_test_setup_teardown(
                        test_a_file_is_replaced_whole_and_private, folder_setup, folder_teardown),
                cmocka_unit_test_setup_teardown(
                        test_a_link_is_replaced_and_not_followed, folder_setup, folder_teardown),
                cmocka_unit_test_setup_teardown(test_only_plain_files_of_their_size_are_mapped,
                        folder_setup, folder_teardown),
                cmocka_unit_test_setup_teardown(
                        test_a_file_is_made_whole_or_not_at_all, folder_setup, folder_teardown),
                cmocka_unit_test(test_paths_are_joined_with_one_slash),
                cmocka_unit_test(test_utc_is_the_same_everywhere),
                cmocka_unit_test(test_the_zone_is_that_of_the_moment),
                cmocka_unit_test(test_the_zone_follows_a_traveller),
        };
        return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
