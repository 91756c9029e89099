/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Text as a terminal may be given it: what is harmless, and how wide it is. It prints nothing.
 * Used by output.c, and by the argument parser to refuse what is no text. */

#include "cli/printable.h"

#include <stdint.h>
#include <wchar.h>

/* Reads one character. Returns its bytes, or 0 at the end of the text; a byte that is no text is
 * one "character" with *ret_valid false. */
static size_t next_char(const char *s, wchar_t *ret, bool *ret_valid) {
        mbstate_t state = {0};
        size_t n = mbrtowc(ret, s, strlen(s), &state);

        if (*s == '\0')
                return 0;
        *ret_valid = n != (size_t)-1 && n != (size_t)-2 && n != 0;
        if (!*ret_valid) {
                *ret = (unsigned char)*s;
                return 1;
        }
        return n;
}

/* What would steer a terminal or reorder a line: C0 and C1 controls, DEL, line and paragraph
 * separators, and the bidirectional controls (Unicode UAX #9). */
static bool steers(wchar_t c) {
        static const struct {
                uint32_t first, last;
        } ranges[] = {
                {0x00, 0x1f},
                {0x7f, 0x9f},
                {0x061c, 0x061c},
                {0x200e, 0x200f},
                {0x2028, 0x202e},
                {0x2066, 0x2069},
                {0xfeff, 0xfeff},
        };

        for (size_t i = 0; i < ARRAY_LEN(ranges); i++)
                if ((uint32_t)c >= ranges[i].first && (uint32_t)c <= ranges[i].last)
                        return true;
        return false;
}

int printable_add(Buffer *b, const char *s) {
        wchar_t c;
        bool valid;

        for (size_t n; (n = next_char(s, &c, &valid)) > 0; s += n) {
                if (c == L'\n' || c == L'\t' || c == L'\r')
                        (void)buffer_putc(b, ' ');
                else if (!valid || (steers(c) && c < 0x100))
                        (void)buffer_printf(b, "\\x%02x", (unsigned)c);
                else if (steers(c))
                        (void)buffer_printf(b, "\\u%04x", (unsigned)c);
                else
                        (void)buffer_add(b, s, n);
        }
        return b->error;
}

int printable_add_json(Buffer *b, const char *json) {
        wchar_t c;
        bool valid;

        for (size_t n; (n = next_char(json, &c, &valid)) > 0; json += n) {
                if (valid && c != L'\n' && steers(c))
                        (void)buffer_printf(b, "\\u%04x", (unsigned)c);
                else
                        (void)buffer_add(b, json, n);
        }
        return b->error;
}

bool printable_valid(const char *s) {
        wchar_t c;
        bool valid;

        for (size_t n; (n = next_char(s, &c, &valid)) > 0; s += n)
                if (!valid)
                        return false;
        return true;
}

/* A character that wcwidth() does not know, such as one newer than the C library, counts as one
 * column. */
static size_t char_width(wchar_t c) {
        int width = wcwidth(c);

        return width < 0 ? 1 : (size_t)width;
}

size_t printable_width(const char *s) {
        size_t width = 0;
        wchar_t c;
        bool valid;

        for (size_t n; (n = next_char(s, &c, &valid)) > 0; s += n)
                width += char_width(c);
        return width;
}

size_t printable_fit(const char *s, size_t columns) {
        size_t width = 0, bytes = 0;
        wchar_t c;
        bool valid;

        for (size_t n; (n = next_char(s + bytes, &c, &valid)) > 0; bytes += n) {
                width += char_width(c);
                if (width > columns)
                        break;
        }
        return bytes;
}
