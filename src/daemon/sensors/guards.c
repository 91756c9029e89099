/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Keeps who guards which browser, by sd-bus's own tracking of names: nobody needs to say goodbye,
 * and a host that was killed is missed at once. It judges nothing and asks the hosts nothing. Used
 * by the manager. */

#include "daemon/sensors/guards.h"

#include "common/array.h"
#include "common/buffer.h"

#include <errno.h>
#include <stdbool.h>

typedef struct Guard {
        Guards *guards;
        sd_bus_track *track; /* the host's unique name, and nothing else */
        char *sender, *browser;
        GuardWindows windows;
} Guard;

struct Guards {
        guards_func changed;
        void *userdata;
        Guard **items; /* sorted by browser */
        size_t n, space;
};

static Guard *guard_free(Guard *g) {
        if (!g)
                return NULL;
        sd_bus_track_unref(g->track);
        free(g->sender);
        free(g->browser);
        free(g);
        return NULL;
}
DEFINE_CLEANUP(Guard *, guard_free)

static int compare(const void *a, const void *b) {
        return strcmp((*(Guard *const *)a)->browser, (*(Guard *const *)b)->browser);
}

int guard_windows_parse(const char *text) {
        static const char *const words[_GUARD_WINDOWS_MAX] = {
                [GUARD_WINDOWS_UNKNOWN] = "",
                [GUARD_WINDOWS_COVERED] = "covered",
                [GUARD_WINDOWS_OPEN] = "open",
        };

        for (int i = 0; i < _GUARD_WINDOWS_MAX; i++)
                if (streq(text, words[i]))
                        return i;
        return -EINVAL;
}

/* The browsers' names, each once; of all guards or of those that say so of private windows. NULL
 * when memory is out; the caller frees. */
static char *name_browsers(const Guards *g, bool only_open) {
        _cleanup_(buffer_done) Buffer names = {0};
        const char *last = "";

        for (size_t i = 0; i < g->n; i++) {
                const Guard *guard = g->items[i];

                if (streq(guard->browser, last) ||
                        (only_open && guard->windows != GUARD_WINDOWS_OPEN))
                        continue;
                last = guard->browser;
                (void)buffer_printf(&names, "%s%s", names.len > 0 ? ", " : "", last);
        }
        return buffer_take(&names);
}

static void tell(Guards *g) {
        _cleanup_free_ char *names = NULL, *open = NULL;

        if (g->n > 1)
                qsort(g->items, g->n, sizeof(*g->items), compare);
        names = name_browsers(g, false);
        open = name_browsers(g, true);
        if (names && open)
                g->changed(g->userdata, names, open);
}

static int on_gone(sd_bus_track *track, void *userdata) {
        Guard *guard = userdata;
        Guards *g = guard->guards;

        (void)track;
        for (size_t i = 0; i < g->n; i++)
                if (g->items[i] == guard) {
                        g->items[i] = g->items[--g->n];
                        break;
                }
        guard_free(guard);
        tell(g);
        return 0;
}

int guards_new(guards_func changed, void *userdata, Guards **ret) {
        Guards *g = calloc(1, sizeof(*g));

        if (!g)
                return -ENOMEM;
        g->changed = changed;
        g->userdata = userdata;
        *ret = g;
        return 0;
}

Guards *guards_free(Guards *g) {
        if (!g)
                return NULL;
        for (size_t i = 0; i < g->n; i++)
                guard_free(g->items[i]);
        free(g->items);
        free(g);
        return NULL;
}

static Guard *find(const Guards *g, const char *sender) {
        for (size_t i = 0; i < g->n; i++)
                if (streq(g->items[i]->sender, sender))
                        return g->items[i];
        return NULL;
}

static int add(Guards *g, sd_bus_message *message, const char *sender, const char *browser,
        GuardWindows windows) {
        _cleanup_(guard_freep) Guard *guard = calloc(1, sizeof(*guard));
        int r;

        if (!guard)
                return -ENOMEM;
        guard->guards = g;
        guard->sender = strdup(sender);
        guard->browser = strdup(browser);
        guard->windows = windows;
        if (!guard->sender || !guard->browser)
                return -ENOMEM;
        r = sd_bus_track_new(sd_bus_message_get_bus(message), &guard->track, on_gone, guard);
        if (r >= 0)
                r = sd_bus_track_add_sender(guard->track, message);
        if (r < 0)
                return r;
        r = ARRAY_RESERVE(g->items, g->space, g->n + 1);
        if (r < 0)
                return r;
        g->items[g->n++] = TAKE_PTR(guard);
        return 0;
}

int guards_add(Guards *g, sd_bus_message *message, const char *browser, GuardWindows windows) {
        const char *sender = sd_bus_message_get_sender(message);
        Guard *guard;
        int r;

        if (!sender)
                return -EINVAL;
        guard = find(g, sender);
        if (guard) {
                char *copy = strdup(browser);

                if (!copy)
                        return -ENOMEM;
                free(guard->browser);
                guard->browser = copy;
                guard->windows = windows;
        } else {
                if (g->n >= GUARDS_MAX)
                        return -EDQUOT;
                r = add(g, message, sender, browser, windows);
                if (r < 0)
                        return r;
        }
        tell(g);
        return 0;
}

bool guards_has(const Guards *g, const char *browser) {
        for (size_t i = 0; i < g->n; i++)
                if (streq(g->items[i]->browser, browser))
                        return true;
        return false;
}
