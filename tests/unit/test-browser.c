/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Which browser started the host. */

#include "webext/browser.h"

#include "unit/test.h"

static const char *firefox(const char *parent) {
        const char *argv[] = {"host",
                "/usr/lib/mozilla/native-messaging-hosts/org.nocontact.host.json",
                "nocontact@nocontact.org", NULL};

        return browser_name(3, argv, parent);
}

static const char *chromium(const char *parent) {
        const char *argv[] = {"host", "chrome-extension://abcdefghijklmnopabcdefghijklmnop/", NULL};

        return browser_name(2, argv, parent);
}

static void test_families_are_told_by_their_arguments(void **state) {
        (void)state;
        assert_string_equal(firefox(NULL), "firefox");
        assert_string_equal(firefox("/usr/lib/firefox-esr/firefox-esr"), "firefox");
        assert_string_equal(firefox(""), "firefox");
        assert_string_equal(chromium("/usr/lib/chromium/chromium"), "chromium");
        assert_string_equal(chromium("/usr/bin/dash"), "chromium");
}

static void test_members_by_their_program(void **state) {
        (void)state;
        assert_string_equal(firefox("/opt/librewolf/librewolf"), "librewolf");
        assert_string_equal(firefox("zen-bin"), "zen");
        assert_string_equal(chromium("/opt/google/chrome/chrome"), "chrome");
        assert_string_equal(chromium("/opt/brave.com/brave/brave"), "brave");
        assert_string_equal(chromium("/opt/microsoft/msedge/msedge"), "edge");
        /* a program of the other family tells nothing */
        assert_string_equal(chromium("/opt/librewolf/librewolf"), "chromium");
}

static void test_others_are_no_browser(void **state) {
        const char *none[] = {"host", NULL};
        const char *odd[] = {"host", "https://example.com/", "x", NULL};

        (void)state;
        assert_null(browser_name(1, none, "/usr/lib/chromium/chromium"));
        assert_null(browser_name(3, odd, NULL));
        assert_null(browser_name(2, odd, NULL));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_families_are_told_by_their_arguments),
                cmocka_unit_test(test_members_by_their_program),
                cmocka_unit_test(test_others_are_no_browser),
        };

        return cmocka_run_group_tests_name("browser", tests, NULL, NULL);
}
