/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The last look at a URL pattern before it goes into a browser's policy. It mends nothing and
 * decodes nothing: who sends a pattern has brought it into this form. Used on both sides: by
 * core/holding.c, and again by the enforcer, which believes nobody. */

#include "common/url-pattern.h"

#include "common/host-name.h"
#include "common/macro.h"

#include <errno.h>
#include <stdbool.h>

const char url_pattern_characters[] =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-._~@+";

static size_t word_len(const char *p) {
        return strspn(p, url_pattern_characters);
}

static bool is_dots(const char *segment, size_t len) {
        return (len == 1 || len == 2) && strspn(segment, ".") >= len;
}

/* What follows the "?" is one name, "=" and one value. */
static int check_query(const char *p) {
        size_t name = word_len(p), value;

        if (name == 0 || p[name] != '=')
                return -EINVAL;
        p += name + 1;
        value = word_len(p);
        return value > 0 && p[value] == '\0' ? URL_PATTERN_QUERY : -EINVAL;
}

/* From the first slash on. */
static int check_path(const char *p) {
        size_t n = 0;

        while (*p == '/') {
                size_t len = word_len(++p);

                if (len == 0)
                        return n > 0 && *p == '\0' ? URL_PATTERN_BELOW : -EINVAL;
                if (is_dots(p, len))
                        return -EINVAL;
                p += len;
                n++;
        }
        return *p == '?' ? check_query(p + 1) : *p == '\0' ? URL_PATTERN_PAGE : -EINVAL;
}

int url_pattern_check(
        const char *pattern, const char *const *own, size_t n_own, const char **ret_why) {
        size_t len = strnlen(pattern, URL_PATTERN_MAX_LEN + 1), host = strcspn(pattern, "/");
        char name[HOST_NAME_MAX_LEN + 1];
        int r = len <= URL_PATTERN_MAX_LEN && host <= HOST_NAME_MAX_LEN ? 0 : -EINVAL;

        if (r == 0 && pattern[host] == '/')
                r = check_path(pattern + host);
        if (r < 0) {
                *ret_why = "A URL pattern is a host name and a plain path, as in "
                           "\"example.org/alex.doe\".";
                return r;
        }
        memcpy(name, pattern, host);
        name[host] = '\0';
        return host_name_check(name, own, n_own, ret_why) < 0 ? -EINVAL : r;
}
