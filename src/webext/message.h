/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/buffer.h"

#include <jansson.h>

/* Native messaging: each message is its length in bytes, 32 bits in the machine's own order, and
 * JSON in UTF-8. Pure. */

enum {
        MESSAGE_IN_MAX = 65536,    /* bytes of a message from the browser: a question and a URL */
        MESSAGE_OUT_MAX = 1048576, /* what browsers take from a host */
};

/* What came and was not taken yet. Start with `_cleanup_(message_reader_done) MessageReader r =
 * {0};`. */
typedef struct MessageReader {
        Buffer bytes;
        size_t at; /* so many of them are taken */
} MessageReader;

void message_reader_done(MessageReader *r);

/* Adds bytes as they came. Returns 0 or -ENOMEM. */
int message_reader_add(MessageReader *r, const void *data, size_t len);

/* Takes the next message. Returns 1 and an object, which the caller unrefs; 0 when it has not come
 * whole; -EMSGSIZE when it is to be longer than MESSAGE_IN_MAX; -EBADMSG when it is no JSON object.
 * After a failure nothing more can be read. */
int message_take(MessageReader *r, json_t **ret);

/* Has a message begun that did not come whole? */
int message_reader_has_rest(const MessageReader *r);

/* Adds a message as it is sent. Returns 0; -EMSGSIZE when it is longer than MESSAGE_OUT_MAX, with
 * `out` as it was; -ENOMEM. */
int message_add(Buffer *out, const json_t *message);
