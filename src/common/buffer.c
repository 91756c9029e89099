/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A growing byte string. It does not know encodings or formats; all programs build text with it. */

#include "common/buffer.h"

#include <errno.h>
#include <stdio.h>

enum { BUFFER_FIRST = 64 };

void buffer_done(Buffer *b) {
        free(b->data);
        *b = (Buffer){0};
}

/* Makes room for `more` bytes and the NUL. */
static int buffer_reserve(Buffer *b, size_t more) {
        size_t need, space;
        char *data;

        if (b->error < 0)
                return b->error;
        if (__builtin_add_overflow(b->len, more, &need) || __builtin_add_overflow(need, 1, &need))
                return b->error = -ENOMEM;
        if (b->data && need <= b->space)
                return 0;

        space = MAX(b->space + b->space / 2, (size_t)BUFFER_FIRST);
        space = MAX(space, need);
        data = realloc(b->data, space);
        if (!data)
                return b->error = -ENOMEM;
        b->data = data;
        b->space = space;
        return 0;
}

int buffer_add(Buffer *b, const void *data, size_t len) {
        int r;

        r = buffer_reserve(b, len);
        if (r < 0)
                return r;
        if (len > 0)
                memcpy(b->data + b->len, data, len);
        b->len += len;
        b->data[b->len] = '\0';
        return 0;
}

int buffer_puts(Buffer *b, const char *s) {
        return buffer_add(b, s, strlen(s));
}

int buffer_putc(Buffer *b, char c) {
        return buffer_add(b, &c, 1);
}

int buffer_printf(Buffer *b, const char *fmt, ...) {
        va_list ap;
        int n, r;

        va_start(ap, fmt);
        n = vsnprintf(NULL, 0, fmt, ap);
        va_end(ap);
        if (n < 0)
                return b->error = -EINVAL;

        r = buffer_reserve(b, (size_t)n);
        if (r < 0)
                return r;
        va_start(ap, fmt);
        (void)vsnprintf(b->data + b->len, (size_t)n + 1, fmt, ap);
        va_end(ap);
        b->len += (size_t)n;
        return 0;
}

void buffer_cut(Buffer *b, size_t len) {
        if (len >= b->len)
                return;
        b->len = len;
        b->data[len] = '\0';
}

char *buffer_take(Buffer *b) {
        char *data;

        if (!b->data)
                (void)buffer_add(b, "", 0);
        if (b->error < 0) {
                buffer_done(b);
                return NULL;
        }
        data = TAKE_PTR(b->data);
        *b = (Buffer){0};
        return data;
}
