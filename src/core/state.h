/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/commitment.h"
#include "core/event.h"
#include "core/hours.h"
#include "core/identity.h"
#include "core/streak.h"

#include <stdbool.h>

/* The state: everything that is true now, as a fold over the ledger. It is a function of the events
 * alone, so it can be thrown away and made again; it stays small however long the ledger grows. */

/* The strictest first: in this order they are asked whom a text names. */
typedef enum Mode {
        MODE_FULL,    /* no contact */
        MODE_LIMITED, /* contact that children, work or a court ask for; looking still counts */
        _MODE_MAX,
} Mode;

/* What a pending change will do when it is due. */
typedef enum Change {
        CHANGE_REMOVE_IDENTITY,
        CHANGE_END,
        CHANGE_REMOVE_PERSON,
        CHANGE_COOL_DOWN, /* concerns no person, as the next */
        CHANGE_CLEAR_KEY,
        CHANGE_ADD_PASS,
        CHANGE_HOURS,
        CHANGE_POLICIES_OFF, /* concerns no person */
        _CHANGE_MAX,
} Change;

typedef enum SupportKind {
        SUPPORT_PLAN,   /* an if-then sentence of the user's own */
        SUPPORT_REASON, /* why they decided */
        SUPPORT_PERSON, /* whom to call: a name and a number */
        _SUPPORT_KIND_MAX,
} SupportKind;

/* What always passes, whomever else a notification names. */
typedef enum PassKind {
        PASS_WORD,   /* a word or name in its title or body: "school" */
        PASS_SENDER, /* an application and a title: "telegram:Anna Other" */
        _PASS_KIND_MAX,
} PassKind;

/* A slip or relapse, by which a streak ends. */
typedef struct Break {
        uint64_t at_usec;
        char uid[UID_SPACE]; /* of the event, so that a correction finds it */
} Break;

typedef struct Person {
        char id[UID_SPACE];
        char *name;
        Mode mode;
        uint64_t added_usec;
        Identity *identities;
        size_t n_identities, identities_space;
        Commitment commitment;
        Break *breaks; /* of this commitment, ascending by time */
        size_t n_breaks, breaks_space;
        uint64_t longest_before_usec; /* longest streak of earlier commitments */
        unsigned milestone;           /* last one announced in this streak, 0 for none */
        unsigned counts[_GRADE_MAX];  /* events of each grade since the begin, after corrections */

        /* of limited mode */
        Hours hours;
        Hours hours_before;           /* what they were before they were last made narrower */
        uint64_t hours_narrowed_usec; /* and when that was; 0: never */
        unsigned undigested;          /* held since the user was last told of any */
} Person;

typedef struct Pending {
        uint64_t seq; /* of the event that asked for it; its id on the bus */
        char uid[UID_SPACE];
        char person[UID_SPACE]; /* "" when it concerns no person */
        Change change;
        Identity identity;       /* of CHANGE_REMOVE_IDENTITY and CHANGE_ADD_PASS, else empty */
        uint64_t cool_down_usec; /* of CHANGE_COOL_DOWN, else 0 */
        Hours hours;             /* of CHANGE_HOURS, else none */
        uint64_t asked_usec, due_usec;
        uint64_t full_usec; /* when its whole wait is over: it is due earlier when a promise ends */
} Pending;

/* One target is open for some minutes, and nothing else is. Past ones are kept for a while, since
 * a browser's history may be read late. */
typedef struct Exception {
        uint64_t seq;                   /* of the event that opened it */
        char *target;                   /* the value of a domain or a platform; owned */
        uint64_t from_usec, until_usec; /* UTC; the end moves up when the user closes it */
} Exception;

typedef struct SupportItem {
        uint64_t seq; /* of the event that added it; its id on the bus */
        char uid[UID_SPACE];
        SupportKind kind;
        char *text;
} SupportItem;

typedef struct Pass {
        uint64_t seq; /* of the event that added it; its id on the bus */
        char uid[UID_SPACE];
        PassKind kind;
        Identity identity; /* what is looked for: of the kind that pass_identity_kind() says */
} Pass;

typedef struct State {
        uint64_t seq; /* of the last event folded in */
        Person *people;
        size_t n_people, people_space;
        Pending *pending;
        size_t n_pending, pending_space;
        SupportItem *support;
        size_t n_support, support_space;
        Pass *passes;
        size_t n_passes, passes_space;

        /* the regime: how strict loosening is */
        uint64_t cool_down_usec;
        uint64_t cool_down_before_usec; /* what it was before it was last made longer */
        uint64_t cool_down_raised_usec; /* and when that was; 0: never */
        char *key_hash;                 /* of the friend's passphrase; NULL: there is no key */
        uint64_t key_set_usec;
        uint64_t policies_usec;   /* when the browsers' policies were turned on; 0: they are off */
        uint64_t quota_full_usec; /* of exceptions, see quota.h */
        Exception *exceptions;    /* in the order they were opened */
        size_t n_exceptions, exceptions_space;
} State;

/* Returns 0 and the state before the first event, or -ENOMEM. */
int state_new(State **ret);
/* Returns 0 and a state of its own that is equal to `s`, or -ENOMEM. */
int state_copy(const State *s, State **ret);
/* Accepts NULL; returns NULL. */
State *state_free(State *s);
DEFINE_CLEANUP(State *, state_free)

/* Folds one event in. Events come in the order of their seq. One that speaks of a person or a
 * change that is not there, or whose payload lacks a field, changes nothing but seq: a ledger
 * written by a newer version or merged from another machine must always fold. Returns 0 or
 * -ENOMEM, after which the state is no longer usable. */
int state_apply(State *s, const Event *ev);

/* The state as an object with a fixed form and order, so that two equal states give equal text;
 * and back. state_from_json() returns 0, -EBADMSG when it is no such object, or -ENOMEM. */
int state_to_json(const State *s, json_t **ret);
int state_from_json(const json_t *object, State **ret);

/* Finders; NULL when there is none. The state keeps what they give, until the next
 * state_apply(). */
Person *state_person(const State *s, const char *id);
const Pending *state_pending(const State *s, uint64_t seq);
const Pending *state_pending_like(
        const State *s, const char *person, Change change, const Identity *id);
const Exception *state_exception(const State *s, const char *target, uint64_t now); /* open now */
const SupportItem *state_support(const State *s, uint64_t seq);
const Pass *state_pass(const State *s, uint64_t seq);
const Pass *state_pass_like(const State *s, const Identity *id);
const Identity *person_identity(const Person *p, IdentityKind kind, const char *value);

/* May what comes from the person be shown at `at`? Never in full mode, while a commitment stands.
 */
bool person_is_open(const Person *p, LocalTime at);

/* When the last promise that holds at `now` ends; 0 when none holds. */
uint64_t state_locked_until(const State *s, uint64_t now);

/* Is it a cool-down that can be set: 24 h to 14 days? */
bool cool_down_valid(uint64_t usec);

/* Is a change one that concerns no person, as those of the regime? */
bool change_is_personless(Change change);

/* The figures at `now`; those of an ended commitment stand still at its end. False (and all
 * zero) when there never was a commitment. */
bool person_streak(const Person *p, uint64_t now, Streak *ret);

/* Whole days of the streak that was running just before `at_usec`: what a slip then ended. */
unsigned person_days_before(const Person *p, uint64_t at_usec);

const char *mode_name(Mode mode);
int mode_from_name(const char *name); /* or -EINVAL */
const char *change_name(Change change);
int change_from_name(const char *name);
const char *pass_kind_name(PassKind kind);
int pass_kind_from_name(const char *name);
/* The kind of identity as which a pass is spelled and looked for, and back: 0 and the kind, or
 * -EINVAL when no pass is spelled so. */
IdentityKind pass_identity_kind(PassKind kind);
int pass_kind_of(IdentityKind identity, PassKind *ret);
const char *support_kind_name(SupportKind kind);
int support_kind_from_name(const char *name);
