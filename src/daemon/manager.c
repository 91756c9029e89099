/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The one owner: it starts what senses and what responds, carries what they say to where it is
 * judged and recorded, and does at the right time what waits. It judges nothing itself, and speaks
 * on the bus through the faces alone. */

#include "daemon/manager.h"

#include "common/buffer.h"
#include "common/log.h"
#include "common/time.h"
#include "core/judge.h"
#include "core/snapshot.h"
#include "core/touches.h"
#include "daemon/changes.h"
#include "daemon/enforcer-client.h"
#include "daemon/gate/gate.h"
#include "daemon/gate/probe.h"
#include "daemon/hints.h"
#include "daemon/holds.h"
#include "daemon/leaks.h"
#include "daemon/own-words.h"
#include "daemon/policies.h"
#include "daemon/promise-clock.h"
#include "daemon/readings.h"
#include "daemon/responders/digest.h"
#include "daemon/responders/nudge.h"
#include "daemon/responders/sweeper.h"
#include "daemon/rules-file.h"
#include "daemon/sensors/browser-settings.h"
#include "daemon/sensors/clock-set.h"
#include "daemon/sensors/guards.h"
#include "daemon/sensors/history.h"
#include "daemon/sensors/notification-monitor.h"
#include "daemon/sensors/process-age.h"
#include "daemon/sensors/sinkhole.h"
#include "daemon/sensors/spool.h"
#include "daemon/sensors/titles.h"
#include "nocontact/bus-names.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

/* A nudge that comes later than this after the visit meets nobody: the visit is recorded in
 * silence. */
#define NUDGE_FRESH_USEC (120 * USEC_PER_SEC)

/* Where the extension is at work it leads a page of theirs away within this time, and its title
 * goes; one that stays is in a window that the extension may not see. */
#define HINT_GRACE_USEC (2 * USEC_PER_SEC)

/* So long after a visit an answer given on a pause page is about it. */
#define PAUSE_FRESH_USEC (30 * 60 * USEC_PER_SEC)

/* The longest sleep before hours that are waited for: a daylight saving or a journey moves the wall
 * clock without a word. */
#define HOURS_WATCH_USEC USEC_PER_HOUR

/* How often it is looked whether Firefox was started again. */
#define RESTART_WATCH_USEC (30 * USEC_PER_SEC)

/* Between two tries at a change that could not be carried out. */
#define RETRY_USEC (60 * USEC_PER_SEC)

struct Manager {
        sd_event *event;
        Ledger *ledger;
        char *home, *config_home, *data_dir, *runtime_dir, *session_dir;
        const char *const *shares; /* the caller's */

        const ManagerListener *listener;
        void *userdata;

        History *history;
        Nudge *nudge;
        Digest *digest;
        EnforcerClient *enforcer;
        Sinkhole *sinkhole; /* while root has given us its sockets */
        Spool *spool;
        RulesFile *rules_file;
        sd_bus *bus; /* the session's */
        Gate *gate;
        Guards *guards;
        Titles *titles;
        Hints hints;
        const char *doubtful;      /* the browser whose hint waits for the extension, or NULL */
        sd_event_source *in_doubt; /* until then */
        PolicyFacts policies;      /* as root and the ledger say ... */
        BrowserPolicy browsers[ENFORCER_BROWSERS]; /* ... of these; the names are owned */
        char *hindrance;
        sd_event_source *restart;     /* while Firefox is to be started again */
        NotificationMonitor *monitor; /* while the gate is wanted */
        Leaks leaks;
        Probe *probe;
        manager_trial_func trial_done;
        void *trial_userdata;
        manager_probe_func probe_held; /* NULL: no probe */
        void *probe_userdata;
        Layer layers[_LAYER_MAX];
        Readings readings;
        Touches touches;
        Unlock unlock;
        PromiseClock promise;
        char boot[BOOT_ID_SPACE];
        ClockSet *clock_set;

        uint64_t watching_since;   /* what the history sensor was told, 0: nothing */
        const char *announced;     /* the State that was last announced */
        uint64_t met_event;        /* the newest attempt or slip, 0: none since the start ... */
        uint64_t met_boot_usec;    /* ... and when it was recorded */
        bool rules_changed;        /* since the last settling */
        sd_event_source *settle;   /* runs once after each change */
        sd_event_source *deadline; /* the next thing that is due */
        bool rules_stale;          /* the file of rules could not be written: it is overdue */
};

/* --- time ------------------------------------------------------------------------------------ */

static uint64_t clock_usec(clockid_t clock) {
        struct timespec ts;

        (void)clock_gettime(clock, &ts);
        return (uint64_t)ts.tv_sec * USEC_PER_SEC + (uint64_t)ts.tv_nsec / 1000;
}

uint64_t manager_now(const Manager *m) {
        (void)m;
        return clock_usec(CLOCK_REALTIME);
}

LocalTime manager_local_now(const Manager *m) {
        uint64_t now = manager_now(m);

        return (LocalTime){now, time_zone_minutes(now)};
}

uint64_t manager_boot_now(const Manager *m) {
        (void)m;
        return clock_usec(CLOCK_BOOTTIME);
}

static Moment moment_now(const Manager *m) {
        Moment now = {
                .boot_usec = clock_usec(CLOCK_BOOTTIME), .wall_usec = clock_usec(CLOCK_REALTIME)};

        memcpy(now.boot, m->boot, sizeof(now.boot));
        return now;
}

uint64_t manager_promise_now(Manager *m) {
        const Moment now = moment_now(m);
        int r;

        r = promise_clock_tick(&m->promise, &now);
        if (r < 0)
                log_warning("The clock of promises could not be written down: %s", strerror(-r));
        return m->promise.elapsed.usec;
}

uint64_t manager_promise_wall(const Manager *m, uint64_t usec) {
        return usec == 0 ? 0 : promise_clock_wall(&m->promise, usec);
}

/* A step of the wall clock is a fact of the ledger's: it explains dates that look odd. */
static void note_clock_step(Manager *m) {
        int64_t step;

        (void)manager_promise_now(m);
        step = promise_clock_step(&m->promise);
        if (step == 0)
                return;
        log_info("The clock was set; what waits goes on waiting as long as before.");
        if (ledger_record_one(m->ledger, EVENT_CLOCK_JUMPED, NULL, manager_now(m),
                    json_pack("{s:I}", "by", (json_int_t)step), NULL) < 0)
                log_error("That the clock was set could not be recorded.");
}

Unlock *manager_unlock(Manager *m) {
        return &m->unlock;
}

bool manager_key_given(const Manager *m) {
        return unlock_given(&m->unlock, manager_boot_now(m));
}

Ledger *manager_ledger(Manager *m) {
        return m->ledger;
}

bool manager_reaches_elsewhere(const Manager *m) {
        return url_index_reaches_elsewhere(ledger_rules(m->ledger)->urls);
}

const char *manager_state(const Manager *m) {
        const State *s = ledger_state(m->ledger);
        const char *state = "idle";

        for (size_t i = 0; i < s->n_people; i++) {
                if (!commitment_stands(&s->people[i].commitment))
                        continue;
                if (s->people[i].mode == MODE_FULL)
                        return "active";
                state = "limited";
        }
        return state;
}

/* --- layers ---------------------------------------------------------------------------------- */

const Layer *manager_layers(const Manager *m) {
        return m->layers;
}

static void set_layer(Manager *m, unsigned which, const char *state, const char *detail) {
        Layer *layer = &m->layers[which];
        bool changed = layer->found_out && !streq(layer->state, state);
        char *copy;

        if (layer->state && streq(layer->state, state) && streq(layer->detail, detail))
                return;
        copy = strdup(detail);
        if (!copy)
                return;
        free(layer->detail);
        layer->detail = copy;
        layer->state = state;
        if (!m->listener)
                return;

        layer->found_out = true;
        m->listener->property_changed(m->userdata, "Layers");
        /* what is found out at a start is no news */
        if (changed && !layer->passing) {
                log_info("layer %s is now %s: %s", layer->name, state, detail);
                (void)ledger_record_one(m->ledger, EVENT_LAYER_CHANGED, NULL, manager_now(m),
                        json_pack("{s:s, s:s, s:s}", "name", layer->name, "state", state, "detail",
                                detail),
                        NULL);
        }
}

static void on_coverage(void *userdata, const HistoryCoverage *c) {
        Manager *m = userdata;
        _cleanup_free_ char *detail = NULL;
        const char *state = "active";
        int r;

        if (c->profiles == 0) {
                set_layer(m, LAYER_HISTORY, "unavailable",
                        c->detail ? c->detail : "No browser profile was found.");
                return;
        }
        if (c->unreadable > 0) {
                state = "degraded";
                r = asprintf(&detail, "%u of %u browser profiles cannot be read: %s", c->unreadable,
                        c->profiles, c->detail ? c->detail : "the reason is unknown.");
        } else if (c->detail) {
                state = "degraded";
                r = asprintf(&detail, "%s", c->detail);
        } else {
                r = asprintf(&detail,
                        "%u browser %s watched. A visit is noticed when the browser writes it down.",
                        c->profiles, c->profiles == 1 ? "profile is" : "profiles are");
        }
        if (r < 0) {
                detail = NULL;
                return;
        }
        set_layer(m, LAYER_HISTORY, state, detail);
}

static void on_nudge_state(void *userdata, bool active, const char *detail) {
        set_layer(userdata, LAYER_NUDGE, active ? "active" : "degraded", detail);
}

/* --- visits ---------------------------------------------------------------------------------- */

static int on_resume(void *userdata, const char *profile, Cursor *ret) {
        Manager *m = userdata;

        return readings_resume(&m->readings, m->ledger, profile, ret);
}

static int on_visits(
        void *userdata, const char *profile, const Visit *visits, size_t n, const Cursor *after) {
        Manager *m = userdata;
        _cleanup_free_ SeenVisit *seen = calloc(n + 1, sizeof(*seen));
        int r;

        if (!seen)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                seen[i] = (SeenVisit){
                        .url = visits[i].url,
                        .at_usec = visits[i].at_usec,
                        .stopped = touches_near(&m->touches, visits[i].url, visits[i].at_usec),
                        .redirected = visits[i].redirected,
                };

        titles_look(m->titles);
        r = readings_judge(&m->readings, m->ledger, manager_now(m), profile,
                n > 0 ? visits[0].browser : "", seen, n, after);
        if (r < 0)
                log_error("Visits could not be recorded and will be read again: %s", strerror(-r));
        return r;
}

/* --- nudges ---------------------------------------------------------------------------------- */

static const char *choose_words(const Manager *m, SupportKind kind, uint64_t now) {
        return own_words_choose(ledger_rules(m->ledger), ledger_state(m->ledger), kind, now);
}

/* `text` with whom, when and about what, and the rest filled in. Returns whether there is anything
 * to say. */
static bool fill_text(const Manager *m, const Person *p, NudgeText *text) {
        uint64_t now = manager_now(m);
        Streak streak;

        if (!m->nudge || !p || !person_streak(p, now, &streak))
                return false;
        text->person_id = p->id;
        text->wall_usec = now;
        text->total_days = (unsigned)(streak.total_usec / USEC_PER_DAY);
        text->sentence = own_words_sentence(ledger_rules(m->ledger), ledger_state(m->ledger), now);
        text->support = choose_words(m, SUPPORT_PERSON, now);
        return true;
}

static void show_text(Manager *m, const Person *p, NudgeText text) {
        int r;

        if (!fill_text(m, p, &text))
                return;
        r = nudge_show(m->nudge, &text, clock_usec(CLOCK_MONOTONIC));
        if (r < 0)
                log_warning("No nudge could be shown: %s", strerror(-r));
}

static void show_nudge(Manager *m, const Event *ev) {
        const Person *p = state_person(ledger_state(m->ledger), ev->person);

        if (p)
                show_text(m, p,
                        (NudgeText){
                                .event = ev->seq,
                                .tone = ev->kind == EVENT_SLIP ? NUDGE_SEEN : NUDGE_STOPPED,
                                .days = person_days_before(p, ev->at_usec),
                        });
}

/* For a page that is no event, and may never become one. */
static void show_hint(Manager *m, const char *person_id) {
        const Person *p = state_person(ledger_state(m->ledger), person_id);

        if (p)
                show_text(m, p,
                        (NudgeText){
                                .tone = NUDGE_HINT,
                                .days = person_days_before(p, manager_now(m)),
                        });
}

/* A batch of visits to one person is one nudge, for the newest of them. */
static void show_nudges(Manager *m, const Event *events, size_t n) {
        uint64_t now = manager_now(m);

        for (size_t i = n; i-- > 0;) {
                const Event *ev = &events[i];
                bool newer = false;

                if (ev->kind != EVENT_ATTEMPT && ev->kind != EVENT_SLIP)
                        continue;
                for (size_t j = i + 1; j < n; j++)
                        newer = newer ||
                                (events[j].kind == ev->kind && streq(events[j].person, ev->person));
                if (!newer && (ev->at_usec > now || now - ev->at_usec <= NUDGE_FRESH_USEC))
                        show_nudge(m, ev);
        }
}

/* The newest one got another grade: what is up about it says so. */
static void correct_nudge(Manager *m, const Event *correction) {
        StoreEntry entry = {0};
        NudgeText text = {.event = m->met_event, .tone = NUDGE_STOPPED};
        const Person *p;

        if (m->met_event == 0 || store_get(ledger_store(m->ledger), m->met_event, &entry) < 0)
                return;
        p = state_person(ledger_state(m->ledger), entry.event.person);
        if (p && entry.grade == GRADE_ATTEMPT &&
                streq(entry.event.uid, event_string(correction, "of"))) {
                text.days = person_days_before(p, entry.event.at_usec);
                if (fill_text(m, p, &text) && nudge_correct(m->nudge, &text) < 0)
                        log_warning("A nudge could not be corrected.");
        }
        event_done(&entry.event);
}

static void record_about_nudge(Manager *m, EventKind kind, uint64_t event, const char *answer) {
        StoreEntry entry = {0};
        json_t *data;
        int r;

        r = store_get(ledger_store(m->ledger), event, &entry);
        if (r < 0)
                return;
        data = json_pack("{s:s}", "of", entry.event.uid);
        if (data && answer && json_object_set_new(data, "answer", json_string(answer)) < 0) {
                json_decref(data);
                data = NULL;
        }
        r = ledger_record_one(m->ledger, kind, entry.event.person, manager_now(m), data, NULL);
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

/* --- titles ---------------------------------------------------------------------------------- */

static int on_doubt_over(sd_event_source *source, uint64_t usec, void *userdata) {
        Manager *m = userdata;

        (void)source, (void)usec;
        show_hint(m, hints_person(&m->hints, m->doubtful));
        return 0;
}

static void wait_for_extension(Manager *m, const char *browser) {
        m->doubtful = browser;
        if (sd_event_source_set_time_relative(m->in_doubt, HINT_GRACE_USEC) < 0 ||
                sd_event_source_set_enabled(m->in_doubt, SD_EVENT_ONESHOT) < 0)
                log_warning("A title could not be waited for.");
}

/* A title is a hint: it is met, and never recorded. What the history brings of the same visit makes
 * the entry, and finds the nudge shown. */
static void on_title(void *userdata, const char *browser, const char *title) {
        Manager *m = userdata;
        const char *person = "";
        Verdict v = {0};

        if (judge_title(ledger_rules(m->ledger), title, manager_now(m), &v) > 0)
                person = ledger_state(m->ledger)->people[v.person].id;
        if (!hints_take(&m->hints, browser, person))
                return;
        if (guards_has(m->guards, browser))
                wait_for_extension(m, browser);
        else
                show_hint(m, person);
}

static void on_titles_state(void *userdata, const char *state, const char *detail) {
        set_layer(userdata, LAYER_TITLES, state, detail);
}

static const TitlesListener titles_listener = {
        .title = on_title,
        .state = on_titles_state,
};

/* --- digests --------------------------------------------------------------------------------- */

static bool on_digest_shown(void *userdata, const char *person_id, unsigned n) {
        Manager *m = userdata;
        int r = ledger_record_one(m->ledger, EVENT_DIGEST_SHOWN, person_id, manager_now(m),
                json_pack("{s:I}", "n", (json_int_t)n), NULL);

        if (r < 0)
                log_error("That a digest was shown could not be recorded: %s", strerror(-r));
        return r >= 0;
}

static void on_digest_ready(void *userdata) {
        Manager *m = userdata;

        (void)sd_event_source_set_enabled(m->settle, SD_EVENT_ONESHOT);
}

static const DigestListener digest_listener = {
        .ready = on_digest_ready,
        .shown = on_digest_shown,
};

/* What was held of whoever may be heard now is told, of one after the other. */
static void show_digests(Manager *m) {
        const State *s = ledger_state(m->ledger);
        LocalTime now = manager_local_now(m);

        for (size_t i = 0; i < s->n_people; i++) {
                const Person *p = &s->people[i];
                int r = 0;

                if (p->undigested > 0 && person_is_open(p, now))
                        r = digest_show(m->digest, p->id, p->undigested, manager_boot_now(m));
                if (r < 0)
                        log_warning("No digest could be shown: %s", strerror(-r));
        }
}

/* Microseconds until the next digest of a person's is worth a try. */
static uint64_t wait_for_digest(const Person *p, LocalTime now) {
        if (p->undigested == 0)
                return UINT64_MAX;
        if (person_is_open(p, now))
                return DIGEST_REST_SEC * USEC_PER_SEC;
        if (p->mode != MODE_LIMITED)
                return UINT64_MAX;
        return MIN(hours_next_opening(&p->hours, now) - now.usec, HOURS_WATCH_USEC);
}

/* --- the pause page and the extensions ------------------------------------------------------- */

/* What a pause page is about, or 0. */
static uint64_t pause_event(const Manager *m) {
        return m->met_event > 0 && manager_boot_now(m) - m->met_boot_usec <= PAUSE_FRESH_USEC
                       ? m->met_event
                       : 0;
}

void manager_pause_facts(const Manager *m, PauseFacts *ret) {
        const State *s = ledger_state(m->ledger);
        uint64_t now = manager_now(m);
        PauseFacts f = {
                .plan = choose_words(m, SUPPORT_PLAN, now),
                .reason = choose_words(m, SUPPORT_REASON, now),
                .support = choose_words(m, SUPPORT_PERSON, now),
                .event = pause_event(m),
        };
        Streak streak;

        for (size_t i = 0; i < s->n_people; i++) {
                if (!commitment_stands(&s->people[i].commitment) ||
                        !person_streak(&s->people[i], now, &streak))
                        continue;
                f.days = MAX(f.days, streak.days);
                f.total_days = MAX(f.total_days, (unsigned)(streak.total_usec / USEC_PER_DAY));
        }
        f.instead = own_words_instead(ledger_rules(m->ledger), s, f.plan, manager_local_now(m));
        *ret = f;
}

int manager_answer_pause(Manager *m, const char *answer) {
        static const char *const answers[] = {"leave", "breathe", "write", "call"};
        bool known = false;

        for (size_t i = 0; i < ARRAY_LEN(answers); i++)
                known = known || streq(answer, answers[i]);
        if (!known)
                return -EINVAL;
        if (streq(answer, "write") && m->nudge)
                (void)nudge_write(m->nudge, manager_now(m));
        if (pause_event(m) > 0)
                record_about_nudge(m, EVENT_NUDGE_ANSWERED, m->met_event, answer);
        return 0;
}

static void on_guards(void *userdata, const char *browsers, const char *open) {
        _cleanup_free_ char *detail = NULL;

        if (browsers[0] == '\0')
                set_layer(userdata, LAYER_EXTENSION, "unavailable",
                        "No browser has the extension; profiles are noticed, not stopped.");
        else if (asprintf(&detail, "At work in %s: a profile is stopped before it opens.%s%s%s",
                         browsers, open[0] ? " Private windows: not in " : "", open,
                         open[0] ? "; the browser's own setting allows it there." : "") >= 0)
                set_layer(userdata, LAYER_EXTENSION, "active", detail);
        else
                detail = NULL;
}

int manager_add_guard(
        Manager *m, sd_bus_message *message, const char *browser, const char *private_windows) {
        int windows = guard_windows_parse(private_windows);

        if (windows < 0)
                return windows;
        return guards_add(m->guards, message, browser, (GuardWindows)windows);
}

/* --- the browsers' policies ------------------------------------------------------------------ */

static void forget_browsers(Manager *m) {
        for (size_t i = 0; i < m->policies.n; i++) {
                free((char *)m->browsers[i].browser);
                free((char *)m->browsers[i].standing);
        }
        m->policies.n = 0;
        m->policies.known = false;
}

/* Has a Firefox run for longer than its policies are what they are? It reads them when it starts.
 */
static bool firefox_is_older(const Manager *m) {
        static const char *const names[] = {"firefox", "firefox-esr", "firefox-bin"};
        uint64_t now = manager_now(m);

        for (size_t i = 0; i < m->policies.n; i++) {
                const BrowserPolicy *b = &m->browsers[i];

                if (streq(b->browser, "Firefox") && b->since_usec > 0 && now > b->since_usec)
                        return process_age(names, ARRAY_LEN(names)) > now - b->since_usec;
        }
        return false;
}

static void follow_policies(Manager *m) {
        _cleanup_(buffer_done) Buffer detail = {0};
        const char *state;

        m->policies.on = ledger_state(m->ledger)->policies_usec > 0;
        m->policies.browsers = m->browsers;
        m->policies.restart = m->policies.on && firefox_is_older(m);
        state = policies_describe(&m->policies, &detail);
        if (detail.error == 0)
                set_layer(m, LAYER_POLICIES, state, detail.data);
        if (!m->restart)
                return;
        (void)sd_event_source_set_time_relative(m->restart, RESTART_WATCH_USEC);
        (void)sd_event_source_set_enabled(
                m->restart, m->policies.restart ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

static int on_restart_watch(sd_event_source *source, uint64_t usec, void *userdata) {
        (void)source, (void)usec;
        follow_policies(userdata);
        return 0;
}

static void on_browsers(void *userdata, const BrowserPolicy *browsers, size_t n) {
        Manager *m = userdata;

        forget_browsers(m);
        for (size_t i = 0; i < n; i++) {
                BrowserPolicy b = {strdup(browsers[i].browser), strdup(browsers[i].standing),
                        browsers[i].since_usec};

                if (!b.browser || !b.standing) {
                        free((char *)b.browser);
                        free((char *)b.standing);
                        break;
                }
                m->browsers[m->policies.n++] = b;
        }
        m->policies.known = true;
        follow_policies(m);
}

/* What keeps root from being asked; NULL for nothing. */
static void note_hindrance(Manager *m, const char *state, const char *detail) {
        free(m->hindrance);
        m->hindrance = state ? strdup(detail) : NULL;
        m->policies.detail = m->hindrance;
        m->policies.state = m->hindrance ? state : NULL;
        follow_policies(m);
}

/* --- what is held shut ----------------------------------------------------------------------- */

int manager_tell_browsers(Manager *m,
        int (*each)(void *userdata, const char *browser, const char *state, const char *detail),
        void *userdata) {
        _cleanup_(browser_holds_done) BrowserHolds holds = {0};
        int r;

        r = browser_holds_find(m->home, m->config_home, "", &holds);
        for (size_t i = 0; i < holds.n && r >= 0; i++) {
                const BrowserHold *h = &holds.items[i];

                r = each(userdata, h->browser, h->state, h->detail ? h->detail : "");
        }
        return r < 0 ? r : 0;
}

/* The names of the browsers that the hosts file does not hold, in one line. */
static int add_unheld(void *userdata, const char *browser, const char *state, const char *detail) {
        Buffer *names = userdata;

        (void)detail;
        if (streq(state, "active"))
                return 0;
        return buffer_printf(names, "%s%s", names->len > 0 ? ", " : "", browser);
}

static void on_enforcer_state(void *userdata, const char *state, const char *detail) {
        _cleanup_(buffer_done) Buffer names = {0};
        _cleanup_free_ char *with_names = NULL;
        Manager *m = userdata;

        note_hindrance(m, streq(state, "active") || streq(state, "off") ? NULL : state, detail);

        if (streq(state, "active") && manager_tell_browsers(m, add_unheld, &names) == 0 &&
                names.len > 0 &&
                asprintf(&with_names, "%s Not in %s: `nocontact doctor` says why.", detail,
                        names.data) >= 0)
                set_layer(m, LAYER_HOSTS, "degraded", with_names);
        else
                set_layer(m, LAYER_HOSTS, state, detail);
}

static void on_repaired(void *userdata, uint64_t at_usec) {
        Manager *m = userdata;

        (void)at_usec;
        if (ledger_record_one(m->ledger, EVENT_ENFORCEMENT_REPAIRED, NULL, manager_now(m),
                    json_object(), NULL) < 0)
                log_error("A repair of the block could not be recorded.");
}

/* Somebody of this user's was led to the sinkhole instead. */
static void on_knock(void *userdata, const Knock *knock) {
        static const Source source = {
                .name = "sinkhole", .channel = "sinkhole", .evidence = EVIDENCE_STOPPED};
        Manager *m = userdata;
        uint64_t now = manager_now(m);
        const SeenVisit visit = {.url = knock->target, .at_usec = now, .part = !knock->navigation};
        int r;

        (void)touches_add(&m->touches, knock->host, now);
        r = visits_record(m->ledger, now, &source, &visit, 1, NULL, NULL, NULL);
        if (r < 0)
                log_error("What was stopped could not be recorded: %s", strerror(-r));
}

static bool is_held(const Manager *m, const char *host, uint64_t now) {
        _cleanup_(holding_done) Holding holding = {0};

        if (holding_of(ledger_state(m->ledger), now, &holding) < 0)
                return false;
        for (size_t i = 0; i < holding.n; i++)
                if (streq(holding.hosts[i].name, host))
                        return true;
        return false;
}

/* Any site can lead its own name here and read what it gets as its own: only those that are held
 * get the page. */
static char *on_page(void *userdata, const char *host) {
        Manager *m = userdata;
        PauseFacts f;

        if (!is_held(m, host, manager_promise_now(m)))
                return NULL;
        manager_pause_facts(m, &f);
        return pause_page(&f);
}

static void on_sinkhole_failed(void *userdata, int error) {
        Manager *m = userdata;

        log_warning("The pause page cannot be served any more: %s", strerror(-error));
        m->sinkhole = sinkhole_free(m->sinkhole);
}

static const SinkholeListener sinkhole_listener = {
        .knock = on_knock,
        .page = on_page,
        .failed = on_sinkhole_failed,
};

static void on_sinkhole(void *userdata, int http, int https) {
        Manager *m = userdata;
        int r;

        m->sinkhole = sinkhole_free(m->sinkhole);
        r = sinkhole_new(m->event, http, https, getuid(), &sinkhole_listener, m, &m->sinkhole);
        if (r < 0)
                log_warning("The pause page cannot be served: %s", strerror(-r));
}

/* Root is told times of the wall clock, and has a clock of promises of its own. */
static void put_on_wall_clock(const Manager *m, Holding *h) {
        h->until_usec = manager_promise_wall(m, h->until_usec);
        for (size_t i = 0; i < h->n; i++)
                h->hosts[i].open_usec = manager_promise_wall(m, h->hosts[i].open_usec);
}

/* What the people's domains and platforms ask for goes to the enforcer; the same again costs
 * nothing. */
static void follow_holding(Manager *m) {
        _cleanup_(holding_done) Holding holding = {0};
        int r;

        r = holding_of(ledger_state(m->ledger), manager_promise_now(m), &holding);
        if (r == 0) {
                m->policies.patterns = holding.n_patterns;
                if (holding.n_patterns == 0)
                        forget_browsers(m);
                put_on_wall_clock(m, &holding);
                r = enforcer_client_want(m->enforcer, &holding, manager_now(m));
        }
        if (r < 0)
                log_error("What is to be blocked could not be handed on: %s", strerror(-r));
        follow_policies(m);
}

/* --- what is held back ----------------------------------------------------------------------- */

const char *manager_data_dir(const Manager *m) {
        return m->data_dir;
}

static int on_held(void *userdata, const Held *held) {
        Manager *m = userdata;
        int r;

        if (streq(held->person, SNAPSHOT_PROBE)) {
                if (m->probe_held)
                        m->probe_held(m->probe_userdata);
                return SPOOL_DROP;
        }
        r = holds_record(m->ledger, manager_now(m), held);
        return r < 0 ? r : SPOOL_KEEP;
}

static const SpoolListener spool_listener = {
        .held = on_held,
};

static int follow_rules_file(Manager *m) {
        int r = rules_file_follow(m->rules_file, ledger_state(m->ledger));

        if (r < 0 && !m->rules_stale)
                log_error("The rules for notifications could not be written: %s", strerror(-r));
        m->rules_stale = r < 0;
        return r;
}

int manager_set_probe(Manager *m, const char *word, manager_probe_func held, void *userdata) {
        int r;

        r = rules_file_probe(m->rules_file, word);
        if (r < 0)
                return r;
        m->probe_held = word ? held : NULL;
        m->probe_userdata = userdata;
        r = follow_rules_file(m);
        return r < 0 ? r : 0;
}

/* A file of rules from before the ledger was opened is brought up to date at once: the relay runs
 * already. */
static int start_holding(Manager *m) {
        int r;

        r = rules_file_new(m->data_dir, &m->rules_file);
        if (r < 0)
                return r;
        (void)follow_rules_file(m);
        return spool_new(m->event, m->data_dir, &spool_listener, m, &m->spool);
}

/* --- the notification server ------------------------------------------------------------------ */

static void on_gate_state(void *userdata, const char *state, const char *detail) {
        set_layer(userdata, LAYER_NOTIFICATIONS, state, detail);
}

static const GateListener gate_listener = {
        .state = on_gate_state,
};

/* Whom a notification names that is to be held. Returns 1 and a verdict to end, 0 for nobody. */
static int judge_sighting(const Manager *m, const Sighting *s, Verdict *ret) {
        Verdict v = {0};

        LocalTime now = manager_local_now(m);

        if (judge_notice(ledger_rules(m->ledger), &s->notice, now.usec, now, &v) <= 0)
                return 0;
        if (v.hold) {
                *ret = v;
                return 1;
        }
        verdict_done(&v);
        return 0;
}

/* Where the gate stands, what has no answer comes to it on its next hop, but for what GNOME's shell
 * is sent under a name that the gate could not have. */
static bool on_sighted(void *userdata, const Sighting *s) {
        Manager *m = userdata;
        Verdict v;

        if (gate_stands(m->gate) &&
                (s->way == SIGHTING_PORTAL || (s->way == SIGHTING_GTK && gate_has_gtk(m->gate))))
                return false;
        if (judge_sighting(m, s, &v) == 0)
                return false;
        verdict_done(&v);
        return true;
}

static void sweep(Manager *m, const Sighting *s) {
        const char *server = s->server;
        int r = 0;

        switch (s->way) {
        case SIGHTING_NOTIFY:
                if (gate_owner_is_shell(m->gate))
                        server = "org.gnome.Shell";
                r = sweep_notification(m->bus, server, s->id);
                break;
        case SIGHTING_GTK: r = sweep_gtk(m->bus, server, s->app, s->key); break;
        case SIGHTING_PORTAL: r = sweep_portal(m->bus, server, s->app, s->key); break;
        }
        if (r < 0)
                log_warning("A notification could not be closed: %s", strerror(-r));
}

/* One that should have been held was shown: taken off the screen, and kept all the same. */
static void on_shown(void *userdata, const Sighting *s) {
        Manager *m = userdata;
        uint64_t now = manager_now(m);
        Verdict v;
        int r;

        if (s->way == SIGHTING_NOTIFY &&
                (s->id >= NC_RELAY_FIRST_ID || gate_passes(m->gate, s->server)))
                return;
        if (judge_sighting(m, s, &v) == 0)
                return;
        sweep(m, s);
        if (gate_stands(m->gate))
                set_layer(m, LAYER_NOTIFICATIONS, "degraded",
                        "One of theirs reached the screen past the filter, and was closed again.");
        if (leaks_is_new(&m->leaks, &s->notice, s->sender, now)) {
                r = leaks_write(m->data_dir, now, ledger_state(m->ledger)->people[v.person].id,
                        v.via, &s->notice, s->more);
                if (r < 0)
                        log_error("A notification that was shown could not be kept: %s",
                                strerror(-r));
        }
        verdict_done(&v);
}

static const NotificationMonitorListener monitor_listener = {
        .sighted = on_sighted,
        .shown = on_shown,
};

static void follow_monitor(Manager *m, bool wanted) {
        const char *address;
        int r;

        if (!wanted)
                m->monitor = notification_monitor_free(m->monitor);
        if (!wanted || m->monitor)
                return;
        r = sd_bus_get_address(m->bus, &address);
        if (r >= 0)
                r = notification_monitor_new(m->event, address, &monitor_listener, m, &m->monitor);
        if (r < 0)
                log_warning(
                        "Nothing watches what the notification server is sent: %s", strerror(-r));
}

/* Does anybody's commitment ask for notifications to be held? Limited contact at any time does
 * not; its hours do even while they are open, since a server is not led to and fro twice a day. */
static bool holds_back(const State *s) {
        for (size_t i = 0; i < s->n_people; i++) {
                const Person *p = &s->people[i];

                if (commitment_stands(&p->commitment) && (p->mode == MODE_FULL || p->hours.n > 0))
                        return true;
        }
        return false;
}

static void follow_gate(Manager *m) {
        bool wanted = holds_back(ledger_state(m->ledger));

        follow_monitor(m, wanted);
        gate_want(m->gate, wanted);
}

static int start_gate(Manager *m, sd_bus *bus) {
        int r;

        m->bus = sd_bus_ref(bus);
        r = gate_new(m->event, bus, &(GatePaths){.runtime = m->session_dir, .shares = m->shares},
                &gate_listener, m, &m->gate);
        if (r >= 0)
                follow_gate(m);
        return r;
}

/* Tells the rows once, and has no trial afterwards. */
static void end_trial(Manager *m, const ProbeResult *results) {
        const Layer *layer = &m->layers[LAYER_NOTIFICATIONS];
        TrialRow rows[_PROBE_STEP_MAX + 1] = {{"filter", "ok", layer->detail}};
        manager_trial_func done = m->trial_done;

        m->trial_done = NULL;
        m->probe = probe_free(m->probe);
        if (!streq(layer->state, "active"))
                rows[0].state = streq(layer->state, "off") ? "skipped" : "failed";
        for (int i = 0; i < _PROBE_STEP_MAX; i++)
                rows[i + 1] = (TrialRow){
                        probe_step_name((ProbeStep)i), results[i].state, results[i].detail};
        if (done)
                done(m->trial_userdata, rows, ARRAY_LEN(rows));
}

static void on_probe_held(void *userdata) {
        Manager *m = userdata;

        if (m->probe)
                probe_kept(m->probe);
}

static int on_probe_word(void *userdata, const char *word) {
        return manager_set_probe(userdata, word, on_probe_held, userdata);
}

static void on_probe_done(void *userdata, const ProbeResult *results) {
        end_trial(userdata, results);
}

static const ProbeListener probe_listener = {
        .set_word = on_probe_word,
        .done = on_probe_done,
};

int manager_try_notifications(Manager *m, manager_trial_func done, void *userdata) {
        static const ProbeResult skipped[_PROBE_STEP_MAX] = {
                [PROBE_HELD] = {"skipped", "The filter does not stand."},
                [PROBE_KEPT] = {"skipped", "The filter does not stand."},
                [PROBE_SHOWN] = {"skipped", "The filter does not stand."},
        };
        int r;

        if (m->trial_done)
                return -EEXIST;
        if (gate_stands(m->gate)) {
                r = probe_new(m->event, m->bus, &probe_listener, m, &m->probe);
                if (r < 0)
                        return r;
        }
        m->trial_done = done;
        m->trial_userdata = userdata;
        if (!m->probe)
                end_trial(m, skipped);
        return 0;
}

/* --- what is due ----------------------------------------------------------------------------- */

/* Announces a milestone when the streak has reached one that was not announced. */
static void check_milestone(Manager *m, const char *id, uint64_t now) {
        const Person *p = state_person(ledger_state(m->ledger), id);
        unsigned reached;
        Streak streak;

        if (!p || !commitment_stands(&p->commitment) || !person_streak(p, now, &streak))
                return;
        reached = milestone_reached(streak.days);
        if (reached <= p->milestone)
                return;
        if (ledger_record_one(m->ledger, EVENT_MILESTONE, id, now,
                    json_pack("{s:i}", "days", (int)reached), NULL) < 0)
                return;
        if (m->nudge)
                (void)nudge_milestone(m->nudge, id, reached);
}

static uint64_t until(uint64_t at, uint64_t now) {
        return at == UINT64_MAX ? UINT64_MAX : at > now ? at - now : 0;
}

/* Days are the wall clock's, promises are not. Microseconds until the next of either. */
static uint64_t wait_for_person(const Person *p, uint64_t now, uint64_t promise_now) {
        Streak streak;
        uint64_t wait;

        if (!commitment_stands(&p->commitment) || !person_streak(p, now, &streak))
                return UINT64_MAX;
        wait = until(streak.since_usec + (streak.days + 1) * USEC_PER_DAY, now);
        if (commitment_locked(&p->commitment, promise_now))
                wait = MIN(wait, until(p->commitment.ends_usec, promise_now));
        return wait;
}

static uint64_t wait_for_deadline(const State *s, LocalTime now, uint64_t promise_now) {
        uint64_t wait = until(regime_next_close(s, promise_now), promise_now);

        for (size_t i = 0; i < s->n_people; i++)
                wait = MIN(wait, wait_for_person(&s->people[i], now.usec, promise_now));
        for (size_t i = 0; i < s->n_people; i++)
                wait = MIN(wait, wait_for_digest(&s->people[i], now));
        for (size_t i = 0; i < s->n_pending; i++)
                wait = MIN(wait, until(s->pending[i].due_usec, promise_now));
        return wait;
}

/* What is overdue when the timer is set could not be done, as on a full disk: it rests before the
 * next try, for a timer in the past would fire without end. */
static int arm_deadline(Manager *m) {
        uint64_t wait = wait_for_deadline(
                ledger_state(m->ledger), manager_local_now(m), manager_promise_now(m));
        int r;

        if (wait == UINT64_MAX)
                return sd_event_source_set_enabled(m->deadline, SD_EVENT_OFF);
        r = sd_event_source_set_time(
                m->deadline, manager_boot_now(m) + (wait > 0 ? wait : RETRY_USEC));
        if (r < 0)
                return r;
        return sd_event_source_set_enabled(m->deadline, SD_EVENT_ONESHOT);
}

/* The ids are copied: recording moves the people. */
static void tell_of_people(Manager *m, uint64_t now) {
        const State *s = ledger_state(m->ledger);

        for (size_t i = 0; i < s->n_people; i++) {
                char id[UID_SPACE];

                memcpy(id, s->people[i].id, sizeof(id));
                check_milestone(m, id, now);
                s = ledger_state(m->ledger);
                m->listener->person_changed(m->userdata, id);
        }
}

static int do_what_is_due(Manager *m) {
        int r;

        r = changes_apply_due(m->ledger, manager_promise_now(m));
        if (r < 0)
                log_error("A waiting change could not be carried out: %s", strerror(-r));
        tell_of_people(m, manager_now(m));
        follow_holding(m);
        (void)follow_rules_file(m);
        follow_gate(m);
        show_digests(m);
        return arm_deadline(m);
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *userdata) {
        (void)source, (void)usec;
        return do_what_is_due(userdata);
}

static void on_clock_set(void *userdata) {
        note_clock_step(userdata);
        (void)do_what_is_due(userdata);
}

/* --- after each change ----------------------------------------------------------------------- */

static void announce_state(Manager *m) {
        const char *state = manager_state(m);

        if (m->announced && streq(m->announced, state))
                return;
        m->announced = state;
        m->listener->property_changed(m->userdata, "State");
}

static void announce_rules(Manager *m) {
        if (m->rules_changed)
                m->listener->rules_changed(m->userdata);
        m->rules_changed = false;
}

static void follow_rules(Manager *m) {
        uint64_t since = ledger_rules(m->ledger)->since_usec;
        int r = 0;

        if (since == m->watching_since)
                return;
        m->watching_since = since;
        titles_want(m->titles, since != 0);
        if (since == 0) {
                history_stop(m->history);
                set_layer(m, LAYER_HISTORY, "off", "Nothing is watched: there is no commitment.");
                return;
        }
        r = history_start(m->history, since);
        if (r < 0) {
                log_error("The browsers' histories cannot be watched: %s", strerror(-r));
                set_layer(m, LAYER_HISTORY, "unavailable", strerror(-r));
        }
}

static int on_settle(sd_event_source *source, void *userdata) {
        Manager *m = userdata;

        (void)source;
        follow_rules(m);
        follow_holding(m);
        (void)follow_rules_file(m);
        follow_gate(m);
        show_digests(m);
        announce_state(m);
        announce_rules(m);
        return arm_deadline(m);
}

static void tell_contact(Manager *m, const Event *ev, Grade grade) {
        log_field(LOG_INFO, "NOCONTACT_PERSON", ev->person, "Recorded %s.",
                event_kind_name(ev->kind));
        m->listener->recorded(m->userdata, ev->seq, ev->person, grade, event_string(ev, "channel"));
        m->listener->person_changed(m->userdata, ev->person);
}

/* What the faces hear of one event. */
static void tell(Manager *m, const Event *ev) {
        switch (ev->kind) {
        case EVENT_PERSON_ADDED: m->listener->person_added(m->userdata, ev->person); break;
        case EVENT_PERSON_REMOVED:
                m->listener->person_removed(m->userdata, ev->person);
                m->listener->property_changed(m->userdata, "Pending");
                break;
        case EVENT_CHANGE_PENDING:
        case EVENT_CHANGE_CANCELLED:
        case EVENT_CHANGE_APPLIED: m->listener->property_changed(m->userdata, "Pending"); break;
        case EVENT_REGIME_CHANGED: m->listener->regime_changed(m->userdata, "CoolDownUSec"); break;
        case EVENT_KEY_SET:
        case EVENT_KEY_CLEARED: m->listener->regime_changed(m->userdata, "KeySet"); break;
        case EVENT_POLICIES_ON:
        case EVENT_POLICIES_OFF: m->listener->regime_changed(m->userdata, "Policies"); break;
        case EVENT_PERSON_CHANGED:
        case EVENT_PERSON_HOURS:
        case EVENT_COMMITMENT_BEGUN:
        case EVENT_COMMITMENT_EXTENDED:
        case EVENT_COMMITMENT_UNDONE:
        case EVENT_COMMITMENT_ENDED: m->listener->person_changed(m->userdata, ev->person); break;
        case EVENT_INCOMING:
        case EVENT_URGE:
        case EVENT_ATTEMPT:
        case EVENT_SLIP:
        case EVENT_RELAPSE: tell_contact(m, ev, event_grade(ev->kind)); break;
        case EVENT_CORRECTED:
                tell_contact(m, ev, (Grade)grade_from_name(event_string(ev, "to")));
                break;
        case EVENT_MILESTONE:
                m->listener->milestone(m->userdata, ev->person, (unsigned)event_uint(ev, "days"));
                break;
        case EVENT_IDENTITY_ADDED:
        case EVENT_IDENTITY_REMOVED:
        case EVENT_PASS_ADDED:
        case EVENT_PASS_REMOVED:
        case EVENT_TAGGED:
        case EVENT_SUPPORT_ADDED:
        case EVENT_SUPPORT_REMOVED:
        case EVENT_NUDGE_SHOWN:
        case EVENT_NUDGE_ANSWERED:
        case EVENT_DIGEST_SHOWN:
        case EVENT_LAYER_CHANGED:
        case EVENT_ENFORCEMENT_REPAIRED:
        case EVENT_CLOCK_JUMPED:
        case EVENT_OVERRIDE:
        case EVENT_OVERRIDE_ENDED:
        case EVENT_DAEMON_STARTED:
        case EVENT_DAEMON_STOPPED:
        case _EVENT_KIND_MAX: break;
        }
}

static void on_recorded(void *userdata, const Event *events, size_t n) {
        Manager *m = userdata;

        if (!m->listener)
                return;
        show_nudges(m, events, n);
        for (size_t i = 0; i < n; i++) {
                m->rules_changed = m->rules_changed || ledger_changes_rules(events[i].kind);
                if (events[i].kind == EVENT_ATTEMPT || events[i].kind == EVENT_SLIP) {
                        m->met_event = events[i].seq;
                        m->met_boot_usec = manager_boot_now(m);
                }
                if (events[i].kind == EVENT_CORRECTED)
                        correct_nudge(m, &events[i]);
                tell(m, &events[i]);
        }
        (void)sd_event_source_set_enabled(m->settle, SD_EVENT_ONESHOT);
}

/* --- life ------------------------------------------------------------------------------------ */

static const HistoryListener history_listener = {
        .resume = on_resume,
        .visits = on_visits,
        .coverage = on_coverage,
};

static const EnforcerListener enforcer_listener = {
        .state = on_enforcer_state,
        .browsers = on_browsers,
        .sinkhole = on_sinkhole,
        .repaired = on_repaired,
};

static const NudgeListener nudge_listener = {
        .shown = on_nudge_shown,
        .answered = on_nudge_answered,
        .state = on_nudge_state,
};

static int open_promise_clock(Manager *m) {
        Moment now;
        int r;

        r = boot_id_read(m->boot);
        if (r < 0)
                return r;
        now = moment_now(m);
        return promise_clock_open(m->data_dir, &now, &m->promise);
}

int manager_new(sd_event *event, const ManagerPaths *paths, Manager **ret) {
        _cleanup_(manager_freep) Manager *m = calloc(1, sizeof(*m));
        int r;

        if (!m)
                return -ENOMEM;
        m->event = sd_event_ref(event);
        m->home = strdup(paths->home);
        m->config_home = strdup(paths->config_home);
        m->data_dir = strdup(paths->data_dir);
        m->runtime_dir = strdup(paths->runtime_dir);
        m->session_dir = strdup(paths->session_dir);
        m->shares = paths->shares;
        if (!m->home || !m->config_home || !m->data_dir || !m->runtime_dir || !m->session_dir)
                return -ENOMEM;
        m->layers[LAYER_HISTORY].name = "history";
        m->layers[LAYER_NUDGE].name = "nudge";
        m->layers[LAYER_HOSTS].name = "hosts";
        m->layers[LAYER_NOTIFICATIONS].name = "notifications";
        m->layers[LAYER_EXTENSION].name = "extension";
        m->layers[LAYER_EXTENSION].passing = true;
        m->layers[LAYER_TITLES].name = "titles";
        m->layers[LAYER_TITLES].passing = true;
        m->layers[LAYER_POLICIES].name = "policies";
        m->layers[LAYER_POLICIES].passing = true;
        set_layer(m, LAYER_HISTORY, "off", "Nothing is watched: there is no commitment.");
        set_layer(m, LAYER_NUDGE, "active", "Not needed so far.");
        set_layer(m, LAYER_HOSTS, "off", "No domain or platform is blocked.");
        set_layer(m, LAYER_NOTIFICATIONS, "off", "Nothing is held back: there is no commitment.");
        set_layer(m, LAYER_TITLES, "off", "Nothing is watched: there is no commitment.");
        set_layer(
                m, LAYER_POLICIES, "off", "Not turned on; `nocontact browsers policies on` does.");
        on_guards(m, "", "");

        r = guards_new(on_guards, m, &m->guards);
        if (r >= 0)
                r = ledger_open(m->data_dir, &m->ledger);
        if (r >= 0)
                r = open_promise_clock(m);
        if (r < 0)
                return r;
        ledger_listen(m->ledger, on_recorded, m);
        *ret = TAKE_PTR(m);
        return 0;
}

Manager *manager_free(Manager *m) {
        if (!m)
                return NULL;
        history_free(m->history);
        titles_free(m->titles);
        nudge_free(m->nudge);
        digest_free(m->digest);
        sinkhole_free(m->sinkhole);
        probe_free(m->probe);
        if (m->trial_done)
                m->trial_done(m->trial_userdata, NULL, 0);
        notification_monitor_free(m->monitor);
        gate_free(m->gate);
        guards_free(m->guards);
        sd_bus_unref(m->bus);
        spool_free(m->spool);
        rules_file_free(m->rules_file);
        enforcer_client_free(m->enforcer);
        clock_set_free(m->clock_set);
        promise_clock_done(&m->promise);
        forget_browsers(m);
        free(m->hindrance);
        sd_event_source_disable_unref(m->restart);
        sd_event_source_disable_unref(m->settle);
        sd_event_source_disable_unref(m->in_doubt);
        sd_event_source_disable_unref(m->deadline);
        ledger_free(m->ledger);
        readings_done(&m->readings);
        touches_done(&m->touches);
        for (size_t i = 0; i < _LAYER_MAX; i++)
                free(m->layers[i].detail);
        free(m->home);
        free(m->config_home);
        free(m->data_dir);
        free(m->runtime_dir);
        free(m->session_dir);
        sd_event_unref(m->event);
        free(m);
        return NULL;
}

static int add_sources(Manager *m) {
        int r;

        r = sd_event_add_defer(m->event, &m->settle, on_settle, m);
        if (r < 0)
                return r;
        r = sd_event_add_time(
                m->event, &m->deadline, CLOCK_BOOTTIME, UINT64_MAX, USEC_PER_SEC, on_deadline, m);
        if (r < 0)
                return r;
        r = sd_event_add_time(m->event, &m->restart, CLOCK_BOOTTIME, UINT64_MAX, USEC_PER_SEC,
                on_restart_watch, m);
        if (r >= 0)
                r = sd_event_source_set_enabled(m->restart, SD_EVENT_OFF);
        if (r < 0)
                return r;
        r = clock_set_new(m->event, on_clock_set, m, &m->clock_set);
        if (r < 0)
                return r;
        r = sd_event_add_time(
                m->event, &m->in_doubt, CLOCK_MONOTONIC, UINT64_MAX, 0, on_doubt_over, m);
        if (r >= 0)
                r = sd_event_source_set_enabled(m->in_doubt, SD_EVENT_OFF);
        if (r < 0)
                return r;
        return sd_event_source_set_enabled(m->deadline, SD_EVENT_OFF);
}

int manager_start(Manager *m, sd_bus *bus, const ManagerListener *listener, void *userdata) {
        uint64_t now = manager_now(m);
        int r;

        m->listener = listener;
        m->userdata = userdata;
        m->announced = manager_state(m);
        r = add_sources(m);
        if (r < 0)
                return r;
        r = nudge_new(m->event, bus, m->data_dir, &nudge_listener, m, &m->nudge);
        if (r < 0)
                return r;
        r = digest_new(bus, &digest_listener, m, &m->digest);
        if (r < 0)
                return r;
        r = history_new(m->event, m->home, m->config_home, m->runtime_dir, &history_listener, m,
                &m->history);
        if (r < 0)
                return r;

        r = titles_new(m->event, bus, &titles_listener, m, &m->titles);
        if (r < 0)
                return r;
        r = enforcer_client_new(m->event, &enforcer_listener, m, &m->enforcer);
        if (r < 0)
                return r;

        r = ledger_record_one(m->ledger, EVENT_DAEMON_STARTED, NULL, now,
                json_pack("{s:s}", "version", NOCONTACT_VERSION), NULL);
        if (r < 0)
                return r;
        note_clock_step(m);
        r = changes_apply_due(m->ledger, manager_promise_now(m));
        if (r < 0)
                return r;
        tell_of_people(m, now);
        r = start_holding(m);
        return r < 0 ? r : start_gate(m, bus);
}

bool manager_settled(const Manager *m) {
        return gate_settled(m->gate);
}

void manager_stop(Manager *m) {
        int r;

        readings_save(&m->readings, m->ledger, manager_now(m));
        m->listener = NULL;
        gate_stop(m->gate);
        r = ledger_record_one(
                m->ledger, EVENT_DAEMON_STOPPED, NULL, manager_now(m), json_object(), NULL);
        if (r < 0)
                log_error("The stop could not be recorded: %s", strerror(-r));
}
