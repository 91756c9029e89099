/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The report's page: whole whatever is in it, silent where it knows too little, every day once and
 * in its own weekday's column, and nobody's text more than text. */

#include "cli/output.h"
#include "cli/report/calendar.h"
#include "cli/report/page.h"
#include "common/array.h"
#include "common/time.h"
#include "unit/random.h"

#include <ctype.h>
#include <stdio.h>

enum {
        SPANS = 200,
        DEPTH = 32,
        NAME_SPACE = 32,
        DAYS = 1200, /* of the test's own calendar */
};

/* --- what is shown --------------------------------------------------------------------------- */

static Person a_person(uint32_t streak, uint32_t longest, uint32_t total) {
        return (Person){
                .path = (char *)"/org/nocontact/Daemon1/person/a",
                .name = (char *)"Alex Doe",
                .mode = (char *)"full",
                .ends_usec = 1795953600000000ULL,
                .locked = true,
                .streak_days = streak,
                .longest_usec = longest * USEC_PER_DAY,
                .total_usec = total * USEC_PER_DAY,
                .next_milestone_days = 30,
        };
}

/* The test's own calendar: days from Thursday, 2026-01-01, on. */
static const ReviewDay *calendar(void) {
        static const unsigned lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
        static ReviewDay days[DAYS];
        ReviewDay d = {.year = 2026, .month = 1, .day = 1, .weekday = 3};

        for (size_t i = 0; i < DAYS; i++) {
                unsigned length = lengths[d.month - 1] + (d.month == 2 && d.year % 4 == 0);

                days[i] = d;
                d.weekday = (d.weekday + 1) % WEEKDAYS;
                if (d.day++ < length)
                        continue;
                d.day = 1;
                if (d.month++ < 12)
                        continue;
                d.month = 1;
                d.year++;
        }
        return days;
}

/* A review of so many days; the caller ends it. */
static Review a_review(size_t from, size_t n) {
        Review r = {.made_usec = 1795953600000000ULL};

        r.days = calloc(n, sizeof(*r.days));
        assert_non_null(r.days);
        memcpy(r.days, calendar() + from, n * sizeof(*r.days));
        r.n_days = n;
        return r;
}

static void add_word(ReviewWords *w, const char *word, uint32_t n, uint32_t quiet) {
        assert_int_equal(ARRAY_RESERVE(w->items, w->space, w->n + 1), 0);
        w->items[w->n++] = (ReviewWord){.word = strdup(word), .n = n, .quiet = quiet};
}

/* As client_review()'s own end, which lies with the bus. */
void review_done(Review *r) {
        for (size_t i = 0; i < r->answers.n; i++)
                free(r->answers.items[i].word);
        for (size_t i = 0; i < r->tags.n; i++)
                free(r->tags.items[i].word);
        free(r->answers.items);
        free(r->tags.items);
        free(r->milestones);
        free(r->days);
        *r = (Review){0};
}

static char *page_of(const Person *p, const Review *r, const char *name) {
        Buffer b = {0};

        assert_int_equal(page_add(&b, p, r, name), 0);
        return buffer_take(&b);
}

static unsigned count(const char *text, const char *part) {
        unsigned n = 0;

        for (const char *p = strstr(text, part); p; p = strstr(p + 1, part))
                n++;
        return n;
}

#define assert_has(page, part)                                                                     \
        do {                                                                                       \
                if (!strstr((page), (part)))                                                       \
                        fail_msg("the page has no \"%s\"", (part));                                \
        } while (0)
#define assert_has_not(page, part)                                                                 \
        do {                                                                                       \
                if (strstr((page), (part)))                                                        \
                        fail_msg("the page has \"%s\"", (part));                                   \
        } while (0)

/* --- a page is whole ------------------------------------------------------------------------- */

/* Reads one tag from behind its "<": its name, and whether it opens (1), closes (-1) or does both
 * (0). Gives where it ends. */
static const char *read_tag(const char *p, char name[static NAME_SPACE], int *ret_opens) {
        size_t n = 0;
        char quote = 0;

        *ret_opens = *p == '/' ? -1 : 1;
        p += *p == '/';
        while (isalnum((unsigned char)*p) && n < NAME_SPACE - 1)
                name[n++] = *p++;
        name[n] = '\0';
        assert_true(n > 0);
        for (; *p && (quote || *p != '>'); p++) {
                assert_int_not_equal(*p, '<');
                if (*p == '"')
                        quote = quote ? 0 : '"';
        }
        assert_int_equal(*p, '>');
        if (p[-1] == '/')
                *ret_opens = 0;
        return p + 1;
}

/* Every element is ended, in order; headings do not skip a step; no id comes twice. Gives the
 * number of elements. */
static unsigned assert_whole(const char *page) {
        char stack[DEPTH][NAME_SPACE], name[NAME_SPACE];
        const char *p = page + strlen("<!DOCTYPE html>");
        unsigned depth = 0, elements = 0;
        int opens, heading = 0;

        assert_int_equal(strncmp(page, "<!DOCTYPE html>", 15), 0);
        while ((p = strchr(p, '<'))) {
                p = read_tag(p + 1, name, &opens);
                elements += opens >= 0;
                if (opens > 0) {
                        assert_true(depth < DEPTH);
                        memcpy(stack[depth++], name, NAME_SPACE);
                }
                if (opens < 0) {
                        assert_true(depth > 0);
                        assert_string_equal(stack[--depth], name);
                }
                if (opens > 0 && name[0] == 'h' && isdigit((unsigned char)name[1])) {
                        assert_true(name[1] - '0' <= heading + 1);
                        heading = name[1] - '0';
                }
        }
        assert_int_equal(depth, 0);
        assert_int_equal(count(page, "<h1>"), 1);
        for (p = strstr(page, " id=\""); p; p = strstr(p + 1, " id=\"")) {
                char id[64];

                (void)snprintf(id, sizeof(id), " id=\"%.*s\"", (int)strcspn(p + 5, "\""), p + 5);
                assert_int_equal(count(page, id), 1);
        }
        return elements;
}

/* With a bit of everything. */
static Review a_full_review(void) {
        Review r = a_review(20, 100);

        for (size_t i = 0; i < WEEK_HOURS; i++) {
                r.urges[i] = (uint32_t)i % 3;
                r.visits[i] = (uint32_t)i % 5;
        }
        for (size_t i = 0; i < r.n_days; i += 3)
                r.days[i].urges = 2;
        r.days[4].attempts = 1;
        r.days[10].slips = 1;
        r.days[11].relapses = 1;
        add_word(&r.answers, "leave", 20, 18);
        add_word(&r.answers, "meant", 4, 1);
        add_word(&r.tags, "late", 9, 0);
        r.milestones = calloc(2, sizeof(*r.milestones));
        assert_non_null(r.milestones);
        r.milestones[0] = 1;
        r.milestones[1] = 3;
        r.n_milestones = 2;
        r.incoming = r.held = r.corrected = r.exceptions = r.repairs = r.clock_jumps = 2;
        return r;
}

static void test_a_page_is_whole(void **state) {
        Review first = a_review(0, 1), full = a_full_review();
        Person new = a_person(0, 0, 0), old = a_person(60, 70, 98);
        _cleanup_free_ char *one = page_of(&new, &first, NULL), *all = page_of(&old, &full, "Alex");

        (void)state;
        assert_true(assert_whole(one) > 20);
        assert_true(assert_whole(all) > 300);
        review_done(&first);
        review_done(&full);
}

static void test_a_page_asks_for_nothing(void **state) {
        static const char *const ways[] = {"http", "src=", "href=", "url(", "@import", "<script",
                "<link", "<img", "<iframe", "<form", "javascript", "onclick", "style="};
        Review full = a_full_review();
        Person p = a_person(60, 70, 98);
        _cleanup_free_ char *page = page_of(&p, &full, NULL);
        const char *body = strstr(page, "<body>");

        (void)state;
        assert_has(page, "default-src 'none'");
        assert_non_null(body);
        for (size_t i = 0; i < ARRAY_LEN(ways); i++)
                assert_has_not(body, ways[i]);
        assert_has_not(report_style, "url(");
        assert_has_not(report_style, "@import");
        review_done(&full);
}

/* --- text of others is text ------------------------------------------------------------------ */

static const char hostile[] = "</p><script>a('b\")&amp;</script>";
static const char harmless[] = "&lt;/p&gt;&lt;script&gt;a(&#39;b&quot;)&amp;amp;&lt;/script&gt;";

static void test_nobody_is_named_unless_asked(void **state) {
        Review r = a_full_review();
        Person p = a_person(1, 1, 1);
        _cleanup_free_ char *page = page_of(&p, &r, NULL), *named = page_of(&p, &r, "Alex Doe");

        (void)state;
        assert_has_not(page, "Alex");
        assert_has(named, ">Alex Doe<");
        assert_has(named, "<title>Report</title>");
        review_done(&r);
}

static void test_what_others_wrote_stays_text(void **state) {
        Review r = a_full_review();
        Person p = a_person(1, 1, 1);
        _cleanup_free_ char *plain = page_of(&p, &r, "a"), *page = NULL;

        (void)state;
        add_word(&r.answers, hostile, 7, 2);
        add_word(&r.tags, hostile, 3, 0);
        page = page_of(&p, &r, hostile);
        assert_int_equal(count(page, harmless), 3);
        assert_has_not(page, "<script");
        assert_true(assert_whole(page) > assert_whole(plain));
        review_done(&r);
}

static void test_no_byte_breaks_the_page(void **state) {
        Review r = a_review(0, 3);
        Person p = a_person(1, 1, 1);
        _cleanup_free_ char *plain = page_of(&p, &r, "a");
        unsigned elements = assert_whole(plain);

        (void)state;
        for (unsigned c = 1; c < 256; c++) {
                char name[] = {'a', (char)c, 'b', '\0'};
                _cleanup_free_ char *page = page_of(&p, &r, name);

                assert_int_equal(assert_whole(page), elements);
                if (c < 0x20 || c == 0x7f)
                        assert_has(page, ">a b<");
        }
        free(plain);
        plain = page_of(&p, &r,
                "a\xc2\x9b"
                "b\xc3\xb6");
        assert_has(plain, ">a b\xc3\xb6<");
        review_done(&r);
}

/* --- too little is not shown ----------------------------------------------------------------- */

static void check_least(uint32_t entries, const char *has, const char *has_not) {
        Review r = a_review(0, 20);
        Person p = a_person(1, 1, 1);
        _cleanup_free_ char *page = NULL;

        r.urges[30] = entries / 2;
        r.visits[40] = entries - entries / 2;
        page = page_of(&p, &r, NULL);
        assert_has(page, has);
        assert_has_not(page, has_not);
        review_done(&r);
}

static void test_hours_below_the_least_are_silent(void **state) {
        (void)state;
        check_least(0, ">Nothing so far.<", "<svg class=\"bars\"");
        check_least(
                HISTOGRAM_LEAST - 1, ">Too few yet to show a pattern (9).<", "<svg class=\"bars\"");
        check_least(HISTOGRAM_LEAST, "<svg class=\"bars\"", "Too few yet");
        check_least(HISTOGRAM_LEAST, "5 urges and 5 attempts, slips or contacts: 10 in all.",
                "<svg class=\"week\"");
        check_least(REPORT_LEAST_WEEK - 1, "<svg class=\"bars\"", "<svg class=\"week\"");
        check_least(REPORT_LEAST_WEEK, "<svg class=\"week\"", "Too few yet");
}

static void test_words_below_the_least_are_silent(void **state) {
        Review r = a_review(0, 20);
        Person p = a_person(1, 1, 1);
        _cleanup_free_ char *few = NULL, *enough = NULL;

        (void)state;
        add_word(&r.answers, "leave", 3, 3);
        add_word(&r.answers, "breathe", 1, 1);
        add_word(&r.tags, "late", 4, 0);
        few = page_of(&p, &r, NULL);
        assert_int_equal(count(few, ">Too few yet to show a pattern (4).<"), 2);
        assert_has_not(few, "Late and alone");
        assert_has_not(few, "Breathed");

        r.answers.items[0].n = 5;
        r.tags.items[0].n = 5;
        enough = page_of(&p, &r, NULL);
        assert_has(enough, ">Late and alone<");
        /* of five something is said, of one nothing */
        assert_has(enough, "quiet after 3 of 5");
        assert_int_equal(count(enough, "class=\"then\""), 1);
        assert_has(enough, ">Breathed<");
        review_done(&r);
}

static void test_no_weekday_stands_out_when_two_do(void **state) {
        Review r = a_review(0, 20);
        Person p = a_person(1, 1, 1);
        _cleanup_free_ char *even = NULL, *one = NULL;

        (void)state;
        r.urges[12] = r.visits[2 * HOURS + 23] = 7;
        even = page_of(&p, &r, NULL);
        assert_has(even, ">No weekday stands out.<");
        r.visits[2 * HOURS + 1] = 1;
        one = page_of(&p, &r, NULL);
        assert_has(one, ">Most came on Wednesdays: 8 of 15. Spread evenly it would be 2.<");
        /* the day is a circle */
        assert_has(
                one, ">Most came between 23:00 and 02:00: 8 of 15. Spread evenly it would be 2.<");
        review_done(&r);
}

/* --- the figures ----------------------------------------------------------------------------- */

static void test_the_best_figure_comes_first(void **state) {
        static const struct {
                uint32_t streak, longest, total;
                const char *h1, *has, *has_not;
        } cases[] = {
                {0, 0, 0, "<h1><b>Today is the first day</b></h1>", "Promised until", "streak has"},
                {1, 1, 1, "<h1><b>1 day</b> without contact</h1>", "Your longest so far.",
                        "in all"},
                {21, 21, 21, "<h1><b>21 days</b> without contact</h1>", "Your longest so far.",
                        "in all"},
                {0, 18, 27, "<h1><b>27 days</b> kept in all</h1>",
                        "<b>18 days</b> in a row at best", "streak that runs"},
                {0, 18, 27, "<h1><b>27 days</b> kept in all</h1>", "A new streak has begun.",
                        "Today"},
                {9, 18, 27, "<h1><b>27 days</b> kept in all</h1>",
                        "<b>9 days</b> in the streak that runs now", "new streak"},
                {18, 18, 27, "<h1><b>27 days</b> kept in all</h1>",
                        "<b>18 days</b> in a row, the longest, and it goes on", "streak that runs"},
                {3, 90, 3, "<h1><b>90 days</b> in a row at best</h1>",
                        "<b>3 days</b> kept this time", "longest so far"},
        };
        Review r = a_review(0, 3);

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                Person p = a_person(cases[i].streak, cases[i].longest, cases[i].total);
                _cleanup_free_ char *page = page_of(&p, &r, NULL);

                assert_has(page, cases[i].h1);
                assert_has(page, cases[i].has);
                assert_has_not(page, cases[i].has_not);
                assert_has_not(page, ">0 day");
        }
        review_done(&r);
}

static void test_facts_are_told_when_there_are_any(void **state) {
        Review none = a_review(0, 3), some = a_review(0, 3);
        Person p = a_person(1, 1, 1);
        _cleanup_free_ char *without = page_of(&p, &none, NULL), *with = NULL;

        (void)state;
        some.repairs = 1;
        some.clock_jumps = 2;
        with = page_of(&p, &some, NULL);
        assert_has_not(without, "Also recorded");
        assert_has(with, "<li>1 time the block was repaired.</li>");
        assert_has(with, "<li>2 times the clock was set; no promise is shorter for it.</li>");
        assert_int_equal(count(with, "repaired") + count(with, "exception"), 1);
        review_done(&none);
        review_done(&some);
}

/* --- the calendar ---------------------------------------------------------------------------- */

static void test_a_day_is_what_was_gravest(void **state) {
        static const struct {
                ReviewDay day;
                DayMark mark;
        } cases[] = {
                {{.urges = 0}, DAY_KEPT},
                {{.urges = 1}, DAY_MET},
                {{.attempts = 1}, DAY_MET},
                {{.urges = 9, .attempts = 9, .slips = 1}, DAY_SLIP},
                {{.slips = 9, .relapses = 1}, DAY_RELAPSE},
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(cases); i++)
                assert_int_equal(day_mark(&cases[i].day), cases[i].mark);
}

/* Where the text of a day's own number stands, and that it is there once. */
static void find_day(const char *text, const ReviewDay *d, unsigned *ret_x, unsigned *ret_y) {
        char title[96];
        const char *at;

        (void)snprintf(title, sizeof(title), "%s, %u %s %u: ", weekday_names[d->weekday], d->day,
                month_names[d->month], d->year);
        if (count(text, title) != 1)
                fail_msg("\"%s\" comes %u times", title, count(text, title));
        at = strstr(strstr(text, title), "<text x=\"");
        assert_non_null(at);
        assert_int_equal(sscanf(at, "<text x=\"%u\" y=\"%u\">", ret_x, ret_y), 2);
}

/* Over months and years, from whatever day on: each once, in the column of its weekday, and in the
 * row below the last Sunday. */
static void test_every_day_is_drawn_once(void **state) {
        Random random = random_start(20261127);

        (void)state;
        for (int i = 0; i < SPANS; i++) {
                size_t n = 1 + random_below(&random, 420), from = random_below(&random, DAYS - n);
                Review r = a_review(from, n);
                _cleanup_(buffer_done) Buffer b = {0};
                unsigned x, y, last_y = 0, months = 0;

                assert_int_equal(calendar_add(&b, &r), 0);
                for (size_t d = 0; d < n; d++) {
                        bool begins = d == 0 || r.days[d].day == 1;

                        find_day(b.data, &r.days[d], &x, &y);
                        assert_int_equal(x, r.days[d].weekday * 40 + 20);
                        if (begins)
                                assert_int_equal(y, 28 + 20 + 5);
                        else
                                assert_int_equal(y, last_y + (r.days[d].weekday == 0 ? 40 : 0));
                        months += begins;
                        last_y = y;
                }
                assert_int_equal(count(b.data, "<figure class=\"month\">"), months);
                review_done(&r);
        }
}

static void test_only_marks_that_there_are_are_explained(void **state) {
        Review r = a_review(20, 40);
        _cleanup_(buffer_done) Buffer without = {0}, with = {0};

        (void)state;
        assert_int_equal(calendar_add(&without, &r), 0);
        assert_has(without.data, ">Kept<");
        assert_has_not(without.data, "A slip");
        assert_has_not(without.data, "Contact was made");
        r.days[3].slips = 1;
        r.days[3].urges = 2;
        assert_int_equal(calendar_add(&with, &r), 0);
        assert_has(with.data, "A slip");
        assert_has(with.data, ": 2 urges, 1 slip<");
        assert_has(with.data, "10 days kept, 1 day with a slip<");
        review_done(&r);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_a_page_is_whole),
                cmocka_unit_test(test_a_page_asks_for_nothing),
                cmocka_unit_test(test_nobody_is_named_unless_asked),
                cmocka_unit_test(test_what_others_wrote_stays_text),
                cmocka_unit_test(test_no_byte_breaks_the_page),
                cmocka_unit_test(test_hours_below_the_least_are_silent),
                cmocka_unit_test(test_words_below_the_least_are_silent),
                cmocka_unit_test(test_no_weekday_stands_out_when_two_do),
                cmocka_unit_test(test_the_best_figure_comes_first),
                cmocka_unit_test(test_facts_are_told_when_there_are_any),
                cmocka_unit_test(test_a_day_is_what_was_gravest),
                cmocka_unit_test(test_every_day_is_drawn_once),
                cmocka_unit_test(test_only_marks_that_there_are_are_explained),
        };
        return cmocka_run_group_tests_name("report-page", tests, NULL, NULL);
}
