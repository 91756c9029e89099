/* SPDX-License-Identifier: GPL-3.0-or-later */

/* org.nocontact.Enforcer1. Here a stranger's bytes become operations: numbers and lists of a
 * bounded length, for the lease of the uid that the bus names. Every method has five beats: read,
 * validate, already so, authorise, act and reply; one that lacks a beat has nothing to do there. */

#include "enforcer/enforcer-bus.h"

#include "common/time.h"
#include "enforcer/call.h"
#include "nocontact/bus-names.h"

#include <arpa/inet.h>

#define NETWORK_USEC (10 * USEC_PER_SEC)

static const char too_many[] = N_("These are more than can be taken at once.");

/* --- the methods ------------------------------------------------------------------------------ */

static int method_hold(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        _cleanup_(strings_done) Strings hosts = {0}, patterns = {0};
        const EnforcerBus *face = userdata;
        const char *why = NULL;
        uint64_t until, generation;
        uid_t uid;
        int r;

        r = strings_read(call, LEASE_HOSTS_MAX, &hosts);
        if (r >= 0)
                r = strings_read(call, LEASE_PATTERNS_MAX, &patterns);
        if (r < 0)
                return call_refuse(error, r, too_many);
        r = sd_bus_message_read(call, "t", &until);
        if (r < 0)
                return r;
        r = call_uid(call, &uid);
        if (r < 0)
                return r;
        r = enforcer_check(hosts.items, hosts.n, patterns.items, patterns.n, &why);
        if (r < 0)
                return call_refuse(error, r, why);
        r = polkit_check(face->polkit, call, uid, NC_ENFORCER_ACTION, method_hold, userdata, error);
        if (r <= 0)
                return r < 0 ? r : 1;
        r = enforcer_hold(face->enforcer, uid, hosts.items, hosts.n, patterns.items, patterns.n,
                until, &generation, &why);
        if (r < 0)
                return call_refuse(error, r, why);
        return sd_bus_reply_method_return(call, "t", generation);
}

/* Release and CancelRelease differ in what they call. */
static int simple(sd_bus_message *call, const EnforcerBus *face, sd_bus_error *error,
        int (*act)(Enforcer *, uid_t, const char **)) {
        const char *why = NULL;
        uid_t uid;
        int r;

        r = call_uid(call, &uid);
        if (r < 0)
                return r;
        r = act(face->enforcer, uid, &why);
        if (r < 0)
                return call_refuse(error, r, why);
        return sd_bus_reply_method_return(call, NULL);
}

static int method_release(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        return simple(call, userdata, error, enforcer_release);
}

static int method_cancel_release(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        return simple(call, userdata, error, enforcer_cancel_release);
}

static int method_request_release(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        const EnforcerBus *face = userdata;
        const char *why = NULL;
        uint64_t due;
        uid_t uid;
        int r;

        r = call_uid(call, &uid);
        if (r < 0)
                return r;
        r = enforcer_request_release(face->enforcer, uid, &due, &why);
        if (r < 0)
                return call_refuse(error, r, why);
        return sd_bus_reply_method_return(call, "t", due);
}

static int method_except(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        _cleanup_(strings_done) Strings hosts = {0};
        const EnforcerBus *face = userdata;
        const char *why = NULL;
        uint32_t minutes;
        uint64_t until;
        uid_t uid;
        int r;

        r = strings_read(call, LEASE_HOSTS_MAX, &hosts);
        if (r < 0)
                return call_refuse(error, r, too_many);
        r = sd_bus_message_read(call, "u", &minutes);
        if (r < 0)
                return r;
        r = call_uid(call, &uid);
        if (r < 0)
                return r;
        r = enforcer_except(face->enforcer, uid, hosts.items, hosts.n, minutes, &until, &why);
        if (r < 0)
                return call_refuse(error, r, why);
        return sd_bus_reply_method_return(call, "t", until);
}

/* --- what the network's helper does ------------------------------------------------------------
 */

/* Calls it and waits: it is started by the bus and answers at once, and nothing else can be done
 * for this caller meanwhile. Its refusals are ours. */
static int ask_network(sd_bus_message *call, const char *member, sd_bus_error *error,
        sd_bus_message **ret, int (*append)(sd_bus_message *m, const void *what),
        const void *what) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        sd_bus *bus = sd_bus_message_get_bus(call);
        int r;

        r = sd_bus_message_new_method_call(
                bus, &m, NC_NETWORK_NAME, NC_NETWORK_OBJECT, NC_NETWORK_INTERFACE, member);
        if (r >= 0)
                r = append(m, what);
        if (r < 0)
                return r;
        return sd_bus_call(bus, m, NETWORK_USEC, error, ret);
}

typedef struct Closing {
        uid_t uid;
        Strings addresses;
} Closing;

static int append_closing(sd_bus_message *m, const void *what) {
        const Closing *c = what;
        int r;

        r = sd_bus_message_append(m, "u", c->uid);
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'a', "s");
        for (size_t i = 0; i < c->addresses.n && r >= 0; i++)
                r = sd_bus_message_append(m, "s", c->addresses.items[i]);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_address(sd_bus_message *m, const void *what) {
        return sd_bus_message_append(m, "u", *(const uint32_t *)what);
}

static int close_connections(sd_bus_message *call, Closing *c, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *answer = NULL;
        uint32_t n;
        int r;

        r = strings_read(call, NC_LIMIT_ADDRESSES, &c->addresses);
        if (r < 0)
                return call_refuse(error, r, too_many);
        r = call_uid(call, &c->uid);
        if (r >= 0)
                r = ask_network(call, "CloseConnections", error, &answer, append_closing, c);
        if (r >= 0)
                r = sd_bus_message_read(answer, "u", &n);
        return r < 0 ? r : sd_bus_reply_method_return(call, "u", n);
}

static int method_close_connections(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        Closing c = {0};
        int r;

        (void)userdata;
        r = close_connections(call, &c, error);
        strings_done(&c.addresses);
        return r;
}

static int method_open_sinkhole(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *answer = NULL;
        const EnforcerBus *face = userdata;
        int http, https; /* the answer's */
        uint32_t address;
        uid_t uid;
        int r;

        r = call_uid(call, &uid);
        if (r < 0)
                return r;
        r = polkit_check(
                face->polkit, call, uid, NC_ENFORCER_ACTION, method_open_sinkhole, userdata, error);
        if (r <= 0)
                return r < 0 ? r : 1;
        address = enforcer_address(face->enforcer, uid);
        r = ask_network(call, "Listen", error, &answer, append_address, &address);
        if (r >= 0)
                r = sd_bus_message_read(answer, "hh", &http, &https);
        return r < 0 ? r : sd_bus_reply_method_return(call, "hh", http, https);
}

static int method_reconcile(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        const EnforcerBus *face = userdata;
        const char *what = NULL, *why = NULL;
        uid_t uid;
        int r;

        r = call_uid(call, &uid);
        if (r < 0)
                return r;
        if (uid != 0 && !enforcer_lease(face->enforcer, uid))
                return sd_bus_error_set(error, SD_BUS_ERROR_ACCESS_DENIED,
                        N_("Only root and who holds something can ask for this."));
        r = enforcer_reconcile(face->enforcer, &what, &why);
        if (r < 0)
                return call_refuse(error, r, why);
        if (r > 0)
                (void)enforcer_bus_tell(sd_bus_message_get_bus(call), what);
        return sd_bus_reply_method_return(call, NULL);
}

/* --- the properties: each caller reads its own ----------------------------------------------- */

static int property_lease(sd_bus *bus, const char *path, const char *interface,
        const char *property, sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        const EnforcerBus *face = userdata;
        const Lease *l;
        uid_t uid;
        int r;

        (void)path, (void)interface, (void)property, (void)error;
        r = call_uid(sd_bus_get_current_message(bus), &uid);
        if (r < 0)
                return r;
        l = enforcer_lease(face->enforcer, uid);
        if (!l)
                return sd_bus_message_append(
                        reply, "(ttuutb)", UINT64_C(0), UINT64_C(0), 0, 0, UINT64_C(0), 0);
        return sd_bus_message_append(reply, "(ttuutb)", l->generation, lease_wall(l, l->ends_usec),
                (uint32_t)l->hosts.n, (uint32_t)l->patterns.n,
                l->release_usec > 0 ? lease_wall(l, l->release_usec) : UINT64_C(0),
                lease_locked(l));
}

static int property_address(sd_bus *bus, const char *path, const char *interface,
        const char *property, sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        const EnforcerBus *face = userdata;
        char text[INET_ADDRSTRLEN];
        struct in_addr address;
        uid_t uid;
        int r;

        (void)path, (void)interface, (void)property, (void)error;
        r = call_uid(sd_bus_get_current_message(bus), &uid);
        if (r < 0)
                return r;
        address.s_addr = htonl(enforcer_address(face->enforcer, uid));
        return sd_bus_message_append(reply, "s", inet_ntop(AF_INET, &address, text, sizeof(text)));
}

static int property_repairs(sd_bus *bus, const char *path, const char *interface,
        const char *property, sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        const EnforcerBus *face = userdata;
        uint64_t last;
        unsigned n;

        (void)bus, (void)path, (void)interface, (void)property, (void)error;
        enforcer_repairs(face->enforcer, &n, &last);
        return sd_bus_message_append(reply, "(ut)", n, last);
}

static int property_browsers(sd_bus *bus, const char *path, const char *interface,
        const char *property, sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        PolicyReport reports[POLICY_BROWSERS];
        const EnforcerBus *face = userdata;
        int r;

        (void)bus, (void)path, (void)interface, (void)property, (void)error;
        enforcer_browsers(face->enforcer, reports);
        r = sd_bus_message_open_container(reply, 'a', "(sst)");
        for (size_t i = 0; r >= 0 && i < ARRAY_LEN(reports); i++)
                if (reports[i].standing != POLICY_NONE)
                        r = sd_bus_message_append(reply, "(sst)", reports[i].browser,
                                policy_standing_name(reports[i].standing), reports[i].since_usec);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

/* --- the table -------------------------------------------------------------------------------- */

static const sd_bus_vtable enforcer_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("Lease", "(ttuutb)", property_lease, 0, 0),
        SD_BUS_PROPERTY("Address", "s", property_address, 0, 0),
        SD_BUS_PROPERTY("Repairs", "(ut)", property_repairs, 0, 0),
        SD_BUS_PROPERTY("Browsers", "a(sst)", property_browsers, 0, 0),
        SD_BUS_METHOD_WITH_ARGS("Hold",
                SD_BUS_ARGS("as", hosts, "as", url_patterns, "t", until_usec),
                SD_BUS_RESULT("t", generation), method_hold, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Release", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, method_release,
                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("RequestRelease", SD_BUS_NO_ARGS, SD_BUS_RESULT("t", due_usec),
                method_request_release, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("CancelRelease", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT,
                method_cancel_release, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Except", SD_BUS_ARGS("as", hosts, "u", minutes),
                SD_BUS_RESULT("t", until_usec), method_except, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("CloseConnections", SD_BUS_ARGS("as", addresses),
                SD_BUS_RESULT("u", closed), method_close_connections, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("OpenSinkhole", SD_BUS_NO_ARGS,
                SD_BUS_RESULT("h", http, "h", https), method_open_sinkhole,
                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Reconcile", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, method_reconcile,
                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_SIGNAL_WITH_ARGS("Repaired", SD_BUS_ARGS("s", what), 0),
        SD_BUS_VTABLE_END,
};

int enforcer_bus_add(sd_bus *bus, EnforcerBus *face) {
        return sd_bus_add_object_vtable(
                bus, NULL, NC_ENFORCER_OBJECT, NC_ENFORCER_INTERFACE, enforcer_vtable, face);
}

int enforcer_bus_tell(sd_bus *bus, const char *what) {
        return sd_bus_emit_signal(
                bus, NC_ENFORCER_OBJECT, NC_ENFORCER_INTERFACE, "Repaired", "s", what);
}
