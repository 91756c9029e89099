/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* The period a person's mode is promised for. While it runs, tightening is immediate and loosening
 * waits. All times are µs UTC. */
typedef struct Commitment {
        uint64_t began_usec; /* 0: there never was one */
        uint64_t ends_usec;  /* what was promised */
        uint64_t ended_usec; /* 0 until the user ended it; one that ran out goes on holding */

        uint64_t extended_usec;    /* when it was last extended; 0: never, or that was undone */
        uint64_t ends_before_usec; /* and its end before that */
} Commitment;

/* Is anything watched and judged: begun, and not ended by the user. Running out ends the promise
 * but not the protection, which the user may want longer. */
bool commitment_stands(const Commitment *c);

/* Does the promise hold, so that loosening waits? */
bool commitment_locked(const Commitment *c, uint64_t now);

/* Was it done within the grace for mistakes, so that it can be taken back at once? A clock set back
 * puts it into the future: that is no grace. */
bool tightening_graced(uint64_t tightened_usec, uint64_t now);

/* When a loosening asked for at `now` is carried out. `now` itself when the promise does not
 * hold, or when what is to be undone was itself done (`tightened_usec`) within the grace for
 * mistakes; else after the cool-down, but never later than the promise's own end. */
uint64_t commitment_due(
        const Commitment *c, uint64_t tightened_usec, uint64_t now, uint64_t cool_down_usec);

/* The promise's end after `days` more: counted from its end, or from now when it has run out. */
uint64_t commitment_extended(const Commitment *c, unsigned days, uint64_t now);
