/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Puts the report together: the best figure first, a picture before its table, and nothing said
 * where too little is known. It counts nothing that the daemon could count, knows no clock, and
 * opens no file. Used by commands/report.c. */

#include "cli/report/page.h"

#include "cli/output.h"
#include "cli/report/calendar.h"
#include "cli/report/charts.h"
#include "cli/report/html.h"
#include "common/time.h"

enum { FULLEST_HOURS = 3 };

/* What came, by hour and by weekday. */
typedef struct Times {
        uint32_t n, n_urges, n_visits;
        uint32_t urges[HOURS], visits[HOURS]; /* by hour */
        uint32_t weekday_urges[WEEKDAYS], weekday_visits[WEEKDAYS];
        uint32_t all[WEEK_HOURS];
} Times;

static uint64_t whole_days(uint64_t usec) {
        return usec / USEC_PER_DAY;
}

static void add_date(Buffer *b, const ReviewDay *d) {
        (void)buffer_printf(b, "%u %s %u", d->day, month_names[d->month], d->year);
}

/* --- the days so far ------------------------------------------------------------------------- */

static void add_figure(Buffer *b, const char *element, uint64_t n, const char *one,
        const char *many, const char *rest) {
        (void)buffer_printf(b, "<%s><b>%llu %s</b> %s</%s>\n", element, (unsigned long long)n,
                n == 1 ? one : many, rest, element);
}

/* The streak when it is the best there is; after a slip, what outlasts it. There is no nought. */
static void add_figures(Buffer *b, const Person *p) {
        uint64_t streak = p->streak_days, longest = whole_days(p->longest_usec),
                 total = whole_days(p->total_usec);

        if (streak > 0 && streak >= longest && streak >= total) {
                add_figure(b, "h1", streak, "day", "days", "without contact");
                (void)buffer_puts(b, "<p>Your longest so far.</p>\n");
                return;
        }
        if (total > 0 && total >= longest)
                add_figure(b, "h1", total, "day", "days", "kept in all");
        else if (longest > 0)
                add_figure(b, "h1", longest, "day", "days", "in a row at best");
        else
                (void)buffer_puts(b, "<h1><b>Today is the first day</b></h1>\n");
        if (longest > 0 && total >= longest)
                add_figure(b, "p", longest, "day", "days",
                        longest == streak ? "in a row, the longest, and it goes on"
                                          : "in a row at best");
        else if (total > 0 && total < longest)
                add_figure(b, "p", total, "day", "days", "kept this time");
        if (streak > 0 && streak < longest)
                add_figure(b, "p", streak, "day", "days", "in the streak that runs now");
        else if (streak == 0 && (total > 0 || longest > 0))
                (void)buffer_puts(b, "<p>A new streak has begun.</p>\n");
}

static void add_header(Buffer *b, const Person *p, const char *name) {
        char ends[TIME_TEXT_SPACE];

        (void)buffer_puts(b, "<header>\n<p class=\"kind\">Report");
        if (name) {
                (void)buffer_puts(b, ": <span lang=\"\" dir=\"auto\">");
                (void)html_add(b, name);
                (void)buffer_puts(b, "</span>");
        }
        (void)buffer_puts(b, "</p>\n");
        add_figures(b, p);
        (void)time_format_local(ends, sizeof(ends), p->ends_usec);
        (void)buffer_printf(b, "<p class=\"soft\">%s %s.</p>\n</header>\n",
                p->locked ? "Promised until" : "The promise ran until", ends);
}

static void add_stone(Buffer *b, bool reached, uint32_t days) {
        char words[WORDS_SPACE];

        (void)buffer_printf(b,
                "<li class=\"%s\"><svg viewBox=\"0 0 20 20\" aria-hidden=\"true\"><circle cx=\"10\" "
                "cy=\"10\" r=\"7.5\"/>%s</svg>%s%s</li>\n",
                reached ? "reached" : "next",
                reached ? "<path d=\"M6.5 10.2l2.4 2.6 4.6-5.2\"/>" : "",
                reached ? "" : "next in this streak: ", words_count(words, days, "day", "days"));
}

static void add_milestones(Buffer *b, const Person *p, const Review *review) {
        if (review->n_milestones == 0 && p->next_milestone_days == 0)
                return;
        (void)buffer_puts(b, "<section>\n<h2>Milestones</h2>\n<ul class=\"stones\">\n");
        for (size_t i = 0; i < review->n_milestones; i++)
                add_stone(b, true, review->milestones[i]);
        if (p->next_milestone_days > 0)
                add_stone(b, false, p->next_milestone_days);
        (void)buffer_puts(b, "</ul>\n</section>\n");
}

/* --- the calendar ---------------------------------------------------------------------------- */

static void add_row(Buffer *b, const ReviewDay *d) {
        (void)buffer_printf(b,
                "<tr><th scope=\"row\">%u %.3s %u</th><td>%u</td><td>%u</td><td>%u</td><td>%u</td>"
                "</tr>\n",
                d->day, month_names[d->month], d->year, d->urges, d->attempts, d->slips,
                d->relapses);
}

static void add_days_table(Buffer *b, const Review *review) {
        size_t quiet = 0;

        for (size_t i = 0; i < review->n_days; i++)
                quiet += day_mark(&review->days[i]) == DAY_KEPT;
        if (quiet == review->n_days)
                return;
        (void)buffer_puts(b,
                "<details>\n<summary>The days in numbers</summary>\n<div class=\"wide\"><table>\n"
                "<thead><tr><th scope=\"col\">Day</th><th scope=\"col\">Urges</th><th "
                "scope=\"col\">Attempts</th><th scope=\"col\">Slips</th><th "
                "scope=\"col\">Contact</th></tr></thead>\n<tbody>\n");
        for (size_t i = 0; i < review->n_days; i++)
                if (day_mark(&review->days[i]) != DAY_KEPT)
                        add_row(b, &review->days[i]);
        (void)buffer_puts(b, "</tbody></table></div>\n");
        if (quiet > 0)
                (void)buffer_printf(b,
                        "<p class=\"soft\">On the other %zu %s nothing was recorded.</p>\n", quiet,
                        quiet == 1 ? "day" : "days");
        (void)buffer_puts(b, "</details>\n");
}

static void add_calendar(Buffer *b, const Review *review) {
        (void)buffer_puts(b, "<section>\n<h2>The days</h2>\n");
        (void)calendar_add(b, review);
        add_days_table(b, review);
        (void)buffer_puts(b, "</section>\n");
}

/* --- when it comes --------------------------------------------------------------------------- */

static void times_count(const Review *review, Times *ret) {
        Times t = {0};

        for (size_t i = 0; i < WEEK_HOURS; i++) {
                size_t hour = i % HOURS, weekday = i / HOURS;

                t.n_urges += review->urges[i];
                t.n_visits += review->visits[i];
                t.urges[hour] += review->urges[i];
                t.visits[hour] += review->visits[i];
                t.weekday_urges[weekday] += review->urges[i];
                t.weekday_visits[weekday] += review->visits[i];
                t.all[i] = review->urges[i] + review->visits[i];
        }
        t.n = t.n_urges + t.n_visits;
        *ret = t;
}

/* Where in a circle of `n` counts the `width` that hold most begin, and how many those are. */
static size_t fullest(
        const uint32_t *a, const uint32_t *b, size_t n, size_t width, uint32_t *ret_count) {
        uint32_t most = 0;
        size_t from = 0;

        for (size_t i = 0; i < n; i++) {
                uint32_t count = 0;

                for (size_t k = 0; k < width; k++)
                        count += a[(i + k) % n] + b[(i + k) % n];
                if (count > most) {
                        most = count;
                        from = i;
                }
        }
        *ret_count = most;
        return from;
}

/* What each of `parts` would have of `n`, rounded. */
static uint32_t even_share(uint32_t n, uint32_t parts) {
        return (n + parts / 2) / parts;
}

static void add_times_table(Buffer *b, const char *what, const char *const *names, size_t n,
        const uint32_t *urges, const uint32_t *visits) {
        (void)buffer_printf(b,
                "<details>\n<summary>In numbers</summary>\n<div class=\"wide\"><table>\n<thead><tr>"
                "<th scope=\"col\">%s</th><th scope=\"col\">Attempts, slips, contact</th><th "
                "scope=\"col\">Urges</th></tr></thead>\n<tbody>\n",
                what);
        for (size_t i = 0; i < n; i++)
                (void)buffer_printf(b, "<tr><th scope=\"row\">%s</th><td>%u</td><td>%u</td></tr>\n",
                        names[i], visits[i], urges[i]);
        (void)buffer_puts(b, "</tbody></table></div>\n</details>\n");
}

static void add_hours(Buffer *b, const Times *t) {
        static const char *const labels[HOURS] = {[0] = "0",
                [3] = "3",
                [6] = "6",
                [9] = "9",
                [12] = "12",
                [15] = "15",
                [18] = "18",
                [21] = "21"};
        _cleanup_(buffer_done) Buffer words = {0};
        uint32_t most;
        size_t from = fullest(t->urges, t->visits, HOURS, FULLEST_HOURS, &most);

        (void)buffer_printf(&words,
                "Most came between %02zu:00 and %02zu:00: %u of %u. Spread evenly it would be %u.",
                from, (from + FULLEST_HOURS) % HOURS, most, t->n,
                even_share(t->n, HOURS / FULLEST_HOURS));
        (void)buffer_puts(b, "<figure>\n<h3>By hour</h3>\n");
        (void)bar_chart_add(b, &(BarChart){.id = "hours",
                                       .title = "By hour of the day",
                                       .words = words.data ? words.data : "",
                                       .n = HOURS,
                                       .visits = t->visits,
                                       .urges = t->urges,
                                       .labels = labels,
                                       .names = hour_names});
        (void)buffer_printf(b, "<figcaption>%s</figcaption>\n", words.data ? words.data : "");
        add_times_table(b, "Hour", hour_names, HOURS, t->urges, t->visits);
        (void)buffer_puts(b, "</figure>\n");
}

static void add_weekdays(Buffer *b, const Times *t) {
        static const char *const labels[WEEKDAYS] = {
                "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
        _cleanup_(buffer_done) Buffer words = {0};
        uint32_t most;
        size_t from = fullest(t->weekday_urges, t->weekday_visits, WEEKDAYS, 1, &most), equal = 0;

        for (size_t i = 0; i < WEEKDAYS; i++)
                equal += t->weekday_urges[i] + t->weekday_visits[i] == most;
        if (equal == 1)
                (void)buffer_printf(&words,
                        "Most came on %ss: %u of %u. Spread evenly it would be %u.",
                        weekday_names[from], most, t->n, even_share(t->n, WEEKDAYS));
        else
                (void)buffer_puts(&words, "No weekday stands out.");
        (void)buffer_puts(b, "<figure>\n<h3>By weekday</h3>\n");
        (void)bar_chart_add(b, &(BarChart){.id = "weekdays",
                                       .title = "By day of the week",
                                       .words = words.data ? words.data : "",
                                       .n = WEEKDAYS,
                                       .visits = t->weekday_visits,
                                       .urges = t->weekday_urges,
                                       .labels = labels,
                                       .names = weekday_names});
        (void)buffer_printf(b, "<figcaption>%s</figcaption>\n", words.data ? words.data : "");
        add_times_table(b, "Weekday", weekday_names, WEEKDAYS, t->weekday_urges, t->weekday_visits);
        (void)buffer_puts(b, "</figure>\n");
}

static void add_too_few(Buffer *b, uint32_t n) {
        if (n == 0)
                (void)buffer_puts(b, "<p class=\"few\">Nothing so far.</p>\n");
        else
                (void)buffer_printf(
                        b, "<p class=\"few\">Too few yet to show a pattern (%u).</p>\n", n);
}

static void add_times(Buffer *b, const Times *t) {
        char urges[WORDS_SPACE];

        (void)buffer_puts(b, "<section>\n<h2>When it comes</h2>\n");
        if (t->n < HISTOGRAM_LEAST) {
                add_too_few(b, t->n);
                (void)buffer_puts(b, "</section>\n");
                return;
        }
        (void)buffer_printf(b,
                "<p>%s and %u attempts, slips or contacts: %u in all.</p>\n"
                "<ul class=\"legend\"><li><svg class=\"swatch\" viewBox=\"0 0 40 40\" "
                "aria-hidden=\"true\"><rect class=\"visits\" x=\"8\" y=\"8\" width=\"24\" "
                "height=\"24\"/></svg><span>Attempt, slip or contact</span></li><li><svg "
                "class=\"swatch\" viewBox=\"0 0 40 40\" aria-hidden=\"true\"><rect class=\"urges\" "
                "x=\"8\" y=\"8\" width=\"24\" height=\"24\"/></svg><span>Urge, and nothing "
                "done</span></li></ul>\n<div class=\"pair\">\n",
                words_count(urges, t->n_urges, "urge", "urges"), t->n_visits, t->n);
        add_hours(b, t);
        add_weekdays(b, t);
        if (t->n >= REPORT_LEAST_WEEK) {
                (void)buffer_puts(b, "<figure>\n<h3>By weekday and hour</h3>\n");
                (void)week_chart_add(b, t->all);
                (void)buffer_printf(b,
                        "<figcaption>The larger the dot, the more of the %u.</figcaption>\n"
                        "</figure>\n",
                        t->n);
        }
        (void)buffer_puts(b, "</div>\n</section>\n");
}

/* --- why it came, and what followed ---------------------------------------------------------- */

typedef struct Wording {
        const char *word, *told;
} Wording;

static const char *told(const Wording *list, size_t n, const char *word) {
        for (size_t i = 0; i < n; i++)
                if (streq(list[i].word, word))
                        return list[i].told;
        return word;
}

const char *answer_words(const char *answer) {
        static const Wording list[] = {
                {"leave", "Left"},
                {"breathe", "Breathed"},
                {"write", "Wrote instead"},
                {"call", "Called somebody"},
                {"resist", "Let it pass"},
                {"meant", "\"I meant to\""},
                {"dismissed", "Closed it"},
        };

        return told(list, ARRAY_LEN(list), answer);
}

const char *tag_words(const char *tag) {
        static const Wording list[] = {
                {"late", "Late and alone"},
                {"song", "A song"},
                {"saw", "Saw something"},
                {"drank", "Drank"},
                {"argued", "Argued"},
                {"closure", "Wanted closure"},
                {"other", "Something else"},
        };

        return told(list, ARRAY_LEN(list), tag);
}

static uint32_t words_sum(const ReviewWords *words) {
        uint32_t n = 0;

        for (size_t i = 0; i < words->n; i++)
                n += words->items[i].n;
        return n;
}

/* A row that the caller ends; `dark` of the bar is drawn dark. */
static void add_word(
        Buffer *b, const char *what, const ReviewWord *w, uint32_t dark, uint32_t max) {
        (void)buffer_puts(b, "<li><span class=\"what\">");
        (void)html_add(b, what);
        (void)buffer_puts(b, "</span>");
        (void)share_bar_add(b, w->n, dark, max);
        (void)buffer_printf(b, "<span class=\"n\">%u</span>", w->n);
}

static void add_tags(Buffer *b, const Review *review) {
        const ReviewWords *tags = &review->tags;
        uint32_t n = words_sum(tags);

        (void)buffer_puts(b, "<section>\n<h2>Why then</h2>\n");
        if (n < REPORT_LEAST_WORDS)
                add_too_few(b, n);
        else {
                (void)buffer_printf(b,
                        "<p>What you said was going on, %u times.</p>\n<ul class=\"words\">\n", n);
                for (size_t i = 0; i < tags->n; i++) {
                        add_word(b, tag_words(tags->items[i].word), &tags->items[i],
                                tags->items[i].n, tags->items[0].n);
                        (void)buffer_puts(b, "</li>\n");
                }
                (void)buffer_puts(b, "</ul>\n");
        }
        (void)buffer_puts(b, "</section>\n");
}

/* How often nothing followed is said of each answer that was given often enough. */
static void add_answer(Buffer *b, const ReviewWord *w, uint32_t max) {
        bool enough = w->n >= REPORT_LEAST_WORDS;

        add_word(b, answer_words(w->word), w, enough ? w->quiet : 0, max);
        if (enough)
                (void)buffer_printf(
                        b, "<span class=\"then\">quiet after %u of %u</span>", w->quiet, w->n);
        (void)buffer_puts(b, "</li>\n");
}

static void add_answers(Buffer *b, const Review *review) {
        const ReviewWords *answers = &review->answers;
        uint32_t n = words_sum(answers);

        (void)buffer_puts(b, "<section>\n<h2>What helped</h2>\n");
        if (n < REPORT_LEAST_WORDS) {
                add_too_few(b, n);
                (void)buffer_puts(b, "</section>\n");
                return;
        }
        (void)buffer_printf(b,
                "<p>What you did at the pause, %u times, and how often it was quiet after it.</p>\n"
                "<ul class=\"words\">\n",
                n);
        for (size_t i = 0; i < answers->n; i++)
                add_answer(b, &answers->items[i], answers->items[0].n);
        (void)buffer_printf(b,
                "</ul>\n<p class=\"soft\">Quiet: no attempt, slip or contact was recorded in the half "
                "hour after it. The two went together; that the one made the other is not said. Of "
                "fewer than %d nothing is said.</p>\n</section>\n",
                REPORT_LEAST_WORDS);
}

/* --- the rest, as plain facts ---------------------------------------------------------------- */

static void add_facts(Buffer *b, const Review *review) {
        const struct {
                uint32_t n;
                const char *one, *many;
        } facts[] = {
                {review->incoming, "time they wrote or called.", "times they wrote or called."},
                {review->held, "message of theirs was kept for later, unseen.",
                        "messages of theirs were kept for later, unseen."},
                {review->exceptions, "exception was taken.", "exceptions were taken."},
                {review->repairs, "time the block was repaired.", "times the block was repaired."},
                {review->clock_jumps, "time the clock was set; no promise is shorter for it.",
                        "times the clock was set; no promise is shorter for it."},
                {review->corrected, "entry was corrected, and is counted as corrected.",
                        "entries were corrected, and are counted as corrected."},
        };
        bool any = false;
        char words[128];

        for (size_t i = 0; i < ARRAY_LEN(facts); i++) {
                if (facts[i].n == 0)
                        continue;
                if (!any)
                        (void)buffer_puts(
                                b, "<section>\n<h2>Also recorded</h2>\n<ul class=\"facts\">\n");
                any = true;
                (void)snprintf(words, sizeof(words), "%u %s", facts[i].n,
                        facts[i].n == 1 ? facts[i].one : facts[i].many);
                (void)buffer_printf(b, "<li>%s</li>\n", words);
        }
        if (any)
                (void)buffer_puts(b, "</ul>\n</section>\n");
}

static void add_footer(Buffer *b, const Review *review, const Times *t) {
        char made[TIME_TEXT_SPACE], days[WORDS_SPACE], entries[WORDS_SPACE];

        (void)buffer_puts(b, "<footer>\n<p>");
        if (review->n_days > 1) {
                add_date(b, &review->days[0]);
                (void)buffer_puts(b, " to ");
        }
        add_date(b, &review->days[review->n_days - 1]);
        (void)buffer_printf(b, ": %s, %s. Made %s.</p>\n",
                words_count(days, review->n_days, "day", "days"),
                t->n > 0 ? words_count(entries, t->n, "urge, attempt, slip or contact",
                                   "urges, attempts, slips and contacts")
                         : "and nothing recorded",
                time_format_local(made, sizeof(made), review->made_usec));
        (void)buffer_puts(b,
                "<p>What nocontact did not see is not in it. This page is only on your "
                "computer.</p>\n</footer>\n");
}

int page_add(Buffer *b, const Person *person, const Review *review, const char *name) {
        Times times;

        times_count(review, &times);
        (void)buffer_puts(b,
                "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
                "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\"/>\n"
                "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
                "<meta name=\"color-scheme\" content=\"light dark\"/>\n"
                "<meta name=\"referrer\" content=\"no-referrer\"/>\n"
                "<meta name=\"robots\" content=\"noindex\"/>\n<title>Report</title>\n<style>");
        (void)buffer_puts(b, report_style);
        (void)buffer_puts(b, "</style>\n</head>\n<body>\n<main>\n");
        add_header(b, person, name);
        add_milestones(b, person, review);
        add_calendar(b, review);
        add_times(b, &times);
        (void)buffer_puts(b, "<div class=\"pair words-pair\">\n");
        add_tags(b, review);
        add_answers(b, review);
        (void)buffer_puts(b, "</div>\n");
        add_facts(b, review);
        add_footer(b, review, &times);
        (void)buffer_puts(b, "</main>\n</body>\n</html>\n");
        return b->error;
}
