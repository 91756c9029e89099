/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stdint.h>

/* The quota of exceptions: NC_EXCEPTIONS of them, of which one comes back each day. It is kept as
 * one figure, the time (µs UTC) when it is full again; 0 or a time that is past: it is full. */

/* How many are left at `now`, and in *ret_next when the next one comes back (0: it is full). A
 * clock that was set back gives none back. */
unsigned quota_left(uint64_t full_usec, uint64_t now, uint64_t *ret_next);

/* The figure after one was taken at `at_usec`. */
uint64_t quota_take(uint64_t full_usec, uint64_t at_usec);
