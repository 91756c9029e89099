/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"
#include "relay/notification.h"
#include "relay/parcel.h"

#include <stdint.h>

/* What happens to the bytes of one connection between a notification server and its bus. Pure:
 * bytes of both sides go in, bytes for both sides come out, and a judge is asked about
 * notifications. Everything passes as it is, in its order, but for:
 *   - a notification that the judge holds: it goes no further, and its caller is answered;
 *   - an update that is delivered and would take the place of one that was held: it comes as new;
 *   - a call to close one that was held: it goes no further, and its caller is answered. */
typedef struct Filter Filter;

typedef enum Side {
        SIDE_SERVER,
        SIDE_BUS,
        _SIDE_MAX,
} Side;

static inline Side side_other(Side side) {
        return side == SIDE_BUS ? SIDE_SERVER : SIDE_BUS;
}

enum {
        FILTER_ROOM = 64 << 10,        /* bytes that are taken at once, less for what is short */
        FILTER_FDS_MAX = 4096,         /* descriptors that may wait for their message */
        FILTER_FIRST_SERIAL = 1 << 30, /* serials of what we say ourselves are from here on; a
                                        * server would have to say as much to come there */
};

typedef struct FilterJudge {
        /* Is it to be held? Returns 1 when it is, and has been written down, and an id for it in
         * *ret_id; 0 when it is delivered; a negative errno ends the connection. */
        int (*hold)(void *userdata, const Notification *n, const void *message, size_t len,
                uint32_t *ret_id);
        void *userdata;
} FilterJudge;

int filter_new(const FilterJudge *judge, Filter **ret);
/* Closes the descriptors that it still has. Accepts NULL; returns NULL. */
Filter *filter_free(Filter *f);
DEFINE_CLEANUP(Filter *, filter_free)

/* Where the next bytes of a side are to be put, and how many there is room for: 1 at least. Returns
 * 0 or -ENOMEM. */
int filter_room(Filter *f, Side from, void **ret, size_t *ret_len);

/* So many bytes have been put there; with them came descriptors, which are taken over whatever is
 * returned. What can go on its way is among the parcels of the other side then. Returns 0; -EBADMSG
 * when that was no D-Bus, -EMSGSIZE when it was too much of it, -ENOMEM, or what the judge said:
 * the connection cannot go on after a failure. */
int filter_feed(Filter *f, Side from, size_t len, const int *fds, size_t n_fds);

/* What is to be sent to a side; the caller takes away what it has sent. */
Parcels *filter_parcels(Filter *f, Side to);
