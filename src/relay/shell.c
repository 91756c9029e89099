/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Passing on. It judges no notification: what comes here is to be seen. Calls go to the shell in
 * the order in which they came; the first Notify of a client waits for the bus to say which process
 * that is, and what came after it waits too.
 *
 * The shell gives ids and emits signals to everybody or to us; the one whom they concern is
 * remembered with the id. An id from before our time is nobody's: such a signal goes to everybody,
 * as other servers send all of theirs. */

#include "relay/shell.h"

#include "common/time.h"
#include "nocontact/bus-names.h"
#include "relay/shell-call.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

enum {
        PROBE_MSEC = 5000,  /* one question whether the shell answers */
        AGAIN_MSEC = 250,   /* before the next one */
        PROBES_MSEC = 60000 /* of a shell that starts */
};

typedef struct Waiting {
        DBusMessage *call;
        uint32_t replaces;
} Waiting;

struct Shell {
        DBusConnection *connection;
        Clients *clients;
        ShellListener listener;
        sd_event *event;
        sd_event_source *timer; /* the next probe */
        char *unique;           /* NULL: there is none */
        bool ready;
        uint64_t since_usec; /* of the probes */

        Waiting waiting[SHELL_WAITING_MAX]; /* a ring */
        size_t first, n_waiting;
        char *asked; /* the client whose process the bus is asked for, NULL: none */
        size_t in_flight;
};

static void pump(Shell *s);

/* --- asking the shell who it is -------------------------------------------------------------- */

typedef struct Question {
        void (*answer)(void *userdata, bool answered);
        void *userdata;
} Question;

static void on_answer(DBusPendingCall *pending, void *userdata) {
        const Question *q = userdata;
        _cleanup_message_ DBusMessage *reply = dbus_pending_call_steal_reply(pending);

        q->answer(q->userdata,
                reply && dbus_message_get_type(reply) == DBUS_MESSAGE_TYPE_METHOD_RETURN &&
                        dbus_message_has_signature(reply, "ssss"));
}

int shell_ask(DBusConnection *connection, const char *destination, int msec,
        void (*answer)(void *userdata, bool answered), void *userdata) {
        _cleanup_message_ DBusMessage *m = NULL;
        DBusPendingCall *pending = NULL;
        Question *q;

        m = dbus_message_new_method_call(
                destination, SHELL_NOTIFY, NC_NOTIFICATIONS, "GetServerInformation");
        q = malloc(sizeof(*q));
        if (q)
                *q = (Question){answer, userdata};
        if (m)
                dbus_message_set_auto_start(m, FALSE);
        if (!m || !q || !dbus_connection_send_with_reply(connection, m, &pending, msec) ||
                !pending || !dbus_pending_call_set_notify(pending, on_answer, q, free)) {
                free(q);
                return -ENOMEM;
        }
        dbus_pending_call_unref(pending);
        return 0;
}

static uint64_t now_usec(const Shell *s) {
        uint64_t usec = 0;

        (void)sd_event_now(s->event, CLOCK_MONOTONIC, &usec);
        return usec;
}

static void on_probed(void *userdata, bool answered) {
        Shell *s = userdata;

        if (!s->unique || s->ready)
                return;
        if (answered) {
                s->ready = true;
                s->listener.ready(s->listener.userdata);
                pump(s);
        } else if (now_usec(s) - s->since_usec > PROBES_MSEC * USEC_PER_MSEC) {
                s->listener.silent(s->listener.userdata);
        } else {
                (void)sd_event_source_set_time_relative(s->timer, AGAIN_MSEC * USEC_PER_MSEC);
                (void)sd_event_source_set_enabled(s->timer, SD_EVENT_ONESHOT);
        }
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        Shell *s = userdata;

        (void)source, (void)usec;
        return s->unique ? shell_ask(s->connection, s->unique, PROBE_MSEC, on_probed, s) : 0;
}

int shell_came(Shell *s, const char *unique) {
        char *copy = strdup(unique);

        if (!copy)
                return -ENOMEM;
        shell_left(s);
        s->unique = copy;
        return shell_probe(s);
}

int shell_probe(Shell *s) {
        if (!s->unique || s->ready)
                return 0;
        s->since_usec = now_usec(s);
        return shell_ask(s->connection, s->unique, PROBE_MSEC, on_probed, s);
}

bool shell_ready(const Shell *s) {
        return s->ready;
}

/* --- answers --------------------------------------------------------------------------------- */

static void refuse(Shell *s, DBusMessage *call, const char *error, const char *sentence) {
        _cleanup_message_ DBusMessage *m = NULL;

        if (dbus_message_get_no_reply(call))
                return;
        m = dbus_message_new_error(call, error, sentence);
        if (m)
                (void)dbus_connection_send(s->connection, m, NULL);
}

/* A call that the shell has; of the caller's message no more is kept than what an answer needs. */
typedef struct Passed {
        Shell *shell;
        char *sender;
        uint32_t serial;
        bool notify;
} Passed;

static void passed_free(void *data) {
        Passed *p = data;

        free(p->sender);
        free(p);
}

static void on_direct(void *userdata, bool answered) {
        Shell *s = userdata;

        if (answered && s->unique)
                s->listener.broken(s->listener.userdata);
}

static void on_reply(DBusPendingCall *pending, void *userdata) {
        const Passed *p = userdata;
        Shell *s = p->shell;
        _cleanup_message_ DBusMessage *reply = dbus_pending_call_steal_reply(pending);
        _cleanup_message_ DBusMessage *m = reply ? dbus_message_copy(reply) : NULL;
        uint32_t id;

        s->in_flight--;
        if (p->notify && reply &&
                dbus_message_get_args(reply, NULL, DBUS_TYPE_UINT32, &id, DBUS_TYPE_INVALID))
                (void)clients_add_id(s->clients, p->sender, id);
        /* is it slow, or does it not understand us? */
        if (p->notify && reply && s->unique && dbus_message_is_error(reply, DBUS_ERROR_NO_REPLY))
                (void)shell_ask(s->connection, s->unique, PROBE_MSEC, on_direct, s);
        if (m && dbus_message_set_sender(m, NULL) && dbus_message_set_destination(m, p->sender) &&
                dbus_message_set_reply_serial(m, p->serial))
                (void)dbus_connection_send(s->connection, m, NULL);
}

static int send_on(Shell *s, DBusMessage *call, DBusMessage *m) {
        DBusPendingCall *pending = NULL;
        Passed *p;

        if (dbus_message_get_no_reply(call))
                return dbus_connection_send(s->connection, m, NULL) ? 0 : -ENOMEM;
        p = calloc(1, sizeof(*p));
        if (!p)
                return -ENOMEM;
        *p = (Passed){s, strdup(dbus_message_get_sender(call)), dbus_message_get_serial(call),
                shell_call_is_notify(call)};
        if (!p->sender ||
                !dbus_connection_send_with_reply(s->connection, m, &pending, SHELL_ANSWER_MAX) ||
                !pending || !dbus_pending_call_set_notify(pending, on_reply, p, passed_free)) {
                passed_free(p);
                return -ENOMEM;
        }
        s->in_flight++;
        dbus_pending_call_unref(pending);
        return 0;
}

/* --- the queue ------------------------------------------------------------------------------- */

static Waiting pop(Shell *s) {
        Waiting w = s->waiting[s->first];

        s->first = (s->first + 1) % SHELL_WAITING_MAX;
        s->n_waiting--;
        return w;
}

/* The bus says which process a client is. One that has left has no use for an answer; of one that
 * the bus cannot tell, we are as good a process as any. */
static void on_pid(DBusPendingCall *pending, void *userdata) {
        Shell *s = userdata;
        _cleanup_message_ DBusMessage *reply = dbus_pending_call_steal_reply(pending);
        dbus_uint32_t pid = (dbus_uint32_t)getpid();
        _cleanup_free_ char *who = TAKE_PTR(s->asked);

        if (reply && dbus_message_is_error(reply, DBUS_ERROR_NAME_HAS_NO_OWNER)) {
                if (s->n_waiting > 0 &&
                        streq(dbus_message_get_sender(s->waiting[s->first].call), who))
                        dbus_message_unref(pop(s).call);
        } else {
                if (reply)
                        (void)dbus_message_get_args(
                                reply, NULL, DBUS_TYPE_UINT32, &pid, DBUS_TYPE_INVALID);
                (void)clients_set_pid(s->clients, who, pid);
        }
        pump(s);
}

static int ask_pid(Shell *s, const char *who) {
        _cleanup_message_ DBusMessage *m = NULL;
        _cleanup_free_ char *copy = strdup(who);
        DBusPendingCall *pending = NULL;

        m = dbus_message_new_method_call(DBUS_SERVICE_DBUS, DBUS_PATH_DBUS, DBUS_INTERFACE_DBUS,
                "GetConnectionUnixProcessID");
        if (!m || !copy ||
                !dbus_message_append_args(m, DBUS_TYPE_STRING, &who, DBUS_TYPE_INVALID) ||
                !dbus_connection_send_with_reply(
                        s->connection, m, &pending, DBUS_TIMEOUT_USE_DEFAULT) ||
                !pending || !dbus_pending_call_set_notify(pending, on_pid, s, NULL))
                return -ENOMEM;
        dbus_pending_call_unref(pending);
        s->asked = TAKE_PTR(copy);
        return 0;
}

static int pass_first(Shell *s) {
        const Waiting *w = &s->waiting[s->first];
        const char *who = dbus_message_get_sender(w->call);
        _cleanup_message_ DBusMessage *m = NULL;
        int r;

        r = shell_call_is_notify(w->call)
                    ? shell_call_notify(w->call, clients_pid(s->clients, who), w->replaces, &m)
                    : shell_call_copy(w->call, &m);
        return r < 0 ? r : send_on(s, w->call, m);
}

/* Sends on what can be sent on. */
static void pump(Shell *s) {
        while (s->ready && s->n_waiting > 0 && !s->asked) {
                DBusMessage *call = s->waiting[s->first].call;
                const char *who = dbus_message_get_sender(call);
                int r = 0;

                if (shell_call_is_notify(call) && clients_pid(s->clients, who) == 0) {
                        r = ask_pid(s, who);
                        if (r == 0)
                                return;
                } else {
                        r = pass_first(s);
                }
                if (r < 0)
                        refuse(s, call, DBUS_ERROR_NO_MEMORY, "There is no memory for it.");
                dbus_message_unref(pop(s).call);
        }
}

int shell_pass(Shell *s, DBusMessage *call, uint32_t replaces) {
        if (!dbus_message_get_sender(call))
                return 0; /* no bus sends such a one */
        if (!s->unique) {
                refuse(s, call, DBUS_ERROR_SERVICE_UNKNOWN, "GNOME's shell is not running.");
                return 0;
        }
        if (s->n_waiting == SHELL_WAITING_MAX) {
                refuse(s, call, DBUS_ERROR_LIMITS_EXCEEDED, "Too many wait for GNOME's shell.");
                return 0;
        }
        s->waiting[(s->first + s->n_waiting++) % SHELL_WAITING_MAX] =
                (Waiting){dbus_message_ref(call), replaces};
        pump(s);
        return 0;
}

void shell_left(Shell *s) {
        while (s->n_waiting > 0) {
                DBusMessage *call = pop(s).call;

                refuse(s, call, DBUS_ERROR_SERVICE_UNKNOWN, "GNOME's shell has ended.");
                dbus_message_unref(call);
        }
        (void)sd_event_source_set_enabled(s->timer, SD_EVENT_OFF);
        clients_drop_ids(s->clients);
        free(s->unique);
        s->unique = NULL;
        s->ready = false;
}

size_t shell_open_calls(const Shell *s) {
        return s->n_waiting + s->in_flight;
}

/* Sends a call whose answer does not matter; NULL: memory was out. */
static int send_last(Shell *s, DBusMessage *m) {
        if (!m)
                return -ENOMEM;
        dbus_message_set_auto_start(m, FALSE);
        dbus_message_set_no_reply(m, TRUE);
        return dbus_connection_send(s->connection, m, NULL) ? 0 : -ENOMEM;
}

int shell_close(Shell *s, uint32_t id) {
        _cleanup_message_ DBusMessage *m = NULL;

        m = dbus_message_new_method_call(
                SHELL_NAME, SHELL_NOTIFY, NC_NOTIFICATIONS, "CloseNotification");
        if (m && !dbus_message_append_args(m, DBUS_TYPE_UINT32, &id, DBUS_TYPE_INVALID))
                return -ENOMEM;
        return send_last(s, m);
}

int shell_remove(Shell *s, const char *app, const char *id) {
        _cleanup_message_ DBusMessage *m = NULL;

        m = dbus_message_new_method_call(
                SHELL_NAME, SHELL_GTK, SHELL_GTK_NAME, "RemoveNotification");
        if (m && !dbus_message_append_args(
                         m, DBUS_TYPE_STRING, &app, DBUS_TYPE_STRING, &id, DBUS_TYPE_INVALID))
                return -ENOMEM;
        return send_last(s, m);
}

/* --- signals --------------------------------------------------------------------------------- */

bool shell_signal(Shell *s, DBusMessage *signal) {
        const char *sender = dbus_message_get_sender(signal);
        _cleanup_message_ DBusMessage *m = NULL;
        DBusMessageIter iter;
        uint32_t id;

        if (!s->unique || !sender || !streq(sender, s->unique) ||
                !dbus_message_has_interface(signal, NC_NOTIFICATIONS) ||
                !dbus_message_iter_init(signal, &iter) ||
                dbus_message_iter_get_arg_type(&iter) != DBUS_TYPE_UINT32)
                return false;
        dbus_message_iter_get_basic(&iter, &id);
        m = dbus_message_copy(signal);
        /* nobody's: to everybody */
        if (m && dbus_message_set_sender(m, NULL) &&
                dbus_message_set_destination(m, clients_owner(s->clients, id)))
                (void)dbus_connection_send(s->connection, m, NULL);
        if (dbus_message_has_member(signal, "NotificationClosed"))
                clients_drop_id(s->clients, id);
        return true;
}

int shell_new(DBusConnection *connection, sd_event *event, Clients *clients,
        const ShellListener *listener, Shell **ret) {
        _cleanup_(shell_freep) Shell *s = calloc(1, sizeof(*s));
        int r;

        if (!s)
                return -ENOMEM;
        s->connection = dbus_connection_ref(connection);
        s->clients = clients;
        s->listener = *listener;
        s->event = sd_event_ref(event);
        r = sd_event_add_time_relative(event, &s->timer, CLOCK_MONOTONIC, 0, 0, on_timer, s);
        if (r < 0)
                return r;
        r = sd_event_source_set_enabled(s->timer, SD_EVENT_OFF);
        if (r < 0)
                return r;
        dbus_bus_add_match(connection,
                "type='signal',sender='" SHELL_NAME "',interface='" NC_NOTIFICATIONS "'", NULL);
        *ret = TAKE_PTR(s);
        return 0;
}

Shell *shell_free(Shell *s) {
        if (!s)
                return NULL;
        while (s->n_waiting > 0)
                dbus_message_unref(pop(s).call);
        sd_event_source_disable_unref(s->timer);
        sd_event_unref(s->event);
        dbus_connection_unref(s->connection);
        free(s->unique);
        free(s->asked);
        free(s);
        return NULL;
}
