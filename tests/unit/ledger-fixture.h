/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What the tests of the daemon's policy share: a real ledger in a folder of its own, what was true
 * before something was refused, and a disk that fails. */

#include "daemon/ledger.h"
#include "unit/full-disk.h"
#include "unit/state-fixture.h"
#include "unit/store-fixture.h"

typedef struct Desk {
        char *dir;
        Ledger *l;
} Desk;

static inline int desk_setup(void **state) {
        Desk *d = calloc(1, sizeof(*d));

        assert_non_null(d);
        d->dir = fixture_folder();
        assert_int_equal(ledger_open(d->dir, &d->l), 0);
        *state = d;
        return 0;
}

static inline int desk_teardown(void **state) {
        Desk *d = *state;

        ledger_free(d->l);
        fixture_remove(d->dir);
        free(d);
        return 0;
}

/* As after the daemon was stopped and started. */
static inline void desk_reopen(Desk *d) {
        d->l = ledger_free(d->l);
        assert_int_equal(ledger_open(d->dir, &d->l), 0);
}

static inline uint64_t desk_record(
        Desk *d, EventKind kind, const char *person, uint64_t now, json_t *data) {
        uint64_t seq = 0;

        assert_int_equal(ledger_record_one(d->l, kind, person, now, data, &seq), 0);
        return seq;
}

/* A person under a commitment of so many days, with events alone. */
static inline void desk_begin(
        Desk *d, const char *person, const char *name, const char *mode, uint64_t now, int days) {
        (void)desk_record(d, EVENT_PERSON_ADDED, person, now,
                json_pack("{s:s, s:s}", "name", name, "mode", mode));
        (void)desk_record(d, EVENT_COMMITMENT_BEGUN, person, now,
                json_pack("{s:i, s:I}", "days", days, "ends",
                        (json_int_t)(now + (unsigned)days * DAY)));
}

static inline int desk_fold_event(void *userdata, const Event *ev) {
        return state_apply(userdata, ev);
}

/* The state is what its events fold to, and so is the saved one. */
static inline void assert_desk_sound(Desk *d) {
        _cleanup_(state_freep) State *folded = NULL, *saved = NULL;
        _cleanup_free_ char *text = NULL;
        json_t *object;
        uint64_t seq;

        assert_int_equal(state_new(&folded), 0);
        assert_int_equal(store_replay(ledger_store(d->l), 0, desk_fold_event, folded), 0);
        assert_states_equal(ledger_state(d->l), folded);
        if (store_load_state(ledger_store(d->l), &text, &seq) == 0)
                return; /* nothing was ever recorded */
        object = json_loads(text, 0, NULL);
        assert_int_equal(state_from_json(object, &saved), 0);
        json_decref(object);
        assert_int_equal(seq, saved->seq);
        assert_states_equal(saved, folded);
}

/* Everything that a refusal or a failure may not change. */
typedef struct Snapshot {
        char *state;
        const Rules *rules;
        int64_t events;
} Snapshot;

static inline Snapshot desk_snapshot(const Desk *d) {
        return (Snapshot){
                .state = state_text(ledger_state(d->l)),
                .rules = ledger_rules(d->l),
                .events = fixture_number(d->dir, "SELECT count(*) FROM event"),
        };
}

static inline void assert_desk_unchanged(const Desk *d, Snapshot *before) {
        Snapshot now = desk_snapshot(d);

        assert_string_equal(now.state, before->state);
        assert_ptr_equal(now.rules, before->rules);
        assert_int_equal(now.events, before->events);
        free(now.state);
        free(before->state);
}
