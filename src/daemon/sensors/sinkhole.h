/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

/* The sinkhole sensor: where names that are held lead to. It answers HTTP with the pause page
 * (libmicrohttpd), reads the server's name out of a TLS ClientHello and resets the connection, and
 * says that somebody was there. Connections of other users are closed without a word. It never has
 * a certificate: browsers show their plain refusal. */
typedef struct Sinkhole Sinkhole;

typedef struct Knock {
        const char *host;   /* lower case, no port, as the client said it */
        const char *target; /* "http://host/path", "https://host/" */
        bool navigation; /* a person went there: the request is that of a page, not of a part of one
                          */
} Knock;

typedef struct SinkholeListener {
        /* One connection of the user's own that named a host. */
        void (*knock)(void *userdata, const Knock *knock);
        /* The page to answer with, whole and in HTML; the caller frees. NULL: an empty one. It must
         * be that for a host that is not held: any site can lead its own name here, and would
         * read the page as its own. Asked after the knock, for what may be a navigation. */
        char *(*page)(void *userdata, const char *host);
        /* The sockets no longer work. The sinkhole may be freed here, and in no other of these. */
        void (*failed)(void *userdata, int error);
} SinkholeListener;

enum {
        SINKHOLE_CONNECTIONS_MAX =
                64,                   /* at a time, of each kind; further ones are closed at once */
        SINKHOLE_SECONDS = 10,        /* a connection that says nothing so long is closed */
        SINKHOLE_REQUEST_MAX = 16384, /* bytes of an HTTP request's head */
};

/* Serves on two listening sockets, which are its own from here, also when it fails. Only
 * connections of `uid` are served. Returns 0 or a negative errno. */
int sinkhole_new(sd_event *event, int http, int https, uid_t uid, const SinkholeListener *listener,
        void *userdata, Sinkhole **ret);
/* Accepts NULL; returns NULL. */
Sinkhole *sinkhole_free(Sinkhole *s);
DEFINE_CLEANUP(Sinkhole *, sinkhole_free)
