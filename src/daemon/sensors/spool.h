/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/held.h"

#include <systemd/sd-event.h>

/* The spool, where whoever holds a notification lays it down (core/held.h). Each one is read and
 * handed on until it was taken; then it lies with those that are kept, or is gone. */
typedef struct Spool Spool;

enum {
        SPOOL_FILE_MAX = HELD_HEAD_MAX + (128 << 20), /* bytes; D-Bus has no longer message */
        SPOOL_BATCH = 64, /* files between two looks at whatever else the event loop has */
};

#define SPOOL_DAMAGED    "damaged" /* folder in the spool: what is no held notification */
#define SPOOL_RETRY_USEC (5 * USEC_PER_SEC)

/* What becomes of a file. */
enum {
        SPOOL_DROP, /* it is removed */
        SPOOL_KEEP, /* it is moved to what is kept */
};

typedef struct SpoolListener {
        /* A held notification, the oldest first. Until this returns SPOOL_KEEP or SPOOL_DROP it is
         * handed in again, also after a crash in between: whoever takes it knows it by its id. A
         * negative errno: it stays where it is, and is handed in again after SPOOL_RETRY_USEC or
         * when something changes in the spool. */
        int (*held)(void *userdata, const Held *h);
} SpoolListener;

/* Watches `dir`/spool, which is made when it is missing, as is `dir`/held. What lies there already
 * is handed in from the event loop. Files whose name is no id are not touched: they are being
 * written. Returns 0 or a negative errno. */
int spool_new(sd_event *event, const char *dir, const SpoolListener *listener, void *userdata,
        Spool **ret);
/* Accepts NULL; returns NULL. */
Spool *spool_free(Spool *s);
DEFINE_CLEANUP(Spool *, spool_free)

/* Hands in now what lies there, SPOOL_BATCH of it at most, and again soon when there is more.
 * Returns 0, or the first failure, after which it is tried again later. */
int spool_sweep(Spool *s);
