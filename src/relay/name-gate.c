/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The owner of the name gate: hears every message, asks the keeper, answers for what is kept, and
 * has the shell's door pass on the rest. Which names are ours is takeover.c's matter, how the shell
 * is spoken to that of shell.c. It never answers a kept notification with an error: applications
 * would show it themselves then.
 *
 * Ids are handled as GNOME's helper does: another application's notification can be neither
 * replaced nor closed. */

#include "relay/name-gate.h"

#include "common/log.h"
#include "common/time.h"
#include "nocontact/bus-names.h"
#include "relay/clients.h"
#include "relay/dbus-loop.h"
#include "relay/notification.h"
#include "relay/shell-call.h"
#include "relay/shell.h"
#include "relay/takeover.h"

#include <errno.h>
#include <systemd/sd-daemon.h>
#include <time.h>

enum {
        TEST_MSEC = 10000, /* for an answer through the gate, before we trust ourselves */
        LEAVE_MSEC = 2000, /* for the last answers */
        CLOSED_BY_USER = 2,
};

/* bytes of messages that libdbus has in memory before it reads on: more than the largest message */
#define RECEIVED_MAX (512L << 20)

struct NameGate {
        sd_event *event;
        DBusConnection *connection;
        DBusLoop *loop;
        Keeper *keeper;
        Clients *clients;
        Shell *shell;
        Takeover *takeover;
        uint64_t (*clock)(void);
        sd_event_source *last, *deadline; /* of leaving */
        bool released;
};

/* --- answers --------------------------------------------------------------------------------- */

static void send_message(NameGate *g, DBusMessage *m) {
        if (m)
                (void)dbus_connection_send(g->connection, m, NULL);
}

/* With an id, or with nothing. */
static void answer(NameGate *g, DBusMessage *call, const uint32_t *id) {
        _cleanup_message_ DBusMessage *m = NULL;

        if (dbus_message_get_no_reply(call))
                return;
        m = dbus_message_new_method_return(call);
        if (m && id && !dbus_message_append_args(m, DBUS_TYPE_UINT32, id, DBUS_TYPE_INVALID))
                return;
        send_message(g, m);
}

static void tell_closed(NameGate *g, DBusMessage *call, uint32_t id) {
        const uint32_t reason = CLOSED_BY_USER;
        _cleanup_message_ DBusMessage *m = NULL;

        m = dbus_message_new_signal(SHELL_NOTIFY, NC_NOTIFICATIONS, "NotificationClosed");
        if (m && dbus_message_set_destination(m, dbus_message_get_sender(call)) &&
                dbus_message_append_args(
                        m, DBUS_TYPE_UINT32, &id, DBUS_TYPE_UINT32, &reason, DBUS_TYPE_INVALID))
                send_message(g, m);
}

static bool is_ours(uint32_t id) {
        return id >= NC_RELAY_FIRST_ID;
}

/* May the caller do something to the notification of this id? */
static bool may_touch(const NameGate *g, DBusMessage *call, uint32_t id) {
        const char *owner = clients_owner(g->clients, id);

        return !owner || streq(owner, dbus_message_get_sender(call));
}

static void refuse_id(NameGate *g, DBusMessage *call) {
        _cleanup_message_ DBusMessage *m = NULL;

        if (dbus_message_get_no_reply(call))
                return;
        m = dbus_message_new_error(call, DBUS_ERROR_INVALID_ARGS, "Invalid notification ID");
        send_message(g, m);
}

/* --- keeping --------------------------------------------------------------------------------- */

static void keep(NameGate *g, const Notification *n, const Verdict *v, uint64_t now) {
        json_t *more = notification_more(n);
        char *bytes = NULL;
        int len = 0;

        if (!dbus_message_marshal(n->message, &bytes, &len))
                len = 0;
        /* it is not shown, whatever comes of it; the keeper tells the log */
        (void)keeper_keep(g->keeper, &n->notice, v, more, bytes, (size_t)len, now);
        json_decref(more);
        dbus_free(bytes);
}

/* Returns true when the message is not to be shown; it is written down then. */
static bool judge(NameGate *g, DBusMessage *call, uint32_t *ret_replaces) {
        _cleanup_(notification_done) Notification n = {0};
        uint64_t now = g->clock();
        Verdict v = {0};
        int r;

        r = notification_take(call, &n);
        if (r == 0)
                return false; /* with other arguments: the shell refuses it */
        if (r > 0) {
                *ret_replaces = n.replaces;
                r = keeper_judge(g->keeper, &n.notice, now, &v);
        }
        if (r > 0) {
                keep(g, &n, &v, now);
                verdict_done(&v);
        }
        if (r < 0)
                log_error("A notification could not be judged, and is not shown: %s", strerror(-r));
        return r != 0;
}

/* What it takes the place of is gone for the application, and so it is from the screen. */
static void answer_notify(NameGate *g, DBusMessage *call, uint32_t replaces) {
        uint32_t id = replaces;

        if (id == 0 || (!is_ours(id) && !may_touch(g, call, id))) {
                id = keeper_new_id(g->keeper);
        } else if (!is_ours(id)) {
                (void)shell_close(g->shell, id);
                clients_drop_id(g->clients, id);
        }
        answer(g, call, &id);
        tell_closed(g, call, id);
}

static int on_notify(NameGate *g, DBusMessage *call) {
        uint32_t replaces = 0;

        if (judge(g, call, &replaces)) {
                answer_notify(g, call, replaces);
                return 0;
        }
        if (is_ours(replaces))
                replaces = 0;
        if (!may_touch(g, call, replaces)) {
                refuse_id(g, call);
                return 0;
        }
        return shell_pass(g->shell, call, replaces);
}

static int on_close(NameGate *g, DBusMessage *call) {
        uint32_t id = 0;

        (void)dbus_message_get_args(call, NULL, DBUS_TYPE_UINT32, &id, DBUS_TYPE_INVALID);
        if (is_ours(id))
                answer(g, call, NULL);
        else if (!may_touch(g, call, id))
                refuse_id(g, call);
        else
                return shell_pass(g->shell, call, 0);
        return 0;
}

static int on_add(NameGate *g, DBusMessage *call) {
        const char *app, *id;
        uint32_t none;

        if (!judge(g, call, &none))
                return shell_pass(g->shell, call, 0);
        if (dbus_message_get_args(
                    call, NULL, DBUS_TYPE_STRING, &app, DBUS_TYPE_STRING, &id, DBUS_TYPE_INVALID))
                (void)shell_remove(g->shell, app, id);
        answer(g, call, NULL);
        return 0;
}

/* --- messages -------------------------------------------------------------------------------- */

static int on_other(NameGate *g, DBusMessage *call) {
        return shell_pass(g->shell, call, 0);
}

/* The calls that are looked into; a call needs no interface. */
static const struct {
        const char *path, *interface, *member, *signature;
        int (*handle)(NameGate *g, DBusMessage *call);
} calls[] = {
        {SHELL_NOTIFY, NC_NOTIFICATIONS, "Notify", "susssasa{sv}i", on_notify},
        {SHELL_NOTIFY, NC_NOTIFICATIONS, "CloseNotification", "u", on_close},
        {SHELL_NOTIFY, NULL, NULL, NULL, on_other},
        {SHELL_GTK, SHELL_GTK_NAME, "AddNotification", "ssa{sv}", on_add},
        {SHELL_GTK, NULL, NULL, NULL, on_other},
};

static DBusHandlerResult on_call(NameGate *g, DBusMessage *call) {
        const char *interface = dbus_message_get_interface(call);

        for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
                if (!dbus_message_has_path(call, calls[i].path))
                        continue;
                if (calls[i].member &&
                        ((interface && !streq(interface, calls[i].interface)) ||
                                !dbus_message_has_member(call, calls[i].member) ||
                                !dbus_message_has_signature(call, calls[i].signature)))
                        continue;
                return calls[i].handle(g, call) < 0 ? DBUS_HANDLER_RESULT_NEED_MEMORY
                                                    : DBUS_HANDLER_RESULT_HANDLED;
        }
        return DBUS_HANDLER_RESULT_NOT_YET_HANDLED;
}

static void on_bus_signal(NameGate *g, DBusMessage *signal) {
        const char *name, *before, *now;

        if (dbus_message_is_signal(signal, DBUS_INTERFACE_DBUS, "NameOwnerChanged") &&
                dbus_message_get_args(signal, NULL, DBUS_TYPE_STRING, &name, DBUS_TYPE_STRING,
                        &before, DBUS_TYPE_STRING, &now, DBUS_TYPE_INVALID) &&
                now[0] == '\0')
                clients_drop(g->clients, name);
        takeover_signal(g->takeover, signal);
}

static DBusHandlerResult on_message(DBusConnection *connection, DBusMessage *m, void *userdata) {
        NameGate *g = userdata;

        (void)connection;
        if (dbus_message_get_type(m) == DBUS_MESSAGE_TYPE_METHOD_CALL)
                return on_call(g, m);
        if (dbus_message_get_type(m) != DBUS_MESSAGE_TYPE_SIGNAL)
                return DBUS_HANDLER_RESULT_NOT_YET_HANDLED;
        if (dbus_message_is_signal(m, DBUS_INTERFACE_LOCAL, "Disconnected"))
                (void)sd_event_exit(g->event, -ECONNRESET);
        else if (dbus_message_has_sender(m, DBUS_SERVICE_DBUS))
                on_bus_signal(g, m);
        else
                (void)shell_signal(g->shell, m);
        return DBUS_HANDLER_RESULT_HANDLED;
}

/* --- how it stands --------------------------------------------------------------------------- */

static void on_tested(void *userdata, bool answered) {
        NameGate *g = userdata;

        if (!takeover_holds(g->takeover) || !shell_ready(g->shell))
                return;
        if (answered) {
                log_info("GNOME's notifications come through the gate.");
                (void)sd_notify(0, "STATUS=GNOME's notifications come through it.");
                takeover_proved(g->takeover);
                return;
        }
        log_warning("The gate gives no answer, and stands back.");
        takeover_rest(g->takeover, false);
}

/* A question that goes the way of an application's. */
static void test(NameGate *g) {
        if (takeover_holds(g->takeover) && shell_ready(g->shell))
                (void)shell_ask(g->connection, NC_NOTIFICATIONS, TEST_MSEC, on_tested, g);
}

static void on_came(void *userdata, const char *shell) {
        NameGate *g = userdata;

        (void)shell_came(g->shell, shell);
}

static void on_left(void *userdata) {
        NameGate *g = userdata;

        shell_left(g->shell);
        (void)sd_notify(0, "STATUS=Waits for GNOME.");
}

static void on_held(void *userdata) {
        NameGate *g = userdata;

        (void)shell_probe(g->shell);
        test(g);
}

static void on_ready(void *userdata) {
        test(userdata);
}

static void on_silent(void *userdata) {
        NameGate *g = userdata;

        log_warning("GNOME's shell gives no answer; the gate stands back.");
        takeover_rest(g->takeover, false);
}

static void on_broken(void *userdata) {
        NameGate *g = userdata;

        log_warning("GNOME's shell does not take what the gate passes on; the gate stands back "
                    "until it is started again.");
        (void)sd_notify(0, "STATUS=This GNOME does not take what the gate passes on.");
        takeover_rest(g->takeover, true);
}

/* --- coming and going ------------------------------------------------------------------------ */

static int connect_bus(NameGate *g, const char *address) {
        g->connection = dbus_connection_open_private(address, NULL);
        if (!g->connection)
                return -ECONNREFUSED;
        dbus_connection_set_exit_on_disconnect(g->connection, FALSE);
        dbus_connection_set_max_received_size(g->connection, RECEIVED_MAX);
        if (!dbus_bus_register(g->connection, NULL))
                return -ECONNREFUSED;
        /* whoever leaves */
        dbus_bus_add_match(g->connection,
                "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"
                "member='NameOwnerChanged',arg2=''",
                NULL);
        return dbus_connection_add_filter(g->connection, on_message, g, NULL) ? 0 : -ENOMEM;
}

int name_gate_new(sd_event *event, const char *address, Keeper *keeper, uint64_t (*clock)(void),
        NameGate **ret) {
        _cleanup_(name_gate_freep) NameGate *g = calloc(1, sizeof(*g));
        const TakeoverListener of_names = {g, on_came, on_left, on_held};
        const ShellListener of_shell = {g, on_ready, on_silent, on_broken};
        int r;

        if (!g)
                return -ENOMEM;
        g->event = sd_event_ref(event);
        g->keeper = keeper;
        g->clock = clock;
        g->clients = clients_new();
        if (!g->clients)
                return -ENOMEM;
        if ((r = connect_bus(g, address)) < 0 ||
                (r = shell_new(g->connection, event, g->clients, &of_shell, &g->shell)) < 0 ||
                (r = takeover_new(g->connection, event, &of_names, &g->takeover)) < 0 ||
                (r = dbus_loop_attach(g->connection, event, &g->loop)) < 0 ||
                (r = takeover_begin(g->takeover)) < 0)
                return r;
        *ret = TAKE_PTR(g);
        return 0;
}

NameGate *name_gate_free(NameGate *g) {
        if (!g)
                return NULL;
        if (g->connection)
                dbus_connection_flush(g->connection);
        sd_event_source_disable_unref(g->last);
        sd_event_source_disable_unref(g->deadline);
        (void)dbus_loop_free(g->loop);
        (void)takeover_free(g->takeover);
        (void)shell_free(g->shell);
        if (g->connection) {
                dbus_connection_close(g->connection);
                dbus_connection_unref(g->connection);
        }
        (void)clients_free(g->clients);
        sd_event_unref(g->event);
        free(g);
        return NULL;
}

static void on_released(void *userdata) {
        NameGate *g = userdata;

        g->released = true;
}

static int on_post(sd_event_source *source, void *userdata) {
        NameGate *g = userdata;

        (void)source;
        return g->released && shell_open_calls(g->shell) == 0 ? sd_event_exit(g->event, 0) : 0;
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *userdata) {
        NameGate *g = userdata;

        (void)source, (void)usec;
        return sd_event_exit(g->event, 0);
}

int name_gate_leave(NameGate *g) {
        int r;

        if (g->last)
                return 0; /* on its way */
        r = sd_event_add_post(g->event, &g->last, on_post, g);
        if (r < 0)
                return r;
        r = sd_event_add_time_relative(g->event, &g->deadline, CLOCK_MONOTONIC,
                LEAVE_MSEC * USEC_PER_MSEC, 0, on_deadline, g);
        if (r < 0)
                return r;
        return takeover_leave(g->takeover, on_released, g);
}
