/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"

#include <dbus/dbus.h>
#include <stdbool.h>
#include <systemd/sd-event.h>

/* The names on the bus by which applications reach GNOME's notifications, and how they become ours
 * and go back, without the shell being started again and without a moment in which they are
 * nobody's for good. */
typedef struct Takeover Takeover;

/* What becomes of it. `userdata` is handed back. */
typedef struct TakeoverListener {
        void *userdata;
        void (*came)(void *userdata, const char *shell); /* the shell, with its unique name; its
                                                          * names are being asked for */
        void (*left)(void *userdata);                    /* the shell */
        void (*held)(void *userdata); /* org.freedesktop.Notifications is ours now */
} TakeoverListener;

/* `connection` is registered on the bus and outlives it. Signals of the bus are to be handed to
 * takeover_signal(). Returns 0 or a negative errno. */
int takeover_new(DBusConnection *connection, sd_event *event, const TakeoverListener *listener,
        Takeover **ret);
/* Gives no name back: takeover_leave() does, and so does the end of the connection. Accepts NULL;
 * returns NULL. */
Takeover *takeover_free(Takeover *t);
DEFINE_CLEANUP(Takeover *, takeover_free)

/* Looks for the shell. Returns 0 or -ENOMEM. */
int takeover_begin(Takeover *t);

/* A signal of org.freedesktop.DBus has come. */
void takeover_signal(Takeover *t, DBusMessage *signal);

/* Stands back: whoever had the names before has them again, at once. It tries again after a while,
 * longer each time, or with the next shell only. */
void takeover_rest(Takeover *t, bool until_next_shell);

/* It went well: the next rest is a short one. */
void takeover_proved(Takeover *t);

/* Is org.freedesktop.Notifications ours? */
bool takeover_holds(const Takeover *t);

/* Gives the names back for good. `done` is called when no call will come by them any more. */
int takeover_leave(Takeover *t, void (*done)(void *userdata), void *userdata);
