/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The promise as a property: whatever is asked in whatever order, nothing becomes weaker before
 * a slow model of the rule says that it may, and nobody waits longer than it says. */

#include "core/judge.h"
#include "daemon/changes.h"
#include "daemon/people.h"
#include "unit/ledger-fixture.h"
#include "unit/random.h"

#include <errno.h>

enum {
        STORIES = 24,
        STEPS = 90,
        SITES = 3,
};

static const char *const sites[SITES] = {"a.example", "b.example", "c.example"};

/* Something that the user may ask to have loosened. */
typedef struct Wish {
        uint64_t asked; /* 0: not, or taken back */
        bool graced;    /* asked within ten minutes of what it undoes */
        bool freed;     /* since it was asked there was a moment without a promise */
} Wish;

/* What the words of the rule say of one person. */
typedef struct Model {
        char id[UID_SPACE];
        bool there;
        uint64_t began, ends, ended;
        struct {
                bool there;
                uint64_t added;
                Wish removal;
        } sites[SITES];
        Wish end, removal;
} Model;

static bool promised(const Model *m, uint64_t now) {
        return m->began > 0 && m->ended == 0 && now < m->ends;
}

static bool graced(uint64_t done, uint64_t now) {
        return done <= now && now - done <= 10 * MINUTE;
}

static Wish wish(uint64_t done, uint64_t now) {
        return (Wish){.asked = now, .graced = graced(done, now)};
}

static bool may_happen(const Wish *w, uint64_t now) {
        return w->asked > 0 && (w->graced || w->freed || now - w->asked >= DAY);
}

static bool must_have_happened(const Model *m, const Wish *w, uint64_t now) {
        bool ran_out = m->began > 0 && m->ended == 0 && now >= m->ends;

        return w->asked > 0 && (ran_out || now - w->asked >= DAY);
}

/* Time has come to `now`, and nothing else has happened yet. */
static void model_pass(Model *m, uint64_t now) {
        bool freed = !promised(m, now);

        for (size_t i = 0; i < SITES; i++)
                m->sites[i].removal.freed = m->sites[i].removal.freed || freed;
        m->end.freed = m->end.freed || freed;
        m->removal.freed = m->removal.freed || freed;
}

/* --- what is asked --------------------------------------------------------------------------- */

static uint64_t wait_of(const Model *m, uint64_t now) {
        return MIN(now + DAY, m->ends);
}

/* A loosening was asked for and answered: at once, later, or "it waits already". */
static void model_asked(Model *m, Wish *w, uint64_t done, uint64_t now, int r, uint64_t due) {
        bool at_once = !promised(m, now) || graced(done, now);

        if (r == -EEXIST) {
                assert_true(w->asked > 0 && !at_once);
                return;
        }
        assert_int_equal(r, 0);
        if (at_once) {
                assert_int_equal(due, 0);
                *w = (Wish){.asked = now, .freed = true};
        } else {
                assert_int_equal(due, wait_of(m, now));
                *w = wish(done, now);
        }
}

static void ask_for_a_site(Random *r, Desk *d, Model *m, uint64_t now) {
        size_t i = random_below(r, SITES);
        const char *why = NULL;
        uint64_t due = 4711;
        int result;

        if (random_once_in(r, 2)) {
                result = people_add_identity(d->l, now, m->id, "domain", sites[i], &why);
                assert_int_equal(
                        result, m->sites[i].there && m->sites[i].removal.asked == 0 ? -EEXIST : 0);
                if (!m->sites[i].there)
                        m->sites[i].added = now;
                m->sites[i].there = true;
                m->sites[i].removal = (Wish){0};
                return;
        }
        result = people_remove_identity(d->l, now, m->id, "domain", sites[i], false, &due, &why);
        if (m->sites[i].there)
                model_asked(m, &m->sites[i].removal, m->sites[i].added, now, result, due);
        else
                assert_int_equal(result, -ENOENT);
}

static void ask_for_more(Random *r, Desk *d, Model *m, uint64_t now) {
        unsigned days = 1 + (unsigned)random_below(r, 6);
        const char *why = NULL;
        int result;

        if (random_once_in(r, 2)) {
                result = people_begin(d->l, now, m->id, days, &why);
                assert_int_equal(result, promised(m, now) ? -EEXIST : 0);
                if (result < 0)
                        return;
                m->began = now;
                m->ends = now + days * DAY;
                m->ended = 0;
        } else {
                result = people_extend(d->l, now, m->id, days, &why);
                assert_int_equal(result, m->began > 0 && m->ended == 0 ? 0 : -ENOENT);
                if (result < 0)
                        return;
                m->ends = MAX(m->ends, now) + days * DAY;
        }
        m->end = (Wish){0};
        m->removal = (Wish){0};
}

static void ask_for_less(Random *r, Desk *d, Model *m, uint64_t now) {
        const char *why = NULL;
        uint64_t due = 4711;
        int result;

        if (random_once_in(r, 8)) {
                result = people_remove(d->l, now, m->id, false, &due, &why);
                model_asked(m, &m->removal, m->began, now, result, due);
                return;
        }
        result = people_request_end(d->l, now, m->id, false, &due, &why);
        if (m->began > 0 && m->ended == 0)
                model_asked(m, &m->end, m->began, now, result, due);
        else
                assert_int_equal(result, -ENOENT);
}

static void take_one_back(Random *r, Desk *d, Model *m, uint64_t now) {
        const State *s = ledger_state(d->l);
        const char *why = NULL;
        const Pending *c;

        if (s->n_pending == 0)
                return;
        c = &s->pending[random_below(r, s->n_pending)];
        if (c->change == CHANGE_END)
                m->end = (Wish){0};
        if (c->change == CHANGE_REMOVE_PERSON)
                m->removal = (Wish){0};
        for (size_t i = 0; i < SITES; i++)
                if (c->change == CHANGE_REMOVE_IDENTITY && streq(c->identity.value, sites[i]))
                        m->sites[i].removal = (Wish){0};
        assert_int_equal(changes_cancel(d->l, now, c->seq, &why), 0);
}

/* --- what has happened ----------------------------------------------------------------------- */

/* Does the compiled rule hold for a visit to the site right now? */
static bool site_is_shut(const Desk *d, const char *site, uint64_t now) {
        Verdict v = {0};
        char url[64];
        int r;

        (void)snprintf(url, sizeof(url), "https://www.%s/page", site);
        r = judge_url(ledger_rules(d->l), url, now, EVIDENCE_SHOWN, &v);
        assert_true(r >= 0);
        verdict_done(&v);
        return r > 0;
}

/* What is weaker than before may be so, and the model takes it over; and what must be weaker by
 * now, after the changes that are due were carried out, is. */
static void check_sites(const Desk *d, const Person *p, Model *m, uint64_t now, bool carried_out) {
        for (size_t i = 0; i < SITES; i++) {
                bool there = person_identity(p, IDENTITY_DOMAIN, sites[i]) != NULL;

                if (m->sites[i].there && !there) {
                        assert_true(may_happen(&m->sites[i].removal, now));
                        m->sites[i].there = false;
                        m->sites[i].removal = (Wish){0};
                }
                assert_int_equal(there, m->sites[i].there);
                if (there && carried_out)
                        assert_false(must_have_happened(m, &m->sites[i].removal, now));
                assert_int_equal(
                        site_is_shut(d, sites[i], now), there && m->began > 0 && m->ended == 0);
        }
}

static void check(const Desk *d, Model *m, uint64_t now, bool carried_out) {
        const Person *p = state_person(ledger_state(d->l), m->id);

        if (!p) {
                assert_true(may_happen(&m->removal, now));
                m->there = false;
                return;
        }
        if (carried_out) {
                assert_false(must_have_happened(m, &m->removal, now));
                assert_false(m->ended == 0 && must_have_happened(m, &m->end, now) &&
                             p->commitment.ended_usec == 0);
        }
        if (p->commitment.ended_usec > 0 && m->ended == 0) {
                assert_true(may_happen(&m->end, now));
                m->ended = now;
                m->end = (Wish){0};
        }
        assert_int_equal(p->commitment.began_usec, m->began);
        assert_int_equal(p->commitment.ends_usec, m->ends);
        assert_int_equal(p->commitment.ended_usec, m->ended);
        check_sites(d, p, m, now, carried_out);
}

/* The next moment: soon, much later, or just around a time at which something is due. */
static uint64_t next_moment(Random *r, const Desk *d, uint64_t now) {
        const State *s = ledger_state(d->l);

        if (s->n_pending > 0 && random_once_in(r, 3)) {
                uint64_t due = s->pending[random_below(r, s->n_pending)].due_usec;

                return MAX(now + 1, due + random_below(r, 3) - 1);
        }
        switch (random_below(r, 4)) {
        case 0: return now + 1 + random_below(r, 3 * MINUTE);
        case 1: return now + 10 * MINUTE + random_below(r, 2);
        case 2: return now + random_below(r, 3 * DAY);
        default: return now + random_below(r, 8 * HOUR);
        }
}

static void test_nothing_is_weaker_than_the_rule_says_nor_stricter(void **state) {
        Random r = random_start(20260714);
        uint64_t now = NOON;
        Desk *d = *state;

        for (int story = 0; story < STORIES; story++) {
                const char *id = NULL, *why = NULL;
                Model m = {.there = true};

                assert_int_equal(people_add(d->l, now, "Alex Doe", "full", &id, &why), 0);
                (void)snprintf(m.id, sizeof(m.id), "%s", id);
                for (int step = 0; step < STEPS && m.there; step++) {
                        bool carried_out = false;

                        now = next_moment(&r, d, now);
                        model_pass(&m, now);
                        switch (random_below(&r, 8)) {
                        case 0:
                        case 1:
                        case 2: ask_for_a_site(&r, d, &m, now); break;
                        case 3:
                        case 4: ask_for_more(&r, d, &m, now); break;
                        case 5: ask_for_less(&r, d, &m, now); break;
                        case 6:
                                if (random_once_in(&r, 3))
                                        take_one_back(&r, d, &m, now);
                                break;
                        default: assert_true(changes_apply_due(d->l, now) >= 0); carried_out = true;
                        }
                        check(d, &m, now, carried_out);
                }
                if (m.there) { /* the next story tells of another Alex */
                        m.ends = MAX(m.ends, now);
                        now = m.ends + DAY;
                        assert_int_equal(
                                people_remove(d->l, now, m.id, false, &(uint64_t){0}, &why), 0);
                }
        }
        assert_desk_sound(d);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(
                        test_nothing_is_weaker_than_the_rule_says_nor_stricter, desk_setup,
                        desk_teardown),
        };
        return cmocka_run_group_tests_name("the promise", tests, NULL, NULL);
}
