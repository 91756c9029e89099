/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What the user may do with the strictness itself. It does not say what a loosening is or when it
 * happens (changes.c), what an exception lets be (the judge and the enforcer), nor what time it is.
 */

#include "daemon/regime.h"

#include "common/time.h"
#include "core/quota.h"
#include "daemon/changes.h"
#include "daemon/key.h"
#include "daemon/refusal.h"
#include "nocontact/bus-names.h"

#include <errno.h>

/* --- the cool-down --------------------------------------------------------------------------- */

static int raise_cool_down(Ledger *l, uint64_t now, uint64_t usec) {
        const State *s = ledger_state(l);
        const Pending *waiting = state_pending_like(s, "", CHANGE_COOL_DOWN, NULL);
        _cleanup_(batch_done) Batch b = {0};
        int r = 0;

        if (usec > s->cool_down_usec)
                r = batch_add(&b, EVENT_REGIME_CHANGED, NULL, now,
                        json_pack("{s:I}", "cool_down", (json_int_t)usec));
        if (r == 0 && waiting)
                r = batch_add(&b, EVENT_CHANGE_CANCELLED, NULL, now,
                        json_pack("{s:s}", "of", waiting->uid));
        return r < 0 || b.n == 0 ? r : ledger_record(l, &b, now);
}

int regime_set_cool_down(Ledger *l, uint64_t now, uint64_t usec, bool key_given, uint64_t *ret_due,
        const char **ret_why) {
        const State *s = ledger_state(l);
        Loosening ask = {
                .change = CHANGE_COOL_DOWN,
                .cool_down_usec = usec,
                .tightened_usec = UINT64_MAX,
                .key_given = key_given,
        };
        int r;

        if (!cool_down_valid(usec))
                return refuse(-EINVAL, N_("A cool-down lasts 24 hours to 14 days."), ret_why);
        if (usec < s->cool_down_usec) {
                if (usec >= s->cool_down_before_usec)
                        ask.tightened_usec = s->cool_down_raised_usec;
                return changes_ask(l, now, &ask, ret_due, ret_why);
        }
        r = raise_cool_down(l, now, usec);
        if (r < 0)
                return r;
        *ret_due = 0;
        return 0;
}

/* --- the key --------------------------------------------------------------------------------- */

static int check_passphrase(const char *passphrase, const char **ret_why) {
        if (text_valid(passphrase, NC_KEY_LEN, false))
                return 0;
        return refuse(-EINVAL,
                N_("A passphrase has 1 to 200 bytes, and no characters that cannot be typed."),
                ret_why);
}

int regime_set_key(
        Ledger *l, Unlock *u, uint64_t now, const char *passphrase, const char **ret_why) {
        _cleanup_free_ char *hash = NULL;
        int r;

        r = check_passphrase(passphrase, ret_why);
        if (r < 0)
                return r;
        if (ledger_state(l)->key_hash)
                return refuse(-EEXIST, N_("There is a key already."), ret_why);
        r = key_hash(passphrase, &hash);
        if (r < 0)
                return r;
        r = ledger_record_one(l, EVENT_KEY_SET, NULL, now, json_pack("{s:s}", "hash", hash), NULL);
        if (r < 0)
                return r;
        *u = (Unlock){0};
        return 0;
}

int regime_clear_key(
        Ledger *l, uint64_t now, bool key_given, uint64_t *ret_due, const char **ret_why) {
        const State *s = ledger_state(l);
        Loosening ask = {
                .change = CHANGE_CLEAR_KEY,
                .tightened_usec = s->key_set_usec,
                .key_given = key_given,
        };

        if (!s->key_hash)
                return refuse(-ENOENT, N_("There is no key."), ret_why);
        return changes_ask(l, now, &ask, ret_due, ret_why);
}

bool unlock_given(const Unlock *u, uint64_t boot_usec) {
        return boot_usec < u->until_usec;
}

/* Takes one of the minute's tries, or says that there is none left. */
static bool take_try(Unlock *u, uint64_t boot_usec) {
        if (u->tries[0] > 0 && boot_usec - u->tries[0] < USEC_PER_MIN)
                return false;
        memmove(&u->tries[0], &u->tries[1], (UNLOCK_TRIES - 1) * sizeof(u->tries[0]));
        u->tries[UNLOCK_TRIES - 1] = boot_usec;
        return true;
}

int regime_unlock(const Ledger *l, Unlock *u, uint64_t boot_usec, const char *passphrase,
        const char **ret_why) {
        const char *hash = ledger_state(l)->key_hash;
        int r;

        r = check_passphrase(passphrase, ret_why);
        if (r < 0)
                return r;
        if (!hash)
                return refuse(-ENOENT, N_("There is no key."), ret_why);
        if (!take_try(u, boot_usec))
                return refuse(-EDQUOT,
                        N_("That were five tries within a minute. Wait a moment, then try again."),
                        ret_why);
        r = key_matches(passphrase, hash);
        if (r < 0)
                return r;
        if (r == 0)
                return refuse(-EACCES, N_("That is not your friend's passphrase."), ret_why);
        *u = (Unlock){.until_usec = boot_usec + NC_KEY_MINUTES * USEC_PER_MIN};
        return 0;
}

/* --- the browsers' policies ------------------------------------------------------------------ */

static int turn_policies_on(Ledger *l, uint64_t now) {
        const State *s = ledger_state(l);
        const Pending *waiting = state_pending_like(s, "", CHANGE_POLICIES_OFF, NULL);
        _cleanup_(batch_done) Batch b = {0};
        int r = 0;

        if (s->policies_usec == 0)
                r = batch_add(&b, EVENT_POLICIES_ON, NULL, now, json_object());
        if (r == 0 && waiting)
                r = batch_add(&b, EVENT_CHANGE_CANCELLED, NULL, now,
                        json_pack("{s:s}", "of", waiting->uid));
        return r < 0 || b.n == 0 ? r : ledger_record(l, &b, now);
}

int regime_set_policies(
        Ledger *l, uint64_t now, bool on, bool key_given, uint64_t *ret_due, const char **ret_why) {
        Loosening ask = {
                .change = CHANGE_POLICIES_OFF,
                .tightened_usec = ledger_state(l)->policies_usec,
                .key_given = key_given,
        };
        int r;

        if (!on && ask.tightened_usec > 0)
                return changes_ask(l, now, &ask, ret_due, ret_why);
        r = on ? turn_policies_on(l, now) : 0;
        if (r < 0)
                return r;
        *ret_due = 0;
        return 0;
}

/* --- exceptions ------------------------------------------------------------------------------ */

static const IdentityKind exceptable[] = {IDENTITY_DOMAIN, IDENTITY_PLATFORM};

/* What about a target's owners counts. */
typedef struct Blocked {
        char *target; /* in its canonical spelling; owned */
        bool locked;  /* somebody's promise holds */
} Blocked;

/* Finds who has the identity under a commitment that stands. False when nobody has. */
static bool is_blocked(const State *s, const Identity *id, uint64_t now, bool *ret_locked) {
        bool found = false;

        *ret_locked = false;
        for (size_t i = 0; i < s->n_people; i++) {
                const Person *p = &s->people[i];

                if (!commitment_stands(&p->commitment) || !person_identity(p, id->kind, id->value))
                        continue;
                found = true;
                *ret_locked = *ret_locked || commitment_locked(&p->commitment, now);
        }
        return found;
}

/* Returns 1 and what is blocked, 0 when it is not, or -ENOMEM. */
static int find_blocked(const State *s, const char *target, uint64_t now, Blocked *ret) {
        for (size_t i = 0; i < ARRAY_LEN(exceptable); i++) {
                Identity id = {0};
                int r = identity_parse(exceptable[i], target, &id, NULL);

                if (r == -ENOMEM)
                        return r;
                if (r < 0)
                        continue;
                if (is_blocked(s, &id, now, &ret->locked)) {
                        ret->target = TAKE_PTR(id.value);
                        return 1;
                }
                identity_done(&id);
        }
        return 0;
}

static int open_exception(Ledger *l, uint64_t now, const Blocked *blocked, unsigned minutes,
        bool key_given, uint64_t *ret_until, const char **ret_why) {
        uint64_t until = now + minutes * USEC_PER_MIN, next;
        const State *s = ledger_state(l);
        int r;

        if (state_exception(s, blocked->target, now))
                return refuse(-EEXIST, N_("It is open already."), ret_why);
        r = blocked->locked ? changes_need_key(s, key_given, ret_why) : 0;
        if (r < 0)
                return r;
        if (quota_left(s->quota_full_usec, now, &next) == 0)
                return refuse(-EDQUOT,
                        N_("The exceptions are used up for now; one comes back each day."),
                        ret_why);
        r = ledger_record_one(l, EVENT_OVERRIDE, NULL, now,
                json_pack("{s:s, s:I}", "target", blocked->target, "until", (json_int_t)until),
                NULL);
        if (r < 0)
                return r;
        *ret_until = until;
        return 0;
}

int regime_except(Ledger *l, uint64_t now, const char *target, unsigned minutes, bool key_given,
        uint64_t *ret_until, const char **ret_why) {
        Blocked blocked = {0};
        int r;

        if (minutes < 1 || minutes > NC_EXCEPTION_MINUTES)
                return refuse(-EINVAL, N_("An exception lasts 1 to 30 minutes."), ret_why);
        if (!text_valid(target, IDENTITY_VALUE_MAX, false))
                return refuse(-EINVAL,
                        N_("That is neither a platform such as instagram nor a domain."), ret_why);
        r = find_blocked(ledger_state(l), target, now, &blocked);
        if (r == 0)
                r = refuse(-ENOENT, N_("That is not blocked."), ret_why);
        else if (r > 0)
                r = open_exception(l, now, &blocked, minutes, key_given, ret_until, ret_why);
        free(blocked.target);
        return r;
}

/* The exception that is open for the target in any spelling; NULL for none. */
static int find_open(const State *s, const char *target, uint64_t now, const Exception **ret) {
        *ret = state_exception(s, target, now);
        for (size_t i = 0; i < ARRAY_LEN(exceptable) && !*ret; i++) {
                Identity id = {0};
                int r = identity_parse(exceptable[i], target, &id, NULL);

                if (r == -ENOMEM)
                        return r;
                if (r < 0)
                        continue;
                *ret = state_exception(s, id.value, now);
                identity_done(&id);
        }
        return 0;
}

int regime_end_exception(Ledger *l, uint64_t now, const char *target, const char **ret_why) {
        const Exception *open;
        int r;

        r = find_open(ledger_state(l), target, now, &open);
        if (r < 0)
                return r;
        if (!open)
                return refuse(-ENOENT, N_("That is not open."), ret_why);
        return ledger_record_one(l, EVENT_OVERRIDE_ENDED, NULL, now,
                json_pack("{s:s}", "target", open->target), NULL);
}

uint64_t regime_next_close(const State *s, uint64_t now) {
        uint64_t next = UINT64_MAX;

        for (size_t i = 0; i < s->n_exceptions; i++) {
                const Exception *e = &s->exceptions[i];

                if (e->from_usec <= now && now < e->until_usec)
                        next = MIN(next, e->until_usec);
        }
        return next;
}
