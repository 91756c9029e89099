/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Streak arithmetic against two slow models that are written from the words of the header alone:
 * one goes day by day, the other hour by hour. */

#include "common/macro.h"
#include "common/time.h"
#include "core/streak.h"
#include "unit/random.h"
#include "unit/test.h"

#include <math.h>

#define BEGAN 1795953600000000ULL /* 2026-11-29T12:00:00Z */
#define DAY   USEC_PER_DAY
#define HOUR  (3600 * USEC_PER_SEC)

#define SCORE_SLACK 1e-9 /* the two ways to add up differ by rounding */

enum {
        CASES = 25000,
        BREAKS_MAX = 12,
        DAYS_MAX = 80,
        MILESTONE_DAYS_MAX = 8000,
};

typedef struct Case {
        uint64_t began, breaks[BREAKS_MAX], longest_before, now;
        size_t n_breaks;
} Case;

/* --- the model, day by day ------------------------------------------------------------------- */

/* The moment at which break `i` counts, or 0 when it does not. */
static uint64_t moment(const Case *c, size_t i, uint64_t now) {
        if (c->breaks[i] < c->began)
                return 0;
        return c->breaks[i] > now ? now : c->breaks[i];
}

static bool broken_within(const Case *c, uint64_t from, uint64_t to, uint64_t now) {
        for (size_t i = 0; i < c->n_breaks; i++) {
                uint64_t at = moment(c, i, now);

                if (at != 0 && at >= from && at < to)
                        return true;
        }
        return false;
}

/* The next break after `at`, else now. */
static uint64_t next_stop(const Case *c, uint64_t at, uint64_t now) {
        uint64_t stop = now;

        for (size_t i = 0; i < c->n_breaks; i++) {
                uint64_t m = moment(c, i, now);

                if (m > at && m < stop)
                        stop = m;
        }
        return stop;
}

static Streak model(const Case *c) {
        uint64_t now = c->now < c->began ? c->began : c->now;
        Streak s = {.since_usec = c->began, .longest_usec = c->longest_before, .score = 1.0};
        double keep = pow(0.5, 1.0 / 14.0);

        for (size_t i = 0; i < c->n_breaks; i++)
                if (moment(c, i, now) > s.since_usec)
                        s.since_usec = moment(c, i, now);
        s.length_usec = now - s.since_usec;
        for (uint64_t rest = s.length_usec; rest >= DAY; rest -= DAY)
                s.days++;

        for (uint64_t at = c->began; at < now; at = next_stop(c, at, now))
                if (next_stop(c, at, now) - at > s.longest_usec)
                        s.longest_usec = next_stop(c, at, now) - at;

        for (uint64_t day = c->began; day <= now; day += DAY) {
                bool present = now - day < DAY, broken = broken_within(c, day, day + DAY, now);

                if (!broken)
                        s.total_usec += present ? now - day : DAY;
                if (!present || broken)
                        s.score = s.score * keep + (broken ? 0.0 : 1.0) * (1.0 - keep);
        }
        return s;
}

static Streak compute(const Case *c) {
        Streak s;

        streak_compute(c->began, c->breaks, c->n_breaks, c->longest_before, c->now, &s);
        return s;
}

static void assert_same(const Case *c, size_t number) {
        Streak is = compute(c), should = model(c);

        if (is.since_usec == should.since_usec && is.length_usec == should.length_usec &&
                is.longest_usec == should.longest_usec && is.total_usec == should.total_usec &&
                is.days == should.days && fabs(is.score - should.score) < SCORE_SLACK)
                return;
        print_message("# case %zu: now is began + %lld\n", number, (long long)(c->now - c->began));
        for (size_t i = 0; i < c->n_breaks; i++)
                print_message("#   break at began + %lld\n", (long long)(c->breaks[i] - c->began));
        assert_int_equal(is.since_usec - c->began, should.since_usec - c->began);
        assert_int_equal(is.length_usec, should.length_usec);
        assert_int_equal(is.longest_usec, should.longest_usec);
        assert_int_equal(is.total_usec, should.total_usec);
        assert_int_equal(is.days, should.days);
        fail_msg("score %.15f, should be %.15f", is.score, should.score);
}

/* --- random ledgers -------------------------------------------------------------------------- */

/* Any moment, with those around the edges of days, the begin and now drawn more often. */
static uint64_t random_moment(Random *r, uint64_t began, uint64_t now) {
        uint64_t edge = began + random_below(r, DAYS_MAX + 2) * DAY;

        switch (random_below(r, 8)) {
        case 0: return edge;
        case 1: return edge - 1;
        case 2: return edge + 1;
        case 3: return began - random_below(r, 3 * DAY);
        case 4: return now + random_below(r, 3) - 1;
        case 5: return now + random_below(r, 3 * DAY);
        case 6: return edge + random_below(r, HOUR);
        default: return began + random_below(r, DAYS_MAX * DAY);
        }
}

static void sort(uint64_t *items, size_t n) {
        for (size_t i = 1; i < n; i++)
                for (size_t j = i; j > 0 && items[j - 1] > items[j]; j--) {
                        uint64_t item = items[j];

                        items[j] = items[j - 1];
                        items[j - 1] = item;
                }
}

static Case random_case(Random *r) {
        Case c = {.began = BEGAN};

        c.now = random_once_in(r, 12) ? BEGAN - random_below(r, 5 * DAY)
                                      : random_moment(r, BEGAN, BEGAN + 30 * DAY);
        c.n_breaks = random_below(r, BREAKS_MAX + 1);
        c.longest_before = random_once_in(r, 3) ? random_below(r, 60 * DAY) : 0;
        for (size_t i = 0; i < c.n_breaks; i++)
                c.breaks[i] = random_moment(r, BEGAN, c.now);
        sort(c.breaks, c.n_breaks);
        return c;
}

static void test_random_ledgers_agree_with_the_model_day_by_day(void **state) {
        Random r = random_start(20261129);

        (void)state;
        for (size_t i = 0; i < CASES; i++) {
                Case c = random_case(&r);

                assert_same(&c, i);
        }
}

/* Every time is a full hour here, so that walking hour by hour sees all there is. */
static void test_random_ledgers_agree_with_a_walk_hour_by_hour(void **state) {
        Random r = random_start(4711);

        (void)state;
        for (size_t i = 0; i < CASES / 5; i++) {
                unsigned hours = (unsigned)random_below(&r, 30 * 24), run = 0, longest = 0;
                Case c = {.began = BEGAN, .now = BEGAN + hours * HOUR};
                Streak s;

                c.n_breaks = random_below(&r, BREAKS_MAX + 1);
                for (size_t j = 0; j < c.n_breaks; j++)
                        c.breaks[j] = BEGAN + random_below(&r, hours + 1) * HOUR;
                sort(c.breaks, c.n_breaks);

                for (unsigned h = 0; h <= hours; h++) {
                        longest = MAX(longest, run);
                        for (size_t j = 0; j < c.n_breaks; j++)
                                if (c.breaks[j] == BEGAN + h * HOUR)
                                        run = 0;
                        run++;
                }
                s = compute(&c);
                assert_int_equal(s.length_usec, (run - 1) * HOUR);
                assert_int_equal(s.since_usec, BEGAN + (hours + 1 - run) * HOUR);
                assert_int_equal(s.longest_usec, longest * HOUR);
                assert_int_equal(s.days, (run - 1) / 24);
        }
}

static void test_one_break_more_never_makes_anything_better(void **state) {
        Random r = random_start(99);

        (void)state;
        for (size_t i = 0; i < CASES / 5; i++) {
                Case c = random_case(&r);
                Streak before, after;

                if (c.n_breaks == BREAKS_MAX)
                        c.n_breaks--;
                before = compute(&c);
                c.breaks[c.n_breaks++] = random_moment(&r, BEGAN, c.now);
                sort(c.breaks, c.n_breaks);
                after = compute(&c);
                assert_true(after.since_usec >= before.since_usec);
                assert_true(after.length_usec <= before.length_usec);
                assert_true(after.longest_usec <= before.longest_usec);
                assert_true(after.total_usec <= before.total_usec);
                assert_true(after.score <= before.score + SCORE_SLACK);
        }
}

static void test_figures_stay_within_their_bounds(void **state) {
        Random r = random_start(7);

        (void)state;
        for (size_t i = 0; i < CASES / 5; i++) {
                Case c = random_case(&r);
                uint64_t elapsed = c.now > c.began ? c.now - c.began : 0;
                Streak s = compute(&c);

                assert_true(s.score >= 0.0 && s.score <= 1.0);
                assert_true(s.length_usec <= elapsed && s.total_usec <= elapsed);
                assert_true(s.longest_usec >= s.length_usec);
                assert_true(s.longest_usec >= c.longest_before);
                assert_true(s.since_usec >= c.began);
        }
}

/* --- single sentences ------------------------------------------------------------------------ */

static void test_without_a_break_all_counts(void **state) {
        Case c = {.began = BEGAN, .now = BEGAN + 21 * DAY};
        Streak s = compute(&c);

        (void)state;
        assert_int_equal(s.since_usec, BEGAN);
        assert_int_equal(s.days, 21);
        assert_int_equal(s.longest_usec, 21 * DAY);
        assert_int_equal(s.total_usec, 21 * DAY);
        assert_true(s.score > 1.0 - SCORE_SLACK);
}

static void test_a_day_is_full_at_its_last_microsecond_and_not_before(void **state) {
        Case c = {.began = BEGAN, .now = BEGAN + DAY - 1};

        (void)state;
        assert_int_equal(compute(&c).days, 0);
        c.now++;
        assert_int_equal(compute(&c).days, 1);
}

static void test_a_break_on_a_day_boundary_belongs_to_the_day_that_begins(void **state) {
        Case c = {.began = BEGAN, .now = BEGAN + 3 * DAY, .breaks = {BEGAN + DAY}, .n_breaks = 1};
        Streak s = compute(&c);

        (void)state;
        assert_int_equal(s.total_usec, 2 * DAY); /* the first and the third day */
        assert_int_equal(s.longest_usec, 2 * DAY);
        assert_int_equal(s.days, 2);
}

static void test_several_breaks_a_day_cost_one_day(void **state) {
        Case once = {.began = BEGAN,
                .now = BEGAN + 10 * DAY,
                .breaks = {BEGAN + 4 * DAY + 3 * HOUR},
                .n_breaks = 1};
        Case often = once;
        Streak a, b;

        (void)state;
        often.breaks[1] = BEGAN + 4 * DAY + 5 * HOUR;
        often.breaks[2] = BEGAN + 5 * DAY - 1;
        often.n_breaks = 3;
        a = compute(&once);
        b = compute(&often);
        assert_int_equal(a.total_usec, 9 * DAY);
        assert_int_equal(b.total_usec, 9 * DAY);
        assert_true(fabs(a.score - b.score) < SCORE_SLACK);
}

static void test_a_break_before_the_begin_does_not_count(void **state) {
        Case c = {.began = BEGAN, .now = BEGAN + DAY, .breaks = {BEGAN - 1}, .n_breaks = 1};

        (void)state;
        assert_int_equal(compute(&c).since_usec, BEGAN);
        c.breaks[0] = BEGAN;
        assert_int_equal(compute(&c).total_usec, 0);
}

static void test_a_clock_set_back_never_lengthens_a_streak(void **state) {
        Case c = {.began = BEGAN,
                .now = BEGAN + 10 * DAY,
                .breaks = {BEGAN + 9 * DAY},
                .n_breaks = 1};

        (void)state;
        assert_int_equal(compute(&c).length_usec, DAY);
        c.now = BEGAN + 5 * DAY;
        assert_int_equal(compute(&c).length_usec, 0);
        assert_int_equal(compute(&c).since_usec, c.now);
        c.now = BEGAN - DAY;
        assert_int_equal(compute(&c).length_usec, 0);
        assert_int_equal(compute(&c).total_usec, 0);
        assert_int_equal(compute(&c).since_usec, BEGAN);
}

static void test_one_miss_after_a_long_run_costs_about_five_percent(void **state) {
        Case c = {.began = BEGAN,
                .now = BEGAN + 365 * DAY,
                .breaks = {BEGAN + 364 * DAY},
                .n_breaks = 1};

        (void)state;
        assert_true(fabs(compute(&c).score - 0.95) < 0.005);
        /* and half of that is made good in two weeks */
        c.now += 14 * DAY;
        assert_true(fabs(compute(&c).score - 0.975) < 0.005);
}

static void test_the_present_day_counts_only_once_it_is_broken(void **state) {
        Case c = {.began = BEGAN,
                .now = BEGAN + 5 * DAY + HOUR,
                .breaks = {BEGAN + 2 * DAY},
                .n_breaks = 1};
        double before = compute(&c).score;

        (void)state;
        c.now += 20 * HOUR;
        assert_true(fabs(compute(&c).score - before) < SCORE_SLACK);
        c.breaks[c.n_breaks++] = c.now;
        assert_true(compute(&c).score < before - 0.02);
}

static void test_ten_years_of_breaks_are_counted(void **state) {
        static uint64_t breaks[3650];
        Streak s;

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(breaks); i++)
                breaks[i] = BEGAN + i * DAY;
        streak_compute(BEGAN, breaks, ARRAY_LEN(breaks), 0, BEGAN + 3650 * DAY, &s);
        assert_int_equal(s.total_usec, 0);
        assert_int_equal(s.longest_usec, DAY);
        assert_true(s.score >= 0.0 && s.score < SCORE_SLACK);
}

/* --- milestones ------------------------------------------------------------------------------ */

static bool is_milestone(unsigned days) {
        static const unsigned first[] = {1, 3, 7, 14, 21, 30, 45, 60, 90, 120, 180, 270};

        for (size_t i = 0; i < ARRAY_LEN(first); i++)
                if (first[i] == days)
                        return true;
        return days > 0 && days % 365 == 0;
}

static void test_milestones_are_those_of_the_list_and_each_year(void **state) {
        (void)state;
        for (unsigned days = 0; days <= MILESTONE_DAYS_MAX; days++) {
                unsigned next = days + 1, reached = days;

                while (!is_milestone(next))
                        next++;
                while (reached > 0 && !is_milestone(reached))
                        reached--;
                assert_int_equal(milestone_next(days), next);
                assert_int_equal(milestone_reached(days), reached);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_random_ledgers_agree_with_the_model_day_by_day),
                cmocka_unit_test(test_random_ledgers_agree_with_a_walk_hour_by_hour),
                cmocka_unit_test(test_one_break_more_never_makes_anything_better),
                cmocka_unit_test(test_figures_stay_within_their_bounds),
                cmocka_unit_test(test_without_a_break_all_counts),
                cmocka_unit_test(test_a_day_is_full_at_its_last_microsecond_and_not_before),
                cmocka_unit_test(test_a_break_on_a_day_boundary_belongs_to_the_day_that_begins),
                cmocka_unit_test(test_several_breaks_a_day_cost_one_day),
                cmocka_unit_test(test_a_break_before_the_begin_does_not_count),
                cmocka_unit_test(test_a_clock_set_back_never_lengthens_a_streak),
                cmocka_unit_test(test_one_miss_after_a_long_run_costs_about_five_percent),
                cmocka_unit_test(test_the_present_day_counts_only_once_it_is_broken),
                cmocka_unit_test(test_ten_years_of_breaks_are_counted),
                cmocka_unit_test(test_milestones_are_those_of_the_list_and_each_year),
        };
        return cmocka_run_group_tests_name("streak", tests, NULL, NULL);
}
