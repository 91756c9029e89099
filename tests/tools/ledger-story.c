/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Makes a ledger of so many days that somebody lived through, the same each time: urges and
 * attempts, mostly late in the evening and fewer with the weeks, answers to them, messages that
 * were held, an exception, a repair. The daemon must not run.
 *
 *   ledger-story FOLDER NAME DAYS PER_WEEK [SLIP_DAY...]
 *
 * prints how many urges, attempts and slips there are. */

#include "common/time.h"
#include "daemon/ledger.h"
#include "unit/random.h"

#include <stdio.h>
#include <time.h>

#define PERSON "0190000000007000800000000000000a"

typedef struct Story {
        Batch batch;
        Random random;
        uint64_t began, now;
        unsigned urges, attempts, slips;
        bool failed;
} Story;

static void tell(Story *s, EventKind kind, const char *person, uint64_t at, json_t *data) {
        if (at > s->now) /* the last evening is not over */
                json_decref(data);
        else if (batch_add(&s->batch, kind, person, at, data) < 0)
                s->failed = true;
        else {
                s->urges += kind == EVENT_URGE;
                s->attempts += kind == EVENT_ATTEMPT;
                s->slips += kind == EVENT_SLIP;
        }
}

/* An hour of the day as such days have it. */
static uint64_t an_hour(Story *s) {
        static const unsigned hours[] = {
                0, 0, 1, 7, 8, 12, 13, 17, 18, 19, 20, 21, 21, 22, 22, 22, 23, 23, 23, 23};

        return hours[random_below(&s->random, ARRAY_LEN(hours))] * USEC_PER_HOUR +
               random_below(&s->random, 3600) * USEC_PER_SEC;
}

static void tell_visit(Story *s, EventKind kind, uint64_t at) {
        static const char *const answers[] = {
                "leave", "leave", "leave", "breathe", "breathe", "write", "call", "meant"};
        static const char *const tags[] = {
                "late", "late", "late", "song", "saw", "saw", "closure", "other", "drank"};

        tell(s, kind, PERSON, at,
                json_pack("{s:s, s:s, s:s, s:s}", "channel", "firefox", "source", "extension",
                        "target", "https://www.instagram.com/alex.doe/", "tag",
                        tags[random_below(&s->random, ARRAY_LEN(tags))]));
        tell(s, EVENT_NUDGE_ANSWERED, PERSON, at + 9 * USEC_PER_SEC,
                json_pack("{s:s, s:s}", "of", "", "answer",
                        answers[random_below(&s->random, ARRAY_LEN(answers))]));
        if (random_once_in(&s->random, 9))
                tell(s, EVENT_ATTEMPT, PERSON, at + 11 * USEC_PER_MIN,
                        json_pack("{s:s, s:s}", "channel", "firefox", "source", "extension"));
}

static void tell_day(Story *s, unsigned day, unsigned days, unsigned per_week) {
        uint64_t midnight = s->began - s->began % USEC_PER_DAY + day * USEC_PER_DAY,
                 /* twice as many at the begin, hardly any at the end */
                chances = (uint64_t)per_week * 2 * (days + 1 - day) / (days + 1) + 1;

        for (uint64_t i = 0; i < chances; i++) {
                uint64_t at = midnight + an_hour(s);

                if (!random_once_in(&s->random, 7) || at < s->began)
                        continue;
                if (random_once_in(&s->random, 3))
                        tell_visit(s, EVENT_ATTEMPT, at);
                else
                        tell(s, EVENT_URGE, PERSON, at, json_pack("{s:i}", "intensity", 5));
        }
        if (random_once_in(&s->random, 12))
                tell(s, EVENT_INCOMING, PERSON, midnight + 15 * USEC_PER_HOUR,
                        json_pack("{s:s, s:s}", "channel", "telegram", "held",
                                "0190000000007000800000000000000b"));
}

static void tell_all(Story *s, const char *name, unsigned days, unsigned per_week) {
        tell(s, EVENT_PERSON_ADDED, PERSON, s->began,
                json_pack("{s:s, s:s}", "name", name, "mode", "full"));
        tell(s, EVENT_COMMITMENT_BEGUN, PERSON, s->began,
                json_pack("{s:i, s:I}", "days", 30, "ends",
                        (json_int_t)(s->began + MAX(days + 7, 30U) * USEC_PER_DAY)));
        for (unsigned day = 0; day <= days; day++)
                tell_day(s, day, days, per_week);
        if (days > 7) {
                tell(s, EVENT_OVERRIDE, NULL, s->began + 5 * USEC_PER_DAY,
                        json_pack("{s:s, s:I}", "target", "instagram", "until",
                                (json_int_t)(s->began + 5 * USEC_PER_DAY + 600 * USEC_PER_SEC)));
                tell(s, EVENT_ENFORCEMENT_REPAIRED, NULL, s->began + 6 * USEC_PER_DAY,
                        json_object());
        }
}

int main(int argc, char **argv) {
        _cleanup_(ledger_freep) Ledger *l = NULL;
        Story s = {.random = {20261127}, .now = (uint64_t)time(NULL) * USEC_PER_SEC};
        unsigned days;

        if (argc < 5) {
                fprintf(stderr, "usage: ledger-story FOLDER NAME DAYS PER_WEEK [SLIP_DAY...]\n");
                return 2;
        }
        days = (unsigned)strtoul(argv[3], NULL, 10);
        s.began = s.now - days * USEC_PER_DAY;
        if (days > 0)
                s.began -= s.began % USEC_PER_DAY; /* the same at any time of the day */
        tell_all(&s, argv[2], days, (unsigned)strtoul(argv[4], NULL, 10));
        for (int i = 5; i < argc; i++)
                tell_visit(&s, EVENT_SLIP,
                        s.began + strtoul(argv[i], NULL, 10) * USEC_PER_DAY + 14 * USEC_PER_HOUR);
        if (s.failed || ledger_open(argv[1], &l) < 0 || ledger_record(l, &s.batch, s.now) < 0) {
                fprintf(stderr, "ledger-story: no ledger could be made in %s\n", argv[1]);
                batch_done(&s.batch);
                return 1;
        }
        batch_done(&s.batch);
        printf("%u %u %u\n", s.urges, s.attempts, s.slips);
        return 0;
}
