/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Keeps notifications back, with the relay: carries what was held, or shown past the filter, to
 * where it is judged and recorded. It draws nothing itself and knows no server: the gate does. */

#include "daemon/parts/notifications.h"

#include "common/log.h"
#include "core/judge.h"
#include "core/snapshot.h"
#include "daemon/gate/gate.h"
#include "daemon/gate/probe.h"
#include "daemon/holds.h"
#include "daemon/leaks.h"
#include "daemon/responders/sweeper.h"
#include "daemon/rules-file.h"
#include "daemon/sensors/notification-monitor.h"
#include "daemon/sensors/spool.h"
#include "nocontact/bus-names.h"

#include <errno.h>

struct Notifications {
        Base *base;
        Spool *spool;
        RulesFile *rules_file;
        bool rules_stale; /* the file could not be written: it is overdue */
        Gate *gate;
        NotificationMonitor *monitor; /* while the gate is wanted */
        Leaks leaks;
        Probe *probe; /* while its word is to be held */
        trial_done_func trial_done;
        void *trial_userdata;
};

/* --- what is held ---------------------------------------------------------------------------- */

static int on_held(void *userdata, const Held *held) {
        Notifications *n = userdata;
        int r;

        if (streq(held->person, SNAPSHOT_PROBE)) {
                if (n->probe)
                        probe_kept(n->probe);
                return SPOOL_DROP;
        }
        r = holds_record(n->base->ledger, clock_now(&n->base->clock), held);
        return r < 0 ? r : SPOOL_KEEP;
}

static const SpoolListener spool_listener = {
        .held = on_held,
};

static int follow_rules_file(Notifications *n) {
        int r = rules_file_follow(n->rules_file, ledger_state(n->base->ledger));

        if (r < 0 && !n->rules_stale)
                log_error("The rules for notifications could not be written: %s", strerror(-r));
        n->rules_stale = r < 0;
        return r;
}

/* --- what was shown -------------------------------------------------------------------------- */

/* Whom a notification names that is to be held. Returns 1 and a verdict to end, 0 for nobody. */
static int judge_sighting(const Notifications *n, const Sighting *s, Verdict *ret) {
        LocalTime now = clock_local_now(&n->base->clock);
        Verdict v = {0};

        if (judge_notice(ledger_rules(n->base->ledger), &s->notice, now.usec, now, &v) <= 0)
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
        Notifications *n = userdata;
        Verdict v;

        if (gate_stands(n->gate) &&
                (s->way == SIGHTING_PORTAL || (s->way == SIGHTING_GTK && gate_has_gtk(n->gate))))
                return false;
        if (judge_sighting(n, s, &v) == 0)
                return false;
        verdict_done(&v);
        return true;
}

static void sweep(Notifications *n, const Sighting *s) {
        const char *server = s->server;
        int r = 0;

        switch (s->way) {
        case SIGHTING_NOTIFY:
                if (gate_owner_is_shell(n->gate))
                        server = "org.gnome.Shell";
                r = sweep_notification(n->base->bus, server, s->id);
                break;
        case SIGHTING_GTK: r = sweep_gtk(n->base->bus, server, s->app, s->key); break;
        case SIGHTING_PORTAL: r = sweep_portal(n->base->bus, server, s->app, s->key); break;
        }
        if (r < 0)
                log_warning("A notification could not be closed: %s", strerror(-r));
}

/* One that should have been held was shown: taken off the screen, and kept all the same. */
static void on_shown(void *userdata, const Sighting *s) {
        Notifications *n = userdata;
        uint64_t now = clock_now(&n->base->clock);
        Verdict v;
        int r;

        if (s->way == SIGHTING_NOTIFY &&
                (s->id >= NC_RELAY_FIRST_ID || gate_passes(n->gate, s->server)))
                return;
        if (judge_sighting(n, s, &v) == 0)
                return;
        sweep(n, s);
        if (gate_stands(n->gate))
                layers_set(&n->base->layers, LAYER_NOTIFICATIONS, "degraded",
                        "One of theirs reached the screen past the filter, and was closed again.");
        if (leaks_is_new(&n->leaks, &s->notice, s->sender, now)) {
                r = leaks_write(n->base->paths.data_dir, now,
                        ledger_state(n->base->ledger)->people[v.person].id, v.via, &s->notice,
                        s->more);
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

static void follow_monitor(Notifications *n, bool wanted) {
        const char *address;
        int r;

        if (!wanted)
                n->monitor = notification_monitor_free(n->monitor);
        if (!wanted || n->monitor)
                return;
        r = sd_bus_get_address(n->base->bus, &address);
        if (r >= 0)
                r = notification_monitor_new(
                        n->base->event, address, &monitor_listener, n, &n->monitor);
        if (r < 0)
                log_warning(
                        "Nothing watches what the notification server is sent: %s", strerror(-r));
}

/* --- the server ------------------------------------------------------------------------------ */

static void on_gate_state(void *userdata, const char *state, const char *detail) {
        Notifications *n = userdata;

        layers_set(&n->base->layers, LAYER_NOTIFICATIONS, state, detail);
}

static const GateListener gate_listener = {
        .state = on_gate_state,
};

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

static void follow_gate(Notifications *n) {
        bool wanted = holds_back(ledger_state(n->base->ledger));

        follow_monitor(n, wanted);
        gate_want(n->gate, wanted);
}

void notifications_follow(Notifications *n) {
        (void)follow_rules_file(n);
        follow_gate(n);
}

bool notifications_settled(const Notifications *n) {
        return gate_settled(n->gate);
}

void notifications_stop(Notifications *n) {
        gate_stop(n->gate);
}

/* --- a trial --------------------------------------------------------------------------------- */

/* Tells the rows once, and has no trial afterwards. */
static void end_trial(Notifications *n, const ProbeResult *results) {
        const Layer *layer = &n->base->layers.items[LAYER_NOTIFICATIONS];
        TrialRow rows[_PROBE_STEP_MAX + 1] = {{"filter", "ok", layer->detail}};
        trial_done_func done = n->trial_done;

        n->trial_done = NULL;
        n->probe = probe_free(n->probe);
        if (!streq(layer->state, "active"))
                rows[0].state = streq(layer->state, "off") ? "skipped" : "failed";
        for (int i = 0; i < _PROBE_STEP_MAX; i++)
                rows[i + 1] = (TrialRow){
                        probe_step_name((ProbeStep)i), results[i].state, results[i].detail};
        if (done)
                done(n->trial_userdata, rows, ARRAY_LEN(rows));
}

static int on_probe_word(void *userdata, const char *word) {
        Notifications *n = userdata;
        int r = rules_file_probe(n->rules_file, word);

        if (r >= 0)
                r = follow_rules_file(n);
        return r < 0 ? r : 0;
}

static void on_probe_done(void *userdata, const ProbeResult *results) {
        end_trial(userdata, results);
}

static const ProbeListener probe_listener = {
        .set_word = on_probe_word,
        .done = on_probe_done,
};

int notifications_try(Notifications *n, trial_done_func done, void *userdata) {
        static const ProbeResult skipped[_PROBE_STEP_MAX] = {
                [PROBE_HELD] = {"skipped", "The filter does not stand."},
                [PROBE_KEPT] = {"skipped", "The filter does not stand."},
                [PROBE_SHOWN] = {"skipped", "The filter does not stand."},
        };
        int r;

        if (n->trial_done)
                return -EEXIST;
        if (gate_stands(n->gate)) {
                r = probe_new(n->base->event, n->base->bus, &probe_listener, n, &n->probe);
                if (r < 0)
                        return r;
        }
        n->trial_done = done;
        n->trial_userdata = userdata;
        if (!n->probe)
                end_trial(n, skipped);
        return 0;
}

/* --- life ------------------------------------------------------------------------------------ */

/* A file of rules from before the ledger was opened is brought up to date at once: the relay runs
 * already. */
int notifications_new(Base *base, Notifications **ret) {
        _cleanup_(notifications_freep) Notifications *n = calloc(1, sizeof(*n));
        const GatePaths paths = {.runtime = base->paths.session_dir, .shares = base->paths.shares};
        int r;

        if (!n)
                return -ENOMEM;
        n->base = base;
        r = rules_file_new(base->paths.data_dir, &n->rules_file);
        if (r < 0)
                return r;
        (void)follow_rules_file(n);
        r = spool_new(base->event, base->paths.data_dir, &spool_listener, n, &n->spool);
        if (r >= 0)
                r = gate_new(base->event, base->bus, &paths, &gate_listener, n, &n->gate);
        if (r < 0)
                return r;
        follow_gate(n);
        *ret = TAKE_PTR(n);
        return 0;
}

Notifications *notifications_free(Notifications *n) {
        if (!n)
                return NULL;
        probe_free(n->probe);
        if (n->trial_done)
                n->trial_done(n->trial_userdata, NULL, 0);
        notification_monitor_free(n->monitor);
        gate_free(n->gate);
        spool_free(n->spool);
        rules_file_free(n->rules_file);
        free(n);
        return NULL;
}
