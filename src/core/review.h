/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"
#include "core/event.h"
#include "core/hours.h"

/* A look back over one person's commitment: what each day held, when it came, what was answered and
 * what followed. It counts; what may be said of so few is decided by whoever shows it. */

enum {
        REVIEW_HOURS = 7 * 24,     /* of a week, from Monday 00:00 */
        REVIEW_QUIET_MINUTES = 30, /* so long after an answer it is looked at what followed */
};

/* Of which days. The clock on the wall is that of the place: at the begin, and now. */
typedef struct ReviewSpan {
        const char *person; /* an id */
        LocalTime began, now;
        uint64_t ended_usec; /* µs UTC, when the user ended it; 0: it stands */
        unsigned days;       /* only the last so many; 0: all since the begin */
} ReviewSpan;

/* A day by the calendar of the place where things happened. */
typedef struct ReviewDay {
        unsigned year, month, day; /* month and day from 1 */
        unsigned weekday;          /* from Monday, 0 */
        uint32_t counts[_GRADE_MAX];
} ReviewDay;

/* A word, and how often it came. */
typedef struct ReviewWord {
        char *word;
        uint32_t n;
        uint32_t quiet; /* of answers: after how many no attempt, slip or relapse followed */
} ReviewWord;

typedef struct ReviewWords {
        ReviewWord *items; /* the most frequent first, then by the alphabet */
        size_t n, space;
} ReviewWords;

/* What is only counted. */
typedef enum ReviewFact {
        REVIEW_INCOMING,    /* from them, in all */
        REVIEW_HELD,        /* of those, kept out of sight */
        REVIEW_CORRECTED,   /* entries that were given another grade */
        REVIEW_EXCEPTIONS,  /* opened for some minutes */
        REVIEW_REPAIRS,     /* of what root holds */
        REVIEW_CLOCK_JUMPS, /* the wall clock was set */
        _REVIEW_FACT_MAX,
} ReviewFact;

typedef struct Review {
        ReviewDay *days; /* every day of the span once, in order */
        size_t n_days;
        uint32_t urges[REVIEW_HOURS];  /* felt, and nothing done */
        uint32_t visits[REVIEW_HOURS]; /* attempts, slips and relapses */
        ReviewWords answers;           /* to nudges and pause pages */
        ReviewWords tags;              /* what was going on when they came */
        uint32_t facts[_REVIEW_FACT_MAX];
} Review;

/* Counts what it is told: begin, add each event of the ledger in whatever order, end. */
typedef struct ReviewCount ReviewCount;

/* Returns 0, -EINVAL when the span ends before it begins, or -ENOMEM. The person's id lives until
 * the end. */
int review_begin(const ReviewSpan *span, ReviewCount **ret);
/* Accepts NULL; returns NULL. */
ReviewCount *review_free(ReviewCount *c);
DEFINE_CLEANUP(ReviewCount *, review_free)

/* An event with what became of it: its grade after corrections, and whether there are any. Those of
 * somebody else, of other kinds or of other days are passed over. An event whose own day lies
 * outside of the commitment's, as after a journey, is of the nearest day. `tag` says what was going
 * on, "" when that was not said. Returns 0 or -ENOMEM. */
int review_add(ReviewCount *c, const Event *ev, Grade grade, bool corrected, const char *tag);

/* The whole of it; end it with review_done(). An answer given within the last half hour is not in
 * it: nobody knows yet what follows. */
void review_end(ReviewCount *c, Review *ret);
void review_done(Review *r);

/* "held", "clock-jumps". */
const char *review_fact_name(ReviewFact fact);
