/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"

#include <stdbool.h>
#include <stddef.h>

/* The files that lead a notification server to the relay instead of the session bus. All of them
 * lie in the user's runtime folder, so that they are gone with the session whatever happens, and
 * nothing of the user's own is touched:
 *
 *   systemd/user/UNIT.d/50-nocontact.conf    for each unit that may be one
 *   systemd/user/nocontact-server.service    for a server that the bus would start without a unit
 *   dbus-1/services/org.freedesktop.Notifications.service   so that the bus starts it through that
 */
typedef struct Wiring Wiring;

#define WIRING_SERVER_UNIT "nocontact-server.service"

/* What has to read its files again. */
enum {
        WIRING_UNITS = 1, /* the service manager */
        WIRING_BUS = 2,   /* the session bus */
};

/* `runtime` is $XDG_RUNTIME_DIR; `shares` the data folders in the order in which the bus looks into
 * their dbus-1/services, ended by NULL. Both are copied. Wires of an earlier life are found.
 * Returns 0 or a negative errno. */
int wiring_new(const char *runtime, const char *const *shares, Wiring **ret);
/* Accepts NULL; returns NULL. The files stay. */
Wiring *wiring_free(Wiring *w);
DEFINE_CLEANUP(Wiring *, wiring_free)

/* Another unit that is to be led to the relay, from the next wiring_on(). Returns 0 or -ENOMEM. */
int wiring_add_unit(Wiring *w, const char *unit);

/* Brings the files to what they should be. Returns a sum of WIRING_..., 0 when all was so already;
 * a negative errno, with some of them written. */
int wiring_on(Wiring *w);
/* Removes them, and the folders that are empty without them. Returns as wiring_on(). */
int wiring_off(Wiring *w);

/* Is any of them there? */
bool wiring_present(const Wiring *w);

/* The units that are led to the relay when wiring_on() was called. */
size_t wiring_units(const Wiring *w, const char *const **ret);
bool wiring_has_unit(const Wiring *w, const char *unit);

/* The program that the bus would start for a notification (base name, until the next wiring_on()),
 * or NULL when it knows none; Plasma's file starts nothing. */
const char *wiring_program(const Wiring *w);
