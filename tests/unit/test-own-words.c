/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Which of the user's own words stand on the screen, and when they change. */

#include "daemon/own-words.h"
#include "daemon/pause-page.h"
#include "unit/ledger-fixture.h"

static int words_setup(void **state) {
        int r = desk_setup(state);

        if (r >= 0)
                desk_begin(*state, ALEX, "Alex Doe", "full", NOON - DAY, 30);
        return r;
}

static void add(Desk *d, const char *kind, const char *text) {
        (void)desk_record(d, EVENT_SUPPORT_ADDED, "", NOON,
                json_pack("{s:s, s:s}", "kind", kind, "text", text));
}

static const char *choose(const Desk *d, SupportKind kind, uint64_t at) {
        return own_words_choose(ledger_rules(d->l), ledger_state(d->l), kind, at);
}

static const char *instead(const Desk *d, const char *plan, uint64_t at, int zone) {
        return own_words_instead(ledger_rules(d->l), ledger_state(d->l), plan,
                (LocalTime){.usec = at, .zone_minutes = zone});
}

static void test_without_words_there_are_none(void **state) {
        Desk *d = *state;

        assert_null(choose(d, SUPPORT_PLAN, NOON));
        assert_null(own_words_sentence(ledger_rules(d->l), ledger_state(d->l), NOON));
        assert_non_null(instead(d, NULL, NOON, 0));
}

static void test_a_reason_stands_in_for_a_plan(void **state) {
        Desk *d = *state;

        add(d, "reason", "I sleep at night.");
        assert_string_equal(own_words_sentence(ledger_rules(d->l), ledger_state(d->l), NOON),
                "I sleep at night.");
        add(d, "plan", "I walk.");
        assert_string_equal(
                own_words_sentence(ledger_rules(d->l), ledger_state(d->l), NOON), "I walk.");
}

static void test_what_names_somebody_is_never_chosen(void **state) {
        Desk *d = *state;

        add(d, "plan", "I do not write to Alex Doe.");
        assert_null(choose(d, SUPPORT_PLAN, NOON));
        add(d, "plan", "I walk.");
        for (unsigned week = 0; week < 4; week++)
                assert_string_equal(choose(d, SUPPORT_PLAN, NOON + week * 7 * DAY), "I walk.");
        for (unsigned day = 0; day < 2 * (PAUSE_THINGS + 2); day++)
                assert_null(strstr(instead(d, NULL, NOON + day * DAY, 0), "Alex"));
}

static void test_each_has_its_week(void **state) {
        unsigned changes = 0, first = 0;
        Desk *d = *state;
        const char *last;

        add(d, "plan", "I walk.");
        add(d, "plan", "I read.");
        last = choose(d, SUPPORT_PLAN, NOON);
        for (unsigned day = 1; day <= 28; day++) {
                const char *now = choose(d, SUPPORT_PLAN, NOON + day * DAY);

                changes += now != last;
                first += strcmp(now, "I walk.") == 0;
                last = now;
        }
        assert_int_equal(changes, 4);
        assert_int_equal(first, 14);
}

/* Each of the other plans and each ordinary thing comes up once in so many days, by local days. */
static void test_something_else_is_another_thing_each_day(void **state) {
        const char *seen[PAUSE_THINGS + 1];
        Desk *d = *state;
        const char *plan;
        unsigned own = 0;

        add(d, "plan", "I walk.");
        add(d, "plan", "I read.");
        plan = choose(d, SUPPORT_PLAN, NOON);
        for (unsigned day = 0; day < ARRAY_LEN(seen); day++) {
                seen[day] = instead(d, plan, NOON + day * DAY, 0);
                assert_ptr_not_equal(seen[day], plan);
                own += strncmp(seen[day], "I ", 2) == 0;
                for (unsigned i = 0; i < day; i++)
                        assert_string_not_equal(seen[i], seen[day]);
        }
        assert_int_equal(own, 1);
        assert_string_equal(instead(d, plan, NOON + ARRAY_LEN(seen) * DAY, 0), seen[0]);
        /* the local day: 14 hours east of UTC it is tomorrow at noon */
        assert_string_equal(instead(d, plan, NOON, 14 * 60), seen[1]);
}

int main(void) {
#define test(name) cmocka_unit_test_setup_teardown(name, words_setup, desk_teardown)
        const struct CMUnitTest tests[] = {
                test(test_without_words_there_are_none),
                test(test_a_reason_stands_in_for_a_plan),
                test(test_what_names_somebody_is_never_chosen),
                test(test_each_has_its_week),
                test(test_something_else_is_another_thing_each_day),
        };
        return cmocka_run_group_tests_name("own words", tests, NULL, NULL);
}
