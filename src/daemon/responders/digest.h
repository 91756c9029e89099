/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

/* The digest: one notification that tells how many were held outside of somebody's hours. It knows
 * no people and no ledger; what it is told of a person it tells back, and shows nothing of it. */
typedef struct Digest Digest;

enum {
        DIGEST_REST_SEC = 300, /* after one that could not be shown */
};

typedef struct DigestListener {
        /* The server took it, or may have: it is not to be shown again. Returns whether that is
         * written down; else it rests like one that was sent in vain. */
        bool (*shown)(void *userdata, const char *person_id, unsigned n);
        /* A server is there that was not: what was shown in vain may be tried again. */
        void (*ready)(void *userdata);
} DigestListener;

/* Returns 0 or a negative errno. Asks for nothing synchronously. */
int digest_new(sd_bus *bus, const DigestListener *listener, void *userdata, Digest **ret);
/* Accepts NULL; returns NULL. What is on the screen stays. */
Digest *digest_free(Digest *d);
DEFINE_CLEANUP(Digest *, digest_free)

/* Shows that `n` of a person's were held. Returns 1 when it was sent; 0 while the answer to another
 * one is out, and within DIGEST_REST_SEC of one that was sent in vain; negative errno when no
 * server can be reached. `now_usec` is CLOCK_BOOTTIME. */
int digest_show(Digest *d, const char *person_id, unsigned n, uint64_t now_usec);
