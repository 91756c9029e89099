/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Tighten now, loosen later: what may be done with people, what waits and how long, and that a
 * refusal changes nothing. */

#include "daemon/changes.h"
#include "daemon/people.h"
#include "nocontact/bus-names.h"
#include "unit/ledger-fixture.h"

#include <errno.h>

#define NOBODY "0190000000007000800000000000000f"

/* A person, under a commitment of `days` unless that is 0. Returns the id, which the desk's
 * state keeps. */
static const char *meet(Desk *d, const char *name, unsigned days) {
        const char *id = NULL, *why = NULL;
        char copy[UID_SPACE];

        assert_int_equal(people_add(d->l, NOON, name, "full", &id, &why), 0);
        (void)snprintf(copy, sizeof(copy), "%s", id);
        if (days > 0)
                assert_int_equal(people_begin(d->l, NOON, copy, days, &why), 0);
        return state_person(ledger_state(d->l), copy)->id;
}

/* Alex, under a commitment of 30 days from noon, with two names; the id is copied. */
static void meet_alex(Desk *d, char id[static UID_SPACE]) {
        const char *why = NULL;

        (void)snprintf(id, UID_SPACE, "%s", meet(d, "Alex Doe", 30));
        assert_int_equal(people_add_identity(d->l, NOON, id, "name", "Lex", &why), 0);
        assert_int_equal(people_add_identity(d->l, NOON, id, "phone", "+1 555 010 9999", &why), 0);
}

static const Person *person(const Desk *d, const char *id) {
        return state_person(ledger_state(d->l), id);
}

static bool knows(const Desk *d, const char *id, IdentityKind kind, const char *value) {
        return person_identity(person(d, id), kind, value) != NULL;
}

static size_t waiting(const Desk *d) {
        return ledger_state(d->l)->n_pending;
}

/* --- adding ---------------------------------------------------------------------------------- */

static void test_a_person_gets_an_id_and_a_tidy_name(void **state) {
        Desk *d = *state;
        const char *id = meet(d, "  Alex   Doe ", 0);

        assert_int_equal(strlen(id), UID_SPACE - 1);
        assert_int_equal(strspn(id, "0123456789abcdef"), UID_SPACE - 1);
        assert_string_equal(person(d, id)->name, "Alex Doe");
        assert_int_equal(person(d, id)->mode, MODE_FULL);
        assert_int_equal(person(d, id)->added_usec, NOON);
        assert_desk_sound(d);
}

static void test_an_identity_is_kept_in_its_canonical_spelling(void **state) {
        char id[UID_SPACE];
        Desk *d = *state;

        meet_alex(d, id);
        assert_true(knows(d, id, IDENTITY_PHONE, "+15550109999"));
        assert_int_equal(person(d, id)->identities[0].added_usec, NOON);
}

static void test_a_commitment_begins_and_is_extended(void **state) {
        const char *id, *why = NULL;
        Desk *d = *state;

        id = meet(d, "Alex Doe", 30);
        assert_int_equal(person(d, id)->commitment.began_usec, NOON);
        assert_int_equal(person(d, id)->commitment.ends_usec, NOON + 30 * DAY);
        assert_int_equal(people_extend(d->l, NOON + DAY, id, 7, &why), 0);
        id = ledger_state(d->l)->people[0].id;
        assert_int_equal(person(d, id)->commitment.ends_usec, NOON + 37 * DAY);
}

static void test_a_commitment_that_ran_out_can_begin_anew_or_be_extended(void **state) {
        char a[UID_SPACE], b[UID_SPACE];
        const char *why = NULL;
        Desk *d = *state;

        (void)snprintf(a, sizeof(a), "%s", meet(d, "Alex", 30));
        (void)snprintf(b, sizeof(b), "%s", meet(d, "Sam", 30));
        assert_int_equal(people_begin(d->l, NOON + 30 * DAY, a, 5, &why), 0);
        assert_int_equal(person(d, a)->commitment.began_usec, NOON + 30 * DAY);
        assert_int_equal(people_extend(d->l, NOON + 40 * DAY, b, 5, &why), 0);
        assert_int_equal(person(d, b)->commitment.began_usec, NOON);
        assert_int_equal(person(d, b)->commitment.ends_usec, NOON + 45 * DAY);
}

/* --- refusals -------------------------------------------------------------------------------- */

/* One call and what it should give. The id stands for Alex, who has a commitment; it may be
 * replaced. */
typedef struct Refusal {
        int (*call)(Desk *d, const char *id, const char **ret_why);
        int error;
        const char *what;
} Refusal;

#define LATER (NOON + DAY)

#define REFUSED(name, expression)                                                                  \
        static int name(Desk *d, const char *id, const char **ret_why) {                           \
                const char *ret_id = "untouched";                                                  \
                uint64_t due = 4711;                                                               \
                int r;                                                                             \
                (void)id;                                                                          \
                r = expression;                                                                    \
                assert_string_equal(ret_id, "untouched");                                          \
                assert_int_equal(due, 4711);                                                       \
                return r;                                                                          \
        }

#define NAME_50 "Alexander Maximilian Theodor Balthasar Doe-Smith. "

REFUSED(add_long,
        people_add(d->l, LATER, NAME_50 NAME_50 NAME_50 NAME_50 "!", "full", &ret_id, ret_why))
REFUSED(add_empty, people_add(d->l, LATER, "", "full", &ret_id, ret_why))
REFUSED(add_blank, people_add(d->l, LATER, " \t ", "full", &ret_id, ret_why))
REFUSED(add_control, people_add(d->l, LATER,
                             "Al\x01"
                             "ex",
                             "full", &ret_id, ret_why))
REFUSED(add_latin1, people_add(d->l, LATER, "Ren\xe9", "full", &ret_id, ret_why))
REFUSED(add_mode, people_add(d->l, LATER, "Kim", "strict", &ret_id, ret_why))
REFUSED(add_mode_empty, people_add(d->l, LATER, "Kim", "", &ret_id, ret_why))
REFUSED(add_twice, people_add(d->l, LATER, "Alex Doe", "full", &ret_id, ret_why))
REFUSED(add_twice_spaced, people_add(d->l, LATER, " Alex  Doe", "limited", &ret_id, ret_why))
REFUSED(begin_none, people_begin(d->l, LATER, id, 0, ret_why))
REFUSED(begin_ever, people_begin(d->l, LATER, id, 3651, ret_why))
REFUSED(begin_max, people_begin(d->l, LATER, id, UINT32_MAX, ret_why))
REFUSED(begin_nobody, people_begin(d->l, LATER, NOBODY, 30, ret_why))
REFUSED(begin_empty, people_begin(d->l, LATER, "", 30, ret_why))
REFUSED(begin_running, people_begin(d->l, LATER, id, 30, ret_why))
REFUSED(extend_none, people_extend(d->l, LATER, id, 0, ret_why))
REFUSED(extend_ever, people_extend(d->l, LATER, id, 3651, ret_why))
REFUSED(extend_nobody, people_extend(d->l, LATER, NOBODY, 30, ret_why))
REFUSED(extend_far, people_extend(d->l, LATER, id, 3622, ret_why))
REFUSED(identity_kind, people_add_identity(d->l, LATER, id, "fax", "1", ret_why))
REFUSED(identity_value, people_add_identity(d->l, LATER, id, "email", "not an address", ret_why))
REFUSED(identity_empty, people_add_identity(d->l, LATER, id, "name", "", ret_why))
REFUSED(identity_nobody, people_add_identity(d->l, LATER, NOBODY, "name", "Lex", ret_why))
REFUSED(identity_known, people_add_identity(d->l, LATER, id, "phone", "+1-555-010-9999", ret_why))
REFUSED(remove_kind, people_remove_identity(d->l, LATER, id, "fax", "1", false, &due, ret_why))
REFUSED(remove_value, people_remove_identity(d->l, LATER, id, "phone", "x", false, &due, ret_why))
REFUSED(remove_nobody,
        people_remove_identity(d->l, LATER, NOBODY, "name", "Lex", false, &due, ret_why))
REFUSED(remove_unknown, people_remove_identity(d->l, LATER, id, "name", "Al", false, &due, ret_why))
REFUSED(remove_display,
        people_remove_identity(d->l, LATER, id, "name", "Alex Doe", false, &due, ret_why))
REFUSED(end_nobody, people_request_end(d->l, LATER, NOBODY, false, &due, ret_why))
REFUSED(gone_nobody, people_remove(d->l, LATER, NOBODY, false, &due, ret_why))
REFUSED(cancel_none, changes_cancel(d->l, LATER, 0, ret_why))
REFUSED(cancel_other, changes_cancel(d->l, LATER, 1, ret_why))
REFUSED(cancel_far, changes_cancel(d->l, LATER, UINT64_MAX, ret_why))

/* clang-format off */
static const Refusal refusals[] = {
        {add_long, -EINVAL, "a name of 201 bytes"},
        {add_empty, -EINVAL, "an empty name"},
        {add_blank, -EINVAL, "a name of spaces"},
        {add_control, -EINVAL, "a control character"},
        {add_latin1, -EINVAL, "a name that is no UTF-8"},
        {add_mode, -EINVAL, "a mode that does not exist"},
        {add_mode_empty, -EINVAL, "no mode"},
        {add_twice, -EEXIST, "the same name again"},
        {add_twice_spaced, -EEXIST, "the same name in another spelling"},
        {begin_none, -EINVAL, "a begin for 0 days"},
        {begin_ever, -EINVAL, "a begin for 3651 days"},
        {begin_max, -EINVAL, "a begin for ever"},
        {begin_nobody, -ENOENT, "a begin with nobody"},
        {begin_empty, -ENOENT, "a begin with an empty id"},
        {begin_running, -EEXIST, "a second begin"},
        {extend_none, -EINVAL, "an extension by 0 days"},
        {extend_ever, -EINVAL, "an extension by 3651 days"},
        {extend_nobody, -ENOENT, "an extension with nobody"},
        {extend_far, -EDQUOT, "an extension to more than ten years from now"},
        {identity_kind, -EINVAL, "a kind that does not exist"},
        {identity_value, -EINVAL, "an address that is none"},
        {identity_empty, -EINVAL, "an empty value"},
        {identity_nobody, -ENOENT, "an identity of nobody"},
        {identity_known, -EEXIST, "an identity that is known in another spelling"},
        {remove_kind, -EINVAL, "the removal of a kind that does not exist"},
        {remove_value, -EINVAL, "the removal of a value that is none"},
        {remove_nobody, -ENOENT, "a removal from nobody"},
        {remove_unknown, -ENOENT, "the removal of what is not known"},
        {remove_display, -ENOENT, "the removal of the display name"},
        {end_nobody, -ENOENT, "an end with nobody"},
        {gone_nobody, -ENOENT, "the removal of nobody"},
        {cancel_none, -ENOENT, "a cancel of nothing"},
        {cancel_other, -ENOENT, "a cancel of an event that is no change"},
        {cancel_far, -ENOENT, "a cancel of what never was"},
};
/* clang-format on */

static void assert_refused(Desk *d, const Refusal *f, const char *id) {
        Snapshot before = desk_snapshot(d);
        const char *why = NULL;
        int r = f->call(d, id, &why);

        if (r != f->error || !why || strlen(why) < 10)
                fail_msg("%s gave %d: %s", f->what, r, why ? why : "(no sentence)");
        assert_desk_unchanged(d, &before);
}

static void test_every_refusal_has_a_sentence_and_changes_nothing(void **state) {
        char id[UID_SPACE];
        Desk *d = *state;

        meet_alex(d, id);
        for (size_t i = 0; i < ARRAY_LEN(refusals); i++)
                assert_refused(d, &refusals[i], id);
        assert_desk_sound(d);
}

REFUSED(extend_any, people_extend(d->l, LATER, id, 5, ret_why))
REFUSED(end_any, people_request_end(d->l, LATER, id, false, &due, ret_why))

static void test_without_a_commitment_there_is_nothing_to_extend_or_end(void **state) {
        static const Refusal none[] = {
                {extend_any, -ENOENT, "an extension"}, {end_any, -ENOENT, "an end"}};
        char id[UID_SPACE];
        const char *why = NULL;
        uint64_t due;
        Desk *d = *state;

        (void)snprintf(id, sizeof(id), "%s", meet(d, "Alex", 0));
        for (size_t i = 0; i < ARRAY_LEN(none); i++)
                assert_refused(d, &none[i], id);
        assert_int_equal(people_begin(d->l, NOON, id, 30, &why), 0);
        assert_int_equal(people_request_end(d->l, NOON + MINUTE, id, false, &due, &why), 0);
        for (size_t i = 0; i < ARRAY_LEN(none); i++)
                assert_refused(d, &none[i], id);
}

REFUSED(lex_again, people_remove_identity(d->l, LATER, id, "name", "Lex", false, &due, ret_why))
REFUSED(gone_again, people_remove(d->l, LATER, id, false, &due, ret_why))

static void test_what_waits_already_is_not_asked_for_twice(void **state) {
        static const Refusal again[] = {{lex_again, -EEXIST, "a removal of an identity"},
                {end_any, -EEXIST, "an end"}, {gone_again, -EEXIST, "a removal of a person"}};
        const char *why = NULL;
        char id[UID_SPACE];
        uint64_t due;
        Desk *d = *state;

        meet_alex(d, id);
        assert_int_equal(
                people_remove_identity(d->l, NOON + HOUR, id, "name", "Lex", false, &due, &why), 0);
        assert_int_equal(people_request_end(d->l, NOON + HOUR, id, false, &due, &why), 0);
        assert_int_equal(people_remove(d->l, NOON + HOUR, id, false, &due, &why), 0);
        assert_int_equal(waiting(d), 3);
        for (size_t i = 0; i < ARRAY_LEN(again); i++)
                assert_refused(d, &again[i], id);
}

/* --- limits ---------------------------------------------------------------------------------- */

REFUSED(add_one_more, people_add(d->l, LATER, "One More", "full", &ret_id, ret_why))
REFUSED(identity_one_more, people_add_identity(d->l, LATER, id, "name", "One More", ret_why))

static void test_the_hundredth_person_is_the_last(void **state) {
        static const Refusal more = {add_one_more, -EDQUOT, "person 101"};
        const char *why = NULL;
        Desk *d = *state;

        for (int i = 0; i < NC_LIMIT_PEOPLE; i++) {
                char name[32];

                (void)snprintf(name, sizeof(name), "Person %d", i);
                (void)meet(d, name, 0);
        }
        assert_refused(d, &more, NOBODY);
        assert_int_equal(people_remove(d->l, NOON, ledger_state(d->l)->people[0].id, false,
                                 &(uint64_t){0}, &why),
                0);
        (void)meet(d, "One More", 0);
}

/* Adds `n` names in one batch: going through people_add_identity() would take long. */
static void add_names(Desk *d, const char *id, int n) {
        _cleanup_(batch_done) Batch b = {0};

        for (int i = 0; i < n; i++) {
                char name[32];

                (void)snprintf(name, sizeof(name), "Name %d", i);
                assert_int_equal(
                        batch_add(&b, EVENT_IDENTITY_ADDED, id, NOON, identity_data("name", name)),
                        0);
        }
        assert_int_equal(ledger_record(d->l, &b, NOON), 0);
}

static void test_the_thousandth_identity_is_the_last(void **state) {
        static const Refusal more = {identity_one_more, -EDQUOT, "identity 1001"};
        const char *why = NULL;
        char id[UID_SPACE];
        Desk *d = *state;

        (void)snprintf(id, sizeof(id), "%s", meet(d, "Alex Doe", 30));
        add_names(d, id, NC_LIMIT_IDENTITIES - 1);
        assert_int_equal(people_add_identity(d->l, NOON, id, "name", "Lex", &why), 0);
        assert_refused(d, &more, id);
}

static void test_the_thousandth_waiting_change_is_the_last(void **state) {
        static const Refusal more[] = {{end_any, -EDQUOT, "change 1001: an end"},
                {gone_again, -EDQUOT, "change 1001: a removal"}};
        _cleanup_(batch_done) Batch b = {0};
        const char *why = NULL;
        char id[UID_SPACE];
        uint64_t due;
        Desk *d = *state;

        (void)snprintf(id, sizeof(id), "%s", meet(d, "Alex Doe", 30));
        add_names(d, id, NC_LIMIT_IDENTITIES);
        for (int i = 0; i < NC_LIMIT_PENDING; i++)
                assert_int_equal(
                        batch_add(&b, EVENT_CHANGE_PENDING, id, NOON,
                                json_pack("{s:s, s:s, s:s, s:I}", "change", "remove-identity",
                                        "kind", "name", "value", person(d, id)->identities[i].value,
                                        "due", (json_int_t)(NOON + 2 * DAY))),
                        0);
        assert_int_equal(ledger_record(d->l, &b, NOON), 0);
        for (size_t i = 0; i < ARRAY_LEN(more); i++)
                assert_refused(d, &more[i], id);
        /* one taken back makes room for another */
        assert_int_equal(changes_cancel(d->l, NOON, ledger_state(d->l)->pending[500].seq, &why), 0);
        assert_int_equal(people_request_end(d->l, LATER, id, false, &due, &why), 0);
}

static void test_a_commitment_never_ends_more_than_ten_years_from_now(void **state) {
        const char *id, *why = NULL;
        Desk *d = *state;

        id = meet(d, "Alex Doe", 3650);
        assert_int_equal(people_extend(d->l, NOON + DAY - 1, id, 1, &why), -EDQUOT);
        assert_int_equal(people_extend(d->l, NOON + DAY, id, 1, &why), 0);
        id = ledger_state(d->l)->people[0].id;
        assert_int_equal(person(d, id)->commitment.ends_usec, NOON + 3651 * DAY);
}

/* --- loosening ------------------------------------------------------------------------------- */

/* Asks for the removal of "Lex" and returns when it will be, 0 for at once. */
static uint64_t remove_lex(Desk *d, uint64_t now, const char *id) {
        const char *why = NULL;
        uint64_t due = 4711;

        assert_int_equal(
                people_remove_identity(d->l, now, id, "name", "Lex", false, &due, &why), 0);
        return due;
}

static bool knows_lex(const Desk *d, const char *id) {
        return knows(d, id, IDENTITY_NAME, "Lex");
}

static void test_an_identity_typed_by_mistake_goes_within_ten_minutes(void **state) {
        char id[UID_SPACE];
        Desk *d = *state;

        meet_alex(d, id);
        assert_int_equal(remove_lex(d, NOON + 10 * MINUTE, id), 0);
        assert_false(knows_lex(d, id));
        assert_int_equal(waiting(d), 0);
}

static void test_later_it_waits_a_day_and_is_then_carried_out(void **state) {
        uint64_t asked = NOON + 10 * MINUTE + 1;
        char id[UID_SPACE];
        Desk *d = *state;

        meet_alex(d, id);
        assert_int_equal(remove_lex(d, asked, id), asked + DAY);
        assert_true(knows_lex(d, id));
        assert_int_equal(changes_apply_due(d->l, asked + DAY - 1), 0);
        assert_true(knows_lex(d, id));
        assert_int_equal(changes_apply_due(d->l, asked + DAY), 1);
        assert_false(knows_lex(d, id));
        assert_int_equal(waiting(d), 0);
        assert_int_equal(changes_apply_due(d->l, asked + DAY), 0);
        assert_desk_sound(d);
}

static void test_nothing_waits_longer_than_the_promise(void **state) {
        uint64_t end = NOON + 30 * DAY;
        const char *why = NULL;
        char id[UID_SPACE];
        uint64_t due;
        Desk *d = *state;

        meet_alex(d, id);
        assert_int_equal(remove_lex(d, end - HOUR, id), end);
        assert_int_equal(people_request_end(d->l, end - MINUTE, id, false, &due, &why), 0);
        assert_int_equal(due, end);
        assert_int_equal(people_remove(d->l, end, id, false, &due, &why), 0);
        assert_int_equal(due, 0);
        assert_int_equal(ledger_state(d->l)->n_people, 0);
        assert_int_equal(waiting(d), 0);
}

static void test_a_begin_by_mistake_is_undone_within_ten_minutes(void **state) {
        const char *id, *why = NULL;
        uint64_t due = 1;
        Desk *d = *state;

        id = meet(d, "Alex", 3650);
        assert_int_equal(people_request_end(d->l, NOON + 10 * MINUTE, id, false, &due, &why), 0);
        assert_int_equal(due, 0);
        assert_false(commitment_stands(&ledger_state(d->l)->people[0].commitment));
}

static void test_an_end_or_a_removal_waits_a_day(void **state) {
        const char *why = NULL;
        char id[UID_SPACE];
        uint64_t due;
        Desk *d = *state;

        meet_alex(d, id);
        assert_int_equal(people_request_end(d->l, NOON + DAY, id, false, &due, &why), 0);
        assert_int_equal(due, NOON + 2 * DAY);
        assert_int_equal(people_remove(d->l, NOON + 2 * DAY - 1, id, false, &due, &why), 0);
        assert_int_equal(due, NOON + 3 * DAY - 1);
        assert_true(commitment_locked(&person(d, id)->commitment, NOON + 2 * DAY - 1));

        assert_int_equal(changes_apply_due(d->l, NOON + 2 * DAY), 1);
        assert_int_equal(person(d, id)->commitment.ended_usec, NOON + 2 * DAY);
        assert_int_equal(changes_apply_due(d->l, NOON + 3 * DAY), 1);
        assert_null(person(d, id));
        assert_desk_sound(d);
}

static void test_without_a_promise_all_is_done_at_once(void **state) {
        const char *why = NULL;
        char id[UID_SPACE];
        uint64_t due = 1;
        Desk *d = *state;

        meet_alex(d, id);
        assert_int_equal(remove_lex(d, NOON + 30 * DAY, id), 0);
        assert_int_equal(people_request_end(d->l, NOON + 31 * DAY, id, false, &due, &why), 0);
        assert_int_equal(due, 0);
        assert_int_equal(people_remove_identity(d->l, NOON + 32 * DAY, id, "phone", "+15550109999",
                                 false, &due, &why),
                0);
        assert_int_equal(due, 0);
        assert_int_equal(people_remove(d->l, NOON + 33 * DAY, id, false, &due, &why), 0);
        assert_int_equal(due, 0);
}

static void test_a_clock_set_back_gives_no_grace(void **state) {
        char id[UID_SPACE];
        Desk *d = *state;

        meet_alex(d, id);
        assert_int_equal(remove_lex(d, NOON - HOUR, id), NOON - HOUR + DAY);
        assert_true(knows_lex(d, id));
}

/* --- taking back ----------------------------------------------------------------------------- */

static void test_a_waiting_change_can_be_taken_back_once(void **state) {
        const char *why = NULL;
        char id[UID_SPACE];
        uint64_t change;
        Desk *d = *state;

        meet_alex(d, id);
        (void)remove_lex(d, NOON + HOUR, id);
        change = ledger_state(d->l)->pending[0].seq;
        assert_int_equal(changes_cancel(d->l, NOON + HOUR, change, &why), 0);
        assert_int_equal(waiting(d), 0);
        assert_int_equal(changes_cancel(d->l, NOON + HOUR, change, &why), -ENOENT);
        assert_int_equal(changes_apply_due(d->l, NOON + 9 * DAY), 0);
        assert_true(knows_lex(d, id));
}

static void test_adding_what_waits_for_removal_takes_it_back(void **state) {
        const char *why = NULL;
        char id[UID_SPACE];
        Desk *d = *state;

        meet_alex(d, id);
        (void)remove_lex(d, NOON + HOUR, id);
        assert_int_equal(people_add_identity(d->l, NOON + 2 * HOUR, id, "name", " Lex", &why), 0);
        assert_int_equal(waiting(d), 0);
        assert_true(knows_lex(d, id));
        /* and gives no new ten minutes of grace */
        assert_int_equal(remove_lex(d, NOON + 2 * HOUR, id), NOON + 26 * HOUR);
}

static void test_extending_takes_a_waiting_end_or_removal_back(void **state) {
        const char *why = NULL;
        char id[UID_SPACE];
        uint64_t due;
        Desk *d = *state;

        meet_alex(d, id);
        (void)remove_lex(d, NOON + HOUR, id);
        assert_int_equal(people_request_end(d->l, NOON + HOUR, id, false, &due, &why), 0);
        assert_int_equal(people_remove(d->l, NOON + HOUR, id, false, &due, &why), 0);
        assert_int_equal(people_extend(d->l, NOON + 2 * HOUR, id, 5, &why), 0);
        assert_int_equal(waiting(d), 1); /* of Lex, which has nothing to do with it */
        assert_int_equal(changes_apply_due(d->l, NOON + 2 * DAY), 1);
        assert_true(commitment_locked(&person(d, id)->commitment, NOON + 2 * DAY));
        assert_false(knows_lex(d, id));
        assert_desk_sound(d);
}

/* What was to wait for the promise's end alone waits for the new end or its full day. */
static void test_extending_gives_what_waits_its_full_time(void **state) {
        uint64_t asked = NOON + 30 * DAY - HOUR;
        const char *why = NULL;
        char id[UID_SPACE];
        Desk *d = *state;

        meet_alex(d, id);
        assert_int_equal(remove_lex(d, asked, id), NOON + 30 * DAY);
        assert_int_equal(people_extend(d->l, asked + MINUTE, id, 30, &why), 0);
        assert_int_equal(waiting(d), 1);
        assert_int_equal(ledger_state(d->l)->pending[0].asked_usec, asked);
        assert_int_equal(ledger_state(d->l)->pending[0].due_usec, asked + DAY);
        assert_int_equal(changes_apply_due(d->l, asked + DAY - 1), 0);
        assert_true(knows_lex(d, id));
        assert_int_equal(changes_apply_due(d->l, asked + DAY), 1);
        assert_false(knows_lex(d, id));
}

/* The end was due with the old promise, and nobody had carried it out when the new one began. */
static void test_an_old_end_does_not_end_a_new_commitment(void **state) {
        uint64_t end = NOON + 30 * DAY, due;
        const char *why = NULL;
        char id[UID_SPACE];
        Desk *d = *state;

        meet_alex(d, id);
        assert_int_equal(people_request_end(d->l, end - HOUR, id, false, &due, &why), 0);
        assert_int_equal(people_remove(d->l, end - HOUR, id, false, &due, &why), 0);
        assert_int_equal(people_begin(d->l, end + 1, id, 30, &why), 0);
        assert_int_equal(waiting(d), 0);
        assert_int_equal(changes_apply_due(d->l, end + 2), 0);
        assert_true(commitment_locked(&person(d, id)->commitment, end + 2));
}

/* Asked for under the promise, then done at once since the promise had ended: nothing is left
 * waiting. */
static void test_what_is_done_at_once_waits_no_longer(void **state) {
        const char *why = NULL;
        char id[UID_SPACE];
        uint64_t due;
        Desk *d = *state;

        meet_alex(d, id);
        assert_int_equal(people_request_end(d->l, NOON + HOUR, id, false, &due, &why), 0);
        (void)remove_lex(d, NOON + 10 * HOUR, id);
        assert_int_equal(changes_apply_due(d->l, NOON + HOUR + DAY), 1);
        assert_int_equal(remove_lex(d, NOON + 26 * HOUR, id), 0);
        assert_int_equal(waiting(d), 0);
        assert_int_equal(people_add_identity(d->l, NOON + 27 * HOUR, id, "name", "Lex", &why), 0);
        assert_int_equal(people_begin(d->l, NOON + 27 * HOUR, id, 30, &why), 0);
        assert_int_equal(changes_apply_due(d->l, NOON + 40 * HOUR), 0);
        assert_true(knows_lex(d, id));
}

/* --- carrying out ---------------------------------------------------------------------------- */

static void test_a_removed_person_takes_what_else_is_due_along(void **state) {
        const char *why = NULL;
        char id[UID_SPACE], sam[UID_SPACE];
        uint64_t due;
        Desk *d = *state;

        meet_alex(d, id);
        (void)snprintf(sam, sizeof(sam), "%s", meet(d, "Sam", 30));
        assert_int_equal(people_remove(d->l, NOON + HOUR, id, false, &due, &why), 0);
        (void)remove_lex(d, NOON + HOUR, id);
        assert_int_equal(people_request_end(d->l, NOON + HOUR, id, false, &due, &why), 0);
        assert_int_equal(people_request_end(d->l, NOON + HOUR, sam, false, &due, &why), 0);
        assert_int_equal(changes_apply_due(d->l, NOON + 5 * DAY), 2);
        assert_null(person(d, id));
        assert_false(commitment_stands(&person(d, sam)->commitment));
        assert_int_equal(waiting(d), 0);
        assert_desk_sound(d);
}

static void test_several_are_carried_out_at_once(void **state) {
        const char *why = NULL;
        char id[UID_SPACE];
        uint64_t due;
        Desk *d = *state;

        meet_alex(d, id);
        (void)remove_lex(d, NOON + HOUR, id);
        assert_int_equal(people_remove_identity(
                                 d->l, NOON + HOUR, id, "phone", "+15550109999", false, &due, &why),
                0);
        assert_int_equal(people_request_end(d->l, NOON + 2 * HOUR, id, false, &due, &why), 0);
        assert_int_equal(changes_apply_due(d->l, NOON + DAY + HOUR), 2);
        assert_int_equal(person(d, id)->n_identities, 0);
        assert_true(commitment_stands(&person(d, id)->commitment));
        assert_int_equal(changes_apply_due(d->l, NOON + DAY + 2 * HOUR), 1);
        assert_false(commitment_stands(&person(d, id)->commitment));
}

static void test_what_is_due_waits_for_a_disk_with_room(void **state) {
        Snapshot before;
        char id[UID_SPACE];
        Desk *d = *state;
        int r;

        meet_alex(d, id);
        (void)remove_lex(d, NOON + HOUR, id);
        before = desk_snapshot(d);
        disk_is_full(true);
        r = changes_apply_due(d->l, NOON + 5 * DAY);
        disk_is_full(false);
        assert_true(r < 0);
        assert_desk_unchanged(d, &before);
        assert_int_equal(changes_apply_due(d->l, NOON + 5 * DAY), 1);
}

static void test_a_waiting_change_is_told_in_words(void **state) {
        static const char *const words[] = {"Remove name Lex of Alex Doe",
                "End the commitment about Alex Doe", "Remove Alex Doe"};
        const char *why = NULL;
        char id[UID_SPACE];
        uint64_t due;
        Desk *d = *state;

        meet_alex(d, id);
        (void)remove_lex(d, NOON + HOUR, id);
        assert_int_equal(people_request_end(d->l, NOON + HOUR, id, false, &due, &why), 0);
        assert_int_equal(people_remove(d->l, NOON + HOUR, id, false, &due, &why), 0);
        for (size_t i = 0; i < ARRAY_LEN(words); i++) {
                const State *s = ledger_state(d->l);
                _cleanup_free_ char *text = changes_describe(s, &s->pending[i]);

                assert_string_equal(text, words[i]);
        }
}

int main(void) {
#define test(name) cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)
        const struct CMUnitTest tests[] = {
                test(test_a_person_gets_an_id_and_a_tidy_name),
                test(test_an_identity_is_kept_in_its_canonical_spelling),
                test(test_a_commitment_begins_and_is_extended),
                test(test_a_commitment_that_ran_out_can_begin_anew_or_be_extended),
                test(test_every_refusal_has_a_sentence_and_changes_nothing),
                test(test_without_a_commitment_there_is_nothing_to_extend_or_end),
                test(test_what_waits_already_is_not_asked_for_twice),
                test(test_the_hundredth_person_is_the_last),
                test(test_the_thousandth_identity_is_the_last),
                test(test_the_thousandth_waiting_change_is_the_last),
                test(test_a_commitment_never_ends_more_than_ten_years_from_now),
                test(test_an_identity_typed_by_mistake_goes_within_ten_minutes),
                test(test_later_it_waits_a_day_and_is_then_carried_out),
                test(test_nothing_waits_longer_than_the_promise),
                test(test_a_begin_by_mistake_is_undone_within_ten_minutes),
                test(test_an_end_or_a_removal_waits_a_day),
                test(test_without_a_promise_all_is_done_at_once),
                test(test_a_clock_set_back_gives_no_grace),
                test(test_a_waiting_change_can_be_taken_back_once),
                test(test_adding_what_waits_for_removal_takes_it_back),
                test(test_extending_takes_a_waiting_end_or_removal_back),
                test(test_extending_gives_what_waits_its_full_time),
                test(test_an_old_end_does_not_end_a_new_commitment),
                test(test_what_is_done_at_once_waits_no_longer),
                test(test_a_removed_person_takes_what_else_is_due_along),
                test(test_several_are_carried_out_at_once),
                test(test_what_is_due_waits_for_a_disk_with_room),
                test(test_a_waiting_change_is_told_in_words),
        };
        return cmocka_run_group_tests_name("people", tests, NULL, NULL);
}
