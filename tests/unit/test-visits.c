/* SPDX-License-Identifier: GPL-3.0-or-later */

/* From what sensors saw to entries of the ledger: one visit is one entry, however many saw it. */

#include "daemon/records.h"
#include "daemon/visits.h"
#include "unit/ledger-fixture.h"
#include "unit/random.h"

#include <errno.h>

#define PROFILE   "https://www.instagram.com/alex.doe/"
#define SECOND    USEC_PER_SEC
#define PROFILE_2 "https://www.instagram.com/p.doe/"

static int visits_setup(void **state) {
        Desk *d;
        int r = desk_setup(state);

        if (r < 0)
                return r;
        d = *state;
        desk_begin(d, ALEX, "Alex Doe", "full", NOON - DAY, 30);
        (void)desk_record(d, EVENT_IDENTITY_ADDED, ALEX, NOON - DAY,
                identity_data("handle", "instagram:alex.doe"));
        (void)desk_record(d, EVENT_IDENTITY_ADDED, ALEX, NOON - DAY,
                identity_data("profile", "https://example.org/~alex"));
        return 0;
}

/* A report from `source` about one visit; returns the grade that it now has. */
static Grade report(Desk *d, const char *source, const char *url, uint64_t at) {
        SeenVisit visit = {.url = url, .at_usec = at};
        Grade grade = _GRADE_MAX;
        Source s;

        assert_int_equal(source_parse(source, &s), 0);
        assert_true(visits_record(d->l, at, &s, &visit, 1, NULL, NULL, &grade) >= 0);
        return grade;
}

/* Rows of Firefox's history, read at `now`; returns how many events were recorded. */
static int read_history(
        Desk *d, uint64_t now, const SeenVisit *visits, size_t n, const Cursor *cursor) {
        Source s;

        assert_int_equal(source_parse("history:firefox", &s), 0);
        return visits_record(d->l, now, &s, visits, n, "firefox/x", cursor, NULL);
}

static unsigned count(const Desk *d, Grade grade) {
        return state_person(ledger_state(d->l), ALEX)->counts[grade];
}

static int64_t entries(const Desk *d, const char *kind) {
        char sql[128];

        (void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM event WHERE kind = '%s'", kind);
        return fixture_number(d->dir, sql);
}

/* --- one visit, several sensors -------------------------------------------------------------- */

static void test_a_page_that_was_shown_is_a_slip(void **state) {
        StoreEntry entry = {0};
        Desk *d = *state;

        assert_int_equal(report(d, "history:firefox", PROFILE, NOON), GRADE_SLIP);
        assert_int_equal(count(d, GRADE_SLIP), 1);
        assert_int_equal(store_get(ledger_store(d->l), ledger_state(d->l)->seq, &entry), 0);
        assert_string_equal(event_string(&entry.event, "channel"), "firefox");
        assert_string_equal(event_string(&entry.event, "source"), "history");
        assert_string_equal(event_string(&entry.event, "target"), PROFILE);
        assert_string_equal(event_string(&entry.event, "key"), "instagram:alex.doe");
        assert_string_equal(event_string(&entry.event, "via"), "profile");
        assert_int_equal(entry.event.at_usec, NOON);
        event_done(&entry.event);
        assert_desk_sound(d);
}

static void test_a_report_and_then_the_history_are_one_attempt(void **state) {
        Snapshot before;
        Desk *d = *state;

        assert_int_equal(report(d, "extension:firefox", PROFILE, NOON), GRADE_ATTEMPT);
        before = desk_snapshot(d);
        assert_int_equal(report(d, "history:firefox", PROFILE, NOON - SECOND), GRADE_ATTEMPT);
        assert_desk_unchanged(d, &before);
        assert_int_equal(count(d, GRADE_ATTEMPT), 1);
}

static void test_the_history_and_then_a_report_are_corrected_to_an_attempt(void **state) {
        Desk *d = *state;
        Streak streak;

        assert_int_equal(report(d, "history:firefox", PROFILE, NOON), GRADE_SLIP);
        assert_int_equal(
                report(d, "extension:firefox", PROFILE, NOON + 10 * SECOND), GRADE_ATTEMPT);
        assert_int_equal(count(d, GRADE_SLIP), 0);
        assert_int_equal(count(d, GRADE_ATTEMPT), 1);
        assert_int_equal(entries(d, "slip"), 1);
        assert_int_equal(entries(d, "corrected"), 1);
        assert_int_equal(entries(d, "attempt"), 0);
        assert_true(person_streak(state_person(ledger_state(d->l), ALEX), NOON + DAY, &streak));
        assert_int_equal(streak.since_usec, NOON - DAY);
        assert_desk_sound(d);

        /* and that once */
        assert_int_equal(
                report(d, "extension:firefox", PROFILE, NOON + 11 * SECOND), GRADE_ATTEMPT);
        assert_int_equal(report(d, "policy", PROFILE, NOON + 11 * SECOND), GRADE_ATTEMPT);
        assert_int_equal(entries(d, "corrected"), 1);
        assert_int_equal(count(d, GRADE_ATTEMPT), 1);
}

/* Seen, and at once tried again and stopped: within the window that is one visit that was stopped,
 * and the browser's own row of the second try is no slip. */
static void test_the_row_of_a_second_try_is_no_slip(void **state) {
        Desk *d = *state;

        (void)report(d, "history:firefox", PROFILE, NOON);
        (void)report(d, "extension:firefox", PROFILE, NOON + 12 * SECOND);
        assert_int_equal(report(d, "history:firefox", PROFILE, NOON + 11 * SECOND), GRADE_ATTEMPT);
        assert_int_equal(count(d, GRADE_SLIP), 0);
        assert_int_equal(count(d, GRADE_ATTEMPT), 1);
        /* long after it, one is */
        assert_int_equal(report(d, "history:firefox", PROFILE, NOON + MINUTE), GRADE_SLIP);
        assert_desk_sound(d);
}

static void test_a_history_that_is_taken_over_brings_nothing_new(void **state) {
        Snapshot before;
        Desk *d = *state;

        assert_int_equal(report(d, "history:firefox", PROFILE, NOON), GRADE_SLIP);
        before = desk_snapshot(d);
        assert_int_equal(report(d, "history:firefox", PROFILE, NOON), GRADE_SLIP);
        assert_int_equal(report(d, "history:chromium", PROFILE, NOON), GRADE_SLIP);
        assert_desk_unchanged(d, &before);
        assert_int_equal(report(d, "history:firefox", PROFILE, NOON + 1), GRADE_SLIP);
        assert_int_equal(count(d, GRADE_SLIP), 2);
}

static void test_two_spellings_of_a_page_are_one_visit(void **state) {
        Desk *d = *state;

        (void)report(d, "extension:firefox", "http://instagram.com/Alex.Doe?igsh=1", NOON);
        (void)report(d, "history:firefox", PROFILE, NOON);
        assert_int_equal(count(d, GRADE_ATTEMPT), 1);
        assert_int_equal(count(d, GRADE_SLIP), 0);
}

static void test_a_sensor_without_a_browser_agrees_with_each(void **state) {
        Desk *d = *state;

        assert_int_equal(report(d, "history:firefox", PROFILE, NOON), GRADE_SLIP);
        assert_int_equal(report(d, "sinkhole", PROFILE, NOON + SECOND), GRADE_ATTEMPT);
        assert_int_equal(count(d, GRADE_ATTEMPT), 1);
        assert_int_equal(report(d, "policy", PROFILE, NOON + HOUR), GRADE_ATTEMPT);
        assert_int_equal(report(d, "history:chromium", PROFILE, NOON + HOUR), GRADE_ATTEMPT);
        assert_int_equal(count(d, GRADE_ATTEMPT), 2);
        assert_int_equal(count(d, GRADE_SLIP), 0);
}

static void test_another_browser_is_another_visit(void **state) {
        Desk *d = *state;

        (void)report(d, "history:firefox", PROFILE, NOON);
        assert_int_equal(report(d, "extension:chromium", PROFILE, NOON + SECOND), GRADE_ATTEMPT);
        assert_int_equal(count(d, GRADE_SLIP), 1);
        assert_int_equal(count(d, GRADE_ATTEMPT), 1);
}

/* The nearest entry is the other browser's; the one that is meant lies further off. */
static void test_a_report_finds_its_own_browsers_visit_among_others(void **state) {
        Desk *d = *state;

        (void)report(d, "history:firefox", PROFILE, NOON);
        (void)report(d, "history:chromium", PROFILE, NOON + 5 * SECOND);
        assert_int_equal(report(d, "extension:firefox", PROFILE, NOON + 6 * SECOND), GRADE_ATTEMPT);
        assert_int_equal(count(d, GRADE_SLIP), 1);
        assert_int_equal(count(d, GRADE_ATTEMPT), 1);
        assert_int_equal(entries(d, "attempt"), 0);
}

static void test_two_visits_20_seconds_apart_are_two(void **state) {
        Desk *d = *state;

        (void)report(d, "extension:firefox", PROFILE, NOON);
        (void)report(d, "extension:firefox", PROFILE, NOON + 20 * SECOND);
        assert_int_equal(count(d, GRADE_ATTEMPT), 2);
        (void)report(d, "history:firefox", PROFILE, NOON + HOUR);
        (void)report(d, "extension:firefox", PROFILE, NOON + HOUR + 20 * SECOND);
        assert_int_equal(count(d, GRADE_ATTEMPT), 3);
        assert_int_equal(count(d, GRADE_SLIP), 1);
}

static void test_the_window_ends_after_15_seconds(void **state) {
        Desk *d = *state;

        (void)report(d, "extension:firefox", PROFILE, NOON);
        (void)report(d, "history:firefox", PROFILE, NOON + 15 * SECOND);
        assert_int_equal(count(d, GRADE_SLIP), 0);
        (void)report(d, "history:firefox", PROFILE, NOON + 15 * SECOND + 1);
        assert_int_equal(count(d, GRADE_SLIP), 1);
}

static void test_each_row_of_a_history_is_a_visit(void **state) {
        static const SeenVisit rows[] = {{.url = PROFILE, .at_usec = NOON},
                {.url = PROFILE, .at_usec = NOON + SECOND},
                {.url = "https://example.org/~alex/", .at_usec = NOON + SECOND},
                {.url = PROFILE, .at_usec = NOON + 2 * SECOND}};
        const Cursor cursor = {.row = 4, .newest_usec = NOON + 2 * SECOND};
        Desk *d = *state;

        assert_int_equal(read_history(d, NOON + MINUTE, rows, ARRAY_LEN(rows), &cursor), 4);
        assert_int_equal(count(d, GRADE_SLIP), 4);
        assert_desk_sound(d);
        /* also when the next is read a little later */
        assert_int_equal(report(d, "history:firefox", PROFILE, NOON + 3 * SECOND), GRADE_SLIP);
        assert_int_equal(count(d, GRADE_SLIP), 5);
}

static void test_what_the_user_corrected_stays_as_they_said(void **state) {
        const char *why = NULL;
        Desk *d = *state;
        uint64_t slip;

        (void)report(d, "history:firefox", PROFILE, NOON);
        slip = ledger_state(d->l)->seq;
        assert_int_equal(records_correct(d->l, NOON, slip, "relapse", "", &why), 0);
        assert_int_equal(report(d, "extension:firefox", PROFILE, NOON + SECOND), GRADE_RELAPSE);
        assert_int_equal(count(d, GRADE_RELAPSE), 1);
        assert_int_equal(count(d, GRADE_ATTEMPT), 0);

        assert_int_equal(records_correct(d->l, NOON, slip, "none", "", &why), 0);
        assert_int_equal(report(d, "policy", PROFILE, NOON + SECOND), GRADE_NONE);
        assert_int_equal(entries(d, "corrected"), 2);

        assert_int_equal(records_correct(d->l, NOON, slip, "slip", "", &why), 0);
        assert_int_equal(report(d, "policy", PROFILE, NOON + SECOND), GRADE_SLIP);
        assert_int_equal(entries(d, "corrected"), 3);
}

/* Chromium that takes over Firefox's history brings rows of what Firefox's extension stopped, to
 * the second and not to the moment. */
static void test_what_was_stopped_is_no_slip_when_another_browser_takes_it_over(void **state) {
        const SeenVisit row = {.url = PROFILE, .at_usec = NOON - SECOND};
        Source chromium;
        Snapshot before;
        Desk *d = *state;

        (void)report(d, "extension:firefox", PROFILE, NOON);
        before = desk_snapshot(d);
        assert_int_equal(source_parse("history:chromium", &chromium), 0);
        assert_int_equal(visits_record(d->l, NOON + DAY, &chromium, &row, 1, NULL, NULL, NULL), 0);
        assert_desk_unchanged(d, &before);
        /* read at once it is another browser's own */
        assert_int_equal(
                visits_record(d->l, NOON + SECOND, &chromium, &row, 1, NULL, NULL, NULL), 1);
        assert_int_equal(count(d, GRADE_SLIP), 1);
}

/* The site leads from their page to another address of it. */
static void test_where_a_redirect_leads_is_the_same_visit(void **state) {
        static const SeenVisit rows[] = {{.url = PROFILE, .at_usec = NOON},
                {.url = PROFILE "reels/", .at_usec = NOON + SECOND, .redirected = true}};
        static const SeenVisit later[] = {
                {.url = PROFILE "tagged/", .at_usec = NOON + 2 * SECOND, .redirected = true},
                {.url = "https://example.org/~alex/",
                        .at_usec = NOON + 2 * SECOND,
                        .redirected = true}};
        const Cursor cursor = {.row = 4, .newest_usec = NOON + 2 * SECOND};
        Desk *d = *state;

        assert_int_equal(read_history(d, NOON + MINUTE, rows, ARRAY_LEN(rows), &cursor), 1);
        /* in another reading; and another page of theirs is another visit */
        assert_int_equal(read_history(d, NOON + MINUTE, later, ARRAY_LEN(later), &cursor), 1);
        assert_int_equal(count(d, GRADE_SLIP), 2);
        assert_desk_sound(d);
}

/* As a damaged or merged history may have it. */
static void test_the_same_row_twice_in_one_reading_is_one_visit(void **state) {
        static const SeenVisit rows[] = {
                {.url = PROFILE, .at_usec = NOON}, {.url = PROFILE, .at_usec = NOON}};
        const Cursor cursor = {.row = 2, .newest_usec = NOON};
        Desk *d = *state;

        assert_int_equal(read_history(d, NOON + MINUTE, rows, ARRAY_LEN(rows), &cursor), 1);
        assert_int_equal(count(d, GRADE_SLIP), 1);
}

static void test_two_rows_correct_one_entry_once(void **state) {
        static const SeenVisit rows[] = {{.url = PROFILE, .at_usec = NOON, .stopped = true},
                {.url = PROFILE, .at_usec = NOON + SECOND, .stopped = true}};
        const Cursor cursor = {.row = 2, .newest_usec = NOON + SECOND};
        Desk *d = *state;

        (void)report(d, "manual:firefox", "https://example.org/~alex/", NOON);
        (void)report(d, "manual:firefox", PROFILE, NOON);
        assert_int_equal(count(d, GRADE_SLIP), 2);
        assert_int_equal(read_history(d, NOON + MINUTE, rows, ARRAY_LEN(rows), &cursor), 1);
        assert_int_equal(count(d, GRADE_SLIP), 1);
        assert_int_equal(count(d, GRADE_ATTEMPT), 1);
        assert_int_equal(entries(d, "corrected"), 1);
        assert_desk_sound(d);
}

/* What is stopped in two browsers at once is two visits; a socket cannot tell them apart. */
static void test_two_browsers_at_the_same_moment_are_two_visits(void **state) {
        Desk *d = *state;

        (void)report(d, "extension:firefox", PROFILE, NOON);
        (void)report(d, "extension:chromium", PROFILE, NOON);
        assert_int_equal(count(d, GRADE_ATTEMPT), 2);
        (void)report(d, "sinkhole", PROFILE, NOON);
        (void)report(d, "history:firefox", PROFILE, NOON - 1);
        (void)report(d, "history:chromium", PROFILE, NOON - 1);
        assert_int_equal(count(d, GRADE_ATTEMPT), 2);
        assert_int_equal(count(d, GRADE_SLIP), 0);

        (void)report(d, "sinkhole", PROFILE, NOON + HOUR);
        (void)report(d, "history:firefox", PROFILE, NOON + HOUR);
        (void)report(d, "history:chromium", PROFILE, NOON + HOUR);
        assert_int_equal(count(d, GRADE_ATTEMPT), 3);
        assert_int_equal(count(d, GRADE_SLIP), 0);
}

static void test_a_search_is_an_attempt_whoever_saw_it(void **state) {
        Desk *d = *state;

        assert_int_equal(report(d, "history:firefox", "https://duckduckgo.com/?q=alex+doe", NOON),
                GRADE_ATTEMPT);
        assert_int_equal(count(d, GRADE_SLIP), 0);
}

/* --- platforms as a whole, and what the sinkhole sees ----------------------------------------- */

#define FEED "https://www.instagram.com/"
#define SITE "https://alexdoe.example/"

static void block(Desk *d) {
        (void)desk_record(
                d, EVENT_IDENTITY_ADDED, ALEX, NOON - DAY, identity_data("platform", "instagram"));
        (void)desk_record(d, EVENT_IDENTITY_ADDED, ALEX, NOON - DAY,
                identity_data("domain", "alexdoe.example"));
}

/* A connection that ended at our own address: a part of a page, or somebody went there. */
static Grade knock(Desk *d, const char *url, uint64_t at, bool part) {
        const SeenVisit visit = {.url = url, .at_usec = at, .part = part};
        Grade grade = _GRADE_MAX;
        Source s;

        assert_int_equal(source_parse("sinkhole", &s), 0);
        assert_true(visits_record(d->l, at, &s, &visit, 1, NULL, NULL, &grade) >= 0);
        return grade;
}

static void test_a_page_that_embeds_a_widget_records_nothing(void **state) {
        Snapshot before;
        Desk *d = *state;

        block(d);
        before = desk_snapshot(d);
        for (unsigned i = 0; i < 14; i++)
                assert_int_equal(knock(d, FEED, NOON + i * SECOND, true), GRADE_NONE);
        assert_int_equal(knock(d, "http://www.instagram.com/embed.js", NOON, true), GRADE_NONE);
        assert_int_equal(knock(d, "http://www.instagram.com/explore/search?q=alex+doe", NOON, true),
                GRADE_NONE);
        assert_desk_unchanged(d, &before);
}

static void test_who_went_to_a_blocked_platform_tried(void **state) {
        StoreEntry entry = {0};
        Desk *d = *state;

        block(d);
        assert_int_equal(knock(d, "http://www.instagram.com/sam/", NOON, false), GRADE_ATTEMPT);
        assert_int_equal(count(d, GRADE_ATTEMPT), 1);
        assert_int_equal(store_get(ledger_store(d->l), ledger_state(d->l)->seq, &entry), 0);
        assert_string_equal(event_string(&entry.event, "channel"), "sinkhole");
        assert_string_equal(event_string(&entry.event, "key"), "platform:instagram");
        assert_string_equal(event_string(&entry.event, "via"), "platform");
        event_done(&entry.event);
        assert_desk_sound(d);
}

static void test_their_own_site_and_page_count_also_in_part(void **state) {
        Desk *d = *state;

        block(d);
        assert_int_equal(knock(d, SITE, NOON, true), GRADE_ATTEMPT);
        assert_int_equal(knock(d, "http://www.instagram.com/alex.doe/", NOON, true), GRADE_ATTEMPT);
        assert_int_equal(count(d, GRADE_ATTEMPT), 2);
}

/* A browser may write down a visit that the sinkhole stopped. */
static void test_a_row_of_a_visit_that_was_stopped_is_no_slip(void **state) {
        const SeenVisit row = {.url = PROFILE, .at_usec = NOON, .stopped = true};
        const Cursor cursor = {.row = 1, .newest_usec = NOON};
        Desk *d = *state;

        assert_int_equal(read_history(d, NOON, &row, 1, &cursor), 1);
        assert_int_equal(count(d, GRADE_ATTEMPT), 1);
        assert_int_equal(count(d, GRADE_SLIP), 0);
}

/* Chromium was seen to make 14 connections for one address typed, within 2.5 s. */
static void test_one_navigation_is_one_attempt_however_often_it_knocks(void **state) {
        const SeenVisit row = {.url = SITE, .at_usec = NOON};
        const Cursor cursor = {.row = 1, .newest_usec = NOON};
        Desk *d = *state;

        block(d);
        for (unsigned i = 0; i < 14; i++)
                assert_int_equal(knock(d, i % 3 ? SITE : "https://www.alexdoe.example/",
                                         NOON + i * SECOND * 5 / 26, i % 2),
                        GRADE_ATTEMPT);
        assert_int_equal(read_history(d, NOON + 8 * SECOND, &row, 1, &cursor), 0);
        assert_int_equal(count(d, GRADE_ATTEMPT), 1);
        assert_int_equal(count(d, GRADE_SLIP), 0);
        assert_int_equal(entries(d, "attempt"), 1);

        /* the next one is another */
        assert_int_equal(knock(d, SITE, NOON + MINUTE, true), GRADE_ATTEMPT);
        assert_int_equal(count(d, GRADE_ATTEMPT), 2);
        assert_desk_sound(d);
}

static void test_a_touch_that_the_history_confirms_is_an_attempt(void **state) {
        const SeenVisit row = {.url = FEED, .at_usec = NOON + SECOND};
        const Cursor cursor = {.row = 1, .newest_usec = NOON + SECOND};
        Desk *d = *state;

        block(d);
        assert_int_equal(knock(d, FEED, NOON, true), GRADE_NONE);
        assert_int_equal(read_history(d, NOON + 2 * SECOND, &row, 1, &cursor), 1);
        assert_int_equal(count(d, GRADE_ATTEMPT), 1);
        assert_int_equal(count(d, GRADE_SLIP), 0);
}

/* An address typed is redirected, asked to sign in, and shown: three rows, in one reading or in
 * two. */
static void test_a_blocked_platforms_rows_within_the_window_are_one_attempt(void **state) {
        static const SeenVisit rows[] = {{.url = "https://instagram.com/", .at_usec = NOON},
                {.url = FEED, .at_usec = NOON + SECOND},
                {.url = FEED "accounts/login/", .at_usec = NOON + 2 * SECOND},
                {.url = FEED "accounts/login/", .at_usec = NOON + 40 * SECOND}};
        const Cursor cursor = {.row = 4, .newest_usec = NOON + 40 * SECOND};
        Desk *d = *state;

        block(d);
        assert_int_equal(read_history(d, NOON + MINUTE, rows, ARRAY_LEN(rows), &cursor), 2);
        assert_int_equal(report(d, "history:firefox", FEED, NOON + 3 * SECOND), GRADE_ATTEMPT);
        assert_int_equal(count(d, GRADE_ATTEMPT), 2);
        assert_desk_sound(d);
}

static void test_while_the_platform_is_open_nothing_of_it_is_recorded(void **state) {
        Snapshot before;
        Desk *d = *state;

        block(d);
        (void)desk_record(d, EVENT_OVERRIDE, NULL, NOON,
                json_pack("{s:s, s:I}", "target", "instagram", "until",
                        (json_int_t)(NOON + 10 * MINUTE)));
        before = desk_snapshot(d);
        assert_int_equal(report(d, "history:firefox", FEED, NOON + MINUTE), GRADE_NONE);
        assert_int_equal(knock(d, FEED, NOON + MINUTE, false), GRADE_NONE);
        assert_desk_unchanged(d, &before);
        assert_int_equal(report(d, "history:firefox", PROFILE, NOON + MINUTE), GRADE_SLIP);
        assert_int_equal(report(d, "history:firefox", FEED, NOON + 11 * MINUTE), GRADE_ATTEMPT);
}

/* --- innocence, cursors, failure ------------------------------------------------------------- */

static void test_for_innocent_visits_nothing_is_written(void **state) {
        static const SeenVisit rows[] = {{.url = "https://example.org/", .at_usec = NOON},
                {.url = "https://www.instagram.com/", .at_usec = NOON},
                {.url = PROFILE_2, .at_usec = NOON}, {.url = "about:blank", .at_usec = NOON},
                {.url = "", .at_usec = NOON}, {.url = PROFILE, .at_usec = NOON - 2 * DAY}};
        const Cursor cursor = {.row = 6, .newest_usec = NOON};
        Snapshot before;
        Desk *d = *state;
        Cursor saved;

        before = desk_snapshot(d);
        assert_int_equal(read_history(d, NOON, rows, ARRAY_LEN(rows), &cursor), 0);
        assert_int_equal(report(d, "extension:firefox", "https://example.org/", NOON), GRADE_NONE);
        assert_int_equal(read_history(d, NOON, rows, 0, &cursor), 0);
        assert_desk_unchanged(d, &before);
        assert_int_equal(store_load_cursor(ledger_store(d->l), "firefox/x", &saved), 0);
}

static void test_the_cursor_is_saved_with_the_events(void **state) {
        static const SeenVisit rows[] = {{.url = "https://example.org/", .at_usec = NOON},
                {.url = PROFILE, .at_usec = NOON + SECOND},
                {.url = "https://example.org/2", .at_usec = NOON + 2 * SECOND}};
        const Cursor cursor = {.row = 3, .newest_usec = NOON + 2 * SECOND};
        Desk *d = *state;
        Cursor saved;

        assert_int_equal(read_history(d, NOON + MINUTE, rows, ARRAY_LEN(rows), &cursor), 1);
        assert_int_equal(store_load_cursor(ledger_store(d->l), "firefox/x", &saved), 1);
        assert_int_equal(saved.row, 3);
        assert_int_equal(saved.newest_usec, NOON + 2 * SECOND);
}

static void test_a_full_disk_keeps_neither_events_nor_cursor(void **state) {
        static const SeenVisit rows[] = {{.url = PROFILE, .at_usec = NOON}};
        const Cursor cursor = {.row = 1, .newest_usec = NOON};
        Snapshot before;
        Desk *d = *state;
        Cursor saved;
        int r;

        before = desk_snapshot(d);
        disk_is_full(true);
        r = read_history(d, NOON, rows, 1, &cursor);
        disk_is_full(false);
        assert_true(r < 0);
        assert_desk_unchanged(d, &before);
        assert_int_equal(store_load_cursor(ledger_store(d->l), "firefox/x", &saved), 0);

        assert_int_equal(read_history(d, NOON, rows, 1, &cursor), 1);
        assert_int_equal(store_load_cursor(ledger_store(d->l), "firefox/x", &saved), 1);
        assert_int_equal(count(d, GRADE_SLIP), 1);
        assert_desk_sound(d);
}

/* One row that could not be recorded would be read again for ever, and all rows behind it with
 * it. */
static void test_whatever_bytes_a_row_holds_it_is_recorded(void **state) {
        static const char *const urls[] = {
                PROFILE "?\xff\xfe",
                PROFILE "\xc3\x28",
                PROFILE "?a=\x01\x02\x1f",
                PROFILE "?a=\xf0\x9f\x8c\xb1",
                "https://example.org/~alex/%ff",
                "https://example.org/~alex/%00",
                "https://example.org/~alex/\xff",
                "https://duckduckgo.com/?q=alex+doe+%ff",
                "https://duckduckgo.com/?q=%ff+alex+doe",
                "https://web.archive.org/web/2026/" PROFILE "%ff\xff",
        };
        Desk *d = *state;

        for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
                const SeenVisit row = {.url = urls[i], .at_usec = NOON + i * MINUTE};
                const Cursor cursor = {.row = (int64_t)i + 1, .newest_usec = row.at_usec};
                int r = read_history(d, row.at_usec, &row, 1, &cursor);

                if (r != 1)
                        fail_msg("row %zu gave %d", i, r);
                assert_desk_sound(d);
        }
}

static void test_the_longest_of_urls_is_recorded(void **state) {
        _cleanup_free_ char *url = malloc(URL_LEN_MAX + 1);
        const Cursor cursor = {.row = 1, .newest_usec = NOON};
        SeenVisit row = {.at_usec = NOON};
        Desk *d = *state;

        assert_non_null(url);
        memset(url, '\x01', URL_LEN_MAX); /* which takes six bytes in JSON */
        memcpy(url, PROFILE "?q=", strlen(PROFILE "?q="));
        url[URL_LEN_MAX] = '\0';
        row.url = url;
        assert_int_equal(read_history(d, NOON, &row, 1, &cursor), 1);
        assert_desk_sound(d);
}

/* As when the clock was wrong while the page was open: else the streak would stand at 0 until
 * that day. */
static void test_a_visit_of_the_future_happened_now(void **state) {
        const SeenVisit row = {.url = PROFILE, .at_usec = NOON + 1500 * DAY};
        const Cursor cursor = {.row = 1, .newest_usec = row.at_usec};
        Desk *d = *state;
        Streak streak;

        assert_int_equal(read_history(d, NOON, &row, 1, &cursor), 1);
        assert_true(person_streak(state_person(ledger_state(d->l), ALEX), NOON + 3 * DAY, &streak));
        assert_int_equal(streak.since_usec, NOON);
        assert_int_equal(streak.days, 3);
}

/* --- random ---------------------------------------------------------------------------------- */

/* Each minute one visit, seen by a random set of sensors in a random order within ten seconds.
 * Whether the page was stopped decides what it is, and the order does not. */
static void test_random_sensors_in_random_order_agree(void **state) {
        static const char *const sensors[] = {
                "history:firefox", "extension:firefox", "policy", "sinkhole", "manual"};
        unsigned attempts = 0, slips = 0;
        Random r = random_start(77);
        Desk *d = *state;

        for (unsigned i = 0; i < 150; i++) {
                bool seen = false, stopped = false;

                for (unsigned n = 1 + (unsigned)random_below(&r, 4); n > 0; n--) {
                        size_t which = random_below(&r, ARRAY_LEN(sensors));
                        bool stops = which >= 1 && which <= 3;

                        /* a second row of the history would be a second visit */
                        if (!stops && seen)
                                continue;
                        seen = true;
                        stopped = stopped || stops;
                        (void)report(d, sensors[which], PROFILE,
                                NOON + i * MINUTE + random_below(&r, 10 * SECOND));
                }
                attempts += stopped;
                slips += !stopped;
                assert_int_equal(count(d, GRADE_ATTEMPT), attempts);
                assert_int_equal(count(d, GRADE_SLIP), slips);
        }
        assert_desk_sound(d);
}

int main(void) {
#define test(name) cmocka_unit_test_setup_teardown(name, visits_setup, desk_teardown)
        const struct CMUnitTest tests[] = {
                test(test_a_page_that_was_shown_is_a_slip),
                test(test_a_report_and_then_the_history_are_one_attempt),
                test(test_the_history_and_then_a_report_are_corrected_to_an_attempt),
                test(test_the_row_of_a_second_try_is_no_slip),
                test(test_a_history_that_is_taken_over_brings_nothing_new),
                test(test_two_spellings_of_a_page_are_one_visit),
                test(test_a_sensor_without_a_browser_agrees_with_each),
                test(test_another_browser_is_another_visit),
                test(test_a_report_finds_its_own_browsers_visit_among_others),
                test(test_two_visits_20_seconds_apart_are_two),
                test(test_the_window_ends_after_15_seconds),
                test(test_each_row_of_a_history_is_a_visit),
                test(test_what_the_user_corrected_stays_as_they_said),
                test(test_what_was_stopped_is_no_slip_when_another_browser_takes_it_over),
                test(test_where_a_redirect_leads_is_the_same_visit),
                test(test_the_same_row_twice_in_one_reading_is_one_visit),
                test(test_two_rows_correct_one_entry_once),
                test(test_two_browsers_at_the_same_moment_are_two_visits),
                test(test_a_search_is_an_attempt_whoever_saw_it),
                test(test_a_page_that_embeds_a_widget_records_nothing),
                test(test_who_went_to_a_blocked_platform_tried),
                test(test_their_own_site_and_page_count_also_in_part),
                test(test_a_row_of_a_visit_that_was_stopped_is_no_slip),
                test(test_one_navigation_is_one_attempt_however_often_it_knocks),
                test(test_a_touch_that_the_history_confirms_is_an_attempt),
                test(test_a_blocked_platforms_rows_within_the_window_are_one_attempt),
                test(test_while_the_platform_is_open_nothing_of_it_is_recorded),
                test(test_for_innocent_visits_nothing_is_written),
                test(test_the_cursor_is_saved_with_the_events),
                test(test_a_full_disk_keeps_neither_events_nor_cursor),
                test(test_whatever_bytes_a_row_holds_it_is_recorded),
                test(test_the_longest_of_urls_is_recorded),
                test(test_a_visit_of_the_future_happened_now),
                test(test_random_sensors_in_random_order_agree),
        };
        return cmocka_run_group_tests_name("visits", tests, NULL, NULL);
}
