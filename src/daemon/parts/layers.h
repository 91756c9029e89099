/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "daemon/ledger.h"
#include "daemon/parts/clock.h"

/* The layers: each means of enforcement, and how it truly fares. */

/* A means of enforcement and how it fares. */
typedef struct Layer {
        const char *name;  /* static */
        const char *state; /* static: "active", "degraded", "unavailable" or "off" */
        char *detail;      /* one sentence, owned by the layers */
        bool found_out;    /* since the start; before that it is a first guess */
        bool passing;      /* comes and goes with the user's programs: told, not recorded */
} Layer;

typedef enum LayerId {
        LAYER_HISTORY,
        LAYER_NUDGE,
        LAYER_HOSTS,
        LAYER_NOTIFICATIONS,
        LAYER_EXTENSION,
        LAYER_TITLES,
        LAYER_POLICIES,
        _LAYER_MAX,
} LayerId;

typedef struct Layers {
        Layer items[_LAYER_MAX];
        Ledger *ledger;               /* not owned */
        const Clock *clock;           /* not owned */
        void (*told)(void *userdata); /* NULL: nobody listens as yet */
        void *userdata;
} Layers;

/* Each as it is when nothing has been asked for. Returns 0 or -ENOMEM; the caller ends it. */
int layers_init(Layers *l, Ledger *ledger, const Clock *clock);
void layers_done(Layers *l);

/* From now on `told` hears of each change, and one that is a change of state is recorded. NULL:
 * no longer. */
void layers_listen(Layers *l, void (*told)(void *userdata), void *userdata);

/* `state` is static. The same again is no change. */
void layers_set(Layers *l, LayerId which, const char *state, const char *detail);

/* Back to how it was at first: nothing is asked of it, or nothing is there for it. */
void layers_clear(Layers *l, LayerId which);
