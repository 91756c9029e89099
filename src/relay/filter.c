/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The protocol of the relay: handshake, messages, descriptors, and what is done to the few that
 * matter. It neither reads nor sends, and does not know the rules. */

#include "relay/filter.h"

#include "common/array.h"
#include "common/file.h"
#include "nocontact/bus-names.h"
#include "relay/sasl.h"
#include "relay/wire.h"

#include <errno.h>

/* What comes from one side. */
typedef struct Lane {
        Sasl sasl;
        char *data; /* owned; bytes from `start` to `end` have not been dealt with */
        size_t start, end, space;
        size_t need; /* how long the message that begins at `start` is; 0: not known */
        int *fds;    /* owned, as the descriptors; they wait for their messages */
        size_t n_fds, fds_space;
} Lane;

struct Filter {
        FilterJudge judge;
        Lane from[_SIDE_MAX];
        Parcels to[_SIDE_MAX];
        uint32_t serial; /* the next of ours */
};

/* --- room ------------------------------------------------------------------------------------ */

/* A message that is longer than what is there gets room of exactly its own length, so that it can
 * go on its way without being copied. */
static int make_room(Lane *lane, size_t space) {
        size_t len = lane->end - lane->start;
        char *data = malloc(space);

        if (!data)
                return -ENOMEM;
        if (len > 0)
                memcpy(data, lane->data + lane->start, len);
        free(lane->data);
        lane->data = data;
        lane->space = space;
        lane->start = 0;
        lane->end = len;
        return 0;
}

int filter_room(Filter *f, Side from, void **ret, size_t *ret_len) {
        Lane *lane = &f->from[from];
        size_t space = MAX(lane->need, (size_t)FILTER_ROOM);
        int r = 0;

        if (lane->space != space)
                r = make_room(lane, space);
        if (r < 0)
                return r;
        if (lane->start > 0) {
                memmove(lane->data, lane->data + lane->start, lane->end - lane->start);
                lane->end -= lane->start;
                lane->start = 0;
        }
        *ret = lane->data + lane->end;
        *ret_len = lane->space - lane->end;
        return 0;
}

/* --- descriptors ----------------------------------------------------------------------------- */

static void close_all(const int *fds, size_t n) {
        for (size_t i = 0; i < n; i++)
                (void)close(fds[i]);
}

static int queue_fds(Lane *lane, const int *fds, size_t n) {
        if (n == 0)
                return 0;
        if (lane->n_fds + n > FILTER_FDS_MAX ||
                ARRAY_RESERVE(lane->fds, lane->fds_space, lane->n_fds + n) < 0) {
                close_all(fds, n);
                return -EMSGSIZE;
        }
        memcpy(lane->fds + lane->n_fds, fds, n * sizeof(*fds));
        lane->n_fds += n;
        return 0;
}

/* The descriptors that came first, in an array of their own; NULL for none. */
static int take_fds(Lane *lane, size_t n, int **ret) {
        int *taken;

        if (n > lane->n_fds || n > PARCEL_FDS_MAX)
                return -EBADMSG;
        if (n == 0) {
                *ret = NULL;
                return 0;
        }
        taken = malloc(n * sizeof(*taken));
        if (!taken)
                return -ENOMEM;
        memcpy(taken, lane->fds, n * sizeof(*taken));
        lane->n_fds -= n;
        memmove(lane->fds, lane->fds + n, lane->n_fds * sizeof(*taken));
        *ret = taken;
        return 0;
}

/* --- what we say ourselves ------------------------------------------------------------------- */

static uint32_t next_serial(Filter *f) {
        uint32_t serial = f->serial++;

        if (f->serial < FILTER_FIRST_SERIAL)
                f->serial = FILTER_FIRST_SERIAL;
        return serial;
}

/* Hands over what notification_reply() and notification_closed() gave. A caller without a name
 * cannot be answered, and is none that the bus knows. */
static int say(Filter *f, int r, char *bytes, size_t len) {
        if (r < 0)
                return r == -EINVAL ? 0 : r;
        r = parcels_add(&f->to[SIDE_BUS], bytes, len);
        dbus_free(bytes);
        return r;
}

static int say_reply(Filter *f, const WireHead *call, const uint32_t *id) {
        char *bytes = NULL;
        size_t len = 0;
        int r;

        if (call->flags & WIRE_NO_REPLY)
                return 0;
        r = notification_reply(call, id, next_serial(f), &bytes, &len);
        return say(f, r, bytes, len);
}

static int say_closed(Filter *f, const WireHead *call, uint32_t id) {
        char *bytes = NULL;
        size_t len = 0;
        int r = notification_closed(call, id, next_serial(f), &bytes, &len);

        return say(f, r, bytes, len);
}

/* --- what comes from the bus ----------------------------------------------------------------- */

static bool is_ours(uint32_t id) {
        return id >= NC_RELAY_FIRST_ID;
}

/* The caller of an update is told the id that it knows already. */
static int answer_held(Filter *f, const Notification *n, const WireHead *call, uint32_t id) {
        int r;

        if (!n->has_id)
                return say_reply(f, call, NULL);
        if (n->replaces != 0)
                id = n->replaces;
        r = say_reply(f, call, &id);
        return r < 0 ? r : say_closed(f, call, id);
}

/* Returns 1 when the message goes no further, 0 when it is delivered. */
static int ask(Filter *f, char *message, size_t len, const WireHead *head) {
        Notification n;
        uint32_t id = 0;
        int r;

        r = notification_read(message, len, head, &n);
        if (r <= 0)
                return r;
        r = f->judge.hold(f->judge.userdata, &n, message, len, &id);
        if (r > 0) {
                r = answer_held(f, &n, head, id);
                r = r < 0 ? r : 1;
        } else if (r == 0 && is_ours(n.replaces)) {
                /* the server never heard of that one */
                wire_put_u32(head->order, message + n.replaces_at, 0);
        }
        notification_done(&n);
        return r;
}

static int examine(Filter *f, char *message, size_t len, const WireHead *head) {
        int r;

        if (notification_likely(head))
                return ask(f, message, len, head);
        if (!is_ours(notification_closes(message, head)))
                return 0;
        r = say_reply(f, head, NULL);
        return r < 0 ? r : 1;
}

/* --- messages -------------------------------------------------------------------------------- */

/* A long message alone in its room goes with it; others are copied. */
static int pass(Lane *lane, Parcels *to, size_t len, int *fds, size_t n_fds) {
        char *data = lane->data + lane->start;
        int r;

        if (lane->start == 0 && lane->end == len && len > FILTER_ROOM) {
                r = parcels_give(to, data, len, len, fds, n_fds);
                if (r == 0) {
                        lane->data = NULL;
                        lane->space = lane->end = 0;
                }
                return r;
        }
        if (n_fds == 0)
                return parcels_add(to, data, len);
        data = malloc(len);
        if (!data)
                return -ENOMEM;
        memcpy(data, lane->data + lane->start, len);
        r = parcels_give(to, data, len, len, fds, n_fds);
        if (r < 0)
                free(data);
        return r;
}

static int take_message(Filter *f, Side from, size_t len) {
        Lane *lane = &f->from[from];
        char *message = lane->data + lane->start;
        int *fds = NULL;
        WireHead head;
        int r;

        r = wire_head(message, len, &head);
        if (r < 0)
                return r;
        r = take_fds(lane, head.unix_fds, &fds);
        if (r < 0)
                return r;
        r = from == SIDE_BUS ? examine(f, message, len, &head) : 0;
        if (r == 0)
                r = pass(lane, &f->to[side_other(from)], len, fds, head.unix_fds);
        if (r != 0) {
                close_all(fds, head.unix_fds);
                free(fds);
        }
        if (r >= 0 && lane->data)
                lane->start += len;
        return r < 0 ? r : 0;
}

static int take_messages(Filter *f, Side from) {
        Lane *lane = &f->from[from];
        int r;

        while (lane->end > lane->start) {
                size_t there = lane->end - lane->start;

                if (lane->need == 0) {
                        r = wire_length(lane->data + lane->start, there, &lane->need);
                        if (r < 0)
                                return r == -EAGAIN ? 0 : r;
                }
                if (there < lane->need)
                        return 0;
                r = take_message(f, from, lane->need);
                if (r < 0)
                        return r;
                lane->need = 0;
        }
        lane->start = lane->end = 0;
        return 0;
}

static int take_lines(Filter *f, Side from) {
        Lane *lane = &f->from[from];
        size_t len;
        int r;

        r = sasl_scan(&lane->sasl, lane->data + lane->start, lane->end - lane->start, &len);
        if (r < 0)
                return r;
        /* a bus says nothing else before it was asked to begin */
        if (from == SIDE_BUS && lane->sasl.done && !f->from[SIDE_SERVER].sasl.done)
                return -EBADMSG;
        if (len > 0)
                r = parcels_add(&f->to[side_other(from)], lane->data + lane->start, len);
        lane->start += len;
        return r;
}

int filter_feed(Filter *f, Side from, size_t len, const int *fds, size_t n_fds) {
        Lane *lane = &f->from[from];
        int r;

        lane->end += len;
        r = queue_fds(lane, fds, n_fds);
        if (r == 0 && !lane->sasl.done)
                r = take_lines(f, from);
        if (r == 0 && lane->sasl.done)
                r = take_messages(f, from);
        return r;
}

Parcels *filter_parcels(Filter *f, Side to) {
        return &f->to[to];
}

/* --- life ------------------------------------------------------------------------------------ */

int filter_new(const FilterJudge *judge, Filter **ret) {
        Filter *f = calloc(1, sizeof(*f));

        if (!f)
                return -ENOMEM;
        f->judge = *judge;
        f->serial = FILTER_FIRST_SERIAL;
        f->from[SIDE_SERVER].sasl.client = true;
        *ret = f;
        return 0;
}

Filter *filter_free(Filter *f) {
        if (!f)
                return NULL;
        for (int side = 0; side < _SIDE_MAX; side++) {
                close_all(f->from[side].fds, f->from[side].n_fds);
                free(f->from[side].fds);
                free(f->from[side].data);
                parcels_done(&f->to[side]);
        }
        free(f);
        return NULL;
}
