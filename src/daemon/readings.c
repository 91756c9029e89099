/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Cursors of the browsers' histories between the sensor and the ledger. It reads no history; the
 * manager hands the visits in. */

#include "daemon/readings.h"

#include "common/array.h"

#include <errno.h>

/* After so many innocent visits a cursor is written down, so that a restart need not judge them
 * again. */
enum { SAVE_AFTER = 2000 };

typedef struct Reading {
        char *profile;
        Cursor cursor;
        size_t unsaved; /* visits judged since the cursor was last on disk */
} Reading;

void readings_done(Readings *r) {
        for (size_t i = 0; i < r->n; i++)
                free(r->items[i].profile);
        free(r->items);
        *r = (Readings){0};
}

static Reading *find_reading(const Readings *r, const char *profile) {
        for (size_t i = 0; i < r->n; i++)
                if (streq(r->items[i].profile, profile))
                        return &r->items[i];
        return NULL;
}

static Reading *add_reading(Readings *r, const char *profile) {
        Reading *reading = find_reading(r, profile);
        char *copy;

        if (reading)
                return reading;
        if (ARRAY_RESERVE(r->items, r->space, r->n + 1) < 0)
                return NULL;
        copy = strdup(profile);
        if (!copy)
                return NULL;
        reading = &r->items[r->n++];
        *reading = (Reading){.profile = copy};
        return reading;
}

int readings_resume(const Readings *r, Ledger *l, const char *profile, Cursor *ret) {
        const Reading *reading = find_reading(r, profile);

        if (!reading)
                return store_load_cursor(ledger_store(l), profile, ret);
        *ret = reading->cursor;
        return 1;
}

static void save_reading(Reading *reading, Ledger *l, uint64_t now) {
        Batch b = {.cursor_profile = reading->profile, .cursor = reading->cursor};

        /* a failure costs nothing but a second look at innocent visits */
        if (reading->unsaved > 0 && ledger_record(l, &b, now) == 0)
                reading->unsaved = 0;
}

int readings_judge(Readings *r, Ledger *l, uint64_t now, const char *profile, const char *browser,
        const SeenVisit *visits, size_t n, const Cursor *after) {
        const Source source = {.name = "history", .channel = browser, .evidence = EVIDENCE_SHOWN};
        Reading *reading = add_reading(r, profile);
        int recorded;

        if (!reading)
                return -ENOMEM;
        recorded = visits_record(l, now, &source, visits, n, profile, after, NULL);
        if (recorded < 0)
                return recorded;
        reading->cursor = *after;
        reading->unsaved = recorded > 0 ? 0 : reading->unsaved + MAX(n, (size_t)1);
        if (reading->unsaved >= SAVE_AFTER)
                save_reading(reading, l, now);
        return 0;
}

void readings_save(Readings *r, Ledger *l, uint64_t now) {
        for (size_t i = 0; i < r->n; i++)
                save_reading(&r->items[i], l, now);
}
