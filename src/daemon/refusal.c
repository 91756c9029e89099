/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What the daemon demands of every text it is given. */

#include "daemon/refusal.h"

#include <string.h>
#include <utf8proc.h>

bool text_valid(const char *text, size_t max, bool may_be_empty) {
        size_t len = strlen(text);

        if (len > max || (len == 0 && !may_be_empty))
                return false;
        for (size_t i = 0; i < len;) {
                utf8proc_int32_t c;
                utf8proc_ssize_t n = utf8proc_iterate(
                        (const utf8proc_uint8_t *)text + i, (utf8proc_ssize_t)(len - i), &c);

                if (n <= 0)
                        return false;
                if (utf8proc_category(c) == UTF8PROC_CATEGORY_CC && c != '\n' && c != '\t')
                        return false;
                i += (size_t)n;
        }
        return true;
}
