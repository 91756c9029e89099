/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A link between two pairs of sockets whose other ends are the test's: what is under way when a
 * side goes, and descriptors over real sockets. */

#include "relay/link.h"

#include "common/file.h"
#include "common/time.h"
#include "unit/wire-fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

#define HELLO "\0AUTH EXTERNAL 30\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n"
#define OK    "OK 1234\r\nAGREE_UNIX_FD\r\n"

typedef struct Fixture {
        sd_event *event;
        Link *link;
        int server, bus; /* our ends */
        unsigned over;
} Fixture;

static int hold(
        void *userdata, const Notification *n, const void *message, size_t len, uint32_t *ret_id) {
        (void)userdata, (void)n, (void)message, (void)len, (void)ret_id;
        return 0;
}

static void on_over(void *userdata, Link *l) {
        Fixture *f = userdata;

        assert_ptr_equal(l, f->link);
        f->link = link_free(l);
        f->over++;
}

/* Everything that can be done now. */
static void settle(Fixture *f) {
        int r;

        while ((r = sd_event_run(f->event, 0)) > 0)
                ;
        assert_int_equal(r, 0);
}

static void write_all(int fd, const void *data, size_t len) {
        assert_int_equal(fd_write_all(fd, data, len), 0);
}

/* Reads what is there without waiting. */
static Buffer read_there(int fd) {
        Buffer b = {0};
        char piece[65536];
        ssize_t n;

        while ((n = recv(fd, piece, sizeof(piece), MSG_DONTWAIT)) > 0)
                assert_int_equal(buffer_add(&b, piece, (size_t)n), 0);
        return b;
}

static void skip_there(int fd, const void *expected, size_t len) {
        Buffer b = read_there(fd);

        assert_int_equal(b.len, len);
        assert_memory_equal(b.data, expected, len);
        buffer_done(&b);
}

static int setup(void **state) {
        Fixture *f = calloc(1, sizeof(*f));
        const FilterJudge judge = {hold, f};
        int server[2], bus[2];

        assert_non_null(f);
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, server), 0);
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, bus), 0);
        assert_int_equal(sd_event_new(&f->event), 0);
        assert_int_equal(link_new(f->event, server[0], bus[0], &judge, on_over, f, &f->link), 0);
        f->server = server[1];
        f->bus = bus[1];
        write_all(f->server, HELLO, sizeof(HELLO) - 1);
        settle(f);
        skip_there(f->bus, HELLO, sizeof(HELLO) - 1);
        write_all(f->bus, OK, sizeof(OK) - 1);
        settle(f);
        skip_there(f->server, OK, sizeof(OK) - 1);
        *state = f;
        return 0;
}

static int teardown(void **state) {
        Fixture *f = *state;

        link_free(f->link);
        closep(&f->server);
        closep(&f->bus);
        sd_event_unref(f->event);
        free(f);
        return 0;
}

static Buffer some_messages(unsigned n, size_t body_len) {
        Made m = {.type = WIRE_SIGNAL, .member = "M", .signature = "ay"};
        Buffer all = {0}, body = {0};

        for (size_t i = 0; i < body_len; i++)
                assert_int_equal(buffer_putc(&body, 'x'), 0);
        for (unsigned i = 0; i < n; i++) {
                Buffer b;

                m.serial = i + 1;
                b = made_message(&m, &body);
                assert_int_equal(buffer_add(&all, b.data, b.len), 0);
                buffer_done(&b);
        }
        buffer_done(&body);
        return all;
}

/* Sends from one end as much as goes, until the link takes no more. */
static size_t stuff(Fixture *f, int fd, const Buffer *b) {
        size_t at = 0;

        for (unsigned idle = 0; idle < 3 && at < b->len;) {
                ssize_t n = send(fd, b->data + at, b->len - at, MSG_DONTWAIT);

                idle = n > 0 ? 0 : idle + 1;
                at += n > 0 ? (size_t)n : 0;
                settle(f);
        }
        return at;
}

static void test_a_full_side_stops_the_other(void **state) {
        Fixture *f = *state;
        Buffer all = some_messages(64, 256 << 10), got = {0};
        size_t sent = stuff(f, f->bus, &all);

        /* a queue, and what the sockets hold */
        assert_in_range(sent, LINK_QUEUE_MAX, 8 * LINK_QUEUE_MAX);
        while (got.len < all.len) {
                Buffer some = read_there(f->server);

                assert_int_equal(buffer_add(&got, some.data, some.len), 0);
                buffer_done(&some);
                while (sent < all.len) {
                        ssize_t n = send(f->bus, all.data + sent, all.len - sent, MSG_DONTWAIT);

                        if (n <= 0)
                                break;
                        sent += (size_t)n;
                }
                settle(f);
        }
        assert_int_equal(got.len, all.len);
        assert_memory_equal(got.data, all.data, all.len);
        buffer_done(&got);
        buffer_done(&all);
}

static void test_the_last_words_of_a_side_are_passed_on(void **state) {
        Fixture *f = *state;
        Buffer flood = some_messages(8, 256 << 10), words = some_messages(50, 100);

        /* the server does not read, says its last words and goes */
        (void)stuff(f, f->bus, &flood);
        write_all(f->server, words.data, words.len);
        (void)close(TAKE_FD(f->server));
        settle(f);
        skip_there(f->bus, words.data, words.len);
        assert_int_equal(f->over, 1);
        buffer_done(&words);
        buffer_done(&flood);
}

static void test_when_one_side_goes_the_other_is_closed(void **state) {
        Fixture *f = *state;
        char byte;

        (void)close(TAKE_FD(f->bus));
        settle(f);
        assert_int_equal(f->over, 1);
        assert_int_equal(read(f->server, &byte, 1), 0);
}

static void test_what_is_no_message_closes_both(void **state) {
        Fixture *f = *state;
        char byte;

        write_all(f->server, "GET / HTTP/1.1\r\n\r\n", 18);
        settle(f);
        assert_int_equal(f->over, 1);
        assert_int_equal(read(f->bus, &byte, 1), 0);
}

/* --- descriptors ----------------------------------------------------------------------------- */

static void send_with_fds(int to, const Buffer *b, const int *fds, size_t n) {
        union {
                struct cmsghdr align;
                char space[CMSG_SPACE(sizeof(int) * 8)];
        } control = {0};
        struct iovec iov = {b->data, b->len};
        struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

        if (n > 0) {
                control.align = (struct cmsghdr){.cmsg_len = CMSG_LEN(n * sizeof(int)),
                        .cmsg_level = SOL_SOCKET,
                        .cmsg_type = SCM_RIGHTS};
                memcpy(CMSG_DATA(&control.align), fds, n * sizeof(int));
                msg.msg_control = &control;
                msg.msg_controllen = CMSG_SPACE(n * sizeof(int));
        }
        assert_int_equal(sendmsg(to, &msg, 0), b->len);
}

/* One recvmsg(2): how many bytes, and how many descriptors, which are closed. */
static size_t receive_some(int from, size_t *ret_fds) {
        union {
                struct cmsghdr align;
                char space[CMSG_SPACE(sizeof(int) * 8)];
        } control;
        char bytes[65536];
        struct iovec iov = {bytes, sizeof(bytes)};
        struct msghdr msg = {.msg_iov = &iov,
                .msg_iovlen = 1,
                .msg_control = &control,
                .msg_controllen = sizeof(control)};
        ssize_t n = recvmsg(from, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        struct cmsghdr *c;

        assert_true(n > 0);
        *ret_fds = 0;
        c = CMSG_FIRSTHDR(&msg);
        if (c) {
                *ret_fds = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
                for (size_t i = 0; i < *ret_fds; i++) {
                        int fd;

                        memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
                        assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
                        (void)close(fd);
                }
        }
        return (size_t)n;
}

static void test_descriptors_leave_with_the_first_byte_of_theirs(void **state) {
        Fixture *f = *state;
        Made plain = {.type = WIRE_SIGNAL, .member = "A"},
             two = {.type = WIRE_SIGNAL, .member = "B", .unix_fds = 2},
             one = {.type = WIRE_SIGNAL, .member = "C", .unix_fds = 1};
        Buffer a = made_message(&plain, NULL), b = made_message(&two, NULL),
               c = made_message(&one, NULL);
        int fds[2];
        size_t n;

        assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
        send_with_fds(f->bus, &a, NULL, 0);
        send_with_fds(f->bus, &b, fds, 2);
        send_with_fds(f->bus, &a, NULL, 0);
        send_with_fds(f->bus, &c, fds, 1);
        (void)close(fds[0]);
        (void)close(fds[1]);
        settle(f);
        /* the kernel ends a read behind bytes that were sent with descriptors, and ours for the
         * second message are the next that are sent */
        assert_int_equal(receive_some(f->server, &n), a.len + b.len + a.len);
        assert_int_equal(n, 2);
        assert_int_equal(receive_some(f->server, &n), c.len);
        assert_int_equal(n, 1);
        buffer_done(&a);
        buffer_done(&b);
        buffer_done(&c);
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                T(test_a_full_side_stops_the_other),
                T(test_the_last_words_of_a_side_are_passed_on),
                T(test_when_one_side_goes_the_other_is_closed),
                T(test_what_is_no_message_closes_both),
                T(test_descriptors_leave_with_the_first_byte_of_theirs),
        };
        return cmocka_run_group_tests_name("link", tests, NULL, NULL);
}
