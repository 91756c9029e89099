/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What always passes. It does not decide what a notification is (the judge) nor when a loosening
 * happens (changes.c). */

#include "daemon/passes.h"

#include "common/buffer.h"
#include "daemon/changes.h"
#include "daemon/holds.h"
#include "daemon/records.h"
#include "daemon/refusal.h"
#include "nocontact/bus-names.h"

#include <errno.h>

static size_t count_waiting(const State *s) {
        size_t n = 0;

        for (size_t i = 0; i < s->n_pending; i++)
                n += s->pending[i].change == CHANGE_ADD_PASS;
        return n;
}

/* A word that is somebody's own name would let everything of theirs pass, which is what an end is
 * for. */
static int check_word(const Rules *rules, const Identity *id, const char **ret_why) {
        TextMatch match;

        for (int mode = 0; mode < _MODE_MAX; mode++) {
                int r = matcher_find(
                        rules->texts[mode], id->value, strlen(id->value), TEXT_PLAIN, &match);

                if (r < 0)
                        return r;
                if (r > 0)
                        return refuse(-EINVAL,
                                N_("That names somebody whom you keep away from; as a word that "
                                   "passes it would let all of theirs through."),
                                ret_why);
        }
        return 0;
}

static int ask(Ledger *l, uint64_t now, const Identity *id, bool key_given, uint64_t *ret_due,
        const char **ret_why) {
        const State *s = ledger_state(l);
        const Loosening loosening = {
                .change = CHANGE_ADD_PASS,
                .identity = id,
                .tightened_usec = UINT64_MAX,
                .key_given = key_given,
        };

        if (state_pass_like(s, id))
                return refuse(-EEXIST, N_("That passes already."), ret_why);
        if (s->n_passes + count_waiting(s) >= NC_LIMIT_PASSES)
                return refuse(-EDQUOT,
                        N_("There are 200 words and senders already; that is the limit."), ret_why);
        return changes_ask(l, now, &loosening, ret_due, ret_why);
}

int passes_add(Ledger *l, uint64_t now, const char *kind, const char *value, bool key_given,
        uint64_t *ret_due, const char **ret_why) {
        int k = pass_kind_from_name(kind), r;
        Identity id = {0};

        if (k < 0)
                return refuse(-EINVAL, N_("What passes is a word or a sender."), ret_why);
        r = identity_parse(pass_identity_kind((PassKind)k), value, &id, ret_why);
        if (r == 0 && k == PASS_WORD)
                r = check_word(ledger_rules(l), &id, ret_why);
        if (r == 0)
                r = ask(l, now, &id, key_given, ret_due, ret_why);
        identity_done(&id);
        return r;
}

int passes_remove(Ledger *l, uint64_t now, uint64_t id, const char **ret_why) {
        const Pass *pass = state_pass(ledger_state(l), id);

        if (!pass)
                return refuse(-ENOENT, N_("Nothing of that number passes."), ret_why);
        return ledger_record_one(
                l, EVENT_PASS_REMOVED, NULL, now, json_pack("{s:s}", "of", pass->uid), NULL);
}

/* --- "not them" ------------------------------------------------------------------------------ */

/* The sender of a held notification, as it is looked for. */
static int sender_of(const Event *ev, Identity *ret, const char **ret_why) {
        const char *app = event_string(ev, "app"), *sender = event_string(ev, "sender");
        _cleanup_(buffer_done) Buffer value = {0};

        if (app[0] == '\0' || strchr(app, ':') || sender[0] == '\0')
                return refuse(-EINVAL,
                        N_("It does not say well enough where it came from. A word that it always "
                           "holds can be let pass."),
                        ret_why);
        /* one that was cut would not be found again */
        if (strlen(sender) + strlen("\xf0\x9f\x92\x94") > HOLDS_SENDER_MAX ||
                strlen(app) + strlen("\xf0\x9f\x92\x94") > HOLDS_APP_MAX)
                return refuse(-EINVAL, N_("What stands there as its sender is too long."), ret_why);
        if (buffer_printf(&value, "%s:%s", app, sender) < 0)
                return -ENOMEM;
        return identity_parse(IDENTITY_APP, value.data, ret, ret_why);
}

static int correct(Ledger *l, uint64_t now, const StoreEntry *entry) {
        _cleanup_(batch_done) Batch b = {0};
        int r;

        if (entry->grade == GRADE_NONE)
                return 0;
        r = records_add_correction(&b, now, entry, GRADE_NONE, "not them");
        return r < 0 ? r : ledger_record(l, &b, now);
}

int passes_not_them(Ledger *l, uint64_t now, uint64_t event, bool key_given, uint64_t *ret_due,
        const char **ret_why) {
        StoreEntry entry = {0};
        Identity id = {0};
        int r;

        r = holds_get(l, event, &entry, ret_why);
        if (r < 0)
                return r;
        r = sender_of(&entry.event, &id, ret_why);
        if (r == 0)
                r = ask(l, now, &id, key_given, ret_due, ret_why);
        if (r == 0)
                r = correct(l, now, &entry);
        identity_done(&id);
        event_done(&entry.event);
        return r;
}
