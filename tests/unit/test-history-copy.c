/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The private copy: whole whatever the writer does meanwhile, private, and gone at once. */

#include "common/buffer.h"
#include "common/file.h"
#include "common/time.h"
#include "daemon/sensors/history-copy.h"
#include "unit/browser-db.h"
#include "unit/test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define T0 ((uint64_t)1790000000000000)

enum {
        COPIES = 2000, /* of a database that is written to all the time */
        PAIRS = 8,     /* rows that a transaction changes together */
};

typedef struct Fixture {
        char source[64]; /* folders */
        char target[64];
        char *database;
} Fixture;

static int setup(void **state) {
        Fixture *f = calloc(1, sizeof(*f));

        (void)snprintf(f->source, sizeof(f->source), "/tmp/test-copy-XXXXXX");
        (void)snprintf(f->target, sizeof(f->target), "/dev/shm/test-copy-XXXXXX");
        if (!mkdtemp(f->source) || !mkdtemp(f->target))
                return -1;
        f->database = path_join(f->source, "History");
        *state = f;
        return 0;
}

static void remove_folder(const char *path) {
        DIR *dir = opendir(path);
        struct dirent *e;

        while (dir && (e = readdir(dir))) {
                _cleanup_free_ char *entry = path_join(path, e->d_name);

                if (!streq(e->d_name, ".") && !streq(e->d_name, ".."))
                        (void)remove(entry);
        }
        if (dir)
                (void)closedir(dir);
        (void)rmdir(path);
}

static int teardown(void **state) {
        Fixture *f = *state;

        remove_folder(f->source);
        remove_folder(f->target);
        free(f->database);
        free(f);
        return 0;
}

static unsigned files_in(const char *path) {
        DIR *dir = opendir(path);
        unsigned n = 0;

        assert_non_null(dir);
        while (readdir(dir))
                n++;
        (void)closedir(dir);
        return n - 2; /* itself and its parent */
}

/* Lets the clock of the file system move on. */
static void wait_for_tick(void) {
        const struct timespec t = {.tv_nsec = (long)history_copy_tick_usec() * 2000};

        (void)nanosleep(&t, NULL);
}

static int64_t number(sqlite3 *db, const char *sql) {
        BrowserDb b = {.db = db};

        return browser_db_number(&b, sql);
}

static void write_text(const char *path, const char *text) {
        FILE *file = fopen(path, "we");

        assert_non_null(file);
        assert_true(fputs(text, file) >= 0);
        assert_int_equal(fclose(file), 0);
}

/* --- one copy -------------------------------------------------------------------------------- */

static void expect_copy_with(Fixture *f, int64_t visits, const char *table) {
        _cleanup_(history_copy_freep) HistoryCopy *copy = NULL;
        _cleanup_free_ char *sql = NULL;
        sqlite3 *db = NULL;
        struct stat st;

        assert_int_equal(history_copy_take(f->database, f->target, &copy), 0);
        assert_int_equal(stat(history_copy_path(copy), &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
        assert_int_equal(sqlite3_open(history_copy_path(copy), &db), SQLITE_OK);
        assert_true(asprintf(&sql, "SELECT count(*) FROM %s", table) > 0);
        assert_int_equal(number(db, sql), visits);
        assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void test_copy_shows_what_is_only_in_the_log(void **state) {
        Fixture *f = *state;
        BrowserDb b;

        browser_db_open(f->database, BROWSER_FIREFOX, &b);
        browser_db_exec(&b, "PRAGMA wal_autocheckpoint = 0");
        for (int i = 0; i < 5; i++)
                (void)browser_db_add(&b, T0, "https://a.example/");
        wait_for_tick();
        expect_copy_with(f, 5, "moz_historyvisits");
        assert_int_equal(files_in(f->target), 0);
        assert_int_equal(files_in(f->source), 2); /* no -shm of the writer's, and nothing of ours */
        browser_db_close(&b);
        wait_for_tick();
        expect_copy_with(f, 5, "moz_historyvisits");
}

static void test_copy_is_taken_although_the_writer_holds_the_lock(void **state) {
        Fixture *f = *state;
        sqlite3 *other = NULL;
        BrowserDb b;

        browser_db_open(f->database, BROWSER_CHROMIUM, &b);
        (void)browser_db_add(&b, T0, "https://a.example/");
        wait_for_tick();
        expect_copy_with(f, 1, "visits");
        /* the lock is real: SQLite itself cannot read */
        assert_int_equal(sqlite3_open(f->database, &other), SQLITE_OK);
        assert_int_equal(
                sqlite3_exec(other, "SELECT * FROM visits", NULL, NULL, NULL), SQLITE_BUSY);
        assert_int_equal(sqlite3_close(other), SQLITE_OK);
        browser_db_close(&b);
}

static void test_transaction_under_way_is_rolled_back_in_the_copy(void **state) {
        Fixture *f = *state;
        HistoryPrint print;
        BrowserDb b;

        browser_db_open(f->database, BROWSER_CHROMIUM, &b);
        (void)browser_db_add(&b, T0, "https://a.example/1");
        browser_db_exec(&b, "PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN");
        for (int i = 0; i < 2000; i++) /* more than the cache: pages reach the file */
                (void)browser_db_add(&b, T0, "https://a.example/2");
        wait_for_tick();
        assert_int_equal(history_print_take(f->database, &print), 0);
        assert_true(print.hot);
        expect_copy_with(f, 1, "visits");
        browser_db_exec(&b, "COMMIT");
        wait_for_tick();
        assert_int_equal(history_print_take(f->database, &print), 0);
        assert_false(print.hot);
        expect_copy_with(f, 2001, "visits");
        browser_db_close(&b);
}

static void test_copy_left_behind_is_replaced(void **state) {
        Fixture *f = *state;
        _cleanup_free_ char *old = path_join(f->target, "history.db");
        _cleanup_free_ char *wal = path_join(f->target, "history.db-wal");
        BrowserDb b;

        browser_db_open(f->database, BROWSER_CHROMIUM, &b);
        (void)browser_db_add(&b, T0, "https://a.example/1");
        write_text(old, "half a copy");
        write_text(wal, "half a log");
        wait_for_tick();
        expect_copy_with(f, 1, "visits");
        browser_db_close(&b);
        write_text(old, "half a copy");
        history_copy_sweep(f->target);
        assert_int_equal(files_in(f->target), 0);
}

static void test_print_tells_every_write(void **state) {
        static const BrowserFamily FAMILIES[] = {BROWSER_FIREFOX, BROWSER_CHROMIUM};
        Fixture *f = *state;

        for (size_t i = 0; i < ARRAY_LEN(FAMILIES); i++) {
                HistoryPrint before, after;
                BrowserDb b;

                (void)unlink(f->database);
                browser_db_open(f->database, FAMILIES[i], &b);
                for (int round = 0; round < 50; round++) {
                        wait_for_tick();
                        assert_int_equal(history_print_take(f->database, &before), 0);
                        assert_true(before.settled);
                        assert_int_equal(history_print_take(f->database, &after), 0);
                        assert_true(history_print_same(&before, &after));
                        (void)browser_db_add(&b, T0, "https://a.example/");
                        assert_int_equal(history_print_take(f->database, &after), 0);
                        assert_false(history_print_same(&before, &after));
                }
                browser_db_close(&b);
        }
}

/* --- what is no database --------------------------------------------------------------------- */

static int take(Fixture *f) {
        _cleanup_(history_copy_freep) HistoryCopy *copy = NULL;
        int r;

        wait_for_tick();
        r = history_copy_take(f->database, f->target, &copy);
        assert_true(r == 0 || copy == NULL);
        return r;
}

static void test_what_is_no_database_is_told_apart(void **state) {
        Fixture *f = *state;

        assert_int_equal(take(f), -ENOENT);
        write_text(f->database, "");
        assert_int_equal(take(f), -ENODATA);
        assert_int_equal(unlink(f->database), 0);
        assert_int_equal(mkdir(f->database, 0700), 0);
        assert_int_equal(take(f), -EISDIR);
        assert_int_equal(rmdir(f->database), 0);
        assert_int_equal(mkfifo(f->database, 0600), 0);
        assert_int_equal(take(f), -EINVAL); /* and does not wait for a writer */
        assert_int_equal(unlink(f->database), 0);
        assert_int_equal(symlink(f->database, f->database), 0);
        assert_int_equal(take(f), -ELOOP);
        assert_int_equal(files_in(f->target), 0);
}

static void test_too_large_a_file_is_refused(void **state) {
        Fixture *f = *state;

        write_text(f->database, "x");
        assert_int_equal(truncate(f->database, (off_t)HISTORY_COPY_MAX + 1), 0);
        assert_int_equal(take(f), -EFBIG);
        assert_int_equal(files_in(f->target), 0);
}

/* Runs `what` in a child; its return value is the child's status. */
static int in_child(int (*what)(Fixture *f), Fixture *f) {
        pid_t pid = fork();
        int status = 0;

        assert_true(pid >= 0);
        if (pid == 0)
                _exit(what(f));
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        return WEXITSTATUS(status);
}

enum {
        CHILD_SKIPS = 77,
};

static int read_as_nobody(Fixture *f) {
        HistoryPrint print;

        if (setuid(65534) < 0)
                return CHILD_SKIPS;
        return -history_print_take(f->database, &print);
}

static void test_file_of_another_user_is_told(void **state) {
        Fixture *f = *state;
        int status;

        write_text(f->database, "x");
        assert_int_equal(chmod(f->source, 0755), 0);
        assert_int_equal(chmod(f->database, 0600), 0);
        if (geteuid() != 0)
                skip();
        status = in_child(read_as_nobody, f);
        assert_int_equal(status, EACCES);
        assert_int_equal(chmod(f->database, 0644), 0);
        /* readable but not ours: O_NOATIME is refused, and done without */
        assert_int_equal(in_child(read_as_nobody, f), 0);
}

static int copy_to_a_small_folder(Fixture *f) {
        HistoryCopy *copy = NULL;
        int r;

        if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
                mount("tmpfs", f->target, "tmpfs", 0, "size=64k") < 0)
                return CHILD_SKIPS;
        wait_for_tick();
        r = history_copy_take(f->database, f->target, &copy);
        return files_in(f->target) == 0 ? -r : 1;
}

static void test_full_folder_is_told_and_left_clean(void **state) {
        Fixture *f = *state;
        BrowserDb b;
        int status;

        browser_db_open(f->database, BROWSER_CHROMIUM, &b);
        browser_db_fill(&b, T0, 300 * 1024);
        browser_db_close(&b);
        status = in_child(copy_to_a_small_folder, f);
        if (status == CHILD_SKIPS)
                skip();
        assert_int_equal(status, ENOSPC);
}

static void test_folder_that_is_missing_is_not_taken_for_a_missing_history(void **state) {
        Fixture *f = *state;
        HistoryCopy *copy = NULL;

        write_text(f->database, "x");
        wait_for_tick();
        assert_int_equal(history_copy_take(f->database, "/nowhere/at/all", &copy), -EIO);
}

/* --- a writer that never rests --------------------------------------------------------------- */

/* Changes rows that belong together, and commits, until it is killed. `pause_usec` lies between two
 * transactions. */
static void write_forever(const char *database, BrowserFamily family, unsigned pause_usec) {
        /* keeps the file small */
        static const char *const FORGET[] = {
                [BROWSER_FIREFOX] =
                        "DELETE FROM moz_historyvisits WHERE id <= (SELECT max(id) FROM "
                        "moz_historyvisits) - 50; DELETE FROM moz_places WHERE id <= "
                        "(SELECT max(id) FROM moz_places) - 50",
                [BROWSER_CHROMIUM] =
                        "DELETE FROM visits WHERE id <= (SELECT max(id) FROM visits) - "
                        "50; DELETE FROM urls WHERE id <= (SELECT max(id) FROM urls) "
                        "- 50",
        };
        BrowserDb b;

        browser_db_open(database, family, &b);
        /* as fast as can be, and with Firefox's own size of the log */
        browser_db_exec(&b, "PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 64");
        for (uint64_t n = 1;; n++) {
                char sql[96];

                browser_db_exec(&b, "BEGIN");
                (void)browser_db_add(&b, T0 + n, "https://a.example/");
                browser_db_exec(&b, FORGET[family]);
                for (int i = 0; i < PAIRS; i++) {
                        (void)snprintf(sql, sizeof(sql),
                                "UPDATE pair SET n = %llu, pad = randomblob(900) WHERE id = %d",
                                (unsigned long long)n, i * 7);
                        browser_db_exec(&b, sql);
                }
                (void)snprintf(sql, sizeof(sql), "UPDATE last SET n = %llu", (unsigned long long)n);
                browser_db_exec(&b, sql);
                browser_db_exec(&b, "COMMIT");
                if (pause_usec > 0)
                        (void)usleep(pause_usec);
        }
}

static pid_t start_writer(Fixture *f, BrowserFamily family, unsigned pause_usec) {
        BrowserDb b;
        pid_t pid;

        browser_db_open(f->database, family, &b);
        /* the rows that belong together lie at both ends of the file */
        browser_db_exec(&b,
                "CREATE TABLE pair(id INTEGER PRIMARY KEY, n INTEGER, pad BLOB);"
                "WITH RECURSIVE k(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM k WHERE "
                "i < 60) INSERT INTO pair SELECT i, 0, zeroblob(900) FROM k;"
                "CREATE TABLE filler(b BLOB); INSERT INTO filler VALUES(randomblob(2000000));"
                "CREATE TABLE last(n INTEGER); INSERT INTO last VALUES(0)");
        browser_db_close(&b);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0)
                write_forever(f->database, family, pause_usec);
        return pid;
}

/* Every copy is a state between two transactions, and not older than the one before. */
static void expect_whole(const char *path, const char *visits, bool thorough, int64_t *last) {
        _cleanup_free_ char *sql = NULL;
        sqlite3 *db = NULL;
        int64_t n;

        assert_true(asprintf(&sql, "SELECT max(id) FROM %s", visits) > 0);
        assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
        if (thorough)
                assert_int_equal(number(db, "SELECT count(*) FROM pragma_integrity_check WHERE "
                                            "integrity_check <> 'ok'"),
                        0);
        assert_int_equal(number(db, "SELECT count(DISTINCT n) FROM pair WHERE id % 7 = 0 AND id < "
                                    "56"),
                1);
        n = number(db, "SELECT n FROM pair WHERE id = 0");
        assert_int_equal(n, number(db, "SELECT n FROM last"));
        assert_int_equal(n, number(db, sql));
        assert_true(n >= *last);
        *last = n;
        assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void copy_under_writing(
        Fixture *f, BrowserFamily family, const char *visits, unsigned pause_usec) {
        pid_t writer = start_writer(f, family, pause_usec);
        unsigned whole = 0, torn = 0;
        int64_t last = 0;

        while (whole < COPIES && torn < 20 * COPIES) {
                HistoryCopy *copy = NULL;
                int r = history_copy_take(f->database, f->target, &copy);

                if (r == 0) {
                        expect_whole(history_copy_path(copy), visits, whole % 20 == 0, &last);
                        (void)history_copy_free(copy);
                        whole++;
                } else {
                        assert_int_equal(r, -EAGAIN);
                        torn++;
                        wait_for_tick();
                }
        }
        (void)kill(writer, SIGKILL);
        assert_int_equal(waitpid(writer, NULL, 0), writer);
        print_message("# %u whole copies, %u torn ones refused, %lld transactions\n", whole, torn,
                (long long)last);
        assert_int_equal(whole, COPIES);
        assert_int_equal(files_in(f->target), 0);
}

static void test_no_copy_is_torn_while_a_log_is_written(void **state) {
        copy_under_writing(*state, BROWSER_FIREFOX, "moz_historyvisits", 300);
}

static void test_no_copy_is_torn_while_a_journal_is_written(void **state) {
        copy_under_writing(*state, BROWSER_CHROMIUM, "visits", 10000);
}

#define on_files(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                on_files(test_copy_shows_what_is_only_in_the_log),
                on_files(test_copy_is_taken_although_the_writer_holds_the_lock),
                on_files(test_transaction_under_way_is_rolled_back_in_the_copy),
                on_files(test_copy_left_behind_is_replaced),
                on_files(test_print_tells_every_write),
                on_files(test_what_is_no_database_is_told_apart),
                on_files(test_too_large_a_file_is_refused),
                on_files(test_file_of_another_user_is_told),
                on_files(test_full_folder_is_told_and_left_clean),
                on_files(test_folder_that_is_missing_is_not_taken_for_a_missing_history),
                on_files(test_no_copy_is_torn_while_a_log_is_written),
                on_files(test_no_copy_is_torn_while_a_journal_is_written),
        };
        return cmocka_run_group_tests_name("history-copy", tests, NULL, NULL);
}
