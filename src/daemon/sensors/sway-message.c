/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Takes apart what sway says. Windows choose their titles, so that any text may stand there. It
 * reads no socket; titles-sway.c does. */

#include "daemon/sensors/sway-message.h"

#include "common/macro.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const char magic[] = {'i', '3', '-', 'i', 'p', 'c'};

int sway_message_read(const char *data, size_t len, SwayMessage *ret, size_t *ret_used) {
        uint32_t payload, type;

        if (memcmp(data, magic, MIN(len, sizeof(magic))) != 0)
                return -EBADMSG;
        if (len < SWAY_HEADER_LEN)
                return 0;
        memcpy(&payload, data + sizeof(magic), sizeof(payload));
        memcpy(&type, data + sizeof(magic) + sizeof(payload), sizeof(type));
        if (payload > SWAY_MESSAGE_MAX)
                return -EMSGSIZE;
        if (len - SWAY_HEADER_LEN < payload)
                return 0;
        *ret = (SwayMessage){.type = type, .payload = data + SWAY_HEADER_LEN, .len = payload};
        *ret_used = SWAY_HEADER_LEN + (size_t)payload;
        return 1;
}

void sway_message_header(uint32_t type, uint32_t len, char ret[static SWAY_HEADER_LEN]) {
        memcpy(ret, magic, sizeof(magic));
        memcpy(ret + sizeof(magic), &len, sizeof(len));
        memcpy(ret + sizeof(magic) + sizeof(len), &type, sizeof(type));
}

/* --- windows --------------------------------------------------------------------------------- */

void sway_window_done(SwayWindow *w) {
        free(w->app);
        free(w->title);
        *w = (SwayWindow){0};
}

static void json_freep(json_t **json) {
        json_decref(*json);
}

/* A window of X11 has no id on Wayland, but a class. */
static const char *app_of(const json_t *container) {
        const char *app = json_string_value(json_object_get(container, "app_id"));

        return app ? app
                   : json_string_value(json_object_get(
                             json_object_get(container, "window_properties"), "class"));
}

static int take_window(const json_t *container, SwayWindow *ret) {
        const char *title = json_string_value(json_object_get(container, "name"));
        const char *app = app_of(container);
        SwayWindow w;

        if (!app || !title || !json_is_true(json_object_get(container, "focused")))
                return 0;
        w = (SwayWindow){.app = strdup(app), .title = strdup(title)};
        if (!w.app || !w.title) {
                sway_window_done(&w);
                return -ENOMEM;
        }
        *ret = w;
        return 1;
}

int sway_window_read(const char *payload, size_t len, SwayWindow *ret) {
        static const char *const changes[] = {"focus", "title", "new"};
        _cleanup_(json_freep) json_t *event = json_loadb(payload, len, 0, NULL);
        const char *change = json_string_value(json_object_get(event, "change"));

        if (!change)
                return -EBADMSG;
        for (size_t i = 0; i < ARRAY_LEN(changes); i++)
                if (streq(change, changes[i]))
                        return take_window(json_object_get(event, "container"), ret);
        return 0;
}
