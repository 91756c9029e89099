/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Meets attempts: chooses what the nudge and the pause page say of a person, and records what
 * became of it. How either looks is theirs. */

#include "daemon/parts/encounters.h"

#include "common/log.h"
#include "common/time.h"
#include "core/judge.h"
#include "daemon/hints.h"
#include "daemon/own-words.h"
#include "daemon/responders/nudge.h"
#include "daemon/sensors/guards.h"
#include "daemon/sensors/titles.h"

#include <errno.h>
#include <stdio.h>

/* A nudge that comes later than this after the visit meets nobody: the visit is recorded in
 * silence. */
#define NUDGE_FRESH_USEC (120 * USEC_PER_SEC)

/* Where the extension is at work it leads a page of theirs away within this time, and its title
 * goes; one that stays is in a window that the extension may not see. */
#define HINT_GRACE_USEC (2 * USEC_PER_SEC)

/* So long after a visit an answer given on a pause page is about it. */
#define PAUSE_FRESH_USEC (30 * 60 * USEC_PER_SEC)

struct Encounters {
        Base *base;
        Nudge *nudge;
        Guards *guards;
        Titles *titles;
        Hints hints;
        const char *doubtful;      /* the browser whose hint waits for the extension, or NULL */
        sd_event_source *in_doubt; /* until then */
        uint64_t met_event;        /* the newest attempt or slip, 0: none since the start ... */
        uint64_t met_boot_usec;    /* ... and when it was recorded */
};

/* --- nudges ---------------------------------------------------------------------------------- */

static const char *choose_words(const Encounters *e, SupportKind kind, uint64_t now) {
        return own_words_choose(
                ledger_rules(e->base->ledger), ledger_state(e->base->ledger), kind, now);
}

/* `text` with whom, when and about what, and the rest filled in. Returns whether there is anything
 * to say. */
static bool fill_text(const Encounters *e, const Person *p, NudgeText *text) {
        uint64_t now = clock_now(&e->base->clock);
        Streak streak;

        if (!p || !person_streak(p, now, &streak))
                return false;
        text->person_id = p->id;
        text->wall_usec = now;
        text->total_days = (unsigned)(streak.total_usec / USEC_PER_DAY);
        text->sentence = own_words_sentence(
                ledger_rules(e->base->ledger), ledger_state(e->base->ledger), now);
        text->support = choose_words(e, SUPPORT_PERSON, now);
        return true;
}

static void show_text(Encounters *e, const Person *p, NudgeText text) {
        int r;

        if (!fill_text(e, p, &text))
                return;
        r = nudge_show(e->nudge, &text, clock_awake_now(&e->base->clock));
        if (r < 0)
                log_warning("No nudge could be shown: %s", strerror(-r));
}

static void show_nudge(Encounters *e, const Event *ev) {
        const Person *p = state_person(ledger_state(e->base->ledger), ev->person);

        if (p)
                show_text(e, p,
                        (NudgeText){
                                .event = ev->seq,
                                .tone = ev->kind == EVENT_SLIP ? NUDGE_SEEN : NUDGE_STOPPED,
                                .days = person_days_before(p, ev->at_usec),
                        });
}

/* For a page that is no event, and may never become one. */
static void show_hint(Encounters *e, const char *person_id) {
        const Person *p = state_person(ledger_state(e->base->ledger), person_id);

        if (p)
                show_text(e, p,
                        (NudgeText){
                                .tone = NUDGE_HINT,
                                .days = person_days_before(p, clock_now(&e->base->clock)),
                        });
}

/* A batch of visits to one person is one nudge, for the newest of them. */
static void show_nudges(Encounters *e, const Event *events, size_t n) {
        uint64_t now = clock_now(&e->base->clock);

        for (size_t i = n; i-- > 0;) {
                const Event *ev = &events[i];
                bool newer = false;

                if (ev->kind != EVENT_ATTEMPT && ev->kind != EVENT_SLIP)
                        continue;
                for (size_t j = i + 1; j < n; j++)
                        newer = newer ||
                                (events[j].kind == ev->kind && streq(events[j].person, ev->person));
                if (!newer && (ev->at_usec > now || now - ev->at_usec <= NUDGE_FRESH_USEC))
                        show_nudge(e, ev);
        }
}

/* The newest one got another grade: what is up about it says so. */
static void correct_nudge(Encounters *e, const Event *correction) {
        StoreEntry entry = {0};
        NudgeText text = {.event = e->met_event, .tone = NUDGE_STOPPED};
        const Person *p;

        if (e->met_event == 0 || store_get(ledger_store(e->base->ledger), e->met_event, &entry) < 0)
                return;
        p = state_person(ledger_state(e->base->ledger), entry.event.person);
        if (p && entry.grade == GRADE_ATTEMPT &&
                streq(entry.event.uid, event_string(correction, "of"))) {
                text.days = person_days_before(p, entry.event.at_usec);
                if (fill_text(e, p, &text) && nudge_correct(e->nudge, &text) < 0)
                        log_warning("A nudge could not be corrected.");
        }
        event_done(&entry.event);
}

static void record_about_nudge(Encounters *e, EventKind kind, uint64_t event, const char *answer) {
        StoreEntry entry = {0};
        json_t *data;
        int r;

        r = store_get(ledger_store(e->base->ledger), event, &entry);
        if (r < 0)
                return;
        data = json_pack("{s:s}", "of", entry.event.uid);
        if (data && answer && json_object_set_new(data, "answer", json_string(answer)) < 0) {
                json_decref(data);
                data = NULL;
        }
        r = ledger_record_one(
                e->base->ledger, kind, entry.event.person, clock_now(&e->base->clock), data, NULL);
        if (r < 0)
                log_error("What became of a nudge could not be recorded: %s", strerror(-r));
        event_done(&entry.event);
}

static void on_nudge_shown(void *userdata, uint64_t event) {
        record_about_nudge(userdata, EVENT_NUDGE_SHOWN, event, NULL);
}

static void on_nudge_answered(void *userdata, uint64_t event, const char *answer) {
        record_about_nudge(userdata, EVENT_NUDGE_ANSWERED, event, answer);
}

static void on_nudge_state(void *userdata, bool active, const char *detail) {
        Encounters *e = userdata;

        layers_set(&e->base->layers, LAYER_NUDGE, active ? "active" : "degraded", detail);
}

static const NudgeListener nudge_listener = {
        .shown = on_nudge_shown,
        .answered = on_nudge_answered,
        .state = on_nudge_state,
};

void encounters_take(Encounters *e, const Event *events, size_t n) {
        show_nudges(e, events, n);
        for (size_t i = 0; i < n; i++) {
                if (events[i].kind == EVENT_ATTEMPT || events[i].kind == EVENT_SLIP) {
                        e->met_event = events[i].seq;
                        e->met_boot_usec = clock_boot_now(&e->base->clock);
                }
                if (events[i].kind == EVENT_CORRECTED)
                        correct_nudge(e, &events[i]);
        }
}

void encounters_praise(Encounters *e, const char *person_id, unsigned days) {
        (void)nudge_milestone(e->nudge, person_id, days);
}

/* --- titles ---------------------------------------------------------------------------------- */

static int on_doubt_over(sd_event_source *source, uint64_t usec, void *userdata) {
        Encounters *e = userdata;

        (void)source, (void)usec;
        show_hint(e, hints_person(&e->hints, e->doubtful));
        return 0;
}

static void wait_for_extension(Encounters *e, const char *browser) {
        e->doubtful = browser;
        if (sd_event_source_set_time_relative(e->in_doubt, HINT_GRACE_USEC) < 0 ||
                sd_event_source_set_enabled(e->in_doubt, SD_EVENT_ONESHOT) < 0)
                log_warning("A title could not be waited for.");
}

/* A title is a hint: it is met, and never recorded. What the history brings of the same visit makes
 * the entry, and finds the nudge shown. */
static void on_title(void *userdata, const char *browser, const char *title) {
        Encounters *e = userdata;
        const char *person = "";
        Verdict v = {0};

        if (judge_title(ledger_rules(e->base->ledger), title, clock_now(&e->base->clock), &v) > 0)
                person = ledger_state(e->base->ledger)->people[v.person].id;
        if (!hints_take(&e->hints, browser, person))
                return;
        if (guards_has(e->guards, browser))
                wait_for_extension(e, browser);
        else
                show_hint(e, person);
}

static void on_titles_state(void *userdata, const char *state, const char *detail) {
        Encounters *e = userdata;

        layers_set(&e->base->layers, LAYER_TITLES, state, detail);
}

static const TitlesListener titles_listener = {
        .title = on_title,
        .state = on_titles_state,
};

void encounters_watch_titles(Encounters *e, bool wanted) {
        titles_want(e->titles, wanted);
}

void encounters_look_at_title(Encounters *e) {
        titles_look(e->titles);
}

/* --- the pause page and the extensions ------------------------------------------------------- */

/* What a pause page is about, or 0. */
static uint64_t pause_event(const Encounters *e) {
        uint64_t ago = clock_boot_now(&e->base->clock) - e->met_boot_usec;

        return ago <= PAUSE_FRESH_USEC ? e->met_event : 0;
}

void encounters_pause_facts(const Encounters *e, PauseFacts *ret) {
        const State *s = ledger_state(e->base->ledger);
        uint64_t now = clock_now(&e->base->clock);
        PauseFacts f = {
                .plan = choose_words(e, SUPPORT_PLAN, now),
                .reason = choose_words(e, SUPPORT_REASON, now),
                .support = choose_words(e, SUPPORT_PERSON, now),
                .event = pause_event(e),
        };
        Streak streak;

        for (size_t i = 0; i < s->n_people; i++) {
                if (!commitment_stands(&s->people[i].commitment) ||
                        !person_streak(&s->people[i], now, &streak))
                        continue;
                f.days = MAX(f.days, streak.days);
                f.total_days = MAX(f.total_days, (unsigned)(streak.total_usec / USEC_PER_DAY));
        }
        f.instead = own_words_instead(
                ledger_rules(e->base->ledger), s, f.plan, clock_local_now(&e->base->clock));
        *ret = f;
}

int encounters_answer_pause(Encounters *e, const char *answer) {
        static const char *const answers[] = {"leave", "breathe", "write", "call"};
        bool known = false;

        for (size_t i = 0; i < ARRAY_LEN(answers); i++)
                known = known || streq(answer, answers[i]);
        if (!known)
                return -EINVAL;
        if (streq(answer, "write"))
                (void)nudge_write(e->nudge, clock_now(&e->base->clock));
        if (pause_event(e) > 0)
                record_about_nudge(e, EVENT_NUDGE_ANSWERED, e->met_event, answer);
        return 0;
}

static void on_guards(void *userdata, const char *browsers, const char *open) {
        _cleanup_free_ char *detail = NULL;
        Encounters *e = userdata;

        if (browsers[0] == '\0')
                layers_clear(&e->base->layers, LAYER_EXTENSION);
        else if (asprintf(&detail, "At work in %s: a profile is stopped before it opens.%s%s%s",
                         browsers, open[0] ? " Private windows: not in " : "", open,
                         open[0] ? "; the browser's own setting allows it there." : "") >= 0)
                layers_set(&e->base->layers, LAYER_EXTENSION, "active", detail);
        else
                detail = NULL;
}

int encounters_add_guard(
        Encounters *e, sd_bus_message *message, const char *browser, const char *private_windows) {
        int windows = guard_windows_parse(private_windows);

        if (windows < 0)
                return windows;
        return guards_add(e->guards, message, browser, (GuardWindows)windows);
}

/* --- life ------------------------------------------------------------------------------------ */

int encounters_new(Base *base, Encounters **ret) {
        _cleanup_(encounters_freep) Encounters *e = calloc(1, sizeof(*e));
        int r;

        if (!e)
                return -ENOMEM;
        e->base = base;
        r = sd_event_add_time(
                base->event, &e->in_doubt, CLOCK_MONOTONIC, UINT64_MAX, 0, on_doubt_over, e);
        if (r >= 0)
                r = sd_event_source_set_enabled(e->in_doubt, SD_EVENT_OFF);
        if (r >= 0)
                r = guards_new(on_guards, e, &e->guards);
        if (r >= 0)
                r = nudge_new(base->event, base->bus, base->paths.data_dir, &nudge_listener, e,
                        &e->nudge);
        if (r >= 0)
                r = titles_new(base->event, base->bus, &titles_listener, e, &e->titles);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(e);
        return 0;
}

Encounters *encounters_free(Encounters *e) {
        if (!e)
                return NULL;
        titles_free(e->titles);
        nudge_free(e->nudge);
        guards_free(e->guards);
        sd_event_source_disable_unref(e->in_doubt);
        free(e);
        return NULL;
}
