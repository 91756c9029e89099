/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "daemon/ledger.h"

/* How strict loosening is: the cool-down, a friend's key, exceptions. Each function checks, records
 * and returns 0; or refuses, see refusal.h, and changes nothing. `now` is µs UTC; `boot_usec` is
 * the time since boot (CLOCK_BOOTTIME), which no setting of the clock moves. Strings are the
 * caller's. Sentences are static. */

enum {
        UNLOCK_TRIES = 5, /* a minute */
};

/* Until when the friend's key is given, and the last tries. In memory alone: a restart locks. Start
 * with {0}. */
typedef struct Unlock {
        uint64_t until_usec;          /* since boot; 0: not given */
        uint64_t tries[UNLOCK_TRIES]; /* when they were, since boot, ascending; 0: none */
} Unlock;

bool unlock_given(const Unlock *u, uint64_t boot_usec);

/* Longer: at once, and a shortening that waits is taken back. Shorter: a loosening, without grace
 * below what it was before it was last made longer. *ret_due as of changes_ask(). */
int regime_set_cool_down(Ledger *l, uint64_t now, uint64_t usec, bool key_given, uint64_t *ret_due,
        const char **ret_why);

/* Sets the key; it is not given then. -EEXIST when there is one. */
int regime_set_key(
        Ledger *l, Unlock *u, uint64_t now, const char *passphrase, const char **ret_why);

/* A loosening; -ENOENT when there is no key. */
int regime_clear_key(
        Ledger *l, uint64_t now, bool key_given, uint64_t *ret_due, const char **ret_why);

/* From here on for NC_KEY_MINUTES the key is given. -EACCES: it is not the passphrase. -EDQUOT: too
 * many tries. -ENOENT: there is no key. Records nothing. */
int regime_unlock(const Ledger *l, Unlock *u, uint64_t boot_usec, const char *passphrase,
        const char **ret_why);

/* Browsers are told to block the pages of profiles, too (see holding.h). On: at once, and an off
 * that waits is taken back. Off: a loosening. *ret_due as of changes_ask(). */
int regime_set_policies(
        Ledger *l, uint64_t now, bool on, bool key_given, uint64_t *ret_due, const char **ret_why);

/* Opens a platform or domain of somebody whose commitment stands, and nothing else. `target` in any
 * spelling that identity_parse() knows. -ENOENT: it is not blocked. -EEXIST: it is open. -EACCES:
 * the key is wanted. -EDQUOT: the quota is used up. */
int regime_except(Ledger *l, uint64_t now, const char *target, unsigned minutes, bool key_given,
        uint64_t *ret_until, const char **ret_why);

/* Closes it again. -ENOENT: it is not open. */
int regime_end_exception(Ledger *l, uint64_t now, const char *target, const char **ret_why);

/* When the next open exception closes; UINT64_MAX when none is open. */
uint64_t regime_next_close(const State *s, uint64_t now);
