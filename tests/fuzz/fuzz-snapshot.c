/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Any bytes as the rules that the relay reads. What is read compiles, judges, and is written the
 * same each time. */

#include "core/snapshot.h"

#include "core/judge.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition) {
        if (!condition)
                abort();
}

static void try_rules(const State *s) {
        static const Notice notice = {
                "Signal", "org.signal", "Alex Doe", "+1 555 010-9999 <b>x</b>"};
        _cleanup_(rules_freep) Rules *rules = NULL;
        Verdict v = {0};
        int r;

        require(rules_new(s, &rules) == 0);
        r = judge_notice(rules, &notice, UINT64_MAX, (LocalTime){UINT64_MAX, 0}, &v);
        require(r == 0 || (r == 1 && v.person < s->n_people));
        verdict_done(&v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_free_ char *text = NULL, *again = NULL;
        State *s = NULL, *other = NULL;
        int r;

        r = snapshot_read((const char *)data, size, &s);
        require(r == 0 || (r == -74 && !s));
        if (r < 0)
                return 0;
        try_rules(s);
        require(snapshot_write(s, NULL, &text) == 0);
        r = snapshot_read(text, strlen(text), &other);
        require(r == 0);
        require(snapshot_write(other, NULL, &again) == 0);
        require(streq(text, again));
        state_free(other);
        state_free(s);
        return 0;
}
