/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What may go into a browser's policy, character by character. */

#include "common/url-pattern.h"

#include "common/macro.h"
#include "unit/random.h"
#include "unit/test.h"

#include <errno.h>

static const char *const own[] = {"my-machine", "my-machine.example"};

static int kind(const char *pattern) {
        const char *why = NULL;
        int r = url_pattern_check(pattern, own, ARRAY_LEN(own), &why);

        assert_true((r < 0) == (why != NULL));
        return r;
}

static void test_the_four_kinds(void **state) {
        (void)state;
        assert_int_equal(kind("alexdoe.example"), URL_PATTERN_HOST);
        assert_int_equal(kind("instagram.com/alex.doe"), URL_PATTERN_PAGE);
        assert_int_equal(kind("tiktok.com/@alexdoe"), URL_PATTERN_PAGE);
        assert_int_equal(kind("a.example/~alex/b-c_d"), URL_PATTERN_PAGE);
        assert_int_equal(kind("instagram.com/stories/alex.doe/"), URL_PATTERN_BELOW);
        assert_int_equal(kind("facebook.com/profile.php?id=123"), URL_PATTERN_QUERY);
}

static void test_what_is_no_pattern(void **state) {
        static const char *const wrong[] = {
                "",
                "/",
                "/alex",
                "example",
                "localhost/alex",
                "my-machine.example/alex",
                "127.0.0.1/alex",
                "[::1]/alex",
                "Instagram.com/alex",
                "instagram.com/",
                "instagram.com//alex",
                "instagram.com/alex//",
                "instagram.com/alex//doe",
                "instagram.com/.",
                "instagram.com/../alex",
                "instagram.com/alex/..",
                "instagram.com/alex/../",
                "instagram.com/alex%20",
                "instagram.com/al*",
                "instagram.com/alex#top",
                "instagram.com/alex\"",
                "instagram.com/alex\\",
                "instagram.com/alex doe",
                "instagram.com/alex\n",
                "instagram.com/\xc3\xa9",
                "instagram.com/{alex}",
                "instagram.com:443/alex",
                "https://instagram.com/alex",
                "user@instagram.com/alex",
                "*/alex",
                ".instagram.com/alex",
                "instagram.com?id=1",
                "instagram.com/?id=1",
                "instagram.com/a?",
                "instagram.com/a?id",
                "instagram.com/a?id=",
                "instagram.com/a?=1",
                "instagram.com/a?id=1&b=2",
                "instagram.com/a?id=1=2",
                "instagram.com/a?id=1/b",
                "instagram.com/a?id=*",
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
                if (kind(wrong[i]) != -EINVAL)
                        fail_msg("\"%s\" is taken", wrong[i]);
}

static void test_the_longest(void **state) {
        char text[URL_PATTERN_MAX_LEN + 2] = "instagram.com/";

        (void)state;
        memset(text + strlen(text), 'a', sizeof(text) - 1 - strlen(text));
        text[sizeof(text) - 1] = '\0';
        assert_int_equal(kind(text), -EINVAL);
        text[URL_PATTERN_MAX_LEN] = '\0';
        assert_int_equal(kind(text), URL_PATTERN_PAGE);
}

/* Whatever bytes come: what is taken needs no escaping anywhere. */
static void test_nothing_that_needs_escaping_is_taken(void **state) {
        static const char bytes[] = "abz.-/?=@~_+%*\"\\&#:{}[]<> \n\t\x01\x7f\xff";
        Random r = random_start(1);
        size_t taken = 0;

        (void)state;
        for (int i = 0; i < 300000; i++) {
                char text[24] = "a.bc/";
                size_t len = random_below(&r, 12), at = random_below(&r, 6);

                for (size_t k = 0; k < len; k++)
                        text[at + k] = bytes[random_below(
                                &r, random_once_in(&r, 4) ? sizeof(bytes) - 1 : 9)];
                text[at + len] = '\0';
                if (kind(text) < 0)
                        continue;
                taken++;
                for (const char *p = text; *p; p++)
                        assert_true(*p == '/' || *p == '?' || *p == '=' ||
                                    strchr(url_pattern_characters, *p));
        }
        assert_true(taken > 1000);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_the_four_kinds),
                cmocka_unit_test(test_what_is_no_pattern),
                cmocka_unit_test(test_the_longest),
                cmocka_unit_test(test_nothing_that_needs_escaping_is_taken),
        };

        return cmocka_run_group_tests_name("url-pattern", tests, NULL, NULL);
}
