/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The syntax of the hosts file: what the block looks like, and which lines are ours whatever became
 * of them. */

#include "common/host-name.h"
#include "unit/hosts-fixture.h"

#include <errno.h>

/* The foreign bytes of a file that comes in pieces of `piece` bytes. */
static void filter(const char *data, size_t len, size_t piece, Buffer *to) {
        HostsFilter f = {0};

        buffer_cut(to, 0);
        for (size_t at = 0; at < len; at += piece) {
                /* a copy of just this piece, so that a sanitizer sees who reads beyond it */
                size_t n = MIN(piece, len - at);
                char *copy = malloc(n);

                assert_non_null(copy);
                memcpy(copy, data + at, n);
                assert_int_equal(hosts_filter_feed(&f, copy, n, at + n == len, put_buffer, to), 0);
                free(copy);
        }
        if (len == 0)
                assert_int_equal(hosts_filter_feed(&f, data, 0, true, put_buffer, to), 0);
        assert_int_equal(f.len, 0);
        assert_false(f.foreign);
}

static void assert_left(const char *file, const char *foreign) {
        _cleanup_(buffer_done) Buffer got = {0};

        filter(file, strlen(file), strlen(file) + 1, &got);
        if (got.len != strlen(foreign) || memcmp(got.len ? got.data : "", foreign, got.len) != 0)
                fail_msg("of \"%s\" was left \"%s\"", file, got.len ? got.data : "");
}

/* --- rendering ------------------------------------------------------------------------------- */

static void test_the_block_has_two_lines_for_each_name_between_begin_and_end(void **state) {
        static const char LINES[] = "127.66.0.1 alexdoe.example # nocontact\n"
                                    "::ffff:127.66.0.1 alexdoe.example # nocontact\n"
                                    "127.66.0.1 www.alexdoe.example # nocontact\n"
                                    "::ffff:127.66.0.1 www.alexdoe.example # nocontact\n"
                                    "127.66.3.232 xn--bcher-kva.example # nocontact\n"
                                    "::ffff:127.66.3.232 xn--bcher-kva.example # nocontact\n";
        _cleanup_(buffer_done) Buffer b = {0};
        char *begin;

        (void)state;
        fixture_block(3, &b);
        begin = strchr(b.data, '\n') + 1;
        assert_memory_equal(begin, LINES, sizeof(LINES) - 1);
        assert_true(b.data[0] == '#' && strstr(b.data, "nocontact-enforcer(8)") < begin);
        assert_true(begin[sizeof(LINES) - 1] == '#');
        assert_ptr_equal(strchr(begin + sizeof(LINES) - 1, '\n'), b.data + b.len - 1);
}

static void test_every_line_of_the_block_ends_with_the_tag(void **state) {
        _cleanup_(buffer_done) Buffer b = {0};
        const char *lines[16];
        size_t n;

        (void)state;
        fixture_block(3, &b);
        n = fixture_lines(&b, lines, ARRAY_LEN(lines));
        assert_int_equal(n, 8);
        for (size_t i = 0; i < n; i++)
                assert_string_equal(lines[i] + strlen(lines[i]) - 12, " # nocontact");
}

static void test_no_names_make_no_block(void **state) {
        _cleanup_(buffer_done) Buffer b = {0};

        (void)state;
        fixture_block(0, &b);
        assert_int_equal(b.len, 0);
}

static void test_the_longest_name_is_known_again_and_a_longer_one_refused(void **state) {
        char name[HOST_NAME_MAX_LEN + 2] = "";
        HostsEntry e = {.address = 0x7f42ffff, .name = name};
        _cleanup_(buffer_done) Buffer b = {0}, left = {0};

        (void)state;
        memset(name, 'a', HOST_NAME_MAX_LEN);
        assert_int_equal(hosts_render(&e, 1, put_buffer, &b), 0);
        filter(b.data, b.len, 100, &left);
        assert_int_equal(left.len, 0);
        name[HOST_NAME_MAX_LEN] = 'a';
        assert_int_equal(hosts_render(&e, 1, put_buffer, &b), -ENAMETOOLONG);
}

/* Fails when its number of calls is used up. */
static int put_failing(void *userdata, const void *data, size_t len) {
        unsigned *left = userdata;

        (void)data;
        (void)len;
        return (*left)-- == 0 ? -ENOSPC : 0;
}

static void test_a_failure_to_put_is_passed_up_wherever_it_comes(void **state) {
        _cleanup_(buffer_done) Buffer b = {0};
        unsigned left, when;

        (void)state;
        for (when = 0; when < 5; when++) {
                left = when;
                assert_int_equal(hosts_render(ENTRIES, 3, put_failing, &left), -ENOSPC);
        }
        left = when;
        assert_int_equal(hosts_render(ENTRIES, 3, put_failing, &left), 0);

        (void)buffer_puts(&b, "a\n# nocontact\nb\nlast");
        for (size_t piece = 1; piece <= b.len; piece++) {
                bool failed = true;

                for (when = 0; failed; when++) {
                        HostsFilter f = {0};

                        left = when;
                        failed = false;
                        for (size_t at = 0; at < b.len && !failed; at += piece) {
                                size_t n = MIN(piece, b.len - at);
                                int r = hosts_filter_feed(
                                        &f, b.data + at, n, at + n == b.len, put_failing, &left);

                                failed = r == -ENOSPC;
                                assert_true(failed || r == 0);
                        }
                }
                assert_in_range(when, 3, 20);
        }
}

/* --- which lines are ours -------------------------------------------------------------------- */

static void test_our_lines_are_known_whatever_became_of_them(void **state) {
        static const char *const OURS[] = {
                "127.66.0.1 alexdoe.example # nocontact\n",
                "::ffff:127.66.0.1 alexdoe.example # nocontact\n",
                "# nocontact\n",
                "\t# nocontact\n",
                "# nocontact \t\r\n",
                "127.66.0.1 alexdoe.example # nocontact\r\n",
                "#127.66.0.1 alexdoe.example # nocontact\n",
                "## #\t127.66.0.1 alexdoe.example # nocontact\n",
                "#::ffff:127.66.0.1 alexdoe.example # nocontact\n",
                "0.0.0.0 alexdoe.example # nocontact\n",
                "127.66.0.1 alexdoe.example # nocontact, not today\n",
                "  # 127.66.0.1 alexdoe.example # nocontacted\n",
                "::ffff:127.66.0.1 # nocontact x\n",
        };
        char text[256];

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(OURS); i++) {
                assert_left(OURS[i], "");
                (void)snprintf(text, sizeof(text), "above\n%sbelow", OURS[i]);
                assert_left(text, "above\nbelow");
                (void)snprintf(text, sizeof(text), "%.*s", (int)strlen(OURS[i]) - 1, OURS[i]);
                assert_left(text, "");
        }
}

static void test_lines_that_look_like_ours_stay(void **state) {
        char text[256];

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(FOREIGN_LINES); i++) {
                assert_left(FOREIGN_LINES[i], FOREIGN_LINES[i]);
                (void)snprintf(
                        text, sizeof(text), "# nocontact\n%s# nocontact\n", FOREIGN_LINES[i]);
                assert_left(text, FOREIGN_LINES[i]);
        }
        assert_left("127.66.0.1", "127.66.0.1");
        assert_left("127.66.", "127.66.");
        assert_left("nocontact", "nocontact");
}

/* failures.md, row 2: nothing is deleted "to the end of the file". */
static void test_markers_dropped_doubled_and_shuffled_cost_no_foreign_line(void **state) {
        _cleanup_(buffer_done) Buffer block = {0};
        const char *l[16];
        char text[1024];

        (void)state;
        fixture_block(1, &block);
        assert_int_equal(fixture_lines(&block, l, ARRAY_LEN(l)), 4);
#define CASE(format, ...)                                                                          \
        do {                                                                                       \
                (void)snprintf(text, sizeof(text), format, __VA_ARGS__);                           \
                assert_left(text, "a\nb\nc\n");                                                    \
        } while (0)
        CASE("%s\n%s\n%s\n%s\na\nb\nc\n", l[0], l[1], l[2], l[3]);
        CASE("%s\n%s\n%s\na\nb\nc\n", l[0], l[1], l[2]);                     /* no end */
        CASE("%s\n%s\n%s\na\nb\nc\n", l[1], l[2], l[3]);                     /* no begin */
        CASE("a\n%s\nb\nc\n", l[0]);                                         /* a begin alone */
        CASE("a\nb\n%s\nc\n", l[3]);                                         /* an end alone */
        CASE("%s\n%s\na\n%s\n%s\nb\nc\n", l[3], l[1], l[2], l[0]);           /* end first */
        CASE("%s\n%s\na\n%s\nb\n%s\nc\n%s\n", l[0], l[0], l[1], l[3], l[3]); /* twice */
        CASE("a\nb\nc\n%s\n%s\n%s\n%s\n", l[2], l[3], l[0], l[1]);           /* all below */
        CASE("%s\na\n%s\nb\n%s\nc\n%s\n", l[0], l[1], l[2], l[3]);           /* edits between */
#undef CASE
}

static void test_a_line_of_the_greatest_length_is_ours_and_a_longer_one_foreign(void **state) {
        _cleanup_(buffer_done) Buffer got = {0};
        char line[HOSTS_LINE_MAX + 2];

        (void)state;
        for (size_t len = HOSTS_LINE_MAX - 2; len <= HOSTS_LINE_MAX + 1; len++)
                for (int feed = 0; feed < 2; feed++)
                        for (size_t piece = 1; piece <= len; piece++) {
                                memset(line, 'a', len);
                                memcpy(line + len - 12 - (feed ? 1 : 0), " # nocontact\n",
                                        feed ? 13 : 12);
                                filter(line, len, piece, &got);
                                assert_int_equal(got.len, len <= HOSTS_LINE_MAX ? 0 : len);
                                if (got.len > 0)
                                        assert_memory_equal(got.data, line, len);
                        }
}

static void test_foreign_bytes_of_every_kind_pass(void **state) {
        static const char FILE_BYTES[] = "a\0b\n\0\n\xff\xfe\xc0\xaf\n"
                                         "127.66.0.1 x # nocontact\n"
                                         "\0# nocontactx\r\r\n\n\nx\0";
        static const char LEFT[] = "a\0b\n\0\n\xff\xfe\xc0\xaf\n\0# nocontactx\r\r\n\n\nx\0";
        _cleanup_(buffer_done) Buffer got = {0};

        (void)state;
        for (size_t piece = 1; piece <= sizeof(FILE_BYTES); piece++) {
                filter(FILE_BYTES, sizeof(FILE_BYTES), piece, &got);
                assert_bytes(got, LEFT, sizeof(LEFT));
        }
}

/* --- pieces ---------------------------------------------------------------------------------- */

static int put_counting(void *userdata, const void *data, size_t len) {
        unsigned *puts = userdata;

        (void)data;
        (void)len;
        (*puts)++;
        return 0;
}

static void test_a_long_foreign_run_is_put_in_one_piece(void **state) {
        const size_t len = 256 * 1024;
        _cleanup_(buffer_done) Buffer b = {0};
        HostsFilter f = {0};
        unsigned puts = 0;

        (void)state;
        while (b.len < len)
                (void)buffer_puts(&b, "0.0.0.0 ads.example # a note\n");
        assert_int_equal(hosts_filter_feed(&f, b.data, len, false, put_counting, &puts), 0);
        assert_int_equal(puts, 1);
        assert_int_equal(hosts_filter_feed(&f, b.data, len, true, put_counting, &puts), 0);
        assert_in_range(puts, 2, 4);
}

static void test_a_random_file_loses_just_our_lines_in_pieces_of_any_size(void **state) {
        Random random = random_start(0x6e6f636f6e746163);

        (void)state;
        for (unsigned round = 0; round < 20000; round++) {
                _cleanup_(buffer_done) Buffer file = {0}, foreign = {0}, got = {0};
                size_t piece;

                random_file(&random, &file, &foreign);
                piece = 1 + random_below(&random, random_once_in(&random, 2) ? 20 : 3000);
                filter(file.data, file.len, piece, &got);
                if (got.len != foreign.len ||
                        memcmp(got.len ? got.data : "", foreign.len ? foreign.data : "", got.len))
                        fail_msg("round %u, pieces of %zu bytes: %zu bytes left, not %zu", round,
                                piece, got.len, foreign.len);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_the_block_has_two_lines_for_each_name_between_begin_and_end),
                cmocka_unit_test(test_every_line_of_the_block_ends_with_the_tag),
                cmocka_unit_test(test_no_names_make_no_block),
                cmocka_unit_test(test_the_longest_name_is_known_again_and_a_longer_one_refused),
                cmocka_unit_test(test_a_failure_to_put_is_passed_up_wherever_it_comes),
                cmocka_unit_test(test_our_lines_are_known_whatever_became_of_them),
                cmocka_unit_test(test_lines_that_look_like_ours_stay),
                cmocka_unit_test(test_markers_dropped_doubled_and_shuffled_cost_no_foreign_line),
                cmocka_unit_test(
                        test_a_line_of_the_greatest_length_is_ours_and_a_longer_one_foreign),
                cmocka_unit_test(test_foreign_bytes_of_every_kind_pass),
                cmocka_unit_test(test_a_long_foreign_run_is_put_in_one_piece),
                cmocka_unit_test(test_a_random_file_loses_just_our_lines_in_pieces_of_any_size),
        };

        return cmocka_run_group_tests_name("hosts", tests, NULL, NULL);
}
