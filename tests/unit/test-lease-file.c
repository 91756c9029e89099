/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Leases on the disk: kept, replaced, removed, listed; and with a fault or a kill at any system
 * call. For those a writer, which is this program again, runs under strace, which lets one after
 * another of its system calls on our files fail or be its last. */

#include "common/file.h"
#include "enforcer/lease-file.h"
#include "unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define NOON 1795953600000000ULL /* 2026-11-29T12:00:00Z */

enum {
        UID = 1000,
        CALLS_MAX = 100, /* more than a save has */
};

static const char *const files[] = {
        "1000.lease", "1000.lease.old", "1000.lease.new", "1000.lease.spare"};

/* Lease number `n`: of n names, or of enough for several writes. */
static Lease lease_number(uid_t uid, unsigned n) {
        static const char *const names[] = {"a.org", "b.org", "c.org", "d.org", "e.org"};
        Moment now = {.boot = "b", .boot_usec = 1, .wall_usec = NOON};
        Lease l;

        assert_true(n <= ARRAY_LEN(names));
        lease_init(&l, uid, n, &now);
        assert_int_equal(lease_hold(&l, names, n, NULL, 0, NOON + USEC_PER_DAY), 1);
        return l;
}

static int save(const char *dir, uid_t uid, unsigned n) {
        _cleanup_(lease_done) Lease l = lease_number(uid, n);

        return lease_file_save(dir, &l);
}

/* The number of the lease that is loaded, which is whole; or a negative errno. */
static int load(const char *dir, uid_t uid) {
        _cleanup_(lease_done) Lease l = {.generation = 77};
        int r = lease_file_load(dir, uid, &l);

        if (r < 0) {
                assert_int_equal(l.generation, 77);
                assert_null(l.hosts.items);
                return r;
        }
        assert_int_equal(l.uid, uid);
        assert_int_equal(l.hosts.n, l.address);
        return (int)l.address;
}

/* --- a folder -------------------------------------------------------------------------------- */

static int folder_setup(void **state) {
        char *parent = strdup("/tmp/nocontact-lease-XXXXXX");

        if (!parent || !mkdtemp(parent))
                return -1;
        *state = path_join(parent, "state");
        free(parent);
        return 0;
}

static void folder_empty(const char *dir) {
        for (size_t i = 0; i < ARRAY_LEN(files); i++) {
                _cleanup_free_ char *path = path_join(dir, files[i]);

                (void)remove(path);
        }
}

static int folder_teardown(void **state) {
        static const char *const others[] = {"0.lease", "7.lease", "7.lease.old", "9.lease.old",
                "9.lease.new", "8.lease.spare", "1000.leases", "01.lease", "x.lease", "-1.lease",
                "4294967296.lease", "4294967294.lease", ".lease", "lease", "aim", ""};
        _cleanup_free_ char *dir = *state, *parent = path_join(dir, "..");
        _cleanup_free_ char *trace = path_join(parent, "trace");
        _cleanup_free_ char *real = realpath(parent, NULL);

        folder_empty(dir);
        (void)remove(trace);
        for (size_t i = 0; i < ARRAY_LEN(others); i++) {
                _cleanup_free_ char *path = path_join(dir, others[i]);

                (void)remove(path);
        }
        if (!real) { /* the folder was never made */
                *strrchr(dir, '/') = '\0';
                return rmdir(dir);
        }
        return rmdir(real);
}

static bool there(const char *dir, const char *name) {
        _cleanup_free_ char *path = path_join(dir, name);

        return access(path, F_OK) == 0;
}

static unsigned mode_of(const char *dir, const char *name) {
        _cleanup_free_ char *path = path_join(dir, name);
        struct stat st;

        assert_int_equal(lstat(path, &st), 0);
        return st.st_mode & 07777;
}

static void put(const char *dir, const char *name, const char *text, size_t len) {
        _cleanup_free_ char *path = path_join(dir, name);
        FILE *f = fopen(path, "we");

        assert_non_null(f);
        assert_int_equal(fwrite(text, 1, len, f), len);
        assert_int_equal(fclose(f), 0);
}

/* --- keeping --------------------------------------------------------------------------------- */

static void test_what_is_saved_is_loaded(void **state) {
        const char *dir = *state;

        assert_int_equal(load(dir, UID), -ENOENT);
        assert_int_equal(save(dir, UID, 2), 0);
        assert_int_equal(load(dir, UID), 2);
        assert_int_equal(save(dir, UID, 3), 0);
        assert_int_equal(load(dir, UID), 3);
        assert_int_equal(load(dir, UID + 1), -ENOENT);
        assert_false(there(dir, "1000.lease.new"));
        assert_false(there(dir, "1000.lease.spare"));
}

static void test_only_root_may_look(void **state) {
        const char *dir = *state;
        mode_t mask = umask(0);

        assert_int_equal(save(dir, UID, 1), 0);
        assert_int_equal(save(dir, UID, 2), 0);
        (void)umask(mask);
        assert_int_equal(mode_of(dir, ""), 0700);
        assert_int_equal(mode_of(dir, "1000.lease"), 0600);
        assert_int_equal(mode_of(dir, "1000.lease.old"), 0600);
}

static void test_the_older_one_is_there_when_the_newer_is_damaged(void **state) {
        const char *dir = *state;

        for (unsigned n = 1; n <= 3; n++)
                assert_int_equal(save(dir, UID, n), 0);
        put(dir, "1000.lease", "torn", 4);
        assert_int_equal(load(dir, UID), 2);
        put(dir, "1000.lease", "", 0);
        assert_int_equal(load(dir, UID), 2);
        folder_empty(dir);
        assert_int_equal(save(dir, UID, 1), 0);
        put(dir, "1000.lease", "torn", 4);
        assert_int_equal(load(dir, UID), -EBADMSG);
        put(dir, "1000.lease.old", "torn", 4);
        assert_int_equal(load(dir, UID), -EBADMSG);
}

/* The newer is damaged and the next one is saved: the damage must not take the older one's place
 * before that. */
static void test_saving_over_a_damaged_one_mends_it(void **state) {
        const char *dir = *state;

        assert_int_equal(save(dir, UID, 1), 0);
        assert_int_equal(save(dir, UID, 2), 0);
        put(dir, "1000.lease", "torn", 4);
        assert_int_equal(save(dir, UID, 3), 0);
        assert_int_equal(load(dir, UID), 3);
}

static void test_a_lease_under_another_users_name_is_none(void **state) {
        const char *dir = *state;
        _cleanup_free_ char *from = path_join(dir, "7.lease"), *to = path_join(dir, "1000.lease");

        assert_int_equal(save(dir, 7, 2), 0);
        assert_int_equal(rename(from, to), 0);
        assert_int_equal(load(dir, UID), -EBADMSG);
        assert_int_equal(load(dir, 7), -ENOENT);
        assert_int_equal(save(dir, UID, 3), 0);
        assert_int_equal(load(dir, UID), 3);
}

static void test_a_link_a_folder_or_a_pipe_is_none(void **state) {
        const char *dir = *state;
        _cleanup_free_ char *path = path_join(dir, "1000.lease"), *aim = path_join(dir, "aim");

        assert_int_equal(save(dir, UID, 2), 0);
        assert_int_equal(rename(path, aim), 0);
        assert_int_equal(symlink("aim", path), 0);
        assert_int_equal(load(dir, UID), -EBADMSG);
        /* what it points to is not written to either */
        assert_int_equal(save(dir, UID, 3), 0);
        assert_int_equal(load(dir, UID), 3);
        assert_int_equal(rename(aim, path), 0);
        assert_int_equal(load(dir, UID), 2);

        folder_empty(dir);
        assert_int_equal(mkfifo(path, 0600), 0);
        assert_int_equal(load(dir, UID), -EBADMSG);
        folder_empty(dir);
        assert_int_equal(mkdir(path, 0700), 0);
        assert_int_equal(load(dir, UID), -EBADMSG);
}

static void test_a_link_in_the_new_files_place_is_not_followed(void **state) {
        const char *dir = *state;
        _cleanup_free_ char *path = path_join(dir, "1000.lease.new"), *aim = path_join(dir, "aim");
        struct stat st;

        assert_int_equal(save(dir, UID, 1), 0);
        put(dir, "aim", "mine", 4);
        assert_int_equal(symlink("aim", path), 0);
        assert_int_equal(save(dir, UID, 2), 0);
        assert_int_equal(load(dir, UID), 2);
        assert_int_equal(stat(aim, &st), 0);
        assert_int_equal(st.st_size, 4);
}

static void test_a_file_too_long_is_none(void **state) {
        const char *dir = *state;
        _cleanup_free_ char *path = path_join(dir, "1000.lease");

        assert_int_equal(save(dir, UID, 1), 0);
        assert_int_equal(truncate(path, (off_t)LEASE_FILE_MAX + 1), 0);
        assert_int_equal(load(dir, UID), -EBADMSG);
}

static void test_a_folder_of_somebody_else_is_not_used(void **state) {
        const char *dir = *state;

        if (geteuid() != 0)
                skip();
        assert_int_equal(mkdir(dir, 0755), 0);
        assert_int_equal(chown(dir, 65534, 65534), 0);
        assert_int_equal(save(dir, UID, 1), -EPERM);
        assert_int_equal(load(dir, UID), -ENOENT);
}

static void test_removing_leaves_nothing(void **state) {
        const char *dir = *state;

        assert_int_equal(lease_file_remove(dir, UID), 0); /* not even a folder */
        assert_int_equal(save(dir, UID, 1), 0);
        assert_int_equal(save(dir, UID, 2), 0);
        assert_int_equal(save(dir, 7, 2), 0);
        put(dir, "1000.lease.new", "half", 4);
        put(dir, "1000.lease.spare", "half", 4);
        assert_int_equal(lease_file_remove(dir, UID), 0);
        for (size_t i = 0; i < ARRAY_LEN(files); i++)
                assert_false(there(dir, files[i]));
        assert_int_equal(lease_file_remove(dir, UID), 0);
        assert_int_equal(load(dir, 7), 2);
}

static void test_the_list_has_each_user_once(void **state) {
        static const char *const others[] = {"9.lease.new", "8.lease.spare", "1000.leases",
                "01.lease", "x.lease", "-1.lease", "4294967296.lease", ".lease", "lease"};
        const char *dir = *state;
        _cleanup_free_ uid_t *uids = NULL, *none = NULL;
        size_t n = 77;

        assert_int_equal(lease_file_list(dir, &none, &n), 0);
        assert_int_equal(n, 0);
        assert_int_equal(save(dir, UID, 1), 0);
        assert_int_equal(save(dir, UID, 2), 0);
        assert_int_equal(save(dir, 4294967294U, 2), 0);
        assert_int_equal(save(dir, 0, 2), 0);
        put(dir, "7.lease", "torn", 4);
        put(dir, "9.lease.old", "torn", 4);
        for (size_t i = 0; i < ARRAY_LEN(others); i++)
                put(dir, others[i], "", 0);
        assert_int_equal(lease_file_list(dir, &uids, &n), 0);
        assert_int_equal(n, 5);
        assert_int_equal(uids[0], 0);
        assert_int_equal(uids[1], 7);
        assert_int_equal(uids[2], 9);
        assert_int_equal(uids[3], UID);
        assert_int_equal(uids[4], 4294967294U);
}

/* --- a disk that fails ----------------------------------------------------------------------- */

/* What is on the disk before, what the writer does, and what is done to it. */
typedef struct Plan {
        const char *action; /* "3": saves lease 3; "remove" */
        unsigned saved;     /* leases 1 to this are there */
        bool torn;          /* the newest of them is damaged */
        const char *fault;  /* for strace */
} Plan;

/* argv: --writer DIR ACTION. Ends with 0, or the errno. */
static int writer_main(char **argv) {
        int r = streq(argv[3], "remove") ? lease_file_remove(argv[2], UID)
                                         : save(argv[2], UID, (unsigned)atoi(argv[3]));

        _exit(-r);
}

static char *trace_path(const char *dir) {
        _cleanup_free_ char *parent = strndup(dir, (size_t)(strrchr(dir, '/') - dir));

        return path_join(parent, "trace");
}

/* Becomes strace, and the writer under it, with that fault (NULL: none). Only calls on our files,
 * their folder and its parent count: a program that is being loaded makes some, too. */
static void exec_writer(const Plan *plan, const char *dir, const char *inject) {
        const char *argv[40] = {"strace", "-qqq", "-y", "-o", trace_path(dir),
                inject ? inject : "-y", "--trace=%file,%desc", "-P", dir, "-P"};
        char self[4096] = "";
        size_t n = 10;

        if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
                _exit(126);
        argv[n++] = strndup(dir, (size_t)(strrchr(dir, '/') - dir));
        for (size_t i = 0; i < ARRAY_LEN(files); i++) {
                argv[n++] = "-P";
                argv[n++] = path_join(dir, files[i]);
        }
        argv[n++] = self;
        argv[n++] = "--writer";
        argv[n++] = dir;
        argv[n++] = plan->action;
        /* the leak checker of a sanitizer cannot work under strace */
        (void)setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
        (void)execvp("strace", (char *const *)argv);
        _exit(127);
}

/* Returns 0, the writer's negative errno, or 1 when it was killed. */
static int run_writer(const Plan *plan, const char *dir, const char *inject) {
        pid_t child = fork();
        int status;

        assert_true(child >= 0);
        if (child == 0)
                exec_writer(plan, dir, inject);
        assert_int_equal(waitpid(child, &status, 0), child);
        if (WIFSIGNALED(status))
                return 1;
        if (WEXITSTATUS(status) >= 126)
                fail_msg("status %d (is strace installed and allowed?)", status);
        return -WEXITSTATUS(status);
}

/* The calls of the last run, by name and in their order. */
typedef struct Calls {
        char name[CALLS_MAX][32];
        size_t n;
        size_t injected; /* the number of the one that was made to fail or to be the last; or n */
} Calls;

static Calls read_calls(const char *dir) {
        _cleanup_free_ char *path = trace_path(dir), *line = NULL;
        FILE *f = fopen(path, "re");
        Calls calls = {0};
        size_t space = 0;
        bool injected = false;

        assert_non_null(f);
        while (getline(&line, &space, f) > 0) {
                if (strstr(line, "+++ killed") || strstr(line, "(INJECTED)")) {
                        calls.injected = calls.n - (*line == '+');
                        injected = true;
                }
                if (*line == '+')
                        continue;
                assert_true(calls.n < CALLS_MAX);
                assert_int_equal(sscanf(line, "%31[a-z0-9_](", calls.name[calls.n++]), 1);
        }
        (void)fclose(f);
        if (!injected)
                calls.injected = calls.n;
        return calls;
}

/* For strace: that fault at call number `at`, counted among those of its name. */
static char *injection(const Calls *calls, size_t at, const char *fault) {
        unsigned when = 0;
        char *text;

        for (size_t i = 0; i <= at; i++)
                when += (unsigned)streq(calls->name[i], calls->name[at]);
        assert_true(asprintf(&text, "--inject=%s:%s:when=%u", calls->name[at], fault, when) > 0);
        return text;
}

static void prepare(const Plan *plan, const char *dir) {
        folder_empty(dir);
        (void)rmdir(dir);
        for (unsigned n = 1; n <= plan->saved; n++)
                assert_int_equal(save(dir, UID, n), 0);
        if (plan->torn)
                put(dir, "1000.lease", "torn", 4);
}

/* What a whole lease's number was before. */
static int before(const Plan *plan) {
        unsigned n = plan->torn ? plan->saved - 1 : plan->saved;

        return n == 0 ? -ENOENT : (int)n;
}

/* The old one or the new one, whole; the new one when the writer said so; never one that is older.
 */
static void check_after(const Plan *plan, const char *dir, int result) {
        int after = streq(plan->action, "remove") ? -ENOENT : atoi(plan->action);
        int found = load(dir, UID);

        if (result == 0)
                assert_int_equal(found, after);
        else if (plan->torn && streq(plan->action, "remove")) /* nothing newer is left of it */
                assert_true(found == before(plan) || found == -EBADMSG || found == after);
        else
                assert_true(found == before(plan) || found == after);
        /* and the next one is saved, whatever was left behind */
        assert_int_equal(save(dir, UID, 5), 0);
        assert_int_equal(load(dir, UID), 5);
        assert_int_equal(lease_file_remove(dir, UID), 0);
        for (size_t i = 0; i < ARRAY_LEN(files); i++)
                assert_false(there(dir, files[i]));
}

/* Lets each call fail in turn. Returns how many there were. */
static size_t fail_everywhere(const char *dir, Plan plan) {
        Calls calls;
        int told = 0;

        prepare(&plan, dir);
        assert_int_equal(run_writer(&plan, dir, NULL), 0);
        calls = read_calls(dir);
        check_after(&plan, dir, 0);
        for (size_t i = 0; i < calls.n; i++) {
                _cleanup_free_ char *inject = injection(&calls, i, plan.fault);
                int result;

                prepare(&plan, dir);
                result = run_writer(&plan, dir, inject);
                assert_int_equal(read_calls(dir).injected, i);
                told += result != 0;
                check_after(&plan, dir, result);
        }
        print_message("# %s after %u%s, %s: at %zu calls, told at %d\n", plan.action, plan.saved,
                plan.torn ? " and damage" : "", plan.fault, calls.n, told);
        assert_true(told > 0);
        return calls.n;
}

static void fail_in_every_state(const char *dir, const char *fault) {
        static const Plan plans[] = {
                {.action = "3", .saved = 0},
                {.action = "3", .saved = 1},
                {.action = "3", .saved = 2},
                {.action = "3", .saved = 2, .torn = true},
                {.action = "remove", .saved = 1},
                {.action = "remove", .saved = 2},
                {.action = "remove", .saved = 2, .torn = true},
        };

        for (size_t i = 0; i < ARRAY_LEN(plans); i++) {
                Plan plan = plans[i];

                plan.fault = fault;
                assert_true(fail_everywhere(dir, plan) > 5);
        }
}

/* A power cut may undo what was not synced, in any order: so the bytes come before the name, and
 * the name before the answer. */
static void test_each_step_is_on_the_disk_before_the_next(void **state) {
        const Plan plans[] = {{.action = "3", .saved = 2}, {.action = "remove", .saved = 2}};
        static const char *const wanted[] = {"write fsync linkat renameat renameat fsync ",
                "unlinkat unlinkat fsync unlinkat fsync "};

        for (size_t i = 0; i < ARRAY_LEN(plans); i++) {
                _cleanup_(buffer_done) Buffer order = {0};
                Calls calls;

                prepare(&plans[i], *state);
                assert_int_equal(run_writer(&plans[i], *state, NULL), 0);
                calls = read_calls(*state);
                for (size_t k = 0; k < calls.n; k++)
                        if (strstr("write fsync renameat unlinkat linkat", calls.name[k]) &&
                                (i == 1 || !streq(calls.name[k], "unlinkat")))
                                (void)buffer_printf(&order, "%s ", calls.name[k]);
                assert_non_null(strstr(order.data, wanted[i]));
        }
}

static void test_a_full_disk_leaves_the_old_or_the_new_lease(void **state) {
        fail_in_every_state(*state, "error=ENOSPC");
}

static void test_a_failing_disk_leaves_the_old_or_the_new_lease(void **state) {
        fail_in_every_state(*state, "error=EIO");
}

static void test_a_kill_at_any_call_leaves_the_old_or_the_new_lease(void **state) {
        fail_in_every_state(*state, "signal=KILL");
}

int main(int argc, char **argv) {
#define test(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)
        const struct CMUnitTest tests[] = {
                test(test_what_is_saved_is_loaded),
                test(test_only_root_may_look),
                test(test_the_older_one_is_there_when_the_newer_is_damaged),
                test(test_saving_over_a_damaged_one_mends_it),
                test(test_a_lease_under_another_users_name_is_none),
                test(test_a_link_a_folder_or_a_pipe_is_none),
                test(test_a_link_in_the_new_files_place_is_not_followed),
                test(test_a_file_too_long_is_none),
                test(test_a_folder_of_somebody_else_is_not_used),
                test(test_removing_leaves_nothing),
                test(test_the_list_has_each_user_once),
                test(test_each_step_is_on_the_disk_before_the_next),
                test(test_a_full_disk_leaves_the_old_or_the_new_lease),
                test(test_a_failing_disk_leaves_the_old_or_the_new_lease),
                test(test_a_kill_at_any_call_leaves_the_old_or_the_new_lease),
        };

        if (argc == 4 && streq(argv[1], "--writer"))
                return writer_main(argv);
        return cmocka_run_group_tests_name("lease-file", tests, NULL, NULL);
}
