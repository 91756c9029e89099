/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What the relay is told of the state: enough to judge a notification as the daemon would, and
 * nothing else. */

#include "core/snapshot.h"

#include "core/judge.h"
#include "unit/state-fixture.h"

#include <errno.h>

static int state_setup(void **state) {
        int r = state_new((State **)state);

        if (r == 0)
                tell_a_rich_story(*state);
        return r;
}

static int state_teardown(void **state) {
        state_free(*state);
        return 0;
}

static State *told(const State *s) {
        _cleanup_free_ char *text = NULL;
        State *read = NULL;

        assert_int_equal(snapshot_write(s, NULL, &text), 0);
        assert_int_equal(snapshot_read(text, strlen(text), &read), 0);
        return read;
}

static bool holds_of(const State *s, const Notice *n, uint64_t at, const char *whose) {
        _cleanup_(rules_freep) Rules *rules = NULL;
        Verdict v = {0};
        int r;

        assert_int_equal(rules_new(s, &rules), 0);
        r = judge_notice(rules, n, at, (LocalTime){at, 0}, &v);
        assert_true(r >= 0);
        if (r > 0)
                assert_string_equal(s->people[v.person].id, whose);
        verdict_done(&v);
        return r > 0 && v.hold;
}

static bool holds(const State *s, const Notice *n, uint64_t at) {
        return holds_of(s, n, at, ALEX);
}

static void test_it_judges_as_the_state_does(void **state) {
        static const Notice notices[] = {
                {"Messages", "", "Alex Doe", "hi"},
                {"Messages", "", "Lex", "hi"},
                {"Phone", "", "Call", "from <b>+1 555 010-9999</b>"},
                {"Mail", "", "Sam", "hi"},
                {"Mail", "", "Alexander Doering", "hi"},
                {"Messages", "", "Alex Doe", "from school"},
                {"Signal", "", "Anna", "Alex Doe was here"},
                {"Threema", "", "Jo", "Alex Doe was here"},
        };
        State *read = told(*state);

        for (size_t i = 0; i < ARRAY_LEN(notices); i++)
                for (unsigned day = 0; day < 3; day++)
                        assert_int_equal(holds(read, &notices[i], NOON - DAY + day * DAY),
                                holds(*state, &notices[i], NOON - DAY + day * DAY));
        assert_true(holds(read, &notices[0], NOON));
        assert_false(holds(read, &notices[5], NOON));
        assert_false(holds(read, &notices[6], NOON));
        assert_true(holds(read, &notices[7], NOON)); /* that one waits still */
        state_free(read);
}

static void test_it_knows_the_hours_of_limited_contact(void **state) {
        const Notice n = {"Mail", "", "Sam", "hi"};
        State *read;

        tell_of_limited_contact(*state);
        read = told(*state);
        for (unsigned hour = 0; hour < 7 * 24; hour++) {
                bool open = hour / 24 < 5 && hour % 24 >= 9 && hour % 24 < 18;

                assert_int_equal(holds_of(read, &n, NOON + 12 * HOUR + hour * HOUR, SAM), !open);
        }
        state_free(read);
}

static void test_it_tells_no_more_than_it_must(void **state) {
        static const char *const untold[] = {
                "Sam", "call Kim", "salt", "instagram", "remove-identity", "threema"};
        _cleanup_free_ char *text = NULL;

        assert_int_equal(snapshot_write(*state, NULL, &text), 0);
        assert_non_null(strstr(text, "Alex Doe"));
        for (size_t i = 0; i < ARRAY_LEN(untold); i++)
                assert_null(strstr(text, untold[i]));
}

/* The relay reads it again when it changes, and only then. */
static void test_what_is_no_rule_does_not_change_it(void **state) {
        _cleanup_free_ char *before = NULL, *after = NULL;

        tell_of_limited_contact(*state);
        assert_int_equal(snapshot_write(*state, NULL, &before), 0);
        (void)story_tell(*state, EVENT_URGE, ALEX, NOON + 6 * DAY, json_object());
        (void)story_tell(*state, EVENT_SLIP, ALEX, NOON + 6 * DAY, json_object());
        (void)story_tell(*state, EVENT_INCOMING, SAM, NOON + 6 * DAY,
                json_pack("{s:s, s:s}", "channel", "mail", "held", "some-id"));
        (void)story_tell(
                *state, EVENT_DIGEST_SHOWN, SAM, NOON + 6 * DAY, json_pack("{s:i}", "n", 1));
        assert_int_equal(snapshot_write(*state, NULL, &after), 0);
        assert_string_equal(before, after);
}

static void test_an_ended_commitment_is_not_in_it(void **state) {
        State *read;

        (void)story_tell(*state, EVENT_COMMITMENT_ENDED, ALEX, NOON + 40 * DAY,
                json_pack("{s:s}", "reason", "completed"));
        read = told(*state);
        assert_int_equal(read->n_people, 0);
        state_free(read);
}

static void test_what_was_cut_short_is_no_snapshot(void **state) {
        _cleanup_free_ char *text = NULL;
        State *read = NULL;

        assert_int_equal(snapshot_write(*state, NULL, &text), 0);
        for (size_t len = 0; len < strlen(text); len++)
                assert_int_equal(snapshot_read(text, len, &read), -EBADMSG);
        assert_int_equal(snapshot_read("[]", 2, &read), -EBADMSG);
        assert_null(read);
}

static void test_the_probe_is_held_as_a_person(void **state) {
        _cleanup_(rules_freep) Rules *rules = NULL;
        _cleanup_free_ char *text = NULL;
        Verdict v = {0};
        State *read = NULL;

        assert_int_equal(snapshot_write(*state, "probe-7f3a91", &text), 0);
        assert_int_equal(snapshot_read(text, strlen(text), &read), 0);
        assert_int_equal(rules_new(read, &rules), 0);
        assert_int_equal(judge_notice(rules, &(Notice){"x", "", "probe-7f3a91", "hi"}, NOON,
                                 (LocalTime){NOON, 0}, &v),
                1);
        assert_true(v.hold);
        assert_string_equal(read->people[v.person].id, SNAPSHOT_PROBE);
        verdict_done(&v);
        state_free(read);
}

#define test(f) cmocka_unit_test_setup_teardown(f, state_setup, state_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                test(test_it_judges_as_the_state_does),
                test(test_it_knows_the_hours_of_limited_contact),
                test(test_it_tells_no_more_than_it_must),
                test(test_what_is_no_rule_does_not_change_it),
                test(test_an_ended_commitment_is_not_in_it),
                test(test_what_was_cut_short_is_no_snapshot),
                test(test_the_probe_is_held_as_a_person),
        };
        return cmocka_run_group_tests_name("snapshot", tests, NULL, NULL);
}
