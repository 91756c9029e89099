/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The window in front on X11. It asks for nothing but which window that is, for its class, and for
 * the title of those that are a browser's; it waits for no answer. libxcb waits in one place, while
 * it connects, so that a server is knocked at first, and connected to only when it has answered.
 * Used by titles.c. */

#include "common/file.h"
#include "common/time.h"
#include "daemon/sensors/title-door.h"
#include "daemon/sensors/window-browser.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <xcb/xcb.h>
#include <xcb/xcbext.h>

/* A page may change its title at any rate. */
#define REST_USEC (50 * USEC_PER_MSEC)

enum {
        CLASS_LEN_MAX = 256, /* bytes of a window's two names that are read */
        ASKED_MAX = 16,      /* questions at once; more are not needed */
        DISPLAY_MAX = 65535, /* of a display's number */
};

typedef enum Atom {
        ATOM_ACTIVE,
        ATOM_NAME,
        ATOM_UTF8,
        _ATOM_MAX,
} Atom;

static const char *const atom_names[_ATOM_MAX] = {
        [ATOM_ACTIVE] = "_NET_ACTIVE_WINDOW",
        [ATOM_NAME] = "_NET_WM_NAME",
        [ATOM_UTF8] = "UTF8_STRING",
};

/* Takes an answer; NULL: the server had none. */
typedef void (*answer_func)(TitlesX11 *t, const void *answer);

/* A question on its way. The server answers in order. */
typedef struct Question {
        unsigned sequence;
        answer_func func;
        xcb_window_t window; /* whom it is about, 0: nobody */
} Question;

struct TitlesX11 {
        const TitleDoorListener *listener;
        void *userdata;
        sd_event *event;
        char *display;
        int knock_fd; /* until it has answered */
        sd_event_source *io;
        sd_event_source *rest; /* until the title is asked for again */
        xcb_connection_t *connection;
        Question asked[ASKED_MAX];
        size_t n_asked;
        xcb_atom_t atoms[_ATOM_MAX];
        size_t n_atoms; /* that are known */
        xcb_window_t root;
        xcb_window_t front;  /* 0: none */
        const char *browser; /* that has it, NULL: none */
        bool told, tells;
};

/* --- questions ------------------------------------------------------------------------------- */

static void ask(TitlesX11 *t, unsigned sequence, answer_func func, xcb_window_t window) {
        if (t->n_asked == ASKED_MAX) {
                xcb_discard_reply(t->connection, sequence);
                return;
        }
        t->asked[t->n_asked++] = (Question){sequence, func, window};
}

static void ask_property(TitlesX11 *t, xcb_window_t window, xcb_atom_t property, xcb_atom_t type,
        uint32_t bytes, answer_func func) {
        ask(t, xcb_get_property(t->connection, 0, window, property, type, 0, bytes / 4).sequence,
                func, window);
}

/* A property of 8-bit text, as it stands there: the caller frees; NULL when it is none. */
static char *text_of(const xcb_get_property_reply_t *p, xcb_atom_t type) {
        if (!p || p->type != type || p->format != 8)
                return NULL;
        return strndup(xcb_get_property_value(p), (size_t)xcb_get_property_value_length(p));
}

/* --- the window in front --------------------------------------------------------------------- */

static void on_title(TitlesX11 *t, const void *answer) {
        _cleanup_free_ char *title = text_of(answer, t->atoms[ATOM_UTF8]);

        if (title && t->browser)
                t->listener->title(t->userdata, t->browser, title);
}

static void ask_title(TitlesX11 *t) {
        ask_property(
                t, t->front, t->atoms[ATOM_NAME], t->atoms[ATOM_UTF8], TITLE_LEN_MAX, on_title);
}

static void want_news(TitlesX11 *t, xcb_window_t window, uint32_t mask) {
        xcb_change_window_attributes(t->connection, window, XCB_CW_EVENT_MASK, &mask);
}

/* "Navigator\0firefox-esr\0": the second is the class. */
static void on_class(TitlesX11 *t, const void *answer) {
        const xcb_get_property_reply_t *p = answer;
        char names[CLASS_LEN_MAX + 2] = "";

        if (!p || p->type != XCB_ATOM_STRING || p->format != 8)
                return;
        memcpy(names, xcb_get_property_value(p),
                MIN((size_t)xcb_get_property_value_length(p), (size_t)CLASS_LEN_MAX));
        t->browser = window_browser(names + strlen(names) + 1);
        if (!t->browser)
                return;
        want_news(t, t->front, XCB_EVENT_MASK_PROPERTY_CHANGE);
        ask_title(t);
}

static void tell(TitlesX11 *t, bool tells) {
        if (t->told && t->tells == tells)
                return;
        t->told = true;
        t->tells = tells;
        t->listener->tells(t->userdata, tells);
}

static void on_front(TitlesX11 *t, const void *answer) {
        const xcb_get_property_reply_t *p = answer;
        xcb_window_t front = 0;

        tell(t, p && p->type == XCB_ATOM_WINDOW);
        if (p && p->type == XCB_ATOM_WINDOW && p->format == 32 &&
                xcb_get_property_value_length(p) >= (int)sizeof(front))
                memcpy(&front, xcb_get_property_value(p), sizeof(front));
        if (front == t->front)
                return;
        /* a window that is gone already gives an error that says nothing */
        if (t->browser)
                want_news(t, t->front, XCB_EVENT_MASK_NO_EVENT);
        t->front = front;
        t->browser = NULL;
        if (front)
                ask_property(t, front, XCB_ATOM_WM_CLASS, XCB_ATOM_STRING, CLASS_LEN_MAX, on_class);
}

static void ask_front(TitlesX11 *t) {
        ask_property(
                t, t->root, t->atoms[ATOM_ACTIVE], XCB_ATOM_WINDOW, sizeof(xcb_window_t), on_front);
}

static int on_rested(sd_event_source *source, uint64_t usec, void *userdata);
static void answer_all(TitlesX11 *t);

static void title_changed(TitlesX11 *t) {
        int enabled = SD_EVENT_OFF;

        if (t->rest && sd_event_source_get_enabled(t->rest, &enabled) > 0)
                return;
        t->rest = sd_event_source_disable_unref(t->rest);
        if (sd_event_add_time_relative(
                    t->event, &t->rest, CLOCK_MONOTONIC, REST_USEC, 1, on_rested, t) < 0)
                ask_title(t);
}

static int on_rested(sd_event_source *source, uint64_t usec, void *userdata) {
        TitlesX11 *t = userdata;

        (void)source, (void)usec;
        if (t->browser)
                ask_title(t);
        answer_all(t);
        return 0;
}

/* --- answers and news ------------------------------------------------------------------------ */

static void on_atom(TitlesX11 *t, const void *answer) {
        const xcb_intern_atom_reply_t *a = answer;

        t->atoms[t->n_atoms++] = a ? a->atom : XCB_ATOM_NONE;
        if (t->n_atoms < _ATOM_MAX)
                return;
        want_news(t, t->root, XCB_EVENT_MASK_PROPERTY_CHANGE);
        ask_front(t);
}

static void take_answer(TitlesX11 *t, const void *answer) {
        Question q = t->asked[0];

        t->n_asked--;
        memmove(t->asked, t->asked + 1, t->n_asked * sizeof(*t->asked));
        /* of a window that was in front when it was asked about */
        if (q.window == 0 || q.window == t->root || q.window == t->front)
                q.func(t, answer);
}

static void take_event(TitlesX11 *t, const xcb_generic_event_t *event) {
        const xcb_property_notify_event_t *p = (const void *)event;

        if ((event->response_type & 0x7f) != XCB_PROPERTY_NOTIFY)
                return;
        if (p->window == t->root && p->atom == t->atoms[ATOM_ACTIVE])
                ask_front(t);
        else if (p->window == t->front && p->atom == t->atoms[ATOM_NAME] && t->browser)
                title_changed(t);
}

/* One answer or event that is there. */
static bool answer_one(TitlesX11 *t) {
        _cleanup_free_ xcb_generic_event_t *event = NULL;
        _cleanup_free_ xcb_generic_error_t *error = NULL;
        _cleanup_free_ void *answer = NULL;

        if (t->n_asked > 0 &&
                xcb_poll_for_reply(t->connection, t->asked[0].sequence, &answer, &error) == 1) {
                take_answer(t, answer);
                return true;
        }
        event = xcb_poll_for_event(t->connection);
        if (event)
                take_event(t, event);
        return event;
}

/* Everything that is there; asking reads, too, so that it ends when nothing has come. */
static void answer_all(TitlesX11 *t) {
        bool more = true;

        while (more && !xcb_connection_has_error(t->connection)) {
                while (answer_one(t))
                        ;
                (void)xcb_flush(t->connection);
                more = answer_one(t);
        }
        if (xcb_connection_has_error(t->connection))
                t->listener->gone(t->userdata);
}

static int on_bytes(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        (void)source, (void)fd, (void)events;
        answer_all(userdata);
        return 0;
}

/* --- connecting ------------------------------------------------------------------------------ */

static int find_root(TitlesX11 *t, int screen) {
        xcb_screen_iterator_t i = xcb_setup_roots_iterator(xcb_get_setup(t->connection));

        for (; i.rem > 0; xcb_screen_next(&i), screen--)
                if (screen == 0) {
                        t->root = i.data->root;
                        return 0;
                }
        return -ENODEV;
}

static int open_connection(TitlesX11 *t) {
        int r, screen = 0;

        t->connection = xcb_connect(t->display, &screen);
        if (xcb_connection_has_error(t->connection))
                return -ECONNREFUSED;
        r = find_root(t, screen);
        if (r >= 0)
                r = sd_event_add_io(t->event, &t->io, xcb_get_file_descriptor(t->connection),
                        EPOLLIN, on_bytes, t);
        if (r < 0)
                return r;
        for (size_t i = 0; i < _ATOM_MAX; i++)
                ask(t,
                        xcb_intern_atom(
                                t->connection, 0, (uint16_t)strlen(atom_names[i]), atom_names[i])
                                .sequence,
                        on_atom, 0);
        return 0;
}

/* It answered, and be it that it knows us not: so it will not keep libxcb waiting. */
static int on_knocked(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        TitlesX11 *t = userdata;
        char answer;

        (void)source, (void)events;
        if (read(fd, &answer, sizeof(answer)) < 0 && (errno == EAGAIN || errno == EINTR))
                return 0;
        t->io = sd_event_source_disable_unref(t->io);
        closep(&t->knock_fd);
        if (open_connection(t) < 0)
                t->listener->gone(t->userdata);
        else
                answer_all(t);
        return 0;
}

/* The socket of ":7" or ":7.0" on this machine. */
static int socket_of(const char *display, struct sockaddr_un *ret) {
        unsigned long number;
        char *end;

        if (strncmp(display, "unix:", strlen("unix:")) == 0)
                display += strlen("unix");
        if (display[0] != ':' || display[1] < '0' || display[1] > '9')
                return -EOPNOTSUPP;
        number = strtoul(display + 1, &end, 10);
        if (number > DISPLAY_MAX || (*end != '\0' && *end != '.'))
                return -EOPNOTSUPP;
        *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
        (void)snprintf(ret->sun_path, sizeof(ret->sun_path), "/tmp/.X11-unix/X%lu", number);
        return 0;
}

/* Says hello in our byte order, as version 11.0 and without a secret (X Window System Protocol,
 * chapter 8). */
static int knock(TitlesX11 *t) {
        const struct {
                char order, unused;
                uint16_t major, minor, name_len, data_len, unused_too;
        } hello = {.order = htobe16(1) == 1 ? 'B' : 'l', .major = 11};
        struct sockaddr_un address;
        int r;

        r = socket_of(t->display, &address);
        if (r < 0)
                return r;
        t->knock_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (t->knock_fd < 0 ||
                connect(t->knock_fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
                send(t->knock_fd, &hello, sizeof(hello), MSG_NOSIGNAL) < 0)
                return -errno;
        return sd_event_add_io(t->event, &t->io, t->knock_fd, EPOLLIN, on_knocked, t);
}

int titles_x11_new(sd_event *event, const char *display, const TitleDoorListener *listener,
        void *userdata, TitlesX11 **ret) {
        _cleanup_(titles_x11_freep) TitlesX11 *t = calloc(1, sizeof(*t));
        int r;

        if (!t)
                return -ENOMEM;
        t->event = sd_event_ref(event);
        t->listener = listener;
        t->userdata = userdata;
        t->knock_fd = -1;
        t->display = strdup(display);
        if (!t->display)
                return -ENOMEM;
        r = knock(t);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(t);
        return 0;
}

TitlesX11 *titles_x11_free(TitlesX11 *t) {
        if (!t)
                return NULL;
        sd_event_source_disable_unref(t->io);
        sd_event_source_disable_unref(t->rest);
        closep(&t->knock_fd);
        if (t->connection)
                xcb_disconnect(t->connection);
        sd_event_unref(t->event);
        free(t->display);
        free(t);
        return NULL;
}
