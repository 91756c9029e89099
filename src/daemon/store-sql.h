/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* All SQL of the ledger, and nothing else. Included by store.c, which prepares every statement when
 * the ledger is opened, and by the test that reads their query plans. */

#define STORE_TEXT_OF(x)  #x
#define STORE_EXPAND(x)   STORE_TEXT_OF(x)
#define STORE_APPLICATION 1852793711 /* "noco": the application id in the file's header */
#define STORE_CACHE_KIB   256        /* the daemon as a whole is to stay under 6 MB */
#define STORE_WAL_PAGES   100     /* of 4 KiB: with so many the log is folded into the database */
#define STORE_WAL_MAX     1048576 /* bytes: a log that grew longer is cut back to this */

/* The schema, by number: migrations[n] brings a ledger of version n to n + 1, in one transaction,
 * and says so itself. One that has been released is never edited. */
static const char *const store_migrations[] = {
        /* 0 to 1: the events. The triggers refuse every change. REPLACE deletes without firing a
         * delete trigger in a connection that has recursive_triggers off, as they are unless asked
         * for: so the insert trigger looks for what it would replace. */
        "CREATE TABLE meta ("
        "  id INTEGER PRIMARY KEY CHECK (id = 1),"
        "  device TEXT NOT NULL CHECK (length(device) = 32)"
        ") STRICT;"
        "INSERT INTO meta (id, device) VALUES (1, lower(hex(randomblob(16))));"
        "CREATE TABLE event ("
        "  seq INTEGER PRIMARY KEY AUTOINCREMENT CHECK (seq > 0),"
        "  uid TEXT NOT NULL UNIQUE CHECK (length(uid) = 32 AND uid NOT GLOB '*[^0-9a-f]*'),"
        "  device TEXT NOT NULL CHECK (length(device) = 32),"
        "  recorded_usec INTEGER NOT NULL CHECK (recorded_usec >= 0),"
        "  at_usec INTEGER NOT NULL CHECK (at_usec >= 0),"
        "  zone_minutes INTEGER NOT NULL,"
        "  kind TEXT NOT NULL,"
        "  person TEXT NOT NULL CHECK (length(person) <= 32),"
        "  data TEXT NOT NULL CHECK (json_valid(data) AND json_type(data) = 'object')"
        ") STRICT;"
        "CREATE INDEX event_correction ON event (data ->> 'of') WHERE kind = 'corrected';"
        "CREATE INDEX event_twin ON event (person, data ->> 'key', at_usec)"
        "  WHERE kind IN ('attempt', 'slip');"
        "CREATE TRIGGER event_keep_update BEFORE UPDATE ON event BEGIN"
        "  SELECT RAISE(ABORT, 'the ledger is append-only');"
        "END;"
        "CREATE TRIGGER event_keep_delete BEFORE DELETE ON event BEGIN"
        "  SELECT RAISE(ABORT, 'the ledger is append-only');"
        "END;"
        "CREATE TRIGGER event_keep_replace BEFORE INSERT ON event"
        "  WHEN EXISTS (SELECT 1 FROM event WHERE seq = NEW.seq)"
        "  OR EXISTS (SELECT 1 FROM event WHERE uid = NEW.uid) BEGIN"
        "  SELECT RAISE(ABORT, 'the ledger is append-only');"
        "END;"
        "PRAGMA application_id = " STORE_EXPAND(STORE_APPLICATION) ";"
                                                                   "PRAGMA user_version = 1;",

        /* 1 to 2: what can be rebuilt or read again, so that a start need not */
        "CREATE TABLE state ("
        "  id INTEGER PRIMARY KEY CHECK (id = 1),"
        "  seq INTEGER NOT NULL CHECK (seq >= 0),"
        "  json TEXT NOT NULL CHECK (json_valid(json))"
        ") STRICT;"
        "CREATE TABLE cursor ("
        "  profile TEXT PRIMARY KEY,"
        "  row INTEGER NOT NULL,"
        "  newest_usec INTEGER NOT NULL CHECK (newest_usec >= 0)"
        ") STRICT, WITHOUT ROWID;"
        "PRAGMA user_version = 2;",

        /* 2 to 3: each held notification is entered once, and found by the id of its file */
        "CREATE INDEX event_held ON event (data ->> 'held') WHERE kind = 'contact.incoming';"
        "PRAGMA user_version = 3;",

        /* 3 to 4: what was said of an event later is found by that event */
        "CREATE INDEX event_tag ON event (data ->> 'of') WHERE kind = 'tagged';"
        "PRAGMA user_version = 4;",
};

/* What every connection is told before it reads the file. */
static const char store_sql_connection[] = "PRAGMA cache_size = -" STORE_EXPAND(
        STORE_CACHE_KIB) ";"
                         "PRAGMA mmap_size = 0;"
                         "PRAGMA temp_store = MEMORY;"
                         "PRAGMA cell_size_check = ON;"
                         "PRAGMA recursive_triggers = ON;"
                         "PRAGMA synchronous = FULL;"
                         "PRAGMA wal_autocheckpoint = " STORE_EXPAND(
                                 STORE_WAL_PAGES) ";"
                                                  "PRAGMA journal_size_limit = " STORE_EXPAND(
                                                          STORE_WAL_MAX) ";";

/* Asked once at open, before the statements below can be prepared. */
static const char store_sql_version[] = "PRAGMA user_version";
static const char store_sql_check[] = "PRAGMA quick_check(1)";
static const char store_sql_wal[] = "PRAGMA journal_mode = WAL";

/* For the making of a new ledger, in a file that is thrown away when that fails. */
static const char store_sql_new[] = "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = FULL;";

typedef enum Statement {
        STATEMENT_BEGIN,
        STATEMENT_COMMIT,
        STATEMENT_ROLLBACK,
        STATEMENT_DEVICE,
        STATEMENT_LAST_UID,
        STATEMENT_APPEND,
        STATEMENT_REPLAY,
        STATEMENT_LIST,
        STATEMENT_GET,
        STATEMENT_TWIN,
        STATEMENT_HELD,
        STATEMENT_SENDERS,
        STATEMENT_SAVE_STATE,
        STATEMENT_LOAD_STATE,
        STATEMENT_SAVE_CURSOR,
        STATEMENT_LOAD_CURSOR,
        _STATEMENT_MAX,
} Statement;

/* The columns of a row as store.c reads them, and two more: the grade that the latest correction
 * gives, NULL when nothing corrects the event, "" when the correction names none; and the tag that
 * was given last, NULL when there was never one. The plus takes the column's affinity off the
 * comparison, which else could not use the index on an expression. */
#define STORE_EVENT_COLUMNS                                                                        \
        "seq, uid, device, recorded_usec, at_usec, zone_minutes, kind, person, data"
#define STORE_CORRECTION                                                                           \
        "(SELECT coalesce(c.data ->> 'to', '') FROM event AS c"                                    \
        " WHERE c.kind = 'corrected' AND c.data ->> 'of' = +event.uid"                             \
        " ORDER BY c.seq DESC LIMIT 1)"
#define STORE_TAG                                                                                  \
        "coalesce((SELECT t.data ->> 'tag' FROM event AS t"                                        \
        " WHERE t.kind = 'tagged' AND t.data ->> 'of' = +event.uid"                                \
        " ORDER BY t.seq DESC LIMIT 1), data ->> 'tag')"
#define STORE_ENTRY_COLUMNS STORE_EVENT_COLUMNS ", " STORE_CORRECTION ", " STORE_TAG

static const char *const store_statements[_STATEMENT_MAX] = {
        [STATEMENT_BEGIN] = "BEGIN IMMEDIATE",
        [STATEMENT_COMMIT] = "COMMIT",
        [STATEMENT_ROLLBACK] = "ROLLBACK",
        [STATEMENT_DEVICE] = "SELECT device FROM meta WHERE id = 1",
        [STATEMENT_LAST_UID] = "SELECT max(uid) FROM event",
        [STATEMENT_APPEND] =
                "INSERT INTO event"
                " (uid, device, recorded_usec, at_usec, zone_minutes, kind, person, data)"
                " VALUES (:uid, :device, :recorded, :at, :zone, :kind, :person, :data)",
        [STATEMENT_REPLAY] = "SELECT " STORE_EVENT_COLUMNS ", NULL, NULL FROM event"
                             " WHERE seq > :after ORDER BY seq",
        [STATEMENT_LIST] = "SELECT " STORE_ENTRY_COLUMNS " FROM event"
                           " WHERE seq < :before"
                           " AND (:person IS NULL OR person = :person)"
                           " AND (:kinds IS NULL OR kind IN (SELECT value FROM json_each(:kinds)))"
                           " ORDER BY seq DESC",
        [STATEMENT_GET] = "SELECT " STORE_ENTRY_COLUMNS " FROM event"
                          " WHERE seq = :seq",
        [STATEMENT_TWIN] = "SELECT " STORE_ENTRY_COLUMNS " FROM event"
                           " WHERE kind IN ('attempt', 'slip') AND person = :person"
                           " AND data ->> 'key' = :key AND at_usec BETWEEN :from AND :to"
                           " AND data ->> 'source' IS NOT :source"
                           " AND (:channel IS NULL OR data ->> 'channel' = :channel"
                           "  OR data ->> 'channel' = data ->> 'source')"
                           " ORDER BY abs(at_usec - :at), seq LIMIT 1",
        [STATEMENT_HELD] = "SELECT 1 FROM event"
                           " WHERE kind = 'contact.incoming' AND data ->> 'held' = :held LIMIT 1",
        /* no id is empty, so that the index has them all */
        [STATEMENT_SENDERS] =
                "SELECT person, coalesce(data ->> 'app', ''), coalesce(data ->> 'sender', ''),"
                " count(*), max(at_usec) FROM event"
                " WHERE kind = 'contact.incoming' AND data ->> 'held' > ''"
                " GROUP BY 1, 2, 3 ORDER BY 5 DESC, 1, 2, 3 LIMIT :limit",
        [STATEMENT_SAVE_STATE] = "INSERT INTO state (id, seq, json) VALUES (1, :seq, :json)"
                                 " ON CONFLICT (id) DO UPDATE"
                                 " SET seq = excluded.seq, json = excluded.json",
        [STATEMENT_LOAD_STATE] = "SELECT json, seq FROM state WHERE id = 1",
        [STATEMENT_SAVE_CURSOR] =
                "INSERT INTO cursor (profile, row, newest_usec) VALUES (:profile, :row, :newest)"
                " ON CONFLICT (profile) DO UPDATE"
                " SET row = excluded.row, newest_usec = excluded.newest_usec",
        [STATEMENT_LOAD_CURSOR] = "SELECT row, newest_usec FROM cursor WHERE profile = :profile",
};
