/* SPDX-License-Identifier: GPL-3.0-or-later */

/* nocontact-relay at its work: what it holds is written down and answered, and never reaches the
 * server; everything else passes as if nobody stood between. */

#include "bus/relay-fixture.h"
#include "common/file.h"
#include "core/held.h"
#include "core/snapshot.h"
#include "nocontact/bus-names.h"
#include "unit/wire-fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

/* --- holding and delivering ------------------------------------------------------------------ */

static void test_what_is_held_is_written_down_and_answered(void **state) {
        Relay *r = *state;
        Buffer file = {0};
        Held h = {0};
        DBusMessage *m;
        uint32_t id;

        id = relay_notify(r, "Alex Doe", 0);
        assert_true(id >= NC_RELAY_FIRST_ID);
        /* before the caller heard of it */
        assert_int_equal(relay_spooled(r, &file), 1);
        RELAY_WAIT(r, r->closed_signals == 1);
        assert_int_equal(r->closed_id, id);
        assert_int_equal(r->closed_reason, 2);
        assert_int_equal(r->n_shown, 0);

        assert_int_equal(held_read(file.data, file.len, &h), 0);
        assert_string_equal(h.person, SNAPSHOT_PROBE);
        assert_string_equal(h.summary, "Alex Doe");
        assert_string_equal(h.body, "hi");
        assert_string_equal(h.source, "relay");
        assert_true(h.at_usec > 0);
        m = dbus_message_demarshal(h.message, (int)h.message_len, NULL);
        assert_non_null(m);
        assert_true(dbus_message_is_method_call(m, NC_NOTIFICATIONS, "Notify"));
        assert_string_equal(dbus_message_get_sender(m), dbus_bus_get_unique_name(r->client));
        dbus_message_unref(m);
        held_done(&h);
        buffer_done(&file);
}

static void test_others_are_delivered(void **state) {
        Relay *r = *state;
        uint32_t id = relay_notify(r, "Kim", 0);

        assert_int_equal(id, r->next_id);
        assert_int_equal(relay_notify(r, "Kim again", id), id);
        assert_int_equal(r->n_shown, 2);
        assert_string_equal(r->shown[1].summary, "Kim again");
        assert_int_equal(r->shown[1].replaces, id);
        assert_int_equal(relay_spooled(r, NULL), 0);
        assert_int_equal(r->closed_signals, 0);
}

static void test_the_caller_who_expects_no_reply(void **state) {
        Relay *r = *state;
        DBusMessage *m = notify_message("Alex Doe", 0, 0);

        dbus_message_set_no_reply(m, TRUE);
        assert_true(dbus_connection_send(r->client, m, NULL));
        dbus_message_unref(m);
        RELAY_WAIT(r, r->closed_signals == 1);
        assert_int_equal(relay_spooled(r, NULL), 1);
        assert_int_equal(r->n_shown, 0);
}

static void test_a_call_without_interface(void **state) {
        Relay *r = *state;
        DBusMessage *m = notify_message("Alex Doe", 0, 0), *reply;

        assert_true(dbus_message_set_interface(m, NULL));
        reply = relay_call(r, m);
        assert_string_equal(dbus_message_get_signature(reply), "u");
        dbus_message_unref(reply);
        assert_int_equal(relay_spooled(r, NULL), 1);
        assert_int_equal(r->n_shown, 0);
}

static void portal_call(Relay *r, const char *title) {
        DBusMessage *m = dbus_message_new_method_call(NC_NOTIFICATIONS, SERVER_PATH,
                "org.freedesktop.impl.portal.Notification", "AddNotification");
        const char *app = "org.messages", *key = "title";
        DBusMessageIter iter, keys, entry, value;
        DBusMessage *reply;

        assert_true(dbus_message_append_args(
                m, DBUS_TYPE_STRING, &app, DBUS_TYPE_STRING, &app, DBUS_TYPE_INVALID));
        dbus_message_iter_init_append(m, &iter);
        assert_true(dbus_message_iter_open_container(&iter, DBUS_TYPE_ARRAY, "{sv}", &keys));
        assert_true(dbus_message_iter_open_container(&keys, DBUS_TYPE_DICT_ENTRY, NULL, &entry));
        assert_true(dbus_message_iter_append_basic(&entry, DBUS_TYPE_STRING, &key));
        assert_true(dbus_message_iter_open_container(&entry, DBUS_TYPE_VARIANT, "s", &value));
        assert_true(dbus_message_iter_append_basic(&value, DBUS_TYPE_STRING, &title));
        assert_true(dbus_message_iter_close_container(&entry, &value));
        assert_true(dbus_message_iter_close_container(&keys, &entry));
        assert_true(dbus_message_iter_close_container(&iter, &keys));
        reply = relay_call(r, m);
        assert_int_equal(dbus_message_get_type(reply), DBUS_MESSAGE_TYPE_METHOD_RETURN);
        assert_string_equal(dbus_message_get_signature(reply), "");
        dbus_message_unref(reply);
}

static void test_a_portals_call(void **state) {
        Relay *r = *state;

        portal_call(r, "Kim");
        assert_int_equal(r->added, 1);
        portal_call(r, "Alex Doe");
        assert_int_equal(r->added, 1);
        assert_int_equal(relay_spooled(r, NULL), 1);
        assert_int_equal(r->closed_signals, 0);
}

/* --- ids ------------------------------------------------------------------------------------- */

static void close_notification(Relay *r, uint32_t id) {
        DBusMessage *m = dbus_message_new_method_call(
                NC_NOTIFICATIONS, SERVER_PATH, NC_NOTIFICATIONS, "CloseNotification");
        DBusMessage *reply;

        assert_true(dbus_message_append_args(m, DBUS_TYPE_UINT32, &id, DBUS_TYPE_INVALID));
        reply = relay_call(r, m);
        assert_int_equal(dbus_message_get_type(reply), DBUS_MESSAGE_TYPE_METHOD_RETURN);
        dbus_message_unref(reply);
}

static void test_ids_of_held_ones_are_never_the_servers(void **state) {
        Relay *r = *state;
        uint32_t ours = relay_notify(r, "Alex Doe", 0), theirs;

        /* held again, under the same id */
        assert_int_equal(relay_notify(r, "Alex Doe", ours), ours);
        /* then something else takes its place: new for the server */
        theirs = relay_notify(r, "Kim", ours);
        assert_int_equal(theirs, r->next_id);
        assert_int_equal(r->shown[0].replaces, 0);
        /* what takes the place of one that was shown keeps its id */
        assert_int_equal(relay_notify(r, "Alex Doe", theirs), theirs);
        RELAY_WAIT(r, r->closed_signals == 3);
        assert_int_equal(r->closed_id, theirs);
        assert_int_equal(r->n_shown, 1);
        assert_int_equal(relay_spooled(r, NULL), 3);

        close_notification(r, ours);
        assert_int_equal(r->closed_calls, 0);
        close_notification(r, theirs);
        assert_int_equal(r->closed_calls, 1);
}

/* --- everything passes ----------------------------------------------------------------------- */

static void test_other_calls_and_signals_pass(void **state) {
        Relay *r = *state;
        DBusMessage *reply, *signal;
        const char *action = "default";
        uint32_t id = 1;

        reply = relay_call(r, dbus_message_new_method_call(NC_NOTIFICATIONS, SERVER_PATH,
                                      NC_NOTIFICATIONS, "GetCapabilities"));
        assert_string_equal(dbus_message_get_signature(reply), "as");
        dbus_message_unref(reply);
        reply = relay_call(r, dbus_message_new_method_call(
                                      NC_NOTIFICATIONS, SERVER_PATH, NC_NOTIFICATIONS, "Nothing"));
        assert_true(dbus_message_is_error(reply, DBUS_ERROR_UNKNOWN_METHOD));
        dbus_message_unref(reply);
        signal = dbus_message_new_signal(SERVER_PATH, NC_NOTIFICATIONS, "ActionInvoked");
        assert_true(dbus_message_append_args(
                signal, DBUS_TYPE_UINT32, &id, DBUS_TYPE_STRING, &action, DBUS_TYPE_INVALID));
        assert_true(dbus_connection_send(r->server, signal, NULL));
        dbus_message_unref(signal);
        RELAY_WAIT(r, r->invoked == 1);
}

static void test_descriptors_pass_both_ways(void **state) {
        Relay *r = *state;

        for (int i = 0; i < 50; i++) {
                DBusMessage *m = dbus_message_new_method_call(
                        NC_NOTIFICATIONS, SERVER_PATH, NC_NOTIFICATIONS, "GiveBack");
                unsigned char first = 0, second = 0;
                DBusMessage *reply;
                int ends[2], back = -1;

                assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
                assert_int_equal(write(ends[1], "ab", 2), 2);
                (void)close(ends[1]);
                assert_true(dbus_message_append_args(
                        m, DBUS_TYPE_UNIX_FD, &ends[0], DBUS_TYPE_INVALID));
                (void)close(ends[0]);
                reply = relay_call(r, m);
                assert_true(dbus_message_get_args(reply, NULL, DBUS_TYPE_UNIX_FD, &back,
                        DBUS_TYPE_BYTE, &first, DBUS_TYPE_INVALID));
                dbus_message_unref(reply);
                assert_int_equal(first, 'a');
                assert_int_equal(read(back, &second, 1), 1);
                assert_int_equal(second, 'b');
                (void)close(back);
        }
}

/* As large as an array may be, less for what is around it. */
static void test_a_picture_of_64_mib(void **state) {
        Relay *r = *state;
        size_t size = (64U << 20) - 4096;
        Buffer file = {0};
        Held h = {0};
        DBusMessage *reply;

        reply = relay_call(r, notify_message("Kim", 0, size));
        assert_int_equal(dbus_message_get_type(reply), DBUS_MESSAGE_TYPE_METHOD_RETURN);
        dbus_message_unref(reply);
        assert_int_equal(r->n_shown, 1);
        assert_int_equal(r->shown[0].image, size);
        reply = relay_call(r, notify_message("Alex Doe", 0, size));
        assert_int_equal(dbus_message_get_type(reply), DBUS_MESSAGE_TYPE_METHOD_RETURN);
        dbus_message_unref(reply);
        assert_int_equal(r->n_shown, 1);
        assert_int_equal(relay_spooled(r, &file), 1);
        assert_int_equal(held_read(file.data, file.len, &h), 0);
        assert_true(h.message_len > size);
        held_done(&h);
        buffer_done(&file);
}

static void test_a_thousand_at_once_of_which_every_tenth_is_held(void **state) {
        enum { N = 1000 };
        Relay *r = *state;
        DBusPendingCall *pending[N];

        for (uint32_t i = 0; i < N; i++) {
                char summary[32];
                DBusMessage *m;

                (void)snprintf(summary, sizeof(summary), "Kim %u", i);
                m = notify_message(i % 10 == 3 ? "Alex Doe" : summary, 0, i % 7 * 1000);
                assert_true(dbus_connection_send_with_reply(
                        r->client, m, &pending[i], DBUS_TIMEOUT_INFINITE));
                dbus_message_unref(m);
        }
        for (uint32_t i = 0; i < N; i++) {
                DBusMessage *reply;
                uint32_t id = 0;

                RELAY_WAIT(r, dbus_pending_call_get_completed(pending[i]));
                reply = dbus_pending_call_steal_reply(pending[i]);
                assert_true(dbus_message_get_args(
                        reply, NULL, DBUS_TYPE_UINT32, &id, DBUS_TYPE_INVALID));
                assert_int_equal(id >= NC_RELAY_FIRST_ID, i % 10 == 3);
                dbus_message_unref(reply);
                dbus_pending_call_unref(pending[i]);
        }
        RELAY_WAIT(r, r->closed_signals == N / 10);
        assert_int_equal(relay_spooled(r, NULL), N / 10);
        assert_int_equal(r->n_shown, N - N / 10);
        for (uint32_t i = 0, shown = 0; i < N; i++) {
                char summary[32];

                if (i % 10 == 3)
                        continue;
                (void)snprintf(summary, sizeof(summary), "Kim %u", i);
                assert_string_equal(r->shown[shown].summary, summary);
                assert_int_equal(r->shown[shown].image, i % 7 * 1000);
                shown++;
        }
}

static size_t resident_kib(const Relay *r) {
        char path[64], line[256];
        size_t kib = 0;
        FILE *f;

        (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)r->pid);
        f = fopen(path, "re");
        assert_non_null(f);
        while (fgets(line, sizeof(line), f))
                if (sscanf(line, "VmRSS: %zu", &kib) == 1)
                        break;
        (void)fclose(f);
        assert_true(kib > 0);
        return kib;
}

/* What the server does not take stays with the bus, and not with the relay. */
static void test_a_server_that_does_not_read_fills_no_memory(void **state) {
        enum { N = 200 };
        Relay *r = *state;
        DBusConnection *server = r->server;
        size_t before = resident_kib(r);

        r->server = NULL;
        for (int i = 0; i < N; i++) {
                DBusMessage *m = notify_message("Kim", 0, 1 << 20);

                dbus_message_set_no_reply(m, TRUE);
                assert_true(dbus_connection_send(r->client, m, NULL));
                dbus_message_unref(m);
        }
        RELAY_WAIT(r, !dbus_connection_has_messages_to_send(r->client));
        /* the bus has them all, and the relay what it took */
        for (int i = 0; i < 200; i++)
                relay_spin(r);
        assert_in_range(resident_kib(r), 1, before + 100 * 1024);
        r->server = server;
        RELAY_WAIT(r, r->n_shown == N);
}

static void test_the_last_words_of_a_server_are_heard(void **state) {
        enum { N = 300 };
        Relay *r = *state;
        const char *action = "default";

        /* calls that it does not read wait for it */
        for (int i = 0; i < N; i++) {
                DBusMessage *m = notify_message("Kim", 0, 1000);

                dbus_message_set_no_reply(m, TRUE);
                assert_true(dbus_connection_send(r->client, m, NULL));
                dbus_message_unref(m);
        }
        dbus_connection_flush(r->client);
        for (uint32_t i = 0; i < N; i++) {
                DBusMessage *m =
                        dbus_message_new_signal(SERVER_PATH, NC_NOTIFICATIONS, "ActionInvoked");

                assert_true(dbus_message_append_args(
                        m, DBUS_TYPE_UINT32, &i, DBUS_TYPE_STRING, &action, DBUS_TYPE_INVALID));
                assert_true(dbus_connection_send(r->server, m, NULL));
                dbus_message_unref(m);
        }
        dbus_connection_flush(r->server);
        server_close(r);
        RELAY_WAIT(r, r->invoked == N);
}

/* --- a caller of the other byte order -------------------------------------------------------- */

static void read_exactly(int fd, void *to, size_t len) {
        for (size_t at = 0; at < len;) {
                ssize_t n = read(fd, (char *)to + at, len - at);

                assert_true(n > 0);
                at += (size_t)n;
        }
}

/* The next message that comes; the caller ends it. */
static Buffer raw_message(int fd) {
        char fixed[WIRE_FIXED];
        _cleanup_free_ char *rest = NULL;
        Buffer b = {0};
        size_t len = 0;

        read_exactly(fd, fixed, sizeof(fixed));
        assert_int_equal(wire_length(fixed, sizeof(fixed), &len), 0);
        rest = malloc(len);
        read_exactly(fd, rest, len - WIRE_FIXED);
        assert_int_equal(buffer_add(&b, fixed, sizeof(fixed)), 0);
        assert_int_equal(buffer_add(&b, rest, len - WIRE_FIXED), 0);
        return b;
}

static void raw_send(int fd, Buffer b) {
        assert_int_equal(fd_write_all(fd, b.data, b.len), 0);
        buffer_done(&b);
}

/* A connection to the bus by hand, with a name of its own. */
static int raw_connect(const Relay *r) {
        DBusAddressEntry **entries;
        struct sockaddr_un un = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), n;
        Made hello = {.order = 'B',
                .serial = 1,
                .path = "/org/freedesktop/DBus",
                .interface = "org.freedesktop.DBus",
                .member = "Hello",
                .destination = "org.freedesktop.DBus"};
        char line[256] = "";
        Buffer reply;

        assert_true(dbus_parse_address(r->bus, &entries, &n, NULL));
        assert_non_null(dbus_address_entry_get_value(entries[0], "path"));
        (void)snprintf(un.sun_path, sizeof(un.sun_path), "%s",
                dbus_address_entry_get_value(entries[0], "path"));
        dbus_address_entries_free(entries);
        assert_int_equal(connect(fd, (struct sockaddr *)&un, sizeof(un)), 0);
        assert_int_equal(fd_write_all(fd, "\0AUTH EXTERNAL\r\nDATA\r\n", 22), 0);
        /* DATA, then OK and a guid */
        for (size_t i = 0; !strstr(line, "OK ") || line[i - 1] != '\n'; i++) {
                assert_true(i < sizeof(line) - 1);
                read_exactly(fd, line + i, 1);
        }
        assert_int_equal(fd_write_all(fd, "BEGIN\r\n", 7), 0);
        raw_send(fd, made_message(&hello, NULL));
        reply = raw_message(fd);
        buffer_done(&reply);
        return fd;
}

static Buffer big_endian_call(const char *summary, uint32_t replaces) {
        const MadeNotify made = {.order = 'B', .summary = summary, .replaces = replaces};
        Made m = {.order = 'B',
                .serial = 2,
                .path = SERVER_PATH,
                .member = "Notify",
                .destination = NC_NOTIFICATIONS,
                .signature = "susssasa{sv}i"};
        Buffer body = made_notify_body(&made), b = made_message(&m, &body);

        buffer_done(&body);
        return b;
}

static void test_a_big_endian_caller(void **state) {
        Relay *r = *state;
        _cleanup_close_ int fd = raw_connect(r);
        uint32_t id = 0;

        raw_send(fd, big_endian_call("Alex Doe", 0));
        for (bool answered = false; !answered;) {
                Buffer b = raw_message(fd);
                WireHead head;

                assert_int_equal(wire_head(b.data, b.len, &head), 0);
                answered = head.type == WIRE_RETURN && head.reply_serial == 2;
                if (answered)
                        id = wire_u32(head.order, b.data + head.body);
                buffer_done(&b);
        }
        assert_true(id >= NC_RELAY_FIRST_ID);
        assert_int_equal(relay_spooled(r, NULL), 1);
        assert_int_equal(r->n_shown, 0);
        raw_send(fd, big_endian_call("Kim", id));
        RELAY_WAIT(r, r->n_shown == 1);
        assert_string_equal(r->shown[0].summary, "Kim");
        assert_int_equal(r->shown[0].replaces, 0);
}

/* --- things change --------------------------------------------------------------------------- */

static void test_new_rules_hold_at_once(void **state) {
        Relay *r = *state;

        for (int i = 0; i < 20; i++) {
                relay_rules(r, i % 2 ? "Kim" : "Sam");
                assert_int_equal(relay_notify(r, "Kim", 0) >= NC_RELAY_FIRST_ID, i % 2);
        }
        relay_rules(r, NULL);
        assert_true(relay_notify(r, "Kim", 0) < NC_RELAY_FIRST_ID);
}

static void test_a_server_that_comes_back(void **state) {
        Relay *r = *state;

        for (int i = 0; i < 5; i++) {
                server_close(r);
                server_connect(r);
                assert_true(relay_notify(r, "Alex Doe", 0) >= NC_RELAY_FIRST_ID);
                assert_true(relay_notify(r, "Kim", 0) < NC_RELAY_FIRST_ID);
        }
        assert_int_equal(r->n_shown, 5);
}

static void test_a_relay_that_is_killed_lets_nothing_through(void **state) {
        Relay *r = *state;

        for (int i = 0; i < 5; i++) {
                DBusMessage *reply;

                assert_true(WIFSIGNALED(relay_end(r, SIGKILL)));
                RELAY_WAIT(r, server_is_gone(r));
                reply = relay_call(r, notify_message("Alex Doe", 0, 0));
                assert_int_equal(dbus_message_get_type(reply), DBUS_MESSAGE_TYPE_ERROR);
                dbus_message_unref(reply);
                server_close(r);
                /* its socket is still there, and is replaced */
                assert_int_equal(access(r->listen, F_OK), 0);
                relay_spawn(r);
                server_connect(r);
                assert_true(relay_notify(r, "Alex Doe", 0) >= NC_RELAY_FIRST_ID);
        }
        assert_int_equal(r->n_shown, 0);
        assert_int_equal(relay_spooled(r, NULL), 5);
}

/* --- the door -------------------------------------------------------------------------------- */

static int knock(const Relay *r) {
        struct sockaddr_un un = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        (void)snprintf(un.sun_path, sizeof(un.sun_path), "%s", r->listen);
        assert_int_equal(connect(fd, (struct sockaddr *)&un, sizeof(un)), 0);
        return fd;
}

static void test_the_socket_is_the_users_alone(void **state) {
        Relay *r = *state;
        struct stat st;

        assert_int_equal(stat(r->listen, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
        *strrchr(r->listen, '/') = '\0';
        assert_int_equal(stat(r->listen, &st), 0);
        r->listen[strlen(r->listen)] = '/';
        assert_int_equal(st.st_mode & 07777, 0700);
}

static void test_what_is_no_bus_client_is_sent_away(void **state) {
        static const char words[] = "\0AUTH EXTERNAL\r\nBEGIN\r\nGET / HTTP/1.1\r\n\r\n";
        Relay *r = *state;
        int fd = knock(r);
        char rest[256];

        assert_int_equal(fd_write_all(fd, words, sizeof(words) - 1), 0);
        while (read(fd, rest, sizeof(rest)) > 0)
                ;
        (void)close(fd);
        assert_true(relay_notify(r, "Alex Doe", 0) >= NC_RELAY_FIRST_ID);
}

static void test_so_many_connections_and_no_more(void **state) {
        enum {
                MANY = 64 /* SERVER_LINKS_MAX */
        };
        Relay *r = *state;
        int fds[MANY];
        char byte;

        for (size_t i = 0; i < MANY; i++)
                fds[i] = knock(r);
        /* the server has one already */
        assert_int_equal(read(fds[MANY - 1], &byte, 1), 0);
        for (size_t i = 0; i < MANY; i++)
                (void)close(fds[i]);
        assert_true(relay_notify(r, "Alex Doe", 0) >= NC_RELAY_FIRST_ID);
}

static void test_a_second_relay_does_not_take_the_door(void **state) {
        Relay *r = *state;
        pid_t first = r->pid;
        int status = 0;

        relay_spawn(r);
        assert_int_equal(waitpid(r->pid, &status, 0), r->pid);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
        r->pid = first;
        assert_true(relay_notify(r, "Alex Doe", 0) >= NC_RELAY_FIRST_ID);
}

static void test_the_end_is_clean(void **state) {
        Relay *r = *state;
        int status = relay_end(r, SIGTERM);

        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        assert_int_equal(access(r->listen, F_OK), -1);
}

static void test_the_log_names_nobody(void **state) {
        Relay *r = *state;
        _cleanup_close_ int fd = open(r->log, O_RDONLY | O_CLOEXEC);
        char log[65536] = "";

        assert_true(read(fd, log, sizeof(log) - 1) > 0);
        assert_non_null(strstr(log, "nocontact: "));
        assert_null(strstr(log, "Alex"));
        assert_null(strstr(log, "Kim"));
        assert_null(strstr(log, "Messages"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup(test_what_is_held_is_written_down_and_answered, relay_begin),
                cmocka_unit_test_setup(test_others_are_delivered, relay_begin),
                cmocka_unit_test_setup(test_the_caller_who_expects_no_reply, relay_begin),
                cmocka_unit_test_setup(test_a_call_without_interface, relay_begin),
                cmocka_unit_test_setup(test_a_portals_call, relay_begin),
                cmocka_unit_test_setup(test_ids_of_held_ones_are_never_the_servers, relay_begin),
                cmocka_unit_test_setup(test_other_calls_and_signals_pass, relay_begin),
                cmocka_unit_test_setup(test_descriptors_pass_both_ways, relay_begin),
                cmocka_unit_test_setup(test_a_picture_of_64_mib, relay_begin),
                cmocka_unit_test_setup(
                        test_a_thousand_at_once_of_which_every_tenth_is_held, relay_begin),
                cmocka_unit_test_setup(
                        test_a_server_that_does_not_read_fills_no_memory, relay_begin),
                cmocka_unit_test_setup(test_the_last_words_of_a_server_are_heard, relay_begin),
                cmocka_unit_test_setup(test_a_big_endian_caller, relay_begin),
                cmocka_unit_test_setup(test_new_rules_hold_at_once, relay_begin),
                cmocka_unit_test_setup(test_a_server_that_comes_back, relay_begin),
                cmocka_unit_test_setup(
                        test_a_relay_that_is_killed_lets_nothing_through, relay_begin),
                cmocka_unit_test_setup(test_the_socket_is_the_users_alone, relay_begin),
                cmocka_unit_test_setup(test_what_is_no_bus_client_is_sent_away, relay_begin),
                cmocka_unit_test_setup(test_so_many_connections_and_no_more, relay_begin),
                cmocka_unit_test_setup(test_a_second_relay_does_not_take_the_door, relay_begin),
                cmocka_unit_test_setup(test_the_end_is_clean, relay_begin),
                cmocka_unit_test_setup(test_the_log_names_nobody, relay_begin),
        };
        return cmocka_run_group_tests_name("relay", tests, relay_setup, relay_teardown);
}
