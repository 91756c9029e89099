/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The state as JSON and back. Only the store keeps it; nobody else reads this form, so its field
 * names may change with a rebuild. */

#include "core/state.h"

#include "common/array.h"

#include <errno.h>
#include <limits.h>

/* Appends to an array and gives up the reference, NULL included. */
static int array_push(json_t *array, json_t *item) {
        return json_array_append_new(array, item) < 0 ? -ENOMEM : 0;
}

static json_t *identity_to_json(const Identity *id) {
        return json_pack("{s:s, s:s, s:I}", "kind", identity_kind_name(id->kind), "value",
                id->value, "added", (json_int_t)id->added_usec);
}

static int person_lists_to_json(
        const Person *p, json_t *identities, json_t *breaks, json_t *counts) {
        for (size_t i = 0; i < p->n_identities; i++)
                if (array_push(identities, identity_to_json(&p->identities[i])) < 0)
                        return -ENOMEM;
        for (size_t i = 0; i < p->n_breaks; i++)
                if (array_push(
                            breaks, json_pack("{s:I, s:s}", "at", (json_int_t)p->breaks[i].at_usec,
                                            "uid", p->breaks[i].uid)) < 0)
                        return -ENOMEM;
        for (size_t i = 0; i < _GRADE_MAX; i++)
                if (array_push(counts, json_integer((json_int_t)p->counts[i])) < 0)
                        return -ENOMEM;
        return 0;
}

static json_t *limited_to_json(const Person *p) {
        char hours[HOURS_TEXT_SPACE], before[HOURS_TEXT_SPACE];

        return json_pack("{s:s, s:s, s:I, s:I}", "hours", hours_write(&p->hours, hours), "before",
                hours_write(&p->hours_before, before), "narrowed",
                (json_int_t)p->hours_narrowed_usec, "undigested", (json_int_t)p->undigested);
}

static json_t *person_to_json(const Person *p) {
        json_t *identities = json_array(), *breaks = json_array(), *counts = json_array();

        if (!identities || !breaks || !counts ||
                person_lists_to_json(p, identities, breaks, counts) < 0) {
                json_decref(identities);
                json_decref(breaks);
                json_decref(counts);
                return NULL;
        }
        return json_pack(
                "{s:s, s:s, s:s, s:I, s:o, s:I, s:I, s:I, s:I, s:I, s:o, s:I, s:I, s:o, s:o}", "id",
                p->id, "name", p->name, "mode", mode_name(p->mode), "added",
                (json_int_t)p->added_usec, "identities", identities, "began",
                (json_int_t)p->commitment.began_usec, "ends", (json_int_t)p->commitment.ends_usec,
                "ended", (json_int_t)p->commitment.ended_usec, "extended",
                (json_int_t)p->commitment.extended_usec, "ends_before",
                (json_int_t)p->commitment.ends_before_usec, "breaks", breaks, "longest_before",
                (json_int_t)p->longest_before_usec, "milestone", (json_int_t)p->milestone, "counts",
                counts, "limited", limited_to_json(p));
}

static json_t *pending_to_json(const Pending *c) {
        char hours[HOURS_TEXT_SPACE];
        json_t *o = json_pack("{s:I, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:s}", "seq",
                (json_int_t)c->seq, "uid", c->uid, "person", c->person, "change",
                change_name(c->change), "asked", (json_int_t)c->asked_usec, "due",
                (json_int_t)c->due_usec, "full", (json_int_t)c->full_usec, "cool_down",
                (json_int_t)c->cool_down_usec, "hours", hours_write(&c->hours, hours));

        if (o && c->identity.value &&
                json_object_set_new(o, "identity", identity_to_json(&c->identity)) < 0) {
                json_decref(o);
                return NULL;
        }
        return o;
}

static json_t *support_to_json(const SupportItem *item) {
        return json_pack("{s:I, s:s, s:s, s:s}", "seq", (json_int_t)item->seq, "uid", item->uid,
                "kind", support_kind_name(item->kind), "text", item->text);
}

static json_t *exception_to_json(const Exception *e) {
        return json_pack("{s:I, s:s, s:I, s:I}", "seq", (json_int_t)e->seq, "target", e->target,
                "from", (json_int_t)e->from_usec, "until", (json_int_t)e->until_usec);
}

static json_t *regime_to_json(const State *s) {
        return json_pack("{s:I, s:I, s:I, s:s, s:I, s:I, s:I}", "cool_down",
                (json_int_t)s->cool_down_usec, "before", (json_int_t)s->cool_down_before_usec,
                "raised", (json_int_t)s->cool_down_raised_usec, "key",
                s->key_hash ? s->key_hash : "", "key_set", (json_int_t)s->key_set_usec,
                "quota_full", (json_int_t)s->quota_full_usec, "policies",
                (json_int_t)s->policies_usec);
}

static json_t *pass_to_json(const Pass *pass) {
        return json_pack("{s:I, s:s, s:s, s:o}", "seq", (json_int_t)pass->seq, "uid", pass->uid,
                "kind", pass_kind_name(pass->kind), "identity", identity_to_json(&pass->identity));
}

/* The lists of a state, in the order in which they stand in its form. */
enum {
        LIST_PEOPLE,
        LIST_PENDING,
        LIST_SUPPORT,
        LIST_EXCEPTIONS,
        LIST_PASSES,
        LISTS,
};

static int lists_to_json(const State *s, json_t *const lists[static LISTS]) {
        int r = 0;

        for (size_t i = 0; i < s->n_people && r == 0; i++)
                r = array_push(lists[LIST_PEOPLE], person_to_json(&s->people[i]));
        for (size_t i = 0; i < s->n_pending && r == 0; i++)
                r = array_push(lists[LIST_PENDING], pending_to_json(&s->pending[i]));
        for (size_t i = 0; i < s->n_support && r == 0; i++)
                r = array_push(lists[LIST_SUPPORT], support_to_json(&s->support[i]));
        for (size_t i = 0; i < s->n_exceptions && r == 0; i++)
                r = array_push(lists[LIST_EXCEPTIONS], exception_to_json(&s->exceptions[i]));
        for (size_t i = 0; i < s->n_passes && r == 0; i++)
                r = array_push(lists[LIST_PASSES], pass_to_json(&s->passes[i]));
        return r;
}

int state_to_json(const State *s, json_t **ret) {
        json_t *lists[LISTS] = {0}, *o = NULL;
        bool whole = true;

        for (size_t i = 0; i < LISTS; i++) {
                lists[i] = json_array();
                whole = whole && lists[i];
        }
        if (whole && lists_to_json(s, lists) == 0)
                o = json_pack("{s:I, s:O, s:O, s:O, s:O, s:O, s:o}", "seq", (json_int_t)s->seq,
                        "people", lists[LIST_PEOPLE], "pending", lists[LIST_PENDING], "support",
                        lists[LIST_SUPPORT], "exceptions", lists[LIST_EXCEPTIONS], "passes",
                        lists[LIST_PASSES], "regime", regime_to_json(s));
        for (size_t i = 0; i < LISTS; i++)
                json_decref(lists[i]);
        if (!o)
                return -ENOMEM;
        *ret = o;
        return 0;
}

/* --- and back -------------------------------------------------------------------------------- */

static int identity_from_json(json_t *o, Identity *ret) {
        const char *kind, *value;
        json_int_t added;
        int k;

        if (json_unpack(o, "{s:s, s:s, s:I}", "kind", &kind, "value", &value, "added", &added) <
                        0 ||
                added < 0)
                return -EBADMSG;
        k = identity_kind_from_name(kind);
        if (k < 0)
                return -EBADMSG;
        ret->value = strdup(value);
        if (!ret->value)
                return -ENOMEM;
        ret->kind = (IdentityKind)k;
        ret->added_usec = (uint64_t)added;
        return 0;
}

static int person_identities_from_json(Person *p, json_t *array) {
        size_t i;
        json_t *o;

        if (ARRAY_RESERVE(p->identities, p->identities_space, json_array_size(array)) < 0)
                return -ENOMEM;
        json_array_foreach (array, i, o) {
                int r = identity_from_json(o, &p->identities[p->n_identities]);

                if (r < 0)
                        return r;
                p->n_identities++;
        }
        return 0;
}

static int person_breaks_from_json(Person *p, json_t *array) {
        json_int_t before = 0; /* they ascend */
        size_t i;
        json_t *o;

        if (ARRAY_RESERVE(p->breaks, p->breaks_space, json_array_size(array)) < 0)
                return -ENOMEM;
        json_array_foreach (array, i, o) {
                const char *uid;
                json_int_t at;

                if (json_unpack(o, "{s:I, s:s}", "at", &at, "uid", &uid) < 0 || at < before)
                        return -EBADMSG;
                p->breaks[p->n_breaks].at_usec = (uint64_t)at;
                if (uid_copy(p->breaks[p->n_breaks].uid, uid) < 0)
                        return -EBADMSG;
                p->n_breaks++;
                before = at;
        }
        return 0;
}

static int person_counts_from_json(Person *p, json_t *array) {
        if (json_array_size(array) != _GRADE_MAX)
                return -EBADMSG;
        for (size_t i = 0; i < _GRADE_MAX; i++) {
                json_t *count = json_array_get(array, i);
                json_int_t n = json_integer_value(count);

                if (!json_is_integer(count) || n < 0 || n > UINT_MAX)
                        return -EBADMSG;
                p->counts[i] = (unsigned)n;
        }
        return 0;
}

static int commitment_from_json(json_t *o, Commitment *c) {
        json_int_t began, ends, ended, extended, before;

        if (json_unpack(o, "{s:I, s:I, s:I, s:I, s:I}", "began", &began, "ends", &ends, "ended",
                    &ended, "extended", &extended, "ends_before", &before) < 0)
                return -EBADMSG;
        /* negative when any of them is */
        if ((began | ends | ended | extended | before) < 0)
                return -EBADMSG;
        *c = (Commitment){
                .began_usec = (uint64_t)began,
                .ends_usec = (uint64_t)ends,
                .ended_usec = (uint64_t)ended,
                .extended_usec = (uint64_t)extended,
                .ends_before_usec = (uint64_t)before,
        };
        return 0;
}

static int limited_from_json(json_t *o, Person *p) {
        const char *hours, *before;
        json_int_t narrowed, undigested;

        if (json_unpack(o, "{s:s, s:s, s:I, s:I}", "hours", &hours, "before", &before, "narrowed",
                    &narrowed, "undigested", &undigested) < 0)
                return -EBADMSG;
        if ((narrowed | undigested) < 0 || undigested > UINT_MAX ||
                hours_parse(hours, &p->hours, NULL) < 0 ||
                hours_parse(before, &p->hours_before, NULL) < 0)
                return -EBADMSG;
        p->hours_narrowed_usec = (uint64_t)narrowed;
        p->undigested = (unsigned)undigested;
        return 0;
}

/* Fills a person whose memory is already the state's, so that a failure half-way leaks nothing. */
static int person_from_json(json_t *o, Person *p) {
        const char *id, *name, *mode;
        json_t *identities, *breaks, *counts, *limited;
        json_int_t added, longest, milestone;
        int m, r;

        if (json_unpack(o, "{s:s, s:s, s:s, s:I, s:o, s:o, s:I, s:I, s:o, s:o}", "id", &id, "name",
                    &name, "mode", &mode, "added", &added, "identities", &identities, "breaks",
                    &breaks, "longest_before", &longest, "milestone", &milestone, "counts", &counts,
                    "limited", &limited) < 0)
                return -EBADMSG;
        m = mode_from_name(mode);
        if (m < 0 || uid_copy(p->id, id) < 0 || !json_is_array(identities) ||
                !json_is_array(breaks))
                return -EBADMSG;
        if ((added | longest | milestone) < 0 || milestone > UINT_MAX)
                return -EBADMSG;
        r = commitment_from_json(o, &p->commitment);
        if (r == 0)
                r = limited_from_json(limited, p);
        if (r < 0)
                return r;

        p->name = strdup(name);
        if (!p->name)
                return -ENOMEM;
        p->mode = (Mode)m;
        p->added_usec = (uint64_t)added;
        p->longest_before_usec = (uint64_t)longest;
        p->milestone = (unsigned)milestone;

        r = person_counts_from_json(p, counts);
        if (r < 0)
                return r;
        r = person_identities_from_json(p, identities);
        if (r < 0)
                return r;
        return person_breaks_from_json(p, breaks);
}

static int pending_from_json(json_t *o, Pending *c) {
        const char *uid, *person, *change, *hours;
        json_int_t seq, asked, due, full, cool_down;
        json_t *identity = NULL;
        int k, r;

        if (json_unpack(o, "{s:I, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:s, s?o}", "seq", &seq, "uid",
                    &uid, "person", &person, "change", &change, "asked", &asked, "due", &due,
                    "full", &full, "cool_down", &cool_down, "hours", &hours, "identity",
                    &identity) < 0)
                return -EBADMSG;
        k = change_from_name(change);
        if (k < 0 || (seq | asked | due | full | cool_down) < 0 || uid_copy(c->uid, uid) < 0 ||
                uid_copy(c->person, person) < 0 || hours_parse(hours, &c->hours, NULL) < 0)
                return -EBADMSG;
        c->change = (Change)k;
        c->seq = (uint64_t)seq;
        c->asked_usec = (uint64_t)asked;
        c->due_usec = (uint64_t)due;
        c->full_usec = (uint64_t)full;
        c->cool_down_usec = (uint64_t)cool_down;
        if (c->change != CHANGE_REMOVE_IDENTITY && c->change != CHANGE_ADD_PASS)
                return 0;
        r = identity ? identity_from_json(identity, &c->identity) : -EBADMSG;
        if (r == 0 && c->change == CHANGE_ADD_PASS)
                r = pass_kind_of(c->identity.kind, &(PassKind){0}) < 0 ? -EBADMSG : 0;
        return r;
}

static int support_from_json(json_t *o, SupportItem *item) {
        const char *uid, *kind, *text;
        json_int_t seq;
        int k;

        if (json_unpack(o, "{s:I, s:s, s:s, s:s}", "seq", &seq, "uid", &uid, "kind", &kind, "text",
                    &text) < 0)
                return -EBADMSG;
        k = support_kind_from_name(kind);
        if (k < 0 || seq < 0 || uid_copy(item->uid, uid) < 0)
                return -EBADMSG;
        item->seq = (uint64_t)seq;
        item->kind = (SupportKind)k;
        item->text = strdup(text);
        return item->text ? 0 : -ENOMEM;
}

static int exception_from_json(json_t *o, Exception *e) {
        json_int_t seq, from, until;
        const char *target;

        if (json_unpack(o, "{s:I, s:s, s:I, s:I}", "seq", &seq, "target", &target, "from", &from,
                    "until", &until) < 0 ||
                (seq | from | until) < 0)
                return -EBADMSG;
        e->seq = (uint64_t)seq;
        e->from_usec = (uint64_t)from;
        e->until_usec = (uint64_t)until;
        e->target = strdup(target);
        return e->target ? 0 : -ENOMEM;
}

static int pass_from_json(json_t *o, Pass *pass) {
        const char *uid, *kind;
        json_t *identity;
        json_int_t seq;
        int k, r;

        if (json_unpack(o, "{s:I, s:s, s:s, s:o}", "seq", &seq, "uid", &uid, "kind", &kind,
                    "identity", &identity) < 0)
                return -EBADMSG;
        k = pass_kind_from_name(kind);
        if (k < 0 || seq < 0 || uid_copy(pass->uid, uid) < 0)
                return -EBADMSG;
        pass->seq = (uint64_t)seq;
        pass->kind = (PassKind)k;
        r = identity_from_json(identity, &pass->identity);
        if (r < 0)
                return r;
        return pass->identity.kind == pass_identity_kind(pass->kind) ? 0 : -EBADMSG;
}

static int regime_from_json(json_t *o, State *s) {
        json_int_t cool_down, before, raised, key_set, quota_full, policies;
        const char *key;

        if (json_unpack(o, "{s:I, s:I, s:I, s:s, s:I, s:I, s:I}", "cool_down", &cool_down, "before",
                    &before, "raised", &raised, "key", &key, "key_set", &key_set, "quota_full",
                    &quota_full, "policies", &policies) < 0)
                return -EBADMSG;
        if ((cool_down | before | raised | key_set | quota_full | policies) < 0)
                return -EBADMSG;
        s->cool_down_usec = (uint64_t)cool_down;
        s->cool_down_before_usec = (uint64_t)before;
        s->cool_down_raised_usec = (uint64_t)raised;
        s->key_set_usec = (uint64_t)key_set;
        s->quota_full_usec = (uint64_t)quota_full;
        s->policies_usec = (uint64_t)policies;
        if (key[0] == '\0')
                return 0;
        s->key_hash = strdup(key);
        return s->key_hash ? 0 : -ENOMEM;
}

/* Reads each element of `array` into the next zeroed place of a list; the count grows first, so
 * that state_free() ends a half-read one. */
#define LIST_FROM_JSON(array, items, n, space, read)                                               \
        ({                                                                                         \
                int _r = ARRAY_RESERVE(items, space, json_array_size(array));                      \
                size_t _i;                                                                         \
                json_t *_o;                                                                        \
                if (_r == 0)                                                                       \
                        json_array_foreach (array, _i, _o) {                                       \
                                memset(&(items)[n], 0, sizeof(*(items)));                          \
                                _r = read(_o, &(items)[(n)++]);                                    \
                                if (_r < 0)                                                        \
                                        break;                                                     \
                        }                                                                          \
                _r;                                                                                \
        })

int state_from_json(const json_t *object, State **ret) {
        _cleanup_(state_freep) State *s = NULL;
        json_t *people, *pending, *support, *exceptions, *passes, *regime;
        json_int_t seq;
        int r;

        /* json_unpack() only reads, but its prototype does not say so */
        if (json_unpack((json_t *)(uintptr_t)object, "{s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "seq",
                    &seq, "people", &people, "pending", &pending, "support", &support, "exceptions",
                    &exceptions, "passes", &passes, "regime", &regime) < 0)
                return -EBADMSG;
        if (seq < 0 || !json_is_array(people) || !json_is_array(pending) ||
                !json_is_array(support) || !json_is_array(exceptions) || !json_is_array(passes))
                return -EBADMSG;
        r = state_new(&s);
        if (r < 0)
                return r;
        s->seq = (uint64_t)seq;

        r = regime_from_json(regime, s);
        if (r == 0)
                r = LIST_FROM_JSON(
                        people, s->people, s->n_people, s->people_space, person_from_json);
        if (r == 0)
                r = LIST_FROM_JSON(
                        pending, s->pending, s->n_pending, s->pending_space, pending_from_json);
        if (r == 0)
                r = LIST_FROM_JSON(
                        support, s->support, s->n_support, s->support_space, support_from_json);
        if (r == 0)
                r = LIST_FROM_JSON(exceptions, s->exceptions, s->n_exceptions, s->exceptions_space,
                        exception_from_json);
        if (r == 0)
                r = LIST_FROM_JSON(passes, s->passes, s->n_passes, s->passes_space, pass_from_json);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(s);
        return 0;
}
