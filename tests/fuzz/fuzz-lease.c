/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Any bytes as a lease's file. What is read is written the same to the byte, and no lease, whatever
 * its times are, leads the rules of holding out of their bounds. */

#include "enforcer/lease.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition) {
        if (!condition)
                abort();
}

static void check_same(const Lease *l, const char *data, size_t size) {
        _cleanup_(buffer_done) Buffer text = {0};

        require(lease_write(l, &text) == 0);
        require(text.len == size && memcmp(text.data, data, size) == 0);
}

/* Puts the right checksum to a text, so that more than the checksum is tried. */
static void add_sum(Buffer *text) {
        uint64_t h = 0xcbf29ce484222325ULL;

        for (size_t i = 0; i < text->len; i++)
                h = (h ^ (unsigned char)text->data[i]) * 0x100000001b3ULL;
        require(buffer_printf(text, "sum %016llx\n", (unsigned long long)h) == 0);
}

static void try_rules(Lease *l) {
        static const char *const names[] = {"a.org", "b.org"};
        Moment now = l->clock.seen;
        uint64_t until, clock = l->clock.usec;
        int r;

        for (unsigned i = 0; i < 4; i++) {
                now.boot_usec += USEC_PER_DAY / 2;
                now.wall_usec += USEC_PER_DAY * i;
                now.boot[0] = i == 2 ? 'x' : now.boot[0];
                (void)lease_tick(l, &now);
                require(l->clock.usec >= clock);
                clock = l->clock.usec;
                require(lease_next(l) > clock || lease_next(l) == UINT64_MAX);
                require(lease_stands(l) || !lease_locked(l) || l->generation == 0);
                r = lease_hold(l, names, i % 3, NULL, 0, lease_wall(l, clock) + USEC_PER_DAY);
                require(r >= 0 ? l->hosts.n == i % 3 : r == -1 || r == -22);
                (void)lease_request_release(l);
                (void)lease_except(l, names, 1, 5, &until);
        }
}

static void try_text(const char *data, size_t size) {
        Lease l = {.uid = 77};
        int r = lease_read(data, size, &l);

        require(r == 0 || (r == -74 && l.uid == 77 && !l.hosts.items));
        if (r < 0)
                return;
        check_same(&l, data, size);
        try_rules(&l);
        lease_done(&l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(buffer_done) Buffer text = {0};

        try_text((const char *)data, size);
        if (size == 0)
                return 0;
        require(buffer_add(&text, data, size) == 0);
        add_sum(&text);
        try_text(text.data, text.len);
        return 0;
}
