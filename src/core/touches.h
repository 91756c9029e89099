/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* The newest connections that ended in the sinkhole, by the host that they asked for. One alone
 * says little: other sites embed parts of a platform. But a visit to that host at that time, which
 * a browser writes into its history although nothing was shown, was stopped. Start with `Touches t
 * = {0};`. */

enum {
        TOUCHES_KEPT = 64, /* hosts; the oldest goes first */
};

typedef struct Touches {
        struct {
                char *host; /* owned */
                uint64_t at_usec;
        } items[TOUCHES_KEPT];
        unsigned next;
} Touches;

void touches_done(Touches *t);

/* Notes one at `at_usec`, UTC. Returns 0, or -ENOMEM with the older ones kept. */
int touches_add(Touches *t, const char *host, uint64_t at_usec);

/* Did one for the host of `url` come within JUDGE_TWIN_WINDOW_USEC of `at_usec`? No for what is no
 * URL. */
bool touches_near(const Touches *t, const char *url, uint64_t at_usec);
