/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stdint.h>

/* What a matcher gives back for a hit: whose it is and since when it counts. Both matchers (URLs
 * and texts) carry it without looking inside. */
typedef struct Rule {
        uint32_t person;     /* index of the person in the State the matchers were built from */
        uint64_t since_usec; /* UTC; what happened before is not judged */
} Rule;
