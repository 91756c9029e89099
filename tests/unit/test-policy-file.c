/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The browsers' policy files, in a tree of the test's own: ours are made, repaired and removed
 * again with their folders; those of others are never written to. */

#include "enforcer/policy-file.h"

#include "common/file.h"
#include "unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#define CHROMIUM "/etc/chromium/policies/managed/nocontact.json"
#define ADMIN    "/etc/chromium/policies/managed/admin.json"
#define FIREFOX  "/etc/firefox/policies/policies.json"

static const char *const ONE[] = {"instagram.com/alex.doe"};
static const char *const TWO[] = {"instagram.com/alex.doe", "x.com/alexdoe"};

typedef struct World {
        char root[64], state[80];
        PolicyReport reports[POLICY_BROWSERS];
} World;

static char *full(const World *w, const char *path) {
        static char text[2][512];
        static unsigned turn;

        turn ^= 1;
        (void)snprintf(text[turn], sizeof(text[turn]), "%s%s", w->root, path);
        return text[turn];
}

/* With its folders. */
static void put(const World *w, const char *path, const char *text) {
        _cleanup_close_ int fd = -1;
        char *name = full(w, path);

        for (char *p = name + strlen(w->root); (p = strchr(p + 1, '/'));) {
                *p = '\0';
                (void)mkdir(name, 0755);
                *p = '/';
        }
        if (!text) {
                assert_true(mkdir(name, 0755) == 0 || errno == EEXIST);
                return;
        }
        fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        assert_true(fd >= 0);
        assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
}

static bool there(const World *w, const char *path) {
        struct stat st;

        return lstat(full(w, path), &st) == 0;
}

/* The caller frees. */
static char *get(const World *w, const char *path) {
        FILE *f = fopen(full(w, path), "re");
        char *text = calloc(1, 1 << 16);

        assert_non_null(text);
        assert_non_null(f);
        assert_true(fread(text, 1, (1 << 16) - 1, f) > 0);
        (void)fclose(f);
        return text;
}

static bool says(const World *w, const char *path, const char *what) {
        _cleanup_free_ char *text = get(w, path);

        return strstr(text, what) != NULL;
}

static int setup(void **state) {
        World *w = calloc(1, sizeof(*w));

        assert_non_null(w);
        (void)snprintf(w->root, sizeof(w->root), "/tmp/nocontact-policy-XXXXXX");
        assert_non_null(mkdtemp(w->root));
        (void)snprintf(w->state, sizeof(w->state), "%s/state", w->root);
        assert_int_equal(mkdir(w->state, 0700), 0);
        put(w, "/etc", NULL);
        *state = w;
        return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        (void)st, (void)type, (void)ftw;
        return remove(path);
}

static int teardown(void **state) {
        World *w = *state;

        (void)nftw(w->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
        free(w);
        return 0;
}

static int apply(World *w, const char *const *patterns, size_t n) {
        return policy_files_apply(w->root, w->state, patterns, n, w->reports);
}

static const char *standing(const World *w, const char *browser) {
        for (size_t i = 0; i < POLICY_BROWSERS; i++)
                if (strcmp(w->reports[i].browser, browser) == 0)
                        return policy_standing_name(w->reports[i].standing);
        fail_msg("there is no %s", browser);
        return NULL;
}

static void both_browsers(World *w) {
        put(w, "/usr/bin/chromium", "");
        put(w, "/usr/lib/firefox-esr", NULL);
}

/* --- ours ------------------------------------------------------------------------------------ */

static void test_without_browsers_nothing_is_written(void **state) {
        World *w = *state;

        assert_int_equal(apply(w, ONE, 1), 0);
        assert_false(there(w, "/etc/chromium") || there(w, "/etc/firefox") || there(w, "/etc/opt"));
        assert_string_equal(standing(w, "Chromium"), "");
}

static void test_installed_browsers_are_told_and_nobody_else(void **state) {
        World *w = *state;
        struct stat st;

        both_browsers(w);
        assert_int_equal(apply(w, ONE, 1), 1);
        assert_string_equal(standing(w, "Chromium"), "held");
        assert_string_equal(standing(w, "Firefox"), "held");
        assert_string_equal(standing(w, "Brave"), "");
        assert_true(says(w, CHROMIUM, "\"instagram.com/alex.doe\""));
        assert_true(says(w, FIREFOX, "\"*://*.instagram.com/alex.doe\""));
        assert_false(says(w, FIREFOX, "ExtensionSettings"));
        assert_false(there(w, "/etc/brave") || there(w, "/etc/opt"));
        assert_int_equal(stat(full(w, CHROMIUM), &st), 0);
        assert_int_equal(st.st_mode & 07777, 0644);
        assert_int_equal(stat(full(w, "/etc/chromium/policies"), &st), 0);
        assert_int_equal(st.st_mode & 07777, 0755);
        assert_int_equal(apply(w, ONE, 1), 0);
}

/* Chromium looks for changes only some time after its start, and then goes by the file's time: it
 * must not be that of the one which it read at its start. */
static void test_a_change_has_a_time_of_its_own(void **state) {
        struct stat before, after;
        World *w = *state;

        both_browsers(w);
        assert_int_equal(apply(w, ONE, 1), 1);
        assert_int_equal(stat(full(w, CHROMIUM), &before), 0);
        /* the file system's clock may tick slowly */
        (void)nanosleep(&(struct timespec){.tv_nsec = 50 * 1000 * 1000}, NULL);
        assert_int_equal(apply(w, TWO, 2), 1);
        assert_int_equal(stat(full(w, CHROMIUM), &after), 0);
        assert_true(before.st_mtim.tv_sec != after.st_mtim.tv_sec ||
                    before.st_mtim.tv_nsec != after.st_mtim.tv_nsec);
        assert_int_not_equal(before.st_ino, after.st_ino);
        assert_true(says(w, CHROMIUM, "x.com/alexdoe"));
}

static void test_all_is_lifted_and_our_folders_go(void **state) {
        World *w = *state;

        both_browsers(w);
        assert_int_equal(apply(w, ONE, 1), 1);
        assert_int_equal(apply(w, NULL, 0), 1);
        assert_false(there(w, "/etc/chromium") || there(w, "/etc/firefox"));
        assert_true(there(w, "/etc"));
        assert_int_equal(apply(w, NULL, 0), 0);
}

static void test_folders_of_others_stay(void **state) {
        World *w = *state;

        both_browsers(w);
        put(w, "/etc/chromium/policies", NULL);
        assert_int_equal(apply(w, ONE, 1), 1);
        put(w, "/etc/firefox/policies/note", "mine");
        assert_int_equal(apply(w, NULL, 0), 1);
        assert_true(there(w, "/etc/chromium/policies"));
        assert_false(there(w, "/etc/chromium/policies/managed"));
        assert_true(there(w, "/etc/firefox/policies/note"));
        assert_false(there(w, FIREFOX));
}

static void test_a_browser_that_went_is_lifted_too(void **state) {
        World *w = *state;

        both_browsers(w);
        assert_int_equal(apply(w, ONE, 1), 1);
        assert_int_equal(rmdir(full(w, "/usr/lib/firefox-esr")), 0);
        assert_int_equal(apply(w, NULL, 0), 1);
        assert_false(there(w, "/etc/firefox"));
}

static void test_an_edit_of_ours_is_repaired(void **state) {
        World *w = *state;

        both_browsers(w);
        assert_int_equal(apply(w, ONE, 1), 1);
        {
                _cleanup_free_ char *text = get(w, FIREFOX);

                *strstr(text, "alex.doe") = 'X';
                put(w, FIREFOX, text);
        }
        policy_files_look(w->root, ONE, 1, w->reports);
        assert_string_equal(standing(w, "Firefox"), "failed");
        assert_int_equal(apply(w, ONE, 1), 1);
        assert_true(says(w, FIREFOX, "\"*://*.instagram.com/alex.doe\""));
        assert_int_equal(chmod(full(w, FIREFOX), 0600), 0);
        assert_int_equal(apply(w, ONE, 1), 1);
        assert_int_equal(unlink(full(w, CHROMIUM)), 0);
        assert_int_equal(apply(w, ONE, 1), 1);
        assert_int_equal(apply(w, ONE, 1), 0);
        policy_files_look(w->root, ONE, 1, w->reports);
        assert_string_equal(standing(w, "Firefox"), "held");
}

static void test_the_extension_is_kept_where_it_lies(void **state) {
        World *w = *state;

        both_browsers(w);
        put(w, "/usr/share/mozilla/extensions/{ec8030f7-c20a-464f-9b0e-13a3a9e97384}/nocontact@nocontact.org",
                NULL);
        assert_int_equal(apply(w, ONE, 1), 1);
        assert_true(says(w, FIREFOX, "force_installed"));
}

/* --- those of others ------------------------------------------------------------------------- */

static void stays(World *w, const char *path, const char *text) {
        _cleanup_free_ char *now = get(w, path);

        assert_string_equal(now, text);
}

static void test_policies_of_another_are_left_alone(void **state) {
        static const char theirs[] = "{\"policies\": {\"DisableTelemetry\": true}}\n";
        World *w = *state;

        both_browsers(w);
        put(w, FIREFOX, theirs);
        put(w, CHROMIUM, "{\"HomepageLocation\": \"about:blank\"}\n");
        assert_int_equal(apply(w, ONE, 1), 0);
        assert_string_equal(standing(w, "Firefox"), "foreign");
        assert_string_equal(standing(w, "Chromium"), "foreign");
        stays(w, FIREFOX, theirs);
        assert_int_equal(apply(w, NULL, 0), 0);
        stays(w, FIREFOX, theirs);
        stays(w, CHROMIUM, "{\"HomepageLocation\": \"about:blank\"}\n");
}

/* One in /etc would hide it. */
static void test_policies_of_the_distribution_are_not_hidden(void **state) {
        World *w = *state;

        both_browsers(w);
        assert_int_equal(apply(w, ONE, 1), 1);
        put(w, "/usr/share/firefox-esr/distribution/policies.json", "{}");
        assert_int_equal(apply(w, ONE, 1), 1);
        assert_string_equal(standing(w, "Firefox"), "foreign");
        assert_false(there(w, FIREFOX));
        assert_string_equal(standing(w, "Chromium"), "held");
}

static void test_links_and_folders_are_not_ours(void **state) {
        World *w = *state;

        both_browsers(w);
        put(w, FIREFOX, NULL);
        put(w, "/etc/chromium/policies/managed", NULL);
        put(w, "/etc/elsewhere", "theirs");
        assert_int_equal(symlink(full(w, "/etc/elsewhere"), full(w, CHROMIUM)), 0);
        assert_int_equal(apply(w, ONE, 1), 0);
        assert_string_equal(standing(w, "Firefox"), "foreign");
        assert_string_equal(standing(w, "Chromium"), "foreign");
        stays(w, "/etc/elsewhere", "theirs");
}

static void test_an_edit_that_takes_the_mark_away_makes_it_theirs(void **state) {
        World *w = *state;

        both_browsers(w);
        assert_int_equal(apply(w, ONE, 1), 1);
        put(w, FIREFOX, "{\"policies\": {}}");
        assert_int_equal(apply(w, TWO, 2), 1); /* Chromium's */
        assert_string_equal(standing(w, "Firefox"), "foreign");
        assert_int_equal(apply(w, NULL, 0), 1);
        stays(w, FIREFOX, "{\"policies\": {}}");
}

static void test_keys_of_another_file_are_left_out(void **state) {
        static const char theirs[] = "{\"DnsOverHttpsMode\": \"secure\"}";
        World *w = *state;

        both_browsers(w);
        put(w, ADMIN, theirs);
        assert_int_equal(apply(w, ONE, 1), 1);
        assert_string_equal(standing(w, "Chromium"), "held");
        assert_false(says(w, CHROMIUM, "DnsOverHttpsMode"));
        stays(w, ADMIN, theirs);
        assert_int_equal(unlink(full(w, ADMIN)), 0);
        assert_int_equal(apply(w, ONE, 1), 1);
        assert_true(says(w, CHROMIUM, "DnsOverHttpsMode"));
}

static void test_beside_a_block_list_nothing_is_allowed(void **state) {
        World *w = *state;

        both_browsers(w);
        put(w, ADMIN, "{\"URLBlocklist\": [\"instagram.com\"]}");
        assert_int_equal(apply(w, ONE, 1), 1);
        assert_string_equal(standing(w, "Chromium"), "beside");
        assert_false(says(w, CHROMIUM, "\"URLAllowlist\":"));
        assert_true(says(w, CHROMIUM, "\"instagram.com/alex.doe/\""));
        /* and where they do not merge, ours would hide theirs */
        put(w, "/etc/chromium/policies/managed/more.json",
                "{\"PolicyListMultipleSourceMergeList\": []}");
        assert_int_equal(apply(w, ONE, 1), 1);
        assert_string_equal(standing(w, "Chromium"), "foreign");
        assert_false(there(w, CHROMIUM));
}

static void test_what_cannot_be_read_may_say_anything(void **state) {
        World *w = *state;

        both_browsers(w);
        put(w, ADMIN, NULL);                   /* a folder */
        assert_int_equal(apply(w, ONE, 1), 1); /* Firefox's */
        assert_string_equal(standing(w, "Chromium"), "foreign");
}

/* --- failures -------------------------------------------------------------------------------- */

static void test_one_browser_that_fails_stops_no_other(void **state) {
        World *w = *state;

        both_browsers(w);
        put(w, "/etc/chromium", "a file where a folder is wanted");
        assert_true(apply(w, ONE, 1) < 0);
        assert_string_equal(standing(w, "Chromium"), "failed");
        assert_string_equal(standing(w, "Firefox"), "held");
        assert_int_equal(unlink(full(w, "/etc/chromium")), 0);
        assert_int_equal(apply(w, ONE, 1), 1);
        assert_string_equal(standing(w, "Chromium"), "held");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(
                        test_without_browsers_nothing_is_written, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        test_installed_browsers_are_told_and_nobody_else, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        test_a_change_has_a_time_of_its_own, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        test_all_is_lifted_and_our_folders_go, setup, teardown),
                cmocka_unit_test_setup_teardown(test_folders_of_others_stay, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        test_a_browser_that_went_is_lifted_too, setup, teardown),
                cmocka_unit_test_setup_teardown(test_an_edit_of_ours_is_repaired, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        test_the_extension_is_kept_where_it_lies, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        test_policies_of_another_are_left_alone, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        test_policies_of_the_distribution_are_not_hidden, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        test_links_and_folders_are_not_ours, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        test_an_edit_that_takes_the_mark_away_makes_it_theirs, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        test_keys_of_another_file_are_left_out, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        test_beside_a_block_list_nothing_is_allowed, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        test_what_cannot_be_read_may_say_anything, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        test_one_browser_that_fails_stops_no_other, setup, teardown),
        };

        return cmocka_run_group_tests_name("policy-file", tests, NULL, NULL);
}
