/* SPDX-License-Identifier: GPL-3.0-or-later */

/* TCP connections as the kernel knows them, over netlink: sock_diag(7), linux/inet_diag.h. It asks
 * who owns one, and ends those of one user. It does not decide whose or which. The sinkhole looks
 * up who knocks; root's program closes what was open before a name was held. */

#include "common/sock-diag.h"

#include "common/array.h"
#include "common/file.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

enum {
        MESSAGES_SPACE = 32768, /* as much as the kernel puts into one datagram of a dump */
        MAPPED_WORD = 2,        /* of an address in four words: the one that says "mapped IPv4" */
};

typedef struct Request {
        struct nlmsghdr header;
        struct inet_diag_req_v2 body;
} Request;

/* One connection of an answer. Returns 0 to go on, 1 for enough, negative errno. */
typedef int (*socket_func)(void *userdata, const struct inet_diag_msg *socket);

static int diag_open(int *ret) {
        static const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
        _cleanup_close_ int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

        if (fd < 0)
                return -errno;
        /* nobody else's answers */
        if (connect(fd, (const struct sockaddr *)&kernel, sizeof(kernel)) < 0)
                return -errno;
        *ret = TAKE_FD(fd);
        return 0;
}

static int diag_send(int fd, uint16_t type, uint16_t flags, const struct inet_diag_req_v2 *body) {
        Request request = {
                .header = {.nlmsg_len = sizeof(request),
                        .nlmsg_type = type,
                        .nlmsg_flags = NLM_F_REQUEST | flags},
                .body = *body,
        };

        return send(fd, &request, sizeof(request), 0) < 0 ? -errno : 0;
}

/* One message. Returns 1 at the end of the answer, 0 to go on, negative errno. */
static int diag_read(const struct nlmsghdr *m, socket_func func, void *userdata) {
        size_t len = NLMSG_PAYLOAD(m, 0);
        int error = 0;

        if (m->nlmsg_type == NLMSG_ERROR || m->nlmsg_type == NLMSG_DONE) {
                if (len >= sizeof(error))
                        memcpy(&error, NLMSG_DATA(m), sizeof(error));
                return error < 0 ? error : 1;
        }
        if (m->nlmsg_type != SOCK_DIAG_BY_FAMILY || !func)
                return 0;
        if (len < sizeof(struct inet_diag_msg))
                return -EBADMSG;
        return func(userdata, NLMSG_DATA(m));
}

static int diag_receive(int fd, socket_func func, void *userdata) {
        union {
                struct nlmsghdr header;
                char bytes[MESSAGES_SPACE];
        } answer;

        for (;;) {
                ssize_t n = recv(fd, &answer, sizeof(answer), 0);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                for (const struct nlmsghdr *m = &answer.header; NLMSG_OK(m, (size_t)n);
                        m = NLMSG_NEXT(m, n)) {
                        int r = diag_read(m, func, userdata);

                        if (r != 0)
                                return r < 0 ? r : 0;
                }
        }
}

/* --- whose is it? ---------------------------------------------------------------------------- */

typedef struct Owner {
        in_port_t remote_port; /* network byte order */
        bool found;
        uid_t uid;
} Owner;

/* The kernel falls back on a listening socket, which has no other end. A connection without an
 * inode was closed by its owner and lingers; it is nobody's. */
static int take_owner(void *userdata, const struct inet_diag_msg *socket) {
        Owner *owner = userdata;

        owner->found = socket->id.idiag_dport == owner->remote_port && socket->idiag_inode != 0;
        owner->uid = socket->idiag_uid;
        return 1;
}

int sock_diag_owner(const struct sockaddr_in *local, const struct sockaddr_in *remote, uid_t *ret) {
        /* sockets with mapped addresses are found as IPv4 too: the kernel hashes them so */
        struct inet_diag_req_v2 request = {
                .sdiag_family = AF_INET,
                .sdiag_protocol = IPPROTO_TCP,
                .idiag_states = UINT32_MAX,
                .id = {.idiag_sport = local->sin_port,
                        .idiag_dport = remote->sin_port,
                        .idiag_src = {local->sin_addr.s_addr},
                        .idiag_dst = {remote->sin_addr.s_addr},
                        .idiag_cookie = {INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE}},
        };
        Owner owner = {.remote_port = remote->sin_port};
        _cleanup_close_ int fd = -1;
        int r;

        r = diag_open(&fd);
        if (r < 0)
                return r;
        r = diag_send(fd, SOCK_DIAG_BY_FAMILY, 0, &request);
        if (r < 0)
                return r;
        r = diag_receive(fd, take_owner, &owner);
        if (r < 0)
                return r;
        if (!owner.found)
                return -ENOENT;
        *ret = owner.uid;
        return 0;
}

/* --- closing --------------------------------------------------------------------------------- */

typedef struct Search {
        uid_t uid;
        const struct in6_addr *addresses;
        size_t n_addresses;
        struct inet_diag_req_v2 *found; /* owned: the requests that close */
        size_t n, space;
} Search;

static struct in6_addr other_end(const struct inet_diag_msg *socket) {
        struct in6_addr address = IN6ADDR_ANY_INIT;

        if (socket->idiag_family == AF_INET) {
                address.s6_addr32[MAPPED_WORD] = htonl(0xffff);
                address.s6_addr32[MAPPED_WORD + 1] = socket->id.idiag_dst[0];
        } else
                memcpy(&address, socket->id.idiag_dst, sizeof(address));
        return address;
}

static bool wanted(const Search *search, const struct inet_diag_msg *socket) {
        uint16_t port = ntohs(socket->id.idiag_dport);
        struct in6_addr address = other_end(socket);

        if (socket->idiag_uid != search->uid || (port != 80 && port != 443))
                return false;
        for (size_t i = 0; i < search->n_addresses; i++)
                if (IN6_ARE_ADDR_EQUAL(&address, &search->addresses[i]))
                        return true;
        return false;
}

static int take_wanted(void *userdata, const struct inet_diag_msg *socket) {
        Search *search = userdata;

        if (!wanted(search, socket))
                return 0;
        if (ARRAY_RESERVE(search->found, search->space, search->n + 1) < 0)
                return -ENOMEM;
        /* the cookie in the id makes sure that it is this one and no successor */
        search->found[search->n++] = (struct inet_diag_req_v2){
                .sdiag_family = socket->idiag_family,
                .sdiag_protocol = IPPROTO_TCP,
                .idiag_states = UINT32_MAX,
                .id = socket->id,
        };
        return 0;
}

static int search_family(int fd, uint8_t family, Search *search) {
        struct inet_diag_req_v2 request = {
                .sdiag_family = family,
                .sdiag_protocol = IPPROTO_TCP,
                .idiag_states = 1u << TCP_ESTABLISHED,
        };
        int r = diag_send(fd, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &request);

        if (r < 0)
                return r;
        r = diag_receive(fd, take_wanted, search);
        return r == -ENOENT ? -EOPNOTSUPP : r; /* the kernel has no inet_diag */
}

/* Returns 1 when it was closed, 0 when it was gone already, negative errno. */
static int destroy(int fd, const struct inet_diag_req_v2 *request) {
        int r = diag_send(fd, SOCK_DESTROY, NLM_F_ACK, request);

        if (r < 0)
                return r;
        r = diag_receive(fd, NULL, NULL);
        if (r == -ENOENT)
                return 0;
        return r < 0 ? r : 1;
}

static int close_found(int fd, Search *search) {
        int closed = 0, r;

        r = search_family(fd, AF_INET, search);
        if (r < 0)
                return r;
        r = search_family(fd, AF_INET6, search);
        if (r < 0)
                return r;
        for (size_t i = 0; i < search->n; i++) {
                r = destroy(fd, &search->found[i]);
                if (r < 0)
                        return r;
                closed += r;
        }
        return closed;
}

int sock_diag_close(uid_t uid, const struct in6_addr *addresses, size_t n) {
        Search search = {.uid = uid, .addresses = addresses, .n_addresses = n};
        _cleanup_close_ int fd = -1;
        int r;

        if (n == 0)
                return 0;
        r = diag_open(&fd);
        if (r < 0)
                return r;
        r = close_found(fd, &search);
        free(search.found);
        return r;
}
