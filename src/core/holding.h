/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/state.h"

/* What the machine is to hold shut: the host names that follow from the people's domains and
 * blocked platforms, the pages that browsers are to block, and until when. Pure; the enforcer
 * client carries it to root. */
typedef struct HeldHost {
        char *name;         /* owned */
        uint64_t open_usec; /* an exception lets it be until then, UTC; 0: none */
} HeldHost;

typedef struct Holding {
        HeldHost *hosts; /* sorted by name, each once */
        size_t n, space;
        char **patterns; /* URL patterns, owned, sorted, each once; none while policies are off */
        size_t n_patterns, patterns_space;
        uint64_t until_usec; /* the latest end of a commitment that holds something, UTC; 0: nothing
                                is held */
        bool loosening; /* a pending change will shrink it or end it: root's own cool-down should
                           run too */
} Holding;

void holding_done(Holding *h);

/* What follows from the state at `now`. A domain stands for itself and the usual names below it
 * (www, m, mobile, blog), since a hosts file has no wildcards; a platform for all its hosts in the
 * catalogue. While the user has policies turned on, handles and profiles stand for their pages; no
 * exception opens these, as one is for a domain or a platform. Only commitments that stand count.
 * Returns 0 or -ENOMEM. */
int holding_of(const State *s, uint64_t now, Holding *ret);

bool holding_equal(const Holding *a, const Holding *b);
