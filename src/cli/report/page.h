/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cli/client.h"
#include "common/buffer.h"

enum {
        REPORT_LEAST_WORDS = 5, /* answers or tags; below, nothing is made of them */
        REPORT_LEAST_WEEK = 60, /* entries, for hour by weekday */
};

/* The report as one HTML page that loads nothing and runs nothing. `name` stands in it only when it
 * is given; NULL: nobody is named. Appends to an empty buffer. Returns 0 or -ENOMEM. */
int page_add(Buffer *b, const Person *person, const Review *review, const char *name);

/* The looks of it. */
extern const char report_style[];

/* The words in which an answer or a tag of the bus is told ("late": "Late and alone"); the word
 * itself when it is none that is known. */
const char *answer_words(const char *answer);
const char *tag_words(const char *tag);
