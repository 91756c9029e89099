/* SPDX-License-Identifier: GPL-3.0-or-later */

/* See relay-fixture.h. */

#include "bus/relay-fixture.h"

#include "common/array.h"
#include "common/file.h"
#include "common/time.h"
#include "core/held.h"
#include "core/snapshot.h"
#include "nocontact/bus-names.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* as in Debian's session.conf: the bus itself sets no limit to a picture */
#define LIMITS                                                                                     \
        "<limit name=\"max_incoming_bytes\">1000000000</limit>"                                    \
        "<limit name=\"max_outgoing_bytes\">1000000000</limit>"                                    \
        "<limit name=\"max_replies_per_connection\">50000</limit>"                                 \
        "<limit name=\"max_message_size\">1000000000</limit>"

static char *text(const char *fmt, ...) printf_like(1, 2);
static char *text(const char *fmt, ...) {
        va_list ap;
        char *s;

        va_start(ap, fmt);
        assert_true(vasprintf(&s, fmt, ap) >= 0);
        va_end(ap);
        return s;
}

/* --- the server ------------------------------------------------------------------------------ */

static size_t image_size(DBusMessageIter *hints) {
        for (; dbus_message_iter_get_arg_type(hints) == DBUS_TYPE_DICT_ENTRY;
                (void)dbus_message_iter_next(hints)) {
                DBusMessageIter entry, value, bytes;
                const char *key, *data;
                int n;

                dbus_message_iter_recurse(hints, &entry);
                dbus_message_iter_get_basic(&entry, &key);
                (void)dbus_message_iter_next(&entry);
                dbus_message_iter_recurse(&entry, &value);
                if (!streq(key, "image-data"))
                        continue;
                dbus_message_iter_recurse(&value, &bytes);
                dbus_message_iter_get_fixed_array(&bytes, &data, &n);
                return (size_t)n;
        }
        return 0;
}

static DBusMessage *show(Relay *r, DBusMessage *call) {
        DBusMessageIter iter, hints;
        const char *summary;
        Shown shown = {0};
        DBusMessage *reply;
        uint32_t id;

        if (r->last)
                dbus_message_unref(r->last);
        r->last = dbus_message_ref(call);
        assert_true(dbus_message_iter_init(call, &iter));
        (void)dbus_message_iter_next(&iter);
        dbus_message_iter_get_basic(&iter, &shown.replaces);
        (void)dbus_message_iter_next(&iter);
        (void)dbus_message_iter_next(&iter);
        dbus_message_iter_get_basic(&iter, &summary);
        shown.summary = strdup(summary);
        for (int i = 0; i < 3; i++)
                (void)dbus_message_iter_next(&iter);
        dbus_message_iter_recurse(&iter, &hints);
        shown.image = image_size(&hints);
        assert_int_equal(ARRAY_RESERVE(r->shown, r->shown_space, r->n_shown + 1), 0);
        r->shown[r->n_shown++] = shown;

        id = shown.replaces ? shown.replaces : ++r->next_id;
        reply = dbus_message_new_method_return(call);
        assert_true(dbus_message_append_args(reply, DBUS_TYPE_UINT32, &id, DBUS_TYPE_INVALID));
        return reply;
}

static DBusMessage *close_one(Relay *r, DBusMessage *call) {
        r->closed_calls++;
        return dbus_message_new_method_return(call);
}

static DBusMessage *add_one(Relay *r, DBusMessage *call) {
        r->added++;
        return dbus_message_new_method_return(call);
}

static DBusMessage *capabilities(Relay *r, DBusMessage *call) {
        const char *list[] = {"body", "actions"}, **all = list;
        DBusMessage *reply = dbus_message_new_method_return(call);

        (void)r;
        assert_true(dbus_message_append_args(
                reply, DBUS_TYPE_ARRAY, DBUS_TYPE_STRING, &all, 2, DBUS_TYPE_INVALID));
        return reply;
}

static DBusMessage *information(Relay *r, DBusMessage *call) {
        const char *word = "test";
        DBusMessage *reply = dbus_message_new_method_return(call);

        (void)r;
        assert_true(dbus_message_append_args(reply, DBUS_TYPE_STRING, &word, DBUS_TYPE_STRING,
                &word, DBUS_TYPE_STRING, &word, DBUS_TYPE_STRING, &word, DBUS_TYPE_INVALID));
        return reply;
}

/* Reads a byte from a descriptor, and gives it back with the byte. */
static DBusMessage *give_back(Relay *r, DBusMessage *call) {
        _cleanup_close_ int fd = -1;
        DBusMessage *reply = dbus_message_new_method_return(call);
        unsigned char byte = 0;

        (void)r;
        assert_true(dbus_message_get_args(call, NULL, DBUS_TYPE_UNIX_FD, &fd, DBUS_TYPE_INVALID));
        assert_int_equal(read(fd, &byte, 1), 1);
        assert_true(dbus_message_append_args(
                reply, DBUS_TYPE_UNIX_FD, &fd, DBUS_TYPE_BYTE, &byte, DBUS_TYPE_INVALID));
        return reply;
}

static DBusHandlerResult on_server_message(DBusConnection *c, DBusMessage *m, void *userdata) {
        static const struct {
                const char *member;
                DBusMessage *(*answer)(Relay *r, DBusMessage *call);
        } members[] = {
                {"Notify", show},
                {"CloseNotification", close_one},
                {"AddNotification", add_one},
                {"GetCapabilities", capabilities},
                {"GetServerInformation", information},
                {"GiveBack", give_back},
        };

        const Relay *r = userdata;

        if (dbus_message_get_type(m) != DBUS_MESSAGE_TYPE_METHOD_CALL)
                return DBUS_HANDLER_RESULT_NOT_YET_HANDLED;
        for (size_t i = 0; i < ARRAY_LEN(members); i++) {
                DBusMessage *reply;

                if (!streq(dbus_message_get_member(m), members[i].member))
                        continue;
                reply = members[i].answer(userdata, m);
                if (!dbus_message_get_no_reply(m) && !(r->mute && members[i].answer == show))
                        assert_true(dbus_connection_send(c, reply, NULL));
                dbus_message_unref(reply);
                return DBUS_HANDLER_RESULT_HANDLED;
        }
        return DBUS_HANDLER_RESULT_NOT_YET_HANDLED;
}

DBusConnection *connect_to(const char *address) {
        DBusError error = DBUS_ERROR_INIT;
        DBusConnection *c = dbus_connection_open_private(address, &error);

        if (!c)
                print_error("%s: %s\n", address, error.message);
        assert_non_null(c);
        dbus_connection_set_exit_on_disconnect(c, FALSE);
        assert_true(dbus_bus_register(c, &error));
        return c;
}

void server_connect_as(Relay *r, const char *address, const char *name) {
        r->server = connect_to(address);
        /* `last` may be a large picture, and libdbus reads on while it is kept */
        dbus_connection_set_max_received_size(r->server, 512L << 20);
        assert_true(dbus_connection_add_filter(r->server, on_server_message, r, NULL));
        assert_int_equal(dbus_bus_request_name(r->server, name, 0, NULL),
                DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER);
}

void server_connect(Relay *r) {
        _cleanup_free_ char *address = text("unix:path=%s", r->listen);

        server_connect_as(r, address, NC_NOTIFICATIONS);
}

void server_close(Relay *r) {
        if (!r->server)
                return;
        dbus_connection_close(r->server);
        dbus_connection_unref(r->server);
        r->server = NULL;
        RELAY_WAIT(r, !dbus_bus_name_has_owner(r->session.bus, NC_NOTIFICATIONS, NULL));
}

bool server_is_gone(Relay *r) {
        return !dbus_connection_get_is_connected(r->server);
}

/* --- the client ------------------------------------------------------------------------------ */

static DBusHandlerResult on_client_message(DBusConnection *c, DBusMessage *m, void *userdata) {
        Relay *r = userdata;

        (void)c;
        if (dbus_message_is_signal(m, NC_NOTIFICATIONS, "NotificationClosed")) {
                r->closed_signals++;
                assert_true(dbus_message_get_args(m, NULL, DBUS_TYPE_UINT32, &r->closed_id,
                        DBUS_TYPE_UINT32, &r->closed_reason, DBUS_TYPE_INVALID));
        } else if (dbus_message_is_signal(m, NC_NOTIFICATIONS, "ActionInvoked")) {
                r->invoked++;
        }
        return DBUS_HANDLER_RESULT_NOT_YET_HANDLED;
}

time_t relay_seconds(void) {
        struct timespec ts;

        assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &ts), 0);
        return ts.tv_sec;
}

void relay_work(DBusConnection *c) {
        (void)dbus_connection_read_write(c, 0);
        while (dbus_connection_dispatch(c) == DBUS_DISPATCH_DATA_REMAINS)
                ;
}

/* libdbus reads 2 KiB at a time, so that a picture would take its time if each connection waited
 * for itself. */
void relay_spin(Relay *r) {
        DBusConnection *connections[] = {r->client, r->server};
        struct pollfd fds[2];
        nfds_t n = 0;

        for (size_t i = 0; i < ARRAY_LEN(connections); i++) {
                int fd;

                if (!connections[i] || !dbus_connection_get_unix_fd(connections[i], &fd))
                        continue;
                fds[n++] = (struct pollfd){.fd = fd,
                        .events = dbus_connection_has_messages_to_send(connections[i])
                                          ? POLLIN | POLLOUT
                                          : POLLIN};
        }
        (void)poll(fds, n, 1);
        if (r->server)
                relay_work(r->server);
        relay_work(r->client);
}

DBusMessage *notify_message(const char *summary, uint32_t replaces, size_t image) {
        DBusMessage *m = dbus_message_new_method_call(
                NC_NOTIFICATIONS, SERVER_PATH, NC_NOTIFICATIONS, "Notify");
        const char *app = "Messages", *body = "hi", *none[] = {NULL}, **actions = none;
        int32_t timeout = -1;
        DBusMessageIter iter, hints, entry, value, bytes;

        assert_true(dbus_message_append_args(m, DBUS_TYPE_STRING, &app, DBUS_TYPE_UINT32, &replaces,
                DBUS_TYPE_STRING, &app, DBUS_TYPE_STRING, &summary, DBUS_TYPE_STRING, &body,
                DBUS_TYPE_ARRAY, DBUS_TYPE_STRING, &actions, 0, DBUS_TYPE_INVALID));
        dbus_message_iter_init_append(m, &iter);
        assert_true(dbus_message_iter_open_container(&iter, DBUS_TYPE_ARRAY, "{sv}", &hints));
        if (image > 0) {
                _cleanup_free_ char *data = calloc(1, image);
                const char *key = "image-data";

                assert_true(dbus_message_iter_open_container(
                        &hints, DBUS_TYPE_DICT_ENTRY, NULL, &entry));
                assert_true(dbus_message_iter_append_basic(&entry, DBUS_TYPE_STRING, &key));
                assert_true(
                        dbus_message_iter_open_container(&entry, DBUS_TYPE_VARIANT, "ay", &value));
                assert_true(dbus_message_iter_open_container(&value, DBUS_TYPE_ARRAY, "y", &bytes));
                assert_true(dbus_message_iter_append_fixed_array(
                        &bytes, DBUS_TYPE_BYTE, &data, (int)image));
                assert_true(dbus_message_iter_close_container(&value, &bytes));
                assert_true(dbus_message_iter_close_container(&entry, &value));
                assert_true(dbus_message_iter_close_container(&hints, &entry));
        }
        assert_true(dbus_message_iter_close_container(&iter, &hints));
        assert_true(dbus_message_iter_append_basic(&iter, DBUS_TYPE_INT32, &timeout));
        return m;
}

DBusMessage *relay_call(Relay *r, DBusMessage *call) {
        DBusPendingCall *pending = NULL;
        DBusMessage *reply;

        assert_true(
                dbus_connection_send_with_reply(r->client, call, &pending, DBUS_TIMEOUT_INFINITE));
        dbus_message_unref(call);
        RELAY_WAIT(r, dbus_pending_call_get_completed(pending));
        reply = dbus_pending_call_steal_reply(pending);
        dbus_pending_call_unref(pending);
        return reply;
}

uint32_t relay_notify(Relay *r, const char *summary, uint32_t replaces) {
        DBusMessage *reply = relay_call(r, notify_message(summary, replaces, 0));
        uint32_t id = 0;

        assert_int_equal(dbus_message_get_type(reply), DBUS_MESSAGE_TYPE_METHOD_RETURN);
        assert_true(dbus_message_get_args(reply, NULL, DBUS_TYPE_UINT32, &id, DBUS_TYPE_INVALID));
        dbus_message_unref(reply);
        return id;
}

/* --- the relay ------------------------------------------------------------------------------- */

void relay_rules(Relay *r, const char *name) {
        _cleanup_free_ char *path = path_join(r->data, SNAPSHOT_FILE);
        _cleanup_free_ char *second = path_join(r->data, "rules.new");
        _cleanup_free_ char *rules = NULL;
        State *s;
        FILE *f;

        if (!name) {
                assert_true(unlink(path) == 0 || errno == ENOENT);
                return;
        }
        assert_int_equal(state_new(&s), 0);
        assert_int_equal(snapshot_write(s, name, &rules), 0);
        state_free(s);
        f = fopen(second, "we");
        assert_non_null(f);
        assert_true(fputs(rules, f) >= 0);
        assert_int_equal(fclose(f), 0);
        assert_int_equal(rename(second, path), 0);
}

static void wait_msec(void) {
        (void)nanosleep(&(struct timespec){0, 1000000}, NULL);
}

static bool answers(const char *path) {
        struct sockaddr_un un = {.sun_family = AF_UNIX};
        _cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        (void)snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
        return connect(fd, (struct sockaddr *)&un, sizeof(un)) == 0;
}

void relay_spawn(Relay *r) {
        const char *build = getenv("NOCONTACT_BUILD");
        _cleanup_free_ char *path = text("%s/nocontact-relay", build ? build : "build/plain");

        r->pid = fork();
        assert_true(r->pid >= 0);
        if (r->pid == 0) {
                int fd = open(r->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

                (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
                (void)dup2(fd, STDERR_FILENO);
                (void)execl(path, path, "--debug", "--bus", r->bus, NULL);
                _exit(127);
        }
        for (int i = 0; !answers(r->listen); i++) {
                assert_true(i < 60000);
                wait_msec();
        }
}

int relay_end(Relay *r, int signal) {
        int status = 0;

        assert_int_equal(kill(r->pid, signal), 0);
        assert_int_equal(waitpid(r->pid, &status, 0), r->pid);
        r->pid = 0;
        return status;
}

unsigned relay_spooled(const Relay *r, Buffer *ret_newest) {
        DIR *dir = opendir(r->spool);
        char newest[256] = "";
        struct dirent *entry;
        unsigned n = 0;

        while (dir && (entry = readdir(dir))) {
                if (entry->d_name[0] == '.')
                        continue;
                n++;
                if (strcmp(entry->d_name, newest) > 0)
                        (void)snprintf(newest, sizeof(newest), "%s", entry->d_name);
        }
        if (dir)
                (void)closedir(dir);
        if (n > 0 && ret_newest) {
                _cleanup_free_ char *path = path_join(r->spool, newest);
                _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
                char piece[65536];
                ssize_t got;

                assert_true(fd >= 0);
                while ((got = read(fd, piece, sizeof(piece))) > 0)
                        assert_int_equal(buffer_add(ret_newest, piece, (size_t)got), 0);
        }
        return n;
}

void relay_empty_spool(const Relay *r) {
        DIR *dir = opendir(r->spool);
        struct dirent *entry;

        while (dir && (entry = readdir(dir)))
                (void)unlinkat(dirfd(dir), entry->d_name, 0);
        if (dir)
                (void)closedir(dir);
}

/* --- the whole ------------------------------------------------------------------------------- */

int relay_prepare(void **state) {
        const char *other = getenv("NOCONTACT_TEST_BUS");
        Relay *r = calloc(1, sizeof(*r));

        assert_non_null(r);
        session_start_with(&r->session, LIMITS);
        r->bus = strdup(other ? other : r->session.address);
        r->listen = text("%s/run/nocontact/%s", r->session.dir, NC_RELAY_SOCKET);
        r->data = text("%s/data/nocontact", r->session.dir);
        r->spool = text("%s/%s", r->data, HELD_SPOOL);
        r->log = text("%s/relay.log", r->session.dir);
        if (other) {
                dbus_connection_close(r->session.bus);
                dbus_connection_unref(r->session.bus);
                r->session.bus = connect_to(other);
        }
        r->client = connect_to(r->bus);
        assert_true(dbus_connection_add_filter(r->client, on_client_message, r, NULL));
        dbus_bus_add_match(r->client, "type='signal',interface='" NC_NOTIFICATIONS "'", NULL);
        *state = r;
        return 0;
}

int relay_setup(void **state) {
        (void)relay_prepare(state);
        relay_spawn(*state);
        return 0;
}

void relay_forget(Relay *r) {
        for (size_t i = 0; i < r->n_shown; i++)
                free(r->shown[i].summary);
        r->n_shown = 0;
        if (r->last)
                dbus_message_unref(r->last);
        r->last = NULL;
        r->mute = false;
        r->closed_calls = r->closed_signals = r->added = r->invoked = 0;
}

int relay_begin(void **state) {
        Relay *r = *state;

        relay_rules(r, "Alex Doe");
        relay_empty_spool(r);
        if (r->pid == 0)
                relay_spawn(r);
        if (r->server && server_is_gone(r))
                server_close(r);
        if (!r->server)
                server_connect(r);
        /* what the test before set going comes before this answer */
        dbus_message_unref(relay_call(r, dbus_message_new_method_call(NC_NOTIFICATIONS, SERVER_PATH,
                                                 NC_NOTIFICATIONS, "GetCapabilities")));
        relay_forget(r);
        return 0;
}

int relay_teardown(void **state) {
        Relay *r = *state;

        server_close(r);
        if (r->pid > 0)
                (void)relay_end(r, SIGTERM);
        dbus_connection_close(r->client);
        dbus_connection_unref(r->client);
        session_stop(&r->session);
        relay_forget(r);
        free(r->shown);
        free(r->bus);
        free(r->listen);
        free(r->data);
        free(r->spool);
        free(r->log);
        free(r);
        return 0;
}
