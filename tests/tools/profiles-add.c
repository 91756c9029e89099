/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Writes many profiles into a ledger at once, for tests and benches to which it does not matter how
 * they came there: those from FIRST to LAST, each https://www.instagram.com/known.N/, of as many
 * people as that takes, each with a promise of 30 days. nocontactd must not run.
 *
 *   profiles-add FOLDER FIRST LAST */

#include "common/time.h"
#include "common/uuid.h"
#include "core/identity.h"
#include "daemon/ledger.h"
#include "nocontact/bus-names.h"

#include <stdio.h>
#include <time.h>

enum { DAYS = 30 };

static uint64_t now_usec(void) {
        struct timespec ts;

        (void)clock_gettime(CLOCK_REALTIME, &ts);
        return (uint64_t)ts.tv_sec * USEC_PER_SEC + (uint64_t)ts.tv_nsec / 1000;
}

static int add_person(Batch *b, uint64_t now, unsigned first, const char *person) {
        char name[32];
        int r;

        (void)snprintf(name, sizeof(name), "Known From%u", first);
        r = batch_add(b, EVENT_PERSON_ADDED, person, now,
                json_pack("{s:s, s:s}", "name", name, "mode", "full"));
        if (r < 0)
                return r;
        return batch_add(b, EVENT_COMMITMENT_BEGUN, person, now,
                json_pack("{s:i, s:I}", "days", DAYS, "ends",
                        (json_int_t)(now + DAYS * 24 * 3600 * USEC_PER_SEC)));
}

static int add_profile(Batch *b, uint64_t now, const char *person, unsigned n) {
        Identity id = {0};
        char url[64];
        int r;

        (void)snprintf(url, sizeof(url), "https://www.instagram.com/known.%u/", n);
        r = identity_parse(IDENTITY_PROFILE, url, &id, NULL);
        if (r < 0)
                return r;
        r = batch_add(b, EVENT_IDENTITY_ADDED, person, now,
                json_pack("{s:s, s:s}", "kind", identity_kind_name(id.kind), "value", id.value));
        identity_done(&id);
        return r;
}

/* One person and theirs are one batch. */
static int add_all(Ledger *l, unsigned first, unsigned last) {
        uint64_t now = now_usec();

        for (unsigned n = first; n <= last;) {
                unsigned next = MIN(n + NC_LIMIT_IDENTITIES, last + 1);
                _cleanup_(batch_done) Batch b = {0};
                char person[UUID_SPACE];
                int r;

                r = uuid_v7(now, person);
                if (r >= 0)
                        r = add_person(&b, now, n, person);
                for (; r >= 0 && n < next; n++)
                        r = add_profile(&b, now, person, n);
                if (r >= 0)
                        r = ledger_record(l, &b, now);
                if (r < 0)
                        return r;
        }
        return 0;
}

int main(int argc, char *argv[]) {
        Ledger *l;
        int r;

        if (argc != 4) {
                (void)fprintf(stderr, "profiles-add FOLDER FIRST LAST\n");
                return 2;
        }
        r = ledger_open(argv[1], &l);
        if (r >= 0) {
                r = add_all(l, (unsigned)strtoul(argv[2], NULL, 10),
                        (unsigned)strtoul(argv[3], NULL, 10));
                ledger_free(l);
        }
        if (r < 0)
                (void)fprintf(stderr, "profiles-add: %s\n", strerror(-r));
        return r < 0;
}
