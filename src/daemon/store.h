/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/cursor.h"
#include "core/event.h"
#include "core/tag.h"

#include <stdbool.h>
#include <stddef.h>

/* The ledger on disk. The only door to our SQLite database. */
typedef struct Store Store;

/* A row of the ledger as it is listed: the event and what became of it. */
typedef struct StoreEntry {
        Event event;
        Grade grade;    /* after the latest correction, else by kind */
        bool corrected; /* a correction exists */
        Tag tag;        /* what was going on, as it was said last */
} StoreEntry;

enum {
        STORE_DATA_MAX = 256 * 1024, /* bytes of one event's payload as JSON */
};

/* What to list. Zero everywhere lists all. */
typedef struct StoreFilter {
        const EventKind *kinds; /* only these kinds, n_kinds of them */
        size_t n_kinds;
        const char *person;  /* only of this person, or NULL */
        uint64_t before_seq; /* only events with a lower seq, or 0 */
        unsigned limit;      /* at most so many, or 0 for all */
} StoreFilter;

/* Called for each row, newest first; the entry is the store's and gone after the call. A negative
 * return ends the listing and is passed on. The function may call the store, but not the listing it
 * is in. */
typedef int (*store_entry_func)(void *userdata, const StoreEntry *entry);

/* Called for each event, oldest first, with the same rules. */
typedef int (*store_event_func)(void *userdata, const Event *ev);

/* Opens `dir`/nocontact.db, and creates both with modes 0700 and 0600 when absent; brings an older
 * schema up to date, each migration in one transaction; prepares every statement. Returns 0; -EPERM
 * when the folder or the file is readable by others and that cannot be mended, or is not the user's
 * own plain file; -EBUSY when another process holds the ledger; -EPROTO when a newer version wrote
 * it; -EBADMSG when it is damaged, cannot be read or is no ledger; -ENOSPC, -EIO, -EROFS as the
 * disk says; -ENOMEM. Nothing is changed on failure, but for modes and for migrations that
 * succeeded before it. */
int store_open(const char *dir, Store **ret);
/* Rolls back what is open. Accepts NULL; returns NULL. */
Store *store_free(Store *s);
DEFINE_CLEANUP(Store *, store_free)

/* This machine's id, made when the ledger was. 32 hex digits; the store keeps it. */
const char *store_device(const Store *s);

/* A transaction: everything between begin and commit is on disk when commit returns 0 (fsync'd), or
 * not at all. They do not nest: -EINVAL. After a write within it has failed, the later ones and the
 * commit return that failure again. A failed commit has rolled back; but when the disk failed at
 * its very end and power fails next, the whole transaction may be found on disk all the same. begin
 * and commit return 0 or a negative errno as above. */
int store_begin(Store *s);
int store_commit(Store *s);
void store_rollback(Store *s); /* without an open transaction: does nothing */

/* Appends within the open transaction what is recorded at `now_usec`, UTC. The store fills in seq,
 * uid, device and recorded_usec; uids sort as the events were appended, whatever the clock does.
 * Returns 0; -EINVAL outside a transaction, for a payload that is no object or cannot be written as
 * JSON, and for a time past 2^63; -EMSGSIZE for a payload over STORE_DATA_MAX. */
int store_append(Store *s, Event *ev, uint64_t now_usec);

/* The folded state as canonical JSON text and the seq of the last event in it; written within the
 * open transaction. store_load_state() returns 1, or 0 when there is none; the caller frees the
 * text. */
int store_save_state(Store *s, const char *json, uint64_t seq);
int store_load_state(Store *s, char **ret_json, uint64_t *ret_seq);

/* Calls `func` for each event after `after_seq`. Events of kinds that this version does not know
 * are passed over. */
int store_replay(Store *s, uint64_t after_seq, store_event_func func, void *userdata);

/* Lists by filter; events of unknown kinds are passed over here too. */
int store_list(Store *s, const StoreFilter *filter, store_entry_func func, void *userdata);

/* One entry by its seq; -ENOENT when there is none, or none of a kind that this version knows. The
 * caller ends ret->event with event_done(). */
int store_get(Store *s, uint64_t seq, StoreEntry *ret);

/* The attempt or slip of `person` with the payload key `key` that lies nearest to `at_usec` and not
 * further than `window_usec` from it, recorded by a source other than `source` and in the browser
 * `channel` (NULL: in any), or by a source that knows no browser, whose channel is its own name:
 * another sensor's view of the same visit. Gives 1 and the entry (caller ends its event), or 0. */
int store_find_twin(Store *s, const char *person, const char *key, const char *source,
        const char *channel, uint64_t at_usec, uint64_t window_usec, StoreEntry *ret);

/* Is there a contact.incoming of the held notification `id`? Gives 1 or 0. */
int store_find_held(Store *s, const char *id);

/* Who what was held came from, and how often. The texts are the store's and gone after the call. */
typedef struct StoreSender {
        const char *person; /* "": unknown */
        const char *app, *sender;
        uint64_t n, newest_usec;
} StoreSender;

typedef int (*store_sender_func)(void *userdata, const StoreSender *sender);

/* Calls `func` for each of the `limit` senders that were heard from last, as store_list(). */
int store_list_senders(Store *s, unsigned limit, store_sender_func func, void *userdata);

/* Cursors. store_save_cursor() works within the open transaction. store_load_cursor() returns 1, or
 * 0 when the profile was never read. */
int store_load_cursor(Store *s, const char *profile, Cursor *ret);
int store_save_cursor(Store *s, const char *profile, const Cursor *cursor);
