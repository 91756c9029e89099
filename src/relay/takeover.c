/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The names. GNOME's shell lets a helper own org.freedesktop.Notifications; the helper gives way to
 * whoever takes its other name, and then the bus hands the first one to whoever waits for it. A new
 * helper is started behind us then, and waits in its turn: if we end, however we end, the bus gives
 * it the name at that moment. org.gtk.Notifications is the shell's own and cannot be had from it;
 * it is ours if we ask before the shell does, as we can when the shell starts after us.
 *
 * While there is no shell, no name is held: another desktop's server may want them. It knows
 * nothing of notifications. */

#include "relay/takeover.h"

#include "common/log.h"
#include "common/time.h"
#include "nocontact/bus-names.h"
#include "relay/shell-call.h"

#include <errno.h>
#include <time.h>

#define HELPER "org.gnome.Shell.Notifications" /* the helper's other name, which starts it */

enum {
        CALL_MSEC = 25000,  /* the bus answers at once, or is gone */
        KICK_MSEC = 5000,   /* for a helper to end; it takes some 20 ms */
        HELPER_MSEC = 1000, /* before one that has ended is started again */
        REST_MSEC = 10000,
        REST_MSEC_MAX = 600000,
};

typedef enum Stage {
        STAGE_AWAY,    /* there is no shell */
        STAGE_WAITING, /* for whoever has the name */
        STAGE_KICKED,  /* the helper was told to go */
        STAGE_HELD,
        STAGE_RESTING,
} Stage;

struct Takeover {
        DBusConnection *connection;
        TakeoverListener listener;
        sd_event_source *timer;
        Stage stage;
        unsigned rest_msec;
        char *owner; /* of org.freedesktop.Notifications, as last asked for */

        void (*done)(void *userdata); /* once it is leaving */
        void *done_userdata;
};

/* --- calls of the bus ------------------------------------------------------------------------ */

typedef void (*Answer)(Takeover *t, DBusMessage *reply);

typedef struct Asked {
        Takeover *takeover;
        Answer answer;
} Asked;

static void on_answer(DBusPendingCall *pending, void *userdata) {
        const Asked *asked = userdata;
        _cleanup_message_ DBusMessage *reply = dbus_pending_call_steal_reply(pending);

        asked->answer(asked->takeover, reply);
}

/* Sends a call to the bus; NULL: its answer does not matter. With `flags` where the method has
 * such. */
static int ask(
        Takeover *t, const char *method, const char *name, const uint32_t *flags, Answer answer) {
        _cleanup_message_ DBusMessage *m = NULL;
        DBusPendingCall *pending = NULL;
        Asked *asked;

        m = dbus_message_new_method_call(
                DBUS_SERVICE_DBUS, DBUS_PATH_DBUS, DBUS_INTERFACE_DBUS, method);
        if (!m || !dbus_message_append_args(m, DBUS_TYPE_STRING, &name, DBUS_TYPE_INVALID) ||
                (flags && !dbus_message_append_args(m, DBUS_TYPE_UINT32, flags, DBUS_TYPE_INVALID)))
                return -ENOMEM;
        if (!answer) {
                dbus_message_set_no_reply(m, TRUE);
                return dbus_connection_send(t->connection, m, NULL) ? 0 : -ENOMEM;
        }
        asked = malloc(sizeof(*asked));
        if (!asked)
                return -ENOMEM;
        *asked = (Asked){t, answer};
        if (!dbus_connection_send_with_reply(t->connection, m, &pending, CALL_MSEC) || !pending ||
                !dbus_pending_call_set_notify(pending, on_answer, asked, free)) {
                free(asked);
                return -ENOMEM;
        }
        dbus_pending_call_unref(pending);
        return 0;
}

static void release(Takeover *t, const char *name) {
        (void)ask(t, "ReleaseName", name, NULL, NULL);
}

static void start_helper(Takeover *t) {
        (void)ask(t, "StartServiceByName", HELPER, &(const uint32_t){0}, NULL);
}

static void set_timer(Takeover *t, unsigned msec) {
        (void)sd_event_source_set_time_relative(t->timer, msec * USEC_PER_MSEC);
        (void)sd_event_source_set_enabled(t->timer, SD_EVENT_ONESHOT);
}

/* --- taking ---------------------------------------------------------------------------------- */

static void hold(Takeover *t) {
        if (t->stage != STAGE_WAITING && t->stage != STAGE_KICKED)
                return;
        if (t->stage == STAGE_KICKED)
                release(t, HELPER);
        t->stage = STAGE_HELD;
        (void)sd_event_source_set_enabled(t->timer, SD_EVENT_OFF);
        start_helper(t);
        t->listener.held(t->listener.userdata);
}

static uint32_t answered_number(DBusMessage *reply) {
        uint32_t n = 0;

        return reply && dbus_message_get_args(reply, NULL, DBUS_TYPE_UINT32, &n, DBUS_TYPE_INVALID)
                       ? n
                       : 0;
}

static void on_kicked(Takeover *t, DBusMessage *reply) {
        if (t->stage != STAGE_KICKED ||
                answered_number(reply) == DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER)
                return;
        log_warning("GNOME's helper does not give way");
        takeover_rest(t, false);
}

static void kick(Takeover *t) {
        static const uint32_t flags = DBUS_NAME_FLAG_REPLACE_EXISTING | DBUS_NAME_FLAG_DO_NOT_QUEUE;

        t->stage = STAGE_KICKED;
        set_timer(t, KICK_MSEC);
        (void)ask(t, "RequestName", HELPER, &flags, on_kicked);
}

/* Both names have one owner: that is the helper. Anybody else is waited for. */
static void on_helper(Takeover *t, DBusMessage *reply) {
        const char *helper = "";

        if (t->stage == STAGE_WAITING && t->owner && reply &&
                dbus_message_get_args(reply, NULL, DBUS_TYPE_STRING, &helper, DBUS_TYPE_INVALID) &&
                streq(helper, t->owner))
                kick(t);
}

static void on_owner(Takeover *t, DBusMessage *reply) {
        const char *owner;

        free(t->owner);
        t->owner = reply && dbus_message_get_args(
                                    reply, NULL, DBUS_TYPE_STRING, &owner, DBUS_TYPE_INVALID)
                           ? strdup(owner)
                           : NULL;
}

static void look(Takeover *t) {
        (void)ask(t, "GetNameOwner", NC_NOTIFICATIONS, NULL, on_owner);
        (void)ask(t, "GetNameOwner", HELPER, NULL, on_helper);
}

static void on_requested(Takeover *t, DBusMessage *reply) {
        uint32_t n = answered_number(reply);

        if (n == DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER ||
                n == DBUS_REQUEST_NAME_REPLY_ALREADY_OWNER)
                hold(t);
        else if (n == DBUS_REQUEST_NAME_REPLY_IN_QUEUE && t->stage == STAGE_WAITING)
                look(t);
}

/* Nobody may take them from us, and we wait for them when they are another's. */
static void take(Takeover *t) {
        static const uint32_t flags = 0;

        t->stage = STAGE_WAITING;
        (void)ask(t, "RequestName", SHELL_GTK_NAME, &flags, NULL);
        (void)ask(t, "RequestName", NC_NOTIFICATIONS, &flags, on_requested);
}

/* --- standing back --------------------------------------------------------------------------- */

static void give_back(Takeover *t, Stage stage) {
        bool kicked = t->stage == STAGE_KICKED;

        t->stage = stage;
        (void)sd_event_source_set_enabled(t->timer, SD_EVENT_OFF);
        release(t, NC_NOTIFICATIONS);
        release(t, SHELL_GTK_NAME);
        if (kicked) {
                release(t, HELPER);
                start_helper(t);
        }
}

void takeover_rest(Takeover *t, bool until_next_shell) {
        if (t->stage == STAGE_AWAY || t->stage == STAGE_RESTING)
                return;
        give_back(t, STAGE_RESTING);
        if (until_next_shell)
                return;
        set_timer(t, t->rest_msec);
        t->rest_msec = MIN(t->rest_msec * 2, (unsigned)REST_MSEC_MAX);
}

void takeover_proved(Takeover *t) {
        t->rest_msec = REST_MSEC;
}

bool takeover_holds(const Takeover *t) {
        return t->stage == STAGE_HELD;
}

static void on_released(Takeover *t, DBusMessage *reply) {
        (void)reply;
        if (t->done)
                t->done(t->done_userdata);
}

int takeover_leave(Takeover *t, void (*done)(void *userdata), void *userdata) {
        t->done = done;
        t->done_userdata = userdata;
        give_back(t, STAGE_AWAY);
        /* released already: the answer tells that the bus has done so */
        return ask(t, "ReleaseName", NC_NOTIFICATIONS, NULL, on_released);
}

/* --- what the bus tells ---------------------------------------------------------------------- */

static void shell_came(Takeover *t, const char *shell) {
        t->rest_msec = REST_MSEC;
        t->listener.came(t->listener.userdata, shell);
        take(t);
}

static void shell_changed(Takeover *t, const char *shell) {
        if (t->done)
                return;
        if (t->stage != STAGE_AWAY) {
                give_back(t, STAGE_AWAY);
                t->listener.left(t->listener.userdata);
        }
        if (shell[0] != '\0')
                shell_came(t, shell);
}

/* A helper that has come may be the one that has the name; one that has gone is missing behind
 * us. */
static void helper_changed(Takeover *t, const char *before, const char *now) {
        const char *we = dbus_bus_get_unique_name(t->connection);

        if (t->stage == STAGE_WAITING && now[0] != '\0')
                look(t);
        else if (t->stage == STAGE_HELD && now[0] == '\0' && !streq(before, we))
                set_timer(t, HELPER_MSEC);
}

void takeover_signal(Takeover *t, DBusMessage *signal) {
        const char *name, *before, *now;

        if (dbus_message_is_signal(signal, DBUS_INTERFACE_DBUS, "NameAcquired") &&
                dbus_message_get_args(signal, NULL, DBUS_TYPE_STRING, &name, DBUS_TYPE_INVALID)) {
                if (streq(name, NC_NOTIFICATIONS))
                        hold(t);
                return;
        }
        if (!dbus_message_is_signal(signal, DBUS_INTERFACE_DBUS, "NameOwnerChanged") ||
                !dbus_message_get_args(signal, NULL, DBUS_TYPE_STRING, &name, DBUS_TYPE_STRING,
                        &before, DBUS_TYPE_STRING, &now, DBUS_TYPE_INVALID))
                return;
        if (streq(name, SHELL_NAME))
                shell_changed(t, now);
        else if (streq(name, HELPER))
                helper_changed(t, before, now);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        Takeover *t = userdata;

        (void)source, (void)usec;
        if (t->stage == STAGE_KICKED) {
                log_warning("GNOME's helper gives way, and keeps its name");
                takeover_rest(t, false);
        } else if (t->stage == STAGE_HELD) {
                start_helper(t);
        } else if (t->stage == STAGE_RESTING) {
                take(t);
        }
        return 0;
}

static void on_shell(Takeover *t, DBusMessage *reply) {
        const char *shell;

        /* the bus may have told it meanwhile */
        if (t->stage == STAGE_AWAY && reply &&
                dbus_message_get_args(reply, NULL, DBUS_TYPE_STRING, &shell, DBUS_TYPE_INVALID))
                shell_came(t, shell);
}

int takeover_new(DBusConnection *connection, sd_event *event, const TakeoverListener *listener,
        Takeover **ret) {
        _cleanup_(takeover_freep) Takeover *t = calloc(1, sizeof(*t));
        int r;

        if (!t)
                return -ENOMEM;
        t->connection = dbus_connection_ref(connection);
        t->listener = *listener;
        t->rest_msec = REST_MSEC;
        r = sd_event_add_time_relative(event, &t->timer, CLOCK_MONOTONIC, 0, 0, on_timer, t);
        if (r < 0)
                return r;
        r = sd_event_source_set_enabled(t->timer, SD_EVENT_OFF);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(t);
        return 0;
}

Takeover *takeover_free(Takeover *t) {
        if (!t)
                return NULL;
        sd_event_source_disable_unref(t->timer);
        dbus_connection_unref(t->connection);
        free(t->owner);
        free(t);
        return NULL;
}

int takeover_begin(Takeover *t) {
        static const char *const rules[] = {
                "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"
                "member='NameOwnerChanged',arg0='" SHELL_NAME "'",
                "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"
                "member='NameOwnerChanged',arg0='" HELPER "'",
        };

        for (size_t i = 0; i < ARRAY_LEN(rules); i++)
                dbus_bus_add_match(t->connection, rules[i], NULL);
        return ask(t, "GetNameOwner", SHELL_NAME, NULL, on_shell);
}
