/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Which screen there is, and whether it tells what is in front. It judges no title and keeps none;
 * the doors (titles-x11.c, titles-sway.c) read them. Used by the manager. */

#include "daemon/sensors/titles.h"

#include "common/time.h"
#include "daemon/sensors/title-door.h"

#include <errno.h>
#include <stdlib.h>

#define SERVER_RULE                                                                                \
        "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',"                \
        "interface='org.freedesktop.DBus',member='NameOwnerChanged',"                              \
        "arg0='org.freedesktop.Notifications'"

/* Between two looks that titles_look() asks for. */
#define LOOK_REST_USEC (60 * USEC_PER_SEC)

/* What tells where the screen is. */
typedef enum Variable {
        VARIABLE_SWAY,
        VARIABLE_WAYLAND,
        VARIABLE_DISPLAY,
        VARIABLE_AUTHORITY,
        _VARIABLE_MAX,
} Variable;

static const char *const variable_names[_VARIABLE_MAX] = {
        [VARIABLE_SWAY] = "SWAYSOCK",
        [VARIABLE_WAYLAND] = "WAYLAND_DISPLAY",
        [VARIABLE_DISPLAY] = "DISPLAY",
        [VARIABLE_AUTHORITY] = "XAUTHORITY",
};

struct Titles {
        sd_event *event;
        sd_bus *bus;
        const TitlesListener *listener;
        void *userdata;
        bool wanted;
        TitlesX11 *x11;
        TitlesSway *sway;
        sd_bus_slot *match, *call;
        uint64_t looked_usec; /* CLOCK_MONOTONIC, 0: never */
};

static void tell_state(Titles *t, const char *state, const char *detail) {
        t->listener->state(t->userdata, state, detail);
}

static void close_doors(Titles *t) {
        t->x11 = titles_x11_free(t->x11);
        t->sway = titles_sway_free(t->sway);
        t->call = sd_bus_slot_unref(t->call);
}

/* --- news of a door -------------------------------------------------------------------------- */

static void on_title(void *userdata, const char *browser, const char *title) {
        Titles *t = userdata;

        t->listener->title(t->userdata, browser, title);
}

static void on_tells(void *userdata, bool tells) {
        if (tells)
                tell_state(userdata, "active",
                        "Titles of browser windows are read as a hint, and not kept.");
        else
                tell_state(userdata, "unavailable",
                        "The window manager does not tell which window is in front.");
}

static void on_gone(void *userdata) {
        close_doors(userdata);
        tell_state(userdata, "unavailable", "The screen does not answer any more.");
}

static const TitleDoorListener door_listener = {
        .title = on_title,
        .tells = on_tells,
        .gone = on_gone,
};

/* --- the screen ------------------------------------------------------------------------------ */

static void open_x11(Titles *t, const char *display, const char *authority) {
        int r;

        /* where libxcb looks for it */
        if (authority)
                (void)setenv(variable_names[VARIABLE_AUTHORITY], authority, true);
        r = titles_x11_new(t->event, display, &door_listener, t, &t->x11);
        if (r == -EOPNOTSUPP)
                tell_state(t, "unavailable", "The screen is another machine's.");
        else if (r < 0)
                tell_state(t, "unavailable", "The screen does not answer.");
}

static void open_door(Titles *t, const char *const values[static _VARIABLE_MAX]) {
        if (values[VARIABLE_SWAY]) {
                if (titles_sway_new(t->event, values[VARIABLE_SWAY], &door_listener, t, &t->sway) <
                        0)
                        tell_state(t, "unavailable", "sway does not answer.");
        } else if (values[VARIABLE_WAYLAND])
                tell_state(t, "unavailable",
                        "This desktop tells nobody the titles of windows; X11 and sway do.");
        else if (values[VARIABLE_DISPLAY])
                open_x11(t, values[VARIABLE_DISPLAY], values[VARIABLE_AUTHORITY]);
        else
                tell_state(t, "unavailable", "No screen is known yet.");
}

/* Reads "NAME=value" of the manager's environment. */
static int read_environment(sd_bus_message *reply, const char *values[static _VARIABLE_MAX]) {
        const char *text;
        int r;

        r = sd_bus_message_enter_container(reply, 'v', "as");
        if (r > 0)
                r = sd_bus_message_enter_container(reply, 'a', "s");
        while (r > 0 && (r = sd_bus_message_read(reply, "s", &text)) > 0)
                for (size_t i = 0; i < _VARIABLE_MAX; i++) {
                        size_t len = strlen(variable_names[i]);

                        if (strncmp(text, variable_names[i], len) == 0 && text[len] == '=' &&
                                text[len + 1] != '\0')
                                values[i] = text + len + 1;
                }
        return r;
}

static int on_environment(sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        const char *values[_VARIABLE_MAX] = {0};
        Titles *t = userdata;

        (void)error;
        t->call = sd_bus_slot_unref(t->call);
        /* who was started in the session, and not by its manager, has it at hand */
        for (size_t i = 0; i < _VARIABLE_MAX; i++)
                values[i] = getenv(variable_names[i]);
        if (!sd_bus_message_is_method_error(reply, NULL))
                (void)read_environment(reply, values);
        open_door(t, values);
        return 0;
}

static uint64_t monotonic(const Titles *t) {
        uint64_t now = 0;

        (void)sd_event_now(t->event, CLOCK_MONOTONIC, &now);
        return now;
}

static int ask_environment(Titles *t) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
        int r;

        r = sd_bus_message_new_method_call(t->bus, &call, "org.freedesktop.systemd1",
                "/org/freedesktop/systemd1", "org.freedesktop.DBus.Properties", "Get");
        if (r >= 0)
                r = sd_bus_message_append(
                        call, "ss", "org.freedesktop.systemd1.Manager", "Environment");
        if (r >= 0)
                r = sd_bus_message_set_auto_start(call, false);
        return r < 0 ? r : sd_bus_call_async(t->bus, &t->call, call, on_environment, t, 0);
}

static void look(Titles *t) {
        if (!t->wanted || t->x11 || t->sway || t->call)
                return;
        t->looked_usec = monotonic(t);
        if (ask_environment(t) < 0)
                tell_state(t, "unavailable", "The session cannot be asked for its screen.");
}

void titles_look(Titles *t) {
        if (t->looked_usec == 0 || monotonic(t) - t->looked_usec >= LOOK_REST_USEC)
                look(t);
}

/* Where a notification server comes, a desktop does. */
static int on_server(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        const char *name, *old, *new;

        (void)error;
        if (sd_bus_message_read(message, "sss", &name, &old, &new) >= 0 && new[0] != '\0')
                look(userdata);
        return 0;
}

void titles_want(Titles *t, bool wanted) {
        if (wanted == t->wanted)
                return;
        t->wanted = wanted;
        if (!wanted) {
                close_doors(t);
                t->match = sd_bus_slot_unref(t->match);
                tell_state(t, "off", "Nothing is watched: there is no commitment.");
                return;
        }
        (void)sd_bus_add_match_async(t->bus, &t->match, SERVER_RULE, on_server, NULL, t);
        look(t);
}

/* --- life ------------------------------------------------------------------------------------ */

int titles_new(sd_event *event, sd_bus *bus, const TitlesListener *listener, void *userdata,
        Titles **ret) {
        Titles *t = calloc(1, sizeof(*t));

        if (!t)
                return -ENOMEM;
        t->event = sd_event_ref(event);
        t->bus = sd_bus_ref(bus);
        t->listener = listener;
        t->userdata = userdata;
        *ret = t;
        return 0;
}

Titles *titles_free(Titles *t) {
        if (!t)
                return NULL;
        close_doors(t);
        sd_bus_slot_unref(t->match);
        sd_bus_unref(t->bus);
        sd_event_unref(t->event);
        free(t);
        return NULL;
}
