/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The look back: every day once, events on the day and hour of their own place, and what followed
 * an answer. */

#include "core/review.h"
#include "unit/random.h"
#include "unit/state-fixture.h"

#include <errno.h>

enum { SPANS = 400 };

static ReviewCount *begin(uint64_t began, uint64_t now, unsigned days) {
        const ReviewSpan span = {
                .person = ALEX, .began = {began, 0}, .now = {now, 0}, .days = days};
        ReviewCount *c = NULL;

        assert_int_equal(review_begin(&span, &c), 0);
        return c;
}

static void add(ReviewCount *c, EventKind kind, const char *person, uint64_t at, int zone,
        Grade grade, bool corrected, json_t *data) {
        Event ev = story_event(1, kind, person, at, at, data ? data : json_object());

        ev.zone_minutes = zone;
        assert_int_equal(review_add(c, &ev, grade, corrected, event_string(&ev, "tag")), 0);
        event_done(&ev);
}

static void add_contact(ReviewCount *c, EventKind kind, uint64_t at, int zone) {
        add(c, kind, ALEX, at, zone, event_grade(kind), false, NULL);
}

static void add_answer(ReviewCount *c, uint64_t at, const char *answer) {
        add(c, EVENT_NUDGE_ANSWERED, ALEX, at, 0, GRADE_NONE, false,
                json_pack("{s:s}", "answer", answer));
}

static void add_tagged(ReviewCount *c, EventKind kind, Grade grade, const char *tag) {
        add(c, kind, ALEX, NOON, 0, grade, grade != event_grade(kind),
                json_pack("{s:s}", "tag", tag));
}

static uint32_t sum(const uint32_t *counts) {
        uint32_t n = 0;

        for (size_t i = 0; i < REVIEW_HOURS; i++)
                n += counts[i];
        return n;
}

/* --- days ------------------------------------------------------------------------------------ */

static bool is_leap(unsigned year) {
        return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static void assert_next_day(const ReviewDay *a, const ReviewDay *b) {
        static const unsigned lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
        unsigned length = lengths[a->month - 1] + (a->month == 2 && is_leap(a->year));

        assert_int_equal(b->weekday, (a->weekday + 1) % 7);
        if (a->day < length) {
                assert_int_equal(b->day, a->day + 1);
                assert_int_equal(b->month, a->month);
                assert_int_equal(b->year, a->year);
                return;
        }
        assert_int_equal(b->day, 1);
        assert_int_equal(b->month, a->month % 12 + 1);
        assert_int_equal(b->year, a->year + (a->month == 12));
}

/* Whatever the span, and however the clocks were set at its ends. */
static void test_every_day_comes_once(void **state) {
        static const int zones[] = {0, 60, 120, -300, -240, 345, 840, -720};
        Random random = random_start(20261127);

        (void)state;
        for (int i = 0; i < SPANS; i++) {
                uint64_t began = NOON + random_below(&random, 3000ULL * DAY),
                         now = began + random_below(&random, 900ULL * DAY);
                ReviewSpan span = {.person = ALEX,
                        .began = {began, zones[random_below(&random, ARRAY_LEN(zones))]},
                        .now = {now, zones[random_below(&random, ARRAY_LEN(zones))]}};
                _cleanup_(review_freep) ReviewCount *c = NULL;
                _cleanup_(review_done) Review review = {0};
                int32_t days;

                assert_int_equal(review_begin(&span, &c), 0);
                review_end(c, &review);
                days = local_day(span.now) - local_day(span.began);
                assert_int_equal(review.n_days, MAX(days, 0) + 1);
                for (size_t d = 1; d < review.n_days; d++)
                        assert_next_day(&review.days[d - 1], &review.days[d]);
        }
}

static void test_a_day_has_its_date(void **state) {
        _cleanup_(review_freep) ReviewCount *c = begin(NOON, NOON + 2 * DAY, 0);
        _cleanup_(review_done) Review review = {0};

        (void)state;
        review_end(c, &review);
        assert_int_equal(review.n_days, 3);
        assert_int_equal(review.days[0].year, 2026);
        assert_int_equal(review.days[0].month, 11);
        assert_int_equal(review.days[0].day, 29);
        assert_int_equal(review.days[0].weekday, 6); /* a Sunday */
        assert_int_equal(review.days[2].month, 12);
        assert_int_equal(review.days[2].day, 1);
}

static void test_only_the_last_days(void **state) {
        _cleanup_(review_freep) ReviewCount *c = begin(NOON, NOON + 20 * DAY, 7);
        _cleanup_(review_done) Review review = {0};

        (void)state;
        add_contact(c, EVENT_URGE, NOON + 13 * DAY, 0);
        add_contact(c, EVENT_URGE, NOON + 14 * DAY, 0);
        review_end(c, &review);
        assert_int_equal(review.n_days, 7);
        assert_int_equal(review.days[0].day, 13);
        assert_int_equal(review.days[0].counts[GRADE_URGE], 1);
        assert_int_equal(sum(review.urges), 1);
}

static void test_more_days_than_there_are(void **state) {
        _cleanup_(review_freep) ReviewCount *c = begin(NOON, NOON, UINT32_MAX);
        _cleanup_(review_done) Review review = {0};

        (void)state;
        review_end(c, &review);
        assert_int_equal(review.n_days, 1);
}

static void test_the_end_of_an_ended_commitment(void **state) {
        const ReviewSpan span = {.person = ALEX,
                .began = {NOON, 0},
                .now = {NOON + 9 * DAY, 0},
                .ended_usec = NOON + 3 * DAY};
        _cleanup_(review_freep) ReviewCount *c = NULL, *none = NULL;
        _cleanup_(review_done) Review review = {0};

        (void)state;
        assert_int_equal(review_begin(&span, &c), 0);
        add_contact(c, EVENT_SLIP, NOON - 1, 0);
        add_contact(c, EVENT_SLIP, NOON + 3 * DAY + 1, 0);
        add_contact(c, EVENT_SLIP, NOON + 3 * DAY, 0);
        review_end(c, &review);
        assert_int_equal(review.n_days, 4);
        assert_int_equal(review.days[3].counts[GRADE_SLIP], 1);
        assert_int_equal(sum(review.visits), 1);

        assert_int_equal(
                review_begin(
                        &(ReviewSpan){.person = ALEX, .began = {NOON, 0}, .now = {NOON - 1, 0}},
                        &none),
                -EINVAL);
        assert_null(none);
}

/* --- when ------------------------------------------------------------------------------------ */

/* Sunday, 2026-11-29, 12:00 UTC, from where the user was. */
static void test_an_event_counts_where_it_happened(void **state) {
        static const struct {
                uint64_t at;
                int zone;
                size_t hour; /* of the week */
                size_t day;  /* of the days from 2026-11-27 on */
        } cases[] = {
                {NOON, 0, 6 * 24 + 12, 2},
                {NOON, 60, 6 * 24 + 13, 2},
                {NOON, 11 * 60 + 59, 6 * 24 + 23, 2},
                {NOON, 12 * 60, 0, 3}, /* the Monday after */
                {NOON, -12 * 60, 6 * 24, 2},
                {NOON, -12 * 60 - 1, 5 * 24 + 23, 1},
                {NOON - HOUR, -330, 6 * 24 + 5, 2},
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                _cleanup_(review_freep) ReviewCount *c = begin(NOON - 2 * DAY, NOON + 4 * DAY, 0);
                _cleanup_(review_done) Review review = {0};

                add_contact(c, EVENT_URGE, cases[i].at, cases[i].zone);
                add_contact(c, EVENT_ATTEMPT, cases[i].at, cases[i].zone);
                review_end(c, &review);
                assert_int_equal(review.urges[cases[i].hour], 1);
                assert_int_equal(review.visits[cases[i].hour], 1);
                assert_int_equal(review.days[cases[i].day].counts[GRADE_URGE], 1);
                assert_int_equal(review.days[cases[i].day].counts[GRADE_ATTEMPT], 1);
        }
}

/* West of where it began the begin's own evening is the day before; east of here tomorrow is. */
static void test_a_journey_loses_nothing(void **state) {
        _cleanup_(review_freep) ReviewCount *c = begin(NOON, NOON + DAY, 0);
        _cleanup_(review_done) Review review = {0};

        (void)state;
        add_contact(c, EVENT_URGE, NOON + 1, -720 - 60);
        add_contact(c, EVENT_SLIP, NOON + DAY, 14 * 60);
        review_end(c, &review);
        assert_int_equal(review.n_days, 2);
        assert_int_equal(review.days[0].counts[GRADE_URGE], 1);
        assert_int_equal(review.days[1].counts[GRADE_SLIP], 1);
}

/* --- what is counted, and as what ------------------------------------------------------------ */

static void test_the_grade_is_the_corrected_one(void **state) {
        _cleanup_(review_freep) ReviewCount *c = begin(NOON, NOON + DAY, 0);
        _cleanup_(review_done) Review review = {0};

        (void)state;
        add(c, EVENT_SLIP, ALEX, NOON, 0, GRADE_URGE, true, NULL);
        add(c, EVENT_SLIP, ALEX, NOON, 0, GRADE_NONE, true, NULL);
        add(c, EVENT_ATTEMPT, ALEX, NOON, 0, GRADE_ATTEMPT, false, NULL);
        review_end(c, &review);
        assert_int_equal(review.days[0].counts[GRADE_URGE], 1);
        assert_int_equal(review.days[0].counts[GRADE_SLIP], 0);
        assert_int_equal(review.days[0].counts[GRADE_ATTEMPT], 1);
        assert_int_equal(sum(review.urges), 1);
        assert_int_equal(sum(review.visits), 1);
        assert_int_equal(review.facts[REVIEW_CORRECTED], 2);
}

static void test_what_is_of_somebody_else_is_passed_over(void **state) {
        _cleanup_(review_freep) ReviewCount *c = begin(NOON, NOON + DAY, 0);
        _cleanup_(review_done) Review review = {0};

        (void)state;
        add(c, EVENT_SLIP, SAM, NOON, 0, GRADE_SLIP, true, NULL);
        add(c, EVENT_NUDGE_ANSWERED, SAM, NOON, 0, GRADE_NONE, false,
                json_pack("{s:s}", "answer", "leave"));
        add(c, EVENT_PERSON_CHANGED, ALEX, NOON, 0, GRADE_NONE, false, NULL);
        review_end(c, &review);
        assert_int_equal(sum(review.visits), 0);
        assert_int_equal(review.answers.n, 0);
        for (int i = 0; i < _REVIEW_FACT_MAX; i++)
                assert_int_equal(review.facts[i], 0);
}

static void test_facts(void **state) {
        _cleanup_(review_freep) ReviewCount *c = begin(NOON, NOON + DAY, 0);
        _cleanup_(review_done) Review review = {0};

        (void)state;
        add(c, EVENT_INCOMING, ALEX, NOON, 0, GRADE_INCOMING, false,
                json_pack("{s:s}", "held", "one"));
        add_contact(c, EVENT_INCOMING, NOON, 0);
        for (int i = 0; i < 3; i++)
                add(c, EVENT_OVERRIDE, "", NOON, 0, GRADE_NONE, false, NULL);
        add(c, EVENT_ENFORCEMENT_REPAIRED, "", NOON, 0, GRADE_NONE, false, NULL);
        add(c, EVENT_CLOCK_JUMPED, "", NOON - 1, 0, GRADE_NONE, false, NULL); /* before */
        review_end(c, &review);
        assert_int_equal(review.facts[REVIEW_INCOMING], 2);
        assert_int_equal(review.facts[REVIEW_HELD], 1);
        assert_int_equal(review.facts[REVIEW_EXCEPTIONS], 3);
        assert_int_equal(review.facts[REVIEW_REPAIRS], 1);
        assert_int_equal(review.facts[REVIEW_CLOCK_JUMPS], 0);
        assert_int_equal(sum(review.urges) + sum(review.visits), 0);
        for (int i = 0; i < _REVIEW_FACT_MAX; i++)
                assert_non_null(review_fact_name((ReviewFact)i));
}

/* --- what followed --------------------------------------------------------------------------- */

static void test_what_followed_an_answer(void **state) {
        static const struct {
                EventKind kind;
                uint64_t after;
                Grade grade;
                uint32_t quiet;
        } cases[] = {
                {EVENT_ATTEMPT, 0, GRADE_ATTEMPT, 1}, /* what it is the answer to */
                {EVENT_ATTEMPT, 1, GRADE_ATTEMPT, 0}, {EVENT_SLIP, 10 * MINUTE, GRADE_SLIP, 0},
                {EVENT_RELAPSE, 30 * MINUTE, GRADE_RELAPSE, 0},
                {EVENT_RELAPSE, 30 * MINUTE + 1, GRADE_RELAPSE, 1},
                {EVENT_URGE, 10 * MINUTE, GRADE_URGE, 1}, /* felt, and nothing done */
                {EVENT_INCOMING, 10 * MINUTE, GRADE_INCOMING, 1},
                {EVENT_SLIP, 10 * MINUTE, GRADE_NONE, 1}, /* that was not it */
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                _cleanup_(review_freep) ReviewCount *c = begin(NOON, NOON + DAY, 0);
                _cleanup_(review_done) Review review = {0};

                /* newest first, as the ledger lists */
                add(c, cases[i].kind, ALEX, NOON + HOUR + cases[i].after, 0, cases[i].grade,
                        cases[i].grade == GRADE_NONE, NULL);
                add_answer(c, NOON + HOUR, "leave");
                add_contact(c, EVENT_ATTEMPT, NOON + HOUR - 1, 0);
                review_end(c, &review);
                assert_int_equal(review.answers.n, 1);
                assert_string_equal(review.answers.items[0].word, "leave");
                assert_int_equal(review.answers.items[0].n, 1);
                assert_int_equal(review.answers.items[0].quiet, cases[i].quiet);
        }
}

static void test_an_answer_of_just_now_waits(void **state) {
        _cleanup_(review_freep) ReviewCount *c = begin(NOON, NOON + HOUR, 0);
        _cleanup_(review_done) Review review = {0};

        (void)state;
        add_answer(c, NOON + 30 * MINUTE + 1, "leave");
        add_answer(c, NOON + 30 * MINUTE, "breathe");
        review_end(c, &review);
        assert_int_equal(review.answers.n, 1);
        assert_string_equal(review.answers.items[0].word, "breathe");
}

static void test_the_most_frequent_word_comes_first(void **state) {
        _cleanup_(review_freep) ReviewCount *c = begin(NOON, NOON + DAY, 0);
        _cleanup_(review_done) Review review = {0};

        (void)state;
        add_answer(c, NOON, "write");
        add_answer(c, NOON, "call");
        add_answer(c, NOON, "leave");
        add_answer(c, NOON, "leave");
        review_end(c, &review);
        assert_int_equal(review.answers.n, 3);
        assert_string_equal(review.answers.items[0].word, "leave");
        assert_string_equal(review.answers.items[1].word, "call");
        assert_string_equal(review.answers.items[2].word, "write");
}

static void test_what_was_going_on_is_counted(void **state) {
        _cleanup_(review_freep) ReviewCount *c = begin(NOON, NOON + DAY, 0);
        _cleanup_(review_done) Review review = {0};

        (void)state;
        add_tagged(c, EVENT_URGE, GRADE_URGE, "song");
        add_tagged(c, EVENT_ATTEMPT, GRADE_ATTEMPT, "late");
        add_tagged(c, EVENT_SLIP, GRADE_URGE, "late");
        add_tagged(c, EVENT_SLIP, GRADE_NONE, "drank"); /* that was not it */
        add_tagged(c, EVENT_RELAPSE, GRADE_RELAPSE, "");
        review_end(c, &review);
        assert_int_equal(review.tags.n, 2);
        assert_string_equal(review.tags.items[0].word, "late");
        assert_int_equal(review.tags.items[0].n, 2);
        assert_string_equal(review.tags.items[1].word, "song");
}

/* The order in which it is told changes nothing: counted quick and counted plainly. */
static void test_any_order_counts_the_same(void **state) {
        Random random = random_start(7);

        (void)state;
        for (int i = 0; i < SPANS; i++) {
                _cleanup_(review_freep) ReviewCount *c = begin(NOON, NOON + 3 * DAY, 0);
                _cleanup_(review_done) Review review = {0};
                uint64_t visits[20], answers[20];
                uint32_t quiet = 0;

                for (size_t k = 0; k < ARRAY_LEN(visits); k++) {
                        visits[k] = NOON + random_below(&random, 2 * 1440) * MINUTE;
                        answers[k] = NOON + random_below(&random, 2 * 1440) * MINUTE;
                        add_contact(c, EVENT_ATTEMPT, visits[k], 0);
                        add_answer(c, answers[k], "leave");
                }
                for (size_t k = 0; k < ARRAY_LEN(answers); k++) {
                        bool followed = false;

                        for (size_t v = 0; v < ARRAY_LEN(visits); v++)
                                followed =
                                        followed || (visits[v] > answers[k] &&
                                                            visits[v] - answers[k] <= 30 * MINUTE);
                        quiet += !followed;
                }
                review_end(c, &review);
                assert_int_equal(review.answers.items[0].n, ARRAY_LEN(answers));
                assert_int_equal(review.answers.items[0].quiet, quiet);
                assert_int_equal(sum(review.visits), ARRAY_LEN(visits));
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_every_day_comes_once),
                cmocka_unit_test(test_a_day_has_its_date),
                cmocka_unit_test(test_only_the_last_days),
                cmocka_unit_test(test_more_days_than_there_are),
                cmocka_unit_test(test_the_end_of_an_ended_commitment),
                cmocka_unit_test(test_an_event_counts_where_it_happened),
                cmocka_unit_test(test_a_journey_loses_nothing),
                cmocka_unit_test(test_the_grade_is_the_corrected_one),
                cmocka_unit_test(test_what_is_of_somebody_else_is_passed_over),
                cmocka_unit_test(test_facts),
                cmocka_unit_test(test_what_followed_an_answer),
                cmocka_unit_test(test_an_answer_of_just_now_waits),
                cmocka_unit_test(test_the_most_frequent_word_comes_first),
                cmocka_unit_test(test_what_was_going_on_is_counted),
                cmocka_unit_test(test_any_order_counts_the_same),
        };
        return cmocka_run_group_tests_name("review", tests, NULL, NULL);
}
