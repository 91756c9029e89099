/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The fold over the ledger: one small function for each kind of event. It does not judge, write
 * or decide what may be done; the manager does, and puts what it decided into events. Its JSON
 * form is in state-json.c. */

#include "core/state.h"

#include "common/array.h"
#include "common/names.h"
#include "common/time.h"
#include "core/quota.h"
#include "nocontact/bus-names.h"

#include <assert.h>
#include <limits.h>

#define COOL_DOWN_MIN_USEC (NC_COOL_DOWN_HOURS * 3600 * USEC_PER_SEC)
#define COOL_DOWN_MAX_USEC (NC_COOL_DOWN_HOURS_MAX * 3600 * USEC_PER_SEC)
#define EXCEPTION_MAX_USEC (NC_EXCEPTION_MINUTES * 60 * USEC_PER_SEC)

enum {
        EXCEPTIONS_KEPT = 64,
        EXCEPTIONS_KEPT_DAYS = 30,
};

static const char *const mode_names[_MODE_MAX] = {
        [MODE_FULL] = "full",
        [MODE_LIMITED] = "limited",
};
DEFINE_NAMES(mode, Mode, mode_names)

static const char *const change_names[_CHANGE_MAX] = {
        [CHANGE_REMOVE_IDENTITY] = "remove-identity",
        [CHANGE_END] = "end",
        [CHANGE_REMOVE_PERSON] = "remove-person",
        [CHANGE_COOL_DOWN] = "cool-down",
        [CHANGE_CLEAR_KEY] = "clear-key",
        [CHANGE_POLICIES_OFF] = "policies-off",
        [CHANGE_ADD_PASS] = "add-pass",
        [CHANGE_HOURS] = "hours",
};
DEFINE_NAMES(change, Change, change_names)

static const char *const support_kind_names[_SUPPORT_KIND_MAX] = {
        [SUPPORT_PLAN] = "plan",
        [SUPPORT_REASON] = "reason",
        [SUPPORT_PERSON] = "support",
};
DEFINE_NAMES(support_kind, SupportKind, support_kind_names)

static const char *const pass_kind_names[_PASS_KIND_MAX] = {
        [PASS_WORD] = "word",
        [PASS_SENDER] = "sender",
};
DEFINE_NAMES(pass_kind, PassKind, pass_kind_names)

IdentityKind pass_identity_kind(PassKind kind) {
        static const IdentityKind kinds[_PASS_KIND_MAX] = {
                [PASS_WORD] = IDENTITY_NAME,
                [PASS_SENDER] = IDENTITY_APP,
        };

        return kinds[kind];
}

int pass_kind_of(IdentityKind identity, PassKind *ret) {
        for (int kind = 0; kind < _PASS_KIND_MAX; kind++)
                if (pass_identity_kind((PassKind)kind) == identity) {
                        *ret = (PassKind)kind;
                        return 0;
                }
        return -EINVAL;
}

/* Does a change name something that is kept in its identity? */
static bool change_has_identity(Change change) {
        return change == CHANGE_REMOVE_IDENTITY || change == CHANGE_ADD_PASS;
}

/* --- life and death -------------------------------------------------------------------------- */

static void person_done(Person *p) {
        free(p->name);
        for (size_t i = 0; i < p->n_identities; i++)
                identity_done(&p->identities[i]);
        free(p->identities);
        free(p->breaks);
}

int state_new(State **ret) {
        State *s = calloc(1, sizeof(*s));

        if (!s)
                return -ENOMEM;
        s->cool_down_usec = s->cool_down_before_usec = COOL_DOWN_MIN_USEC;
        *ret = s;
        return 0;
}

State *state_free(State *s) {
        if (!s)
                return NULL;
        for (size_t i = 0; i < s->n_people; i++)
                person_done(&s->people[i]);
        for (size_t i = 0; i < s->n_pending; i++)
                identity_done(&s->pending[i].identity);
        for (size_t i = 0; i < s->n_support; i++)
                free(s->support[i].text);
        for (size_t i = 0; i < s->n_exceptions; i++)
                free(s->exceptions[i].target);
        for (size_t i = 0; i < s->n_passes; i++)
                identity_done(&s->passes[i].identity);
        free(s->passes);
        free(s->key_hash);
        free(s->exceptions);
        free(s->people);
        free(s->pending);
        free(s->support);
        free(s);
        return NULL;
}

static int identity_copy(const Identity *id, Identity *ret) {
        *ret = *id;
        if (!id->value)
                return 0;
        ret->value = strdup(id->value);
        return ret->value ? 0 : -ENOMEM;
}

/* Into a zeroed person whose memory is already a state's, as below. */
static int person_copy(const Person *p, Person *ret) {
        *ret = *p;
        ret->identities = NULL;
        ret->breaks = NULL;
        ret->n_identities = ret->identities_space = ret->n_breaks = ret->breaks_space = 0;

        ret->name = strdup(p->name);
        if (!ret->name || ARRAY_RESERVE(ret->breaks, ret->breaks_space, p->n_breaks) < 0 ||
                ARRAY_RESERVE(ret->identities, ret->identities_space, p->n_identities) < 0)
                return -ENOMEM;
        for (; ret->n_breaks < p->n_breaks; ret->n_breaks++)
                ret->breaks[ret->n_breaks] = p->breaks[ret->n_breaks];
        for (; ret->n_identities < p->n_identities; ret->n_identities++)
                if (identity_copy(&p->identities[ret->n_identities],
                            &ret->identities[ret->n_identities]) < 0)
                        return -ENOMEM;
        return 0;
}

static int copy_passes(const State *s, State *copy) {
        if (ARRAY_RESERVE(copy->passes, copy->passes_space, s->n_passes) < 0)
                return -ENOMEM;
        for (size_t i = 0; i < s->n_passes; i++) {
                Pass *pass = &copy->passes[copy->n_passes++];

                *pass = s->passes[i];
                if (identity_copy(&s->passes[i].identity, &pass->identity) < 0)
                        return -ENOMEM;
        }
        return 0;
}

/* Each list's count grows first, so that state_free() ends a copy that stopped half-way. */
static int copy_lists(const State *s, State *copy) {
        if (ARRAY_RESERVE(copy->people, copy->people_space, s->n_people) < 0 ||
                ARRAY_RESERVE(copy->pending, copy->pending_space, s->n_pending) < 0 ||
                ARRAY_RESERVE(copy->support, copy->support_space, s->n_support) < 0 ||
                ARRAY_RESERVE(copy->exceptions, copy->exceptions_space, s->n_exceptions) < 0)
                return -ENOMEM;
        for (size_t i = 0; i < s->n_people; i++)
                if (person_copy(&s->people[i], &copy->people[copy->n_people++]) < 0)
                        return -ENOMEM;
        for (size_t i = 0; i < s->n_pending; i++) {
                Pending *c = &copy->pending[copy->n_pending++];

                *c = s->pending[i];
                if (identity_copy(&s->pending[i].identity, &c->identity) < 0)
                        return -ENOMEM;
        }
        for (size_t i = 0; i < s->n_support; i++) {
                SupportItem *item = &copy->support[copy->n_support++];

                *item = s->support[i];
                item->text = strdup(s->support[i].text);
                if (!item->text)
                        return -ENOMEM;
        }
        for (size_t i = 0; i < s->n_exceptions; i++) {
                Exception *e = &copy->exceptions[copy->n_exceptions++];

                *e = s->exceptions[i];
                e->target = strdup(s->exceptions[i].target);
                if (!e->target)
                        return -ENOMEM;
        }
        return 0;
}

static int copy_regime(const State *s, State *copy) {
        copy->cool_down_usec = s->cool_down_usec;
        copy->cool_down_before_usec = s->cool_down_before_usec;
        copy->cool_down_raised_usec = s->cool_down_raised_usec;
        copy->key_set_usec = s->key_set_usec;
        copy->policies_usec = s->policies_usec;
        copy->quota_full_usec = s->quota_full_usec;
        if (!s->key_hash)
                return 0;
        copy->key_hash = strdup(s->key_hash);
        return copy->key_hash ? 0 : -ENOMEM;
}

int state_copy(const State *s, State **ret) {
        _cleanup_(state_freep) State *copy = NULL;
        int r;

        r = state_new(&copy);
        if (r < 0)
                return r;
        copy->seq = s->seq;
        r = copy_regime(s, copy);
        if (r == 0)
                r = copy_lists(s, copy);
        if (r == 0)
                r = copy_passes(s, copy);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(copy);
        return 0;
}

/* Closes the gap that element `i` of `n` leaves. */
#define ARRAY_DROP(items, n, i)                                                                    \
        do {                                                                                       \
                memmove(&(items)[i], &(items)[(i) + 1], ((n) - (i)-1) * sizeof(*(items)));         \
                (n)--;                                                                             \
        } while (0)

/* --- finders --------------------------------------------------------------------------------- */

Person *state_person(const State *s, const char *id) {
        for (size_t i = 0; i < s->n_people; i++)
                if (streq(s->people[i].id, id))
                        return &s->people[i];
        return NULL;
}

const Pending *state_pending(const State *s, uint64_t seq) {
        for (size_t i = 0; i < s->n_pending; i++)
                if (s->pending[i].seq == seq)
                        return &s->pending[i];
        return NULL;
}

const Pending *state_pending_like(
        const State *s, const char *person, Change change, const Identity *id) {
        for (size_t i = 0; i < s->n_pending; i++) {
                const Pending *c = &s->pending[i];

                if (c->change != change || !streq(c->person, person))
                        continue;
                if (!id || (c->identity.kind == id->kind && streq(c->identity.value, id->value)))
                        return c;
        }
        return NULL;
}

const Exception *state_exception(const State *s, const char *target, uint64_t now) {
        for (size_t i = 0; i < s->n_exceptions; i++) {
                const Exception *e = &s->exceptions[i];

                if (e->from_usec <= now && now < e->until_usec && streq(e->target, target))
                        return e;
        }
        return NULL;
}

bool person_is_open(const Person *p, LocalTime at) {
        if (!commitment_stands(&p->commitment))
                return true;
        return p->mode == MODE_LIMITED && hours_contain(&p->hours, local_week_minute(at));
}

uint64_t state_locked_until(const State *s, uint64_t now) {
        uint64_t until = 0;

        for (size_t i = 0; i < s->n_people; i++)
                if (commitment_locked(&s->people[i].commitment, now))
                        until = MAX(until, s->people[i].commitment.ends_usec);
        return until;
}

bool cool_down_valid(uint64_t usec) {
        return usec >= COOL_DOWN_MIN_USEC && usec <= COOL_DOWN_MAX_USEC;
}

bool change_is_personless(Change change) {
        return change == CHANGE_COOL_DOWN || change == CHANGE_CLEAR_KEY ||
               change == CHANGE_ADD_PASS || change == CHANGE_POLICIES_OFF;
}

const SupportItem *state_support(const State *s, uint64_t seq) {
        for (size_t i = 0; i < s->n_support; i++)
                if (s->support[i].seq == seq)
                        return &s->support[i];
        return NULL;
}

const Pass *state_pass(const State *s, uint64_t seq) {
        for (size_t i = 0; i < s->n_passes; i++)
                if (s->passes[i].seq == seq)
                        return &s->passes[i];
        return NULL;
}

const Pass *state_pass_like(const State *s, const Identity *id) {
        for (size_t i = 0; i < s->n_passes; i++) {
                const Identity *known = &s->passes[i].identity;

                if (known->kind == id->kind && streq(known->value, id->value))
                        return &s->passes[i];
        }
        return NULL;
}

const Identity *person_identity(const Person *p, IdentityKind kind, const char *value) {
        for (size_t i = 0; i < p->n_identities; i++)
                if (p->identities[i].kind == kind && streq(p->identities[i].value, value))
                        return &p->identities[i];
        return NULL;
}

bool person_streak(const Person *p, uint64_t now, Streak *ret) {
        const Commitment *c = &p->commitment;
        _cleanup_free_ uint64_t *breaks = NULL;

        *ret = (Streak){0};
        if (c->began_usec == 0)
                return false;

        breaks = calloc(p->n_breaks + 1, sizeof(*breaks));
        if (!breaks)
                return false;
        for (size_t i = 0; i < p->n_breaks; i++)
                breaks[i] = p->breaks[i].at_usec;
        streak_compute(c->began_usec, breaks, p->n_breaks, p->longest_before_usec,
                c->ended_usec ? c->ended_usec : now, ret);
        return true;
}

unsigned person_days_before(const Person *p, uint64_t at_usec) {
        uint64_t since = p->commitment.began_usec;

        for (size_t i = 0; i < p->n_breaks && p->breaks[i].at_usec < at_usec; i++)
                since = p->breaks[i].at_usec;
        return at_usec > since ? (unsigned)((at_usec - since) / USEC_PER_DAY) : 0;
}

/* --- the fold: people and identities --------------------------------------------------------- */

static int fold_person_added(State *s, const Event *ev) {
        const char *name = event_string(ev, "name");
        int mode = mode_from_name(event_string(ev, "mode"));
        Person p = {.added_usec = ev->at_usec};

        if (ev->person[0] == '\0' || name[0] == '\0' || state_person(s, ev->person))
                return 0;
        if (ARRAY_RESERVE(s->people, s->people_space, s->n_people + 1) < 0)
                return -ENOMEM;
        p.name = strdup(name);
        if (!p.name)
                return -ENOMEM;
        (void)uid_copy(p.id, ev->person);
        p.mode = mode < 0 ? MODE_FULL : (Mode)mode; /* one we do not know: the strictest */
        s->people[s->n_people++] = p;
        return 0;
}

static int fold_person_changed(State *s, const Event *ev) {
        Person *p = state_person(s, ev->person);
        const char *name = event_string(ev, "name");
        int mode = mode_from_name(event_string(ev, "mode"));

        if (!p)
                return 0;
        if (mode >= 0)
                p->mode = (Mode)mode;
        if (name[0] != '\0') {
                char *copy = strdup(name);

                if (!copy)
                        return -ENOMEM;
                free(p->name);
                p->name = copy;
        }
        return 0;
}

/* Reads the hours of a payload. False when there are none, which is not the same as always. */
static bool hours_from_event(const Event *ev, Hours *ret) {
        return json_is_string(json_object_get(ev->data, "hours")) &&
               hours_parse(event_string(ev, "hours"), ret, NULL) == 0;
}

static int fold_person_hours(State *s, const Event *ev) {
        Person *p = state_person(s, ev->person);
        Hours hours;

        if (!p || !hours_from_event(ev, &hours))
                return 0;
        if (hours_subset(&hours, &p->hours) && !hours_subset(&p->hours, &hours)) {
                p->hours_before = p->hours;
                p->hours_narrowed_usec = ev->at_usec;
        }
        p->hours = hours;
        return 0;
}

static int fold_digest_shown(State *s, const Event *ev) {
        Person *p = state_person(s, ev->person);

        if (p)
                p->undigested -= (unsigned)MIN(event_uint(ev, "n"), (uint64_t)p->undigested);
        return 0;
}

static void drop_pending_of(State *s, const char *person) {
        for (size_t i = s->n_pending; i-- > 0;) {
                if (!streq(s->pending[i].person, person))
                        continue;
                identity_done(&s->pending[i].identity);
                ARRAY_DROP(s->pending, s->n_pending, i);
        }
}

static int fold_person_removed(State *s, const Event *ev) {
        Person *p = state_person(s, ev->person);
        size_t i;

        if (!p)
                return 0;
        drop_pending_of(s, ev->person);
        i = (size_t)(p - s->people);
        person_done(p);
        ARRAY_DROP(s->people, s->n_people, i);
        return 0;
}

/* Reads an identity from a payload's kind and value. Returns 1, 0 when there is none, or
 * -ENOMEM. */
static int identity_from_event(const Event *ev, Identity *ret) {
        int kind = identity_kind_from_name(event_string(ev, "kind"));
        const char *value = event_string(ev, "value");
        char *copy;

        if (kind < 0 || value[0] == '\0')
                return 0;
        copy = strdup(value);
        if (!copy)
                return -ENOMEM;
        *ret = (Identity){.kind = (IdentityKind)kind, .value = copy, .added_usec = ev->at_usec};
        return 1;
}

static int fold_identity_added(State *s, const Event *ev) {
        Person *p = state_person(s, ev->person);
        Identity id = {0};
        int r;

        if (!p)
                return 0;
        r = identity_from_event(ev, &id);
        if (r <= 0)
                return r;
        if (person_identity(p, id.kind, id.value)) {
                identity_done(&id);
                return 0;
        }
        if (ARRAY_RESERVE(p->identities, p->identities_space, p->n_identities + 1) < 0) {
                identity_done(&id);
                return -ENOMEM;
        }
        p->identities[p->n_identities++] = id;
        return 0;
}

static int fold_identity_removed(State *s, const Event *ev) {
        Person *p = state_person(s, ev->person);
        int kind = identity_kind_from_name(event_string(ev, "kind"));
        const Identity *id;
        size_t i;

        if (!p || kind < 0)
                return 0;
        id = person_identity(p, (IdentityKind)kind, event_string(ev, "value"));
        if (!id)
                return 0;
        i = (size_t)(id - p->identities);
        identity_done(&p->identities[i]);
        ARRAY_DROP(p->identities, p->n_identities, i);
        return 0;
}

/* --- the fold: commitments and what breaks a streak ------------------------------------------ */

static int fold_commitment_begun(State *s, const Event *ev) {
        Person *p = state_person(s, ev->person);
        uint64_t ends = event_uint(ev, "ends");
        Streak before;

        if (!p || ends == 0)
                return 0;
        if (person_streak(p, ev->at_usec, &before))
                p->longest_before_usec = before.longest_usec;
        p->commitment = (Commitment){
                .began_usec = ev->at_usec,
                .ends_usec = ends,
        };
        p->n_breaks = 0;
        p->milestone = 0;
        memset(p->counts, 0, sizeof(p->counts));
        return 0;
}

static int fold_commitment_extended(State *s, const Event *ev) {
        Person *p = state_person(s, ev->person);

        Commitment *c = p ? &p->commitment : NULL;
        uint64_t ends = event_uint(ev, "ends");

        if (!c || !commitment_stands(c) || ends <= c->ends_usec)
                return 0;
        c->extended_usec = ev->at_usec;
        c->ends_before_usec = c->ends_usec;
        c->ends_usec = ends;
        return 0;
}

static int fold_commitment_undone(State *s, const Event *ev) {
        Person *p = state_person(s, ev->person);
        Commitment *c = p ? &p->commitment : NULL;

        if (!c || !commitment_stands(c) || c->extended_usec == 0 ||
                event_uint(ev, "ends") != c->ends_before_usec)
                return 0;
        c->ends_usec = c->ends_before_usec;
        c->extended_usec = c->ends_before_usec = 0;
        return 0;
}

static int fold_commitment_ended(State *s, const Event *ev) {
        Person *p = state_person(s, ev->person);

        if (p && commitment_stands(&p->commitment))
                p->commitment.ended_usec = ev->at_usec;
        return 0;
}

/* Does the commitment count what happened at `at`? The same is asked of a contact and of its
 * correction, so that a correction takes back what was counted and nothing else. */
static bool commitment_counts(const Commitment *c, uint64_t at) {
        return c->began_usec > 0 && at >= c->began_usec &&
               (c->ended_usec == 0 || at <= c->ended_usec);
}

static bool grade_breaks(Grade grade) {
        return grade == GRADE_SLIP || grade == GRADE_RELAPSE;
}

static int add_break(Person *p, uint64_t at, const char *uid) {
        size_t i = p->n_breaks;

        if (ARRAY_RESERVE(p->breaks, p->breaks_space, p->n_breaks + 1) < 0)
                return -ENOMEM;
        while (i > 0 && p->breaks[i - 1].at_usec > at)
                i--;
        memmove(&p->breaks[i + 1], &p->breaks[i], (p->n_breaks - i) * sizeof(*p->breaks));
        p->breaks[i] = (Break){.at_usec = at};
        (void)uid_copy(p->breaks[i].uid, uid);
        p->n_breaks++;
        return 0;
}

static void drop_break(Person *p, const char *uid) {
        for (size_t i = 0; i < p->n_breaks; i++)
                if (streq(p->breaks[i].uid, uid)) {
                        ARRAY_DROP(p->breaks, p->n_breaks, i);
                        return;
                }
}

/* Where the streak begins: its last break, or 0 for the begin. */
static uint64_t streak_root(const Person *p) {
        return p->n_breaks > 0 ? p->breaks[p->n_breaks - 1].at_usec : 0;
}

/* When the streak has got another root: the milestones that it has behind it are not announced
 * again. A break may come to light days later, so that it is the time of recording that tells. */
static void settle_milestone(Person *p, uint64_t root_before, uint64_t recorded_usec) {
        Streak streak;

        if (streak_root(p) != root_before && person_streak(p, recorded_usec, &streak))
                p->milestone = milestone_reached(streak.days);
}

static int fold_contact(State *s, const Event *ev) {
        Person *p = state_person(s, ev->person);
        Grade grade = event_grade(ev->kind);
        uint64_t root;
        int r;

        if (!p || !commitment_counts(&p->commitment, ev->at_usec))
                return 0;
        p->counts[grade]++;
        if (p->mode == MODE_LIMITED && event_string(ev, "held")[0] != '\0')
                p->undigested++;
        if (!grade_breaks(grade))
                return 0;
        root = streak_root(p);
        r = add_break(p, ev->at_usec, ev->uid);
        if (r < 0)
                return r;
        settle_milestone(p, root, ev->recorded_usec);
        return 0;
}

static int fold_corrected(State *s, const Event *ev) {
        Person *p = state_person(s, ev->person);
        const char *of = event_string(ev, "of");
        int from = grade_from_name(event_string(ev, "from")),
            to = grade_from_name(event_string(ev, "to"));
        uint64_t at = event_uint(ev, "at"), root;
        int r;

        if (!p || of[0] == '\0' || from < 0 || to < 0 || from == to)
                return 0;
        if (!commitment_counts(&p->commitment, at))
                return 0;
        if (p->counts[from] > 0)
                p->counts[from]--;
        p->counts[to] += to != GRADE_NONE;

        root = streak_root(p);
        drop_break(p, of);
        if (grade_breaks((Grade)to)) {
                r = add_break(p, at, of);
                if (r < 0)
                        return r;
        }
        settle_milestone(p, root, ev->recorded_usec);
        return 0;
}

static int fold_milestone(State *s, const Event *ev) {
        Person *p = state_person(s, ev->person);
        uint64_t days = event_uint(ev, "days");

        if (p && days > 0 && days <= UINT_MAX)
                p->milestone = (unsigned)days;
        return 0;
}

/* --- the fold: pending changes and support --------------------------------------------------- */

/* Does a change concern what its event names: a person who is there, or nobody? */
static bool change_concerns(const State *s, Change change, const char *person) {
        return change_is_personless(change) ? person[0] == '\0' : state_person(s, person) != NULL;
}

/* An event of before the cool-down could be set has no "full": then it was a day. */
static uint64_t full_wait(const Event *ev, uint64_t due) {
        uint64_t full = event_uint(ev, "full");

        return MAX(due, full > 0 ? full : ev->at_usec + COOL_DOWN_MIN_USEC);
}

static int fold_change_pending(State *s, const Event *ev) {
        int change = change_from_name(event_string(ev, "change"));
        Pending c = {.seq = ev->seq, .asked_usec = ev->at_usec, .due_usec = event_uint(ev, "due")};
        int r;

        if (change < 0 || c.due_usec == 0 || !change_concerns(s, (Change)change, ev->person))
                return 0;
        c.full_usec = full_wait(ev, c.due_usec);
        if (change == CHANGE_COOL_DOWN) {
                c.cool_down_usec = event_uint(ev, "cool_down");
                if (!cool_down_valid(c.cool_down_usec))
                        return 0;
        }
        if (change == CHANGE_HOURS && !hours_from_event(ev, &c.hours))
                return 0;
        if (ARRAY_RESERVE(s->pending, s->pending_space, s->n_pending + 1) < 0)
                return -ENOMEM;
        if (change_has_identity((Change)change)) {
                r = identity_from_event(ev, &c.identity);
                if (r <= 0)
                        return r;
        }
        if (change == CHANGE_ADD_PASS && pass_kind_of(c.identity.kind, &(PassKind){0}) < 0) {
                identity_done(&c.identity);
                return 0;
        }
        c.change = (Change)change;
        (void)uid_copy(c.uid, ev->uid);
        (void)uid_copy(c.person, ev->person);
        s->pending[s->n_pending++] = c;
        return 0;
}

static int fold_change_over(State *s, const Event *ev) {
        const char *of = event_string(ev, "of");

        for (size_t i = 0; i < s->n_pending; i++) {
                if (!streq(s->pending[i].uid, of))
                        continue;
                identity_done(&s->pending[i].identity);
                ARRAY_DROP(s->pending, s->n_pending, i);
                break;
        }
        return 0;
}

static int fold_support_added(State *s, const Event *ev) {
        int kind = support_kind_from_name(event_string(ev, "kind"));
        const char *text = event_string(ev, "text");
        SupportItem item = {.seq = ev->seq};

        if (kind < 0 || text[0] == '\0')
                return 0;
        if (ARRAY_RESERVE(s->support, s->support_space, s->n_support + 1) < 0)
                return -ENOMEM;
        item.text = strdup(text);
        if (!item.text)
                return -ENOMEM;
        item.kind = (SupportKind)kind;
        (void)uid_copy(item.uid, ev->uid);
        s->support[s->n_support++] = item;
        return 0;
}

static int fold_support_removed(State *s, const Event *ev) {
        const char *of = event_string(ev, "of");

        for (size_t i = 0; i < s->n_support; i++) {
                if (!streq(s->support[i].uid, of))
                        continue;
                free(s->support[i].text);
                ARRAY_DROP(s->support, s->n_support, i);
                break;
        }
        return 0;
}

/* --- the fold: what passes ------------------------------------------------------------------- */

static int fold_pass_added(State *s, const Event *ev) {
        int kind = pass_kind_from_name(event_string(ev, "kind"));
        const char *value = event_string(ev, "value");
        Pass pass = {.seq = ev->seq};

        if (kind < 0 || value[0] == '\0')
                return 0;
        if (ARRAY_RESERVE(s->passes, s->passes_space, s->n_passes + 1) < 0)
                return -ENOMEM;
        pass.kind = (PassKind)kind;
        pass.identity = (Identity){
                .kind = pass_identity_kind(pass.kind),
                .value = strdup(value),
                .added_usec = ev->at_usec,
        };
        if (!pass.identity.value)
                return -ENOMEM;
        if (state_pass_like(s, &pass.identity)) {
                identity_done(&pass.identity);
                return 0;
        }
        (void)uid_copy(pass.uid, ev->uid);
        s->passes[s->n_passes++] = pass;
        return 0;
}

static int fold_pass_removed(State *s, const Event *ev) {
        const char *of = event_string(ev, "of");

        for (size_t i = 0; i < s->n_passes; i++) {
                if (!streq(s->passes[i].uid, of))
                        continue;
                identity_done(&s->passes[i].identity);
                ARRAY_DROP(s->passes, s->n_passes, i);
                break;
        }
        return 0;
}

/* --- the fold: the regime -------------------------------------------------------------------- */

static int fold_regime_changed(State *s, const Event *ev) {
        uint64_t cool_down = event_uint(ev, "cool_down");

        if (!cool_down_valid(cool_down))
                return 0;
        if (cool_down > s->cool_down_usec) {
                s->cool_down_before_usec = s->cool_down_usec;
                s->cool_down_raised_usec = ev->at_usec;
        }
        s->cool_down_usec = cool_down;
        return 0;
}

static int fold_key_set(State *s, const Event *ev) {
        const char *hash = event_string(ev, "hash");
        char *copy;

        if (hash[0] == '\0')
                return 0;
        copy = strdup(hash);
        if (!copy)
                return -ENOMEM;
        free(s->key_hash);
        s->key_hash = copy;
        s->key_set_usec = ev->at_usec;
        return 0;
}

static int fold_key_cleared(State *s, const Event *ev) {
        (void)ev;
        free(TAKE_PTR(s->key_hash));
        s->key_set_usec = 0;
        return 0;
}

static int fold_policies_on(State *s, const Event *ev) {
        if (s->policies_usec == 0)
                s->policies_usec = ev->at_usec;
        return 0;
}

static int fold_policies_off(State *s, const Event *ev) {
        (void)ev;
        s->policies_usec = 0;
        return 0;
}

/* Of the past ones, a month's and no more than so many. */
static void prune_exceptions(State *s, uint64_t at_usec) {
        for (size_t i = s->n_exceptions; i-- > 0;) {
                const Exception *e = &s->exceptions[i];
                bool newer = e->until_usec >= at_usec ||
                             at_usec - e->until_usec <= EXCEPTIONS_KEPT_DAYS * USEC_PER_DAY;

                if (newer && s->n_exceptions - i < EXCEPTIONS_KEPT)
                        continue;
                free(s->exceptions[i].target);
                ARRAY_DROP(s->exceptions, s->n_exceptions, i);
        }
}

static int fold_override(State *s, const Event *ev) {
        Exception e = {.seq = ev->seq,
                .from_usec = ev->at_usec,
                .until_usec = MIN(event_uint(ev, "until"), ev->at_usec + EXCEPTION_MAX_USEC)};
        const char *target = event_string(ev, "target");

        if (target[0] == '\0' || e.until_usec <= e.from_usec)
                return 0;
        prune_exceptions(s, ev->at_usec);
        if (ARRAY_RESERVE(s->exceptions, s->exceptions_space, s->n_exceptions + 1) < 0)
                return -ENOMEM;
        e.target = strdup(target);
        if (!e.target)
                return -ENOMEM;
        s->exceptions[s->n_exceptions++] = e;
        s->quota_full_usec = quota_take(s->quota_full_usec, ev->at_usec);
        return 0;
}

/* All that are open for the target: two machines may have opened one each. */
static int fold_override_ended(State *s, const Event *ev) {
        const char *target = event_string(ev, "target");

        for (size_t i = 0; i < s->n_exceptions; i++) {
                Exception *e = &s->exceptions[i];

                if (streq(e->target, target) && ev->at_usec < e->until_usec)
                        e->until_usec = MAX(e->from_usec, ev->at_usec);
        }
        return 0;
}

/* Kinds without a function are history alone. */
static int (*const folds[_EVENT_KIND_MAX])(State *s, const Event *ev) = {
        [EVENT_PERSON_ADDED] = fold_person_added,
        [EVENT_PERSON_CHANGED] = fold_person_changed,
        [EVENT_PERSON_REMOVED] = fold_person_removed,
        [EVENT_PERSON_HOURS] = fold_person_hours,
        [EVENT_IDENTITY_ADDED] = fold_identity_added,
        [EVENT_IDENTITY_REMOVED] = fold_identity_removed,
        [EVENT_COMMITMENT_BEGUN] = fold_commitment_begun,
        [EVENT_COMMITMENT_EXTENDED] = fold_commitment_extended,
        [EVENT_COMMITMENT_UNDONE] = fold_commitment_undone,
        [EVENT_COMMITMENT_ENDED] = fold_commitment_ended,
        [EVENT_CHANGE_PENDING] = fold_change_pending,
        [EVENT_CHANGE_CANCELLED] = fold_change_over,
        [EVENT_CHANGE_APPLIED] = fold_change_over,
        [EVENT_REGIME_CHANGED] = fold_regime_changed,
        [EVENT_KEY_SET] = fold_key_set,
        [EVENT_KEY_CLEARED] = fold_key_cleared,
        [EVENT_POLICIES_ON] = fold_policies_on,
        [EVENT_POLICIES_OFF] = fold_policies_off,
        [EVENT_OVERRIDE] = fold_override,
        [EVENT_OVERRIDE_ENDED] = fold_override_ended,
        [EVENT_PASS_ADDED] = fold_pass_added,
        [EVENT_PASS_REMOVED] = fold_pass_removed,
        [EVENT_INCOMING] = fold_contact,
        [EVENT_URGE] = fold_contact,
        [EVENT_ATTEMPT] = fold_contact,
        [EVENT_SLIP] = fold_contact,
        [EVENT_RELAPSE] = fold_contact,
        [EVENT_CORRECTED] = fold_corrected,
        [EVENT_SUPPORT_ADDED] = fold_support_added,
        [EVENT_SUPPORT_REMOVED] = fold_support_removed,
        [EVENT_MILESTONE] = fold_milestone,
        [EVENT_DIGEST_SHOWN] = fold_digest_shown,
};

int state_apply(State *s, const Event *ev) {
        int r;

        assert(ev->seq > s->seq);
        r = folds[ev->kind] ? folds[ev->kind](s, ev) : 0;
        if (r < 0)
                return r;
        s->seq = ev->seq;
        return 0;
}
