/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Listens, makes a link of each connection of the user's own, and asks the keeper about what the
 * links meet. It speaks no protocol. */

#include "relay/server.h"

#include "common/file.h"
#include "common/log.h"
#include "common/time.h"
#include "relay/address.h"
#include "relay/link.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/stat.h>

struct Server {
        ServerParts parts;
        sd_event *event; /* referenced */
        sd_event_source *source;
        struct sockaddr_un address;
        int fd;
        bool bound; /* the socket in the file system is ours */
        Link *links[SERVER_LINKS_MAX];
        size_t n_links;
};

/* --- judging --------------------------------------------------------------------------------- */

static int hold(
        void *userdata, const Notification *n, const void *message, size_t len, uint32_t *ret_id) {
        Server *s = userdata;
        uint64_t now = s->parts.now();
        Verdict v = {0};
        json_t *more;
        int r;

        r = keeper_judge(s->parts.keeper, &n->notice, now, &v);
        if (r <= 0)
                return r;
        more = notification_more(n);
        /* what cannot be written down is not shown all the same; the keeper's log says so */
        (void)keeper_keep(s->parts.keeper, &n->notice, &v, more, message, len, now);
        json_decref(more);
        verdict_done(&v);
        *ret_id = keeper_new_id(s->parts.keeper);
        return 1;
}

/* --- connections ----------------------------------------------------------------------------- */

static void on_over(void *userdata, Link *l) {
        Server *s = userdata;

        for (size_t i = 0; i < s->n_links; i++)
                if (s->links[i] == l) {
                        s->links[i] = s->links[--s->n_links];
                        break;
                }
        link_free(l);
        log_debug("A connection ended; there are %zu.", s->n_links);
}

/* Nobody else can reach the socket; this says so once more. */
static int check_peer(int fd) {
        struct ucred peer;
        socklen_t len = sizeof(peer);

        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
                return -errno;
        return peer.uid == geteuid() ? 0 : -EPERM;
}

static int add_link(Server *s, int accepted) {
        _cleanup_close_ int fd = accepted;
        const FilterJudge judge = {hold, s};
        int bus, r;

        if (s->n_links == SERVER_LINKS_MAX)
                return -EMFILE;
        r = check_peer(fd);
        if (r < 0)
                return r;
        bus = address_connect(s->parts.bus);
        if (bus < 0)
                return bus;
        r = link_new(s->event, TAKE_FD(fd), bus, &judge, on_over, s, &s->links[s->n_links]);
        if (r < 0)
                return r;
        s->n_links++;
        log_debug("A connection was made; there are %zu.", s->n_links);
        return 0;
}

static int on_connection(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        int accepted = accept4(fd, NULL, NULL, SOCK_CLOEXEC), r;

        (void)source, (void)events;
        r = accepted < 0 ? -errno : add_link(userdata, accepted);
        if (r < 0 && r != -EAGAIN && r != -EINTR)
                log_warning(
                        "A connection of the notification server was refused: %s", strerror(-r));
        return 0;
}

/* --- listening ------------------------------------------------------------------------------- */

static int make_folder_of(const char *path) {
        _cleanup_free_ char *folder = strdup(path);
        char *slash = folder ? strrchr(folder, '/') : NULL;

        if (!folder)
                return -ENOMEM;
        if (!slash || slash == folder)
                return -EINVAL;
        *slash = '\0';
        return folder_make_private(folder);
}

/* Takes a socket away on which nobody listens. */
static int remove_stale(const struct sockaddr_un *address) {
        _cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        if (fd < 0)
                return -errno;
        if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 || errno == EAGAIN)
                return -EADDRINUSE;
        if (errno != ECONNREFUSED)
                return errno == ENOENT ? 0 : -errno;
        return unlink(address->sun_path) < 0 && errno != ENOENT ? -errno : 0;
}

static int start_listening(Server *s) {
        const struct sockaddr *address = (const struct sockaddr *)&s->address;
        int r;

        r = make_folder_of(s->parts.listen);
        if (r == 0)
                r = remove_stale(&s->address);
        if (r < 0)
                return r;
        s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (s->fd < 0 || bind(s->fd, address, sizeof(s->address)) < 0)
                return -errno;
        s->bound = true;
        if (chmod(s->parts.listen, 0600) < 0 || listen(s->fd, SOMAXCONN) < 0)
                return -errno;
        r = sd_event_add_io(s->event, &s->source, s->fd, EPOLLIN, on_connection, s);
        /* out of descriptors, one that waits at the door would be told of without end */
        return r < 0 ? r
                     : sd_event_source_set_ratelimit(
                               s->source, USEC_PER_SEC, SERVER_ACCEPTS_PER_SECOND);
}

int server_new(sd_event *event, const ServerParts *parts, Server **ret) {
        _cleanup_(server_freep) Server *s = calloc(1, sizeof(*s));
        int r;

        if (!s)
                return -ENOMEM;
        s->parts = *parts;
        s->event = sd_event_ref(event);
        s->fd = -1;
        s->address.sun_family = AF_UNIX;
        if (strlen(parts->listen) >= sizeof(s->address.sun_path))
                return -EINVAL;
        memcpy(s->address.sun_path, parts->listen, strlen(parts->listen) + 1);
        r = start_listening(s);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(s);
        return 0;
}

Server *server_free(Server *s) {
        if (!s)
                return NULL;
        while (s->n_links > 0)
                (void)link_free(s->links[--s->n_links]);
        sd_event_source_disable_unref(s->source);
        closep(&s->fd);
        if (s->bound)
                (void)unlink(s->parts.listen);
        sd_event_unref(s->event);
        free(s);
        return NULL;
}
