/* SPDX-License-Identifier: GPL-3.0-or-later */

/* People, identities and commitments. It knows no bus; the faces call it. What a loosening waits
 * for is changes.c's. */

#include "daemon/people.h"

#include "common/time.h"
#include "common/uuid.h"
#include "daemon/changes.h"
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

/* Records that the promise now lasts until `ends`, and what that means for what waits. */
static int promise(
        Ledger *l, uint64_t now, const Person *p, EventKind kind, unsigned days, uint64_t ends) {
        _cleanup_(batch_done) Batch b = {0};
        int r;

        r = batch_add(&b, kind, p->id, now,
                json_pack("{s:i, s:I}", "days", (int)days, "ends", (json_int_t)ends));
        if (r == 0)
                r = changes_promised(&b, ledger_state(l), now, p, ends);
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

int people_undo_extend(Ledger *l, uint64_t now, const char *id, const char **ret_why) {
        _cleanup_(batch_done) Batch b = {0};
        const Commitment *c;
        Person *p;
        int r;

        r = find_promised(l, id, &p, ret_why);
        if (r < 0)
                return r;
        c = &p->commitment;
        if (c->extended_usec == 0)
                return refuse(-ENOENT, N_("There is no extension to take back."), ret_why);
        if (!tightening_graced(c->extended_usec, now))
                return refuse(-ETIME,
                        N_("An extension can be taken back within ten minutes; this one stands."),
                        ret_why);
        r = batch_add(&b, EVENT_COMMITMENT_UNDONE, p->id, now,
                json_pack("{s:I}", "ends", (json_int_t)c->ends_before_usec));
        if (r == 0)
                r = changes_unpromised(&b, ledger_state(l), now, p, c->ends_before_usec);
        return r < 0 ? r : ledger_record(l, &b, now);
}

int people_parse_identity(
        const char *kind, const char *value, Identity *ret, const char **ret_why) {
        int k = identity_kind_from_name(kind);

        if (k < 0)
                return refuse(-EINVAL,
                        N_("The kind is one of name, phone, email, handle, profile, domain, platform, app."),
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
                        return changes_cancel(l, now, waiting->seq, ret_why);
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

int people_remove_identity(Ledger *l, uint64_t now, const char *id, const char *kind,
        const char *value, bool key_given, uint64_t *ret_due, const char **ret_why) {
        Loosening ask = {.change = CHANGE_REMOVE_IDENTITY, .key_given = key_given};
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
        if (known) {
                ask.person = p;
                ask.identity = &identity;
                ask.tightened_usec = known->added_usec;
                r = changes_ask(l, now, &ask, ret_due, ret_why);
        } else {
                r = refuse(-ENOENT, N_("That is not known of this person."), ret_why);
        }
        identity_done(&identity);
        return r;
}

int people_request_end(Ledger *l, uint64_t now, const char *id, bool key_given, uint64_t *ret_due,
        const char **ret_why) {
        Loosening ask = {.change = CHANGE_END, .key_given = key_given};
        Person *p;
        int r;

        r = find_promised(l, id, &p, ret_why);
        if (r < 0)
                return r;
        ask.person = p;
        ask.tightened_usec = p->commitment.began_usec;
        return changes_ask(l, now, &ask, ret_due, ret_why);
}

int people_remove(Ledger *l, uint64_t now, const char *id, bool key_given, uint64_t *ret_due,
        const char **ret_why) {
        Loosening ask = {.change = CHANGE_REMOVE_PERSON, .key_given = key_given};
        Person *p;
        int r;

        r = find_person(l, id, &p, ret_why);
        if (r < 0)
                return r;
        ask.person = p;
        ask.tightened_usec = p->commitment.began_usec;
        return changes_ask(l, now, &ask, ret_due, ret_why);
}

/* --- either: the hours of limited contact ---------------------------------------------------- */

static int narrow_hours(Ledger *l, uint64_t now, const Person *p, const Hours *hours) {
        const Pending *waiting = state_pending_like(ledger_state(l), p->id, CHANGE_HOURS, NULL);
        char text[HOURS_TEXT_SPACE], before[HOURS_TEXT_SPACE];
        _cleanup_(batch_done) Batch b = {0};
        int r = 0;

        if (!streq(hours_write(hours, text), hours_write(&p->hours, before)))
                r = batch_add(
                        &b, EVENT_PERSON_HOURS, p->id, now, json_pack("{s:s}", "hours", text));
        if (r == 0 && waiting)
                r = batch_add(&b, EVENT_CHANGE_CANCELLED, p->id, now,
                        json_pack("{s:s}", "of", waiting->uid));
        return r < 0 || b.n == 0 ? r : ledger_record(l, &b, now);
}

int people_set_hours(Ledger *l, uint64_t now, const char *id, const char *text, bool key_given,
        uint64_t *ret_due, const char **ret_why) {
        Loosening ask = {
                .change = CHANGE_HOURS, .tightened_usec = UINT64_MAX, .key_given = key_given};
        Hours hours;
        Person *p;
        int r;

        r = find_person(l, id, &p, ret_why);
        if (r < 0)
                return r;
        if (p->mode != MODE_LIMITED)
                return refuse(
                        -EINVAL, N_("Hours are for limited contact; here there is none."), ret_why);
        r = hours_parse(text, &hours, ret_why);
        if (r < 0)
                return r;
        if (!hours_subset(&hours, &p->hours)) {
                if (hours_subset(&hours, &p->hours_before))
                        ask.tightened_usec = p->hours_narrowed_usec;
                ask.person = p;
                ask.hours = &hours;
                return changes_ask(l, now, &ask, ret_due, ret_why);
        }
        r = narrow_hours(l, now, p, &hours);
        if (r < 0)
                return r;
        *ret_due = 0;
        return 0;
}
