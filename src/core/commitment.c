/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The promise and its rule: tighten now, loosen later. It does not keep or carry out changes; see
 * state.c and the daemon's manager. */

#include "core/commitment.h"

#include "common/macro.h"
#include "common/time.h"
#include "nocontact/bus-names.h"

bool commitment_stands(const Commitment *c) {
        return c->began_usec > 0 && c->ended_usec == 0;
}

bool commitment_locked(const Commitment *c, uint64_t now) {
        return commitment_stands(c) && now < c->ends_usec;
}

bool tightening_graced(uint64_t tightened_usec, uint64_t now) {
        return tightened_usec <= now &&
               now - tightened_usec <= NC_GRACE_MINUTES * 60ULL * USEC_PER_SEC;
}

uint64_t commitment_due(
        const Commitment *c, uint64_t tightened_usec, uint64_t now, uint64_t cool_down_usec) {
        if (!commitment_locked(c, now) || tightening_graced(tightened_usec, now))
                return now;
        return MIN(now + cool_down_usec, c->ends_usec);
}

uint64_t commitment_extended(const Commitment *c, unsigned days, uint64_t now) {
        return MAX(c->ends_usec, now) + days * USEC_PER_DAY;
}
