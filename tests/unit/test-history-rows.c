/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Visits out of a history: what counts as one, redirects, cursors, batches, foreign and damaged
 * tables. */

#include "common/array.h"
#include "common/buffer.h"
#include "common/time.h"
#include "daemon/sensors/history-rows.h"
#include "unit/browser-db.h"
#include "unit/test.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#define T0 ((uint64_t)1790000000000000) /* some time in 2026 */

/* What was handed up. */
typedef struct Seen {
        Buffer urls; /* one a line */
        size_t n, batches, redirected;
        Cursor after;
        size_t fail_at; /* the batch that is refused, or 0 */
        int64_t last_row;
        unsigned char *counts; /* by the number at the end of the URL, when not NULL */
} Seen;

static void seen_done(Seen *s) {
        buffer_done(&s->urls);
        free(s->counts);
}

static int on_rows(void *userdata, const Visit *visits, size_t n, const Cursor *after) {
        Seen *s = userdata;

        if (++s->batches == s->fail_at)
                return -ENOSPC;
        assert_true(n <= HISTORY_BATCH_MAX);
        for (size_t i = 0; i < n; i++) {
                if (s->counts)
                        s->counts[strtoul(strrchr(visits[i].url, '/') + 1, NULL, 10)]++;
                else
                        assert_int_equal(buffer_printf(&s->urls, "%s\n", visits[i].url), 0);
                assert_string_equal(visits[i].browser, "test");
                s->redirected += visits[i].redirected;
        }
        s->n += n;
        s->after = *after;
        return 0;
}

typedef struct Fixture {
        char path[64];
        BrowserDb b;
} Fixture;

static void remove_database(const char *path) {
        static const char *const SUFFIXES[] = {"", "-wal", "-journal"};

        for (size_t i = 0; i < ARRAY_LEN(SUFFIXES); i++) {
                _cleanup_free_ char *part = NULL;

                assert_true(asprintf(&part, "%s%s", path, SUFFIXES[i]) > 0);
                (void)unlink(part);
        }
}

static int setup(void **state, BrowserFamily family) {
        Fixture *f = calloc(1, sizeof(*f));

        (void)snprintf(f->path, sizeof(f->path), "/dev/shm/test-rows-%d.db", (int)getpid());
        remove_database(f->path);
        browser_db_open(f->path, family, &f->b);
        *state = f;
        return 0;
}

static int setup_firefox(void **state) {
        return setup(state, BROWSER_FIREFOX);
}

static int setup_chromium(void **state) {
        return setup(state, BROWSER_CHROMIUM);
}

static int teardown(void **state) {
        Fixture *f = *state;

        if (f->b.db)
                browser_db_close(&f->b);
        remove_database(f->path);
        free(f);
        return 0;
}

/* Reads like the sensor, but the file itself: it is ours, and unlocked for the moment. */
static int read_rows(Fixture *f, const RowsQuery *q, Seen *s) {
        BrowserFamily family = f->b.family;
        int r;

        if (f->b.db)
                browser_db_close(&f->b);
        r = history_rows_read(f->path, family, "test", q, on_rows, s);
        browser_db_open(f->path, family, &f->b);
        return r;
}

static void expect_query(Fixture *f, const RowsQuery *q, const char *urls, Cursor *after) {
        _cleanup_(seen_done) Seen s = {.after = q->cursor};

        assert_int_equal(read_rows(f, q, &s), 0);
        assert_string_equal(s.urls.data ? s.urls.data : "", urls);
        if (after)
                *after = s.after;
}

static void expect_all(Fixture *f, const char *urls) {
        expect_query(f, &(RowsQuery){0}, urls, NULL);
}

/* Reads on from *cursor and moves it. */
static void expect_new(Fixture *f, Cursor *cursor, const char *urls) {
        expect_query(f, &(RowsQuery){.cursor = *cursor}, urls, cursor);
}

/* --- what is a visit ------------------------------------------------------------------------- */

static void test_chromium_leaves_out_what_the_user_did_not_open(void **state) {
        static const struct {
                int64_t transition;
                const char *machine;
                bool shown;
        } CASES[] = {
                {0x30000001, NULL, true},          /* typed */
                {0x30000002, NULL, true},          /* bookmark */
                {0x30000003, NULL, false},         /* automatic subframe */
                {0x30000004, NULL, false},         /* manual subframe */
                {0x30000005, NULL, true},          /* generated: a search */
                {0x30000006, NULL, true},          /* start page */
                {0x30000007, NULL, true},          /* form */
                {0x30000008, NULL, true},          /* reload */
                {0x30000009, NULL, true},          /* keyword */
                {0x3000000a, NULL, false},         /* made up for a keyword */
                {0x30800000, NULL, false},         /* blocked */
                {(int32_t)0xa1000000, NULL, true}, /* redirect from nowhere, back and forward */
                {0x30000001, "another-machine", false}, /* synchronised */
        };
        _cleanup_(buffer_done) Buffer expected = {0};
        Fixture *f = *state;

        for (size_t i = 0; i < ARRAY_LEN(CASES); i++) {
                char url[64];

                (void)snprintf(url, sizeof(url), "https://a.example/%zu", i);
                (void)browser_db_visit(&f->b, &(BrowserVisit){.at_usec = T0 + i,
                                                      .url = url,
                                                      .type = CASES[i].transition,
                                                      .machine = CASES[i].machine});
                if (CASES[i].shown)
                        (void)buffer_printf(&expected, "%s\n", url);
        }
        expect_all(f, expected.data);
}

static void test_firefox_leaves_out_what_the_user_did_not_open(void **state) {
        Fixture *f = *state;

        for (int type = 1; type <= 9; type++) {
                char url[64];

                (void)snprintf(url, sizeof(url), "https://a.example/%d", type);
                (void)browser_db_visit(
                        &f->b, &(BrowserVisit){.at_usec = T0, .url = url, .type = type});
        }
        expect_all(f, "https://a.example/1\nhttps://a.example/2\nhttps://a.example/3\n"
                      "https://a.example/5\nhttps://a.example/6\nhttps://a.example/9\n");
}

/* The type of a visit to which a redirect led. */
static int64_t redirect(const Fixture *f) {
        return f->b.family == BROWSER_FIREFOX ? 6 : (int32_t)0xa0000001;
}

/* A chain of redirects, one visit each; `first_machine` is for the first of them. */
static void add_chain(Fixture *f, const char *const *urls, uint64_t at, const char *first_machine) {
        int64_t from = 0;

        for (size_t i = 0; urls[i]; i++)
                from = browser_db_visit(&f->b, &(BrowserVisit){.at_usec = at,
                                                       .url = urls[i],
                                                       .type = i > 0 ? redirect(f) : 0,
                                                       .from = from,
                                                       .machine = i > 0 ? NULL : first_machine});
}

static void test_redirects_on_one_page_are_one_visit(void **state) {
        static const char *const SCHEME[] = {"http://a.example/x", "https://a.example/x", NULL};
        static const char *const ALL[] = {"http://A.example/alex", "https://a.example/alex",
                "https://www.a.example/alex", "https://www.a.example/alex/?utm_source=x", NULL};
        Fixture *f = *state;

        add_chain(f, SCHEME, T0, NULL);
        add_chain(f, ALL, T0 + 1, NULL);
        expect_all(f, "http://a.example/x\nhttp://A.example/alex\n");
}

static void test_hop_that_ends_elsewhere_is_kept(void **state) {
        static const char *const LOGIN[] = {
                "https://a.example/alex.doe/", "https://a.example/login?next=/alex.doe/", NULL};
        static const char *const OTHERS[] = {"https://b.example/x?id=1", "https://b.example/x?id=2",
                "https://b.example/x?id=2#y", "https://b.example:8443/x?id=2#y", NULL};
        _cleanup_(seen_done) Seen s = {0};
        Fixture *f = *state;

        add_chain(f, LOGIN, T0, NULL);
        add_chain(f, OTHERS, T0 + 1, NULL);
        browser_db_exec(&f->b, f->b.family == BROWSER_FIREFOX ? "UPDATE moz_places SET hidden = 1"
                                                              : "UPDATE urls SET hidden = 1");
        expect_all(f, "https://a.example/alex.doe/\nhttps://a.example/login?next=/alex.doe/\n"
                      "https://b.example/x?id=1\nhttps://b.example/x?id=2\n"
                      "https://b.example/x?id=2#y\nhttps://b.example:8443/x?id=2#y\n");
        assert_int_equal(read_rows(f, &(RowsQuery){0}, &s), 0);
        assert_int_equal(s.redirected, 4);
}

static void test_end_of_a_chain_counts_when_its_begin_was_not_handed_up(void **state) {
        static const char *const CHAIN[] = {"http://a.example/x", "https://a.example/x", NULL};
        Fixture *f = *state;
        int64_t from;

        /* the hop lies before the bound */
        from = browser_db_add(&f->b, T0 - 10, CHAIN[0]);
        (void)browser_db_visit(&f->b,
                &(BrowserVisit){
                        .at_usec = T0 + 1, .url = CHAIN[1], .type = redirect(f), .from = from});
        expect_query(f, &(RowsQuery){.since_usec = T0}, "https://a.example/x\n", NULL);
}

static void test_end_of_a_chain_counts_when_its_begin_is_no_visit(void **state) {
        static const char *const CHAIN[] = {"http://a.example/x", "https://a.example/x", NULL};
        Fixture *f = *state;

        add_chain(f, CHAIN, T0, "another-machine");
        expect_all(f, "https://a.example/x\n");
}

static void test_a_link_from_the_same_page_is_a_visit(void **state) {
        Fixture *f = *state;
        int64_t from = browser_db_add(&f->b, T0, "https://a.example/x");

        (void)browser_db_visit(&f->b,
                &(BrowserVisit){.at_usec = T0 + 1, .url = "https://a.example/x/", .from = from});
        expect_all(f, "https://a.example/x\nhttps://a.example/x/\n");
}

static void test_redirect_whose_begin_was_deleted_is_kept(void **state) {
        Fixture *f = *state;

        /* the id of the hop belongs to a later visit by now, of the same page */
        (void)browser_db_visit(&f->b, &(BrowserVisit){.id = 5,
                                              .at_usec = T0,
                                              .url = "https://a.example/x",
                                              .type = redirect(f),
                                              .from = 7});
        (void)browser_db_visit(
                &f->b, &(BrowserVisit){.id = 7, .at_usec = T0 + 9, .url = "https://a.example/x"});
        expect_all(f, "https://a.example/x\nhttps://a.example/x\n");
}

static void test_url_that_cannot_be_used_is_passed_over(void **state) {
        _cleanup_free_ char *longest = malloc(HISTORY_URL_MAX + 2);
        _cleanup_(buffer_done) Buffer expected = {0};
        Fixture *f = *state;
        const char *table = f->b.family == BROWSER_FIREFOX ? "moz_places" : "urls";
        static const char *const VALUES[] = {"NULL", "''", "x'68747470733a2f2f61'",
                "cast(x'68ff68' as text)", "'https://a.example/' || char(0) || 'x'", "17"};

        for (size_t i = 0; i < ARRAY_LEN(VALUES); i++) {
                _cleanup_free_ char *sql = NULL;
                char url[32];

                (void)snprintf(url, sizeof(url), "https://x%zu/", i);
                (void)browser_db_add(&f->b, T0, url);
                assert_true(asprintf(&sql, "UPDATE %s SET url = %s WHERE url = '%s'", table,
                                    VALUES[i], url) > 0);
                browser_db_exec(&f->b, sql);
        }
        memset(longest, 'a', HISTORY_URL_MAX + 1);
        longest[HISTORY_URL_MAX + 1] = '\0';
        (void)browser_db_add(&f->b, T0, longest);
        longest[HISTORY_URL_MAX] = '\0';
        (void)browser_db_add(&f->b, T0, longest);
        (void)browser_db_add(&f->b, T0, "https://a.example/\xc3\xa4");
        /* a column of type LONGVARCHAR makes a text of the number */
        (void)buffer_printf(&expected, "17\n%s\nhttps://a.example/\xc3\xa4\n", longest);
        expect_all(f, expected.data);
}

static void test_visit_without_a_place_is_passed_over(void **state) {
        Fixture *f = *state;
        Cursor c = {0};

        (void)browser_db_add(&f->b, T0, "https://a.example/1");
        browser_db_exec(&f->b,
                f->b.family == BROWSER_FIREFOX ? "DELETE FROM moz_places" : "DELETE FROM urls");
        expect_new(f, &c, "");
        assert_int_equal(c.row, 1);
}

/* --- cursors --------------------------------------------------------------------------------- */

static void test_a_row_is_new_once(void **state) {
        Fixture *f = *state;
        Cursor c = {0};

        (void)browser_db_add(&f->b, T0, "https://a.example/1");
        expect_new(f, &c, "https://a.example/1\n");
        assert_int_equal(c.row, 1);
        assert_int_equal(c.newest_usec, T0);
        expect_new(f, &c, "");
        (void)browser_db_add(&f->b, T0, "https://a.example/2");
        (void)browser_db_add(&f->b, T0 - 5, "https://a.example/earlier");
        expect_new(f, &c, "https://a.example/2\nhttps://a.example/earlier\n");
        assert_int_equal(c.newest_usec, T0);
        expect_new(f, &c, "");
}

static void test_nothing_from_before_the_bound(void **state) {
        Fixture *f = *state;
        Cursor c = {.row = 1, .newest_usec = T0};

        for (int i = 0; i < 10; i++)
                (void)browser_db_add(&f->b, T0 + (uint64_t)i, "https://a.example/");
        expect_query(f, &(RowsQuery){.since_usec = T0 + 8},
                "https://a.example/\nhttps://a.example/\n", NULL);
        expect_query(
                f, &(RowsQuery){.cursor = c, .since_usec = T0 + 9}, "https://a.example/\n", NULL);
        expect_query(f, &(RowsQuery){.since_usec = UINT64_MAX}, "", NULL);
}

static void delete_from(Fixture *f, int64_t id) {
        char sql[96];

        (void)snprintf(sql, sizeof(sql), "DELETE FROM %s WHERE id >= %lld",
                f->b.family == BROWSER_FIREFOX ? "moz_historyvisits" : "visits", (long long)id);
        browser_db_exec(&f->b, sql);
        if (f->b.family == BROWSER_CHROMIUM && id <= 1)
                browser_db_exec(&f->b, "DELETE FROM sqlite_sequence");
}

static void test_ids_used_again_lose_no_visit(void **state) {
        Fixture *f = *state;
        Cursor c = {0};

        for (int i = 0; i < 5; i++)
                (void)browser_db_add(&f->b, T0 + (uint64_t)i, "https://a.example/old");
        expect_query(f, &(RowsQuery){0},
                "https://a.example/old\nhttps://a.example/old\nhttps://a.example/old\n"
                "https://a.example/old\nhttps://a.example/old\n",
                &c);
        /* cleared, and browsed on, while nobody looked: fewer rows, as many, more */
        delete_from(f, 1);
        (void)browser_db_add(&f->b, T0 + 10, "https://a.example/1");
        expect_new(f, &c, "https://a.example/1\n");
        expect_new(f, &c, "");
        delete_from(f, 1);
        (void)browser_db_add(&f->b, T0 + 20, "https://a.example/2");
        (void)browser_db_add(&f->b, T0 + 21, "https://a.example/3");
        expect_new(f, &c, "https://a.example/2\nhttps://a.example/3\n");
        expect_new(f, &c, "");
        assert_int_equal(c.row, 2);
}

static void test_cursor_follows_a_cleared_history(void **state) {
        Fixture *f = *state;
        Cursor c = {0};

        for (int i = 0; i < 3; i++)
                (void)browser_db_add(&f->b, T0 + 1000, "https://a.example/old");
        expect_query(f, &(RowsQuery){0},
                "https://a.example/old\nhttps://a.example/old\nhttps://a.example/old\n", &c);
        delete_from(f, 1);
        expect_new(f, &c, "");
        assert_int_equal(c.row, 0);
        /* and the clock went back: neither the id nor the time is higher than before */
        (void)browser_db_add(&f->b, T0, "https://a.example/new");
        expect_new(f, &c, "https://a.example/new\n");
        expect_new(f, &c, "");
}

static void test_part_of_a_history_forgotten_counts_nothing_twice(void **state) {
        Fixture *f = *state;
        Cursor c = {0};

        for (int i = 0; i < 6; i++)
                (void)browser_db_add(&f->b, T0 + (uint64_t)i, "https://a.example/old");
        expect_query(f, &(RowsQuery){.since_usec = T0 + 5}, "https://a.example/old\n", &c);
        delete_from(f, 4); /* "forget the last hour" */
        (void)browser_db_visit(
                &f->b, &(BrowserVisit){.id = 4, .at_usec = T0 + 9, .url = "https://a.example/new"});
        expect_new(f, &c, "https://a.example/new\n");
        expect_new(f, &c, "");
}

static void test_visit_in_the_future_counts_once_and_hides_nothing(void **state) {
        Fixture *f = *state;
        Cursor c = {0};

        (void)browser_db_add(&f->b, T0, "https://a.example/1");
        (void)browser_db_add(&f->b, T0 + 365 * USEC_PER_DAY, "https://a.example/future");
        expect_new(f, &c, "https://a.example/1\nhttps://a.example/future\n");
        (void)browser_db_add(&f->b, T0 + 1, "https://a.example/2");
        expect_new(f, &c, "https://a.example/2\n");
        (void)browser_db_add(&f->b, T0 + 365 * USEC_PER_DAY + 1, "https://a.example/3");
        expect_new(f, &c, "https://a.example/3\n");
        expect_new(f, &c, "");
        delete_from(f, 1);
        expect_new(f, &c, "");
        assert_int_equal(c.newest_usec, 0);
        (void)browser_db_add(&f->b, T0 + 5, "https://a.example/4");
        expect_new(f, &c, "https://a.example/4\n");
}

static void test_times_at_the_edge_of_the_column(void **state) {
        Fixture *f = *state;
        Cursor c = {0};

        (void)browser_db_add(
                &f->b, (uint64_t)INT64_MAX - (uint64_t)f->b.epoch_usec, "https://a.example/end");
        browser_db_exec(&f->b, f->b.family == BROWSER_FIREFOX
                                       ? "INSERT INTO moz_historyvisits(place_id, visit_date) "
                                         "VALUES(1, -9223372036854775807), (1, NULL), (1, 'x')"
                                       : "INSERT INTO visits(url, visit_time) VALUES(1, 5)");
        expect_query(f, &(RowsQuery){.since_usec = T0}, "https://a.example/end\n", &c);
        expect_new(f, &c, "");
}

static void test_moving_the_bound_back_reads_what_lies_between(void **state) {
        Fixture *f = *state;
        Cursor c = {0}, after;

        for (int i = 0; i < 6; i++) {
                char url[32];

                (void)snprintf(url, sizeof(url), "https://a.example/%d", i);
                (void)browser_db_add(&f->b, T0 + (uint64_t)i, url);
        }
        expect_query(f, &(RowsQuery){.since_usec = T0 + 4},
                "https://a.example/4\nhttps://a.example/5\n", &c);
        (void)browser_db_add(&f->b, T0 + 6, "https://a.example/6");
        expect_query(f, &(RowsQuery){.cursor = c, .since_usec = T0 + 2, .again_usec = T0 + 4},
                "https://a.example/2\nhttps://a.example/3\nhttps://a.example/6\n", &after);
        assert_int_equal(after.row, 7);
}

static void test_cursor_that_only_moves_is_told(void **state) {
        _cleanup_(seen_done) Seen s = {0}, still = {0};
        Fixture *f = *state;

        (void)browser_db_add(&f->b, T0, "https://a.example/1");
        assert_int_equal(read_rows(f, &(RowsQuery){.since_usec = T0 + 1}, &s), 0);
        assert_int_equal(s.batches, 1);
        assert_int_equal(s.n, 0);
        assert_int_equal(s.after.row, 1);
        assert_int_equal(
                read_rows(f, &(RowsQuery){.cursor = s.after, .since_usec = T0 + 1}, &still), 0);
        assert_int_equal(still.batches, 0);
}

/* --- batches --------------------------------------------------------------------------------- */

static void add_numbered(Fixture *f, unsigned from, unsigned to) {
        browser_db_exec(&f->b, "BEGIN");
        for (unsigned i = from; i < to; i++) {
                char url[48];

                (void)snprintf(url, sizeof(url), "https://a.example/%u", i);
                (void)browser_db_add(&f->b, T0 + i, url);
        }
        browser_db_exec(&f->b, "COMMIT");
}

static void expect_each_once(const Seen *s, unsigned from, unsigned to) {
        for (unsigned i = from; i < to; i++)
                if (s->counts[i] != 1)
                        fail_msg("visit %u was handed up %u times", i, s->counts[i]);
}

static void test_many_visits_come_in_batches(void **state) {
        _cleanup_(seen_done) Seen s = {.counts = calloc(25000, 1)};
        Fixture *f = *state;

        add_numbered(f, 0, 25000);
        assert_int_equal(read_rows(f, &(RowsQuery){0}, &s), 0);
        assert_int_equal(s.n, 25000);
        assert_int_equal(s.batches, 3);
        expect_each_once(&s, 0, 25000);
        assert_int_equal(s.after.row, 25000);
}

static void test_exactly_one_batch_moves_the_cursor_once(void **state) {
        _cleanup_(seen_done) Seen s = {.counts = calloc(HISTORY_BATCH_MAX, 1)};
        Fixture *f = *state;

        add_numbered(f, 0, HISTORY_BATCH_MAX);
        assert_int_equal(read_rows(f, &(RowsQuery){0}, &s), 0);
        assert_int_equal(s.batches, 1);
}

static void test_reading_broken_off_goes_on_where_it_was(void **state) {
        _cleanup_(seen_done) Seen s = {.counts = calloc(25000, 1), .fail_at = 2};
        Fixture *f = *state;

        add_numbered(f, 0, 25000);
        assert_int_equal(read_rows(f, &(RowsQuery){0}, &s), -ENOSPC);
        assert_int_equal(s.n, HISTORY_BATCH_MAX);
        s.fail_at = 0;
        assert_int_equal(read_rows(f, &(RowsQuery){.cursor = s.after}, &s), 0);
        expect_each_once(&s, 0, 25000);
}

static void test_broken_off_among_ids_used_again(void **state) {
        _cleanup_(seen_done) Seen s = {.counts = calloc(60000, 1), .fail_at = 6};
        Fixture *f = *state;

        add_numbered(f, 0, 30000);
        assert_int_equal(read_rows(f, &(RowsQuery){0}, &s), 0);
        assert_int_equal(s.batches, 3);
        delete_from(f, f->b.family == BROWSER_FIREFOX ? 5000 : 1);
        add_numbered(f, 30000, 60000);
        s.batches = 3; /* the third of the next batches is refused */
        assert_int_equal(read_rows(f, &(RowsQuery){.cursor = s.after}, &s), -ENOSPC);
        s.fail_at = 0;
        assert_int_equal(read_rows(f, &(RowsQuery){.cursor = s.after}, &s), 0);
        expect_each_once(&s, 0, 60000);
}

static void test_giant_urls_are_handed_up_early(void **state) {
        _cleanup_free_ char *url = malloc(HISTORY_URL_MAX);
        _cleanup_(seen_done) Seen s = {.counts = calloc(10, 1)};
        Fixture *f = *state;

        memset(url, 'a', HISTORY_URL_MAX);
        (void)snprintf(url, HISTORY_URL_MAX, "%0*d/1", HISTORY_URL_MAX - 10, 0);
        browser_db_exec(&f->b, "BEGIN");
        for (int i = 0; i < 300; i++)
                (void)browser_db_add(&f->b, T0, url);
        browser_db_exec(&f->b, "COMMIT");
        assert_int_equal(read_rows(f, &(RowsQuery){0}, &s), 0);
        assert_int_equal(s.n, 300);
        assert_true(s.batches > 1);
}

/* Any order of browsing, forgetting, reading and refusing hands up each visit once. A forgotten
 * part is looked at before the clock goes back, as the sensor does while it runs. */
static void test_any_history_is_handed_up_once(void **state) {
        _cleanup_(seen_done) Seen s = {.counts = calloc(20000, 1)};
        Fixture *f = *state;
        uint64_t now = T0;
        unsigned next = 0, read_up_to = 0;

        srand(4711);
        for (int step = 0; step < 400; step++) {
                int what = rand() % 10;

                if (what < 5) {
                        unsigned n = 1 + (unsigned)rand() % 20;

                        for (unsigned i = 0; i < n; i++, next++) {
                                char url[48];

                                now += (uint64_t)(rand() % 1000);
                                (void)snprintf(url, sizeof(url), "https://a.example/%u", next);
                                /* imported and clock-struck visits lie anywhere around now */
                                (void)browser_db_add(&f->b,
                                        rand() % 8 ? now : T0 + (uint64_t)rand() % 1000000, url);
                        }
                } else if (what < 9) {
                        s.fail_at = 0;
                        assert_int_equal(read_rows(f, &(RowsQuery){.cursor = s.after}, &s), 0);
                        expect_each_once(&s, read_up_to, next);
                        read_up_to = next;
                } else {
                        assert_int_equal(read_rows(f, &(RowsQuery){.cursor = s.after}, &s), 0);
                        read_up_to = next;
                        delete_from(f, rand() % 2 ? 1 : 1 + rand() % 50);
                        assert_int_equal(read_rows(f, &(RowsQuery){.cursor = s.after}, &s), 0);
                }
        }
        assert_int_equal(read_rows(f, &(RowsQuery){.cursor = s.after}, &s), 0);
        expect_each_once(&s, 0, next);
}

/* --- foreign and damaged tables -------------------------------------------------------------- */

static void test_older_tables_are_read(void **state) {
        Fixture *f = *state;

        if (f->b.family == BROWSER_FIREFOX)
                browser_db_exec(&f->b,
                        "DROP TABLE moz_historyvisits; CREATE TABLE moz_historyvisits(id INTEGER "
                        "PRIMARY KEY, place_id INTEGER, visit_date INTEGER);"
                        "INSERT INTO moz_places(id, url) VALUES(1, 'https://a.example/old');"
                        "INSERT INTO moz_historyvisits VALUES(1, 1, 1790000000000000)");
        else
                browser_db_exec(&f->b,
                        "DROP TABLE visits; CREATE TABLE visits(id INTEGER PRIMARY KEY, url "
                        "INTEGER, visit_time INTEGER, transition INTEGER);"
                        "INSERT INTO urls(id, url, last_visit_time) VALUES(1, "
                        "'https://a.example/old', 1);"
                        "INSERT INTO visits VALUES(1, 1, 13434473600000000, 805306368)");
        browser_db_close(&f->b); /* whose opening would put the indexes back */
        {
                _cleanup_(seen_done) Seen s = {0};

                assert_int_equal(history_rows_read(f->path, f->b.family, "test", &(RowsQuery){0},
                                         on_rows, &s),
                        0);
                assert_string_equal(s.urls.data, "https://a.example/old\n");
                assert_int_equal(s.after.newest_usec, T0);
        }
}

static int read_file(Fixture *f) {
        _cleanup_(seen_done) Seen s = {0};

        if (f->b.db)
                browser_db_close(&f->b);
        return history_rows_read(f->path, f->b.family, "test", &(RowsQuery){0}, on_rows, &s);
}

static void test_tables_that_are_missing_are_no_damage(void **state) {
        Fixture *f = *state;

        browser_db_exec(&f->b, f->b.family == BROWSER_FIREFOX ? "DROP TABLE moz_historyvisits"
                                                              : "DROP TABLE urls");
        assert_int_equal(read_file(f), -ENODATA);
}

static void test_tables_of_another_form_are_refused(void **state) {
        Fixture *f = *state;

        browser_db_exec(&f->b, f->b.family == BROWSER_FIREFOX
                                       ? "ALTER TABLE moz_historyvisits RENAME visit_date TO x"
                                       : "ALTER TABLE visits RENAME visit_time TO x");
        assert_int_equal(read_file(f), -EPROTO);
}

static void write_over(const char *path, long at, const char *bytes, size_t len) {
        FILE *file = fopen(path, "r+e");

        assert_non_null(file);
        assert_int_equal(fseek(file, at, SEEK_SET), 0);
        assert_int_equal(fwrite(bytes, 1, len, file), len);
        assert_int_equal(fclose(file), 0);
}

static void test_damaged_database_is_told(void **state) {
        _cleanup_free_ char *junk = malloc(256 * 1024);
        Fixture *f = *state;

        add_numbered(f, 0, 3000);
        browser_db_close(&f->b);
        memset(junk, 0x5a, 256 * 1024);
        write_over(f->path, f->b.family == BROWSER_FIREFOX ? 32768 : 4096, junk, 128 * 1024);
        assert_int_equal(read_file(f), -EBADMSG);
        write_over(f->path, 0, junk, 256 * 1024);
        assert_int_equal(read_file(f), -EBADMSG);
}

static void test_nothing_in_the_file_is_run(void **state) {
        Fixture *f = *state;

        /* a view in place of a table could call functions */
        if (f->b.family == BROWSER_FIREFOX)
                browser_db_exec(&f->b, "DROP TABLE moz_places; CREATE VIEW moz_places AS SELECT 1 "
                                       "AS id, 'https://a.example/' AS url");
        else
                browser_db_exec(&f->b, "DROP TABLE urls; CREATE VIEW urls AS SELECT 1 AS id, "
                                       "'https://a.example/' AS url");
        browser_db_exec(&f->b, f->b.family == BROWSER_FIREFOX
                                       ? "INSERT INTO moz_historyvisits(place_id, visit_date) "
                                         "VALUES(1, 1790000000000000)"
                                       : "INSERT INTO visits(url, visit_time) VALUES(1, "
                                         "13434473600000000)");
        assert_true(read_file(f) < 0);
}

#define on_firefox(test)  cmocka_unit_test_setup_teardown(test, setup_firefox, teardown)
#define on_chromium(test) cmocka_unit_test_setup_teardown(test, setup_chromium, teardown)
#define on_both(test)     on_firefox(test), on_chromium(test)

int main(void) {
        const struct CMUnitTest tests[] = {
                on_chromium(test_chromium_leaves_out_what_the_user_did_not_open),
                on_firefox(test_firefox_leaves_out_what_the_user_did_not_open),
                on_both(test_redirects_on_one_page_are_one_visit),
                on_both(test_hop_that_ends_elsewhere_is_kept),
                on_both(test_end_of_a_chain_counts_when_its_begin_was_not_handed_up),
                on_chromium(test_end_of_a_chain_counts_when_its_begin_is_no_visit),
                on_both(test_a_link_from_the_same_page_is_a_visit),
                on_both(test_redirect_whose_begin_was_deleted_is_kept),
                on_both(test_url_that_cannot_be_used_is_passed_over),
                on_both(test_visit_without_a_place_is_passed_over),
                on_both(test_a_row_is_new_once),
                on_both(test_nothing_from_before_the_bound),
                on_both(test_ids_used_again_lose_no_visit),
                on_both(test_cursor_follows_a_cleared_history),
                on_both(test_part_of_a_history_forgotten_counts_nothing_twice),
                on_both(test_visit_in_the_future_counts_once_and_hides_nothing),
                on_both(test_times_at_the_edge_of_the_column),
                on_both(test_moving_the_bound_back_reads_what_lies_between),
                on_both(test_cursor_that_only_moves_is_told),
                on_both(test_many_visits_come_in_batches),
                on_both(test_exactly_one_batch_moves_the_cursor_once),
                on_both(test_reading_broken_off_goes_on_where_it_was),
                on_both(test_broken_off_among_ids_used_again),
                on_both(test_giant_urls_are_handed_up_early),
                on_both(test_any_history_is_handed_up_once),
                on_both(test_older_tables_are_read),
                on_both(test_tables_that_are_missing_are_no_damage),
                on_both(test_tables_of_another_form_are_refused),
                on_both(test_damaged_database_is_told),
                on_both(test_nothing_in_the_file_is_run),
        };
        return cmocka_run_group_tests_name("history-rows", tests, NULL, NULL);
}
