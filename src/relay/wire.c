/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Headers of D-Bus messages. Bodies are libdbus's; nothing here allocates, reads or writes. */

#include "relay/wire.h"

#include "common/macro.h"

#include <endian.h>
#include <errno.h>

uint32_t wire_u32(char order, const void *at) {
        uint32_t value;

        memcpy(&value, at, sizeof(value));
        return order == 'l' ? le32toh(value) : be32toh(value);
}

void wire_put_u32(char order, void *at, uint32_t value) {
        value = order == 'l' ? htole32(value) : htobe32(value);
        memcpy(at, &value, sizeof(value));
}

static size_t aligned(size_t at, size_t to) {
        return (at + to - 1) / to * to;
}

/* --- framing --------------------------------------------------------------------------------- */

int wire_length(const void *data, size_t len, size_t *ret) {
        const unsigned char *bytes = data;
        size_t body, fields, total;
        char order;

        if (len == 0)
                return -EAGAIN;
        order = (char)bytes[0];
        if (order != 'l' && order != 'B')
                return -EBADMSG;
        if (len < WIRE_FIXED)
                return -EAGAIN;
        body = wire_u32(order, bytes + 4);
        fields = wire_u32(order, bytes + 12);
        if (fields > WIRE_FIELDS_MAX || body > WIRE_MESSAGE_MAX)
                return -EBADMSG;
        total = aligned(WIRE_FIXED + fields, 8) + body;
        if (total > WIRE_MESSAGE_MAX)
                return -EBADMSG;
        *ret = total;
        return 0;
}

/* --- header fields --------------------------------------------------------------------------- */

/* Where we are in the array of fields. */
typedef struct Cursor {
        const char *message;
        size_t at, end;
        char order;
} Cursor;

static int take_align(Cursor *c, size_t to) {
        size_t at = aligned(c->at, to);

        if (at > c->end)
                return -EBADMSG;
        for (; c->at < at; c->at++)
                if (c->message[c->at] != '\0')
                        return -EBADMSG;
        return 0;
}

static int take_u32(Cursor *c, uint32_t *ret) {
        if (take_align(c, 4) < 0 || c->end - c->at < 4)
                return -EBADMSG;
        *ret = wire_u32(c->order, c->message + c->at);
        c->at += 4;
        return 0;
}

/* A string, path or signature of `len` bytes and its NUL, which stands at its end alone. */
static int take_chars(Cursor *c, size_t len, const char **ret) {
        const char *text = c->message + c->at;

        if (c->end - c->at <= len || memchr(text, '\0', len + 1) != text + len)
                return -EBADMSG;
        c->at += len + 1;
        *ret = text;
        return 0;
}

static int take_string(Cursor *c, const char **ret) {
        uint32_t len;
        int r = take_u32(c, &len);

        return r < 0 ? r : take_chars(c, len, ret);
}

static int take_signature(Cursor *c, const char **ret) {
        if (c->at >= c->end)
                return -EBADMSG;
        c->at++;
        return take_chars(c, (unsigned char)c->message[c->at - 1], ret);
}

static int take_fixed(Cursor *c, size_t size) {
        if (take_align(c, size) < 0 || c->end - c->at < size)
                return -EBADMSG;
        c->at += size;
        return 0;
}

/* The size, and alignment, of the fixed types; 0 for others. */
static size_t fixed_size(char type) {
        static const struct {
                const char *types;
                size_t size;
        } sizes[] = {{"y", 1}, {"nq", 2}, {"buih", 4}, {"xtd", 8}};

        for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
                if (strchr(sizes[i].types, type))
                        return sizes[i].size;
        return 0;
}

/* An array is as long as it says, whatever is in it. */
static int take_array(Cursor *c, char element) {
        size_t align = fixed_size(element);
        uint32_t len;
        int r;

        if (align == 0)
                align = strchr("({", element) ? 8 : strchr("gv", element) ? 1 : 4;
        r = take_u32(c, &len);
        if (r == 0)
                r = take_align(c, align);
        if (r < 0 || c->end - c->at < len)
                return -EBADMSG;
        c->at += len;
        return 0;
}

/* A value that nobody asks for. */
static int take_unknown(Cursor *c, const char *type) {
        const char *text;
        size_t size = type[0] == '\0' ? 0 : fixed_size(type[0]);

        if (type[0] == 'a' && type[1] != '\0')
                return take_array(c, type[1]);
        if (type[0] == '\0' || type[1] != '\0')
                return -EBADMSG;
        if (size > 0)
                return take_fixed(c, size);
        if (type[0] == 's' || type[0] == 'o')
                return take_string(c, &text);
        return type[0] == 'g' ? take_signature(c, &text) : -EBADMSG;
}

enum {
        TEXT = 1,
        NUMBER,
};

/* The fields by their codes. */
static const struct {
        char type;
        int what;
        size_t offset; /* in a WireHead */
} fields[] = {
        [1] = {'o', TEXT, offsetof(WireHead, path)},
        [2] = {'s', TEXT, offsetof(WireHead, interface)},
        [3] = {'s', TEXT, offsetof(WireHead, member)},
        [4] = {'s', TEXT, offsetof(WireHead, error)},
        [5] = {'u', NUMBER, offsetof(WireHead, reply_serial)},
        [6] = {'s', TEXT, offsetof(WireHead, destination)},
        [7] = {'s', TEXT, offsetof(WireHead, sender)},
        [8] = {'g', TEXT, offsetof(WireHead, signature)},
        [9] = {'u', NUMBER, offsetof(WireHead, unix_fds)},
};

static int take_known(Cursor *c, size_t code, WireHead *head) {
        char *to = (char *)head + fields[code].offset;
        const char *text;
        uint32_t number;
        int r;

        if (fields[code].what == NUMBER) {
                r = take_u32(c, &number);
                if (r == 0)
                        memcpy(to, &number, sizeof(number));
                return r;
        }
        r = fields[code].type == 'g' ? take_signature(c, &text) : take_string(c, &text);
        if (r == 0)
                memcpy(to, &text, sizeof(text));
        return r;
}

static int take_field(Cursor *c, unsigned *seen, WireHead *head) {
        const char *type;
        size_t code;
        int r;

        if (take_align(c, 8) < 0 || c->at >= c->end)
                return -EBADMSG;
        code = (unsigned char)c->message[c->at++];
        r = take_signature(c, &type);
        if (r < 0)
                return r;
        if (code == 0)
                return -EBADMSG;
        if (code >= ARRAY_LEN(fields))
                return take_unknown(c, type);
        if (type[0] != fields[code].type || type[1] != '\0' || *seen & 1U << code)
                return -EBADMSG;
        *seen |= 1U << code;
        r = take_known(c, code, head);
        if (r == 0 && fields[code].offset == offsetof(WireHead, unix_fds))
                head->unix_fds_at = c->at - 4;
        return r;
}

int wire_head(const void *message, size_t len, WireHead *ret) {
        const unsigned char *bytes = message;
        WireHead head = {.order = (char)bytes[0], .type = bytes[1], .flags = bytes[2]};
        Cursor c = {message, WIRE_FIXED, 0, head.order};
        unsigned seen = 0;
        int r;

        head.serial = wire_u32(head.order, bytes + 8);
        c.end = WIRE_FIXED + wire_u32(head.order, bytes + 12);
        head.body = aligned(c.end, 8);
        head.body_len = len - head.body;
        /* type and serial 0 are invalid; there is one version of the protocol */
        if (head.type == 0 || bytes[3] != 1 || head.serial == 0)
                return -EBADMSG;
        while (c.at < c.end) {
                r = take_field(&c, &seen, &head);
                if (r < 0)
                        return r;
        }
        *ret = head;
        return 0;
}
