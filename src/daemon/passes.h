/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "daemon/ledger.h"

/* What always passes: words (school, hospital) and senders ("telegram:Anna Other"), whomever else a
 * notification names. To add one is a loosening (changes.h), to remove one a tightening, at once.
 * Each function checks, records and returns 0; or refuses, see refusal.h, and changes nothing.
 * `now` is µs UTC. */

/* `kind` is "word" or "sender", the value as identity_parse() takes a name or an app. *ret_due as
 * of changes_ask(). -EEXIST: it passes already, or waits to. -EDQUOT: there are too many. */
int passes_add(Ledger *l, uint64_t now, const char *kind, const char *value, bool key_given,
        uint64_t *ret_due, const char **ret_why);

/* -ENOENT when there is none of that id. */
int passes_remove(Ledger *l, uint64_t now, uint64_t id, const char **ret_why);

/* "Not them": the sender of the held notification that `event` records is to pass from now on, and
 * the event counts as nothing, which is corrected at once. */
int passes_not_them(Ledger *l, uint64_t now, uint64_t event, bool key_given, uint64_t *ret_due,
        const char **ret_why);
