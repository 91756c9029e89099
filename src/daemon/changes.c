/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Tighten now, loosen later: the "later". It knows neither what may be asked for (people.c and
 * regime.c do) nor the time; the manager carries out what is due. */

#include "daemon/changes.h"

#include "common/buffer.h"
#include "common/time.h"
#include "daemon/refusal.h"
#include "nocontact/bus-names.h"

#include <errno.h>

/* --- the kinds of changes -------------------------------------------------------------------- */

static json_t *identity_data(const Pending *c) {
        return json_pack("{s:s, s:s}", "kind", identity_kind_name(c->identity.kind), "value",
                c->identity.value);
}

static json_t *cool_down_data(const Pending *c) {
        return json_pack("{s:I}", "cool_down", (json_int_t)c->cool_down_usec);
}

static json_t *pass_data(const Pending *c) {
        PassKind kind = PASS_WORD;

        (void)pass_kind_of(c->identity.kind, &kind);
        return json_pack("{s:s, s:s}", "kind", pass_kind_name(kind), "value", c->identity.value);
}

static json_t *hours_data(const Pending *c) {
        char hours[HOURS_TEXT_SPACE];

        return json_pack("{s:s}", "hours", hours_write(&c->hours, hours));
}

static json_t *end_data(const Pending *c) {
        (void)c;
        return json_pack("{s:s}", "reason", "requested");
}

static json_t *no_data(const Pending *c) {
        (void)c;
        return json_object();
}

static int describe_identity(Buffer *text, const Pending *c, const char *name) {
        return buffer_printf(text, N_("Remove %s %s of %s"), identity_kind_name(c->identity.kind),
                c->identity.value, name);
}

static int describe_end(Buffer *text, const Pending *c, const char *name) {
        (void)c;
        return buffer_printf(text, N_("End the commitment about %s"), name);
}

static int describe_removal(Buffer *text, const Pending *c, const char *name) {
        (void)c;
        return buffer_printf(text, N_("Remove %s"), name);
}

static int describe_cool_down(Buffer *text, const Pending *c, const char *name) {
        unsigned minutes = (unsigned)(c->cool_down_usec / (60 * USEC_PER_SEC));

        (void)name;
        if (minutes % 60 > 0)
                return buffer_printf(text, N_("Shorten the cool-down to %u h %u min"), minutes / 60,
                        minutes % 60);
        return buffer_printf(text, N_("Shorten the cool-down to %u hours"), minutes / 60);
}

static int describe_key(Buffer *text, const Pending *c, const char *name) {
        (void)c, (void)name;
        return buffer_printf(text, N_("Take the friend's key away"));
}

static int describe_policies(Buffer *text, const Pending *c, const char *name) {
        (void)c, (void)name;
        return buffer_printf(text, N_("Turn the browsers' policies off"));
}

static int describe_pass(Buffer *text, const Pending *c, const char *name) {
        (void)name;
        if (c->identity.kind == IDENTITY_APP)
                return buffer_printf(text, N_("Let notifications from %s pass"), c->identity.value);
        return buffer_printf(
                text, N_("Let notifications with the word %s pass"), c->identity.value);
}

static int describe_hours(Buffer *text, const Pending *c, const char *name) {
        char hours[HOURS_TEXT_SPACE];

        if (c->hours.n == 0)
                return buffer_printf(text, N_("Let what comes from %s pass at any time"), name);
        return buffer_printf(
                text, N_("Let what comes from %s pass %s"), name, hours_write(&c->hours, hours));
}

static const struct {
        json_t *(*done)(const Pending *c); /* the payload of the event by which it happens */
        json_t *(*what)(const Pending *c); /* what names it while it waits */
        int (*describe)(Buffer *text, const Pending *c, const char *name);
        EventKind event;
        bool ends_promise; /* taken back by who promises more */
} kinds[_CHANGE_MAX] = {
        [CHANGE_REMOVE_IDENTITY] = {identity_data, identity_data, describe_identity,
                EVENT_IDENTITY_REMOVED, false},
        [CHANGE_END] = {end_data, no_data, describe_end, EVENT_COMMITMENT_ENDED, true},
        [CHANGE_REMOVE_PERSON] = {no_data, no_data, describe_removal, EVENT_PERSON_REMOVED, true},
        [CHANGE_COOL_DOWN] = {cool_down_data, cool_down_data, describe_cool_down,
                EVENT_REGIME_CHANGED, false},
        [CHANGE_CLEAR_KEY] = {no_data, no_data, describe_key, EVENT_KEY_CLEARED, false},
        [CHANGE_POLICIES_OFF] = {no_data, no_data, describe_policies, EVENT_POLICIES_OFF, false},
        [CHANGE_ADD_PASS] = {pass_data, identity_data, describe_pass, EVENT_PASS_ADDED, false},
        [CHANGE_HOURS] = {hours_data, hours_data, describe_hours, EVENT_PERSON_HOURS, false},
};

/* --- events ---------------------------------------------------------------------------------- */

static int add_done(Batch *b, uint64_t now, const Pending *c) {
        return batch_add(b, kinds[c->change].event, c->person, now, kinds[c->change].done(c));
}

/* A change waits no longer: it is carried out or taken back. */
static int add_over(Batch *b, uint64_t now, EventKind how, const Pending *c) {
        return batch_add(b, how, c->person, now, json_pack("{s:s}", "of", c->uid));
}

static int add_waiting(Batch *b, const Pending *c) {
        json_t *data = kinds[c->change].what(c);

        if (data &&
                json_object_update_new(data,
                        json_pack("{s:s, s:I, s:I}", "change", change_name(c->change), "due",
                                (json_int_t)c->due_usec, "full", (json_int_t)c->full_usec)) < 0) {
                json_decref(data);
                data = NULL;
        }
        return batch_add(b, EVENT_CHANGE_PENDING, c->person, c->asked_usec, data);
}

/* --- asking ---------------------------------------------------------------------------------- */

int changes_need_key(const State *s, bool key_given, const char **ret_why) {
        if (!s->key_hash || key_given)
                return 0;
        return refuse(
                -EACCES, N_("Your friend's key is wanted first: nocontact key unlock"), ret_why);
}

/* The change as it would wait; its identity is the asker's. */
static Pending wish(const State *s, uint64_t now, const Loosening *ask) {
        Commitment any = {.began_usec = 1, .ends_usec = state_locked_until(s, now)};
        const Commitment *promise = ask->person ? &ask->person->commitment : &any;
        Pending c = {
                .change = ask->change,
                .cool_down_usec = ask->cool_down_usec,
                .asked_usec = now,
                .due_usec = commitment_due(promise, ask->tightened_usec, now, s->cool_down_usec),
                .full_usec = now + s->cool_down_usec,
        };

        if (ask->person)
                (void)uid_copy(c.person, ask->person->id);
        if (ask->identity)
                c.identity = *ask->identity;
        if (ask->hours)
                c.hours = *ask->hours;
        return c;
}

/* Is what waits done with, when `c` is done now? Of two cool-downs the shorter one goes on waiting,
 * and so do hours that are wider. */
static bool fulfils(const Pending *c, const Pending *waiting) {
        return waiting->cool_down_usec >= c->cool_down_usec &&
               hours_subset(&waiting->hours, &c->hours);
}

/* The same that waits already would be done once more when it is due, whatever was added until
 * then. */
static int do_now(Batch *b, uint64_t now, const Pending *c, const Pending *waiting) {
        int r = 0;

        if (waiting && fulfils(c, waiting))
                r = add_over(b, now, EVENT_CHANGE_APPLIED, waiting);
        return r < 0 ? r : add_done(b, now, c);
}

static int do_later(Batch *b, const State *s, const Loosening *ask, const Pending *c,
        const Pending *waiting, const char **ret_why) {
        int r;

        if (waiting)
                return refuse(-EEXIST, N_("That change is waiting already."), ret_why);
        r = changes_need_key(s, ask->key_given, ret_why);
        if (r < 0)
                return r;
        if (s->n_pending >= NC_LIMIT_PENDING)
                return refuse(-EDQUOT, N_("Too many changes are waiting."), ret_why);
        return add_waiting(b, c);
}

int changes_ask(
        Ledger *l, uint64_t now, const Loosening *ask, uint64_t *ret_due, const char **ret_why) {
        const State *s = ledger_state(l);
        const Pending c = wish(s, now, ask);
        const Pending *waiting = state_pending_like(s, c.person, c.change, ask->identity);
        _cleanup_(batch_done) Batch b = {0};
        bool at_once = c.due_usec <= now;
        int r;

        r = at_once ? do_now(&b, now, &c, waiting) : do_later(&b, s, ask, &c, waiting, ret_why);
        if (r == 0)
                r = ledger_record(l, &b, now);
        if (r < 0)
                return r;
        *ret_due = at_once ? 0 : c.due_usec;
        return 0;
}

int changes_cancel(Ledger *l, uint64_t now, uint64_t change, const char **ret_why) {
        const Pending *c = state_pending(ledger_state(l), change);

        if (!c)
                return refuse(-ENOENT, N_("No such change is waiting."), ret_why);
        return ledger_record_one(
                l, EVENT_CHANGE_CANCELLED, c->person, now, json_pack("{s:s}", "of", c->uid), NULL);
}

/* --- when a promise changes ------------------------------------------------------------------ */

/* Puts the same change to another time. */
static int add_moved(Batch *b, uint64_t now, const Pending *c, uint64_t due) {
        Pending moved = *c;
        int r;

        if (due == c->due_usec)
                return 0;
        moved.due_usec = due;
        r = add_over(b, now, EVENT_CHANGE_CANCELLED, c);
        return r < 0 ? r : add_waiting(b, &moved);
}

/* When a change would be due by a promise of the person's until `ends`: its own person's, or for
 * the regime the last of all. 0 when it is no concern of that promise's. */
static uint64_t due_by(
        const State *s, uint64_t now, const Pending *c, const Person *p, uint64_t ends) {
        uint64_t last = ends;

        if (!change_is_personless(c->change))
                return streq(c->person, p->id) ? MIN(c->full_usec, ends) : 0;
        for (size_t i = 0; i < s->n_people; i++)
                if (&s->people[i] != p && commitment_locked(&s->people[i].commitment, now))
                        last = MAX(last, s->people[i].commitment.ends_usec);
        return MIN(c->full_usec, last);
}

int changes_promised(Batch *b, const State *s, uint64_t now, const Person *p, uint64_t ends) {
        int r = 0;

        for (size_t i = 0; i < s->n_pending && r == 0; i++) {
                const Pending *c = &s->pending[i];
                uint64_t due = due_by(s, now, c, p, ends);

                if (due > 0 && kinds[c->change].ends_promise)
                        r = add_over(b, now, EVENT_CHANGE_CANCELLED, c);
                else if (due > 0)
                        r = add_moved(b, now, c, MAX(due, c->due_usec));
        }
        return r;
}

int changes_unpromised(Batch *b, const State *s, uint64_t now, const Person *p, uint64_t ends) {
        int r = 0;

        for (size_t i = 0; i < s->n_pending && r == 0; i++) {
                const Pending *c = &s->pending[i];
                uint64_t due = due_by(s, now, c, p, ends);

                if (due > 0)
                        r = add_moved(b, now, c, MIN(due, c->due_usec));
        }
        return r;
}

/* --- what is due ----------------------------------------------------------------------------- */

static const Pending *first_due(const State *s, uint64_t now) {
        for (size_t i = 0; i < s->n_pending; i++)
                if (s->pending[i].due_usec <= now)
                        return &s->pending[i];
        return NULL;
}

int changes_apply_due(Ledger *l, uint64_t now) {
        const Pending *c;
        int n = 0;

        /* one by one: a change may take others with it, as the removal of a person does */
        while ((c = first_due(ledger_state(l), now))) {
                _cleanup_(batch_done) Batch b = {0};
                int r;

                r = add_over(&b, now, EVENT_CHANGE_APPLIED, c);
                if (r == 0)
                        r = add_done(&b, now, c);
                if (r == 0)
                        r = ledger_record(l, &b, now);
                if (r < 0)
                        return r;
                n++;
        }
        return n;
}

char *changes_describe(const State *s, const Pending *c) {
        const Person *p = state_person(s, c->person);
        _cleanup_(buffer_done) Buffer text = {0};

        (void)kinds[c->change].describe(&text, c, p ? p->name : "");
        return buffer_take(&text);
}
