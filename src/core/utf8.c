/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Where a character ends, and whether it is one. What becomes of those that are none is the
 * caller's. */

#include "core/utf8.h"

#include <utf8proc.h>

size_t utf8_next(const char *text, size_t len, int32_t *ret) {
        utf8proc_int32_t c;
        utf8proc_ssize_t n =
                utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)len, &c);

        *ret = n > 0 ? c : -1;
        return n > 0 ? (size_t)n : 1;
}

bool utf8_visible(int32_t c) {
        return c >= 0 && utf8proc_category(c) != UTF8PROC_CATEGORY_CC;
}
