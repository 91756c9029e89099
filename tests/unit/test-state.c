/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The fold: what each kind of event does to the state, and what it must not do. */

#include "core/state.h"
#include "unit/state-fixture.h"

static int state_setup(void **state) {
        return state_new((State **)state);
}

static int state_teardown(void **state) {
        state_free(*state);
        return 0;
}

static Streak streak_at(const State *s, uint64_t now) {
        Streak streak;

        assert_true(person_streak(state_person(s, ALEX), now, &streak));
        return streak;
}

/* --- people and identities ------------------------------------------------------------------- */

static void test_a_person_is_added_once(void **state) {
        State *s = *state;

        (void)story_tell(s, EVENT_PERSON_ADDED, ALEX, NOON,
                json_pack("{s:s, s:s}", "name", "Alex Doe", "mode", "limited"));
        (void)story_tell(s, EVENT_PERSON_ADDED, ALEX, NOON + 1,
                json_pack("{s:s, s:s}", "name", "Other", "mode", "full"));
        assert_int_equal(s->n_people, 1);
        assert_string_equal(s->people[0].name, "Alex Doe");
        assert_int_equal(s->people[0].mode, MODE_LIMITED);
        assert_int_equal(s->people[0].added_usec, NOON);
}

static void test_a_mode_of_a_newer_version_is_the_strictest(void **state) {
        State *s = *state;

        (void)story_tell(s, EVENT_PERSON_ADDED, ALEX, NOON,
                json_pack("{s:s, s:s}", "name", "Alex Doe", "mode", "weekends"));
        assert_int_equal(state_person(s, ALEX)->mode, MODE_FULL);
}

static void test_a_change_gives_a_new_name_and_mode(void **state) {
        State *s = *state;

        story_begin(s, ALEX, NOON, 30);
        (void)story_tell(
                s, EVENT_PERSON_CHANGED, ALEX, NOON + 1, json_pack("{s:s}", "name", "Alexandra"));
        assert_string_equal(state_person(s, ALEX)->name, "Alexandra");
        assert_int_equal(state_person(s, ALEX)->mode, MODE_FULL);
        (void)story_tell(
                s, EVENT_PERSON_CHANGED, ALEX, NOON + 2, json_pack("{s:s}", "mode", "limited"));
        assert_string_equal(state_person(s, ALEX)->name, "Alexandra");
        assert_int_equal(state_person(s, ALEX)->mode, MODE_LIMITED);
}

static void test_identities_are_kept_in_order_and_once_each(void **state) {
        State *s = *state;
        const Person *p;

        story_begin(s, ALEX, NOON, 30);
        (void)story_tell(s, EVENT_IDENTITY_ADDED, ALEX, NOON + 1, identity_data("name", "Lex"));
        (void)story_tell(s, EVENT_IDENTITY_ADDED, ALEX, NOON + 2, identity_data("app", "Lex"));
        (void)story_tell(s, EVENT_IDENTITY_ADDED, ALEX, NOON + 3, identity_data("name", "Lex"));
        p = state_person(s, ALEX);
        assert_int_equal(p->n_identities, 2);
        assert_int_equal(person_identity(p, IDENTITY_NAME, "Lex")->added_usec, NOON + 1);

        (void)story_tell(s, EVENT_IDENTITY_REMOVED, ALEX, NOON + 4, identity_data("name", "Lex"));
        (void)story_tell(s, EVENT_IDENTITY_REMOVED, ALEX, NOON + 5, identity_data("name", "Lex"));
        assert_int_equal(p->n_identities, 1);
        assert_null(person_identity(p, IDENTITY_NAME, "Lex"));
        assert_non_null(person_identity(p, IDENTITY_APP, "Lex"));
}

static void test_a_removed_person_takes_what_waits_for_them_along(void **state) {
        State *s = *state;
        uint64_t of_sam;

        tell_a_rich_story(s);
        of_sam = story_tell(s, EVENT_CHANGE_PENDING, SAM, NOON,
                json_pack("{s:s, s:I}", "change", "remove-person", "due", (json_int_t)NOON));
        assert_int_equal(s->n_pending, 5);
        (void)story_tell(s, EVENT_PERSON_REMOVED, ALEX, NOON + 6 * DAY, json_object());
        assert_null(state_person(s, ALEX));
        assert_non_null(state_person(s, SAM));
        assert_int_equal(s->n_pending, 3); /* and what concerns nobody stays */
        assert_non_null(state_pending_like(s, "", CHANGE_COOL_DOWN, NULL));
        assert_non_null(state_pending(s, of_sam));
}

/* --- commitments ----------------------------------------------------------------------------- */

static void test_a_new_begin_starts_at_zero_and_keeps_the_longest_streak(void **state) {
        State *s = *state;
        const Person *p;

        story_begin(s, ALEX, NOON, 30);
        (void)story_tell(s, EVENT_SLIP, ALEX, NOON + 20 * DAY, json_object());
        (void)story_tell(s, EVENT_MILESTONE, ALEX, NOON + 23 * DAY, json_pack("{s:i}", "days", 3));
        story_begin(s, ALEX, NOON + 31 * DAY, 10);
        p = state_person(s, ALEX);
        assert_int_equal(p->longest_before_usec, 20 * DAY);
        assert_int_equal(p->n_breaks, 0);
        assert_int_equal(p->milestone, 0);
        assert_int_equal(p->counts[GRADE_SLIP], 0);
        assert_int_equal(streak_at(s, NOON + 33 * DAY).length_usec, 2 * DAY);
        assert_int_equal(streak_at(s, NOON + 33 * DAY).longest_usec, 20 * DAY);
}

static void test_the_figures_of_an_ended_commitment_stand_still(void **state) {
        State *s = *state;
        Streak then, later;

        story_begin(s, ALEX, NOON, 30);
        (void)story_tell(s, EVENT_COMMITMENT_ENDED, ALEX, NOON + 9 * DAY, json_object());
        then = streak_at(s, NOON + 9 * DAY);
        later = streak_at(s, NOON + 900 * DAY);
        assert_streaks_equal(&then, &later);
        assert_int_equal(later.days, 9);

        story_begin(s, ALEX, NOON + 100 * DAY, 30);
        assert_int_equal(state_person(s, ALEX)->longest_before_usec, 9 * DAY);
}

static void test_an_extension_never_shortens(void **state) {
        State *s = *state;
        const Person *p;

        story_begin(s, ALEX, NOON, 30);
        p = state_person(s, ALEX);
        (void)story_tell(s, EVENT_COMMITMENT_EXTENDED, ALEX, NOON + 1,
                json_pack("{s:I}", "ends", (json_int_t)(NOON + 20 * DAY)));
        assert_int_equal(p->commitment.ends_usec, NOON + 30 * DAY);
        (void)story_tell(s, EVENT_COMMITMENT_EXTENDED, ALEX, NOON + 2,
                json_pack("{s:I}", "ends", (json_int_t)(NOON + 40 * DAY)));
        assert_int_equal(p->commitment.ends_usec, NOON + 40 * DAY);
}

static void test_what_never_began_can_neither_be_extended_nor_ended(void **state) {
        _cleanup_free_ char *before = NULL, *after = NULL;
        State *s = *state;

        (void)story_tell(s, EVENT_PERSON_ADDED, ALEX, NOON,
                json_pack("{s:s, s:s}", "name", "Alex Doe", "mode", "full"));
        before = state_text_without_seq(s);
        (void)story_tell(s, EVENT_COMMITMENT_EXTENDED, ALEX, NOON + 1,
                json_pack("{s:I}", "ends", (json_int_t)(NOON + 20 * DAY)));
        (void)story_tell(s, EVENT_COMMITMENT_ENDED, ALEX, NOON + 2, json_object());
        after = state_text_without_seq(s);
        assert_string_equal(before, after);
}

/* --- what breaks a streak -------------------------------------------------------------------- */

static void test_an_attempt_an_urge_or_a_message_never_breaks_a_streak(void **state) {
        static const EventKind kinds[] = {EVENT_ATTEMPT, EVENT_URGE, EVENT_INCOMING};
        State *s = *state;

        story_begin(s, ALEX, NOON, 30);
        for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
                (void)story_tell(s, kinds[i], ALEX, NOON + DAY, json_object());
                assert_int_equal(state_person(s, ALEX)->counts[event_grade(kinds[i])], 1);
        }
        assert_int_equal(streak_at(s, NOON + 3 * DAY).since_usec, NOON);
}

static void test_a_slip_or_a_relapse_breaks_it(void **state) {
        State *s = *state;

        story_begin(s, ALEX, NOON, 30);
        (void)story_tell(s, EVENT_SLIP, ALEX, NOON + DAY, json_object());
        assert_int_equal(streak_at(s, NOON + 5 * DAY).since_usec, NOON + DAY);
        (void)story_tell(s, EVENT_RELAPSE, ALEX, NOON + 2 * DAY, json_object());
        assert_int_equal(streak_at(s, NOON + 5 * DAY).since_usec, NOON + 2 * DAY);
        assert_int_equal(person_days_before(state_person(s, ALEX), NOON + 2 * DAY), 1);
}

static void test_a_correction_restores_a_streak_and_takes_it_away(void **state) {
        State *s = *state;
        const Person *p;
        uint64_t slip;

        story_begin(s, ALEX, NOON, 30);
        p = state_person(s, ALEX);
        slip = story_tell(s, EVENT_SLIP, ALEX, NOON + 3 * DAY, json_object());

        story_correct(s, ALEX, NOON + 4 * DAY, slip, NOON + 3 * DAY, "slip", "none");
        assert_int_equal(streak_at(s, NOON + 5 * DAY).since_usec, NOON);
        assert_int_equal(p->counts[GRADE_SLIP], 0);

        story_correct(s, ALEX, NOON + 4 * DAY, slip, NOON + 3 * DAY, "none", "slip");
        assert_int_equal(streak_at(s, NOON + 5 * DAY).since_usec, NOON + 3 * DAY);
        assert_int_equal(p->counts[GRADE_SLIP], 1);

        story_correct(s, ALEX, NOON + 4 * DAY, slip, NOON + 3 * DAY, "slip", "relapse");
        assert_int_equal(streak_at(s, NOON + 5 * DAY).since_usec, NOON + 3 * DAY);
        assert_int_equal(p->counts[GRADE_SLIP], 0);
        assert_int_equal(p->counts[GRADE_RELAPSE], 1);
        assert_int_equal(p->n_breaks, 1);

        story_correct(s, ALEX, NOON + 4 * DAY, slip, NOON + 3 * DAY, "relapse", "attempt");
        assert_int_equal(streak_at(s, NOON + 5 * DAY).since_usec, NOON);
        assert_int_equal(p->counts[GRADE_ATTEMPT], 1);
        assert_int_equal(p->counts[GRADE_NONE], 0);
}

static void test_of_two_breaks_a_correction_takes_the_right_one(void **state) {
        State *s = *state;
        uint64_t first;

        story_begin(s, ALEX, NOON, 30);
        first = story_tell(s, EVENT_SLIP, ALEX, NOON + 3 * DAY, json_object());
        (void)story_tell(s, EVENT_SLIP, ALEX, NOON + 3 * DAY, json_object());
        (void)story_tell(s, EVENT_SLIP, ALEX, NOON + 6 * DAY, json_object());
        story_correct(s, ALEX, NOON + 7 * DAY, first, NOON + 3 * DAY, "slip", "none");
        assert_int_equal(state_person(s, ALEX)->n_breaks, 2);
        assert_int_equal(streak_at(s, NOON + 8 * DAY).since_usec, NOON + 6 * DAY);
}

static void test_what_was_before_the_begin_is_not_counted_when_it_is_corrected(void **state) {
        State *s = *state;
        uint64_t slip;

        story_begin(s, ALEX, NOON, 1);
        slip = story_tell(s, EVENT_SLIP, ALEX, NOON + HOUR, json_object());
        story_begin(s, ALEX, NOON + 2 * DAY, 30);
        (void)story_tell(s, EVENT_ATTEMPT, ALEX, NOON + 3 * DAY, json_object());
        story_correct(s, ALEX, NOON + 3 * DAY, slip, NOON + HOUR, "slip", "attempt");
        assert_int_equal(state_person(s, ALEX)->counts[GRADE_ATTEMPT], 1);
        assert_int_equal(state_person(s, ALEX)->n_breaks, 0);
}

static void test_what_no_commitment_counted_is_not_counted_when_it_is_corrected(void **state) {
        State *s = *state;
        const Person *p;
        uint64_t urge;

        (void)story_tell(s, EVENT_PERSON_ADDED, ALEX, NOON,
                json_pack("{s:s, s:s}", "name", "Alex Doe", "mode", "full"));
        p = state_person(s, ALEX);
        urge = story_tell(s, EVENT_URGE, ALEX, NOON + 1, json_object());
        assert_int_equal(p->counts[GRADE_URGE], 0);
        story_correct(s, ALEX, NOON + 2, urge, NOON + 1, "urge", "relapse");
        assert_int_equal(p->counts[GRADE_RELAPSE], 0);
        assert_int_equal(p->n_breaks, 0);
}

static void test_what_came_after_the_end_is_not_counted_when_it_is_corrected(void **state) {
        State *s = *state;
        const Person *p;
        uint64_t relapse;

        story_begin(s, ALEX, NOON, 30);
        p = state_person(s, ALEX);
        (void)story_tell(s, EVENT_RELAPSE, ALEX, NOON + DAY, json_object());
        (void)story_tell(s, EVENT_COMMITMENT_ENDED, ALEX, NOON + 9 * DAY, json_object());
        relapse = story_tell(s, EVENT_RELAPSE, ALEX, NOON + 10 * DAY, json_object());
        story_correct(s, ALEX, NOON + 10 * DAY, relapse, NOON + 10 * DAY, "relapse", "slip");
        assert_int_equal(p->counts[GRADE_RELAPSE], 1);
        assert_int_equal(p->counts[GRADE_SLIP], 0);
        assert_int_equal(p->n_breaks, 1);
        assert_int_equal(streak_at(s, NOON + 20 * DAY).days, 8);
}

/* The last read of a history may come after the user ended the commitment. */
static void test_what_came_before_the_end_counts_when_it_is_read_later(void **state) {
        State *s = *state;

        story_begin(s, ALEX, NOON, 30);
        (void)story_tell(s, EVENT_COMMITMENT_ENDED, ALEX, NOON + 9 * DAY, json_object());
        (void)story_tell_late(
                s, EVENT_SLIP, ALEX, NOON + 9 * DAY + MINUTE, NOON + 9 * DAY - 1, json_object());
        assert_int_equal(state_person(s, ALEX)->counts[GRADE_SLIP], 1);
        assert_int_equal(streak_at(s, NOON + 20 * DAY).days, 0);
}

/* --- milestones ------------------------------------------------------------------------------ */

static void test_a_break_makes_milestones_possible_again(void **state) {
        State *s = *state;

        story_begin(s, ALEX, NOON, 30);
        (void)story_tell(s, EVENT_MILESTONE, ALEX, NOON + 7 * DAY, json_pack("{s:i}", "days", 7));
        (void)story_tell(s, EVENT_SLIP, ALEX, NOON + 8 * DAY, json_object());
        assert_int_equal(state_person(s, ALEX)->milestone, 0);
}

static void test_a_restored_streak_does_not_announce_its_milestones_again(void **state) {
        State *s = *state;
        uint64_t slip;

        story_begin(s, ALEX, NOON, 30);
        (void)story_tell(s, EVENT_MILESTONE, ALEX, NOON + 7 * DAY, json_pack("{s:i}", "days", 7));
        slip = story_tell(s, EVENT_SLIP, ALEX, NOON + 8 * DAY, json_object());
        story_correct(s, ALEX, NOON + 9 * DAY, slip, NOON + 8 * DAY, "slip", "none");
        assert_int_equal(state_person(s, ALEX)->milestone, 7);
}

/* The slip of day 8 comes to light on day 12; the streak since day 10 goes on. */
static void test_an_older_slip_found_later_announces_nothing_again(void **state) {
        State *s = *state;

        story_begin(s, ALEX, NOON, 30);
        (void)story_tell(s, EVENT_SLIP, ALEX, NOON + 10 * DAY, json_object());
        (void)story_tell(s, EVENT_MILESTONE, ALEX, NOON + 11 * DAY, json_pack("{s:i}", "days", 1));
        (void)story_tell_late(s, EVENT_SLIP, ALEX, NOON + 12 * DAY, NOON + 8 * DAY, json_object());
        assert_int_equal(streak_at(s, NOON + 12 * DAY).since_usec, NOON + 10 * DAY);
        assert_int_equal(state_person(s, ALEX)->milestone, 1);
}

static void test_a_slip_found_days_later_has_its_first_milestone_behind_it(void **state) {
        State *s = *state;

        story_begin(s, ALEX, NOON, 30);
        (void)story_tell_late(s, EVENT_SLIP, ALEX, NOON + 12 * DAY, NOON + 10 * DAY, json_object());
        assert_int_equal(state_person(s, ALEX)->milestone, 1);
}

/* The milestone is reached and not announced yet when something else is corrected. */
static void test_a_correction_that_breaks_nothing_swallows_no_milestone(void **state) {
        State *s = *state;
        uint64_t urge;

        story_begin(s, ALEX, NOON, 30);
        urge = story_tell(s, EVENT_URGE, ALEX, NOON + 6 * DAY, json_object());
        story_correct(s, ALEX, NOON + 7 * DAY + 1, urge, NOON + 6 * DAY, "urge", "attempt");
        assert_int_equal(state_person(s, ALEX)->milestone, 0);
}

/* --- changes that wait, and support ---------------------------------------------------------- */

static void test_a_change_waits_until_it_is_applied_or_cancelled(void **state) {
        State *s = *state;
        Identity lex = {.kind = IDENTITY_NAME, .value = (char *)(uintptr_t) "Lex"};
        const Pending *removal, *end;
        char uid[UID_SPACE];

        tell_a_rich_story(s);
        removal = state_pending_like(s, ALEX, CHANGE_REMOVE_IDENTITY, &lex);
        end = state_pending_like(s, ALEX, CHANGE_END, NULL);
        assert_non_null(removal);
        assert_non_null(end);
        assert_ptr_equal(state_pending(s, removal->seq), removal);
        assert_int_equal(end->asked_usec, NOON + 5 * DAY);
        assert_int_equal(end->due_usec, NOON + 6 * DAY);
        lex.kind = IDENTITY_APP;
        assert_null(state_pending_like(s, ALEX, CHANGE_REMOVE_IDENTITY, &lex));
        assert_null(state_pending_like(s, SAM, CHANGE_END, NULL));

        (void)story_tell(s, EVENT_CHANGE_CANCELLED, ALEX, NOON + 5 * DAY,
                json_pack("{s:s}", "of", story_uid(removal->seq, uid)));
        assert_int_equal(s->n_pending, 3);
        end = state_pending_like(s, ALEX, CHANGE_END, NULL);
        (void)story_tell(s, EVENT_CHANGE_APPLIED, ALEX, NOON + 6 * DAY,
                json_pack("{s:s}", "of", story_uid(end->seq, uid)));
        assert_int_equal(s->n_pending, 2);
}

static void test_what_passes_is_added_once_and_removed(void **state) {
        Identity school = {.kind = IDENTITY_NAME, .value = (char[]){"school"}};
        State *s = *state;
        char uid[UID_SPACE];
        uint64_t word;

        word = story_tell(s, EVENT_PASS_ADDED, "", NOON,
                json_pack("{s:s, s:s}", "kind", "word", "value", "school"));
        (void)story_tell(s, EVENT_PASS_ADDED, "", NOON + DAY,
                json_pack("{s:s, s:s}", "kind", "word", "value", "school"));
        (void)story_tell(s, EVENT_PASS_ADDED, "", NOON + DAY,
                json_pack("{s:s, s:s}", "kind", "sender", "value", "signal:school"));
        assert_int_equal(s->n_passes, 2);
        assert_ptr_equal(state_pass(s, word), state_pass_like(s, &school));
        assert_int_equal(state_pass(s, word)->identity.added_usec, NOON);
        (void)story_tell(s, EVENT_PASS_REMOVED, "", NOON + DAY,
                json_pack("{s:s}", "of", story_uid(word, uid)));
        assert_int_equal(s->n_passes, 1);
        assert_null(state_pass(s, word));
        assert_null(state_pass_like(s, &school));
        (void)story_tell(s, EVENT_PASS_REMOVED, "", NOON + DAY,
                json_pack("{s:s}", "of", story_uid(word, uid)));
        assert_int_equal(s->n_passes, 1);
}

static void test_support_is_added_and_removed(void **state) {
        State *s = *state;
        char uid[UID_SPACE];
        uint64_t plan, reason;

        plan = story_tell(s, EVENT_SUPPORT_ADDED, "", NOON,
                json_pack("{s:s, s:s}", "kind", "plan", "text", "Call Kim"));
        reason = story_tell(s, EVENT_SUPPORT_ADDED, "", NOON,
                json_pack("{s:s, s:s}", "kind", "reason", "text", "Sleep"));
        assert_string_equal(state_support(s, plan)->text, "Call Kim");
        assert_int_equal(state_support(s, reason)->kind, SUPPORT_REASON);
        (void)story_tell(
                s, EVENT_SUPPORT_REMOVED, "", NOON, json_pack("{s:s}", "of", story_uid(plan, uid)));
        assert_null(state_support(s, plan));
        assert_non_null(state_support(s, reason));
}

/* --- the regime ------------------------------------------------------------------------------ */

static void tell_cool_down(State *s, uint64_t at, uint64_t usec) {
        (void)story_tell(
                s, EVENT_REGIME_CHANGED, "", at, json_pack("{s:I}", "cool_down", (json_int_t)usec));
}

static void test_the_cool_down_is_a_day_at_first_and_knows_its_last_raise(void **state) {
        State *s = *state;

        assert_int_equal(s->cool_down_usec, DAY);
        assert_int_equal(s->cool_down_raised_usec, 0);
        tell_cool_down(s, NOON, 3 * DAY);
        assert_int_equal(s->cool_down_before_usec, DAY);
        tell_cool_down(s, NOON + 1, 5 * DAY);
        tell_cool_down(s, NOON + 2, 4 * DAY);
        assert_int_equal(s->cool_down_usec, 4 * DAY);
        assert_int_equal(s->cool_down_before_usec, 3 * DAY);
        assert_int_equal(s->cool_down_raised_usec, NOON + 1);
}

static void test_a_cool_down_out_of_range_is_none(void **state) {
        State *s = *state;

        tell_cool_down(s, NOON, DAY - 1);
        tell_cool_down(s, NOON, 14 * DAY + 1);
        tell_cool_down(s, NOON, 1);
        assert_int_equal(s->cool_down_usec, DAY);
}

static void test_the_last_extension_is_undone_once(void **state) {
        State *s = *state;
        const Commitment *c;

        story_begin(s, ALEX, NOON, 30);
        c = &state_person(s, ALEX)->commitment;
        for (int days = 35; days <= 40; days += 5)
                (void)story_tell(s, EVENT_COMMITMENT_EXTENDED, ALEX, NOON + 1,
                        json_pack("{s:I}", "ends", (json_int_t)(NOON + (unsigned)days * DAY)));
        assert_int_equal(c->ends_usec, NOON + 40 * DAY);
        for (int i = 0; i < 2; i++)
                (void)story_tell(s, EVENT_COMMITMENT_UNDONE, ALEX, NOON + 2,
                        json_pack("{s:I}", "ends", (json_int_t)(NOON + 35 * DAY)));
        assert_int_equal(c->ends_usec, NOON + 35 * DAY);
        assert_int_equal(c->extended_usec, 0);
}

static void test_a_new_begin_has_no_extension_to_undo(void **state) {
        State *s = *state;

        story_begin(s, ALEX, NOON, 30);
        (void)story_tell(s, EVENT_COMMITMENT_EXTENDED, ALEX, NOON + 1,
                json_pack("{s:I}", "ends", (json_int_t)(NOON + 40 * DAY)));
        story_begin(s, ALEX, NOON + 50 * DAY, 30);
        assert_int_equal(state_person(s, ALEX)->commitment.extended_usec, 0);
}

static void tell_override(State *s, const char *target, uint64_t at, unsigned minutes) {
        (void)story_tell(s, EVENT_OVERRIDE, "", at,
                json_pack("{s:s, s:I}", "target", target, "until",
                        (json_int_t)(at + minutes * MINUTE)));
}

static void test_an_exception_is_open_from_its_begin_to_its_end(void **state) {
        State *s = *state;

        tell_override(s, "instagram", NOON, 10);
        assert_null(state_exception(s, "instagram", NOON - 1));
        assert_non_null(state_exception(s, "instagram", NOON));
        assert_non_null(state_exception(s, "instagram", NOON + 10 * MINUTE - 1));
        assert_null(state_exception(s, "instagram", NOON + 10 * MINUTE));
        assert_null(state_exception(s, "facebook", NOON));
        (void)story_tell(s, EVENT_OVERRIDE_ENDED, "", NOON + MINUTE,
                json_pack("{s:s}", "target", "facebook"));
        assert_non_null(state_exception(s, "instagram", NOON + MINUTE));
        (void)story_tell(s, EVENT_OVERRIDE_ENDED, "", NOON + MINUTE,
                json_pack("{s:s}", "target", "instagram"));
        assert_null(state_exception(s, "instagram", NOON + MINUTE));
        assert_int_equal(s->exceptions[0].until_usec, NOON + MINUTE);
        /* what is over is not ended once more */
        (void)story_tell(s, EVENT_OVERRIDE_ENDED, "", NOON + 2 * MINUTE,
                json_pack("{s:s}", "target", "instagram"));
        assert_int_equal(s->exceptions[0].until_usec, NOON + MINUTE);
}

static void test_no_exception_is_longer_than_thirty_minutes(void **state) {
        State *s = *state;

        tell_override(s, "instagram", NOON, 4000);
        assert_int_equal(s->exceptions[0].until_usec, NOON + 30 * MINUTE);
}

static void test_a_clock_set_back_makes_no_exception_longer(void **state) {
        State *s = *state;

        tell_override(s, "instagram", NOON, 10);
        (void)story_tell(
                s, EVENT_OVERRIDE_ENDED, "", NOON - DAY, json_pack("{s:s}", "target", "instagram"));
        assert_int_equal(s->exceptions[0].until_usec, NOON);
}

static void test_past_exceptions_are_kept_a_month_and_no_more_than_64(void **state) {
        State *s = *state;

        tell_override(s, "instagram", NOON, 10);
        tell_override(s, "facebook", NOON + 30 * DAY, 10);
        assert_int_equal(s->n_exceptions, 2);
        tell_override(s, "x", NOON + 31 * DAY, 10);
        assert_int_equal(s->n_exceptions, 2);
        assert_string_equal(s->exceptions[0].target, "facebook");
        for (unsigned i = 0; i < 200; i++)
                tell_override(s, "tiktok", NOON + 31 * DAY + i, 10);
        assert_int_equal(s->n_exceptions, 64);
}

static void test_what_waited_before_the_cool_down_could_be_set_waits_a_day(void **state) {
        State *s = *state;

        story_begin(s, ALEX, NOON, 30);
        (void)story_tell(s, EVENT_CHANGE_PENDING, ALEX, NOON + HOUR,
                json_pack("{s:s, s:I}", "change", "end", "due", (json_int_t)(NOON + 2 * HOUR)));
        assert_int_equal(s->pending[0].full_usec, NOON + HOUR + DAY);
}

static void test_locked_until_the_last_promise_ends(void **state) {
        State *s = *state;

        assert_int_equal(state_locked_until(s, NOON), 0);
        story_begin(s, ALEX, NOON, 30);
        story_begin(s, SAM, NOON, 50);
        assert_int_equal(state_locked_until(s, NOON), NOON + 50 * DAY);
        (void)story_tell(s, EVENT_COMMITMENT_ENDED, SAM, NOON + DAY, json_object());
        assert_int_equal(state_locked_until(s, NOON + DAY), NOON + 30 * DAY);
        assert_int_equal(state_locked_until(s, NOON + 30 * DAY), 0);
}

/* --- limited contact ------------------------------------------------------------------------- */

static void tell_hours(State *s, uint64_t at, const char *hours) {
        (void)story_tell(s, EVENT_PERSON_HOURS, SAM, at, json_pack("{s:s}", "hours", hours));
}

static const char *hours_of(const State *s, char buf[static HOURS_TEXT_SPACE]) {
        return hours_write(&state_person(s, SAM)->hours, buf);
}

static void test_hours_know_how_wide_they_were(void **state) {
        State *s = *state;
        char buf[HOURS_TEXT_SPACE];
        const Person *sam;

        tell_a_rich_story(s);
        sam = state_person(s, SAM);
        assert_string_equal(hours_of(s, buf), "");
        assert_int_equal(sam->hours_narrowed_usec, 0);
        tell_hours(s, NOON + 6 * DAY, "mon-fri 09:00-18:00");
        assert_string_equal(hours_of(s, buf), "mon-fri 09:00-18:00");
        assert_int_equal(sam->hours_narrowed_usec, NOON + 6 * DAY);
        assert_string_equal(hours_write(&sam->hours_before, buf), "");
        tell_hours(s, NOON + 7 * DAY, "mon 09:00-18:00, tue-fri 09:00-18:00"); /* the same */
        tell_hours(s, NOON + 8 * DAY, "08:00-18:00");
        assert_int_equal(sam->hours_narrowed_usec, NOON + 6 * DAY);
        tell_hours(s, NOON + 9 * DAY, "sat 10:00-12:00");
        assert_int_equal(sam->hours_narrowed_usec, NOON + 9 * DAY);
        assert_string_equal(hours_write(&sam->hours_before, buf), "08:00-18:00");
        tell_hours(s, NOON + 9 * DAY, "by day");
        assert_string_equal(hours_of(s, buf), "sat 10:00-12:00");
        tell_hours(s, NOON + 9 * DAY, "");
        assert_string_equal(hours_of(s, buf), "");
}

static void test_what_was_held_is_told_once(void **state) {
        State *s = *state;
        const Person *sam;

        tell_a_rich_story(s);
        tell_of_limited_contact(s);
        sam = state_person(s, SAM);
        assert_int_equal(sam->undigested, 2);
        (void)story_tell(s, EVENT_INCOMING, SAM, NOON + 6 * DAY,
                json_pack("{s:s}", "channel", "mail")); /* not held */
        (void)story_tell(s, EVENT_INCOMING, ALEX, NOON + 6 * DAY,
                json_pack("{s:s, s:s}", "channel", "mail", "held", "some-id"));
        assert_int_equal(sam->undigested, 2);
        assert_int_equal(state_person(s, ALEX)->undigested, 0);
        (void)story_tell(s, EVENT_DIGEST_SHOWN, SAM, NOON + 6 * DAY, json_pack("{s:i}", "n", 1));
        assert_int_equal(sam->undigested, 1);
        (void)story_tell(s, EVENT_DIGEST_SHOWN, SAM, NOON + 6 * DAY, json_pack("{s:i}", "n", 9));
        assert_int_equal(sam->undigested, 0);
}

static void test_a_person_is_open_in_their_hours_or_when_nothing_stands(void **state) {
        const LocalTime monday_nine = {NOON + DAY - 3 * HOUR, 0},
                        monday_six = {NOON + DAY + 6 * HOUR, 0};
        State *s = *state;
        const Person *sam, *alex;

        tell_a_rich_story(s);
        sam = state_person(s, SAM);
        alex = state_person(s, ALEX);
        tell_hours(s, NOON, "mon-fri 09:00-18:00");
        assert_true(person_is_open(sam, monday_six)); /* no commitment yet */
        assert_false(person_is_open(alex, monday_nine));
        tell_of_limited_contact(s);
        assert_true(person_is_open(sam, monday_nine));
        assert_false(person_is_open(sam, monday_six));
        assert_true(person_is_open(sam, (LocalTime){monday_six.usec, -60}));
        assert_false(person_is_open(sam, (LocalTime){monday_nine.usec, -60}));
        tell_hours(s, NOON, "");
        assert_true(person_is_open(sam, monday_six));
}

/* --- what must change nothing ---------------------------------------------------------------- */

/* A whole payload of each kind that the fold reads, and which of its fields may be left out. */
static const struct {
        EventKind kind;
        const char *person;
        const char *data;
        const char *optional;
} whole[] = {
        {EVENT_PERSON_ADDED, "0190000000007000800000000000000c",
                "{\"name\": \"Kim\", \"mode\": \"full\"}", "mode"},
        {EVENT_PERSON_CHANGED, ALEX, "{\"name\": \"Kim\"}", ""},
        {EVENT_PERSON_CHANGED, ALEX, "{\"mode\": \"limited\"}", ""},
        {EVENT_PERSON_HOURS, ALEX, "{\"hours\": \"sat 10:00-12:00\"}", ""},
        {EVENT_DIGEST_SHOWN, SAM, "{\"n\": 1}", ""},
        {EVENT_CHANGE_PENDING, ALEX,
                "{\"change\": \"hours\", \"hours\": \"sat 10:00-12:00\", \"due\": 1796599600000000}",
                "hours"}, /* "" is any time */
        {EVENT_IDENTITY_ADDED, ALEX, "{\"kind\": \"name\", \"value\": \"A. D.\"}", ""},
        {EVENT_IDENTITY_REMOVED, ALEX, "{\"kind\": \"name\", \"value\": \"Lex\"}", ""},
        {EVENT_COMMITMENT_BEGUN, ALEX, "{\"days\": 9, \"ends\": 1799999600000000}", "days"},
        {EVENT_COMMITMENT_EXTENDED, ALEX, "{\"days\": 9, \"ends\": 1799999600000000}", "days"},
        {EVENT_CHANGE_PENDING, ALEX, "{\"change\": \"end\", \"due\": 1796599600000000}", ""},
        {EVENT_CHANGE_PENDING, ALEX,
                "{\"change\": \"remove-identity\", \"kind\": \"name\", \"value\": \"Lex\","
                " \"due\": 1796599600000000}",
                ""},
        {EVENT_CHANGE_PENDING, "",
                "{\"change\": \"cool-down\", \"cool_down\": 86400000000, \"due\": 1796599600000000,"
                " \"full\": 1796599600000000}",
                "full"},
        {EVENT_CHANGE_PENDING, "",
                "{\"change\": \"add-pass\", \"kind\": \"name\", \"value\": \"school\","
                " \"due\": 1796599600000000}",
                ""},
        {EVENT_PASS_ADDED, "", "{\"kind\": \"word\", \"value\": \"hospital\"}", ""},
        {EVENT_PASS_ADDED, "", "{\"kind\": \"sender\", \"value\": \"signal:Kim\"}", ""},
        {EVENT_CHANGE_PENDING, "", "{\"change\": \"clear-key\", \"due\": 1796599600000000}", ""},
        {EVENT_COMMITMENT_UNDONE, ALEX, "{\"ends\": 1798545600000000}", ""},
        {EVENT_REGIME_CHANGED, "", "{\"cool_down\": 259200000000}", ""},
        {EVENT_KEY_SET, "", "{\"hash\": \"$y$j9T$other$hash\"}", ""},
        {EVENT_KEY_CLEARED, "", "{}", ""},
        {EVENT_OVERRIDE, "", "{\"target\": \"alexdoe.example\", \"until\": 1796386200000000}", ""},
        {EVENT_OVERRIDE_ENDED, "", "{\"target\": \"instagram\"}", ""},
        {EVENT_CHANGE_CANCELLED, ALEX, "{\"of\": \"01900000000070008000000000000000\"}", ""},
        {EVENT_CORRECTED, ALEX,
                "{\"of\": \"01900000000070008000000000000007\", \"from\": \"relapse\","
                " \"to\": \"none\", \"at\": 1796126400000000}",
                ""},
        {EVENT_SUPPORT_ADDED, "", "{\"kind\": \"reason\", \"text\": \"Sleep\"}", ""},
        {EVENT_SUPPORT_REMOVED, "", "{\"of\": \"01900000000070008000000000000000\"}", ""},
        {EVENT_MILESTONE, ALEX, "{\"days\": 7}", ""},
};

/* In the rich story: the uids of the first pending change and of the plan. */
static json_t *whole_data(const State *s, size_t i) {
        json_t *data = json_loads(whole[i].data, 0, NULL);
        char uid[UID_SPACE];

        assert_non_null(data);
        if (whole[i].kind == EVENT_CHANGE_CANCELLED)
                assert_int_equal(json_object_set_new(data, "of",
                                         json_string(story_uid(s->pending[0].seq, uid))),
                        0);
        if (whole[i].kind == EVENT_SUPPORT_REMOVED)
                assert_int_equal(json_object_set_new(data, "of",
                                         json_string(story_uid(s->support[0].seq, uid))),
                        0);
        return data;
}

/* Tells the rich story with `data` behind it and says whether that changed anything. Takes
 * `data`. */
static bool changes(EventKind kind, const char *person, json_t *data) {
        _cleanup_(state_freep) State *s = NULL;
        _cleanup_free_ char *before = NULL, *after = NULL;

        assert_int_equal(state_new(&s), 0);
        tell_a_rich_story(s);
        tell_of_limited_contact(s);
        before = state_text_without_seq(s);
        (void)story_tell(s, kind, person, NOON + 5 * DAY, data);
        after = state_text_without_seq(s);
        return !streq(before, after);
}

static void test_every_whole_payload_changes_something(void **state) {
        State *s = *state;

        tell_a_rich_story(s);
        for (size_t i = 0; i < ARRAY_LEN(whole); i++)
                if (!changes(whole[i].kind, whole[i].person, whole_data(s, i)))
                        fail_msg("%s %s", event_kind_name(whole[i].kind), whole[i].data);
}

static void test_a_payload_without_a_field_or_with_a_wrong_one_changes_nothing(void **state) {
        static const char *const wrongs[] = {"null", "true", "-5", "2.5", "\"\"", "[]", "{}"};
        State *s = *state;

        tell_a_rich_story(s);
        for (size_t i = 0; i < ARRAY_LEN(whole); i++) {
                json_t *data = whole_data(s, i), *value;
                const char *field;

                json_object_foreach (data, field, value) {
                        json_t *lacking = json_copy(data);

                        if (streq(field, whole[i].optional)) {
                                json_decref(lacking);
                                continue;
                        }
                        assert_int_equal(json_object_del(lacking, field), 0);
                        if (changes(whole[i].kind, whole[i].person, lacking))
                                fail_msg("%s without %s", whole[i].data, field);
                        for (size_t w = 0; w < ARRAY_LEN(wrongs); w++) {
                                json_t *wrong = json_copy(data);

                                (void)json_object_set_new(
                                        wrong, field, json_loads(wrongs[w], JSON_DECODE_ANY, NULL));
                                if (changes(whole[i].kind, whole[i].person, wrong))
                                        fail_msg("%s with %s %s", whole[i].data, field, wrongs[w]);
                        }
                }
                json_decref(data);
        }
}

static void test_an_unknown_person_or_change_changes_nothing(void **state) {
        const char *stranger = "0190000000007000800000000000000d";
        State *s = *state;

        tell_a_rich_story(s);
        for (size_t i = 0; i < ARRAY_LEN(whole); i++) {
                if (whole[i].person[0] == '\0' || whole[i].kind == EVENT_PERSON_ADDED ||
                        whole[i].kind == EVENT_CHANGE_CANCELLED)
                        continue;
                assert_false(changes(whole[i].kind, stranger, whole_data(s, i)));
                assert_false(changes(whole[i].kind, "", whole_data(s, i)));
        }
        assert_false(changes(EVENT_PERSON_REMOVED, stranger, json_object()));
        assert_false(changes(EVENT_COMMITMENT_ENDED, stranger, json_object()));
        assert_false(changes(EVENT_SLIP, stranger, json_object()));
        assert_false(changes(
                EVENT_PERSON_ADDED, "", json_pack("{s:s, s:s}", "name", "Nobody", "mode", "full")));
        for (EventKind kind = EVENT_CHANGE_CANCELLED; kind <= EVENT_CHANGE_APPLIED; kind++)
                assert_false(changes(kind, ALEX, json_pack("{s:s}", "of", "no such uid")));
        assert_false(changes(EVENT_SUPPORT_REMOVED, "", json_pack("{s:s}", "of", "no such uid")));
}

static void test_mere_history_changes_nothing(void **state) {
        static const EventKind kinds[] = {EVENT_NUDGE_SHOWN, EVENT_NUDGE_ANSWERED,
                EVENT_LAYER_CHANGED, EVENT_ENFORCEMENT_REPAIRED, EVENT_CLOCK_JUMPED,
                EVENT_DAEMON_STARTED, EVENT_DAEMON_STOPPED};

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
                assert_false(changes(kinds[i], ALEX, json_object()));
}

int main(void) {
#define test(name) cmocka_unit_test_setup_teardown(name, state_setup, state_teardown)
        const struct CMUnitTest tests[] = {
                test(test_a_person_is_added_once),
                test(test_a_mode_of_a_newer_version_is_the_strictest),
                test(test_a_change_gives_a_new_name_and_mode),
                test(test_identities_are_kept_in_order_and_once_each),
                test(test_a_removed_person_takes_what_waits_for_them_along),
                test(test_a_new_begin_starts_at_zero_and_keeps_the_longest_streak),
                test(test_the_figures_of_an_ended_commitment_stand_still),
                test(test_an_extension_never_shortens),
                test(test_what_never_began_can_neither_be_extended_nor_ended),
                test(test_an_attempt_an_urge_or_a_message_never_breaks_a_streak),
                test(test_a_slip_or_a_relapse_breaks_it),
                test(test_a_correction_restores_a_streak_and_takes_it_away),
                test(test_of_two_breaks_a_correction_takes_the_right_one),
                test(test_what_was_before_the_begin_is_not_counted_when_it_is_corrected),
                test(test_what_no_commitment_counted_is_not_counted_when_it_is_corrected),
                test(test_what_came_after_the_end_is_not_counted_when_it_is_corrected),
                test(test_what_came_before_the_end_counts_when_it_is_read_later),
                test(test_a_break_makes_milestones_possible_again),
                test(test_a_restored_streak_does_not_announce_its_milestones_again),
                test(test_an_older_slip_found_later_announces_nothing_again),
                test(test_a_slip_found_days_later_has_its_first_milestone_behind_it),
                test(test_a_correction_that_breaks_nothing_swallows_no_milestone),
                test(test_a_change_waits_until_it_is_applied_or_cancelled),
                test(test_support_is_added_and_removed),
                test(test_what_passes_is_added_once_and_removed),
                test(test_the_cool_down_is_a_day_at_first_and_knows_its_last_raise),
                test(test_a_cool_down_out_of_range_is_none),
                test(test_the_last_extension_is_undone_once),
                test(test_a_new_begin_has_no_extension_to_undo),
                test(test_an_exception_is_open_from_its_begin_to_its_end),
                test(test_no_exception_is_longer_than_thirty_minutes),
                test(test_a_clock_set_back_makes_no_exception_longer),
                test(test_past_exceptions_are_kept_a_month_and_no_more_than_64),
                test(test_hours_know_how_wide_they_were),
                test(test_what_was_held_is_told_once),
                test(test_a_person_is_open_in_their_hours_or_when_nothing_stands),
                test(test_what_waited_before_the_cool_down_could_be_set_waits_a_day),
                test(test_locked_until_the_last_promise_ends),
                test(test_every_whole_payload_changes_something),
                test(test_a_payload_without_a_field_or_with_a_wrong_one_changes_nothing),
                test(test_an_unknown_person_or_change_changes_nothing),
                test(test_mere_history_changes_nothing),
        };
        return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
