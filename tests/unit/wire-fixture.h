/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Messages made by hand, in either byte order: what no library of the bus does. */

#include "common/buffer.h"
#include "relay/wire.h"
#include "unit/test.h"

#include <string.h>

#define SENDER ":1.42"

/* What a header says; fields that are NULL or 0 are left out. */
typedef struct Made {
        char order; /* 'l' unless told */
        uint8_t type, flags;
        uint32_t serial;
        const char *path, *interface, *member, *destination, *sender, *signature;
        uint32_t reply_serial, unix_fds;
} Made;

static inline void made_align(Buffer *b, size_t to) {
        while (b->len % to != 0)
                assert_int_equal(buffer_putc(b, '\0'), 0);
}

static inline void made_u32(Buffer *b, char order, uint32_t value) {
        char bytes[4];

        made_align(b, 4);
        wire_put_u32(order, bytes, value);
        assert_int_equal(buffer_add(b, bytes, 4), 0);
}

static inline void made_string(Buffer *b, char order, const char *text) {
        made_u32(b, order, (uint32_t)strlen(text));
        assert_int_equal(buffer_add(b, text, strlen(text) + 1), 0);
}

static inline void made_signature(Buffer *b, const char *text) {
        assert_int_equal(buffer_putc(b, (char)strlen(text)), 0);
        assert_int_equal(buffer_add(b, text, strlen(text) + 1), 0);
}

/* The code and the type of a field. */
static inline void made_field(Buffer *b, int code, const char *type) {
        made_align(b, 8);
        assert_int_equal(buffer_putc(b, (char)code), 0);
        made_signature(b, type);
}

/* The whole message; the caller ends the buffer. */
static inline Buffer made_message(const Made *m, const Buffer *body) {
        const struct {
                int code;
                const char *type, *text;
        } texts[] = {
                {1, "o", m->path},
                {2, "s", m->interface},
                {3, "s", m->member},
                {6, "s", m->destination},
                {7, "s", m->sender},
        };
        char order = m->order ? m->order : 'l';
        Buffer b = {0};
        size_t fields;

        assert_int_equal(buffer_putc(&b, order), 0);
        assert_int_equal(buffer_putc(&b, (char)(m->type ? m->type : WIRE_CALL)), 0);
        assert_int_equal(buffer_putc(&b, (char)m->flags), 0);
        assert_int_equal(buffer_putc(&b, 1), 0);
        made_u32(&b, order, body ? (uint32_t)body->len : 0);
        made_u32(&b, order, m->serial ? m->serial : 7);
        made_u32(&b, order, 0);
        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                if (texts[i].text) {
                        made_field(&b, texts[i].code, texts[i].type);
                        made_string(&b, order, texts[i].text);
                }
        if (m->reply_serial) {
                made_field(&b, 5, "u");
                made_u32(&b, order, m->reply_serial);
        }
        if (m->signature) {
                made_field(&b, 8, "g");
                made_signature(&b, m->signature);
        }
        if (m->unix_fds) {
                made_field(&b, 9, "u");
                made_u32(&b, order, m->unix_fds);
        }
        fields = b.len - WIRE_FIXED;
        wire_put_u32(order, b.data + 12, (uint32_t)fields);
        made_align(&b, 8);
        if (body)
                assert_int_equal(buffer_add(&b, body->data, body->len), 0);
        return b;
}

/* An array whose length is filled in at its end. */
typedef struct MadeArray {
        size_t at, begin;
} MadeArray;

static inline MadeArray made_array(Buffer *b, char order, size_t align) {
        MadeArray a;

        made_u32(b, order, 0);
        a.at = b->len - 4;
        made_align(b, align);
        a.begin = b->len;
        return a;
}

static inline void made_array_end(Buffer *b, char order, MadeArray a) {
        wire_put_u32(order, b->data + a.at, (uint32_t)(b->len - a.begin));
}

/* --- calls that show a notification ---------------------------------------------------------- */

typedef struct MadeNotify {
        char order;
        const char *summary, *body; /* "" unless told */
        uint32_t replaces;
        size_t image;    /* bytes of a picture */
        bool descriptor; /* a hint is one */
} MadeNotify;

/* A hint up to its value. */
static inline void made_hint(Buffer *b, char order, const char *key, const char *type) {
        made_align(b, 8);
        made_string(b, order, key);
        made_signature(b, type);
}

/* Hints of types that a naive reader stumbles over: urgency as a number of four bytes, a pid of
 * eight, a variant in a variant, a picture, a descriptor. */
static inline void made_hints(Buffer *b, char order, const MadeNotify *n) {
        MadeArray hints = made_array(b, order, 8), image;

        made_hint(b, order, "urgency", "u");
        made_u32(b, order, 1);
        made_hint(b, order, "sender-pid", "x");
        made_align(b, 8);
        assert_int_equal(buffer_add(b, "\1\0\0\0\0\0\0\1", 8), 0);
        made_hint(b, order, "desktop-entry", "s");
        made_string(b, order, "org.messages");
        made_hint(b, order, "x-odd", "v");
        made_signature(b, "s");
        made_string(b, order, "inside");
        if (n->descriptor) {
                made_hint(b, order, "x-descriptor", "h");
                made_u32(b, order, 0);
        }
        if (n->image > 0) {
                _cleanup_free_ char *bytes = calloc(1, n->image);

                assert_non_null(bytes);
                made_hint(b, order, "image-data", "ay");
                image = made_array(b, order, 1);
                assert_int_equal(buffer_add(b, bytes, n->image), 0);
                made_array_end(b, order, image);
        }
        made_array_end(b, order, hints);
}

/* The arguments of Notify. */
static inline Buffer made_notify_body(const MadeNotify *n) {
        char order = n->order ? n->order : 'l';
        MadeArray actions;
        Buffer b = {0};

        made_string(&b, order, "Messages");
        made_u32(&b, order, n->replaces);
        made_string(&b, order, "icon");
        made_string(&b, order, n->summary ? n->summary : "");
        made_string(&b, order, n->body ? n->body : "");
        actions = made_array(&b, order, 4);
        made_string(&b, order, "default");
        made_string(&b, order, "Reply");
        made_array_end(&b, order, actions);
        made_hints(&b, order, n);
        made_u32(&b, order, (uint32_t)-1);
        return b;
}

/* The whole call, as the bus delivers it; `interface` may be NULL. */
static inline Buffer made_notify_call(
        const MadeNotify *n, const char *interface, uint8_t flags, uint32_t serial) {
        Buffer body = made_notify_body(n);
        Made m = {
                .order = n->order,
                .flags = flags,
                .serial = serial,
                .path = "/org/freedesktop/Notifications",
                .interface = interface,
                .member = "Notify",
                .destination = ":1.7",
                .sender = SENDER,
                .signature = "susssasa{sv}i",
                .unix_fds = n->descriptor ? 1 : 0,
        };
        Buffer b = made_message(&m, &body);

        buffer_done(&body);
        return b;
}

/* AddNotification of a portal: title, body and markup-body as far as they are given, and a button.
 */
static inline Buffer made_add_call(
        char order, const char *title, const char *body, const char *markup) {
        const struct {
                const char *key, *text;
        } texts[] = {{"title", title}, {"body", body}, {"markup-body", markup}};
        Made m = {
                .order = order,
                .path = "/org/freedesktop/portal/desktop",
                .interface = "org.freedesktop.impl.portal.Notification",
                .member = "AddNotification",
                .destination = ":1.7",
                .sender = SENDER,
                .signature = "ssa{sv}",
        };
        MadeArray keys, buttons, button;
        Buffer args = {0}, b;

        made_string(&args, order, "org.messages");
        made_string(&args, order, "an id");
        keys = made_array(&args, order, 8);
        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                if (texts[i].text) {
                        made_hint(&args, order, texts[i].key, "s");
                        made_string(&args, order, texts[i].text);
                }
        made_hint(&args, order, "buttons", "aa{sv}");
        buttons = made_array(&args, order, 4);
        button = made_array(&args, order, 8);
        made_hint(&args, order, "label", "s");
        made_string(&args, order, "Reply");
        made_hint(&args, order, "action", "s");
        made_string(&args, order, "app.reply");
        made_array_end(&args, order, button);
        made_array_end(&args, order, buttons);
        made_array_end(&args, order, keys);
        b = made_message(&m, &args);
        buffer_done(&args);
        return b;
}

/* CloseNotification. */
static inline Buffer made_close_call(char order, uint32_t id, uint8_t flags) {
        Made m = {
                .order = order,
                .flags = flags,
                .path = "/org/freedesktop/Notifications",
                .interface = "org.freedesktop.Notifications",
                .member = "CloseNotification",
                .destination = ":1.7",
                .sender = SENDER,
                .signature = "u",
        };
        Buffer args = {0}, b;

        made_u32(&args, order, id);
        b = made_message(&m, &args);
        buffer_done(&args);
        return b;
}
