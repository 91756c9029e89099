/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stdint.h>

enum {
        UUID_SPACE = 33, /* 32 hex digits and the NUL */
};

/* Makes a UUIDv7 (RFC 9562, section 5.7) for a time in µs since the epoch: 32 lower-case hex digits
 * that sort by time to the millisecond. Returns 0, or the negative errno of getrandom(). */
int uuid_v7(uint64_t usec, char ret[static UUID_SPACE]);

/* The same, and sorts after `last` (an id made earlier, or NULL) even when the clock stands still
 * or went back: the time of `last` is kept then and its random part counted up by a random step
 * (RFC 9562, section 6.2, method 2). Returns 0; -EINVAL for a time past the year 10889 or a `last`
 * that is no 32 lower-case hex digits; -EOVERFLOW when nothing sorts after `last`; the errno of
 * getrandom(). */
int uuid_v7_after(uint64_t usec, const char *last, char ret[static UUID_SPACE]);
