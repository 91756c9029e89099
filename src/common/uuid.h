/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stdint.h>

enum {
        UUID_SPACE = 33, /* 32 hex digits and the NUL */
};

/* Makes a UUIDv7 (RFC 9562, section 5.7) for a time in µs since the epoch: 32 lower-case hex digits
 * that sort by time to the millisecond. Returns 0, or the negative errno of getrandom(). */
int uuid_v7(uint64_t usec, char ret[static UUID_SPACE]);
