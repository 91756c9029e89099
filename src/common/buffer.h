/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"

#include <stdarg.h>
#include <stddef.h>

/* A growing byte string that is always NUL-terminated after the first successful append. Start with
 * `_cleanup_(buffer_done) Buffer b = {0};`. An allocation failure is sticky: later appends fail
 * too, so that a run of appends needs one check at its end. */
typedef struct Buffer {
        char *data;   /* owned; NULL while empty */
        size_t len;   /* bytes, without the terminating NUL */
        size_t space; /* bytes allocated */
        int error;    /* 0, or the negative errno of the first failure */
} Buffer;

/* Frees the contents; the buffer is empty afterwards and may be used again. */
void buffer_done(Buffer *b);

/* Append bytes, a string, one character, a formatted text. Return 0, or -ENOMEM. */
int buffer_add(Buffer *b, const void *data, size_t len);
int buffer_puts(Buffer *b, const char *s);
int buffer_putc(Buffer *b, char c);
int buffer_printf(Buffer *b, const char *fmt, ...) printf_like(2, 3);

/* Shortens to `len` bytes; never lengthens. */
void buffer_cut(Buffer *b, size_t len);

/* Hands the string over to the caller, who frees it; an empty buffer gives "". NULL when any append
 * failed. The buffer is empty afterwards. */
char *buffer_take(Buffer *b);
