/* SPDX-License-Identifier: GPL-3.0-or-later */

/* How long does it take until root holds one name more? Over a private bus that starts the real
 * nocontact-enforcer, on a hosts file of its own: Hold with the program running, and Hold with the
 * bus starting it. Beside it, in the same rounds: a bare ping of the bus. It decides nothing. */

#include "bench/series.h"
#include "bus/session.h"
#include "common/macro.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 60 };

/* Calls, and gives the milliseconds; a failure ends the program. */
static double timed(DBusConnection *bus, DBusMessage *call) {
        double start = now_msec();
        DBusMessage *reply = dbus_connection_send_with_reply_and_block(bus, call, 60000, NULL);

        if (!reply)
                abort();
        dbus_message_unref(reply);
        dbus_message_unref(call);
        return now_msec() - start;
}

static DBusMessage *ping(void) {
        return dbus_message_new_method_call("org.freedesktop.DBus", "/org/freedesktop/DBus",
                "org.freedesktop.DBus.Peer", "Ping");
}

/* Holds `n` names for a month from now; each call has one more than the last, so that it writes. */
static DBusMessage *hold(unsigned n) {
        DBusMessage *call = dbus_message_new_method_call("org.nocontact.Enforcer1",
                "/org/nocontact/Enforcer1", "org.nocontact.Enforcer1", "Hold");
        uint64_t until = ((uint64_t)time(NULL) + 30 * 86400) * 1000000;
        char **names = calloc(n + 1, sizeof(*names));
        const char *none[] = {NULL}, **no_patterns = none;

        for (unsigned i = 0; names && i < n; i++)
                if (asprintf(&names[i], "name%u.example", i) < 0)
                        abort();
        if (!call || !names ||
                !dbus_message_append_args(call, DBUS_TYPE_ARRAY, DBUS_TYPE_STRING, &names, (int)n,
                        DBUS_TYPE_ARRAY, DBUS_TYPE_STRING, &no_patterns, 0, DBUS_TYPE_UINT64,
                        &until, DBUS_TYPE_INVALID))
                abort();
        for (unsigned i = 0; i < n; i++)
                free(names[i]);
        free(names);
        return call;
}

static void wait_until_gone(DBusConnection *bus) {
        while (dbus_bus_name_has_owner(bus, "org.nocontact.Enforcer1", NULL))
                (void)usleep(1000);
}

/* One series of Holds by an enforcer that stays for `idle` seconds, and the pings between them. */
static void measure(unsigned idle, Series *holds, Series *pings) {
        const char *build = getenv("NOCONTACT_BUILD");
        _cleanup_free_ char *service = NULL;
        Session s = {0};
        DBusConnection *bus;

        session_start(&s);
        session_write(&s, "hosts", "127.0.0.1 localhost\n");
        if (asprintf(&service,
                    "[D-BUS Service]\nName=org.nocontact.Enforcer1\n"
                    "Exec=%s/nocontact-enforcer --hosts %s/hosts --state %s/state --root /nowhere --idle %u\n",
                    build ? build : "build/plain", s.dir, s.dir, idle) < 0)
                abort();
        session_system_start(&s);
        session_write(&s, "services/org.nocontact.Enforcer1.service", service);
        bus = dbus_connection_open_private(getenv("DBUS_SYSTEM_BUS_ADDRESS"), NULL);
        if (!bus || !dbus_bus_register(bus, NULL))
                abort();
        /* the bus has seen the new service when it can start it */
        while (!dbus_bus_start_service_by_name(bus, "org.nocontact.Enforcer1", 0, NULL, NULL))
                (void)usleep(10000);
        if (idle == 0)
                wait_until_gone(bus);
        for (unsigned i = 0; i < ROUNDS; i++) {
                holds->msec[holds->n++] = timed(bus, hold(i + 2));
                pings->msec[i] = timed(bus, ping());
                pings->n = i + 1;
                if (idle == 0)
                        wait_until_gone(bus);
        }
        dbus_connection_close(bus);
        dbus_connection_unref(bus);
        session_stop(&s);
}

int main(void) {
        Series running = {0}, started = {0}, pings = {0}, pings_started = {0};

        if (geteuid() != 0) {
                printf("hold: only root's bus lets the enforcer have its name; not measured\n");
                return 0;
        }
        measure(60, &running, &pings);
        measure(0, &started, &pings_started);
        printf("hold: from the call to the answer, lease and hosts file synced to the disk (ms)\n"
               "  %-34s %4s   %7s %7s %7s   %6s\n",
                "", "n", "p50", "p95", "max", "ratio");
        series_print("ping of the bus", &pings, &pings);
        series_print("Hold, the enforcer runs", &running, &pings);
        series_print("Hold, the bus starts the enforcer", &started, &pings);
        return 0;
}
