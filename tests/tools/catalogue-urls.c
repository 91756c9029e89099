/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The URLs of catalogue-cases.h that a browser can be sent to, one a line: "theirs" or "stranger",
 * the host, the URL, and whose page it is ("-" for a stranger), with tabs between them. What only a
 * person writes so (no scheme, odd bytes, a wrapping of the browser's own) is left to the unit
 * tests. */

#include "common/macro.h"
#include "core/url-index.h"
#include "unit/catalogue-cases.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* A host that a certificate can be made for and a browser asks the network for. */
static bool is_servable(const Url *url) {
        size_t len = strlen(url->host);

        return url->port == 0 && strchr(url->host, '.') && !strchr(url->host, ':') &&
               url->host[strspn(url->host, "0123456789.")] != '\0' &&
               (len < 6 || !streq(url->host + len - 6, ".onion"));
}

static bool is_plain(const char *text) {
        if (strncmp(text, "https://", 8) != 0 && strncmp(text, "http://", 7) != 0)
                return false;
        for (const char *c = text; *c; c++)
                if (*c <= ' ' || *c == '\\' || *c == '"' || (unsigned char)*c > '~')
                        return false;
        return !strchr(text, '@') || strchr(text, '@') > strchr(text + 8, '/');
}

/* Nobody's page, but a search there may be for somebody. */
static int is_search(const Url *url) {
        _cleanup_free_ char *text = NULL;

        return url_search_text(url, &text);
}

static int print_cases(const char *word, const UrlCase *cases, size_t n) {
        for (size_t i = 0; i < n; i++) {
                _cleanup_(url_freep) Url *url = NULL;
                int r;

                if (!is_plain(cases[i].url))
                        continue;
                r = url_parse(cases[i].url, &url);
                if (r == -ENOMEM)
                        return r;
                if (r < 0 || !is_servable(url))
                        continue;
                r = is_search(url);
                if (r < 0)
                        return r;
                if (r == 0)
                        (void)printf("%s\t%s\t%s\t%s\n", word, url->host, cases[i].url,
                                cases[i].expected ? cases[i].expected : "-");
        }
        return 0;
}

int main(void) {
        if (print_cases("theirs", profile_cases, ARRAY_LEN(profile_cases)) < 0 ||
                print_cases("stranger", stranger_cases, ARRAY_LEN(stranger_cases)) < 0)
                return EXIT_FAILURE;
        return EXIT_SUCCESS;
}
