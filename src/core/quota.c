/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The arithmetic of a bucket that refills: neither unlimited nor so scarce that people turn the
 * whole thing off. What an exception is and who may have one is regime.c's. */

#include "core/quota.h"

#include "common/macro.h"
#include "common/time.h"
#include "nocontact/bus-names.h"

unsigned quota_left(uint64_t full_usec, uint64_t now, uint64_t *ret_next) {
        uint64_t missing;

        *ret_next = 0;
        if (full_usec <= now)
                return NC_EXCEPTIONS;
        missing = (full_usec - now - 1) / USEC_PER_DAY + 1; /* begun days count whole */
        *ret_next = full_usec - (missing - 1) * USEC_PER_DAY;
        return missing >= NC_EXCEPTIONS ? 0 : NC_EXCEPTIONS - (unsigned)missing;
}

uint64_t quota_take(uint64_t full_usec, uint64_t at_usec) {
        const uint64_t latest = INT64_MAX - USEC_PER_DAY; /* a ledger keeps times in 63 bits */
        uint64_t from = MAX(full_usec, at_usec);

        return MIN(from, latest) + USEC_PER_DAY;
}
