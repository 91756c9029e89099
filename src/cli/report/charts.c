/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Draws counts. Two series differ in lightness and outline, not in colour alone. It decides nothing
 * and reads no text of others. Used by page.c. */

#include "cli/report/charts.h"

#include "cli/output.h"

#include <math.h>

enum {
        WIDTH = 420, /* units of a picture, which is as wide as its place allows */
        LEFT = 30,   /* the numbers of the axis */
        TOP = 10,
        PLOT = 150,
        FOOT = 30, /* the labels */
        LINES_MAX = 5,

        DOT_CELL = 16, /* of the week's hours */
        DOT_ROW = 22,
        DOT_LEFT = 36,
        DOT_MIN = 2,
        DOT_MAX = 8,
};

const char *const hour_names[HOURS] = {"0 to 1 h", "1 to 2 h", "2 to 3 h", "3 to 4 h", "4 to 5 h",
        "5 to 6 h", "6 to 7 h", "7 to 8 h", "8 to 9 h", "9 to 10 h", "10 to 11 h", "11 to 12 h",
        "12 to 13 h", "13 to 14 h", "14 to 15 h", "15 to 16 h", "16 to 17 h", "17 to 18 h",
        "18 to 19 h", "19 to 20 h", "20 to 21 h", "21 to 22 h", "22 to 23 h", "23 to 24 h"};

/* --- bars ------------------------------------------------------------------------------------ */

/* The distance of the axis' lines: 1, 2, 5, 10, ... so that there are few of them. */
static uint32_t axis_step(uint32_t max) {
        static const uint32_t factors[] = {1, 2, 5};

        for (uint32_t ten = 1; ten <= UINT32_MAX / 10; ten *= 10)
                for (size_t i = 0; i < ARRAY_LEN(factors); i++)
                        if (max / (ten * factors[i]) < LINES_MAX)
                                return ten * factors[i];
        return max;
}

static double height_of(uint32_t n, uint32_t top) {
        return (double)PLOT * n / top;
}

/* Lines at each step up to the top, with their numbers. */
static void add_axis(Buffer *b, uint32_t step, uint32_t top) {
        (void)buffer_puts(b, "<g class=\"axis\">");
        for (uint64_t at = 0; at <= top; at += step) {
                double y = TOP + PLOT - height_of((uint32_t)at, top);

                (void)buffer_printf(b,
                        "<path d=\"M%d %.1fH%d\"/><text x=\"%d\" y=\"%.1f\">%llu</text>", LEFT, y,
                        WIDTH, LEFT - 7, y + 5, (unsigned long long)at);
        }
        (void)buffer_puts(b, "</g>\n");
}

static void add_bar(Buffer *b, const BarChart *chart, size_t i, uint32_t top) {
        double slot = (double)(WIDTH - LEFT) / (double)chart->n, gap = slot / 6,
               x = LEFT + slot * (double)i + gap, width = slot - 2 * gap, base = TOP + PLOT,
               visits = height_of(chart->visits[i], top), urges = height_of(chart->urges[i], top);

        (void)buffer_printf(b, "<g><title>%s: ", chart->names[i]);
        (void)buffer_printf(b, "%u and %u</title>", chart->visits[i], chart->urges[i]);
        if (chart->visits[i] > 0)
                (void)buffer_printf(b,
                        "<rect class=\"visits\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
                        "height=\"%.1f\"/>",
                        x, base - visits, width, visits);
        if (chart->urges[i] > 0)
                (void)buffer_printf(b,
                        "<rect class=\"urges\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
                        "height=\"%.1f\"/>",
                        x, base - visits - urges, width, urges);
        if (chart->labels[i])
                (void)buffer_printf(b, "<text x=\"%.1f\" y=\"%d\">%s</text>", x + width / 2,
                        TOP + PLOT + 22, chart->labels[i]);
        (void)buffer_puts(b, "</g>\n");
}

int bar_chart_add(Buffer *b, const BarChart *chart) {
        uint32_t max = 1, step;

        for (size_t i = 0; i < chart->n; i++)
                max = MAX(max, chart->visits[i] + chart->urges[i]);
        step = axis_step(max);
        (void)buffer_printf(b,
                "<svg class=\"bars\" viewBox=\"0 0 %d %d\" role=\"img\" "
                "aria-labelledby=\"%s-t %s-d\"><title id=\"%s-t\">%s</title>"
                "<desc id=\"%s-d\">%s</desc>\n",
                WIDTH, TOP + PLOT + FOOT, chart->id, chart->id, chart->id, chart->title, chart->id,
                chart->words);
        add_axis(b, step, max);
        for (size_t i = 0; i < chart->n; i++)
                add_bar(b, chart, i, max);
        (void)buffer_puts(b, "</svg>\n");
        return b->error;
}

/* --- dots ------------------------------------------------------------------------------------ */

/* The area goes with the count. */
static double dot_radius(uint32_t n, uint32_t max) {
        return MAX(DOT_MAX * sqrt((double)n / max), (double)DOT_MIN);
}

static void add_dots(Buffer *b, const uint32_t *counts, uint32_t max, unsigned weekday) {
        unsigned y = DOT_ROW * weekday + DOT_ROW / 2;

        (void)buffer_printf(b, "<text class=\"side\" x=\"0\" y=\"%u\">%.3s</text>", y + 5,
                weekday_names[weekday]);
        for (unsigned hour = 0; hour < HOURS; hour++) {
                uint32_t n = counts[weekday * HOURS + hour];
                unsigned x = DOT_LEFT + hour * DOT_CELL + DOT_CELL / 2;

                if (n == 0)
                        (void)buffer_printf(
                                b, "<circle class=\"none\" cx=\"%u\" cy=\"%u\" r=\"1\"/>", x, y);
                else
                        (void)buffer_printf(b,
                                "<circle class=\"some\" cx=\"%u\" cy=\"%u\" r=\"%.1f\">"
                                "<title>%s, %s: %u</title></circle>",
                                x, y, dot_radius(n, max), weekday_names[weekday], hour_names[hour],
                                n);
        }
        (void)buffer_putc(b, '\n');
}

int week_chart_add(Buffer *b, const uint32_t *counts) {
        static const unsigned label_every = 3;
        uint32_t max = 1;

        for (size_t i = 0; i < WEEK_HOURS; i++)
                max = MAX(max, counts[i]);
        (void)buffer_printf(b,
                "<svg class=\"week\" viewBox=\"0 0 %d %d\" role=\"img\" "
                "aria-labelledby=\"week-t week-d\"><title id=\"week-t\">By weekday and hour</title>"
                "<desc id=\"week-d\">A row of dots for each weekday, a dot for each hour; at most "
                "%u in one hour.</desc>\n",
                DOT_LEFT + DOT_CELL * HOURS, DOT_ROW * WEEKDAYS + FOOT, max);
        for (unsigned i = 0; i < WEEKDAYS; i++)
                add_dots(b, counts, max, i);
        for (unsigned hour = 0; hour < HOURS; hour += label_every)
                (void)buffer_printf(b, "<text x=\"%u\" y=\"%d\">%u</text>",
                        DOT_LEFT + hour * DOT_CELL + DOT_CELL / 2, DOT_ROW * WEEKDAYS + 20, hour);
        (void)buffer_puts(b, "</svg>\n");
        return b->error;
}

/* --- a single bar ---------------------------------------------------------------------------- */

int share_bar_add(Buffer *b, uint32_t n, uint32_t part, uint32_t max) {
        double whole = max > 0 ? 100.0 * n / max : 0, dark = max > 0 ? 100.0 * part / max : 0;

        return buffer_printf(b,
                "<svg class=\"share\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" "
                "aria-hidden=\"true\"><rect class=\"urges\" width=\"%.1f\" height=\"10\"/>"
                "<rect class=\"visits\" width=\"%.1f\" height=\"10\"/></svg>",
                whole, dark);
}
