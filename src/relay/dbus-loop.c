/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The glue between libdbus and sd-event. It looks into no message; the name gate has it, as it
 * needs libdbus for copies of large messages and sd-event for all else. A failure inside of a
 * callback of libdbus, which can only be that memory is out, is handed back as libdbus wants it. */

#include "relay/dbus-loop.h"

#include "common/file.h"
#include "common/time.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <time.h>

struct DBusLoop {
        DBusConnection *connection;
        sd_event *event;
        sd_event_source *dispatch;
};

/* --- watches --------------------------------------------------------------------------------- */

/* One for each direction, as libdbus has them. */
typedef struct Watch {
        sd_event_source *source;
        int fd; /* a duplicate of our own: epoll takes a descriptor once */
} Watch;

static void watch_free(void *data) {
        Watch *w = data;

        sd_event_source_disable_unref(w->source);
        closep(&w->fd);
        free(w);
}

static uint32_t watch_events(DBusWatch *watch) {
        unsigned flags = dbus_watch_get_flags(watch);

        return (flags & DBUS_WATCH_READABLE ? (uint32_t)EPOLLIN : 0) |
               (flags & DBUS_WATCH_WRITABLE ? (uint32_t)EPOLLOUT : 0);
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        DBusWatch *watch = userdata;
        unsigned flags = 0;

        (void)source, (void)fd;
        if (events & EPOLLIN)
                flags |= DBUS_WATCH_READABLE;
        if (events & EPOLLOUT)
                flags |= DBUS_WATCH_WRITABLE;
        if (events & EPOLLERR)
                flags |= DBUS_WATCH_ERROR;
        if (events & EPOLLHUP)
                flags |= DBUS_WATCH_HANGUP;
        /* FALSE means that memory is out: the descriptor is still ready, and asks again */
        (void)dbus_watch_handle(watch, flags);
        return 0;
}

static int watch_switch(Watch *w, DBusWatch *watch) {
        return sd_event_source_set_enabled(
                w->source, dbus_watch_get_enabled(watch) ? SD_EVENT_ON : SD_EVENT_OFF);
}

static dbus_bool_t on_add_watch(DBusWatch *watch, void *userdata) {
        DBusLoop *l = userdata;
        Watch *w = calloc(1, sizeof(*w));

        if (!w)
                return FALSE;
        w->fd = fcntl(dbus_watch_get_unix_fd(watch), F_DUPFD_CLOEXEC, 3);
        if (w->fd < 0 ||
                sd_event_add_io(l->event, &w->source, w->fd, watch_events(watch), on_io, watch) <
                        0 ||
                watch_switch(w, watch) < 0) {
                watch_free(w);
                return FALSE;
        }
        dbus_watch_set_data(watch, w, watch_free);
        return TRUE;
}

static void on_remove_watch(DBusWatch *watch, void *userdata) {
        (void)userdata;
        dbus_watch_set_data(watch, NULL, NULL);
}

static void on_toggle_watch(DBusWatch *watch, void *userdata) {
        Watch *w = dbus_watch_get_data(watch);

        (void)userdata;
        if (w)
                (void)watch_switch(w, watch);
}

/* --- timeouts -------------------------------------------------------------------------------- */

static void timeout_free(void *data) {
        sd_event_source_disable_unref(data);
}

static int timeout_switch(sd_event_source *source, DBusTimeout *timeout) {
        int r;

        if (!dbus_timeout_get_enabled(timeout))
                return sd_event_source_set_enabled(source, SD_EVENT_OFF);
        r = sd_event_source_set_time_relative(
                source, (unsigned)dbus_timeout_get_interval(timeout) * USEC_PER_MSEC);
        return r < 0 ? r : sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int on_timeout(sd_event_source *source, uint64_t usec, void *userdata) {
        DBusTimeout *timeout = userdata;

        (void)usec;
        /* it goes on until libdbus takes it away, which it may do in its handler: the source is
         * set again first */
        (void)timeout_switch(source, timeout);
        (void)dbus_timeout_handle(timeout);
        return 0;
}

static dbus_bool_t on_add_timeout(DBusTimeout *timeout, void *userdata) {
        DBusLoop *l = userdata;
        sd_event_source *source = NULL;

        if (sd_event_add_time_relative(
                    l->event, &source, CLOCK_MONOTONIC, 0, 0, on_timeout, timeout) < 0)
                return FALSE;
        if (timeout_switch(source, timeout) < 0) {
                timeout_free(source);
                return FALSE;
        }
        dbus_timeout_set_data(timeout, source, timeout_free);
        return TRUE;
}

static void on_remove_timeout(DBusTimeout *timeout, void *userdata) {
        (void)userdata;
        dbus_timeout_set_data(timeout, NULL, NULL);
}

static void on_toggle_timeout(DBusTimeout *timeout, void *userdata) {
        sd_event_source *source = dbus_timeout_get_data(timeout);

        (void)userdata;
        if (source)
                (void)timeout_switch(source, timeout);
}

/* --- dispatch -------------------------------------------------------------------------------- */

static int on_dispatch(sd_event_source *source, void *userdata) {
        DBusLoop *l = userdata;

        if (dbus_connection_dispatch(l->connection) == DBUS_DISPATCH_COMPLETE)
                return sd_event_source_set_enabled(source, SD_EVENT_OFF);
        return 0;
}

static void on_status(DBusConnection *connection, DBusDispatchStatus status, void *userdata) {
        DBusLoop *l = userdata;

        (void)connection;
        if (status != DBUS_DISPATCH_COMPLETE)
                (void)sd_event_source_set_enabled(l->dispatch, SD_EVENT_ON);
}

int dbus_loop_attach(DBusConnection *connection, sd_event *event, DBusLoop **ret) {
        _cleanup_(dbus_loop_freep) DBusLoop *l = calloc(1, sizeof(*l));
        int r;

        if (!l)
                return -ENOMEM;
        l->connection = connection;
        l->event = sd_event_ref(event);
        /* on at first: something may have come already */
        r = sd_event_add_defer(event, &l->dispatch, on_dispatch, l);
        if (r < 0)
                return r;
        r = sd_event_source_set_enabled(l->dispatch, SD_EVENT_ON);
        if (r < 0)
                return r;
        if (!dbus_connection_set_watch_functions(
                    connection, on_add_watch, on_remove_watch, on_toggle_watch, l, NULL) ||
                !dbus_connection_set_timeout_functions(
                        connection, on_add_timeout, on_remove_timeout, on_toggle_timeout, l, NULL))
                return -ENOMEM;
        dbus_connection_set_dispatch_status_function(connection, on_status, l, NULL);
        *ret = TAKE_PTR(l);
        return 0;
}

DBusLoop *dbus_loop_free(DBusLoop *l) {
        if (!l)
                return NULL;
        dbus_connection_set_dispatch_status_function(l->connection, NULL, NULL, NULL);
        (void)dbus_connection_set_watch_functions(l->connection, NULL, NULL, NULL, NULL, NULL);
        (void)dbus_connection_set_timeout_functions(l->connection, NULL, NULL, NULL, NULL, NULL);
        sd_event_source_disable_unref(l->dispatch);
        sd_event_unref(l->event);
        free(l);
        return NULL;
}
