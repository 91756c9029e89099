/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Any bytes from both sides, in any pieces, with descriptors anywhere. Where no notification is
 * spoken of, what comes out is what went in, to the byte; what comes out for the server is always
 * made of whole messages, and no descriptor is left open.
 *
 * An input is a row of pieces: a byte that says from which side it comes, whether descriptors come
 * with it and how the judge is minded; its length in two bytes; its bytes. */

#include "common/buffer.h"
#include "relay/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
        FROM_BUS = 1,
        WITH_FDS = 2, /* one or two */
        TWO_FDS = 4,
        HOLDS = 8,
};

static void require(int condition) {
        if (!condition)
                abort();
}

typedef struct Run {
        Filter *filter;
        bool holds;
        unsigned held;
        Buffer in[_SIDE_MAX], out[_SIDE_MAX]; /* by the side that they come from, and go to */
} Run;

static int hold(
        void *userdata, const Notification *n, const void *message, size_t len, uint32_t *ret_id) {
        Run *run = userdata;

        require(n->notice.app && n->notice.desktop_entry && n->notice.summary && n->notice.body);
        require(len >= WIRE_FIXED && message);
        json_decref(notification_more(n));
        if (!run->holds)
                return 0;
        *ret_id = 0x80000000U + run->held++;
        return 1;
}

static void drain(Run *run, Side to) {
        Parcels *p = filter_parcels(run->filter, to);
        size_t n = p->bytes;

        for (const Parcel *at = p->first; at; at = at->next)
                require(buffer_add(&run->out[to], at->data + at->sent, at->len - at->sent) == 0);
        /* in two goes, the second of which begins anywhere */
        parcels_sent(p, n / 3);
        parcels_sent(p, n - n / 3);
        require(!p->first && p->bytes == 0);
}

static int give(Run *run, Side from, uint8_t how, const uint8_t *data, size_t len) {
        int fds[2] = {-1, -1};
        size_t n_fds = how & WITH_FDS ? how & TWO_FDS ? 2 : 1 : 0;

        for (size_t i = 0; i < n_fds; i++) {
                fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
                require(fds[i] >= 0);
        }
        while (len > 0) {
                size_t room, n;
                void *to;
                int r;

                require(filter_room(run->filter, from, &to, &room) == 0 && room > 0);
                n = MIN(room, len);
                memcpy(to, data, n);
                require(buffer_add(&run->in[from], data, n) == 0);
                r = filter_feed(run->filter, from, n, fds, n_fds);
                if (r < 0)
                        return r;
                n_fds = 0;
                data += n;
                len -= n;
        }
        for (size_t i = 0; i < n_fds; i++)
                (void)close(fds[i]);
        return 0;
}

static bool is_prefix(const Buffer *out, const Buffer *in) {
        return out->len <= in->len && (out->len == 0 || memcmp(out->data, in->data, out->len) == 0);
}

static bool mentions(const Buffer *b, const char *word) {
        return b->len > 0 && memmem(b->data, b->len, word, strlen(word));
}

/* Behind the handshake there are whole messages. */
static void check_messages(const Buffer *b) {
        size_t at = 0, len = 0;
        WireHead head;

        while (at < b->len && b->data[at] != 'l' && b->data[at] != 'B') {
                const char *end = memmem(b->data + at, b->len - at, "\r\n", 2);

                if (!end)
                        return;
                at = (size_t)(end - b->data) + 2;
        }
        for (; at < b->len; at += len) {
                require(wire_length(b->data + at, b->len - at, &len) == 0);
                require(len <= b->len - at);
                require(wire_head(b->data + at, len, &head) == 0);
        }
}

static void run_all(const uint8_t *data, size_t size, bool may_hold) {
        Run run = {0};
        const FilterJudge judge = {hold, &run};

        require(filter_new(&judge, &run.filter) == 0);
        while (size >= 3) {
                uint8_t how = data[0];
                size_t len = MIN((size_t)data[1] << 8 | data[2], size - 3);
                Side from = how & FROM_BUS ? SIDE_BUS : SIDE_SERVER;

                run.holds = may_hold && how & HOLDS;
                if (give(&run, from, how, data + 3, len) < 0)
                        break;
                drain(&run, SIDE_BUS);
                drain(&run, SIDE_SERVER);
                data += 3 + len;
                size -= 3 + len;
        }
        if (!mentions(&run.in[SIDE_BUS], "Notif")) {
                require(is_prefix(&run.out[SIDE_BUS], &run.in[SIDE_SERVER]));
                require(is_prefix(&run.out[SIDE_SERVER], &run.in[SIDE_BUS]));
        }
        check_messages(&run.out[SIDE_SERVER]);
        filter_free(run.filter);
        for (int side = 0; side < _SIDE_MAX; side++) {
                buffer_done(&run.in[side]);
                buffer_done(&run.out[side]);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        int before = open("/dev/null", O_RDONLY | O_CLOEXEC), after;

        (void)close(before);
        run_all(data, size, false);
        run_all(data, size, true);
        /* the lowest free number is the same as before: none was left open */
        after = open("/dev/null", O_RDONLY | O_CLOEXEC);
        require(after == before);
        (void)close(after);
        return 0;
}
