/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define USEC_PER_MSEC 1000ULL
#define USEC_PER_SEC  1000000ULL
#define USEC_PER_MIN  (60ULL * USEC_PER_SEC)
#define USEC_PER_HOUR (60ULL * USEC_PER_MIN)
#define USEC_PER_DAY  (86400ULL * USEC_PER_SEC)

enum {
        TIME_TEXT_SPACE = 32, /* room for any text that the functions below write */
};

/* Writes "2026-11-22T10:00:00Z" for a time in µs since the epoch, UTC. `size` is TIME_TEXT_SPACE.
 * Returns `buf`. */
char *time_format_utc(char *buf, size_t size, uint64_t usec);

/* Writes "2026-11-22 11:00" in the reader's own time zone, with the same rules. */
char *time_format_local(char *buf, size_t size, uint64_t usec);

/* Minutes east of UTC of the system's time zone at that time. */
int time_zone_minutes(uint64_t usec);
