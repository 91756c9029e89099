/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The owner of the leases on real files and real clocks. What takes days in life is a lease that
 * was begun in the past, in another boot. */

#include "common/buffer.h"
#include "common/file.h"
#include "enforcer/enforcer.h"
#include "enforcer/lease-file.h"
#include "unit/test.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

#define DAY  USEC_PER_DAY
#define HOUR (USEC_PER_DAY / 24)
#define MIN_ (60 * USEC_PER_SEC)

static const char foreign[] = "127.0.0.1 localhost\n# mine, and it stays\n10.1.2.3 nas.home\n";

enum { ALEX = 1000, SAM = 1001 };

typedef struct World {
        char *dir, *hosts, *state;
        Enforcer *e;
        const char *why;
} World;

static void write_text(const char *path, const char *text) {
        FILE *f = fopen(path, "we");

        assert_non_null(f);
        assert_true(fputs(text, f) >= 0);
        assert_int_equal(fclose(f), 0);
}

static char *read_text(const char *path) {
        _cleanup_(buffer_done) Buffer b = {0};
        char piece[4096];
        FILE *f = fopen(path, "re");
        size_t n;

        if (!f)
                return NULL;
        while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
                assert_int_equal(buffer_add(&b, piece, n), 0);
        (void)fclose(f);
        return buffer_take(&b);
}

static uint64_t wall_now(void) {
        struct timespec ts;

        assert_int_equal(clock_gettime(CLOCK_REALTIME, &ts), 0);
        return (uint64_t)ts.tv_sec * USEC_PER_SEC;
}

static int setup(void **state) {
        World *w = calloc(1, sizeof(*w));

        assert_non_null(w);
        w->dir = strdup("/tmp/nocontact-enforcer-XXXXXX");
        assert_non_null(mkdtemp(w->dir));
        w->hosts = path_join(w->dir, "hosts");
        w->state = path_join(w->dir, "state");
        write_text(w->hosts, foreign);
        assert_int_equal(enforcer_new(w->hosts, w->state, w->dir, &w->e), 0);
        *state = w;
        return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        (void)st, (void)type, (void)ftw;
        return remove(path);
}

static void remove_folder(const char *path) {
        (void)nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static int teardown(void **state) {
        World *w = *state;

        enforcer_free(w->e);
        remove_folder(w->dir);
        free(w->state);
        free(w->hosts);
        free(w->dir);
        free(w);
        return 0;
}

/* --- what the tests say ------------------------------------------------------------------------
 */

static const char *const two[] = {"alexdoe.example", "www.alexdoe.example"};
static const char *const three[] = {"alexdoe.example", "m.alexdoe.example", "www.alexdoe.example"};

static int hold(World *w, uid_t uid, const char *const *hosts, size_t n, uint64_t until) {
        uint64_t generation = 0;
        int r;

        w->why = NULL;
        r = enforcer_hold(w->e, uid, hosts, n, NULL, 0, until, &generation, &w->why);
        assert_true(r < 0 ? generation == 0 : generation > 0);
        return r;
}

/* A lease that was begun `ago` for `length`, by a machine that has been off since. */
static void held_since(World *w, uid_t uid, const char *const *hosts, size_t n, uint64_t ago,
        uint64_t length, uint64_t then, uint64_t *ret_due, unsigned minutes) {
        Moment moment = {.boot = "0123456789abcdef0123456789abcdef", .boot_usec = HOUR};
        _cleanup_(lease_done) Lease l = {0};
        uint64_t until;

        moment.wall_usec = wall_now() - ago;
        lease_init(&l, uid, enforcer_address(w->e, uid), &moment);
        assert_int_equal(lease_hold(&l, hosts, n, NULL, 0, moment.wall_usec + length), 1);
        moment.boot_usec += then;
        moment.wall_usec += then;
        (void)lease_tick(&l, &moment);
        if (ret_due)
                *ret_due = lease_request_release(&l);
        if (minutes > 0)
                assert_int_equal(lease_except(&l, hosts, 1, minutes, &until), 0);
        assert_int_equal(lease_file_save(w->state, &l), 0);
}

static int reconcile(World *w, const char **ret_what) {
        *ret_what = "nothing";
        w->why = NULL;
        return enforcer_reconcile(w->e, ret_what, &w->why);
}

static void assert_hosts(World *w, const char *expected) {
        _cleanup_free_ char *got = read_text(w->hosts);

        assert_non_null(got);
        assert_string_equal(got, expected);
}

static bool held(World *w, const char *name, const char *address) {
        _cleanup_free_ char *text = read_text(w->hosts), *line = NULL;

        assert_true(asprintf(&line, "\n%s %s # nocontact\n", address, name) > 0);
        return text && strstr(text, line);
}

/* All that there is, but for the lock: what a refusal must leave as it was. */
static char *snapshot(World *w) {
        _cleanup_(buffer_done) Buffer b = {0};
        _cleanup_free_ char *hosts = read_text(w->hosts);
        struct dirent **names = NULL;
        int n = scandir(w->state, &names, NULL, alphasort);

        assert_int_equal(buffer_printf(&b, "%s\n", hosts ? hosts : "(none)"), 0);
        for (int i = 0; i < n; i++) {
                _cleanup_free_ char *path = path_join(w->state, names[i]->d_name),
                                    *text = names[i]->d_type == DT_REG ? read_text(path) : NULL;

                assert_int_equal(
                        buffer_printf(&b, "[%s]\n%s\n", names[i]->d_name, text ? text : ""), 0);
                free(names[i]);
        }
        free(names);
        return buffer_take(&b);
}

/* --- one lease ----------------------------------------------------------------------------------
 */

static void test_what_is_held_stands_before_the_users_own_lines(void **state) {
        World *w = *state;
        _cleanup_free_ char *text = NULL;

        assert_int_equal(hold(w, ALEX, two, 2, wall_now() + 30 * DAY), 0);
        assert_true(held(w, "alexdoe.example", "127.66.3.232"));
        assert_true(held(w, "www.alexdoe.example", "::ffff:127.66.3.232"));
        text = read_text(w->hosts);
        assert_string_equal(text + strlen(text) - strlen(foreign), foreign);
        assert_int_equal(enforcer_address(w->e, ALEX), 0x7f4203e8);
}

static void test_a_lease_grows_and_lengthens(void **state) {
        World *w = *state;
        const Lease *l;

        assert_int_equal(hold(w, ALEX, two, 2, wall_now() + 30 * DAY), 0);
        assert_int_equal(hold(w, ALEX, three, 3, wall_now() + 40 * DAY), 0);
        assert_true(held(w, "m.alexdoe.example", "127.66.3.232"));
        l = enforcer_lease(w->e, ALEX);
        assert_non_null(l);
        assert_int_equal(l->generation, 2);
        assert_int_equal(l->hosts.n, 3);
}

static void test_a_running_lease_refuses_to_shrink_and_nothing_changes(void **state) {
        World *w = *state;
        _cleanup_free_ char *before = NULL, *after = NULL;

        held_since(w, ALEX, three, 3, 20 * DAY, 60 * DAY, 0, NULL, 0);
        assert_int_equal(enforcer_reconcile(w->e, &w->why, &w->why), 1);
        before = snapshot(w);
        assert_int_equal(hold(w, ALEX, two, 2, wall_now() + 50 * DAY), -EPERM);
        assert_non_null(w->why);
        assert_int_equal(hold(w, ALEX, NULL, 0, wall_now() + 50 * DAY), -EPERM);
        assert_int_equal(hold(w, ALEX, three, 3, wall_now() + 10 * DAY), -EPERM);
        assert_int_equal(hold(w, ALEX, three, 3, 0), -EPERM);
        assert_int_equal(enforcer_release(w->e, ALEX, &w->why), -EPERM);
        after = snapshot(w);
        assert_string_equal(after, before);
}

static void test_a_mistake_can_be_taken_back_within_minutes(void **state) {
        World *w = *state;

        assert_int_equal(hold(w, ALEX, three, 3, wall_now() + 30 * DAY), 0);
        assert_int_equal(hold(w, ALEX, two, 2, wall_now() + 30 * DAY), 0);
        assert_false(held(w, "m.alexdoe.example", "127.66.3.232"));
        assert_int_equal(enforcer_release(w->e, ALEX, &w->why), 0);
        assert_hosts(w, foreign);
}

static void test_bad_names_and_patterns_are_refused_and_nothing_changes(void **state) {
        static const char *const bad[] = {"localhost", "single", "127.0.0.1", "::1",
                "UPPER.example", "a_b.example",
                "b\xc3\xbc"
                "cher.example",
                "a..example", "-a.example", "a b.example", "x.example\n10.0.0.1 bank.example",
                "x.example # nocontact", "", ".", "a.local", "printer.localhost",
                "1.0.0.127.in-addr.arpa"};
        static const char *const patterns[] = {
                "", "a b", "a\nb", "b\xc3\xbc", "https://a.example/b", "a.example/b\"c"};
        World *w = *state;
        _cleanup_free_ char *before = NULL, *after = NULL, *longest = calloc(1, 4000);
        char own[256] = "";
        uint64_t generation;

        assert_int_equal(hold(w, ALEX, two, 2, wall_now() + 30 * DAY), 0);
        before = snapshot(w);
        for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
                const char *const names[] = {"alexdoe.example", "www.alexdoe.example", bad[i]};

                assert_int_equal(hold(w, ALEX, names, 3, wall_now() + 30 * DAY), -EINVAL);
                assert_non_null(w->why);
        }
        assert_int_equal(gethostname(own, sizeof(own) - 1), 0);
        assert_int_equal(hold(w, ALEX, (const char *const[]){own}, 1, 0), -EINVAL);
        for (size_t i = 0; i < ARRAY_LEN(patterns); i++)
                assert_int_equal(enforcer_hold(w->e, ALEX, two, 2, &patterns[i], 1,
                                         wall_now() + 30 * DAY, &generation, &w->why),
                        -EINVAL);
        memset(longest, 'a', LEASE_PATTERN_LEN + 1);
        assert_int_equal(enforcer_hold(w->e, ALEX, two, 2, (const char *const *)&longest, 1,
                                 wall_now() + 30 * DAY, &generation, &w->why),
                -EINVAL);
        assert_int_equal(hold(w, ALEX, two, 2, wall_now() + 4000 * DAY), -EINVAL);
        assert_int_equal(hold(w, ALEX, two, 2, UINT64_MAX), -EINVAL);
        after = snapshot(w);
        assert_string_equal(after, before);
}

static void test_too_many_names_are_refused_and_the_most_are_held(void **state) {
        enum { MOST = LEASE_HOSTS_MAX };
        World *w = *state;
        const char **names = calloc(MOST + 1, sizeof(*names));
        char(*texts)[32] = calloc(MOST + 1, sizeof(*texts));

        for (size_t i = 0; i <= MOST; i++) {
                (void)snprintf(texts[i], sizeof(texts[i]), "n%zu.example", i);
                names[i] = texts[i];
        }
        assert_int_equal(hold(w, ALEX, names, MOST + 1, wall_now() + DAY), -E2BIG);
        assert_hosts(w, foreign);
        assert_int_equal(hold(w, ALEX, names, MOST, wall_now() + DAY), 0);
        assert_true(held(w, "n19999.example", "127.66.3.232"));
        free(texts);
        free(names);
}

static void test_who_holds_nothing_gets_an_answer_and_nothing_changes(void **state) {
        World *w = *state;
        _cleanup_free_ char *before = snapshot(w), *after = NULL;
        uint64_t when;

        assert_null(enforcer_lease(w->e, ALEX));
        assert_int_equal(enforcer_release(w->e, ALEX, &w->why), 0);
        assert_int_equal(enforcer_cancel_release(w->e, ALEX, &w->why), 0);
        assert_int_equal(enforcer_request_release(w->e, ALEX, &when, &w->why), -ENOENT);
        assert_int_equal(enforcer_except(w->e, ALEX, two, 2, 5, &when, &w->why), -ENOENT);
        assert_true(enforcer_next(w->e) == UINT64_MAX);
        after = snapshot(w);
        assert_string_equal(after, before);
}

/* --- ways out -----------------------------------------------------------------------------------
 */

static void test_an_early_end_comes_after_the_cool_down(void **state) {
        World *w = *state;
        uint64_t due;

        held_since(w, ALEX, two, 2, 10 * DAY, 30 * DAY, 10 * DAY - 25 * HOUR, &due, 0);
        assert_true(due < wall_now());
        assert_int_equal(enforcer_release(w->e, ALEX, &w->why), 0);
        assert_hosts(w, foreign);
        assert_null(enforcer_lease(w->e, ALEX));
}

static void test_an_early_end_that_still_waits_is_refused_and_can_be_taken_back(void **state) {
        World *w = *state;
        uint64_t due, again;

        held_since(w, ALEX, two, 2, 10 * DAY, 30 * DAY, 0, NULL, 0);
        assert_int_equal(enforcer_request_release(w->e, ALEX, &due, &w->why), 0);
        assert_true(due > wall_now() + 23 * HOUR && due < wall_now() + 25 * HOUR);
        assert_int_equal(enforcer_request_release(w->e, ALEX, &again, &w->why), 0);
        assert_true(again >= due - MIN_ && again <= due + MIN_);
        assert_int_equal(enforcer_release(w->e, ALEX, &w->why), -EPERM);
        assert_int_equal(enforcer_cancel_release(w->e, ALEX, &w->why), 0);
        assert_int_equal(enforcer_lease(w->e, ALEX)->release_usec, 0);
}

static void test_a_lease_in_force_after_its_end_is_released_on_request(void **state) {
        World *w = *state;
        const char *what;

        held_since(w, ALEX, two, 2, 32 * DAY, 30 * DAY, 0, NULL, 0);
        assert_int_equal(reconcile(w, &what), 1);
        assert_true(held(w, "alexdoe.example", "127.66.3.232"));
        assert_int_equal(enforcer_release(w->e, ALEX, &w->why), 0);
        assert_hosts(w, foreign);
}

static void test_a_lease_that_nobody_renews_is_lifted(void **state) {
        World *w = *state;
        const char *what;

        held_since(w, ALEX, two, 2, 38 * DAY, 30 * DAY, 0, NULL, 0);
        held_since(w, SAM, three, 3, 10 * DAY, 30 * DAY, 0, NULL, 0);
        assert_int_equal(enforcer_next(w->e), 0);
        assert_int_equal(reconcile(w, &what), 1);
        assert_string_equal(what, "lifted");
        assert_null(enforcer_lease(w->e, ALEX));
        assert_non_null(enforcer_lease(w->e, SAM));
        assert_true(held(w, "alexdoe.example", "127.66.3.233"));
        assert_int_equal(reconcile(w, &what), 0);
}

static void test_an_exception_opens_what_it_names_and_no_more(void **state) {
        World *w = *state;
        const char *what;
        uint64_t until;

        assert_int_equal(hold(w, ALEX, two, 2, wall_now() + 30 * DAY), 0);
        assert_int_equal(enforcer_except(w->e, ALEX, two, 1, 5, &until, &w->why), 0);
        assert_true(until > wall_now() && until <= wall_now() + 6 * MIN_);
        assert_false(held(w, "alexdoe.example", "127.66.3.232"));
        assert_true(held(w, "www.alexdoe.example", "127.66.3.232"));
        assert_true(enforcer_next(w->e) <= 5 * MIN_);
        /* it is no damage */
        assert_int_equal(reconcile(w, &what), 0);
        assert_false(held(w, "alexdoe.example", "127.66.3.232"));
}

static void test_an_exception_that_is_over_closes_and_is_no_repair(void **state) {
        World *w = *state;
        const char *what;
        uint64_t last;
        unsigned n;

        held_since(w, ALEX, two, 2, 2 * HOUR, 30 * DAY, HOUR, NULL, 10);
        assert_int_equal(enforcer_next(w->e), 0);
        assert_int_equal(reconcile(w, &what), 0);
        assert_true(held(w, "alexdoe.example", "127.66.3.232"));
        enforcer_repairs(w->e, &n, &last);
        assert_int_equal(n, 0);
        assert_true(enforcer_next(w->e) > HOUR);
}

static void test_bad_exceptions_are_refused_and_nothing_changes(void **state) {
        static const char *const other[] = {"alexdoe.example", "other.example"};
        static const unsigned minutes[] = {LEASE_EXCEPT_MINUTES + 1, UINT32_MAX};
        World *w = *state;
        _cleanup_free_ char *before = NULL, *after = NULL;
        uint64_t until;

        assert_int_equal(hold(w, ALEX, two, 2, wall_now() + 30 * DAY), 0);
        before = snapshot(w);
        assert_int_equal(enforcer_except(w->e, ALEX, other, 2, 5, &until, &w->why), -ENOENT);
        assert_int_equal(enforcer_except(w->e, ALEX, NULL, 0, 5, &until, &w->why), -EINVAL);
        assert_int_equal(enforcer_except(w->e, SAM, two, 2, 5, &until, &w->why), -ENOENT);
        for (size_t i = 0; i < ARRAY_LEN(minutes); i++)
                assert_int_equal(
                        enforcer_except(w->e, ALEX, two, 2, minutes[i], &until, &w->why), -EINVAL);
        after = snapshot(w);
        assert_string_equal(after, before);
}

static void test_an_exception_is_ended_early(void **state) {
        World *w = *state;
        _cleanup_free_ char *held = NULL, *again = NULL;
        uint64_t until = 7;

        assert_int_equal(hold(w, ALEX, two, 2, wall_now() + 30 * DAY), 0);
        held = read_text(w->hosts);
        assert_int_equal(enforcer_except(w->e, ALEX, two, 2, 5, &until, &w->why), 0);
        assert_true(until > 0);
        assert_int_equal(enforcer_except(w->e, ALEX, two, 2, 0, &until, &w->why), 0);
        assert_int_equal(until, 0);
        again = read_text(w->hosts);
        assert_string_equal(again, held);
}

static void test_the_quota_of_exceptions_is_used_up(void **state) {
        World *w = *state;
        uint64_t until;

        assert_int_equal(hold(w, ALEX, three, 3, wall_now() + 30 * DAY), 0);
        for (size_t i = 0; i < LEASE_EXCEPT_QUOTA; i++)
                assert_int_equal(enforcer_except(w->e, ALEX, &three[i], 1, 5, &until, &w->why), 0);
        assert_int_equal(enforcer_except(w->e, ALEX, three, 1, 5, &until, &w->why), -EDQUOT);
        assert_non_null(w->why);
}

/* --- two users ----------------------------------------------------------------------------------
 */

static void test_a_name_of_two_users_leads_to_the_first_and_stays_while_one_holds_it(void **state) {
        World *w = *state;
        uint64_t until;

        assert_int_equal(hold(w, SAM, three, 3, wall_now() + 30 * DAY), 0);
        assert_true(held(w, "alexdoe.example", "127.66.3.233"));
        assert_int_equal(hold(w, ALEX, two, 2, wall_now() + 30 * DAY), 0);
        assert_true(held(w, "alexdoe.example", "127.66.3.232"));
        assert_false(held(w, "alexdoe.example", "127.66.3.233"));
        assert_true(held(w, "m.alexdoe.example", "127.66.3.233"));

        assert_int_equal(enforcer_except(w->e, ALEX, two, 1, 5, &until, &w->why), 0);
        assert_true(held(w, "alexdoe.example", "127.66.3.233"));
        assert_int_equal(enforcer_except(w->e, SAM, two, 1, 5, &until, &w->why), 0);
        assert_false(held(w, "alexdoe.example", "127.66.3.233"));

        assert_int_equal(enforcer_release(w->e, ALEX, &w->why), 0);
        assert_true(held(w, "www.alexdoe.example", "127.66.3.233"));
}

static void test_two_users_never_share_an_address(void **state) {
        static const uid_t uids[] = {0, 65536, 65535, 131071, 1000, 66536, 4294967294U};
        World *w = *state;

        for (size_t i = 0; i < ARRAY_LEN(uids); i++) {
                uint32_t address = enforcer_address(w->e, uids[i]);

                assert_int_equal(address >> 16, 0x7f42);
                assert_int_not_equal(address & 0xffff, 0);
                assert_int_not_equal(address & 0xffff, 0xffff);
                for (size_t k = 0; k < i; k++)
                        assert_int_not_equal(address, enforcer_address(w->e, uids[k]));
                assert_int_equal(hold(w, uids[i], two, 2, wall_now() + DAY), 0);
                assert_int_equal(enforcer_address(w->e, uids[i]), address);
        }
}

/* --- repairs ------------------------------------------------------------------------------------
 */

typedef struct Tamper {
        const char *what, *command; /* with $H, the file */
        bool foreign_kept;
} Tamper;

static const Tamper tampers[] = {
        {"the file is removed", "rm $H", false},
        {"it is emptied", ": >$H", false},
        {"a line is commented out", "sed -i '3s/^/#/' $H", true},
        {"an address is changed", "sed -i '2s/127.66.3.232/127.0.0.1/' $H", true},
        {"a line is deleted", "sed -i 3d $H", true},
        {"the markers are deleted", "sed -i -e 1d -e '/^# End/d' $H", true},
        {"the lines are shuffled", "{ head -6 $H | sort -r; tail -n +7 $H; } >$H.n && mv $H.n $H",
                true},
        {"the block is moved to the end", "{ tail -n +7 $H; head -6 $H; } >$H.n && mv $H.n $H",
                true},
        {"the block is doubled", "{ head -6 $H; cat $H; } >$H.n && mv $H.n $H", true},
        {"lines get another ending", "sed -i '1,6s/$/\\r/' $H", true},
        {"a name is changed", "sed -i '2s/alexdoe/nobody/' $H", true},
        {"the user's own file is put back", "tail -n +7 $H >$H.n && mv $H.n $H", true},
};

static void test_tampering_is_repaired_whatever_it_was(void **state) {
        World *w = *state;
        _cleanup_free_ char *before = NULL, *block = NULL,
                            *repairs = path_join(w->state, "repairs");
        const char *what;

        assert_int_equal(hold(w, ALEX, two, 2, wall_now() + 30 * DAY), 0);
        before = read_text(w->hosts);
        block = strndup(before, strlen(before) - strlen(foreign));
        assert_int_equal(setenv("H", w->hosts, 1), 0);
        for (size_t i = 0; i < ARRAY_LEN(tampers); i++) {
                _cleanup_free_ char *changed = NULL;

                print_message("# %s\n", tampers[i].what);
                assert_int_equal(system(tampers[i].command), 0);
                changed = read_text(w->hosts);
                assert_true(!changed || !streq(changed, before));
                assert_int_equal(reconcile(w, &what), 1);
                assert_string_equal(what, "repaired");
                assert_hosts(w, tampers[i].foreign_kept ? before : block);
                assert_int_equal(reconcile(w, &what), 0);
                write_text(w->hosts, before);
                assert_int_equal(unlink(repairs), 0);
        }
}

static void test_after_many_repairs_in_a_minute_it_rests(void **state) {
        World *w = *state;
        const char *what;
        uint64_t last;
        unsigned n;

        assert_int_equal(hold(w, ALEX, two, 2, wall_now() + 30 * DAY), 0);
        for (int i = 0; i < ENFORCER_REPAIRS_MAX; i++) {
                write_text(w->hosts, foreign);
                assert_int_equal(reconcile(w, &what), 1);
        }
        enforcer_repairs(w->e, &n, &last);
        assert_int_equal(n, ENFORCER_REPAIRS_MAX);
        assert_true(last >= wall_now() - MIN_);
        write_text(w->hosts, foreign);
        assert_int_equal(reconcile(w, &what), -EAGAIN);
        assert_non_null(w->why);
        assert_hosts(w, foreign);
        assert_true(enforcer_next(w->e) > 0 && enforcer_next(w->e) <= MIN_);
        /* what is due does not wait */
        held_since(w, SAM, two, 2, 40 * DAY, 30 * DAY, 0, NULL, 0);
        assert_int_equal(reconcile(w, &what), 1);
        assert_string_equal(what, "lifted");
        assert_true(held(w, "alexdoe.example", "127.66.3.232"));
}

static void test_a_record_of_repairs_that_is_rubbish_changes_nothing(void **state) {
        World *w = *state;
        _cleanup_free_ char *path = path_join(w->state, "repairs");
        _cleanup_(buffer_done) Buffer rubbish = {0};
        const char *what;

        for (size_t i = 0; i < 100000; i++)
                assert_int_equal(buffer_putc(&rubbish, (char)(0x80 | i % 127)), 0);
        assert_int_equal(hold(w, ALEX, two, 2, wall_now() + 30 * DAY), 0);
        write_text(path, rubbish.data);
        write_text(w->hosts, foreign);
        assert_int_equal(reconcile(w, &what), 1);
        assert_true(held(w, "alexdoe.example", "127.66.3.232"));
}

/* --- what goes wrong ----------------------------------------------------------------------------
 */

static void test_a_lease_damaged_in_both_generations_holds_nothing(void **state) {
        World *w = *state;
        _cleanup_free_ char *lease = path_join(w->state, "1000.lease"),
                            *old = path_join(w->state, "1000.lease.old");
        const char *what;

        assert_int_equal(hold(w, ALEX, two, 2, wall_now() + 30 * DAY), 0);
        assert_int_equal(hold(w, ALEX, three, 3, wall_now() + 30 * DAY), 0);
        assert_int_equal(hold(w, SAM, two, 1, wall_now() + 30 * DAY), 0);
        write_text(lease, "rubbish\n");
        (void)reconcile(w, &what);
        assert_true(held(w, "www.alexdoe.example", "127.66.3.232"));
        write_text(lease, "rubbish\n");
        write_text(old, "");
        assert_int_equal(reconcile(w, &what), 1);
        assert_string_equal(what, "lifted");
        assert_false(held(w, "www.alexdoe.example", "127.66.3.232"));
        assert_true(held(w, "alexdoe.example", "127.66.3.233"));
        assert_int_equal(access(lease, F_OK), -1);
        assert_int_equal(access(old, F_OK), -1);
}

static void test_a_hosts_file_that_cannot_be_written_leaves_the_lease_as_it_was(void **state) {
        World *w = *state;
        _cleanup_free_ char *before = NULL, *after = NULL;
        _cleanup_(lease_done) Lease was = {0}, is = {0};
        uint64_t until;

        held_since(w, ALEX, two, 2, DAY, 30 * DAY, 0, NULL, 0);
        assert_int_equal(enforcer_reconcile(w->e, &w->why, &w->why), 1);
        assert_int_equal(lease_file_load(w->state, ALEX, &was), 0);
        before = read_text(w->hosts);
        assert_int_equal(unlink(w->hosts), 0);
        assert_int_equal(mkdir(w->hosts, 0700), 0);
        assert_true(hold(w, ALEX, three, 3, wall_now() + 40 * DAY) < 0);
        assert_non_null(w->why);
        assert_true(enforcer_except(w->e, ALEX, two, 1, 5, &until, &w->why) < 0);
        assert_true(hold(w, SAM, three, 3, wall_now() + 40 * DAY) < 0);
        assert_int_equal(rmdir(w->hosts), 0);
        assert_int_equal(lease_file_load(w->state, ALEX, &is), 0);
        assert_int_equal(is.generation, was.generation);
        assert_int_equal(is.hosts.n, was.hosts.n);
        assert_int_equal(is.ends_usec, was.ends_usec);
        assert_int_equal(is.except_full_usec, was.except_full_usec);
        assert_null(enforcer_lease(w->e, SAM));
        write_text(w->hosts, before);
        assert_int_equal(enforcer_reconcile(w->e, &w->why, &w->why), 0);
        after = read_text(w->hosts);
        assert_string_equal(after, before);
}

static void test_a_lease_that_cannot_be_written_leaves_the_hosts_file_as_it_was(void **state) {
        World *w = *state;
        /* a folder where the file would be renamed to, with something in it */
        _cleanup_free_ char *lease = path_join(w->state, "1000.lease"),
                            *in = path_join(w->state, "1000.lease/x");

        assert_int_equal(mkdir(lease, 0700), 0);
        assert_int_equal(mkdir(in, 0700), 0);
        assert_true(hold(w, ALEX, two, 2, wall_now() + 30 * DAY) < 0);
        assert_hosts(w, foreign);
        assert_int_equal(rmdir(in), 0);
        assert_int_equal(rmdir(lease), 0);
}

static void test_lifting_all_leaves_the_users_own_lines_and_no_lease(void **state) {
        World *w = *state;
        _cleanup_free_ char *lease = path_join(w->state, "1001.lease");

        assert_int_equal(hold(w, ALEX, two, 2, wall_now() + 30 * DAY), 0);
        assert_int_equal(hold(w, SAM, three, 3, wall_now() + 300 * DAY), 0);
        write_text(lease, "rubbish\n");
        assert_int_equal(enforcer_lift_all(w->e, &w->why), 0);
        assert_hosts(w, foreign);
        assert_null(enforcer_lease(w->e, ALEX));
        assert_null(enforcer_lease(w->e, SAM));
        assert_int_equal(access(lease, F_OK), -1);
        assert_int_equal(enforcer_lift_all(w->e, &w->why), 0);
}

static void test_another_process_sees_what_was_held(void **state) {
        World *w = *state;
        _cleanup_(enforcer_freep) Enforcer *other = NULL;

        assert_int_equal(hold(w, ALEX, two, 2, wall_now() + 30 * DAY), 0);
        assert_int_equal(enforcer_new(w->hosts, w->state, w->dir, &other), 0);
        assert_int_equal(enforcer_lease(other, ALEX)->hosts.n, 2);
        assert_int_equal(hold(w, ALEX, three, 3, wall_now() + 30 * DAY), 0);
        assert_int_equal(enforcer_lease(other, ALEX)->hosts.n, 3);
}

/* --- the browsers' policies ------------------------------------------------------------------- */

static const char *const pages[] = {"instagram.com/alex.doe", "x.com/alexdoe"};

static void install_firefox(World *w) {
        static const char *const folders[] = {"usr", "usr/lib", "usr/lib/firefox", "etc"};

        for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
                _cleanup_free_ char *path = path_join(w->dir, folders[i]);

                assert_int_equal(mkdir(path, 0755), 0);
        }
}

static int hold_pages(World *w, uid_t uid, const char *const *patterns, size_t n) {
        uint64_t generation;

        w->why = NULL;
        return enforcer_hold(
                w->e, uid, two, 2, patterns, n, wall_now() + 30 * DAY, &generation, &w->why);
}

static bool page_is_blocked(World *w, const char *page) {
        _cleanup_free_ char *path = path_join(w->dir, "etc/firefox/policies/policies.json");
        _cleanup_free_ char *text = access(path, F_OK) == 0 ? read_text(path) : NULL;

        return text && strstr(text, page);
}

static PolicyStanding firefox_standing(World *w) {
        PolicyReport reports[POLICY_BROWSERS];

        enforcer_browsers(w->e, reports);
        for (size_t i = 0; i < POLICY_BROWSERS; i++)
                if (streq(reports[i].browser, "Firefox"))
                        return reports[i].standing;
        return _POLICY_STANDING_MAX;
}

static void test_pages_are_held_in_browsers_and_lifted(void **state) {
        World *w = *state;
        const char *what;

        install_firefox(w);
        assert_int_equal(hold_pages(w, ALEX, pages, 2), 0);
        assert_true(page_is_blocked(w, "x.com/alexdoe"));
        assert_int_equal(firefox_standing(w), POLICY_HELD);
        assert_int_equal(reconcile(w, &what), 0);
        assert_int_equal(hold_pages(w, SAM, pages, 1), 0);
        assert_int_equal(enforcer_release(w->e, ALEX, &w->why), 0);
        assert_false(page_is_blocked(w, "x.com/alexdoe"));
        assert_true(page_is_blocked(w, "instagram.com/alex.doe"));
        assert_int_equal(enforcer_lift_all(w->e, &w->why), 0);
        assert_false(page_is_blocked(w, ""));
        assert_int_equal(firefox_standing(w), POLICY_NONE);
}

static void test_an_edited_policy_is_repaired(void **state) {
        _cleanup_free_ char *path = NULL;
        World *w = *state;
        const char *what;

        install_firefox(w);
        path = path_join(w->dir, "etc/firefox/policies/policies.json");
        assert_int_equal(hold_pages(w, ALEX, pages, 2), 0);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(firefox_standing(w), POLICY_FAILED);
        assert_int_equal(reconcile(w, &what), 1);
        assert_string_equal(what, "repaired");
        assert_true(page_is_blocked(w, "x.com/alexdoe"));
}

static void test_an_exception_opens_a_page_for_its_time(void **state) {
        const char *const both[] = {"alexdoe.example", "x.com/alexdoe"};
        World *w = *state;
        uint64_t until;

        install_firefox(w);
        assert_int_equal(hold_pages(w, ALEX, pages, 2), 0);
        assert_int_equal(enforcer_except(w->e, ALEX, both, 2, 10, &until, &w->why), 0);
        assert_false(page_is_blocked(w, "x.com/alexdoe"));
        assert_true(page_is_blocked(w, "instagram.com/alex.doe"));
        assert_true(enforcer_next(w->e) <= 10 * 60 * USEC_PER_SEC);
        assert_int_equal(enforcer_except(w->e, ALEX, both, 2, 0, &until, &w->why), 0);
        assert_true(page_is_blocked(w, "x.com/alexdoe"));
        /* one that another user holds, too, stays shut */
        assert_int_equal(hold_pages(w, SAM, pages, 2), 0);
        assert_int_equal(enforcer_except(w->e, ALEX, both, 2, 10, &until, &w->why), 0);
        assert_true(page_is_blocked(w, "x.com/alexdoe"));
        assert_int_equal(enforcer_except(w->e, ALEX, pages, 0, 10, &until, &w->why), -EINVAL);
}

static void test_a_browser_that_fails_fails_no_hold_and_no_removal(void **state) {
        _cleanup_free_ char *path = NULL;
        World *w = *state;

        install_firefox(w);
        path = path_join(w->dir, "etc/firefox");
        write_text(path, "a file where a folder is wanted");
        assert_int_equal(hold_pages(w, ALEX, pages, 2), 0);
        assert_int_equal(firefox_standing(w), POLICY_FAILED);
        assert_int_equal(enforcer_lease(w->e, ALEX)->patterns.n, 2);
        /* where no file of ours can be there is none to lift */
        assert_int_equal(enforcer_lift_all(w->e, &w->why), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(test_what_is_held_stands_before_the_users_own_lines),
                TEST(test_a_lease_grows_and_lengthens),
                TEST(test_a_running_lease_refuses_to_shrink_and_nothing_changes),
                TEST(test_a_mistake_can_be_taken_back_within_minutes),
                TEST(test_bad_names_and_patterns_are_refused_and_nothing_changes),
                TEST(test_too_many_names_are_refused_and_the_most_are_held),
                TEST(test_who_holds_nothing_gets_an_answer_and_nothing_changes),
                TEST(test_an_early_end_comes_after_the_cool_down),
                TEST(test_an_early_end_that_still_waits_is_refused_and_can_be_taken_back),
                TEST(test_a_lease_in_force_after_its_end_is_released_on_request),
                TEST(test_a_lease_that_nobody_renews_is_lifted),
                TEST(test_an_exception_opens_what_it_names_and_no_more),
                TEST(test_an_exception_that_is_over_closes_and_is_no_repair),
                TEST(test_bad_exceptions_are_refused_and_nothing_changes),
                TEST(test_an_exception_is_ended_early),
                TEST(test_the_quota_of_exceptions_is_used_up),
                TEST(test_a_name_of_two_users_leads_to_the_first_and_stays_while_one_holds_it),
                TEST(test_two_users_never_share_an_address),
                TEST(test_tampering_is_repaired_whatever_it_was),
                TEST(test_after_many_repairs_in_a_minute_it_rests),
                TEST(test_a_record_of_repairs_that_is_rubbish_changes_nothing),
                TEST(test_a_lease_damaged_in_both_generations_holds_nothing),
                TEST(test_a_hosts_file_that_cannot_be_written_leaves_the_lease_as_it_was),
                TEST(test_a_lease_that_cannot_be_written_leaves_the_hosts_file_as_it_was),
                TEST(test_lifting_all_leaves_the_users_own_lines_and_no_lease),
                TEST(test_another_process_sees_what_was_held),
                TEST(test_pages_are_held_in_browsers_and_lifted),
                TEST(test_an_edited_policy_is_repaired),
                TEST(test_an_exception_opens_a_page_for_its_time),
                TEST(test_a_browser_that_fails_fails_no_hold_and_no_removal),
        };
        return cmocka_run_group_tests_name("enforcer", tests, NULL, NULL);
}
