/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"
#include "core/notice.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

/* Watches the session bus as a monitor (BecomeMonitor) for notifications on their way to whoever
 * shows them. It sees what a gate has let through, and what went past it. It judges nothing. */
typedef struct NotificationMonitor NotificationMonitor;

typedef enum SightingWay {
        SIGHTING_NOTIFY, /* org.freedesktop.Notifications */
        SIGHTING_GTK,    /* org.gtk.Notifications */
        SIGHTING_PORTAL, /* org.freedesktop.impl.portal.Notification */
} SightingWay;

typedef struct Sighting {
        SightingWay way;
        Notice notice;
        const char *sender;    /* the connection that sent it */
        const char *server;    /* whom it was sent to; in shown(): the connection that took it */
        uint32_t id;           /* SIGHTING_NOTIFY, in shown(): what the server calls it */
        const char *app, *key; /* the other ways: what takes it off the screen */
        json_t *more;          /* in shown(): "actions" and "hints" as in a Held; may be NULL */
} Sighting;

/* Everything in a sighting is borrowed. All are called from the event loop. */
typedef struct NotificationMonitorListener {
        /* A notification is on its way. Whether what becomes of it is to be told. */
        bool (*sighted)(void *userdata, const Sighting *s);
        /* A server took it; for the ways without an answer, at once. */
        void (*shown)(void *userdata, const Sighting *s);
} NotificationMonitorListener;

enum {
        MONITOR_PENDING_MAX = 64, /* of which the answer is waited for; the oldest is given up */
};

/* `address` is the session bus's. It connects now, and again after a while when the connection is
 * lost. Returns 0; -EACCES when the bus allows no monitor; other negative errno. */
int notification_monitor_new(sd_event *event, const char *address,
        const NotificationMonitorListener *listener, void *userdata, NotificationMonitor **ret);
/* Accepts NULL; returns NULL. */
NotificationMonitor *notification_monitor_free(NotificationMonitor *m);
DEFINE_CLEANUP(NotificationMonitor *, notification_monitor_free)
