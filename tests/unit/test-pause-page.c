/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The pause page: what it says, that it is the extension's but for what takes answers, and that
 * whatever the user wrote stays text. */

#include "common/macro.h"
#include "core/tag.h"
#include "daemon/pause-page.h"
#include "daemon/pause-template.h"
#include "unit/test.h"

#include <stdbool.h>
#include <stdio.h>

static unsigned count(const char *text, const char *part) {
        unsigned n = 0;

        for (const char *p = strstr(text, part); p; p = strstr(p + 1, part))
                n++;
        return n;
}

static char *page_of(unsigned days, unsigned total, const char *plan) {
        char *page = pause_page(&(PauseFacts){.days = days, .total_days = total, .plan = plan});

        assert_non_null(page);
        return page;
}

static void check(
        unsigned days, unsigned total, const char *plan, const char *has, const char *has_not) {
        _cleanup_free_ char *page = page_of(days, total, plan);

        if (has && !strstr(page, has))
                fail_msg("no \"%s\" in the page of %u, %u", has, days, total);
        if (has_not && strstr(page, has_not))
                fail_msg("\"%s\" in the page of %u, %u", has_not, days, total);
}

static void check_kept(unsigned days, unsigned total, const char *kept, const char *also) {
        _cleanup_free_ char *first = NULL, *second = NULL;

        assert_int_equal(
                pause_kept(&(PauseFacts){.days = days, .total_days = total}, &first, &second), 0);
        assert_string_equal(first, kept);
        assert_string_equal(second, also);
        check(days, total, NULL, kept, also[0] == '\0' ? "class=\"all\"" : NULL);
        check(days, total, NULL, also, ">0 day");
}

static void test_the_best_figure_comes_first_and_none_is_zero(void **state) {
        (void)state;
        check_kept(21, 34, "34 days kept in all.", "21 days in a row now.");
        check_kept(1, 2, "2 days kept in all.", "1 day in a row now.");
        check_kept(21, 21, "21 days so far.", "");
        check_kept(1, 1, "1 day so far.", "");
        check_kept(0, 1, "1 day kept in all.", "");
        check_kept(0, 0, "The page stayed closed.", "");
        /* never less in all than in a row */
        check_kept(5, 0, "5 days so far.", "");
}

static void test_the_users_own_plan_is_shown(void **state) {
        (void)state;
        check(1, 1, "I call Sam.", ">I call Sam.<", "You can want to look");
        check(1, 1, " \n", "You can want to look and still leave it.", NULL);
        check(1, 1, NULL, "You can want to look and still leave it.", NULL);
        check(1, 1, "Ich rufe Jörg an", ">Ich rufe Jörg an<", NULL);
}

static void test_a_reason_never_stands_alone(void **state) {
        PauseFacts f = {.days = 1, .total_days = 1, .instead = "I go for a run."};
        _cleanup_free_ char *without = pause_page(&f), *with = NULL, *bare = page_of(1, 1, NULL);

        (void)state;
        f.reason = "I want to sleep.";
        with = pause_page(&f);
        assert_non_null(without);
        assert_non_null(with);
        assert_non_null(
                strstr(with, "Your reason</dt><dd lang=\"\" dir=\"auto\">I want to sleep.<"));
        assert_true(strstr(with, ">I go for a run.<") > strstr(with, "I want to sleep."));
        assert_null(strstr(without, "Your reason"));
        assert_non_null(strstr(without, ">I go for a run.<"));
        assert_null(strstr(bare, "Your reason"));
        assert_non_null(strstr(bare, "Something else, for now"));
}

static void test_each_thing_to_do_is_a_sentence_of_its_own(void **state) {
        (void)state;
        for (size_t i = 0; i < PAUSE_THINGS; i++) {
                const char *thing = pause_thing(i);

                assert_int_equal(thing[strlen(thing) - 1], '.');
                for (size_t j = 0; j < i; j++)
                        assert_string_not_equal(thing, pause_thing(j));
        }
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
        /* nor is it taken for a mark of the template's */
        check(1, 1, "<!--[answers]-->", ">&lt;!--[answers]--&gt;<", NULL);
}

/* Any byte but NUL, alone and after a letter, wherever they write: no tag of ours is lost and none
 * comes in. */
static void test_no_byte_breaks_the_page(void **state) {
        PauseFacts f = {.plan = "a", .reason = "a", .instead = "a", .support = "a"};
        _cleanup_free_ char *plain = pause_page(&f);

        (void)state;
        assert_non_null(plain);
        for (unsigned c = 1; c < 256; c++) {
                char text[] = {'a', (char)c, 'b', '\0'};
                _cleanup_free_ char *page = NULL;

                f.plan = f.reason = f.instead = f.support = text;
                page = pause_page(&f);
                assert_non_null(page);
                assert_int_equal(count(page, "<"), count(plain, "<"));
                assert_int_equal(count(page, ">"), count(plain, ">"));
                assert_int_equal(count(page, "\""), count(plain, "\""));
        }
}

static void test_the_page_loads_nothing_and_runs_nothing(void **state) {
        static const char *const never[] = {"<script", "http:", "https:", "src=", "url(", "@import",
                "onclick", "<img", "pause.css", "icon.svg"};
        _cleanup_free_ char *page = page_of(1, 1, "a");

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(never); i++)
                assert_null(strstr(page, never[i]));
        /* the icon that browsers would ask for is an empty one */
        assert_non_null(strstr(page, "<link rel=\"icon\" href=\"data:,\">"));
        assert_non_null(strstr(page, "<html lang=\"en\">"));
        assert_int_equal(count(page, "</style"), 1);
}

static void test_the_page_takes_no_answer(void **state) {
        static const char *const never[] = {"<button", "<form", "<input", "data-tag",
                "Call someone", "Write instead", "Why now?", "Sam", "role=\"status\""};
        _cleanup_free_ char *page =
                pause_page(&(PauseFacts){.days = 1, .support = "Sam +1 555 0100", .event = 7});

        (void)state;
        assert_non_null(page);
        for (size_t i = 0; i < ARRAY_LEN(never); i++)
                assert_null(strstr(page, never[i]));
}

static void test_leaving_has_the_focus(void **state) {
        _cleanup_free_ char *page = page_of(1, 1, "a");

        (void)state;
        assert_int_equal(count(page, "autofocus"), 1);
        assert_non_null(strstr(page, "href=\"about:blank\" autofocus"));
        assert_int_equal(count(page, "<a "), 1);
        assert_int_equal(count(page, "id=\"own\""), 1);
        assert_int_equal(count(page, "id=\"kept\""), 1);
}

/* --- the template ---------------------------------------------------------------------------- */

/* The element's own text in the template must stand in the page, and the styles whole. */
static void test_it_is_the_extensions_page(void **state) {
        static const char *const kept[] = {"<h1>Pause.</h1>", "Leave this page</",
                "Closing the tab does the same.", "Something else, for now", "nocontact open"};
        _cleanup_free_ char *page = page_of(1, 1, "a");

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
                assert_int_equal(count(pause_template_html, kept[i]), 1);
                assert_int_equal(count(page, kept[i]), 1);
        }
        assert_non_null(strstr(page, pause_template_css));
        assert_null(strstr(page, "<!--["));
}

static void test_the_template_has_a_chip_for_each_tag(void **state) {
        (void)state;
        assert_int_equal(count(pause_template_html, "data-tag="), _TAG_MAX - 1);
        for (int i = TAG_NONE + 1; i < _TAG_MAX; i++) {
                _cleanup_free_ char *chip = NULL;

                assert_true(asprintf(&chip, "data-tag=\"%s\"", tag_name((Tag)i)) > 0);
                assert_int_equal(count(pause_template_html, chip), 1);
        }
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_the_best_figure_comes_first_and_none_is_zero),
                cmocka_unit_test(test_the_users_own_plan_is_shown),
                cmocka_unit_test(test_a_reason_never_stands_alone),
                cmocka_unit_test(test_each_thing_to_do_is_a_sentence_of_its_own),
                cmocka_unit_test(test_what_the_user_wrote_stays_text),
                cmocka_unit_test(test_no_byte_breaks_the_page),
                cmocka_unit_test(test_the_page_loads_nothing_and_runs_nothing),
                cmocka_unit_test(test_the_page_takes_no_answer),
                cmocka_unit_test(test_leaving_has_the_focus),
                cmocka_unit_test(test_it_is_the_extensions_page),
                cmocka_unit_test(test_the_template_has_a_chip_for_each_tag),
        };

        return cmocka_run_group_tests_name("pause-page", tests, NULL, NULL);
}
