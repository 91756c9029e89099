/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What the browsers' settings say about the hosts file: files as the browsers write them, in a real
 * tree of folders, with a system of its own. */

#include "common/buffer.h"
#include "common/file.h"
#include "daemon/sensors/browser-settings.h"
#include "unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>

#define FIREFOX  "home/.config/mozilla/firefox/x.default/"
#define CHROMIUM "home/.config/chromium/"

typedef struct Tree {
        char root[64];
        char home[80];
        char config[96];
} Tree;

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        (void)st;
        (void)type;
        (void)ftw;
        return remove(path);
}

static int tree_setup(void **state) {
        Tree *t = calloc(1, sizeof(*t));

        assert_non_null(t);
        (void)snprintf(t->root, sizeof(t->root), "/tmp/test-settings-XXXXXX");
        if (!mkdtemp(t->root))
                return -1;
        (void)snprintf(t->home, sizeof(t->home), "%s/home", t->root);
        (void)snprintf(t->config, sizeof(t->config), "%s/.config", t->home);
        *state = t;
        return 0;
}

static int tree_teardown(void **state) {
        Tree *t = *state;

        (void)nftw(t->root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
        free(t);
        return 0;
}

static void put(const Tree *t, const char *path, const char *text) {
        _cleanup_free_ char *full = path_join(t->root, path);
        _cleanup_free_ char *parent = strndup(full, (size_t)(strrchr(full, '/') - full));
        FILE *f;

        assert_int_equal(folder_make_private(parent), 0);
        f = fopen(full, "we");
        assert_non_null(f);
        assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
        assert_int_equal(fclose(f), 0);
}

static void drop(const Tree *t, const char *path) {
        _cleanup_free_ char *full = path_join(t->root, path);

        assert_int_equal(remove(full), 0);
}

/* A file of so many bytes that takes no room. */
static void put_large(const Tree *t, const char *path, off_t size) {
        _cleanup_free_ char *full = path_join(t->root, path);

        put(t, path, "");
        assert_int_equal(truncate(full, size), 0);
}

/* "firefox active|chromium (snap) degraded: ...|"; the caller frees. */
static char *look(const Tree *t) {
        _cleanup_(browser_holds_done) BrowserHolds h = {0};
        Buffer b = {0};

        assert_int_equal(browser_holds_find(t->home, t->config, t->root, &h), 0);
        for (size_t i = 0; i < h.n; i++) {
                const BrowserHold *hold = &h.items[i];

                assert_int_equal(streq(hold->state, "active"), hold->detail == NULL);
                (void)buffer_printf(&b, "%s %s%s%s|", hold->browser, hold->state,
                        hold->detail ? ": " : "", hold->detail ? hold->detail : "");
        }
        return buffer_take(&b);
}

static void expect(const Tree *t, const char *expected) {
        _cleanup_free_ char *found = look(t);

        if (!streq(found, expected))
                fail_msg("'%s' and not '%s'", found, expected);
}

/* One browser, in this state, with a sentence that holds `word`. */
static void expect_one(const Tree *t, const char *state, const char *word) {
        _cleanup_(browser_holds_done) BrowserHolds h = {0};

        assert_int_equal(browser_holds_find(t->home, t->config, t->root, &h), 0);
        assert_int_equal(h.n, 1);
        if (!streq(h.items[0].state, state))
                fail_msg("%s and not %s: %s", h.items[0].state, state,
                        h.items[0].detail ? h.items[0].detail : "");
        if (!strstr(h.items[0].detail ? h.items[0].detail : "", word))
                fail_msg("'%s' lacks '%s'", h.items[0].detail, word);
}

/* --- which browsers -------------------------------------------------------------------------- */

static void test_without_browsers_there_is_nothing_to_say(void **state) {
        expect(*state, "");
}

static void test_browsers_as_they_come_are_held(void **state) {
        const Tree *t = *state;

        put(t, FIREFOX "prefs.js", "// Mozilla User Preferences\n");
        put(t, CHROMIUM "Default/Preferences", "{}");
        expect(t, "chromium active|firefox active|");
}

/* Firefox's folder of profiles holds others too; Chromium makes a folder before anybody uses it. */
static void test_a_folder_without_settings_is_no_browser(void **state) {
        const Tree *t = *state;

        put(t, FIREFOX "times.json", "{}");
        put(t, CHROMIUM "Default/History", "");
        put(t, CHROMIUM "Local State", "no json");
        put(t, "etc/firefox/policies/policies.json", "no json");
        expect(t, "");
}

static void test_the_worst_profile_speaks_for_its_browser(void **state) {
        const Tree *t = *state;

        put(t, CHROMIUM "Default/Preferences", "{}");
        put(t, CHROMIUM "Profile 1/Preferences", "{\"proxy\":{\"mode\":\"fixed_servers\"}}");
        put(t, CHROMIUM "Profile 2/Preferences", "{\"proxy\":{\"mode\":\"pac_script\"}}");
        put(t, "home/.config/vivaldi/Default/Preferences", "{}");
        expect(t, "chromium unavailable: It uses a proxy, which looks names up by itself: the "
                  "hosts file is not asked.|vivaldi active|");
}

static void test_a_snap_or_flatpak_was_not_measured(void **state) {
        const Tree *t = *state;

        put(t, FIREFOX "prefs.js", "");
        put(t, "home/snap/firefox/common/.mozilla/firefox/y.default/prefs.js", "");
        put(t, "home/.var/app/org.chromium.Chromium/config/chromium/Default/Preferences", "{}");
        expect(t,
                "chromium (flatpak) degraded: It is a flatpak; whether the hosts file holds it was "
                "not measured.|firefox active|firefox (snap) degraded: It is a snap; whether "
                "the hosts file holds it was not measured.|");

        /* what is worse says more */
        put(t, "home/snap/firefox/common/.mozilla/firefox/y.default/prefs.js",
                "user_pref(\"network.proxy.type\", 1); user_pref(\"network.proxy.ssl\", \"p\");");
        drop(t, FIREFOX "prefs.js");
        drop(t, "home/.var/app/org.chromium.Chromium/config/chromium/Default/Preferences");
        expect_one(t, "unavailable", "proxy");
}

/* --- Firefox --------------------------------------------------------------------------------- */

static const struct {
        const char *prefs, *state, *word;
} firefox_cases[] = {
        {"", "active", ""},
        {"user_pref(\"network.trr.mode\", 0);", "active", ""},
        {"user_pref(\"network.trr.mode\", 1);", "active", ""},
        {"user_pref(\"network.trr.mode\", 2);", "degraded", "DNS over HTTPS"},
        {"user_pref(\"network.trr.mode\", 3);", "degraded", "started again"},
        {"user_pref(\"network.trr.mode\", 4);", "active", ""},
        {"user_pref(\"network.trr.mode\", 5);", "active", ""},
        {"user_pref(\"network.trr.mode\", -2);", "active", ""},
        {"user_pref(\"network.trr.mode\", \"3\");", "active", ""},
        {"user_pref(\"network.trr.mode\", true);", "active", ""},
        {"user_pref(\"network.trr.mode\", 3); user_pref(\"network.trr.exclude-etc-hosts\", false);",
                "unavailable", "pass the hosts file by"},
        {"user_pref(\"network.trr.exclude-etc-hosts\", false);", "active", ""},
        {"user_pref(\"doh-rollout.mode\", 2);", "degraded", "DNS over HTTPS"},
        {"user_pref(\"doh-rollout.mode\", 2); user_pref(\"network.trr.mode\", 5);", "active", ""},
        {"user_pref(\"network.trr.mode\", 2); user_pref(\"network.trr.mode\", 5);", "active", ""},

        {"user_pref(\"network.proxy.type\", 0);", "active", ""},
        {"user_pref(\"network.proxy.type\", 1);", "active", ""},
        {"user_pref(\"network.proxy.http\", \"proxy.example\");", "active", ""},
        {"user_pref(\"network.proxy.type\", 1); user_pref(\"network.proxy.http\", \"p\");",
                "unavailable", "proxy"},
        {"user_pref(\"network.proxy.type\", 1); user_pref(\"network.proxy.http\", \"\");", "active",
                ""},
        {"user_pref(\"network.proxy.type\", 1); user_pref(\"network.proxy.ssl\", \"p\");",
                "unavailable", "proxy"},
        {"user_pref(\"network.proxy.type\", 1); user_pref(\"network.proxy.socks\", \"p\");",
                "unavailable", "proxy"},
        {"user_pref(\"network.proxy.type\", 1); user_pref(\"network.proxy.socks\", \"p\");"
         "user_pref(\"network.proxy.socks5_remote_dns\", false);",
                "degraded", "SOCKS"},
        {"user_pref(\"network.proxy.type\", 1); user_pref(\"network.proxy.socks\", \"p\");"
         "user_pref(\"network.proxy.socks_version\", 4);",
                "degraded", "SOCKS"},
        {"user_pref(\"network.proxy.type\", 1); user_pref(\"network.proxy.socks\", \"p\");"
         "user_pref(\"network.proxy.socks_version\", 4);"
         "user_pref(\"network.proxy.socks_remote_dns\", true);",
                "unavailable", "proxy"},
        {"user_pref(\"network.proxy.type\", 2);", "degraded", "script"},
        {"user_pref(\"network.proxy.type\", 4);", "degraded", "script"},
        {"user_pref(\"network.proxy.type\", 5);", "active", ""},
        {"user_pref(\"network.proxy.type\", 99);", "active", ""},

        {"user_pref(\"browser.ipProtection.enabled\", true);", "active", ""},
        {"user_pref(\"browser.ipProtection.userEnabled\", true);", "degraded", "VPN"},
        {"user_pref(\"network.trr.mode\", 3); user_pref(\"network.proxy.type\", 1);"
         "user_pref(\"network.proxy.ssl\", \"p\");",
                "unavailable", "proxy"},
};

static void test_firefox_says_it_in_its_preferences(void **state) {
        const Tree *t = *state;

        for (size_t i = 0; i < ARRAY_LEN(firefox_cases); i++) {
                put(t, FIREFOX "prefs.js", firefox_cases[i].prefs);
                expect_one(t, firefox_cases[i].state, firefox_cases[i].word);
        }
}

static void test_user_js_wins_over_prefs_js(void **state) {
        const Tree *t = *state;

        put(t, FIREFOX "prefs.js", "user_pref(\"network.trr.mode\", 3);");
        put(t, FIREFOX "user.js", "user_pref(\"network.trr.mode\", 5);");
        expect_one(t, "active", "");
        put(t, FIREFOX "prefs.js", "user_pref(\"network.trr.mode\", 5);");
        put(t, FIREFOX "user.js", "user_pref(\"network.trr.mode\", 3);");
        expect_one(t, "degraded", "DNS over HTTPS");
}

static void test_a_locked_policy_wins_over_the_user_and_another_does_not(void **state) {
        static const struct {
                const char *policies, *prefs, *state;
        } cases[] = {
                {"{\"DNSOverHTTPS\":{\"Enabled\":false,\"Locked\":true}}",
                        "user_pref(\"network.trr.mode\", 3);", "active"},
                {"{\"DNSOverHTTPS\":{\"Enabled\":false}}", "user_pref(\"network.trr.mode\", 3);",
                        "degraded"},
                {"{\"DNSOverHTTPS\":{\"Enabled\":false}}", "user_pref(\"doh-rollout.mode\", 2);",
                        "active"},
                {"{\"DNSOverHTTPS\":{\"Enabled\":true}}", "", "degraded"},
                {"{\"DNSOverHTTPS\":{\"Enabled\":true}}", "user_pref(\"network.trr.mode\", 5);",
                        "active"},
                {"{\"DNSOverHTTPS\":{\"Enabled\":true,\"Locked\":true}}",
                        "user_pref(\"network.trr.mode\", 5);", "degraded"},
                {"{\"DNSOverHTTPS\":{\"Enabled\":\"no\",\"Locked\":true}}", "", "active"},
                {"{\"Preferences\":{\"network.trr.mode\":3}}",
                        "user_pref(\"network.trr.mode\", 5);", "degraded"},
                {"{\"Preferences\":{\"network.trr.mode\":{\"Value\":5,\"Status\":\"locked\"}}}",
                        "user_pref(\"network.trr.mode\", 3);", "active"},
                {"{\"Preferences\":{\"network.trr.mode\":{\"Value\":3,\"Status\":\"default\"}}}",
                        "", "degraded"},
                {"{\"Preferences\":{\"network.trr.mode\":{\"Value\":3}}}",
                        "user_pref(\"network.trr.mode\", 5);", "active"},
                {"{\"Preferences\":{\"network.trr.mode\":{\"Value\":3,\"Status\":\"clear\"}}}", "",
                        "active"},
                {"{\"Proxy\":{\"Mode\":\"manual\",\"HTTPProxy\":\"proxy.example:3128\"}}", "",
                        "unavailable"},
                {"{\"Proxy\":{\"Mode\":\"none\",\"Locked\":true}}",
                        "user_pref(\"network.proxy.type\", 1);"
                        "user_pref(\"network.proxy.ssl\", \"p\");",
                        "active"},
                {"{\"Proxy\":{\"Mode\":\"manual\",\"Locked\":true}}",
                        "user_pref(\"network.proxy.ssl\", \"p\");", "active"},
                {"{\"Proxy\":{\"Mode\":\"autoConfig\"}}", "", "degraded"},
                {"{\"Proxy\":{\"Mode\":\"manual\",\"SOCKSProxy\":\"p:1080\",\"UseProxyForDNS\":"
                 "false}}",
                        "", "degraded"},
                {"{}", "", "active"},
                {"[]", "", "active"},
        };
        const Tree *t = *state;

        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                _cleanup_(buffer_done) Buffer text = {0};

                (void)buffer_printf(&text, "{\"policies\": %s}", cases[i].policies);
                put(t, "etc/firefox/policies/policies.json", text.data);
                put(t, FIREFOX "prefs.js", cases[i].prefs);
                expect_one(t, cases[i].state, "");
        }
}

static void test_the_policies_in_etc_hide_those_beside_the_program(void **state) {
        static const char on[] = "{\"policies\":{\"DNSOverHTTPS\":{\"Enabled\":true}}}";
        const Tree *t = *state;

        put(t, FIREFOX "prefs.js", "");
        put(t, "usr/lib/firefox-esr/distribution/policies.json", on);
        expect_one(t, "degraded", "DNS over HTTPS");
        put(t, "etc/firefox/policies/policies.json", "{\"policies\":{}}");
        expect_one(t, "active", "");
}

/* Neither another browser nor a snap reads the system Firefox's policies, as far as is known. */
static void test_policies_are_those_of_the_systems_own_firefox(void **state) {
        const Tree *t = *state;

        put(t, "etc/firefox/policies/policies.json",
                "{\"policies\":{\"DNSOverHTTPS\":{\"Enabled\":true,\"Locked\":true}}}");
        put(t, "home/.librewolf/z.default/prefs.js", "");
        put(t, "home/snap/firefox/common/.mozilla/firefox/y.default/prefs.js", "");
        expect(t, "firefox (snap) degraded: It is a snap; whether the hosts file holds it was not "
                  "measured.|librewolf active|");
}

/* --- Chromium -------------------------------------------------------------------------------- */

static void test_chromium_is_held_in_every_mode_of_dns(void **state) {
        static const char *const modes[] = {"off", "automatic", "secure", "nonesuch"};
        const Tree *t = *state;

        put(t, CHROMIUM "Default/Preferences", "{}");
        put(t, "etc/hosts", "127.0.0.1 localhost\n");
        for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
                _cleanup_(buffer_done) Buffer text = {0};

                (void)buffer_printf(&text, "{\"dns_over_https\":{\"mode\":\"%s\"}}", modes[i]);
                put(t, CHROMIUM "Local State", text.data);
                expect_one(t, "active", "");
        }
}

static void test_chromium_over_https_overlooks_a_huge_hosts_file(void **state) {
        static const char secure[] = "{\"dns_over_https\":{\"mode\":\"secure\"}}",
                          off[] = "{\"DnsOverHttpsMode\":\"off\"}";
        const Tree *t = *state;

        put(t, CHROMIUM "Default/Preferences", "{}");
        put(t, CHROMIUM "Local State", secure);
        put_large(t, "etc/hosts", 5 * 1024 * 1024);
        expect_one(t, "degraded", "too late");
        put_large(t, "etc/hosts", 40 * 1024 * 1024);
        expect_one(t, "unavailable", "too large");
        put(t, "etc/chromium/policies/managed/x.json", off);
        expect_one(t, "active", "");
}

static void test_chromium_says_its_proxy_in_its_preferences(void **state) {
        static const char *const cases[][3] = {
                {"{\"proxy\":{\"mode\":\"direct\"}}", "active", ""},
                {"{\"proxy\":{\"mode\":\"system\"}}", "active", ""},
                {"{\"proxy\":{\"mode\":\"fixed_servers\",\"server\":\"p:3128\"}}", "unavailable",
                        "proxy"},
                {"{\"proxy\":{\"mode\":\"pac_script\"}}", "degraded", "script"},
                {"{\"proxy\":{\"mode\":\"auto_detect\"}}", "degraded", "script"},
                {"{\"proxy\":{\"mode\":7}}", "active", ""},
                {"{\"proxy\":\"fixed_servers\"}", "active", ""},
        };
        const Tree *t = *state;

        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                put(t, CHROMIUM "Default/Preferences", cases[i][0]);
                expect_one(t, cases[i][1], cases[i][2]);
        }
}

static void test_the_last_policy_file_wins_over_the_user(void **state) {
        const Tree *t = *state;

        put(t, CHROMIUM "Default/Preferences", "{\"proxy\":{\"mode\":\"fixed_servers\"}}");
        put(t, "etc/chromium/policies/managed/a.json", "{\"ProxyMode\":\"direct\"}");
        expect_one(t, "active", "");
        put(t, "etc/chromium/policies/managed/b.json",
                "{\"ProxySettings\":{\"ProxyMode\":\"pac_script\"}}");
        expect_one(t, "degraded", "script");
        put(t, "etc/chromium/policies/managed/c.json.off", "{\"ProxyMode\":\"fixed_servers\"}");
        expect_one(t, "degraded", "script");
        put(t, "etc/opt/chrome/policies/managed/z.json", "{\"ProxyMode\":\"fixed_servers\"}");
        expect_one(t, "degraded", "script");
}

static void test_operas_own_vpn_is_named(void **state) {
        const Tree *t = *state;

        put(t, "home/.config/opera/History", "");
        put(t, "home/.config/opera/Preferences",
                "{\"freedom\":{\"proxy_switcher\":{\"country\":\"EU\",\"enabled\":true}}}");
        expect(t, "opera unavailable: Its own VPN is on, which looks names up elsewhere.|");
        put(t, "home/.config/opera/Preferences", "{\"proxy_switcher\":{\"enabled\":true}}");
        expect_one(t, "unavailable", "VPN");
        put(t, "home/.config/opera/Preferences",
                "{\"freedom\":{\"proxy_switcher\":{\"country\":\"EU\",\"enabled\":false}}}");
        expect_one(t, "active", "");
}

/* --- the session's proxy --------------------------------------------------------------------- */

static void test_a_proxy_of_the_session_is_named(void **state) {
        static const struct {
                const char *file, *text;
                bool names;
        } cases[] = {
                {"etc/environment", "http_proxy=http://proxy.example:3128\n", true},
                {"etc/environment", "PATH=/bin\n  export HTTPS_PROXY=\"p:1\"", true},
                {"etc/environment", "all_proxy='socks5://p'\r\n", true},
                {"etc/environment", "#http_proxy=p\nhttp_proxy=\nhttps_proxy=\"\"\n", false},
                {"etc/environment", "no_proxy=localhost\nmy_http_proxy=p\nhttp_proxy\n", false},
                {"etc/environment.d/10-proxy.conf", "http_proxy=p\n", true},
                {"etc/environment.d/10-proxy.off", "http_proxy=p\n", false},
                {"home/.config/environment.d/proxy.conf", "Http_Proxy=p", true},
                {"home/.config/environment.d/proxy.conf", "", false},
        };
        const Tree *t = *state;

        put(t, CHROMIUM "Default/Preferences", "{}");
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                put(t, cases[i].file, cases[i].text);
                expect_one(
                        t, cases[i].names ? "degraded" : "active", cases[i].names ? "session" : "");
                drop(t, cases[i].file);
        }
}

static void test_who_goes_direct_does_not_take_the_sessions_proxy(void **state) {
        const Tree *t = *state;

        put(t, "etc/environment", "http_proxy=p");
        put(t, CHROMIUM "Default/Preferences", "{\"proxy\":{\"mode\":\"direct\"}}");
        put(t, FIREFOX "prefs.js", "user_pref(\"network.proxy.type\", 0);");
        expect(t, "chromium active|firefox active|");
        put(t, FIREFOX "prefs.js", "user_pref(\"network.proxy.type\", 5);");
        put(t, CHROMIUM "Default/Preferences", "{\"proxy\":{\"mode\":\"system\"}}");
        expect(t, "chromium degraded: The session names a proxy; where the browser takes it, the "
                  "hosts file is not asked.|firefox degraded: The session names a proxy; where the "
                  "browser takes it, the hosts file is not asked.|");
}

/* --- what cannot be read --------------------------------------------------------------------- */

static void test_a_file_that_cannot_be_read_says_so(void **state) {
        static const char *const unreadable[] = {"", "{", "[]", "null", "{\"a\":1,}", "\xff\xfe"};
        const Tree *t = *state;
        _cleanup_free_ char *path = path_join(t->root, FIREFOX "prefs.js");

        for (size_t i = 0; i < ARRAY_LEN(unreadable); i++) {
                put(t, CHROMIUM "Default/Preferences", unreadable[i]);
                expect_one(t, "degraded", "could not be read");
        }
        put(t, CHROMIUM "Default/Preferences", "{}");
        put(t, CHROMIUM "Local State", "{");
        expect_one(t, "degraded", "could not be read");
        put(t, CHROMIUM "Local State", "{}");
        put(t, "etc/chromium/policies/managed/x.json", "{");
        expect_one(t, "degraded", "could not be read");
        drop(t, CHROMIUM "Default/Preferences");

        /* a folder in its place */
        put(t, FIREFOX "prefs.js/x", "");
        expect_one(t, "degraded", "could not be read");
        drop(t, FIREFOX "prefs.js/x");
        assert_int_equal(rmdir(path), 0);
        /* a pipe that nobody writes to */
        assert_int_equal(mkfifo(path, 0600), 0);
        expect_one(t, "degraded", "could not be read");
        assert_int_equal(unlink(path), 0);
        put_large(t, FIREFOX "prefs.js", 17 * 1024 * 1024);
        expect_one(t, "degraded", "could not be read");
        put(t, FIREFOX "prefs.js", "");
        expect_one(t, "active", "");
        put(t, "etc/firefox/policies/policies.json", "{");
        expect_one(t, "degraded", "could not be read");
}

/* Deeper than any reader follows. */
static void test_a_deep_file_does_no_harm(void **state) {
        _cleanup_(buffer_done) Buffer text = {0};
        const Tree *t = *state;

        for (int i = 0; i < 100000; i++)
                (void)buffer_puts(&text, "{\"a\":");
        put(t, CHROMIUM "Default/Preferences", text.data);
        expect_one(t, "degraded", "could not be read");
}

static void test_looking_changes_nothing(void **state) {
        const Tree *t = *state;
        _cleanup_free_ char *path = path_join(t->root, FIREFOX "prefs.js"), *found = NULL;
        struct stat before, after;

        put(t, FIREFOX "prefs.js", "user_pref(\"network.trr.mode\", 3);");
        assert_int_equal(stat(path, &before), 0);
        found = look(t);
        assert_int_equal(stat(path, &after), 0);
        assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
        assert_int_equal(before.st_size, after.st_size);
}

int main(void) {
#define test(name) cmocka_unit_test_setup_teardown(name, tree_setup, tree_teardown)
        const struct CMUnitTest tests[] = {
                test(test_without_browsers_there_is_nothing_to_say),
                test(test_browsers_as_they_come_are_held),
                test(test_a_folder_without_settings_is_no_browser),
                test(test_the_worst_profile_speaks_for_its_browser),
                test(test_a_snap_or_flatpak_was_not_measured),
                test(test_firefox_says_it_in_its_preferences),
                test(test_user_js_wins_over_prefs_js),
                test(test_a_locked_policy_wins_over_the_user_and_another_does_not),
                test(test_the_policies_in_etc_hide_those_beside_the_program),
                test(test_policies_are_those_of_the_systems_own_firefox),
                test(test_chromium_is_held_in_every_mode_of_dns),
                test(test_chromium_over_https_overlooks_a_huge_hosts_file),
                test(test_chromium_says_its_proxy_in_its_preferences),
                test(test_the_last_policy_file_wins_over_the_user),
                test(test_operas_own_vpn_is_named),
                test(test_a_proxy_of_the_session_is_named),
                test(test_who_goes_direct_does_not_take_the_sessions_proxy),
                test(test_a_file_that_cannot_be_read_says_so),
                test(test_a_deep_file_does_no_harm),
                test(test_looking_changes_nothing),
        };
        return cmocka_run_group_tests_name("browser-settings", tests, NULL, NULL);
}
