/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Foreign text in a page of ours. It knows no element. Used by the parts of the report. */

#include "cli/report/html.h"

#include <stdbool.h>

/* C0, DEL, and C1 as UTF-8 writes it, which browsers would read as letters of Windows-1252. */
static bool is_control(const unsigned char *s, size_t *ret_len) {
        bool c1 = s[0] == 0xc2 && s[1] >= 0x80 && s[1] <= 0x9f;

        *ret_len = c1 ? 2 : 1;
        return c1 || s[0] < 0x20 || s[0] == 0x7f;
}

int html_add(Buffer *b, const char *text) {
        static const char *const escapes[256] = {
                ['&'] = "&amp;",
                ['<'] = "&lt;",
                ['>'] = "&gt;",
                ['"'] = "&quot;",
                ['\''] = "&#39;",
        };
        const unsigned char *s = (const unsigned char *)text;
        size_t len;

        for (; *s; s += len)
                if (is_control(s, &len))
                        (void)buffer_putc(b, ' ');
                else if (escapes[*s])
                        (void)buffer_puts(b, escapes[*s]);
                else
                        (void)buffer_add(b, s, len);
        return b->error;
}
