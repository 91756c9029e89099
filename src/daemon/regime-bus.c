/* SPDX-License-Identifier: GPL-3.0-or-later */

/* org.nocontact.Daemon1.Regime. The hash of the key never leaves the daemon. */

#include "common/time.h"
#include "core/quota.h"
#include "daemon/bus.h"
#include "daemon/regime.h"
#include "nocontact/bus-names.h"

/* --- properties ------------------------------------------------------------------------------ */

static int get_cool_down(sd_bus *bus, const char *path, const char *interface, const char *property,
        sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        const State *s = ledger_state(manager_ledger(userdata));

        (void)bus, (void)path, (void)interface, (void)property, (void)error;
        return sd_bus_message_append(reply, "t", s->cool_down_usec);
}

static int get_key_set(sd_bus *bus, const char *path, const char *interface, const char *property,
        sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        const State *s = ledger_state(manager_ledger(userdata));

        (void)bus, (void)path, (void)interface, (void)property, (void)error;
        return sd_bus_message_append(reply, "b", s->key_hash != NULL);
}

static int get_policies(sd_bus *bus, const char *path, const char *interface, const char *property,
        sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        const State *s = ledger_state(manager_ledger(userdata));

        (void)bus, (void)path, (void)interface, (void)property, (void)error;
        return sd_bus_message_append(reply, "b", s->policies_usec > 0);
}

/* The deadline is kept in the time since boot; what the clock shows then is only told. */
static uint64_t unlocked_until(Manager *m) {
        uint64_t boot = manager_boot_now(m);
        const Unlock *u = manager_unlock(m);

        return unlock_given(u, boot) ? manager_now(m) + (u->until_usec - boot) : 0;
}

static int get_unlocked_until(sd_bus *bus, const char *path, const char *interface,
        const char *property, sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        (void)bus, (void)path, (void)interface, (void)property, (void)error;
        return sd_bus_message_append(reply, "t", unlocked_until(userdata));
}

static int get_exceptions_left(sd_bus *bus, const char *path, const char *interface,
        const char *property, sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        const State *s = ledger_state(manager_ledger(userdata));
        uint64_t next;
        unsigned left = quota_left(s->quota_full_usec, manager_promise_now(userdata), &next);

        (void)bus, (void)path, (void)interface, (void)property, (void)error;
        return sd_bus_message_append(reply, "(ut)", left, manager_promise_wall(userdata, next));
}

static int get_exceptions(sd_bus *bus, const char *path, const char *interface,
        const char *property, sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        const State *s = ledger_state(manager_ledger(userdata));
        uint64_t now = manager_promise_now(userdata);
        int r;

        (void)bus, (void)path, (void)interface, (void)property, (void)error;
        r = sd_bus_message_open_container(reply, 'a', "(st)");
        for (size_t i = 0; i < s->n_exceptions && r >= 0; i++) {
                const Exception *e = &s->exceptions[i];

                if (e->from_usec <= now && now < e->until_usec)
                        r = sd_bus_message_append(reply, "(st)", e->target,
                                manager_promise_wall(userdata, e->until_usec));
        }
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

/* --- methods --------------------------------------------------------------------------------- */

static int method_set_cool_down(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        const char *why = NULL;
        uint64_t usec, due;
        int r;

        r = sd_bus_message_read(message, "t", &usec);
        if (r < 0)
                return r;
        r = regime_set_cool_down(manager_ledger(userdata), manager_promise_now(userdata), usec,
                manager_key_given(userdata), &due, &why);
        if (r < 0)
                return bus_refuse(error, r, why);
        return sd_bus_reply_method_return(message, "t", manager_promise_wall(userdata, due));
}

/* The two that take a passphrase: the vtable marks them as sensitive, so that sd-bus wipes the
 * message. */
static int method_set_key(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        const char *passphrase, *why = NULL;
        int r;

        r = sd_bus_message_read(message, "s", &passphrase);
        if (r < 0)
                return r;
        r = regime_set_key(manager_ledger(userdata), manager_unlock(userdata),
                manager_promise_now(userdata), passphrase, &why);
        if (r < 0)
                return bus_refuse(error, r, why);
        return sd_bus_reply_method_return(message, NULL);
}

static int method_unlock(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        const char *passphrase, *why = NULL;
        int r;

        r = sd_bus_message_read(message, "s", &passphrase);
        if (r < 0)
                return r;
        r = regime_unlock(manager_ledger(userdata), manager_unlock(userdata),
                manager_boot_now(userdata), passphrase, &why);
        if (r < 0)
                return bus_refuse(error, r, why);
        return sd_bus_reply_method_return(message, "t", unlocked_until(userdata));
}

static int method_clear_key(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        const char *why = NULL;
        uint64_t due;
        int r;

        r = regime_clear_key(manager_ledger(userdata), manager_promise_now(userdata),
                manager_key_given(userdata), &due, &why);
        if (r < 0)
                return bus_refuse(error, r, why);
        return sd_bus_reply_method_return(message, "t", manager_promise_wall(userdata, due));
}

static int method_set_policies(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        const char *why = NULL;
        uint64_t due;
        int r, on;

        r = sd_bus_message_read(message, "b", &on);
        if (r < 0)
                return r;
        r = regime_set_policies(manager_ledger(userdata), manager_promise_now(userdata), on,
                manager_key_given(userdata), &due, &why);
        if (r < 0)
                return bus_refuse(error, r, why);
        return sd_bus_reply_method_return(message, "t", manager_promise_wall(userdata, due));
}

static int method_except(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        const char *target, *why = NULL;
        unsigned minutes;
        uint64_t until;
        int r;

        r = sd_bus_message_read(message, "su", &target, &minutes);
        if (r < 0)
                return r;
        r = regime_except(manager_ledger(userdata), manager_promise_now(userdata), target, minutes,
                manager_key_given(userdata), &until, &why);
        if (r < 0)
                return bus_refuse(error, r, why);
        return sd_bus_reply_method_return(message, "t", manager_promise_wall(userdata, until));
}

static int method_end_exception(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        const char *target, *why = NULL;
        int r;

        r = sd_bus_message_read(message, "s", &target);
        if (r < 0)
                return r;
        r = regime_end_exception(
                manager_ledger(userdata), manager_promise_now(userdata), target, &why);
        if (r < 0)
                return bus_refuse(error, r, why);
        return sd_bus_reply_method_return(message, NULL);
}

/* --- the interface --------------------------------------------------------------------------- */

#define SECRET (SD_BUS_VTABLE_UNPRIVILEGED | SD_BUS_VTABLE_SENSITIVE)

static const sd_bus_vtable regime_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("CoolDownUSec", "t", get_cool_down, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("KeySet", "b", get_key_set, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Policies", "b", get_policies, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("UnlockedUntilUSec", "t", get_unlocked_until, 0, 0),
        SD_BUS_PROPERTY("ExceptionsLeft", "(ut)", get_exceptions_left, 0, 0),
        SD_BUS_PROPERTY("Exceptions", "a(st)", get_exceptions, 0, 0),
        SD_BUS_METHOD_WITH_ARGS("SetCoolDown", SD_BUS_ARGS("t", usec), SD_BUS_RESULT("t", due_usec),
                method_set_cool_down, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS(
                "SetKey", SD_BUS_ARGS("s", passphrase), SD_BUS_NO_RESULT, method_set_key, SECRET),
        SD_BUS_METHOD_WITH_ARGS("ClearKey", SD_BUS_NO_ARGS, SD_BUS_RESULT("t", due_usec),
                method_clear_key, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Unlock", SD_BUS_ARGS("s", passphrase),
                SD_BUS_RESULT("t", until_usec), method_unlock, SECRET),
        SD_BUS_METHOD_WITH_ARGS("SetPolicies", SD_BUS_ARGS("b", on), SD_BUS_RESULT("t", due_usec),
                method_set_policies, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Except", SD_BUS_ARGS("s", target, "u", minutes),
                SD_BUS_RESULT("t", until_usec), method_except, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("EndException", SD_BUS_ARGS("s", target), SD_BUS_NO_RESULT,
                method_end_exception, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

int regime_bus_add(sd_bus *bus, Manager *m) {
        return sd_bus_add_object_vtable(
                bus, NULL, NC_OBJECT_ROOT, NC_INTERFACE_REGIME, regime_vtable, m);
}
