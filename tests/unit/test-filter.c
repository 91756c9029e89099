/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The relay's protocol without a socket: whatever the pieces are in which bytes come, all of them
 * go on in their order, but for what is held. */

#include "relay/filter.h"

#include "nocontact/bus-names.h"
#include "unit/random.h"
#include "unit/wire-fixture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define HELLO "\0AUTH EXTERNAL 30\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n"
#define OK    "OK 1234\r\nAGREE_UNIX_FD\r\n"

typedef struct Fixture {
        Filter *filter;
        unsigned asked, held;
        int fails; /* what the judge says, when it is not 0 */
} Fixture;

/* Holds what comes from Alex. */
static int hold(
        void *userdata, const Notification *n, const void *message, size_t len, uint32_t *ret_id) {
        Fixture *f = userdata;

        (void)message, (void)len;
        f->asked++;
        if (f->fails != 0)
                return f->fails;
        if (!streq(n->notice.summary, "Alex Doe"))
                return 0;
        *ret_id = NC_RELAY_FIRST_ID + f->held++;
        return 1;
}

/* Gives bytes in pieces of at most `piece`, and descriptors with the first of them. */
static int feed(Fixture *f, Side from, const void *data, size_t len, size_t piece, const int *fds,
        size_t n_fds) {
        const char *at = data;

        while (len > 0) {
                size_t room, n;
                void *to;
                int r;

                assert_int_equal(filter_room(f->filter, from, &to, &room), 0);
                assert_true(room > 0);
                n = MIN(piece, room);
                n = MIN(n, len);
                memcpy(to, at, n);
                r = filter_feed(f->filter, from, n, fds, n_fds);
                if (r < 0)
                        return r;
                n_fds = 0;
                at += n;
                len -= n;
        }
        return 0;
}

static void feed_all(Fixture *f, Side from, const void *data, size_t len) {
        assert_int_equal(feed(f, from, data, len, SIZE_MAX, NULL, 0), 0);
}

/* Takes what is to be sent to a side. */
static Buffer drain(Fixture *f, Side to) {
        Parcels *p = filter_parcels(f->filter, to);
        Buffer b = {0};

        for (const Parcel *at = p->first; at; at = at->next)
                assert_int_equal(buffer_add(&b, at->data + at->sent, at->len - at->sent), 0);
        assert_int_equal(b.len, p->bytes);
        parcels_sent(p, p->bytes);
        assert_null(p->first);
        return b;
}

static void assert_drains(Fixture *f, Side to, const void *data, size_t len) {
        Buffer b = drain(f, to);

        assert_int_equal(b.len, len);
        if (len > 0)
                assert_memory_equal(b.data, data, len);
        buffer_done(&b);
}

static int setup(void **state) {
        Fixture *f = calloc(1, sizeof(*f));
        const FilterJudge judge = {hold, f};

        assert_non_null(f);
        assert_int_equal(filter_new(&judge, &f->filter), 0);
        *state = f;
        return 0;
}

/* The same, past the handshake. */
static int setup_begun(void **state) {
        Fixture *f;

        (void)setup(state);
        f = *state;
        feed_all(f, SIDE_SERVER, HELLO, sizeof(HELLO) - 1);
        feed_all(f, SIDE_BUS, OK, sizeof(OK) - 1);
        assert_drains(f, SIDE_BUS, HELLO, sizeof(HELLO) - 1);
        assert_drains(f, SIDE_SERVER, OK, sizeof(OK) - 1);
        return 0;
}

static int teardown(void **state) {
        Fixture *f = *state;

        filter_free(f->filter);
        free(f);
        return 0;
}

/* The next message of some bytes, parsed; the caller unrefs. */
static DBusMessage *next_message(const Buffer *b, size_t *at) {
        size_t len = 0;
        DBusMessage *m;

        assert_int_equal(wire_length(b->data + *at, b->len - *at, &len), 0);
        m = dbus_message_demarshal(b->data + *at, (int)len, NULL);
        assert_non_null(m);
        *at += len;
        return m;
}

static void assert_reply(const Buffer *b, size_t *at, uint32_t serial, uint32_t id) {
        DBusMessage *m = next_message(b, at);
        uint32_t told = 0;

        assert_int_equal(dbus_message_get_type(m), DBUS_MESSAGE_TYPE_METHOD_RETURN);
        assert_int_equal(dbus_message_get_reply_serial(m), serial);
        assert_true(dbus_message_get_serial(m) >= FILTER_FIRST_SERIAL);
        assert_string_equal(dbus_message_get_destination(m), SENDER);
        if (id != 0) {
                assert_true(
                        dbus_message_get_args(m, NULL, DBUS_TYPE_UINT32, &told, DBUS_TYPE_INVALID));
                assert_int_equal(told, id);
        } else {
                assert_string_equal(dbus_message_get_signature(m), "");
        }
        dbus_message_unref(m);
}

static void assert_closed(const Buffer *b, size_t *at, uint32_t id) {
        DBusMessage *m = next_message(b, at);
        uint32_t told = 0, reason = 0;

        assert_true(dbus_message_is_signal(m, NC_NOTIFICATIONS, "NotificationClosed"));
        assert_string_equal(dbus_message_get_destination(m), SENDER);
        assert_true(dbus_message_get_args(
                m, NULL, DBUS_TYPE_UINT32, &told, DBUS_TYPE_UINT32, &reason, DBUS_TYPE_INVALID));
        assert_int_equal(told, id);
        assert_int_equal(reason, 2);
        dbus_message_unref(m);
}

/* --- everything else passes ------------------------------------------------------------------ */

static Buffer some_messages(unsigned n) {
        Buffer all = {0};

        for (unsigned i = 0; i < n; i++) {
                const MadeNotify made = {
                        .order = i % 2 ? 'l' : 'B', .summary = "Kim", .image = i % 7 * 5000};
                Buffer b = made_notify_call(&made, NC_NOTIFICATIONS, 0, i + 1);

                assert_int_equal(buffer_add(&all, b.data, b.len), 0);
                buffer_done(&b);
        }
        return all;
}

static void test_a_pipelined_handshake_passes(void **state) {
        static const size_t pieces[] = {1, 2, 7, 64, SIZE_MAX};
        Buffer messages = some_messages(3), client = {0}, bus = {0};

        (void)state;
        assert_int_equal(buffer_add(&client, HELLO, sizeof(HELLO) - 1), 0);
        assert_int_equal(buffer_add(&client, messages.data, messages.len), 0);
        assert_int_equal(buffer_add(&bus, OK, sizeof(OK) - 1), 0);
        assert_int_equal(buffer_add(&bus, messages.data, messages.len), 0);
        for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
                Fixture *f;

                (void)setup((void **)&f);
                assert_int_equal(
                        feed(f, SIDE_SERVER, client.data, client.len, pieces[i], NULL, 0), 0);
                assert_int_equal(f->asked, 0);
                assert_int_equal(feed(f, SIDE_BUS, bus.data, bus.len, pieces[i], NULL, 0), 0);
                assert_int_equal(f->asked, 3);
                assert_drains(f, SIDE_BUS, client.data, client.len);
                assert_drains(f, SIDE_SERVER, bus.data, bus.len);
                (void)teardown((void **)&f);
        }
        buffer_done(&client);
        buffer_done(&bus);
        buffer_done(&messages);
}

static void test_messages_pass_in_any_pieces(void **state) {
        Random random = random_start(11);
        Buffer all = some_messages(60);
        Fixture *f = *state;

        for (unsigned round = 0; round < 20; round++) {
                Buffer sent = {0};
                size_t at = 0;

                while (at < all.len) {
                        size_t n = MIN(1 + random_below(&random, 1 << random_below(&random, 18)),
                                all.len - at);
                        Buffer some;

                        feed_all(f, SIDE_BUS, all.data + at, n);
                        at += n;
                        some = drain(f, SIDE_SERVER);
                        assert_int_equal(buffer_add(&sent, some.data, some.len), 0);
                        buffer_done(&some);
                }
                assert_int_equal(sent.len, all.len);
                assert_memory_equal(sent.data, all.data, all.len);
                buffer_done(&sent);
        }
        assert_int_equal(f->asked, 20 * 60);
        buffer_done(&all);
}

static void test_a_long_message_is_not_copied(void **state) {
        const MadeNotify made = {.summary = "Kim", .image = 8 << 20};
        Buffer b = made_notify_call(&made, NC_NOTIFICATIONS, 0, 1);
        Fixture *f = *state;
        void *to;
        size_t room;

        feed_all(f, SIDE_BUS, b.data, 100);
        assert_int_equal(filter_room(f->filter, SIDE_BUS, &to, &room), 0);
        assert_int_equal(room, b.len - 100);
        feed_all(f, SIDE_BUS, b.data + 100, b.len - 100);
        assert_ptr_equal(filter_parcels(f->filter, SIDE_SERVER)->first->data, (char *)to - 100);
        assert_drains(f, SIDE_SERVER, b.data, b.len);
        /* and the next has small room again */
        assert_int_equal(filter_room(f->filter, SIDE_BUS, &to, &room), 0);
        assert_int_equal(room, FILTER_ROOM);
        buffer_done(&b);
}

/* --- what is held ---------------------------------------------------------------------------- */

static void test_what_is_held_is_answered_and_goes_no_further(void **state) {
        Fixture *f = *state;
        uint32_t id = NC_RELAY_FIRST_ID;

        for (int i = 0; i < 4; i++, id++) {
                const MadeNotify made = {.order = i % 2 ? 'B' : 'l', .summary = "Alex Doe"};
                Buffer b = made_notify_call(&made, i / 2 ? NULL : NC_NOTIFICATIONS, 0, 30);
                Buffer said;
                size_t at = 0;

                feed_all(f, SIDE_BUS, b.data, b.len);
                assert_drains(f, SIDE_SERVER, NULL, 0);
                said = drain(f, SIDE_BUS);
                assert_reply(&said, &at, 30, id);
                assert_closed(&said, &at, id);
                assert_int_equal(at, said.len);
                buffer_done(&said);
                buffer_done(&b);
        }
}

static void test_who_expects_no_reply_hears_that_it_was_closed(void **state) {
        const MadeNotify made = {.summary = "Alex Doe"};
        Buffer b = made_notify_call(&made, NC_NOTIFICATIONS, WIRE_NO_REPLY, 30), said;
        Fixture *f = *state;
        size_t at = 0;

        feed_all(f, SIDE_BUS, b.data, b.len);
        said = drain(f, SIDE_BUS);
        assert_closed(&said, &at, NC_RELAY_FIRST_ID);
        assert_int_equal(at, said.len);
        buffer_done(&said);
        buffer_done(&b);
}

static void test_what_we_say_stands_between_whole_messages(void **state) {
        const MadeNotify made = {.summary = "Alex Doe"};
        Buffer b = made_notify_call(&made, NC_NOTIFICATIONS, 0, 30), ours = some_messages(1), said;
        Fixture *f = *state;
        size_t at = 0;

        feed_all(f, SIDE_SERVER, ours.data, ours.len / 2);
        feed_all(f, SIDE_BUS, b.data, b.len);
        feed_all(f, SIDE_SERVER, ours.data + ours.len / 2, ours.len - ours.len / 2);
        said = drain(f, SIDE_BUS);
        assert_reply(&said, &at, 30, NC_RELAY_FIRST_ID);
        assert_closed(&said, &at, NC_RELAY_FIRST_ID);
        assert_memory_equal(said.data + at, ours.data, ours.len);
        buffer_done(&said);
        buffer_done(&ours);
        buffer_done(&b);
}

static void test_a_portals_is_answered_with_nothing(void **state) {
        Buffer b = made_add_call('l', "Alex Doe", "hi", NULL), said;
        Fixture *f = *state;
        size_t at = 0;

        feed_all(f, SIDE_BUS, b.data, b.len);
        assert_drains(f, SIDE_SERVER, NULL, 0);
        said = drain(f, SIDE_BUS);
        assert_reply(&said, &at, 7, 0);
        assert_int_equal(at, said.len);
        buffer_done(&said);
        buffer_done(&b);
}

/* --- ids ------------------------------------------------------------------------------------- */

static void test_an_update_of_one_that_was_held_comes_as_new(void **state) {
        Fixture *f = *state;

        for (int i = 0; i < 2; i++) {
                const MadeNotify update = {.order = i ? 'B' : 'l',
                        .summary = "Kim",
                        .replaces = NC_RELAY_FIRST_ID + 9};
                MadeNotify new = update;
                Buffer b = made_notify_call(&update, NC_NOTIFICATIONS, 0, 30), expected;

                new.replaces = 0;
                expected = made_notify_call(&new, NC_NOTIFICATIONS, 0, 30);
                feed_all(f, SIDE_BUS, b.data, b.len);
                assert_drains(f, SIDE_SERVER, expected.data, expected.len);
                assert_drains(f, SIDE_BUS, NULL, 0);
                buffer_done(&expected);
                buffer_done(&b);
        }
}

static void test_an_update_that_is_held_keeps_the_id(void **state) {
        static const uint32_t ids[] = {12, NC_RELAY_FIRST_ID - 1, NC_RELAY_FIRST_ID + 9};
        Fixture *f = *state;

        for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
                const MadeNotify update = {.summary = "Alex Doe", .replaces = ids[i]};
                Buffer b = made_notify_call(&update, NC_NOTIFICATIONS, 0, 30), said;
                size_t at = 0;

                feed_all(f, SIDE_BUS, b.data, b.len);
                assert_drains(f, SIDE_SERVER, NULL, 0);
                said = drain(f, SIDE_BUS);
                assert_reply(&said, &at, 30, ids[i]);
                assert_closed(&said, &at, ids[i]);
                buffer_done(&said);
                buffer_done(&b);
        }
}

static void test_closing_one_that_was_held_succeeds(void **state) {
        static const struct {
                uint32_t id;
                uint8_t flags;
                bool answered, passed;
        } calls[] = {
                {NC_RELAY_FIRST_ID, 0, true, false},
                {UINT32_MAX, 0, true, false},
                {NC_RELAY_FIRST_ID, WIRE_NO_REPLY, false, false},
                {NC_RELAY_FIRST_ID - 1, 0, false, true},
                {1, 0, false, true},
        };
        Fixture *f = *state;

        for (size_t i = 0; i < 2 * ARRAY_LEN(calls); i++) {
                Buffer b = made_close_call(i % 2 ? 'l' : 'B', calls[i / 2].id, calls[i / 2].flags);
                size_t at = 0;

                feed_all(f, SIDE_BUS, b.data, b.len);
                assert_drains(f, SIDE_SERVER, b.data, calls[i / 2].passed ? b.len : 0);
                if (calls[i / 2].answered) {
                        Buffer said = drain(f, SIDE_BUS);

                        assert_reply(&said, &at, 7, 0);
                        assert_int_equal(at, said.len);
                        buffer_done(&said);
                } else {
                        assert_drains(f, SIDE_BUS, NULL, 0);
                }
                buffer_done(&b);
        }
}

/* --- descriptors ----------------------------------------------------------------------------- */

static unsigned open_fds(void) {
        DIR *dir = opendir("/proc/self/fd");
        unsigned n = 0;

        assert_non_null(dir);
        while (readdir(dir))
                n++;
        (void)closedir(dir);
        return n;
}

static int new_fd(void) {
        int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

        assert_true(fd >= 0);
        return fd;
}

static void test_descriptors_stay_with_their_message(void **state) {
        Fixture *f = *state;
        int fds[] = {new_fd(), new_fd(), new_fd()};
        Made one = {.member = "A", .unix_fds = 1}, none = {.member = "B"},
             two = {.member = "C", .unix_fds = 2};
        Buffer a = made_message(&one, NULL), b = made_message(&none, NULL),
               c = made_message(&two, NULL), all = {0};
        const Parcel *p;

        assert_int_equal(buffer_add(&all, b.data, b.len), 0);
        assert_int_equal(buffer_add(&all, a.data, a.len), 0);
        assert_int_equal(buffer_add(&all, b.data, b.len), 0);
        assert_int_equal(buffer_add(&all, c.data, c.len), 0);
        assert_int_equal(feed(f, SIDE_SERVER, all.data, all.len, SIZE_MAX, fds, 3), 0);
        p = filter_parcels(f->filter, SIDE_BUS)->first;
        assert_int_equal(p->n_fds, 0);
        assert_int_equal(p->len, b.len);
        p = p->next;
        assert_int_equal(p->n_fds, 1);
        assert_int_equal(p->fds[0], fds[0]);
        assert_memory_equal(p->data, a.data, a.len);
        p = p->next;
        assert_int_equal(p->n_fds, 0);
        p = p->next;
        assert_int_equal(p->n_fds, 2);
        assert_int_equal(p->fds[0], fds[1]);
        assert_int_equal(p->fds[1], fds[2]);
        assert_drains(f, SIDE_BUS, all.data, all.len);
        assert_int_equal(fcntl(fds[0], F_GETFD), -1);
        buffer_done(&all);
        buffer_done(&a);
        buffer_done(&b);
        buffer_done(&c);
}

static void test_a_message_without_its_descriptors_ends_it(void **state) {
        Made two = {.member = "C", .unix_fds = 2};
        Buffer c = made_message(&two, NULL);
        Fixture *f = *state;
        int fd = new_fd();

        assert_int_equal(feed(f, SIDE_SERVER, c.data, c.len, SIZE_MAX, &fd, 1), -EBADMSG);
        buffer_done(&c);
}

/* Numbers that are no descriptors: the kernel would not give so many. */
static void fake_fds(int *fds, size_t n) {
        for (size_t i = 0; i < n; i++)
                fds[i] = (1 << 20) + (int)i;
}

static void test_more_descriptors_than_can_be_sent_end_it(void **state) {
        Made many = {.member = "C", .unix_fds = PARCEL_FDS_MAX + 1};
        Buffer c = made_message(&many, NULL);
        int fds[PARCEL_FDS_MAX + 1];
        Fixture *f = *state;

        fake_fds(fds, ARRAY_LEN(fds));
        assert_int_equal(
                feed(f, SIDE_SERVER, c.data, c.len, SIZE_MAX, fds, ARRAY_LEN(fds)), -EBADMSG);
        buffer_done(&c);
}

static void test_no_descriptor_is_left_open(void **state) {
        const MadeNotify held = {.summary = "Alex Doe", .descriptor = true},
                         passed = {.summary = "Kim", .descriptor = true};
        Buffer b = made_notify_call(&held, NC_NOTIFICATIONS, 0, 1),
               c = made_notify_call(&passed, NC_NOTIFICATIONS, 0, 2);
        unsigned before;
        Fixture *f;
        int fd;

        (void)state;
        before = open_fds();
        (void)setup_begun((void **)&f);
        fd = new_fd();
        assert_int_equal(feed(f, SIDE_BUS, b.data, b.len, SIZE_MAX, &fd, 1), 0);
        assert_int_equal(open_fds(), before); /* what is held keeps none */
        fd = new_fd();
        assert_int_equal(feed(f, SIDE_BUS, c.data, c.len, SIZE_MAX, &fd, 1), 0);
        fd = new_fd(); /* and one whose message does not come whole */
        assert_int_equal(feed(f, SIDE_BUS, c.data, 20, SIZE_MAX, &fd, 1), 0);
        assert_int_equal(open_fds(), before + 2);
        (void)teardown((void **)&f);
        assert_int_equal(open_fds(), before);
        buffer_done(&b);
        buffer_done(&c);
}

static void test_descriptors_without_end_end_it(void **state) {
        Fixture *f = *state;
        int r = 0;

        for (unsigned i = 0; i <= FILTER_FDS_MAX / 16 && r == 0; i++) {
                int fds[16];

                fake_fds(fds, ARRAY_LEN(fds));
                r = feed(f, SIDE_BUS, "l", 1, 1, fds, ARRAY_LEN(fds));
        }
        assert_true(r < 0);
}

/* --- what ends a connection ------------------------------------------------------------------ */

static void test_what_is_no_message_ends_it(void **state) {
        Fixture *f = *state;
        Made m = {.member = "A"};
        Buffer b = made_message(&m, NULL);

        assert_int_equal(feed(f, SIDE_SERVER, "x", 1, 1, NULL, 0), -EBADMSG);
        b.data[3] = 9; /* another version of the protocol */
        assert_int_equal(feed(f, SIDE_BUS, b.data, b.len, SIZE_MAX, NULL, 0), -EBADMSG);
        assert_drains(f, SIDE_SERVER, NULL, 0);
        buffer_done(&b);
}

static void test_a_bus_does_not_begin_before_it_is_asked(void **state) {
        Fixture *f = *state;
        Buffer b = some_messages(1);

        feed_all(f, SIDE_SERVER, "\0AUTH EXTERNAL\r\n", 16);
        feed_all(f, SIDE_BUS, "OK 12\r\n", 7);
        assert_int_equal(feed(f, SIDE_BUS, b.data, b.len, SIZE_MAX, NULL, 0), -EBADMSG);
        buffer_done(&b);
}

static void test_what_cannot_be_judged_is_not_delivered(void **state) {
        Fixture *f = *state;
        Buffer b = some_messages(1);

        f->fails = -ENOMEM;
        assert_int_equal(feed(f, SIDE_BUS, b.data, b.len, SIZE_MAX, NULL, 0), -ENOMEM);
        assert_drains(f, SIDE_SERVER, NULL, 0);
        buffer_done(&b);
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup_begun, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_a_pipelined_handshake_passes),
                T(test_messages_pass_in_any_pieces),
                T(test_a_long_message_is_not_copied),
                T(test_what_is_held_is_answered_and_goes_no_further),
                T(test_who_expects_no_reply_hears_that_it_was_closed),
                T(test_what_we_say_stands_between_whole_messages),
                T(test_a_portals_is_answered_with_nothing),
                T(test_an_update_of_one_that_was_held_comes_as_new),
                T(test_an_update_that_is_held_keeps_the_id),
                T(test_closing_one_that_was_held_succeeds),
                T(test_descriptors_stay_with_their_message),
                T(test_a_message_without_its_descriptors_ends_it),
                T(test_more_descriptors_than_can_be_sent_end_it),
                cmocka_unit_test(test_no_descriptor_is_left_open),
                T(test_descriptors_without_end_end_it),
                T(test_what_is_no_message_ends_it),
                cmocka_unit_test_setup_teardown(
                        test_a_bus_does_not_begin_before_it_is_asked, setup, teardown),
                T(test_what_cannot_be_judged_is_not_delivered),
        };
        return cmocka_run_group_tests_name("filter", tests, NULL, NULL);
}
