/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Who asks for notifications: applications by their unique names on the bus, the process behind
 * each, and which ids each was given. */
typedef struct Clients Clients;

enum {
        CLIENTS_IDS_MAX = 4096, /* ids that are remembered; the smallest are forgotten first */
};

Clients *clients_new(void); /* NULL when memory is out */
/* Accepts NULL; returns NULL. */
Clients *clients_free(Clients *c);
DEFINE_CLEANUP(Clients *, clients_free)

/* Remembers the process of a client. Returns 0 or -ENOMEM. */
int clients_set_pid(Clients *c, const char *name, uint32_t pid);
/* Returns it, or 0 when it is not known. */
uint32_t clients_pid(const Clients *c, const char *name);

/* The id belongs to this client from now on, whoever had it. Nothing is remembered for a client
 * whose process is not known: it has left meanwhile. Returns 0 or -ENOMEM. */
int clients_add_id(Clients *c, const char *name, uint32_t id);
/* Returns the name of the client that was given the id, or NULL: it has left, or was never known.
 * It is valid until something changes. */
const char *clients_owner(const Clients *c, uint32_t id);
/* Nobody has it any more. */
void clients_drop_id(Clients *c, uint32_t id);
/* Forgets all ids, and no process. */
void clients_drop_ids(Clients *c);

/* The client has left the bus: it and its ids are forgotten. */
void clients_drop(Clients *c, const char *name);

/* How many clients and ids are remembered. */
size_t clients_count(const Clients *c);
size_t clients_count_ids(const Clients *c);
