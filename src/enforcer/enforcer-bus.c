/* SPDX-License-Identifier: GPL-3.0-or-later */

/* org.nocontact.Enforcer1. Here a stranger's bytes become operations: numbers and lists of a
 * bounded length, for the lease of the uid that the bus names. Every method has five beats: read,
 * validate, already so, authorise, act and reply; one that lacks a beat has nothing to do there. */

#include "enforcer/enforcer-bus.h"

#include "common/array.h"
#include "common/file.h"
#include "common/log.h"
#include "common/sock-diag.h"
#include "nocontact/bus-names.h"

#include <arpa/inet.h>
#include <errno.h>

/* --- what all methods need -------------------------------------------------------------------- */

static const struct {
        int error;
        const char *name;
} refusals[] = {
        {EINVAL, NC_ERROR_INVALID_ARGUMENT},
        {EPERM, NC_ERROR_LOCKED},
        {ENOENT, NC_ERROR_NOT_FOUND},
        {E2BIG, NC_ERROR_LIMIT_EXCEEDED},
        {EDQUOT, NC_ERROR_LIMIT_EXCEEDED},
        {EAGAIN, NC_ERROR_LIMIT_EXCEEDED},
        {EADDRINUSE, SD_BUS_ERROR_ADDRESS_IN_USE},
        {EOPNOTSUPP, SD_BUS_ERROR_NOT_SUPPORTED},
};

/* Turns a refusal into its named error. Returns what the handler returns. */
static int refuse(sd_bus_error *error, int r, const char *why) {
        for (size_t i = 0; i < ARRAY_LEN(refusals); i++)
                if (refusals[i].error == -r && why)
                        return sd_bus_error_set(error, refusals[i].name, why);

        log_error("A request could not be carried out: %s", strerror(-r));
        return sd_bus_error_setf(error, NC_ERROR_STORAGE, "%s (%s)",
                why ? why : N_("It could not be done; nothing was changed."), strerror(-r));
}

/* Who calls, from the bus and from nowhere else. */
static int caller(sd_bus_message *call, uid_t *ret) {
        _cleanup_(sd_bus_creds_unrefp) sd_bus_creds *creds = NULL;
        int r;

        r = sd_bus_query_sender_creds(call, SD_BUS_CREDS_EUID, &creds);
        if (r < 0)
                return r;
        return sd_bus_creds_get_euid(creds, ret);
}

typedef struct Strings {
        const char **items; /* owned; the texts are the message's */
        size_t n, space;
} Strings;

static void strings_done(Strings *s) {
        free(s->items);
}

/* Reads "as" of at most `max`; -E2BIG for more. */
static int strings_read(sd_bus_message *call, size_t max, Strings *ret) {
        const char *item;
        int r;

        r = sd_bus_message_enter_container(call, 'a', "s");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_read_basic(call, 's', &item)) > 0) {
                if (ret->n == max)
                        return -E2BIG;
                r = ARRAY_RESERVE(ret->items, ret->space, ret->n + 1);
                if (r < 0)
                        return r;
                ret->items[ret->n++] = item;
        }
        if (r < 0)
                return r;
        return sd_bus_message_exit_container(call);
}

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
                return refuse(error, r, too_many);
        r = sd_bus_message_read(call, "t", &until);
        if (r < 0)
                return r;
        r = caller(call, &uid);
        if (r < 0)
                return r;
        r = enforcer_check(hosts.items, hosts.n, patterns.items, patterns.n, &why);
        if (r < 0)
                return refuse(error, r, why);
        r = polkit_check(face->polkit, call, uid, NC_ENFORCER_ACTION, method_hold, userdata, error);
        if (r <= 0)
                return r < 0 ? r : 1;
        r = enforcer_hold(face->enforcer, uid, hosts.items, hosts.n, patterns.items, patterns.n,
                until, &generation, &why);
        if (r < 0)
                return refuse(error, r, why);
        return sd_bus_reply_method_return(call, "t", generation);
}

/* Release and CancelRelease differ in what they call. */
static int simple(sd_bus_message *call, const EnforcerBus *face, sd_bus_error *error,
        int (*act)(Enforcer *, uid_t, const char **)) {
        const char *why = NULL;
        uid_t uid;
        int r;

        r = caller(call, &uid);
        if (r < 0)
                return r;
        r = act(face->enforcer, uid, &why);
        if (r < 0)
                return refuse(error, r, why);
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

        r = caller(call, &uid);
        if (r < 0)
                return r;
        r = enforcer_request_release(face->enforcer, uid, &due, &why);
        if (r < 0)
                return refuse(error, r, why);
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
                return refuse(error, r, too_many);
        r = sd_bus_message_read(call, "u", &minutes);
        if (r < 0)
                return r;
        r = caller(call, &uid);
        if (r < 0)
                return r;
        r = enforcer_except(face->enforcer, uid, hosts.items, hosts.n, minutes, &until, &why);
        if (r < 0)
                return refuse(error, r, why);
        return sd_bus_reply_method_return(call, "t", until);
}

/* IPv6, or IPv4 mapped into it. */
static int parse_address(const char *text, struct in6_addr *ret) {
        struct in_addr v4;

        if (inet_pton(AF_INET6, text, ret) == 1)
                return 0;
        if (inet_pton(AF_INET, text, &v4) != 1)
                return -EINVAL;
        *ret = (struct in6_addr){.s6_addr = {[10] = 0xff, [11] = 0xff}};
        memcpy(&ret->s6_addr[12], &v4, sizeof(v4));
        return 0;
}

static int method_close_connections(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        _cleanup_(strings_done) Strings texts = {0};
        struct in6_addr addresses[NC_LIMIT_ADDRESSES];
        uid_t uid;
        int r;

        (void)userdata;
        r = strings_read(call, NC_LIMIT_ADDRESSES, &texts);
        if (r < 0)
                return refuse(error, r, too_many);
        for (size_t i = 0; i < texts.n; i++)
                if (parse_address(texts.items[i], &addresses[i]) < 0)
                        return refuse(error, -EINVAL, N_("An address is an IPv4 or IPv6 literal."));
        r = caller(call, &uid);
        if (r < 0)
                return r;
        r = texts.n == 0 ? 0 : sock_diag_close(uid, addresses, texts.n);
        if (r < 0)
                return refuse(error, r, N_("Connections that are open cannot be closed here."));
        return sd_bus_reply_method_return(call, "u", (uint32_t)r);
}

static int method_open_sinkhole(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        _cleanup_close_ int http = -1, https = -1;
        const EnforcerBus *face = userdata;
        const char *why = NULL;
        uid_t uid;
        int r;

        r = caller(call, &uid);
        if (r < 0)
                return r;
        r = polkit_check(
                face->polkit, call, uid, NC_ENFORCER_ACTION, method_open_sinkhole, userdata, error);
        if (r <= 0)
                return r < 0 ? r : 1;
        r = enforcer_open_sinkhole(face->enforcer, uid, &http, &https, &why);
        if (r < 0)
                return refuse(error, r, why);
        /* the message takes copies; ours are closed here */
        return sd_bus_reply_method_return(call, "hh", http, https);
}

static int method_reconcile(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        const EnforcerBus *face = userdata;
        const char *what = NULL, *why = NULL;
        uid_t uid;
        int r;

        r = caller(call, &uid);
        if (r < 0)
                return r;
        if (uid != 0 && !enforcer_lease(face->enforcer, uid))
                return sd_bus_error_set(error, SD_BUS_ERROR_ACCESS_DENIED,
                        N_("Only root and who holds something can ask for this."));
        r = enforcer_reconcile(face->enforcer, &what, &why);
        if (r < 0)
                return refuse(error, r, why);
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
        r = caller(sd_bus_get_current_message(bus), &uid);
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
        r = caller(sd_bus_get_current_message(bus), &uid);
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

/* --- the table -------------------------------------------------------------------------------- */

static const sd_bus_vtable enforcer_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("Lease", "(ttuutb)", property_lease, 0, 0),
        SD_BUS_PROPERTY("Address", "s", property_address, 0, 0),
        SD_BUS_PROPERTY("Repairs", "(ut)", property_repairs, 0, 0),
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
