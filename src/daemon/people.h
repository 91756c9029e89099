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

/* Takes the last extension back, within the grace for mistakes; -ETIME after it. What waited for
 * the longer promise waits for the shorter one again, but an end that the extension had taken back
 * stays taken back. */
int people_undo_extend(Ledger *l, uint64_t now, const char *id, const char **ret_why);

/* Checks a kind's name and a value of it, see identity_parse(); the caller ends the identity. */
int people_parse_identity(const char *kind, const char *value, Identity *ret, const char **ret_why);

int people_add_identity(Ledger *l, uint64_t now, const char *id, const char *kind,
        const char *value, const char **ret_why);

/* When contact with somebody in limited mode may come, see hours_parse(). None that were not there
 * before: at once, and a widening that waits is taken back. Else a loosening, without grace for
 * more than what they were before they were last made narrower. *ret_due as of changes_ask(). */
int people_set_hours(Ledger *l, uint64_t now, const char *id, const char *hours, bool key_given,
        uint64_t *ret_due, const char **ret_why);

/* The three loosenings, see changes_ask(). `key_given`: the friend's key was given a moment ago.
 * *ret_due is 0 when it was done at once, else the time when it will be. */
int people_remove_identity(Ledger *l, uint64_t now, const char *id, const char *kind,
        const char *value, bool key_given, uint64_t *ret_due, const char **ret_why);
int people_request_end(Ledger *l, uint64_t now, const char *id, bool key_given, uint64_t *ret_due,
        const char **ret_why);
int people_remove(Ledger *l, uint64_t now, const char *id, bool key_given, uint64_t *ret_due,
        const char **ret_why);
