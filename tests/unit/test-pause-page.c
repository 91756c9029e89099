/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The pause page: what it says, and that whatever the user wrote stays text. */

#include "common/macro.h"
#include "daemon/pause-page.h"
#include "unit/test.h"

#include <stdbool.h>
#include <stdio.h>

static unsigned count(const char *text, const char *part) {
        unsigned n = 0;

        for (const char *p = strstr(text, part); p; p = strstr(p + 1, part))
                n++;
        return n;
}

static void check(
        unsigned days, unsigned total, const char *sentence, const char *has, const char *has_not) {
        _cleanup_free_ char *page = pause_page(days, total, sentence);

        assert_non_null(page);
        if (has && !strstr(page, has))
                fail_msg("no \"%s\" in the page of %u, %u", has, days, total);
        if (has_not && strstr(page, has_not))
                fail_msg("\"%s\" in the page of %u, %u", has_not, days, total);
}

static void test_the_page_says_how_many_days_are_kept(void **state) {
        (void)state;
        check(21, 34, NULL, ">21 days so far.<", NULL);
        check(21, 34, NULL, ">34 days kept in all.<", NULL);
        check(1, 1, NULL, ">1 day so far.<", "in all");
        check(0, 1, NULL, ">1 day kept in all.<", "so far");
        /* never less in all than in a row */
        check(5, 0, NULL, ">5 days so far.<", "in all");
}

static void test_there_is_no_figure_of_zero(void **state) {
        (void)state;
        check(0, 0, NULL, "The page stayed closed.", ">0 day");
        check(0, 7, NULL, NULL, ">0 day");
}

static void test_the_users_own_sentence_is_shown(void **state) {
        (void)state;
        check(1, 1, "I call Sam.", ">I call Sam.<", "You can want to look");
        check(1, 1, " \n", "You can want to look and still leave it.", NULL);
        check(1, 1, NULL, "You can want to look and still leave it.", NULL);
        check(1, 1, "Ich rufe Jörg an", ">Ich rufe Jörg an<", NULL);
}

static void test_what_the_user_wrote_stays_text(void **state) {
        static const char all[] = "</p><script>a('b\")&amp;</script>";

        (void)state;
        check(1, 1, all, ">&lt;/p&gt;&lt;script&gt;a(&#39;b&quot;)&amp;amp;&lt;/script&gt;<",
                "<script");
        check(1, 1, "a\nb\x1b[1m\x7f", ">a b [1m <", NULL);
        check(1, 1, "a\xff\xc3(\xed\xa0\x80", ">a\uFFFD\uFFFD(\uFFFD", "\xff");
        /* C1 controls too: browsers read them as Windows-1252 */
        check(1, 1,
                "a\xc2\x85"
                "b",
                ">a b<", NULL);
}

/* Any byte but NUL, alone and after a letter: no tag of ours is lost and none comes in. */
static void test_no_byte_breaks_the_page(void **state) {
        _cleanup_free_ char *plain = pause_page(1, 1, "a");

        (void)state;
        assert_non_null(plain);
        for (unsigned c = 1; c < 256; c++) {
                char text[] = {'a', (char)c, 'b', '\0'};
                _cleanup_free_ char *page = pause_page(1, 1, text);

                assert_non_null(page);
                assert_int_equal(count(page, "<"), count(plain, "<"));
                assert_int_equal(count(page, ">"), count(plain, ">"));
                assert_int_equal(count(page, "\""), count(plain, "\""));
        }
}

static void test_the_page_loads_nothing_and_runs_nothing(void **state) {
        static const char *const never[] = {"<script", "http:", "https:", "src=", "url(", "@import",
                "onclick", "<img", "<form"};
        _cleanup_free_ char *page = pause_page(1, 1, "a");

        (void)state;
        assert_non_null(page);
        for (size_t i = 0; i < ARRAY_LEN(never); i++)
                assert_null(strstr(page, never[i]));
        /* the icon that browsers would ask for is an empty one */
        assert_non_null(strstr(page, "<link rel=\"icon\" href=\"data:,\">"));
        assert_non_null(strstr(page, "<html lang=\"en\">"));
}

static void test_leaving_has_the_focus(void **state) {
        _cleanup_free_ char *page = pause_page(1, 1, "a");

        (void)state;
        assert_non_null(page);
        assert_int_equal(count(page, "autofocus"), 1);
        assert_non_null(strstr(page, "href=\"about:blank\" autofocus"));
        assert_int_equal(count(page, "<a "), 1);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_the_page_says_how_many_days_are_kept),
                cmocka_unit_test(test_there_is_no_figure_of_zero),
                cmocka_unit_test(test_the_users_own_sentence_is_shown),
                cmocka_unit_test(test_what_the_user_wrote_stays_text),
                cmocka_unit_test(test_no_byte_breaks_the_page),
                cmocka_unit_test(test_the_page_loads_nothing_and_runs_nothing),
                cmocka_unit_test(test_leaving_has_the_focus),
        };

        return cmocka_run_group_tests_name("pause-page", tests, NULL, NULL);
}
