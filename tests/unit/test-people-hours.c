/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The hours of limited contact: fewer at once, others after the cool-down, a mistake for ten
 * minutes. */

#include "core/judge.h"
#include "daemon/changes.h"
#include "daemon/people.h"
#include "unit/ledger-fixture.h"

#include <errno.h>

#define LATER (NOON + DAY)

/* Sam in limited mode and Alex in full mode, both under a commitment of 30 days. */
static int sam_setup(void **state) {
        assert_int_equal(desk_setup(state), 0);
        desk_begin(*state, SAM, "Sam", "limited", NOON, 30);
        desk_begin(*state, ALEX, "Alex", "full", NOON, 30);
        return 0;
}

/* Gives the due, or the error, which has a sentence. */
static int64_t set(Desk *d, uint64_t now, const char *hours) {
        const char *why = NULL;
        uint64_t due = 4711;
        int r = people_set_hours(d->l, now, SAM, hours, false, &due, &why);

        if (r < 0) {
                assert_int_equal(due, 4711);
                assert_non_null(why);
        }
        return r < 0 ? r : (int64_t)due;
}

static void assert_hours(const Desk *d, const char *hours) {
        char buf[HOURS_TEXT_SPACE];

        assert_string_equal(hours_write(&state_person(ledger_state(d->l), SAM)->hours, buf), hours);
}

static void test_fewer_hours_hold_at_once(void **state) {
        Desk *d = *state;

        assert_int_equal(set(d, LATER, "09:00-18:00"), 0);
        assert_hours(d, "09:00-18:00");
        assert_int_equal(set(d, LATER + HOUR, "MON-FRI 9:00-18:00"), 0);
        assert_hours(d, "mon-fri 09:00-18:00");
        assert_desk_sound(d);
        desk_reopen(d);
        assert_hours(d, "mon-fri 09:00-18:00");
}

static void test_the_judge_goes_by_them_at_once(void **state) {
        const Notice n = {"Mail", "", "Sam", "hello"};
        const LocalTime monday_noon = {LATER, 0};
        Desk *d = *state;
        Verdict v = {0};

        assert_int_equal(set(d, LATER, "mon 09:00-18:00"), 0);
        assert_int_equal(judge_notice(ledger_rules(d->l), &n, LATER, monday_noon, &v), 1);
        assert_false(v.hold);
        assert_int_equal(set(d, LATER, "mon 13:00-14:00"), 0);
        assert_int_equal(judge_notice(ledger_rules(d->l), &n, LATER, monday_noon, &v), 1);
        assert_true(v.hold);
        assert_int_equal(v.until_usec, LATER + HOUR);
}

static void test_other_hours_wait_for_the_cool_down(void **state) {
        static const char *const others[] = {
                "", "08:00-20:00", "sat 10:00-12:00", "mon-fri 09:00-18:00, sat 10:00-10:01"};
        Desk *d = *state;

        assert_int_equal(set(d, LATER, "mon-fri 09:00-18:00"), 0);
        for (size_t i = 0; i < ARRAY_LEN(others); i++) {
                uint64_t now = LATER + (i + 1) * HOUR;

                assert_int_equal(set(d, now, others[i]), now + DAY);
                assert_int_equal(set(d, now + 1, others[i]), -EEXIST);
                assert_hours(d, "mon-fri 09:00-18:00");
                assert_int_equal(set(d, now + 2, "mon-fri 09:00-18:00"), 0); /* takes it back */
                assert_int_equal(ledger_state(d->l)->n_pending, 0);
        }
        assert_int_equal(set(d, LATER + 5 * HOUR, "08:00-20:00"), LATER + 5 * HOUR + DAY);
        assert_int_equal(changes_apply_due(d->l, LATER + 5 * HOUR + DAY - 1), 0);
        assert_int_equal(changes_apply_due(d->l, LATER + 5 * HOUR + DAY), 1);
        assert_hours(d, "08:00-20:00");
        assert_desk_sound(d);
}

static void test_a_mistake_is_taken_back_within_ten_minutes(void **state) {
        Desk *d = *state;

        assert_int_equal(set(d, LATER, "08:00-20:00"), 0);
        assert_int_equal(set(d, LATER + DAY, "09:00-09:10"), 0);
        /* not further than it was before */
        assert_int_equal(set(d, LATER + DAY + MINUTE, "07:00-20:00"), LATER + 2 * DAY + MINUTE);
        assert_int_equal(set(d, LATER + DAY + 10 * MINUTE, "09:00-18:00"), 0);
        assert_hours(d, "09:00-18:00");
        assert_int_equal(ledger_state(d->l)->n_pending, 1); /* what was wanted more waits still */
        assert_int_equal(set(d, LATER + DAY + 11 * MINUTE, "08:00-20:00"), -EEXIST);
        assert_int_equal(changes_apply_due(d->l, LATER + 2 * DAY + MINUTE), 1);
        assert_hours(d, "07:00-20:00");
}

static void test_without_a_promise_any_hours_count_at_once(void **state) {
        Desk *d = *state;

        assert_int_equal(set(d, LATER, "09:00-18:00"), 0);
        assert_int_equal(set(d, NOON + 31 * DAY, "sat 10:00-12:00"), 0);
        assert_int_equal(set(d, NOON + 32 * DAY, ""), 0);
        assert_hours(d, "");
}

static void test_with_a_key_wider_hours_ask_for_it(void **state) {
        Desk *d = *state;
        const char *why = NULL;
        uint64_t due = 0;

        (void)desk_record(d, EVENT_KEY_SET, NULL, NOON, json_pack("{s:s}", "hash", "$y$j9T$x$y"));
        assert_int_equal(set(d, LATER, "09:00-18:00"), 0);
        assert_int_equal(set(d, LATER + HOUR, ""), -EACCES);
        assert_int_equal(people_set_hours(d->l, LATER + HOUR, SAM, "", true, &due, &why), 0);
        assert_int_equal(due, LATER + HOUR + DAY);
}

static void test_a_change_describes_itself(void **state) {
        Desk *d = *state;
        const State *s;

        assert_int_equal(set(d, NOON, "09:00-18:00"), 0);
        for (int always = 0; always < 2; always++) {
                _cleanup_free_ char *text = NULL;

                assert_true(set(d, LATER, always ? "" : "sat 20:00-22:00") > 0);
                s = ledger_state(d->l);
                text = changes_describe(s, &s->pending[0]);
                assert_string_equal(text, always ? "Let what comes from Sam pass at any time"
                                                 : "Let what comes from Sam pass sat 20:00-22:00");
                assert_int_equal(
                        changes_cancel(d->l, LATER, s->pending[0].seq, &(const char *){NULL}), 0);
        }
}

static void test_what_cannot_be_changes_nothing(void **state) {
        Desk *d = *state;
        const char *why = NULL;
        uint64_t due = 4711, seq = ledger_state(d->l)->seq;

        assert_int_equal(set(d, LATER, "22:00-06:00"), -EINVAL);
        assert_int_equal(set(d, LATER, "by day"), -EINVAL);
        assert_int_equal(
                people_set_hours(d->l, LATER, ALEX, "09:00-18:00", false, &due, &why), -EINVAL);
        assert_non_null(strstr(why, "limited"));
        assert_int_equal(people_set_hours(d->l, LATER, "nobody", "", false, &due, &why), -ENOENT);
        assert_int_equal(due, 4711);
        assert_int_equal(ledger_state(d->l)->seq, seq);
        assert_int_equal(set(d, LATER, ""), 0); /* as it is */
        assert_int_equal(ledger_state(d->l)->seq, seq);
}

int main(void) {
#define test(name) cmocka_unit_test_setup_teardown(name, sam_setup, desk_teardown)
        const struct CMUnitTest tests[] = {
                test(test_fewer_hours_hold_at_once),
                test(test_the_judge_goes_by_them_at_once),
                test(test_other_hours_wait_for_the_cool_down),
                test(test_a_mistake_is_taken_back_within_ten_minutes),
                test(test_without_a_promise_any_hours_count_at_once),
                test(test_with_a_key_wider_hours_ask_for_it),
                test(test_a_change_describes_itself),
                test(test_what_cannot_be_changes_nothing),
        };
        return cmocka_run_group_tests_name("the hours of a person", tests, NULL, NULL);
}
