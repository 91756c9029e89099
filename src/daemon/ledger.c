/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Keeps store, state and rules in step. It does not decide what may be recorded; people.c,
 * records.c and visits.c do. */

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
};

/* --- batches --------------------------------------------------------------------------------- */

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
                (void)uid_copy(ev.person, person);
        b->events[b->n++] = ev;
        return 0;
}

/* --- reading the state ----------------------------------------------------------------------- */

static int fold_event(void *userdata, const Event *ev) {
        return state_apply(userdata, ev);
}

/* The saved state. Returns 1; 0 when there is none, or one that cannot be that of these events:
 * a restored copy, damage, or the form of another version. It can be made anew. */
static int read_saved(Store *store, State **ret) {
        _cleanup_(state_freep) State *s = NULL;
        _cleanup_free_ char *text = NULL;
        StoreEntry last = {0};
        json_t *object;
        uint64_t seq;
        int r;

        r = store_load_state(store, &text, &seq);
        if (r <= 0)
                return r;
        object = json_loads(text, 0, NULL);
        r = object ? state_from_json(object, &s) : -EBADMSG;
        json_decref(object);
        if (r == -EBADMSG)
                return 0;
        if (r < 0)
                return r;
        if (s->seq != seq)
                return 0;
        if (seq > 0) {
                r = store_get(store, seq, &last);
                event_done(&last.event);
                if (r < 0)
                        return r == -ENOENT ? 0 : r;
        }
        *ret = TAKE_PTR(s);
        return 1;
}

/* The saved state and what was recorded after it, which is nothing as long as both are one
 * transaction. */
static int load_state(Store *store, State **ret) {
        _cleanup_(state_freep) State *s = NULL;
        int r;

        r = read_saved(store, &s);
        if (r == 0)
                r = state_new(&s);
        if (r < 0)
                return r;
        r = store_replay(store, s->seq, fold_event, s);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(s);
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
        r = load_state(l->store, &l->state);
        if (r < 0)
                return r;
        r = rules_new(l->state, &l->rules);
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

/* --- recording ------------------------------------------------------------------------------- */

bool ledger_changes_rules(EventKind kind) {
        static const bool kinds[_EVENT_KIND_MAX] = {
                [EVENT_PERSON_ADDED] = true,
                [EVENT_PERSON_CHANGED] = true,
                [EVENT_PERSON_REMOVED] = true,
                [EVENT_IDENTITY_ADDED] = true,
                [EVENT_IDENTITY_REMOVED] = true,
                [EVENT_COMMITMENT_BEGUN] = true,
                [EVENT_COMMITMENT_ENDED] = true,
                [EVENT_PERSON_HOURS] = true,
                [EVENT_PASS_ADDED] = true,
                [EVENT_PASS_REMOVED] = true,
                [EVENT_OVERRIDE] = true,
                [EVENT_OVERRIDE_ENDED] = true,
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

/* Takes over what is on disk now; NULL leaves what there is. */
static void adopt(Ledger *l, State *state, Rules *rules) {
        if (state) {
                state_free(l->state);
                l->state = state;
        }
        if (rules) {
                rules_free(l->rules);
                l->rules = rules;
        }
}

/* Writes the events and the state that they give, which is a new one: until the commit has
 * succeeded the old one is the truth. Without events there is none. */
static int write_events(Ledger *l, Batch *b, uint64_t now_usec, State **ret) {
        _cleanup_(state_freep) State *state = NULL;
        int r;

        if (b->n == 0)
                return 0;
        r = state_copy(l->state, &state);
        for (size_t i = 0; i < b->n && r == 0; i++) {
                r = store_append(l->store, &b->events[i], now_usec);
                if (r == 0)
                        r = state_apply(state, &b->events[i]);
        }
        if (r == 0)
                r = save_state(l->store, state);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(state);
        return 0;
}

/* The rules for a new state, unless they are the same. */
static int renew_rules(const Batch *b, const State *state, Rules **ret) {
        for (size_t i = 0; i < b->n; i++)
                if (ledger_changes_rules(b->events[i].kind))
                        return rules_new(state, ret);
        return 0;
}

int ledger_record(Ledger *l, Batch *b, uint64_t now_usec) {
        _cleanup_(state_freep) State *state = NULL;
        _cleanup_(rules_freep) Rules *rules = NULL;
        int r;

        r = store_begin(l->store);
        if (r < 0)
                return r;
        r = write_events(l, b, now_usec, &state);
        if (r == 0 && b->cursor_profile)
                r = store_save_cursor(l->store, b->cursor_profile, &b->cursor);
        if (r == 0)
                r = renew_rules(b, state, &rules);
        if (r == 0)
                r = store_commit(l->store);
        if (r < 0) {
                store_rollback(l->store);
                return r;
        }

        adopt(l, TAKE_PTR(state), TAKE_PTR(rules));
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

/* --- rebuilding ------------------------------------------------------------------------------ */

typedef struct Fold {
        State *state;
        uint64_t events;
} Fold;

static int fold_counted(void *userdata, const Event *ev) {
        Fold *fold = userdata;

        fold->events++;
        return state_apply(fold->state, ev);
}

/* The saved state as it stands in the store: the one before the first event when there is none,
 * and an object without parts when it is no state. */
static int saved_object(Store *store, json_t **ret) {
        _cleanup_(state_freep) State *first = NULL;
        _cleanup_free_ char *text = NULL;
        uint64_t seq;
        int r;

        r = store_load_state(store, &text, &seq);
        if (r < 0)
                return r;
        if (r > 0) {
                *ret = json_loads(text, 0, NULL);
                if (!*ret)
                        *ret = json_object();
                return *ret ? 0 : -ENOMEM;
        }
        r = state_new(&first);
        return r < 0 ? r : state_to_json(first, ret);
}

/* Names the parts in which the saved state differs, and returns how many they are. */
static int compare_with_saved(Store *store, const State *state, char **ret) {
        _cleanup_(buffer_done) Buffer text = {0};
        json_t *saved = NULL, *rebuilt = NULL, *value;
        const char *part;
        int r, n = 0;

        r = saved_object(store, &saved);
        if (r == 0)
                r = state_to_json(state, &rebuilt);
        json_object_foreach (rebuilt, part, value) {
                const json_t *old = json_object_get(saved, part);

                if (old && json_equal(old, value))
                        continue;
                n++;
                (void)buffer_printf(&text, "%s%s", text.len > 0 ? ", " : "", part);
        }
        json_decref(saved);
        json_decref(rebuilt);
        if (r < 0)
                return r;
        *ret = buffer_take(&text);
        return *ret ? n : -ENOMEM;
}

int ledger_rebuild(Ledger *l, uint64_t *ret_events, char **ret_differences) {
        _cleanup_(state_freep) State *state = NULL;
        _cleanup_(rules_freep) Rules *rules = NULL;
        _cleanup_free_ char *differences = NULL;
        Fold fold = {0};
        int r, n;

        r = state_new(&state);
        if (r < 0)
                return r;
        fold.state = state;
        r = store_replay(l->store, 0, fold_counted, &fold);
        if (r < 0)
                return r;
        r = rules_new(state, &rules);
        if (r < 0)
                return r;
        n = compare_with_saved(l->store, state, &differences);
        if (n < 0)
                return n;

        r = store_begin(l->store);
        if (r == 0)
                r = save_state(l->store, state);
        if (r == 0)
                r = store_commit(l->store);
        if (r < 0) {
                store_rollback(l->store);
                return r;
        }
        adopt(l, TAKE_PTR(state), TAKE_PTR(rules));
        *ret_events = fold.events;
        *ret_differences = TAKE_PTR(differences);
        return n;
}
