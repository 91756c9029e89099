/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Makes a lease older, for tests that need days to have passed: it was begun so many seconds
 * earlier, and the machine has been off since.
 *
 *   lease-age DIR UID SECONDS */

#include "enforcer/lease-file.h"

#include <stdio.h>

static void back(uint64_t *usec, uint64_t by) {
        *usec -= MIN(*usec, by);
}

static void items_back(LeaseItems *list, uint64_t by) {
        for (size_t i = 0; i < list->n; i++) {
                back(&list->items[i].added_usec, by);
                back(&list->items[i].open_usec, by);
        }
}

static void lease_back(Lease *l, uint64_t by) {
        (void)snprintf(l->clock.seen.boot, sizeof(l->clock.seen.boot), "%032d", 0);
        l->clock.seen.boot_usec = 0;
        back(&l->clock.seen.wall_usec, by);
        back(&l->clock.usec, by);
        back(&l->ends_usec, by);
        back(&l->asked_usec, by);
        for (size_t i = 0; i < l->n_before; i++) {
                back(&l->before[i].ends_usec, by);
                back(&l->before[i].left_usec, by);
        }
        back(&l->renewed_usec, by);
        back(&l->release_usec, by);
        back(&l->except_full_usec, by);
        items_back(&l->hosts, by);
        items_back(&l->patterns, by);
}

int main(int argc, char **argv) {
        _cleanup_(lease_done) Lease l = {0};
        int r;

        if (argc != 4) {
                (void)fputs("Usage: lease-age DIR UID SECONDS\n", stderr);
                return 2;
        }
        r = lease_file_load(argv[1], (uid_t)strtoul(argv[2], NULL, 10), &l);
        if (r == 0) {
                lease_back(&l, strtoull(argv[3], NULL, 10) * USEC_PER_SEC);
                r = lease_file_save(argv[1], &l);
        }
        if (r < 0)
                (void)fprintf(stderr, "lease-age: %s\n", strerror(-r));
        return r < 0;
}
