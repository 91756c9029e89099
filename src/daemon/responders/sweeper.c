/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Closes what a server shows ungated. It is a broom and no gate: most servers have drawn by then.
 * Which notification it is, is decided elsewhere. */

#include "daemon/responders/sweeper.h"

static int flushed(sd_bus *bus, int r) {
        return r < 0 ? r : sd_bus_flush(bus);
}

int sweep_notification(sd_bus *bus, const char *server, uint32_t id) {
        return flushed(bus,
                sd_bus_call_method_async(bus, NULL, server, "/org/freedesktop/Notifications",
                        "org.freedesktop.Notifications", "CloseNotification", NULL, NULL, "u", id));
}

int sweep_gtk(sd_bus *bus, const char *server, const char *app, const char *key) {
        return flushed(bus,
                sd_bus_call_method_async(bus, NULL, server, "/org/gtk/Notifications",
                        "org.gtk.Notifications", "RemoveNotification", NULL, NULL, "ss", app, key));
}

int sweep_portal(sd_bus *bus, const char *server, const char *app, const char *key) {
        return flushed(
                bus, sd_bus_call_method_async(bus, NULL, server, "/org/freedesktop/portal/desktop",
                             "org.freedesktop.impl.portal.Notification", "RemoveNotification", NULL,
                             NULL, "ss", app, key));
}
