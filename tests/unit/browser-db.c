/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Histories for tests, see the header. */

#include "unit/browser-db.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CHECK(what)                                                                                \
        do {                                                                                       \
                if (!(what)) {                                                                     \
                        fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what);                 \
                        abort();                                                                   \
                }                                                                                  \
        } while (0)

/* `.schema` of a profile that the real browser made, without tables that nobody here reads. */
static const char CHROMIUM_SCHEMA[] =
        "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = TRUNCATE;"
        "CREATE TABLE IF NOT EXISTS urls(id INTEGER PRIMARY KEY AUTOINCREMENT,url LONGVARCHAR,"
        "title LONGVARCHAR,visit_count INTEGER DEFAULT 0 NOT NULL,typed_count INTEGER DEFAULT 0 "
        "NOT NULL,last_visit_time INTEGER NOT NULL,hidden INTEGER DEFAULT 0 NOT NULL);"
        "CREATE TABLE IF NOT EXISTS visits(id INTEGER PRIMARY KEY AUTOINCREMENT,url INTEGER NOT "
        "NULL,visit_time INTEGER NOT NULL,from_visit INTEGER,external_referrer_url TEXT,"
        "transition INTEGER DEFAULT 0 NOT NULL,segment_id INTEGER,visit_duration INTEGER DEFAULT 0 "
        "NOT NULL,incremented_omnibox_typed_score BOOLEAN DEFAULT FALSE NOT NULL,opener_visit "
        "INTEGER,originator_cache_guid TEXT,originator_visit_id INTEGER,originator_from_visit "
        "INTEGER,originator_opener_visit INTEGER,is_known_to_sync BOOLEAN DEFAULT FALSE NOT NULL,"
        "consider_for_ntp_most_visited BOOLEAN DEFAULT FALSE NOT NULL,visited_link_id INTEGER "
        "DEFAULT 0 NOT NULL,app_id TEXT);"
        "CREATE INDEX IF NOT EXISTS visits_url_index ON visits (url);"
        "CREATE INDEX IF NOT EXISTS visits_from_index ON visits (from_visit);"
        "CREATE INDEX IF NOT EXISTS visits_time_index ON visits (visit_time);"
        "CREATE INDEX IF NOT EXISTS visits_originator_id_index ON visits (originator_visit_id);"
        "CREATE INDEX IF NOT EXISTS urls_url_index ON urls (url);";

static const char FIREFOX_SCHEMA[] =
        "PRAGMA page_size = 32768; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL;"
        "PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 16;"
        "CREATE TABLE IF NOT EXISTS moz_places(id INTEGER PRIMARY KEY, url LONGVARCHAR, title "
        "LONGVARCHAR, rev_host LONGVARCHAR, visit_count INTEGER DEFAULT 0, hidden INTEGER DEFAULT "
        "0 NOT NULL, typed INTEGER DEFAULT 0 NOT NULL, frecency INTEGER DEFAULT -1 NOT NULL, "
        "last_visit_date INTEGER, guid TEXT, foreign_count INTEGER DEFAULT 0 NOT NULL, url_hash "
        "INTEGER DEFAULT 0 NOT NULL, description TEXT, preview_image_url TEXT, site_name TEXT, "
        "origin_id INTEGER, recalc_frecency INTEGER NOT NULL DEFAULT 0, alt_frecency INTEGER, "
        "recalc_alt_frecency INTEGER NOT NULL DEFAULT 0);"
        "CREATE TABLE IF NOT EXISTS moz_historyvisits(id INTEGER PRIMARY KEY, from_visit INTEGER, "
        "place_id INTEGER, visit_date INTEGER, visit_type INTEGER, session INTEGER, source INTEGER "
        "DEFAULT 0 NOT NULL, triggeringPlaceId INTEGER);"
        "CREATE INDEX IF NOT EXISTS moz_historyvisits_placedateindex ON moz_historyvisits "
        "(place_id, visit_date);"
        "CREATE INDEX IF NOT EXISTS moz_historyvisits_fromindex ON moz_historyvisits (from_visit);"
        "CREATE INDEX IF NOT EXISTS moz_historyvisits_dateindex ON moz_historyvisits (visit_date);"
        "CREATE INDEX IF NOT EXISTS moz_places_url_hashindex ON moz_places (url_hash);"
        "CREATE INDEX IF NOT EXISTS moz_places_lastvisitdateindex ON moz_places (last_visit_date);";

static const struct {
        const char *schema, *insert_place, *insert_visit;
        int64_t epoch_usec, link;
} FAMILIES[] = {
        [BROWSER_FIREFOX] = {FIREFOX_SCHEMA,
                "INSERT INTO moz_places(url, last_visit_date) VALUES(?1, ?2)",
                "INSERT INTO moz_historyvisits(id, place_id, visit_date, visit_type, from_visit) "
                "VALUES(?1, ?2, ?3, ?4, ?5)",
                0, 1},
        [BROWSER_CHROMIUM] = {CHROMIUM_SCHEMA,
                "INSERT INTO urls(url, last_visit_time) VALUES(?1, ?2)",
                "INSERT INTO visits(id, url, visit_time, transition, from_visit, "
                "originator_cache_guid) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
                11644473600000000, 0x30000000},
};

void browser_db_exec(BrowserDb *b, const char *sql) {
        char *message = NULL;

        if (sqlite3_exec(b->db, sql, NULL, NULL, &message) != SQLITE_OK) {
                fprintf(stderr, "%s: %s\n", sql, message);
                abort();
        }
}

void browser_db_open(const char *path, BrowserFamily family, BrowserDb *ret) {
        *ret = (BrowserDb){.family = family, .epoch_usec = FAMILIES[family].epoch_usec};
        CHECK(sqlite3_open(path, &ret->db) == SQLITE_OK);
        browser_db_exec(ret, FAMILIES[family].schema);
}

void browser_db_close(BrowserDb *b) {
        CHECK(sqlite3_close(b->db) == SQLITE_OK);
        b->db = NULL;
}

static int64_t insert_place(BrowserDb *b, const char *url, int64_t at) {
        sqlite3_stmt *s;

        CHECK(sqlite3_prepare_v2(b->db, FAMILIES[b->family].insert_place, -1, &s, NULL) ==
                SQLITE_OK);
        (void)sqlite3_bind_text(s, 1, url, -1, SQLITE_STATIC);
        (void)sqlite3_bind_int64(s, 2, at);
        CHECK(sqlite3_step(s) == SQLITE_DONE);
        (void)sqlite3_finalize(s);
        return sqlite3_last_insert_rowid(b->db);
}

int64_t browser_db_visit(BrowserDb *b, const BrowserVisit *v) {
        int64_t at = (int64_t)v->at_usec + b->epoch_usec;
        bool alone = sqlite3_get_autocommit(b->db);
        int64_t place;
        sqlite3_stmt *s;

        if (alone)
                browser_db_exec(b, "BEGIN");
        place = insert_place(b, v->url, at);
        CHECK(sqlite3_prepare_v2(b->db, FAMILIES[b->family].insert_visit, -1, &s, NULL) ==
                SQLITE_OK);
        if (v->id > 0)
                (void)sqlite3_bind_int64(s, 1, v->id);
        (void)sqlite3_bind_int64(s, 2, place);
        (void)sqlite3_bind_int64(s, 3, at);
        (void)sqlite3_bind_int64(s, 4, v->type ? v->type : FAMILIES[b->family].link);
        (void)sqlite3_bind_int64(s, 5, v->from);
        if (b->family == BROWSER_CHROMIUM)
                (void)sqlite3_bind_text(s, 6, v->machine ? v->machine : "", -1, SQLITE_STATIC);
        CHECK(sqlite3_step(s) == SQLITE_DONE);
        (void)sqlite3_finalize(s);
        place = sqlite3_last_insert_rowid(b->db);
        if (alone)
                browser_db_exec(b, "COMMIT");
        return place;
}

int64_t browser_db_add(BrowserDb *b, uint64_t at_usec, const char *url) {
        return browser_db_visit(b, &(BrowserVisit){.at_usec = at_usec, .url = url});
}

int64_t browser_db_number(BrowserDb *b, const char *sql) {
        sqlite3_stmt *s;
        int64_t n;

        CHECK(sqlite3_prepare_v2(b->db, sql, -1, &s, NULL) == SQLITE_OK);
        CHECK(sqlite3_step(s) == SQLITE_ROW);
        n = sqlite3_column_int64(s, 0);
        (void)sqlite3_finalize(s);
        return n;
}

void browser_db_fill(BrowserDb *b, uint64_t at_usec, int64_t bytes) {
        char url[512];

        browser_db_exec(b, "BEGIN");
        for (int64_t i = 0; browser_db_number(b, "PRAGMA page_count") *
                                    browser_db_number(b, "PRAGMA page_size") <
                            bytes;
                i++) {
                (void)snprintf(url, sizeof(url), "https://old.example/%0400lld", (long long)i);
                (void)browser_db_add(b, at_usec + (uint64_t)i, url);
        }
        browser_db_exec(b, "COMMIT");
}
