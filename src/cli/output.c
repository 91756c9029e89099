/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Everything that the client prints, for a person or as JSON. The only file of the client that
 * writes to standard output or standard error. It knows no daemon and decides nothing. */

#include "cli/output.h"

#include "cli/printable.h"
#include "common/array.h"
#include "common/buffer.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
        COLUMNS_DEFAULT = 80, /* of a terminal that does not tell */
        COLUMNS_LEAST = 20,   /* below, wrapping would be worse than what the terminal does */
        GAP = 2,              /* between the columns of a table */
};

static const char *const style_codes[_STYLE_MAX] = {
        [STYLE_PLAIN] = "",
        [STYLE_STRONG] = "\x1b[1m",
        [STYLE_QUIET] = "\x1b[2m",
        [STYLE_GOOD] = "\x1b[32m",
        [STYLE_NOTE] = "\x1b[33m",
};

static bool locale_is_utf8(void) {
        return streq(nl_langinfo(CODESET), "UTF-8");
}

/* no-color.org: set and not empty. */
static bool colour_wanted(void) {
        const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

        return !(no_color && *no_color) && term && !streq(term, "dumb");
}

void output_init(Output *o) {
        struct winsize size = {0};

        *o = (Output){0};
        (void)setlocale(LC_CTYPE, "");
        o->utf8 = locale_is_utf8();
        if (!o->utf8)
                (void)setlocale(LC_CTYPE, "C.UTF-8");
        if (!isatty(STDOUT_FILENO))
                return;

        o->colour = colour_wanted();
        o->columns = COLUMNS_DEFAULT;
        if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
                o->columns = MAX((size_t)size.ws_col, (size_t)COLUMNS_LEAST);
}

int output_finish(Output *o) {
        if (o->failed)
                return -ENOMEM;
        errno = 0;
        if (fflush(stdout) == EOF || ferror(stdout))
                return errno > 0 ? -errno : -EIO;
        return 0;
}

static void put(const char *s, size_t len) {
        (void)fwrite(s, 1, len, stdout);
}

static void put_spaces(size_t n) {
        for (size_t i = 0; i < n; i++)
                put(" ", 1);
}

static void put_styled(const Output *o, Style style, const char *s, size_t len) {
        bool coloured = o->colour && style != STYLE_PLAIN && len > 0;

        if (coloured)
                put(style_codes[style], strlen(style_codes[style]));
        put(s, len);
        if (coloured)
                put("\x1b[0m", 4);
}

/* The bytes of the next line of `s` that is wrapped at `columns`: up to the last space that
 * fits; when there is none, up to the end of the long word. */
static size_t wrapped_len(const char *s, size_t columns) {
        size_t fit = printable_fit(s, columns), cut = fit;

        if (s[fit] == '\0')
                return fit;
        while (cut > 0 && s[cut] != ' ')
                cut--;
        return cut > 0 ? cut : fit + strcspn(s + fit, " ");
}

/* Prints text that starts in column `indent`, wrapped there on a terminal. Ends the line. */
static void put_wrapped(const Output *o, Style style, const char *s, size_t indent) {
        size_t room = o->columns > indent + COLUMNS_LEAST / 2 ? o->columns - indent : 0;

        while (room > 0 && printable_width(s) > room) {
                size_t len = wrapped_len(s, room);

                put_styled(o, style, s, len);
                s += len;
                s += strspn(s, " ");
                if (*s == '\0')
                        break;
                put("\n", 1);
                put_spaces(indent);
        }
        put_styled(o, style, s, strlen(s));
        put("\n", 1);
}

static char *printable_format(const char *fmt, va_list ap) {
        _cleanup_free_ char *raw = NULL;
        _cleanup_(buffer_done) Buffer b = {0};

        if (vasprintf(&raw, fmt, ap) < 0) {
                raw = NULL;
                return NULL;
        }
        (void)printable_add(&b, raw);
        return buffer_take(&b);
}

void output_line(Output *o, Style style, const char *fmt, ...) {
        _cleanup_free_ char *text = NULL;
        size_t indent;
        va_list ap;

        va_start(ap, fmt);
        text = printable_format(fmt, ap);
        va_end(ap);
        if (!text) {
                o->failed = true;
                return;
        }
        indent = strspn(text, " ");
        put_spaces(indent);
        put_wrapped(o, style, text + indent, indent);
}

void output_blank(Output *o) {
        (void)o;
        put("\n", 1);
}

void output_error(Output *o, const char *fmt, ...) {
        _cleanup_free_ char *text = NULL;
        va_list ap;

        va_start(ap, fmt);
        text = printable_format(fmt, ap);
        va_end(ap);
        if (!text) {
                o->failed = true;
                return;
        }
        /* what was said before stands before it, also when both go to one file */
        (void)fflush(stdout);
        (void)fprintf(stderr, "nocontact: %s\n", text);
}

void output_prompt(Output *o, const char *text) {
        (void)o;
        (void)fflush(stdout);
        (void)fputs(text, stderr);
}

static void put_json(Output *o, const json_t *json, size_t flags) {
        _cleanup_free_ char *raw = json ? json_dumps(json, flags | JSON_REAL_PRECISION(6)) : NULL;
        _cleanup_(buffer_done) Buffer b = {0};

        if (!raw || printable_add_json(&b, raw) < 0) {
                o->failed = true;
                return;
        }
        put(b.data, b.len);
        put("\n", 1);
}

void output_json(Output *o, const json_t *json) {
        put_json(o, json, o->columns > 0 ? JSON_INDENT(2) : JSON_COMPACT);
}

void output_json_line(Output *o, const json_t *json) {
        put_json(o, json, JSON_COMPACT);
}

void grid_done(Grid *g) {
        for (size_t i = 0; i < g->n; i++)
                free(g->cells[i].text);
        free(g->cells);
        *g = (Grid){0};
}

void grid_cell(Grid *g, Style style, const char *fmt, ...) {
        _cleanup_free_ char *text = NULL;
        va_list ap;

        va_start(ap, fmt);
        text = printable_format(fmt, ap);
        va_end(ap);
        if (!text || ARRAY_RESERVE(g->cells, g->space, g->n + 1) < 0) {
                g->failed = true;
                return;
        }
        g->cells[g->n++] = (Cell){.text = TAKE_PTR(text), .style = style};
}

/* The last cell of a row, which starts in column `at`. */
static void put_last(const Output *o, const Grid *g, const Cell *cell, size_t at) {
        const char *mark = o->utf8 ? "…" : "...";
        size_t mark_width = o->utf8 ? 1 : 3, room = o->columns > at ? o->columns - at : 0;

        if (g->wrap) {
                put_wrapped(o, cell->style, cell->text, at);
                return;
        }
        if (room <= mark_width || printable_width(cell->text) <= room) {
                put_styled(o, cell->style, cell->text, strlen(cell->text));
        } else {
                put_styled(
                        o, cell->style, cell->text, printable_fit(cell->text, room - mark_width));
                put(mark, strlen(mark));
        }
        put("\n", 1);
}

void output_grid(Output *o, const Grid *g) {
        _cleanup_free_ size_t *widths = calloc(g->columns, sizeof(*widths));

        if (!widths || g->failed) {
                o->failed = true;
                return;
        }
        for (size_t i = 0; i < g->n; i++)
                widths[i % g->columns] =
                        MAX(widths[i % g->columns], printable_width(g->cells[i].text));

        for (size_t row = 0; row + g->columns <= g->n; row += g->columns) {
                const Cell *last = &g->cells[row + g->columns - 1];
                size_t at = g->indent, owed = g->indent; /* spaces that text may still follow */

                for (const Cell *cell = &g->cells[row]; cell < last; cell++) {
                        size_t width = widths[cell - &g->cells[row]];

                        if (cell->text[0] != '\0') {
                                put_spaces(owed);
                                owed = 0;
                        }
                        put_styled(o, cell->style, cell->text, strlen(cell->text));
                        owed += width - printable_width(cell->text) + GAP;
                        at += width + GAP;
                }
                if (last->text[0] != '\0')
                        put_spaces(owed);
                put_last(o, g, last, at);
        }
}

char *words_count(char *buf, uint64_t n, const char *one, const char *many) {
        (void)snprintf(buf, WORDS_SPACE, "%llu %s", (unsigned long long)n, n == 1 ? one : many);
        return buf;
}

const char *const month_names[13] = {"", "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December"};

const char *const weekday_names[7] = {
        "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};

char *words_bar(const Output *o, unsigned value, unsigned max, unsigned width) {
        _cleanup_(buffer_done) Buffer b = {0};
        unsigned marks = max > 0 ? (unsigned)((uint64_t)value * width / max) : 0;

        if (value > 0 && marks == 0)
                marks = 1;
        for (unsigned i = 0; i < marks; i++)
                (void)buffer_puts(&b, o->utf8 ? "█" : "#");
        return buffer_take(&b);
}
