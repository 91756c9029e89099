/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The way out of the spool: every file is handed in until it is taken, in the order in which it
 * came, and none is lost or touched before its time. */

#include "daemon/sensors/spool.h"

#include "unit/held-fixture.h"
#include "unit/store-fixture.h"

#include <errno.h>

enum { SEEN_MAX = 256 };

static const Notice notice = {"Telegram", "org.telegram.desktop", "Alex Doe", "hi"};

typedef struct Post {
        char *dir;
        sd_event *event;
        Spool *spool;
        int answer; /* what the listener says */
        unsigned n; /* of those that were handed in */
        char seen[SEEN_MAX][UUID_SPACE];
} Post;

static int on_held(void *userdata, const Held *h) {
        Post *post = userdata;

        assert_true(post->n < SEEN_MAX);
        memcpy(post->seen[post->n++], h->id, UUID_SPACE);
        return post->answer;
}

static const SpoolListener listener = {.held = on_held};

static void post_open(Post *post) {
        assert_int_equal(sd_event_new(&post->event), 0);
        assert_int_equal(spool_new(post->event, post->dir, &listener, post, &post->spool), 0);
}

static void post_close(Post *post) {
        post->spool = spool_free(post->spool);
        post->event = sd_event_unref(post->event);
}

static int post_setup(void **state) {
        Post *post = calloc(1, sizeof(*post));

        assert_non_null(post);
        post->dir = fixture_folder();
        post->answer = SPOOL_KEEP;
        *state = post;
        return 0;
}

static int post_teardown(void **state) {
        Post *post = *state;

        post_close(post);
        held_remove_tree(post->dir);
        free(post->dir);
        free(post);
        return 0;
}

/* Runs the loop until it has nothing left to do. */
static void settle(Post *post) {
        while (sd_event_run(post->event, 0) > 0)
                continue;
}

/* Runs it until so many were handed in; a hang is the only thing that the clock decides. */
static void settle_at(Post *post, unsigned n) {
        for (unsigned i = 0; i < 600 && post->n < n; i++)
                assert_true(sd_event_run(post->event, 100000) >= 0);
        assert_int_equal(post->n, n);
        settle(post);
}

static void lay_down(Post *post, uint64_t at, char ret[static UUID_SPACE]) {
        held_lay_down(post->dir, ANN, &notice, at, "message", ret);
}

static void test_what_lay_there_is_taken_in_order_and_kept(void **state) {
        Post *post = *state;
        char first[UUID_SPACE], second[UUID_SPACE], third[UUID_SPACE];

        lay_down(post, NOW_USEC + 2000, third);
        lay_down(post, NOW_USEC, first);
        lay_down(post, NOW_USEC + 1000, second);
        post_open(post);
        settle(post);
        assert_int_equal(post->n, 3);
        assert_string_equal(post->seen[0], first);
        assert_string_equal(post->seen[1], second);
        assert_string_equal(post->seen[2], third);
        assert_int_equal(held_count(post->dir, HELD_SPOOL), 0);
        assert_int_equal(held_count(post->dir, HELD_KEPT), 3);
        assert_true(held_lies_in(post->dir, HELD_KEPT, second));
}

static void test_what_comes_later_is_taken_too(void **state) {
        Post *post = *state;
        char id[UUID_SPACE];

        post_open(post);
        settle(post);
        assert_int_equal(post->n, 0);
        lay_down(post, NOW_USEC, id);
        settle_at(post, 1);
        lay_down(post, NOW_USEC + 1000, id);
        settle_at(post, 2);
        assert_int_equal(held_count(post->dir, HELD_KEPT), 2);
}

static void test_a_long_spool_is_taken_in_parts(void **state) {
        Post *post = *state;
        char id[UUID_SPACE];

        for (unsigned i = 0; i < 3 * SPOOL_BATCH; i++)
                lay_down(post, NOW_USEC + i * 1000, id);
        post_open(post);
        assert_true(sd_event_run(post->event, 0) > 0);
        assert_int_equal(post->n, SPOOL_BATCH);
        settle(post);
        assert_int_equal(post->n, 3 * SPOOL_BATCH);
        assert_int_equal(held_count(post->dir, HELD_SPOOL), 0);
}

static void test_a_folder_that_goes_and_comes_back_is_watched(void **state) {
        _cleanup_free_ char *folder = NULL, *aside = NULL;
        Post *post = *state;
        char id[UUID_SPACE];

        folder = path_join(post->dir, HELD_SPOOL);
        aside = path_join(post->dir, "aside");
        post_open(post);
        settle(post);
        assert_int_equal(rename(folder, aside), 0);
        for (unsigned i = 0; i < 600 && access(folder, F_OK) < 0; i++)
                assert_true(sd_event_run(post->event, 100000) >= 0);
        settle(post);
        lay_down(post, NOW_USEC, id);
        settle_at(post, 1);
        assert_true(held_lies_in(post->dir, HELD_KEPT, id));
}

static void test_what_is_not_to_be_kept_is_removed(void **state) {
        Post *post = *state;
        char id[UUID_SPACE];

        post->answer = SPOOL_DROP;
        lay_down(post, NOW_USEC, id);
        post_open(post);
        settle(post);
        assert_int_equal(post->n, 1);
        assert_int_equal(held_count(post->dir, HELD_SPOOL), 0);
        assert_int_equal(held_count(post->dir, HELD_KEPT), 0);
}

static void test_what_was_not_taken_stays_and_is_handed_in_again(void **state) {
        Post *post = *state;
        char id[UUID_SPACE];

        post->answer = -ENOSPC;
        lay_down(post, NOW_USEC, id);
        lay_down(post, NOW_USEC + 1000, id);
        post_open(post);
        settle(post);
        assert_int_equal(post->n, 1); /* the next one would fail as well */
        assert_int_equal(spool_sweep(post->spool), -ENOSPC);
        assert_int_equal(held_count(post->dir, HELD_SPOOL), 2);

        post->answer = SPOOL_KEEP;
        post->n = 0;
        assert_int_equal(spool_sweep(post->spool), 0);
        assert_int_equal(post->n, 2);
        assert_int_equal(held_count(post->dir, HELD_KEPT), 2);
}

/* Without anybody's doing: the loop comes back to it. */
static void test_it_is_tried_again_by_itself(void **state) {
        Post *post = *state;
        char id[UUID_SPACE];

        post->answer = -ENOSPC;
        lay_down(post, NOW_USEC, id);
        post_open(post);
        settle(post);
        post->answer = SPOOL_KEEP;
        settle_at(post, 2);
        assert_true(held_lies_in(post->dir, HELD_KEPT, id));
}

static void write_spool(const Post *post, const char *name, const char *text) {
        _cleanup_free_ char *folder = path_join(post->dir, HELD_SPOOL);

        assert_int_equal(folder_make_private(folder), 0);
        assert_int_equal(file_replace(folder, name, text, strlen(text)), 0);
}

static void test_what_is_none_is_put_aside(void **state) {
        static const char *const names[] = {
                "0190000000007000800000000000000c",
                "0190000000007000800000000000000d",
                "0190000000007000800000000000000e",
                "0190000000007000800000000000000f",
        };
        _cleanup_free_ char *folder = NULL, *link = NULL, *from = NULL, *to = NULL;
        Post *post = *state;
        char id[UUID_SPACE];

        write_spool(post, names[0], "no held notification");
        write_spool(post, names[1], "");
        folder = path_join(post->dir, HELD_SPOOL);
        link = path_join(folder, names[2]);
        assert_int_equal(symlink("/etc/passwd", link), 0);
        lay_down(post, NOW_USEC, id);
        from = path_join(folder, id);
        to = path_join(folder, names[3]);
        assert_int_equal(rename(from, to), 0); /* under another's name */
        lay_down(post, NOW_USEC + 1000, id);

        post_open(post);
        settle(post);
        assert_int_equal(post->n, 1);
        assert_true(held_lies_in(post->dir, HELD_KEPT, id));
        assert_int_equal(held_count(post->dir, HELD_SPOOL), 0);
        assert_int_equal(held_count(post->dir, HELD_SPOOL "/" SPOOL_DAMAGED), 3);
        assert_true(held_lies_in(post->dir, HELD_SPOOL "/" SPOOL_DAMAGED, names[3]));
}

static void test_what_is_being_written_is_left_alone(void **state) {
        Post *post = *state;

        write_spool(post, ".0190000000007000800000000000000c", "half");
        write_spool(post, "0190000000007000800000000000000c.part", "half");
        post_open(post);
        settle(post);
        assert_int_equal(post->n, 0);
        assert_int_equal(held_count(post->dir, HELD_SPOOL), 2);
}

static void test_its_folders_are_the_users_alone(void **state) {
        static const char *const names[] = {HELD_SPOOL, HELD_KEPT, HELD_SPOOL "/" SPOOL_DAMAGED};
        Post *post = *state;

        post_open(post);
        settle(post);
        for (size_t i = 0; i < ARRAY_LEN(names); i++) {
                _cleanup_free_ char *path = path_join(post->dir, names[i]);
                struct stat st;

                assert_int_equal(stat(path, &st), 0);
                assert_int_equal(st.st_mode & 07777, 0700);
        }
}

#define test(f) cmocka_unit_test_setup_teardown(f, post_setup, post_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                test(test_what_lay_there_is_taken_in_order_and_kept),
                test(test_what_comes_later_is_taken_too),
                test(test_a_long_spool_is_taken_in_parts),
                test(test_a_folder_that_goes_and_comes_back_is_watched),
                test(test_what_is_not_to_be_kept_is_removed),
                test(test_what_was_not_taken_stays_and_is_handed_in_again),
                test(test_it_is_tried_again_by_itself),
                test(test_what_is_none_is_put_aside),
                test(test_what_is_being_written_is_left_alone),
                test(test_its_folders_are_the_users_alone),
        };
        return cmocka_run_group_tests_name("spool", tests, NULL, NULL);
}
