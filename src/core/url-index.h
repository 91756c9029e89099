/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/identity.h"
#include "core/rule.h"
#include "core/url.h"

#include <stdbool.h>

/* All URL rules in one index, looked up by hash of host and path segments: the cost of a look-up
 * depends on the URL alone and not on the number of rules. */
typedef struct UrlIndex UrlIndex;

typedef enum UrlVia {
        URL_VIA_PROFILE,  /* the person's page on a platform, or a page that belongs to it */
        URL_VIA_VIEWER,   /* the same page, through a third-party viewer, archive or redirector */
        URL_VIA_PAGE,     /* a page below a profile URL outside the catalogue */
        URL_VIA_DOMAIN,   /* the person's own domain or a subdomain of it */
        URL_VIA_PLATFORM, /* any page of a platform that is blocked whole: the weakest */
} UrlVia;

typedef struct UrlMatch {
        Rule rule;
        UrlVia via;
        char *key; /* owned; names what was visited, the same for every spelling:
                    * "instagram:alex.doe", "domain:alexdoe.example", "page:example.org/~alex",
                    * "platform:instagram" */
} UrlMatch;

void url_match_done(UrlMatch *m);

/* Returns 0 and an empty index, or -ENOMEM. */
int url_index_new(UrlIndex **ret);
/* Accepts NULL; returns NULL. */
UrlIndex *url_index_free(UrlIndex *index);
DEFINE_CLEANUP(UrlIndex *, url_index_free)

/* Adds what an identity says about URLs: a profile, a handle, a domain, a platform, and a telephone
 * number with country code for the messengers that link by number (wa.me). Other kinds say nothing
 * and are accepted. Where two rules of one person share a key, the earlier since_usec stays; of two
 * persons, the one added first stays. `id` comes from identity_parse(). Returns 0 or -ENOMEM. */
int url_index_add(UrlIndex *index, const Identity *id, Rule rule);

/* May a rule match on a site that is not in the catalogue? Else a URL whose host the catalogue does
 * not find (catalogue_find_site()) matches none. */
bool url_index_reaches_elsewhere(const UrlIndex *index);

/* Returns 1 and a match that the caller ends with url_match_done(), 0 when no rule matches,
 * -ENOMEM. A URL that wraps another one (web archives, translators, redirectors) is judged by
 * what it wraps; only whether it is on a blocked platform by itself, since an archive's copy of
 * some page there is not the platform. */
int url_index_find(const UrlIndex *index, const Url *url, UrlMatch *ret);

/* When the URL is a page of search results, of a search engine or of a platform's own search:
 * returns 1 and the text that was searched for, which the caller frees. 0 when it is not;
 * -ENOMEM. */
int url_search_text(const Url *url, char **ret);
