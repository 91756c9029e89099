/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/buffer.h"
#include "common/uuid.h"
#include "core/event.h"
#include "core/notice.h"

#include <stdbool.h>

/* A held notification as it lies on the disk: one line of JSON that says what it is, and then the
 * message itself, byte for byte as it came over the bus, so that nothing of it is lost: pictures,
 * actions and hints included. Whoever holds writes it under its id into the spool; nocontactd
 * enters it into the ledger, once, and moves it to what is kept. */

#define HELD_SPOOL "spool" /* folders beside the ledger, mode 0700 */
#define HELD_KEPT  "held"

enum {
        HELD_HEAD_MAX = 8 << 20, /* bytes of the first line; a longer one is none of ours */
};

typedef struct Held {
        char id[UUID_SPACE];    /* UUIDv7 (uuid_v7()): also the name of the file */
        uint64_t at_usec;       /* when it came, UTC */
        int zone_minutes;       /* as in an event */
        char person[UID_SPACE]; /* whom it names */
        char *via;    /* the word for the kind of identity that was found: "name", "phone" */
        char *source; /* what held it: "relay", "monitor" */
        bool leaked;  /* it was seen on the screen before it was put away */
        char *app, *desktop_entry, *summary, *body; /* as in a Notice */
        json_t *more;        /* an object, owned: "actions" (array of strings) and "hints" (those
                              * that are texts, numbers or truth values) */
        const void *message; /* the message; not owned: points into what was parsed */
        size_t message_len;
} Held;

/* Releases what it owns. */
void held_done(Held *h);

/* Fills in a copy of a notice. Returns 0 or -ENOMEM. */
int held_set_notice(Held *h, const Notice *n);

/* The first line with its line feed, appended. What is no UTF-8 becomes U+FFFD in it. Returns 0;
 * -EMSGSIZE for a line over HELD_HEAD_MAX; -ENOMEM. */
int held_write_head(const Held *h, Buffer *b);

/* Reads a file's bytes, which must outlive *ret. Returns 0 and what the caller ends with
 * held_done(); -EBADMSG when that is no held notification, or one that was cut short; -ENOMEM. */
int held_read(const void *data, size_t len, Held *ret);
