/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Draws the calendar. Marks differ in shape and in lightness, so that they can be told apart
 * without colour; a day that was met and kept is the strongest of them, and none is red. Which days
 * there are, and on which weekday, the daemon said. Used by page.c. */

#include "cli/report/calendar.h"

#include "cli/output.h"

#include <assert.h>

enum {
        CELL = 40, /* units of the picture, which is as wide as its place allows */
        HEAD = 28, /* the row of weekdays */
        RADIUS = 17,
        SIDE = 29, /* of the squares */
};

/* How a day is drawn, said and explained. */
static const struct {
        const char *class, *count, *legend;
} marks[_DAY_MARK_MAX] = {
        [DAY_KEPT] = {"kept", "kept", "Kept"},
        [DAY_MET] = {"met", "met and kept", "Met and kept: an urge or an attempt came"},
        [DAY_SLIP] = {"slip", "with a slip", "A slip: something of theirs was seen"},
        [DAY_RELAPSE] = {"made", "with contact made", "Contact was made"},
};

DayMark day_mark(const ReviewDay *d) {
        if (d->relapses > 0)
                return DAY_RELAPSE;
        if (d->slips > 0)
                return DAY_SLIP;
        return d->attempts > 0 || d->urges > 0 ? DAY_MET : DAY_KEPT;
}

/* --- a day ----------------------------------------------------------------------------------- */

static void add_mark(Buffer *b, DayMark mark, unsigned x, unsigned y) {
        if (mark == DAY_SLIP)
                (void)buffer_printf(b, "<path d=\"M%u %ul%d %dl%d %dl%d %dz\"/>", x, y - RADIUS - 2,
                        RADIUS + 2, RADIUS + 2, -RADIUS - 2, RADIUS + 2, -RADIUS - 2, -RADIUS - 2);
        else if (mark == DAY_RELAPSE)
                (void)buffer_printf(b, "<path d=\"M%u %uh%dv%dh%dz\"/><path d=\"M%u %uh%d\"/>",
                        x - SIDE / 2, y - SIDE / 2, SIDE, SIDE, -SIDE, x - SIDE / 2,
                        y + SIDE / 2 - 4, SIDE);
        else
                (void)buffer_printf(b, "<circle cx=\"%u\" cy=\"%u\" r=\"%d\"/>", x, y, RADIUS);
}

static void add_what(Buffer *b, const ReviewDay *d) {
        const struct {
                uint32_t n;
                const char *one, *many;
        } counts[] = {
                {d->urges, "urge", "urges"},
                {d->attempts, "attempt", "attempts"},
                {d->slips, "slip", "slips"},
                {d->relapses, "contact made", "contacts made"},
        };
        const char *before = "";
        char words[WORDS_SPACE];

        for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
                if (counts[i].n == 0)
                        continue;
                (void)buffer_puts(b, before);
                (void)buffer_puts(
                        b, words_count(words, counts[i].n, counts[i].one, counts[i].many));
                before = ", ";
        }
        if (before[0] == '\0')
                (void)buffer_puts(b, "kept");
}

/* Where a day of the same month has its middle. The picture begins with the week of its first day,
 * which is not always that of the month's. */
static void day_place(const ReviewDay *first, unsigned day, unsigned *ret_x, unsigned *ret_y) {
        unsigned at = first->weekday + day - first->day;

        *ret_x = at % WEEKDAYS * CELL + CELL / 2;
        *ret_y = at / WEEKDAYS * CELL + CELL / 2 + HEAD;
}

static void add_number(Buffer *b, unsigned x, unsigned y, unsigned day) {
        (void)buffer_printf(b, "<text x=\"%u\" y=\"%u\">%u</text>", x, y + 5, day);
}

static void add_day(Buffer *b, const ReviewDay *first, const ReviewDay *d) {
        DayMark mark = day_mark(d);
        unsigned x, y;

        day_place(first, d->day, &x, &y);
        (void)buffer_printf(b, "<g class=\"%s\"><title>%s, %u %s %u: ", marks[mark].class,
                weekday_names[d->weekday], d->day, month_names[d->month], d->year);
        add_what(b, d);
        (void)buffer_puts(b, "</title>");
        add_mark(b, mark, x, y);
        add_number(b, x, y, d->day);
        (void)buffer_puts(b, "</g>");
}

/* --- a month --------------------------------------------------------------------------------- */

/* "24 days kept, 3 days met and kept" */
static void add_month_words(Buffer *b, const ReviewDay *days, size_t n) {
        unsigned counts[_DAY_MARK_MAX] = {0};
        const char *before = "";
        char words[WORDS_SPACE];

        for (size_t i = 0; i < n; i++)
                counts[day_mark(&days[i])]++;
        for (size_t i = 0; i < _DAY_MARK_MAX; i++) {
                if (counts[i] == 0)
                        continue;
                (void)buffer_printf(b, "%s%s %s", before,
                        words_count(words, counts[i], "day", "days"), marks[i].count);
                before = ", ";
        }
}

static void add_month(Buffer *b, const ReviewDay *days, size_t n) {
        unsigned x, y, id = days[0].year * 100 + days[0].month;

        assert(n > 0);
        day_place(&days[0], days[n - 1].day, &x, &y);
        (void)buffer_printf(b,
                "<figure class=\"month\">\n"
                "<h3>%s %u</h3>\n"
                "<svg viewBox=\"0 0 %d %u\" role=\"img\" aria-labelledby=\"m%u d%u\">"
                "<title id=\"m%u\">%s %u</title><desc id=\"d%u\">",
                month_names[days[0].month], days[0].year, CELL * WEEKDAYS, y + CELL / 2, id, id, id,
                month_names[days[0].month], days[0].year, id);
        add_month_words(b, days, n);
        (void)buffer_puts(b, "</desc>\n<g class=\"names\">");
        for (unsigned i = 0; i < WEEKDAYS; i++)
                (void)buffer_printf(b, "<text x=\"%u\" y=\"16\">%.3s</text>", i * CELL + CELL / 2,
                        weekday_names[i]);
        (void)buffer_puts(b, "</g>\n<g class=\"before\">");
        for (unsigned i = MIN(days[0].weekday, days[0].day - 1); i > 0; i--) {
                day_place(&days[0], days[0].day - i, &x, &y);
                add_number(b, x, y, days[0].day - i);
        }
        (void)buffer_puts(b, "</g>\n");
        for (size_t i = 0; i < n; i++) {
                add_day(b, &days[0], &days[i]);
                (void)buffer_putc(b, '\n');
        }
        (void)buffer_puts(b, "</svg>\n</figure>\n");
}

static void add_legend(Buffer *b, const Review *review) {
        bool seen[_DAY_MARK_MAX] = {[DAY_KEPT] = true, [DAY_MET] = true};

        for (size_t i = 0; i < review->n_days; i++)
                seen[day_mark(&review->days[i])] = true;
        (void)buffer_puts(b, "<ul class=\"legend\">\n");
        for (size_t i = 0; i < _DAY_MARK_MAX; i++) {
                if (!seen[i])
                        continue;
                (void)buffer_printf(b,
                        "<li><svg class=\"swatch\" viewBox=\"0 0 %d %d\" aria-hidden=\"true\">"
                        "<g class=\"%s\">",
                        CELL, CELL, marks[i].class);
                add_mark(b, (DayMark)i, CELL / 2, CELL / 2);
                (void)buffer_printf(b, "</g></svg><span>%s</span></li>\n", marks[i].legend);
        }
        if (review->days[0].day > 1 && review->days[0].weekday > 0)
                (void)buffer_printf(b,
                        "<li><svg class=\"swatch\" viewBox=\"0 0 %d %d\" aria-hidden=\"true\">"
                        "<g class=\"before\"><text x=\"%d\" y=\"%d\">%u</text></g></svg>"
                        "<span>Before the first day of this report</span></li>\n",
                        CELL, CELL, CELL / 2, CELL / 2 + 5, review->days[0].day - 1);
        (void)buffer_puts(b, "</ul>\n");
}

int calendar_add(Buffer *b, const Review *review) {
        const ReviewDay *days = review->days;
        size_t from = 0;

        (void)buffer_puts(b, "<div class=\"months\">\n");
        for (size_t i = 1; i <= review->n_days; i++) {
                if (i < review->n_days && days[i].month == days[from].month)
                        continue;
                add_month(b, &days[from], i - from);
                from = i;
        }
        add_legend(b, review);
        (void)buffer_puts(b, "</div>\n");
        return b->error;
}
