/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "daemon/ledger.h"

/* What the user may do with people, identities and commitments, under the rule "tighten now,
 * loosen later". Each function checks, records and returns 0; or refuses, see refusal.h, and
 * changes nothing. `now` is µs UTC. Strings are the caller's. Sentences are static. */

int people_add(Ledger *l, uint64_t now, const char *name, const char *mode, const char **ret_id,
        const char **ret_why);

/* Both take back what waits to end or remove; an identity that was to go with the old end waits
 * its full time instead. */
int people_begin(Ledger *l, uint64_t now, const char *id, unsigned days, const char **ret_why);
int people_extend(Ledger *l, uint64_t now, const char *id, unsigned days, const char **ret_why);

/* Checks a kind's name and a value of it, see identity_parse(); the caller ends the identity. */
int people_parse_identity(const char *kind, const char *value, Identity *ret, const char **ret_why);

int people_add_identity(Ledger *l, uint64_t now, const char *id, const char *kind,
        const char *value, const char **ret_why);

/* The three loosenings. *ret_due is 0 when it was done at once, else the time when it will be. */
int people_remove_identity(Ledger *l, uint64_t now, const char *id, const char *kind,
        const char *value, uint64_t *ret_due, const char **ret_why);
int people_request_end(
        Ledger *l, uint64_t now, const char *id, uint64_t *ret_due, const char **ret_why);
int people_remove(Ledger *l, uint64_t now, const char *id, uint64_t *ret_due, const char **ret_why);

/* Takes a pending change back. */
int people_cancel(Ledger *l, uint64_t now, uint64_t change, const char **ret_why);

/* Carries out every pending change that is due. Returns how many, or a negative errno. */
int people_apply_due(Ledger *l, uint64_t now);

/* What a pending change will do, as a sentence; the caller frees. NULL when memory is out. */
char *people_describe(const State *s, const Pending *change);
