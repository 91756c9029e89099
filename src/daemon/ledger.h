/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/rules.h"
#include "core/state.h"
#include "daemon/store.h"

/* The ledger: the store on disk, the state folded from it and the rules compiled from that. The
 * three change together or not at all. */
typedef struct Ledger Ledger;

/* Events that are recorded together, in one transaction. Start with
 * `_cleanup_(batch_done) Batch b = {0};`. */
typedef struct Batch {
        Event *events;
        size_t n, space;
        const char *cursor_profile; /* a history cursor to save with them, or NULL */
        Cursor cursor;
} Batch;

void batch_done(Batch *b);

/* Adds an event that happened at `at_usec` and concerns `person` (an id, or NULL). Takes `data`
 * over in every case, so that json_pack() may stand in the call; NULL means an allocation
 * failed. Returns 0 or -ENOMEM. */
int batch_add(Batch *b, EventKind kind, const char *person, uint64_t at_usec, json_t *data);

/* Called after a batch is on disk, with its events complete. */
typedef void (*ledger_recorded_func)(void *userdata, const Event *events, size_t n);

/* Opens the ledger in `dir`, see store_open() for errors. A saved state that is none, or that of
 * another version, is made anew from the events. */
int ledger_open(const char *dir, Ledger **ret);
/* Accepts NULL; returns NULL. */
Ledger *ledger_free(Ledger *l);
DEFINE_CLEANUP(Ledger *, ledger_free)

/* Whom to tell. One listener. */
void ledger_listen(Ledger *l, ledger_recorded_func func, void *userdata);

/* Records a batch at `now_usec` (UTC): events, cursor and the state they give, all or nothing.
 * An empty batch records its cursor. Returns 0; on failure a negative errno with everything as
 * it was. */
int ledger_record(Ledger *l, Batch *b, uint64_t now_usec);

/* The same for a single event; gives its seq when `ret_seq` is not NULL. */
int ledger_record_one(Ledger *l, EventKind kind, const char *person, uint64_t now_usec,
        json_t *data, uint64_t *ret_seq);

/* What is true now. The pointers are good until the next ledger_record(). */
const State *ledger_state(const Ledger *l);
const Rules *ledger_rules(const Ledger *l);

/* Does this kind of event change what the rules are made from? */
bool ledger_changes_rules(EventKind kind);

/* The store below, for reading: lists, entries, cursors. */
Store *ledger_store(Ledger *l);

/* Folds all events again from the first, compares with the saved state and saves the new one.
 * Returns the number of parts that differed (0: none) and hands a text that names them to the
 * caller, who frees it; or a negative errno. */
int ledger_rebuild(Ledger *l, uint64_t *ret_events, char **ret_differences);
