/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"

#include <stdbool.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

/* The title sensor: what a browser's window in front says that it shows. It sees private windows,
 * which no history has, and it is a hint and no more: a title is what a site makes of it. Of other
 * windows it reads no title, and it keeps none. On X11 and under sway; other desktops on Wayland
 * tell nobody. */
typedef struct Titles Titles;

typedef struct TitlesListener {
        /* `browser` is static, a name as in browser-profiles.c; `title` any bytes but NUL. Told at
         * each change, and now and then without one. */
        void (*title)(void *userdata, const char *browser, const char *title);
        /* "active", "unavailable" or "off", and one sentence why; both static. */
        void (*state)(void *userdata, const char *state, const char *detail);
} TitlesListener;

/* Starts nothing. `bus` is the session's, on which the user's service manager knows the screen.
 * Returns 0 or -ENOMEM. */
int titles_new(
        sd_event *event, sd_bus *bus, const TitlesListener *listener, void *userdata, Titles **ret);
/* Accepts NULL; returns NULL. */
Titles *titles_free(Titles *t);
DEFINE_CLEANUP(Titles *, titles_free)

/* Titles are to be read, or not any more. A service starts before the desktop, so that the screen
 * is looked for when titles are wanted, when a notification server comes, and by titles_look(). */
void titles_want(Titles *t, bool wanted);

/* Something happened that needs a screen: looks for it when it is not known, but not more often
 * than once a minute. */
void titles_look(Titles *t);
