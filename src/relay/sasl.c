/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Where the authentication of a connection ends. It says nothing itself and judges nothing: the bus
 * decides who may come. */

#include "relay/sasl.h"

#include "common/macro.h"

#include <errno.h>

static void end_line(Sasl *s) {
        size_t n = sizeof("BEGIN") - 1;

        /* the line holds its \r\n; an argument, which has no meaning, would begin with a space */
        s->done = s->client && s->line > n && memcmp(s->word, "BEGIN", n) == 0 &&
                  (s->word[n] == '\r' || s->word[n] == ' ');
        s->line = 0;
}

static void take_byte(Sasl *s, char c) {
        /* the client's very first byte is a NUL and belongs to no line */
        if (s->client && s->total == 0 && c == '\0')
                return;
        if (s->line < SASL_WORD)
                s->word[s->line] = c;
        s->line++;
        if (c == '\n' && s->last == '\r')
                end_line(s);
}

int sasl_scan(Sasl *s, const void *data, size_t len, size_t *ret) {
        const char *bytes = data;
        size_t i = 0;

        while (i < len && !s->done) {
                /* no line of a server begins with the letter of a byte order */
                if (!s->client && s->line == 0 && (bytes[i] == 'l' || bytes[i] == 'B')) {
                        s->done = true;
                        break;
                }
                take_byte(s, bytes[i]);
                s->last = bytes[i++];
                if (++s->total > SASL_MAX)
                        return -EMSGSIZE;
        }
        *ret = i;
        return 0;
}
