/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Turns what sensors saw into entries of the ledger. It reads no browser and shows nothing. */

#include "daemon/visits.h"

#include "common/time.h"
#include "daemon/records.h"

#include <errno.h>

/* Has another sensor recorded this visit? A history row is a visit of its own, so that of the history's
 * only others are twins; every other sensor may report one visit more than once. A source without a
 * browser of its own (a policy, a socket) cannot tell where it was and agrees with every one. Returns 1
 * and the entry, 0, or a negative errno. */
static int find_twin(Ledger *l, const Source *source, const Verdict *v, const char *person,
        uint64_t at_usec, StoreEntry *ret) {
        const char *not_from = source->evidence == EVIDENCE_SHOWN ? source->name : "";
        const char *channel = streq(source->channel, source->name) ? NULL : source->channel;

        return store_find_twin(ledger_store(l), person, v->key, not_from, channel, at_usec,
                JUDGE_TWIN_WINDOW_USEC, ret);
}

/* The visit is recorded already as `twin`: does the new evidence change its grade? */
static int merge_visit(
        Batch *b, uint64_t now, const Source *source, const StoreEntry *twin, Grade *ret) {
        /* what the user corrected stays as they said */
        Grade grade = twin->corrected ? twin->grade : judge_merge(twin->grade, source->evidence);

        *ret = grade;
        if (grade == twin->grade)
                return 0;
        return records_add_correction(b, now, twin, grade, "stopped before it was shown");
}

static int add_visit(Batch *b, const Source *source, const Verdict *v, const char *person,
        const SeenVisit *visit) {
        return batch_add(b, (EventKind)event_kind_for_grade(v->grade), person, visit->at_usec,
                json_pack("{s:s, s:s, s:s, s:s, s:s}", "channel", source->channel, "source",
                        source->name, "target", visit->url, "key", v->key, "via", v->via));
}

static int judge_visit(Ledger *l, Batch *b, uint64_t now, const Source *source,
        const SeenVisit *visit, Grade *ret) {
        StoreEntry twin = {0};
        const char *person;
        Verdict v = {0};
        int r;

        *ret = GRADE_NONE;
        r = judge_url(ledger_rules(l), visit->url, visit->at_usec, source->evidence, &v);
        if (r <= 0)
                return r;
        person = ledger_state(l)->people[v.person].id;
        r = find_twin(l, source, &v, person, visit->at_usec, &twin);
        if (r > 0) {
                r = merge_visit(b, now, source, &twin, ret);
                event_done(&twin.event);
        } else if (r == 0) {
                r = add_visit(b, source, &v, person, visit);
                *ret = v.grade;
        }
        verdict_done(&v);
        return r;
}

int visits_record(Ledger *l, uint64_t now, const Source *source, const SeenVisit *visits, size_t n,
        const char *cursor_profile, const Cursor *cursor, Grade *ret_grade) {
        _cleanup_(batch_done) Batch b = {0};
        Grade grade = GRADE_NONE;
        int r;

        for (size_t i = 0; i < n; i++) {
                r = judge_visit(l, &b, now, source, &visits[i], &grade);
                if (r < 0)
                        return r;
        }
        if (b.n > 0) {
                if (cursor_profile) {
                        b.cursor_profile = cursor_profile;
                        b.cursor = *cursor;
                }
                r = ledger_record(l, &b, now);
                if (r < 0)
                        return r;
        }
        if (ret_grade)
                *ret_grade = grade;
        return (int)b.n;
}
