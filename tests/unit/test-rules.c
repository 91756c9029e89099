/* SPDX-License-Identifier: GPL-3.0-or-later */

/* From people to rules: whose identities count, and since when. */

#include "core/judge.h"
#include "core/rules.h"
#include "unit/state-fixture.h"

#define SITE "https://alexdoe.example/"

static int state_setup(void **state) {
        return state_new((State **)state);
}

static int state_teardown(void **state) {
        state_free(*state);
        return 0;
}

/* The person whom a visit at `at` concerns, by the rules of this state; NULL for nobody. */
static const char *visit(const State *s, const char *url, uint64_t at) {
        _cleanup_(rules_freep) Rules *rules = NULL;
        const char *person = NULL;
        Verdict v = {0};
        int r;

        assert_int_equal(rules_new(s, &rules), 0);
        r = judge_url(rules, url, at, EVIDENCE_SHOWN, &v);
        assert_true(r >= 0);
        if (r > 0) {
                assert_true(v.person < s->n_people);
                person = s->people[v.person].id;
        }
        verdict_done(&v);
        return person;
}

static bool text_names_somebody(const State *s, const char *text, uint64_t at) {
        _cleanup_(rules_freep) Rules *rules = NULL;
        Verdict v = {0};
        int r;

        assert_int_equal(rules_new(s, &rules), 0);
        r = judge_notice(rules, &(Notice){"", "", text, ""}, at, (LocalTime){at, 0}, &v);
        assert_true(r >= 0);
        verdict_done(&v);
        return r > 0;
}

static void add_site(State *s, const char *person, uint64_t at) {
        (void)story_tell(
                s, EVENT_IDENTITY_ADDED, person, at, identity_data("domain", "alexdoe.example"));
}

static uint64_t watched_since(const State *s) {
        _cleanup_(rules_freep) Rules *rules = NULL;

        assert_int_equal(rules_new(s, &rules), 0);
        return rules->since_usec;
}

static void test_without_people_there_are_no_rules(void **state) {
        assert_int_equal(watched_since(*state), 0);
        assert_null(visit(*state, SITE, NOON));
}

static void test_before_a_commitment_and_after_its_end_nothing_counts(void **state) {
        State *s = *state;

        (void)story_tell(s, EVENT_PERSON_ADDED, ALEX, NOON,
                json_pack("{s:s, s:s}", "name", "Alex Doe", "mode", "full"));
        add_site(s, ALEX, NOON);
        assert_null(visit(s, SITE, NOON + DAY));
        assert_false(text_names_somebody(s, "Alex Doe", NOON + DAY));

        story_begin(s, ALEX, NOON + DAY, 30);
        assert_string_equal(visit(s, SITE, NOON + 2 * DAY), ALEX);
        assert_true(text_names_somebody(s, "Alex Doe", NOON + 2 * DAY));

        (void)story_tell(s, EVENT_COMMITMENT_ENDED, ALEX, NOON + 3 * DAY, json_object());
        assert_null(visit(s, SITE, NOON + 2 * DAY));
        assert_int_equal(watched_since(s), 0);
}

static void test_a_commitment_that_ran_out_goes_on_counting(void **state) {
        State *s = *state;

        story_begin(s, ALEX, NOON, 1);
        add_site(s, ALEX, NOON);
        assert_string_equal(visit(s, SITE, NOON + 400 * DAY), ALEX);
}

static void test_what_was_before_the_begin_does_not_count(void **state) {
        State *s = *state;

        story_begin(s, ALEX, NOON, 30);
        add_site(s, ALEX, NOON - DAY);
        assert_null(visit(s, SITE, NOON - 1));
        assert_string_equal(visit(s, SITE, NOON), ALEX);
        assert_false(text_names_somebody(s, "Alex Doe", NOON - 1));
        assert_true(text_names_somebody(s, "Alex Doe", NOON));
}

static void test_what_was_before_the_identity_was_known_does_not_count(void **state) {
        State *s = *state;

        story_begin(s, ALEX, NOON, 30);
        add_site(s, ALEX, NOON + DAY);
        assert_null(visit(s, SITE, NOON + DAY - 1));
        assert_string_equal(visit(s, SITE, NOON + DAY), ALEX);
}

static void test_the_display_name_is_a_rule_from_the_begin(void **state) {
        State *s = *state;

        story_begin(s, ALEX, NOON, 30);
        assert_true(text_names_somebody(s, "New message from Alex Doe", NOON));
        (void)story_tell(
                s, EVENT_PERSON_CHANGED, ALEX, NOON + 1, json_pack("{s:s}", "name", "Kim Roe"));
        assert_true(text_names_somebody(s, "New message from Kim Roe", NOON + 1));
        assert_false(text_names_somebody(s, "New message from Alex Doe", NOON + 1));
}

static void test_whose_rule_it_is_follows_people_as_they_come_and_go(void **state) {
        State *s = *state;

        story_begin(s, ALEX, NOON, 30);
        story_begin(s, SAM, NOON, 30);
        add_site(s, SAM, NOON);
        assert_string_equal(visit(s, SITE, NOON), SAM);
        (void)story_tell(s, EVENT_PERSON_REMOVED, ALEX, NOON, json_object());
        assert_string_equal(visit(s, SITE, NOON), SAM);
}

static void test_a_site_of_two_people_counts_for_the_one_who_is_left(void **state) {
        State *s = *state;

        story_begin(s, ALEX, NOON, 30);
        story_begin(s, SAM, NOON, 30);
        add_site(s, ALEX, NOON);
        add_site(s, SAM, NOON);
        assert_string_equal(visit(s, SITE, NOON), ALEX);
        (void)story_tell(s, EVENT_COMMITMENT_ENDED, ALEX, NOON, json_object());
        assert_string_equal(visit(s, SITE, NOON), SAM);
}

static void test_histories_are_read_since_the_earliest_begin_that_stands(void **state) {
        State *s = *state;

        story_begin(s, ALEX, NOON + DAY, 30);
        story_begin(s, SAM, NOON, 30);
        assert_int_equal(watched_since(s), NOON);
        (void)story_tell(s, EVENT_COMMITMENT_ENDED, SAM, NOON + 2 * DAY, json_object());
        assert_int_equal(watched_since(s), NOON + DAY);
}

static void test_rules_outlive_the_state_they_were_made_from(void **state) {
        _cleanup_(rules_freep) Rules *rules = NULL;
        State *s = NULL;
        Verdict v = {0};

        (void)state;
        assert_int_equal(state_new(&s), 0);
        story_begin(s, ALEX, NOON, 30);
        add_site(s, ALEX, NOON);
        assert_int_equal(rules_new(s, &rules), 0);
        state_free(s);
        assert_int_equal(judge_url(rules, SITE, NOON, EVIDENCE_SHOWN, &v), 1);
        verdict_done(&v);
}

int main(void) {
#define test(name) cmocka_unit_test_setup_teardown(name, state_setup, state_teardown)
        const struct CMUnitTest tests[] = {
                test(test_without_people_there_are_no_rules),
                test(test_before_a_commitment_and_after_its_end_nothing_counts),
                test(test_a_commitment_that_ran_out_goes_on_counting),
                test(test_what_was_before_the_begin_does_not_count),
                test(test_what_was_before_the_identity_was_known_does_not_count),
                test(test_the_display_name_is_a_rule_from_the_begin),
                test(test_whose_rule_it_is_follows_people_as_they_come_and_go),
                test(test_a_site_of_two_people_counts_for_the_one_who_is_left),
                test(test_histories_are_read_since_the_earliest_begin_that_stands),
                test(test_rules_outlive_the_state_they_were_made_from),
        };
        return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}
