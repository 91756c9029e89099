/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/held.h"
#include "daemon/ledger.h"

/* What was held, in the ledger: one contact.incoming for each, by which they count nothing against
 * the user and break no streak. What they say stays in their files (kept.h). `now` is µs UTC. */

enum {
        HOLDS_APP_MAX = 200,     /* bytes of an application's name as it is written down */
        HOLDS_SENDER_MAX = 1024, /* and of a sender; NotThem needs them whole */
};

/* Records one, unless it is known by its id. Returns 1 when it was recorded, 0 when it was known;
 * on failure a negative errno, and it is to be handed in again. A person whom the state does not
 * know is left out. */
int holds_record(Ledger *l, uint64_t now, const Held *h);

/* Calls `func` for the events of what was held, newest first: those about `person` (NULL: all)
 * before the event `before` (0: from the newest), `limit` at most. As store_list(). */
int holds_list(Ledger *l, const char *person, uint64_t before, unsigned limit,
        store_entry_func func, void *userdata);

/* One of them by its event. Returns 0 and the entry, whose event the caller ends; -ENOENT with a
 * sentence when that is none. */
int holds_get(Ledger *l, uint64_t event, StoreEntry *ret, const char **ret_why);

/* Calls `func` for the events of what was held, oldest first: those about `person` (NULL: all)
 * after the event `after` (0: from the oldest). As store_replay(). */
int holds_replay(
        Ledger *l, const char *person, uint64_t after, store_event_func func, void *userdata);

/* Until when what `ev` records is not to be read: the end of the person's promise in full mode; 0:
 * it may be read. What comes from its sender and passes now may be read at any time: it was not
 * from them. */
uint64_t holds_locked_until(const Ledger *l, const Event *ev, uint64_t now);
