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

char *time_format_local(char *buf, size_t size, uint64_t usec) {
        time_t t = (time_t)(usec / USEC_PER_SEC);
        struct tm tm = {0};

        (void)localtime_r(&t, &tm);
        (void)strftime(buf, size, "%Y-%m-%d %H:%M", &tm);
        return buf;
}

int time_zone_minutes(uint64_t usec) {
        time_t t = (time_t)(usec / USEC_PER_SEC);
        struct tm tm = {0};

        (void)localtime_r(&t, &tm);
        return (int)(tm.tm_gmtoff / 60);
}
