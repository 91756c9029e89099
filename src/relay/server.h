/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "relay/keeper.h"

#include <systemd/sd-event.h>

/* The socket that a notification server takes for its session bus. */
typedef struct Server Server;

enum {
        SERVER_LINKS_MAX = 64, /* connections at a time; a server has one or two */
        SERVER_ACCEPTS_PER_SECOND = 200,
};

typedef struct ServerParts {
        const char *listen;    /* path of the socket; its folder is made 0700 */
        const char *bus;       /* address of the session bus */
        Keeper *keeper;        /* outlives the server, as the texts do */
        uint64_t (*now)(void); /* µs since the epoch, UTC */
} ServerParts;

/* Listens. A socket of that path on which nobody listens any more is replaced. Returns 0;
 * -EADDRINUSE when somebody does, -EINVAL when the path is too long, other negative errno. */
int server_new(sd_event *event, const ServerParts *parts, Server **ret);
/* Ends all connections and removes the socket. Accepts NULL; returns NULL. */
Server *server_free(Server *s);
DEFINE_CLEANUP(Server *, server_free)
