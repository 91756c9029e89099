/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"

#include <stddef.h>
#include <stdint.h>

/* A URL in normal form, so that two spellings of one page compare equal. RFC 3986 section 6 and the
 * WHATWG URL standard (https://url.spec.whatwg.org/) where browsers differ from it. */

typedef struct UrlParam {
        char *name;  /* percent-decoded */
        char *value; /* percent-decoded; "" when there was none */
} UrlParam;

typedef struct Url {
        char *scheme; /* "http" or "https" */
        char *host; /* lower-case A-labels without trailing dot; an IPv6 literal without brackets */
        uint16_t port;   /* 0 for the scheme's default */
        char **segments; /* path, percent-decoded, without empty and dot segments */
        size_t n_segments;
        UrlParam *params; /* query in its order, without tracking (utm_*, igsh, fbclid, ...) */
        size_t n_params;
        char *fragment; /* percent-decoded, or NULL: some sites route by it */
} Url;

enum {
        URL_LEN_MAX = 65536,    /* bytes; longer ones are refused */
        URL_SEGMENTS_MAX = 256, /* deeper paths are refused */
        URL_PARAMS_MAX = 1024,
};

/* Parses and normalises. What a person types without a scheme ("instagram.com/alex") is read as
 * https. Returns 0; -EINVAL when it is no http or https URL with a host (also for data:,
 * javascript:, file:, about: and the browsers' own pages, except view-source: and
 * about:reader?url=, which are unwrapped); -E2BIG over a limit; -ENOMEM. */
int url_parse(const char *text, Url **ret);
/* Accepts NULL; returns NULL. */
Url *url_free(Url *url);
DEFINE_CLEANUP(Url *, url_free)

/* The normal form as text, percent-encoded where it must be. NULL when memory is out; the caller
 * frees. */
char *url_format(const Url *url);

/* The first parameter of that name, or NULL. The URL keeps it. */
const char *url_param(const Url *url, const char *name);

/* Brings a host name into lower-case A-labels by IDNA 2008 (libidn2, non-transitional UTS 46)
 * without trailing dot. Returns 0; -EINVAL when it is no valid name (empty or over-long labels,
 * characters other than letters, digits and hyphen); -ENOMEM. IP literals pass. */
int host_normalise(const char *host, char **ret);
