/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The words for kinds and grades, both ways, and the access to payloads. */

#include "core/event.h"
#include "unit/test.h"

#include <errno.h>
#include <stdbool.h>

static void test_every_kind_has_a_name_of_its_own(void **state) {
        (void)state;
        for (int i = 0; i < _EVENT_KIND_MAX; i++) {
                const char *name = event_kind_name((EventKind)i);

                assert_non_null(name);
                assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz."), strlen(name));
                assert_int_equal(event_kind_from_name(name), i);
        }
}

static void test_names_are_those_of_the_contract(void **state) {
        (void)state;
        assert_string_equal(event_kind_name(EVENT_INCOMING), "contact.incoming");
        assert_string_equal(event_kind_name(EVENT_PERSON_ADDED), "person.added");
        assert_string_equal(event_kind_name(EVENT_COMMITMENT_BEGUN), "commitment.begun");
        assert_string_equal(event_kind_name(EVENT_LAYER_CHANGED), "layer.changed");
        assert_string_equal(grade_name(GRADE_NONE), "none");
        assert_string_equal(grade_name(GRADE_SLIP), "slip");
}

static void test_unknown_words_are_refused(void **state) {
        static const char *const wrong[] = {"", "Slip", "slip ", "checkin", "contact", "person."};

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
                assert_int_equal(event_kind_from_name(wrong[i]), -EINVAL);
                assert_int_equal(grade_from_name(wrong[i]), -EINVAL);
        }
}

static void test_every_grade_has_a_word(void **state) {
        (void)state;
        for (int i = 0; i < _GRADE_MAX; i++)
                assert_int_equal(grade_from_name(grade_name((Grade)i)), i);
}

static void test_grade_and_kind_name_each_other(void **state) {
        int graded = 0;

        (void)state;
        for (int i = 0; i < _EVENT_KIND_MAX; i++) {
                Grade grade = event_grade((EventKind)i);

                if (grade == GRADE_NONE)
                        continue;
                assert_int_equal(event_kind_for_grade(grade), i);
                graded++;
        }
        assert_int_equal(graded, _GRADE_MAX - 1);
        assert_int_equal(event_kind_for_grade(GRADE_RELAPSE), EVENT_RELAPSE);
        assert_int_equal(event_kind_for_grade(GRADE_NONE), -EINVAL);
        assert_int_equal(event_grade(EVENT_CORRECTED), GRADE_NONE);
}

static void test_fields_of_the_wrong_sort_read_as_absent(void **state) {
        Event ev = {0};

        (void)state;
        assert_string_equal(event_string(&ev, "note"), "");
        assert_int_equal(event_uint(&ev, "days"), 0);

        ev.data = json_pack("{s:s, s:i, s:i, s:f, s:b, s:[]}", "note", "by the sea", "days", 30,
                "below", -1, "real", 2.5, "yes", 1, "list");
        assert_non_null(ev.data);
        assert_string_equal(event_string(&ev, "note"), "by the sea");
        assert_string_equal(event_string(&ev, "days"), "");
        assert_string_equal(event_string(&ev, "missing"), "");
        assert_int_equal(event_uint(&ev, "days"), 30);
        assert_int_equal(event_uint(&ev, "below"), 0);
        assert_int_equal(event_uint(&ev, "real"), 0);
        assert_int_equal(event_uint(&ev, "yes"), 0);
        assert_int_equal(event_uint(&ev, "list"), 0);
        assert_int_equal(event_uint(&ev, "note"), 0);

        event_done(&ev);
        assert_null(ev.data);
        event_done(&ev);
}

static void test_microseconds_of_a_date_fit(void **state) {
        Event ev = {0};

        (void)state;
        ev.data = json_pack("{s:I}", "ends", (json_int_t)1795953600123456);
        assert_true(event_uint(&ev, "ends") == 1795953600123456ULL);
        event_done(&ev);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_every_kind_has_a_name_of_its_own),
                cmocka_unit_test(test_names_are_those_of_the_contract),
                cmocka_unit_test(test_unknown_words_are_refused),
                cmocka_unit_test(test_every_grade_has_a_word),
                cmocka_unit_test(test_grade_and_kind_name_each_other),
                cmocka_unit_test(test_fields_of_the_wrong_sort_read_as_absent),
                cmocka_unit_test(test_microseconds_of_a_date_fit),
        };
        return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}
