/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Everything that is printed goes through here: colours only on a terminal, text of others made
 * harmless, widths counted. A failure to write is remembered and told once, by output_finish(). */

typedef enum Style {
        STYLE_PLAIN,
        STYLE_STRONG, /* headings */
        STYLE_QUIET,  /* labels, ids */
        STYLE_GOOD,   /* what works, the best figure */
        STYLE_NOTE,   /* what wants a look; there is no red */
        _STYLE_MAX,
} Style;

typedef struct Output {
        bool colour;    /* standard output is a terminal and NO_COLOR is not set */
        bool utf8;      /* the user's own locale writes UTF-8 */
        size_t columns; /* the terminal's width; 0 when standard output is none: nothing is cut */
        bool failed;    /* memory ran out on the way */
} Output;

/* Looks at standard output and the environment, and sets LC_CTYPE to the user's locale, or to
 * C.UTF-8 when that one is not UTF-8. */
void output_init(Output *o);

/* Flushes. Returns 0, or a negative errno when something did not get out. */
int output_finish(Output *o);

/* One line or paragraph on standard output; on a terminal it is wrapped between words, and goes
 * on below its own indentation. */
void output_line(Output *o, Style style, const char *fmt, ...) printf_like(3, 4);

void output_blank(Output *o);

/* One line on standard error: "nocontact: ...". */
void output_error(Output *o, const char *fmt, ...) printf_like(2, 3);

/* A question on standard error, without a line break behind it. */
void output_prompt(Output *o, const char *text);

/* A JSON document: compact, on one line, and indented on a terminal. NULL (memory ran out while
 * it was made) is remembered as a failure. */
void output_json(Output *o, const json_t *json);

/* The same, on one line in any case. */
void output_json_line(Output *o, const json_t *json);

/* --- tables ---------------------------------------------------------------------------------- */

typedef struct Cell {
        char *text; /* printable, owned */
        Style style;
} Cell;

/* Rows of `columns` cells each. Start with `_cleanup_(grid_done) Grid g = {.columns = 3};`. */
typedef struct Grid {
        size_t columns;
        bool wrap;       /* wrap the last column on a terminal; else lines are cut */
        unsigned indent; /* spaces in front */
        Cell *cells;
        size_t n, space;
        bool failed;
} Grid;

void grid_done(Grid *g);

/* Adds the next cell, from left to right. */
void grid_cell(Grid *g, Style style, const char *fmt, ...) printf_like(3, 4);

void output_grid(Output *o, const Grid *g);

/* --- words ----------------------------------------------------------------------------------- */

/* "1 day", "21 days"; the caller gives a buffer of WORDS_SPACE bytes. Returns `buf`. */
enum { WORDS_SPACE = 48 };
char *words_count(char *buf, uint64_t n, const char *one, const char *many);

/* By month, from 1 ("November"), and by weekday, from Monday, 0. */
extern const char *const month_names[13];
extern const char *const weekday_names[7];

/* A bar for `value` of at most `max`, `width` columns wide at the maximum; at least one mark
 * when `value` is above zero. The caller frees; NULL when memory is out. */
char *words_bar(const Output *o, unsigned value, unsigned max, unsigned width);
