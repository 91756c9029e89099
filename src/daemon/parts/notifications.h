/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"
#include "daemon/parts/base.h"

#include <stdbool.h>

/* What keeps notifications back, all in one hand: the rules on the disk, which the relay holds by;
 * the spool, into which it lays what it held; the gate, which leads the server behind it; the watch
 * for what goes past; and a trial of it all. The layer "notifications". */
typedef struct Notifications Notifications;

/* Brings the rules on the disk up to date, takes what the spool holds, and leads the server as the
 * state asks. Returns 0 or a negative errno. */
int notifications_new(Base *base, Notifications **ret);
/* The relay goes on holding by the rules on the disk. A trial that runs is told of its end. Accepts
 * NULL; returns NULL. */
Notifications *notifications_free(Notifications *n);
DEFINE_CLEANUP(Notifications *, notifications_free)

/* The state has changed, or something has become due. */
void notifications_follow(Notifications *n);

/* Is the server in its place, or known to be out of reach? */
bool notifications_settled(const Notifications *n);

/* Lets the server go, unless the daemon is only being restarted. See gate_stop(). */
void notifications_stop(Notifications *n);

/* Tries the way that a notification takes, and tells what came of it: rows of a step, a state
 * ("ok", "failed", "skipped") and a sentence; no rows when the daemon stops meanwhile. `done` is
 * called once, from the event loop. Returns 0; -EEXIST while another trial runs; other negative
 * errno. */
typedef struct TrialRow {
        const char *step, *state, *detail;
} TrialRow;
typedef void (*trial_done_func)(void *userdata, const TrialRow *rows, size_t n);
int notifications_try(Notifications *n, trial_done_func done, void *userdata);
