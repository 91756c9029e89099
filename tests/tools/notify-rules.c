/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Prints the rules that the relay reads, for tests and benches without a daemon: one person, "Robin
 * Vale", who is also "Robin", with COUNT further identities that occur nowhere.
 *
 *   notify-rules [COUNT] */

#include "core/snapshot.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define ROBIN "0190000000007000800000000000000a"

/* Takes `data` over. Returns false when there is no memory or the state takes no such event. */
static bool tell(State *s, EventKind kind, json_t *data) {
        Event ev = {
                .seq = s->seq + 1, .kind = kind, .recorded_usec = 1, .at_usec = 1, .data = data};
        int r;

        (void)snprintf(ev.uid, sizeof(ev.uid), "019000000000700080000000%08llx",
                (unsigned long long)ev.seq);
        (void)snprintf(ev.person, sizeof(ev.person), "%s", ROBIN);
        r = data ? state_apply(s, &ev) : -1;
        event_done(&ev);
        return r >= 0;
}

static json_t *identity(const char *kind, const char *value) {
        return json_pack("{s:s, s:s}", "kind", kind, "value", value);
}

static bool tell_all(State *s, unsigned n) {
        bool ok = tell(s, EVENT_PERSON_ADDED,
                          json_pack("{s:s, s:s}", "name", "Robin Vale", "mode", "full")) &&
                  tell(s, EVENT_COMMITMENT_BEGUN,
                          json_pack("{s:i, s:I}", "days", 30, "ends", (json_int_t)1 << 52)) &&
                  tell(s, EVENT_IDENTITY_ADDED, identity("name", "Robin"));

        for (unsigned i = 0; ok && i < n; i++) {
                char name[64];

                (void)snprintf(name, sizeof(name), "Nobody%u Known%u", i, i * 7919U % 10007U);
                ok = tell(s, EVENT_IDENTITY_ADDED, identity("name", name));
        }
        return ok;
}

int main(int argc, char *argv[]) {
        _cleanup_free_ char *text = NULL;
        State *s;
        bool ok;

        if (state_new(&s) < 0)
                return 1;
        ok = tell_all(s, argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 0) &&
             snapshot_write(s, NULL, &text) >= 0;
        state_free(s);
        if (ok)
                (void)puts(text);
        return ok ? 0 : 1;
}
