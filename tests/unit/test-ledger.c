/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Store, state and rules change together or not at all, on a real disk that sometimes fails. */

#include "core/judge.h"
#include "daemon/ledger.h"
#include "unit/ledger-fixture.h"
#include "unit/random.h"

#include <errno.h>

#define SITE "https://alexdoe.example/"

static uint64_t add_site(Desk *d, const char *person, uint64_t now) {
        return desk_record(
                d, EVENT_IDENTITY_ADDED, person, now, identity_data("domain", "alexdoe.example"));
}

static bool site_is_known(const Desk *d, uint64_t at) {
        Verdict v = {0};
        int r = judge_url(ledger_rules(d->l), SITE, at, EVIDENCE_SHOWN, &v);

        assert_true(r >= 0);
        verdict_done(&v);
        return r > 0;
}

/* --- recording ------------------------------------------------------------------------------- */

static void test_a_new_ledger_is_empty(void **state) {
        Desk *d = *state;

        assert_int_equal(ledger_state(d->l)->n_people, 0);
        assert_int_equal(ledger_state(d->l)->seq, 0);
        assert_int_equal(ledger_rules(d->l)->since_usec, 0);
        assert_desk_sound(d);
}

static void test_what_is_recorded_is_there_after_a_restart(void **state) {
        _cleanup_free_ char *before = NULL, *after = NULL;
        Desk *d = *state;

        desk_begin(d, ALEX, "Alex Doe", "full", NOON, 30);
        (void)add_site(d, ALEX, NOON);
        (void)desk_record(d, EVENT_SLIP, ALEX, NOON + DAY, json_object());
        before = state_text(ledger_state(d->l));
        desk_reopen(d);
        after = state_text(ledger_state(d->l));
        assert_string_equal(before, after);
        assert_true(site_is_known(d, NOON + DAY));
        assert_desk_sound(d);
}

static void test_rules_follow_people_identities_and_commitments(void **state) {
        Desk *d = *state;

        (void)desk_record(d, EVENT_PERSON_ADDED, ALEX, NOON,
                json_pack("{s:s, s:s}", "name", "Alex Doe", "mode", "full"));
        (void)add_site(d, ALEX, NOON);
        assert_false(site_is_known(d, NOON + DAY)); /* there is no commitment yet */
        (void)desk_record(d, EVENT_COMMITMENT_BEGUN, ALEX, NOON,
                json_pack("{s:I}", "ends", (json_int_t)(NOON + 30 * DAY)));
        assert_true(site_is_known(d, NOON + DAY));
        assert_int_equal(ledger_rules(d->l)->since_usec, NOON);
        (void)desk_record(
                d, EVENT_IDENTITY_REMOVED, ALEX, NOON, identity_data("domain", "alexdoe.example"));
        assert_false(site_is_known(d, NOON + DAY));
        (void)add_site(d, ALEX, NOON + HOUR);
        assert_true(site_is_known(d, NOON + DAY));
        assert_false(site_is_known(d, NOON + HOUR - 1)); /* before it was known */
        (void)desk_record(d, EVENT_COMMITMENT_ENDED, ALEX, NOON + DAY, json_object());
        assert_false(site_is_known(d, NOON + DAY));
        assert_int_equal(ledger_rules(d->l)->since_usec, 0);
}

static void test_a_batch_is_one_transaction(void **state) {
        _cleanup_(batch_done) Batch b = {0};
        Desk *d = *state;
        Cursor cursor;

        assert_int_equal(batch_add(&b, EVENT_PERSON_ADDED, ALEX, NOON,
                                 json_pack("{s:s, s:s}", "name", "Alex Doe", "mode", "full")),
                0);
        assert_int_equal(batch_add(&b, EVENT_URGE, ALEX, NOON - HOUR, json_object()), 0);
        b.cursor_profile = "firefox/x";
        b.cursor = (Cursor){.row = 7, .newest_usec = NOON};
        assert_int_equal(ledger_record(d->l, &b, NOON), 0);
        assert_int_equal(b.events[0].seq, 1);
        assert_int_equal(b.events[1].seq, 2);
        assert_int_equal(b.events[1].recorded_usec, NOON);
        assert_int_equal(b.events[1].at_usec, NOON - HOUR);
        assert_true(strcmp(b.events[0].uid, b.events[1].uid) < 0);
        assert_int_equal(store_load_cursor(ledger_store(d->l), "firefox/x", &cursor), 1);
        assert_int_equal(cursor.row, 7);
        assert_desk_sound(d);
}

static void test_an_empty_batch_records_its_cursor(void **state) {
        Batch b = {.cursor_profile = "firefox/x", .cursor = {.row = 9, .newest_usec = NOON}};
        Snapshot before;
        Desk *d = *state;
        Cursor cursor;

        desk_begin(d, ALEX, "Alex Doe", "full", NOON, 30);
        before = desk_snapshot(d);
        assert_int_equal(ledger_record(d->l, &b, NOON), 0);
        assert_desk_unchanged(d, &before);
        assert_int_equal(store_load_cursor(ledger_store(d->l), "firefox/x", &cursor), 1);
        assert_int_equal(cursor.row, 9);
}

static void test_a_payload_that_could_not_be_made_is_an_error(void **state) {
        _cleanup_(batch_done) Batch b = {0};

        (void)state;
        assert_int_equal(batch_add(&b, EVENT_URGE, ALEX, NOON, NULL), -ENOMEM);
        assert_int_equal(b.n, 0);
}

/* --- the listener ---------------------------------------------------------------------------- */

typedef struct Ear {
        Desk *d;
        unsigned calls;
        bool nested;
} Ear;

static void hear(void *userdata, const Event *events, size_t n) {
        Ear *ear = userdata;
        StoreEntry entry = {0};

        ear->calls++;
        for (size_t i = 0; i < n; i++) {
                assert_int_equal(store_get(ledger_store(ear->d->l), events[i].seq, &entry), 0);
                assert_string_equal(entry.event.uid, events[i].uid);
                event_done(&entry.event);
        }
        if (ear->nested) {
                ear->nested = false;
                (void)desk_record(ear->d, EVENT_PERSON_REMOVED, ALEX, NOON, json_object());
                /* the events that we were given are still good */
                assert_string_equal(events[n - 1].person, ALEX);
                assert_string_equal(event_string(&events[n - 1], "note"), "kept");
        }
}

static void test_a_listener_may_record_itself(void **state) {
        Ear ear = {.d = *state, .nested = true};
        Desk *d = *state;

        desk_begin(d, ALEX, "Alex Doe", "full", NOON, 30);
        ledger_listen(d->l, hear, &ear);
        (void)desk_record(d, EVENT_URGE, ALEX, NOON, json_pack("{s:s}", "note", "kept"));
        assert_int_equal(ear.calls, 2);
        assert_int_equal(ledger_state(d->l)->n_people, 0);
        assert_desk_sound(d);
}

/* --- failure --------------------------------------------------------------------------------- */

/* Records what would change all there is: the state, the rules, the order of people. `note_len`
 * over STORE_DATA_MAX makes the last event one that is refused. */
static int record_much(Desk *d, size_t note_len) {
        _cleanup_free_ char *note = calloc(note_len + 1, 1);
        _cleanup_(batch_done) Batch b = {0};

        assert_non_null(note);
        memset(note, 'x', note_len);
        assert_int_equal(batch_add(&b, EVENT_PERSON_REMOVED, ALEX, NOON, json_object()), 0);
        assert_int_equal(batch_add(&b, EVENT_IDENTITY_ADDED, SAM, NOON,
                                 identity_data("domain", "alexdoe.example")),
                0);
        assert_int_equal(batch_add(&b, EVENT_URGE, SAM, NOON, json_pack("{s:s}", "note", note)), 0);
        b.cursor_profile = "firefox/x";
        b.cursor = (Cursor){.row = 7, .newest_usec = NOON};
        return ledger_record(d->l, &b, NOON);
}

static void begin_two(Desk *d) {
        desk_begin(d, ALEX, "Alex Doe", "full", NOON, 30);
        desk_begin(d, SAM, "Sam", "full", NOON, 30);
        (void)add_site(d, ALEX, NOON);
}

static void assert_nothing_happened(Desk *d, Snapshot *before) {
        Cursor cursor;

        assert_desk_unchanged(d, before);
        assert_int_equal(store_load_cursor(ledger_store(d->l), "firefox/x", &cursor), 0);
        assert_true(site_is_known(d, NOON + DAY));
}

static void test_a_batch_with_one_bad_event_leaves_everything_as_it_was(void **state) {
        Ear ear = {.d = *state};
        Snapshot before;
        Desk *d = *state;

        begin_two(d);
        ledger_listen(d->l, hear, &ear);
        before = desk_snapshot(d);
        assert_int_equal(record_much(d, STORE_DATA_MAX), -EMSGSIZE);
        assert_nothing_happened(d, &before);
        assert_int_equal(ear.calls, 0);
        assert_desk_sound(d);
        assert_int_equal(record_much(d, 5), 0);
        assert_int_equal(ear.calls, 1);
        assert_desk_sound(d);
}

static void test_a_full_disk_leaves_everything_as_it_was(void **state) {
        Snapshot before;
        Desk *d = *state;
        int r;

        begin_two(d);
        before = desk_snapshot(d);
        disk_is_full(true);
        r = record_much(d, 5);
        disk_is_full(false);
        assert_true(r < 0);
        assert_nothing_happened(d, &before);
        assert_desk_sound(d);

        assert_int_equal(record_much(d, 5), 0);
        assert_int_equal(ledger_state(d->l)->n_people, 1);
        assert_desk_sound(d);
        desk_reopen(d);
        assert_int_equal(ledger_state(d->l)->n_people, 1);
}

/* What cannot be written need not be readable either. */
static void test_a_disk_that_fails_altogether_leaves_everything_as_it_was(void **state) {
        Snapshot before;
        Desk *d = *state;
        int r;

        begin_two(d);
        assert_int_equal(fixture_sql(d->dir, LEDGER, "UPDATE state SET json = '{}'"), SQLITE_OK);
        before = desk_snapshot(d);
        disk_is_full(true);
        r = record_much(d, 5);
        disk_is_full(false);
        assert_true(r < 0);
        assert_nothing_happened(d, &before);

        assert_int_equal(record_much(d, 5), 0);
        assert_desk_sound(d);
}

/* --- the saved state and the events ---------------------------------------------------------- */

static void test_a_saved_state_that_cannot_be_read_is_made_anew(void **state) {
        static const char *const damages[] = {
                "UPDATE state SET json = '{}'",
                "UPDATE state SET json = '[1, 2]'",
                "UPDATE state SET json = json_set(json, '$.people', 1)",
                "UPDATE state SET json = json_set(json, '$.seq', 1000000)",
                "UPDATE state SET json = json_set(json, '$.seq', 1000000), seq = 1000000",
                "UPDATE state SET seq = 1",
                "DELETE FROM state",
        };
        _cleanup_free_ char *before = NULL;
        Desk *d = *state;

        begin_two(d);
        (void)desk_record(d, EVENT_SLIP, ALEX, NOON + DAY, json_object());
        before = state_text(ledger_state(d->l));
        for (size_t i = 0; i < ARRAY_LEN(damages); i++) {
                _cleanup_free_ char *after = NULL;

                d->l = ledger_free(d->l);
                assert_int_equal(fixture_sql(d->dir, LEDGER, damages[i]), SQLITE_OK);
                if (ledger_open(d->dir, &d->l) < 0)
                        fail_msg("not opened after %s", damages[i]);
                after = state_text(ledger_state(d->l));
                assert_string_equal(before, after);
        }
        (void)desk_record(d, EVENT_URGE, ALEX, NOON + 2 * DAY, json_object());
        assert_desk_sound(d);
}

static void test_events_after_the_saved_state_are_folded_in(void **state) {
        _cleanup_free_ char *saved = NULL, *now = NULL, *again = NULL;
        Desk *d = *state;
        char sql[4096];
        uint64_t seq;

        begin_two(d);
        assert_int_equal(store_load_state(ledger_store(d->l), &saved, &seq), 1);
        (void)desk_record(d, EVENT_SLIP, ALEX, NOON + DAY, json_object());
        now = state_text(ledger_state(d->l));
        d->l = ledger_free(d->l);
        (void)snprintf(sql, sizeof(sql), "UPDATE state SET json = '%s', seq = %d", saved, (int)seq);
        assert_int_equal(fixture_sql(d->dir, LEDGER, sql), SQLITE_OK);
        assert_int_equal(ledger_open(d->dir, &d->l), 0);
        again = state_text(ledger_state(d->l));
        assert_string_equal(now, again);
}

/* Rebuilds and returns the number of differences; their names are compared with `names`. */
static int rebuild(Desk *d, const char *names) {
        _cleanup_free_ char *text = NULL;
        uint64_t events = 0;
        int r;

        r = ledger_rebuild(d->l, &events, &text);
        assert_true(r >= 0);
        assert_string_equal(text, names);
        assert_int_equal(events, fixture_number(d->dir, "SELECT count(*) FROM event"));
        return r;
}

static void test_a_rebuild_finds_nothing_when_nothing_is_wrong(void **state) {
        Desk *d = *state;

        assert_int_equal(rebuild(d, ""), 0);
        begin_two(d);
        assert_int_equal(rebuild(d, ""), 0);
        desk_reopen(d);
        assert_int_equal(rebuild(d, ""), 0);
        assert_desk_sound(d);
}

#define TAMPER "UPDATE state SET json = json_set(json, '$.people[0].milestone', 365)"

static void test_a_rebuild_finds_what_was_tampered_with_beneath_it(void **state) {
        Desk *d = *state;

        begin_two(d);
        assert_int_equal(fixture_sql(d->dir, LEDGER, TAMPER), SQLITE_OK);
        assert_int_equal(rebuild(d, "people"), 1);
        assert_int_equal(rebuild(d, ""), 0);
        assert_desk_sound(d);
}

static void test_a_rebuild_finds_what_was_tampered_with_while_it_was_closed(void **state) {
        Desk *d = *state;

        begin_two(d);
        d->l = ledger_free(d->l);
        assert_int_equal(fixture_sql(d->dir, LEDGER, TAMPER), SQLITE_OK);
        assert_int_equal(ledger_open(d->dir, &d->l), 0);
        assert_int_equal(ledger_state(d->l)->people[0].milestone, 365);
        assert_int_equal(rebuild(d, "people"), 1);
        assert_int_equal(ledger_state(d->l)->people[0].milestone, 0);
        assert_desk_sound(d);
        desk_reopen(d);
        assert_int_equal(rebuild(d, ""), 0);
}

static void test_a_rebuild_names_every_part_of_a_state_that_is_none(void **state) {
        Desk *d = *state;

        begin_two(d);
        assert_int_equal(fixture_sql(d->dir, LEDGER, "UPDATE state SET json = '{}'"), SQLITE_OK);
        assert_int_equal(
                rebuild(d, "seq, people, pending, support, exceptions, passes, regime"), 7);
        assert_int_equal(rebuild(d, ""), 0);
}

static void test_a_rebuild_on_a_full_disk_changes_nothing(void **state) {
        _cleanup_free_ char *text = NULL;
        Snapshot before;
        Desk *d = *state;
        uint64_t events;
        int r;

        begin_two(d);
        assert_int_equal(fixture_sql(d->dir, LEDGER, TAMPER), SQLITE_OK);
        before = desk_snapshot(d);
        disk_is_full(true);
        r = ledger_rebuild(d->l, &events, &text);
        disk_is_full(false);
        assert_true(r < 0);
        assert_null(text);
        assert_desk_unchanged(d, &before);
}

/* --- random ---------------------------------------------------------------------------------- */

static void random_batch(Random *r, Batch *b, uint64_t now) {
        static const EventKind kinds[] = {EVENT_URGE, EVENT_ATTEMPT, EVENT_SLIP, EVENT_RELAPSE,
                EVENT_IDENTITY_ADDED, EVENT_IDENTITY_REMOVED, EVENT_PERSON_ADDED,
                EVENT_PERSON_REMOVED, EVENT_COMMITMENT_BEGUN, EVENT_COMMITMENT_ENDED,
                EVENT_CHANGE_PENDING, EVENT_SUPPORT_ADDED, EVENT_DAEMON_STARTED};
        static const char *const sites[] = {"a.example", "b.example", "c.example"};

        for (size_t n = random_below(r, 4); n > 0; n--)
                assert_int_equal(
                        batch_add(b, kinds[random_below(r, ARRAY_LEN(kinds))],
                                random_once_in(r, 2) ? ALEX : SAM, now,
                                json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:I, s:s}", "kind",
                                        random_once_in(r, 3) ? "plan" : "domain", "value",
                                        sites[random_below(r, 3)], "name", "Alex Doe", "mode",
                                        "full", "ends", (json_int_t)(now + DAY), "change", "end",
                                        "due", (json_int_t)(now + DAY), "text", "Walk")),
                        0);
}

static void test_random_batches_on_a_disk_that_is_sometimes_full(void **state) {
        Random r = random_start(3141);
        Desk *d = *state;

        for (int i = 0; i < 150; i++) {
                _cleanup_(batch_done) Batch b = {0};
                bool full = random_once_in(&r, 4);
                Snapshot before = desk_snapshot(d);
                int result;

                random_batch(&r, &b, NOON + (unsigned)i * HOUR);
                disk_is_full(full);
                result = ledger_record(d->l, &b, NOON + (unsigned)i * HOUR);
                disk_is_full(false);
                if (result < 0) {
                        assert_true(full);
                        assert_desk_unchanged(d, &before);
                } else {
                        free(before.state);
                }
                assert_desk_sound(d);
                if (random_once_in(&r, 20))
                        desk_reopen(d);
                if (random_once_in(&r, 20))
                        assert_int_equal(rebuild(d, ""), 0);
        }
}

int main(void) {
#define test(name) cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)
        const struct CMUnitTest tests[] = {
                test(test_a_new_ledger_is_empty),
                test(test_what_is_recorded_is_there_after_a_restart),
                test(test_rules_follow_people_identities_and_commitments),
                test(test_a_batch_is_one_transaction),
                test(test_an_empty_batch_records_its_cursor),
                test(test_a_payload_that_could_not_be_made_is_an_error),
                test(test_a_listener_may_record_itself),
                test(test_a_batch_with_one_bad_event_leaves_everything_as_it_was),
                test(test_a_full_disk_leaves_everything_as_it_was),
                test(test_a_disk_that_fails_altogether_leaves_everything_as_it_was),
                test(test_a_saved_state_that_cannot_be_read_is_made_anew),
                test(test_events_after_the_saved_state_are_folded_in),
                test(test_a_rebuild_finds_nothing_when_nothing_is_wrong),
                test(test_a_rebuild_finds_what_was_tampered_with_beneath_it),
                test(test_a_rebuild_finds_what_was_tampered_with_while_it_was_closed),
                test(test_a_rebuild_names_every_part_of_a_state_that_is_none),
                test(test_a_rebuild_on_a_full_disk_changes_nothing),
                test(test_random_batches_on_a_disk_that_is_sometimes_full),
        };
        return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
