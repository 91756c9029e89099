/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Measured times and their figures, for the benches that compare with a limit. */

enum { SERIES_MAX = 256 };

typedef struct Series {
        double msec[SERIES_MAX];
        unsigned n;
} Series;

/* CLOCK_MONOTONIC in milliseconds. */
double now_msec(void);

/* The value below which the share `q` of the sorted series lies; 0 when it is empty. */
double series_quantile(const Series *s, double q);

/* Sorts the series and prints n, p50, p95, the largest, and the ratio of its median to that of
 * `limit`, which is sorted already or the same series. */
void series_print(const char *what, Series *s, const Series *limit);
