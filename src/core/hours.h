/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The hours of a week in which limited contact may come, by the wall clock of wherever the user is.
 */

enum {
        HOURS_WINDOWS_MAX = 7,
        HOURS_TEXT_SPACE = 256,        /* room for any text that hours_write() gives */
        HOURS_WEEK_MINUTES = 7 * 1440, /* from Monday, 00:00 */
};

/* The same time on each of some days. */
typedef struct HoursWindow {
        uint8_t days;                    /* one bit for each day, from Monday */
        uint16_t from_minute, to_minute; /* of the day; the second one is no longer in it */
} HoursWindow;

/* No window at all means at any time. */
typedef struct Hours {
        HoursWindow windows[HOURS_WINDOWS_MAX];
        size_t n;
} Hours;

/* A moment, and how the clock on the wall is set there. */
typedef struct LocalTime {
        uint64_t usec;    /* UTC */
        int zone_minutes; /* east of UTC */
} LocalTime;

/* Reads "mon-fri 09:00-18:00, sat sun 10:00-12:00"; every day where none is named, and "" for any
 * time. Returns 0 and the hours, or -EINVAL with *ret_why set to a static sentence in plain words
 * that says what is wrong; `ret_why` may be NULL. */
int hours_parse(const char *text, Hours *ret, const char **ret_why);

/* Writes them as hours_parse() reads them, "" for any time. Returns `buf`. */
char *hours_write(const Hours *h, char buf[static HOURS_TEXT_SPACE]);

/* Is the minute of the week, 0 to HOURS_WEEK_MINUTES - 1, one of them? */
bool hours_contain(const Hours *h, unsigned minute);

/* Is every minute of `a` one of `b` too? */
bool hours_subset(const Hours *a, const Hours *b);

/* Which minute of the week it is there. */
unsigned local_week_minute(LocalTime at);

/* Which day it is there, counted from 1970-01-01; before that negative. */
int32_t local_day(LocalTime at);

/* When they are open at `at` or next after it, µs UTC, taking the zone to stay as it is; `at`
 * itself when they are open. */
uint64_t hours_next_opening(const Hours *h, LocalTime at);
