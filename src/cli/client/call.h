/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cli/client.h"
#include "common/array.h"
#include "nocontact/bus-names.h"

#include <errno.h>
#include <systemd/sd-bus.h>

/* Calls, and readers of what comes back: what the client's files share. All return 0 or a negative
 * errno; what the daemon says to an error is the client's then. */

typedef sd_bus_message Message;
#define _cleanup_message_ _cleanup_(sd_bus_message_unrefp)

/* --- calls ----------------------------------------------------------------------------------- */

/* A member of somebody's interface. */
typedef struct Member {
        const char *destination, *path, *interface, *name;
} Member;

#define MANAGER(member)                                                                            \
        (&(const Member){NC_BUS_NAME, NC_OBJECT_ROOT, NC_INTERFACE_MANAGER, (member)})
#define REGIME(member) (&(const Member){NC_BUS_NAME, NC_OBJECT_ROOT, NC_INTERFACE_REGIME, (member)})
#define LEDGER(member) (&(const Member){NC_BUS_NAME, NC_OBJECT_ROOT, NC_INTERFACE_LEDGER, (member)})
#define HOLDS(member)  (&(const Member){NC_BUS_NAME, NC_OBJECT_ROOT, NC_INTERFACE_HOLDS, (member)})
#define SUPPORT(member)                                                                            \
        (&(const Member){NC_BUS_NAME, NC_OBJECT_ROOT, NC_INTERFACE_SUPPORT, (member)})
#define PERSON(path, member) (&(const Member){NC_BUS_NAME, (path), NC_INTERFACE_PERSON, (member)})

/* `types` are those of the arguments that follow, NULL for none. */

/* `ret` may be NULL. */
int client_call(Client *c, const Member *member, Message **ret, const char *types, ...);

/* Gives the one number of type t that comes back. */
int client_call_number(Client *c, const Member *member, uint64_t *ret, const char *types, ...);

/* Gives the one text that comes back, of type s or o. */
int client_call_text(Client *c, const Member *member, char **ret, const char *types, ...);

/* Reads the one array that comes back, see read_rows(). */
typedef struct Rows {
        const char *types; /* of a row's members */
        int (*read)(Message *m, void *list);
        void *list;
} Rows;
int client_call_rows(Client *c, const Member *member, const Rows *rows, const char *types, ...);

/* For arguments that no types can say: makes a call, to which they are appended, and sends it. */
int client_make_call(Client *c, const Member *member, Message **ret);
int client_send(Client *c, Message *call, Message **ret);

/* --- readers --------------------------------------------------------------------------------- */

/* A number of type t. */
int read_number(Message *m, uint64_t *ret);

/* A string or path, of the type that is said, which the caller frees. */
int read_text(Message *m, const char *type, char **ret);

/* Strings, into fields of their own. `texts` ends with NULL. */
int read_texts(Message *m, char **const *texts);
#define READ_TEXTS(m, ...) read_texts((m), (char **const[]){__VA_ARGS__, NULL})

/* An array of structs; `read` reads the members of one and keeps them in `list`. */
int read_rows(Message *m, const Rows *rows);

/* Appends an empty element to a list and gives its address, or NULL when memory is out. */
#define LIST_ADD(items, n, space)                                                                  \
        ({                                                                                         \
                __typeof__(items) _new = NULL;                                                     \
                if (ARRAY_RESERVE(items, space, (n) + 1) == 0) {                                   \
                        _new = &(items)[(n)++];                                                    \
                        memset(_new, 0, sizeof(*_new));                                            \
                }                                                                                  \
                _new;                                                                              \
        })

/* --- properties ------------------------------------------------------------------------------ */

/* A property and the field of the struct into which its value is put. */
typedef struct Field {
        const char *name, *type;
        size_t offset;
        /* reads the value; `field` points at offset. NULL: by type */
        int (*read)(Message *m, void *object);
} Field;

/* An a{sv}; properties that `fields` does not name are passed over. -EBADMSG for a value of another
 * type than agreed. */
int read_properties(Message *m, const Field *fields, void *object);

/* All properties of one of the root object's interfaces. */
int client_get_all(Client *c, const char *interface, const Field *fields, void *object);
