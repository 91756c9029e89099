/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Where the bus is. It speaks no word of its protocol. */

#include "relay/address.h"

#include "common/buffer.h"
#include "common/file.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/time.h>

enum {
        CONNECT_SECONDS = 5 /* so long a bus may take to have room for us */
};

static int hex_digit(char c) {
        static const char digits[] = "0123456789abcdef";
        const char *at = strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);

        return c != '\0' && at ? (int)(at - digits) : -EINVAL;
}

/* The value between two places, in which %xx stands for any byte but NUL. */
static int unescape(const char *from, const char *end, Buffer *b) {
        while (from < end) {
                char c = *from++;

                if (c == '%') {
                        int high = end - from >= 2 ? hex_digit(from[0]) : -EINVAL;
                        int low = high >= 0 ? hex_digit(from[1]) : -EINVAL;

                        if (low < 0)
                                return -EINVAL;
                        c = (char)(high << 4 | low);
                        from += 2;
                }
                if (c == '\0')
                        return -EINVAL;
                if (buffer_putc(b, c) < 0)
                        return -ENOMEM;
        }
        return 0;
}

static int fill_in(const Buffer *name, bool abstract, struct sockaddr_un *ret, socklen_t *ret_len) {
        struct sockaddr_un un = {.sun_family = AF_UNIX};

        /* a path ends with a NUL, an abstract name begins with one */
        if (name->len == 0 || name->len + 1 > sizeof(un.sun_path))
                return -EINVAL;
        memcpy(un.sun_path + abstract, name->data, name->len);
        *ret = un;
        *ret_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + name->len + 1);
        return 0;
}

/* One address, from behind its "unix:" to its end. */
static int parse_unix(
        const char *from, const char *end, struct sockaddr_un *ret, socklen_t *ret_len) {
        while (from < end) {
                const char *comma = memchr(from, ',', (size_t)(end - from));
                const char *stop = comma ? comma : end;
                bool abstract = strncmp(from, "abstract=", 9) == 0;

                if (abstract || strncmp(from, "path=", 5) == 0) {
                        _cleanup_(buffer_done) Buffer name = {0};
                        int r = unescape(from + (abstract ? 9 : 5), stop, &name);

                        return r < 0 ? r : fill_in(&name, abstract, ret, ret_len);
                }
                from = comma ? comma + 1 : end;
        }
        return -EPROTONOSUPPORT; /* runtime=, dir=: for a server */
}

int address_next(const char **text, struct sockaddr_un *ret, socklen_t *ret_len) {
        const char *from = *text, *end;
        int r;

        from += strspn(from, ";");
        if (*from == '\0') {
                *text = from;
                return 0;
        }
        end = from + strcspn(from, ";");
        *text = end;
        if (strncmp(from, "unix:", 5) != 0)
                return -EPROTONOSUPPORT;
        r = parse_unix(from + 5, end, ret, ret_len);
        return r < 0 ? r : 1;
}

static int connect_to(const struct sockaddr_un *un, socklen_t len) {
        _cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const struct timeval patience = {.tv_sec = CONNECT_SECONDS};

        if (fd < 0)
                return -errno;
        if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0)
                return -errno;
        if (connect(fd, (const struct sockaddr *)un, len) < 0)
                return -errno;
        return TAKE_FD(fd);
}

int address_connect(const char *text) {
        struct sockaddr_un un;
        socklen_t len;
        int r, result = -EINVAL;

        while ((r = address_next(&text, &un, &len)) != 0) {
                result = r > 0 ? connect_to(&un, len) : r;
                if (result >= 0)
                        break;
        }
        return result;
}
