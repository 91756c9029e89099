/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "daemon/parts/base.h"
#include "daemon/parts/encounters.h"
#include "daemon/parts/enforcement.h"
#include "daemon/parts/notifications.h"
#include "daemon/regime.h"

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

/* The manager: the one owner. It holds the ledger, has its parts run the sensors and responders,
 * keeps the time, and carries out what is due. The faces on the bus read from it and hear from it.
 */
typedef struct Manager Manager;

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

/* Opens the ledger, see store_open() for errors. Starts nothing. What `paths` names is the
 * caller's and outlives the manager. */
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

/* The clocks, see parts/clock.h. Everything that waits, or that a wait depends on, is asked for
 * with the time that promises go by. */
uint64_t manager_now(const Manager *m);
LocalTime manager_local_now(const Manager *m);
uint64_t manager_boot_now(const Manager *m);
uint64_t manager_promise_now(Manager *m);
uint64_t manager_promise_wall(const Manager *m, uint64_t usec);

Ledger *manager_ledger(Manager *m);

/* The folder of the ledger and of what was held. */
const char *manager_data_dir(const Manager *m);

/* The friend's key: what is known of it between two requests, and whether it is given now. */
Unlock *manager_unlock(Manager *m);
bool manager_key_given(const Manager *m);

/* "idle", "active" or "limited". */
const char *manager_state(const Manager *m);
/* May any site be somebody's, and not only one of the catalogue? */
bool manager_reaches_elsewhere(const Manager *m);

/* The layers, _LAYER_MAX of them. */
const Layer *manager_layers(const Manager *m);

/* The parts, for the faces that ask them; NULL before the start. */
Encounters *manager_encounters(Manager *m);
const Enforcement *manager_enforcement(const Manager *m);
Notifications *manager_notifications(Manager *m);
