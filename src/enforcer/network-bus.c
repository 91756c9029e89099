/* SPDX-License-Identifier: GPL-3.0-or-later */

/* org.nocontact.EnforcerNetwork1: two operations in the machine's network, for the enforcer alone.
 * The ports of a user's sinkhole, at addresses that are nobody's else, and the end of a user's own
 * connections. It writes no file and knows no lease; whose address it is and whether they may, the
 * enforcer has asked. It is safe to offer since root alone may call, and root needs it not. */

#include "enforcer/network-bus.h"

#include "common/file.h"
#include "common/sock-diag.h"
#include "enforcer/call.h"
#include "enforcer/listen.h"
#include "nocontact/bus-names.h"

#include <arpa/inet.h>
#include <errno.h>

enum { HTTP = 80, HTTPS = 443 };

/* The bus has a rule for this, and a rule can be edited. */
static int need_root(sd_bus_message *call, sd_bus_error *error) {
        uid_t uid;
        int r;

        r = call_uid(call, &uid);
        if (r < 0 || uid == 0)
                return r;
        return sd_bus_error_set(
                error, SD_BUS_ERROR_ACCESS_DENIED, N_("Only the enforcer asks for this."));
}

static int listen_at(uint32_t address, uint16_t port, int *ret, sd_bus_error *error) {
        int r = listen_open(address, port, ret);

        return r < 0 ? call_refuse(error, r,
                               r == -EADDRINUSE
                                       ? N_("Another program listens on this port of every address.")
                                       : NULL)
                     : 0;
}

static int method_listen(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        _cleanup_close_ int http = -1, https = -1;
        uint32_t address;
        int r;

        (void)userdata;
        r = sd_bus_message_read(call, "u", &address);
        if (r < 0)
                return r;
        if ((address & ~0xffffU) != ENFORCER_NET)
                return call_refuse(
                        error, -EINVAL, N_("Only addresses in 127.66.0.0/16 are for this."));
        r = need_root(call, error);
        if (r < 0)
                return r;
        r = listen_at(address, HTTP, &http, error);
        if (r >= 0)
                r = listen_at(address, HTTPS, &https, error);
        if (r < 0)
                return r;
        /* the message takes copies; ours are closed here */
        return sd_bus_reply_method_return(call, "hh", http, https);
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
        struct in6_addr addresses[NC_LIMIT_ADDRESSES];
        _cleanup_(strings_done) Strings texts = {0};
        uint32_t uid;
        int r;

        (void)userdata;
        r = sd_bus_message_read(call, "u", &uid);
        if (r >= 0)
                r = strings_read(call, NC_LIMIT_ADDRESSES, &texts);
        if (r < 0)
                return call_refuse(error, r, NULL);
        for (size_t i = 0; i < texts.n; i++)
                if (parse_address(texts.items[i], &addresses[i]) < 0)
                        return call_refuse(
                                error, -EINVAL, N_("An address is an IPv4 or IPv6 literal."));
        r = need_root(call, error);
        if (r < 0)
                return r;
        r = texts.n == 0 ? 0 : sock_diag_close(uid, addresses, texts.n);
        if (r < 0)
                return call_refuse(
                        error, r, N_("Connections that are open cannot be closed here."));
        return sd_bus_reply_method_return(call, "u", (uint32_t)r);
}

static const sd_bus_vtable network_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD_WITH_ARGS("Listen", SD_BUS_ARGS("u", address),
                SD_BUS_RESULT("h", http, "h", https), method_listen, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("CloseConnections", SD_BUS_ARGS("u", uid, "as", addresses),
                SD_BUS_RESULT("u", closed), method_close_connections, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

int network_bus_add(sd_bus *bus, EnforcerBus *face) {
        return sd_bus_add_object_vtable(
                bus, NULL, NC_NETWORK_OBJECT, NC_NETWORK_INTERFACE, network_vtable, face);
}
