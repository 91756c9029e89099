/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Decides what is to be asked of root next. Each step has a condition of its own, made of facts;
 * the first one that holds is the next step, and doing it ends the condition. So whatever order
 * things happen in, and whatever is lost on the way, the end is that root and the rules agree. It
 * makes no call, reads no clock and words nothing. Used by enforcer-client.c. */

#include "daemon/enforcer-plan.h"

#include "common/array.h"
#include "common/time.h"
#include "nocontact/bus-names.h"

#include <errno.h>

#define SLACK_USEC   USEC_PER_SEC /* root's clock and ours are read at different moments */
#define REPAIRS_USEC USEC_PER_SEC /* anybody may say that there was one: no oftener than this */
#define RENEW_USEC   USEC_PER_DAY

void plan_init(Plan *p, bool maybe_held) {
        *p = (Plan){.maybe_held = maybe_held};
}

void plan_done(Plan *p) {
        holding_done(&p->wanted);
        holding_done(&p->held);
        holding_done(&p->asked);
        free(p->group);
        *p = (Plan){0};
}

/* --- sets of names --------------------------------------------------------------------------- */

/* The next name of either set, both sorted: in *ret_a, *ret_b, or both. Returns false at the end.
 */
typedef struct Walk {
        const Holding *a, *b;
        size_t at_a, at_b;
} Walk;

static bool walk_next(Walk *w, HeldHost **ret_a, HeldHost **ret_b) {
        HeldHost *a = w->at_a < w->a->n ? &w->a->hosts[w->at_a] : NULL;
        HeldHost *b = w->at_b < w->b->n ? &w->b->hosts[w->at_b] : NULL;
        int order = a && b ? strcmp(a->name, b->name) : a ? -1 : 1;

        *ret_a = order <= 0 ? a : NULL;
        *ret_b = order >= 0 ? b : NULL;
        w->at_a += *ret_a != NULL;
        w->at_b += *ret_b != NULL;
        return *ret_a || *ret_b;
}

/* How many names of `a` are not in `b`. */
static size_t count_missing(const Holding *a, const Holding *b) {
        Walk w = {.a = a, .b = b};
        HeldHost *of_a, *of_b;
        size_t n = 0;

        while (walk_next(&w, &of_a, &of_b))
                n += of_a && !of_b;
        return n;
}

/* The same for the patterns, of which none has an exception. */
static bool pages_missing(const Holding *a, const Holding *b) {
        for (size_t i = 0, k = 0; i < a->n_patterns; i++) {
                while (k < b->n_patterns && strcmp(b->patterns[k], a->patterns[i]) < 0)
                        k++;
                if (k == b->n_patterns || !streq(b->patterns[k], a->patterns[i]))
                        return true;
        }
        return false;
}

static bool grows(const Holding *a, const Holding *b) {
        return count_missing(a, b) > 0 || pages_missing(a, b);
}

static bool sets_equal(const Holding *a, const Holding *b) {
        return a->n == b->n && a->n_patterns == b->n_patterns && !grows(a, b);
}

static int add_host(Holding *to, const HeldHost *host) {
        char *name;

        if (ARRAY_RESERVE(to->hosts, to->space, to->n + 1) < 0)
                return -ENOMEM;
        name = strdup(host->name);
        if (!name)
                return -ENOMEM;
        to->hosts[to->n++] = (HeldHost){.name = name, .open_usec = host->open_usec};
        return 0;
}

static int add_pattern(Holding *to, const char *pattern) {
        if (ARRAY_RESERVE(to->patterns, to->patterns_space, to->n_patterns + 1) < 0)
                return -ENOMEM;
        to->patterns[to->n_patterns] = strdup(pattern);
        return to->patterns[to->n_patterns] ? (int)++to->n_patterns : -ENOMEM;
}

static int unite_patterns(const Holding *a, const Holding *b, Holding *to) {
        size_t i = 0, k = 0;
        int r = 0;

        while (r >= 0 && (i < a->n_patterns || k < b->n_patterns)) {
                int order = k == b->n_patterns   ? -1
                            : i == a->n_patterns ? 1
                                                 : strcmp(a->patterns[i], b->patterns[k]);

                r = add_pattern(to, order <= 0 ? a->patterns[i] : b->patterns[k]);
                i += order <= 0;
                k += order >= 0;
        }
        return r;
}

/* Everything that is in one of the two, or in both; `a` decides about exceptions. */
static int unite(const Holding *a, const Holding *b, Holding *ret) {
        _cleanup_(holding_done) Holding both = {
                .until_usec = MAX(a->until_usec, b->until_usec),
                .loosening = a->loosening || b->loosening,
        };
        Walk w = {.a = a, .b = b};
        HeldHost *of_a, *of_b;

        while (walk_next(&w, &of_a, &of_b))
                if (add_host(&both, of_a ? of_a : of_b) < 0)
                        return -ENOMEM;
        if (unite_patterns(a, b, &both) < 0)
                return -ENOMEM;
        holding_done(ret);
        *ret = TAKE_STRUCT(both);
        return 0;
}

/* --- facts ----------------------------------------------------------------------------------- */

bool plan_wants(const Plan *p) {
        return p->wanted.until_usec != 0 && p->wanted.n + p->wanted.n_patterns > 0;
}

uint64_t plan_wall(const Plan *p, uint64_t elapsed) {
        return p->wall_usec + (elapsed - p->wall_elapsed);
}

/* Something shall end early: root's cool-down has to run. */
static bool wants_release(const Plan *p) {
        return plan_wants(p) ? p->wanted.loosening || p->locked : p->lease.running;
}

/* A lease that ran out is lifted by root unless it is held again. */
static uint64_t renewal_at(const Plan *p, uint64_t elapsed) {
        uint64_t wall = plan_wall(p, elapsed), at = p->held_at + RENEW_USEC;

        return p->wanted.until_usec > wall ? MAX(at, elapsed + (p->wanted.until_usec - wall)) : at;
}

/* --- conditions ------------------------------------------------------------------------------ */

static bool needs_lease(const Plan *p, uint64_t elapsed) {
        return (plan_wants(p) || p->maybe_held) && (!p->lease_known || elapsed >= p->check_at);
}

/* While root does not let go, what it holds is what is left to add to. */
static bool needs_hold(const Plan *p, uint64_t elapsed) {
        if (!plan_wants(p))
                return false;
        if (!p->held_known)
                return !p->locked;
        if (p->locked)
                return grows(&p->wanted, &p->held) || p->wanted.until_usec > p->held.until_usec;
        return !sets_equal(&p->wanted, &p->held) || p->wanted.until_usec != p->held.until_usec ||
               elapsed >= renewal_at(p, elapsed);
}

static bool needs_look_up(const Plan *p, uint64_t elapsed) {
        const char *names[PLAN_LOOK_UP_MAX];

        return !p->looked && needs_hold(p, elapsed) && plan_new_names(p, names) > 0;
}

static bool needs_close(const Plan *p, uint64_t elapsed) {
        (void)elapsed;
        return p->close;
}

static bool needs_cancel(const Plan *p, uint64_t elapsed) {
        (void)elapsed;
        return plan_wants(p) && p->lease.due_usec != 0 && !wants_release(p);
}

/* A promise of minutes ago may be taken back at once, so it is tried before anything waits. */
static bool needs_release(const Plan *p, uint64_t elapsed) {
        (void)elapsed;
        return p->maybe_held && !plan_wants(p) && p->lease.generation != 0 && !p->locked;
}

/* One that was waited out and not used is forgotten by root, and asked for again: the user's own
 * cool-down may be longer. */
static bool needs_request(const Plan *p, uint64_t elapsed) {
        (void)elapsed;
        return wants_release(p) && p->lease.running && p->lease.due_usec == 0;
}

static bool needs_sinkhole(const Plan *p, uint64_t elapsed) {
        return plan_wants(p) && p->wanted.n > 0 && p->lease.generation != 0 && !p->sinkhole &&
               elapsed >= p->sinkhole_at;
}

/* The host of `held` whose exception is not as it is wanted; 0 stands for one that is over. */
static bool differs(const HeldHost *wanted, const HeldHost *held, uint64_t wall, uint64_t *ret) {
        uint64_t want = wanted->open_usec > wall ? wanted->open_usec : 0;
        uint64_t have = held->open_usec > wall ? held->open_usec : 0;

        *ret = want;
        return want != have;
}

static bool needs_except(const Plan *p, uint64_t elapsed) {
        Walk w = {.a = &p->wanted, .b = &p->held};
        uint64_t until, wall = plan_wall(p, elapsed);
        HeldHost *wanted, *held;

        if (!plan_wants(p) || !p->held_known)
                return false;
        while (walk_next(&w, &wanted, &held))
                if (wanted && held && differs(wanted, held, wall, &until))
                        return true;
        return false;
}

static bool needs_repairs(const Plan *p, uint64_t elapsed) {
        return plan_wants(p) && p->repairs_hint && elapsed >= p->repairs_at;
}

static bool needs_browsers(const Plan *p, uint64_t elapsed) {
        (void)elapsed;
        return plan_wants(p) && p->held_known && p->held.n_patterns > 0 && !p->browsers_known;
}

/* In the order in which they are done: what shuts comes before what opens. */
static bool (*const conditions[_PLAN_STEP_MAX])(const Plan *p, uint64_t elapsed) = {
        [PLAN_READ_LEASE] = needs_lease,
        [PLAN_CLOSE] = needs_close,
        [PLAN_LOOK_UP] = needs_look_up,
        [PLAN_HOLD] = needs_hold,
        [PLAN_CANCEL_RELEASE] = needs_cancel,
        [PLAN_RELEASE] = needs_release,
        [PLAN_REQUEST_RELEASE] = needs_request,
        [PLAN_OPEN_SINKHOLE] = needs_sinkhole,
        [PLAN_EXCEPT] = needs_except,
        [PLAN_READ_REPAIRS] = needs_repairs,
        [PLAN_READ_BROWSERS] = needs_browsers,
};

static PlanStep first_step(const Plan *p, uint64_t elapsed) {
        unsigned step = 0;

        while (step < _PLAN_STEP_MAX && !conditions[step](p, elapsed))
                step++;
        return step;
}

PlanStep plan_next(Plan *p, uint64_t elapsed) {
        PlanStep step;

        if (elapsed < p->retry_at)
                return PLAN_REST;
        step = first_step(p, elapsed);
        if (step == PLAN_REST)
                p->failures = p->calls = 0;
        return step;
}

bool plan_agrees(const Plan *p, uint64_t elapsed) {
        return elapsed >= p->retry_at && first_step(p, elapsed) == PLAN_REST;
}

uint64_t plan_wake(const Plan *p, uint64_t elapsed) {
        uint64_t at = elapsed < p->note_until ? p->note_until : UINT64_MAX;

        if (elapsed < p->retry_at)
                return MIN(at, p->retry_at);
        if (p->lease_known && (plan_wants(p) || p->maybe_held))
                at = MIN(at, p->check_at);
        if (!plan_wants(p))
                return at;
        if (p->held_known && !p->locked)
                at = MIN(at, renewal_at(p, elapsed));
        if (!p->sinkhole && p->wanted.n > 0 && p->lease.generation != 0)
                at = MIN(at, p->sinkhole_at);
        return p->repairs_hint ? MIN(at, p->repairs_at) : at;
}

/* --- wishes and arguments -------------------------------------------------------------------- */

int plan_want(Plan *p, const Holding *wanted, uint64_t wall_usec, uint64_t elapsed) {
        static const Holding nothing;
        bool first = p->start_usec == 0;

        p->wall_usec = wall_usec;
        p->wall_elapsed = elapsed;
        if (!first && holding_equal(&p->wanted, wanted))
                return 0;
        if (unite(wanted, &nothing, &p->wanted) < 0)
                return -ENOMEM;
        if (first) {
                p->start_usec = wall_usec;
                p->repairs_hint = true;
                /* exceptions of before the start were asked for before the start */
                (void)unite(wanted, &nothing, &p->held);
        }
        p->locked = p->looked = p->found = p->except_refused = false;
        p->failures = p->calls = 0;
        p->retry_at = 0;
        return 1;
}

size_t plan_new_names(const Plan *p, const char *names[static PLAN_LOOK_UP_MAX]) {
        static const Holding nothing;
        Walk w = {.a = &p->wanted, .b = p->held_known ? &p->held : &nothing};
        HeldHost *wanted, *held;
        size_t n = 0;

        while (n < PLAN_LOOK_UP_MAX && walk_next(&w, &wanted, &held))
                if (wanted && !held)
                        names[n++] = wanted->name;
        return n;
}

int plan_begin_hold(Plan *p, const Holding **ret) {
        static const Holding nothing;
        int r;

        r = unite(
                plan_wants(p) ? &p->wanted : &nothing, p->locked ? &p->held : &nothing, &p->asked);
        if (r < 0)
                return r;
        p->maybe_held = true;
        *ret = &p->asked;
        return 0;
}

int plan_begin_except(
        Plan *p, uint64_t elapsed, HeldHost *const **ret, size_t *ret_n, unsigned *ret_minutes) {
        Walk w = {.a = &p->wanted, .b = &p->held};
        uint64_t until, wall = plan_wall(p, elapsed);
        HeldHost *wanted, *held;

        if (ARRAY_RESERVE(p->group, p->space, p->held.n) < 0)
                return -ENOMEM;
        p->n_group = 0;
        while (walk_next(&w, &wanted, &held)) {
                if (!wanted || !held || !differs(wanted, held, wall, &until))
                        continue;
                if (p->n_group == 0)
                        p->group_usec = until;
                if (until == p->group_usec)
                        p->group[p->n_group++] = held;
        }
        *ret = p->group;
        *ret_n = p->n_group;
        *ret_minutes = 0;
        if (p->group_usec > wall)
                *ret_minutes =
                        (unsigned)MIN((p->group_usec - wall + USEC_PER_MIN - 1) / USEC_PER_MIN,
                                (uint64_t)NC_EXCEPTION_MINUTES);
        return 0;
}

/* --- what came of it ------------------------------------------------------------------------- */

static void pause_for(Plan *p, uint64_t elapsed) {
        uint64_t pause = PLAN_RETRY_USEC << MIN(p->failures, 10U);

        p->failures++;
        p->calls = 0;
        p->retry_at = elapsed + MIN(pause, PLAN_RETRY_MAX_USEC);
}

/* What goes round and round gets the same pause as what fails. */
static void count_call(Plan *p, uint64_t elapsed) {
        if (++p->calls >= PLAN_CALLS_MAX)
                pause_for(p, elapsed);
}

/* When time may have changed the lease: root's cool-down ends, or the lease; else in a day, for
 * somebody else may have. */
static uint64_t next_check(const Plan *p, uint64_t elapsed) {
        uint64_t wall = plan_wall(p, elapsed), free = MIN(p->lease.due_usec, p->lease.until_usec);
        uint64_t wait = RENEW_USEC;

        if (p->lease.due_usec != 0 && p->lease.running && wants_release(p))
                wait = free > wall ? free - wall + SLACK_USEC : USEC_PER_MIN;
        return elapsed + MIN(wait, RENEW_USEC);
}

static void nothing_held(Plan *p) {
        holding_done(&p->held);
        p->held_known = p->maybe_held = p->locked = false;
}

void plan_lease(Plan *p, const RootLease *lease, uint64_t elapsed) {
        count_call(p, elapsed);
        p->lease = *lease;
        p->lease_known = true;
        if (p->lease_ours)
                p->held_generation = lease->generation;
        p->lease_ours = false;
        if (lease->generation != p->held_generation || lease->hosts != p->held.n ||
                lease->patterns != p->held.n_patterns)
                p->held_known = false;
        if (!lease->running)
                p->locked = false;
        if (lease->generation == 0)
                nothing_held(p);
        p->check_at = next_check(p, elapsed);
}

void plan_looked(Plan *p, bool found) {
        p->looked = true;
        p->found = found;
}

void plan_held(Plan *p, uint64_t generation, uint64_t elapsed) {
        bool fresh = p->lease.generation == 0;
        Walk w = {.a = &p->asked, .b = &p->held};
        HeldHost *now, *then;

        count_call(p, elapsed);
        while (walk_next(&w, &now, &then)) {
                if (now)
                        now->open_usec = then ? then->open_usec : 0;
                if (now && (fresh || (p->held_known && !then)))
                        p->note_until = elapsed + PLAN_NOTE_USEC;
        }
        holding_done(&p->held);
        p->held = p->asked;
        p->asked = (Holding){0};
        p->held_known = true;
        p->held_generation = generation;
        p->held_at = elapsed;
        p->close = p->found;
        p->looked = p->found = p->lease_known = p->lease_ours = p->browsers_known = false;
}

static void group_done(Plan *p) {
        for (size_t i = 0; i < p->n_group; i++)
                p->group[i]->open_usec = p->group_usec;
        p->n_group = 0;
}

void plan_went_well(Plan *p, PlanStep step) {
        static const bool changes_lease[_PLAN_STEP_MAX] = {
                [PLAN_CANCEL_RELEASE] = true,
                [PLAN_REQUEST_RELEASE] = true,
                [PLAN_EXCEPT] = true,
        };

        if (changes_lease[step]) {
                p->lease_known = false;
                p->lease_ours = true;
        }
        if (step == PLAN_CLOSE)
                p->close = false;
        if (step == PLAN_READ_BROWSERS)
                p->browsers_known = true;
        if (step == PLAN_OPEN_SINKHOLE) {
                p->sinkhole = true;
                p->sinkhole_failures = 0;
        }
        if (step == PLAN_EXCEPT)
                group_done(p);
        if (step == PLAN_RELEASE) {
                p->lease = (RootLease){0};
                nothing_held(p);
        }
}

bool plan_repairs(Plan *p, uint32_t n, uint64_t last_usec, uint64_t elapsed) {
        bool news = last_usec > p->start_usec && last_usec != p->repaired_usec;

        p->repairs = n;
        p->repaired_usec = last_usec;
        p->repairs_hint = n >= PLAN_REPAIRS_MANY;
        p->repairs_at = elapsed + (p->repairs_hint ? PLAN_RETRY_MAX_USEC : REPAIRS_USEC);
        return news;
}

/* --- what did not come of it ----------------------------------------------------------------- */

/* Steps without which the block is what it should be. */
static bool fail_lightly(Plan *p, PlanStep step, PlanFailure failure, uint64_t elapsed) {
        if (step == PLAN_CLOSE) {
                p->close = false;
        } else if (step == PLAN_READ_BROWSERS) {
                p->browsers_known = true;
        } else if (step == PLAN_READ_REPAIRS) {
                p->repairs_hint = false;
                p->repairs_at = elapsed + REPAIRS_USEC;
        } else if (step == PLAN_OPEN_SINKHOLE) {
                uint64_t pause = PLAN_RETRY_USEC << MIN(p->sinkhole_failures, 10U);

                p->sinkhole_failures++;
                p->sinkhole_at = elapsed + MIN(pause, PLAN_RETRY_MAX_USEC);
        } else if (step == PLAN_EXCEPT && failure == PLAN_REFUSED) {
                p->except_refused = p->group_usec != 0;
                group_done(p);
        } else {
                return false;
        }
        return true;
}

bool plan_failed(Plan *p, PlanStep step, PlanFailure failure, uint64_t elapsed) {
        count_call(p, elapsed);
        if (fail_lightly(p, step, failure, elapsed))
                return false;
        p->lease_known = false;
        if (failure == PLAN_ABSENT && !plan_wants(p)) {
                p->lease = (RootLease){0};
                nothing_held(p);
                return false;
        }
        if (failure == PLAN_LOCKED && p->lease.running) {
                /* if more than before is refused too, root holds something else than we thought */
                p->held_known = p->held_known && !p->locked;
                p->locked = true;
                return false;
        }
        pause_for(p, elapsed);
        return true;
}

void plan_hint(Plan *p) {
        p->browsers_known = false;
        p->repairs_hint = true;
}

void plan_lost(Plan *p, uint64_t elapsed) {
        p->lease_known = false;
        p->repairs_hint = true;
        if (elapsed >= p->retry_at)
                pause_for(p, elapsed);
}
