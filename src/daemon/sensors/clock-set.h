/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"

#include <systemd/sd-event.h>

/* Hears that somebody set the wall clock: by hand, by a time server's step, or after a sleep. */
typedef struct ClockSet ClockSet;

/* `func` is called from the event loop, after the clock was set. Returns 0 or a negative errno. */
int clock_set_new(sd_event *event, void (*func)(void *userdata), void *userdata, ClockSet **ret);
/* Accepts NULL; returns NULL. */
ClockSet *clock_set_free(ClockSet *c);
DEFINE_CLEANUP(ClockSet *, clock_set_free)
