/* SPDX-License-Identifier: GPL-3.0-or-later */

/* People, identities, commitments and the changes that wait. It knows no bus; the faces call it,
 * and the manager carries out what is due. */

#include "daemon/people.h"

#include "common/buffer.h"
#include "common/time.h"
#include "common/uuid.h"
#include "daemon/refusal.h"
#include "nocontact/bus-names.h"

#include <errno.h>

static int find_person(const Ledger *l, const char *id, Person **ret, const char **ret_why) {
        *ret = state_person(ledger_state(l), id);
        return *ret ? 0 : refuse(-ENOENT, N_("There is no such person."), ret_why);
}

static int find_promised(const Ledger *l, const char *id, Person **ret, const char **ret_why) {
        int r = find_person(l, id, ret, ret_why);

        if (r < 0)
                return r;
        if (!commitment_stands(&(*ret)->commitment))
                return refuse(-ENOENT, N_("There is no commitment yet."), ret_why);
        return 0;
}

/* --- what changes are made of ---------------------------------------------------------------- */

static json_t *identity_data(const Identity *id) {
        return json_pack("{s:s, s:s}", "kind", identity_kind_name(id->kind), "value", id->value);
}

static json_t *pending_data(Change change, const Identity *id, uint64_t due) {
        json_t *data =
                json_pack("{s:s, s:I}", "change", change_name(change), "due", (json_int_t)due);

        if (!data || !id)
                return data;
        if (json_object_set_new(data, "kind", json_string(identity_kind_name(id->kind))) < 0 ||
                json_object_set_new(data, "value", json_string(id->value)) < 0) {
                json_decref(data);
                return NULL;
        }
        return data;
}

/* A change waits no longer: it is carried out or taken back. */
static int add_over(Batch *b, uint64_t now, EventKind how, const Pending *c) {
        return batch_add(b, how, c->person, now, json_pack("{s:s}", "of", c->uid));
}

/* --- tightening: at once --------------------------------------------------------------------- */

int people_add(Ledger *l, uint64_t now, const char *name, const char *mode, const char **ret_id,
        const char **ret_why) {
        const State *s = ledger_state(l);
        Identity display = {0};
        char id[UUID_SPACE];
        int r;

        if (strlen(name) > NC_LIMIT_NAME_LEN)
                return refuse(-EINVAL, N_("The name is too long: 200 bytes at most."), ret_why);
        if (mode_from_name(mode) < 0)
                return refuse(-EINVAL, N_("The mode is \"full\" or \"limited\"."), ret_why);
        if (s->n_people >= NC_LIMIT_PEOPLE)
                return refuse(
                        -EDQUOT, N_("There are 100 people already; that is the limit."), ret_why);
        r = identity_parse(IDENTITY_NAME, name, &display, ret_why);
        if (r < 0)
                return r;
        for (size_t i = 0; i < s->n_people; i++) {
                if (!streq(s->people[i].name, display.value))
                        continue;
                identity_done(&display);
                return refuse(-EEXIST, N_("There is a person of that name already."), ret_why);
        }

        r = uuid_v7(now, id);
        if (r == 0)
                r = ledger_record_one(l, EVENT_PERSON_ADDED, id, now,
                        json_pack("{s:s, s:s}", "name", display.value, "mode", mode), NULL);
        identity_done(&display);
        if (r < 0)
                return r;
        *ret_id = state_person(ledger_state(l), id)->id;
        return 0;
}

/* Records that the promise now lasts until `ends`. Who begins or extends one wants it to go on:
 * that takes back what waits to end it. An identity that was to go with the old end waits its
 * full time. */
static int promise(
        Ledger *l, uint64_t now, const Person *p, EventKind kind, unsigned days, uint64_t ends) {
        const State *s = ledger_state(l);
        _cleanup_(batch_done) Batch b = {0};
        int r;

        r = batch_add(&b, kind, p->id, now,
                json_pack("{s:i, s:I}", "days", (int)days, "ends", (json_int_t)ends));
        for (size_t i = 0; i < s->n_pending && r == 0; i++) {
                const Pending *c = &s->pending[i];
                uint64_t due = MIN(c->full_usec, ends);
                bool of_identity = c->change == CHANGE_REMOVE_IDENTITY;

                if (!streq(c->person, p->id) || (of_identity && due <= c->due_usec))
                        continue;
                r = add_over(&b, now, EVENT_CHANGE_CANCELLED, c);
                if (r == 0 && of_identity)
                        r = batch_add(&b, EVENT_CHANGE_PENDING, p->id, c->asked_usec,
                                pending_data(c->change, &c->identity, due));
        }
        return r < 0 ? r : ledger_record(l, &b, now);
}

static bool days_valid(unsigned days) {
        return days >= 1 && days <= NC_LIMIT_DAYS;
}

int people_begin(Ledger *l, uint64_t now, const char *id, unsigned days, const char **ret_why) {
        Person *p;
        int r;

        if (!days_valid(days))
                return refuse(-EINVAL, N_("A commitment lasts 1 to 3650 days."), ret_why);
        r = find_person(l, id, &p, ret_why);
        if (r < 0)
                return r;
        if (commitment_locked(&p->commitment, now))
                return refuse(-EEXIST, N_("A commitment is running; it can be extended."), ret_why);
        return promise(l, now, p, EVENT_COMMITMENT_BEGUN, days, now + days * USEC_PER_DAY);
}

int people_extend(Ledger *l, uint64_t now, const char *id, unsigned days, const char **ret_why) {
        uint64_t ends;
        Person *p;
        int r;

        if (!days_valid(days))
                return refuse(-EINVAL, N_("It can be extended by 1 to 3650 days."), ret_why);
        r = find_promised(l, id, &p, ret_why);
        if (r < 0)
                return r;
        ends = commitment_extended(&p->commitment, days, now);
        if (ends > now + NC_LIMIT_DAYS * USEC_PER_DAY)
                return refuse(-EDQUOT, N_("It would end more than 3650 days from now."), ret_why);
        return promise(l, now, p, EVENT_COMMITMENT_EXTENDED, days, ends);
}

int people_parse_identity(
        const char *kind, const char *value, Identity *ret, const char **ret_why) {
        int k = identity_kind_from_name(kind);

        if (k < 0)
                return refuse(-EINVAL,
                        N_("The kind is one of name, phone, email, handle, profile, domain, app."),
                        ret_why);
        return identity_parse((IdentityKind)k, value, ret, ret_why);
}

static int add_identity(
        Ledger *l, uint64_t now, const Person *p, const Identity *id, const char **ret_why) {
        const Pending *waiting;

        if (person_identity(p, id->kind, id->value)) {
                /* asked to go and now wanted again: that takes the change back */
                waiting = state_pending_like(ledger_state(l), p->id, CHANGE_REMOVE_IDENTITY, id);
                if (waiting)
                        return people_cancel(l, now, waiting->seq, ret_why);
                return refuse(-EEXIST, N_("That is known already."), ret_why);
        }
        if (p->n_identities >= NC_LIMIT_IDENTITIES)
                return refuse(
                        -EDQUOT, N_("There are 1000 entries already; that is the limit."), ret_why);
        return ledger_record_one(l, EVENT_IDENTITY_ADDED, p->id, now, identity_data(id), NULL);
}

int people_add_identity(Ledger *l, uint64_t now, const char *id, const char *kind,
        const char *value, const char **ret_why) {
        Identity identity = {0};
        Person *p;
        int r;

        r = find_person(l, id, &p, ret_why);
        if (r < 0)
                return r;
        r = people_parse_identity(kind, value, &identity, ret_why);
        if (r < 0)
                return r;
        r = add_identity(l, now, p, &identity, ret_why);
        identity_done(&identity);
        return r;
}

/* --- loosening: later ------------------------------------------------------------------------ */

/* The events by which a change happens. */
static int add_change(
        Batch *b, uint64_t now, const char *person, Change change, const Identity *id) {
        switch (change) {
        case CHANGE_REMOVE_IDENTITY:
                return batch_add(b, EVENT_IDENTITY_REMOVED, person, now, identity_data(id));
        case CHANGE_END:
                return batch_add(b, EVENT_COMMITMENT_ENDED, person, now,
                        json_pack("{s:s}", "reason", "requested"));
        case CHANGE_REMOVE_PERSON:
                return batch_add(b, EVENT_PERSON_REMOVED, person, now, json_object());
        case CHANGE_COOL_DOWN:
        case CHANGE_CLEAR_KEY:
        case _CHANGE_MAX: break;
        }
        return -EINVAL;
}

/* Does a change now, or writes down that it waits. `tightened` is when what it undoes was done. */
static int loosen(Ledger *l, uint64_t now, const Person *p, Change change, const Identity *id,
        uint64_t tightened, uint64_t *ret_due, const char **ret_why) {
        const Pending *waiting = state_pending_like(ledger_state(l), p->id, change, id);
        uint64_t due =
                commitment_due(&p->commitment, tightened, now, ledger_state(l)->cool_down_usec);
        _cleanup_(batch_done) Batch b = {0};
        int r = 0;

        if (due <= now) {
                /* or it would be done once more when it is due, whatever was added until then */
                if (waiting)
                        r = add_over(&b, now, EVENT_CHANGE_APPLIED, waiting);
                if (r == 0)
                        r = add_change(&b, now, p->id, change, id);
                due = 0;
        } else {
                if (waiting)
                        return refuse(-EEXIST, N_("That change is waiting already."), ret_why);
                if (ledger_state(l)->n_pending >= NC_LIMIT_PENDING)
                        return refuse(-EDQUOT, N_("Too many changes are waiting."), ret_why);
                r = batch_add(&b, EVENT_CHANGE_PENDING, p->id, now, pending_data(change, id, due));
        }
        if (r < 0)
                return r;
        r = ledger_record(l, &b, now);
        if (r < 0)
                return r;
        *ret_due = due;
        return 0;
}

int people_remove_identity(Ledger *l, uint64_t now, const char *id, const char *kind,
        const char *value, uint64_t *ret_due, const char **ret_why) {
        const Identity *known;
        Identity identity = {0};
        Person *p;
        int r;

        r = find_person(l, id, &p, ret_why);
        if (r < 0)
                return r;
        r = people_parse_identity(kind, value, &identity, ret_why);
        if (r < 0)
                return r;
        known = person_identity(p, identity.kind, identity.value);
        r = known ? loosen(l, now, p, CHANGE_REMOVE_IDENTITY, &identity, known->added_usec, ret_due,
                            ret_why)
                  : refuse(-ENOENT, N_("That is not known of this person."), ret_why);
        identity_done(&identity);
        return r;
}

int people_request_end(
        Ledger *l, uint64_t now, const char *id, uint64_t *ret_due, const char **ret_why) {
        Person *p;
        int r;

        r = find_promised(l, id, &p, ret_why);
        if (r < 0)
                return r;
        return loosen(l, now, p, CHANGE_END, NULL, p->commitment.began_usec, ret_due, ret_why);
}

int people_remove(
        Ledger *l, uint64_t now, const char *id, uint64_t *ret_due, const char **ret_why) {
        Person *p;
        int r;

        r = find_person(l, id, &p, ret_why);
        if (r < 0)
                return r;
        return loosen(
                l, now, p, CHANGE_REMOVE_PERSON, NULL, p->commitment.began_usec, ret_due, ret_why);
}

int people_cancel(Ledger *l, uint64_t now, uint64_t change, const char **ret_why) {
        const Pending *c = state_pending(ledger_state(l), change);

        if (!c)
                return refuse(-ENOENT, N_("No such change is waiting."), ret_why);
        return ledger_record_one(
                l, EVENT_CHANGE_CANCELLED, c->person, now, json_pack("{s:s}", "of", c->uid), NULL);
}

static const Pending *first_due(const State *s, uint64_t now) {
        for (size_t i = 0; i < s->n_pending; i++)
                if (s->pending[i].due_usec <= now)
                        return &s->pending[i];
        return NULL;
}

int people_apply_due(Ledger *l, uint64_t now) {
        const Pending *c;
        int n = 0;

        /* one by one: a change may take others with it, as the removal of a person does */
        while ((c = first_due(ledger_state(l), now))) {
                _cleanup_(batch_done) Batch b = {0};
                int r;

                r = add_over(&b, now, EVENT_CHANGE_APPLIED, c);
                if (r == 0)
                        r = add_change(&b, now, c->person, c->change, &c->identity);
                if (r == 0)
                        r = ledger_record(l, &b, now);
                if (r < 0)
                        return r;
                n++;
        }
        return n;
}

char *people_describe(const State *s, const Pending *c) {
        const Person *p = state_person(s, c->person);
        const char *name = p ? p->name : "";
        _cleanup_(buffer_done) Buffer text = {0};

        switch (c->change) {
        case CHANGE_REMOVE_IDENTITY:
                (void)buffer_printf(&text, N_("Remove %s %s of %s"),
                        identity_kind_name(c->identity.kind), c->identity.value, name);
                break;
        case CHANGE_END: (void)buffer_printf(&text, N_("End the commitment about %s"), name); break;
        case CHANGE_REMOVE_PERSON: (void)buffer_printf(&text, N_("Remove %s"), name); break;
        case CHANGE_COOL_DOWN:
        case CHANGE_CLEAR_KEY:
        case _CHANGE_MAX: break;
        }
        return buffer_take(&text);
}
