/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cli/client.h"
#include "common/buffer.h"

/* The days of a review as months, each a picture of its own. */

/* What a day was: the gravest thing of it. */
typedef enum DayMark {
        DAY_KEPT,
        DAY_MET, /* an urge or an attempt, and kept */
        DAY_SLIP,
        DAY_RELAPSE,
        _DAY_MARK_MAX,
} DayMark;

DayMark day_mark(const ReviewDay *d);

/* Appends one figure for each month and, behind them, what the marks mean. Returns 0 or -ENOMEM. */
int calendar_add(Buffer *b, const Review *review);
