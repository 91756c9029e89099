/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Reads visits out of a private copy of a browser's history. It is a client of a foreign database:
 * it never writes to it on purpose, takes no version of its tables for granted, and judges nothing.
 * The history sensor uses it.
 *
 * Which rows are new. An id that is higher than the cursor's is; but a browser that deletes rows
 * gives their ids to later visits (Firefox always, Chromium when all history is cleared), so that a
 * later time is enough too. Both marks come from one copy in which every row has been judged, thus
 * no row is new twice; that holds for times in the future as well. Deleted ids were the highest
 * when they went, so the rows that took them lie above all rows that stayed, and reading by id in
 * ascending order can be broken off anywhere: what is left to read has higher ids than the last one
 * read. */

#include "daemon/sensors/history-rows.h"

#include "common/array.h"
#include "common/buffer.h"
#include "core/url.h"

#include <errno.h>
#include <sqlite3.h>
#include <utf8proc.h>

/* --- the two families ------------------------------------------------------------------------ */

/* A column that a version may lack, and what stands for it then. */
typedef struct Column {
        const char *name; /* NULL: this family has none */
        const char *fallback;
} Column;

/* How one family keeps visits. Seen from the query below a visit has id, at, place, type, origin,
 * and machine, under the aliases v (a visit) and o (the one that it came from). */
typedef struct Dialect {
        const char *visits, *places; /* tables */
        const char *at, *place;      /* columns without which nothing can be read */
        Column type, origin, machine;
        const char *v_shown, *o_shown; /* the user saw a page */
        const char *redirected;        /* v is where a redirect led */
        int64_t epoch_usec;            /* 1970 in the family's time */
} Dialect;

/* Firefox, toolkit/components/places/nsINavHistoryService.idl: 4 embed, 7 download, 8 framed link;
 * 5 and 6 permanent and temporary redirect. */
#define FIREFOX_SHOWN(v) v ".type NOT IN (4, 7, 8)"

/* Chromium, ui/base/page_transition_types.h: the lowest byte is the type: 3 and 4 frames, 10 an
 * address made up for a keyword search; 0x00800000 blocked by a supervisor; 0xC0000000 client or
 * server redirect. Visits of other machines: components/history/core/browser/visit_database.cc. */
#define CHROMIUM_SHOWN(v)                                                                          \
        "(" v ".type & 255) NOT IN (3, 4, 10) AND (" v ".type & 8388608) = 0 AND " v ".machine = ''"

static const Dialect DIALECTS[] = {
        [BROWSER_FIREFOX] =
                {
                        .visits = "moz_historyvisits",
                        .places = "moz_places",
                        .at = "visit_date",
                        .place = "place_id",
                        .type = {"visit_type", "1"},
                        .origin = {"from_visit", "0"},
                        .machine = {NULL, "''"},
                        .v_shown = FIREFOX_SHOWN("v"),
                        .o_shown = FIREFOX_SHOWN("o"),
                        .redirected = "v.type IN (5, 6)",
                        .epoch_usec = 0,
                },
        [BROWSER_CHROMIUM] =
                {
                        .visits = "visits",
                        .places = "urls",
                        .at = "visit_time",
                        .place = "url",
                        .type = {"transition", "0"},
                        .origin = {"from_visit", "0"},
                        .machine = {"originator_cache_guid", "''"},
                        .v_shown = CHROMIUM_SHOWN("v"),
                        .o_shown = CHROMIUM_SHOWN("o"),
                        .redirected = "(v.type & 3221225472) <> 0",
                        .epoch_usec = 11644473600000000, /* since 1601 */
                },
};

/* --- SQLite ---------------------------------------------------------------------------------- */

static void statement_freep(sqlite3_stmt **s) {
        (void)sqlite3_finalize(*s);
}
#define _cleanup_statement_ _cleanup_(statement_freep)

static void database_closep(sqlite3 **db) {
        (void)sqlite3_close(*db);
}

static int errno_from_sqlite(int rc) {
        static const struct {
                int rc, error;
        } ERRORS[] = {
                {SQLITE_OK, 0},
                {SQLITE_NOMEM, -ENOMEM},
                {SQLITE_FULL, -ENOSPC},
                {SQLITE_CORRUPT, -EBADMSG},
                {SQLITE_NOTADB, -EBADMSG},
                {SQLITE_ERROR, -EPROTO},
        };

        for (size_t i = 0; i < ARRAY_LEN(ERRORS); i++)
                if ((rc & 0xff) == ERRORS[i].rc)
                        return ERRORS[i].error;
        return -EIO;
}

/* Nothing in the file may run: it has no triggers or views of ours. In exclusive mode the log's
 * index is in our memory rather than in a file, and what a crash left is recovered at the first
 * read. */
static int database_open(const char *path, sqlite3 **ret) {
        static const char SETTINGS[] = "PRAGMA locking_mode = EXCLUSIVE;"
                                       "PRAGMA synchronous = OFF;"
                                       "PRAGMA temp_store = MEMORY;"
                                       "PRAGMA cache_size = -1024;"
                                       "PRAGMA cell_size_check = ON;"
                                       "BEGIN";
        _cleanup_(database_closep) sqlite3 *db = NULL;
        int rc;

        rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
        if (rc == SQLITE_OK) {
                (void)sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
                (void)sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
                (void)sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
                (void)sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
                (void)sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
                rc = sqlite3_exec(db, SETTINGS, NULL, NULL, NULL);
        }
        if (rc != SQLITE_OK)
                return errno_from_sqlite(rc);
        *ret = TAKE_PTR(db);
        return 0;
}

static int prepare(sqlite3 *db, const char *sql, sqlite3_stmt **ret) {
        return errno_from_sqlite(sqlite3_prepare_v2(db, sql, -1, ret, NULL));
}

/* Returns 1 when there is a row, 0 when there is none. */
static int step(sqlite3_stmt *s) {
        int rc = sqlite3_step(s);

        if (rc == SQLITE_ROW)
                return 1;
        return rc == SQLITE_DONE ? 0 : errno_from_sqlite(rc);
}

/* --- reading --------------------------------------------------------------------------------- */

enum {
        URL_BYTES_MAX = 8 * 1024 * 1024, /* of one batch; a batch of giants is handed up early */
};

/* The state of one reading. */
typedef struct Reader {
        sqlite3 *db;
        const Dialect *dialect;
        const char *browser;
        const RowsQuery *query;
        rows_func func;
        void *userdata;
        Visit *visits; /* the batch; their URLs lie one after another in `urls` */
        size_t n, space;
        Buffer urls;
        Cursor cursor; /* stands for what was handed up and the batch */
        Cursor handed; /* the last one handed up */
} Reader;

/* Which rows of the two orders: by time (then id is at most `row`), or by id (then it is above
 * `row`). */
typedef struct Range {
        bool by_id;
        bool again; /* were judged before: the cursor stays */
        uint64_t after_usec, until_usec;
        int64_t row;
} Range;

static void reader_done(Reader *r) {
        free(r->visits);
        buffer_done(&r->urls);
        if (r->db)
                (void)sqlite3_close(r->db);
}

/* The family's time, kept within what a column can hold. */
static int64_t raw_time(const Reader *r, uint64_t usec) {
        uint64_t max = (uint64_t)(INT64_MAX - r->dialect->epoch_usec);

        return (int64_t)MIN(usec, max) + r->dialect->epoch_usec;
}

static uint64_t usec_from_raw(const Reader *r, int64_t raw) {
        return raw > r->dialect->epoch_usec ? (uint64_t)(raw - r->dialect->epoch_usec) : 0;
}

static bool cursor_equal(const Cursor *a, const Cursor *b) {
        return a->row == b->row && a->newest_usec == b->newest_usec;
}

static int reader_flush(Reader *r) {
        const char *url = r->urls.data;
        int k;

        for (size_t i = 0; i < r->n; i++) {
                r->visits[i].url = url;
                url += strlen(url) + 1;
        }
        k = r->func(r->userdata, r->visits, r->n, &r->cursor);
        if (k < 0)
                return k;
        r->handed = r->cursor;
        r->n = 0;
        buffer_cut(&r->urls, 0);
        return 0;
}

static bool valid_utf8(const char *s, size_t len) {
        const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)s;
        utf8proc_ssize_t rest = (utf8proc_ssize_t)len;
        utf8proc_int32_t c;

        while (rest > 0) {
                utf8proc_ssize_t n = utf8proc_iterate(p, rest, &c);

                if (n <= 0)
                        return false;
                p += n;
                rest -= n;
        }
        return true;
}

/* The visit's URL comes to lie in the batch's own memory, see reader_flush(). */
static int reader_add(Reader *r, Visit visit, const char *url, size_t len) {
        if (ARRAY_RESERVE(r->visits, r->space, r->n + 1) < 0 ||
                buffer_add(&r->urls, url, len + 1) < 0)
                return -ENOMEM;
        r->visits[r->n++] = visit;
        return 0;
}

static const char *without_www(const char *host) {
        return strncmp(host, "www.", 4) == 0 ? host + 4 : host;
}

static bool same_params(const Url *a, const Url *b) {
        if (a->n_params != b->n_params)
                return false;
        for (size_t i = 0; i < a->n_params; i++)
                if (!streq(a->params[i].name, b->params[i].name) ||
                        !streq(a->params[i].value, b->params[i].value))
                        return false;
        return true;
}

static bool same_segments(const Url *a, const Url *b) {
        if (a->n_segments != b->n_segments)
                return false;
        for (size_t i = 0; i < a->n_segments; i++)
                if (!streq(a->segments[i], b->segments[i]))
                        return false;
        return true;
}

/* Is it one page, but for http or https, "www.", slashes, and what marks where the reader came
 * from? */
static bool same_page(const char *a_text, const char *b_text) {
        _cleanup_(url_freep) Url *a = NULL;
        _cleanup_(url_freep) Url *b = NULL;

        if (url_parse(a_text, &a) < 0 || url_parse(b_text, &b) < 0)
                return streq(a_text, b_text);
        return streq(without_www(a->host), without_www(b->host)) && a->port == b->port &&
               same_segments(a, b) && same_params(a, b) &&
               streq(a->fragment ? a->fragment : "", b->fragment ? b->fragment : "");
}

/* One row of the query: id, time, URL, the URL of the visit that redirected here. */
static int reader_take_row(Reader *r, sqlite3_stmt *s, bool again) {
        int64_t id = sqlite3_column_int64(s, 0);
        uint64_t at = usec_from_raw(r, sqlite3_column_int64(s, 1));
        const char *url, *origin;
        size_t len;
        int k;

        if (!again) {
                r->cursor.row = id;
                r->cursor.newest_usec = MAX(r->cursor.newest_usec, at);
        }
        if (sqlite3_column_type(s, 2) != SQLITE_TEXT)
                return 0;
        url = (const char *)sqlite3_column_text(s, 2);
        if (!url)
                return -ENOMEM;
        len = (size_t)sqlite3_column_bytes(s, 2);
        if (len == 0 || len > HISTORY_URL_MAX || strlen(url) != len || !valid_utf8(url, len))
                return 0;
        origin = (const char *)sqlite3_column_text(s, 3);
        if (origin && same_page(origin, url))
                return 0;
        k = reader_add(r,
                (Visit){.row = id, .at_usec = at, .browser = r->browser, .redirected = origin}, url,
                len);
        if (k >= 0 && (r->n == HISTORY_BATCH_MAX || r->urls.len >= URL_BYTES_MAX))
                k = reader_flush(r);
        return k;
}

/* --- the query ------------------------------------------------------------------------------- */

/* Which of the columns does the table have? Returns 1 when `column` exists, 0 when not. */
static int has_column(Reader *r, const char *table, const char *column) {
        _cleanup_statement_ sqlite3_stmt *s = NULL;
        int k;

        k = prepare(r->db, "SELECT 1 FROM pragma_table_info(?1) WHERE name = ?2", &s);
        if (k < 0)
                return k;
        (void)sqlite3_bind_text(s, 1, table, -1, SQLITE_STATIC);
        (void)sqlite3_bind_text(s, 2, column, -1, SQLITE_STATIC);
        return step(s);
}

/* Returns 0 when everything that is needed is there; -ENODATA without the tables, -EPROTO without
 * the columns. */
static int check_tables(Reader *r) {
        const Dialect *d = r->dialect;
        const struct {
                const char *table, *column;
                int missing;
        } needed[] = {
                {d->visits, "id", -ENODATA},
                {d->places, "id", -ENODATA},
                {d->visits, d->at, -EPROTO},
                {d->visits, d->place, -EPROTO},
                {d->places, "url", -EPROTO},
        };

        for (size_t i = 0; i < ARRAY_LEN(needed); i++) {
                int k = has_column(r, needed[i].table, needed[i].column);

                if (k <= 0)
                        return k < 0 ? k : needed[i].missing;
        }
        return 0;
}

static int add_column(Reader *r, Buffer *sql, const Column *c, const char *as) {
        int k = c->name ? has_column(r, r->dialect->visits, c->name) : 0;

        if (k < 0)
                return k;
        if (k > 0)
                return buffer_printf(sql, ", coalesce(%s, %s) AS %s", c->name, c->fallback, as);
        return buffer_printf(sql, ", %s AS %s", c->fallback, as);
}

/* The visits under the names that the query uses. */
static int build_visits(Reader *r, Buffer *sql) {
        const Dialect *d = r->dialect;
        int k;

        k = buffer_printf(sql, "(SELECT id, %s AS at, %s AS place", d->at, d->place);
        if (k >= 0)
                k = add_column(r, sql, &d->type, "type");
        if (k >= 0)
                k = add_column(r, sql, &d->origin, "origin");
        if (k >= 0)
                k = add_column(r, sql, &d->machine, "machine");
        return k < 0 ? k : buffer_printf(sql, " FROM %s)", d->visits);
}

/* A plus sign keeps SQLite from using that column's index. */
static int build_query(Reader *r, bool by_id, Buffer *sql) {
        static const char *const RANGES[] = {
                "v.at > ?1 AND v.at <= ?2 AND +v.id <= ?3",
                "v.id > ?3 AND +v.at > ?1 AND +v.at <= ?2",
        };
        const Dialect *d = r->dialect;
        _cleanup_(buffer_done) Buffer visits = {0};
        int k;

        k = build_visits(r, &visits);
        if (k < 0)
                return k;
        return buffer_printf(sql,
                "SELECT v.id, v.at, u.url, ou.url FROM %s v CROSS JOIN %s u ON u.id = v.place"
                " LEFT JOIN %s o ON o.id = v.origin AND o.id < v.id AND o.at >= ?4 AND %s AND %s"
                " LEFT JOIN %s ou ON ou.id = o.place WHERE %s AND %s ORDER BY v.id",
                visits.data, d->places, visits.data, d->redirected, d->o_shown, d->places,
                RANGES[by_id], d->v_shown);
}

static int read_range(Reader *r, const Range *range) {
        _cleanup_statement_ sqlite3_stmt *s = NULL;
        _cleanup_(buffer_done) Buffer sql = {0};
        int64_t since = raw_time(r, r->query->since_usec);
        int k;

        k = build_query(r, range->by_id, &sql);
        if (k >= 0)
                k = prepare(r->db, sql.data, &s);
        if (k < 0)
                return k;
        (void)sqlite3_bind_int64(s, 1, MAX(raw_time(r, range->after_usec), since - 1));
        (void)sqlite3_bind_int64(s, 2, raw_time(r, range->until_usec));
        (void)sqlite3_bind_int64(s, 3, range->row);
        (void)sqlite3_bind_int64(s, 4, since);
        while ((k = step(s)) > 0) {
                k = reader_take_row(r, s, range->again);
                if (k < 0)
                        return k;
        }
        return k;
}

/* The highest id and the latest time of all rows. Both are at the end of an index. A time that is
 * no number sorts above every number. */
static int read_ends(Reader *r, Cursor *ret) {
        _cleanup_statement_ sqlite3_stmt *s = NULL;
        _cleanup_(buffer_done) Buffer sql = {0};
        const Dialect *d = r->dialect;
        int k;

        k = buffer_printf(&sql,
                "SELECT (SELECT max(id) FROM %s), (SELECT max(%s) FROM %s WHERE %s <= ?1)",
                d->visits, d->at, d->visits, d->at);
        if (k >= 0)
                k = prepare(r->db, sql.data, &s);
        if (k < 0)
                return k;
        (void)sqlite3_bind_int64(s, 1, INT64_MAX);
        k = step(s);
        if (k < 0)
                return k;
        *ret = (Cursor){
                .row = MAX(sqlite3_column_int64(s, 0), (sqlite3_int64)0),
                .newest_usec = usec_from_raw(r, sqlite3_column_int64(s, 1)),
        };
        return 0;
}

/* What was judged, and is asked for again: the cursor does not move. */
static int read_again(Reader *r) {
        const RowsQuery *q = r->query;
        Range again = {.again = true,
                .until_usec = MIN(q->again_usec - 1, q->cursor.newest_usec),
                .row = q->cursor.row};
        int k;

        k = read_range(r, &again);
        return k < 0 || r->n == 0 ? k : reader_flush(r);
}

static int read_new(Reader *r) {
        const Cursor *c = &r->query->cursor;
        Range all = {.until_usec = UINT64_MAX, .row = INT64_MAX};
        Range later = {.after_usec = c->newest_usec, .until_usec = UINT64_MAX, .row = c->row};
        Range higher = {.by_id = true, .until_usec = UINT64_MAX, .row = c->row};
        int k;

        if (c->row == 0)
                return read_range(r, &all);
        k = read_range(r, &later);
        return k < 0 ? k : read_range(r, &higher);
}

int history_rows_read(const char *path, BrowserFamily family, const char *browser,
        const RowsQuery *query, rows_func func, void *userdata) {
        _cleanup_(reader_done) Reader r = {.dialect = &DIALECTS[family],
                .browser = browser,
                .query = query,
                .func = func,
                .userdata = userdata,
                .cursor = query->cursor,
                .handed = query->cursor};
        Cursor ends;
        int k;

        k = database_open(path, &r.db);
        if (k >= 0)
                k = check_tables(&r);
        if (k >= 0)
                k = read_ends(&r, &ends);
        if (k >= 0 && query->again_usec > query->since_usec && query->cursor.row > 0)
                k = read_again(&r);
        if (k >= 0)
                k = read_new(&r);
        if (k < 0)
                return k;
        r.cursor = ends;
        return r.n > 0 || !cursor_equal(&r.cursor, &r.handed) ? reader_flush(&r) : 0;
}
