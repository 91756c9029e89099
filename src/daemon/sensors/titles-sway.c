/* SPDX-License-Identifier: GPL-3.0-or-later */

/* sway tells of each change of a window. What stood in front before it was asked is heard of when
 * it changes. Used by titles.c. */

#include "common/buffer.h"
#include "daemon/sensors/sway-message.h"
#include "daemon/sensors/title-door.h"
#include "daemon/sensors/window-browser.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct TitlesSway {
        const TitleDoorListener *listener;
        void *userdata;
        int fd;
        sd_event_source *io;
        Buffer in;
};

/* --- what it says ---------------------------------------------------------------------------- */

static int take_window(TitlesSway *t, const SwayMessage *message) {
        _cleanup_(sway_window_done) SwayWindow w = {0};
        const char *browser;
        int r;

        r = sway_window_read(message->payload, message->len, &w);
        if (r <= 0)
                return r;
        browser = window_browser(w.app);
        if (!browser)
                return 0;
        if (strlen(w.title) > TITLE_LEN_MAX)
                w.title[TITLE_LEN_MAX] = '\0';
        t->listener->title(t->userdata, browser, w.title);
        return 0;
}

/* All that is whole. */
static int take_messages(TitlesSway *t) {
        size_t taken = 0, used;
        SwayMessage message;
        int r;

        while ((r = sway_message_read(t->in.data + taken, t->in.len - taken, &message, &used)) >
                0) {
                if (message.type == SWAY_EVENT_WINDOW)
                        r = take_window(t, &message);
                else if (message.type == SWAY_SUBSCRIBE)
                        t->listener->tells(t->userdata, true);
                if (r < 0)
                        return r;
                taken += used;
        }
        memmove(t->in.data, t->in.data + taken, t->in.len - taken);
        buffer_cut(&t->in, t->in.len - taken);
        return r;
}

static int read_some(TitlesSway *t) {
        char bytes[16 * 1024];
        ssize_t n = read(t->fd, bytes, sizeof(bytes));
        int r;

        if (n < 0)
                return errno == EAGAIN || errno == EINTR ? 0 : -errno;
        if (n == 0)
                return -ECONNRESET;
        r = buffer_add(&t->in, bytes, (size_t)n);
        return r < 0 ? r : take_messages(t);
}

static int on_bytes(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        TitlesSway *t = userdata;

        (void)source, (void)fd, (void)events;
        if (read_some(t) < 0)
                t->listener->gone(t->userdata);
        return 0;
}

/* --- life ------------------------------------------------------------------------------------ */

static int say_subscribe(TitlesSway *t) {
        static const char what[] = "[\"window\"]";
        char message[SWAY_HEADER_LEN + sizeof(what) - 1];
        ssize_t n;

        sway_message_header(SWAY_SUBSCRIBE, sizeof(what) - 1, message);
        memcpy(message + SWAY_HEADER_LEN, what, sizeof(what) - 1);
        n = send(t->fd, message, sizeof(message), MSG_NOSIGNAL);
        if (n < 0)
                return -errno;
        return (size_t)n == sizeof(message) ? 0 : -EAGAIN;
}

int titles_sway_new(sd_event *event, const char *path, const TitleDoorListener *listener,
        void *userdata, TitlesSway **ret) {
        _cleanup_(titles_sway_freep) TitlesSway *t = calloc(1, sizeof(*t));
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int r;

        if (!t)
                return -ENOMEM;
        t->listener = listener;
        t->userdata = userdata;
        t->fd = -1;
        if (strlen(path) >= sizeof(address.sun_path))
                return -ENAMETOOLONG;
        memcpy(address.sun_path, path, strlen(path));
        t->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (t->fd < 0 || connect(t->fd, (struct sockaddr *)&address, sizeof(address)) < 0)
                return -errno;
        r = say_subscribe(t);
        if (r >= 0)
                r = sd_event_add_io(event, &t->io, t->fd, EPOLLIN, on_bytes, t);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(t);
        return 0;
}

TitlesSway *titles_sway_free(TitlesSway *t) {
        if (!t)
                return NULL;
        sd_event_source_disable_unref(t->io);
        if (t->fd >= 0)
                (void)close(t->fd);
        buffer_done(&t->in);
        free(t);
        return NULL;
}
