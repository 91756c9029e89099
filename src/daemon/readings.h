/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "daemon/visits.h"

/* How far each browser profile's history was judged in this run. The cursor goes to disk with the
 * events that it stands for; where nothing was recorded it waits, since judging an innocent visit
 * twice finds the same. Start with `Readings r = {0};`. */
typedef struct Readings {
        struct Reading *items;
        size_t n, space;
} Readings;

void readings_done(Readings *r);

/* Where to go on in `profile`: 1 and the cursor, 0 when it was never read, or a negative errno. */
int readings_resume(const Readings *r, Ledger *l, const char *profile, Cursor *ret);

/* Judges and records the visits of one profile, which were made in `browser`. `after` stands for
 * having judged them all. Returns 0; on failure a negative errno, and they are to be handed in
 * again. */
int readings_judge(Readings *r, Ledger *l, uint64_t now, const char *profile, const char *browser,
        const SeenVisit *visits, size_t n, const Cursor *after);

/* Writes down every cursor that is ahead of the disk. */
void readings_save(Readings *r, Ledger *l, uint64_t now);
