/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"

#include <netinet/in.h>
#include <stddef.h>
#include <systemd/sd-event.h>

/* Where names lead before they are held, so that connections which are open already can be closed.
 * The machine's own resolver is asked (getaddrinfo_a(3)), without waiting for it. */
typedef struct Addresses Addresses;

enum {
        ADDRESSES_NAMES_MAX = 64, /* of one look-up; more names are passed over */
        ADDRESSES_MAX = 256,
};

/* Called once, from the event loop, with what was found within `patience_usec`; loopback addresses
 * are left out. */
typedef void (*addresses_func)(void *userdata, const struct in6_addr *found, size_t n);

/* Begins; IPv4 addresses come mapped. Returns 0 or a negative errno. Freeing it earlier calls
 * nothing. */
int addresses_find(sd_event *event, const char *const *names, size_t n, uint64_t patience_usec,
        addresses_func func, void *userdata, Addresses **ret);
/* Accepts NULL; returns NULL. May be called from `func`. */
Addresses *addresses_free(Addresses *a);
DEFINE_CLEANUP(Addresses *, addresses_free)
