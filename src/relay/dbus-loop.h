/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"

#include <dbus/dbus.h>
#include <systemd/sd-event.h>

/* A connection of libdbus in an event loop of libsystemd: what it reads, writes and times is done
 * by the loop, and what has come is dispatched, one message a turn. */
typedef struct DBusLoop DBusLoop;

/* Attaches the connection, which must outlive the attachment. Returns 0 or a negative errno. */
int dbus_loop_attach(DBusConnection *connection, sd_event *event, DBusLoop **ret);
/* Detaches it. Accepts NULL; returns NULL. */
DBusLoop *dbus_loop_free(DBusLoop *l);
DEFINE_CLEANUP(DBusLoop *, dbus_loop_free)
