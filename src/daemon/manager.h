/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "daemon/ledger.h"
#include "daemon/pause-page.h"
#include "daemon/regime.h"

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

/* The manager: the one owner. It holds the ledger, runs the sensors and responders, keeps the time,
 * and carries out what is due. The faces on the bus read from it and hear from it. */
typedef struct Manager Manager;

/* Where things are; all owned by the caller, and copied but for `shares`, which outlive the
 * manager.
 */
typedef struct ManagerPaths {
        const char *home;          /* $HOME */
        const char *config_home;   /* $XDG_CONFIG_HOME, or ~/.config */
        const char *data_dir;      /* our own: $XDG_DATA_HOME/nocontact */
        const char *runtime_dir;   /* our own: $XDG_RUNTIME_DIR/nocontact */
        const char *session_dir;   /* $XDG_RUNTIME_DIR */
        const char *const *shares; /* $XDG_DATA_HOME and $XDG_DATA_DIRS, ended by NULL */
} ManagerPaths;

/* A means of enforcement and how it fares. */
typedef struct Layer {
        const char *name;  /* static */
        const char *state; /* static: "active", "degraded", "unavailable" or "off" */
        char *detail;      /* one sentence, owned by the manager */
        bool found_out;    /* since the start; before that it is a first guess */
        bool passing;      /* comes and goes with the user's programs: told, not recorded */
} Layer;

enum {
        LAYER_HISTORY,
        LAYER_NUDGE,
        LAYER_HOSTS,
        LAYER_NOTIFICATIONS,
        LAYER_EXTENSION,
        LAYER_TITLES,
        LAYER_POLICIES,
        _LAYER_MAX,
};

/* News for the faces. All are called from the event loop, after the ledger is on disk. */
typedef struct ManagerListener {
        /* Something that concerns contact was recorded, or got `grade` by a correction. */
        void (*recorded)(void *userdata, uint64_t event, const char *person, Grade grade,
                const char *channel);
        void (*milestone)(void *userdata, const char *person, unsigned days);
        void (*person_added)(void *userdata, const char *person);
        void (*person_removed)(void *userdata, const char *person);
        void (*person_changed)(void *userdata, const char *person);
        /* The named property of the manager itself: "State", "Layers" or "Pending". */
        void (*property_changed)(void *userdata, const char *property);
        /* The same of the regime: "CoolDownUSec" or "KeySet". */
        void (*regime_changed)(void *userdata, const char *property);
        /* What a visit counts as may be another from now on. */
        void (*rules_changed)(void *userdata);
} ManagerListener;

/* Opens the ledger, see store_open() for errors. Starts nothing. */
int manager_new(sd_event *event, const ManagerPaths *paths, Manager **ret);
/* Accepts NULL; returns NULL. */
Manager *manager_free(Manager *m);
DEFINE_CLEANUP(Manager *, manager_free)

/* Starts sensors, responders and timers, judges what happened while nobody watched, and records the
 * start. `bus` is the session bus, already ours. Returns 0 or a negative errno. */
int manager_start(Manager *m, sd_bus *bus, const ManagerListener *listener, void *userdata);

/* Is everything that guards the session in its place, or known to be out of reach? */
bool manager_settled(const Manager *m);

/* Lets the notification server go, unless the daemon is only being restarted; records the stop and
 * how far the histories were read. */
void manager_stop(Manager *m);

/* The time, µs UTC. Only the manager knows it. */
uint64_t manager_now(const Manager *m);

/* The same with the zone that holds now. */
LocalTime manager_local_now(const Manager *m);

/* The time that promises go by, µs UTC: elapsed time, which nobody moves by setting the clock, see
 * promise-clock.h. Everything that waits, or that a wait depends on, is asked for with it. */
uint64_t manager_promise_now(Manager *m);
/* One of its times as the wall clock will read it; 0 stays 0. */
uint64_t manager_promise_wall(const Manager *m, uint64_t usec);

/* The time since boot, µs, suspend included: nothing that sets the clock moves it. */
uint64_t manager_boot_now(const Manager *m);

Ledger *manager_ledger(Manager *m);

/* The folder of the ledger and of what was held. */
const char *manager_data_dir(const Manager *m);

/* The word of a probe: until it is taken back with NULL, a notification that names it is held, and
 * `held` is called for each one from the event loop; it is not recorded. Returns 0 when the relay's
 * rules on the disk say so, or a negative errno. */
typedef void (*manager_probe_func)(void *userdata);
int manager_set_probe(Manager *m, const char *word, manager_probe_func held, void *userdata);

/* Tries the way that a notification takes, and tells what came of it: rows of a step, a state
 * ("ok", "failed", "skipped") and a sentence; no rows when the daemon stops meanwhile. `done` is
 * called once, from the event loop. Returns 0; -EEXIST while another trial runs; other negative
 * errno. */
typedef struct TrialRow {
        const char *step, *state, *detail;
} TrialRow;
typedef void (*manager_trial_func)(void *userdata, const TrialRow *rows, size_t n);
int manager_try_notifications(Manager *m, manager_trial_func done, void *userdata);

/* The friend's key: what is known of it between two requests, and whether it is given now. */
Unlock *manager_unlock(Manager *m);
bool manager_key_given(const Manager *m);

/* "idle", "active" or "limited". */
const char *manager_state(const Manager *m);
/* May any site be somebody's, and not only one of the catalogue? */
bool manager_reaches_elsewhere(const Manager *m);

/* The layers, _LAYER_MAX of them. */
const Layer *manager_layers(const Manager *m);

/* A browser's extension is at work, through the host that sent `message`, until the host leaves the
 * bus: the layer "extension". `private_windows` is "covered", "open" or "". Returns 0; -EINVAL for
 * another word; -EDQUOT when there are too many; other negative errno. */
int manager_add_guard(
        Manager *m, sd_bus_message *message, const char *browser, const char *private_windows);

/* What a pause page shows now. The event is the newest visit that was met within the last half
 * hour. The texts are the ledger's until something is recorded. */
void manager_pause_facts(const Manager *m, PauseFacts *ret);

/* The user answered a pause page: "leave", "breathe", "write" (which opens an empty page) or
 * "call". Recorded about the newest visit that was met within the last half hour; without one
 * nothing is. Returns 0, or -EINVAL for another word. */
int manager_answer_pause(Manager *m, const char *answer);

/* Tells how each browser's own settings stand to the hosts file, see browser-settings.h; `detail`
 * is "" when it is held. `each` returns 0, or a negative errno that ends it and is passed up. */
int manager_tell_browsers(Manager *m,
        int (*each)(void *userdata, const char *browser, const char *state, const char *detail),
        void *userdata);
