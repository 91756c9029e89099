/* SPDX-License-Identifier: GPL-3.0-or-later */

/* True visits in several browsers, each told of by some of the sensors, in any order and late, and
 * the daemon started anew in between: each is one entry, graded by the strongest evidence. */

#include "daemon/records.h"
#include "daemon/visits.h"
#include "unit/ledger-fixture.h"
#include "unit/random.h"

#define SECOND USEC_PER_SEC

enum {
        VISITS = 8,    /* of one world */
        REPORTS = 160, /* at most */
        WORLDS = 60,
};

/* Two visits to one page in one browser lie so far apart that no report of one can be taken for the
 * other's: the window, and how late a report may be or how wrong a row's time. */
#define APART (JUDGE_TWIN_WINDOW_USEC + 10 * SECOND)
/* A report of what was stopped comes so late at most; a row's time is so far off. */
#define REPORT_LATE (3 * SECOND)
#define ROW_OFF     (2 * SECOND)
/* Chromium's rows are written every 10 s. */
#define ROW_LATE (10 * SECOND)

static const char *const pages[] = {
        "https://www.instagram.com/alex.doe/", "https://alexdoe.example/x"};
static const char *const keys[] = {"instagram:alex.doe", "domain:alexdoe.example"};
static const char *const browsers[] = {"firefox", "chromium", "brave"};

typedef struct Truth {
        size_t page, browser;
        uint64_t at;
        Grade grade;      /* by all reports that were made of it so far, GRADE_NONE: none */
        Grade user_grade; /* what the user said that it was; _GRADE_MAX: nothing */
        size_t found;     /* entries of it */
} Truth;

typedef struct Report {
        size_t truth;
        char source[32];
        uint64_t now; /* when it comes */
        uint64_t at;  /* what it says of the visit's time */
        bool redirected;
} Report;

typedef struct World {
        Random r;
        Desk *d;
        Truth truths[VISITS];
        Report reports[REPORTS];
        size_t n, n_reports;
} World;

static int properties_setup(void **state) {
        Desk *d;
        int r = desk_setup(state);

        if (r < 0)
                return r;
        d = *state;
        desk_begin(d, ALEX, "Alex Doe", "full", NOON - DAY, 365);
        (void)desk_record(d, EVENT_IDENTITY_ADDED, ALEX, NOON - DAY,
                identity_data("handle", "instagram:alex.doe"));
        (void)desk_record(d, EVENT_IDENTITY_ADDED, ALEX, NOON - DAY,
                identity_data("domain", "alexdoe.example"));
        return 0;
}

static uint64_t apart(uint64_t a, uint64_t b) {
        return MAX(a, b) - MIN(a, b);
}

/* --- a world --------------------------------------------------------------------------------- */

static bool fits(const World *w, const Truth *t) {
        for (size_t i = 0; i < w->n; i++)
                if (w->truths[i].page == t->page && w->truths[i].browser == t->browser &&
                        apart(w->truths[i].at, t->at) <= APART)
                        return false;
        return true;
}

/* Is it in no other browser at that time, so that a source without a browser means this one? */
static bool is_lonely(const World *w, size_t which) {
        for (size_t i = 0; i < w->n; i++)
                if (i != which && w->truths[i].page == w->truths[which].page &&
                        apart(w->truths[i].at, w->truths[which].at) <= APART)
                        return false;
        return true;
}

static void add_truths(World *w, uint64_t from) {
        for (size_t tries = 0; tries < (size_t)4 * VISITS && w->n < VISITS; tries++) {
                Truth t = {
                        .page = random_below(&w->r, ARRAY_LEN(pages)),
                        .browser = random_below(&w->r, ARRAY_LEN(browsers)),
                        .at = from + random_below(&w->r, 100 * SECOND),
                        .user_grade = _GRADE_MAX,
                };

                /* often in the very same second as another */
                if (w->n > 0 && random_once_in(&w->r, 3))
                        t.at = w->truths[w->n - 1].at + random_below(&w->r, SECOND);
                if (fits(w, &t))
                        w->truths[w->n++] = t;
        }
}

static Report *add_report(World *w, size_t truth, const char *sensor, bool in_browser) {
        Report *r = &w->reports[w->n_reports++];

        assert_true(w->n_reports <= REPORTS);
        *r = (Report){.truth = truth};
        (void)snprintf(r->source, sizeof(r->source), "%s%s%s", sensor, in_browser ? ":" : "",
                in_browser ? browsers[w->truths[truth].browser] : "");
        return r;
}

static void add_stop(World *w, size_t truth, const char *sensor, bool in_browser) {
        Report *r = add_report(w, truth, sensor, in_browser);

        r->at = r->now = w->truths[truth].at + random_below(&w->r, REPORT_LATE);
}

static void add_rows(World *w, size_t truth) {
        uint64_t at = w->truths[truth].at - ROW_OFF + random_below(&w->r, 2 * ROW_OFF);
        uint64_t read = MAX(at, w->truths[truth].at) + random_below(&w->r, ROW_LATE);

        /* read again, as after a restart */
        for (uint64_t n = 1 + random_below(&w->r, 2); n > 0; n--) {
                Report *r = add_report(w, truth, "history", true);

                r->at = at;
                r->now = read + (n - 1) * random_below(&w->r, 5 * MINUTE);
                /* with the row to which a redirect led on */
                if (random_once_in(&w->r, 3)) {
                        Report *next = add_report(w, truth, "history", true);

                        next->at = at + SECOND / 3;
                        next->now = r->now + 1;
                        next->redirected = true;
                }
        }
}

/* A set of reports that is not empty. */
static void add_reports(World *w, size_t truth) {
        size_t before = w->n_reports;

        while (w->n_reports == before) {
                if (random_once_in(&w->r, 2))
                        add_rows(w, truth);
                for (uint64_t n = random_below(&w->r, 3); n > 0; n--)
                        add_stop(w, truth, "extension", true);
                if (is_lonely(w, truth) && random_once_in(&w->r, 3))
                        add_stop(w, truth, "sinkhole", false);
                if (is_lonely(w, truth) && random_once_in(&w->r, 4))
                        add_stop(w, truth, "policy", false);
        }
}

static int compare_reports(const void *a, const void *b) {
        const Report *x = a, *y = b;

        return x->now < y->now ? -1 : x->now > y->now;
}

/* --- what the ledger makes of it ------------------------------------------------------------- */

static void hear(World *w, const Report *report) {
        Truth *t = &w->truths[report->truth];
        const SeenVisit visit = {
                .url = pages[t->page], .at_usec = report->at, .redirected = report->redirected};
        Grade grade = _GRADE_MAX;
        Source s;

        assert_int_equal(source_parse(report->source, &s), 0);
        assert_true(visits_record(w->d->l, report->now, &s, &visit, 1, NULL, NULL, &grade) >= 0);
        if (s.evidence == EVIDENCE_STOPPED)
                t->grade = GRADE_ATTEMPT;
        else if (t->grade == GRADE_NONE)
                t->grade = GRADE_SLIP;
        assert_int_equal(grade, t->user_grade != _GRADE_MAX ? t->user_grade : t->grade);
}

static Grade grade_of(const Truth *t) {
        return t->user_grade != _GRADE_MAX ? t->user_grade : t->grade;
}

/* Whose entry is it? */
static Truth *find_truth(World *w, const Event *ev) {
        const char *channel = event_string(ev, "channel");
        bool in_browser = !streq(channel, event_string(ev, "source"));
        Truth *found = NULL;

        for (size_t i = 0; i < w->n; i++) {
                Truth *t = &w->truths[i];

                if (streq(event_string(ev, "key"), keys[t->page]) &&
                        (!in_browser || streq(channel, browsers[t->browser])) &&
                        apart(t->at, ev->at_usec) <= MAX(REPORT_LATE, ROW_OFF) + SECOND &&
                        (!found || apart(t->at, ev->at_usec) < apart(found->at, ev->at_usec)))
                        found = t;
        }
        return found;
}

static int check_entry(void *userdata, const StoreEntry *entry) {
        World *w = userdata;
        Truth *t = find_truth(w, &entry->event);

        assert_non_null(t);
        t->found++;
        assert_int_equal(entry->grade, grade_of(t));
        return 0;
}

static void each_entry(World *w, store_entry_func func) {
        static const EventKind kinds[] = {EVENT_ATTEMPT, EVENT_SLIP};

        assert_int_equal(store_list(ledger_store(w->d->l),
                                 &(StoreFilter){.kinds = kinds,
                                         .n_kinds = ARRAY_LEN(kinds),
                                         .limit = (unsigned)w->n + 1},
                                 func, w),
                0);
}

/* The newest entry that is of this world. */
static int correct_entry(void *userdata, const StoreEntry *entry) {
        static const Grade grades[] = {GRADE_NONE, GRADE_ATTEMPT, GRADE_SLIP, GRADE_RELAPSE};
        World *w = userdata;
        Truth *t = find_truth(w, &entry->event);
        Grade to = grades[random_below(&w->r, ARRAY_LEN(grades))];
        const char *why = NULL;

        if (!t || t->user_grade != _GRADE_MAX || entry->grade == to)
                return 0;
        assert_int_equal(records_correct(w->d->l, entry->event.recorded_usec + 1, entry->event.seq,
                                 grade_name(to), "", &why),
                0);
        t->user_grade = to;
        return 1;
}

static void run_world(World *w, uint64_t from, bool corrects) {
        uint64_t before = (uint64_t)fixture_number(
                w->d->dir, "SELECT count(*) FROM event WHERE kind IN ('attempt', 'slip')");

        w->n = w->n_reports = 0;
        add_truths(w, from);
        for (size_t i = 0; i < w->n; i++)
                add_reports(w, i);
        qsort(w->reports, w->n_reports, sizeof(*w->reports), compare_reports);
        for (size_t i = 0; i < w->n_reports; i++) {
                hear(w, &w->reports[i]);
                if (random_once_in(&w->r, 12))
                        desk_reopen(w->d);
                if (corrects && random_once_in(&w->r, 6))
                        each_entry(w, correct_entry);
        }
        /* one entry is one nudge: what merges is none */
        assert_int_equal(fixture_number(w->d->dir,
                                 "SELECT count(*) FROM event WHERE kind IN ('attempt', 'slip')"),
                before + w->n);
}

/* Those of other worlds lie behind the limit of the listing. */
static void check_world(World *w) {
        static const EventKind kinds[] = {EVENT_ATTEMPT, EVENT_SLIP};

        assert_int_equal(store_list(ledger_store(w->d->l),
                                 &(StoreFilter){.kinds = kinds,
                                         .n_kinds = ARRAY_LEN(kinds),
                                         .limit = (unsigned)w->n},
                                 check_entry, w),
                0);
        for (size_t i = 0; i < w->n; i++)
                assert_int_equal(w->truths[i].found, 1);
}

static void run_worlds(Desk *d, uint64_t seed, bool corrects) {
        World *w = calloc(1, sizeof(*w));

        assert_non_null(w);
        w->r = random_start(seed);
        w->d = d;
        for (unsigned i = 0; i < WORLDS; i++) {
                run_world(w, NOON + i * HOUR, corrects);
                check_world(w);
        }
        free(w);
        assert_desk_sound(d);
}

static void test_each_visit_is_one_entry_by_the_strongest_evidence(void **state) {
        run_worlds(*state, 2026, false);
}

static void test_what_the_user_corrected_is_never_overwritten(void **state) {
        run_worlds(*state, 1127, true);
}

/* Somebody who tries again and again, every few seconds and for minutes, with the extension at
 * work: whatever the browser writes down of it, and when, none of it is a slip. */
static void test_who_tries_again_and_again_never_slips(void **state) {
        static const char *const sources[] = {"extension:firefox", "sinkhole"};
        const SeenVisit page = {.url = pages[0]};
        Random r = random_start(15);
        Desk *d = *state;
        Source history;

        assert_int_equal(source_parse("history:firefox", &history), 0);
        for (unsigned i = 0; i < 20; i++) {
                uint64_t at = NOON + i * HOUR;

                for (unsigned tries = 0; tries < 30; tries++) {
                        SeenVisit report = page, row = page;
                        Source s;

                        at += SECOND / 10 + random_below(&r, 8 * SECOND);
                        report.at_usec = at;
                        row.at_usec = at - SECOND + random_below(&r, 3 * SECOND);
                        assert_int_equal(source_parse(sources[random_below(&r, 2)], &s), 0);
                        assert_true(visits_record(d->l, at, &s, &report, 1, NULL, NULL, NULL) >= 0);
                        assert_true(visits_record(d->l, row.at_usec + 4 * SECOND, &history, &row, 1,
                                            NULL, NULL, NULL) >= 0);
                        assert_int_equal(
                                state_person(ledger_state(d->l), ALEX)->counts[GRADE_SLIP], 0);
                }
        }
        assert_desk_sound(d);
}

int main(void) {
#define test(name) cmocka_unit_test_setup_teardown(name, properties_setup, desk_teardown)
        const struct CMUnitTest tests[] = {
                test(test_each_visit_is_one_entry_by_the_strongest_evidence),
                test(test_what_the_user_corrected_is_never_overwritten),
                test(test_who_tries_again_and_again_never_slips),
        };
        return cmocka_run_group_tests_name("visits properties", tests, NULL, NULL);
}
