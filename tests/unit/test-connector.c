/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The user's browsers in a home of the test's own, and the manifests that connect them. */

#include "cli/connector.h"

#include "common/file.h"
#include "unit/test.h"

#include <fcntl.h>
#include <ftw.h>
#include <jansson.h>
#include <sys/stat.h>
#include <unistd.h>

static const char host[] = "/usr/libexec/nocontact-webext-host";

typedef struct Home {
        char dir[64];
        char *home, *config, *root;
} Home;

static void make(const Home *h, const char *path) {
        _cleanup_free_ char *full = path_join(h->dir, path);

        for (char *slash = strchr(full + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
                *slash = '\0';
                (void)mkdir(full, 0755);
                *slash = '/';
        }
        (void)mkdir(full, 0755);
}

static int setup(void **state) {
        Home *h = calloc(1, sizeof(*h));

        (void)strcpy(h->dir, "/tmp/nocontact-connector-XXXXXX");
        assert_non_null(mkdtemp(h->dir));
        h->home = path_join(h->dir, "home");
        h->config = path_join(h->dir, "home/.config");
        h->root = path_join(h->dir, "root");
        *state = h;
        return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        (void)st, (void)type, (void)ftw;
        return remove(path);
}

static int teardown(void **state) {
        Home *h = *state;

        (void)nftw(h->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
        free(h->home);
        free(h->config);
        free(h->root);
        free(h);
        return 0;
}

static void find(const Home *h, UserBrowsers *ret) {
        *ret = (UserBrowsers){0};
        assert_int_equal(user_browsers_find(h->home, h->config, h->root, host, ret), 0);
}

/* The manifest of a package, with the path filled in. */
static json_t *packaged(const char *name) {
        _cleanup_free_ char *path = path_join("contrib/webext", name);
        json_t *o = json_load_file(path, 0, NULL);

        assert_non_null(o);
        assert_string_equal(json_string_value(json_object_get(o, "path")),
                "@LIBEXECDIR@/nocontact-webext-host");
        assert_int_equal(json_object_set_new(o, "path", json_string(host)), 0);
        return o;
}

static void assert_connects(UserBrowser *b, const char *folder, const char *as) {
        _cleanup_free_ char *path = path_join(folder, "org.nocontact.host.json");
        json_t *want = packaged(as), *got;

        assert_int_equal(b->state, BROWSER_UNCONNECTED);
        assert_int_equal(user_browser_connect(b, host), 0);
        assert_int_equal(b->state, BROWSER_CONNECTED);
        got = json_load_file(path, 0, NULL);
        assert_true(json_equal(want, got));
        json_decref(want);
        json_decref(got);
}

static void test_where_no_browser_was_used_there_is_none(void **state) {
        UserBrowsers b;

        find(*state, &b);
        assert_int_equal(b.n, 0);
        user_browsers_done(&b);
}

static void test_they_are_connected_as_a_package_does(void **state) {
        _cleanup_free_ char *folder = NULL, *other = NULL;
        Home *h = *state;
        UserBrowsers b;

        make(h, "home/.config/mozilla/firefox");
        make(h, "home/.config/BraveSoftware/Brave-Browser");
        find(h, &b);
        assert_int_equal(b.n, 2);
        assert_string_equal(b.items[0].name, "firefox");
        assert_string_equal(b.items[1].name, "brave");
        folder = path_join(h->home, ".mozilla/native-messaging-hosts");
        other = path_join(h->config, "BraveSoftware/Brave-Browser/NativeMessagingHosts");
        assert_connects(&b.items[0], folder, "host.firefox.json.in");
        assert_connects(&b.items[1], other, "host.chromium.json.in");
        user_browsers_done(&b);

        find(h, &b);
        assert_int_equal(b.items[0].state, BROWSER_CONNECTED);
        assert_int_equal(b.items[1].state, BROWSER_CONNECTED);
        user_browsers_done(&b);
}

static void test_one_browser_counts_once(void **state) {
        Home *h = *state;
        UserBrowsers b;

        make(h, "home/.config/mozilla/firefox");
        make(h, "home/.mozilla/firefox");
        find(h, &b);
        assert_int_equal(b.n, 1);
        user_browsers_done(&b);
}

static void test_a_manifest_of_another_host_is_none(void **state) {
        Home *h = *state;
        UserBrowsers b;

        make(h, "home/.config/vivaldi");
        find(h, &b);
        assert_int_equal(user_browser_connect(&b.items[0], "/elsewhere/host"), 0);
        user_browsers_done(&b);
        find(h, &b);
        assert_int_equal(b.items[0].state, BROWSER_UNCONNECTED);
        assert_int_equal(user_browser_connect(&b.items[0], host), 0);
        user_browsers_done(&b);
        find(h, &b);
        assert_int_equal(b.items[0].state, BROWSER_CONNECTED);
        user_browsers_done(&b);
}

static void test_what_the_package_connects_is_seen(void **state) {
        Home *h = *state;
        UserBrowsers b;

        make(h, "home/.config/chromium");
        make(h, "root/etc/chromium/native-messaging-hosts/org.nocontact.host.json");
        find(h, &b);
        assert_int_equal(b.n, 1);
        assert_int_equal(b.items[0].state, BROWSER_PACKAGED);
        user_browsers_done(&b);
}

static void test_a_folder_that_cannot_be_made_is_told(void **state) {
        _cleanup_free_ char *file = NULL;
        Home *h = *state;
        UserBrowsers b;
        int fd;

        make(h, "home/.config/opera");
        file = path_join(h->config, "opera/NativeMessagingHosts");
        fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        assert_true(fd >= 0);
        (void)close(fd);
        find(h, &b);
        assert_true(user_browser_connect(&b.items[0], host) < 0);
        assert_int_equal(b.items[0].state, BROWSER_UNCONNECTED);
        user_browsers_done(&b);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(test_where_no_browser_was_used_there_is_none),
                TEST(test_they_are_connected_as_a_package_does),
                TEST(test_one_browser_counts_once),
                TEST(test_a_manifest_of_another_host_is_none),
                TEST(test_what_the_package_connects_is_seen),
                TEST(test_a_folder_that_cannot_be_made_is_told),
        };

        return cmocka_run_group_tests_name("connector", tests, NULL, NULL);
}
