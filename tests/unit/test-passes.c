/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What always passes: to add it is a loosening, to remove it a tightening; "not them" teaches it
 * from a held one. */

#include "daemon/passes.h"

#include "core/judge.h"
#include "daemon/changes.h"
#include "daemon/holds.h"
#include "nocontact/bus-names.h"
#include "unit/ledger-fixture.h"

#include <errno.h>

#define HELD_ID "0190000000007000800000000000aaaa"

static int add(Desk *d, const char *kind, const char *value, uint64_t now, uint64_t *due) {
        const char *why = NULL;
        int r = passes_add(d->l, now, kind, value, false, due, &why);

        assert_true(r == 0 || why);
        return r;
}

static bool is_held(const Desk *d, const char *app, const char *title, const char *body) {
        Notice n = {app, "", title, body};
        Verdict v = {0};
        int r = judge_notice(
                ledger_rules(d->l), &n, NOON + 5 * DAY, (LocalTime){NOON + 5 * DAY, 0}, &v);

        assert_true(r >= 0);
        verdict_done(&v);
        return r > 0 && v.hold;
}

static void test_without_a_promise_it_passes_at_once(void **state) {
        Desk *d = *state;
        uint64_t due = 1;

        assert_int_equal(add(d, "word", "school", NOON, &due), 0);
        assert_int_equal(due, 0);
        assert_int_equal(add(d, "sender", "Telegram: Anna Other", NOON, &due), 0);
        assert_int_equal(due, 0);
        assert_int_equal(ledger_state(d->l)->n_passes, 2);
        assert_string_equal(ledger_state(d->l)->passes[1].identity.value, "telegram:Anna Other");
        desk_begin(d, ALEX, "Alex Doe", "full", NOON, 30);
        assert_true(is_held(d, "Telegram", "Alex Doe", "hi"));
        assert_false(is_held(d, "Telegram", "Alex Doe", "about <b>School</b> today"));
        assert_false(is_held(d, "Telegram Desktop", "Anna Other", "Alex Doe says hi"));
        assert_true(is_held(d, "Signal", "Anna Other", "Alex Doe says hi"));
        assert_true(is_held(d, "Telegram", "Alex Doe", "preschooler"));
        assert_desk_sound(d);
}

static void test_while_a_promise_runs_it_waits(void **state) {
        Desk *d = *state;
        _cleanup_free_ char *text = NULL;
        const State *s;
        uint64_t due = 0;

        desk_begin(d, ALEX, "Alex Doe", "full", NOON, 30);
        assert_int_equal(add(d, "word", "school", NOON + DAY, &due), 0);
        assert_int_equal(due, NOON + 2 * DAY);
        s = ledger_state(d->l);
        assert_int_equal(s->n_passes, 0);
        assert_int_equal(s->n_pending, 1);
        text = changes_describe(s, &s->pending[0]);
        assert_string_equal(text, "Let notifications with the word school pass");
        assert_true(is_held(d, "Mail", "Alex Doe", "school"));
        assert_int_equal(add(d, "word", "school", NOON + DAY, &due), -EEXIST);
        desk_reopen(d);

        assert_int_equal(changes_apply_due(d->l, NOON + 2 * DAY - 1), 0);
        assert_int_equal(changes_apply_due(d->l, NOON + 2 * DAY), 1);
        assert_int_equal(ledger_state(d->l)->n_passes, 1);
        assert_int_equal(ledger_state(d->l)->n_pending, 0);
        assert_false(is_held(d, "Mail", "Alex Doe", "school"));
        assert_int_equal(add(d, "word", "school", NOON + 3 * DAY, &due), -EEXIST);
        assert_desk_sound(d);
}

static void test_it_can_be_taken_back_while_it_waits(void **state) {
        Desk *d = *state;
        const char *why = NULL;
        uint64_t due = 0;

        desk_begin(d, ALEX, "Alex Doe", "full", NOON, 30);
        assert_int_equal(add(d, "sender", "signal:Kim", NOON + DAY, &due), 0);
        assert_int_equal(
                changes_cancel(d->l, NOON + DAY, ledger_state(d->l)->pending[0].seq, &why), 0);
        assert_int_equal(changes_apply_due(d->l, NOON + 20 * DAY), 0);
        assert_int_equal(ledger_state(d->l)->n_passes, 0);
}

static void test_it_asks_for_the_key(void **state) {
        Desk *d = *state;
        const char *why = NULL;
        uint64_t due = 0;

        desk_begin(d, ALEX, "Alex Doe", "full", NOON, 30);
        (void)desk_record(
                d, EVENT_KEY_SET, NULL, NOON, json_pack("{s:s}", "hash", "$y$j9T$salt$hash"));
        assert_int_equal(add(d, "word", "school", NOON + DAY, &due), -EACCES);
        assert_int_equal(passes_add(d->l, NOON + DAY, "word", "school", true, &due, &why), 0);
        assert_int_equal(due, NOON + 2 * DAY);
}

static void test_to_remove_one_counts_at_once(void **state) {
        Desk *d = *state;
        const char *why = NULL;
        uint64_t due, id;

        assert_int_equal(add(d, "word", "school", NOON, &due), 0);
        desk_begin(d, ALEX, "Alex Doe", "full", NOON, 30);
        id = ledger_state(d->l)->passes[0].seq;
        assert_int_equal(passes_remove(d->l, NOON + DAY, id + 1, &why), -ENOENT);
        assert_int_equal(passes_remove(d->l, NOON + DAY, id, &why), 0);
        assert_true(is_held(d, "Mail", "Alex Doe", "school"));
        assert_int_equal(passes_remove(d->l, NOON + DAY, id, &why), -ENOENT);
        assert_desk_sound(d);
}

static void test_wrong_values_change_nothing(void **state) {
        static const struct {
                const char *kind, *value;
        } wrong[] = {
                {"", "school"},
                {"topic", "school"},
                {"word", ""},
                {"word", "a"},
                {"word", "\xff\xfe"},
                {"word", "sch\x01ool"},
                {"sender", "Anna"},
                {"sender", ":Anna"},
                {"sender", "telegram:"},
                {"word", "Alex Doe"}, /* would let all of theirs pass */
                {"word", "alex doe"},
        };
        Desk *d = *state;
        Snapshot before;
        uint64_t due = 7;

        desk_begin(d, ALEX, "Alex Doe", "full", NOON, 30);
        before = desk_snapshot(d);
        for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
                assert_int_equal(add(d, wrong[i].kind, wrong[i].value, NOON + DAY, &due), -EINVAL);
        assert_int_equal(due, 7);
        assert_desk_unchanged(d, &before);
}

static void test_there_are_only_so_many(void **state) {
        Desk *d = *state;
        uint64_t due;

        for (unsigned i = 0; i < NC_LIMIT_PASSES; i++) {
                char word[32];

                (void)snprintf(word, sizeof(word), "word%u", i);
                if (i == NC_LIMIT_PASSES / 2) /* those that wait are counted too */
                        desk_begin(d, ALEX, "Alex Doe", "full", NOON, 30);
                assert_int_equal(add(d, "word", word, NOON + MINUTE, &due), 0);
        }
        assert_int_equal(add(d, "word", "school", NOON + MINUTE, &due), -EDQUOT);
}

/* --- "not them" ------------------------------------------------------------------------------ */

static uint64_t hold(Desk *d, const char *app, const char *sender) {
        return desk_record(d, EVENT_INCOMING, ALEX, NOON + DAY,
                json_pack("{s:s, s:s, s:s, s:s}", "channel", "x", "held", HELD_ID, "app", app,
                        "sender", sender));
}

static void test_not_them_lets_the_sender_pass_and_counts_no_more(void **state) {
        Desk *d = *state;
        const char *why = NULL;
        uint64_t event, due = 0;

        desk_begin(d, ALEX, "Alex Doe", "full", NOON, 30);
        event = hold(d, "Telegram Desktop", "Alex Doe (work)");
        assert_int_equal(state_person(ledger_state(d->l), ALEX)->counts[GRADE_INCOMING], 1);
        assert_int_equal(passes_not_them(d->l, NOON + 2 * DAY, event, false, &due, &why), 0);
        assert_int_equal(due, NOON + 3 * DAY);
        assert_int_equal(state_person(ledger_state(d->l), ALEX)->counts[GRADE_INCOMING], 0);
        assert_true(is_held(d, "Telegram Desktop", "Alex Doe (work)", "hi"));
        assert_int_equal(changes_apply_due(d->l, NOON + 3 * DAY), 1);
        assert_false(is_held(d, "Telegram Desktop", "Alex Doe (work)", "hi"));
        assert_true(is_held(d, "Telegram Desktop", "Alex Doe", "hi"));
        assert_true(is_held(d, "Signal", "Alex Doe (work)", "hi"));
        assert_desk_sound(d);
}

static void test_not_them_wants_to_know_where_it_came_from(void **state) {
        _cleanup_free_ char *huge = malloc(HOLDS_SENDER_MAX + 1);
        Desk *d = *state;
        const char *why = NULL;
        uint64_t events[5], due = 7;
        Snapshot before;

        assert_non_null(huge);
        memset(huge, 'x', HOLDS_SENDER_MAX);
        huge[HOLDS_SENDER_MAX] = '\0';
        desk_begin(d, ALEX, "Alex Doe", "full", NOON, 30);
        events[0] = hold(d, "", "Alex");
        events[1] = hold(d, "Telegram", "");
        events[2] = hold(d, "a:b", "Alex");
        events[3] = hold(d, "Telegram", huge);
        events[4] = hold(d, "Telegram", " ");
        before = desk_snapshot(d);
        for (size_t i = 0; i < ARRAY_LEN(events); i++) {
                assert_int_equal(
                        passes_not_them(d->l, NOON + 2 * DAY, events[i], false, &due, &why),
                        -EINVAL);
                assert_non_null(why);
        }
        assert_int_equal(passes_not_them(d->l, NOON, 1, false, &due, &why), -ENOENT);
        assert_int_equal(passes_not_them(d->l, NOON, UINT64_MAX, false, &due, &why), -ENOENT);
        assert_int_equal(due, 7);
        assert_desk_unchanged(d, &before);
}

static void test_on_a_full_disk_nothing_changes(void **state) {
        Desk *d = *state;
        Snapshot before;
        uint64_t due;

        desk_begin(d, ALEX, "Alex Doe", "full", NOON, 30);
        before = desk_snapshot(d);
        disk_is_full(true);
        assert_true(passes_add(d->l, NOON + DAY, "word", "school", false, &due,
                            &(const char *){NULL}) < 0);
        disk_is_full(false);
        assert_desk_unchanged(d, &before);
}

#define test(f) cmocka_unit_test_setup_teardown(f, desk_setup, desk_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                test(test_without_a_promise_it_passes_at_once),
                test(test_while_a_promise_runs_it_waits),
                test(test_it_can_be_taken_back_while_it_waits),
                test(test_it_asks_for_the_key),
                test(test_to_remove_one_counts_at_once),
                test(test_wrong_values_change_nothing),
                test(test_there_are_only_so_many),
                test(test_not_them_lets_the_sender_pass_and_counts_no_more),
                test(test_not_them_wants_to_know_where_it_came_from),
                test(test_on_a_full_disk_nothing_changes),
        };
        return cmocka_run_group_tests_name("passes", tests, NULL, NULL);
}
