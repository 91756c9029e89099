/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "daemon/ledger.h"

/* Loosenings: what they are, when they happen, and what keeps them waiting. Each function records
 * and returns 0; or refuses, see refusal.h, and changes nothing. `now` is µs UTC. Sentences are
 * static. */

typedef struct Loosening {
        Change change;
        const Person *person;     /* NULL for a change of the regime */
        const Identity *identity; /* of CHANGE_REMOVE_IDENTITY and CHANGE_ADD_PASS */
        uint64_t cool_down_usec;  /* of CHANGE_COOL_DOWN */
        const Hours *hours;       /* of CHANGE_HOURS */
        uint64_t tightened_usec;  /* when what it undoes was done; UINT64_MAX: no grace */
        bool key_given;           /* the friend's key was given a moment ago */
} Loosening;

/* Does it at once, when the rule allows (*ret_due is 0), or writes down that it waits until
 * *ret_due. A change that concerns no person waits as long as any promise holds. -EACCES: it would
 * wait, and the friend's key is wanted. -EEXIST: it waits already. */
int changes_ask(
        Ledger *l, uint64_t now, const Loosening *ask, uint64_t *ret_due, const char **ret_why);

/* Refuses with -EACCES when the friend's key is set and not given; else 0. */
int changes_need_key(const State *s, bool key_given, const char **ret_why);

/* Takes a pending change back. */
int changes_cancel(Ledger *l, uint64_t now, uint64_t change, const char **ret_why);

/* What a promise of the person's that now lasts until `ends` means for what waits; to be recorded
 * with it. An end or removal of the person is taken back: who promises more wants it to go on. What
 * would have been done when the old promise ended waits its full time. */
int changes_promised(Batch *b, const State *s, uint64_t now, const Person *p, uint64_t ends);

/* The other way round, when an extension is taken back: nothing waits longer than the promise. */
int changes_unpromised(Batch *b, const State *s, uint64_t now, const Person *p, uint64_t ends);

/* Carries out every change that is due. Returns how many, or a negative errno. */
int changes_apply_due(Ledger *l, uint64_t now);

/* What a pending change will do, as a sentence; the caller frees. NULL when memory is out. */
char *changes_describe(const State *s, const Pending *change);
