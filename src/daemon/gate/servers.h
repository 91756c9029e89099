/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* A notification server that we know, as Debian ships it. */
typedef struct Server {
        const char *name;    /* for the user */
        const char *program; /* base name of what runs */
        const char *unit;    /* of the user's service manager; NULL: it comes with none */
        bool shell;          /* draws what it is sent within itself, on the bus it was born with */
} Server;

enum {
        SERVERS = 10,
};

/* All of them, SERVERS. */
extern const Server servers[SERVERS];

/* The one whose program that is (base name of the executable); NULL when it is none of them. */
const Server *server_by_program(const char *program);
