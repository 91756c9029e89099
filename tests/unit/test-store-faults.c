/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The ledger on a disk that fails. A writer, which is this program again, runs under strace, which
 * lets the first, the second, the third ... of its system calls of one sort fail until there are no
 * more. After each run: what was committed is there, nothing is there by halves, the ledger opens
 * again, and the failure was told. */

#include "unit/store-fixture.h"

#include "daemon/store-sql.h"

#include <assert.h>
#include <errno.h>
#include <sys/wait.h>

enum {
        BATCH = 3,         /* events in a transaction */
        STATE_SIZE = 9000, /* bytes of state saved with each: three pages of SQLite's, or so */
        TRANSACTIONS_MAX = 64,
};

/* What is to fail, and in which run of the writer. */
typedef struct Plan {
        const char *call;  /* the system call */
        const char *error; /* errno by name, for strace */
        int reported;      /* and as the store reports it */
        bool lasting;      /* all later ones fail, too */
        bool closes;       /* the writer closes the ledger at its end; else it just dies */
        bool folder_only;  /* only calls on the folder itself fail */
        int transactions;
        int version; /* of the ledger it finds; 0 for none */
} Plan;

/* What the writer tells: how opening and each transaction went. */
typedef struct Report {
        int opened;
        int result[TRANSACTIONS_MAX];
        int n; /* transactions that were tried */
} Report;

/* --- the writer ------------------------------------------------------------------------------ */

static int write_transaction(Store *s, int number, const char *state) {
        uint64_t seq = 0;
        int r;

        r = store_begin(s);
        if (r < 0)
                return r;
        for (int i = 0; i < BATCH; i++) {
                Event ev = {.kind = EVENT_ATTEMPT, .at_usec = NOW_USEC};

                ev.data = json_pack("{s:i}", "n", number);
                r = store_append(s, &ev, NOW_USEC);
                event_done(&ev);
                if (r < 0)
                        break;
                seq = ev.seq;
        }
        if (r >= 0)
                r = store_save_state(s, state, seq);
        if (r < 0) {
                int again = store_commit(s);

                /* a transaction in which a write failed cannot be committed by mistake */
                return again == r ? r : -ENOTRECOVERABLE;
        }
        return store_commit(s);
}

/* argv: --writer DIR TRANSACTIONS CLOSES. Tells on its standard output. */
static int writer_main(char **argv) {
        int transactions = atoi(argv[3]), closes = atoi(argv[4]);
        char state[STATE_SIZE + 1] = "\"";
        Report report = {0};
        Store *s = NULL;

        memset(state + 1, 's', STATE_SIZE - 2);
        state[STATE_SIZE - 1] = '"';
        report.opened = store_open(argv[2], &s);
        if (report.opened == 0)
                for (; report.n < transactions; report.n++)
                        report.result[report.n] = write_transaction(s, report.n, state);
        if (closes)
                store_free(s);
        _exit(write(STDOUT_FILENO, &report, sizeof(report)) == sizeof(report) ? 0 : 1);
}

/* --- running it ------------------------------------------------------------------------------ */

/* Becomes strace, and the writer under it. Only calls on the ledger's files, its folder and the
 * folder's parent count: a program that is being loaded reads too. */
static void exec_writer(const Plan *plan, const char *parent, const char *dir, int when) {
        const char *argv[40] = {"strace", "-f", "--seccomp-bpf", "-qqq", "-y", "-o"};
        char self[4096] = "", *trace = path_join(parent, "trace"), *only, *inject, *count;
        size_t n = 6;

        if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0 ||
                asprintf(&only, "--trace=%s", plan->call) < 0 ||
                asprintf(&inject, "--inject=%s:error=%s:when=%d%s", plan->call, plan->error, when,
                        plan->lasting ? "+" : "") < 0 ||
                asprintf(&count, "%d", plan->transactions) < 0)
                _exit(126);
        argv[n++] = trace;
        argv[n++] = only;
        argv[n++] = inject;
        argv[n++] = "-P";
        argv[n++] = dir;
        if (!plan->folder_only) {
                argv[n++] = "-P";
                argv[n++] = parent;
        }
        for (size_t i = 0; i < ARRAY_LEN(fixture_files) && !plan->folder_only; i++) {
                argv[n++] = "-P";
                argv[n++] = path_join(dir, fixture_files[i]);
        }
        argv[n++] = self;
        argv[n++] = "--writer";
        argv[n++] = dir;
        argv[n++] = count;
        argv[n++] = plan->closes ? "1" : "0";
        assert(n < ARRAY_LEN(argv));
        /* the leak checker of a sanitizer cannot work under strace */
        (void)setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
        (void)execvp("strace", (char *const *)argv);
        _exit(127);
}

/* Runs the writer with the `when`-th call failing, and reads its report. */
static void run_writer(
        const Plan *plan, const char *parent, const char *dir, int when, Report *ret) {
        int fds[2], status;
        ssize_t n;
        pid_t child;

        assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
        child = fork();
        assert_true(child >= 0);
        if (child == 0) {
                (void)dup2(fds[1], STDOUT_FILENO);
                exec_writer(plan, parent, dir, when);
        }
        (void)close(fds[1]);
        n = read(fds[0], ret, sizeof(*ret));
        (void)close(fds[0]);
        assert_int_equal(waitpid(child, &status, 0), child);
        if (status != 0 || n != (ssize_t)sizeof(*ret))
                fail_msg("the writer ended with status %d (is strace installed and allowed?)",
                        status);
}

/* How many calls were made to fail; those on the folder that SQLite makes apart, as it is known not
 * to report them (unixSync() in os_unix.c) and store.c does that sync once more. */
static int count_faults(const char *parent, int *ret_unreported) {
        _cleanup_free_ char *path = path_join(parent, "trace");
        FILE *f = fopen(path, "re");
        char *line = NULL;
        size_t space = 0;
        int faults = 0;

        *ret_unreported = 0;
        assert_non_null(f);
        while (getline(&line, &space, f) > 0) {
                if (!strstr(line, "(INJECTED)"))
                        continue;
                faults++;
                if (strstr(line, "fdatasync(") && !strstr(line, LEDGER))
                        ++*ret_unreported;
        }
        free(line);
        (void)fclose(f);
        return faults;
}

/* --- what has to be true afterwards ---------------------------------------------------------- */

typedef struct Found {
        int events[TRANSACTIONS_MAX];
        uint64_t last;
} Found;

static int find_event(void *userdata, const Event *ev) {
        Found *found = userdata;

        assert_int_equal(ev->seq, found->last + 1);
        found->last = ev->seq;
        found->events[event_uint(ev, "n")]++;
        return 0;
}

/* Opens the ledger on a sound disk and compares. */
static void check_ledger(const char *dir, const Report *report) {
        _cleanup_free_ char *json = NULL;
        Store *s = fixture_open(dir);
        Found found = {0};
        uint64_t seq = 0;

        assert_int_equal(store_replay(s, 0, find_event, &found), 0);
        for (int i = 0; i < TRANSACTIONS_MAX; i++) {
                if (i < report->n && report->result[i] == 0)
                        assert_int_equal(found.events[i], BATCH);
                else
                        assert_true(found.events[i] == 0 || found.events[i] == BATCH);
        }
        if (found.last > 0) {
                assert_int_equal(store_load_state(s, &json, &seq), 1);
                assert_int_equal(seq, found.last);
        }
        /* and it takes more */
        fixture_record(s, EVENT_URGE, ANN, json_object());
        store_free(s);
        assert_int_equal(fixture_number(dir, "SELECT 'ok' = integrity_check FROM"
                                             " pragma_integrity_check"),
                1);
}

/* Returns how many steps failed; each in the words of the contract. */
static int check_report(const Plan *plan, const Report *report) {
        int failures = 0;

        if (report->opened != 0) {
                assert_int_equal(report->opened, plan->reported);
                return 1;
        }
        assert_int_equal(report->n, plan->transactions);
        for (int i = 0; i < report->n; i++)
                if (report->result[i] != 0) {
                        assert_int_equal(report->result[i], plan->reported);
                        failures++;
                }
        return failures;
}

static void make_older_ledger(const char *dir, int version) {
        for (int i = 0; i < version; i++)
                assert_int_equal(fixture_sql(dir, LEDGER, store_migrations[i]), SQLITE_OK);
}

/* Returns how many of the writer's transactions failed in some run. */
static int fail_everywhere(const Plan *plan) {
        char *parent = fixture_folder();
        _cleanup_free_ char *dir = path_join(parent, "ledger");
        int faults, untold, told = 0, when = 0, n_failed = 0;
        bool failed[TRANSACTIONS_MAX] = {0};

        assert_int_equal(mkdir(dir, 0700), 0);
        do {
                Report report = {0};
                int failures;

                fixture_empty(dir);
                make_older_ledger(dir, plan->version);
                run_writer(plan, parent, dir, ++when, &report);
                faults = count_faults(parent, &untold);
                failures = check_report(plan, &report);
                if (faults == 0)
                        assert_int_equal(failures, 0);
                /* the folding of the log into the database comes after a commit, and is tried again
                 */
                if (faults > untold && !plan->closes)
                        assert_true(failures > 0);
                if (!plan->lasting)
                        assert_true(failures <= 1);
                told += failures > 0;
                for (int i = 0; i < report.n; i++)
                        failed[i] |= report.result[i] != 0;
                check_ledger(dir, &report);
        } while (faults > 0);
        print_message("# %s %s%s: failed at %d places, told at %d\n", plan->call, plan->error,
                plan->lasting ? " from there on" : "", when - 1, told);
        assert_true(told > 0);
        fixture_empty(dir);
        assert_int_equal(rmdir(dir), 0);
        fixture_remove(parent);
        for (int i = 0; i < plan->transactions; i++)
                n_failed += failed[i];
        return n_failed;
}

/* --- tests ----------------------------------------------------------------------------------- */

static void test_a_failed_write_is_told_and_loses_nothing(void **state) {
        (void)state;
        (void)fail_everywhere(
                &(Plan){.call = "pwrite64", .error = "EIO", .reported = -EIO, .transactions = 3});
        (void)fail_everywhere(&(Plan){
                .call = "pwrite64", .error = "ENOSPC", .reported = -ENOSPC, .transactions = 3});
}

static void test_a_full_disk_is_told_and_loses_nothing(void **state) {
        (void)state;
        (void)fail_everywhere(&(Plan){.call = "pwrite64",
                .error = "ENOSPC",
                .reported = -ENOSPC,
                .lasting = true,
                .transactions = 3});
}

/* Each transaction has a sync of its own, so each one can be made to fail by it. */
static void test_a_failed_sync_is_told_and_loses_nothing(void **state) {
        Plan plan = {.call = "fdatasync", .error = "EIO", .reported = -EIO, .transactions = 6};

        (void)state;
        assert_int_equal(fail_everywhere(&plan), plan.transactions);
        plan.lasting = true;
        assert_int_equal(fail_everywhere(&plan), plan.transactions);
        plan = (Plan){.call = "fsync", .error = "EIO", .reported = -EIO, .transactions = 3};
        assert_int_equal(fail_everywhere(&plan), 0); /* only opening needs it */
}

/* The log is made when a ledger is opened; what is committed to it goes when its name does. */
static void test_a_folder_that_cannot_be_synced_is_told(void **state) {
        (void)state;
        (void)fail_everywhere(&(Plan){.call = "fsync,fdatasync",
                .error = "EIO",
                .reported = -EIO,
                .folder_only = true,
                .lasting = true,
                .transactions = 1,
                .version = ARRAY_LEN(store_migrations)});
}

/* A sector that cannot be read is damage, as SQLite sees it. */
static void test_a_failed_read_is_told_and_loses_nothing(void **state) {
        (void)state;
        (void)fail_everywhere(&(Plan){
                .call = "pread64", .error = "EIO", .reported = -EBADMSG, .transactions = 3});
        (void)fail_everywhere(&(Plan){.call = "pread64",
                .error = "EIO",
                .reported = -EBADMSG,
                .transactions = 3,
                .version = ARRAY_LEN(store_migrations)});
}

static void test_a_failed_renaming_is_told(void **state) {
        (void)state;
        (void)fail_everywhere(&(Plan){
                .call = "renameat", .error = "ENOSPC", .reported = -ENOSPC, .transactions = 1});
}

static void test_faults_in_a_migration_lose_nothing(void **state) {
        (void)state;
        (void)fail_everywhere(&(Plan){.call = "pwrite64",
                .error = "ENOSPC",
                .reported = -ENOSPC,
                .transactions = 1,
                .version = 1});
        (void)fail_everywhere(&(Plan){.call = "fdatasync",
                .error = "EIO",
                .reported = -EIO,
                .transactions = 1,
                .version = 1});
}

/* Enough transactions for the log to be folded into the database twice, and once more at the close.
 */
static void test_faults_in_the_folding_of_the_log_lose_nothing(void **state) {
        (void)state;
        (void)fail_everywhere(&(Plan){.call = "fdatasync",
                .error = "EIO",
                .reported = -EIO,
                .closes = true,
                .transactions = 30});
        (void)fail_everywhere(&(Plan){.call = "fdatasync",
                .error = "EIO",
                .reported = -EIO,
                .lasting = true,
                .closes = true,
                .transactions = 30});
        (void)fail_everywhere(&(Plan){.call = "pwrite64",
                .error = "ENOSPC",
                .reported = -ENOSPC,
                .closes = true,
                .transactions = 14});
}

int main(int argc, char **argv) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_a_failed_write_is_told_and_loses_nothing),
                cmocka_unit_test(test_a_full_disk_is_told_and_loses_nothing),
                cmocka_unit_test(test_a_failed_sync_is_told_and_loses_nothing),
                cmocka_unit_test(test_a_folder_that_cannot_be_synced_is_told),
                cmocka_unit_test(test_a_failed_read_is_told_and_loses_nothing),
                cmocka_unit_test(test_a_failed_renaming_is_told),
                cmocka_unit_test(test_faults_in_a_migration_lose_nothing),
                cmocka_unit_test(test_faults_in_the_folding_of_the_log_lose_nothing),
        };

        if (argc == 5 && streq(argv[1], "--writer"))
                return writer_main(argv);
        return cmocka_run_group_tests_name("store-faults", tests, NULL, NULL);
}
