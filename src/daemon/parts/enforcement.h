/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"
#include "daemon/parts/base.h"
#include "daemon/parts/encounters.h"

#include <stdbool.h>

/* What is held shut, as far as the daemon goes: it tells root's part what the state asks for,
 * serves the pause page to whom a name that is held leads to us, and knows how each browser stands.
 * The layers "hosts" and "policies". */
typedef struct Enforcement Enforcement;

/* `encounters` says what a pause page shows; it outlives this. Nothing is asked for before
 * enforcement_follow(). Returns 0 or a negative errno. */
int enforcement_new(Base *base, const Encounters *encounters, Enforcement **ret);
/* What is held stays held: root's lease goes on. Accepts NULL; returns NULL. */
Enforcement *enforcement_free(Enforcement *e);
DEFINE_CLEANUP(Enforcement *, enforcement_free)

/* The state has changed, or something has become due. The same again costs nothing. */
void enforcement_follow(Enforcement *e);

/* Was a visit to `url` at that time stopped on its way? See touches.h. */
bool enforcement_has_stopped(const Enforcement *e, const char *url, uint64_t at_usec);

/* Tells how each browser's own settings stand to the hosts file, see browser-settings.h; `detail`
 * is "" when it is held. `each` returns 0, or a negative errno that ends it and is passed up. */
int enforcement_tell_browsers(const Enforcement *e,
        int (*each)(void *userdata, const char *browser, const char *state, const char *detail),
        void *userdata);
