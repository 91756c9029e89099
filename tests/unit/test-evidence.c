/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Files of evidence: they say what went in, are the user's alone, and show every change. */

#include "cli/evidence.h"

#include "unit/held-fixture.h"
#include "unit/store-fixture.h"

#include <errno.h>

static const char *const entries[] = {
        "{\"event\":1,\"summary\":\"Alex Doe\",\"body\":\"come back \\u00e4 \\\"now\\\"\\n\"}",
        "{\"event\":2,\"hints\":{\"x\":1.5,\"y\":[true,null]},\"summary\":\"Lex\"}",
        "{\"event\":3}",
};

typedef struct Case {
        char *dir, *file;
} Case;

static int case_setup(void **state) {
        Case *c = calloc(1, sizeof(*c));

        assert_non_null(c);
        c->dir = fixture_folder();
        c->file = path_join(c->dir, "evidence");
        *state = c;
        return 0;
}

static int case_teardown(void **state) {
        Case *c = *state;

        held_remove_tree(c->dir);
        free(c->dir);
        free(c->file);
        free(c);
        return 0;
}

static void write_all(const Case *c, size_t n, char link[static DIGEST_SPACE]) {
        Evidence e = {.fd = -1};

        assert_int_equal(evidence_create(c->file, json_pack("{s:s}", "person", "Alex Doe"), &e), 0);
        for (size_t i = 0; i < n; i++)
                assert_int_equal(evidence_add(&e, entries[i % ARRAY_LEN(entries)]), 0);
        assert_int_equal(evidence_finish(&e), 0);
        memcpy(link, e.link, DIGEST_SPACE);
        evidence_done(&e);
}

static FileMap read_all(const Case *c) {
        FileMap map;

        assert_int_equal(file_map(AT_FDCWD, c->file, 1 << 20, &map), 0);
        return map;
}

static void put(const Case *c, const void *data, size_t len) {
        assert_int_equal(file_replace(c->dir, "evidence", data, len), 0);
}

static void test_what_was_written_fits(void **state) {
        const Case *c = *state;
        char link[DIGEST_SPACE];
        EvidenceCheck check = {0};
        struct stat st;

        for (size_t n = 0; n <= 5; n++) {
                write_all(c, n, link);
                assert_int_equal(evidence_check(c->file, &check), 0);
                assert_int_equal(check.n, n);
                assert_string_equal(check.link, link);
                assert_int_equal(stat(c->file, &st), 0);
                assert_int_equal(st.st_mode & 07777, 0600);
                assert_int_equal(unlink(c->file), 0);
        }
}

static void test_a_file_that_is_there_is_left_alone(void **state) {
        const Case *c = *state;
        Evidence e = {.fd = -1};
        FileMap map;

        put(c, "mine", 4);
        assert_int_equal(evidence_create(c->file, json_object(), &e), -EEXIST);
        map = read_all(c);
        assert_memory_equal(map.data, "mine", 4);
        file_map_done(&map);
}

static void test_one_that_was_not_finished_is_removed(void **state) {
        const Case *c = *state;
        Evidence e = {.fd = -1};

        assert_int_equal(evidence_create(c->file, json_object(), &e), 0);
        assert_int_equal(evidence_add(&e, entries[0]), 0);
        assert_int_equal(evidence_add(&e, "no object"), -EBADMSG);
        assert_int_equal(evidence_add(&e, "[1]"), -EBADMSG);
        evidence_done(&e);
        assert_int_equal(access(c->file, F_OK), -1);
}

/* Every bit of every byte, and every length. */
static void test_every_change_is_found(void **state) {
        const Case *c = *state;
        _cleanup_free_ char *copy = NULL;
        EvidenceCheck check = {0};
        char link[DIGEST_SPACE];
        FileMap map;
        size_t len;

        write_all(c, 3, link);
        map = read_all(c);
        len = map.len;
        copy = malloc(len);
        assert_non_null(copy);
        memcpy(copy, map.data, len);
        file_map_done(&map);
        for (size_t i = 0; i < len; i++) {
                copy[i] = (char)(copy[i] ^ (1 << i % 8));
                put(c, copy, len);
                assert_int_equal(evidence_check(c->file, &check), -EBADMSG);
                copy[i] = (char)(copy[i] ^ (1 << i % 8));
        }
        for (size_t cut = 0; cut < len; cut++) {
                put(c, copy, cut);
                assert_int_equal(evidence_check(c->file, &check), -EBADMSG);
        }
        put(c, copy, len);
        assert_int_equal(evidence_check(c->file, &check), 0);
}

/* Swaps, drops and doubles lines; a line alone is as it was written. */
static void test_lines_that_moved_are_found(void **state) {
        static const unsigned orders[][6] = {{0, 2, 1, 3, 4}, {0, 1, 3, 4}, {0, 1, 1, 2, 3, 4},
                {1, 2, 3, 4}, {0, 4}, {0, 1, 2, 3}};
        static const unsigned lengths[] = {5, 4, 6, 4, 2, 4};
        const Case *c = *state;
        EvidenceCheck check = {0};
        char link[DIGEST_SPACE];
        const char *lines[6];
        FileMap map;

        write_all(c, 3, link);
        map = read_all(c);
        lines[0] = map.data;
        for (size_t i = 1; i < 6; i++)
                lines[i] = strchr(lines[i - 1], '\n') + 1;
        for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
                _cleanup_(buffer_done) Buffer b = {0};

                for (unsigned k = 0; k < lengths[i]; k++)
                        (void)buffer_add(&b, lines[orders[i][k]],
                                (size_t)(lines[orders[i][k] + 1] - lines[orders[i][k]]));
                put(c, b.data, b.len);
                assert_int_equal(evidence_check(c->file, &check), -EBADMSG);
        }
        file_map_done(&map);
}

static void test_other_files_are_none(void **state) {
        static const char *const others[] = {"", "\n", "{}\n", "hello\n", "{\"entry\":{}}\n"};
        const Case *c = *state;
        EvidenceCheck check = {0};

        assert_int_equal(evidence_check(c->file, &check), -ENOENT);
        for (size_t i = 0; i < ARRAY_LEN(others); i++) {
                put(c, others[i], strlen(others[i]));
                assert_int_equal(evidence_check(c->file, &check), -EBADMSG);
                assert_int_equal(check.n, 1);
        }
}

#define test(f) cmocka_unit_test_setup_teardown(f, case_setup, case_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                test(test_what_was_written_fits),
                test(test_a_file_that_is_there_is_left_alone),
                test(test_one_that_was_not_finished_is_removed),
                test(test_every_change_is_found),
                test(test_lines_that_moved_are_found),
                test(test_other_files_are_none),
        };
        return cmocka_run_group_tests_name("evidence", tests, NULL, NULL);
}
