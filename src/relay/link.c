/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The sockets of a link: bytes and descriptors in and out. What is done to them is the filter's. */

#include "relay/link.h"

#include "common/file.h"
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum {
        LINK_PIECES = 32 /* of one sendmsg(2) */
};

typedef struct End {
        Link *link;
        Side side;
        int fd;
        sd_event_source *source;
        bool ended; /* no more comes from it */
} End;

struct Link {
        Filter *filter;
        End ends[_SIDE_MAX];
        link_over_func over;
        void *userdata;
};

/* --- in -------------------------------------------------------------------------------------- */

/* The descriptors of a message as recvmsg(2) gave it. Returns how many, into `fds`. */
static size_t received_fds(struct msghdr *msg, int *fds) {
        size_t n = 0;

        for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
                size_t len = c->cmsg_len - CMSG_LEN(0);

                if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
                        continue;
                memcpy(fds + n, CMSG_DATA(c), len);
                n += len / sizeof(int);
        }
        return n;
}

/* Returns 1 when there may be more, 0 when not, 2 at the end of it all. */
static int receive(End *end) {
        union {
                struct cmsghdr align;
                char space[CMSG_SPACE(sizeof(int) * PARCEL_FDS_MAX)];
        } control;
        struct iovec iov;
        struct msghdr msg = {.msg_iov = &iov,
                .msg_iovlen = 1,
                .msg_control = &control,
                .msg_controllen = sizeof(control)};
        int fds[PARCEL_FDS_MAX];
        size_t n_fds;
        ssize_t n;
        int r;

        r = filter_room(end->link->filter, end->side, &iov.iov_base, &iov.iov_len);
        if (r < 0)
                return r;
        n = TEMP_FAILURE_RETRY(recvmsg(end->fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC));
        if (n < 0 && errno == EAGAIN)
                return 0;
        if (n < 0 && errno != ECONNRESET)
                return -errno;
        if (n <= 0)
                return 2;
        n_fds = received_fds(&msg, fds);
        r = filter_feed(end->link->filter, end->side, (size_t)n, fds, n_fds);
        if (r < 0)
                return r;
        if (msg.msg_flags & MSG_CTRUNC)
                return -EBADMSG;
        /* descriptors end a read before its room is full */
        return (size_t)n == iov.iov_len || n_fds > 0;
}

static bool congested(const Link *l) {
        for (int side = 0; side < _SIDE_MAX; side++)
                if (filter_parcels(l->filter, side)->bytes > LINK_QUEUE_MAX)
                        return true;
        return false;
}

static int receive_all(End *end) {
        int r = 1;

        for (int i = 0; i < LINK_READS && r == 1 && !congested(end->link); i++)
                r = receive(end);
        if (r == 2)
                end->ended = true;
        return r;
}

/* --- out ------------------------------------------------------------------------------------- */

/* As many parcels as go at once: those with descriptors begin a new message. */
static size_t gather(const Parcels *p, struct iovec *iov) {
        size_t n = 0;

        for (const Parcel *at = p->first; at && n < LINK_PIECES; at = at->next) {
                if (n > 0 && at->n_fds > 0)
                        break;
                iov[n++] = (struct iovec){at->data + at->sent, at->len - at->sent};
        }
        return n;
}

/* Returns 1 when something went, 0 when the socket is full. */
static int transmit(const End *end, Parcels *p) {
        union {
                struct cmsghdr align;
                char space[CMSG_SPACE(sizeof(int) * PARCEL_FDS_MAX)];
        } control;
        struct iovec iov[LINK_PIECES];
        struct msghdr msg = {.msg_iov = iov, .msg_iovlen = gather(p, iov)};
        const Parcel *first = p->first;
        ssize_t n;

        if (first->n_fds > 0 && first->sent == 0) {
                size_t len = first->n_fds * sizeof(int);

                control.align = (struct cmsghdr){
                        .cmsg_len = CMSG_LEN(len),
                        .cmsg_level = SOL_SOCKET,
                        .cmsg_type = SCM_RIGHTS,
                };
                memcpy(CMSG_DATA(&control.align), first->fds, len);
                msg.msg_control = &control;
                msg.msg_controllen = CMSG_SPACE(len);
        }
        n = TEMP_FAILURE_RETRY(sendmsg(end->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL));
        if (n < 0)
                return errno == EAGAIN ? 0 : -errno;
        parcels_sent(p, (size_t)n);
        return 1;
}

/* What a side that went away does not take is nobody's; what it said itself still comes in. */
static int transmit_all(const End *end) {
        Parcels *p = filter_parcels(end->link->filter, end->side);
        int r = 1;

        while (r > 0 && p->first)
                r = transmit(end, p);
        if (r != -EPIPE && r != -ECONNRESET)
                return r;
        parcels_done(p);
        return 0;
}

/* --- both ------------------------------------------------------------------------------------ */

/* Has one side gone, and the other all that came from it? */
static bool is_over(const Link *l) {
        for (int side = 0; side < _SIDE_MAX; side++)
                if (l->ends[side].ended &&
                        !filter_parcels(l->filter, side_other((Side)side))->first)
                        return true;
        return false;
}

static int set_events(Link *l) {
        bool full = congested(l);

        for (int side = 0; side < _SIDE_MAX; side++) {
                End *end = &l->ends[side];
                uint32_t events = 0;
                int r;

                if (!full && !end->ended)
                        events |= EPOLLIN;
                if (filter_parcels(l->filter, (Side)side)->first)
                        events |= EPOLLOUT;
                r = sd_event_source_set_io_events(end->source, events);
                /* a socket that hung up is told of without being asked for */
                if (r >= 0)
                        r = sd_event_source_set_enabled(
                                end->source, events != 0 ? SD_EVENT_ON : SD_EVENT_OFF);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int work(End *end, uint32_t events) {
        Link *l = end->link;
        int r = 0;

        if (events & (EPOLLIN | EPOLLHUP | EPOLLERR) && !end->ended)
                r = receive_all(end);
        for (int side = 0; side < _SIDE_MAX && r >= 0; side++)
                r = transmit_all(&l->ends[side]);
        return r < 0 ? r : set_events(l);
}

static int on_io(sd_event_source *s, int fd, uint32_t events, void *userdata) {
        End *end = userdata;
        Link *l = end->link;
        int r = work(end, events);

        (void)s, (void)fd;
        if (r < 0)
                log_warning("A connection to the notification server ends: %s", strerror(-r));
        if (r < 0 || is_over(l))
                l->over(l->userdata, l);
        return 0;
}

static int add_end(Link *l, sd_event *event, Side side) {
        End *end = &l->ends[side];
        int flags = fcntl(end->fd, F_GETFL);

        end->link = l;
        end->side = side;
        if (flags < 0 || fcntl(end->fd, F_SETFL, flags | O_NONBLOCK) < 0)
                return -errno;
        return sd_event_add_io(event, &end->source, end->fd, EPOLLIN, on_io, end);
}

int link_new(sd_event *event, int server_fd, int bus_fd, const FilterJudge *judge,
        link_over_func over, void *userdata, Link **ret) {
        _cleanup_close_ int server = server_fd, bus = bus_fd;
        _cleanup_(link_freep) Link *l = calloc(1, sizeof(*l));
        int r;

        if (!l)
                return -ENOMEM;
        l->over = over;
        l->userdata = userdata;
        l->ends[SIDE_SERVER].fd = TAKE_FD(server);
        l->ends[SIDE_BUS].fd = TAKE_FD(bus);
        r = filter_new(judge, &l->filter);
        for (int side = 0; side < _SIDE_MAX && r >= 0; side++)
                r = add_end(l, event, (Side)side);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(l);
        return 0;
}

Link *link_free(Link *l) {
        if (!l)
                return NULL;
        for (int side = 0; side < _SIDE_MAX; side++) {
                sd_event_source_disable_unref(l->ends[side].source);
                (void)close(l->ends[side].fd);
        }
        filter_free(l->filter);
        free(l);
        return NULL;
}
