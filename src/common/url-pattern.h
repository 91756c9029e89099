/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stddef.h>

/* A URL pattern: pages that a browser's policy can name, in one canonical spelling. It is a host
 * name (see host_name_check()), which stands for itself and all below it, and behind it
 *
 *     nothing                all pages there
 *     /alex.doe              this page and all below it
 *     /stories/alex.doe/     all below this page, and not the page itself
 *     /profile.php?id=123    this page with this parameter among others
 *
 * in letters, digits and "-._~@+" alone: nothing that any of JSON, the browsers' own patterns or
 * the encoding of URLs gives a meaning. */
typedef enum UrlPatternKind {
        URL_PATTERN_HOST,
        URL_PATTERN_PAGE,
        URL_PATTERN_BELOW,
        URL_PATTERN_QUERY,
} UrlPatternKind;

enum {
        URL_PATTERN_MAX_LEN = 512, /* bytes */
};

/* The characters of a segment, a parameter's name and its value. */
extern const char url_pattern_characters[];

/* Returns the pattern's kind; or -EINVAL and a static sentence in *ret_why. `own` as of
 * host_name_check(). */
int url_pattern_check(
        const char *pattern, const char *const *own, size_t n_own, const char **ret_why);
