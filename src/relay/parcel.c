/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A queue of bytes that keeps descriptors with the bytes that they belong to. It sends nothing. */

#include "relay/parcel.h"

#include "common/file.h"

#include <errno.h>

static void parcel_free(Parcel *p) {
        /* those that were sent are the other side's by now; ours are copies */
        for (size_t i = 0; i < p->n_fds; i++)
                (void)close(p->fds[i]);
        free(p->fds);
        free(p->data);
        free(p);
}

void parcels_done(Parcels *p) {
        while (p->first) {
                Parcel *gone = p->first;

                p->first = gone->next;
                parcel_free(gone);
        }
        *p = (Parcels){0};
}

int parcels_give(Parcels *p, char *data, size_t len, size_t space, int *fds, size_t n_fds) {
        Parcel *parcel = malloc(sizeof(*parcel));

        if (!parcel)
                return -ENOMEM;
        *parcel = (Parcel){.data = data, .len = len, .space = space, .fds = fds, .n_fds = n_fds};
        if (p->last)
                p->last->next = parcel;
        else
                p->first = parcel;
        p->last = parcel;
        p->bytes += len;
        return 0;
}

int parcels_add(Parcels *p, const void *data, size_t len) {
        _cleanup_free_ char *copy = NULL;
        size_t space = MAX(len, (size_t)PARCEL_SPACE);
        int r;

        if (p->last && p->last->space - p->last->len >= len) {
                memcpy(p->last->data + p->last->len, data, len);
                p->last->len += len;
                p->bytes += len;
                return 0;
        }
        copy = malloc(space);
        if (!copy)
                return -ENOMEM;
        memcpy(copy, data, len);
        r = parcels_give(p, copy, len, space, NULL, 0);
        if (r == 0)
                (void)TAKE_PTR(copy);
        return r;
}

void parcels_sent(Parcels *p, size_t n) {
        p->bytes -= n;
        while (p->first) {
                Parcel *parcel = p->first;
                size_t rest = parcel->len - parcel->sent;

                if (n < rest) {
                        parcel->sent += n;
                        return;
                }
                n -= rest;
                p->first = parcel->next;
                if (!p->first)
                        p->last = NULL;
                parcel_free(parcel);
        }
}
