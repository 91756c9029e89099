/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"
#include "daemon/parts/base.h"
#include "daemon/pause-page.h"

/* How an attempt is met: by the nudge on the screen, by the pause page of the browsers' extensions,
 * and by a hint where a window's title is all that is known. The layers "nudge", "titles" and
 * "extension". */
typedef struct Meeting Meeting;

/* Returns 0 or a negative errno. */
int meeting_new(Base *base, Meeting **ret);
/* Leaves what is on the screen. Accepts NULL; returns NULL. */
Meeting *meeting_free(Meeting *m);
DEFINE_CLEANUP(Meeting *, meeting_free)

/* Meets what was recorded just now: the newest visit of each person's, if it is fresh. A correction
 * of what was met last is shown, too. */
void meeting_take(Meeting *m, const Event *events, size_t n);

/* So many days were reached, for the first time. */
void meeting_praise(Meeting *m, const char *person_id, unsigned days);

/* Are titles to be watched? */
void meeting_watch_titles(Meeting *m, bool wanted);

/* A visit is being recorded: what the title says now comes first. */
void meeting_look_at_title(Meeting *m);

/* What a pause page shows now. The event is the newest visit that was met within the last half
 * hour. The texts are the ledger's until something is recorded. */
void meeting_pause_facts(const Meeting *m, PauseFacts *ret);

/* The user answered a pause page: "leave", "breathe", "write" (which opens an empty page) or
 * "call". Recorded about the newest visit that was met within the last half hour; without one
 * nothing is. Returns 0, or -EINVAL for another word. */
int meeting_answer_pause(Meeting *m, const char *answer);

/* A browser's extension is at work, through the host that sent `message`, until the host leaves the
 * bus. `private_windows` is "covered", "open" or "". Returns 0; -EINVAL for another word; -EDQUOT
 * when there are too many; other negative errno. */
int meeting_add_guard(
        Meeting *m, sd_bus_message *message, const char *browser, const char *private_windows);
