/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The keeper: what names somebody in full mode is on the disk before anybody is told, and a disk
 * that fails delays that and loses nothing. */

#include "relay/keeper.h"

#include "nocontact/bus-names.h"
#include "unit/spool-fixture.h"
#include "unit/state-fixture.h"

enum {
        DELIVERED = 77 /* what take() says of one that is not kept */
};

static const Notice theirs = {"Messages", "org.messages", "Alex Doe", "hi"};
static const Notice innocent = {"Messages", "org.messages", "Kim", "hi"};

typedef struct Fixture {
        SpoolDir *dir;
        sd_event *event;
        Keeper *keeper;
        State *rules;
} Fixture;

static int setup(void **state) {
        Fixture *f = calloc(1, sizeof(*f));

        assert_non_null(f);
        (void)spool_dir_setup((void **)&f->dir);
        assert_int_equal(sd_event_new(&f->event), 0);
        assert_int_equal(keeper_new(f->event, f->dir->data, "relay", &f->keeper), 0);
        assert_int_equal(state_new(&f->rules), 0);
        tell_a_rich_story(f->rules);
        *state = f;
        return 0;
}

static int teardown(void **state) {
        Fixture *f = *state;

        keeper_free(f->keeper);
        state_free(f->rules);
        sd_event_unref(f->event);
        (void)spool_dir_teardown((void **)&f->dir);
        free(f);
        return 0;
}

/* Returns what keeper_keep() said, or DELIVERED. */
static int take(Fixture *f, const Notice *n, const void *message, size_t len) {
        json_t *more = json_pack("{s:[], s:{s:i}}", "actions", "hints", "urgency", 1);
        Verdict v;
        int r = keeper_judge(f->keeper, n, NOON + DAY, &v);

        assert_true(r >= 0);
        r = r > 0 ? keeper_keep(f->keeper, n, &v, more, message, len, NOON + DAY) : DELIVERED;
        json_decref(more);
        return r;
}

/* The newest file of the spool, of which there are `n`. The caller ends both. */
static Buffer read_newest(Fixture *f, unsigned n, Held *ret) {
        char last[256];
        Buffer b;

        assert_int_equal(spool_dir_count(f->dir, last), n);
        b = spool_dir_read(f->dir, last);
        assert_int_equal(held_read(b.data, b.len, ret), 0);
        assert_string_equal(ret->id, last);
        return b;
}

static void test_without_rules_nothing_is_kept(void **state) {
        Fixture *f = *state;
        char last[256];

        assert_int_equal(take(f, &theirs, "m", 1), DELIVERED);
        assert_int_equal(keeper_set_rules(f->keeper, f->rules), 0);
        assert_int_equal(take(f, &theirs, "m", 1), 0);
        assert_int_equal(keeper_set_rules(f->keeper, NULL), 0);
        assert_int_equal(take(f, &theirs, "m", 1), DELIVERED);
        assert_int_equal(spool_dir_count(f->dir, last), 1);
}

static void test_what_is_kept_is_written_whole(void **state) {
        Fixture *f = *state;
        Held h = {0};
        Buffer b;

        assert_int_equal(keeper_set_rules(f->keeper, f->rules), 0);
        assert_int_equal(take(f, &innocent, "m", 1), DELIVERED);
        assert_int_equal(take(f, &theirs, "a\0b\nc", 5), 0);
        b = read_newest(f, 1, &h);
        assert_string_equal(h.person, ALEX);
        assert_string_equal(h.via, "name");
        assert_string_equal(h.source, "relay");
        assert_int_equal(h.at_usec, NOON + DAY);
        assert_false(h.leaked);
        assert_string_equal(h.summary, "Alex Doe");
        assert_string_equal(h.desktop_entry, "org.messages");
        assert_int_equal(
                json_integer_value(json_object_get(json_object_get(h.more, "hints"), "urgency")),
                1);
        assert_int_equal(h.message_len, 5);
        assert_memory_equal(h.message, "a\0b\nc", 5);
        held_done(&h);
        buffer_done(&b);
}

static void test_files_sort_as_they_came(void **state) {
        Fixture *f = *state;
        Held h = {0};

        assert_int_equal(keeper_set_rules(f->keeper, f->rules), 0);
        for (unsigned i = 0; i < 50; i++) {
                char message = (char)i;
                Buffer b;

                assert_int_equal(take(f, &theirs, &message, 1), 0);
                b = read_newest(f, i + 1, &h);
                assert_int_equal(*(const char *)h.message, message);
                held_done(&h);
                buffer_done(&b);
        }
}

static void test_limited_contact_is_delivered(void **state) {
        Fixture *f = *state;
        Notice sams = {"Messages", "", "Sam", "hi"};

        story_begin(f->rules, SAM, NOON, 30);
        assert_int_equal(keeper_set_rules(f->keeper, f->rules), 0);
        assert_int_equal(take(f, &sams, "m", 1), DELIVERED);
}

static void test_a_clock_that_was_set_back_opens_nothing(void **state) {
        Fixture *f = *state;
        Verdict v = {0};

        assert_int_equal(keeper_set_rules(f->keeper, f->rules), 0);
        assert_int_equal(keeper_judge(f->keeper, &theirs, 0, &v), 1);
        assert_int_equal(keeper_keep(f->keeper, &theirs, &v, NULL, "m", 1, 0), 0);
        assert_int_equal(keeper_judge(f->keeper, &innocent, 0, &v), 0);
}

static void test_ids_are_private_and_go_round(void **state) {
        Fixture *f = *state;

        assert_int_equal(keeper_new_id(f->keeper), NC_RELAY_FIRST_ID);
        assert_int_equal(keeper_new_id(f->keeper), NC_RELAY_FIRST_ID + 1);
}

static void test_a_head_that_is_too_long_is_cut_and_the_message_is_not(void **state) {
        Fixture *f = *state;
        size_t len = HELD_HEAD_MAX;
        _cleanup_free_ char *body = malloc(len + 1);
        Notice n = theirs;
        Held h = {0};
        Buffer b;

        assert_non_null(body);
        for (size_t i = 0; i + 1 < len; i += 2)
                memcpy(body + i, "\xc3\xa9", 2);
        body[0] = body[1] = 'e';
        memmove(body + 1, body + 2, len - 2); /* a character lies across the cut */
        body[len - 1] = '\0';
        n.body = body;
        assert_int_equal(keeper_set_rules(f->keeper, f->rules), 0);
        assert_int_equal(take(f, &n, body, len), 0);
        b = read_newest(f, 1, &h);
        assert_int_equal(h.message_len, len);
        assert_memory_equal(h.message, body, len);
        assert_int_equal(strlen(h.body), KEEPER_TEXT_MAX - 1);
        assert_string_equal(h.summary, "Alex Doe");
        held_done(&h);
        buffer_done(&b);
}

/* --- a disk that fails ----------------------------------------------------------------------- */

/* A file stands where the spool was. */
static void break_disk(const Fixture *f) {
        FILE *file;

        assert_int_equal(rmdir(f->dir->spool), 0);
        file = fopen(f->dir->spool, "we");
        assert_non_null(file);
        (void)fclose(file);
}

static void mend_disk(const Fixture *f) {
        assert_int_equal(unlink(f->dir->spool), 0);
}

static void run_until_written(Fixture *f) {
        for (unsigned i = 0; keeper_waiting(f->keeper) > 0; i++) {
                assert_true(i < 60);
                assert_true(sd_event_run(f->event, USEC_PER_SEC) >= 0);
        }
}

static void test_what_the_disk_does_not_take_waits_for_it(void **state) {
        Fixture *f = *state;
        Held h = {0};
        Buffer b;

        assert_int_equal(keeper_set_rules(f->keeper, f->rules), 0);
        break_disk(f);
        assert_int_equal(take(f, &theirs, "1", 1), 1);
        assert_int_equal(take(f, &theirs, "2", 1), 1);
        assert_int_equal(keeper_waiting(f->keeper), 2);
        mend_disk(f);
        /* in their order, also when the disk would take this one at once */
        assert_int_equal(take(f, &theirs, "3", 1), 1);
        run_until_written(f);
        b = read_newest(f, 3, &h);
        assert_memory_equal(h.message, "3", 1);
        held_done(&h);
        buffer_done(&b);
        assert_int_equal(take(f, &theirs, "4", 1), 0);
}

static void test_what_waits_at_the_end_is_tried_once_more(void **state) {
        Fixture *f = *state;
        char last[256];

        assert_int_equal(keeper_set_rules(f->keeper, f->rules), 0);
        break_disk(f);
        assert_int_equal(take(f, &theirs, "1", 1), 1);
        mend_disk(f);
        f->keeper = keeper_free(f->keeper);
        assert_int_equal(spool_dir_count(f->dir, last), 1);
}

static void test_of_too_much_the_heads_wait(void **state) {
        Fixture *f = *state;
        size_t len = KEEPER_WAITING_MAX / 2;
        _cleanup_free_ char *message = calloc(1, len);
        Held h = {0};
        Buffer b;
        int r;

        assert_non_null(message);
        assert_int_equal(keeper_set_rules(f->keeper, f->rules), 0);
        break_disk(f);
        for (unsigned i = 0; i < 3; i++)
                assert_int_equal(take(f, &theirs, message, len), 1);
        mend_disk(f);
        run_until_written(f);
        b = read_newest(f, 3, &h);
        assert_int_equal(h.message_len, 0);
        assert_string_equal(h.summary, "Alex Doe");
        held_done(&h);
        buffer_done(&b);
        r = take(f, &theirs, message, 1);
        assert_int_equal(r, 0);
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                T(test_without_rules_nothing_is_kept),
                T(test_what_is_kept_is_written_whole),
                T(test_files_sort_as_they_came),
                T(test_limited_contact_is_delivered),
                T(test_a_clock_that_was_set_back_opens_nothing),
                T(test_ids_are_private_and_go_round),
                T(test_a_head_that_is_too_long_is_cut_and_the_message_is_not),
                T(test_what_the_disk_does_not_take_waits_for_it),
                T(test_what_waits_at_the_end_is_tried_once_more),
                T(test_of_too_much_the_heads_wait),
        };
        return cmocka_run_group_tests_name("keeper", tests, NULL, NULL);
}
