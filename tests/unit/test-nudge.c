/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The nudge on a private bus: a real dbus-daemon without any service, and a small notification
 * server of the test's own, which can be told to misbehave. */

#include "common/array.h"
#include "common/buffer.h"
#include "common/file.h"
#include "common/time.h"
#include "daemon/responders/nudge-texts.h"
#include "daemon/responders/nudge.h"
#include "daemon/responders/opener.h"
#include "daemon/responders/support-person.h"
#include "daemon/responders/unsent.h"
#include "unit/test.h"

#include <ctype.h>
#include <errno.h>
#include <ftw.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#define SERVER_NAME "org.freedesktop.Notifications"
#define SERVER_PATH "/org/freedesktop/Notifications"

enum {
        CALLS_MAX = 64,
        PATIENCE_MSEC = 20000, /* a test that waits longer for something has failed */
        LATENCY_RUNS = 200,
        MANY_RUNS = 10000,
};

/* 2026-11-22 10:00:00 UTC, a Sunday */
#define WALL (1795341600ULL * USEC_PER_SEC)
#define T0   (1000 * USEC_PER_SEC)

/* --- the private bus ------------------------------------------------------------------------- */

typedef struct Bus {
        char dir[32];
        char *address;
        pid_t pid;
} Bus;

static const char bus_config[] =
        "<busconfig><type>session</type><listen>unix:dir=%s</listen><auth>EXTERNAL</auth>"
        "<policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/>"
        "<allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>\n";

static void bus_write_config(const Bus *b, const char *path) {
        FILE *f = fopen(path, "we");

        assert_non_null(f);
        assert_true(fprintf(f, bus_config, b->dir) > 0);
        assert_int_equal(fclose(f), 0);
}

static int bus_start(void **state) {
        static Bus b;
        _cleanup_free_ char *config = NULL, *arg = NULL;
        char line[256];
        int fds[2];
        ssize_t n;

        strcpy(b.dir, "/tmp/nudge-test-XXXXXX");
        assert_non_null(mkdtemp(b.dir));
        config = path_join(b.dir, "bus.conf");
        bus_write_config(&b, config);
        assert_true(asprintf(&arg, "--config-file=%s", config) > 0);
        assert_int_equal(pipe(fds), 0);
        b.pid = fork();
        if (b.pid == 0) {
                (void)dup2(fds[1], STDOUT_FILENO);
                (void)close(fds[0]);
                (void)close(fds[1]);
                (void)execlp("dbus-daemon", "dbus-daemon", arg, "--nofork", "--print-address",
                        (char *)NULL);
                _exit(127);
        }
        (void)close(fds[1]);
        n = read(fds[0], line, sizeof(line) - 1);
        (void)close(fds[0]);
        assert_true(n > 1);
        line[n] = '\0';
        line[strcspn(line, "\n")] = '\0';
        b.address = strdup(line);
        *state = &b;
        return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        (void)st;
        (void)type;
        (void)ftw;
        return remove(path);
}

static int bus_stop(void **state) {
        Bus *b = *state;

        (void)kill(b->pid, SIGTERM);
        (void)waitpid(b->pid, NULL, 0);
        free(b->address);
        (void)nftw(b->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
        return 0;
}

static sd_bus *bus_connect(const Bus *b, sd_event *event) {
        sd_bus *bus = NULL;

        assert_int_equal(sd_bus_new(&bus), 0);
        assert_true(sd_bus_set_address(bus, b->address) >= 0);
        assert_true(sd_bus_set_bus_client(bus, 1) >= 0);
        assert_true(sd_bus_start(bus) >= 0);
        if (event)
                assert_true(sd_bus_attach_event(bus, event, 0) >= 0);
        return bus;
}

/* --- the server ------------------------------------------------------------------------------ */

typedef enum Manner {
        HONEST,
        ZERO_ID,
        WRONG_SIGNATURE,
        NOTHING_INSIDE,
        ERROR,
        CLOSES_EARLY, /* the signal comes before the reply */
        HOLDS,        /* the reply waits for server_reply() */
        CLOSES_ON_ACTION,
} Manner;

typedef struct Call {
        uint32_t id, replaces;
        char *summary, *body;
        char *actions; /* "key=label|key=label" */
        uint8_t urgency;
        bool transient, silent;
        int timeout;
} Call;

typedef struct Server {
        sd_bus *bus;
        Manner manner;
        bool actions, markup, odd_caps;
        unsigned asked; /* GetCapabilities */
        uint32_t last_id;
        Call calls[CALLS_MAX];
        size_t n;
        uint32_t closed[CALLS_MAX]; /* CloseNotification */
        size_t n_closed;
        sd_bus_message *held;
        uint32_t held_id;
} Server;

static void call_done(Call *c) {
        free(c->summary);
        free(c->body);
        free(c->actions);
}

static void server_signal(Server *s, const char *member, const char *types, uint32_t id, ...) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        va_list ap;

        assert_true(sd_bus_message_new_signal(s->bus, &m, SERVER_PATH, SERVER_NAME, member) >= 0);
        assert_true(sd_bus_message_append(m, "u", id) >= 0);
        va_start(ap, id);
        assert_true(sd_bus_message_appendv(m, types, ap) >= 0);
        va_end(ap);
        assert_true(sd_bus_send(s->bus, m, NULL) >= 0);
}

static void server_close(Server *s, uint32_t id, uint32_t reason) {
        server_signal(s, "NotificationClosed", "u", id, reason);
}

static void server_choose(Server *s, uint32_t id, const char *key) {
        server_signal(s, "ActionInvoked", "s", id, key);
        if (s->manner == CLOSES_ON_ACTION)
                server_close(s, id, 2);
}

static void read_actions(sd_bus_message *m, Call *c) {
        _cleanup_(buffer_done) Buffer b = {0};
        const char *key, *label;

        assert_true(sd_bus_message_enter_container(m, 'a', "s") >= 0);
        while (sd_bus_message_read(m, "s", &key) > 0) {
                assert_true(sd_bus_message_read(m, "s", &label) > 0);
                (void)buffer_printf(&b, "%s%s=%s", b.len > 0 ? "|" : "", key, label);
        }
        assert_true(sd_bus_message_exit_container(m) >= 0);
        c->actions = buffer_take(&b);
}

static void read_hints(sd_bus_message *m, Call *c) {
        const char *key, *type;
        int yes;

        assert_true(sd_bus_message_enter_container(m, 'a', "{sv}") >= 0);
        while (sd_bus_message_enter_container(m, 'e', "sv") > 0) {
                assert_true(sd_bus_message_read(m, "s", &key) > 0);
                assert_true(sd_bus_message_peek_type(m, NULL, &type) > 0);
                if (streq(key, "urgency"))
                        assert_true(sd_bus_message_read(m, "v", "y", &c->urgency) > 0);
                else if (streq(type, "b")) {
                        assert_true(sd_bus_message_read(m, "v", "b", &yes) > 0);
                        if (streq(key, "transient"))
                                c->transient = yes;
                        if (streq(key, "suppress-sound"))
                                c->silent = yes;
                } else
                        assert_true(sd_bus_message_skip(m, "v") > 0);
                assert_true(sd_bus_message_exit_container(m) >= 0);
        }
        assert_true(sd_bus_message_exit_container(m) >= 0);
}

static Call *read_notify(Server *s, sd_bus_message *m) {
        const char *app, *icon, *summary, *body;
        Call *c = &s->calls[s->n % CALLS_MAX];

        call_done(c);
        *c = (Call){0};
        s->n++;
        assert_true(
                sd_bus_message_read(m, "susss", &app, &c->replaces, &icon, &summary, &body) > 0);
        c->summary = strdup(summary);
        c->body = strdup(body);
        read_actions(m, c);
        read_hints(m, c);
        assert_true(sd_bus_message_read(m, "i", &c->timeout) > 0);
        c->id = c->replaces ? c->replaces : ++s->last_id;
        return c;
}

static int server_notify(Server *s, sd_bus_message *m) {
        Call *c = read_notify(s, m);

        switch (s->manner) {
        case ZERO_ID: return sd_bus_reply_method_return(m, "u", 0);
        case WRONG_SIGNATURE: return sd_bus_reply_method_return(m, "s", "seven");
        case NOTHING_INSIDE: return sd_bus_reply_method_return(m, "");
        case ERROR: return sd_bus_reply_method_errorf(m, "org.example.Error.Full", "Full");
        case HOLDS:
                assert_null(s->held);
                s->held = sd_bus_message_ref(m);
                s->held_id = c->id;
                return 1;
        case CLOSES_EARLY: server_close(s, c->id, 2); break;
        case HONEST:
        case CLOSES_ON_ACTION: break;
        }
        return sd_bus_reply_method_return(m, "u", c->id);
}

static void server_reply(Server *s) {
        assert_non_null(s->held);
        assert_true(sd_bus_reply_method_return(s->held, "u", s->held_id) >= 0);
        s->held = sd_bus_message_unref(s->held);
}

static int server_caps(Server *s, sd_bus_message *m) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;

        s->asked++;
        if (s->odd_caps)
                return sd_bus_reply_method_return(m, "u", 7);
        assert_true(sd_bus_message_new_method_return(m, &reply) >= 0);
        assert_true(sd_bus_message_open_container(reply, 'a', "s") >= 0);
        assert_true(sd_bus_message_append(reply, "s", "body") >= 0);
        if (s->actions)
                assert_true(sd_bus_message_append(reply, "s", "actions") >= 0);
        if (s->markup)
                assert_true(sd_bus_message_append(reply, "s", "body-markup") >= 0);
        assert_true(sd_bus_message_close_container(reply) >= 0);
        return sd_bus_send(s->bus, reply, NULL);
}

/* Without a vtable, for sd-bus would correct our wrong replies. */
static int on_server_call(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Server *s = userdata;

        (void)error;
        if (sd_bus_message_is_method_call(m, SERVER_NAME, "Notify"))
                return server_notify(s, m);
        if (sd_bus_message_is_method_call(m, SERVER_NAME, "GetCapabilities"))
                return server_caps(s, m);
        if (sd_bus_message_is_method_call(m, SERVER_NAME, "CloseNotification")) {
                assert_true(sd_bus_message_read(m, "u", &s->closed[s->n_closed++ % CALLS_MAX]) > 0);
                return sd_bus_reply_method_return(m, "");
        }
        return 0;
}

static void server_start(Server *s, const Bus *b, sd_event *event) {
        s->bus = bus_connect(b, event);
        assert_true(sd_bus_add_object(s->bus, NULL, SERVER_PATH, on_server_call, s) >= 0);
        assert_true(sd_bus_request_name(s->bus, SERVER_NAME, 0) >= 0);
}

static void server_stop(Server *s) {
        s->held = sd_bus_message_unref(s->held);
        if (s->bus)
                sd_bus_close(s->bus);
        s->bus = sd_bus_flush_close_unref(s->bus);
}

/* --- the bench ------------------------------------------------------------------------------- */

typedef struct Bench {
        Bus *daemon;
        sd_event *event;
        sd_bus *bus; /* the nudge's own */
        Server server;
        Nudge *nudge;
        char *data_dir;
        Buffer news; /* "shown 1\n", "answered 1 leave\n" */
        int active;  /* the last state, -1 before any */
        char *detail;
        unsigned states;
} Bench;

static void on_shown(void *userdata, uint64_t event) {
        Bench *t = userdata;

        (void)buffer_printf(&t->news, "shown %llu\n", (unsigned long long)event);
}

static void on_answered(void *userdata, uint64_t event, const char *answer) {
        Bench *t = userdata;

        (void)buffer_printf(&t->news, "answered %llu %s\n", (unsigned long long)event, answer);
}

static void on_state(void *userdata, bool active, const char *detail) {
        Bench *t = userdata;

        t->active = active;
        t->states++;
        free(t->detail);
        t->detail = strdup(detail);
}

static const NudgeListener listener = {
        .shown = on_shown,
        .answered = on_answered,
        .state = on_state,
};

static int on_settled(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        int *waiting = userdata;

        (void)m;
        (void)error;
        --*waiting;
        return 0;
}

static uint64_t now_msec(void) {
        struct timespec ts;

        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

#define RUN_UNTIL(t, condition)                                                                    \
        do {                                                                                       \
                uint64_t until = now_msec() + PATIENCE_MSEC;                                       \
                while (!(condition)) {                                                             \
                        if (now_msec() >= until)                                                   \
                                fail_msg("waited in vain for: %s", #condition);                    \
                        assert_true(sd_event_run((t)->event, 10000) >= 0);                         \
                }                                                                                  \
        } while (0)

/* Lets everything that was sent arrive: a round trip from each side, a few times for replies to
 * replies. */
static void settle(Bench *t) {
        for (int i = 0; i < 4; i++) {
                int waiting = 0;
                sd_bus *buses[] = {t->bus, t->server.bus};

                for (size_t k = 0; k < ARRAY_LEN(buses); k++) {
                        if (!buses[k])
                                continue;
                        waiting++;
                        assert_true(sd_bus_call_method_async(buses[k], NULL, "org.freedesktop.DBus",
                                            "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                            "GetId", on_settled, &waiting, NULL) >= 0);
                }
                RUN_UNTIL(t, waiting == 0);
        }
}

static int bench_setup(void **state, bool with_server) {
        Bench *t = calloc(1, sizeof(*t));
        char dir[] = "/tmp/nudge-data-XXXXXX";

        t->daemon = *state;
        t->active = -1;
        t->server.actions = t->server.markup = true;
        assert_non_null(mkdtemp(dir));
        t->data_dir = strdup(dir);
        assert_true(sd_event_new(&t->event) >= 0);
        t->bus = bus_connect(t->daemon, t->event);
        if (with_server)
                server_start(&t->server, t->daemon, t->event);
        assert_int_equal(nudge_new(t->event, t->bus, dir, &listener, t, &t->nudge), 0);
        settle(t);
        *state = t;
        return 0;
}

static int setup(void **state) {
        return bench_setup(state, true);
}

static int setup_alone(void **state) {
        return bench_setup(state, false);
}

static int teardown(void **state) {
        Bench *t = *state;

        *state = t->daemon;
        nudge_free(t->nudge);
        server_stop(&t->server);
        sd_bus_flush_close_unref(t->bus);
        sd_event_unref(t->event);
        for (size_t i = 0; i < CALLS_MAX; i++)
                call_done(&t->server.calls[i]);
        (void)nftw(t->data_dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
        free(t->data_dir);
        free(t->detail);
        buffer_done(&t->news);
        free(t);
        return 0;
}

/* What the listener heard since the last time. */
static const char *news(Bench *t) {
        static char text[512];

        (void)snprintf(text, sizeof(text), "%s", t->news.data ? t->news.data : "");
        buffer_done(&t->news);
        return text;
}

static Call *last(Bench *t) {
        assert_true(t->server.n > 0);
        return &t->server.calls[(t->server.n - 1) % CALLS_MAX];
}

static NudgeText visit(uint64_t event) {
        return (NudgeText){
                .person_id = "p1",
                .event = event,
                .wall_usec = WALL,
                .tone = NUDGE_STOPPED,
                .days = 12,
                .total_days = 14,
                .sentence = "If it is late and I want to look, I call Sam.",
                .support = "Sam +1 555 0100",
        };
}

/* Shows the nudge for `event` at `sec` seconds and lets it arrive. */
static int show(Bench *t, uint64_t event, unsigned sec) {
        NudgeText text = visit(event);
        int r = nudge_show(t->nudge, &text, T0 + sec * USEC_PER_SEC);

        settle(t);
        return r;
}

/* --- showing --------------------------------------------------------------------------------- */

static void test_is_sent_within_the_same_turn(void **state) {
        Bench *t = *state;
        NudgeText text = visit(1);
        uint64_t until = now_msec() + PATIENCE_MSEC;

        assert_int_equal(nudge_show(t->nudge, &text, T0), 1);
        /* our own loop does not turn, only the server's connection is served */
        while (t->server.n == 0 && now_msec() < until)
                if (sd_bus_process(t->server.bus, NULL) == 0)
                        (void)sd_bus_wait(t->server.bus, 10000);
        assert_int_equal(t->server.n, 1);
}

static void test_shows_what_it_is_given(void **state) {
        Bench *t = *state;
        Call *c;

        assert_int_equal(show(t, 1, 0), 1);
        c = last(t);
        assert_string_equal(c->summary, "Pause. 12 days so far.");
        assert_string_equal(c->body, "If it is late and I want to look, I call Sam.");
        assert_string_equal(c->actions,
                "default=Leave|leave=Leave|breathe=Breathe|write=Write instead|call=Call Sam"
                "|meant=I meant to");
        assert_int_equal(c->replaces, 0);
        assert_int_equal(c->urgency, 1);
        assert_true(c->transient && c->silent);
        assert_int_equal(c->timeout, 20000);
        assert_string_equal(news(t), "shown 1\n");
        assert_int_equal(t->active, 1);
        assert_int_equal(t->server.asked, 1);
}

static void test_offers_no_call_without_a_support_person(void **state) {
        Bench *t = *state;
        NudgeText text = visit(1);

        text.support = NULL;
        assert_int_equal(nudge_show(t->nudge, &text, T0), 1);
        settle(t);
        assert_null(strstr(last(t)->actions, "call="));
        (void)news(t);
        server_choose(&t->server, last(t)->id, "call");
        settle(t);
        assert_string_equal(news(t), "");
}

static void test_escapes_where_the_server_reads_markup(void **state) {
        Bench *t = *state;
        NudgeText text = visit(1);

        text.sentence = "If a < b & <b>late</b>\nI wait\xff";
        assert_int_equal(nudge_show(t->nudge, &text, T0), 1);
        settle(t);
        assert_string_equal(
                last(t)->body, "If a &lt; b &amp; &lt;b&gt;late&lt;/b&gt; I wait\uFFFD");
}

static void test_without_actions_the_words_show_the_way_out(void **state) {
        Bench *t = *state;

        t->server.actions = t->server.markup = false;
        server_start(&t->server, t->daemon, t->event);
        settle(t);
        assert_int_equal(t->active, 0);
        assert_non_null(strstr(t->detail, "no buttons"));
        assert_int_equal(show(t, 1, 0), 1);
        assert_int_equal(t->server.n, 1);
        assert_string_equal(last(t)->body,
                "If it is late and I want to look, I call Sam.\nLeaving it closed is enough.");
}

static void test_what_the_server_can_do_is_learned_from_the_call_that_starts_it(void **state) {
        Bench *t = *state;
        NudgeText text = visit(1);
        uint32_t first;

        text.sentence = "a & b";
        t->server.actions = t->server.markup = false;
        server_start(&t->server, t->daemon, t->event);
        while (t->server.n == 0 && !sd_bus_is_ready(t->server.bus))
                (void)sd_bus_process(t->server.bus, NULL);
        assert_int_equal(nudge_show(t->nudge, &text, T0), 1);
        settle(t);
        /* the first one was sent before the answer, the second one says it in words, in its place
         */
        assert_int_equal(t->server.n, 2);
        first = t->server.calls[0].id;
        assert_string_equal(t->server.calls[0].body, "a &amp; b");
        assert_int_equal(last(t)->replaces, first);
        assert_string_equal(last(t)->body, "a & b\nLeaving it closed is enough.");
        assert_string_equal(news(t), "shown 1\n");
}

/* --- resting --------------------------------------------------------------------------------- */

static void test_further_visits_update_the_one_that_is_up(void **state) {
        Bench *t = *state;
        uint32_t id;

        assert_int_equal(show(t, 1, 0), 1);
        id = last(t)->id;
        assert_int_equal(show(t, 2, 30), 1);
        assert_int_equal(t->server.n, 2);
        assert_int_equal(last(t)->replaces, id);
        assert_string_equal(news(t), "shown 1\nshown 2\n");
        server_choose(&t->server, id, "leave");
        settle(t);
        assert_string_equal(news(t), "answered 2 leave\n");
}

static void test_nothing_new_pops_up_while_it_rests(void **state) {
        Bench *t = *state;

        assert_int_equal(show(t, 1, 0), 1);
        server_close(&t->server, last(t)->id, 2);
        settle(t);
        assert_string_equal(news(t), "shown 1\nanswered 1 dismissed\n");
        assert_int_equal(show(t, 2, 30), 0);
        assert_int_equal(show(t, 3, 59), 0);
        assert_int_equal(t->server.n, 1);
        assert_int_equal(show(t, 4, 60), 1);
        assert_int_equal(t->server.n, 2);
        assert_int_equal(last(t)->replaces, 0);
}

static void test_updates_do_not_put_the_next_one_off(void **state) {
        Bench *t = *state;

        assert_int_equal(show(t, 1, 0), 1);
        assert_int_equal(show(t, 2, 50), 1);
        server_close(&t->server, last(t)->id, 1);
        settle(t);
        assert_int_equal(show(t, 3, 59), 0);
        assert_int_equal(show(t, 4, 61), 1);
}

static void test_one_visit_is_met_once(void **state) {
        Bench *t = *state;

        assert_int_equal(show(t, 1, 0), 1);
        assert_int_equal(show(t, 1, 1), 0);
        server_close(&t->server, last(t)->id, 1);
        settle(t);
        assert_int_equal(show(t, 1, 1), 0);
        assert_int_equal(show(t, 1, 90), 0);
        assert_int_equal(t->server.n, 1);
        assert_string_equal(news(t), "shown 1\n");
}

static void test_another_grade_of_the_same_visit_changes_what_is_up(void **state) {
        Bench *t = *state;
        NudgeText text = visit(1);

        assert_int_equal(show(t, 1, 0), 1);
        text.tone = NUDGE_SEEN;
        assert_int_equal(nudge_show(t->nudge, &text, T0 + USEC_PER_SEC), 1);
        settle(t);
        assert_int_equal(t->server.n, 2);
        assert_int_equal(last(t)->replaces, t->server.calls[0].id);
        assert_string_equal(last(t)->summary, "Pause. 14 days kept, 12 in a row.");
        assert_string_equal(news(t), "shown 1\n");
}

static void test_a_correction_changes_what_is_up_and_pops_up_nothing(void **state) {
        Bench *t = *state;
        NudgeText text = visit(1);

        assert_int_equal(nudge_correct(t->nudge, &text), 0);
        text.tone = NUDGE_SEEN;
        assert_int_equal(nudge_show(t->nudge, &text, T0), 1);
        settle(t);
        text.tone = NUDGE_STOPPED;
        assert_int_equal(nudge_correct(t->nudge, &text), 1);
        settle(t);
        assert_int_equal(last(t)->replaces, t->server.calls[0].id);
        assert_string_equal(last(t)->summary, "Pause. 12 days so far.");
        assert_int_equal(nudge_correct(t->nudge, &text), 0);
        text.event = 2;
        assert_int_equal(nudge_correct(t->nudge, &text), 0);

        server_close(&t->server, last(t)->id, 1);
        settle(t);
        text = visit(1);
        text.tone = NUDGE_SEEN;
        assert_int_equal(nudge_correct(t->nudge, &text), 0);
        assert_int_equal(t->server.n, 2);
}

static void test_people_do_not_share_a_nudge(void **state) {
        Bench *t = *state;
        NudgeText text = visit(2);

        assert_int_equal(show(t, 1, 0), 1);
        text.person_id = "p2";
        assert_int_equal(nudge_show(t->nudge, &text, T0 + USEC_PER_SEC), 1);
        settle(t);
        assert_int_equal(t->server.n, 2);
        assert_int_equal(last(t)->replaces, 0);
        assert_string_equal(news(t), "shown 1\nshown 2\n");
}

static void test_an_update_waits_for_the_answer_to_the_first(void **state) {
        Bench *t = *state;

        t->server.manner = HOLDS;
        assert_int_equal(show(t, 1, 0), 1);
        assert_int_equal(show(t, 2, 1), 1);
        assert_int_equal(show(t, 3, 2), 1);
        assert_int_equal(t->server.n, 1);
        t->server.manner = HONEST;
        server_reply(&t->server);
        settle(t);
        assert_int_equal(t->server.n, 2);
        assert_int_equal(last(t)->replaces, t->server.calls[0].id);
        assert_string_equal(news(t), "shown 1\nshown 3\n");
}

static void test_an_update_does_not_bring_back_what_the_user_closed(void **state) {
        Bench *t = *state;

        assert_int_equal(show(t, 1, 0), 1);
        t->server.manner = HOLDS;
        assert_int_equal(show(t, 2, 1), 1);
        server_close(&t->server, 1, 2);
        settle(t);
        assert_string_equal(news(t), "shown 1\nanswered 2 dismissed\n");
        t->server.held_id = 9; /* it made a new one of the update */
        server_reply(&t->server);
        settle(t);
        assert_int_equal(t->server.n_closed, 1);
        assert_int_equal(t->server.closed[0], 9);
}

/* --- answers --------------------------------------------------------------------------------- */

static void test_each_answer_is_handed_up(void **state) {
        static const struct {
                const char *key, *answer;
        } cases[] = {
                {"default", "leave"},
                {"leave", "leave"},
                {"breathe", "breathe"},
                {"write", "write"},
                {"call", "call"},
                {"meant", "meant"},
        };
        Bench *t = *state;

        for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
                char expected[64];
                NudgeText text = visit(i + 1);
                char person[8];

                (void)snprintf(person, sizeof(person), "p%u", i);
                text.person_id = person;
                assert_int_equal(nudge_show(t->nudge, &text, T0), 1);
                settle(t);
                (void)news(t);
                server_choose(&t->server, last(t)->id, cases[i].key);
                settle(t);
                (void)snprintf(
                        expected, sizeof(expected), "answered %u %s\n", i + 1, cases[i].answer);
                assert_string_equal(news(t), expected);
        }
}

static void test_leave_closes_and_does_nothing_more(void **state) {
        Bench *t = *state;

        assert_int_equal(show(t, 1, 0), 1);
        server_choose(&t->server, 1, "default");
        settle(t);
        assert_int_equal(t->server.n, 1);
        assert_int_equal(t->server.n_closed, 1);
        assert_int_equal(t->server.closed[0], 1);
        /* the server's own closing, and a second click, are no further answers */
        (void)news(t);
        server_close(&t->server, 1, 2);
        server_choose(&t->server, 1, "meant");
        settle(t);
        assert_string_equal(news(t), "");
}

static void test_expiry_is_not_an_answer(void **state) {
        static const uint32_t reasons[] = {1, 3, 4, 0, 77};
        Bench *t = *state;

        for (unsigned i = 0; i < ARRAY_LEN(reasons); i++) {
                assert_int_equal(show(t, i + 1, 100 * i), 1);
                (void)news(t);
                server_close(&t->server, last(t)->id, reasons[i]);
                settle(t);
                assert_string_equal(news(t), "");
        }
}

static void test_i_meant_to_is_noted_and_opens_nothing(void **state) {
        Bench *t = *state;

        t->server.manner = CLOSES_ON_ACTION;
        assert_int_equal(show(t, 1, 0), 1);
        server_choose(&t->server, 1, "meant");
        settle(t);
        assert_string_equal(last(t)->summary, "Noted.");
        assert_string_equal(last(t)->body, "It is your call.");
        assert_string_equal(last(t)->actions, "");
        assert_string_equal(news(t), "shown 1\nanswered 1 meant\n");
}

static void test_call_shows_the_number(void **state) {
        Bench *t = *state;

        t->server.manner = CLOSES_ON_ACTION;
        assert_int_equal(show(t, 1, 0), 1);
        server_choose(&t->server, 1, "call");
        settle(t);
        assert_int_equal(t->server.n, 2);
        assert_string_equal(last(t)->summary, "Call Sam");
        assert_string_equal(last(t)->body, "Sam +1 555 0100\nA few words are enough.");
        assert_int_equal(last(t)->timeout, 60000);
        /* it stays for the dialling: a further visit leaves it alone while the person's nudge rests
         */
        assert_int_equal(show(t, 2, 10), 0);
        assert_int_equal(show(t, 3, 70), 1);
        assert_int_equal(last(t)->replaces, t->server.calls[1].id);
}

/* --- breathing ------------------------------------------------------------------------------- */

static void test_breathe_survives_the_closing_that_follows_an_action(void **state) {
        Bench *t = *state;
        uint32_t id;

        t->server.manner = CLOSES_ON_ACTION;
        assert_int_equal(show(t, 1, 0), 1);
        server_choose(&t->server, 1, "breathe");
        settle(t);
        assert_int_equal(t->server.n, 2);
        assert_string_equal(last(t)->summary, "Breathe in");
        assert_string_equal(last(t)->body, "1 of 6");
        assert_string_equal(last(t)->actions, "");
        id = last(t)->id;
        RUN_UNTIL(t, t->server.n == 3);
        assert_string_equal(last(t)->summary, "Breathe out");
        assert_int_equal(last(t)->replaces, id);
        settle(t);
        /* a visit does not talk over it, and the user's hand ends it */
        assert_int_equal(show(t, 2, 70), 0);
        assert_string_equal(news(t), "shown 1\nanswered 1 breathe\n");
        server_close(&t->server, id, 2);
        settle(t);
        for (uint64_t until = now_msec() + 6500; now_msec() < until;)
                assert_true(sd_event_run(t->event, 100000) >= 0);
        assert_int_equal(t->server.n, 3);
        assert_string_equal(news(t), "");
        assert_int_equal(show(t, 3, 71), 1);
}

static void test_breathing_is_a_minute_of_four_and_six(void **state) {
        unsigned total = 0, step = 0;
        int r;

        (void)state;
        for (;; step++) {
                _cleanup_(nudge_words_done) NudgeWords w = {0};
                unsigned sec = 0;

                r = nudge_words_breath(step, &w, &sec);
                assert_true(r >= 0);
                if (r == 0)
                        break;
                assert_int_equal(sec, step % 2 == 0 ? 4 : 6);
                assert_string_equal(w.summary, step % 2 == 0 ? "Breathe in" : "Breathe out");
                total += sec;
        }
        assert_int_equal(total, 60);
        assert_int_equal(step, 12);
}

static void test_the_server_dying_ends_the_guide(void **state) {
        Bench *t = *state;

        assert_int_equal(show(t, 1, 0), 1);
        server_choose(&t->server, 1, "breathe");
        settle(t);
        server_stop(&t->server);
        settle(t);
        server_start(&t->server, t->daemon, t->event);
        settle(t);
        assert_int_equal(show(t, 2, 70), 1);
        assert_string_equal(last(t)->summary, "Pause. 12 days so far.");
        assert_int_equal(last(t)->replaces, 0);
}

/* --- writing --------------------------------------------------------------------------------- */

static char *page_path(const Bench *t, const char *suffix) {
        char when[TIME_TEXT_SPACE], *path = NULL;

        (void)time_format_local(when, sizeof(when), WALL);
        assert_true(asprintf(&path, "%s/unsent/unsent-%.10s-%.2s%.2s%s.txt", t->data_dir, when,
                            when + 11, when + 14, suffix) > 0);
        return path;
}

static void test_write_lays_a_page_and_says_where_when_it_cannot_open_it(void **state) {
        Bench *t = *state;
        _cleanup_free_ char *path = page_path(t, ""), *folder = NULL, *expected = NULL;
        struct stat st;

        assert_int_equal(show(t, 1, 0), 1);
        server_choose(&t->server, 1, "write");
        RUN_UNTIL(t, t->server.n == 2);
        folder = strndup(path, (size_t)(strrchr(path, '/') - path));
        assert_int_equal(stat(folder, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0700);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
        assert_int_equal(st.st_size, (off_t)strlen(nudge_words_page_line()) + 2);
        assert_true(asprintf(&expected, "%s\nin %s", strrchr(path, '/') + 1, folder) > 0);
        assert_string_equal(last(t)->summary, "Your page is ready.");
        assert_string_equal(last(t)->body, expected);
        assert_string_equal(news(t), "shown 1\nanswered 1 write\n");
        assert_int_equal(t->server.closed[0], 1);
}

static void test_a_page_is_never_written_over(void **state) {
        Bench *t = *state;
        _cleanup_free_ char *first = page_path(t, ""), *second = page_path(t, "-2"), *got = NULL,
                            *more = NULL;

        assert_int_equal(unsent_make(t->data_dir, WALL, "line", &got), 0);
        assert_string_equal(got, first);
        assert_int_equal(unsent_make(t->data_dir, WALL, "line", &more), 0);
        assert_string_equal(more, second);
        for (unsigned i = 3; i <= UNSENT_TRIES; i++) {
                _cleanup_free_ char *path = NULL;

                assert_int_equal(unsent_make(t->data_dir, WALL, "line", &path), 0);
        }
        free(TAKE_PTR(got));
        assert_int_equal(unsent_make(t->data_dir, WALL, "line", &got), -EEXIST);
        assert_null(got);
}

static void test_without_a_page_paper_is_offered(void **state) {
        Bench *t = *state;
        _cleanup_free_ char *folder = path_join(t->data_dir, "unsent");
        FILE *f = fopen(folder, "we"); /* a file stands where the folder would */

        assert_non_null(f);
        assert_int_equal(fclose(f), 0);
        assert_int_equal(show(t, 1, 0), 1);
        server_choose(&t->server, 1, "write");
        settle(t);
        assert_string_equal(last(t)->summary, "The page could not be made.");
        assert_string_equal(news(t), "shown 1\nanswered 1 write\n");
}

/* --- the opener, before a service manager of our own ----------------------------------------- */

typedef struct Manager {
        sd_bus *bus;
        char *unit, *program, *target;
        const char *result; /* of the job */
        unsigned starts;
} Manager;

static int on_manager_call(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Manager *s = userdata;
        const char *unit, *mode, *name, *path, *a0, *a1, *a2;

        (void)error;
        if (!sd_bus_message_is_method_call(
                    m, "org.freedesktop.systemd1.Manager", "StartTransientUnit"))
                return 0;
        s->starts++;
        assert_true(sd_bus_message_has_signature(m, "ssa(sv)a(sa(sv))"));
        assert_true(sd_bus_message_read(m, "ss", &unit, &mode) > 0);
        assert_true(sd_bus_message_enter_container(m, 'a', "(sv)") > 0);
        while (sd_bus_message_enter_container(m, 'r', "sv") > 0) {
                assert_true(sd_bus_message_read(m, "s", &name) > 0);
                if (streq(name, "ExecStartEx")) {
                        assert_true(sd_bus_message_read(m, "v", "a(sasas)", 1, &path, 3, &a0, &a1,
                                            &a2, 1, NULL) > 0);
                        s->program = strdup(a1);
                        s->target = strdup(a2);
                } else
                        assert_true(sd_bus_message_skip(m, "v") > 0);
                assert_true(sd_bus_message_exit_container(m) >= 0);
        }
        s->unit = strdup(unit);
        assert_true(sd_bus_reply_method_return(m, "o", "/org/freedesktop/systemd1/job/1") >= 0);
        return sd_bus_emit_signal(s->bus, "/org/freedesktop/systemd1",
                "org.freedesktop.systemd1.Manager", "JobRemoved", "uoss", 1,
                "/org/freedesktop/systemd1/job/1", unit, s->result);
}

static void manager_start(Manager *s, Bench *t, const char *result) {
        s->result = result;
        s->bus = bus_connect(t->daemon, t->event);
        assert_true(sd_bus_add_object(
                            s->bus, NULL, "/org/freedesktop/systemd1", on_manager_call, s) >= 0);
        assert_true(sd_bus_request_name(s->bus, "org.freedesktop.systemd1", 0) >= 0);
}

static void manager_stop(Manager *s) {
        free(s->unit);
        free(s->program);
        free(s->target);
        sd_bus_flush_close_unref(s->bus);
}

static void test_write_opens_the_page(void **state) {
        Bench *t = *state;
        _cleanup_(manager_stop) Manager s = {0};
        _cleanup_free_ char *path = page_path(t, "");

        manager_start(&s, t, "done");
        assert_int_equal(show(t, 1, 0), 1);
        server_choose(&t->server, 1, "write");
        RUN_UNTIL(t, s.starts == 1);
        settle(t);
        assert_string_equal(s.program, "xdg-open");
        assert_string_equal(s.target, path);
        assert_int_equal(t->server.n, 1); /* nothing more to say */
}

static void test_write_says_where_the_page_is_when_nothing_opens_it(void **state) {
        Bench *t = *state;
        _cleanup_(manager_stop) Manager s = {0};

        manager_start(&s, t, "failed");
        assert_int_equal(show(t, 1, 0), 1);
        server_choose(&t->server, 1, "write");
        RUN_UNTIL(t, t->server.n == 2);
        assert_string_equal(last(t)->summary, "Your page is ready.");
}

static void test_call_opens_the_number(void **state) {
        Bench *t = *state;
        _cleanup_(manager_stop) Manager s = {0};

        manager_start(&s, t, "failed");
        assert_int_equal(show(t, 1, 0), 1);
        server_choose(&t->server, 1, "call");
        RUN_UNTIL(t, s.starts == 1);
        settle(t);
        assert_string_equal(s.target, "tel:+15550100");
        assert_int_equal(t->server.n, 2); /* the number, and no word about an application */
}

typedef struct Opened {
        unsigned n;
        int error;
} Opened;

static void on_opened(void *userdata, const char *target, int error) {
        Opened *o = userdata;

        (void)target;
        o->n++;
        o->error = error;
}

static void test_the_opener_tells_when_there_is_no_service_manager(void **state) {
        Bench *t = *state;
        _cleanup_(opener_freep) Opener *o = NULL;
        Opened opened = {0};

        assert_int_equal(opener_new(t->bus, on_opened, &opened, &o), 0);
        assert_int_equal(opener_open(o, "/tmp/x"), 0);
        RUN_UNTIL(t, opened.n == 1);
        assert_true(opened.error < 0);
        assert_int_equal(opener_open(o, "-x"), -EINVAL);
        assert_int_equal(opener_open(o, "x"), -EINVAL);
        assert_int_equal(opener_open(o, ""), -EINVAL);
        assert_int_equal(opener_open(o, ":"), -EINVAL);
        for (unsigned i = 0; i < 3 * OPENER_MAX; i++)
                assert_int_equal(opener_open(o, "mailto:a@example.org"), 0);
        RUN_UNTIL(t, opened.n == 1 + OPENER_MAX);
        settle(t);
        assert_int_equal(opened.n, 1 + OPENER_MAX);
}

/* --- no server, and its coming and going ----------------------------------------------------- */

static void test_no_server_is_told_and_the_nudge_recovers(void **state) {
        Bench *t = *state;

        assert_int_equal(t->active, 0);
        assert_string_equal(t->detail, "No notification server runs, so no nudge can be shown.");
        assert_int_equal(show(t, 1, 0), 1);
        assert_string_equal(news(t), "");
        assert_int_equal(t->active, 0);

        server_start(&t->server, t->daemon, t->event);
        settle(t);
        assert_int_equal(t->active, 1);
        /* nothing was shown, so nothing rests: the same visit may still be met */
        assert_int_equal(show(t, 1, 5), 1);
        assert_string_equal(news(t), "shown 1\n");

        server_stop(&t->server);
        settle(t);
        assert_int_equal(t->active, 0);
        assert_string_equal(t->detail, "No notification server runs, so no nudge can be shown.");
        server_start(&t->server, t->daemon, t->event);
        settle(t);
        assert_int_equal(t->active, 1);
        assert_int_equal(t->server.asked, 2);
        assert_int_equal(show(t, 2, 70), 1);
        assert_string_equal(news(t), "shown 2\n");
        assert_int_equal(last(t)->replaces, 0);
}

static void test_a_lost_bus_is_an_error(void **state) {
        Bench *t = *state;
        NudgeText text = visit(1);

        sd_bus_close(t->bus);
        assert_true(nudge_show(t->nudge, &text, T0) < 0);
        assert_true(nudge_milestone(t->nudge, "p1", 7) < 0);
        t->bus = sd_bus_unref(t->bus);
}

/* --- servers that misbehave ------------------------------------------------------------------ */

static void test_a_server_dying_before_its_reply_invents_nothing(void **state) {
        Bench *t = *state;

        t->server.manner = HOLDS;
        assert_int_equal(show(t, 1, 0), 1);
        server_stop(&t->server);
        settle(t);
        assert_string_equal(news(t), "");
        assert_int_equal(t->active, 0);
        t->server.manner = HONEST;
        server_start(&t->server, t->daemon, t->event);
        settle(t);
        assert_int_equal(show(t, 1, 5), 1);
        assert_string_equal(news(t), "shown 1\n");
}

static void test_odd_replies_are_no_answers(void **state) {
        static const struct {
                Manner manner;
                const char *word;
        } cases[] = {
                {ZERO_ID, "could not be read"},
                {WRONG_SIGNATURE, "could not be read"},
                {NOTHING_INSIDE, "could not be read"},
                {ERROR, "refused"},
        };
        Bench *t = *state;

        for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
                unsigned sec = 200 * i;

                t->server.manner = cases[i].manner;
                assert_int_equal(show(t, 10 * i + 1, sec), 1);
                assert_int_equal(t->active, 0);
                assert_non_null(strstr(t->detail, cases[i].word));
                server_choose(&t->server, 0, "leave");
                server_close(&t->server, 0, 2);
                settle(t);
                assert_string_equal(news(t), "");
                /* what may be on the screen makes it rest; what was refused does not */
                assert_int_equal(show(t, 10 * i + 2, sec + 1), cases[i].manner == ERROR);
                t->server.manner = HONEST;
                assert_int_equal(show(t, 10 * i + 3, sec + 100), 1);
                assert_int_equal(t->active, 1);
                server_choose(&t->server, last(t)->id, "leave");
                settle(t);
                (void)news(t);
        }
}

static void test_odd_capabilities_are_told(void **state) {
        Bench *t = *state;

        t->server.odd_caps = true;
        server_start(&t->server, t->daemon, t->event);
        settle(t);
        assert_int_equal(t->active, 0);
        assert_int_equal(show(t, 1, 0), 1);
        assert_string_equal(news(t), "shown 1\n");
}

static void test_a_closing_before_the_reply_is_understood(void **state) {
        Bench *t = *state;

        t->server.manner = CLOSES_EARLY;
        assert_int_equal(show(t, 1, 0), 1);
        assert_string_equal(news(t), "shown 1\n");
        assert_int_equal(show(t, 2, 1), 0);
        t->server.manner = HONEST;
        assert_int_equal(show(t, 3, 61), 1);
        assert_int_equal(last(t)->replaces, 0);
}

static void test_unknown_ids_and_actions_are_ignored(void **state) {
        static const char *const keys[] = {"", "Leave", "call ", "open", "dismissed", "default\n"};
        Bench *t = *state;

        assert_int_equal(show(t, 5, 0), 1);
        (void)news(t);
        server_choose(&t->server, 99, "leave");
        server_close(&t->server, 99, 2);
        for (size_t i = 0; i < ARRAY_LEN(keys); i++)
                server_choose(&t->server, 1, keys[i]);
        server_signal(&t->server, "ActionInvoked", "u", 1, 7);
        server_signal(&t->server, "NotificationClosed", "s", 1, "two");
        server_signal(&t->server, "NotificationClosed", "", 1);
        settle(t);
        assert_string_equal(news(t), "");
        server_choose(&t->server, 1, "leave");
        settle(t);
        assert_string_equal(news(t), "answered 5 leave\n");
}

static void test_only_the_server_that_took_it_can_answer(void **state) {
        Bench *t = *state;
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *stranger = bus_connect(t->daemon, NULL);
        static const char *const members[] = {"ActionInvoked", "NotificationClosed"};
        const char *name = NULL;

        assert_int_equal(show(t, 1, 0), 1);
        (void)news(t);
        assert_true(sd_bus_get_unique_name(t->bus, &name) >= 0);
        for (size_t i = 0; i < 2 * ARRAY_LEN(members); i++) {
                _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;

                assert_true(sd_bus_message_new_signal(
                                    stranger, &m, SERVER_PATH, SERVER_NAME, members[i % 2]) >= 0);
                if (i % 2 == 0)
                        assert_true(sd_bus_message_append(m, "us", 1, "meant") >= 0);
                else
                        assert_true(sd_bus_message_append(m, "uu", 1, 2) >= 0);
                /* to all, and then to us alone, where no match rule stands before */
                if (i >= 2)
                        assert_true(sd_bus_message_set_destination(m, name) >= 0);
                assert_true(sd_bus_send(stranger, m, NULL) >= 0);
        }
        assert_true(sd_bus_flush(stranger) >= 0);
        settle(t);
        assert_string_equal(news(t), "");
        server_choose(&t->server, 1, "leave");
        settle(t);
        assert_string_equal(news(t), "answered 1 leave\n");
}

static void test_a_stranger_cannot_declare_the_server_gone(void **state) {
        Bench *t = *state;
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *stranger = bus_connect(t->daemon, NULL);
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        const char *us = NULL, *server = NULL;
        unsigned states;

        assert_int_equal(show(t, 1, 0), 1);
        states = t->states;
        assert_true(sd_bus_get_unique_name(t->bus, &us) >= 0);
        assert_true(sd_bus_get_unique_name(t->server.bus, &server) >= 0);
        assert_true(sd_bus_message_new_signal(stranger, &m, "/org/freedesktop/DBus",
                            "org.freedesktop.DBus", "NameOwnerChanged") >= 0);
        assert_true(sd_bus_message_append(m, "sss", SERVER_NAME, server, "") >= 0);
        assert_true(sd_bus_message_set_destination(m, us) >= 0);
        assert_true(sd_bus_send(stranger, m, NULL) >= 0);
        assert_true(sd_bus_flush(stranger) >= 0);
        settle(t);
        assert_int_equal(t->states, states);
        server_choose(&t->server, 1, "leave");
        settle(t);
        assert_string_equal(news(t), "shown 1\nanswered 1 leave\n");
}

/* --- limits ---------------------------------------------------------------------------------- */

static void test_people_beyond_the_limit_take_the_place_of_the_longest_idle(void **state) {
        Bench *t = *state;

        for (unsigned i = 0; i < 250; i++) {
                char person[16];
                NudgeText text = visit(i + 1);

                (void)snprintf(person, sizeof(person), "p%u", i);
                text.person_id = person;
                assert_int_equal(nudge_show(t->nudge, &text, T0 + i * USEC_PER_SEC), 1);
                settle(t);
                server_close(&t->server, last(t)->id, 1);
                settle(t);
        }
        assert_int_equal(t->server.n, 250);
}

static void test_what_is_out_can_be_given_up(void **state) {
        Bench *t = *state;
        NudgeText text = visit(1);

        /* a nudge, a milestone and nothing answered yet */
        assert_int_equal(nudge_show(t->nudge, &text, T0), 1);
        assert_int_equal(nudge_milestone(t->nudge, "p1", 7), 1);
        t->nudge = nudge_free(t->nudge);
        settle(t);
        assert_int_equal(t->server.n, 2);
        assert_int_equal(t->server.n_closed, 0);
}

/* --- milestones ------------------------------------------------------------------------------ */

static void test_a_milestone_is_told_once(void **state) {
        Bench *t = *state;

        assert_int_equal(nudge_milestone(t->nudge, "p1", 14), 1);
        assert_int_equal(nudge_milestone(t->nudge, "p1", 14), 0);
        assert_int_equal(nudge_milestone(t->nudge, "p1", 0), 0);
        settle(t);
        assert_int_equal(t->server.n, 1);
        assert_string_equal(last(t)->summary, "14 days.");
        assert_string_equal(last(t)->body, "Two weeks. Worth something nice today.");
        assert_string_equal(last(t)->actions, "");
        assert_int_equal(nudge_milestone(t->nudge, "p2", 14), 1);
        assert_int_equal(nudge_milestone(t->nudge, "p1", 21), 1);
        settle(t);
        assert_int_equal(t->server.n, 3);
        assert_string_equal(news(t), "");
}

static void test_a_milestone_leaves_the_nudge_alone(void **state) {
        Bench *t = *state;

        assert_int_equal(show(t, 1, 0), 1);
        assert_int_equal(nudge_milestone(t->nudge, "p1", 30), 1);
        settle(t);
        assert_int_equal(last(t)->replaces, 0);
        server_choose(&t->server, 1, "leave");
        settle(t);
        assert_string_equal(news(t), "shown 1\nanswered 1 leave\n");
}

/* --- hints ----------------------------------------------------------------------------------- */

static int hint(Bench *t, unsigned sec) {
        NudgeText text = visit(0);
        int r;

        text.tone = NUDGE_HINT;
        r = nudge_show(t->nudge, &text, T0 + sec * USEC_PER_SEC);
        settle(t);
        return r;
}

static void test_a_hint_is_met_and_told_to_nobody(void **state) {
        static const char *const answers[] = {"leave", "breathe", "write", "call", "meant"};
        Bench *t = *state;

        assert_int_equal(hint(t, 0), 1);
        assert_string_equal(last(t)->summary, "Pause. 12 days so far.");
        assert_int_equal(t->active, 1);
        server_close(&t->server, last(t)->id, 2);
        settle(t);
        for (unsigned i = 0; i < ARRAY_LEN(answers); i++) {
                assert_int_equal(hint(t, 100 * (i + 1)), 1);
                server_choose(&t->server, last(t)->id, answers[i]);
                settle(t);
                server_close(&t->server, last(t)->id, 2);
                settle(t);
        }
        assert_string_equal(news(t), "");
}

static void test_an_event_takes_the_place_of_its_hint(void **state) {
        NudgeText text = visit(7);
        Bench *t = *state;
        uint32_t id;

        assert_int_equal(hint(t, 0), 1);
        id = last(t)->id;
        text.tone = NUDGE_SEEN;
        assert_int_equal(nudge_show(t->nudge, &text, T0 + 5 * USEC_PER_SEC), 1);
        settle(t);
        assert_int_equal(last(t)->replaces, id);
        assert_string_equal(last(t)->summary, "Pause. 14 days kept, 12 in a row.");
        assert_string_equal(news(t), "shown 7\n");
        server_choose(&t->server, id, "leave");
        settle(t);
        assert_string_equal(news(t), "answered 7 leave\n");
}

static void test_after_its_hint_an_event_pops_up_nothing(void **state) {
        Bench *t = *state;

        assert_int_equal(hint(t, 0), 1);
        server_close(&t->server, last(t)->id, 2);
        settle(t);
        assert_int_equal(show(t, 7, 10), 0);
        assert_int_equal(t->server.n, 1);
        assert_string_equal(news(t), "");
}

static void test_after_a_nudge_a_hint_pops_up_nothing(void **state) {
        Bench *t = *state;

        assert_int_equal(show(t, 7, 0), 1);
        assert_int_equal(hint(t, 1), 0);
        assert_int_equal(hint(t, 70), 0); /* it is still up */
        server_close(&t->server, last(t)->id, 2);
        settle(t);
        assert_string_equal(news(t), "shown 7\nanswered 7 dismissed\n");
        assert_int_equal(hint(t, 59), 0);
        assert_int_equal(t->server.n, 1);
        /* what was told before stays told */
        assert_int_equal(hint(t, 70), 1);
        assert_int_equal(show(t, 7, 200), 0);
        assert_int_equal(show(t, 8, 200), 1);
}

static void test_a_hint_that_was_not_shown_hides_no_event(void **state) {
        Bench *t = *state;

        t->server.manner = ERROR;
        (void)hint(t, 0);
        t->server.manner = HONEST;
        assert_int_equal(show(t, 7, 1), 1);
        assert_string_equal(news(t), "shown 7\n");
}

static void test_a_hint_speaks_for_no_event_that_was_not_shown(void **state) {
        Bench *t = *state;

        t->server.manner = ERROR;
        (void)show(t, 7, 0);
        t->server.manner = HONEST;
        assert_int_equal(hint(t, 1), 1);
        assert_string_equal(news(t), "");
}

/* --- words ----------------------------------------------------------------------------------- */

/* How no word may begin (with a space: which word may not be): reproach, verdict, preaching,
 * promise. */
static const char *const banned[] = {"fail", "relaps", "slip", "guilt", "sham", "asham", "weak",
        "cheat", "wrong", "bad", "lose ", "lost", "brok", "break", "ruin", "disappoint", "blam",
        "sorry", "should", "must", "never", "again", "only", "just", "try", "tried", "ex ", "him ",
        "her ", "always", "promis", "strong", "block", "zero", "0 "};

static bool has_word(const char *text, const char *stem) {
        for (const char *at = text; (at = strcasestr(at, stem)); at++)
                if (at == text || !isalnum((unsigned char)at[-1]))
                        return true;
        return false;
}

static void check_words(const char *label, const NudgeWords *w) {
        _cleanup_(buffer_done) Buffer all = {0};
        const char *line = w->body;

        print_message("# %s: %s\n", label, w->summary);
        while (*line) {
                size_t len = strcspn(line, "\n");

                print_message("#     %.*s\n", (int)len, line);
                assert_true(len <= 80);
                line += len + (line[len] == '\n');
        }
        assert_true(strlen(w->summary) > 0 && strlen(w->summary) <= 60);
        (void)buffer_printf(&all, " %s\n%s ", w->summary, w->body);
        for (size_t i = 0; i < ARRAY_LEN(banned); i++)
                if (has_word(all.data, banned[i]))
                        fail_msg("\"%s\" is in: %s", banned[i], all.data);
        assert_null(strstr(all.data, " 1 days"));
        assert_null(strpbrk(all.data, "!%"));
}

static const unsigned day_cases[] = {0, 1, 2, 12, 365};

static const char *const tones[] = {
        [NUDGE_STOPPED] = "stopped", [NUDGE_SEEN] = "seen", [NUDGE_HINT] = "hint"};

static void check_visit(NudgeTone tone, unsigned days, unsigned more, unsigned variant) {
        _cleanup_(nudge_words_done) NudgeWords w = {0};
        NudgeText text = visit(1);
        bool own = variant & 1, buttons = variant & 2;
        char label[80];

        text.tone = tone;
        text.days = days;
        text.total_days = days + more;
        if (!own)
                text.sentence = NULL;
        text.wall_usec = WALL + (days + more) * 7 * USEC_PER_DAY; /* another weekly line each */
        assert_int_equal(nudge_words_visit(&text, buttons, !own && buttons, &w), 0);
        (void)snprintf(label, sizeof(label), "%s %u/%u%s%s", tones[tone], days, days + more,
                own ? " own sentence" : "", buttons ? "" : " no buttons");
        check_words(label, &w);
}

static void test_texts_of_the_nudge(void **state) {
        (void)state;
        for (unsigned tone = NUDGE_STOPPED; tone <= NUDGE_HINT; tone++)
                for (size_t d = 0; d < ARRAY_LEN(day_cases); d++)
                        for (unsigned more = 0; more <= 2; more++)
                                for (unsigned variant = 0; variant < 4; variant++)
                                        check_visit((NudgeTone)tone, day_cases[d], more, variant);
}

static void test_texts_that_follow_an_answer(void **state) {
        (void)state;
        for (unsigned step = 0; step <= 2 * NUDGE_BREATHS; step++) {
                _cleanup_(nudge_words_done) NudgeWords w = {0};
                unsigned sec;

                assert_true(nudge_words_breath(step, &w, &sec) >= 0);
                check_words("breathe", &w);
        }
        for (unsigned i = 0; i < 5; i++) {
                _cleanup_(nudge_words_done) NudgeWords w = {0};
                int r = i == 0   ? nudge_words_meant(&w)
                        : i == 1 ? nudge_words_page(
                                           "/home/u/.local/share/nocontact/unsent/unsent-x.txt", &w)
                        : i == 2 ? nudge_words_page(NULL, &w)
                        : i == 3 ? nudge_words_call("Sam +1 555 0100", "Sam", false, &w)
                                 : nudge_words_call("sam@example.org", "", true, &w);

                assert_int_equal(r, 0);
                check_words("after", &w);
        }
}

static void test_texts_of_milestones(void **state) {
        static const unsigned days[] = {
                1, 3, 7, 14, 21, 30, 45, 60, 90, 120, 180, 270, 365, 730, 1095, 3650, 5};

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(days); i++) {
                _cleanup_(nudge_words_done) NudgeWords w = {0};

                assert_int_equal(nudge_words_milestone(days[i], &w), 0);
                check_words("milestone", &w);
        }
}

static void test_the_text_of_a_digest(void **state) {
        static const unsigned counts[] = {1, 2, 17};

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
                _cleanup_(nudge_words_done) NudgeWords w = {0};

                assert_int_equal(nudge_words_digest(counts[i], &w), 0);
                check_words("digest", &w);
                assert_int_equal(strtoul(w.summary, NULL, 10), counts[i]);
                assert_non_null(strstr(w.body, "nocontact holds"));
        }
}

static void test_buttons_are_short(void **state) {
        static const char *const names[] = {NULL, "", "Sam",
                "A very long name that somebody gave to a support person", "Zoë Ångström"};

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(names); i++)
                for (unsigned mail = 0; mail < 2; mail++)
                        for (unsigned a = 0; a < NUDGE_ANSWERS; a++) {
                                _cleanup_free_ char *label =
                                        nudge_words_button((NudgeAnswer)a, names[i], mail);

                                assert_non_null(label);
                                assert_true(strlen(label) <= 40);
                                assert_null(strpbrk(label, "0123456789!"));
                        }
}

static void test_the_weekly_line_changes_on_mondays_and_says_so_once(void **state) {
        Bench *t = *state;
        NudgeText text = visit(1);
        _cleanup_free_ char *sunday = NULL;

        assert_int_equal(nudge_words_week(WALL) + 1, nudge_words_week(WALL + USEC_PER_DAY));
        assert_int_equal(nudge_words_week(WALL - 6 * USEC_PER_DAY), nudge_words_week(WALL));
        text.sentence = NULL;
        assert_int_equal(nudge_show(t->nudge, &text, T0), 1);
        settle(t);
        assert_non_null(strstr(last(t)->body, "new line each week"));
        text.event = 2;
        assert_int_equal(nudge_show(t->nudge, &text, T0 + 100 * USEC_PER_SEC), 1);
        settle(t);
        assert_null(strstr(last(t)->body, "new line each week"));
        sunday = strdup(last(t)->body);
        text.event = 3;
        text.wall_usec += USEC_PER_DAY;
        assert_int_equal(nudge_show(t->nudge, &text, T0 + 200 * USEC_PER_SEC), 1);
        settle(t);
        assert_non_null(strstr(last(t)->body, "new line each week"));
        assert_int_not_equal(strncmp(last(t)->body, sunday, strlen(sunday)), 0);
}

static void test_a_long_sentence_is_cut(void **state) {
        _cleanup_(nudge_words_done) NudgeWords w = {0};
        NudgeText text = visit(1);
        char sentence[1000];

        (void)state;
        memset(sentence, 'x', sizeof(sentence));
        sentence[sizeof(sentence) - 1] = '\0';
        text.sentence = sentence;
        assert_int_equal(nudge_words_visit(&text, true, false, &w), 0);
        assert_int_equal(strlen(w.body), NUDGE_SENTENCE_CHARS + strlen("…"));
}

static void test_a_support_person_is_taken_apart(void **state) {
        static const struct {
                const char *text, *name, *uri;
        } cases[] = {
                {"Sam +1 555 0100", "Sam", "tel:+15550100"},
                {"Sam", "Sam", NULL},
                {"+1 (555) 010-9999", "", "tel:+15550109999"},
                {"Mom (555) 0100", "Mom", "tel:5550100"},
                {"Sam <sam@example.org>", "Sam", "mailto:sam@example.org"},
                {"sam@example.org", "", "mailto:sam@example.org"},
                {"Sam, sam99@example.org, 030 1234567", "Sam", "tel:0301234567"},
                {"Crisis line: 988", "Crisis line", "tel:988"},
                {"Sam 2", "Sam 2", NULL},
                {"Route66 Sam", "Route66 Sam", NULL},
                {"a?bcc=x@y.example", "a?bcc", "mailto:x@y.example"},
                {"o'neil%0a@example.org", "", "mailto:o%27neil%250a@example.org"},
                {"Zoë – zoë@example.org.", "Zoë", "mailto:zo%C3%AB@example.org"},
                {"x@y", "x@y", NULL},
                {"@@ .@.", "@@ .@.", NULL},
                {" - ", "", NULL},
                {"Dr. Lee — 030/123 45 67", "Dr. Lee", "tel:0301234567"},
                {"12345678901234567890", "12345678901234567890", NULL},
                {"", "", NULL},
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                _cleanup_(support_person_done) SupportPerson s = {0};

                assert_int_equal(support_person_parse(cases[i].text, &s), 0);
                assert_string_equal(s.name, cases[i].name);
                if (cases[i].uri)
                        assert_string_equal(s.uri, cases[i].uri);
                else
                        assert_null(s.uri);
        }
}

/* --- figures --------------------------------------------------------------------------------- */

static uint64_t now_usec(void) {
        struct timespec ts;

        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        return (uint64_t)ts.tv_sec * USEC_PER_SEC + (uint64_t)ts.tv_nsec / 1000;
}

static int compare_usec(const void *a, const void *b) {
        uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

        return (x > y) - (x < y);
}

/* A server in a process of its own, which writes down when each Notify came. */
static int on_timed_call(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        static uint32_t id;
        int fd = *(int *)userdata;
        uint64_t when = now_usec();

        (void)error;
        if (sd_bus_message_is_method_call(m, SERVER_NAME, "GetCapabilities"))
                return sd_bus_reply_method_return(m, "as", 2, "actions", "body-markup");
        if (!sd_bus_message_is_method_call(m, SERVER_NAME, "Notify"))
                return 0;
        if (write(fd, &when, sizeof(when)) != sizeof(when))
                _exit(1);
        return sd_bus_reply_method_return(m, "u", ++id);
}

static void timed_server(const Bus *b, int fd) {
        sd_event *event = NULL;
        sd_bus *bus;

        if (sd_event_new(&event) < 0)
                _exit(1);
        bus = bus_connect(b, event);
        (void)sd_bus_add_object(bus, NULL, SERVER_PATH, on_timed_call, &fd);
        (void)sd_bus_request_name(bus, SERVER_NAME, 0);
        (void)sd_event_loop(event);
        _exit(0);
}

static void test_figure_from_show_to_the_server(void **state) {
        Bench *t = *state;
        static uint64_t usec[LATENCY_RUNS];
        char person[16];
        int fds[2];
        pid_t pid;

        assert_int_equal(pipe(fds), 0);
        pid = fork();
        if (pid == 0)
                timed_server(t->daemon, fds[1]);
        RUN_UNTIL(t, t->active == 1);
        for (unsigned i = 0; i < LATENCY_RUNS; i++) {
                NudgeText text = visit(i + 1);
                uint64_t start, came = 0;

                (void)snprintf(person, sizeof(person), "p%u", i % 50);
                text.person_id = person;
                start = now_usec();
                assert_int_equal(nudge_show(t->nudge, &text, T0 + i * 100 * USEC_PER_SEC), 1);
                assert_int_equal(read(fds[0], &came, sizeof(came)), sizeof(came));
                usec[i] = came - start;
                settle(t);
        }
        (void)kill(pid, SIGTERM);
        (void)waitpid(pid, NULL, 0);
        (void)close(fds[0]);
        (void)close(fds[1]);
        qsort(usec, LATENCY_RUNS, sizeof(usec[0]), compare_usec);
        print_message("# nudge_show() to Notify at the server, n=%d: p50 %llu us, p95 %llu us, max "
                      "%llu us\n",
                LATENCY_RUNS, (unsigned long long)usec[LATENCY_RUNS / 2],
                (unsigned long long)usec[LATENCY_RUNS * 95 / 100],
                (unsigned long long)usec[LATENCY_RUNS - 1]);
}

static void test_figure_memory_over_many_nudges(void **state) {
        Bench *t = *state;
        size_t before = 0, after;

        for (unsigned i = 0; i < MANY_RUNS; i++) {
                NudgeText text = visit(i + 1);
                static const char *const keys[] = {"leave", "meant", "call"};
                char person[16];

                if (i == 1000)
                        before = mallinfo2().uordblks;
                (void)snprintf(person, sizeof(person), "p%u", i % 7);
                text.person_id = person;
                assert_int_equal(nudge_show(t->nudge, &text, T0 + i * 100 * USEC_PER_SEC), 1);
                RUN_UNTIL(t, t->news.len > 0);
                if (i % 4 < ARRAY_LEN(keys))
                        server_choose(&t->server, last(t)->id, keys[i % 4]);
                else
                        server_close(&t->server, last(t)->id, 1 + i % 2);
                if (i % 100 == 0)
                        settle(t);
                (void)news(t);
        }
        settle(t);
        (void)news(t);
        after = mallinfo2().uordblks;
        print_message(
                "# heap after 1000 nudges %zu, after %d: %zu bytes\n", before, MANY_RUNS, after);
        assert_true(after < before + 65536);
}

#define WITH_SERVER(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
#define ALONE(f)       cmocka_unit_test_setup_teardown(f, setup_alone, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                WITH_SERVER(test_is_sent_within_the_same_turn),
                WITH_SERVER(test_shows_what_it_is_given),
                WITH_SERVER(test_offers_no_call_without_a_support_person),
                WITH_SERVER(test_escapes_where_the_server_reads_markup),
                ALONE(test_without_actions_the_words_show_the_way_out),
                ALONE(test_what_the_server_can_do_is_learned_from_the_call_that_starts_it),
                WITH_SERVER(test_further_visits_update_the_one_that_is_up),
                WITH_SERVER(test_nothing_new_pops_up_while_it_rests),
                WITH_SERVER(test_updates_do_not_put_the_next_one_off),
                WITH_SERVER(test_one_visit_is_met_once),
                WITH_SERVER(test_another_grade_of_the_same_visit_changes_what_is_up),
                WITH_SERVER(test_a_correction_changes_what_is_up_and_pops_up_nothing),
                WITH_SERVER(test_people_do_not_share_a_nudge),
                WITH_SERVER(test_an_update_waits_for_the_answer_to_the_first),
                WITH_SERVER(test_an_update_does_not_bring_back_what_the_user_closed),
                WITH_SERVER(test_each_answer_is_handed_up),
                WITH_SERVER(test_leave_closes_and_does_nothing_more),
                WITH_SERVER(test_expiry_is_not_an_answer),
                WITH_SERVER(test_i_meant_to_is_noted_and_opens_nothing),
                WITH_SERVER(test_call_shows_the_number),
                WITH_SERVER(test_breathe_survives_the_closing_that_follows_an_action),
                cmocka_unit_test(test_breathing_is_a_minute_of_four_and_six),
                WITH_SERVER(test_the_server_dying_ends_the_guide),
                WITH_SERVER(test_write_lays_a_page_and_says_where_when_it_cannot_open_it),
                WITH_SERVER(test_a_page_is_never_written_over),
                WITH_SERVER(test_without_a_page_paper_is_offered),
                WITH_SERVER(test_write_opens_the_page),
                WITH_SERVER(test_write_says_where_the_page_is_when_nothing_opens_it),
                WITH_SERVER(test_call_opens_the_number),
                ALONE(test_the_opener_tells_when_there_is_no_service_manager),
                ALONE(test_no_server_is_told_and_the_nudge_recovers),
                ALONE(test_a_lost_bus_is_an_error),
                WITH_SERVER(test_a_server_dying_before_its_reply_invents_nothing),
                WITH_SERVER(test_odd_replies_are_no_answers),
                ALONE(test_odd_capabilities_are_told),
                WITH_SERVER(test_a_closing_before_the_reply_is_understood),
                WITH_SERVER(test_unknown_ids_and_actions_are_ignored),
                WITH_SERVER(test_only_the_server_that_took_it_can_answer),
                WITH_SERVER(test_a_stranger_cannot_declare_the_server_gone),
                WITH_SERVER(test_people_beyond_the_limit_take_the_place_of_the_longest_idle),
                WITH_SERVER(test_what_is_out_can_be_given_up),
                WITH_SERVER(test_a_milestone_is_told_once),
                WITH_SERVER(test_a_milestone_leaves_the_nudge_alone),
                WITH_SERVER(test_a_hint_is_met_and_told_to_nobody),
                WITH_SERVER(test_an_event_takes_the_place_of_its_hint),
                WITH_SERVER(test_after_its_hint_an_event_pops_up_nothing),
                WITH_SERVER(test_after_a_nudge_a_hint_pops_up_nothing),
                WITH_SERVER(test_a_hint_that_was_not_shown_hides_no_event),
                WITH_SERVER(test_a_hint_speaks_for_no_event_that_was_not_shown),
                cmocka_unit_test(test_texts_of_the_nudge),
                cmocka_unit_test(test_texts_that_follow_an_answer),
                cmocka_unit_test(test_texts_of_milestones),
                cmocka_unit_test(test_the_text_of_a_digest),
                cmocka_unit_test(test_buttons_are_short),
                WITH_SERVER(test_the_weekly_line_changes_on_mondays_and_says_so_once),
                cmocka_unit_test(test_a_long_sentence_is_cut),
                cmocka_unit_test(test_a_support_person_is_taken_apart),
                ALONE(test_figure_from_show_to_the_server),
                WITH_SERVER(test_figure_memory_over_many_nudges),
        };
        return cmocka_run_group_tests_name("nudge", tests, bus_start, bus_stop);
}
