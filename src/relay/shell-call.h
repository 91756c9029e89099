/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"

#include <dbus/dbus.h>
#include <stdbool.h>
#include <stdint.h>

/* Calls as GNOME's shell takes them: its own implementation of org.freedesktop.Notifications and of
 * org.gtk.Notifications, which it offers to its helpers under a name of its own. */

#define SHELL_NAME       "org.gnome.Shell"
#define SHELL_NOTIFY     "/org/freedesktop/Notifications"
#define SHELL_GTK        "/org/gtk/Notifications"
#define SHELL_GTK_NAME   "org.gtk.Notifications"
#define SHELL_ANSWER_MAX 24000 /* ms a call may take; callers give up after 25 s */

static inline void dbus_message_unrefp(DBusMessage **m) {
        if (*m)
                dbus_message_unref(*m);
}
#define _cleanup_message_ _cleanup_(dbus_message_unrefp)

/* Is it Notify of org.freedesktop.Notifications, with the arguments that this has? */
bool shell_call_is_notify(DBusMessage *call);

/* Makes a Notify call for the shell out of a caller's: the same arguments, but for `replaces`,
 * which takes the place of the id to be replaced, and for the hints by which the shell learns who
 * asks, whatever the caller said there. `pid` is the caller's. Returns 0 and a message that the
 * caller unrefs, or -ENOMEM. */
int shell_call_notify(DBusMessage *call, uint32_t pid, uint32_t replaces, DBusMessage **ret);

/* Any other call, argument for argument. Returns as above. */
int shell_call_copy(DBusMessage *call, DBusMessage **ret);
