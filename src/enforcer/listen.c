/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Opens the sinkhole's sockets, which an ordinary user may not bind. It never accepts a connection:
 * that is the daemon's, which enforcer.c hands them to. */

#include "enforcer/listen.h"

#include "common/file.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

enum { LISTEN_BACKLOG = 128 }; /* a browser opens a dozen at once */

int listen_open(uint32_t address, uint16_t port, int *ret) {
        const struct sockaddr_in to = {
                .sin_family = AF_INET,
                .sin_port = htons(port),
                .sin_addr.s_addr = htonl(address),
        };
        _cleanup_close_ int fd = -1;

        fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return -errno;
        /* connections of an earlier daemon that still rest in TIME_WAIT are no hindrance */
        if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)) < 0 ||
                bind(fd, (const struct sockaddr *)&to, sizeof(to)) < 0 ||
                listen(fd, LISTEN_BACKLOG) < 0)
                return -errno;
        *ret = TAKE_FD(fd);
        return 0;
}
