/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stddef.h>

enum {
        PARCEL_SPACE = 16 << 10, /* bytes that small messages share */
        PARCEL_FDS_MAX = 253,    /* descriptors that one sendmsg(2) takes, SCM_MAX_FD */
};

/* Bytes on their way out, and the descriptors that leave with the first of them. */
typedef struct Parcel {
        struct Parcel *next;
        char *data; /* owned */
        size_t len, space;
        size_t sent; /* how many are gone, and with the first of them the descriptors */
        int *fds;    /* owned, and closed with the parcel */
        size_t n_fds;
} Parcel;

/* In their order. */
typedef struct Parcels {
        Parcel *first, *last;
        size_t bytes; /* that are not gone */
} Parcels;

void parcels_done(Parcels *p);

/* Appends a copy of the bytes. Returns 0 or -ENOMEM. */
int parcels_add(Parcels *p, const void *data, size_t len);

/* Appends bytes, `data` (from malloc(), `space` of them), and descriptors that leave with the first
 * of them, `fds` (an array from malloc(), or NULL). On success both are taken over; on -ENOMEM they
 * stay the caller's. */
int parcels_give(Parcels *p, char *data, size_t len, size_t space, int *fds, size_t n_fds);

/* So many bytes of the first ones are gone. */
void parcels_sent(Parcels *p, size_t n);
