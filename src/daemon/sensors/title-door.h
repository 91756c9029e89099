/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"

#include <stdbool.h>
#include <systemd/sd-event.h>

/* The doors of the title sensor: one for each kind of screen that tells what is in front. */

/* News of a door, from the event loop. */
typedef struct TitleDoorListener {
        /* A browser's window is in front, or its title is another: `browser` is static. */
        void (*title)(void *userdata, const char *browser, const char *title);
        /* Does the screen tell which window is in front? Told when it is known, and when it
         * changes. */
        void (*tells)(void *userdata, bool tells);
        /* The screen is gone or says what nobody understands; the door may be freed from here. */
        void (*gone)(void *userdata);
} TitleDoorListener;

enum {
        TITLE_LEN_MAX = 1024, /* bytes of a title that are read */
};

/* X11, by _NET_ACTIVE_WINDOW and _NET_WM_NAME (Extended Window Manager Hints 1.5). `display` is
 * that of a server on this machine, ":0". Whether the server answers at all shows itself later, so
 * that nothing waits for it. Returns 0 or a negative errno; -EOPNOTSUPP for a display elsewhere. */
typedef struct TitlesX11 TitlesX11;
int titles_x11_new(sd_event *event, const char *display, const TitleDoorListener *listener,
        void *userdata, TitlesX11 **ret);
/* Accepts NULL; returns NULL. */
TitlesX11 *titles_x11_free(TitlesX11 *t);
DEFINE_CLEANUP(TitlesX11 *, titles_x11_free)

/* sway, by the socket at `path` (sway-ipc(7)). Returns 0 or a negative errno. */
typedef struct TitlesSway TitlesSway;
int titles_sway_new(sd_event *event, const char *path, const TitleDoorListener *listener,
        void *userdata, TitlesSway **ret);
/* Accepts NULL; returns NULL. */
TitlesSway *titles_sway_free(TitlesSway *t);
DEFINE_CLEANUP(TitlesSway *, titles_sway_free)
