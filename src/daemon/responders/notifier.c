/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The door to org.freedesktop.Notifications. A server is never asked for before it is called,
 * because most of them are started by that call. It trusts no server: an answer counts only from
 * the connection that took the popup, and only with that popup's id. It decides nothing about what
 * is shown or when. Used by nudge.c. */

#include "daemon/responders/notifier.h"

#include "common/array.h"
#include "common/buffer.h"

#include <assert.h>
#include <errno.h>

#define SERVER_NAME      "org.freedesktop.Notifications"
#define SERVER_PATH      "/org/freedesktop/Notifications"
#define SERVER_INTERFACE "org.freedesktop.Notifications"

#define BUS_NAME      "org.freedesktop.DBus"
#define BUS_PATH      "/org/freedesktop/DBus"
#define BUS_INTERFACE "org.freedesktop.DBus"

#define APP_NAME "nocontact"

enum {
        URGENCY_NORMAL = 1, /* critical ones stay until they are dismissed: too much for a pause */
        CLOSED_BY_USER = 2, /* reason of NotificationClosed */
        EARLY_MAX = 8,      /* closings remembered that came before the id they belong to */
};

struct Popup {
        Notifier *notifier;
        const PopupListener *listener; /* NULL: told once, frees itself */
        void *userdata;
        sd_bus_slot *call; /* the Notify that is out, or NULL */
        char *owner;       /* unique name of the connection that took it */
        uint32_t id;       /* what that connection calls it; 0 before it took anything */
        bool up;           /* taken, and not closed since */
        bool chosen;       /* an action came, and the server may close what it showed by itself */
        bool unwanted;     /* closed while a call was out: close what that call brings */
};

typedef struct Early {
        char *owner;
        uint32_t id;
} Early;

struct Notifier {
        sd_bus *bus;
        const NotifierListener *listener;
        void *userdata;

        sd_bus_slot *match_owner, *match_chosen, *match_closed;
        sd_bus_slot *call_owner, *call_names, *call_caps;

        char *owner;      /* unique name, or NULL when there is none */
        bool owner_asked; /* the first answer about it has come */
        bool activatable; /* the bus would start one */
        bool caps_known;  /* `caps` is what the owner said */
        NotifierCaps caps;
        NotifierState failure; /* of the last call, or NOTIFIER_UNKNOWN */
        bool deaf;
        NotifierState told; /* the state that the listener knows */

        Popup **popups;
        size_t n_popups, space;
        Early early[EARLY_MAX];
        size_t n_early;
};

/* --- state ----------------------------------------------------------------------------------- */

static NotifierState state_now(const Notifier *n) {
        if (n->deaf)
                return NOTIFIER_DEAF;
        if (n->failure != NOTIFIER_UNKNOWN)
                return n->failure;
        if (n->owner && n->caps_known)
                return n->caps.actions ? NOTIFIER_READY : NOTIFIER_NO_ACTIONS;
        if (n->owner || !n->owner_asked || n->call_names)
                return NOTIFIER_UNKNOWN;
        return n->activatable ? NOTIFIER_ACTIVATABLE : NOTIFIER_ABSENT;
}

static void tell_state(Notifier *n) {
        NotifierState now = state_now(n);

        if (now == NOTIFIER_UNKNOWN || now == n->told)
                return;
        n->told = now;
        n->listener->state(n->userdata, now);
}

static void set_failure(Notifier *n, NotifierState failure) {
        n->failure = failure;
        tell_state(n);
}

/* An error of a method call as a state. */
static NotifierState failure_from(const Notifier *n, const sd_bus_error *e) {
        static const struct {
                const char *prefix;
                NotifierState state;
        } known[] = {
                {"org.freedesktop.DBus.Error.ServiceUnknown", NOTIFIER_ABSENT},
                {"org.freedesktop.DBus.Error.NameHasNoOwner", NOTIFIER_ABSENT},
                {"org.freedesktop.DBus.Error.Spawn.", NOTIFIER_ABSENT},
                {"org.freedesktop.systemd1.", NOTIFIER_ABSENT}, /* its unit could not be started */
                {"org.freedesktop.DBus.Error.NoReply", NOTIFIER_SILENT},
                {"org.freedesktop.DBus.Error.Timeout", NOTIFIER_SILENT},
                {"org.freedesktop.DBus.Error.TimedOut", NOTIFIER_SILENT},
                {"org.freedesktop.DBus.Error.Disconnected", NOTIFIER_SILENT},
        };

        for (size_t i = 0; i < ARRAY_LEN(known); i++) {
                if (strncmp(e->name, known[i].prefix, strlen(known[i].prefix)) != 0)
                        continue;
                /* it died with the call; whether another can be had is known from the bus */
                if (known[i].state == NOTIFIER_SILENT && !n->owner)
                        return NOTIFIER_UNKNOWN;
                return known[i].state;
        }
        return NOTIFIER_REFUSES;
}

/* --- what the server can do ------------------------------------------------------------------ */

static const NotifierCaps caps_assumed = {.actions = true, .markup = true};

NotifierCaps notifier_caps(const Notifier *n) {
        return n->caps_known ? n->caps : caps_assumed;
}

static int read_caps(sd_bus_message *m, NotifierCaps *ret) {
        NotifierCaps caps = {0};
        const char *word;
        int r;

        r = sd_bus_message_enter_container(m, 'a', "s");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_read(m, "s", &word)) > 0) {
                if (streq(word, "actions"))
                        caps.actions = true;
                else if (streq(word, "body-markup"))
                        caps.markup = true;
        }
        if (r < 0)
                return r;
        *ret = caps;
        return 0;
}

static int on_caps(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        Notifier *n = userdata;
        NotifierCaps caps, before = notifier_caps(n);

        (void)ret_error;
        n->call_caps = sd_bus_slot_unref(n->call_caps);
        if (sd_bus_message_is_method_error(m, NULL)) {
                set_failure(n, failure_from(n, sd_bus_message_get_error(m)));
                return 0;
        }
        if (read_caps(m, &caps) < 0) {
                set_failure(n, NOTIFIER_GARBLED);
                return 0;
        }
        n->caps = caps;
        n->caps_known = true;
        tell_state(n);
        if (caps.actions != before.actions || caps.markup != before.markup)
                n->listener->caps(n->userdata);
        return 0;
}

/* --- who the server is ----------------------------------------------------------------------- */

static int on_names(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        Notifier *n = userdata;
        const char *name;

        (void)ret_error;
        n->call_names = sd_bus_slot_unref(n->call_names);
        n->activatable = false;
        if (!sd_bus_message_is_method_error(m, NULL) &&
                sd_bus_message_enter_container(m, 'a', "s") >= 0)
                while (sd_bus_message_read(m, "s", &name) > 0)
                        n->activatable = n->activatable || streq(name, SERVER_NAME);
        tell_state(n);
        return 0;
}

static void ask_names(Notifier *n) {
        n->call_names = sd_bus_slot_unref(n->call_names);
        (void)sd_bus_call_method_async(n->bus, &n->call_names, BUS_NAME, BUS_PATH, BUS_INTERFACE,
                "ListActivatableNames", on_names, n, NULL);
}

/* Whatever the owner that was had on the screen is out of our reach. */
static void owner_gone(Notifier *n, const char *owner) {
        for (size_t i = 0; i < n->n_popups; i++) {
                Popup *p = n->popups[i];

                if (!p->up || !streq(p->owner, owner))
                        continue;
                p->up = false;
                if (p->listener)
                        p->listener->closed(p->userdata, false);
        }
}

static void set_owner(Notifier *n, const char *owner) {
        _cleanup_free_ char *old = NULL, *copy = NULL;

        n->owner_asked = true;
        if (owner && n->owner && streq(owner, n->owner))
                return;
        if (owner) {
                copy = strdup(owner);
                if (!copy)
                        return; /* it stays unknown: the next change or call tells again */
        }
        old = TAKE_PTR(n->owner);
        n->owner = TAKE_PTR(copy);
        n->caps_known = false;
        n->failure = NOTIFIER_UNKNOWN;
        n->call_caps = sd_bus_slot_unref(n->call_caps);
        if (n->owner)
                (void)sd_bus_call_method_async(n->bus, &n->call_caps, n->owner, SERVER_PATH,
                        SERVER_INTERFACE, "GetCapabilities", on_caps, n, NULL);
        else
                ask_names(n);
        if (old)
                owner_gone(n, old);
        tell_state(n);
}

static int on_owner_reply(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        Notifier *n = userdata;
        const char *owner = NULL;

        (void)ret_error;
        n->call_owner = sd_bus_slot_unref(n->call_owner);
        if (!sd_bus_message_is_method_error(m, NULL))
                (void)sd_bus_message_read(m, "s", &owner);
        set_owner(n, owner);
        return 0;
}

static int on_owner_changed(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        Notifier *n = userdata;
        const char *name, *before, *after, *sender = sd_bus_message_get_sender(m);

        (void)ret_error;
        if (!sender || !streq(sender, BUS_NAME))
                return 0;
        if (sd_bus_message_read(m, "sss", &name, &before, &after) < 0 || !streq(name, SERVER_NAME))
                return 0;
        set_owner(n, *after ? after : NULL);
        return 0;
}

/* --- signals of the server ------------------------------------------------------------------- */

static Popup *find_popup(const Notifier *n, const char *owner, uint32_t id) {
        for (size_t i = 0; i < n->n_popups; i++) {
                Popup *p = n->popups[i];

                if (p->up && p->id == id && streq(p->owner, owner))
                        return p;
        }
        return NULL;
}

static bool call_is_out(const Notifier *n) {
        for (size_t i = 0; i < n->n_popups; i++)
                if (n->popups[i]->call)
                        return true;
        return false;
}

static void early_clear(Notifier *n) {
        for (size_t i = 0; i < n->n_early; i++)
                free(n->early[i].owner);
        n->n_early = 0;
}

/* A server may tell that it closed a popup before it tells that popup's id. */
static void early_add(Notifier *n, const char *owner, uint32_t id) {
        char *copy;

        if (n->n_early == EARLY_MAX || !call_is_out(n))
                return;
        copy = strdup(owner);
        if (copy)
                n->early[n->n_early++] = (Early){.owner = copy, .id = id};
}

static bool early_has(const Notifier *n, const char *owner, uint32_t id) {
        for (size_t i = 0; i < n->n_early; i++)
                if (n->early[i].id == id && streq(n->early[i].owner, owner))
                        return true;
        return false;
}

static int on_chosen(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        Notifier *n = userdata;
        const char *key, *sender = sd_bus_message_get_sender(m);
        uint32_t id;
        Popup *p;

        (void)ret_error;
        if (!sender || sd_bus_message_read(m, "us", &id, &key) < 0)
                return 0;
        p = find_popup(n, sender, id);
        if (!p || !p->listener || p->unwanted)
                return 0;
        p->chosen = true;
        if (!p->listener->chosen(p->userdata, key))
                p->chosen = false;
        return 0;
}

static int on_closed(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        Notifier *n = userdata;
        const char *sender = sd_bus_message_get_sender(m);
        uint32_t id, reason;
        Popup *p;

        (void)ret_error;
        if (!sender || sd_bus_message_read(m, "uu", &id, &reason) < 0)
                return 0;
        p = find_popup(n, sender, id);
        if (!p) {
                early_add(n, sender, id);
                return 0;
        }
        /* most servers close what an action was chosen on; what was sent in its place comes anew */
        if (p->call && p->chosen) {
                p->id = 0;
                return 0;
        }
        p->unwanted = p->call != NULL;
        p->up = false;
        if (p->listener)
                p->listener->closed(p->userdata, reason == CLOSED_BY_USER);
        return 0;
}

/* --- popups ---------------------------------------------------------------------------------- */

int popup_new(Notifier *n, const PopupListener *listener, void *userdata, Popup **ret) {
        Popup *p;

        if (ARRAY_RESERVE(n->popups, n->space, n->n_popups + 1) < 0)
                return -ENOMEM;
        p = calloc(1, sizeof(*p));
        if (!p)
                return -ENOMEM;
        *p = (Popup){.notifier = n, .listener = listener, .userdata = userdata};
        n->popups[n->n_popups++] = p;
        *ret = p;
        return 0;
}

Popup *popup_free(Popup *p) {
        Notifier *n;

        if (!p)
                return NULL;
        n = p->notifier;
        for (size_t i = 0; i < n->n_popups; i++)
                if (n->popups[i] == p) {
                        n->popups[i] = n->popups[--n->n_popups];
                        break;
                }
        sd_bus_slot_unref(p->call);
        free(p->owner);
        free(p);
        return NULL;
}

bool popup_is_up(const Popup *p) {
        return p->up || (p->call && !p->unwanted);
}

static void send_close(Notifier *n, const char *owner, uint32_t id) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;

        if (sd_bus_message_new_method_call(
                    n->bus, &m, owner, SERVER_PATH, SERVER_INTERFACE, "CloseNotification") < 0)
                return;
        /* one that is closed already is an error of no interest */
        if (sd_bus_message_append(m, "u", id) < 0 || sd_bus_message_set_expect_reply(m, 0) < 0)
                return;
        (void)sd_bus_send(n->bus, m, NULL);
}

void popup_close(Popup *p) {
        p->unwanted = p->call != NULL;
        if (p->up)
                send_close(p->notifier, p->owner, p->id);
        p->up = false;
}

/* The call is over: what it left behind is put in order, and then told. */
static void popup_failed(Popup *p, NotifierState failure) {
        Notifier *n = p->notifier;
        bool refused = failure == NOTIFIER_REFUSES, garbled = failure == NOTIFIER_GARBLED;

        if (!refused || p->id == 0) /* a refused update leaves what is up */
                p->up = false;
        p->unwanted = p->chosen = false;
        set_failure(n, failure);
        if (p->listener)
                p->listener->failed(p->userdata, garbled);
}

static void popup_taken(Popup *p, char *owner, uint32_t id) {
        Notifier *n = p->notifier;
        bool closed = early_has(n, owner, id), unwanted = p->unwanted;

        free(p->owner);
        p->owner = owner;
        p->id = id;
        p->up = !closed && !unwanted;
        p->unwanted = p->chosen = false;
        if (unwanted && !closed)
                send_close(n, owner, id);
        set_failure(n, NOTIFIER_UNKNOWN);
        if (!p->listener)
                return;
        p->listener->taken(p->userdata);
        if (closed && !unwanted && !p->up && !p->call)
                p->listener->closed(p->userdata, false);
}

static int on_notify_reply(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        Popup *p = userdata;
        Notifier *n = p->notifier;
        const char *sender = sd_bus_message_get_sender(m);
        _cleanup_free_ char *owner = NULL;
        bool once = !p->listener;
        uint32_t id = 0;

        (void)ret_error;
        p->call = sd_bus_slot_unref(p->call);
        if (sender)
                owner = strdup(sender);
        if (sd_bus_message_is_method_error(m, NULL))
                popup_failed(p, failure_from(n, sd_bus_message_get_error(m)));
        else if (!owner || sd_bus_message_read(m, "u", &id) < 0 || id == 0)
                popup_failed(p, NOTIFIER_GARBLED);
        else
                popup_taken(p, TAKE_PTR(owner), id);
        if (once)
                popup_free(p);
        if (!call_is_out(n))
                early_clear(n);
        return 0;
}

/* The characters that the body's markup (a subset of XML) gives a meaning to. */
static char *escape(const char *text) {
        _cleanup_(buffer_done) Buffer b = {0};

        for (; *text; text++)
                if (*text == '&')
                        (void)buffer_puts(&b, "&amp;");
                else if (*text == '<')
                        (void)buffer_puts(&b, "&lt;");
                else if (*text == '>')
                        (void)buffer_puts(&b, "&gt;");
                else
                        (void)buffer_putc(&b, *text);
        return buffer_take(&b);
}

static int append_actions(sd_bus_message *m, const PopupContent *c) {
        int r;

        r = sd_bus_message_open_container(m, 'a', "s");
        for (size_t i = 0; r >= 0 && i < c->n_actions; i++)
                r = sd_bus_message_append(m, "ss", c->actions[i].key, c->actions[i].label);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int new_notify(Notifier *n, uint32_t replaces, const PopupContent *c, sd_bus_message **ret) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        _cleanup_free_ char *escaped = NULL;
        const char *body = c->body;
        int r;

        if (notifier_caps(n).markup) {
                escaped = escape(body);
                if (!escaped)
                        return -ENOMEM;
                body = escaped;
        }
        r = sd_bus_message_new_method_call(
                n->bus, &m, SERVER_NAME, SERVER_PATH, SERVER_INTERFACE, "Notify");
        if (r < 0)
                return r;
        r = sd_bus_message_append(m, "susss", APP_NAME, replaces, "", c->summary, body);
        if (r < 0)
                return r;
        r = append_actions(m, c);
        if (r < 0)
                return r;
        /* transient: not to be kept in the server's history, where others may read it */
        r = sd_bus_message_append(m, "a{sv}i", 4, "urgency", "y", URGENCY_NORMAL, "transient", "b",
                1, "suppress-sound", "b", 1, "desktop-entry", "s", APP_NAME, c->timeout_msec);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(m);
        return 0;
}

int popup_show(Popup *p, const PopupContent *content) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        Notifier *n = p->notifier;
        int r;

        if (p->call)
                return -EBUSY;
        r = new_notify(n, p->up ? p->id : 0, content, &m);
        if (r < 0)
                return r;
        r = sd_bus_call_async(n->bus, &p->call, m, on_notify_reply, p, 0);
        return r < 0 ? r : 1;
}

int notifier_tell(Notifier *n, const PopupContent *content) {
        _cleanup_(popup_freep) Popup *p = NULL;
        int r;

        r = popup_new(n, NULL, NULL, &p);
        if (r < 0)
                return r;
        r = popup_show(p, content);
        if (r < 0)
                return r;
        TAKE_PTR(p); /* the answer frees it */
        return r;
}

/* --- life ------------------------------------------------------------------------------------ */

static int on_match_installed(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        Notifier *n = userdata;

        (void)ret_error;
        if (sd_bus_message_is_method_error(m, NULL)) {
                n->deaf = true;
                tell_state(n);
        }
        return 0;
}

static int follow_server(Notifier *n) {
        int r;

        r = sd_bus_add_match_async(n->bus, &n->match_owner,
                "type='signal',sender='" BUS_NAME "',path='" BUS_PATH "',interface='" BUS_INTERFACE
                "',member='NameOwnerChanged',arg0='" SERVER_NAME "'",
                on_owner_changed, on_match_installed, n);
        if (r < 0)
                return r;
        r = sd_bus_match_signal_async(n->bus, &n->match_chosen, SERVER_NAME, SERVER_PATH,
                SERVER_INTERFACE, "ActionInvoked", on_chosen, on_match_installed, n);
        if (r < 0)
                return r;
        r = sd_bus_match_signal_async(n->bus, &n->match_closed, SERVER_NAME, SERVER_PATH,
                SERVER_INTERFACE, "NotificationClosed", on_closed, on_match_installed, n);
        if (r < 0)
                return r;
        return sd_bus_call_method_async(n->bus, &n->call_owner, BUS_NAME, BUS_PATH, BUS_INTERFACE,
                "GetNameOwner", on_owner_reply, n, "s", SERVER_NAME);
}

int notifier_new(sd_bus *bus, const NotifierListener *listener, void *userdata, Notifier **ret) {
        _cleanup_(notifier_freep) Notifier *n = NULL;
        int r;

        n = calloc(1, sizeof(*n));
        if (!n)
                return -ENOMEM;
        n->bus = sd_bus_ref(bus);
        n->listener = listener;
        n->userdata = userdata;
        r = follow_server(n);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(n);
        return 0;
}

Notifier *notifier_free(Notifier *n) {
        if (!n)
                return NULL;
        /* what is left are those told once, whose answer is still out */
        while (n->n_popups > 0) {
                assert(!n->popups[0]->listener);
                popup_free(n->popups[0]);
        }
        early_clear(n);
        sd_bus_slot_unref(n->match_owner);
        sd_bus_slot_unref(n->match_chosen);
        sd_bus_slot_unref(n->match_closed);
        sd_bus_slot_unref(n->call_owner);
        sd_bus_slot_unref(n->call_names);
        sd_bus_slot_unref(n->call_caps);
        free(n->owner);
        free(n->popups);
        sd_bus_unref(n->bus);
        free(n);
        return NULL;
}
