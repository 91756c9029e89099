/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Streak arithmetic. It knows times alone: what counts as a break is decided in state.c. */

#include "core/streak.h"

#include "common/macro.h"
#include "common/time.h"

#include <math.h>

#define SCORE_HALF_LIFE_DAYS 14.0
#define DAYS_PER_YEAR        365U

static const unsigned milestones[] = {1, 3, 7, 14, 21, 30, 45, 60, 90, 120, 180, 270, 365};

unsigned milestone_next(unsigned days) {
        for (size_t i = 0; i < ARRAY_LEN(milestones); i++)
                if (milestones[i] > days)
                        return milestones[i];
        return (days / DAYS_PER_YEAR + 1) * DAYS_PER_YEAR;
}

unsigned milestone_reached(unsigned days) {
        if (days >= DAYS_PER_YEAR)
                return days / DAYS_PER_YEAR * DAYS_PER_YEAR;
        for (size_t i = ARRAY_LEN(milestones); i-- > 0;)
                if (milestones[i] <= days)
                        return milestones[i];
        return 0;
}

static uint64_t later(uint64_t a, uint64_t b) {
        return a > b ? a : b;
}

void streak_compute(uint64_t began, const uint64_t *breaks, size_t n_breaks,
        uint64_t longest_before, uint64_t now, Streak *ret) {
        uint64_t since = began, longest = longest_before, broken_day = UINT64_MAX, lost = 0;
        double decay = exp2(-1.0 / SCORE_HALF_LIFE_DAYS), score = 1.0;
        uint64_t elapsed, today, counted_days;

        now = later(now, began);
        elapsed = now - began;
        today = elapsed / USEC_PER_DAY;

        /* the present day enters the score only when it is broken, that is by the last break */
        counted_days = today;
        if (n_breaks > 0 && breaks[n_breaks - 1] >= began &&
                (breaks[n_breaks - 1] - began) / USEC_PER_DAY >= today)
                counted_days = today + 1;

        for (size_t i = 0; i < n_breaks; i++) {
                uint64_t at = breaks[i] < now ? breaks[i] : now;
                uint64_t day;

                if (at < began)
                        continue;
                longest = later(longest, at - since);
                since = at;

                day = (at - began) / USEC_PER_DAY;
                if (day == broken_day)
                        continue;
                broken_day = day;
                lost += day == today ? elapsed - day * USEC_PER_DAY : USEC_PER_DAY;
                score -= (1.0 - decay) * pow(decay, (double)(counted_days - day - 1));
        }

        *ret = (Streak){
                .since_usec = since,
                .length_usec = now - since,
                .longest_usec = later(longest, now - since),
                .total_usec = elapsed - lost,
                .score = score < 0.0 ? 0.0 : score,
                .days = (unsigned)((now - since) / USEC_PER_DAY),
        };
}
