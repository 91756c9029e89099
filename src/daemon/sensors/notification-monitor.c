/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A connection of its own to the session bus that only listens. Whose notification it is, and what
 * is done about it, is the manager's. A monitor must never answer: sd-bus would, for a call that no
 * filter took, and be put off the bus; so the filter takes everything. */

#include "daemon/sensors/notification-monitor.h"

#include "common/time.h"

#include <errno.h>

#define RECONNECT_USEC (2 * USEC_PER_SEC)
#define ACCURACY_USEC  (100 * USEC_PER_MSEC)
#define PATIENCE_USEC  (2 * USEC_PER_SEC)

#define BUS_NAME      "org.freedesktop.DBus"
#define BUS_PATH      "/org/freedesktop/DBus"
#define BUS_MONITOR   "org.freedesktop.DBus.Monitoring"
#define LOCAL_NAME    "org.freedesktop.DBus.Local"
#define NOTIFICATIONS "org.freedesktop.Notifications"

struct NotificationMonitor {
        sd_event *event;
        char *address;
        const NotificationMonitorListener *listener;
        void *userdata;
        sd_bus *bus;
        sd_event_source *timer;
        sd_bus_message *pending[MONITOR_PENDING_MAX]; /* the oldest first */
        size_t n_pending;
};

static const struct {
        const char *member, *signature;
        const char *interface; /* what a call may also leave out */
        SightingWay way;
} ways[] = {
        {"Notify", "susssasa{sv}i", NOTIFICATIONS, SIGHTING_NOTIFY},
        {"AddNotification", "ssa{sv}", "org.gtk.Notifications", SIGHTING_GTK},
        {"AddNotification", "ssa{sv}", "org.freedesktop.impl.portal.Notification", SIGHTING_PORTAL},
};

/* --- reading a message ----------------------------------------------------------------------- */

/* What of a hint is text, a number or a truth value; NULL for anything else, which is skipped. */
static json_t *read_value(sd_bus_message *m, char type) {
        union {
                const char *s;
                uint8_t y;
                int b;
                int16_t n;
                uint16_t q;
                int32_t i;
                uint32_t u;
                int64_t x;
                uint64_t t;
                double d;
        } v = {0};

        if (!strchr("sybnqiuxtd", type)) {
                (void)sd_bus_message_skip(m, NULL);
                return NULL;
        }
        if (sd_bus_message_read_basic(m, type, &v) < 0)
                return NULL;
        switch (type) {
        case 's': return json_string(v.s);
        case 'b': return json_boolean(v.b);
        case 'y': return json_integer(v.y);
        case 'n': return json_integer(v.n);
        case 'q': return json_integer(v.q);
        case 'i': return json_integer(v.i);
        case 'u': return json_integer(v.u);
        case 'x': return json_integer(v.x);
        case 't': return json_integer((json_int_t)v.t);
        default: return json_real(v.d);
        }
}

/* One entry of an a{sv}: texts that the notice wants point into the message. */
static int read_entry(sd_bus_message *m, Sighting *s, json_t *hints) {
        static const struct {
                const char *key;
                size_t offset; /* in a Notice */
                bool markup;   /* the body in markup goes before the plain one */
        } texts[] = {
                {"desktop-entry", offsetof(Notice, desktop_entry), false},
                {"title", offsetof(Notice, summary), false},
                {"body", offsetof(Notice, body), false},
                {"markup-body", offsetof(Notice, body), true},
        };
        const char *key, *type, *text;
        json_t *value;
        int r;

        r = sd_bus_message_read(m, "s", &key);
        if (r >= 0)
                r = sd_bus_message_peek_type(m, NULL, &type);
        if (r >= 0)
                r = sd_bus_message_enter_container(m, 'v', type);
        if (r < 0)
                return r;
        if (streq(type, "s")) {
                r = sd_bus_message_read(m, "s", &text);
                if (r < 0)
                        return r;
                for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
                        const char **to = (const char **)((char *)&s->notice + texts[i].offset);

                        /* title and body are hints like others where there are arguments */
                        if (streq(key, texts[i].key) && (s->way == SIGHTING_NOTIFY) == (i == 0) &&
                                (texts[i].markup || (*to)[0] == '\0'))
                                *to = text;
                }
                value = json_string(text);
        } else {
                value = read_value(m, type[0]);
        }
        if (hints && value)
                (void)json_object_set_new(hints, key, value);
        else
                json_decref(value);
        return sd_bus_message_exit_container(m);
}

static int read_entries(sd_bus_message *m, Sighting *s, json_t *hints) {
        int r;

        r = sd_bus_message_enter_container(m, 'a', "{sv}");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
                r = read_entry(m, s, hints);
                if (r >= 0)
                        r = sd_bus_message_exit_container(m);
                if (r < 0)
                        return r;
        }
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int read_actions(sd_bus_message *m, json_t *actions) {
        const char *action;
        int r;

        r = sd_bus_message_enter_container(m, 'a', "s");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_read(m, "s", &action)) > 0)
                if (actions)
                        (void)json_array_append_new(actions, json_string(action));
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

/* Fills in a sighting from a call of that way; `more` may be NULL. */
static int read_sighting(sd_bus_message *m, SightingWay way, json_t *more, Sighting *ret) {
        json_t *actions = more ? json_object_get(more, "actions") : NULL;
        json_t *hints = more ? json_object_get(more, "hints") : NULL;
        Sighting s = {
                .way = way,
                .notice = {.app = "", .desktop_entry = "", .summary = "", .body = ""},
                .sender = sd_bus_message_get_sender(m),
                .server = sd_bus_message_get_destination(m),
                .more = more,
        };
        int r;

        r = sd_bus_message_rewind(m, 1);
        if (r < 0 || !s.sender || !s.server)
                return r < 0 ? r : -EBADMSG;
        if (way == SIGHTING_NOTIFY) {
                r = sd_bus_message_read(
                        m, "susss", &s.notice.app, NULL, NULL, &s.notice.summary, &s.notice.body);
                if (r >= 0)
                        r = read_actions(m, actions);
        } else {
                r = sd_bus_message_read(m, "ss", &s.app, &s.key);
                s.notice.app = r < 0 ? "" : s.app;
                s.notice.desktop_entry = s.notice.app;
        }
        if (r >= 0)
                r = read_entries(m, &s, hints);
        if (r < 0)
                return r;
        *ret = s;
        return 0;
}

/* --- what was seen --------------------------------------------------------------------------- */

static void tell_shown(NotificationMonitor *n, sd_bus_message *m, SightingWay way,
        const char *server, uint32_t id) {
        json_t *more = json_pack("{s:[], s:{}}", "actions", "hints");
        Sighting s;

        if (read_sighting(m, way, more, &s) >= 0) {
                s.server = server ? server : s.server;
                s.id = id;
                n->listener->shown(n->userdata, &s);
        }
        json_decref(more);
}

static void forget(NotificationMonitor *n, size_t at) {
        sd_bus_message_unref(n->pending[at]);
        n->n_pending--;
        memmove(&n->pending[at], &n->pending[at + 1], (n->n_pending - at) * sizeof(n->pending[0]));
}

static void on_call(NotificationMonitor *n, sd_bus_message *m) {
        const char *member = sd_bus_message_get_member(m), *interface;
        Sighting s;
        size_t i;

        interface = sd_bus_message_get_interface(m);
        for (i = 0; i < ARRAY_LEN(ways); i++)
                if (streq(ways[i].member, member) &&
                        (interface ? streq(ways[i].interface, interface)
                                   : ways[i].way == SIGHTING_NOTIFY) &&
                        sd_bus_message_has_signature(m, ways[i].signature))
                        break;
        if (i == ARRAY_LEN(ways) || read_sighting(m, ways[i].way, NULL, &s) < 0 ||
                !n->listener->sighted(n->userdata, &s))
                return;
        if (ways[i].way != SIGHTING_NOTIFY) {
                tell_shown(n, m, ways[i].way, NULL, 0);
                return;
        }
        if (n->n_pending == MONITOR_PENDING_MAX)
                forget(n, 0);
        n->pending[n->n_pending++] = sd_bus_message_ref(m);
}

/* Who asked, and their serial, tell which call an answer belongs to. */
static size_t find_call(const NotificationMonitor *n, sd_bus_message *m) {
        const char *caller = sd_bus_message_get_destination(m);
        uint64_t reply, cookie;

        if (!caller || sd_bus_message_get_reply_cookie(m, &reply) < 0)
                return SIZE_MAX;
        for (size_t i = 0; i < n->n_pending; i++)
                if (sd_bus_message_get_cookie(n->pending[i], &cookie) >= 0 && cookie == reply &&
                        streq(sd_bus_message_get_sender(n->pending[i]), caller))
                        return i;
        return SIZE_MAX;
}

static void on_answer(NotificationMonitor *n, sd_bus_message *m) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
        size_t at = find_call(n, m);
        const char *server;
        uint32_t id;

        if (at == SIZE_MAX)
                return;
        call = sd_bus_message_ref(n->pending[at]);
        forget(n, at);
        server = sd_bus_message_get_sender(m);
        if (!sd_bus_message_is_method_error(m, NULL) && sd_bus_message_read(m, "u", &id) >= 0)
                tell_shown(n, call, SIGHTING_NOTIFY, server, id);
}

/* --- the connection -------------------------------------------------------------------------- */

static int on_message(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        NotificationMonitor *n = userdata;
        uint8_t type = 0;

        (void)ret_error;
        (void)sd_bus_message_get_type(m, &type);
        if (sd_bus_message_is_signal(m, LOCAL_NAME, "Disconnected")) {
                /* not in here: the connection is still at work on its end */
                (void)sd_event_source_set_time_relative(n->timer, RECONNECT_USEC);
                (void)sd_event_source_set_enabled(n->timer, SD_EVENT_ONESHOT);
        } else if (type == SD_BUS_MESSAGE_METHOD_CALL && sd_bus_message_get_member(m)) {
                on_call(n, m);
        } else if (type == SD_BUS_MESSAGE_METHOD_RETURN || type == SD_BUS_MESSAGE_METHOD_ERROR) {
                on_answer(n, m);
        }
        return 1;
}

static int become_monitor(sd_bus *bus) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        r = sd_bus_message_new_method_call(
                bus, &m, BUS_NAME, BUS_PATH, BUS_MONITOR, "BecomeMonitor");
        if (r >= 0)
                r = sd_bus_message_append(m, "asu", 5, "type='method_call',member='Notify'",
                        "type='method_call',interface='org.gtk.Notifications',member='AddNotification'",
                        "type='method_call',interface='org.freedesktop.impl.portal.Notification',"
                        "member='AddNotification'",
                        "type='method_return',sender='" NOTIFICATIONS "'",
                        "type='error',sender='" NOTIFICATIONS "'", 0);
        return r < 0 ? r : sd_bus_call(bus, m, PATIENCE_USEC, NULL, NULL);
}

static int connect_bus(NotificationMonitor *n) {
        _cleanup_(sd_bus_close_unrefp) sd_bus *bus = NULL;
        int r;

        r = sd_bus_new(&bus);
        if (r >= 0)
                r = sd_bus_set_address(bus, n->address);
        if (r >= 0)
                r = sd_bus_set_bus_client(bus, 1);
        if (r >= 0)
                r = sd_bus_set_monitor(bus, 1);
        if (r >= 0)
                r = sd_bus_negotiate_fds(bus, 0);
        if (r >= 0)
                r = sd_bus_start(bus);
        if (r >= 0)
                r = become_monitor(bus);
        if (r >= 0)
                r = sd_bus_add_filter(bus, NULL, on_message, n);
        if (r >= 0)
                r = sd_bus_attach_event(bus, n->event, SD_EVENT_PRIORITY_NORMAL);
        if (r < 0)
                return r;
        n->bus = TAKE_PTR(bus);
        return 0;
}

static void disconnect_bus(NotificationMonitor *n) {
        n->bus = sd_bus_close_unref(n->bus);
        while (n->n_pending > 0)
                forget(n, n->n_pending - 1);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        NotificationMonitor *n = userdata;

        (void)usec;
        disconnect_bus(n);
        if (connect_bus(n) >= 0)
                return 0;
        (void)sd_event_source_set_time_relative(source, RECONNECT_USEC);
        return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

int notification_monitor_new(sd_event *event, const char *address,
        const NotificationMonitorListener *listener, void *userdata, NotificationMonitor **ret) {
        _cleanup_(notification_monitor_freep) NotificationMonitor *n = calloc(1, sizeof(*n));
        int r;

        if (!n)
                return -ENOMEM;
        n->event = sd_event_ref(event);
        n->listener = listener;
        n->userdata = userdata;
        n->address = strdup(address);
        if (!n->address)
                return -ENOMEM;
        r = sd_event_add_time(event, &n->timer, CLOCK_MONOTONIC, 0, ACCURACY_USEC, on_timer, n);
        if (r >= 0)
                r = sd_event_source_set_enabled(n->timer, SD_EVENT_OFF);
        if (r >= 0)
                r = connect_bus(n);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(n);
        return 0;
}

NotificationMonitor *notification_monitor_free(NotificationMonitor *n) {
        if (!n)
                return NULL;
        disconnect_bus(n);
        sd_event_source_disable_unref(n->timer);
        free(n->address);
        sd_event_unref(n->event);
        free(n);
        return NULL;
}
