/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/notice.h"
#include "relay/wire.h"

#include <dbus/dbus.h>
#include <jansson.h>

/* A call that would show a notification, of whichever interface, taken apart by libdbus. */

typedef struct Notification {
        DBusMessage *message; /* owned; most of what follows points into it */
        Notice notice;
        char *texts;        /* owned: two bodies in one, or NULL */
        bool has_id;        /* the caller is told an id, and hears when it is closed */
        uint32_t replaces;  /* the id of the one that it takes the place of; 0: none */
        size_t replaces_at; /* where that number stands in the message's bytes */
} Notification;

/* Could it be one? Costs next to nothing and looks at the header alone. */
bool notification_likely(const WireHead *head);

/* Reads a whole message of which notification_likely() is true. Its bytes may be changed meanwhile
 * and are as before in the end. Returns 1 and what the caller ends with notification_done(); 0 when
 * libdbus does not take it for a message, or its arguments are not those of a notification;
 * -ENOMEM. *ret must not be moved while it is used. */
int notification_read(void *message, size_t len, const WireHead *head, Notification *ret);
/* The same for a message that libdbus has taken apart already, of which it keeps a reference;
 * `replaces_at` is 0. Returns as above. */
int notification_take(DBusMessage *message, Notification *ret);
void notification_done(Notification *n);

/* What else a notification says, as `more` of a Held: its actions, and its hints as far as they are
 * texts, numbers or truth values. NULL when memory is out. */
json_t *notification_more(const Notification *n);

/* Is it a call of CloseNotification? Then its id is given, else 0. */
uint32_t notification_closes(const void *message, const WireHead *head);

/* --- what is said to a caller, in the place of the server --- */

/* Each gives a message with this serial, to be sent by the server's connection, that the caller of
 * these functions frees with dbus_free(). Returns 0; -EINVAL when the call has no sender or one
 * that is no name; -ENOMEM. */

/* The answer to a call: an id, or nothing. */
int notification_reply(
        const WireHead *call, const uint32_t *id, uint32_t serial, char **ret, size_t *ret_len);
/* NotificationClosed for the id, with the reason "dismissed by the user" (2), to the caller alone.
 */
int notification_closed(
        const WireHead *call, uint32_t id, uint32_t serial, char **ret, size_t *ret_len);
