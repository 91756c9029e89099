/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"
#include "core/cursor.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

/* The history sensor: turns new rows of the browsers' own history databases into visits. It works
 * with every browser of the two families and needs no set-up, and is the net under all other
 * layers. It never opens, locks or changes a browser's database: it copies the file and reads the
 * copy. */
typedef struct History History;

typedef struct Visit {
        int64_t row;         /* the browser's own id of the visit */
        uint64_t at_usec;    /* UTC */
        const char *url;     /* as the browser wrote it, at most HISTORY_URL_MAX bytes */
        const char *browser; /* "firefox", "chromium", "chrome", "brave", ... */
        bool redirected;     /* another page led here by itself */
} Visit;

/* What the sensor sees of the machine, for the layer's state. */
typedef struct HistoryCoverage {
        unsigned profiles;   /* browser profiles that are watched */
        unsigned unreadable; /* of those, how many could not be read the last time */
        const char *detail;  /* one plain sentence about the worst of them, or NULL */
} HistoryCoverage;

/* News go up through these; all of them are called from the event loop. */
typedef struct HistoryListener {
        /* Where to go on in `profile` (the database's path). Returns 1 and the cursor, 0 when the
         * profile was never read, negative errno to leave the profile alone for now. */
        int (*resume)(void *userdata, const char *profile, Cursor *ret);

        /* New visits of one profile, oldest first, and the cursor that stands for having judged
         * them all. n may be 0 when only the cursor moved. Returns 0 when they are safely recorded;
         * after a negative errno the sensor forgets that it read them and comes back later. */
        int (*visits)(void *userdata, const char *profile, const Visit *visits, size_t n,
                const Cursor *after);

        void (*coverage)(void *userdata, const HistoryCoverage *coverage);
} HistoryListener;

enum {
        HISTORY_URL_MAX = 65536,   /* bytes; a longer URL is passed over (a data: URL, as a rule) */
        HISTORY_BATCH_MAX = 10000, /* visits handed up at once; more come in further batches */
};

/* `home` is the user's home folder, `config_home` is $XDG_CONFIG_HOME, `runtime_dir` a private
 * folder (0700) for the copies, which live for the length of one read. Watches nothing until
 * history_start(). Returns 0 or a negative errno. */
int history_new(sd_event *event, const char *home, const char *config_home, const char *runtime_dir,
        const HistoryListener *listener, void *userdata, History **ret);
/* Accepts NULL; returns NULL. */
History *history_free(History *h);
DEFINE_CLEANUP(History *, history_free)

/* Watch and read, but never a visit from before `since_usec`. A repeated call moves that bound; a
 * call that moves it back in time reads again what lies between. Visits that were already there are
 * handed up before this returns. Returns 0 or a negative errno. */
int history_start(History *h, uint64_t since_usec);

/* Ends all watches: nobody is to be kept from anything. */
void history_stop(History *h);
