/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Holds shut what the state says, through root's part, and tells what came of it. It decides
 * nothing of what is to be held (core/holding.c) and writes no file of root's. */

#include "daemon/parts/enforcement.h"

#include "common/buffer.h"
#include "common/log.h"
#include "common/time.h"
#include "core/holding.h"
#include "core/touches.h"
#include "daemon/enforcer-client.h"
#include "daemon/policies.h"
#include "daemon/sensors/browser-settings.h"
#include "daemon/sensors/process-age.h"
#include "daemon/sensors/sinkhole.h"
#include "daemon/visits.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

/* How often it is looked whether Firefox was started again. */
#define RESTART_WATCH_USEC (30 * USEC_PER_SEC)

struct Enforcement {
        Base *base;
        const Encounters *encounters;
        EnforcerClient *client;
        Sinkhole *sinkhole; /* while root has given us its sockets */
        Touches touches;
        PolicyFacts policies;                      /* as root and the ledger say ... */
        BrowserPolicy browsers[ENFORCER_BROWSERS]; /* ... of these; the names are owned */
        char *hindrance;
        sd_event_source *restart; /* while Firefox is to be started again */
};

/* --- the browsers' policies ------------------------------------------------------------------ */

static void forget_browsers(Enforcement *e) {
        for (size_t i = 0; i < e->policies.n; i++) {
                free((char *)e->browsers[i].browser);
                free((char *)e->browsers[i].standing);
        }
        e->policies.n = 0;
        e->policies.known = false;
}

/* Has a Firefox run for longer than its policies are what they are? It reads them when it starts.
 */
static bool firefox_is_older(const Enforcement *e) {
        static const char *const names[] = {"firefox", "firefox-esr", "firefox-bin"};
        uint64_t now = clock_now(&e->base->clock);

        for (size_t i = 0; i < e->policies.n; i++) {
                const BrowserPolicy *b = &e->browsers[i];

                if (streq(b->browser, "Firefox") && b->since_usec > 0 && now > b->since_usec)
                        return process_age(names, ARRAY_LEN(names)) > now - b->since_usec;
        }
        return false;
}

static void follow_policies(Enforcement *e) {
        _cleanup_(buffer_done) Buffer detail = {0};
        const char *state;

        e->policies.on = ledger_state(e->base->ledger)->policies_usec > 0;
        e->policies.browsers = e->browsers;
        e->policies.restart = e->policies.on && firefox_is_older(e);
        state = policies_describe(&e->policies, &detail);
        if (detail.error == 0)
                layers_set(&e->base->layers, LAYER_POLICIES, state, detail.data);
        (void)sd_event_source_set_time_relative(e->restart, RESTART_WATCH_USEC);
        (void)sd_event_source_set_enabled(
                e->restart, e->policies.restart ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

static int on_restart_watch(sd_event_source *source, uint64_t usec, void *userdata) {
        (void)source, (void)usec;
        follow_policies(userdata);
        return 0;
}

static void on_browsers(void *userdata, const BrowserPolicy *browsers, size_t n) {
        Enforcement *e = userdata;

        forget_browsers(e);
        for (size_t i = 0; i < n; i++) {
                BrowserPolicy b = {strdup(browsers[i].browser), strdup(browsers[i].standing),
                        browsers[i].since_usec};

                if (!b.browser || !b.standing) {
                        free((char *)b.browser);
                        free((char *)b.standing);
                        break;
                }
                e->browsers[e->policies.n++] = b;
        }
        e->policies.known = true;
        follow_policies(e);
}

/* What keeps root from being asked; NULL for nothing. */
static void note_hindrance(Enforcement *e, const char *state, const char *detail) {
        free(e->hindrance);
        e->hindrance = state ? strdup(detail) : NULL;
        e->policies.detail = e->hindrance;
        e->policies.state = e->hindrance ? state : NULL;
        follow_policies(e);
}

/* --- what is held shut ----------------------------------------------------------------------- */

int enforcement_tell_browsers(const Enforcement *e,
        int (*each)(void *userdata, const char *browser, const char *state, const char *detail),
        void *userdata) {
        _cleanup_(browser_holds_done) BrowserHolds holds = {0};
        int r;

        r = browser_holds_find(e->base->paths.home, e->base->paths.config_home, "", &holds);
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
        Enforcement *e = userdata;

        note_hindrance(e, streq(state, "active") || streq(state, "off") ? NULL : state, detail);

        if (streq(state, "active") && enforcement_tell_browsers(e, add_unheld, &names) == 0 &&
                names.len > 0 &&
                asprintf(&with_names, "%s Not in %s: `nocontact doctor` says why.", detail,
                        names.data) >= 0)
                layers_set(&e->base->layers, LAYER_HOSTS, "degraded", with_names);
        else
                layers_set(&e->base->layers, LAYER_HOSTS, state, detail);
}

static void on_repaired(void *userdata, uint64_t at_usec) {
        Enforcement *e = userdata;

        (void)at_usec;
        if (ledger_record_one(e->base->ledger, EVENT_ENFORCEMENT_REPAIRED, NULL,
                    clock_now(&e->base->clock), json_object(), NULL) < 0)
                log_error("A repair of the block could not be recorded.");
}

/* Somebody of this user's was led to the sinkhole instead. */
static void on_knock(void *userdata, const Knock *knock) {
        static const Source source = {
                .name = "sinkhole", .channel = "sinkhole", .evidence = EVIDENCE_STOPPED};
        Enforcement *e = userdata;
        uint64_t now = clock_now(&e->base->clock);
        const SeenVisit visit = {.url = knock->target, .at_usec = now, .part = !knock->navigation};
        int r;

        (void)touches_add(&e->touches, knock->host, now);
        r = visits_record(e->base->ledger, now, &source, &visit, 1, NULL, NULL, NULL);
        if (r < 0)
                log_error("What was stopped could not be recorded: %s", strerror(-r));
}

static bool is_held(const Enforcement *e, const char *host, uint64_t now) {
        _cleanup_(holding_done) Holding holding = {0};

        if (holding_of(ledger_state(e->base->ledger), now, &holding) < 0)
                return false;
        for (size_t i = 0; i < holding.n; i++)
                if (streq(holding.hosts[i].name, host))
                        return true;
        return false;
}

/* Any site can lead its own name here and read what it gets as its own: only those that are held
 * get the page. */
static char *on_page(void *userdata, const char *host) {
        Enforcement *e = userdata;
        PauseFacts f;

        if (!is_held(e, host, clock_promise_now(&e->base->clock)))
                return NULL;
        encounters_pause_facts(e->encounters, &f);
        return pause_page(&f);
}

static void on_sinkhole_failed(void *userdata, int error) {
        Enforcement *e = userdata;

        log_warning("The pause page cannot be served any more: %s", strerror(-error));
        e->sinkhole = sinkhole_free(e->sinkhole);
}

static const SinkholeListener sinkhole_listener = {
        .knock = on_knock,
        .page = on_page,
        .failed = on_sinkhole_failed,
};

static void on_sinkhole(void *userdata, int http, int https) {
        Enforcement *e = userdata;
        int r;

        e->sinkhole = sinkhole_free(e->sinkhole);
        r = sinkhole_new(
                e->base->event, http, https, getuid(), &sinkhole_listener, e, &e->sinkhole);
        if (r < 0)
                log_warning("The pause page cannot be served: %s", strerror(-r));
}

/* Root is told times of the wall clock, and has a clock of promises of its own. */
static void put_on_wall_clock(const Enforcement *e, Holding *h) {
        h->until_usec = clock_promise_wall(&e->base->clock, h->until_usec);
        for (size_t i = 0; i < h->n; i++)
                h->hosts[i].open_usec = clock_promise_wall(&e->base->clock, h->hosts[i].open_usec);
}

/* What the people's domains and platforms ask for goes to the enforcer; the same again costs
 * nothing. */
void enforcement_follow(Enforcement *e) {
        _cleanup_(holding_done) Holding holding = {0};
        int r;

        r = holding_of(ledger_state(e->base->ledger), clock_promise_now(&e->base->clock), &holding);
        if (r == 0) {
                e->policies.patterns = holding.n_patterns;
                if (holding.n_patterns == 0)
                        forget_browsers(e);
                put_on_wall_clock(e, &holding);
                r = enforcer_client_want(e->client, &holding, clock_now(&e->base->clock));
        }
        if (r < 0)
                log_error("What is to be blocked could not be handed on: %s", strerror(-r));
        follow_policies(e);
}

bool enforcement_has_stopped(const Enforcement *e, const char *url, uint64_t at_usec) {
        return touches_near(&e->touches, url, at_usec);
}

/* --- life ------------------------------------------------------------------------------------ */

static const EnforcerListener enforcer_listener = {
        .state = on_enforcer_state,
        .browsers = on_browsers,
        .sinkhole = on_sinkhole,
        .repaired = on_repaired,
};

int enforcement_new(Base *base, const Encounters *encounters, Enforcement **ret) {
        _cleanup_(enforcement_freep) Enforcement *e = calloc(1, sizeof(*e));
        int r;

        if (!e)
                return -ENOMEM;
        e->base = base;
        e->encounters = encounters;
        r = sd_event_add_time(base->event, &e->restart, CLOCK_BOOTTIME, UINT64_MAX, USEC_PER_SEC,
                on_restart_watch, e);
        if (r >= 0)
                r = sd_event_source_set_enabled(e->restart, SD_EVENT_OFF);
        if (r >= 0)
                r = enforcer_client_new(base->event, &enforcer_listener, e, &e->client);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(e);
        return 0;
}

Enforcement *enforcement_free(Enforcement *e) {
        if (!e)
                return NULL;
        sinkhole_free(e->sinkhole);
        enforcer_client_free(e->client);
        touches_done(&e->touches);
        forget_browsers(e);
        free(e->hindrance);
        sd_event_source_disable_unref(e->restart);
        free(e);
        return NULL;
}
