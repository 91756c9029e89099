/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"
#include "relay/keeper.h"

#include <stdint.h>
#include <systemd/sd-event.h>

/* The gate for GNOME, whose shell is desktop and notification server in one, so that no relay can
 * stand between the two: it owns the names that applications call, and passes on to the shell what
 * is to be seen. */
typedef struct NameGate NameGate;

/* Connects to the bus at this address and waits for GNOME, or takes the names when it is there
 * already. `clock` says what time it is, in µs since the epoch, UTC. What needs `keeper` needs it
 * until the gate is freed. When the bus ends, the loop is ended with -ECONNRESET. Returns 0 or a
 * negative errno; -ECONNREFUSED when there is no bus. */
int name_gate_new(sd_event *event, const char *address, Keeper *keeper, uint64_t (*clock)(void),
        NameGate **ret);
/* Accepts NULL; returns NULL. */
NameGate *name_gate_free(NameGate *g);
DEFINE_CLEANUP(NameGate *, name_gate_free)

/* Gives the names back, waits for the answers that are still to come, a little while, and ends the
 * loop with 0. Returns 0 or a negative errno. */
int name_gate_leave(NameGate *g);
