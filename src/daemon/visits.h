/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/judge.h"
#include "daemon/ledger.h"

/* From visits to events. One visit that several sensors see is one event; the strongest evidence
 * decides its grade. So is one that asks for a platform as a whole, or searches, in several pages
 * within JUDGE_TWIN_WINDOW_USEC. */

typedef struct SeenVisit {
        const char *url;
        uint64_t at_usec; /* when the page was opened, UTC */
        bool part; /* may be part of another page, as a widget's: counts only for the person's own
                      domain or page, not for a platform as a whole */
        bool stopped;    /* it is known that nothing was shown, whatever the source makes of it */
        bool redirected; /* another page led here by itself, so that it need be no visit of its own
                          */
} SeenVisit;

/* Judges the visits of one source and records those that concern somebody, with the cursor that
 * stands for having judged them all (`cursor_profile` NULL: none), in one transaction. When
 * there is nothing to record nothing is written, the cursor included: judging an innocent visit
 * again finds the same. Returns how many events were recorded, or a negative errno. `ret_grade`
 * (may be NULL) is the grade of the last visit, GRADE_NONE when it concerns nobody. */
int visits_record(Ledger *l, uint64_t now, const Source *source, const SeenVisit *visits, size_t n,
        const char *cursor_profile, const Cursor *cursor, Grade *ret_grade);
