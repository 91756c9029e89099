/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Where browsers keep their profiles: places, profiles.ini, folders to watch. On a real tree of
 * folders. */

#include "common/buffer.h"
#include "common/file.h"
#include "daemon/sensors/browser-profiles.h"
#include "unit/test.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>

typedef struct Tree {
        char home[64];
        char config[80];
} Tree;

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        (void)st;
        (void)type;
        (void)ftw;
        return remove(path);
}

static int tree_setup(void **state) {
        Tree *t = calloc(1, sizeof(*t));

        (void)snprintf(t->home, sizeof(t->home), "/tmp/test-profiles-XXXXXX");
        if (!mkdtemp(t->home))
                return -1;
        (void)snprintf(t->config, sizeof(t->config), "%s/.config", t->home);
        *state = t;
        return 0;
}

static int tree_teardown(void **state) {
        Tree *t = *state;

        (void)nftw(t->home, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
        free(t);
        return 0;
}

/* Makes home/`path` and its parents; the caller frees the path. */
static char *tree_folder(const Tree *t, const char *path) {
        char *full = path_join(t->home, path);

        assert_int_equal(folder_make_private(full), 0);
        return full;
}

static void tree_file(const Tree *t, const char *path, const char *text) {
        _cleanup_free_ char *full = path_join(t->home, path);
        _cleanup_free_ char *parent = strndup(full, (size_t)(strrchr(full, '/') - full));
        FILE *f;

        assert_int_equal(folder_make_private(parent), 0);
        f = fopen(full, "we");
        assert_non_null(f);
        assert_true(fputs(text, f) >= 0);
        assert_int_equal(fclose(f), 0);
}

static void scan(const Tree *t, BrowserScan *ret) {
        assert_int_equal(browser_scan(t->home, t->config, ret), 0);
}

static const BrowserProfile *find(const BrowserScan *s, const Tree *t, const char *folder) {
        for (size_t i = 0; i < s->n_profiles; i++)
                if (streq(s->profiles[i].folder + strlen(t->home) + 1, folder))
                        return &s->profiles[i];
        return NULL;
}

static bool present(const BrowserScan *s, const Tree *t, const char *folder) {
        const BrowserProfile *p = find(s, t, folder);

        return p && p->present;
}

static bool has_folder(const BrowserScan *s, const char *path) {
        for (size_t i = 0; i < s->n_folders; i++)
                if (streq(s->folders[i], path))
                        return true;
        return false;
}

static bool concerns(const BrowserScan *s, const Tree *t, const char *folder, const char *name) {
        _cleanup_free_ char *full = *folder ? path_join(t->home, folder) : strdup(t->home);

        return browser_scan_concerns(s, full, name);
}

static void test_every_packaging_of_every_browser_is_found(void **state) {
        static const struct {
                const char *history, *browser;
        } CASES[] = {
                {".mozilla/firefox/a.default/places.sqlite", "firefox"},
                {".config/mozilla/firefox/a.default/places.sqlite", "firefox"},
                {"snap/firefox/common/.mozilla/firefox/a.default/places.sqlite", "firefox"},
                {".var/app/org.mozilla.firefox/.mozilla/firefox/a.default/places.sqlite",
                        "firefox"},
                {".var/app/org.mozilla.firefox/config/mozilla/firefox/a/places.sqlite", "firefox"},
                {".librewolf/a.default/places.sqlite", "librewolf"},
                {".config/librewolf/librewolf/a.default/places.sqlite", "librewolf"},
                {".var/app/io.gitlab.librewolf-community/.librewolf/a/places.sqlite", "librewolf"},
                {".waterfox/a.default/places.sqlite", "waterfox"},
                {".floorp/a.default/places.sqlite", "floorp"},
                {".var/app/one.ablaze.floorp/.floorp/a/places.sqlite", "floorp"},
                {".zen/a.Default (release)/places.sqlite", "zen"},
                {".var/app/app.zen_browser.zen/.zen/a/places.sqlite", "zen"},
                {".config/chromium/Default/History", "chromium"},
                {".config/chromium/Profile 12/History", "chromium"},
                {"snap/chromium/common/chromium/Default/History", "chromium"},
                {".var/app/org.chromium.Chromium/config/chromium/Default/History", "chromium"},
                {".config/google-chrome/Profile 1/History", "chrome"},
                {".config/google-chrome-beta/Default/History", "chrome"},
                {".config/google-chrome-unstable/Default/History", "chrome"},
                {".var/app/com.google.Chrome/config/google-chrome/Default/History", "chrome"},
                {".config/BraveSoftware/Brave-Browser/Default/History", "brave"},
                {"snap/brave/current/.config/BraveSoftware/Brave-Browser/Default/History", "brave"},
                {".var/app/com.brave.Browser/config/BraveSoftware/Brave-Browser/Default/History",
                        "brave"},
                {".config/vivaldi/Default/History", "vivaldi"},
                {".var/app/com.vivaldi.Vivaldi/config/vivaldi/Default/History", "vivaldi"},
                {".config/microsoft-edge/Default/History", "edge"},
                {".var/app/com.microsoft.Edge/config/microsoft-edge/Profile 2/History", "edge"},
                {".config/opera/History", "opera"},
                {".config/opera-beta/Default/History", "opera"},
                {".var/app/com.opera.Opera/config/opera/History", "opera"},
        };
        _cleanup_(browser_scan_done) BrowserScan s = {0};
        const Tree *t = *state;

        for (size_t i = 0; i < ARRAY_LEN(CASES); i++)
                tree_file(t, CASES[i].history, "x");
        scan(t, &s);
        for (size_t i = 0; i < ARRAY_LEN(CASES); i++) {
                const char *slash = strrchr(CASES[i].history, '/');
                _cleanup_free_ char *folder =
                        strndup(CASES[i].history, (size_t)(slash - CASES[i].history));
                const BrowserProfile *p = find(&s, t, folder);

                if (!p || !p->present || !streq(p->browser, CASES[i].browser) ||
                        !streq(strrchr(p->database, '/'), slash))
                        fail_msg("%s is not found", CASES[i].history);
        }
        /* Opera's root counts as a profile only with a history in it */
        assert_int_equal(s.n_profiles, ARRAY_LEN(CASES));
}

static void test_only_default_and_numbered_folders_are_chromium_profiles(void **state) {
        static const char *const OTHERS[] = {"Guest Profile", "System Profile", "Profile ",
                "Profile x", "Profile 1a", "Crashpad", "default"};
        _cleanup_(browser_scan_done) BrowserScan s = {0};
        const Tree *t = *state;

        for (size_t i = 0; i < ARRAY_LEN(OTHERS); i++) {
                _cleanup_free_ char *path = NULL;

                assert_true(asprintf(&path, ".config/chromium/%s/History", OTHERS[i]) > 0);
                tree_file(t, path, "x");
        }
        tree_file(t, ".config/chromium/Profile 3", "a file, no folder");
        tree_file(t, ".config/chromium/History", "no profile of Chromium");
        scan(t, &s);
        assert_int_equal(s.n_profiles, 0);
}

static void test_ini_names_relative_and_absolute_folders(void **state) {
        _cleanup_(browser_scan_done) BrowserScan s = {0};
        _cleanup_free_ char *elsewhere = tree_folder(*state, "data/ff");
        _cleanup_free_ char *ini = NULL;
        const Tree *t = *state;

        assert_true(asprintf(&ini,
                            "[General]\r\nStartWithLastProfile=1\r\n\r\n"
                            "[Profile0]\r\nName=a\r\nIsRelative=1\r\nPath=sub/deep.default\r\n"
                            "[Profile1]\r\nName=without a path\r\nIsRelative=1\r\n"
                            "[Profile2]\r\nIsRelative=0\r\nPath=%s/\r\n"
                            "[Profile3]\r\nIsRelative=1\r\nPath=never-made\r\n"
                            "[Install4F96D1932A9F858E]\r\nDefault=sub/deep.default\r\n",
                            elsewhere) > 0);
        tree_file(t, ".mozilla/firefox/profiles.ini", ini);
        tree_file(t, ".mozilla/firefox/sub/deep.default/places.sqlite", "x");
        tree_file(t, "data/ff/places.sqlite", "x");
        scan(t, &s);
        assert_non_null(find(&s, t, ".mozilla/firefox/sub/deep.default"));
        assert_true(present(&s, t, ".mozilla/firefox/sub/deep.default"));
        assert_non_null(find(&s, t, "data/ff"));
        assert_true(present(&s, t, "data/ff"));
        assert_null(find(&s, t, ".mozilla/firefox/never-made"));
        /* its parent is watched, so that its coming and going is seen */
        assert_true(concerns(&s, t, "data", "ff"));
        assert_false(concerns(&s, t, "data", "gg"));
}

static void test_absolute_folder_that_is_missing_is_waited_for(void **state) {
        _cleanup_(browser_scan_done) BrowserScan s = {0};
        _cleanup_free_ char *ini = NULL;
        _cleanup_free_ char *nearest = tree_folder(*state, "media");
        const Tree *t = *state;

        assert_true(asprintf(&ini, "[Profile0]\nIsRelative=0\nPath=%s/disk/ff/p\n", nearest) > 0);
        tree_file(t, ".mozilla/firefox/profiles.ini", ini);
        scan(t, &s);
        assert_int_equal(s.n_profiles, 0);
        assert_true(has_folder(&s, nearest));
        assert_true(concerns(&s, t, "media", "disk"));
        assert_false(concerns(&s, t, "media", "dis"));
        assert_false(concerns(&s, t, "media", "disk2"));
}

static void test_folders_that_no_ini_names_are_profiles_too(void **state) {
        _cleanup_(browser_scan_done) BrowserScan s = {0};
        const Tree *t = *state;

        tree_file(t, ".mozilla/firefox/x1.Profile 2/places.sqlite", "x");
        tree_file(t, ".mozilla/firefox/Profiles/x2.default/places.sqlite", "x");
        tree_file(t, ".mozilla/firefox/Crash Reports/x", "x");
        tree_file(t, ".mozilla/firefox/new.default/times.json", "x");
        scan(t, &s);
        assert_true(present(&s, t, ".mozilla/firefox/x1.Profile 2"));
        assert_true(present(&s, t, ".mozilla/firefox/Profiles/x2.default"));
        assert_null(find(&s, t, ".mozilla/firefox/Crash Reports"));
        /* found, and waiting for its history */
        assert_non_null(find(&s, t, ".mozilla/firefox/new.default"));
        assert_false(present(&s, t, ".mozilla/firefox/new.default"));
}

static void test_one_folder_by_two_ways_is_one_profile(void **state) {
        _cleanup_(browser_scan_done) BrowserScan s = {0};
        _cleanup_free_ char *root = tree_folder(*state, ".mozilla/firefox");
        _cleanup_free_ char *link = NULL;
        const Tree *t = *state;

        tree_file(t, ".mozilla/firefox/profiles.ini",
                "[Profile0]\nIsRelative=1\nPath=a.default\n"
                "[Profile1]\nIsRelative=1\nPath=./a.default\n");
        tree_file(t, ".mozilla/firefox/a.default/places.sqlite", "x");
        free(tree_folder(t, ".config/mozilla"));
        link = path_join(t->config, "mozilla/firefox");
        assert_int_equal(symlink(root, link), 0);
        scan(t, &s);
        assert_int_equal(s.n_profiles, 1);
        assert_string_equal(s.profiles[0].folder + strlen(t->home), "/.mozilla/firefox/a.default");
        assert_true(has_folder(&s, link));
}

static void test_linked_profile_keeps_its_own_name(void **state) {
        _cleanup_(browser_scan_done) BrowserScan s = {0};
        _cleanup_free_ char *real = tree_folder(*state, "run/psd/firefox-a");
        _cleanup_free_ char *root = tree_folder(*state, ".mozilla/firefox");
        _cleanup_free_ char *link = path_join(root, "a.default");
        const Tree *t = *state;

        /* as profile-sync-daemon does; the cursor of the profile must not depend on it */
        tree_file(t, "run/psd/firefox-a/places.sqlite", "x");
        assert_int_equal(symlink(real, link), 0);
        scan(t, &s);
        assert_int_equal(s.n_profiles, 1);
        assert_string_equal(s.profiles[0].folder, link);
        assert_true(s.profiles[0].present);
}

static void test_nothing_there_watches_the_home(void **state) {
        _cleanup_(browser_scan_done) BrowserScan s = {0};
        const Tree *t = *state;

        scan(t, &s);
        assert_int_equal(s.n_profiles, 0);
        assert_int_equal(s.n_folders, 1);
        assert_string_equal(s.folders[0], t->home);
        assert_true(concerns(&s, t, "", ".mozilla"));
        assert_true(concerns(&s, t, "", ".config"));
        assert_true(concerns(&s, t, "", "snap"));
        assert_false(concerns(&s, t, "", ".bash_history"));
        assert_false(concerns(&s, t, "", ".moz"));
}

static void test_home_that_is_missing_is_waited_for(void **state) {
        _cleanup_(browser_scan_done) BrowserScan s = {0};
        _cleanup_free_ char *home = path_join(((Tree *)*state)->home, "not/there");
        const Tree *t = *state;

        assert_int_equal(browser_scan(home, home, &s), 0);
        assert_true(has_folder(&s, t->home));
        assert_true(browser_scan_concerns(&s, t->home, "not"));
}

static void test_folders_on_the_way_are_watched(void **state) {
        _cleanup_(browser_scan_done) BrowserScan s = {0};
        _cleanup_free_ char *root = tree_folder(*state, ".config/chromium");
        const Tree *t = *state;

        scan(t, &s);
        assert_true(has_folder(&s, t->home));
        assert_true(has_folder(&s, t->config));
        assert_true(has_folder(&s, root));
        assert_true(concerns(&s, t, ".config", "google-chrome"));
        assert_true(concerns(&s, t, ".config", "chromium"));
        assert_true(concerns(&s, t, ".config/chromium", "Default"));
        assert_true(concerns(&s, t, ".config/chromium", "Profile 2"));
        /* what a running Chromium writes all the time */
        assert_false(concerns(&s, t, ".config/chromium", "Local State"));
        assert_false(concerns(&s, t, ".config/chromium", ".org.chromium.Chromium.a1b2c3"));
        assert_false(concerns(&s, t, ".config/chromium", "History"));
}

static int count_paths(void *userdata, const char *path, bool relative) {
        unsigned *n = userdata;

        assert_true(relative || path[0] == '/');
        (*n)++;
        return 0;
}

static int take_path(void *userdata, const char *path, bool relative) {
        Buffer *b = userdata;

        return buffer_printf(b, "%s%s;", relative ? "" : "abs:", path);
}

static void test_ini_is_read_as_firefox_reads_it(void **state) {
        static const struct {
                const char *text, *paths;
        } CASES[] = {
                {"", ""},
                {"[Profile0]\nPath=a\nIsRelative=1", "a;"},
                {"[Profile0]\rPath=a\rIsRelative=1\r", "a;"},
                {"\xef\xbb\xbf[Profile0]\nIsRelative=1\nPath=a b\n", "a b;"},
                {"[Profile0]\nPath=/abs\n", "abs:/abs;"},
                {"[Profile0]\nIsRelative=0\nPath=not/absolute\n", ""},
                {"[Profile0]\nPath=\n", ""},
                {"Path=outside of any section\n", ""},
                {"[General]\nPath=x\n", ""},
                {"; comment\n#Path=x\n[Profile7]\n ;Path=y\nPath=z\n", "z;"},
                {"[Profile0]\nPath=a\nPath=b\n", "b;"},
                {"[Profile0\nPath=a\n[Profile1]\nPath=b\n", "a;b;"},
                {"[Profile0]\nPath=a=b\n", "a=b;"},
                {"[Profile0]\n  Path=indented\n", "indented;"},
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(CASES); i++) {
                _cleanup_(buffer_done) Buffer b = {0};

                assert_int_equal(
                        profiles_ini_parse(CASES[i].text, strlen(CASES[i].text), take_path, &b), 0);
                assert_string_equal(b.data ? b.data : "", CASES[i].paths);
        }
}

static int refuse(void *userdata, const char *path, bool relative) {
        (void)userdata;
        (void)path;
        (void)relative;
        return -42;
}

static void test_ini_parser_passes_a_refusal_on(void **state) {
        static const char TEXT[] = "[Profile0]\nPath=a\n[Profile1]\nPath=b\n";

        (void)state;
        assert_int_equal(profiles_ini_parse(TEXT, strlen(TEXT), refuse, NULL), -42);
}

static void test_path_with_a_nul_is_passed_over(void **state) {
        static const char TEXT[] = "[Profile0]\nPath=a\0b\n[Profile1]\nPath=c\n";
        unsigned n = 0;

        (void)state;
        assert_int_equal(profiles_ini_parse(TEXT, sizeof(TEXT) - 1, count_paths, &n), 0);
        assert_int_equal(n, 1);
}

static void test_ten_thousand_sections_and_profiles_are_bounded(void **state) {
        _cleanup_(browser_scan_done) BrowserScan s = {0};
        _cleanup_(buffer_done) Buffer ini = {0};
        const Tree *t = *state;
        unsigned n = 0;

        for (int i = 0; i < 10000; i++) {
                (void)buffer_printf(&ini, "[Profile%d]\nName=n\nIsRelative=%d\nPath=%sp%d\n", i,
                        i % 2, i % 2 ? "" : "/nowhere/", i);
                if (i < BROWSER_PROFILES_MAX + 10) {
                        char path[64];

                        (void)snprintf(path, sizeof(path), ".mozilla/firefox/p%d", i);
                        free(tree_folder(t, path));
                }
        }
        assert_int_equal(profiles_ini_parse(ini.data, ini.len, count_paths, &n), 0);
        assert_int_equal(n, 10000);
        tree_file(t, ".mozilla/firefox/profiles.ini", ini.data);
        scan(t, &s);
        assert_int_equal(s.n_profiles, BROWSER_PROFILES_MAX);
        assert_true(s.crowded);
        assert_true(s.n_targets <= 3 * BROWSER_PROFILES_MAX);
        assert_true(s.n_folders < 16);
}

static void test_ini_that_is_a_folder_or_too_large_hides_no_profile(void **state) {
        _cleanup_(browser_scan_done) BrowserScan one = {0};
        _cleanup_(browser_scan_done) BrowserScan two = {0};
        _cleanup_free_ char *large = malloc(BROWSER_PROFILES_INI_MAX + 2);
        _cleanup_free_ char *ini = tree_folder(*state, ".mozilla/firefox/profiles.ini");
        const Tree *t = *state;

        tree_file(t, ".mozilla/firefox/a/places.sqlite", "x");
        scan(t, &one);
        assert_true(present(&one, t, ".mozilla/firefox/a"));
        assert_int_equal(rmdir(ini), 0);
        memset(large, '\n', BROWSER_PROFILES_INI_MAX + 1);
        large[BROWSER_PROFILES_INI_MAX + 1] = '\0';
        tree_file(t, ".mozilla/firefox/profiles.ini", large);
        scan(t, &two);
        assert_true(present(&two, t, ".mozilla/firefox/a"));
}

#define on_tree(test) cmocka_unit_test_setup_teardown(test, tree_setup, tree_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                on_tree(test_every_packaging_of_every_browser_is_found),
                on_tree(test_only_default_and_numbered_folders_are_chromium_profiles),
                on_tree(test_ini_names_relative_and_absolute_folders),
                on_tree(test_absolute_folder_that_is_missing_is_waited_for),
                on_tree(test_folders_that_no_ini_names_are_profiles_too),
                on_tree(test_one_folder_by_two_ways_is_one_profile),
                on_tree(test_linked_profile_keeps_its_own_name),
                on_tree(test_nothing_there_watches_the_home),
                on_tree(test_home_that_is_missing_is_waited_for),
                on_tree(test_folders_on_the_way_are_watched),
                cmocka_unit_test(test_ini_is_read_as_firefox_reads_it),
                cmocka_unit_test(test_ini_parser_passes_a_refusal_on),
                cmocka_unit_test(test_path_with_a_nul_is_passed_over),
                on_tree(test_ten_thousand_sections_and_profiles_are_bounded),
                on_tree(test_ini_that_is_a_folder_or_too_large_hides_no_profile),
        };
        return cmocka_run_group_tests_name("browser-profiles", tests, NULL, NULL);
}
