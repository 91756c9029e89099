/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Keeps what is known of each layer, and has a change of state recorded. It finds out nothing
 * itself: whoever does that tells it. */

#include "daemon/parts/layers.h"

#include "common/log.h"

#include <errno.h>

static const struct {
        const char *name;
        bool passing;
        const char *state, *detail;
} beginnings[_LAYER_MAX] = {
        [LAYER_HISTORY] = {"history", false, "off", "Nothing is watched: there is no commitment."},
        [LAYER_NUDGE] = {"nudge", false, "active", "Not needed so far."},
        [LAYER_HOSTS] = {"hosts", false, "off", "No domain or platform is blocked."},
        [LAYER_NOTIFICATIONS] = {"notifications", false, "off",
                "Nothing is held back: there is no commitment."},
        [LAYER_EXTENSION] = {"extension", true, "unavailable",
                "No browser has the extension; profiles are noticed, not stopped."},
        [LAYER_TITLES] = {"titles", true, "off", "Nothing is watched: there is no commitment."},
        [LAYER_POLICIES] = {"policies", true, "off",
                "Not turned on; `nocontact browsers policies on` does."},
};

int layers_init(Layers *l, Ledger *ledger, const Clock *clock) {
        *l = (Layers){.ledger = ledger, .clock = clock};
        for (LayerId i = 0; i < _LAYER_MAX; i++) {
                l->items[i].name = beginnings[i].name;
                l->items[i].passing = beginnings[i].passing;
                layers_clear(l, i);
                if (!l->items[i].detail)
                        return -ENOMEM;
        }
        return 0;
}

void layers_done(Layers *l) {
        for (LayerId i = 0; i < _LAYER_MAX; i++)
                free(l->items[i].detail);
        *l = (Layers){0};
}

void layers_listen(Layers *l, void (*told)(void *userdata), void *userdata) {
        l->told = told;
        l->userdata = userdata;
}

static void record_change(Layers *l, const Layer *layer) {
        log_info("layer %s is now %s: %s", layer->name, layer->state, layer->detail);
        if (ledger_record_one(l->ledger, EVENT_LAYER_CHANGED, NULL, clock_now(l->clock),
                    json_pack("{s:s, s:s, s:s}", "name", layer->name, "state", layer->state,
                            "detail", layer->detail),
                    NULL) < 0)
                log_error("That a layer changed could not be recorded.");
}

void layers_set(Layers *l, LayerId which, const char *state, const char *detail) {
        Layer *layer = &l->items[which];
        bool changed = layer->found_out && !streq(layer->state, state);
        char *copy;

        if (layer->state && streq(layer->state, state) && streq(layer->detail, detail))
                return;
        copy = strdup(detail);
        if (!copy)
                return;
        free(layer->detail);
        layer->detail = copy;
        layer->state = state;
        if (!l->told)
                return;

        layer->found_out = true;
        l->told(l->userdata);
        /* what is found out at a start is no news */
        if (changed && !layer->passing)
                record_change(l, layer);
}

void layers_clear(Layers *l, LayerId which) {
        layers_set(l, which, beginnings[which].state, beginnings[which].detail);
}
