/* SPDX-License-Identifier: GPL-3.0-or-later */

/* How strict loosening is: the cool-down ratchet, the friend's key, exceptions, the extension that
 * is taken back; and that a refusal changes nothing. */

#include "daemon/regime.h"

#include "daemon/changes.h"
#include "daemon/people.h"
#include "nocontact/bus-names.h"
#include "unit/ledger-fixture.h"

#include <errno.h>

#define LATER (NOON + DAY)

/* Alex, under a commitment of 30 days from noon, with a name, a site and a platform. */
static int alex_setup(void **state) {
        Desk *d;

        assert_int_equal(desk_setup(state), 0);
        d = *state;
        desk_begin(d, ALEX, "Alex Doe", "full", NOON, 30);
        (void)desk_record(
                d, EVENT_IDENTITY_ADDED, ALEX, NOON, identity_data("domain", "alexdoe.example"));
        (void)desk_record(d, EVENT_IDENTITY_ADDED, ALEX, NOON, identity_data("name", "Lex"));
        (void)desk_record(
                d, EVENT_IDENTITY_ADDED, ALEX, NOON, identity_data("platform", "instagram"));
        return 0;
}

static const State *now_of(const Desk *d) {
        return ledger_state(d->l);
}

static const Commitment *promise_of(const Desk *d, const char *id) {
        return &state_person(now_of(d), id)->commitment;
}

/* Gives the due, or the error. */
static int64_t set_cool_down(Desk *d, uint64_t now, uint64_t usec, bool key_given) {
        const char *why = NULL;
        uint64_t due = 4711;
        int r = regime_set_cool_down(d->l, now, usec, key_given, &due, &why);

        if (r < 0)
                assert_int_equal(due, 4711);
        return r < 0 ? r : (int64_t)due;
}

static int64_t clear_key(Desk *d, uint64_t now, bool key_given) {
        const char *why = NULL;
        uint64_t due = 4711;
        int r = regime_clear_key(d->l, now, key_given, &due, &why);

        return r < 0 ? r : (int64_t)due;
}

static int64_t set_policies(Desk *d, uint64_t now, bool on, bool key_given) {
        const char *why = NULL;
        uint64_t due = 4711;
        int r = regime_set_policies(d->l, now, on, key_given, &due, &why);

        return r < 0 ? r : (int64_t)due;
}

static int64_t remove_lex(Desk *d, uint64_t now, bool key_given) {
        const char *why = NULL;
        uint64_t due = 4711;
        int r = people_remove_identity(d->l, now, ALEX, "name", "Lex", key_given, &due, &why);

        return r < 0 ? r : (int64_t)due;
}

static int64_t request_end(Desk *d, uint64_t now, bool key_given) {
        const char *why = NULL;
        uint64_t due = 4711;
        int r = people_request_end(d->l, now, ALEX, key_given, &due, &why);

        return r < 0 ? r : (int64_t)due;
}

static int64_t remove_alex(Desk *d, uint64_t now, bool key_given) {
        const char *why = NULL;
        uint64_t due = 4711;
        int r = people_remove(d->l, now, ALEX, key_given, &due, &why);

        return r < 0 ? r : (int64_t)due;
}

static int64_t except(Desk *d, uint64_t now, const char *target, unsigned minutes, bool key_given) {
        const char *why = NULL;
        uint64_t until = 4711;
        int r = regime_except(d->l, now, target, minutes, key_given, &until, &why);

        if (r < 0)
                assert_int_equal(until, 4711);
        return r < 0 ? r : (int64_t)until;
}

static int extend(Desk *d, uint64_t now, unsigned days) {
        const char *why = NULL;

        return people_extend(d->l, now, ALEX, days, &why);
}

static int undo_extend(Desk *d, uint64_t now) {
        const char *why = NULL;

        return people_undo_extend(d->l, now, ALEX, &why);
}

static void set_some_key(Desk *d, uint64_t now) {
        (void)desk_record(d, EVENT_KEY_SET, NULL, now, json_pack("{s:s}", "hash", "$y$j9T$x$y"));
}

/* --- the cool-down --------------------------------------------------------------------------- */

static void test_a_longer_cool_down_holds_at_once(void **state) {
        Desk *d = *state;

        assert_int_equal(set_cool_down(d, LATER, 3 * DAY, false), 0);
        assert_int_equal(now_of(d)->cool_down_usec, 3 * DAY);
        assert_int_equal(request_end(d, LATER + HOUR, false), LATER + HOUR + 3 * DAY);
        assert_desk_sound(d);
}

static void test_a_shorter_one_waits_for_the_current_one(void **state) {
        Desk *d = *state;

        assert_int_equal(set_cool_down(d, LATER, 5 * DAY, false), 0);
        assert_int_equal(set_cool_down(d, LATER + HOUR, 2 * DAY, false), LATER + HOUR + 5 * DAY);
        assert_int_equal(changes_apply_due(d->l, LATER + HOUR + 5 * DAY - 1), 0);
        assert_int_equal(now_of(d)->cool_down_usec, 5 * DAY);
        assert_int_equal(changes_apply_due(d->l, LATER + HOUR + 5 * DAY), 1);
        assert_int_equal(now_of(d)->cool_down_usec, 2 * DAY);
        assert_int_equal(now_of(d)->n_pending, 0);
        assert_desk_sound(d);
}

static void test_it_waits_for_anybodys_promise(void **state) {
        Desk *d = *state;

        desk_begin(d, SAM, "Sam", "limited", NOON, 40);
        assert_int_equal(set_cool_down(d, LATER, 5 * DAY, false), 0);
        assert_int_equal(set_cool_down(d, NOON + 35 * DAY, 2 * DAY, false), NOON + 40 * DAY);
        assert_int_equal(changes_cancel(d->l, NOON + 35 * DAY, now_of(d)->pending[0].seq,
                                 &(const char *){NULL}),
                0);
        assert_int_equal(set_cool_down(d, NOON + 40 * DAY, 2 * DAY, false), 0);
        assert_int_equal(now_of(d)->cool_down_usec, 2 * DAY);
}

static void test_a_mistake_is_undone_within_ten_minutes_and_no_further(void **state) {
        Desk *d = *state;

        assert_int_equal(set_cool_down(d, LATER, 2 * DAY, false), 0);
        assert_int_equal(set_cool_down(d, LATER + DAY, 9 * DAY, false), 0);
        /* no less than what it was before */
        assert_int_equal(
                set_cool_down(d, LATER + DAY + MINUTE, DAY, false), LATER + DAY + MINUTE + 9 * DAY);
        assert_int_equal(set_cool_down(d, LATER + DAY + 9 * MINUTE, 3 * DAY, false), 0);
        assert_int_equal(set_cool_down(d, LATER + DAY + 10 * MINUTE, 2 * DAY, false), 0);
        assert_int_equal(now_of(d)->cool_down_usec, 2 * DAY);
        /* the day goes on waiting for what was asked then */
        assert_int_equal(now_of(d)->n_pending, 1);
        assert_int_equal(now_of(d)->pending[0].due_usec, LATER + DAY + MINUTE + 9 * DAY);
}

static void test_after_ten_minutes_a_mistake_waits_too(void **state) {
        Desk *d = *state;
        uint64_t now = LATER + 10 * MINUTE + 1;

        assert_int_equal(set_cool_down(d, LATER, 9 * DAY, false), 0);
        assert_int_equal(set_cool_down(d, now, DAY, false), now + 9 * DAY);
}

static void test_a_clock_set_back_gives_no_grace_for_the_cool_down(void **state) {
        Desk *d = *state;

        assert_int_equal(set_cool_down(d, LATER, 9 * DAY, false), 0);
        assert_int_equal(set_cool_down(d, LATER - 1, DAY, false), LATER - 1 + 9 * DAY);
}

static void test_a_longer_one_takes_back_the_shorter_one_that_waits(void **state) {
        Desk *d = *state;

        assert_int_equal(set_cool_down(d, LATER, 5 * DAY, false), 0);
        assert_true(set_cool_down(d, LATER + HOUR, DAY, false) > 0);
        assert_int_equal(set_cool_down(d, LATER + 2 * HOUR, 5 * DAY, false), 0); /* the same */
        assert_int_equal(now_of(d)->n_pending, 0);
        assert_true(set_cool_down(d, LATER + HOUR, DAY, false) > 0);
        assert_int_equal(set_cool_down(d, LATER + 3 * HOUR, 6 * DAY, false), 0);
        assert_int_equal(now_of(d)->n_pending, 0);
        assert_int_equal(now_of(d)->cool_down_usec, 6 * DAY);
        assert_desk_sound(d);
}

static void test_what_waits_keeps_its_time(void **state) {
        Desk *d = *state;
        int64_t due = remove_lex(d, LATER, false);

        assert_int_equal(due, LATER + DAY);
        assert_int_equal(set_cool_down(d, LATER + HOUR, 9 * DAY, false), 0);
        assert_int_equal(extend(d, LATER + HOUR, 5), 0);
        assert_int_equal(now_of(d)->pending[0].due_usec, due);
}

static void test_a_wait_that_the_end_cuts_short_is_whole_again_when_more_is_promised(void **state) {
        uint64_t asked = NOON + 30 * DAY - HOUR;
        Desk *d = *state;

        assert_int_equal(set_cool_down(d, LATER, 3 * DAY, false), 0);
        set_some_key(d, LATER);
        assert_int_equal(set_cool_down(d, asked, DAY, true), NOON + 30 * DAY);
        assert_int_equal(clear_key(d, asked, true), NOON + 30 * DAY);
        assert_int_equal(remove_lex(d, asked, true), NOON + 30 * DAY);
        assert_int_equal(request_end(d, asked, true), NOON + 30 * DAY);
        /* the cool-down of then counts: a longer one is of no concern to what waits */
        (void)desk_record(d, EVENT_REGIME_CHANGED, NULL, asked + MINUTE,
                json_pack("{s:I}", "cool_down", (json_int_t)(9 * DAY)));
        assert_int_equal(extend(d, asked + MINUTE, 20), 0);
        assert_int_equal(now_of(d)->n_pending, 3); /* the end is taken back */
        for (size_t i = 0; i < 3; i++) {
                assert_int_equal(now_of(d)->pending[i].due_usec, asked + 3 * DAY);
                assert_int_equal(now_of(d)->pending[i].asked_usec, asked);
        }
        assert_desk_sound(d);
}

static void test_policies_are_on_at_once_and_off_after_the_cool_down(void **state) {
        Desk *d = *state;
        size_t n;

        assert_int_equal(set_policies(d, LATER, false, false), 0); /* they are */
        assert_int_equal(set_policies(d, LATER, true, false), 0);
        assert_int_equal(now_of(d)->policies_usec, LATER);
        /* a mistake */
        assert_int_equal(set_policies(d, LATER + 10 * MINUTE, false, false), 0);
        assert_int_equal(now_of(d)->policies_usec, 0);
        assert_int_equal(set_policies(d, LATER, true, false), 0);
        assert_int_equal(set_policies(d, LATER + HOUR, false, false), LATER + HOUR + DAY);
        assert_int_equal(set_policies(d, LATER + HOUR, false, false), -EEXIST);
        assert_int_equal(now_of(d)->policies_usec, LATER);
        /* on again takes it back */
        assert_int_equal(set_policies(d, LATER + 2 * HOUR, true, false), 0);
        assert_int_equal(now_of(d)->n_pending, 0);
        assert_int_equal(now_of(d)->policies_usec, LATER);
        n = now_of(d)->seq;
        assert_int_equal(set_policies(d, LATER + 2 * HOUR, true, false), 0);
        assert_int_equal(now_of(d)->seq, n);
        /* a friend's key is wanted */
        set_some_key(d, LATER);
        assert_int_equal(set_policies(d, LATER + 3 * HOUR, false, false), -EACCES);
        assert_int_equal(set_policies(d, LATER + 3 * HOUR, false, true), LATER + 3 * HOUR + DAY);
        assert_int_equal(changes_apply_due(d->l, LATER + 3 * HOUR + DAY), 1);
        assert_int_equal(now_of(d)->policies_usec, 0);
        assert_desk_sound(d);
}

static void test_a_promise_to_somebody_else_holds_the_regime_too(void **state) {
        uint64_t asked = NOON + 30 * DAY - HOUR;
        const char *why = NULL;
        Desk *d = *state;

        (void)desk_record(d, EVENT_PERSON_ADDED, SAM, NOON,
                json_pack("{s:s, s:s}", "name", "Sam", "mode", "full"));
        set_some_key(d, LATER);
        assert_int_equal(clear_key(d, asked, true), NOON + 30 * DAY);
        assert_int_equal(remove_lex(d, asked, true), NOON + 30 * DAY);
        assert_int_equal(people_begin(d->l, asked + MINUTE, SAM, 9, &why), 0);
        assert_int_equal(changes_apply_due(d->l, NOON + 30 * DAY), 1);
        assert_null(person_identity(state_person(now_of(d), ALEX), IDENTITY_NAME, "Lex"));
        assert_non_null(now_of(d)->key_hash);
        assert_int_equal(now_of(d)->pending[0].due_usec, asked + DAY);
        assert_int_equal(changes_apply_due(d->l, asked + DAY), 1);
        assert_null(now_of(d)->key_hash);
        assert_desk_sound(d);
}

static void test_no_promise_makes_anything_due_sooner(void **state) {
        uint64_t asked = LATER + 8 * DAY;
        const char *why = NULL;
        Desk *d = *state;

        assert_int_equal(set_cool_down(d, LATER, 9 * DAY, false), 0);
        assert_int_equal(request_end(d, LATER, false), LATER + 9 * DAY);
        assert_int_equal(remove_lex(d, asked, false), asked + 9 * DAY);
        assert_int_equal(changes_apply_due(d->l, LATER + 9 * DAY), 1);
        assert_int_equal(people_begin(d->l, LATER + 9 * DAY, ALEX, 1, &why), 0);
        assert_int_equal(now_of(d)->pending[0].due_usec, asked + 9 * DAY);
}

static void test_what_concerns_nobody_waits_on_when_a_person_goes(void **state) {
        Desk *d = *state;
        const State *s;

        assert_int_equal(set_cool_down(d, LATER, 3 * DAY, false), 0);
        assert_true(set_cool_down(d, LATER + HOUR, DAY, false) > 0);
        assert_true(remove_alex(d, LATER, false) > 0);
        assert_int_equal(changes_apply_due(d->l, LATER + 3 * DAY), 1);
        s = now_of(d);
        assert_int_equal(s->n_people, 0);
        assert_int_equal(s->n_pending, 1);
        /* nobody is promised anything: asked once more, it is done */
        assert_int_equal(set_cool_down(d, LATER + 3 * DAY, DAY, false), 0);
        assert_int_equal(now_of(d)->n_pending, 0);
        assert_desk_sound(d);
}

static void test_without_a_promise_the_shorter_of_two_goes_on_waiting(void **state) {
        Desk *d = *state;
        uint64_t end = NOON + 30 * DAY;

        assert_int_equal(set_cool_down(d, LATER, 9 * DAY, false), 0);
        assert_int_equal(set_cool_down(d, end - 1, DAY, false), end);
        assert_int_equal(set_cool_down(d, end, 3 * DAY, false), 0);
        assert_int_equal(now_of(d)->cool_down_usec, 3 * DAY);
        assert_int_equal(changes_apply_due(d->l, end), 1);
        assert_int_equal(now_of(d)->cool_down_usec, DAY);
        assert_desk_sound(d);
}

static void test_changes_of_the_regime_describe_themselves(void **state) {
        _cleanup_free_ char *shorter = NULL, *odd = NULL, *key = NULL;
        Desk *d = *state;

        shorter = changes_describe(
                now_of(d), &(Pending){.change = CHANGE_COOL_DOWN, .cool_down_usec = 2 * DAY});
        odd = changes_describe(now_of(d),
                &(Pending){.change = CHANGE_COOL_DOWN, .cool_down_usec = DAY + 90 * MINUTE});
        key = changes_describe(now_of(d), &(Pending){.change = CHANGE_CLEAR_KEY});
        assert_string_equal(shorter, "Shorten the cool-down to 48 hours");
        assert_string_equal(odd, "Shorten the cool-down to 25 h 30 min");
        assert_string_equal(key, "Take the friend's key away");
}

/* --- the key --------------------------------------------------------------------------------- */

/* All that is a loosening, asked for with or without the key. */
static int64_t shorten(Desk *d, uint64_t now, bool key_given) {
        return set_cool_down(d, now, DAY, key_given);
}
static int64_t except_some(Desk *d, uint64_t now, bool key_given) {
        return except(d, now, "instagram", 5, key_given);
}

static const struct {
        const char *what;
        int64_t (*ask)(Desk *d, uint64_t now, bool key_given);
} loosenings[] = {
        {"an end", request_end},
        {"the removal of an identity", remove_lex},
        {"a shorter cool-down", shorten},
        {"an exception", except_some},
        {"no key any more", clear_key},
        {"the removal of a person", remove_alex},
};

static void test_with_a_key_every_loosening_asks_for_it(void **state) {
        Desk *d = *state;

        assert_int_equal(set_cool_down(d, NOON, 2 * DAY, false), 0);
        set_some_key(d, NOON);
        for (size_t i = 0; i < ARRAY_LEN(loosenings); i++) {
                Snapshot before = desk_snapshot(d);
                int64_t answer = loosenings[i].ask(d, LATER, false);

                if (answer != -EACCES)
                        fail_msg("%s gave %lld", loosenings[i].what, (long long)answer);
                assert_desk_unchanged(d, &before);
        }
        for (size_t i = 0; i < ARRAY_LEN(loosenings); i++)
                if (loosenings[i].ask(d, LATER, true) <= 0)
                        fail_msg("%s was not taken with the key", loosenings[i].what);
        assert_int_equal(now_of(d)->n_pending, 5);
        assert_desk_sound(d);
}

static void test_the_key_makes_nothing_due_any_sooner(void **state) {
        Desk *d = *state;
        int64_t due = request_end(d, LATER, false);

        set_some_key(d, LATER);
        assert_int_equal(due, LATER + DAY);
        assert_int_equal(request_end(d, LATER + HOUR, true), -EEXIST);
        assert_int_equal(remove_lex(d, LATER + HOUR, true), LATER + HOUR + DAY);
        assert_int_equal(now_of(d)->pending[0].due_usec, due);
        assert_int_equal(changes_apply_due(d->l, LATER + DAY - 1), 0);
}

static void test_what_waits_already_is_carried_out_without_the_key(void **state) {
        Desk *d = *state;

        assert_true(request_end(d, LATER, false) > 0);
        set_some_key(d, LATER + HOUR);
        assert_int_equal(changes_apply_due(d->l, LATER + DAY), 1);
        assert_false(commitment_stands(promise_of(d, ALEX)));
}

static void test_what_is_free_anyway_asks_for_no_key(void **state) {
        Desk *d = *state;

        set_some_key(d, NOON);
        assert_int_equal(remove_lex(d, NOON + 5 * MINUTE, false), 0); /* a mistake */
        assert_int_equal(set_cool_down(d, LATER, 2 * DAY, false), 0);
        assert_int_equal(set_cool_down(d, LATER + MINUTE, DAY, false), 0);
        assert_int_equal(extend(d, LATER, 5), 0);
        assert_int_equal(undo_extend(d, LATER + MINUTE), 0);
        /* a commitment that ran out */
        assert_int_equal(set_cool_down(d, LATER, 2 * DAY, false), 0);
        for (size_t i = 0; i < ARRAY_LEN(loosenings); i++) {
                int64_t answer = loosenings[i].ask(d, NOON + 30 * DAY, false);

                /* the end took the platform with it only for what comes after it; Lex is gone */
                if (answer < 0 && answer != -ENOENT)
                        fail_msg("%s gave %lld", loosenings[i].what, (long long)answer);
        }
        assert_int_equal(now_of(d)->n_people, 0);
}

static void test_an_exception_of_what_ran_out_asks_for_no_key(void **state) {
        Desk *d = *state;

        set_some_key(d, NOON);
        assert_int_equal(except(d, NOON + 29 * DAY, "instagram", 5, false), -EACCES);
        assert_int_equal(
                except(d, NOON + 30 * DAY, "instagram", 5, false), NOON + 30 * DAY + 5 * MINUTE);
}

static void test_whose_promise_holds_decides_over_the_key(void **state) {
        const char *why = NULL;
        uint64_t due;
        Desk *d = *state;

        desk_begin(d, SAM, "Sam", "limited", NOON, 2);
        (void)desk_record(
                d, EVENT_IDENTITY_ADDED, SAM, NOON, identity_data("platform", "instagram"));
        (void)desk_record(
                d, EVENT_IDENTITY_ADDED, SAM, NOON, identity_data("domain", "sam.example"));
        set_some_key(d, NOON);
        /* Sam's has run out and Alex's has not: what is Sam's alone is free */
        assert_int_equal(people_request_end(d->l, NOON + DAY, SAM, false, &due, &why), -EACCES);
        assert_int_equal(
                except(d, NOON + 3 * DAY, "sam.example", 5, false), NOON + 3 * DAY + 5 * MINUTE);
        assert_int_equal(except(d, NOON + 3 * DAY, "instagram", 5, false), -EACCES);
        assert_int_equal(people_request_end(d->l, NOON + 3 * DAY, SAM, false, &due, &why), 0);
        assert_int_equal(request_end(d, NOON + 3 * DAY, false), -EACCES);
        assert_int_equal(clear_key(d, NOON + 3 * DAY, false), -EACCES);
}

static void test_a_key_set_by_mistake_is_cleared_within_ten_minutes(void **state) {
        Desk *d = *state;

        set_some_key(d, LATER);
        assert_int_equal(clear_key(d, LATER - 1, false), -EACCES); /* a clock set back */
        assert_int_equal(clear_key(d, LATER + 10 * MINUTE + 1, false), -EACCES);
        assert_int_equal(clear_key(d, LATER + 10 * MINUTE, false), 0);
        assert_null(now_of(d)->key_hash);
        assert_int_equal(clear_key(d, LATER + 10 * MINUTE, false), -ENOENT);
        assert_desk_sound(d);
}

static void test_a_key_is_cleared_after_the_cool_down(void **state) {
        Desk *d = *state;

        set_some_key(d, LATER);
        assert_int_equal(clear_key(d, LATER + HOUR, true), LATER + HOUR + DAY);
        assert_int_equal(clear_key(d, LATER + HOUR, true), -EEXIST);
        assert_int_equal(remove_lex(d, LATER + 2 * HOUR, false), -EACCES); /* until then it holds */
        assert_int_equal(changes_apply_due(d->l, LATER + HOUR + DAY), 1);
        assert_null(now_of(d)->key_hash);
        assert_true(remove_lex(d, LATER + 3 * DAY, false) > 0);
        assert_desk_sound(d);
}

#define BOOT (7 * HOUR)

static int unlock(Desk *d, Unlock *u, uint64_t boot, const char *passphrase) {
        const char *why = NULL;
        int r = regime_unlock(d->l, u, boot, passphrase, &why);

        if (r < 0)
                assert_true(why && strlen(why) > 10);
        return r;
}

static int set_key(Desk *d, Unlock *u, uint64_t now, const char *passphrase) {
        const char *why = NULL;

        return regime_set_key(d->l, u, now, passphrase, &why);
}

static void test_the_right_passphrase_gives_the_key_for_five_minutes(void **state) {
        Unlock u = {0};
        Desk *d = *state;

        assert_int_equal(unlock(d, &u, BOOT, "sesame"), -ENOENT);
        assert_int_equal(set_key(d, &u, LATER, "sesame"), 0);
        assert_false(unlock_given(&u, BOOT));
        assert_int_equal(unlock(d, &u, BOOT, "sesam"), -EACCES);
        assert_false(unlock_given(&u, BOOT));
        assert_int_equal(unlock(d, &u, BOOT, "sesame"), 0);
        assert_true(unlock_given(&u, BOOT + 5 * MINUTE - 1));
        assert_false(unlock_given(&u, BOOT + 5 * MINUTE));
        assert_int_equal(unlock(d, &u, BOOT + MINUTE, "no"), -EACCES); /* takes nothing back */
        assert_true(unlock_given(&u, BOOT + 5 * MINUTE - 1));
        assert_desk_sound(d);
}

static void test_an_unlock_is_not_written_down(void **state) {
        Unlock u = {0};
        Desk *d = *state;
        Snapshot before;

        assert_int_equal(set_key(d, &u, LATER, "sesame"), 0);
        before = desk_snapshot(d);
        assert_int_equal(unlock(d, &u, BOOT, "wrong"), -EACCES);
        assert_int_equal(unlock(d, &u, BOOT, "sesame"), 0);
        assert_desk_unchanged(d, &before);
}

static void test_a_new_key_is_not_given_by_the_old_one(void **state) {
        Unlock u = {0};
        Desk *d = *state;

        assert_int_equal(set_key(d, &u, LATER, "sesame"), 0);
        assert_int_equal(unlock(d, &u, BOOT, "sesame"), 0);
        assert_int_equal(clear_key(d, LATER + MINUTE, false), 0);
        assert_int_equal(set_key(d, &u, LATER + 2 * MINUTE, "other"), 0);
        assert_false(unlock_given(&u, BOOT + 2 * MINUTE));
        assert_int_equal(unlock(d, &u, BOOT + 2 * MINUTE, "sesame"), -EACCES);
        assert_int_equal(unlock(d, &u, BOOT + 2 * MINUTE, "other"), 0);
}

static void test_five_tries_a_minute(void **state) {
        Unlock u = {0};
        Desk *d = *state;

        assert_int_equal(set_key(d, &u, LATER, "sesame"), 0);
        for (unsigned i = 0; i < 5; i++)
                assert_int_equal(unlock(d, &u, BOOT + i * USEC_PER_SEC, "no"), -EACCES);
        /* the right one is no better then, and asks no libcrypt */
        assert_int_equal(unlock(d, &u, BOOT + 5 * USEC_PER_SEC, "sesame"), -EDQUOT);
        assert_int_equal(unlock(d, &u, BOOT + MINUTE - 1, "sesame"), -EDQUOT);
        assert_false(unlock_given(&u, BOOT + MINUTE));
        assert_int_equal(unlock(d, &u, BOOT + MINUTE, "no"), -EACCES);
        assert_int_equal(unlock(d, &u, BOOT + MINUTE, "sesame"), -EDQUOT);
        assert_int_equal(unlock(d, &u, BOOT + MINUTE + USEC_PER_SEC, "sesame"), 0);
}

static void test_the_key_outlives_a_restart_and_stays_a_hash(void **state) {
        Unlock u = {0};
        Desk *d = *state;

        assert_int_equal(set_key(d, &u, LATER, "sesame"), 0);
        desk_reopen(d);
        assert_memory_equal(now_of(d)->key_hash, "$y$", 3);
        assert_int_equal(unlock(d, &u, BOOT, "sesame"), 0);
        assert_int_equal(
                fixture_number(d->dir, "SELECT count(*) FROM event WHERE data LIKE '%sesame%'"), 0);
        assert_int_equal(
                fixture_number(d->dir, "SELECT count(*) FROM state WHERE json LIKE '%sesame%'"), 0);
}

/* --- exceptions ------------------------------------------------------------------------------ */

static void test_an_exception_opens_one_target(void **state) {
        Desk *d = *state;

        assert_int_equal(except(d, LATER, "instagram", 10, false), LATER + 10 * MINUTE);
        assert_non_null(state_exception(now_of(d), "instagram", LATER));
        assert_null(state_exception(now_of(d), "alexdoe.example", LATER));
        assert_int_equal(ledger_rules(d->l)->n_exceptions, 1);
        assert_string_equal(ledger_rules(d->l)->exceptions[0].target, "instagram");
        assert_int_equal(ledger_rules(d->l)->exceptions[0].until_usec, LATER + 10 * MINUTE);
        assert_int_equal(regime_next_close(now_of(d), LATER), LATER + 10 * MINUTE);
        assert_int_equal(regime_next_close(now_of(d), LATER + 10 * MINUTE), UINT64_MAX);
        assert_desk_sound(d);
}

static void test_a_target_may_be_spelled_otherwise(void **state) {
        const char *why = NULL;
        Desk *d = *state;

        assert_int_equal(except(d, LATER, "AlexDoe.Example.", 1, false), LATER + MINUTE);
        assert_string_equal(now_of(d)->exceptions[0].target, "alexdoe.example");
        assert_int_equal(except(d, LATER, "alexdoe.example", 1, false), -EEXIST);
        assert_int_equal(regime_end_exception(d->l, LATER + 1, "ALEXDOE.example", &why), 0);
        assert_null(state_exception(now_of(d), "alexdoe.example", LATER + 1));
        assert_int_equal(ledger_rules(d->l)->exceptions[0].until_usec, LATER + 1);
        assert_int_equal(except(d, LATER + 1, "Instagram.com", 1, false), LATER + 1 + MINUTE);
        assert_desk_sound(d);
}

static void test_the_quota_refills_one_a_day(void **state) {
        const char *why = NULL;
        Desk *d = *state;

        for (unsigned i = 0; i < 3; i++) {
                uint64_t now = LATER + i * HOUR;

                assert_int_equal(except(d, now, "instagram", 10, false), now + 10 * MINUTE);
        }
        assert_int_equal(except(d, LATER + 3 * HOUR, "instagram", 10, false), -EDQUOT);
        assert_int_equal(except(d, LATER + 3 * HOUR, "alexdoe.example", 1, false), -EDQUOT);
        assert_int_equal(except(d, LATER + DAY - 1, "instagram", 10, false), -EDQUOT);
        assert_int_equal(except(d, LATER - 9 * DAY, "instagram", 10, false), -EDQUOT);
        assert_int_equal(except(d, LATER + DAY, "instagram", 10, false), LATER + DAY + 10 * MINUTE);
        /* one that was closed early is not given back */
        assert_int_equal(regime_end_exception(d->l, LATER + DAY, "instagram", &why), 0);
        assert_int_equal(except(d, LATER + DAY, "instagram", 10, false), -EDQUOT);
        assert_desk_sound(d);
}

static void test_what_is_not_blocked_has_no_exception(void **state) {
        static const char *const targets[] = {"facebook", "facebook.com", "blog.alexdoe.example",
                "example.org", "Lex", "Alex Doe", "nosuch"};
        Desk *d = *state;

        for (size_t i = 0; i < ARRAY_LEN(targets); i++)
                if (except(d, LATER, targets[i], 5, false) != -ENOENT)
                        fail_msg("%s", targets[i]);
        assert_int_equal(request_end(d, NOON + MINUTE, false), 0);
        assert_int_equal(except(d, LATER, "instagram", 5, false), -ENOENT);
}

/* What each loosening answers, and when it is due, on a desk of its own that an exception may have
 * been opened on just before. */
static void ask_all(
        bool excepted, int64_t answers[static ARRAY_LEN(loosenings) + 3], char **ret_state) {
        json_t *object = NULL;
        void *state = NULL;
        size_t n = 0;
        Desk *d;

        assert_int_equal(alex_setup(&state), 0);
        d = state;
        assert_int_equal(set_cool_down(d, NOON, 3 * DAY, false), 0);
        if (excepted) {
                assert_true(except(d, LATER, "instagram", 30, false) > 0);
                assert_true(except(d, LATER, "alexdoe.example", 30, false) > 0);
        }
        for (size_t i = 0; i < ARRAY_LEN(loosenings); i++)
                if (loosenings[i].ask != except_some)
                        answers[n++] = loosenings[i].ask(d, LATER + MINUTE, false);
        answers[n++] = undo_extend(d, LATER + MINUTE);
        answers[n++] = people_remove_identity(d->l, LATER + MINUTE, ALEX, "platform", "instagram",
                false, &(uint64_t){0}, &(const char *){NULL});
        answers[n++] = people_remove_identity(d->l, LATER + MINUTE, ALEX, "domain",
                "alexdoe.example", false, &(uint64_t){0}, &(const char *){NULL});
        answers[n++] = changes_apply_due(d->l, LATER + 2 * MINUTE);
        assert_int_equal(state_to_json(now_of(d), &object), 0);
        /* what waits, by what it is: the ids count the exceptions along */
        for (size_t i = 0; i < json_array_size(json_object_get(object, "pending")); i++) {
                json_t *c = json_array_get(json_object_get(object, "pending"), i);

                (void)json_object_del(c, "seq");
                (void)json_object_del(c, "uid");
        }
        (void)json_object_del(object, "seq");
        (void)json_object_del(object, "exceptions");
        (void)json_object_del(json_object_get(object, "regime"), "quota_full");
        *ret_state = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
        json_decref(object);
        (void)desk_teardown(&state);
}

static void test_while_an_exception_is_open_every_loosening_is_as_without(void **state) {
        int64_t with[ARRAY_LEN(loosenings) + 3], without[ARRAY_LEN(loosenings) + 3];
        _cleanup_free_ char *state_with = NULL, *state_without = NULL;

        (void)state;
        ask_all(true, with, &state_with);
        ask_all(false, without, &state_without);
        assert_memory_equal(with, without, sizeof(with));
        assert_string_equal(state_with, state_without);
}

/* --- taking an extension back ---------------------------------------------------------------- */

static void test_an_extension_is_taken_back_within_ten_minutes(void **state) {
        Desk *d = *state;

        assert_int_equal(undo_extend(d, LATER), -ENOENT);
        assert_int_equal(extend(d, LATER, 300), 0);
        assert_int_equal(undo_extend(d, LATER + 10 * MINUTE), 0);
        assert_int_equal(promise_of(d, ALEX)->ends_usec, NOON + 30 * DAY);
        assert_int_equal(undo_extend(d, LATER + 10 * MINUTE), -ENOENT);
        assert_int_equal(extend(d, LATER + DAY, 300), 0);
        assert_int_equal(undo_extend(d, LATER + DAY + 10 * MINUTE + 1), -ETIME);
        assert_int_equal(undo_extend(d, LATER + DAY - 1), -ETIME); /* a clock set back */
        assert_int_equal(promise_of(d, ALEX)->ends_usec, NOON + 330 * DAY);
        assert_desk_sound(d);
}

static void test_of_two_extensions_the_last_is_taken_back(void **state) {
        Desk *d = *state;

        assert_int_equal(extend(d, LATER, 10), 0);
        assert_int_equal(extend(d, LATER + MINUTE, 10), 0);
        assert_int_equal(undo_extend(d, LATER + 2 * MINUTE), 0);
        assert_int_equal(undo_extend(d, LATER + 2 * MINUTE), -ENOENT);
        assert_int_equal(promise_of(d, ALEX)->ends_usec, NOON + 40 * DAY);
}

static void test_what_an_extension_made_wait_longer_waits_as_before(void **state) {
        uint64_t asked = NOON + 30 * DAY - HOUR;
        Desk *d = *state;

        assert_int_equal(remove_lex(d, asked, false), NOON + 30 * DAY);
        assert_int_equal(extend(d, asked + MINUTE, 300), 0);
        assert_int_equal(now_of(d)->pending[0].due_usec, asked + DAY);
        assert_int_equal(undo_extend(d, asked + 2 * MINUTE), 0);
        assert_int_equal(now_of(d)->n_pending, 1);
        assert_int_equal(now_of(d)->pending[0].due_usec, NOON + 30 * DAY);
        assert_desk_sound(d);
}

static void test_no_undo_makes_anything_wait_longer(void **state) {
        Desk *d = *state;

        assert_int_equal(extend(d, LATER, 5), 0);
        (void)desk_record(d, EVENT_CHANGE_PENDING, ALEX, LATER,
                json_pack("{s:s, s:I, s:I}", "change", "end", "due", (json_int_t)(LATER + HOUR),
                        "full", (json_int_t)(LATER + DAY)));
        assert_int_equal(undo_extend(d, LATER + MINUTE), 0);
        assert_int_equal(now_of(d)->pending[0].due_usec, LATER + HOUR);
}

static void test_an_undo_does_not_forget_the_promises_to_others(void **state) {
        uint64_t asked = NOON + 30 * DAY - HOUR;
        Desk *d = *state;

        desk_begin(d, SAM, "Sam", "full", NOON, 50);
        set_some_key(d, LATER);
        assert_int_equal(clear_key(d, asked, true), asked + DAY);
        assert_int_equal(extend(d, asked, 5), 0);
        assert_int_equal(undo_extend(d, asked + MINUTE), 0);
        assert_int_equal(now_of(d)->pending[0].due_usec, asked + DAY);
}

static void test_an_extension_of_what_ran_out_is_taken_back_too(void **state) {
        uint64_t now = NOON + 50 * DAY;
        Desk *d = *state;

        assert_int_equal(extend(d, now, 10), 0);
        assert_true(commitment_locked(promise_of(d, ALEX), now));
        assert_int_equal(undo_extend(d, now + MINUTE), 0);
        assert_false(commitment_locked(promise_of(d, ALEX), now + MINUTE));
        assert_true(commitment_stands(promise_of(d, ALEX)));
}

/* --- refusals -------------------------------------------------------------------------------- */

/* Calls that must fail with one error each and change nothing: neither the ledger nor the unlock.
 */
typedef int (*refused_func)(Desk *d, Unlock *u, const char **ret_why);

#define REFUSED(name, expression)                                                                  \
        static int name(Desk *d, Unlock *u, const char **ret_why) {                                \
                uint64_t ret = 4711;                                                               \
                int r;                                                                             \
                (void)u;                                                                           \
                r = expression;                                                                    \
                assert_int_equal(ret, 4711);                                                       \
                return r;                                                                          \
        }

#define TEXT_50  "0123456789 0123456789 0123456789 0123456789 01234 "
#define TEXT_200 TEXT_50 TEXT_50 TEXT_50 TEXT_50

REFUSED(cool_zero, regime_set_cool_down(d->l, LATER, 0, true, &ret, ret_why))
REFUSED(cool_short, regime_set_cool_down(d->l, LATER, DAY - 1, true, &ret, ret_why))
REFUSED(cool_long, regime_set_cool_down(d->l, LATER, 14 * DAY + 1, true, &ret, ret_why))
REFUSED(cool_ever, regime_set_cool_down(d->l, LATER, UINT64_MAX, true, &ret, ret_why))
REFUSED(cool_locked, regime_set_cool_down(d->l, LATER, DAY, false, &ret, ret_why))
REFUSED(key_empty, regime_set_key(d->l, u, LATER, "", ret_why))
REFUSED(key_long, regime_set_key(d->l, u, LATER, TEXT_200 "!", ret_why))
REFUSED(key_control, regime_set_key(d->l, u, LATER, "ab\x07", ret_why))
REFUSED(key_latin1, regime_set_key(d->l, u, LATER, "Ren\xe9", ret_why))
REFUSED(key_twice, regime_set_key(d->l, u, LATER, "another", ret_why))
REFUSED(key_again, regime_set_key(d->l, u, LATER, TEXT_200, ret_why))
REFUSED(unlock_empty, regime_unlock(d->l, u, BOOT, "", ret_why))
REFUSED(unlock_long, regime_unlock(d->l, u, BOOT, TEXT_200 "!", ret_why))
REFUSED(unlock_latin1, regime_unlock(d->l, u, BOOT, "Ren\xe9", ret_why))
REFUSED(clear_locked, regime_clear_key(d->l, LATER, false, &ret, ret_why))
REFUSED(except_zero, regime_except(d->l, LATER, "instagram", 0, true, &ret, ret_why))
REFUSED(except_long, regime_except(d->l, LATER, "instagram", 31, true, &ret, ret_why))
REFUSED(except_ever, regime_except(d->l, LATER, "instagram", UINT32_MAX, true, &ret, ret_why))
REFUSED(except_wrap, regime_except(d->l, LATER, "instagram", 0x80000001, true, &ret, ret_why))
REFUSED(except_empty, regime_except(d->l, LATER, "", 5, true, &ret, ret_why))
REFUSED(except_latin1, regime_except(d->l, LATER, "Ren\xe9", 5, true, &ret, ret_why))
REFUSED(except_other, regime_except(d->l, LATER, "facebook", 5, true, &ret, ret_why))
REFUSED(except_path, regime_except(d->l, LATER, "../../etc/hosts", 5, true, &ret, ret_why))
REFUSED(except_all, regime_except(d->l, LATER, "*", 5, true, &ret, ret_why))
REFUSED(except_locked, regime_except(d->l, LATER, "instagram", 5, false, &ret, ret_why))
REFUSED(close_none, regime_end_exception(d->l, LATER, "instagram", ret_why))
REFUSED(close_empty, regime_end_exception(d->l, LATER, "", ret_why))
REFUSED(close_latin1, regime_end_exception(d->l, LATER, "Ren\xe9", ret_why))
REFUSED(undo_none, people_undo_extend(d->l, LATER, ALEX, ret_why))
REFUSED(undo_nobody, people_undo_extend(d->l, LATER, "0123", ret_why))
REFUSED(undo_empty, people_undo_extend(d->l, LATER, "", ret_why))

/* clang-format off */
static const struct {
        refused_func call;
        int error;
        const char *what;
} refusals[] = {
        {cool_zero, -EINVAL, "a cool-down of nothing"},
        {cool_short, -EINVAL, "a cool-down of less than a day"},
        {cool_long, -EINVAL, "a cool-down of more than 14 days"},
        {cool_ever, -EINVAL, "a cool-down for ever"},
        {cool_locked, -EACCES, "a shorter cool-down without the key"},
        {key_empty, -EINVAL, "an empty passphrase"},
        {key_long, -EINVAL, "a passphrase of 201 bytes"},
        {key_control, -EINVAL, "a passphrase with a bell"},
        {key_latin1, -EINVAL, "a passphrase that is no UTF-8"},
        {key_twice, -EEXIST, "a second key"},
        {key_again, -EEXIST, "a second key of the greatest length"},
        {unlock_empty, -EINVAL, "an empty try"},
        {unlock_long, -EINVAL, "a try of 201 bytes"},
        {unlock_latin1, -EINVAL, "a try that is no UTF-8"},
        {clear_locked, -EACCES, "the key away without the key"},
        {except_zero, -EINVAL, "an exception of no minutes"},
        {except_long, -EINVAL, "an exception of 31 minutes"},
        {except_ever, -EINVAL, "an exception for ever"},
        {except_wrap, -EINVAL, "an exception that would wrap round"},
        {except_empty, -EINVAL, "an exception of nothing"},
        {except_latin1, -EINVAL, "an exception that is no UTF-8"},
        {except_other, -ENOENT, "an exception of another platform"},
        {except_path, -ENOENT, "an exception of a path"},
        {except_all, -ENOENT, "an exception of everything"},
        {except_locked, -EACCES, "an exception without the key"},
        {close_none, -ENOENT, "the close of what is not open"},
        {close_empty, -ENOENT, "the close of nothing"},
        {close_latin1, -ENOENT, "the close of what is no UTF-8"},
        {undo_none, -ENOENT, "an undo of nothing"},
        {undo_nobody, -ENOENT, "an undo with nobody"},
        {undo_empty, -ENOENT, "an undo with an empty id"},
};
/* clang-format on */

static void test_every_refusal_has_a_sentence_and_changes_nothing(void **state) {
        Desk *d = *state;

        assert_int_equal(set_cool_down(d, NOON, 2 * DAY, false), 0);
        set_some_key(d, NOON);
        for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
                Snapshot before = desk_snapshot(d);
                const char *why = NULL;
                Unlock u = {0};
                int r = refusals[i].call(d, &u, &why);

                if (r != refusals[i].error || !why || strlen(why) < 10)
                        fail_msg("%s gave %d: %s", refusals[i].what, r, why ? why : "(none)");
                assert_desk_unchanged(d, &before);
                assert_memory_equal(&u, &(Unlock){0}, sizeof(u));
        }
        assert_desk_sound(d);
}

static void test_a_full_disk_changes_nothing(void **state) {
        Unlock u = {.until_usec = BOOT}, same = u;
        const char *why = NULL;
        Snapshot before;
        Desk *d = *state;
        uint64_t due;

        assert_int_equal(set_cool_down(d, NOON, 2 * DAY, false), 0);
        assert_int_equal(extend(d, LATER, 5), 0);
        before = desk_snapshot(d);
        disk_is_full(true);
        assert_true(regime_set_cool_down(d->l, LATER, 3 * DAY, false, &due, &why) < 0);
        assert_true(regime_set_cool_down(d->l, LATER, DAY, false, &due, &why) < 0);
        assert_true(regime_set_key(d->l, &u, LATER, "sesame", &why) < 0);
        assert_true(regime_except(d->l, LATER, "instagram", 5, false, &due, &why) < 0);
        assert_true(people_undo_extend(d->l, LATER, ALEX, &why) < 0);
        disk_is_full(false);
        assert_null(why);
        assert_memory_equal(&u, &same, sizeof(u));
        assert_desk_unchanged(d, &before);
        assert_desk_sound(d);
}

int main(void) {
#define test(name) cmocka_unit_test_setup_teardown(name, alex_setup, desk_teardown)
        const struct CMUnitTest tests[] = {
                test(test_a_longer_cool_down_holds_at_once),
                test(test_a_shorter_one_waits_for_the_current_one),
                test(test_it_waits_for_anybodys_promise),
                test(test_a_mistake_is_undone_within_ten_minutes_and_no_further),
                test(test_after_ten_minutes_a_mistake_waits_too),
                test(test_a_clock_set_back_gives_no_grace_for_the_cool_down),
                test(test_a_longer_one_takes_back_the_shorter_one_that_waits),
                test(test_what_waits_keeps_its_time),
                test(test_a_wait_that_the_end_cuts_short_is_whole_again_when_more_is_promised),
                test(test_policies_are_on_at_once_and_off_after_the_cool_down),
                test(test_a_promise_to_somebody_else_holds_the_regime_too),
                test(test_no_promise_makes_anything_due_sooner),
                test(test_what_concerns_nobody_waits_on_when_a_person_goes),
                test(test_without_a_promise_the_shorter_of_two_goes_on_waiting),
                test(test_changes_of_the_regime_describe_themselves),
                test(test_with_a_key_every_loosening_asks_for_it),
                test(test_the_key_makes_nothing_due_any_sooner),
                test(test_what_waits_already_is_carried_out_without_the_key),
                test(test_what_is_free_anyway_asks_for_no_key),
                test(test_an_exception_of_what_ran_out_asks_for_no_key),
                test(test_whose_promise_holds_decides_over_the_key),
                test(test_a_key_set_by_mistake_is_cleared_within_ten_minutes),
                test(test_a_key_is_cleared_after_the_cool_down),
                test(test_the_right_passphrase_gives_the_key_for_five_minutes),
                test(test_an_unlock_is_not_written_down),
                test(test_a_new_key_is_not_given_by_the_old_one),
                test(test_five_tries_a_minute),
                test(test_the_key_outlives_a_restart_and_stays_a_hash),
                test(test_an_exception_opens_one_target),
                test(test_a_target_may_be_spelled_otherwise),
                test(test_the_quota_refills_one_a_day),
                test(test_what_is_not_blocked_has_no_exception),
                test(test_while_an_exception_is_open_every_loosening_is_as_without),
                test(test_an_extension_is_taken_back_within_ten_minutes),
                test(test_of_two_extensions_the_last_is_taken_back),
                test(test_what_an_extension_made_wait_longer_waits_as_before),
                test(test_no_undo_makes_anything_wait_longer),
                test(test_an_undo_does_not_forget_the_promises_to_others),
                test(test_an_extension_of_what_ran_out_is_taken_back_too),
                test(test_every_refusal_has_a_sentence_and_changes_nothing),
                test(test_a_full_disk_changes_nothing),
        };
        return cmocka_run_group_tests_name("regime", tests, NULL, NULL);
}
