/* SPDX-License-Identifier: GPL-3.0-or-later */

/* org.nocontact.Daemon1.Support. */

#include "daemon/bus.h"
#include "daemon/records.h"
#include "nocontact/bus-names.h"

#include <errno.h>

static int method_add(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        const char *kind, *text, *why = NULL;
        uint64_t id;
        int r;

        r = sd_bus_message_read(message, "ss", &kind, &text);
        if (r < 0)
                return r;
        r = records_add_support(
                manager_ledger(userdata), manager_now(userdata), kind, text, &id, &why);
        if (r < 0)
                return bus_refuse(error, r, why);
        return sd_bus_reply_method_return(message, "t", id);
}

static int method_remove(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        const char *why = NULL;
        uint64_t id;
        int r;

        r = sd_bus_message_read(message, "t", &id);
        if (r < 0)
                return r;
        r = records_remove_support(manager_ledger(userdata), manager_now(userdata), id, &why);
        if (r < 0)
                return bus_refuse(error, r, why);
        return sd_bus_reply_method_return(message, NULL);
}

static int method_list(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        const State *s = ledger_state(manager_ledger(userdata));
        const char *name;
        int r, kind;

        r = sd_bus_message_read(message, "s", &name);
        if (r < 0)
                return r;
        kind = support_kind_from_name(name);
        if (kind < 0)
                return bus_refuse(error, kind, N_("The kind is one of plan, reason, support."));

        r = sd_bus_message_new_method_return(message, &reply);
        if (r < 0)
                return r;
        r = sd_bus_message_open_container(reply, 'a', "(ts)");
        for (size_t i = 0; i < s->n_support && r >= 0; i++)
                if (s->support[i].kind == (SupportKind)kind)
                        r = sd_bus_message_append(
                                reply, "(ts)", s->support[i].seq, s->support[i].text);
        if (r < 0)
                return r;
        r = sd_bus_message_close_container(reply);
        if (r < 0)
                return r;
        return sd_bus_send(NULL, reply, NULL);
}

static const sd_bus_vtable support_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD_WITH_ARGS("Add", SD_BUS_ARGS("s", kind, "s", text), SD_BUS_RESULT("t", id),
                method_add, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Remove", SD_BUS_ARGS("t", id), SD_BUS_NO_RESULT, method_remove,
                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("List", SD_BUS_ARGS("s", kind), SD_BUS_RESULT("a(ts)", items),
                method_list, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

int support_bus_add(sd_bus *bus, Manager *m) {
        return sd_bus_add_object_vtable(
                bus, NULL, NC_OBJECT_ROOT, NC_INTERFACE_SUPPORT, support_vtable, m);
}
