/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* What both sides say before the first message (D-Bus Specification 0.43, "Authentication
 * Protocol"): lines, of which only the end of it all is of interest. */

enum {
        SASL_MAX = 64 << 10, /* bytes of the whole conversation of one side */
        SASL_WORD = 8,       /* of a line so much is looked at */
};

typedef struct Sasl {
        bool client;          /* whose lines they are: the client's end with BEGIN, the server's
                               * where a message begins */
        bool done;            /* messages follow */
        size_t total;         /* bytes seen */
        size_t line;          /* bytes of the line that is being read */
        char word[SASL_WORD]; /* its first bytes */
        char last;            /* the last byte seen */
} Sasl;

/* Goes over the next bytes of a side. Returns 0 and how many of them are lines; when `done` is true
 * the rest are messages. -EMSGSIZE when the conversation has no end. */
int sasl_scan(Sasl *s, const void *data, size_t len, size_t *ret);
