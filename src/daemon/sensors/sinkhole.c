/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The sinkhole's door: accepts connections on the two sockets, asks the kernel whose they are, and
 * lets the user's own in, as many as there is room for. What is said inside is sinkhole-http.c's
 * and sinkhole-tls.c's; what a knock means is the manager's. Used by the manager.
 *
 * The trust boundary: any program of any user of the machine can connect. Others are turned away
 * before they take a place or a byte of theirs is read. */

#include "daemon/sensors/sinkhole.h"

#include "common/file.h"
#include "common/sock-diag.h"
#include "common/time.h"
#include "daemon/sensors/sinkhole-sides.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <time.h>

enum {
        ACCEPTS_MAX = 32, /* in a row, before other things have their turn */
};

#define REST_USEC USEC_PER_SEC /* when descriptors or memory are used up */

typedef enum Side {
        HTTP,
        TLS,
        SIDES,
} Side;

typedef struct Door {
        Sinkhole *sinkhole;
        Side side;
        int fd;
        sd_event_source *io;
} Door;

struct Sinkhole {
        uid_t uid;
        SinkholeSide given; /* the event loop is referenced */
        Door doors[SIDES];
        SinkholeHttp *http;
        SinkholeTls *tls;
        sd_event_source *rest; /* while the doors are shut for a moment */
};

void sinkhole_reset(int fd) {
        static const struct linger now = {.l_onoff = 1, .l_linger = 0};

        (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
        (void)close(fd);
}

static void doors_enable(Sinkhole *s, int state) {
        for (Side i = 0; i < SIDES; i++)
                (void)sd_event_source_set_enabled(s->doors[i].io, state);
}

static int on_rested(sd_event_source *source, uint64_t usec, void *userdata) {
        (void)source;
        (void)usec;
        doors_enable(userdata, SD_EVENT_ON);
        return 0;
}

/* A socket that cannot be accepted keeps its door ready: without a rest we would ask in circles. */
static void doors_rest(Sinkhole *s) {
        doors_enable(s, SD_EVENT_OFF);
        (void)sd_event_source_set_time_relative(s->rest, REST_USEC);
        (void)sd_event_source_set_enabled(s->rest, SD_EVENT_ONESHOT);
}

/* --- who is there ---------------------------------------------------------------------------- */

/* Also false when nobody can tell. */
static bool is_ours(const Sinkhole *s, int fd, const struct sockaddr_in *peer) {
        struct sockaddr_in here;
        socklen_t len = sizeof(here);
        uid_t uid;

        if (peer->sin_family != AF_INET)
                return false;
        if (getsockname(fd, (struct sockaddr *)&here, &len) < 0 || here.sin_family != AF_INET)
                return false;
        return sock_diag_owner(peer, &here, &uid) == 0 && uid == s->uid;
}

static void let_in(Door *d, int fd, const struct sockaddr_in *peer) {
        Sinkhole *s = d->sinkhole;

        if (!is_ours(s, fd, peer))
                sinkhole_reset(fd);
        else if (d->side == HTTP)
                (void)sinkhole_http_add(s->http, fd, (const struct sockaddr *)peer, sizeof(*peer));
        else
                (void)sinkhole_tls_add(s->tls, fd);
}

/* What accept(2) may say. Anything else means that the socket no longer works. */
typedef enum Trouble {
        TROUBLE_OVER,  /* nobody waits */
        TROUBLE_GONE,  /* that one went; the next */
        TROUBLE_SHORT, /* of something that comes back */
        TROUBLE_BROKEN,
} Trouble;

static Trouble trouble_of(int error) {
        static const struct {
                int error;
                Trouble trouble;
        } known[] = {
                {EAGAIN, TROUBLE_OVER},
                {EINTR, TROUBLE_GONE},
                {ECONNABORTED, TROUBLE_GONE},
                {EPROTO, TROUBLE_GONE},
                {EPERM, TROUBLE_GONE}, /* a firewall */
                {EMFILE, TROUBLE_SHORT},
                {ENFILE, TROUBLE_SHORT},
                {ENOBUFS, TROUBLE_SHORT},
                {ENOMEM, TROUBLE_SHORT},
        };

        for (size_t i = 0; i < ARRAY_LEN(known); i++)
                if (known[i].error == error)
                        return known[i].trouble;
        return TROUBLE_BROKEN;
}

static int on_knock(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        Door *d = userdata;
        Sinkhole *s = d->sinkhole;

        (void)source;
        (void)events;
        for (int i = 0; i < ACCEPTS_MAX; i++) {
                struct sockaddr_in peer = {0};
                socklen_t len = sizeof(peer);
                int guest =
                        accept4(fd, (struct sockaddr *)&peer, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
                int error = errno;

                if (guest >= 0) {
                        let_in(d, guest, &peer);
                        continue;
                }
                switch (trouble_of(error)) {
                case TROUBLE_GONE: continue;
                case TROUBLE_OVER: return 0;
                case TROUBLE_SHORT: doors_rest(s); return 0;
                case TROUBLE_BROKEN:
                        doors_enable(s, SD_EVENT_OFF);
                        /* may free us */
                        s->given.listener->failed(s->given.userdata, -error);
                        return 0;
                }
        }
        return 0;
}

/* --- the whole ------------------------------------------------------------------------------- */

static int door_open(Door *d) {
        int flags = fcntl(d->fd, F_GETFL);

        if (flags < 0 || fcntl(d->fd, F_SETFL, flags | O_NONBLOCK) < 0)
                return -errno;
        return sd_event_add_io(d->sinkhole->given.event, &d->io, d->fd, EPOLLIN, on_knock, d);
}

static int sinkhole_open(Sinkhole *s) {
        int r;

        r = sinkhole_http_new(&s->given, &s->http);
        if (r < 0)
                return r;
        r = sinkhole_tls_new(&s->given, &s->tls);
        if (r < 0)
                return r;
        r = sd_event_add_time(
                s->given.event, &s->rest, CLOCK_MONOTONIC, 0, USEC_PER_SEC, on_rested, s);
        if (r < 0)
                return r;
        r = sd_event_source_set_enabled(s->rest, SD_EVENT_OFF);
        for (Side i = 0; i < SIDES && r >= 0; i++)
                r = door_open(&s->doors[i]);
        return r;
}

int sinkhole_new(sd_event *event, int http, int https, uid_t uid, const SinkholeListener *listener,
        void *userdata, Sinkhole **ret) {
        _cleanup_(sinkhole_freep) Sinkhole *s = calloc(1, sizeof(*s));
        int r;

        assert(http >= 0 && https >= 0);
        if (!s) {
                (void)close(http);
                (void)close(https);
                return -ENOMEM;
        }
        *s = (Sinkhole){
                .uid = uid,
                .given = {.event = sd_event_ref(event), .listener = listener, .userdata = userdata},
                .doors = {{s, HTTP, http, NULL}, {s, TLS, https, NULL}},
        };
        r = sinkhole_open(s);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(s);
        return 0;
}

Sinkhole *sinkhole_free(Sinkhole *s) {
        if (!s)
                return NULL;
        sd_event_source_disable_unref(s->rest);
        for (Side i = 0; i < SIDES; i++) {
                sd_event_source_disable_unref(s->doors[i].io);
                (void)close(s->doors[i].fd);
        }
        (void)sinkhole_tls_free(s->tls);
        (void)sinkhole_http_free(s->http);
        sd_event_unref(s->given.event);
        free(s);
        return NULL;
}
