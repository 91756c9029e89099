/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/profile.h"
#include "core/url.h"

#include <stdbool.h>
#include <stddef.h>

/* The catalogue of sites: a data table. catalogue-platforms.c holds the services on which people
 * have a page, catalogue-sites.c what stands between: third-party viewers, sites that wrap a URL
 * in their own, search engines. catalogue-hosts.c says which host belongs to which row. To add a
 * site, add a row and its hosts; the tests say what is missing. */

enum {
        USER_FORMS_MAX = 4,
};

typedef enum UserFlags {
        USER_CASE = 1 << 0,    /* upper and lower case are different users */
        USER_DIGITS = 1 << 1,  /* digits and nothing else */
        USER_NAMED = 1 << 2,   /* digits alone are no user, but a video or a post */
        USER_PHONE = 1 << 3,   /* a telephone number with country code; digits in canonical form */
        USER_UTF8 = 1 << 4,    /* any letter beyond ASCII may occur */
        USER_AT_HOST = 1 << 5, /* "user@host"; the host is that of the page when it is not said */
        USER_LEAD_DIGITS = 1 << 6, /* the digits it begins with: "123-alex-doe" is 123 */
        USER_TAIL_DIGITS = 1 << 7, /* the digits it ends with: "Alex-Doe-123" is 123 */
} UserFlags;

/* One way to write a user of the platform. The forms share one name space, in which `prefix` keeps
 * apart what would be confused. */
typedef struct UserForm {
        const char *slot; /* its name in the shapes: "user", "channel" */
        const char
                *url; /* the canonical page, with one "{user}"; NULL when there is no such page */
        const char *prefix; /* begins the canonical user: "channel/"; NULL: nothing */
        const char *extra;  /* what may stand in it beside letters and digits; NULL: nothing */
        const char *cut;    /* it ends before any of these characters; NULL: nowhere */
        const char *skip;   /* characters that the platform overlooks in a user; NULL: none */
        const char *home;   /* added to a user without a dot: ".bsky.social"; NULL: nothing */
        unsigned flags;     /* of UserFlags */
} UserForm;

/* A row. Lists are words with spaces between them; shapes are explained in shape.h. */
struct Platform {
        const char *name;    /* "instagram"; lower case, no spaces, unique */
        const char *title;   /* "Instagram", for people */
        const char *source;  /* where the shapes are documented or were seen */
        const char *aliases; /* other names that people type: "ig insta" */
        const char
                *twins; /* platforms where the same user is the same person, by the makers' rule */
        const char *shapes; /* pages that belong to a user. In a viewer's row the slot names the
                             * platform and, behind a dot, the form: {youtube.channel} */
        const char *
                reserved; /* what stands in a user's place and is none, beside catalogue_reserved */
        const char *wraps; /* pages that show or lead to another URL: the slot is {url} or {host} */
        const char
                *searches; /* pages of search results: {text}, or {words} with hyphens for spaces */
        bool viewer;       /* shows the pages of other platforms */
        UserForm users[USER_FORMS_MAX]; /* ends with the first that has no slot */
};

/* Which row has a host. `prefixes` are the labels that may stand before it and change nothing;
 * "[lang]" is any language. A host "name.*" stands for the name under every country's ending. */
typedef struct HostRow {
        const char *host;
        const char *row;
        const char *prefixes; /* NULL: www, m, mobile */
} HostRow;

/* Software that anybody may run under a host of their own: a host with this word as a label, or
 * at a label's beginning with a hyphen behind it, belongs to the row. */
typedef struct LabelRow {
        const char *label;
        const char *row;
} LabelRow;

/* The tables, sorted by their first column in the order of strcmp(). */
extern const Platform catalogue_platforms[];
extern const size_t catalogue_n_platforms;
extern const Platform catalogue_sites[];
extern const size_t catalogue_n_sites;
extern const HostRow catalogue_hosts[];
extern const size_t catalogue_n_hosts;
extern const LabelRow catalogue_labels[];
extern const size_t catalogue_n_labels;

/* Words that no site gives to a user; they count for every row. */
extern const char catalogue_reserved[];

typedef struct Site {
        const Platform *row; /* static */
        const char
                *sub; /* what stands before the row's host and is no known prefix; inside `host` */
        size_t sub_len; /* without the dot; 0: nothing */
} Site;

/* The row of a host in normal form. Returns 1 and the site, or 0 when the host is in no table. */
int catalogue_find_host(const char *host, Site *ret);

/* The same, and else by label. */
int catalogue_find_site(const char *host, Site *ret);

/* The row by its name, in either table, or NULL. */
const Platform *catalogue_find_row(const char *name, size_t len);

/* The platform that a person calls so: by name or alias, without regard to case. NULL for none. */
const Platform *catalogue_find_platform(const char *name, size_t len);

typedef int (*catalogue_host_func)(void *userdata, const char *host);

/* Calls `func` for each host name of the row that a hosts file can hold, which knows no wildcards:
 * every host, alone and with each of its prefixes; for "name.*" the name under some forty common
 * endings. "[lang]" and names below "onion" are left out, and so are hosts that other sites need.
 * A return other than 0 of `func` ends it and is passed on; else 0 or -ENOMEM. */
int catalogue_each_host(const Platform *row, catalogue_host_func func, void *userdata);

/* Takes the wrapping off: web archives, translators, redirectors, inside each other at most
 * CATALOGUE_WRAPS_MAX deep. Returns 1 and the inner URL, 0 when nothing is wrapped, -ENOMEM. */
int catalogue_unwrap(const Url *url, Url **ret);

enum {
        CATALOGUE_WRAPS_MAX = 3,
};
