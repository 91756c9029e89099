/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The client: how strict loosening is. It prints nothing,
 * decides nothing, and asks no clock. Used by commands/. */

#include "cli/client/call.h"

void regime_done(Regime *r) {
        for (size_t i = 0; i < r->n_exceptions; i++)
                free(r->exceptions[i].target);
        free(r->exceptions);
        *r = (Regime){0};
}

static int read_exception(Message *m, void *list) {
        Regime *regime = list;
        Exception *e = LIST_ADD(regime->exceptions, regime->n_exceptions, regime->exceptions_space);
        int r;

        if (!e)
                return -ENOMEM;
        r = read_text(m, "s", &e->target);
        return r < 0 ? r : read_number(m, &e->until_usec);
}

static int read_exceptions(Message *m, void *object) {
        return read_rows(m, &(Rows){"st", read_exception, object});
}

static int read_exceptions_left(Message *m, void *object) {
        Regime *regime = object;

        return sd_bus_message_read(
                m, "(ut)", &regime->exceptions_left, &regime->next_exception_usec);
}

static const Field regime_fields[] = {
        {"CoolDownUSec", "t", offsetof(Regime, cool_down_usec), NULL},
        {"KeySet", "b", offsetof(Regime, key_set), NULL},
        {"Policies", "b", offsetof(Regime, policies), NULL},
        {"UnlockedUntilUSec", "t", offsetof(Regime, unlocked_usec), NULL},
        {"ExceptionsLeft", "(ut)", 0, read_exceptions_left},
        {"Exceptions", "a(st)", 0, read_exceptions},
        {0},
};

int client_regime(Client *c, Regime *ret) {
        _cleanup_(regime_done) Regime regime = {0};
        int r;

        r = client_get_all(c, NC_INTERFACE_REGIME, regime_fields, &regime);
        if (r < 0)
                return r;
        *ret = TAKE_STRUCT(regime);
        return 0;
}

int client_set_cool_down(Client *c, uint64_t usec, uint64_t *ret_due) {
        return client_call_number(c, REGIME("SetCoolDown"), ret_due, "t", usec);
}

int client_set_policies(Client *c, bool on, uint64_t *ret_due) {
        return client_call_number(c, REGIME("SetPolicies"), ret_due, "b", on);
}

int client_set_key(Client *c, const char *passphrase) {
        return client_call(c, REGIME("SetKey"), NULL, "s", passphrase);
}

int client_clear_key(Client *c, uint64_t *ret_due) {
        return client_call_number(c, REGIME("ClearKey"), ret_due, NULL);
}

int client_unlock(Client *c, const char *passphrase, uint64_t *ret_until) {
        return client_call_number(c, REGIME("Unlock"), ret_until, "s", passphrase);
}

int client_except(Client *c, const char *target, uint32_t minutes, uint64_t *ret_until) {
        return client_call_number(c, REGIME("Except"), ret_until, "su", target, minutes);
}

int client_end_exception(Client *c, const char *target) {
        return client_call(c, REGIME("EndException"), NULL, "s", target);
}
