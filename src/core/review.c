/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Counts the ledger's events into a review. It judges nothing and knows no clock: grades come from
 * the corrections, days and hours from the zone that was stored with each event. Used by
 * ledger-bus.c. */

#include "core/review.h"

#include "common/array.h"
#include "common/time.h"

#include <assert.h>
#include <errno.h>
#include <time.h>

#define QUIET_USEC (REVIEW_QUIET_MINUTES * USEC_PER_MIN)

/* An answer, by the place of its word in the list. */
typedef struct Answer {
        uint64_t at_usec;
        size_t word;
} Answer;

struct ReviewCount {
        ReviewSpan span;
        int32_t began_day, first_day; /* first_day: where the days begin, not before began_day */
        Review review;
        Answer *answers;
        size_t n_answers, answers_space;
        uint64_t *visits; /* when each attempt, slip and relapse was */
        size_t n_visits, visits_space;
};

static const char *const fact_names[_REVIEW_FACT_MAX] = {
        [REVIEW_INCOMING] = "incoming",
        [REVIEW_HELD] = "held",
        [REVIEW_CORRECTED] = "corrected",
        [REVIEW_EXCEPTIONS] = "exceptions",
        [REVIEW_REPAIRS] = "repairs",
        [REVIEW_CLOCK_JUMPS] = "clock-jumps",
};

const char *review_fact_name(ReviewFact fact) {
        return fact_names[fact];
}

/* --- begin and end --------------------------------------------------------------------------- */

static ReviewDay day_of(int32_t day) {
        time_t seconds = (time_t)day * 86400;
        struct tm tm = {0};

        (void)gmtime_r(&seconds, &tm);
        return (ReviewDay){
                .year = (unsigned)(tm.tm_year + 1900),
                .month = (unsigned)tm.tm_mon + 1,
                .day = (unsigned)tm.tm_mday,
                .weekday = (unsigned)(tm.tm_wday + 6) % 7,
        };
}

int review_begin(const ReviewSpan *span, ReviewCount **ret) {
        _cleanup_(review_freep) ReviewCount *c = NULL;
        LocalTime end = span->now;
        int32_t last;

        if (span->ended_usec > 0)
                end.usec = MIN(span->ended_usec, end.usec);
        c = calloc(1, sizeof(*c));
        if (!c)
                return -ENOMEM;
        c->span = *span;
        c->began_day = c->first_day = local_day(span->began);
        last = MAX(local_day(end), c->began_day); /* when a journey led back over a midnight */
        if (end.usec < span->began.usec)
                return -EINVAL;
        if (span->days > 0 && (uint32_t)(last - c->first_day) >= span->days)
                c->first_day = last - (int32_t)span->days + 1;
        c->review.n_days = (size_t)(last - c->first_day) + 1;
        c->review.days = calloc(c->review.n_days, sizeof(*c->review.days));
        if (!c->review.days)
                return -ENOMEM;
        for (size_t i = 0; i < c->review.n_days; i++)
                c->review.days[i] = day_of(c->first_day + (int32_t)i);
        *ret = TAKE_PTR(c);
        return 0;
}

static void words_done(ReviewWords *w) {
        for (size_t i = 0; i < w->n; i++)
                free(w->items[i].word);
        free(w->items);
}

void review_done(Review *r) {
        free(r->days);
        words_done(&r->answers);
        words_done(&r->tags);
        *r = (Review){0};
}

ReviewCount *review_free(ReviewCount *c) {
        if (!c)
                return NULL;
        review_done(&c->review);
        free(c->answers);
        free(c->visits);
        free(c);
        return NULL;
}

/* --- counting -------------------------------------------------------------------------------- */

/* Where in the days the moment lies, or -1 when it is not of them. */
static ssize_t place_of(const ReviewCount *c, LocalTime at) {
        int32_t last = c->first_day + (int32_t)c->review.n_days - 1, day;

        if (at.usec < c->span.began.usec)
                return -1;
        if (c->span.ended_usec > 0 && at.usec > c->span.ended_usec)
                return -1;
        day = MAX(local_day(at), c->began_day);
        day = MIN(day, last);
        return day < c->first_day ? -1 : day - c->first_day;
}

/* Counts a word once more; gives its place in the list. */
static int count_word(ReviewWords *w, const char *word, size_t *ret) {
        size_t i = 0;

        while (i < w->n && !streq(w->items[i].word, word))
                i++;
        if (i == w->n) {
                char *copy;

                if (ARRAY_RESERVE(w->items, w->space, w->n + 1) < 0)
                        return -ENOMEM;
                copy = strdup(word);
                if (!copy)
                        return -ENOMEM;
                w->items[w->n++] = (ReviewWord){.word = copy};
        }
        w->items[i].n++;
        if (ret)
                *ret = i;
        return 0;
}

static int add_visit(ReviewCount *c, uint64_t at_usec) {
        if (ARRAY_RESERVE(c->visits, c->visits_space, c->n_visits + 1) < 0)
                return -ENOMEM;
        c->visits[c->n_visits++] = at_usec;
        return 0;
}

static int count_contact(ReviewCount *c, ReviewDay *day, const Event *ev, Grade grade) {
        unsigned hour = local_week_minute((LocalTime){ev->at_usec, ev->zone_minutes}) / 60;

        day->counts[grade]++;
        if (grade == GRADE_INCOMING) {
                c->review.facts[REVIEW_INCOMING]++;
                c->review.facts[REVIEW_HELD] += event_string(ev, "held")[0] != '\0';
                return 0;
        }
        if (grade == GRADE_URGE) {
                c->review.urges[hour]++;
                return 0;
        }
        c->review.visits[hour]++;
        return add_visit(c, ev->at_usec);
}

static int count_answer(ReviewCount *c, const Event *ev) {
        const char *answer = event_string(ev, "answer");
        Answer a = {.at_usec = ev->at_usec};
        int r;

        if (answer[0] == '\0' || ev->at_usec + QUIET_USEC > c->span.now.usec)
                return 0;
        if (ARRAY_RESERVE(c->answers, c->answers_space, c->n_answers + 1) < 0)
                return -ENOMEM;
        r = count_word(&c->review.answers, answer, &a.word);
        if (r < 0)
                return r;
        c->answers[c->n_answers++] = a;
        return 0;
}

int review_add(ReviewCount *c, const Event *ev, Grade grade, bool corrected, const char *tag) {
        /* what concerns no person, but all of them */
        static const struct {
                EventKind kind;
                ReviewFact fact;
        } facts[] = {
                {EVENT_OVERRIDE, REVIEW_EXCEPTIONS},
                {EVENT_ENFORCEMENT_REPAIRED, REVIEW_REPAIRS},
                {EVENT_CLOCK_JUMPED, REVIEW_CLOCK_JUMPS},
        };
        ssize_t place = place_of(c, (LocalTime){ev->at_usec, ev->zone_minutes});
        int r;

        if (place < 0)
                return 0;
        for (size_t i = 0; i < ARRAY_LEN(facts); i++)
                c->review.facts[facts[i].fact] += facts[i].kind == ev->kind;
        if (!streq(ev->person, c->span.person))
                return 0;
        if (ev->kind == EVENT_NUDGE_ANSWERED)
                return count_answer(c, ev);
        if (event_grade(ev->kind) == GRADE_NONE)
                return 0;
        c->review.facts[REVIEW_CORRECTED] += corrected;
        if (grade == GRADE_NONE)
                return 0;
        r = count_contact(c, &c->review.days[place], ev, grade);
        return r < 0 || tag[0] == '\0' ? r : count_word(&c->review.tags, tag, NULL);
}

/* --- what followed --------------------------------------------------------------------------- */

static int compare_times(const void *a, const void *b) {
        uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

        return (x > y) - (x < y);
}

/* Was there no visit in the half hour after `at`? */
static bool is_quiet(const ReviewCount *c, uint64_t at) {
        size_t from = 0, to = c->n_visits;

        while (from < to) {
                size_t middle = from + (to - from) / 2;

                if (c->visits[middle] <= at)
                        from = middle + 1;
                else
                        to = middle;
        }
        return from == c->n_visits || c->visits[from] - at > QUIET_USEC;
}

static int compare_words(const void *a, const void *b) {
        const ReviewWord *x = a, *y = b;

        return x->n == y->n ? strcmp(x->word, y->word) : (x->n < y->n) - (x->n > y->n);
}

static void sort_words(ReviewWords *w) {
        if (w->n > 0)
                qsort(w->items, w->n, sizeof(*w->items), compare_words);
}

void review_end(ReviewCount *c, Review *ret) {
        if (c->n_visits > 0)
                qsort(c->visits, c->n_visits, sizeof(*c->visits), compare_times);
        for (size_t i = 0; i < c->n_answers; i++)
                c->review.answers.items[c->answers[i].word].quiet +=
                        is_quiet(c, c->answers[i].at_usec);
        sort_words(&c->review.answers);
        sort_words(&c->review.tags);
        *ret = c->review;
        c->review = (Review){0};
        c->n_answers = c->n_visits = 0;
}
