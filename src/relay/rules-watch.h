/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/state.h"

#include <systemd/sd-event.h>

/* The rules that nocontactd writes for us (core/snapshot.h), read at the start and again whenever
 * the file is replaced. */
typedef struct RulesWatch RulesWatch;

/* These are the rules now; NULL: there is no file. Returns 0, or a negative errno when they could
 * not be put in force. */
typedef int (*rules_watch_func)(void *userdata, const State *rules);

/* Makes the folder when it is absent, reads the file and gives what is in it to `func` at once. A
 * file that is damaged or cannot be read changes nothing; the log says so. Returns 0 or a negative
 * errno. */
int rules_watch_new(sd_event *event, const char *data_dir, rules_watch_func func, void *userdata,
        RulesWatch **ret);
/* Accepts NULL; returns NULL. */
RulesWatch *rules_watch_free(RulesWatch *f);
DEFINE_CLEANUP(RulesWatch *, rules_watch_free)
