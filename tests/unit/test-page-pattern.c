/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Which pages of a person's a browser's policy is told, and that none of them is a stranger's. */

#include "core/page-pattern.h"

#include "common/url-pattern.h"
#include "core/catalogue.h"
#include "core/profile.h"
#include "unit/test.h"

#include <errno.h>
#include <stdio.h>

enum { SPACE = 64 };

typedef struct Told {
        char *texts[SPACE];
        size_t n;
} Told;

static int tell(void *userdata, const char *pattern) {
        Told *t = userdata;
        const char *why;

        assert_true(url_pattern_check(pattern, NULL, 0, &why) >= 0);
        assert_true(t->n < SPACE);
        t->texts[t->n++] = strdup(pattern);
        return 0;
}

static void told_done(Told *t) {
        for (size_t i = 0; i < t->n; i++)
                free(t->texts[i]);
}

static Told told_of(IdentityKind kind, const char *value) {
        Identity id = {0};
        Told t = {0};

        assert_int_equal(identity_parse(kind, value, &id, NULL), 0);
        assert_int_equal(page_patterns_each(&id, tell, &t), 0);
        identity_done(&id);
        return t;
}

static bool has(const Told *t, const char *text) {
        for (size_t i = 0; i < t->n; i++)
                if (streq(t->texts[i], text))
                        return true;
        return false;
}

static void test_the_page_and_the_other_shapes(void **state) {
        _cleanup_(told_done) Told t = told_of(IDENTITY_HANDLE, "instagram:Alex.Doe");

        (void)state;
        assert_string_equal(t.texts[0], "instagram.com/alex.doe");
        assert_true(has(&t, "instagram.com/stories/alex.doe/"));
        assert_true(has(&t, "threads.com/@alex.doe"));
        assert_false(has(&t, "instagram.com/alex.doe/"));
}

static void test_what_is_exact_is_so_in_one_spelling(void **state) {
        static const struct {
                IdentityKind kind;
                const char *value, *page;
        } cases[] = {
                {IDENTITY_HANDLE, "x:alexdoe", "x.com/alexdoe"},
                {IDENTITY_HANDLE, "tiktok:alexdoe", "tiktok.com/@alexdoe"},
                {IDENTITY_HANDLE, "facebook:alex.doe", NULL},
                {IDENTITY_HANDLE, "facebook:100044", "facebook.com/profile.php?id=100044"},
                {IDENTITY_HANDLE, "youtube:channel/UCabcDEF_-1", "youtube.com/channel/UCabcDEF_-1"},
                {IDENTITY_HANDLE, "tumblr:alexdoe", "alexdoe.tumblr.com"},
                {IDENTITY_HANDLE, "@alex@social.example", "social.example/@alex"},
                {IDENTITY_PROFILE, "https://www.linkedin.com/in/alex-doe/",
                        "linkedin.com/in/alex-doe"},
                {IDENTITY_PROFILE, "https://www.example.org/~Alex/", "example.org/~Alex"},
                {IDENTITY_PROFILE, "https://example.org/people?id=7", "example.org/people?id=7"},
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                _cleanup_(told_done) Told t = told_of(cases[i].kind, cases[i].value);

                assert_true(t.n > 0);
                if (cases[i].page && !has(&t, cases[i].page))
                        fail_msg("%s has no %s but %s", cases[i].value, cases[i].page, t.texts[0]);
        }
}

static void test_what_cannot_be_said_is_not(void **state) {
        static const struct {
                IdentityKind kind;
                const char *value;
        } cases[] = {
                {IDENTITY_NAME, "Alex Doe"},
                {IDENTITY_PHONE, "+15550109999"},
                {IDENTITY_DOMAIN, "alexdoe.example"},
                {IDENTITY_PLATFORM, "instagram"},
                {IDENTITY_PROFILE, "https://example.org:8080/alex"},
                {IDENTITY_PROFILE, "https://example.org/caf\xc3\xa9"},
                {IDENTITY_PROFILE, "https://example.org/a?b=c&d=e"},
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                _cleanup_(told_done) Told t = told_of(cases[i].kind, cases[i].value);

                assert_int_equal(t.n, 0);
        }
}

/* Of every platform: each pattern is that user's or their twin's, and read by the catalogue so. */
static void test_no_pattern_of_any_platform_is_a_strangers(void **state) {
        size_t tried = 0;

        (void)state;
        for (size_t i = 0; i < catalogue_n_platforms; i++) {
                const Platform *p = &catalogue_platforms[i];
                static const char *const users[] = {"alexdoe", "123456", "15550109999"};

                for (size_t u = 0; u < ARRAY_LEN(users); u++) {
                        char value[80];
                        Identity id = {0};
                        Told t = {0};

                        (void)snprintf(value, sizeof(value), "%s:%s", p->name, users[u]);
                        if (identity_parse(IDENTITY_HANDLE, value, &id, NULL) < 0)
                                continue;
                        assert_int_equal(page_patterns_each(&id, tell, &t), 0);
                        for (size_t k = 0; k < t.n; k++) {
                                _cleanup_(profile_done) Profile found = {0};
                                _cleanup_(url_freep) Url *url = NULL;
                                char text[URL_PATTERN_MAX_LEN + 16];

                                (void)snprintf(text, sizeof(text), "https://%s", t.texts[k]);
                                assert_int_equal(url_parse(text, &url), 0);
                                if (profile_from_url(url, &found) != 1 ||
                                        !strstr(found.user, users[u]))
                                        fail_msg("%s: %s", value, t.texts[k]);
                        }
                        tried += t.n;
                        told_done(&t);
                        identity_done(&id);
                }
        }
        print_message("# %zu patterns\n", tried);
        assert_true(tried > 300);
}

static int refuse(void *userdata, const char *pattern) {
        (void)userdata, (void)pattern;
        return -E2BIG;
}

static void test_who_is_told_may_end_it(void **state) {
        Identity id = {0};

        (void)state;
        assert_int_equal(identity_parse(IDENTITY_HANDLE, "x:alexdoe", &id, NULL), 0);
        assert_int_equal(page_patterns_each(&id, refuse, NULL), -E2BIG);
        identity_done(&id);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_the_page_and_the_other_shapes),
                cmocka_unit_test(test_what_is_exact_is_so_in_one_spelling),
                cmocka_unit_test(test_what_cannot_be_said_is_not),
                cmocka_unit_test(test_no_pattern_of_any_platform_is_a_strangers),
                cmocka_unit_test(test_who_is_told_may_end_it),
        };

        return cmocka_run_group_tests_name("page-pattern", tests, NULL, NULL);
}
