/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The title sensor: on a real X server (Xvfb), of which the test is both the window manager and the
 * application; on a socket that speaks like sway, or not; and which of the two it chooses. */

#include "common/buffer.h"
#include "common/file.h"
#include "common/time.h"
#include "daemon/sensors/sway-message.h"
#include "daemon/sensors/title-door.h"
#include "daemon/sensors/titles.h"
#include "daemon/sensors/window-browser.h"
#include "unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <xcb/xcb.h>

enum { PATIENCE_MSEC = 20000 }; /* a test that waits longer for something has failed */

typedef struct Desk {
        sd_event *event;
        pid_t server;
        char display[16];
        xcb_connection_t *x;
        xcb_window_t root;
        /* what was told */
        char browser[32], title[TITLE_LEN_MAX + 64];
        unsigned titles, tells_true, tells_false, gone;
        char state[16], detail[160];
} Desk;

static uint64_t now_msec(void) {
        struct timespec ts;

        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

#define RUN_UNTIL(d, condition)                                                                    \
        do {                                                                                       \
                uint64_t until = now_msec() + PATIENCE_MSEC;                                       \
                while (!(condition)) {                                                             \
                        if (now_msec() >= until)                                                   \
                                fail_msg("waited in vain for: %s", #condition);                    \
                        assert_true(sd_event_run((d)->event, 10000) >= 0);                         \
                }                                                                                  \
        } while (0)

static void on_title(void *userdata, const char *browser, const char *title) {
        Desk *d = userdata;

        d->titles++;
        (void)snprintf(d->browser, sizeof(d->browser), "%s", browser);
        (void)snprintf(d->title, sizeof(d->title), "%s", title);
}

static void on_tells(void *userdata, bool tells) {
        Desk *d = userdata;

        d->tells_true += tells;
        d->tells_false += !tells;
}

static void on_gone(void *userdata) {
        ((Desk *)userdata)->gone++;
}

static const TitleDoorListener door_listener = {
        .title = on_title, .tells = on_tells, .gone = on_gone};

static void on_state(void *userdata, const char *state, const char *detail) {
        Desk *d = userdata;

        (void)snprintf(d->state, sizeof(d->state), "%s", state);
        (void)snprintf(d->detail, sizeof(d->detail), "%s", detail);
}

static const TitlesListener titles_listener = {.title = on_title, .state = on_state};

/* --- the screen ------------------------------------------------------------------------------ */

static void stop_server(Desk *d) {
        if (d->server <= 0)
                return;
        (void)kill(d->server, SIGTERM);
        (void)waitpid(d->server, NULL, 0);
        d->server = 0;
}

/* Its display's number, when it has one. */
static bool try_server(Desk *d) {
        char number[8] = "", fd[8];
        int fds[2];
        ssize_t n;

        assert_int_equal(pipe(fds), 0);
        (void)snprintf(fd, sizeof(fd), "%d", fds[1]);
        d->server = fork();
        if (d->server == 0) {
                (void)close(fds[0]);
                (void)dup2(open("/dev/null", O_RDWR), STDERR_FILENO);
                (void)execlp("Xvfb", "Xvfb", "-displayfd", fd, "-screen", "0", "640x480x24",
                        "-nolisten", "tcp", "-noreset", (char *)NULL);
                _exit(127);
        }
        (void)close(fds[1]);
        n = read(fds[0], number, sizeof(number) - 1);
        (void)close(fds[0]);
        if (n <= 1) {
                stop_server(d);
                return false;
        }
        number[strcspn(number, "\n")] = '\0';
        (void)snprintf(d->display, sizeof(d->display), ":%s", number);
        return true;
}

/* Two servers that start at once may reach for the same number, and one of them ends. */
static void start_server(Desk *d) {
        bool runs = false;

        for (unsigned tries = 0; tries < 10 && !runs; tries++)
                runs = try_server(d);
        assert_true(runs);
}

static int desk_setup(void **state) {
        Desk *d = calloc(1, sizeof(*d));

        assert_non_null(d);
        (void)unsetenv("XAUTHORITY");
        assert_true(sd_event_new(&d->event) >= 0);
        start_server(d);
        d->x = xcb_connect(d->display, NULL);
        assert_false(xcb_connection_has_error(d->x));
        d->root = xcb_setup_roots_iterator(xcb_get_setup(d->x)).data->root;
        *state = d;
        return 0;
}

static int desk_teardown(void **state) {
        Desk *d = *state;

        xcb_disconnect(d->x);
        stop_server(d);
        sd_event_unref(d->event);
        free(d);
        return 0;
}

static xcb_atom_t atom(Desk *d, const char *name) {
        xcb_intern_atom_reply_t *r = xcb_intern_atom_reply(
                d->x, xcb_intern_atom(d->x, 0, (uint16_t)strlen(name), name), NULL);
        xcb_atom_t a;

        assert_non_null(r);
        a = r->atom;
        free(r);
        return a;
}

/* Until the server has done what it was told. */
static void sync_x(Desk *d) {
        free(xcb_get_input_focus_reply(d->x, xcb_get_input_focus(d->x), NULL));
}

static void set_title(Desk *d, xcb_window_t w, const char *title) {
        xcb_change_property(d->x, XCB_PROP_MODE_REPLACE, w, atom(d, "_NET_WM_NAME"),
                atom(d, "UTF8_STRING"), 8, (uint32_t)strlen(title), title);
        sync_x(d);
}

static xcb_window_t open_window(Desk *d, const char *class, const char *title) {
        xcb_window_t w = xcb_generate_id(d->x);
        char names[64];
        int len = snprintf(names, sizeof(names), "Navigator%c%s%c", '\0', class, '\0');

        xcb_create_window(d->x, XCB_COPY_FROM_PARENT, w, d->root, 0, 0, 100, 100, 0,
                XCB_WINDOW_CLASS_INPUT_OUTPUT, XCB_COPY_FROM_PARENT, 0, NULL);
        xcb_change_property(d->x, XCB_PROP_MODE_REPLACE, w, XCB_ATOM_WM_CLASS, XCB_ATOM_STRING, 8,
                (uint32_t)len, names);
        set_title(d, w, title);
        return w;
}

static void bring_to_front(Desk *d, xcb_window_t w) {
        xcb_change_property(d->x, XCB_PROP_MODE_REPLACE, d->root, atom(d, "_NET_ACTIVE_WINDOW"),
                XCB_ATOM_WINDOW, 32, 1, &w);
        sync_x(d);
}

static TitlesX11 *open_door(Desk *d) {
        TitlesX11 *t = NULL;

        assert_int_equal(titles_x11_new(d->event, d->display, &door_listener, d, &t), 0);
        return t;
}

/* --- X11 ------------------------------------------------------------------------------------- */

static void test_the_title_in_front_is_told_and_each_other_that_follows(void **state) {
        Desk *d = *state;
        xcb_window_t firefox = open_window(d, "firefox-esr", "One — Mozilla Firefox");
        xcb_window_t chromium = open_window(d, "Chromium", "Zwei – Größe ☀");
        _cleanup_(titles_x11_freep) TitlesX11 *t = NULL;

        bring_to_front(d, firefox);
        t = open_door(d);
        RUN_UNTIL(d, streq(d->title, "One — Mozilla Firefox"));
        assert_string_equal(d->browser, "firefox");
        set_title(d, firefox, "Two");
        RUN_UNTIL(d, streq(d->title, "Two"));
        bring_to_front(d, chromium);
        RUN_UNTIL(d, streq(d->title, "Zwei – Größe ☀"));
        assert_string_equal(d->browser, "chromium");
        set_title(d, chromium, "Three");
        RUN_UNTIL(d, streq(d->title, "Three"));
        bring_to_front(d, firefox);
        RUN_UNTIL(d, streq(d->title, "Two"));
        assert_int_equal(d->tells_true, 1);
        assert_int_equal(d->tells_false, 0);
        assert_int_equal(d->gone, 0);
}

static void test_other_windows_and_those_behind_are_nobodys_business(void **state) {
        Desk *d = *state;
        xcb_window_t editor = open_window(d, "Gedit", "Alex Doe | Facebook");
        xcb_window_t behind = open_window(d, "firefox-esr", "Behind");
        xcb_window_t front = open_window(d, "chromium", "Front");
        _cleanup_(titles_x11_freep) TitlesX11 *t = open_door(d);

        bring_to_front(d, behind);
        RUN_UNTIL(d, streq(d->title, "Behind"));
        bring_to_front(d, editor);
        set_title(d, editor, "Alex Doe / X");
        set_title(d, behind, "Behind as well");
        bring_to_front(d, front);
        RUN_UNTIL(d, streq(d->title, "Front"));
        assert_int_equal(d->titles, 2);
}

static void test_without_a_window_manager_that_tells_it_is_said(void **state) {
        Desk *d = *state;
        xcb_window_t w = open_window(d, "firefox-esr", "One");
        _cleanup_(titles_x11_freep) TitlesX11 *t = open_door(d);

        RUN_UNTIL(d, d->tells_false == 1);
        bring_to_front(d, w);
        RUN_UNTIL(d, d->tells_true == 1 && streq(d->title, "One"));
        xcb_delete_property(d->x, d->root, atom(d, "_NET_ACTIVE_WINDOW"));
        sync_x(d);
        RUN_UNTIL(d, d->tells_false == 2);
}

static void test_odd_windows_do_no_harm(void **state) {
        _cleanup_free_ char *giant = malloc(100000);
        Desk *d = *state;
        xcb_window_t w = open_window(d, "firefox-esr", "One");
        const uint32_t number = 7;
        _cleanup_(titles_x11_freep) TitlesX11 *t = open_door(d);

        bring_to_front(d, w);
        RUN_UNTIL(d, streq(d->title, "One"));
        /* a title that is none, one that is too long, and bytes that are no text */
        xcb_change_property(d->x, XCB_PROP_MODE_REPLACE, w, atom(d, "_NET_WM_NAME"),
                XCB_ATOM_CARDINAL, 32, 1, &number);
        sync_x(d);
        memset(giant, 'x', 99999);
        giant[99999] = '\0';
        set_title(d, w, giant);
        RUN_UNTIL(d, strlen(d->title) == TITLE_LEN_MAX);
        set_title(d, w, "\xff\xfe \x01");
        RUN_UNTIL(d, streq(d->title, "\xff\xfe \x01"));
        /* a window that is none, and one that goes while it is in front */
        bring_to_front(d, 0x7fffff);
        xcb_change_property(d->x, XCB_PROP_MODE_REPLACE, d->root, atom(d, "_NET_ACTIVE_WINDOW"),
                XCB_ATOM_CARDINAL, 8, 1, "x");
        xcb_change_property(d->x, XCB_PROP_MODE_REPLACE, d->root, atom(d, "_NET_ACTIVE_WINDOW"),
                XCB_ATOM_WINDOW, 32, 0, NULL);
        bring_to_front(d, w);
        xcb_destroy_window(d->x, w);
        sync_x(d);
        w = open_window(d, "firefox-esr", "Last");
        /* a class without a second name, and one that is too long */
        xcb_change_property(
                d->x, XCB_PROP_MODE_REPLACE, w, XCB_ATOM_WM_CLASS, XCB_ATOM_STRING, 8, 3, "abc");
        bring_to_front(d, w);
        xcb_change_property(d->x, XCB_PROP_MODE_REPLACE, w, XCB_ATOM_WM_CLASS, XCB_ATOM_STRING, 8,
                50000, giant);
        bring_to_front(d, d->root);
        bring_to_front(d, w);
        w = open_window(d, "firefox-esr", "At last");
        bring_to_front(d, w);
        RUN_UNTIL(d, streq(d->title, "At last"));
        assert_int_equal(d->gone, 0);
}

static void test_of_many_changes_the_last_one_is_told(void **state) {
        Desk *d = *state;
        xcb_window_t w = open_window(d, "firefox-esr", "0");
        xcb_atom_t name = atom(d, "_NET_WM_NAME"), utf8 = atom(d, "UTF8_STRING");
        _cleanup_(titles_x11_freep) TitlesX11 *t = open_door(d);

        bring_to_front(d, w);
        RUN_UNTIL(d, streq(d->title, "0"));
        for (unsigned i = 1; i <= 5000; i++) {
                char title[16];

                xcb_change_property(d->x, XCB_PROP_MODE_REPLACE, w, name, utf8, 8,
                        (uint32_t)snprintf(title, sizeof(title), "%u", i), title);
        }
        sync_x(d);
        RUN_UNTIL(d, streq(d->title, "5000"));
        print_message("# 5000 changes were %u titles\n", d->titles);
}

static void test_a_server_that_ends_is_gone(void **state) {
        Desk *d = *state;
        _cleanup_(titles_x11_freep) TitlesX11 *t = open_door(d);

        RUN_UNTIL(d, d->tells_false == 1);
        stop_server(d);
        RUN_UNTIL(d, d->gone == 1);
}

/* --- servers that are none ------------------------------------------------------------------- */

static int listen_at(const char *path) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        assert_true(fd >= 0 && strlen(path) < sizeof(address.sun_path));
        memcpy(address.sun_path, path, strlen(path));
        (void)unlink(path);
        assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
        assert_int_equal(listen(fd, 4), 0);
        return fd;
}

static int setup_alone(void **state) {
        Desk *d = calloc(1, sizeof(*d));

        assert_non_null(d);
        assert_true(sd_event_new(&d->event) >= 0);
        *state = d;
        return 0;
}

static int teardown_alone(void **state) {
        Desk *d = *state;

        sd_event_unref(d->event);
        free(d);
        return 0;
}

/* libxcb would wait for it without end, and the daemon with it. */
static void test_a_server_that_never_answers_keeps_nobody_waiting(void **state) {
        _cleanup_(titles_x11_freep) TitlesX11 *t = NULL;
        char path[64], hello[64];
        Desk *d = *state;
        int fd, client;

        (void)mkdir("/tmp/.X11-unix", 01777);
        (void)snprintf(d->display, sizeof(d->display), ":%d", 20000 + (int)getpid() % 20000);
        (void)snprintf(path, sizeof(path), "/tmp/.X11-unix/X%s", d->display + 1);
        fd = listen_at(path);
        t = open_door(d);
        client = accept(fd, NULL, NULL);
        assert_true(client >= 0);
        assert_int_equal(recv(client, hello, sizeof(hello), 0), 12);
        for (unsigned i = 0; i < 3; i++)
                assert_true(sd_event_run(d->event, 1000) >= 0);
        assert_int_equal(d->gone, 0);
        /* it refuses, at the knock and at the door */
        (void)close(client);
        (void)close(fd);
        (void)unlink(path);
        RUN_UNTIL(d, d->gone == 1);
}

static void test_displays_that_are_not_here(void **state) {
        static const struct {
                const char *display;
                int error;
        } cases[] = {
                {"", -EOPNOTSUPP},
                {"elsewhere:0", -EOPNOTSUPP},
                {"localhost:10.0", -EOPNOTSUPP},
                {"tcp/localhost:1", -EOPNOTSUPP},
                {":x", -EOPNOTSUPP},
                {":1x", -EOPNOTSUPP},
                {"unix:", -EOPNOTSUPP},
                {":64999.0", -ENOENT},
                {"unix:64999", -ENOENT},
        };
        Desk *d = *state;
        TitlesX11 *t;

        for (size_t i = 0; i < ARRAY_LEN(cases); i++)
                assert_int_equal(titles_x11_new(d->event, cases[i].display, &door_listener, d, &t),
                        cases[i].error);
}

/* --- sway ------------------------------------------------------------------------------------ */

#define EVENT                                                                                      \
        "{\"change\": \"title\", \"container\": {\"name\": \"%s\", \"focused\": true,"             \
        " \"app_id\": \"%s\"}}"

typedef struct Sway {
        char path[64];
        int fd, client;
} Sway;

static void sway_open(Sway *s, Desk *d, TitlesSway **ret) {
        char hello[64];

        (void)snprintf(s->path, sizeof(s->path), "/tmp/test-titles-%d", (int)getpid());
        s->fd = listen_at(s->path);
        assert_int_equal(titles_sway_new(d->event, s->path, &door_listener, d, ret), 0);
        s->client = accept(s->fd, NULL, NULL);
        assert_true(s->client >= 0);
        assert_int_equal(recv(s->client, hello, sizeof(hello), 0), SWAY_HEADER_LEN + 10);
        assert_memory_equal(hello + SWAY_HEADER_LEN, "[\"window\"]", 10);
}

static void sway_close(Sway *s) {
        closep(&s->client);
        closep(&s->fd);
        (void)unlink(s->path);
}

static void sway_send(Sway *s, uint32_t type, const char *payload, size_t piece) {
        _cleanup_(buffer_done) Buffer b = {0};
        char header[SWAY_HEADER_LEN];

        sway_message_header(type, (uint32_t)strlen(payload), header);
        (void)buffer_add(&b, header, sizeof(header));
        (void)buffer_puts(&b, payload);
        for (size_t at = 0; at < b.len; at += piece)
                assert_true(send(s->client, b.data + at, MIN(piece, b.len - at), MSG_NOSIGNAL) > 0);
}

static void sway_title(Sway *s, const char *app, const char *title, size_t piece) {
        _cleanup_free_ char *event = NULL;

        assert_true(asprintf(&event, EVENT, title, app) > 0);
        sway_send(s, SWAY_EVENT_WINDOW, event, piece);
}

static void test_sway_tells_of_browsers_alone(void **state) {
        _cleanup_(titles_sway_freep) TitlesSway *t = NULL;
        Desk *d = *state;
        Sway s;

        sway_open(&s, d, &t);
        sway_send(&s, SWAY_SUBSCRIBE, "{\"success\": true}", 1);
        RUN_UNTIL(d, d->tells_true == 1);
        sway_title(&s, "foot", "Alex Doe | Facebook", 1000);
        sway_send(&s, 0x80000000U, "{}", 1000);
        sway_title(&s, "org.mozilla.firefox", "One", 1);
        sway_title(&s, "chromium", "Two", 7);
        RUN_UNTIL(d, streq(d->title, "Two"));
        assert_int_equal(d->titles, 2);
        assert_string_equal(d->browser, "chromium");
        closep(&s.client);
        RUN_UNTIL(d, d->gone == 1);
        sway_close(&s);
}

static void test_what_is_not_sway_is_gone(void **state) {
        static const char *const bytes[] = {"HTTP/1.1 200 OK\r\n",
                "i3-ipc\xff\xff\xff\xff\x03\0\0\x80", "i3-ipc\x02\x00\x00\x00\x03\0\0\x80[]"};
        static const size_t lens[] = {17, 14, 16};
        Desk *d = *state;

        for (size_t i = 0; i < ARRAY_LEN(bytes); i++) {
                _cleanup_(titles_sway_freep) TitlesSway *t = NULL;
                Sway s;

                d->gone = 0;
                sway_open(&s, d, &t);
                assert_true(send(s.client, bytes[i], lens[i], MSG_NOSIGNAL) > 0);
                RUN_UNTIL(d, d->gone == 1);
                sway_close(&s);
        }
}

/* --- the choice ------------------------------------------------------------------------------ */

/* The user's service manager, at the other end of a connection, and what it knows. */
typedef struct Chief {
        sd_bus *bus, *other;
        const char *environment[4];
        unsigned asked;
} Chief;

static int on_call(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        Chief *c = userdata;

        (void)error;
        if (!sd_bus_message_is_method_call(m, "org.freedesktop.DBus.Properties", "Get"))
                return 0;
        c->asked++;
        if (!c->environment[0])
                return sd_bus_reply_method_errorf(m, SD_BUS_ERROR_SERVICE_UNKNOWN, "None");
        assert_true(sd_bus_message_new_method_return(m, &reply) >= 0);
        assert_true(sd_bus_message_open_container(reply, 'v', "as") >= 0);
        assert_true(sd_bus_message_append_strv(reply, (char **)c->environment) >= 0);
        assert_true(sd_bus_message_close_container(reply) >= 0);
        return sd_bus_send(NULL, reply, NULL);
}

static void chief_start(Chief *c, sd_event *event) {
        sd_bus *buses[2] = {0};
        int fds[2];

        assert_int_equal(
                socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
        for (int i = 0; i < 2; i++) {
                assert_true(sd_bus_new(&buses[i]) >= 0);
                assert_true(sd_bus_set_fd(buses[i], fds[i], fds[i]) >= 0);
                if (i == 1)
                        assert_true(sd_bus_set_server(buses[i], 1,
                                            SD_ID128_MAKE(1, 2, 3, 4, 5, 6, 7, 8, 9, a, b, c, d, e,
                                                    f, 0)) >= 0);
                assert_true(sd_bus_set_anonymous(buses[i], 1) >= 0);
                assert_true(sd_bus_start(buses[i]) >= 0);
                assert_true(sd_bus_attach_event(buses[i], event, 0) >= 0);
        }
        *c = (Chief){.bus = buses[0], .other = buses[1]};
        assert_true(
                sd_bus_add_object(c->other, NULL, "/org/freedesktop/systemd1", on_call, c) >= 0);
}

static void chief_stop(Chief *c) {
        sd_bus_close_unref(c->bus);
        sd_bus_close_unref(c->other);
}

static void test_the_screen_is_where_the_session_says(void **state) {
        _cleanup_(titles_freep) Titles *t = NULL;
        Desk *d = *state;
        char display[32];
        Chief c;

        (void)unsetenv("DISPLAY");
        (void)unsetenv("WAYLAND_DISPLAY");
        (void)unsetenv("SWAYSOCK");
        (void)snprintf(display, sizeof(display), "DISPLAY=%s", d->display);
        chief_start(&c, d->event);
        bring_to_front(d, open_window(d, "firefox-esr", "One"));
        assert_int_equal(titles_new(d->event, c.bus, &titles_listener, d, &t), 0);

        titles_want(t, true);
        RUN_UNTIL(d, streq(d->state, "unavailable"));
        assert_string_equal(d->detail, "No screen is known yet.");
        /* it comes later; a look is not worth while so soon */
        c.environment[0] = display;
        titles_look(t);
        titles_want(t, false);
        assert_string_equal(d->state, "off");
        titles_want(t, true);
        RUN_UNTIL(d, streq(d->state, "active") && streq(d->title, "One"));
        assert_int_equal(c.asked, 2);
        titles_look(t);
        titles_want(t, true);

        stop_server(d);
        RUN_UNTIL(d, streq(d->state, "unavailable"));
        assert_int_equal(c.asked, 2);
        t = titles_free(t);
        chief_stop(&c);
}

static void test_a_desktop_that_tells_nobody(void **state) {
        static const struct {
                const char *environment[3];
                const char *words;
        } cases[] = {
                {{"DISPLAY=:0", "WAYLAND_DISPLAY=wayland-0"}, "tells nobody"},
                {{"DISPLAY=elsewhere:0"}, "another machine's"},
                {{"DISPLAY=:64999"}, "does not answer"},
                {{"SWAYSOCK=/nonexistent/sway", "WAYLAND_DISPLAY=wayland-1"}, "sway does not"},
                {{"DISPLAY=", "LANG=C"}, "No screen"},
        };
        Desk *d = *state;

        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                _cleanup_(titles_freep) Titles *t = NULL;
                Chief c;

                d->state[0] = '\0';
                chief_start(&c, d->event);
                memcpy(c.environment, cases[i].environment, sizeof(cases[i].environment));
                assert_int_equal(titles_new(d->event, c.bus, &titles_listener, d, &t), 0);
                titles_want(t, true);
                RUN_UNTIL(d, d->state[0]);
                assert_string_equal(d->state, "unavailable");
                if (!strstr(d->detail, cases[i].words))
                        fail_msg("%s", d->detail);
                t = titles_free(t);
                chief_stop(&c);
        }
}

/* --- names ----------------------------------------------------------------------------------- */

static void test_windows_of_browsers_are_known(void **state) {
        static const struct {
                const char *app, *browser;
        } cases[] = {
                {"firefox-esr", "firefox"},
                {"Firefox", "firefox"},
                {"firefox", "firefox"},
                {"org.mozilla.firefox", "firefox"},
                {"LibreWolf", "librewolf"},
                {"io.gitlab.librewolf-community", "librewolf"},
                {"waterfox", "waterfox"},
                {"one.ablaze.floorp", "floorp"},
                {"zen-alpha", "zen"},
                {"app.zen_browser.zen", "zen"},
                {"Chromium", "chromium"},
                {"chromium-browser", "chromium"},
                {"org.chromium.Chromium", "chromium"},
                {"Google-chrome", "chrome"},
                {"google-chrome-beta", "chrome"},
                {"com.google.Chrome", "chrome"},
                {"Brave-browser", "brave"},
                {"com.brave.Browser", "brave"},
                {"Vivaldi-stable", "vivaldi"},
                {"Microsoft-edge", "edge"},
                {"Opera", "opera"},
                {"", NULL},
                {".", NULL},
                {"...", NULL},
                {"Navigator", NULL},
                {"zenity", NULL},
                {"Gedit", NULL},
                {"edgelord", NULL},
                {"chromiumoxide", NULL},
                {"org.gnome.Epiphany", NULL},
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                const char *browser = window_browser(cases[i].app);

                if (!browser != !cases[i].browser || (browser && !streq(browser, cases[i].browser)))
                        fail_msg("%s is %s", cases[i].app, browser ? browser : "none");
        }
}

int main(void) {
#define on_screen(name) cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)
#define alone(name)     cmocka_unit_test_setup_teardown(name, setup_alone, teardown_alone)
        const struct CMUnitTest tests[] = {
                on_screen(test_the_title_in_front_is_told_and_each_other_that_follows),
                on_screen(test_other_windows_and_those_behind_are_nobodys_business),
                on_screen(test_without_a_window_manager_that_tells_it_is_said),
                on_screen(test_odd_windows_do_no_harm),
                on_screen(test_of_many_changes_the_last_one_is_told),
                on_screen(test_a_server_that_ends_is_gone),
                alone(test_a_server_that_never_answers_keeps_nobody_waiting),
                alone(test_displays_that_are_not_here),
                alone(test_sway_tells_of_browsers_alone),
                alone(test_what_is_not_sway_is_gone),
                on_screen(test_the_screen_is_where_the_session_says),
                alone(test_a_desktop_that_tells_nobody),
                cmocka_unit_test(test_windows_of_browsers_are_known),
        };
        return cmocka_run_group_tests_name("titles", tests, NULL, NULL);
}
