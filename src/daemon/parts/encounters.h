/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"
#include "daemon/parts/base.h"
#include "daemon/pause-page.h"

/* How an attempt is met: by the nudge on the screen, by the pause page of the browsers' extensions,
 * and by a hint where a window's title is all that is known. The layers "nudge", "titles" and
 * "extension". */
typedef struct Encounters Encounters;

/* Returns 0 or a negative errno. */
int encounters_new(Base *base, Encounters **ret);
/* Leaves what is on the screen. Accepts NULL; returns NULL. */
Encounters *encounters_free(Encounters *e);
DEFINE_CLEANUP(Encounters *, encounters_free)

/* Meets what was recorded just now: the newest visit of each person's, if it is fresh. A correction
 * of what was met last is shown, too. */
void encounters_take(Encounters *e, const Event *events, size_t n);

/* So many days were reached, for the first time. */
void encounters_praise(Encounters *e, const char *person_id, unsigned days);

/* Are titles to be watched? */
void encounters_watch_titles(Encounters *e, bool wanted);

/* A visit is being recorded: what the title says now comes first. */
void encounters_look_at_title(Encounters *e);

/* What a pause page shows now. The event is the newest visit that was met within the last half
 * hour. The texts are the ledger's until something is recorded. */
void encounters_pause_facts(const Encounters *e, PauseFacts *ret);

/* The user answered a pause page: "leave", "breathe", "write" (which opens an empty page) or
 * "call". Recorded about the newest visit that was met within the last half hour; without one
 * nothing is. Returns 0, or -EINVAL for another word. */
int encounters_answer_pause(Encounters *e, const char *answer);

/* A browser's extension is at work, through the host that sent `message`, until the host leaves the
 * bus. `private_windows` is "covered", "open" or "". Returns 0; -EINVAL for another word; -EDQUOT
 * when there are too many; other negative errno. */
int encounters_add_guard(
        Encounters *e, sd_bus_message *message, const char *browser, const char *private_windows);
