/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stdint.h>
#include <systemd/sd-bus.h>

/* Takes a notification off the screen that should never have been on it. Each returns when the call
 * is on its way, 0 or a negative errno; whether the server obeys is not heard. `server` is the
 * connection that shows it, or the name that it is told under. */

/* org.freedesktop.Notifications: by the number that the server gave it. */
int sweep_notification(sd_bus *bus, const char *server, uint32_t id);

/* org.gtk.Notifications: by the ids of the application and of the notification. */
int sweep_gtk(sd_bus *bus, const char *server, const char *app, const char *key);

/* The backend of the portal, the same way. */
int sweep_portal(sd_bus *bus, const char *server, const char *app, const char *key);
