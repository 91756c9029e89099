/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Owners of real connections, and closing them, on loopback in a network name space of the test's
 * own. Where the test may not have one, or may not change its user, it says so. */

#include "common/file.h"
#include "common/sock-diag.h"
#include "unit/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

enum {
        OTHER_UID = 54321,
        PATIENCE_SEC = 120, /* a broken run ends */
};

typedef union Address {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
} Address;

/* One connection: the client's end, the server's end, and where they are. */
typedef struct Pair {
        int listening, client, server;
        Address local, remote;
} Pair;

static bool own_network;

static Address v4(const char *text, uint16_t port) {
        Address a = {.v4 = {.sin_family = AF_INET, .sin_port = htons(port)}};

        assert_int_equal(inet_pton(AF_INET, text, &a.v4.sin_addr), 1);
        return a;
}

static Address v6(const char *text, uint16_t port) {
        Address a = {.v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)}};

        assert_int_equal(inet_pton(AF_INET6, text, &a.v6.sin6_addr), 1);
        return a;
}

static int open_socket(const Address *a) {
        int fd = socket(a->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

        assert_true(fd >= 0);
        assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
        return fd;
}

/* Connects to `to`; the listening socket is at `at`, which differs where addresses are mapped. */
static Pair pair_open(Address at, Address to) {
        Pair p = {.remote = at};
        socklen_t len = sizeof(p.remote);

        p.listening = open_socket(&at);
        assert_int_equal(bind(p.listening, &at.any, sizeof(at)), 0);
        assert_int_equal(listen(p.listening, 4), 0);
        assert_int_equal(getsockname(p.listening, &p.remote.any, &len), 0);
        to.v4.sin_port = p.remote.v4.sin_port; /* in the same place in both families */
        p.client = open_socket(&to);
        assert_int_equal(connect(p.client, &to.any, sizeof(to)), 0);
        len = sizeof(p.local);
        p.server = accept4(p.listening, &p.local.any, &len, SOCK_CLOEXEC);
        assert_true(p.server >= 0);
        return p;
}

static void pair_close(Pair *p) {
        closep(&p->listening);
        closep(&p->client);
        closep(&p->server);
}

static bool is_closed(int fd) {
        struct pollfd poll_fd = {.fd = fd};

        return poll(&poll_fd, 1, 0) == 1 && poll_fd.revents & (POLLHUP | POLLERR);
}

static struct in6_addr mapped(const char *text) {
        struct in6_addr address;
        char long_text[64];

        (void)snprintf(long_text, sizeof(long_text), strchr(text, ':') ? "%s" : "::ffff:%s", text);
        assert_int_equal(inet_pton(AF_INET6, long_text, &address), 1);
        return address;
}

/* Runs `func` as another user in a child; its result is the child's exit status. */
static int as_other(int (*func)(void *), void *userdata) {
        pid_t child = fork();
        int status;

        assert_true(child >= 0);
        if (child == 0) {
                if (setresuid(OTHER_UID, OTHER_UID, OTHER_UID) < 0)
                        _exit(99);
                _exit(func(userdata));
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        return WEXITSTATUS(status);
}

static bool may_be_another(void) {
        if (geteuid() == 0)
                return true;
        print_message("# another user's sockets need root\n");
        return false;
}

/* --- owners ---------------------------------------------------------------------------------- */

static void test_the_owner_of_a_connection_is_found(void **state) {
        Pair p = pair_open(v4("127.66.1.2", 0), v4("127.66.1.2", 0));
        uid_t uid = (uid_t)-1;

        (void)state;
        assert_int_equal(sock_diag_owner(&p.local.v4, &p.remote.v4, &uid), 0);
        assert_int_equal(uid, getuid());
        /* the server's end has an owner too */
        uid = (uid_t)-1;
        assert_int_equal(sock_diag_owner(&p.remote.v4, &p.local.v4, &uid), 0);
        assert_int_equal(uid, getuid());
        pair_close(&p);
}

static void test_the_owner_of_a_connection_with_mapped_addresses_is_found(void **state) {
        Pair p = pair_open(v4("127.66.1.2", 0), v6("::ffff:127.66.1.2", 0));
        uid_t uid = (uid_t)-1;

        (void)state;
        assert_int_equal(p.local.any.sa_family, AF_INET);
        assert_int_equal(sock_diag_owner(&p.local.v4, &p.remote.v4, &uid), 0);
        assert_int_equal(uid, getuid());
        pair_close(&p);
}

static void test_what_does_not_exist_has_no_owner(void **state) {
        Pair p = pair_open(v4("127.66.1.2", 0), v4("127.66.1.2", 0));
        struct sockaddr_in other = p.local.v4;
        uid_t uid = 4711;

        (void)state;
        other.sin_addr.s_addr ^= htonl(0x100);
        assert_int_equal(sock_diag_owner(&other, &p.remote.v4, &uid), -ENOENT);
        assert_int_equal(uid, 4711);
        pair_close(&p);
}

/* The kernel would name the socket that listens there. */
static void test_a_listening_socket_is_no_connection(void **state) {
        Pair p = pair_open(v4("127.66.1.2", 0), v4("127.66.1.2", 0));
        struct sockaddr_in other = p.local.v4;
        uid_t uid = 4711;

        (void)state;
        other.sin_port = htons(1);
        assert_int_equal(sock_diag_owner(&p.remote.v4, &other, &uid), -ENOENT);
        assert_int_equal(uid, 4711);
        pair_close(&p);
}

static void test_a_connection_that_its_owner_closed_has_none(void **state) {
        Pair p = pair_open(v4("127.66.1.2", 0), v4("127.66.1.2", 0));
        uid_t uid = 4711;

        (void)state;
        closep(&p.client);
        p.client = -1;
        assert_int_equal(sock_diag_owner(&p.local.v4, &p.remote.v4, &uid), -ENOENT);
        assert_int_equal(uid, 4711);
        pair_close(&p);
}

static int connect_and_stay(void *userdata) {
        const Address *to = userdata;
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        char byte;

        if (fd < 0 || connect(fd, &to->any, sizeof(to->v4)) < 0)
                return 1;
        return read(fd, &byte, 1) == 0 ? 0 : 2; /* until the other side is done */
}

static void test_another_users_connection_is_the_other_users(void **state) {
        Address at = v4("127.66.1.2", 0), peer;
        socklen_t len = sizeof(at), peer_len = sizeof(peer);
        _cleanup_close_ int listening = -1, server = -1;
        uid_t uid = (uid_t)-1;
        int status;
        pid_t child;

        (void)state;
        if (!may_be_another())
                skip();
        listening = open_socket(&at);
        assert_int_equal(bind(listening, &at.any, sizeof(at)), 0);
        assert_int_equal(listen(listening, 4), 0);
        assert_int_equal(getsockname(listening, &at.any, &len), 0);
        child = fork();
        assert_true(child >= 0);
        if (child == 0)
                _exit(as_other(connect_and_stay, &at));
        server = accept4(listening, &peer.any, &peer_len, SOCK_CLOEXEC);
        assert_true(server >= 0);
        assert_int_equal(sock_diag_owner(&peer.v4, &at.v4, &uid), 0);
        assert_int_equal(uid, OTHER_UID);
        closep(&server);
        server = -1;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
}

/* The daemon is an ordinary user. */
static int ask_as_other(void *userdata) {
        const Pair *p = userdata;
        uid_t uid = (uid_t)-1;

        return sock_diag_owner(&p->local.v4, &p->remote.v4, &uid) == 0 && uid == 0 ? 0 : 1;
}

static void test_an_ordinary_user_may_ask(void **state) {
        Pair p;

        (void)state;
        if (!may_be_another())
                skip();
        p = pair_open(v4("127.66.1.2", 0), v4("127.66.1.2", 0));
        assert_int_equal(as_other(ask_as_other, &p), 0);
        pair_close(&p);
}

/* --- closing --------------------------------------------------------------------------------- */

static bool may_close(void) {
        if (own_network)
                return true;
        print_message("# ports 80 and 443 and closing need root and a network name space\n");
        return false;
}

static void check_closes(Address at, Address to, const char *address) {
        struct in6_addr wanted = mapped(address);
        Pair p = pair_open(at, to);

        assert_int_equal(sock_diag_close(getuid(), &wanted, 1), 1);
        assert_true(is_closed(p.client));
        /* and there is nothing left of it */
        assert_int_equal(sock_diag_close(getuid(), &wanted, 1), 0);
        pair_close(&p);
}

static void test_an_open_connection_is_closed(void **state) {
        (void)state;
        if (!may_close())
                skip();
        check_closes(v4("127.1.2.3", 443), v4("127.1.2.3", 443), "127.1.2.3");
        check_closes(v4("127.1.2.3", 80), v4("127.1.2.3", 80), "127.1.2.3");
        check_closes(v6("::1", 443), v6("::1", 443), "::1");
        check_closes(v4("127.1.2.3", 443), v6("::ffff:127.1.2.3", 443), "127.1.2.3");
}

static void check_stays(Address at, uid_t uid, const char *address) {
        struct in6_addr wanted = mapped(address);
        Pair p = pair_open(at, at);

        assert_int_equal(sock_diag_close(uid, &wanted, 1), 0);
        assert_false(is_closed(p.client));
        assert_false(is_closed(p.server));
        pair_close(&p);
}

static void test_nothing_else_is_closed(void **state) {
        (void)state;
        if (!may_close())
                skip();
        check_stays(v4("127.1.2.3", 443), getuid(), "127.1.2.4");  /* another address */
        check_stays(v4("127.1.2.3", 443), getuid(), "::7f01:203"); /* not the mapped one */
        check_stays(v4("127.1.2.3", 8443), getuid(), "127.1.2.3"); /* another port */
        check_stays(v4("127.1.2.3", 443), OTHER_UID, "127.1.2.3"); /* another user's */
        check_stays(v6("::1", 443), OTHER_UID, "::1");
        check_stays(v6("::1", 443), getuid(), "127.0.0.1");
}

static void test_of_many_connections_all_are_closed(void **state) {
        enum { MANY = 300 }; /* more than one datagram of the kernel's tells */
        struct in6_addr wanted[] = {mapped("192.0.2.1"), mapped("127.1.2.3")};
        Address at = v4("127.1.2.3", 443);
        int clients[MANY], servers[MANY];
        _cleanup_close_ int listening = -1;

        (void)state;
        if (!may_close())
                skip();
        listening = open_socket(&at);
        assert_int_equal(bind(listening, &at.any, sizeof(at)), 0);
        assert_int_equal(listen(listening, 4), 0);
        for (size_t i = 0; i < MANY; i++) {
                clients[i] = open_socket(&at);
                assert_int_equal(connect(clients[i], &at.any, sizeof(at)), 0);
                servers[i] = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
                assert_true(servers[i] >= 0);
        }
        assert_int_equal(sock_diag_close(getuid(), wanted, 2), MANY);
        for (size_t i = 0; i < MANY; i++) {
                assert_true(is_closed(clients[i]));
                closep(&clients[i]);
                closep(&servers[i]);
        }
}

static void test_no_addresses_close_nothing(void **state) {
        (void)state;
        assert_int_equal(sock_diag_close(getuid(), NULL, 0), 0);
}

static int close_as_other(void *userdata) {
        struct in6_addr wanted = mapped("127.1.2.3");
        int r = sock_diag_close(0, &wanted, 1);

        (void)userdata;
        return r == -EPERM || r == -EACCES ? 0 : 1;
}

static void test_without_the_right_to_close_nothing_is_closed(void **state) {
        Pair p;

        (void)state;
        if (!may_close())
                skip();
        p = pair_open(v4("127.1.2.3", 443), v4("127.1.2.3", 443));
        assert_int_equal(as_other(close_as_other, NULL), 0);
        assert_false(is_closed(p.client));
        pair_close(&p);
}

/* --- the network ----------------------------------------------------------------------------- */

static bool enter_network(void) {
        struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
        _cleanup_close_ int fd = -1;

        if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0)
                return false;
        fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        return fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &lo) == 0;
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_the_owner_of_a_connection_is_found),
                cmocka_unit_test(test_the_owner_of_a_connection_with_mapped_addresses_is_found),
                cmocka_unit_test(test_what_does_not_exist_has_no_owner),
                cmocka_unit_test(test_a_listening_socket_is_no_connection),
                cmocka_unit_test(test_a_connection_that_its_owner_closed_has_none),
                cmocka_unit_test(test_another_users_connection_is_the_other_users),
                cmocka_unit_test(test_an_ordinary_user_may_ask),
                cmocka_unit_test(test_an_open_connection_is_closed),
                cmocka_unit_test(test_nothing_else_is_closed),
                cmocka_unit_test(test_of_many_connections_all_are_closed),
                cmocka_unit_test(test_no_addresses_close_nothing),
                cmocka_unit_test(test_without_the_right_to_close_nothing_is_closed),
        };

        (void)alarm(PATIENCE_SEC);
        own_network = enter_network();
        return cmocka_run_group_tests_name("sock-diag", tests, NULL, NULL);
}
