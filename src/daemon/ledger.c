/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Keeps store, state and rules in step. It does not decide what may be recorded; people.c, records.c and
 * visits.c do. */

#include "daemon/ledger.h"

#include "common/array.h"
#include "common/buffer.h"
#include "common/time.h"

#include <errno.h>

struct Ledger {
        Store *store;
        State *state;
        Rules *rules;
        ledger_recorded_func recorded;
        void *userdata;
        bool stale; /* state and rules are ahead of the disk and must be read again */
};

/* --- batches --------------------------------------------------------------------------------------- */

void batch_done(Batch *b) {
        for (size_t i = 0; i < b->n; i++)
                event_done(&b->events[i]);
        free(b->events);
        *b = (Batch){0};
}

int batch_add(Batch *b, EventKind kind, const char *person, uint64_t at_usec, json_t *data) {
        Event ev = {
                .kind = kind,
                .at_usec = at_usec,
                .zone_minutes = time_zone_minutes(at_usec),
                .data = data,
        };

        if (!data)
                return -ENOMEM;
        if (ARRAY_RESERVE(b->events, b->space, b->n + 1) < 0) {
                json_decref(data);
                return -ENOMEM;
        }
        if (person)
                memcpy(ev.person, person, strnlen(person, UID_SPACE - 1));
        b->events[b->n++] = ev;
        return 0;
}

/* --- reading the state ----------------------------------------------------------------------------- */

static int fold_event(void *userdata, const Event *ev) {
        return state_apply(userdata, ev);
}

/* The saved state and what was recorded after it, which is nothing as long as both are one transaction. */
static int load_state(Store *store, State **ret) {
        _cleanup_(state_freep) State *s = NULL;
        _cleanup_free_ char *text = NULL;
        json_t *object;
        uint64_t seq;
        int r;

        r = store_load_state(store, &text, &seq);
        if (r < 0)
                return r;
        if (r == 0) {
                r = state_new(&s);
        } else {
                object = json_loads(text, 0, NULL);
                r = object ? state_from_json(object, &s) : -EBADMSG;
                json_decref(object);
        }
        if (r < 0)
                return r;
        r = store_replay(store, s->seq, fold_event, s);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(s);
        return 0;
}

static int ledger_load(Ledger *l) {
        _cleanup_(state_freep) State *state = NULL;
        _cleanup_(rules_freep) Rules *rules = NULL;
        int r;

        r = load_state(l->store, &state);
        if (r < 0)
                return r;
        r = rules_new(state, &rules);
        if (r < 0)
                return r;

        state_free(l->state);
        rules_free(l->rules);
        l->state = TAKE_PTR(state);
        l->rules = TAKE_PTR(rules);
        l->stale = false;
        return 0;
}

int ledger_open(const char *dir, Ledger **ret) {
        _cleanup_(ledger_freep) Ledger *l = calloc(1, sizeof(*l));
        int r;

        if (!l)
                return -ENOMEM;
        r = store_open(dir, &l->store);
        if (r < 0)
                return r;
        r = ledger_load(l);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(l);
        return 0;
}

Ledger *ledger_free(Ledger *l) {
        if (!l)
                return NULL;
        rules_free(l->rules);
        state_free(l->state);
        store_free(l->store);
        free(l);
        return NULL;
}

void ledger_listen(Ledger *l, ledger_recorded_func func, void *userdata) {
        l->recorded = func;
        l->userdata = userdata;
}

const State *ledger_state(const Ledger *l) {
        return l->state;
}

const Rules *ledger_rules(const Ledger *l) {
        return l->rules;
}

Store *ledger_store(Ledger *l) {
        return l->store;
}

/* --- recording ------------------------------------------------------------------------------------- */

/* Does this kind of event change what the matchers look for? */
static bool changes_rules(EventKind kind) {
        static const bool kinds[_EVENT_KIND_MAX] = {
                [EVENT_PERSON_ADDED] = true,
                [EVENT_PERSON_CHANGED] = true,
                [EVENT_PERSON_REMOVED] = true,
                [EVENT_IDENTITY_ADDED] = true,
                [EVENT_IDENTITY_REMOVED] = true,
                [EVENT_COMMITMENT_BEGUN] = true,
                [EVENT_COMMITMENT_ENDED] = true,
        };

        return kinds[kind];
}

static int save_state(Store *store, const State *state) {
        _cleanup_free_ char *text = NULL;
        json_t *object;
        int r;

        r = state_to_json(state, &object);
        if (r < 0)
                return r;
        text = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
        json_decref(object);
        if (!text)
                return -ENOMEM;
        return store_save_state(store, text, state->seq);
}

/* Everything between begin and commit. */
static int write_batch(Ledger *l, Batch *b, uint64_t now_usec) {
        int r;

        for (size_t i = 0; i < b->n; i++) {
                r = store_append(l->store, &b->events[i], now_usec);
                if (r < 0)
                        return r;
                r = state_apply(l->state, &b->events[i]);
                if (r < 0)
                        return r;
        }
        if (b->n > 0) {
                r = save_state(l->store, l->state);
                if (r < 0)
                        return r;
        }
        if (b->cursor_profile)
                return store_save_cursor(l->store, b->cursor_profile, &b->cursor);
        return 0;
}

static int renew_rules(Ledger *l, const Batch *b) {
        _cleanup_(rules_freep) Rules *rules = NULL;
        bool stale = false;
        int r;

        for (size_t i = 0; i < b->n; i++)
                stale = stale || changes_rules(b->events[i].kind);
        if (!stale)
                return 0;
        r = rules_new(l->state, &rules);
        if (r < 0)
                return r;
        rules_free(l->rules);
        l->rules = TAKE_PTR(rules);
        return 0;
}

int ledger_record(Ledger *l, Batch *b, uint64_t now_usec) {
        int r;

        if (l->stale) {
                r = ledger_load(l);
                if (r < 0)
                        return r;
        }
        r = store_begin(l->store);
        if (r < 0)
                return r;
        r = write_batch(l, b, now_usec);
        if (r == 0)
                r = renew_rules(l, b);
        if (r == 0)
                r = store_commit(l->store);
        if (r < 0) {
                store_rollback(l->store);
                /* the state has run ahead of the disk, and what is on disk is the truth */
                l->stale = true;
                (void)ledger_load(l);
                return r;
        }

        if (l->recorded && b->n > 0)
                l->recorded(l->userdata, b->events, b->n);
        return 0;
}

int ledger_record_one(Ledger *l, EventKind kind, const char *person, uint64_t now_usec,
        json_t *data, uint64_t *ret_seq) {
        _cleanup_(batch_done) Batch b = {0};
        int r;

        r = batch_add(&b, kind, person, now_usec, data);
        if (r < 0)
                return r;
        r = ledger_record(l, &b, now_usec);
        if (r < 0)
                return r;
        if (ret_seq)
                *ret_seq = b.events[0].seq;
        return 0;
}

/* --- rebuilding ------------------------------------------------------------------------------------ */

/* Names the top-level parts that differ. */
static int compare_states(const json_t *saved, const json_t *rebuilt, Buffer *text) {
        const char *part;
        json_t *value;
        int n = 0;

        json_object_foreach ((json_t *)(uintptr_t)rebuilt, part, value) {
                json_t *old = json_object_get(saved, part);

                if (old && json_equal(old, value))
                        continue;
                n++;
                (void)buffer_printf(text, "%s%s", text->len > 0 ? ", " : "", part);
        }
        return text->error < 0 ? text->error : n;
}

int ledger_rebuild(Ledger *l, uint64_t *ret_events, char **ret_differences) {
        _cleanup_(state_freep) State *fresh = NULL;
        _cleanup_(buffer_done) Buffer text = {0};
        json_t *saved = NULL, *rebuilt = NULL;
        int r, n;

        r = state_new(&fresh);
        if (r < 0)
                return r;
        r = store_replay(l->store, 0, fold_event, fresh);
        if (r < 0)
                return r;

        r = state_to_json(l->state, &saved);
        if (r == 0)
                r = state_to_json(fresh, &rebuilt);
        n = r < 0 ? r : compare_states(saved, rebuilt, &text);
        json_decref(saved);
        json_decref(rebuilt);
        if (n < 0)
                return n;

        r = store_begin(l->store);
        if (r == 0)
                r = save_state(l->store, fresh);
        if (r == 0)
                r = store_commit(l->store);
        if (r < 0) {
                store_rollback(l->store);
                return r;
        }
        *ret_events = fresh->seq;
        *ret_differences = buffer_take(&text);
        r = ledger_load(l);
        return r < 0 ? r : n;
}
