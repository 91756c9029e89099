/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cli/client.h"
#include "common/buffer.h"

/* Pictures of counts. They draw whatever they are given: that it is enough to be drawn was decided
 * before. All return 0 or -ENOMEM. */

/* Two counts of each hour or weekday, one upon the other. */
typedef struct BarChart {
        const char *id;    /* its own in the page */
        const char *title; /* what it shows; text of ours */
        const char *words; /* the same in a sentence; text of ours */
        size_t n;
        const uint32_t *visits, *urges; /* n each; below and above */
        const char *const *labels;      /* below the bars; NULL: this one has none */
        const char *const *names;       /* in the bars' own titles */
} BarChart;

int bar_chart_add(Buffer *b, const BarChart *chart);

/* The hours of a week as dots, the larger the more. `counts` are WEEK_HOURS, from Monday 00:00. */
int week_chart_add(Buffer *b, const uint32_t *counts);

/* A bar of `n` in `max`, of which `part` is dark. */
int share_bar_add(Buffer *b, uint32_t n, uint32_t part, uint32_t max);

/* By hour ("0 to 1 h"). */
extern const char *const hour_names[HOURS];
