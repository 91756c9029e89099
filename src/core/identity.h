/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"

#include <stdint.h>

/* An identity is one way to reach or look at a person. Its value is kept in one canonical
 * spelling, so that two spellings of the same thing are one identity. */

typedef enum IdentityKind {
        IDENTITY_NAME,     /* "Alex Doe": also a nickname or an alias */
        IDENTITY_PHONE,    /* "+15550109999", or the digits alone when no country code was given */
        IDENTITY_EMAIL,    /* "alex@example.org" */
        IDENTITY_HANDLE,   /* "instagram:alex.doe": platform and user */
        IDENTITY_PROFILE,  /* "https://www.instagram.com/alex.doe/": the URL of a page */
        IDENTITY_DOMAIN,   /* "alexdoe.example", as an A-label; its subdomains belong to it */
        IDENTITY_APP,      /* "signal:Alex": an application and the title of a conversation in it */
        IDENTITY_PLATFORM, /* "instagram": a whole platform, by its name in the catalogue */
        _IDENTITY_KIND_MAX,
} IdentityKind;

typedef struct Identity {
        IdentityKind kind;
        char *value;         /* canonical, owned */
        uint64_t added_usec; /* UTC; set by whoever keeps it, 0 from identity_parse() */
} Identity;

enum {
        IDENTITY_VALUE_MAX = 2048, /* bytes of a value as given; longer ones are refused */
};

/* The word for a kind ("phone"), and back. identity_kind_from_name() returns -EINVAL for no such
 * kind. */
const char *identity_kind_name(IdentityKind kind);
int identity_kind_from_name(const char *name);

/* Checks `value` and brings it into its canonical form. Returns 0 and a new identity whose value
 * the caller frees with identity_done(); -EINVAL when it is not a valid value of the kind, with
 * *ret_why set to a static sentence in plain words that says what is wrong and what a right value
 * looks like; -ENOMEM. `ret_why` may be NULL. */
int identity_parse(IdentityKind kind, const char *value, Identity *ret, const char **ret_why);

void identity_done(Identity *id);
