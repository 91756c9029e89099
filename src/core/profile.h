/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/url.h"

#include <stddef.h>

/* What the platform catalogue makes of URLs and handles: whose page is this? */

typedef struct Platform Platform; /* a row of the catalogue, see catalogue.h */

typedef struct Profile {
        const Platform *platform; /* static */
        char *user; /* in the platform's canonical case, owned; for a platform that is a
                     * pattern (mastodon) it includes the host: "alex@social.example" */
        int viewer; /* true: looked at through a third-party viewer of the platform */
} Profile;

void profile_done(Profile *p);

/* Which profile does the page belong to: the profile itself or a page of it (posts by the user,
 * stories, tagged). Returns 1 and the profile, 0 when it is no such page, -ENOMEM. */
int profile_from_url(const Url *url, Profile *ret);

/* The canonical URL of the profile's page. NULL when memory is out; the caller frees. */
char *profile_format_url(const Profile *p);

/* How the profile's user is written in the platform's shapes: the form, and in *ret_user what
 * stands in its slot (the profile's, *ret_len bytes of it). NULL when there is no such form or no
 * page. */
const struct UserForm *profile_form(const Profile *p, const char **ret_user, size_t *ret_len);

/* The parsers of three kinds of identity. Each returns 0 and the canonical value, which the
 * caller frees; -EINVAL with *ret_why set to a static sentence for the user (may be NULL);
 * -ENOMEM. */

/* "instagram:alex.doe", "Instagram: @Alex.Doe", "@alex@social.example" (mastodon) ->
 * "instagram:alex.doe" */
int handle_parse(const char *value, char **ret, const char **ret_why);

/* A page's URL. On a platform it must be a profile's page, since otherwise the whole platform
 * would be shut; elsewhere it is the page and all below it; a host alone is a domain and is
 * refused with that hint. Canonical: the URL in normal form, on a platform as
 * profile_format_url() gives it. */
int profile_parse(const char *value, char **ret, const char **ret_why);

/* A domain of the person's own, also when typed as a URL. Refused: IP addresses, single labels,
 * public suffixes such as "co.uk" as far as known, and the hosts of the catalogue ("that would
 * shut all of instagram.com; give the profile instead"). */
int domain_parse(const char *value, char **ret, const char **ret_why);
