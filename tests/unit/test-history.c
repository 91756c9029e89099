/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The history sensor in a real event loop, on real folders, beside writers that hold their
 * databases locked as the browsers do. */

#include "common/array.h"
#include "common/buffer.h"
#include "common/file.h"
#include "common/time.h"
#include "daemon/sensors/history.h"
#include "unit/browser-db.h"
#include "unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define T0 ((uint64_t)1790000000000000)

enum {
        PATIENCE_MS = 20000, /* a test that waits longer has failed */
        QUIET_MS = 150,      /* nothing for so long: the sensor is at rest */
        NUMBERS = 200000,    /* room for numbered visits */
};

/* A machine with a home, and what the sensor told about it. */
typedef struct Machine {
        char home[64];
        char config[80];
        char copies[64];
        sd_event *event;
        History *history;
        /* what came up */
        unsigned char *seen; /* how often, by the number at the end of the URL */
        unsigned n, batches;
        Buffer urls; /* the last ones, one a line */
        Cursor cursors[8];
        char *profiles[8];
        size_t n_profiles;
        HistoryCoverage coverage;
        char *detail;
        unsigned coverages;
        /* what the listener is to do */
        int resume_error, visits_error;
        unsigned errors_left;
        bool stop_inside;
} Machine;

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        (void)st;
        (void)type;
        (void)ftw;
        return remove(path);
}

static Cursor *cursor_of(Machine *m, const char *profile) {
        for (size_t i = 0; i < m->n_profiles; i++)
                if (streq(m->profiles[i], profile))
                        return &m->cursors[i];
        assert_true(m->n_profiles < ARRAY_LEN(m->profiles));
        m->profiles[m->n_profiles] = strdup(profile);
        return &m->cursors[m->n_profiles++];
}

static int on_resume(void *userdata, const char *profile, Cursor *ret) {
        Machine *m = userdata;

        if (m->resume_error < 0 && m->errors_left > 0) {
                m->errors_left--;
                return m->resume_error;
        }
        *ret = *cursor_of(m, profile);
        return ret->row > 0 || ret->newest_usec > 0;
}

static int on_visits(
        void *userdata, const char *profile, const Visit *visits, size_t n, const Cursor *after) {
        Machine *m = userdata;

        if (m->visits_error < 0 && m->errors_left > 0) {
                m->errors_left--;
                return m->visits_error;
        }
        for (size_t i = 0; i < n; i++) {
                unsigned long number = strtoul(strrchr(visits[i].url, '/') + 1, NULL, 10);

                assert_true(number < NUMBERS);
                m->seen[number]++;
                assert_int_equal(
                        buffer_printf(&m->urls, "%s %s\n", visits[i].browser, visits[i].url), 0);
        }
        m->n += (unsigned)n;
        m->batches++;
        *cursor_of(m, profile) = *after;
        if (m->stop_inside)
                history_stop(m->history);
        return 0;
}

static void on_coverage(void *userdata, const HistoryCoverage *c) {
        Machine *m = userdata;

        m->coverage = *c;
        free(m->detail);
        m->detail = c->detail ? strdup(c->detail) : NULL;
        m->coverages++;
}

static const HistoryListener LISTENER = {on_resume, on_visits, on_coverage};

static int setup(void **state) {
        Machine *m = calloc(1, sizeof(*m));

        (void)snprintf(m->home, sizeof(m->home), "/tmp/test-history-XXXXXX");
        (void)snprintf(m->copies, sizeof(m->copies), "/dev/shm/test-history-XXXXXX");
        if (!mkdtemp(m->home) || !mkdtemp(m->copies))
                return -1;
        (void)snprintf(m->config, sizeof(m->config), "%s/.config", m->home);
        m->seen = calloc(NUMBERS, 1);
        if (sd_event_new(&m->event) < 0 ||
                history_new(m->event, m->home, m->config, m->copies, &LISTENER, m, &m->history) < 0)
                return -1;
        *state = m;
        return 0;
}

static int teardown(void **state) {
        Machine *m = *state;

        (void)history_free(m->history);
        sd_event_unref(m->event);
        (void)nftw(m->home, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
        (void)nftw(m->copies, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
        for (size_t i = 0; i < m->n_profiles; i++)
                free(m->profiles[i]);
        buffer_done(&m->urls);
        free(m->detail);
        free(m->seen);
        free(m);
        return 0;
}

/* --- helpers --------------------------------------------------------------------------------- */

static uint64_t monotonic_ms(void) {
        struct timespec t;

        (void)clock_gettime(CLOCK_MONOTONIC, &t);
        return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* Runs the loop until nothing has happened for `quiet_ms`. */
static void run_quiet(Machine *m, unsigned quiet_ms) {
        uint64_t end = monotonic_ms() + PATIENCE_MS;
        int r;

        do {
                r = sd_event_run(m->event, quiet_ms * 1000ULL);
                assert_true(r >= 0);
        } while (r > 0 && monotonic_ms() < end);
        assert_int_equal(r, 0);
}

static void run_until(Machine *m, unsigned visits) {
        uint64_t end = monotonic_ms() + PATIENCE_MS;

        while (m->n < visits && monotonic_ms() < end)
                assert_true(sd_event_run(m->event, 100000) >= 0);
        assert_int_equal(m->n, visits);
}

/* Runs until that was told. */
static void run_until_covered(Machine *m, unsigned profiles, unsigned unreadable) {
        uint64_t end = monotonic_ms() + PATIENCE_MS;

        while ((m->coverage.profiles != profiles || m->coverage.unreadable != unreadable) &&
                monotonic_ms() < end)
                assert_true(sd_event_run(m->event, 100000) >= 0);
        assert_int_equal(m->coverage.profiles, profiles);
        assert_int_equal(m->coverage.unreadable, unreadable);
}

/* What came up since the last call is exactly this. */
static void expect_urls(Machine *m, const char *urls) {
        assert_string_equal(m->urls.data ? m->urls.data : "", urls);
        buffer_cut(&m->urls, 0);
}

static char *in_home(const Machine *m, const char *path) {
        return path_join(m->home, path);
}

/* Makes the folder of `file` and returns the file's path; the caller frees it. */
static char *make_way(const Machine *m, const char *file) {
        char *path = in_home(m, file);
        _cleanup_free_ char *folder = strndup(path, (size_t)(strrchr(path, '/') - path));

        assert_int_equal(folder_make_private(folder), 0);
        return path;
}

/* Opens the history at home/`file` as its browser does. */
static void open_browser(const Machine *m, const char *file, BrowserDb *ret) {
        _cleanup_free_ char *path = make_way(m, file);

        browser_db_open(path, strstr(file, "places") ? BROWSER_FIREFOX : BROWSER_CHROMIUM, ret);
}

static void browse(BrowserDb *b, unsigned number) {
        char url[48];

        (void)snprintf(url, sizeof(url), "https://a.example/%u", number);
        (void)browser_db_add(b, T0 + number, url);
}

static void expect_each_once(const Machine *m, unsigned from, unsigned to) {
        for (unsigned i = from; i < to; i++)
                if (m->seen[i] != 1)
                        fail_msg("visit %u came up %u times", i, m->seen[i]);
}

static unsigned count_in(const char *path, const char *needle) {
        _cleanup_free_ char *text = calloc(1, 1024 * 1024);
        FILE *f = fopen(path, "re");
        unsigned n = 0;

        assert_non_null(f);
        assert_true(fread(text, 1, 1024 * 1024 - 1, f) < 1024 * 1024);
        (void)fclose(f);
        for (const char *p = text; (p = strstr(p, needle)); p++)
                n++;
        return n;
}

/* How many inotify watches this process has. */
static unsigned watches(void) {
        unsigned n = 0;

        for (int fd = 0; fd < 64; fd++) {
                char path[48];

                (void)snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
                if (access(path, R_OK) == 0)
                        n += count_in(path, "inotify wd:");
        }
        return n;
}

#define FIREFOX  ".mozilla/firefox/a.default/places.sqlite"
#define CHROMIUM ".config/chromium/Default/History"

/* --- starting, seeing, stopping -------------------------------------------------------------- */

static void test_start_hands_up_what_was_there(void **state) {
        Machine *m = *state;
        BrowserDb f, c;

        open_browser(m, FIREFOX, &f);
        open_browser(m, CHROMIUM, &c);
        browse(&f, 1);
        browse(&f, 2);
        browse(&c, 3);
        assert_int_equal(history_start(m->history, T0 + 2), 0);
        expect_urls(m, "firefox https://a.example/2\nchromium https://a.example/3\n");
        assert_int_equal(m->coverage.profiles, 2);
        assert_int_equal(m->coverage.unreadable, 0);
        assert_null(m->detail);
        browser_db_close(&f);
        browser_db_close(&c);
}

static void see_new_visits(Machine *m, const char *file) {
        BrowserDb b;

        open_browser(m, file, &b);
        assert_int_equal(history_start(m->history, T0), 0);
        for (unsigned i = 0; i < 20; i++) {
                browse(&b, i);
                run_until(m, i + 1);
        }
        expect_each_once(m, 0, 20);
        browser_db_close(&b);
        run_quiet(m, QUIET_MS);
        assert_int_equal(m->n, 20);
}

static void test_new_visits_of_firefox_come_up_once(void **state) {
        see_new_visits(*state, FIREFOX);
}

static void test_new_visits_of_chromium_come_up_once(void **state) {
        see_new_visits(*state, CHROMIUM);
}

static void test_burst_is_followed_by_one_more_read(void **state) {
        Machine *m = *state;
        BrowserDb b;

        open_browser(m, FIREFOX, &b);
        assert_int_equal(history_start(m->history, T0), 0);
        run_quiet(m, QUIET_MS);
        for (unsigned i = 0; i < 300; i++) {
                browse(&b, i);
                assert_true(sd_event_run(m->event, 0) >= 0);
        }
        run_until(m, 300);
        expect_each_once(m, 0, 300);
        assert_true(m->batches < 300);
        browser_db_close(&b);
}

static void test_at_rest_nothing_wakes_it(void **state) {
        static const char *const OTHERS[] = {".config/chromium/Default/Cookies",
                ".config/chromium/Default/History Provider Cache", ".config/chromium/Local State",
                ".bash_history"};
        _cleanup_free_ char *copies = strdup(((Machine *)*state)->copies);
        Machine *m = *state;
        BrowserDb b;

        open_browser(m, CHROMIUM, &b);
        browse(&b, 1);
        assert_int_equal(history_start(m->history, T0), 0);
        run_quiet(m, QUIET_MS);
        assert_int_equal(sd_event_run(m->event, 1500 * 1000), 0);
        /* other files make it look at no database: nothing is scheduled behind the event itself */
        for (size_t i = 0; i < ARRAY_LEN(OTHERS); i++) {
                _cleanup_free_ char *path = in_home(m, OTHERS[i]);
                FILE *f = fopen(path, "we");

                assert_non_null(f);
                (void)fputs("x", f);
                (void)fclose(f);
        }
        while (sd_event_run(m->event, 0) > 0)
                ;
        assert_int_equal(sd_event_run(m->event, 300 * 1000), 0);
        assert_int_equal(rmdir(copies), 0); /* no copy is left in it */
        assert_int_equal(mkdir(copies, 0700), 0);
        browser_db_close(&b);
}

static void test_stopped_it_sees_nothing_and_watches_nothing(void **state) {
        unsigned before = watches();
        Machine *m = *state;
        BrowserDb b;

        open_browser(m, FIREFOX, &b);
        assert_int_equal(watches(), before);
        assert_int_equal(history_start(m->history, T0), 0);
        assert_true(watches() > before);
        browse(&b, 1);
        history_stop(m->history);
        assert_int_equal(watches(), before);
        browse(&b, 2);
        run_quiet(m, QUIET_MS);
        assert_int_equal(m->n, 0);
        history_stop(m->history);
        assert_int_equal(history_start(m->history, T0), 0);
        expect_each_once(m, 1, 3);
        browser_db_close(&b);
}

static void test_listener_may_stop_it_from_inside(void **state) {
        Machine *m = *state;
        BrowserDb b;

        open_browser(m, FIREFOX, &b);
        assert_int_equal(history_start(m->history, T0), 0);
        run_quiet(m, QUIET_MS);
        m->stop_inside = true;
        browse(&b, 1);
        run_until(m, 1);
        browse(&b, 2);
        run_quiet(m, QUIET_MS);
        assert_int_equal(m->n, 1);
        assert_int_equal(history_start(m->history, T0), 0); /* and within start */
        assert_int_equal(m->n, 2);
        browse(&b, 3);
        run_quiet(m, QUIET_MS);
        assert_int_equal(m->n, 2);
        browser_db_close(&b);
}

static void test_bound_that_moves_back_reads_again(void **state) {
        Machine *m = *state;
        BrowserDb b;

        open_browser(m, CHROMIUM, &b);
        for (unsigned i = 0; i < 6; i++)
                browse(&b, i);
        assert_int_equal(history_start(m->history, T0 + 4), 0);
        expect_urls(m, "chromium https://a.example/4\nchromium https://a.example/5\n");
        assert_int_equal(history_start(m->history, T0 + 2), 0);
        expect_urls(m, "chromium https://a.example/2\nchromium https://a.example/3\n");
        assert_int_equal(history_start(m->history, T0 + 2), 0);
        assert_int_equal(history_start(m->history, T0 + 100), 0);
        expect_urls(m, "");
        browse(&b, 99);
        run_quiet(m, QUIET_MS);
        expect_urls(m, "");
        browse(&b, 100);
        run_until(m, 5);
        /* also when it was stopped in between */
        history_stop(m->history);
        assert_int_equal(history_start(m->history, T0 + 99), 0);
        expect_urls(m, "chromium https://a.example/100\nchromium https://a.example/99\n");
        browser_db_close(&b);
}

static void test_visits_that_were_refused_come_again(void **state) {
        Machine *m = *state;
        BrowserDb b;

        open_browser(m, FIREFOX, &b);
        browse(&b, 1);
        m->visits_error = -ENOSPC;
        m->errors_left = 1;
        assert_int_equal(history_start(m->history, T0), 0);
        assert_int_equal(m->n, 0);
        run_until(m, 1);
        assert_int_equal(m->coverage.unreadable, 0); /* the browser is not to blame */
        m->visits_error = 0;
        m->resume_error = -EIO;
        m->errors_left = 1;
        history_stop(m->history);
        browse(&b, 2);
        assert_int_equal(history_start(m->history, T0), 0);
        assert_int_equal(m->n, 1);
        run_until(m, 2);
        expect_each_once(m, 1, 3);
        browser_db_close(&b);
}

/* --- profiles that come and go --------------------------------------------------------------- */

static void test_profile_that_appears_folder_by_folder(void **state) {
        static const char *const STEPS[] = {".var", ".var/app", ".var/app/org.mozilla.firefox",
                ".var/app/org.mozilla.firefox/config",
                ".var/app/org.mozilla.firefox/config/mozilla",
                ".var/app/org.mozilla.firefox/config/mozilla/firefox",
                ".var/app/org.mozilla.firefox/config/mozilla/firefox/x.default"};
        Machine *m = *state;
        BrowserDb b;

        assert_int_equal(history_start(m->history, T0), 0);
        assert_int_equal(m->coverage.profiles, 0);
        for (size_t i = 0; i < ARRAY_LEN(STEPS); i++) {
                _cleanup_free_ char *path = in_home(m, STEPS[i]);

                assert_int_equal(mkdir(path, 0700), 0);
                run_quiet(m, QUIET_MS);
        }
        open_browser(m,
                ".var/app/org.mozilla.firefox/config/mozilla/firefox/x.default/"
                "places.sqlite",
                &b);
        browse(&b, 1);
        run_until(m, 1);
        run_until_covered(m, 1, 0);
        browse(&b, 2);
        run_until(m, 2);
        browser_db_close(&b);
}

static void test_profile_that_appears_all_at_once(void **state) {
        Machine *m = *state;
        BrowserDb b, c;

        assert_int_equal(history_start(m->history, T0), 0);
        open_browser(m, ".config/BraveSoftware/Brave-Browser/Profile 2/History", &b);
        browse(&b, 1);
        run_until(m, 1);
        expect_urls(m, "brave https://a.example/1\n");
        open_browser(m, ".config/BraveSoftware/Brave-Browser/Default/History", &c);
        browse(&c, 2);
        run_until(m, 2);
        assert_int_equal(m->coverage.profiles, 2);
        browser_db_close(&b);
        browser_db_close(&c);
}

static void test_profile_that_ini_names_later(void **state) {
        Machine *m = *state;
        _cleanup_free_ char *ini = make_way(m, ".mozilla/firefox/profiles.ini");
        FILE *f;
        BrowserDb b;

        assert_int_equal(history_start(m->history, T0), 0);
        open_browser(m, "elsewhere/ff/places.sqlite", &b);
        browse(&b, 1);
        run_quiet(m, QUIET_MS);
        assert_int_equal(m->n, 0);
        f = fopen(ini, "we");
        assert_non_null(f);
        assert_true(
                fprintf(f, "[Profile0]\r\nIsRelative=0\r\nPath=%s/elsewhere/ff\r\n", m->home) > 0);
        assert_int_equal(fclose(f), 0);
        run_until(m, 1);
        browse(&b, 2);
        run_until(m, 2);
        browser_db_close(&b);
}

static void test_profile_deleted_and_made_again(void **state) {
        Machine *m = *state;
        _cleanup_free_ char *folder = in_home(m, ".config/chromium");
        BrowserDb b;

        open_browser(m, CHROMIUM, &b);
        browse(&b, 0);
        assert_int_equal(history_start(m->history, T0), 0);
        for (unsigned i = 1; i < 9; i += 2) {
                browser_db_close(&b);
                assert_int_equal(nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
                if (i % 4 == 1) {
                        run_until_covered(m, 0, 0);
                }
                open_browser(m, CHROMIUM, &b);
                browse(&b, i);
                run_until(m, i + 1);
                browse(&b, i + 1);
                run_until(m, i + 2);
        }
        expect_each_once(m, 0, 9);
        run_until_covered(m, 1, 0);
        browser_db_close(&b);
}

static void test_root_that_is_swapped_for_a_link(void **state) {
        Machine *m = *state;
        _cleanup_free_ char *root = in_home(m, ".mozilla/firefox");
        _cleanup_free_ char *aside = in_home(m, "aside");
        BrowserDb b;

        /* as profile-sync-daemon does at log-in */
        open_browser(m, FIREFOX, &b);
        browse(&b, 1);
        browser_db_close(&b);
        assert_int_equal(history_start(m->history, T0), 0);
        assert_int_equal(rename(root, aside), 0);
        assert_int_equal(symlink(aside, root), 0);
        run_quiet(m, QUIET_MS);
        open_browser(m, "aside/a.default/places.sqlite", &b);
        browse(&b, 2);
        run_until(m, 2);
        expect_each_once(m, 1, 3);
        assert_int_equal(m->coverage.profiles, 1);
        browser_db_close(&b);
}

static void test_two_roots_that_are_one_folder_are_one_profile(void **state) {
        Machine *m = *state;
        _cleanup_free_ char *root = in_home(m, ".mozilla/firefox");
        _cleanup_free_ char *link = make_way(m, ".config/mozilla/firefox");
        BrowserDb b;

        open_browser(m, FIREFOX, &b);
        assert_int_equal(symlink(root, link), 0);
        browse(&b, 1);
        assert_int_equal(history_start(m->history, T0), 0);
        browse(&b, 2);
        run_until(m, 2);
        run_quiet(m, QUIET_MS);
        expect_each_once(m, 1, 3);
        assert_int_equal(m->coverage.profiles, 1);
        browser_db_close(&b);
}

static void test_events_that_were_lost_cost_nothing(void **state) {
        Machine *m = *state;
        _cleanup_free_ char *one = NULL, *two = NULL;
        BrowserDb b;
        int fds[2];

        open_browser(m, FIREFOX, &b);
        assert_int_equal(history_start(m->history, T0), 0);
        run_quiet(m, QUIET_MS);
        /* more events than the queue holds, by writes that do not merge; then the visit and a whole
         * new browser, whose events find no room */
        one = in_home(m, ".mozilla/firefox/a.default/x");
        two = in_home(m, ".mozilla/firefox/a.default/y");
        fds[0] = open(one, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        fds[1] = open(two, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        for (int i = 0; i < 40000; i++)
                assert_int_equal(write(fds[i % 2], "x", 1), 1);
        browse(&b, 1);
        browser_db_close(&b);
        open_browser(m, CHROMIUM, &b);
        browse(&b, 2);
        run_until(m, 2);
        expect_each_once(m, 1, 3);
        assert_int_equal(m->coverage.profiles, 2);
        (void)close(fds[0]);
        (void)close(fds[1]);
        browser_db_close(&b);
}

/* --- histories in trouble -------------------------------------------------------------------- */

static void write_text(const char *path, const char *text) {
        FILE *f = fopen(path, "we");

        assert_non_null(f);
        assert_true(fputs(text, f) >= 0);
        assert_int_equal(fclose(f), 0);
}

static void test_damaged_history_is_told_and_the_others_go_on(void **state) {
        Machine *m = *state;
        _cleanup_free_ char *bad = make_way(m, ".config/vivaldi/Default/History");
        BrowserDb b;

        write_text(bad, "this is no database at all, but long enough to be looked at as one");
        open_browser(m, CHROMIUM, &b);
        browse(&b, 1);
        assert_int_equal(history_start(m->history, T0), 0);
        run_until_covered(m, 2, 1);
        assert_int_equal(m->n, 1);
        assert_string_equal(m->detail, "Vivaldi: its history is damaged and cannot be read.");
        /* the browser makes a new one */
        assert_int_equal(unlink(bad), 0);
        browser_db_close(&b);
        open_browser(m, ".config/vivaldi/Default/History", &b);
        browse(&b, 2);
        run_until(m, 2);
        run_until_covered(m, 2, 0);
        assert_null(m->detail);
        browser_db_close(&b);
}

static void test_empty_history_is_no_trouble(void **state) {
        Machine *m = *state;
        _cleanup_free_ char *path = make_way(m, FIREFOX);
        BrowserDb b;

        write_text(path, "");
        assert_int_equal(history_start(m->history, T0), 0);
        assert_int_equal(m->coverage.profiles, 1);
        assert_int_equal(m->coverage.unreadable, 0);
        assert_null(m->detail);
        open_browser(m, FIREFOX, &b);
        browse(&b, 1);
        run_until(m, 1);
        browser_db_close(&b);
}

static void test_folder_in_place_of_the_history_is_told(void **state) {
        Machine *m = *state;
        _cleanup_free_ char *path = make_way(m, ".config/microsoft-edge/Default/History");
        BrowserDb b;

        assert_int_equal(mkdir(path, 0700), 0);
        assert_int_equal(history_start(m->history, T0), 0);
        assert_int_equal(m->coverage.unreadable, 1);
        assert_string_equal(m->detail, "Edge: its history is not a regular file.");
        assert_int_equal(rmdir(path), 0);
        open_browser(m, ".config/microsoft-edge/Default/History", &b);
        browse(&b, 1);
        run_until(m, 1);
        run_until_covered(m, 1, 0);
        browser_db_close(&b);
}

static void test_cleared_history_goes_on(void **state) {
        static const struct {
                const char *file, *clear;
        } CASES[] = {
                {FIREFOX, "DELETE FROM moz_historyvisits; DELETE FROM moz_places"},
                {CHROMIUM, "DELETE FROM visits; DELETE FROM urls; DELETE FROM sqlite_sequence"},
        };
        Machine *m = *state;

        assert_int_equal(history_start(m->history, T0), 0);
        for (unsigned i = 0; i < ARRAY_LEN(CASES); i++) {
                BrowserDb b;

                open_browser(m, CASES[i].file, &b);
                for (unsigned k = 0; k < 5; k++)
                        browse(&b, 100 * i + 50 + k);
                run_until(m, 10 * i + 5);
                browser_db_exec(&b, CASES[i].clear);
                for (unsigned before = m->batches; m->batches == before;) /* the cursor moves */
                        assert_true(sd_event_run(m->event, 1000000) >= 0);
                /* same ids, earlier times */
                for (unsigned k = 0; k < 5; k++)
                        browse(&b, 100 * i + k);
                run_until(m, 10 * i + 10);
                expect_each_once(m, 100 * i, 100 * i + 5);
                expect_each_once(m, 100 * i + 50, 100 * i + 55);
                browser_db_close(&b);
        }
}

/* Runs `what` in a child of its own; its status tells. */
static int in_child(int (*what)(Machine *m), Machine *m) {
        pid_t pid = fork();
        int status = 0;

        assert_true(pid >= 0);
        if (pid == 0)
                _exit(what(m));
        assert_int_equal(waitpid(pid, &status, 0), pid);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

enum {
        CHILD_SKIPS = 77,
};

/* The loop and the sensor must not be those of the parent. */
static int child_setup(Machine *m) {
        m->history = history_free(m->history);
        m->event = sd_event_unref(m->event);
        if (sd_event_new(&m->event) < 0)
                return -1;
        return history_new(m->event, m->home, m->config, m->copies, &LISTENER, m, &m->history);
}

static int child_done(Machine *m, int status) {
        (void)history_free(m->history);
        sd_event_unref(m->event);
        return status;
}

static bool detail_says(const Machine *m, const char *words) {
        return m->detail && strstr(m->detail, words);
}

static int start_as_nobody(Machine *m) {
        if (chown(m->copies, 65534, 65534) < 0 || setuid(65534) < 0)
                return CHILD_SKIPS;
        if (child_setup(m) < 0 || history_start(m->history, T0) < 0)
                return 1;
        if (m->coverage.profiles != 2 || m->coverage.unreadable != 2)
                return child_done(m, 2);
        return child_done(
                m, detail_says(m, "nocontact is not allowed to read its history.") ? 0 : 3);
}

static void set_mode(const Machine *m, const char *path, mode_t mode) {
        _cleanup_free_ char *full = in_home(m, path);

        assert_int_equal(chmod(full, mode), 0);
}

static void test_history_that_may_not_be_read_is_told(void **state) {
        static const char *const FILES[] = {CHROMIUM, ".config/vivaldi/Default/History"};
        static const char *const OPEN[] = {
                "", ".config", ".config/chromium", ".config/vivaldi", ".config/vivaldi/Default"};
        Machine *m = *state;
        int status;

        if (geteuid() != 0)
                skip();
        for (size_t i = 0; i < ARRAY_LEN(FILES); i++) {
                _cleanup_free_ char *file = make_way(m, FILES[i]);

                write_text(file, "x");
                assert_int_equal(chmod(file, 0600), 0);
        }
        for (size_t i = 0; i < ARRAY_LEN(OPEN); i++)
                set_mode(m, OPEN[i], 0755);
        set_mode(m, ".config/chromium/Default", 0700); /* not even its names can be seen */
        status = in_child(start_as_nobody, m);
        if (status == CHILD_SKIPS)
                skip();
        assert_int_equal(status, 0);
}

static int start_with_few_watches(Machine *m) {
        FILE *f;

        if (unshare(CLONE_NEWUSER) < 0)
                return CHILD_SKIPS;
        f = fopen("/proc/sys/user/max_inotify_watches", "we");
        if (!f || fputs("2", f) < 0 || fclose(f) != 0)
                return CHILD_SKIPS;
        if (child_setup(m) < 0 || history_start(m->history, T0) < 0)
                return 1;
        if (m->n != 1) /* what can be read is read all the same */
                return child_done(m, 2);
        if (m->coverage.profiles != 1 || m->coverage.unreadable != 1)
                return child_done(m, 3);
        return child_done(m, detail_says(m, "limit for watching files is used up") ? 0 : 4);
}

static void test_limit_of_watches_is_told(void **state) {
        Machine *m = *state;
        BrowserDb b;
        int status;

        open_browser(m, CHROMIUM, &b);
        browse(&b, 1);
        status = in_child(start_with_few_watches, m);
        browser_db_close(&b);
        if (status == CHILD_SKIPS)
                skip();
        assert_int_equal(status, 0);
}

/* --- killed and started again ---------------------------------------------------------------- */

/* A reader as the daemon is one: what it saw and its cursor are on disk together, or not at all.
 * Each record is one write to the end of a file. */
typedef struct Ledger {
        int fd;
        Cursor cursor;
} Ledger;

static int ledger_resume(void *userdata, const char *profile, Cursor *ret) {
        Ledger *l = userdata;

        (void)profile;
        *ret = l->cursor;
        return l->cursor.row > 0;
}

static int ledger_visits(
        void *userdata, const char *profile, const Visit *visits, size_t n, const Cursor *after) {
        _cleanup_(buffer_done) Buffer b = {0};
        Ledger *l = userdata;

        (void)profile;
        for (size_t i = 0; i < n; i++)
                (void)buffer_printf(&b, "%s ", strrchr(visits[i].url, '/') + 1);
        (void)buffer_printf(
                &b, "c %lld %llu\n", (long long)after->row, (unsigned long long)after->newest_usec);
        return write(l->fd, b.data, b.len) == (ssize_t)b.len ? 0 : -EIO;
}

static void ledger_coverage(void *userdata, const HistoryCoverage *c) {
        (void)userdata;
        (void)c;
}

/* Counts the numbers into `seen` and finds the last cursor. */
static void ledger_read(const char *path, unsigned char *seen, Cursor *ret) {
        _cleanup_free_ char *line = NULL;
        FILE *f = fopen(path, "re");
        size_t space = 0;

        memset(seen, 0, NUMBERS);
        *ret = (Cursor){0};
        while (f && getline(&line, &space, f) > 0) {
                char *p = line;

                while (*p != 'c')
                        seen[strtoul(p, &p, 10)]++, p++;
                ret->row = strtoll(p + 1, &p, 10);
                ret->newest_usec = strtoull(p, NULL, 10);
        }
        if (f)
                (void)fclose(f);
}

static void run_reader(Machine *m, const char *path) {
        static const HistoryListener KEEPER = {ledger_resume, ledger_visits, ledger_coverage};
        Ledger l = {0};
        sd_event *event;
        History *h;

        ledger_read(path, m->seen, &l.cursor);
        l.fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (l.fd < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || sd_event_new(&event) < 0 ||
                history_new(event, m->home, m->config, m->copies, &KEEPER, &l, &h) < 0 ||
                history_start(h, T0) < 0)
                _exit(1);
        (void)sd_event_loop(event);
        _exit(2);
}

static pid_t fork_reader(Machine *m, const char *path) {
        pid_t pid = fork();

        assert_true(pid >= 0);
        if (pid == 0)
                run_reader(m, path);
        return pid;
}

static void kill_reader(pid_t pid) {
        int status;

        (void)kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status)); /* it did not end by itself */
}

/* Writes numbered visits, a few at a time, until its pipe says that it is enough; the browser then
 * goes on running, and holds its lock. */
static void run_writer(Machine *m, const char *file, int pipe_fd) {
        struct pollfd p = {.fd = pipe_fd, .events = POLLIN};
        unsigned n = 0;
        BrowserDb b;

        open_browser(m, file, &b);
        while (poll(&p, 1, 2) == 0 && n < NUMBERS - 10) {
                browse(&b, n++);
                if (n % 7 == 0) {
                        browser_db_exec(&b, "BEGIN");
                        for (int i = 0; i < 5; i++)
                                browse(&b, n++);
                        browser_db_exec(&b, "COMMIT");
                }
        }
        for (;;)
                (void)pause();
}

static void kill_and_restart(Machine *m, const char *file, const char *visits) {
        _cleanup_free_ char *ledger = in_home(m, "ledger");
        _cleanup_free_ char *path = make_way(m, file);
        int64_t written;
        BrowserDb b;
        int fds[2];
        pid_t writer;
        Cursor end;

        assert_int_equal(pipe(fds), 0);
        writer = fork();
        assert_true(writer >= 0);
        if (writer == 0) {
                (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
                (void)close(fds[1]);
                run_writer(m, file, fds[0]);
        }
        (void)close(fds[0]);
        srand(99);
        for (int round = 0; round < 200; round++) {
                pid_t reader = fork_reader(m, ledger);

                (void)usleep((unsigned)(rand() % 40) * 1000);
                kill_reader(reader);
        }
        assert_int_equal(write(fds[1], "x", 1), 1);
        (void)usleep(50000);
        /* a last one may finish, while the writer still holds the lock */
        {
                pid_t reader = fork_reader(m, ledger);

                (void)usleep(1000000);
                kill_reader(reader);
        }
        (void)close(fds[1]);
        (void)kill(writer, SIGKILL);
        assert_int_equal(waitpid(writer, NULL, 0), writer);
        open_browser(m, file, &b);
        written = browser_db_number(&b, visits);
        browser_db_close(&b);
        ledger_read(ledger, m->seen, &end);
        print_message("# %lld visits\n", (long long)written);
        assert_true(written > 200);
        expect_each_once(m, 0, (unsigned)written);
        assert_int_equal(end.row, written);
}

static void test_killed_200_times_beside_firefox_each_visit_counts_once(void **state) {
        kill_and_restart(*state, FIREFOX, "SELECT count(*) FROM moz_historyvisits");
}

static void test_killed_200_times_beside_chromium_each_visit_counts_once(void **state) {
        kill_and_restart(*state, CHROMIUM, "SELECT count(*) FROM visits");
}

/* --- the witness ----------------------------------------------------------------------------- */

/* inotifywait, a program of others, on one folder. */
static pid_t start_witness(const char *folder, const char *log) {
        pid_t pid = fork();

        assert_true(pid >= 0);
        if (pid == 0) {
                int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);

                (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
                (void)dup2(fd, 1);
                (void)dup2(fd, 2);
                (void)execlp("inotifywait", "inotifywait", "-m", "--format", "%e %f", folder,
                        (char *)NULL);
                _exit(127);
        }
        for (int i = 0; i < PATIENCE_MS / 10; i++) {
                (void)usleep(10000);
                if (access(log, R_OK) == 0 && count_in(log, "Watches established") == 1)
                        return pid;
        }
        fail_msg("inotifywait does not start");
        return pid;
}

static void watch_reading(Machine *m, const char *file, const char *part) {
        static const char *const FORBIDDEN[] = {
                "MODIFY", "CREATE", "DELETE", "ATTRIB", "MOVED", "CLOSE_WRITE", "UNMOUNT"};
        _cleanup_free_ char *path = make_way(m, file);
        _cleanup_free_ char *folder = strndup(path, (size_t)(strrchr(path, '/') - path));
        _cleanup_free_ char *log = in_home(m, "witness.log");
        struct stat before, after;
        BrowserDb b;
        pid_t pid;

        open_browser(m, file, &b);
        for (unsigned i = 0; i < 50; i++)
                browse(&b, i);
        (void)usleep(20000);
        assert_int_equal(stat(path, &before), 0);
        pid = start_witness(folder, log);
        for (int i = 0; i < 20; i++) {
                m->cursors[0] = (Cursor){0};
                assert_int_equal(history_start(m->history, T0), 0);
                run_quiet(m, 20);
                history_stop(m->history);
        }
        assert_int_equal(m->n, 20 * 50); /* the witness saw real reads */
        (void)usleep(100000);
        (void)kill(pid, SIGTERM);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        assert_true(count_in(log, "OPEN") > 0);
        assert_true(count_in(log, "CLOSE_NOWRITE") > 0);
        assert_true(count_in(log, part) > 0);
        for (size_t i = 0; i < ARRAY_LEN(FORBIDDEN); i++)
                if (count_in(log, FORBIDDEN[i]) > 0)
                        fail_msg("%s on the browser's files", FORBIDDEN[i]);
        assert_int_equal(stat(path, &after), 0);
        assert_int_equal(after.st_atim.tv_sec, before.st_atim.tv_sec);
        assert_int_equal(after.st_atim.tv_nsec, before.st_atim.tv_nsec);
        browser_db_close(&b);
}

static void test_witness_sees_only_reads_of_firefox(void **state) {
        watch_reading(*state, FIREFOX, "ACCESS places.sqlite-wal");
}

static void test_witness_sees_only_reads_of_chromium(void **state) {
        watch_reading(*state, CHROMIUM, "ACCESS History");
}

#define on_machine(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                on_machine(test_start_hands_up_what_was_there),
                on_machine(test_new_visits_of_firefox_come_up_once),
                on_machine(test_new_visits_of_chromium_come_up_once),
                on_machine(test_burst_is_followed_by_one_more_read),
                on_machine(test_at_rest_nothing_wakes_it),
                on_machine(test_stopped_it_sees_nothing_and_watches_nothing),
                on_machine(test_listener_may_stop_it_from_inside),
                on_machine(test_bound_that_moves_back_reads_again),
                on_machine(test_visits_that_were_refused_come_again),
                on_machine(test_profile_that_appears_folder_by_folder),
                on_machine(test_profile_that_appears_all_at_once),
                on_machine(test_profile_that_ini_names_later),
                on_machine(test_profile_deleted_and_made_again),
                on_machine(test_root_that_is_swapped_for_a_link),
                on_machine(test_two_roots_that_are_one_folder_are_one_profile),
                on_machine(test_events_that_were_lost_cost_nothing),
                on_machine(test_damaged_history_is_told_and_the_others_go_on),
                on_machine(test_empty_history_is_no_trouble),
                on_machine(test_folder_in_place_of_the_history_is_told),
                on_machine(test_cleared_history_goes_on),
                on_machine(test_history_that_may_not_be_read_is_told),
                on_machine(test_limit_of_watches_is_told),
                on_machine(test_killed_200_times_beside_firefox_each_visit_counts_once),
                on_machine(test_killed_200_times_beside_chromium_each_visit_counts_once),
                on_machine(test_witness_sees_only_reads_of_firefox),
                on_machine(test_witness_sees_only_reads_of_chromium),
        };
        return cmocka_run_group_tests_name("history", tests, NULL, NULL);
}
