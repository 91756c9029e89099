/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/holding.h"
#include "daemon/policies.h"

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

/* The one door to nocontact-enforcer, on the system bus. Everything is asynchronous: the manager
 * says what is wanted, and the client goes on until the machine agrees with it or says why it does
 * not. */
typedef struct EnforcerClient EnforcerClient;

enum {
        ENFORCER_BROWSERS = 16,
};

typedef struct EnforcerListener {
        /* `state` and `detail` as of a layer, see parts/layers.h. */
        void (*state)(void *userdata, const char *state, const char *detail);
        /* How the browsers' policies stand, at most ENFORCER_BROWSERS of them; told after each
         * change while there are any pages to block. */
        void (*browsers)(void *userdata, const BrowserPolicy *browsers, size_t n);
        /* The listening sockets; the callee owns them. Told once: whoever has them keeps them, for
         * the address stays the user's, and a later lease asks for no others. */
        void (*sinkhole)(void *userdata, int http, int https);
        /* The block was found changed and is whole again; when (UTC). Told once for each. */
        void (*repaired)(void *userdata, uint64_t at_usec);
} EnforcerListener;

/* Opens the system bus by itself, when something is wanted for the first time, and again when it
 * was lost. Returns 0 or a negative errno. */
int enforcer_client_new(
        sd_event *event, const EnforcerListener *listener, void *userdata, EnforcerClient **ret);
/* Accepts NULL; returns NULL. What root holds stays held. */
EnforcerClient *enforcer_client_free(EnforcerClient *c);
DEFINE_CLEANUP(EnforcerClient *, enforcer_client_free)

/* What is wanted from now on; copied. `now` is UTC. Calls with the same holding cost nothing. Until
 * the machine agrees: Hold for what grew, RequestRelease as soon as a loosening waits
 * (CancelRelease when it no longer does), Release when nothing is to be held, Except for what an
 * exception opens; again after a while when it failed. A lease that ran out is renewed once a day.
 */
int enforcer_client_want(EnforcerClient *c, const Holding *wanted, uint64_t now);
