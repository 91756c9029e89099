/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Strictest wins, whatever the order: random sequences of all that can be asked for, two people,
 * clocks that are set back, against what the words of the rule say. */

#include "daemon/regime.h"

#include "daemon/changes.h"
#include "daemon/passes.h"
#include "daemon/people.h"
#include "nocontact/bus-names.h"
#include "unit/ledger-fixture.h"
#include "unit/random.h"

#include <errno.h>

enum {
        STORIES = 150,
        STEPS = 90,
        ORDERS = 150,
};

static const char *const cast[] = {ALEX, SAM};
static const char *const sites[] = {"one.example", "two.example"};

static const char *const hours[] = {
        "", "08:00-20:00", "mon-fri 08:00-20:00", "mon-fri 09:00-18:00", "sat 10:00-12:00"};

static const char *const words[] = {"school", "hospital", "court"};

#define CAST  2
#define SITES 2
#define WORDS 3

/* --- what was asked for ---------------------------------------------------------------------- */

/* A wait as it was promised: noted when it was answered, by what the rule says of it. */
typedef struct Wait {
        uint64_t seq; /* 0: this place is free */
        uint64_t asked, due, full;
} Wait;

typedef struct Watch {
        Random *r;
        Desk *d;
        uint64_t now;
        uint64_t bucket_usec, bucket_at; /* the quota, written down as a plain bucket */
        Wait waits[64];
} Watch;

static const State *state_of(const Watch *w) {
        return ledger_state(w->d->l);
}

static const Person *someone(const Watch *w, size_t i) {
        return state_person(state_of(w), cast[i]);
}

static bool holds(const Watch *w, size_t i) {
        const Person *p = someone(w, i);

        return p && commitment_stands(&p->commitment) && w->now < p->commitment.ends_usec;
}

static bool anything_holds(const Watch *w) {
        return holds(w, 0) || holds(w, 1);
}

static bool recent(const Watch *w, uint64_t done) {
        return done > 0 && done <= w->now && w->now - done <= 10 * MINUTE;
}

static uint64_t last_end(const Watch *w) {
        uint64_t end = 0;

        for (size_t i = 0; i < CAST; i++)
                if (holds(w, i))
                        end = MAX(end, someone(w, i)->commitment.ends_usec);
        return end;
}

/* --- one loosening --------------------------------------------------------------------------- */

/* What the rule says of a loosening before it is asked for. */
typedef struct Expected {
        bool held;     /* a promise that it concerns holds */
        uint64_t ends; /* until then */
        bool mistake;  /* it undoes what was done within ten minutes */
        bool waiting;  /* the same waits already */
        bool key_given;
} Expected;

/* The answer is the rule's: at once, refused, or after the cool-down and never later than the
 * promise. */
static void check_answer(
        Watch *w, const Expected *e, int r, uint64_t due, uint64_t cool_down, bool key_set) {
        if (!e->held || e->mistake) {
                assert_int_equal(r, 0);
                assert_int_equal(due, 0);
        } else if (e->waiting) {
                assert_int_equal(r, -EEXIST);
        } else if (key_set && !e->key_given) {
                assert_int_equal(r, -EACCES);
        } else {
                assert_int_equal(r, 0);
                assert_int_equal(due, MIN(w->now + cool_down, e->ends));
        }
}

static bool is_waiting(const Watch *w, const char *person, Change change, const Identity *id) {
        return state_pending_like(state_of(w), person, change, id) != NULL;
}

static void ask_person(Watch *w, bool key_given) {
        size_t i = random_below(w->r, CAST), site = random_below(w->r, SITES);
        uint64_t cool_down = state_of(w)->cool_down_usec, due = 4711;
        Identity id = {.kind = IDENTITY_DOMAIN, .value = (char *)(uintptr_t)sites[site]};
        bool key_set = state_of(w)->key_hash != NULL;
        const Person *p = someone(w, i);
        const Identity *known;
        const char *why = NULL;
        Expected e = {.held = holds(w, i), .key_given = key_given};
        int r;

        if (!p || !commitment_stands(&p->commitment))
                return;
        e.ends = p->commitment.ends_usec;
        if (random_once_in(w->r, 2)) {
                known = person_identity(p, IDENTITY_DOMAIN, sites[site]);
                if (!known)
                        return;
                e.mistake = recent(w, known->added_usec);
                e.waiting = is_waiting(w, cast[i], CHANGE_REMOVE_IDENTITY, &id);
                r = people_remove_identity(
                        w->d->l, w->now, cast[i], "domain", sites[site], key_given, &due, &why);
        } else {
                bool end = !random_once_in(w->r, 5);

                e.mistake = recent(w, p->commitment.began_usec);
                e.waiting = is_waiting(w, cast[i], end ? CHANGE_END : CHANGE_REMOVE_PERSON, NULL);
                r = (end ? people_request_end : people_remove)(
                        w->d->l, w->now, cast[i], key_given, &due, &why);
        }
        check_answer(w, &e, r, due, cool_down, key_set);
}

static void ask_shorter(Watch *w, bool key_given) {
        uint64_t cool_down = state_of(w)->cool_down_usec, due = 4711;
        uint64_t usec = DAY + random_below(w->r, cool_down - DAY + 1);
        bool key_set = state_of(w)->key_hash != NULL;
        const char *why = NULL;
        Expected e = {
                .held = anything_holds(w),
                .ends = last_end(w),
                .mistake = recent(w, state_of(w)->cool_down_raised_usec) &&
                           usec >= state_of(w)->cool_down_before_usec,
                .waiting = is_waiting(w, "", CHANGE_COOL_DOWN, NULL),
                .key_given = key_given,
        };
        int r;

        if (usec == cool_down)
                return;
        r = regime_set_cool_down(w->d->l, w->now, usec, key_given, &due, &why);
        check_answer(w, &e, r, due, cool_down, key_set);
        assert_int_equal(state_of(w)->cool_down_usec, r == 0 && due == 0 ? usec : cool_down);
}

static void ask_clear(Watch *w, bool key_given) {
        uint64_t cool_down = state_of(w)->cool_down_usec, due = 4711;
        bool key_set = state_of(w)->key_hash != NULL;
        const char *why = NULL;
        Expected e = {
                .held = anything_holds(w),
                .ends = last_end(w),
                .mistake = recent(w, state_of(w)->key_set_usec),
                .waiting = is_waiting(w, "", CHANGE_CLEAR_KEY, NULL),
                .key_given = key_given,
        };
        int r = regime_clear_key(w->d->l, w->now, key_given, &due, &why);

        if (!key_set)
                assert_int_equal(r, -ENOENT);
        else
                check_answer(w, &e, r, due, cool_down, key_set);
}

static const Pass *pass_of(const Watch *w, size_t word) {
        const Identity id = {.kind = IDENTITY_NAME, .value = (char *)(uintptr_t)words[word]};

        return state_pass_like(state_of(w), &id);
}

/* There is no mistake about it: nothing is undone. */
static void ask_pass(Watch *w, bool key_given) {
        size_t word = random_below(w->r, WORDS);
        const Identity id = {.kind = IDENTITY_NAME, .value = (char *)(uintptr_t)words[word]};
        uint64_t cool_down = state_of(w)->cool_down_usec, due = 4711;
        bool key_set = state_of(w)->key_hash != NULL, passes = pass_of(w, word) != NULL;
        const char *why = NULL;
        Expected e = {
                .held = anything_holds(w),
                .ends = last_end(w),
                .waiting = is_waiting(w, "", CHANGE_ADD_PASS, &id),
                .key_given = key_given,
        };
        int r = passes_add(w->d->l, w->now, "word", words[word], key_given, &due, &why);

        if (passes)
                assert_int_equal(r, -EEXIST);
        else
                check_answer(w, &e, r, due, cool_down, key_set);
        assert_int_equal(pass_of(w, word) != NULL, passes || (r == 0 && due == 0));
}

/* Sam's: fewer are no loosening, and take back what waits. */
static void ask_hours(Watch *w, bool key_given) {
        const char *text = hours[random_below(w->r, ARRAY_LEN(hours))], *why = NULL;
        uint64_t cool_down = state_of(w)->cool_down_usec, due = 4711;
        bool key_set = state_of(w)->key_hash != NULL, fewer;
        const Person *p = someone(w, 1);
        Expected e = {.held = holds(w, 1), .key_given = key_given};
        Hours wanted, before;
        int r;

        if (!p)
                return;
        before = p->hours;
        assert_int_equal(hours_parse(text, &wanted, NULL), 0);
        fewer = hours_subset(&wanted, &before);
        e.ends = p->commitment.ends_usec;
        e.mistake = recent(w, p->hours_narrowed_usec) && hours_subset(&wanted, &p->hours_before);
        e.waiting = is_waiting(w, SAM, CHANGE_HOURS, NULL);
        r = people_set_hours(w->d->l, w->now, SAM, text, key_given, &due, &why);
        if (fewer) {
                assert_int_equal(r, 0);
                assert_int_equal(due, 0);
                assert_false(is_waiting(w, SAM, CHANGE_HOURS, NULL));
        } else {
                check_answer(w, &e, r, due, cool_down, key_set);
        }
        p = someone(w, 1);
        if (r != 0 || due != 0)
                wanted = before;
        assert_true(hours_subset(&wanted, &p->hours) && hours_subset(&p->hours, &wanted));
}

/* The quota as a bucket: what was taken comes back with the days that went by, and a clock that is
 * set back lets none go by. */
static bool take_from_bucket(Watch *w) {
        if (w->now > w->bucket_at) {
                w->bucket_usec = MIN(w->bucket_usec + (w->now - w->bucket_at), NC_EXCEPTIONS * DAY);
                w->bucket_at = w->now;
        }
        if (w->bucket_usec < DAY)
                return false;
        w->bucket_usec -= DAY;
        return true;
}

static void ask_exception(Watch *w, bool key_given) {
        size_t site = random_below(w->r, SITES);
        unsigned minutes = 1 + (unsigned)random_below(w->r, 30);
        bool key_set = state_of(w)->key_hash != NULL, blocked = false, held = false;
        bool open = state_exception(state_of(w), sites[site], w->now) != NULL;
        const char *why = NULL;
        uint64_t until = 4711;
        int r;

        for (size_t i = 0; i < CAST; i++) {
                const Person *p = someone(w, i);

                if (!p || !commitment_stands(&p->commitment) ||
                        !person_identity(p, IDENTITY_DOMAIN, sites[site]))
                        continue;
                blocked = true;
                held = held || holds(w, i);
        }
        r = regime_except(w->d->l, w->now, sites[site], minutes, key_given, &until, &why);
        if (!blocked)
                assert_int_equal(r, -ENOENT);
        else if (open)
                assert_int_equal(r, -EEXIST);
        else if (held && key_set && !key_given)
                assert_int_equal(r, -EACCES);
        else if (r == 0)
                assert_true(take_from_bucket(w) && until == w->now + minutes * MINUTE);
        else
                assert_int_equal(r, -EDQUOT);
}

/* --- tightening, and taking it back ---------------------------------------------------------- */

static void tighten(Watch *w) {
        size_t i = random_below(w->r, CAST), site = random_below(w->r, SITES);
        unsigned days = 1 + (unsigned)random_below(w->r, 12);
        const char *why = NULL;
        uint64_t due = 4711;

        switch (random_below(w->r, 7)) {
        case 6: {
                const Pass *pass = pass_of(w, random_below(w->r, WORDS));

                if (pass)
                        assert_int_equal(passes_remove(w->d->l, w->now, pass->seq, &why), 0);
                break;
        }
        case 0: (void)people_begin(w->d->l, w->now, cast[i], days, &why); break;
        case 1: (void)people_extend(w->d->l, w->now, cast[i], days, &why); break;
        case 2:
        case 3:
                (void)people_add_identity(w->d->l, w->now, cast[i], "domain", sites[site], &why);
                break;
        case 4: {
                uint64_t before = state_of(w)->cool_down_usec;
                uint64_t usec = before + random_below(w->r, 14 * DAY - before + 1);

                assert_int_equal(regime_set_cool_down(w->d->l, w->now, usec, false, &due, &why), 0);
                assert_int_equal(due, 0);
                assert_int_equal(state_of(w)->cool_down_usec, usec);
                break;
        }
        default:
                if (!state_of(w)->key_hash && random_once_in(w->r, 3))
                        (void)desk_record(w->d, EVENT_KEY_SET, NULL, w->now,
                                json_pack("{s:s}", "hash", "$y$j9T$x$y"));
        }
}

static void take_back(Watch *w) {
        const State *s = state_of(w);
        const char *why = NULL;
        size_t i = random_below(w->r, CAST);
        const Person *p = someone(w, i);
        Commitment before;
        int r;

        if (s->n_pending > 0 && random_once_in(w->r, 3)) {
                uint64_t seq = s->pending[random_below(w->r, s->n_pending)].seq;

                assert_int_equal(changes_cancel(w->d->l, w->now, seq, &why), 0);
                return;
        }
        if (!p || !commitment_stands(&p->commitment))
                return;
        before = p->commitment;
        r = people_undo_extend(w->d->l, w->now, cast[i], &why);
        if (before.extended_usec == 0) {
                assert_int_equal(r, -ENOENT);
        } else if (!recent(w, before.extended_usec)) {
                assert_int_equal(r, -ETIME);
        } else {
                assert_int_equal(r, 0);
                assert_int_equal(someone(w, i)->commitment.ends_usec, before.ends_before_usec);
        }
}

/* --- what may have changed ------------------------------------------------------------------- */

/* All that makes it strict, as it was before a step. */
typedef struct Strength {
        bool there[CAST], stands[CAST], knows[CAST][SITES], key, passes[WORDS];
        Hours hours[CAST];
        uint64_t ends[CAST], cool_down;
} Strength;

static Strength strength(const Watch *w) {
        Strength s = {
                .key = state_of(w)->key_hash != NULL,
                .cool_down = state_of(w)->cool_down_usec,
        };

        for (size_t i = 0; i < WORDS; i++)
                s.passes[i] = pass_of(w, i) != NULL;
        for (size_t i = 0; i < CAST; i++) {
                const Person *p = someone(w, i);

                if (!p)
                        continue;
                s.there[i] = true;
                s.hours[i] = p->hours;
                s.stands[i] = commitment_stands(&p->commitment);
                s.ends[i] = s.stands[i] ? p->commitment.ends_usec : 0;
                for (size_t n = 0; n < SITES; n++)
                        s.knows[i][n] = person_identity(p, IDENTITY_DOMAIN, sites[n]) != NULL;
        }
        return s;
}

static void assert_not_weaker(const Strength *before, const Strength *after) {
        assert_true(after->key >= before->key);
        assert_true(after->cool_down >= before->cool_down);
        for (size_t i = 0; i < WORDS; i++)
                assert_true(after->passes[i] <= before->passes[i]);
        for (size_t i = 0; i < CAST; i++) {
                assert_true(after->there[i] >= before->there[i]);
                assert_true(after->stands[i] >= before->stands[i]);
                assert_true(hours_subset(&after->hours[i], &before->hours[i]));
                assert_true(after->ends[i] >= before->ends[i]);
                for (size_t n = 0; n < SITES; n++)
                        assert_true(after->knows[i][n] >= before->knows[i][n]);
        }
}

/* Every wait that is still there is due when it was promised; a new one waits as long as the rule
 * says, or until a promise ends. */
static void check_waits(Watch *w) {
        const State *s = state_of(w);
        Wait now[64] = {0};

        assert_true(s->n_pending <= ARRAY_LEN(now));
        for (size_t i = 0; i < s->n_pending; i++) {
                const Pending *c = &s->pending[i];

                now[i] = (Wait){c->seq, c->asked_usec, c->due_usec, c->full_usec};
                assert_true(c->due_usec <= c->full_usec);
                assert_true(c->full_usec - c->asked_usec >= DAY);
                for (size_t j = 0; j < ARRAY_LEN(w->waits); j++)
                        if (w->waits[j].seq == c->seq)
                                assert_memory_equal(&w->waits[j], &now[i], sizeof(now[i]));
        }
        memcpy(w->waits, now, sizeof(now));
}

/* Only what is due is carried out, and all of it. */
static void carry_out(Watch *w) {
        const State *s = state_of(w);
        Strength before = strength(w), after;
        bool any = false;

        for (size_t i = 0; i < s->n_pending; i++)
                any = any || s->pending[i].due_usec <= w->now;
        assert_true(changes_apply_due(w->d->l, w->now) >= 0);
        after = strength(w);
        if (!any)
                assert_not_weaker(&before, &after);
        for (size_t i = 0; i < state_of(w)->n_pending; i++)
                assert_true(state_of(w)->pending[i].due_usec > w->now);
}

static void loosen(Watch *w) {
        bool key_given = random_once_in(w->r, 2);

        switch (random_below(w->r, 8)) {
        case 7: ask_hours(w, key_given); break;
        case 6: ask_pass(w, key_given); break;
        case 0:
        case 1:
        case 2: ask_person(w, key_given); break;
        case 3:
                if (state_of(w)->cool_down_usec > DAY)
                        ask_shorter(w, key_given);
                break;
        case 4: ask_clear(w, key_given); break;
        default: ask_exception(w, key_given); break;
        }
}

/* Soon, later, around something that is due, and now and then back. */
static uint64_t next_moment(Watch *w) {
        const State *s = state_of(w);

        if (s->n_pending > 0 && random_once_in(w->r, 4)) {
                uint64_t due = s->pending[random_below(w->r, s->n_pending)].due_usec;

                return MAX(w->now, due + random_below(w->r, 3) - 1);
        }
        switch (random_below(w->r, 8)) {
        case 0: return w->now - random_below(w->r, 3 * DAY);
        case 1: return w->now - random_below(w->r, 10 * MINUTE);
        case 2:
        case 3: return w->now + random_below(w->r, 12 * MINUTE);
        case 4: return w->now + random_below(w->r, 3 * DAY);
        default: return w->now + random_below(w->r, 8 * HOUR);
        }
}

static void step(Watch *w) {
        Strength before, after;

        w->now = next_moment(w);
        before = strength(w);
        switch (random_below(w->r, 8)) {
        case 0:
        case 1:
        case 2:
                tighten(w);
                after = strength(w);
                assert_not_weaker(&before, &after);
                break;
        case 3:
        case 4:
        case 5: loosen(w); break;
        case 6: take_back(w); break;
        default: carry_out(w); break;
        }
        check_waits(w);
}

static void test_nothing_is_looser_than_the_rule_allows(void **state) {
        Random r = random_start(20261122);
        Desk *d = *state;
        Watch w = {.r = &r, .d = d, .now = NOON, .bucket_usec = NC_EXCEPTIONS * DAY};
        size_t waits = 0, exceptions = 0, passes = 0, limited = 0;

        for (int story = 0; story < STORIES; story++) {
                for (size_t i = 0; i < CAST; i++)
                        if (!someone(&w, i))
                                (void)desk_record(d, EVENT_PERSON_ADDED, cast[i], w.now,
                                        json_pack("{s:s, s:s}", "name", i == 0 ? "Alex" : "Sam",
                                                "mode", i == 0 ? "full" : "limited"));
                for (int i = 0; i < STEPS; i++) {
                        step(&w);
                        waits += state_of(&w)->n_pending;
                        exceptions += state_of(&w)->n_exceptions;
                        passes += state_of(&w)->n_passes;
                        limited += someone(&w, 1) && someone(&w, 1)->hours.n > 0;
                }
                w.now += 5 * DAY;
        }
        assert_desk_sound(d);
        /* it is no test of an idle ledger */
        assert_true(waits > STORIES * STEPS / 4);
        assert_true(exceptions > STORIES);
        assert_true(passes > STORIES);
        assert_true(limited > STORIES);
}

/* --- any order ------------------------------------------------------------------------------- */

/* Twelve requests, half of which would loosen. Each is made once, in some order, more than ten
 * minutes after the one before, with the key given every time. */
static void make_request(Watch *w, size_t which) {
        const char *why = NULL;
        Ledger *l = w->d->l;
        uint64_t due;

        switch (which) {
        case 0: (void)people_extend(l, w->now, ALEX, 5, &why); break;
        case 1: (void)people_extend(l, w->now, ALEX, 9, &why); break;
        case 2: (void)people_add_identity(l, w->now, ALEX, "domain", sites[0], &why); break;
        case 3: (void)people_add_identity(l, w->now, ALEX, "domain", sites[1], &why); break;
        case 4: (void)regime_set_cool_down(l, w->now, 3 * DAY, true, &due, &why); break;
        case 5: (void)regime_set_cool_down(l, w->now, 2 * DAY, true, &due, &why); break;
        case 6:
                (void)people_remove_identity(l, w->now, ALEX, "domain", sites[0], true, &due, &why);
                break;
        case 7: (void)people_request_end(l, w->now, ALEX, true, &due, &why); break;
        case 8: (void)people_remove(l, w->now, ALEX, true, &due, &why); break;
        case 9: (void)regime_set_cool_down(l, w->now, DAY, true, &due, &why); break;
        case 10: (void)regime_except(l, w->now, sites[0], 30, true, &due, &why); break;
        case 11: (void)people_undo_extend(l, w->now, ALEX, &why); break;
        }
}

static void test_twelve_requests_in_any_order_leave_the_strictest(void **state) {
        Random r = random_start(1105);
        Desk *d = *state;
        Watch w = {.r = &r, .d = d, .now = NOON};

        for (int i = 0; i < ORDERS; i++) {
                size_t order[12];
                uint64_t ends;

                desk_begin(d, ALEX, "Alex", "full", w.now, 30);
                (void)desk_record(d, EVENT_REGIME_CHANGED, NULL, w.now,
                        json_pack("{s:I}", "cool_down", (json_int_t)DAY));
                ends = someone(&w, 0)->commitment.ends_usec;
                for (size_t n = 0; n < ARRAY_LEN(order); n++) {
                        size_t at = random_below(&r, n + 1);

                        order[n] = order[at];
                        order[at] = n;
                }
                for (size_t n = 0; n < ARRAY_LEN(order); n++) {
                        w.now += 11 * MINUTE + random_below(&r, HOUR);
                        make_request(&w, order[n]);
                        assert_int_equal(changes_apply_due(d->l, w.now), 0);
                }
                assert_non_null(someone(&w, 0));
                assert_true(commitment_stands(&someone(&w, 0)->commitment));
                assert_int_equal(someone(&w, 0)->commitment.ends_usec, ends + 14 * DAY);
                assert_int_equal(state_of(&w)->cool_down_usec, 3 * DAY);
                for (size_t n = 0; n < SITES; n++)
                        assert_non_null(person_identity(someone(&w, 0), IDENTITY_DOMAIN, sites[n]));
                (void)desk_record(d, EVENT_PERSON_REMOVED, ALEX, w.now, json_object());
                while (state_of(&w)->n_pending > 0)
                        assert_int_equal(changes_cancel(d->l, w.now, state_of(&w)->pending[0].seq,
                                                 &(const char *){NULL}),
                                0);
                w.now += DAY;
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(
                        test_nothing_is_looser_than_the_rule_allows, desk_setup, desk_teardown),
                cmocka_unit_test_setup_teardown(
                        test_twelve_requests_in_any_order_leave_the_strictest, desk_setup,
                        desk_teardown),
        };
        return cmocka_run_group_tests_name("regime, in any order", tests, NULL, NULL);
}
