/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What the tests of the ledger share: a folder of their own, events, and the file as another SQLite
 * connection sees it. */

#include "common/file.h"
#include "common/time.h"
#include "daemon/store.h"
#include "unit/test.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>

#define NOW_USEC   1795953600000000ULL /* 2026-11-29T12:00:00Z */
#define ANN        "0190000000007000800000000000000a"
#define BEA        "0190000000007000800000000000000b"
#define LEDGER     "nocontact.db"
#define LEDGER_WAL LEDGER "-wal"
#define LEDGER_SHM LEDGER "-shm"

/* The files that may lie in a ledger's folder. */
static const char *const fixture_files[] = {
        LEDGER,
        LEDGER_WAL,
        LEDGER_SHM,
        LEDGER "-journal",
        LEDGER ".new",
        LEDGER ".new-journal",
        "copy.db",
        "trace",
};

/* Makes a folder below the system's one for temporary files; the caller frees the path. */
static inline char *fixture_folder(void) {
        const char *base = getenv("TMPDIR");
        char *path = path_join(base ? base : "/tmp", "nocontact-store-XXXXXX");

        assert_non_null(path);
        assert_non_null(mkdtemp(path));
        return path;
}

static inline void fixture_empty(const char *dir) {
        for (size_t i = 0; i < ARRAY_LEN(fixture_files); i++) {
                _cleanup_free_ char *path = path_join(dir, fixture_files[i]);

                (void)unlink(path);
        }
}

static inline void fixture_remove(char *dir) {
        fixture_empty(dir);
        assert_int_equal(rmdir(dir), 0);
        free(dir);
}

static inline Store *fixture_open(const char *dir) {
        Store *s = NULL;

        assert_int_equal(store_open(dir, &s), 0);
        return s;
}

/* Appends an event within the open transaction and returns its seq. Takes `data` over. */
static inline uint64_t fixture_append_at(
        Store *s, EventKind kind, const char *person, uint64_t at_usec, json_t *data) {
        Event ev = {
                .kind = kind,
                .at_usec = at_usec,
                .zone_minutes = 60,
                .data = data,
        };

        (void)snprintf(ev.person, sizeof(ev.person), "%s", person);
        assert_int_equal(store_append(s, &ev, NOW_USEC), 0);
        event_done(&ev);
        return ev.seq;
}

/* The same in a transaction of its own, at NOW_USEC. */
static inline uint64_t fixture_record(Store *s, EventKind kind, const char *person, json_t *data) {
        uint64_t seq;

        assert_int_equal(store_begin(s), 0);
        seq = fixture_append_at(s, kind, person, NOW_USEC, data);
        assert_int_equal(store_commit(s), 0);
        return seq;
}

/* Runs SQL on a file in the folder through a connection of its own, as the sqlite3 tool would;
 * returns SQLite's extended result code. */
static inline int fixture_sql(const char *dir, const char *name, const char *sql) {
        _cleanup_free_ char *path = path_join(dir, name);
        sqlite3 *db = NULL;
        int rc;

        rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
        assert_int_equal(rc, SQLITE_OK);
        (void)sqlite3_extended_result_codes(db, 1);
        rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
        assert_int_equal(sqlite3_close(db), SQLITE_OK);
        return rc;
}

/* The single number that a query gives. */
static inline int64_t fixture_number(const char *dir, const char *sql) {
        _cleanup_free_ char *path = path_join(dir, LEDGER);
        sqlite3_stmt *stmt = NULL;
        sqlite3 *db = NULL;
        int64_t number;

        assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
        number = sqlite3_column_int64(stmt, 0);
        (void)sqlite3_finalize(stmt);
        assert_int_equal(sqlite3_close(db), SQLITE_OK);
        return number;
}
