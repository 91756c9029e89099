/* SPDX-License-Identifier: GPL-3.0-or-later */

/* How it stands with the browsers' policies, in words: the truth, and what is left to do. */

#include "daemon/policies.h"

#include "unit/test.h"

static void expect(const PolicyFacts *f, const char *state, const char *const *parts, size_t n) {
        _cleanup_(buffer_done) Buffer b = {0};

        assert_string_equal(policies_describe(f, &b), state);
        for (size_t i = 0; i < n; i++)
                if (!strstr(b.data, parts[i]))
                        fail_msg("\"%s\" does not say \"%s\"", b.data, parts[i]);
}

#define EXPECT(facts, state, ...)                                                                  \
        expect(&(facts), state, (const char *const[]){__VA_ARGS__},                                \
                ARRAY_LEN(((const char *const[]){__VA_ARGS__})))

static const BrowserPolicy both[] = {{"Chromium", "held", 1}, {"Firefox", "held", 1}};

static void test_off(void **state) {
        PolicyFacts f = {.patterns = 3};

        (void)state;
        EXPECT(f, "off", "nocontact browsers policies on");
        f = (PolicyFacts){.on = true};
        EXPECT(f, "off", "no handle or profile");
}

static void test_at_work(void **state) {
        PolicyFacts f = {.on = true, .patterns = 1, .known = true, .browsers = both, .n = 2};

        (void)state;
        EXPECT(f, "active", "Chromium, Firefox", "everybody");
        f.restart = true;
        EXPECT(f, "degraded", "Restart Firefox once");
}

static void test_what_hinders_root(void **state) {
        PolicyFacts f = {.on = true, .patterns = 1, .state = "unavailable", .detail = "No bus."};

        (void)state;
        EXPECT(f, "unavailable", "No bus.");
        f.state = f.detail = NULL;
        EXPECT(f, "degraded", "being told");
        f.known = true;
        EXPECT(f, "unavailable", "No browser");
}

static void test_each_trouble_is_told_of_its_browser(void **state) {
        static const BrowserPolicy mixed[] = {
                {"Chromium", "beside", 1}, {"Brave", "partly", 1}, {"Firefox", "foreign", 0}};
        static const BrowserPolicy foreign[] = {{"Firefox", "foreign", 0}};
        static const BrowserPolicy odd[] = {
                {"Chromium", "held", 1}, {"Firefox", "of a later version", 1}};
        PolicyFacts f = {.on = true, .patterns = 1, .known = true, .browsers = mixed, .n = 3};

        (void)state;
        EXPECT(f, "degraded", "blocked in Chromium, Brave,", "Chromium has lists",
                "Brave takes no longer", "Firefox has policies of its own, which are left alone");
        f.browsers = foreign;
        f.n = 1;
        EXPECT(f, "unavailable", "Firefox has policies of its own");
        f.browsers = odd;
        f.n = 2;
        EXPECT(f, "degraded", "blocked in Chromium,", "Firefox could not be told");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_off),
                cmocka_unit_test(test_at_work),
                cmocka_unit_test(test_what_hinders_root),
                cmocka_unit_test(test_each_trouble_is_told_of_its_browser),
        };

        return cmocka_run_group_tests_name("policies", tests, NULL, NULL);
}
