/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Hours as text, and what they say of a moment. It asks no clock and knows no zone but the one it
 * is given; whose hours they are is the state's, and what happens outside of them the judge's. */

#include "core/hours.h"

#include "common/macro.h"
#include "common/time.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <strings.h>

enum {
        DAYS = 7,
        EVERY_DAY = 0x7f,
        DAY_MINUTES = 1440,
};

static const char *const day_names[DAYS] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

/* --- reading --------------------------------------------------------------------------------- */

static int complain(const char *why, const char **ret_why) {
        if (ret_why)
                *ret_why = why;
        return -EINVAL;
}

static int complain_of_form(const char **ret_why) {
        return complain(N_("Hours look like \"mon-fri 09:00-18:00, sat 10:00-12:00\"."), ret_why);
}

/* Takes what stands next, and moves on. */
static bool take_char(const char **at, char c) {
        if (**at != c)
                return false;
        (*at)++;
        return true;
}

static void take_spaces(const char **at) {
        while (take_char(at, ' '))
                ;
}

/* The number of a day, or -EINVAL. */
static int take_day(const char **at) {
        for (int day = 0; day < DAYS; day++)
                if (strncasecmp(*at, day_names[day], 3) == 0 && !isalpha((unsigned char)(*at)[3])) {
                        *at += 3;
                        return day;
                }
        return -EINVAL;
}

/* "mon", or "sat-mon", which goes round the end of the week. */
static int take_days(const char **at, uint8_t *days) {
        int first = take_day(at), last;

        if (first < 0)
                return first;
        last = take_char(at, '-') ? take_day(at) : first;
        if (last < 0)
                return last;
        for (int day = first;; day = (day + 1) % DAYS) {
                *days |= (uint8_t)(1 << day);
                if (day == last)
                        return 0;
        }
}

/* One or two digits, or -EINVAL. */
static int take_number(const char **at) {
        int number = -EINVAL;

        for (int i = 0; i < 2 && isdigit((unsigned char)**at); i++, (*at)++)
                number = MAX(number, 0) * 10 + (**at - '0');
        return number;
}

/* "09:00", as the minute of the day; or -EINVAL. */
static int take_time(const char **at) {
        int hour = take_number(at), minute;

        if (hour < 0 || !take_char(at, ':') || !isdigit((unsigned char)(*at)[0]) ||
                !isdigit((unsigned char)(*at)[1]))
                return -EINVAL;
        minute = take_number(at);
        if (minute > 59 || hour * 60 + minute > DAY_MINUTES)
                return -EINVAL;
        return hour * 60 + minute;
}

static int take_window(const char **at, HoursWindow *ret, const char **ret_why) {
        HoursWindow w = {0};
        int from, to;

        take_spaces(at);
        while (isalpha((unsigned char)**at)) {
                if (take_days(at, &w.days) < 0 || **at != ' ')
                        return complain_of_form(ret_why);
                take_spaces(at);
        }
        from = take_time(at);
        to = take_char(at, '-') ? take_time(at) : -EINVAL;
        if (from < 0 || to < 0)
                return complain_of_form(ret_why);
        if (from >= to)
                return complain(
                        N_("Hours may not pass midnight: for a night write \"22:00-24:00, 00:00-06:00\"."),
                        ret_why);
        take_spaces(at);
        if (w.days == 0)
                w.days = EVERY_DAY;
        w.from_minute = (uint16_t)from;
        w.to_minute = (uint16_t)to;
        *ret = w;
        return 0;
}

int hours_parse(const char *text, Hours *ret, const char **ret_why) {
        Hours h = {0};
        int r;

        take_spaces(&text);
        if (*text == '\0') {
                *ret = h;
                return 0;
        }
        do {
                if (h.n == HOURS_WINDOWS_MAX)
                        return complain(N_("Hours have seven parts at most."), ret_why);
                r = take_window(&text, &h.windows[h.n], ret_why);
                if (r < 0)
                        return r;
                h.n++;
        } while (take_char(&text, ','));
        if (*text != '\0')
                return complain_of_form(ret_why);
        *ret = h;
        return 0;
}

/* --- writing --------------------------------------------------------------------------------- */

static char *write_days(char *to, uint8_t days) {
        for (int first = 0; days != EVERY_DAY && first < DAYS; first++) {
                int last = first;

                if (!(days & 1 << first))
                        continue;
                while (last + 1 < DAYS && days & 1 << (last + 1))
                        last++;
                to = stpcpy(to, day_names[first]);
                if (last > first)
                        to = stpcpy(stpcpy(to, "-"), day_names[last]);
                to = stpcpy(to, " ");
                first = last;
        }
        return to;
}

char *hours_write(const Hours *h, char buf[static HOURS_TEXT_SPACE]) {
        char *to = buf, *end = buf + HOURS_TEXT_SPACE;

        *to = '\0';
        for (size_t i = 0; i < h->n; i++) {
                const HoursWindow *w = &h->windows[i];

                to = write_days(i > 0 ? stpcpy(to, ", ") : to, w->days);
                to += snprintf(to, (size_t)(end - to), "%02u:%02u-%02u:%02u", w->from_minute / 60U,
                        w->from_minute % 60U, w->to_minute / 60U, w->to_minute % 60U);
        }
        assert(to < end);
        return buf;
}

/* --- what they say --------------------------------------------------------------------------- */

bool hours_contain(const Hours *h, unsigned minute) {
        unsigned day = minute / DAY_MINUTES, of_day = minute % DAY_MINUTES;

        assert(minute < HOURS_WEEK_MINUTES);
        for (size_t i = 0; i < h->n; i++) {
                const HoursWindow *w = &h->windows[i];

                if (w->days & 1U << day && of_day >= w->from_minute && of_day < w->to_minute)
                        return true;
        }
        return h->n == 0;
}

static bool lacks(const Hours *a, const Hours *b, unsigned minute) {
        minute %= HOURS_WEEK_MINUTES;
        return hours_contain(a, minute) && !hours_contain(b, minute);
}

/* What is of `a` and not of `b` begins where a window of `a` does, or where one of `b` ends, or
 * with the week. */
bool hours_subset(const Hours *a, const Hours *b) {
        if (lacks(a, b, 0))
                return false;
        for (unsigned day = 0; day < DAYS; day++) {
                for (size_t i = 0; i < a->n; i++)
                        if (lacks(a, b, day * DAY_MINUTES + a->windows[i].from_minute))
                                return false;
                for (size_t i = 0; i < b->n; i++)
                        if (lacks(a, b, day * DAY_MINUTES + b->windows[i].to_minute))
                                return false;
        }
        return true;
}

/* Minutes since the epoch, as the wall clock reads them. */
static int64_t local_minutes(LocalTime at) {
        return (int64_t)(at.usec / USEC_PER_MIN) + at.zone_minutes;
}

unsigned local_week_minute(LocalTime at) {
        /* the epoch was a Thursday */
        int64_t minute = (local_minutes(at) + 3 * DAY_MINUTES) % HOURS_WEEK_MINUTES;

        return (unsigned)(minute < 0 ? minute + HOURS_WEEK_MINUTES : minute);
}

int32_t local_day(LocalTime at) {
        int64_t minutes = local_minutes(at);

        return (int32_t)((minutes - (minutes < 0 ? DAY_MINUTES - 1 : 0)) / DAY_MINUTES);
}

uint64_t hours_next_opening(const Hours *h, LocalTime at) {
        unsigned now = local_week_minute(at), wait = HOURS_WEEK_MINUTES;

        if (hours_contain(h, now))
                return at.usec;
        for (size_t i = 0; i < h->n; i++)
                for (unsigned day = 0; day < DAYS; day++) {
                        unsigned opens = day * DAY_MINUTES + h->windows[i].from_minute;

                        if (h->windows[i].days & 1U << day)
                                wait = MIN(wait,
                                        (opens + HOURS_WEEK_MINUTES - now) % HOURS_WEEK_MINUTES);
                }
        return (at.usec / USEC_PER_MIN + wait) * USEC_PER_MIN;
}
