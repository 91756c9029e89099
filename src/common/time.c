/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Times as text. It never asks what time it is. */

#include "common/time.h"

#include <time.h>

char *time_format_utc(char *buf, size_t size, uint64_t usec) {
        time_t t = (time_t)(usec / USEC_PER_SEC);
        struct tm tm = {0};

        (void)gmtime_r(&t, &tm);
        (void)strftime(buf, size, "%Y-%m-%dT%H:%M:%SZ", &tm);
        return buf;
}

/* localtime_r() reads the zone once in a program's life; a daemon travels. */
static void local_time(uint64_t usec, struct tm *ret) {
        time_t t = (time_t)(usec / USEC_PER_SEC);

        tzset();
        (void)localtime_r(&t, ret);
}

char *time_format_local(char *buf, size_t size, uint64_t usec) {
        struct tm tm = {0};

        local_time(usec, &tm);
        (void)strftime(buf, size, "%Y-%m-%d %H:%M", &tm);
        return buf;
}

int time_zone_minutes(uint64_t usec) {
        struct tm tm = {0};

        local_time(usec, &tm);
        return (int)(tm.tm_gmtoff / 60);
}
