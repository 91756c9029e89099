/* SPDX-License-Identifier: GPL-3.0-or-later */

/* How it is going: status and stats. The best figure comes first, there is no "day 0", and a
 * statistic that rests on too little says so and shows nothing. */

#include "cli/commands/commands.h"
#include "cli/shapes.h"
#include "common/buffer.h"
#include "common/time.h"

#include <errno.h>

/* --- status ---------------------------------------------------------------------------------- */

static uint64_t whole_days(uint64_t usec) {
        return usec / USEC_PER_DAY;
}

static void print_heading(Output *o, const Person *p) {
        const char *what = streq(p->mode, "limited") ? "limited contact" : "no contact";
        char ends[TIME_TEXT_SPACE];

        (void)time_format_local(ends, sizeof(ends), p->ends_usec);
        if (p->locked)
                output_line(o, STYLE_STRONG, "%s: %s until %s", p->name, what, ends);
        else if (p->ends_usec > 0)
                output_line(o, STYLE_STRONG, "%s: %s, ran until %s", p->name, what, ends);
        else
                output_line(o, STYLE_STRONG, "%s: no commitment", p->name);
}

/* The streak when it is the best there is; after a slip, what outlasts it. */
static void print_best(Output *o, const Person *p) {
        uint64_t longest = whole_days(p->longest_usec), total = whole_days(p->total_usec);
        char a[WORDS_SPACE], b[WORDS_SPACE];

        if (p->streak_days > 0 && p->streak_days >= longest && p->streak_days >= total)
                output_line(o, STYLE_GOOD, "  %s without contact, your longest so far.",
                        words_count(a, p->streak_days, "day", "days"));
        else if (total > 0 && total >= longest)
                output_line(o, STYLE_GOOD, "  %s in all, %s in a row at best.",
                        words_count(a, total, "contact-free day", "contact-free days"),
                        words_count(b, longest, "day", "days"));
        else if (longest > 0)
                output_line(o, STYLE_GOOD, "  %s in a row at best, %s this time.",
                        words_count(a, longest, "day", "days"),
                        words_count(b, total, "contact-free day", "contact-free days"));
        if (p->streak_days == 0)
                output_line(o, longest > 0 || total > 0 ? STYLE_PLAIN : STYLE_GOOD,
                        "  Today is the first day.");
}

/* "2 urges, 1 attempt"; only what there is. The caller frees; NULL when memory is out. */
static char *counts_text(const Person *p) {
        const struct {
                uint32_t n;
                const char *one, *many;
        } counts[] = {
                {p->urges, "urge", "urges"},
                {p->attempts, "attempt", "attempts"},
                {p->slips, "slip", "slips"},
                {p->relapses, "contact made", "contacts made"},
                {p->incoming, "from them", "from them"},
        };
        _cleanup_(buffer_done) Buffer b = {0};
        char words[WORDS_SPACE];

        for (size_t i = 0; i < ARRAY_LEN(counts); i++)
                if (counts[i].n > 0)
                        (void)buffer_printf(&b, "%s%s", b.len > 0 ? ", " : "",
                                words_count(words, counts[i].n, counts[i].one, counts[i].many));
        if (b.error == 0 && b.len == 0)
                (void)buffer_puts(&b, "nothing so far");
        return buffer_take(&b);
}

/* A row with a number of days; nought is not shown, the first day has its own sentence. */
static void days_row(Grid *grid, const char *label, const char *before, uint64_t days) {
        char words[WORDS_SPACE];

        if (days == 0)
                return;
        grid_cell(grid, STYLE_QUIET, "%s", label);
        grid_cell(grid, STYLE_PLAIN, "%s%s", before, words_count(words, days, "day", "days"));
}

static void print_figures(Output *o, const Person *p) {
        _cleanup_(grid_done) Grid grid = {.columns = 2, .wrap = true, .indent = 2};
        _cleanup_free_ char *counts = counts_text(p);
        char since[TIME_TEXT_SPACE];

        if (!counts) {
                o->failed = true;
                return;
        }
        if (p->hours && p->hours[0] != '\0') {
                grid_cell(&grid, STYLE_QUIET, "Hours");
                grid_cell(&grid, STYLE_PLAIN, "%s", p->hours);
        }
        days_row(&grid, "Streak", "", p->streak_days);
        grid_cell(&grid, STYLE_QUIET, "Since");
        grid_cell(&grid, STYLE_PLAIN, "%s", time_format_local(since, sizeof(since), p->since_usec));
        days_row(&grid, "Longest", "", whole_days(p->longest_usec));
        days_row(&grid, "In all", "", whole_days(p->total_usec));
        days_row(&grid, "Milestone", "next at ", p->next_milestone_days);
        grid_cell(&grid, STYLE_QUIET, "Recorded");
        grid_cell(&grid, STYLE_PLAIN, "%s", counts);
        if (p->held > 0) {
                grid_cell(&grid, STYLE_QUIET, "Messages");
                grid_cell(&grid, STYLE_PLAIN, "%llu held", (unsigned long long)p->held);
        }
        output_grid(o, &grid);
}

static void print_person(Output *o, const Person *p) {
        print_heading(o, p);
        if (p->ends_usec == 0) {
                output_line(o, STYLE_PLAIN, "  `nocontact begin \"%s\"` begins one of 30 days.",
                        p->name);
                return;
        }
        print_best(o, p);
        print_figures(o, p);
}

void layers_print(Output *o, const Overview *overview) {
        static const struct {
                const char *state, *word;
                Style style;
        } states[] = {
                {"active", "works", STYLE_GOOD},
                {"degraded", "works in part", STYLE_NOTE},
                {"unavailable", "not available", STYLE_NOTE},
                {"off", "off", STYLE_QUIET},
        };
        _cleanup_(grid_done) Grid grid = {.columns = 3, .wrap = true, .indent = 2};

        for (size_t i = 0; i < overview->n_layers; i++) {
                const Layer *l = &overview->layers[i];
                const char *word = l->state;
                Style style = STYLE_PLAIN;

                for (size_t k = 0; k < ARRAY_LEN(states); k++) {
                        if (!streq(states[k].state, l->state))
                                continue;
                        word = states[k].word;
                        style = states[k].style;
                }
                grid_cell(&grid, STYLE_PLAIN, "%s", l->name);
                grid_cell(&grid, style, "%s", word);
                grid_cell(&grid, STYLE_PLAIN, "%s", l->detail);
        }
        output_grid(o, &grid);
}

void pending_print(Output *o, const Overview *overview) {
        _cleanup_(grid_done) Grid grid = {.columns = 3, .wrap = true, .indent = 2};
        char due[TIME_TEXT_SPACE];

        for (size_t i = 0; i < overview->n_pending; i++) {
                const Pending *p = &overview->pending[i];

                grid_cell(&grid, STYLE_QUIET, "%llu", (unsigned long long)p->id);
                grid_cell(&grid, STYLE_PLAIN, "due %s",
                        time_format_local(due, sizeof(due), p->due_usec));
                grid_cell(&grid, STYLE_PLAIN, "%s", p->what);
        }
        output_grid(o, &grid);
}

static void print_status(Output *o, const Overview *overview, const People *people) {
        for (size_t i = 0; i < people->n; i++) {
                print_person(o, &people->items[i]);
                output_blank(o);
        }
        if (people->n == 0) {
                output_line(o, STYLE_PLAIN,
                        "Nobody is here yet. `nocontact begin NAME` adds a person and begins, for 30 days.");
                output_blank(o);
        }
        if (overview->n_layers > 0) {
                output_line(o, STYLE_STRONG, "What keeps it");
                layers_print(o, overview);
        }
        if (overview->n_pending > 0) {
                output_blank(o);
                output_line(o, STYLE_STRONG, "What waits");
                pending_print(o, overview);
        }
}

/* --- status --format waybar ------------------------------------------------------------------ */

/* Waybar reads text and tooltip as Pango markup (waybar-custom(5), `escape`). */
static void add_markup(Buffer *b, const char *text) {
        for (; *text; text++) {
                if (*text == '&')
                        (void)buffer_puts(b, "&amp;");
                else if (*text == '<')
                        (void)buffer_puts(b, "&lt;");
                else if (*text == '>')
                        (void)buffer_puts(b, "&gt;");
                else
                        (void)buffer_putc(b, *text);
        }
}

/* Contact-free time as a share of the time that was promised: it does not fall back after a
 * slip. */
static unsigned share(const Person *p) {
        uint64_t promised = p->ends_usec > p->began_usec ? p->ends_usec - p->began_usec : 0;

        if (promised == 0)
                return 0;
        return (unsigned)MIN(100.0, 100.0 * (double)p->total_usec / (double)promised);
}

/* The text names nobody: a bar is seen by whoever looks over the shoulder. The tooltip does. */
static void add_waybar_person(Buffer *text, Buffer *tooltip, const Person *p) {
        char words[WORDS_SPACE], ends[TIME_TEXT_SPACE];
        uint64_t total = whole_days(p->total_usec);

        if (text->len > 0)
                (void)buffer_puts(text, ", ");
        if (p->streak_days > 0)
                (void)buffer_puts(text, words_count(words, p->streak_days, "day", "days"));
        else if (total > 0)
                (void)buffer_printf(text, "%s in all", words_count(words, total, "day", "days"));
        else
                (void)buffer_puts(text, "first day");

        if (tooltip->len > 0)
                (void)buffer_putc(tooltip, '\n');
        add_markup(tooltip, p->name);
        (void)buffer_printf(tooltip, "%s", p->locked ? " until " : ", ran until ");
        (void)buffer_puts(tooltip, time_format_local(ends, sizeof(ends), p->ends_usec));
        (void)buffer_printf(tooltip, "\nlongest %s",
                words_count(words, whole_days(p->longest_usec), "day", "days"));
        (void)buffer_printf(tooltip, ", in all %s", words_count(words, total, "day", "days"));
        if (p->next_milestone_days > 0)
                (void)buffer_printf(tooltip, ", next milestone %s",
                        words_count(words, p->next_milestone_days, "day", "days"));
}

static Status print_waybar(Call *call, const Overview *overview, const People *people) {
        _cleanup_(buffer_done) Buffer text = {0}, tooltip = {0};
        unsigned percentage = 100;
        bool any = false;
        json_t *json;

        for (size_t i = 0; i < people->n; i++) {
                const Person *p = &people->items[i];

                if (p->ends_usec == 0)
                        continue;
                any = true;
                percentage = MIN(percentage, share(p));
                add_waybar_person(&text, &tooltip, p);
        }
        if (!any)
                (void)buffer_puts(&tooltip, "No commitment runs.");
        if (text.error < 0 || tooltip.error < 0)
                return call_failed(call, -ENOMEM);

        json = json_pack("{s:s, s:s, s:s, s:i}", "text", text.len > 0 ? text.data : "", "tooltip",
                tooltip.data, "class", overview->state, "percentage", any ? (int)percentage : 0);
        output_json_line(call->out, json);
        json_decref(json);
        return STATUS_DONE;
}

static Status status_run(Call *call) {
        const char *format = call_value(call, "format", "");
        _cleanup_(overview_done) Overview overview = {0};
        _cleanup_(people_done) People people = {0};
        int r;

        if (call_has(call, "format") && !streq(format, "waybar"))
                return call_misused(call, "--format is waybar, not \"%s\".", format);
        if (call_has(call, "format") && call_has(call, "json"))
                return call_misused(call, "--json and --format go apart.");

        r = client_overview(call->client, &overview);
        if (r >= 0)
                r = client_list_people(call->client, &people);
        if (r >= 0)
                r = client_count_held(call->client, &people);
        if (r < 0)
                return call_failed(call, r);
        if (call_has(call, "format"))
                return print_waybar(call, &overview, &people);
        if (call_has(call, "json")) {
                json_t *json = shape_status(&overview, &people);

                output_json(call->out, json);
                json_decref(json);
                return STATUS_DONE;
        }
        print_status(call->out, &overview, &people);
        return STATUS_DONE;
}

static const Option status_options[] = {
        OPTION_JSON,
        {"format", "waybar", "print what a custom module of waybar reads", NULL},
        {0},
};

const Command command_status = {
        .name = "status",
        .usage = "[--json | --format waybar]",
        .summary = "Show how it is going.",
        .about = "Everybody's streak and counts, what keeps it on this machine, and what waits.",
        .options = status_options,
        .run = status_run,
};

/* --- stats ----------------------------------------------------------------------------------- */

enum {
        BAR_WIDTH = 24,
        BAND_HOURS = 3, /* hours in one line of the screen; --json has each */
        BANDS = HOURS / BAND_HOURS,
};

static void bar_row(Output *o, Grid *grid, uint32_t value, uint32_t max) {
        _cleanup_free_ char *bar = words_bar(o, value, max, BAR_WIDTH);

        if (!bar) {
                grid->failed = true;
                return;
        }
        grid_cell(grid, STYLE_PLAIN, "%3u", value);
        grid_cell(grid, STYLE_GOOD, "%s", bar);
}

static uint32_t largest(const uint32_t *counts, size_t n) {
        uint32_t max = 0;

        for (size_t i = 0; i < n; i++)
                max = MAX(max, counts[i]);
        return max;
}

static void print_weekdays(Output *o, const Histogram *h) {
        _cleanup_(grid_done) Grid grid = {.columns = 3, .indent = 2};
        uint32_t max = largest(h->weekdays, WEEKDAYS);

        for (size_t i = 0; i < WEEKDAYS; i++) {
                grid_cell(&grid, STYLE_PLAIN, "%s", weekday_names[i]);
                bar_row(o, &grid, h->weekdays[i], max);
        }
        output_grid(o, &grid);
}

static void print_hours(Output *o, const Histogram *h) {
        _cleanup_(grid_done) Grid grid = {.columns = 3, .indent = 2};
        uint32_t bands[BANDS] = {0}, max;

        for (size_t i = 0; i < HOURS; i++)
                bands[i / BAND_HOURS] += h->hours[i];
        max = largest(bands, BANDS);
        for (size_t i = 0; i < BANDS; i++) {
                grid_cell(&grid, STYLE_PLAIN, "%02zu to %02zu h", i * BAND_HOURS,
                        (i + 1) * BAND_HOURS);
                bar_row(o, &grid, bands[i], max);
        }
        output_grid(o, &grid);
}

static void print_histogram(Output *o, const Histogram *h) {
        if (h->n < HISTOGRAM_LEAST) {
                output_line(o, STYLE_PLAIN,
                        "When it comes: there are too few entries yet to say (n = %u, needed are %d).",
                        h->n, HISTOGRAM_LEAST);
                return;
        }
        output_line(o, STYLE_STRONG,
                "When it comes (n = %u: urges, attempts, slips, contacts made)", h->n);
        output_blank(o);
        print_hours(o, h);
        output_blank(o);
        print_weekdays(o, h);
}

static void print_stats_person(Output *o, const Person *p) {
        _cleanup_(grid_done) Grid grid = {.columns = 2, .wrap = true, .indent = 2};
        _cleanup_free_ char *counts = counts_text(p);
        char longest[WORDS_SPACE], total[WORDS_SPACE];

        if (!counts) {
                o->failed = true;
                return;
        }
        output_line(o, STYLE_STRONG, "%s", p->name);
        if (p->ends_usec == 0) {
                output_line(o, STYLE_PLAIN, "  No commitment yet.");
                return;
        }
        (void)words_count(
                total, whole_days(p->total_usec), "contact-free day", "contact-free days");
        (void)words_count(longest, whole_days(p->longest_usec), "day", "days");
        grid_cell(&grid, STYLE_QUIET, "Days");
        if (whole_days(p->total_usec) == 0 && whole_days(p->longest_usec) == 0)
                grid_cell(&grid, STYLE_PLAIN, "the first day");
        else
                grid_cell(&grid, STYLE_PLAIN, "%s in all, %s in a row at best", total, longest);
        grid_cell(&grid, STYLE_QUIET, "Steadiness");
        grid_cell(&grid, STYLE_PLAIN, "%.0f of 100, a rolling figure that forgives a lapse",
                100 * p->score);
        grid_cell(&grid, STYLE_QUIET, "Recorded");
        grid_cell(&grid, STYLE_PLAIN, "%s", counts);
        output_grid(o, &grid);
}

/* An array of counts, or null when they rest on too little. */
static json_t *counts_json(const Histogram *h, const uint32_t *counts, size_t n) {
        json_t *list;

        if (h->n < HISTOGRAM_LEAST)
                return json_null();
        list = json_array();
        for (size_t i = 0; list && i < n; i++)
                (void)json_array_append_new(list, json_integer((json_int_t)counts[i]));
        return list;
}

static void print_stats_json(
        Output *o, const Person *only, const People *people, const Histogram *h) {
        json_t *list = json_array(), *json;

        for (size_t i = 0; list && i < people->n; i++)
                if (!only || only == &people->items[i])
                        (void)json_array_append_new(list, shape_person(&people->items[i]));
        json = json_pack("{s:o, s:I, s:i, s:o, s:o}", "people", list, "n", (json_int_t)h->n,
                "minimum", HISTOGRAM_LEAST, "hours", counts_json(h, h->hours, HOURS), "weekdays",
                counts_json(h, h->weekdays, WEEKDAYS));
        output_json(o, json);
        json_decref(json);
}

static Status stats_run(Call *call) {
        const char *name = call_value(call, "person", NULL);
        _cleanup_(people_done) People people = {0};
        const Person *person = NULL;
        Histogram histogram;
        Status status;
        int r;

        if (name) {
                status = call_person(call, name, &people, &person);
                if (status != STATUS_DONE)
                        return status;
        } else {
                r = client_list_people(call->client, &people);
                if (r < 0)
                        return call_failed(call, r);
        }
        r = client_histogram(call->client, person ? person->path : NULL, &histogram);
        if (r < 0)
                return call_failed(call, r);
        if (call_has(call, "json")) {
                print_stats_json(call->out, person, &people, &histogram);
                return STATUS_DONE;
        }
        for (size_t i = 0; i < people.n; i++) {
                if (person && person != &people.items[i])
                        continue;
                print_stats_person(call->out, &people.items[i]);
                output_blank(call->out);
        }
        print_histogram(call->out, &histogram);
        return STATUS_DONE;
}

static const Option stats_options[] = {
        {"person", "PERSON", "only about this person", NULL},
        OPTION_JSON,
        {0},
};

const Command command_stats = {
        .name = "stats",
        .usage = "[--person PERSON]",
        .summary = "Show when urges and attempts come.",
        .about =
                "Hours and weekdays are those of the place where each thing happened. Below 10 entries nothing is shown: it would be chance.",
        .options = stats_options,
        .run = stats_run,
};
