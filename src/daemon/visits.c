/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Turns what sensors saw into entries of the ledger. It reads no browser and shows nothing. */

#include "daemon/visits.h"

#include "common/buffer.h"
#include "common/time.h"
#include "core/utf8.h"
#include "daemon/records.h"

#include <errno.h>

enum {
        /* bytes of a URL or key as it is written down: both fit into a payload with room, also when
         * each of them takes two in JSON */
        WRITTEN_MAX = STORE_DATA_MAX / 8,
};

/* A history may hold any bytes, and an entry that cannot be written would be read again for
 * ever. What is no visible UTF-8 is percent-encoded, and what is too long is cut. */
static char *written_form(const char *text) {
        _cleanup_(buffer_done) Buffer b = {0};
        size_t len = strlen(text);

        for (size_t i = 0; i < len;) {
                int32_t c;
                size_t n = utf8_next(text + i, len - i, &c);
                bool plain = utf8_visible(c);
                size_t step = plain ? n : 1;

                if (b.len + MAX(step, strlen("%00")) > WRITTEN_MAX)
                        break;
                if (plain)
                        (void)buffer_add(&b, text + i, step);
                else
                        (void)buffer_printf(&b, "%%%02X", (unsigned char)text[i]);
                i += step;
        }
        return buffer_take(&b);
}

static Evidence evidence_of(const Source *source, const SeenVisit *visit) {
        return visit->stopped ? EVIDENCE_STOPPED : source->evidence;
}

/* Is it a visit of its own beside others of its source's? A history row of a page of theirs is,
 * unless a redirect led there; of a platform, or a search, one visit brings several rows. Every
 * other sensor may report one visit more than once. */
static bool stands_alone(const Source *source, const SeenVisit *visit, const Verdict *v) {
        return v->theirs && source->evidence == EVIDENCE_SHOWN && !visit->redirected;
}

static uint64_t time_between(uint64_t a, uint64_t b) {
        return MAX(a, b) - MIN(a, b);
}

/* What a history tells so long after the visit was brought over from another browser, or nobody was
 * there to write it down: where it stands says nothing of where the page was opened. */
static bool is_brought_over(const Source *source, const SeenVisit *visit, uint64_t now) {
        return source->evidence == EVIDENCE_SHOWN && now > visit->at_usec + USEC_PER_HOUR;
}

/* Another sensor stopped what this row of a history tells, or what came soon after it: a later row
 * may be that. */
static bool was_stopped_after_all(const StoreEntry *entry) {
        return entry->event.kind == EVENT_SLIP && entry->grade == GRADE_ATTEMPT;
}

/* Has this visit been recorded? Of a history the very same moment is the same visit in whatever
 * browser (one that takes over another's history, or its own old one, brings rows a second time),
 * else it is what other sensors saw, see stands_alone(). A source without a browser of its own (a
 * policy, a socket) cannot tell where it was and agrees with every one. What is stopped again and
 * again begins a new entry before the window of the last one ends, so that no row of it in a
 * history is ever further than the window from an entry. Returns 1 and the entry, 0, or a negative
 * errno. */
static int find_twin(Ledger *l, uint64_t now, const Source *source, const SeenVisit *visit,
        const Verdict *v, const char *key, const char *person, StoreEntry *ret) {
        const char *not_from = stands_alone(source, visit, v) ? source->name : "";
        bool anywhere = streq(source->channel, source->name) || is_brought_over(source, visit, now);
        const char *channel = anywhere ? NULL : source->channel;
        StoreEntry twin = {0};
        bool same = true;
        int r = 0;

        if (source->evidence == EVIDENCE_SHOWN)
                r = store_find_twin(ledger_store(l), person, key, "", NULL, visit->at_usec, 0, ret);
        if (r != 0)
                return r;
        r = store_find_twin(ledger_store(l), person, key, not_from, channel, visit->at_usec,
                JUDGE_TWIN_WINDOW_USEC, &twin);
        if (r == 0 && not_from[0] != '\0') {
                r = store_find_twin(ledger_store(l), person, key, "", channel, visit->at_usec,
                        JUDGE_TWIN_WINDOW_USEC, &twin);
                same = r > 0 && was_stopped_after_all(&twin);
        } else if (r > 0 && source->evidence == EVIDENCE_STOPPED &&
                   twin.event.kind == EVENT_ATTEMPT)
                same = time_between(twin.event.at_usec, visit->at_usec) <= JUDGE_REPEAT_USEC;
        if (r <= 0)
                return r;
        if (!same) {
                event_done(&twin.event);
                return 0;
        }
        *ret = twin;
        return 1;
}

/* Is it going to be recorded with this batch? Rows of one reading: see find_twin(). */
static bool in_batch(
        const Batch *b, const char *key, const char *person, uint64_t at_usec, uint64_t window) {
        for (size_t i = 0; i < b->n; i++) {
                const Event *ev = &b->events[i];

                if (ev->kind != EVENT_CORRECTED && streq(ev->person, person) &&
                        streq(event_string(ev, "key"), key) &&
                        time_between(ev->at_usec, at_usec) <= window)
                        return true;
        }
        return false;
}

/* The grade that the batch gives to an entry, or -1. */
static int corrected_in_batch(const Batch *b, const StoreEntry *entry) {
        for (size_t i = b->n; i-- > 0;)
                if (b->events[i].kind == EVENT_CORRECTED &&
                        streq(event_string(&b->events[i], "of"), entry->event.uid))
                        return grade_from_name(event_string(&b->events[i], "to"));
        return -1;
}

/* The visit is recorded already as `twin`: does the new evidence change its grade? */
static int merge_visit(
        Batch *b, uint64_t now, Evidence evidence, const StoreEntry *twin, Grade *ret) {
        /* what the user corrected stays as they said */
        Grade grade = twin->corrected ? twin->grade : judge_merge(twin->grade, evidence);
        int corrected = corrected_in_batch(b, twin);

        *ret = corrected < 0 ? grade : (Grade)corrected;
        if (corrected >= 0)
                return 0;
        if (grade == twin->grade)
                return 0;
        return records_add_correction(b, now, twin, grade, "stopped before it was shown");
}

static int add_visit(Batch *b, const Source *source, const Verdict *v, const char *key,
        const char *person, const SeenVisit *visit) {
        _cleanup_free_ char *target = written_form(visit->url);

        if (!target)
                return -ENOMEM;
        return batch_add(b, (EventKind)event_kind_for_grade(v->grade), person, visit->at_usec,
                json_pack("{s:s, s:s, s:s, s:s, s:s}", "channel", source->channel, "source",
                        source->name, "target", target, "key", key, "via", v->via));
}

/* Whom the verdict concerns has visited it: is that known, or new? */
static int take_visit(Ledger *l, Batch *b, uint64_t now, const Source *source,
        const SeenVisit *visit, const Verdict *v, Grade *ret) {
        const char *person = ledger_state(l)->people[v->person].id;
        _cleanup_free_ char *key = written_form(v->key);
        StoreEntry twin = {0};
        int r;

        if (!key)
                return -ENOMEM;
        if (in_batch(b, key, person, visit->at_usec,
                    stands_alone(source, visit, v) ? 0 : JUDGE_TWIN_WINDOW_USEC)) {
                *ret = v->grade;
                return 0;
        }
        r = find_twin(l, now, source, visit, v, key, person, &twin);
        if (r < 0)
                return r;
        if (r == 0) {
                *ret = v->grade;
                return add_visit(b, source, v, key, person, visit);
        }
        r = merge_visit(b, now, evidence_of(source, visit), &twin, ret);
        event_done(&twin.event);
        return r;
}

static int judge_visit(Ledger *l, Batch *b, uint64_t now, const Source *source,
        const SeenVisit *visit, Grade *ret) {
        Verdict v = {0};
        int r;

        *ret = GRADE_NONE;
        r = judge_url(ledger_rules(l), visit->url, visit->at_usec, evidence_of(source, visit), &v);
        if (r <= 0)
                return r;
        /* a page of others may hold a widget of the platform */
        if (visit->part && !v.theirs) {
                verdict_done(&v);
                return 0;
        }
        r = take_visit(l, b, now, source, visit, &v, ret);
        verdict_done(&v);
        return r;
}

int visits_record(Ledger *l, uint64_t now, const Source *source, const SeenVisit *visits, size_t n,
        const char *cursor_profile, const Cursor *cursor, Grade *ret_grade) {
        _cleanup_(batch_done) Batch b = {0};
        Grade grade = GRADE_NONE;
        int r;

        for (size_t i = 0; i < n; i++) {
                /* a time to come is that of a wrong clock, and would keep the streak at 0 until
                 * then */
                SeenVisit visit = visits[i];

                visit.at_usec = MIN(visit.at_usec, now);
                r = judge_visit(l, &b, now, source, &visit, &grade);
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
