/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"

#include <stdbool.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

/* The one door to the notification server's surroundings: it leads whichever server this session
 * has behind nocontact-relay, and back again. It speaks with the user's service manager and the
 * session bus, one call at a time, and goes on until the session agrees or it can say why not.
 * It hears no notification and holds none: the relay does. */
typedef struct Gate Gate;

typedef struct GateListener {
        /* `state` and `detail` as of a layer, see parts/layers.h; told once for each change. */
        void (*state)(void *userdata, const char *state, const char *detail);
} GateListener;

typedef struct GatePaths {
        const char *runtime;       /* $XDG_RUNTIME_DIR */
        const char *const *shares; /* as in wiring_new() */
} GatePaths;

/* `bus` is the session bus. Nothing is asked or written before gate_want(). Returns 0 or a negative
 * errno. */
int gate_new(sd_event *event, sd_bus *bus, const GatePaths *paths, const GateListener *listener,
        void *userdata, Gate **ret);
/* The session stays as it is. Accepts NULL; returns NULL. */
Gate *gate_free(Gate *g);
DEFINE_CLEANUP(Gate *, gate_free)

/* Should the server be behind the relay from now on? The same again costs nothing. Not wanted, what
 * an earlier life left behind is put back too. */
void gate_want(Gate *g, bool wanted);

/* A clean stop: puts everything back as it was and returns when that is done or, at the latest,
 * after GATE_STOP_USEC; unless the service manager is at restarting us, when all stays. To be
 * called after the event loop has ended; the bus is still open. */
void gate_stop(Gate *g);

#define GATE_STOP_USEC (5 * 1000000ULL)

/* Is that connection, the owner of org.freedesktop.Notifications, known to be behind the relay? */
bool gate_passes(const Gate *g, const char *connection);

/* Is the owner a shell that closes only what it is told under its own name? */
bool gate_owner_is_shell(const Gate *g);

/* Does org.gtk.Notifications come to what is behind the gate, or to nobody? */
bool gate_has_gtk(const Gate *g);

/* Does the gate stand, with a server or ready for one? */
bool gate_stands(const Gate *g);

/* Is it known whether it stands, or not wanted? */
bool gate_settled(const Gate *g);
