/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Any bytes as a URL: parsing, the normal form, the index, the search text and the parsers of
 * identities. Checked beside memory: the normal form is a fixed point, and a profile's canonical
 * URL leads back to it. */

#include "core/profile.h"
#include "core/url-index.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition) {
        if (!condition)
                abort();
}

/* One rule of each kind, built anew each time: a rule's own value is input too. */
static UrlIndex *some_index(const char *text) {
        static const char *const given[] = {
                "instagram:alex.doe",
                "facebook:alex.doe",
                "mastodon:alex@social.example",
        };
        UrlIndex *index = NULL;
        Identity id = {.kind = IDENTITY_HANDLE};
        _cleanup_free_ char *value = NULL;

        require(url_index_new(&index) == 0);
        for (size_t i = 0; i < ARRAY_LEN(given); i++) {
                id.value = (char *)given[i];
                require(url_index_add(index, &id, (Rule){.person = (uint32_t)i}) == 0);
        }
        if (profile_parse(text, &value, NULL) == 0) {
                id = (Identity){.kind = IDENTITY_PROFILE, .value = value};
                require(url_index_add(index, &id, (Rule){.person = 9}) == 0);
        }
        return index;
}

static void check_fixed_point(const Url *url) {
        _cleanup_free_ char *text = url_format(url), *second = NULL;
        _cleanup_(url_freep) Url *again = NULL;

        require(text != NULL);
        if (strlen(text) > URL_LEN_MAX)
                return;
        require(url_parse(text, &again) == 0);
        second = url_format(again);
        require(second && strcmp(text, second) == 0);
}

static void check_profile(const Url *url) {
        _cleanup_(profile_done) Profile p = {0}, second = {0};
        _cleanup_(url_freep) Url *again = NULL;
        _cleanup_free_ char *text = NULL;
        int r = profile_from_url(url, &p);

        require(r >= 0);
        if (r == 0)
                return;
        text = profile_format_url(&p);
        require(text && url_parse(text, &again) == 0);
        require(profile_from_url(again, &second) == 1);
        require(p.platform == second.platform && strcmp(p.user, second.user) == 0);
}

static void check_parser(int (*parse)(const char *, char **, const char **), const char *text) {
        _cleanup_free_ char *value = NULL, *again = NULL;
        const char *why = NULL;
        int r = parse(text, &value, &why);

        require(r == 0 ? value != NULL : r == -22 && why != NULL);
        if (r == 0 && strlen(value) <= IDENTITY_VALUE_MAX)
                require(parse(value, &again, &why) == 0 && strcmp(value, again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_free_ char *text = strndup((const char *)data, size), *search = NULL;
        _cleanup_(url_index_freep) UrlIndex *index = NULL;
        _cleanup_(url_match_done) UrlMatch m = {0};
        _cleanup_(url_freep) Url *url = NULL;

        check_parser(handle_parse, text);
        check_parser(profile_parse, text);
        check_parser(domain_parse, text);
        if (url_parse(text, &url) < 0)
                return 0;
        check_fixed_point(url);
        check_profile(url);
        index = some_index(text);
        require(url_index_find(index, url, &m) >= 0);
        require(url_search_text(url, &search) >= 0);
        return 0;
}
