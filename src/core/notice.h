/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* A notification as an application gave it, whichever way it came: org.freedesktop.Notifications,
 * org.gtk.Notifications or a portal. The texts are UTF-8 and whoever fills it in keeps them; ""
 * where there is none. */
typedef struct Notice {
        const char *app;           /* the application's name or id */
        const char *desktop_entry; /* hint "desktop-entry" */
        const char *summary;       /* plain text; the title */
        const char *body;          /* may hold markup and entities */
} Notice;
