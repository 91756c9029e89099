/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Streak arithmetic: from the begin of a commitment and the moments that broke it to the figures
 * that the user sees. All times are µs UTC, all days are 24 hours counted from the begin. */

typedef struct Streak {
        uint64_t since_usec;   /* the last break, else the begin */
        uint64_t length_usec;  /* from then to now */
        uint64_t longest_usec; /* the longest of all streaks, this one included */
        uint64_t total_usec;   /* time since the begin without the days that hold a break */
        double score;          /* 0 to 1: rolling figure over the days, see streak_compute() */
        unsigned days;         /* whole days of length_usec */
} Streak;

/* `breaks` are the moments of slips and relapses in ascending order; those before `began` do not
 * count and those after `now` count as now, so that a clock that was set back never lengthens a
 * streak. `longest_before` is the longest streak of earlier commitments.  The score is an
 * exponential moving average over the days with a half-life of 14 days that starts at 1: a day
 * without a break counts 1, a day with one counts 0, the present day counts only once it is
 * broken. The form is the habit score of Loop Habit Tracker (https://github.com/iSoron/uhabits,
 * Score.kt): one miss after a long run costs about 5 %. */
void streak_compute(uint64_t began, const uint64_t *breaks, size_t n_breaks,
        uint64_t longest_before, uint64_t now, Streak *ret);

/* Milestones: 1 3 7 14 21 30 45 60 90 120 180 270 365 days and each further year. */

/* The first milestone after `days`. */
unsigned milestone_next(unsigned days);

/* The last milestone that `days` have reached, 0 before the first. */
unsigned milestone_reached(unsigned days);
