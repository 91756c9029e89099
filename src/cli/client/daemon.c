/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The client: the daemon as a whole, and what surrounds it. It prints nothing,
 * decides nothing, and asks no clock. Used by commands/. */

#include "cli/client/call.h"

/* --- the daemon as a whole ------------------------------------------------------------------- */

static void layer_done(Layer *l) {
        free(l->name);
        free(l->state);
        free(l->detail);
        *l = (Layer){0};
}

void overview_done(Overview *o) {
        for (size_t i = 0; i < o->n_layers; i++)
                layer_done(&o->layers[i]);
        for (size_t i = 0; i < o->n_pending; i++)
                free(o->pending[i].what);
        free(o->layers);
        free(o->pending);
        free(o->version);
        free(o->state);
        *o = (Overview){0};
}

static int read_layer(Message *m, void *list) {
        Overview *o = list;
        Layer *l = LIST_ADD(o->layers, o->n_layers, o->layers_space);

        return l ? READ_TEXTS(m, &l->name, &l->state, &l->detail) : -ENOMEM;
}

static int read_layers(Message *m, void *object) {
        return read_rows(m, &(Rows){"sss", read_layer, object});
}

static int read_change(Message *m, void *list) {
        Overview *o = list;
        Pending *p = LIST_ADD(o->pending, o->n_pending, o->pending_space);
        int r;

        if (!p)
                return -ENOMEM;
        r = read_number(m, &p->id);
        if (r >= 0)
                r = read_text(m, "s", &p->what);
        if (r >= 0)
                r = sd_bus_message_read(m, "tt", &p->asked_usec, &p->due_usec);
        return r;
}

static int read_pending(Message *m, void *object) {
        return read_rows(m, &(Rows){"tstt", read_change, object});
}

static const Field overview_fields[] = {
        {"Version", "s", offsetof(Overview, version), NULL},
        {"State", "s", offsetof(Overview, state), NULL},
        {"Layers", "a(sss)", 0, read_layers},
        {"Pending", "a(tstt)", 0, read_pending},
        {0},
};

int client_overview(Client *c, Overview *ret) {
        _cleanup_(overview_done) Overview o = {0};
        int r;

        r = client_get_all(c, NC_INTERFACE_MANAGER, overview_fields, &o);
        if (r < 0)
                return r;
        if (!o.version || !o.state)
                return -EBADMSG;
        *ret = TAKE_STRUCT(o);
        return 0;
}

int client_cancel_pending(Client *c, uint64_t id) {
        return client_call(c, MANAGER("CancelPending"), NULL, "t", id);
}

/* --- what surrounds the daemon --------------------------------------------------------------- */

int client_daemon_runs(Client *c) {
        static const Member member = {"org.freedesktop.DBus", "/org/freedesktop/DBus",
                "org.freedesktop.DBus", "NameHasOwner"};
        _cleanup_message_ Message *m = NULL;
        int runs, r;

        r = client_call(c, &member, &m, "s", NC_BUS_NAME);
        if (r >= 0)
                r = sd_bus_message_read(m, "b", &runs);
        return r < 0 ? r : runs != 0;
}

int client_unit_file_state(Client *c, const char *unit, char **ret) {
        static const Member member = {"org.freedesktop.systemd1", "/org/freedesktop/systemd1",
                "org.freedesktop.systemd1.Manager", "GetUnitFileState"};

        return client_call_text(c, &member, ret, "s", unit);
}

void standings_done(Standings *b) {
        for (size_t i = 0; i < b->n; i++) {
                free(b->items[i].name);
                free(b->items[i].state);
                free(b->items[i].detail);
        }
        free(b->items);
        *b = (Standings){0};
}

static int read_standing(Message *m, void *list) {
        Standings *browsers = list;
        Standing *b = LIST_ADD(browsers->items, browsers->n, browsers->space);

        return b ? READ_TEXTS(m, &b->name, &b->state, &b->detail) : -ENOMEM;
}

static int list_standings(Client *c, const Member *member, Standings *ret) {
        _cleanup_(standings_done) Standings standings = {0};
        int r;

        r = client_call_rows(c, member, &(Rows){"sss", read_standing, &standings}, NULL);
        if (r < 0)
                return r;
        *ret = TAKE_STRUCT(standings);
        return 0;
}

int client_list_browsers(Client *c, Standings *ret) {
        return list_standings(c, MANAGER("ListBrowsers"), ret);
}

int client_probe_notifications(Client *c, Standings *ret) {
        return list_standings(c, MANAGER("ProbeNotifications"), ret);
}

void notification_server_done(NotificationServer *s) {
        free(s->name);
        free(s->version);
        *s = (NotificationServer){0};
}

#define NOTIFICATIONS(member)                                                                      \
        (&(const Member){"org.freedesktop.Notifications", "/org/freedesktop/Notifications",        \
                "org.freedesktop.Notifications", (member)})

int client_notification_server(Client *c, NotificationServer *ret) {
        _cleanup_message_ Message *info = NULL, *capabilities = NULL;
        _cleanup_(notification_server_done) NotificationServer s = {0};
        const char *name, *vendor, *version, *word;
        int r;

        r = client_call(c, NOTIFICATIONS("GetServerInformation"), &info, NULL);
        if (r >= 0)
                r = sd_bus_message_read(info, "sss", &name, &vendor, &version);
        if (r < 0)
                return r;
        s.name = strdup(name);
        s.version = strdup(version);
        if (!s.name || !s.version)
                return -ENOMEM;

        r = client_call(c, NOTIFICATIONS("GetCapabilities"), &capabilities, NULL);
        if (r >= 0)
                r = sd_bus_message_enter_container(capabilities, 'a', "s");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_read(capabilities, "s", &word)) > 0)
                if (streq(word, "actions"))
                        s.actions = true;
        if (r < 0)
                return r;
        *ret = TAKE_STRUCT(s);
        return 0;
}
