/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "daemon/ledger.h"

/* What the user tells the ledger: urges, relapses, corrections, and what is to support them.
 * Each function checks, records and returns 0; or refuses, see refusal.h, and changes nothing.
 * `now` is µs UTC. */

/* `tag` as in tag.h, "" for none. */
int records_urge(Ledger *l, uint64_t now, const char *person, unsigned intensity, const char *note,
        const char *tag, uint64_t *ret_event, const char **ret_why);
int records_relapse(Ledger *l, uint64_t now, const char *person, const char *channel,
        const char *note, uint64_t *ret_event, const char **ret_why);
int records_correct(Ledger *l, uint64_t now, uint64_t event, const char *grade, const char *note,
        const char **ret_why);

/* Says what was going on when an urge, attempt, slip or relapse came, however long ago; "" takes
 * back what was said. */
int records_tag(Ledger *l, uint64_t now, uint64_t event, const char *tag, const char **ret_why);

/* Adds the events by which `entry` gets the grade `to`, for whoever corrects as part of
 * something else. */
int records_add_correction(
        Batch *b, uint64_t now, const StoreEntry *entry, Grade to, const char *note);

int records_add_support(Ledger *l, uint64_t now, const char *kind, const char *text,
        uint64_t *ret_id, const char **ret_why);
int records_remove_support(Ledger *l, uint64_t now, uint64_t id, const char **ret_why);
