/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The ledger on a real disk with the real SQLite: what goes in comes out, nothing that is in can be
 * changed, damage is seen and left alone, and a killed process loses nothing. What a failing disk
 * does is test-store-faults.c's. */

#include "unit/store-fixture.h"

#include "daemon/store-sql.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

/* --- the folder of each test ----------------------------------------------------------------- */

static int set_up(void **state) {
        *state = fixture_folder();
        return 0;
}

static int tear_down(void **state) {
        fixture_remove(*state);
        return 0;
}

/* --- collecting what is listed --------------------------------------------------------------- */

typedef struct Row {
        uint64_t seq;
        EventKind kind;
        Grade grade;
        bool corrected;
        char person[UID_SPACE];
        char uid[UID_SPACE];
} Row;

enum { ROWS_MAX = 4096 };

typedef struct Rows {
        Row row[ROWS_MAX];
        size_t n;
        int answer;       /* what the callback returns at its last row */
        size_t answer_at; /* which one that is; 0 for never */
} Rows;

static void rows_add(Rows *rows, const Event *ev, Grade grade, bool corrected) {
        Row *row = &rows->row[rows->n++];

        assert_true(rows->n <= ROWS_MAX);
        *row = (Row){.seq = ev->seq, .kind = ev->kind, .grade = grade, .corrected = corrected};
        memcpy(row->person, ev->person, UID_SPACE);
        memcpy(row->uid, ev->uid, UID_SPACE);
}

static int collect_entry(void *userdata, const StoreEntry *entry) {
        Rows *rows = userdata;

        rows_add(rows, &entry->event, entry->grade, entry->corrected);
        return rows->n == rows->answer_at ? rows->answer : 0;
}

static int collect_event(void *userdata, const Event *ev) {
        Rows *rows = userdata;

        rows_add(rows, ev, event_grade(ev->kind), false);
        return rows->n == rows->answer_at ? rows->answer : 0;
}

static Rows *rows_new(void) {
        Rows *rows = calloc(1, sizeof(*rows));

        assert_non_null(rows);
        return rows;
}

/* --- bytes of files -------------------------------------------------------------------------- */

typedef struct Bytes {
        char *data;
        size_t len;
} Bytes;

static void bytes_done(Bytes *b) {
        free(b->data);
}

static Bytes file_read(const char *dir, const char *name) {
        _cleanup_free_ char *path = path_join(dir, name);
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
        struct stat st;
        Bytes b = {0};

        assert_true(fd >= 0);
        assert_int_equal(fstat(fd, &st), 0);
        b.len = (size_t)st.st_size;
        b.data = malloc(b.len + 1);
        assert_non_null(b.data);
        assert_int_equal(read(fd, b.data, b.len), b.len);
        return b;
}

static void file_write(const char *dir, const char *name, const void *data, size_t len) {
        _cleanup_free_ char *path = path_join(dir, name);
        _cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

        assert_true(fd >= 0);
        assert_int_equal(write(fd, data, len), len);
}

static bool file_is_there(const char *dir, const char *name) {
        _cleanup_free_ char *path = path_join(dir, name);

        return access(path, F_OK) == 0;
}

static mode_t file_mode(const char *dir, const char *name) {
        _cleanup_free_ char *path = path_join(dir, name);
        struct stat st;

        assert_int_equal(stat(path, &st), 0);
        return st.st_mode & 07777;
}

/* The ledger refuses the folder with `error`, and every byte of it is as before. */
static void assert_refused_untouched(const char *dir, int error) {
        _cleanup_(bytes_done) Bytes before = file_read(dir, LEDGER);
        bool had_wal = file_is_there(dir, LEDGER_WAL);
        _cleanup_(bytes_done) Bytes wal_before = had_wal ? file_read(dir, LEDGER_WAL) : (Bytes){0};
        Store *s = NULL;

        assert_int_equal(store_open(dir, &s), error);
        assert_null(s);

        _cleanup_(bytes_done) Bytes after = file_read(dir, LEDGER);
        assert_int_equal(after.len, before.len);
        assert_memory_equal(after.data, before.data, before.len);
        assert_int_equal(file_is_there(dir, LEDGER_WAL), had_wal);
        if (had_wal) {
                _cleanup_(bytes_done) Bytes wal_after = file_read(dir, LEDGER_WAL);

                assert_int_equal(wal_after.len, wal_before.len);
                assert_memory_equal(wal_after.data, wal_before.data, wal_before.len);
        }
}

/* --- round trips ----------------------------------------------------------------------------- */

static int compare_event(void *userdata, const Event *ev) {
        const Event *wanted = (const Event *)userdata + (ev->seq - 1);

        assert_int_equal(ev->seq, wanted->seq);
        assert_string_equal(ev->uid, wanted->uid);
        assert_string_equal(ev->device, wanted->device);
        assert_true(ev->recorded_usec == wanted->recorded_usec);
        assert_true(ev->at_usec == wanted->at_usec);
        assert_int_equal(ev->zone_minutes, wanted->zone_minutes);
        assert_int_equal(ev->kind, wanted->kind);
        assert_string_equal(ev->person, wanted->person);
        assert_true(json_equal(ev->data, wanted->data));
        return 0;
}

static void test_every_kind_comes_back_as_it_went_in(void **state) {
        Event events[_EVENT_KIND_MAX] = {0};
        Store *s = fixture_open(*state);

        assert_int_equal(store_begin(s), 0);
        for (unsigned i = 0; i < _EVENT_KIND_MAX; i++) {
                Event *ev = &events[i];

                ev->kind = (EventKind)i;
                ev->at_usec = NOW_USEC - i * 1234567;
                ev->zone_minutes = (int)i * 37 - 500;
                if (i % 3)
                        (void)strcpy(ev->person, ANN);
                ev->data = json_pack("{s:i, s:s, s:[b,n,f], s:{s:I}}", "days", i, "note",
                        "zo\xc3\xab \"q\" \\ \n", "list", 1, 0.1, "deep", "ends",
                        (json_int_t)NOW_USEC);
                assert_non_null(ev->data);
                assert_int_equal(store_append(s, ev, NOW_USEC + i), 0);
                assert_int_equal(ev->seq, i + 1);
                assert_true(ev->recorded_usec == NOW_USEC + i);
                assert_string_equal(ev->device, store_device(s));
        }
        assert_int_equal(store_commit(s), 0);
        assert_int_equal(store_replay(s, 0, compare_event, events), 0);

        store_free(s);
        s = fixture_open(*state);
        assert_int_equal(store_replay(s, 0, compare_event, events), 0);
        for (int i = 0; i < _EVENT_KIND_MAX; i++) {
                StoreEntry entry;

                assert_int_equal(store_get(s, (uint64_t)i + 1, &entry), 0);
                (void)compare_event(events, &entry.event);
                assert_int_equal(entry.grade, event_grade((EventKind)i));
                assert_false(entry.corrected);
                event_done(&entry.event);
                event_done(&events[i]);
        }
        store_free(s);
}

static void test_a_nul_within_a_text_comes_back(void **state) {
        Store *s = fixture_open(*state);
        StoreEntry entry;
        json_t *note;

        fixture_record(s, EVENT_URGE, ANN, json_pack("{s:o}", "note", json_stringn("a\0b", 3)));
        assert_int_equal(store_get(s, 1, &entry), 0);
        note = json_object_get(entry.event.data, "note");
        assert_int_equal(json_string_length(note), 3);
        assert_memory_equal(json_string_value(note), "a\0b", 3);
        event_done(&entry.event);
        store_free(s);
}

static void test_the_device_stays_the_same(void **state) {
        Store *s = fixture_open(*state);
        char device[UID_SPACE];

        (void)strcpy(device, store_device(s));
        assert_int_equal(strspn(device, "0123456789abcdef"), UID_SPACE - 1);
        store_free(s);
        s = fixture_open(*state);
        assert_string_equal(store_device(s), device);
        store_free(s);
}

static void test_two_ledgers_are_two_devices(void **state) {
        char *other = fixture_folder();
        Store *a = fixture_open(*state), *b = fixture_open(other);

        assert_string_not_equal(store_device(a), store_device(b));
        store_free(a);
        store_free(b);
        fixture_remove(other);
}

static void test_uids_sort_whatever_the_clock_does(void **state) {
        static const int64_t steps[] = {0, 0, 0, 5000000, -3600000000, 1, 0, 7200000000, -1};
        Store *s = fixture_open(*state);
        _cleanup_free_ Rows *rows = rows_new();
        uint64_t now = NOW_USEC;

        for (size_t i = 0; i < 60; i++) {
                Event ev = {.kind = EVENT_URGE, .at_usec = now, .data = json_object()};

                now = (uint64_t)((int64_t)now + steps[i % ARRAY_LEN(steps)]);
                assert_int_equal(store_begin(s), 0);
                assert_int_equal(store_append(s, &ev, now), 0);
                if (i % 4 == 3)
                        store_rollback(s);
                else
                        assert_int_equal(store_commit(s), 0);
                event_done(&ev);
                if (i % 10 == 9) {
                        store_free(s);
                        s = fixture_open(*state);
                }
        }
        assert_int_equal(store_replay(s, 0, collect_event, rows), 0);
        assert_int_equal(rows->n, 45);
        for (size_t i = 1; i < rows->n; i++)
                assert_true(strcmp(rows->row[i].uid, rows->row[i - 1].uid) > 0);
        store_free(s);
}

static void test_state_and_cursors_are_kept(void **state) {
        Store *s = fixture_open(*state);
        Cursor cursor = {.row = 7, .newest_usec = 9};
        char *json = NULL;
        uint64_t seq = 5;

        assert_int_equal(store_load_state(s, &json, &seq), 0);
        assert_null(json);
        assert_int_equal(seq, 5);
        assert_int_equal(store_load_cursor(s, "firefox:a", &cursor), 0);
        assert_int_equal(cursor.row, 7);

        for (int i = 1; i <= 2; i++) {
                assert_int_equal(store_begin(s), 0);
                assert_int_equal(store_save_state(s, i == 1 ? "{}" : "{\"n\":2}", (uint64_t)i), 0);
                cursor = (Cursor){.row = 100 + i, .newest_usec = NOW_USEC};
                assert_int_equal(store_save_cursor(s, "firefox:a", &cursor), 0);
                assert_int_equal(store_save_cursor(s, "firefox:b", &(Cursor){.row = 1}), 0);
                assert_int_equal(store_commit(s), 0);
        }
        store_free(s);

        s = fixture_open(*state);
        assert_int_equal(store_load_state(s, &json, &seq), 1);
        assert_string_equal(json, "{\"n\":2}");
        assert_int_equal(seq, 2);
        free(json);
        assert_int_equal(store_load_cursor(s, "firefox:a", &cursor), 1);
        assert_int_equal(cursor.row, 102);
        assert_true(cursor.newest_usec == NOW_USEC);
        assert_int_equal(store_load_cursor(s, "firefox:b", &cursor), 1);
        assert_int_equal(cursor.row, 1);
        assert_int_equal(store_load_cursor(s, "firefox", &cursor), 0);
        store_free(s);
}

/* --- transactions ---------------------------------------------------------------------------- */

static void test_a_rollback_leaves_nothing(void **state) {
        Store *s = fixture_open(*state);
        _cleanup_free_ Rows *rows = rows_new();
        Cursor cursor;
        char *json = NULL;
        uint64_t seq;

        fixture_record(s, EVENT_URGE, ANN, json_object());
        assert_int_equal(store_begin(s), 0);
        fixture_append_at(s, EVENT_SLIP, ANN, NOW_USEC, json_object());
        assert_int_equal(store_save_state(s, "{}", 2), 0);
        assert_int_equal(store_save_cursor(s, "p", &(Cursor){.row = 1}), 0);
        store_rollback(s);
        store_rollback(s);

        assert_int_equal(store_replay(s, 0, collect_event, rows), 0);
        assert_int_equal(rows->n, 1);
        assert_int_equal(store_load_state(s, &json, &seq), 0);
        assert_int_equal(store_load_cursor(s, "p", &cursor), 0);
        /* and the number is not used up */
        assert_int_equal(fixture_record(s, EVENT_URGE, ANN, json_object()), 2);
        store_free(s);
}

static void test_closing_rolls_back(void **state) {
        Store *s = fixture_open(*state);

        assert_int_equal(store_begin(s), 0);
        fixture_append_at(s, EVENT_SLIP, ANN, NOW_USEC, json_object());
        store_free(s);
        assert_int_equal(fixture_number(*state, "SELECT count(*) FROM event"), 0);
}

static void test_writing_needs_a_transaction(void **state) {
        Store *s = fixture_open(*state);
        Event ev = {.kind = EVENT_URGE, .data = json_object()};

        assert_int_equal(store_append(s, &ev, NOW_USEC), -EINVAL);
        assert_int_equal(store_save_state(s, "{}", 1), -EINVAL);
        assert_int_equal(store_save_cursor(s, "p", &(Cursor){0}), -EINVAL);
        assert_int_equal(store_commit(s), -EINVAL);
        assert_int_equal(store_begin(s), 0);
        assert_int_equal(store_begin(s), -EINVAL);
        assert_int_equal(store_append(s, &ev, NOW_USEC), 0);
        assert_int_equal(store_commit(s), 0);
        assert_int_equal(store_commit(s), -EINVAL);
        event_done(&ev);
        store_free(s);
        assert_int_equal(fixture_number(*state, "SELECT count(*) FROM event"), 1);
}

static void test_a_bad_event_is_refused_and_the_others_stay(void **state) {
        Store *s = fixture_open(*state);
        _cleanup_free_ char *large = malloc(STORE_DATA_MAX + 1);
        json_t *deep = json_object();
        Event ev = {.kind = EVENT_URGE, .at_usec = NOW_USEC};

        memset(large, 'a', STORE_DATA_MAX);
        large[STORE_DATA_MAX] = '\0';
        for (int i = 0; i < 3000; i++)
                deep = json_pack("{s:o}", "d", deep);

        assert_int_equal(store_begin(s), 0);
        fixture_append_at(s, EVENT_URGE, ANN, NOW_USEC, json_object());
        assert_int_equal(store_append(s, &ev, NOW_USEC), -EINVAL);
        ev.data = json_array();
        assert_int_equal(store_append(s, &ev, NOW_USEC), -EINVAL);
        event_done(&ev);
        ev.data = deep;
        assert_int_equal(store_append(s, &ev, NOW_USEC), -EINVAL);
        event_done(&ev);
        ev.data = json_pack("{s:s}", "note", large);
        assert_int_equal(store_append(s, &ev, NOW_USEC), -EMSGSIZE);
        event_done(&ev);
        ev.data = json_pack("{s:o}", "note", json_string_nocheck("\xff"));
        assert_int_equal(store_append(s, &ev, NOW_USEC), -EINVAL);
        event_done(&ev);
        ev.data = json_object();
        assert_int_equal(store_append(s, &ev, UINT64_MAX), -EINVAL);
        ev.at_usec = UINT64_MAX;
        assert_int_equal(store_append(s, &ev, NOW_USEC), -EINVAL);
        event_done(&ev);
        assert_int_equal(ev.seq, 0);
        assert_string_equal(ev.uid, "");
        fixture_append_at(s, EVENT_URGE, ANN, NOW_USEC, json_object());
        assert_int_equal(store_commit(s), 0);
        store_free(s);
        assert_int_equal(fixture_number(*state, "SELECT count(*) FROM event"), 2);
}

static void test_a_failed_write_fails_the_commit(void **state) {
        Store *s = fixture_open(*state);
        Event ev = {.kind = EVENT_URGE, .at_usec = NOW_USEC, .data = json_object()};

        assert_int_equal(store_begin(s), 0);
        assert_int_equal(store_append(s, &ev, NOW_USEC), 0);
        assert_int_equal(store_save_state(s, "no json", 1), -EINVAL);
        assert_int_equal(store_append(s, &ev, NOW_USEC), -EINVAL);
        assert_int_equal(store_commit(s), -EINVAL);
        assert_int_equal(store_commit(s), -EINVAL);
        assert_int_equal(fixture_number(*state, "SELECT count(*) FROM event"), 0);
        /* the next transaction is a new one */
        assert_int_equal(store_begin(s), 0);
        assert_int_equal(store_append(s, &ev, NOW_USEC), 0);
        assert_int_equal(store_commit(s), 0);
        event_done(&ev);
        store_free(s);
}

/* --- append-only ----------------------------------------------------------------------------- */

static void test_nobody_changes_an_event(void **state) {
        static const char *const attempts[] = {
                "UPDATE event SET kind = 'urge'",
                "UPDATE event SET data = '{}' WHERE seq = 1",
                "UPDATE OR REPLACE event SET seq = 2 WHERE seq = 1",
                "UPDATE OR IGNORE event SET person = ''",
                "UPDATE event SET seq = 99 WHERE seq = 1",
                "DELETE FROM event",
                "DELETE FROM event WHERE seq = 2",
                "REPLACE INTO event SELECT 1, uid || '', device, 0, 0, 0, 'urge', '', '{}'"
                " FROM event WHERE seq = 1",
                "INSERT OR REPLACE INTO event (seq, uid, device, recorded_usec, at_usec,"
                " zone_minutes, kind, person, data) SELECT 1, lower(hex(randomblob(16))), device,"
                " 0, 0, 0, 'urge', '', '{}' FROM meta",
                "INSERT OR REPLACE INTO event (uid, device, recorded_usec, at_usec,"
                " zone_minutes, kind, person, data) SELECT uid, device, 0, 0, 0, 'urge', '', '{}'"
                " FROM event WHERE seq = 1",
                "INSERT OR IGNORE INTO event (uid, device, recorded_usec, at_usec,"
                " zone_minutes, kind, person, data) SELECT uid, device, 0, 0, 0, 'urge', '', '{}'"
                " FROM event WHERE seq = 1",
                "INSERT INTO event (seq, uid, device, recorded_usec, at_usec, zone_minutes, kind,"
                " person, data) SELECT 1, uid, device, 0, 0, 0, 'urge', '', '{}' FROM event"
                " WHERE seq = 1 ON CONFLICT DO UPDATE SET kind = 'urge'",
        };
        Store *s = fixture_open(*state);
        const char *digest = "SELECT sum(seq * 31 + length(kind || data || uid)) FROM event";
        int64_t before;

        fixture_record(s, EVENT_SLIP, ANN, json_pack("{s:s}", "channel", "firefox"));
        fixture_record(s, EVENT_RELAPSE, BEA, json_object());
        before = fixture_number(*state, digest);
        for (int recursive = 0; recursive < 2; recursive++)
                for (size_t i = 0; i < ARRAY_LEN(attempts); i++) {
                        _cleanup_free_ char *sql = NULL;

                        assert_true(asprintf(&sql, "PRAGMA recursive_triggers = %d; %s", recursive,
                                            attempts[i]) > 0);
                        assert_int_equal(
                                fixture_sql(*state, LEDGER, sql), SQLITE_CONSTRAINT_TRIGGER);
                        assert_int_equal(fixture_number(*state, "SELECT count(*) FROM event"), 2);
                        assert_true(fixture_number(*state, digest) == before);
                }
        store_free(s);
}

static void test_the_schema_refuses_what_is_no_event(void **state) {
        static const char *const attempts[] = {
                "'short', '{}', '', 0",
                "'0190000000007000800000000000000A', '{}', '', 0",
                "'0190000000007000800000000000000a', '[]', '', 0",
                "'0190000000007000800000000000000a', '{', '', 0",
                "'0190000000007000800000000000000a', '{}', '" ANN "b', 0",
                "'0190000000007000800000000000000a', '{}', '', -1",
                "'0190000000007000800000000000000a', '{}', '', 'noon'",
                "'0190000000007000800000000000000a', '{}', NULL, 0",
        };

        store_free(fixture_open(*state));
        for (size_t i = 0; i < ARRAY_LEN(attempts); i++) {
                _cleanup_free_ char *sql = NULL;

                assert_true(asprintf(&sql,
                                    "INSERT INTO event (device, recorded_usec, zone_minutes, kind,"
                                    " uid, data, person, at_usec)"
                                    " SELECT device, 0, 0, 'urge', %s FROM meta",
                                    attempts[i]) > 0);
                assert_int_not_equal(fixture_sql(*state, LEDGER, sql), SQLITE_OK);
        }
        assert_int_equal(fixture_number(*state, "SELECT count(*) FROM event"), 0);
}

/* --- modes and the lock ---------------------------------------------------------------------- */

static void assert_private(const char *dir) {
        assert_int_equal(file_mode(dir, "."), 0700);
        assert_int_equal(file_mode(dir, LEDGER), 0600);
        assert_int_equal(file_mode(dir, LEDGER_WAL), 0600);
        assert_int_equal(file_mode(dir, LEDGER_SHM), 0600);
        assert_false(file_is_there(dir, LEDGER ".new"));
        assert_false(file_is_there(dir, LEDGER "-journal"));
}

static void test_files_are_private_under_any_umask(void **state) {
        static const mode_t masks[] = {0, 022, 077, 0777};

        for (size_t i = 0; i < ARRAY_LEN(masks); i++) {
                mode_t old = umask(masks[i]);
                Store *s;

                s = fixture_open(*state);
                fixture_record(s, EVENT_URGE, ANN, json_object());
                (void)umask(old);
                assert_private(*state);
                store_free(s);
                fixture_empty(*state);
        }
}

static void test_makes_the_folder_and_its_parents(void **state) {
        _cleanup_free_ char *parent = path_join(*state, "share");
        _cleanup_free_ char *dir = path_join(parent, "nocontact");
        mode_t old = umask(0);
        Store *s = fixture_open(dir);

        (void)umask(old);
        fixture_record(s, EVENT_URGE, ANN, json_object());
        assert_private(dir);
        store_free(s);
        fixture_empty(dir);
        assert_int_equal(rmdir(dir), 0);
        assert_int_equal(rmdir(parent), 0);
}

static void test_open_modes_are_mended(void **state) {
        _cleanup_free_ char *db = path_join(*state, LEDGER);
        Store *s = fixture_open(*state);

        fixture_record(s, EVENT_URGE, ANN, json_object());
        store_free(s);
        assert_int_equal(chmod(*state, 0755), 0);
        assert_int_equal(chmod(db, 0644), 0);
        s = fixture_open(*state);
        fixture_record(s, EVENT_URGE, ANN, json_object());
        assert_private(*state);
        store_free(s);
}

static void test_a_link_in_place_of_the_ledger_is_refused(void **state) {
        _cleanup_free_ char *db = path_join(*state, LEDGER);
        _cleanup_free_ char *copy = path_join(*state, "copy.db");
        Store *s = NULL;

        store_free(fixture_open(*state));
        assert_int_equal(rename(db, copy), 0);
        assert_int_equal(symlink("copy.db", db), 0);
        assert_int_equal(store_open(*state, &s), -EPERM);
        assert_null(s);
        assert_int_equal(unlink(db), 0);
        assert_int_equal(mkfifo(db, 0600), 0);
        assert_int_equal(store_open(*state, &s), -EPERM);
}

static void test_a_second_opening_is_refused(void **state) {
        Store *s, *other = NULL;
        int fds[2], status;
        pid_t child;
        char go;

        assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
        child = fork(); /* before the ledger is open, so as not to share it */
        if (child == 0)
                _exit(read(fds[0], &go, 1) == 1 && store_open(*state, &other) == -EBUSY ? 0 : 1);
        s = fixture_open(*state);
        assert_int_equal(write(fds[1], "g", 1), 1);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
        (void)close(fds[0]);
        (void)close(fds[1]);
        assert_int_equal(store_open(*state, &other), -EBUSY);
        assert_null(other);

        /* the one that has it goes on */
        fixture_record(s, EVENT_URGE, ANN, json_object());
        /* and others may read meanwhile */
        assert_int_equal(fixture_number(*state, "SELECT count(*) FROM event"), 1);
        store_free(s);
        store_free(fixture_open(*state));
}

static void test_a_lock_of_the_sqlite_tool_is_told(void **state) {
        _cleanup_free_ char *path = path_join(*state, LEDGER);
        Store *s = fixture_open(*state);
        sqlite3 *db = NULL;

        assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
        assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
        assert_int_equal(store_begin(s), -EBUSY);
        assert_int_equal(store_commit(s), -EINVAL);
        assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_close(db), SQLITE_OK);
        fixture_record(s, EVENT_URGE, ANN, json_object());
        store_free(s);
}

/* --- versions -------------------------------------------------------------------------------- */

static void test_an_older_ledger_is_brought_up_to_date(void **state) {
        for (size_t from = 1; from < ARRAY_LEN(store_migrations); from++) {
                _cleanup_free_ Rows *rows = rows_new();
                Store *s;

                for (size_t i = 0; i < from; i++)
                        assert_int_equal(fixture_sql(*state, LEDGER, store_migrations[i]), 0);
                assert_int_equal(
                        fixture_sql(*state, LEDGER,
                                "INSERT INTO event (uid, device, recorded_usec, at_usec,"
                                " zone_minutes, kind, person, data) SELECT '" ANN "', device, 1, 2,"
                                " 3, 'slip', '" BEA "', '{\"channel\":\"x\"}' FROM meta"),
                        0);
                s = fixture_open(*state);
                assert_int_equal(store_replay(s, 0, collect_event, rows), 0);
                assert_int_equal(rows->n, 1);
                assert_string_equal(rows->row[0].uid, ANN);
                assert_int_equal(store_begin(s), 0);
                assert_int_equal(store_save_state(s, "{}", 1), 0);
                assert_int_equal(store_commit(s), 0);
                store_free(s);
                assert_int_equal(
                        fixture_number(*state, "PRAGMA user_version"), ARRAY_LEN(store_migrations));
                fixture_empty(*state);
        }
}

/* What a version without the index held is found by it. */
static void test_held_ones_of_an_older_ledger_are_found(void **state) {
        Store *s;

        for (size_t i = 0; i < 2; i++)
                assert_int_equal(fixture_sql(*state, LEDGER, store_migrations[i]), 0);
        assert_int_equal(
                fixture_sql(*state, LEDGER,
                        "INSERT INTO event (uid, device, recorded_usec, at_usec,"
                        " zone_minutes, kind, person, data) SELECT '" ANN "', device, 1, 2, 3,"
                        " 'contact.incoming', '" BEA "', '{\"held\":\"" ANN "\"}' FROM meta"),
                0);
        s = fixture_open(*state);
        assert_int_equal(store_find_held(s, ANN), 1);
        assert_int_equal(store_find_held(s, BEA), 0);
        assert_int_equal(store_find_held(s, ""), 0);
        store_free(s);
        assert_int_equal(fixture_number(*state,
                                 "SELECT count(*) FROM sqlite_schema WHERE name = 'event_held'"),
                1);
}

static void test_each_migration_says_its_number(void **state) {
        for (size_t i = 0; i < ARRAY_LEN(store_migrations); i++) {
                assert_int_equal(fixture_sql(*state, LEDGER, store_migrations[i]), SQLITE_OK);
                assert_int_equal(fixture_number(*state, "PRAGMA user_version"), i + 1);
        }
        assert_int_equal(fixture_number(*state, "PRAGMA application_id"), STORE_APPLICATION);
}

static void test_a_migration_that_fails_leaves_the_older_ledger(void **state) {
        Store *s = NULL;

        /* a table in the way of the second migration's last step */
        assert_int_equal(fixture_sql(*state, LEDGER, store_migrations[0]), SQLITE_OK);
        assert_int_equal(fixture_sql(*state, LEDGER, "CREATE TABLE cursor (a)"), SQLITE_OK);
        assert_int_equal(store_open(*state, &s), -EBADMSG);
        assert_int_equal(fixture_number(*state, "PRAGMA user_version"), 1);
        assert_int_equal(
                fixture_number(*state, "SELECT count(*) FROM sqlite_schema WHERE name = 'state'"),
                0);
}

static void test_a_newer_ledger_is_left_alone(void **state) {
        store_free(fixture_open(*state));
        assert_int_equal(fixture_sql(*state, LEDGER, "PRAGMA user_version = 1000"), SQLITE_OK);
        assert_refused_untouched(*state, -EPROTO);
}

static void test_unknown_kinds_and_grades_are_passed_over(void **state) {
        Store *s = fixture_open(*state);
        _cleanup_free_ Rows *rows = rows_new();
        StoreEntry entry;

        fixture_record(s, EVENT_SLIP, ANN, json_object());
        assert_int_equal(
                fixture_sql(*state, LEDGER,
                        "INSERT INTO event (uid, device, recorded_usec, at_usec, zone_minutes,"
                        " kind, person, data) SELECT 'fe000000000070008000000000000001', device, 0,"
                        " 0, 0, 'ritual.done', '', '{}' FROM meta;"
                        "INSERT INTO event (uid, device, recorded_usec, at_usec, zone_minutes,"
                        " kind, person, data) SELECT 'fe000000000070008000000000000002', device, 0,"
                        " 0, 0, 'corrected', '', json_object('of', uid, 'to', 'glimpse')"
                        " FROM event WHERE seq = 1;"),
                SQLITE_OK);
        assert_int_equal(store_replay(s, 0, collect_event, rows), 0);
        assert_int_equal(rows->n, 2);
        rows->n = 0;
        assert_int_equal(store_list(s, &(StoreFilter){.limit = 2}, collect_entry, rows), 0);
        assert_int_equal(rows->n, 2);
        assert_int_equal(rows->row[0].seq, 3);
        assert_int_equal(rows->row[1].seq, 1);
        assert_int_equal(rows->row[1].grade, GRADE_SLIP);
        assert_true(rows->row[1].corrected);
        assert_int_equal(store_get(s, 2, &entry), -ENOENT);
        /* and the next uid still sorts after the newer version's */
        assert_int_equal(fixture_record(s, EVENT_URGE, ANN, json_object()), 4);
        store_free(s);
}

/* --- damage ---------------------------------------------------------------------------------- */

/* A ledger with events in it, closed. */
static Bytes make_ledger(const char *dir) {
        Store *s = fixture_open(dir);

        assert_int_equal(store_begin(s), 0);
        for (unsigned i = 0; i < 200; i++)
                fixture_append_at(s, EVENT_ATTEMPT, ANN, NOW_USEC + i,
                        json_pack("{s:s, s:s}", "channel", "firefox", "target",
                                "https://www.instagram.com/alex.doe/"));
        assert_int_equal(store_commit(s), 0);
        store_free(s);
        assert_false(file_is_there(dir, LEDGER_WAL));
        return file_read(dir, LEDGER);
}

static void test_what_is_no_ledger_is_left_alone(void **state) {
        static const char text[] = "Dear diary, this is no database. It is longer than the header "
                                   "of one, though, so that it has to be read to be told apart.\n";
        char noise[8192];
        uint32_t seed = 1;

        for (size_t i = 0; i < sizeof(noise); i++) {
                seed = seed * 1664525 + 1013904223;
                noise[i] = (char)(seed >> 24);
        }
        file_write(*state, LEDGER, "", 0);
        assert_refused_untouched(*state, -EBADMSG);
        file_write(*state, LEDGER, text, sizeof(text));
        assert_refused_untouched(*state, -EBADMSG);
        file_write(*state, LEDGER, text, 10);
        assert_refused_untouched(*state, -EBADMSG);
        file_write(*state, LEDGER, noise, sizeof(noise));
        assert_refused_untouched(*state, -EBADMSG);
        memcpy(noise, "SQLite format 3", 16);
        file_write(*state, LEDGER, noise, sizeof(noise));
        assert_refused_untouched(*state, -EBADMSG);
}

static void test_another_programs_database_is_left_alone(void **state) {
        assert_int_equal(
                fixture_sql(*state, LEDGER, "CREATE TABLE event (seq INTEGER)"), SQLITE_OK);
        assert_refused_untouched(*state, -EBADMSG);
}

static void test_a_truncated_ledger_is_left_alone(void **state) {
        _cleanup_(bytes_done) Bytes whole = make_ledger(*state);
        const size_t cuts[] = {1, 50, 100, 1000, 4096, 5000, 8192, whole.len / 2, whole.len - 4096,
                whole.len - 1000};

        for (size_t i = 0; i < ARRAY_LEN(cuts); i++) {
                fixture_empty(*state);
                file_write(*state, LEDGER, whole.data, cuts[i]);
                assert_refused_untouched(*state, -EBADMSG);
        }
}

static void test_a_page_of_noise_is_found(void **state) {
        _cleanup_(bytes_done) Bytes whole = make_ledger(*state);

        for (size_t page = 1; page < whole.len / 4096; page++) {
                _cleanup_free_ char *copy = malloc(whole.len);

                memcpy(copy, whole.data, whole.len);
                memset(copy + page * 4096, (int)page + 0x5a, 4096);
                fixture_empty(*state);
                file_write(*state, LEDGER, copy, whole.len);
                assert_refused_untouched(*state, -EBADMSG);
        }
}

static void test_damage_beside_a_log_leaves_both_alone(void **state) {
        _cleanup_(bytes_done) Bytes db = {0}, wal = {0};
        Store *s;

        db = make_ledger(*state);
        s = fixture_open(*state);
        fixture_record(s, EVENT_URGE, ANN, json_object());
        wal = file_read(*state, LEDGER_WAL);
        assert_true(wal.len > 0);
        store_free(s);
        fixture_empty(*state);

        /* a page that the log does not bring back */
        memset(db.data + 5 * 4096, 0x5a, 4096);
        file_write(*state, LEDGER, db.data, db.len);
        file_write(*state, LEDGER_WAL, wal.data, wal.len);
        assert_refused_untouched(*state, -EBADMSG);

        /* a log whose database is gone */
        fixture_empty(*state);
        file_write(*state, LEDGER_WAL, wal.data, wal.len);
        s = NULL;
        assert_int_equal(store_open(*state, &s), -EBADMSG);
        assert_false(file_is_there(*state, LEDGER));
        _cleanup_(bytes_done) Bytes after = file_read(*state, LEDGER_WAL);
        assert_int_equal(after.len, wal.len);
        assert_memory_equal(after.data, wal.data, wal.len);

        /* the same with the other kind of log */
        fixture_empty(*state);
        file_write(*state, LEDGER "-journal", wal.data, wal.len);
        assert_int_equal(store_open(*state, &s), -EBADMSG);
        assert_true(file_is_there(*state, LEDGER "-journal"));
}

static void test_a_ledger_without_its_tables_is_refused(void **state) {
        store_free(fixture_open(*state));
        assert_int_equal(fixture_sql(*state, LEDGER, "DROP TABLE state"), SQLITE_OK);
        assert_refused_untouched(*state, -EBADMSG);
}

static void test_what_a_power_cut_left_of_a_new_ledger_is_cleared(void **state) {
        file_write(*state, LEDGER ".new", "half", 4);
        store_free(fixture_open(*state));
        assert_false(file_is_there(*state, LEDGER ".new"));
}

static void test_a_restored_copy_opens(void **state) {
        _cleanup_free_ char *sql = NULL, *db = path_join(*state, LEDGER),
                            *copy = path_join(*state, "copy.db");
        Store *s = fixture_open(*state);
        _cleanup_free_ Rows *rows = rows_new();

        fixture_record(s, EVENT_URGE, ANN, json_object());
        /* such a copy has a rollback journal, not a log */
        assert_true(asprintf(&sql, "VACUUM INTO '%s'", copy) > 0);
        assert_int_equal(fixture_sql(*state, LEDGER, sql), SQLITE_OK);
        store_free(s);
        assert_int_equal(rename(copy, db), 0);
        s = fixture_open(*state);
        assert_int_equal(store_replay(s, 0, collect_event, rows), 0);
        assert_int_equal(rows->n, 1);
        fixture_record(s, EVENT_URGE, ANN, json_object());
        assert_private(*state);
        store_free(s);
}

/* --- lists ----------------------------------------------------------------------------------- */

static void correct(Store *s, uint64_t seq, const char *to) {
        StoreEntry entry;

        assert_int_equal(store_get(s, seq, &entry), 0);
        fixture_record(s, EVENT_CORRECTED, entry.event.person,
                json_pack("{s:s, s:s, s:s}", "of", entry.event.uid, "to", to, "note", ""));
        event_done(&entry.event);
}

static void test_the_latest_correction_counts(void **state) {
        Store *s = fixture_open(*state);
        StoreEntry entry;

        fixture_record(s, EVENT_SLIP, ANN, json_object());
        fixture_record(s, EVENT_SLIP, ANN, json_object());
        correct(s, 1, "relapse");
        correct(s, 1, "none");
        assert_int_equal(store_get(s, 1, &entry), 0);
        assert_int_equal(entry.grade, GRADE_NONE);
        assert_true(entry.corrected);
        event_done(&entry.event);
        assert_int_equal(store_get(s, 2, &entry), 0);
        assert_int_equal(entry.grade, GRADE_SLIP);
        assert_false(entry.corrected);
        event_done(&entry.event);
        assert_int_equal(store_get(s, 5, &entry), -ENOENT);
        assert_int_equal(store_get(s, 0, &entry), -ENOENT);
        assert_int_equal(store_get(s, UINT64_MAX, &entry), -ENOENT);
        store_free(s);
}

static void test_replay_is_oldest_first_and_starts_where_asked(void **state) {
        Store *s = fixture_open(*state);
        _cleanup_free_ Rows *rows = rows_new();

        for (uint64_t i = 0; i < 20; i++) {
                assert_int_equal(store_begin(s), 0);
                fixture_append_at(s, EVENT_URGE, ANN, NOW_USEC - i, json_object());
                assert_int_equal(store_commit(s), 0);
        }
        assert_int_equal(store_replay(s, 5, collect_event, rows), 0);
        assert_int_equal(rows->n, 15);
        for (size_t i = 0; i < rows->n; i++)
                assert_int_equal(rows->row[i].seq, i + 6);
        rows->n = 0;
        assert_int_equal(store_replay(s, UINT64_MAX, collect_event, rows), 0);
        assert_int_equal(rows->n, 0);
        store_free(s);
}

static void test_the_callback_ends_a_listing(void **state) {
        Store *s = fixture_open(*state);
        _cleanup_free_ Rows *rows = rows_new();

        for (int i = 0; i < 5; i++)
                fixture_record(s, EVENT_URGE, ANN, json_object());
        rows->answer = -ECANCELED;
        rows->answer_at = 2;
        assert_int_equal(store_list(s, &(StoreFilter){0}, collect_entry, rows), -ECANCELED);
        assert_int_equal(rows->n, 2);
        rows->n = 0;
        assert_int_equal(store_replay(s, 0, collect_event, rows), -ECANCELED);
        assert_int_equal(rows->n, 2);
        /* and the next one begins anew; a positive answer goes on */
        rows->n = 0;
        rows->answer = 1;
        assert_int_equal(store_list(s, &(StoreFilter){0}, collect_entry, rows), 0);
        assert_int_equal(rows->n, 5);
        store_free(s);
}

static int look_up_while_listing(void *userdata, const StoreEntry *entry) {
        StoreEntry again;

        assert_int_equal(store_get(userdata, entry->event.seq, &again), 0);
        assert_string_equal(again.event.uid, entry->event.uid);
        event_done(&again.event);
        fixture_record(userdata, EVENT_NUDGE_SHOWN, ANN, json_object());
        return 0;
}

static void test_the_callback_may_read_and_write(void **state) {
        Store *s = fixture_open(*state);

        for (int i = 0; i < 5; i++)
                fixture_record(s, EVENT_URGE, ANN, json_object());
        assert_int_equal(store_list(s, &(StoreFilter){0}, look_up_while_listing, s), 0);
        store_free(s);
        assert_int_equal(fixture_number(*state, "SELECT count(*) FROM event"), 10);
}

/* What store_list() ought to give, the slow and obvious way: all rows in memory. */
static void model_list(const Rows *all, const StoreFilter *filter, Rows *ret) {
        for (size_t i = all->n; i-- > 0;) {
                const Row *row = &all->row[i];
                bool wanted = filter->n_kinds == 0;

                for (size_t k = 0; k < filter->n_kinds; k++)
                        if (filter->kinds[k] == row->kind)
                                wanted = true;
                if (filter->person && !streq(filter->person, row->person))
                        wanted = false;
                if (filter->before_seq && row->seq >= filter->before_seq)
                        wanted = false;
                if (filter->limit && ret->n >= filter->limit)
                        wanted = false;
                if (wanted)
                        ret->row[ret->n++] = *row;
        }
}

/* A repeatable sequence, so that a failure can be seen again. */
static unsigned dice(unsigned sides) {
        static uint64_t seed = 42;

        seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
        return (unsigned)(seed >> 33) % sides;
}

static void fill_at_random(Store *s, Rows *all) {
        static const char *const people[] = {"", ANN, BEA};

        assert_int_equal(store_begin(s), 0);
        for (unsigned i = 0; i < 600; i++) {
                EventKind kind = (EventKind)dice(_EVENT_KIND_MAX);
                const char *person = people[dice(3)];
                Event ev = {.kind = kind, .at_usec = NOW_USEC, .data = json_object()};
                Row *corrected = NULL;

                if (i > 0 && dice(3) == 0) {
                        Grade to = (Grade)dice(_GRADE_MAX);

                        corrected = &all->row[dice(i)];
                        ev.kind = EVENT_CORRECTED;
                        json_object_set_new(ev.data, "of", json_string(corrected->uid));
                        json_object_set_new(ev.data, "to", json_string(grade_name(to)));
                        corrected->corrected = true;
                        corrected->grade = to;
                } else if (dice(2) == 0) {
                        /* a field `of` in another kind corrects nothing */
                        json_object_set_new(
                                ev.data, "of", json_string(i > 0 ? all->row[dice(i)].uid : ANN));
                        json_object_set_new(ev.data, "to", json_string("relapse"));
                        if (kind == EVENT_CORRECTED)
                                ev.kind = EVENT_NUDGE_SHOWN;
                }
                if (ev.kind == EVENT_CORRECTED && !corrected)
                        ev.kind = EVENT_URGE;
                (void)strcpy(ev.person, person);
                assert_int_equal(store_append(s, &ev, NOW_USEC + i), 0);
                rows_add(all, &ev, event_grade(ev.kind), false);
                event_done(&ev);
        }
        assert_int_equal(store_commit(s), 0);
}

static void test_lists_what_the_model_lists(void **state) {
        static const char *const people[] = {NULL, NULL, "", ANN, BEA, "nobody"};
        Store *s = fixture_open(*state);
        _cleanup_free_ Rows *all = rows_new();
        size_t shown = 0;

        fill_at_random(s, all);
        for (int round = 0; round < 500; round++) {
                _cleanup_free_ Rows *wanted = rows_new(), *got = rows_new();
                EventKind kinds[4];
                StoreFilter filter = {
                        .kinds = kinds,
                        .n_kinds = dice(2) ? dice(5) : 0,
                        .person = people[dice(ARRAY_LEN(people))],
                        .before_seq = dice(2) ? dice(700) : 0,
                        .limit = dice(2) ? dice(40) : 0,
                };

                for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
                        kinds[i] = (EventKind)dice(_EVENT_KIND_MAX);
                model_list(all, &filter, wanted);
                assert_int_equal(store_list(s, &filter, collect_entry, got), 0);
                assert_int_equal(got->n, wanted->n);
                assert_memory_equal(got->row, wanted->row, got->n * sizeof(Row));
                shown += got->n;
        }
        assert_true(shown > 1000);
        store_free(s);
}

/* --- twins ----------------------------------------------------------------------------------- */

static void record_visit_in(Store *s, const char *channel, EventKind kind, const char *person,
        const char *key, const char *source, uint64_t at) {
        assert_int_equal(store_begin(s), 0);
        fixture_append_at(s, kind, person, at,
                json_pack("{s:s, s:s, s:s}", "channel", channel, "key", key, "source", source));
        assert_int_equal(store_commit(s), 0);
}

static void record_visit(Store *s, EventKind kind, const char *person, const char *key,
        const char *source, uint64_t at) {
        record_visit_in(s, "firefox", kind, person, key, source, at);
}

/* The seq of the twin that another sensor, the extension, would find; 0 for none. */
static uint64_t twin_in(Store *s, const char *channel, const char *person, const char *key,
        uint64_t at, uint64_t window) {
        StoreEntry entry;
        uint64_t seq = 0;
        int r;

        r = store_find_twin(s, person, key, "extension", channel, at, window, &entry);
        assert_true(r == 0 || r == 1);
        if (r == 1) {
                seq = entry.event.seq;
                event_done(&entry.event);
        }
        return seq;
}

static uint64_t twin(Store *s, const char *person, const char *key, uint64_t at, uint64_t window) {
        return twin_in(s, NULL, person, key, at, window);
}

static void test_the_nearest_view_of_another_sensor_is_the_twin(void **state) {
        Store *s = fixture_open(*state);
        const uint64_t t = NOW_USEC, sec = USEC_PER_SEC;

        record_visit(s, EVENT_SLIP, ANN, "ig:lex", "history", t);               /* 1 */
        record_visit(s, EVENT_ATTEMPT, ANN, "ig:lex", "history", t + 10 * sec); /* 2 */
        record_visit(s, EVENT_SLIP, ANN, "ig:lex", "extension", t + 4 * sec);   /* 3 */
        record_visit(s, EVENT_SLIP, BEA, "ig:lex", "history", t + 4 * sec);     /* 4 */
        record_visit(s, EVENT_SLIP, ANN, "x:lex", "history", t + 4 * sec);      /* 5 */
        record_visit(s, EVENT_INCOMING, ANN, "ig:lex", "history", t + 4 * sec); /* 6 */

        assert_int_equal(twin(s, ANN, "ig:lex", t + 4 * sec, 30 * sec), 1);
        assert_int_equal(twin(s, ANN, "ig:lex", t + 6 * sec, 30 * sec), 2);
        /* the window is closed at both ends */
        assert_int_equal(twin(s, ANN, "ig:lex", t - 5 * sec, 5 * sec), 1);
        assert_int_equal(twin(s, ANN, "ig:lex", t - 5 * sec, 5 * sec - 1), 0);
        assert_int_equal(twin(s, ANN, "ig:lex", t + 15 * sec, 5 * sec), 2);
        assert_int_equal(twin(s, ANN, "ig:lex", t + 15 * sec, 5 * sec - 1), 0);
        assert_int_equal(twin(s, ANN, "ig:other", t, 30 * sec), 0);
        assert_int_equal(twin(s, BEA, "x:lex", t, 30 * sec), 0);
        /* no window is too large to count */
        assert_int_equal(twin(s, ANN, "ig:lex", 0, UINT64_MAX), 1);
        assert_int_equal(twin(s, ANN, "ig:lex", UINT64_MAX, UINT64_MAX), 2);
        store_free(s);
}

static void test_a_twin_is_of_the_same_browser_or_of_none(void **state) {
        Store *s = fixture_open(*state);
        const uint64_t t = NOW_USEC, sec = USEC_PER_SEC;

        record_visit_in(s, "firefox", EVENT_SLIP, ANN, "ig:lex", "history", t);            /* 1 */
        record_visit_in(s, "chromium", EVENT_SLIP, ANN, "ig:lex", "history", t + 4 * sec); /* 2 */
        record_visit_in(s, "policy", EVENT_ATTEMPT, ANN, "ig:lex", "policy", t + 9 * sec); /* 3 */
        assert_int_equal(twin_in(s, "firefox", ANN, "ig:lex", t + 3 * sec, 30 * sec), 1);
        assert_int_equal(twin_in(s, "chromium", ANN, "ig:lex", t, 30 * sec), 2);
        assert_int_equal(twin_in(s, "brave", ANN, "ig:lex", t, 30 * sec), 3);
        assert_int_equal(twin_in(s, "history", ANN, "ig:lex", t, 30 * sec), 3);
        assert_int_equal(twin_in(s, NULL, ANN, "ig:lex", t + 4 * sec, 30 * sec), 2);
        store_free(s);
}

static void test_a_twin_tells_its_correction(void **state) {
        Store *s = fixture_open(*state);
        StoreEntry entry;

        record_visit(s, EVENT_SLIP, ANN, "ig:lex", "history", NOW_USEC);
        correct(s, 1, "none");
        assert_int_equal(
                store_find_twin(s, ANN, "ig:lex", "extension", NULL, NOW_USEC, 0, &entry), 1);
        assert_true(entry.corrected);
        assert_int_equal(entry.grade, GRADE_NONE);
        event_done(&entry.event);
        store_free(s);
}

/* --- the statements -------------------------------------------------------------------------- */

static int note_scan(void *userdata, int n, char **values, char **names) {
        const char *detail = values[3];

        (void)names;
        assert_int_equal(n, 4);
        /* json_each() is the list of kinds that the caller gave */
        if (strstr(detail, "SCAN") && !strstr(detail, "json_each") && !strstr(detail, "CONSTANT"))
                print_message("# %s\n", detail), ++*(int *)userdata;
        return 0;
}

static int scans(sqlite3 *db, const char *statement) {
        _cleanup_free_ char *sql = NULL;
        int found = 0;

        assert_true(asprintf(&sql, "EXPLAIN QUERY PLAN %s", statement) > 0);
        assert_int_equal(sqlite3_exec(db, sql, note_scan, &found, NULL), SQLITE_OK);
        return found;
}

static void test_no_statement_reads_the_whole_table(void **state) {
        _cleanup_free_ char *path = path_join(*state, LEDGER);
        sqlite3 *db = NULL;

        store_free(fixture_open(*state));
        assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
        for (int i = 0; i < _STATEMENT_MAX; i++)
                assert_int_equal(scans(db, store_statements[i]), 0);
        /* the means of this test sees one */
        assert_int_equal(scans(db, "SELECT uid FROM event WHERE at_usec = 1"), 1);
        assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void test_the_settings_are_what_the_rules_ask(void **state) {
        Store *s = fixture_open(*state);

        fixture_record(s, EVENT_URGE, ANN, json_object());
        assert_non_null(strstr(store_sql_connection, "synchronous = FULL"));
        store_free(s);
        /* bytes 18 and 19 of the header: 2 is a write-ahead log */
        _cleanup_(bytes_done) Bytes db = file_read(*state, LEDGER);
        assert_int_equal(db.data[18], 2);
        assert_int_equal(db.data[19], 2);
}

static void test_the_log_stays_small(void **state) {
        Store *s = fixture_open(*state);
        struct stat st;
        _cleanup_free_ char *wal = path_join(*state, LEDGER_WAL);

        for (int i = 0; i < 400; i++)
                fixture_record(s, EVENT_ATTEMPT, ANN, json_pack("{s:i}", "key", i));
        assert_int_equal(stat(wal, &st), 0);
        assert_true(st.st_size <= STORE_WAL_MAX);
        store_free(s);
        assert_false(file_is_there(*state, LEDGER_WAL));
}

/* --- kill -9 --------------------------------------------------------------------------------- */

enum { BATCH = 3, KILLS = 200 };

/* Appends batches until it is killed, and tells each one that has been committed. */
static void write_until_killed(const char *dir, int tell) {
        Store *s = NULL;

        if (store_open(dir, &s) < 0)
                _exit(2);
        for (uint64_t n = 0;; n++) {
                uint64_t seq = 0;

                if (store_begin(s) < 0)
                        _exit(3);
                for (int i = 0; i < BATCH; i++) {
                        Event ev = {.kind = EVENT_ATTEMPT, .at_usec = NOW_USEC};
                        int r;

                        ev.data = json_pack("{s:s, s:I}", "channel", "firefox", "n", (json_int_t)n);
                        r = store_append(s, &ev, NOW_USEC);
                        event_done(&ev);
                        if (r < 0)
                                _exit(4);
                        seq = ev.seq;
                }
                if (store_save_state(s, "{\"people\":[]}", seq) < 0 || store_commit(s) < 0)
                        _exit(5);
                if (write(tell, &seq, sizeof(seq)) != sizeof(seq))
                        _exit(6);
        }
}

/* Kills a writer after some time, which may begin with its first commit, and returns the last seq
 * that it knew to be on disk, or 0. */
static uint64_t kill_a_writer(const char *dir, bool commits_first, unsigned usec) {
        uint64_t last = 0, seq;
        int fds[2], status;
        pid_t child;

        assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
        child = fork();
        assert_true(child >= 0);
        if (child == 0) {
                write_until_killed(dir, fds[1]);
                _exit(7);
        }
        (void)close(fds[1]);
        if (commits_first)
                assert_int_equal(read(fds[0], &last, sizeof(last)), sizeof(last));
        (void)usleep(usec);
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        while (read(fds[0], &seq, sizeof(seq)) == sizeof(seq))
                last = seq;
        (void)close(fds[0]);
        return last;
}

static int count_events(void *userdata, const Event *ev) {
        uint64_t *count = userdata;

        assert_int_equal(ev->seq, ++*count); /* no gap, no event twice */
        return 0;
}

static void test_a_killed_process_loses_nothing(void **state) {
        uint64_t known = 0, written = 0;
        unsigned rounds_with_writes = 0;

        for (int round = 0; round < KILLS; round++) {
                uint64_t last = kill_a_writer(*state, round % 2, dice(10000)), count = 0, seq = 0;
                _cleanup_free_ char *json = NULL;
                Store *s;

                if (last > 0) {
                        known = last;
                        rounds_with_writes++;
                }
                s = fixture_open(*state);
                assert_int_equal(store_replay(s, 0, count_events, &count), 0);
                assert_true(count >= known); /* every committed one is there */
                assert_true(count >= written);
                assert_int_equal(count % BATCH, 0); /* and none half */
                if (count > 0) {
                        assert_int_equal(store_load_state(s, &json, &seq), 1);
                        assert_int_equal(seq, count);
                }
                written = count;
                store_free(s);
        }
        print_message("# %u of %d killed writers had written, %u events in all\n",
                rounds_with_writes, KILLS, (unsigned)written);
        assert_true(rounds_with_writes >= KILLS / 2);
}

#define STORE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void) {
        const struct CMUnitTest tests[] = {
                STORE_TEST(test_every_kind_comes_back_as_it_went_in),
                STORE_TEST(test_a_nul_within_a_text_comes_back),
                STORE_TEST(test_the_device_stays_the_same),
                STORE_TEST(test_two_ledgers_are_two_devices),
                STORE_TEST(test_uids_sort_whatever_the_clock_does),
                STORE_TEST(test_state_and_cursors_are_kept),
                STORE_TEST(test_a_rollback_leaves_nothing),
                STORE_TEST(test_closing_rolls_back),
                STORE_TEST(test_writing_needs_a_transaction),
                STORE_TEST(test_a_bad_event_is_refused_and_the_others_stay),
                STORE_TEST(test_a_failed_write_fails_the_commit),
                STORE_TEST(test_nobody_changes_an_event),
                STORE_TEST(test_the_schema_refuses_what_is_no_event),
                STORE_TEST(test_files_are_private_under_any_umask),
                STORE_TEST(test_makes_the_folder_and_its_parents),
                STORE_TEST(test_open_modes_are_mended),
                STORE_TEST(test_a_link_in_place_of_the_ledger_is_refused),
                STORE_TEST(test_a_second_opening_is_refused),
                STORE_TEST(test_a_lock_of_the_sqlite_tool_is_told),
                STORE_TEST(test_an_older_ledger_is_brought_up_to_date),
                STORE_TEST(test_held_ones_of_an_older_ledger_are_found),
                STORE_TEST(test_each_migration_says_its_number),
                STORE_TEST(test_a_migration_that_fails_leaves_the_older_ledger),
                STORE_TEST(test_a_newer_ledger_is_left_alone),
                STORE_TEST(test_unknown_kinds_and_grades_are_passed_over),
                STORE_TEST(test_what_is_no_ledger_is_left_alone),
                STORE_TEST(test_another_programs_database_is_left_alone),
                STORE_TEST(test_a_truncated_ledger_is_left_alone),
                STORE_TEST(test_a_page_of_noise_is_found),
                STORE_TEST(test_damage_beside_a_log_leaves_both_alone),
                STORE_TEST(test_a_ledger_without_its_tables_is_refused),
                STORE_TEST(test_what_a_power_cut_left_of_a_new_ledger_is_cleared),
                STORE_TEST(test_a_restored_copy_opens),
                STORE_TEST(test_the_latest_correction_counts),
                STORE_TEST(test_replay_is_oldest_first_and_starts_where_asked),
                STORE_TEST(test_the_callback_ends_a_listing),
                STORE_TEST(test_the_callback_may_read_and_write),
                STORE_TEST(test_lists_what_the_model_lists),
                STORE_TEST(test_the_nearest_view_of_another_sensor_is_the_twin),
                STORE_TEST(test_a_twin_is_of_the_same_browser_or_of_none),
                STORE_TEST(test_a_twin_tells_its_correction),
                STORE_TEST(test_no_statement_reads_the_whole_table),
                STORE_TEST(test_the_settings_are_what_the_rules_ask),
                STORE_TEST(test_the_log_stays_small),
                STORE_TEST(test_a_killed_process_loses_nothing),
        };
        return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
