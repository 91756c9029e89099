/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The TLS side of the sinkhole: reads until the ClientHello has named the server, then resets.
 * Which browsers show as their plain refusal, without a way to click through. It has no
 * certificate and answers nothing. Used by sinkhole.c. */

#include "common/buffer.h"
#include "common/file.h"
#include "common/time.h"
#include "core/client-hello.h"
#include "daemon/sensors/sinkhole-sides.h"

#include <errno.h>
#include <sys/epoll.h>
#include <time.h>

enum { READ_SIZE = 4096 }; /* at a time: a browser's whole ClientHello */

typedef struct Guest {
        SinkholeTls *tls;
        int fd;
        Buffer bytes;
        sd_event_source *io;
        sd_event_source *deadline;
} Guest;

struct SinkholeTls {
        const SinkholeSide *side;
        Guest *guests[SINKHOLE_CONNECTIONS_MAX];
        size_t n;
};

static Guest *guest_free(Guest *g) {
        if (!g)
                return NULL;
        sd_event_source_disable_unref(g->io);
        sd_event_source_disable_unref(g->deadline);
        sinkhole_reset(g->fd);
        buffer_done(&g->bytes);
        free(g);
        return NULL;
}
DEFINE_CLEANUP(Guest *, guest_free)

static void guest_leave(Guest *g) {
        SinkholeTls *t = g->tls;

        for (size_t i = 0; i < t->n; i++)
                if (t->guests[i] == g) {
                        t->guests[i] = t->guests[--t->n];
                        break;
                }
        (void)guest_free(g);
}

static void knock(const SinkholeSide *side, const char *host) {
        _cleanup_(buffer_done) Buffer target = {0};

        if (buffer_printf(&target, "https://%s/", host) < 0)
                return;
        side->listener->knock(side->userdata, &(Knock){.host = host, .target = target.data});
}

/* Returns what client_hello_name() does, or another negative errno at the end of the connection. */
static int guest_read(Guest *g, char host[static CLIENT_HELLO_NAME_SPACE]) {
        uint8_t chunk[READ_SIZE];
        ssize_t n = read(g->fd, chunk, MIN(sizeof(chunk), CLIENT_HELLO_MAX - g->bytes.len));

        if (n < 0)
                return errno == EAGAIN || errno == EINTR ? 0 : -errno;
        if (n == 0)
                return -ENODATA;
        if (buffer_add(&g->bytes, chunk, (size_t)n) < 0)
                return -ENOMEM;
        return client_hello_name((const uint8_t *)g->bytes.data, g->bytes.len, host);
}

static int on_bytes(sd_event_source *s, int fd, uint32_t events, void *userdata) {
        char host[CLIENT_HELLO_NAME_SPACE];
        Guest *g = userdata;
        const SinkholeSide *side = g->tls->side;
        int r = guest_read(g, host);

        (void)s;
        (void)fd;
        (void)events;
        if (r == 0)
                return 0;
        guest_leave(g);
        if (r > 0)
                knock(side, host);
        return 0;
}

static int on_deadline(sd_event_source *s, uint64_t usec, void *userdata) {
        (void)s;
        (void)usec;
        guest_leave(userdata);
        return 0;
}

int sinkhole_tls_new(const SinkholeSide *side, SinkholeTls **ret) {
        SinkholeTls *t = calloc(1, sizeof(*t));

        if (!t)
                return -ENOMEM;
        t->side = side;
        *ret = t;
        return 0;
}

int sinkhole_tls_add(SinkholeTls *t, int fd) {
        _cleanup_(guest_freep) Guest *g = calloc(1, sizeof(*g));
        int r;

        if (!g) {
                sinkhole_reset(fd);
                return -ENOMEM;
        }
        *g = (Guest){.tls = t, .fd = fd};
        if (t->n == SINKHOLE_CONNECTIONS_MAX)
                return -EBUSY;
        r = sd_event_add_io(t->side->event, &g->io, fd, EPOLLIN, on_bytes, g);
        if (r < 0)
                return r;
        r = sd_event_add_time_relative(t->side->event, &g->deadline, CLOCK_MONOTONIC,
                SINKHOLE_SECONDS * USEC_PER_SEC, USEC_PER_SEC, on_deadline, g);
        if (r < 0)
                return r;
        t->guests[t->n++] = TAKE_PTR(g);
        return 0;
}

SinkholeTls *sinkhole_tls_free(SinkholeTls *t) {
        if (!t)
                return NULL;
        while (t->n > 0)
                (void)guest_free(t->guests[--t->n]);
        free(t);
        return NULL;
}
