/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

/* One trial of the way that a notification takes: a made-up word is to be held, and something
 * innocent is to be shown. It takes PROBE_USEC at most. */
typedef struct Probe Probe;

#define PROBE_USEC (12 * 1000000ULL)

/* What is proved, in this order. */
typedef enum ProbeStep {
        PROBE_HELD,  /* the filter answered in the server's place */
        PROBE_KEPT,  /* and what it held came into the spool */
        PROBE_SHOWN, /* the server took the innocent one */
        _PROBE_STEP_MAX,
} ProbeStep;

/* "held", "kept", "shown". */
const char *probe_step_name(ProbeStep step);

typedef struct ProbeResult {
        const char *state;  /* static: "ok", "failed" or "skipped" */
        const char *detail; /* static: a sentence */
} ProbeResult;

typedef struct ProbeListener {
        /* Has the relay hold what names the word, too; NULL: no longer. 0 or a negative errno. */
        int (*set_word)(void *userdata, const char *word);
        /* _PROBE_STEP_MAX results. The probe may be freed from here. */
        void (*done)(void *userdata, const ProbeResult *results);
} ProbeListener;

/* Begins at once. Returns 0 or a negative errno; done() comes later, from the event loop. */
int probe_new(
        sd_event *event, sd_bus *bus, const ProbeListener *listener, void *userdata, Probe **ret);
/* Takes the word back if it is not done. Accepts NULL; returns NULL. */
Probe *probe_free(Probe *p);
DEFINE_CLEANUP(Probe *, probe_free)

/* The word came into the spool. */
void probe_kept(Probe *p);
