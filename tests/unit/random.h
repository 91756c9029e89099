/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Numbers for property tests: the same in every run, from a seed that the test prints. */

#include "unit/test.h"

#include <stdbool.h>

typedef struct Random {
        uint64_t state;
} Random;

/* Begins a series and prints its seed as a comment in the TAP output. */
static inline Random random_start(uint64_t seed) {
        print_message("# seed %llu\n", (unsigned long long)seed);
        return (Random){.state = seed};
}

/* SplitMix64 (Steele, Lea and Flood, OOPSLA 2014). */
static inline uint64_t random_next(Random *r) {
        uint64_t z = (r->state += 0x9e3779b97f4a7c15ULL);

        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return z ^ (z >> 31);
}

/* A number below `n`, which is not 0. */
static inline uint64_t random_below(Random *r, uint64_t n) {
        return random_next(r) % n;
}

/* True once in `n` times. */
static inline bool random_once_in(Random *r, uint64_t n) {
        return random_below(r, n) == 0;
}
