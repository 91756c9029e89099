/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The name gate's memory of its callers. Pure: the gate hears from the bus who comes and leaves.
 * There are as many clients as applications that notify, so that they stand in a plain list; ids
 * are kept in order, and as a shell counts upwards, a new one comes last. */

#include "relay/clients.h"

#include "common/array.h"

#include <errno.h>

typedef struct Client {
        char *name; /* owned; its address is the client's identity */
        uint32_t pid;
} Client;

typedef struct Given {
        uint32_t id;
        const char *name; /* of a client in the list */
} Given;

struct Clients {
        Client *clients;
        size_t n_clients, space_clients;
        Given *given; /* by id */
        size_t n_given, space_given;
};

Clients *clients_new(void) {
        return calloc(1, sizeof(Clients));
}

Clients *clients_free(Clients *c) {
        if (!c)
                return NULL;
        for (size_t i = 0; i < c->n_clients; i++)
                free(c->clients[i].name);
        free(c->clients);
        free(c->given);
        free(c);
        return NULL;
}

static Client *find(const Clients *c, const char *name) {
        for (size_t i = 0; i < c->n_clients; i++)
                if (streq(c->clients[i].name, name))
                        return &c->clients[i];
        return NULL;
}

/* The place of the id, or where it would stand. */
static size_t place(const Clients *c, uint32_t id) {
        size_t low = 0, high = c->n_given;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (c->given[middle].id < id)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

static bool is_at(const Clients *c, size_t at, uint32_t id) {
        return at < c->n_given && c->given[at].id == id;
}

static void remove_given(Clients *c, size_t at) {
        c->n_given--;
        memmove(&c->given[at], &c->given[at + 1], (c->n_given - at) * sizeof(*c->given));
}

int clients_set_pid(Clients *c, const char *name, uint32_t pid) {
        Client *client = find(c, name);
        char *copy;
        int r;

        if (client) {
                client->pid = pid;
                return 0;
        }
        r = ARRAY_RESERVE(c->clients, c->space_clients, c->n_clients + 1);
        if (r < 0)
                return r;
        copy = strdup(name);
        if (!copy)
                return -ENOMEM;
        c->clients[c->n_clients++] = (Client){copy, pid};
        return 0;
}

uint32_t clients_pid(const Clients *c, const char *name) {
        const Client *client = find(c, name);

        return client ? client->pid : 0;
}

int clients_add_id(Clients *c, const char *name, uint32_t id) {
        const Client *client = find(c, name);
        size_t at = place(c, id);
        int r;

        if (!client) {
                if (is_at(c, at, id))
                        remove_given(c, at);
                return 0;
        }
        if (!is_at(c, at, id)) {
                if (c->n_given == CLIENTS_IDS_MAX) {
                        remove_given(c, 0);
                        at = place(c, id);
                }
                r = ARRAY_RESERVE(c->given, c->space_given, c->n_given + 1);
                if (r < 0)
                        return r;
                memmove(&c->given[at + 1], &c->given[at], (c->n_given - at) * sizeof(*c->given));
                c->n_given++;
        }
        c->given[at] = (Given){id, client->name};
        return 0;
}

const char *clients_owner(const Clients *c, uint32_t id) {
        size_t at = place(c, id);

        return is_at(c, at, id) ? c->given[at].name : NULL;
}

void clients_drop_id(Clients *c, uint32_t id) {
        size_t at = place(c, id);

        if (is_at(c, at, id))
                remove_given(c, at);
}

void clients_drop_ids(Clients *c) {
        c->n_given = 0;
}

void clients_drop(Clients *c, const char *name) {
        Client *client = find(c, name);
        size_t kept = 0;

        if (!client)
                return;
        for (size_t i = 0; i < c->n_given; i++)
                if (c->given[i].name != client->name)
                        c->given[kept++] = c->given[i];
        c->n_given = kept;
        free(client->name);
        *client = c->clients[--c->n_clients];
}

size_t clients_count(const Clients *c) {
        return c->n_clients;
}

size_t clients_count_ids(const Clients *c) {
        return c->n_given;
}
