/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The one owner: it starts what senses and what responds, carries what they say to where it is
 * judged and recorded, and does at the right time what waits. It judges nothing itself, and speaks
 * on the bus through the faces alone. */

#include "daemon/manager.h"

#include "common/log.h"
#include "common/time.h"
#include "daemon/changes.h"
#include "daemon/readings.h"
#include "daemon/responders/digest.h"
#include "daemon/sensors/clock-set.h"
#include "daemon/sensors/history.h"

#include <errno.h>

/* The longest sleep before hours that are waited for: a daylight saving or a journey moves the wall
 * clock without a word. */
#define HOURS_WATCH_USEC USEC_PER_HOUR

/* Between two tries at a change that could not be carried out. */
#define RETRY_USEC (60 * USEC_PER_SEC)

struct Manager {
        Base base;

        const ManagerListener *listener;
        void *userdata;

        Encounters *encounters;
        Enforcement *enforcement;
        Notifications *notifications;
        History *history;
        Digest *digest;
        Readings readings;
        Unlock unlock;
        ClockSet *clock_set;

        uint64_t watching_since;   /* what the history sensor was told, 0: nothing */
        const char *announced;     /* the State that was last announced */
        bool rules_changed;        /* since the last settling */
        sd_event_source *settle;   /* runs once after each change */
        sd_event_source *deadline; /* the next thing that is due */
};

/* --- time ------------------------------------------------------------------------------------ */

uint64_t manager_now(const Manager *m) {
        return clock_now(&m->base.clock);
}

LocalTime manager_local_now(const Manager *m) {
        return clock_local_now(&m->base.clock);
}

uint64_t manager_boot_now(const Manager *m) {
        return clock_boot_now(&m->base.clock);
}

uint64_t manager_promise_now(Manager *m) {
        return clock_promise_now(&m->base.clock);
}

uint64_t manager_promise_wall(const Manager *m, uint64_t usec) {
        return clock_promise_wall(&m->base.clock, usec);
}

/* A step of the wall clock is a fact of the ledger's: it explains dates that look odd. */
static void note_clock_step(Manager *m) {
        int64_t step = clock_step(&m->base.clock);

        if (step == 0)
                return;
        log_info("The clock was set; what waits goes on waiting as long as before.");
        if (ledger_record_one(m->base.ledger, EVENT_CLOCK_JUMPED, NULL, manager_now(m),
                    json_pack("{s:I}", "by", (json_int_t)step), NULL) < 0)
                log_error("That the clock was set could not be recorded.");
}

/* --- what the faces read --------------------------------------------------------------------- */

Unlock *manager_unlock(Manager *m) {
        return &m->unlock;
}

bool manager_key_given(const Manager *m) {
        return unlock_given(&m->unlock, manager_boot_now(m));
}

Ledger *manager_ledger(Manager *m) {
        return m->base.ledger;
}

const char *manager_data_dir(const Manager *m) {
        return m->base.paths.data_dir;
}

const Layer *manager_layers(const Manager *m) {
        return m->base.layers.items;
}

Encounters *manager_encounters(Manager *m) {
        return m->encounters;
}

const Enforcement *manager_enforcement(const Manager *m) {
        return m->enforcement;
}

Notifications *manager_notifications(Manager *m) {
        return m->notifications;
}

bool manager_reaches_elsewhere(const Manager *m) {
        return url_index_reaches_elsewhere(ledger_rules(m->base.ledger)->urls);
}

const char *manager_state(const Manager *m) {
        const State *s = ledger_state(m->base.ledger);
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

/* --- histories ------------------------------------------------------------------------------- */

static void on_coverage(void *userdata, const HistoryCoverage *c) {
        Manager *m = userdata;
        _cleanup_free_ char *detail = NULL;
        const char *state = "active";
        int r;

        if (c->profiles == 0) {
                layers_set(&m->base.layers, LAYER_HISTORY, "unavailable",
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
        layers_set(&m->base.layers, LAYER_HISTORY, state, detail);
}

static int on_resume(void *userdata, const char *profile, Cursor *ret) {
        Manager *m = userdata;

        return readings_resume(&m->readings, m->base.ledger, profile, ret);
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
                        .stopped = enforcement_has_stopped(
                                m->enforcement, visits[i].url, visits[i].at_usec),
                        .redirected = visits[i].redirected,
                };

        encounters_look_at_title(m->encounters);
        r = readings_judge(&m->readings, m->base.ledger, manager_now(m), profile,
                n > 0 ? visits[0].browser : "", seen, n, after);
        if (r < 0)
                log_error("Visits could not be recorded and will be read again: %s", strerror(-r));
        return r;
}

/* --- digests --------------------------------------------------------------------------------- */

static bool on_digest_shown(void *userdata, const char *person_id, unsigned n) {
        Manager *m = userdata;
        int r = ledger_record_one(m->base.ledger, EVENT_DIGEST_SHOWN, person_id, manager_now(m),
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
        const State *s = ledger_state(m->base.ledger);
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

/* --- what is due ----------------------------------------------------------------------------- */

/* Announces a milestone when the streak has reached one that was not announced. */
static void check_milestone(Manager *m, const char *id, uint64_t now) {
        const Person *p = state_person(ledger_state(m->base.ledger), id);
        unsigned reached;
        Streak streak;

        if (!p || !commitment_stands(&p->commitment) || !person_streak(p, now, &streak))
                return;
        reached = milestone_reached(streak.days);
        if (reached <= p->milestone)
                return;
        if (ledger_record_one(m->base.ledger, EVENT_MILESTONE, id, now,
                    json_pack("{s:i}", "days", (int)reached), NULL) < 0)
                return;
        encounters_praise(m->encounters, id, reached);
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
                ledger_state(m->base.ledger), manager_local_now(m), manager_promise_now(m));
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
        const State *s = ledger_state(m->base.ledger);

        for (size_t i = 0; i < s->n_people; i++) {
                char id[UID_SPACE];

                memcpy(id, s->people[i].id, sizeof(id));
                check_milestone(m, id, now);
                s = ledger_state(m->base.ledger);
                m->listener->person_changed(m->userdata, id);
        }
}

static int do_what_is_due(Manager *m) {
        int r;

        r = changes_apply_due(m->base.ledger, manager_promise_now(m));
        if (r < 0)
                log_error("A waiting change could not be carried out: %s", strerror(-r));
        tell_of_people(m, manager_now(m));
        enforcement_follow(m->enforcement);
        notifications_follow(m->notifications);
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
        uint64_t since = ledger_rules(m->base.ledger)->since_usec;
        int r = 0;

        if (since == m->watching_since)
                return;
        m->watching_since = since;
        encounters_watch_titles(m->encounters, since != 0);
        if (since == 0) {
                history_stop(m->history);
                layers_clear(&m->base.layers, LAYER_HISTORY);
                return;
        }
        r = history_start(m->history, since);
        if (r < 0) {
                log_error("The browsers' histories cannot be watched: %s", strerror(-r));
                layers_set(&m->base.layers, LAYER_HISTORY, "unavailable", strerror(-r));
        }
}

static int on_settle(sd_event_source *source, void *userdata) {
        Manager *m = userdata;

        (void)source;
        follow_rules(m);
        enforcement_follow(m->enforcement);
        notifications_follow(m->notifications);
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
        encounters_take(m->encounters, events, n);
        for (size_t i = 0; i < n; i++) {
                m->rules_changed = m->rules_changed || ledger_changes_rules(events[i].kind);
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

static void on_layers(void *userdata) {
        Manager *m = userdata;

        m->listener->property_changed(m->userdata, "Layers");
}

int manager_new(sd_event *event, const ManagerPaths *paths, Manager **ret) {
        _cleanup_(manager_freep) Manager *m = calloc(1, sizeof(*m));
        int r;

        if (!m)
                return -ENOMEM;
        m->base.event = sd_event_ref(event);
        m->base.paths = *paths;
        r = ledger_open(paths->data_dir, &m->base.ledger);
        if (r >= 0)
                r = clock_open(paths->data_dir, &m->base.clock);
        if (r >= 0)
                r = layers_init(&m->base.layers, m->base.ledger, &m->base.clock);
        if (r < 0)
                return r;
        ledger_listen(m->base.ledger, on_recorded, m);
        *ret = TAKE_PTR(m);
        return 0;
}

Manager *manager_free(Manager *m) {
        if (!m)
                return NULL;
        history_free(m->history);
        notifications_free(m->notifications);
        enforcement_free(m->enforcement);
        encounters_free(m->encounters);
        digest_free(m->digest);
        clock_set_free(m->clock_set);
        sd_event_source_disable_unref(m->settle);
        sd_event_source_disable_unref(m->deadline);
        readings_done(&m->readings);
        layers_done(&m->base.layers);
        clock_done(&m->base.clock);
        ledger_free(m->base.ledger);
        sd_bus_unref(m->base.bus);
        sd_event_unref(m->base.event);
        free(m);
        return NULL;
}

static int add_sources(Manager *m) {
        int r;

        r = sd_event_add_defer(m->base.event, &m->settle, on_settle, m);
        if (r >= 0)
                r = sd_event_add_time(m->base.event, &m->deadline, CLOCK_BOOTTIME, UINT64_MAX,
                        USEC_PER_SEC, on_deadline, m);
        if (r >= 0)
                r = sd_event_source_set_enabled(m->deadline, SD_EVENT_OFF);
        if (r >= 0)
                r = clock_set_new(m->base.event, on_clock_set, m, &m->clock_set);
        return r;
}

static int add_parts(Manager *m) {
        const ManagerPaths *paths = &m->base.paths;
        int r;

        r = encounters_new(&m->base, &m->encounters);
        if (r >= 0)
                r = digest_new(m->base.bus, &digest_listener, m, &m->digest);
        if (r >= 0)
                r = history_new(m->base.event, paths->home, paths->config_home, paths->runtime_dir,
                        &history_listener, m, &m->history);
        if (r >= 0)
                r = enforcement_new(&m->base, m->encounters, &m->enforcement);
        return r;
}

int manager_start(Manager *m, sd_bus *bus, const ManagerListener *listener, void *userdata) {
        uint64_t now = manager_now(m);
        int r;

        m->base.bus = sd_bus_ref(bus);
        m->listener = listener;
        m->userdata = userdata;
        m->announced = manager_state(m);
        layers_listen(&m->base.layers, on_layers, m);
        r = add_sources(m);
        if (r >= 0)
                r = add_parts(m);
        if (r >= 0)
                r = ledger_record_one(m->base.ledger, EVENT_DAEMON_STARTED, NULL, now,
                        json_pack("{s:s}", "version", NOCONTACT_VERSION), NULL);
        if (r < 0)
                return r;
        note_clock_step(m);
        r = changes_apply_due(m->base.ledger, manager_promise_now(m));
        if (r < 0)
                return r;
        tell_of_people(m, now);
        return notifications_new(&m->base, &m->notifications);
}

bool manager_settled(const Manager *m) {
        return notifications_settled(m->notifications);
}

void manager_stop(Manager *m) {
        int r;

        readings_save(&m->readings, m->base.ledger, manager_now(m));
        m->listener = NULL;
        layers_listen(&m->base.layers, NULL, NULL);
        notifications_stop(m->notifications);
        r = ledger_record_one(
                m->base.ledger, EVENT_DAEMON_STOPPED, NULL, manager_now(m), json_object(), NULL);
        if (r < 0)
                log_error("The stop could not be recorded: %s", strerror(-r));
}
