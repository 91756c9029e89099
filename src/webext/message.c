/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Frames and JSON, both ways. What a message means is the bridge's; who reads and writes is main.c.
 * What comes from the browser is believed in nothing: its length is bounded before a byte of it is
 * kept, and jansson bounds how deep it may nest. */

#include "webext/message.h"

#include <errno.h>
#include <stdint.h>

void message_reader_done(MessageReader *r) {
        buffer_done(&r->bytes);
        r->at = 0;
}

static size_t rest(const MessageReader *r) {
        return r->bytes.len - r->at;
}

int message_reader_has_rest(const MessageReader *r) {
        return rest(r) > 0;
}

int message_reader_add(MessageReader *r, const void *data, size_t len) {
        size_t kept = rest(r);

        if (r->at > 0) {
                memmove(r->bytes.data, r->bytes.data + r->at, kept);
                buffer_cut(&r->bytes, kept);
                r->at = 0;
        }
        return buffer_add(&r->bytes, data, len);
}

int message_take(MessageReader *r, json_t **ret) {
        const char *from;
        uint32_t len;
        json_t *o;

        if (rest(r) < sizeof(len))
                return 0;
        from = r->bytes.data + r->at;
        memcpy(&len, from, sizeof(len));
        if (len > MESSAGE_IN_MAX)
                return -EMSGSIZE;
        if (rest(r) - sizeof(len) < len)
                return 0;

        o = json_loadb(from + sizeof(len), len, JSON_REJECT_DUPLICATES, NULL);
        if (!json_is_object(o)) {
                json_decref(o);
                return -EBADMSG;
        }
        r->at += sizeof(len) + len;
        *ret = o;
        return 1;
}

int message_add(Buffer *out, const json_t *message) {
        _cleanup_free_ char *text = json_dumps(message, JSON_COMPACT);
        size_t len = text ? strlen(text) : 0;
        uint32_t head = (uint32_t)len;

        if (!text)
                return -ENOMEM;
        if (len > MESSAGE_OUT_MAX)
                return -EMSGSIZE;
        (void)buffer_add(out, &head, sizeof(head));
        return buffer_add(out, text, len);
}
