/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The figures of a bench. It measures nothing itself. Used by the benches that compare with a
 * limit; bench-hosts.c pairs its rounds and has figures of its own. */

#include "bench/series.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

double now_msec(void) {
        struct timespec ts;

        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static int compare(const void *a, const void *b) {
        double x = *(const double *)a, y = *(const double *)b;

        return (x > y) - (x < y);
}

double series_quantile(const Series *s, double q) {
        return s->n ? s->msec[(size_t)(q * (double)(s->n - 1))] : 0.0;
}

void series_print(const char *what, Series *s, const Series *limit) {
        qsort(s->msec, s->n, sizeof(*s->msec), compare);
        printf("  %-34s %4u   %7.2f %7.2f %7.2f   %6.1f\n", what, s->n, series_quantile(s, 0.5),
                series_quantile(s, 0.95), series_quantile(s, 1.0),
                series_quantile(s, 0.5) / series_quantile(limit, 0.5));
}
