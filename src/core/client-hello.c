/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The server's name out of the beginning of a TLS connection: RFC 8446 sections 4.1.2 and 5.1, RFC
 * 6066 section 3. It reads as far as the name and no further, so that an answer once given stays
 * the same whatever bytes follow; it checks of the rest only what leads there. It speaks no TLS.
 * The sinkhole uses it. */

#include "core/client-hello.h"

#include "common/macro.h"
#include "core/url.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

enum {
        RECORD_HANDSHAKE = 22,
        RECORD_HEAD = 5,
        RECORD_MAX = 16384,
        VERSION_MAJOR = 3, /* of every TLS, and of SSL 3 */
        HANDSHAKE_CLIENT_HELLO = 1,
        RANDOM_LEN = 32,
        SESSION_ID_MAX = 32,
        EXTENSION_SERVER_NAME = 0,
        NAME_TYPE_HOST = 0,
};

/* What is left to read of some field: how long it says it is, and how much of that is there. */
typedef struct Span {
        const uint8_t *data;
        size_t size; /* by its own word */
        size_t len;  /* bytes at `data`, not more than `size` */
} Span;

/* Stands for "more bytes are needed" until it leaves this file, where that is 0. */
#define MORE (-EAGAIN)

static bool is_whole(const Span *s) {
        return s->len == s->size;
}

static int skip_bytes(Span *s, size_t bytes) {
        if (bytes > s->size)
                return -EBADMSG;
        if (bytes > s->len)
                return MORE;
        s->data += bytes;
        s->len -= bytes;
        s->size -= bytes;
        return 0;
}

/* Takes a number of one to three bytes, most significant first. */
static int take_number(Span *s, size_t bytes, size_t *ret) {
        const uint8_t *digits = s->data;
        size_t value = 0;
        int r = skip_bytes(s, bytes);

        if (r < 0)
                return r;
        for (size_t i = 0; i < bytes; i++)
                value = value << 8 | digits[i];
        *ret = value;
        return 0;
}

/* Takes a field with its length before it. It must fit into what holds it, by their own words; of
 * its inside there is what there is. */
static int take_field(Span *s, size_t length_bytes, size_t min, size_t max, Span *ret) {
        size_t size = 0;
        int r = take_number(s, length_bytes, &size);

        if (r < 0)
                return r;
        if (size < min || size > max || size > s->size)
                return -EBADMSG;
        *ret = (Span){.data = s->data, .size = size, .len = MIN(size, s->len)};
        s->data += ret->len;
        s->len -= ret->len;
        s->size -= size;
        return 0;
}

/* Steps over a field; the whole of it must be there. */
static int skip_field(Span *s, size_t length_bytes, size_t min, size_t max) {
        Span field;
        int r = take_field(s, length_bytes, min, max, &field);

        if (r < 0)
                return r;
        return is_whole(&field) ? 0 : MORE;
}

/* --- records --------------------------------------------------------------------------------- */

/* Puts the contents of the records behind each other. What is wrong with a record counts only when
 * the contents before it do not suffice: then *ret_error, or else MORE. Returns the length. */
static size_t join_records(const uint8_t *data, size_t len, uint8_t *joined, int *ret_error) {
        size_t n = 0;

        *ret_error = MORE;
        while (len >= RECORD_HEAD) {
                size_t size = (size_t)data[3] << 8 | data[4], here = MIN(size, len - RECORD_HEAD);

                if (data[0] != RECORD_HANDSHAKE || data[1] != VERSION_MAJOR || size == 0 ||
                        size > RECORD_MAX) {
                        *ret_error = -EBADMSG;
                        return n;
                }
                memcpy(joined + n, data + RECORD_HEAD, here);
                n += here;
                data += RECORD_HEAD + here;
                len -= RECORD_HEAD + here;
        }
        /* what cannot become a record is told at once */
        if ((len > 0 && data[0] != RECORD_HANDSHAKE) || (len > 1 && data[1] != VERSION_MAJOR))
                *ret_error = -EBADMSG;
        return n;
}

/* --- the name -------------------------------------------------------------------------------- */

/* Returns 1, -EBADMSG or -ENOMEM. */
static int read_host(const uint8_t *data, size_t len, char *ret) {
        char text[CLIENT_HELLO_NAME_SPACE + 1] = ""; /* one more for a trailing dot */
        _cleanup_free_ char *host = NULL;
        struct in_addr address;
        int r;

        if (len >= sizeof(text))
                return -EBADMSG;
        for (size_t i = 0; i < len; i++)
                if (data[i] == '\0' || data[i] >= 0x80) /* A-labels only */
                        return -EBADMSG;
        memcpy(text, data, len);
        r = host_normalise(text, &host);
        if (r < 0)
                return r == -ENOMEM ? r : -EBADMSG;
        if (strchr(host, ':') || inet_pton(AF_INET, host, &address) == 1)
                return -EBADMSG; /* RFC 6066: no literal addresses */
        memcpy(ret, host, strlen(host) + 1);
        return 1;
}

/* The whole extension must be there: it names each type once. */
static int read_names(Span extension, char *ret) {
        const uint8_t *name = NULL;
        size_t name_len = 0;
        Span list;
        int r;

        if (!is_whole(&extension))
                return MORE;
        r = take_field(&extension, 2, 1, SIZE_MAX, &list);
        if (r < 0)
                return r;
        if (extension.len > 0)
                return -EBADMSG;
        while (list.len > 0) {
                Span item;
                size_t type = 0;

                r = take_number(&list, 1, &type);
                if (r < 0)
                        return r;
                r = take_field(&list, 2, 1, SIZE_MAX, &item);
                if (r < 0)
                        return r;
                if (type != NAME_TYPE_HOST)
                        continue;
                if (name)
                        return -EBADMSG;
                name = item.data;
                name_len = item.len;
        }
        return name ? read_host(name, name_len, ret) : -ENODATA;
}

static int read_extensions(Span hello, char *ret) {
        Span extensions;
        int r;

        if (hello.size == 0)
                return -ENODATA; /* TLS 1.2 and before may have none */
        r = take_field(&hello, 2, 0, SIZE_MAX, &extensions);
        if (r < 0)
                return r;
        while (extensions.size > 0) {
                Span extension;
                size_t type = 0;

                r = take_number(&extensions, 2, &type);
                if (r < 0)
                        return r;
                r = take_field(&extensions, 2, 0, SIZE_MAX, &extension);
                if (r < 0)
                        return r;
                if (type == EXTENSION_SERVER_NAME)
                        return read_names(extension, ret);
                if (!is_whole(&extension))
                        return MORE;
        }
        return -ENODATA;
}

static int read_hello(Span message, char *ret) {
        size_t number = 0;
        Span hello;
        int r;

        r = take_number(&message, 1, &number);
        if (r < 0)
                return r;
        if (number != HANDSHAKE_CLIENT_HELLO)
                return -EBADMSG;
        r = take_field(&message, 3, 0, SIZE_MAX, &hello);
        if (r < 0)
                return r;
        r = take_number(&hello, 1, &number);
        if (r < 0)
                return r;
        if (number != VERSION_MAJOR)
                return -EBADMSG;
        r = take_number(&hello, 1, &number); /* the minor version: any */
        if (r < 0)
                return r;
        r = skip_bytes(&hello, RANDOM_LEN);
        if (r < 0)
                return r;
        r = skip_field(&hello, 1, 0, SESSION_ID_MAX);
        if (r < 0)
                return r;
        r = skip_field(&hello, 2, 2, SIZE_MAX); /* cipher suites */
        if (r < 0)
                return r;
        r = skip_field(&hello, 1, 1, SIZE_MAX); /* compression methods */
        if (r < 0)
                return r;
        return read_extensions(hello, ret);
}

int client_hello_name(const uint8_t *data, size_t len, char ret[static CLIENT_HELLO_NAME_SPACE]) {
        uint8_t joined[CLIENT_HELLO_MAX];
        size_t seen = MIN(len, (size_t)CLIENT_HELLO_MAX), n;
        int error, r;

        n = join_records(data, seen, joined, &error);
        r = read_hello((Span){.data = joined, .size = SIZE_MAX, .len = n}, ret);
        if (r != MORE)
                return r;
        if (error == MORE)
                return seen < CLIENT_HELLO_MAX ? 0 : -EBADMSG;
        return error;
}
