/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What was held, read again: everything that came, wherever its file lies, and what the ledger
 * knows when there is none. */

#include "daemon/kept.h"

#include "common/digest.h"
#include "unit/held-fixture.h"
#include "unit/store-fixture.h"

#include <errno.h>

static const Notice notice = {"Telegram", "org.telegram.desktop", "Alex Doe", "come <b>back</b>"};

typedef struct Shelf {
        char *dir;
        char id[UUID_SPACE];
        Event ev;
} Shelf;

static int shelf_setup(void **state) {
        Shelf *shelf = calloc(1, sizeof(*shelf));

        assert_non_null(shelf);
        shelf->dir = fixture_folder();
        held_lay_down(shelf->dir, ANN, &notice, NOW_USEC, "the message", shelf->id);
        shelf->ev = (Event){
                .seq = 7,
                .kind = EVENT_INCOMING,
                .at_usec = NOW_USEC,
                .recorded_usec = NOW_USEC + 1,
                .zone_minutes = 60,
                .uid = BEA,
                .person = ANN,
                .data = json_pack("{s:s, s:s, s:s, s:s, s:s, s:b}", "held", shelf->id, "app",
                        "Telegram", "sender", "Alex", "via", "name", "source", "relay", "leaked",
                        1),
        };
        *state = shelf;
        return 0;
}

static int shelf_teardown(void **state) {
        Shelf *shelf = *state;

        event_done(&shelf->ev);
        held_remove_tree(shelf->dir);
        free(shelf->dir);
        free(shelf);
        return 0;
}

static json_t *describe(const Shelf *shelf, const char *name) {
        json_t *o = NULL;

        assert_int_equal(kept_describe(shelf->dir, &shelf->ev, name, &o), 0);
        assert_non_null(o);
        return o;
}

static const char *text_of(const json_t *o, const char *key) {
        const char *text = json_string_value(json_object_get(o, key));

        return text ? text : "(none)";
}

static void move_to_kept(const Shelf *shelf) {
        _cleanup_free_ char *kept = path_join(shelf->dir, HELD_KEPT),
                            *spool = path_join(shelf->dir, HELD_SPOOL),
                            *from = path_join(spool, shelf->id), *to = path_join(kept, shelf->id);

        assert_int_equal(folder_make_private(kept), 0);
        assert_int_equal(rename(from, to), 0);
}

static void test_everything_that_came_is_there(void **state) {
        const Shelf *shelf = *state;
        _cleanup_free_ char *path = NULL;
        char sum[DIGEST_SPACE];
        json_t *o;

        move_to_kept(shelf);
        o = describe(shelf, "Alex Doe");
        assert_true(json_is_true(json_object_get(o, "complete")));
        assert_true(json_is_true(json_object_get(o, "leaked")));
        assert_int_equal(json_integer_value(json_object_get(o, "event")), 7);
        assert_int_equal(json_integer_value(json_object_get(o, "at_usec")), NOW_USEC);
        assert_string_equal(text_of(o, "at"), "2026-11-29T12:00:00Z");
        assert_string_equal(text_of(o, "person"), "Alex Doe");
        assert_string_equal(text_of(o, "person_id"), ANN);
        assert_string_equal(text_of(o, "summary"), "Alex Doe");
        assert_string_equal(text_of(o, "body"), "come <b>back</b>");
        assert_string_equal(text_of(o, "desktop_entry"), "org.telegram.desktop");
        assert_int_equal(json_array_size(json_object_get(o, "actions")), 2);
        assert_int_equal(
                json_integer_value(json_object_get(json_object_get(o, "hints"), "urgency")), 1);
        assert_true(json_is_array(json_object_get(o, "images")));
        digest_sha256("the message", strlen("the message"), sum);
        assert_string_equal(text_of(o, "message_sha256"), sum);
        assert_int_equal(
                json_integer_value(json_object_get(o, "message_bytes")), strlen("the message"));
        assert_int_equal(
                asprintf(&path, "%s/held/%s", shelf->dir, shelf->id), strlen(text_of(o, "file")));
        assert_string_equal(text_of(o, "file"), path);
        json_decref(o);
}

static void test_one_that_was_not_moved_yet_is_found(void **state) {
        const Shelf *shelf = *state;
        json_t *o = describe(shelf, NULL);

        assert_true(json_is_true(json_object_get(o, "complete")));
        assert_true(json_is_null(json_object_get(o, "person")));
        json_decref(o);
}

static void test_without_its_file_there_is_what_the_ledger_knows(void **state) {
        const Shelf *shelf = *state;
        _cleanup_free_ char *spool = path_join(shelf->dir, HELD_SPOOL),
                            *file = path_join(spool, shelf->id);
        static const char *const damages[] = {"", "cut short"};
        json_t *o;

        for (size_t i = 0; i < ARRAY_LEN(damages); i++) {
                assert_int_equal(file_replace(spool, shelf->id, damages[i], strlen(damages[i])), 0);
                o = describe(shelf, "Alex Doe");
                assert_true(json_is_false(json_object_get(o, "complete")));
                json_decref(o);
        }
        assert_int_equal(unlink(file), 0);
        o = describe(shelf, "Alex Doe");
        assert_true(json_is_false(json_object_get(o, "complete")));
        assert_string_equal(text_of(o, "summary"), "Alex");
        assert_string_equal(text_of(o, "app"), "Telegram");
        assert_null(json_object_get(o, "body"));
        json_decref(o);
}

/* What is in the ledger may come from elsewhere. */
static void test_no_id_leads_out_of_the_folder(void **state) {
        static const char *const ids[] = {"../../etc/passwd", "..", ".", "/etc/passwd", "x/../y"};
        Shelf *shelf = *state;

        for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
                json_t *o;

                assert_int_equal(
                        json_object_set_new(shelf->ev.data, "held", json_string(ids[i])), 0);
                o = describe(shelf, NULL);
                assert_true(json_is_false(json_object_get(o, "complete")));
                json_decref(o);
        }
}

#define test(f) cmocka_unit_test_setup_teardown(f, shelf_setup, shelf_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                test(test_everything_that_came_is_there),
                test(test_one_that_was_not_moved_yet_is_found),
                test(test_without_its_file_there_is_what_the_ledger_knows),
                test(test_no_id_leads_out_of_the_folder),
        };
        return cmocka_run_group_tests_name("kept", tests, NULL, NULL);
}
