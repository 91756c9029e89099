/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The wire format of D-Bus messages (D-Bus Specification 0.43, "Message Protocol"), as much of it
 * as tells where a message ends, what it is, and what its header says. Both byte orders. */

enum {
        WIRE_FIXED = 16,              /* bytes that tell how long the message is */
        WIRE_MESSAGE_MAX = 128 << 20, /* bytes of a message, by the specification */
        WIRE_FIELDS_MAX = 64 << 20,   /* bytes of the array of header fields, likewise */
};

enum {
        WIRE_CALL = 1,
        WIRE_RETURN = 2,
        WIRE_ERROR = 3,
        WIRE_SIGNAL = 4,

        WIRE_NO_REPLY = 1, /* a flag: no reply is expected */
};

typedef struct WireHead {
        char order; /* 'l' or 'B' */
        uint8_t type, flags;
        uint32_t serial, reply_serial, unix_fds; /* the last two are 0 when they are not given */
        /* point into the message, where they end with a NUL; NULL when they are not given */
        const char *path, *interface, *member, *error, *destination, *sender, *signature;
        size_t body, body_len;
        size_t unix_fds_at; /* where that number stands in the message; 0: nowhere */
} WireHead;

/* How long is the message that begins with these bytes? Returns 0 and its length; -EAGAIN when they
 * are fewer than WIRE_FIXED and could begin a message; -EBADMSG when no message begins so, or it
 * would be over the specification's limits. */
int wire_length(const void *data, size_t len, size_t *ret);

/* Reads the header of a whole message, `len` as wire_length() told. Returns 0; -EBADMSG for a
 * header that the specification does not allow: a field twice, of a wrong type or out of its
 * bounds. Fields that it does not know are passed over when they are of a basic type or arrays. */
int wire_head(const void *message, size_t len, WireHead *ret);

/* Numbers at a place that need not be aligned. */
uint32_t wire_u32(char order, const void *at);
void wire_put_u32(char order, void *at, uint32_t value);
