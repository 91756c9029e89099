/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* What sway says on its socket, sway-ipc(7): messages of "i3-ipc", a length, a type and JSON. */

enum {
        SWAY_HEADER_LEN = 14,
        SWAY_MESSAGE_MAX = 1024 * 1024, /* bytes of one; a window's event has a few thousand */
        SWAY_SUBSCRIBE = 2,
};

#define SWAY_EVENT_WINDOW 0x80000003U

typedef struct SwayMessage {
        uint32_t type;
        const char *payload; /* within what was read, `len` bytes */
        size_t len;
} SwayMessage;

/* The message that `data` begins with. Returns 1, the message and how many bytes it took; 0 when
 * there is not all of it yet; -EBADMSG for what is none; -EMSGSIZE for one that is too long. */
int sway_message_read(const char *data, size_t len, SwayMessage *ret, size_t *ret_used);

/* Writes a header for a payload of `len` bytes. */
void sway_message_header(uint32_t type, uint32_t len, char ret[static SWAY_HEADER_LEN]);

/* A window that is in front. Both are owned; sway_window_done() frees them. */
typedef struct SwayWindow {
        char *app; /* its id on Wayland, or its class as a window of X11 */
        char *title;
} SwayWindow;

void sway_window_done(SwayWindow *w);

/* Reads a window's event. Returns 1 and the window, when it is the one in front and it or its title
 * is another than before; 0 for other events; -EBADMSG for what is none; -ENOMEM. */
int sway_window_read(const char *payload, size_t len, SwayWindow *ret);
