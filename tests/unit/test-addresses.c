/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Where names lead, asked of the real resolver of the C library. It runs in a network and mount
 * namespace of its own with a small name server on the loopback device, which answers, denies or
 * stays silent by the name's first label, and with a hosts file of the test's. */

#include "daemon/addresses.h"

#include "common/time.h"
#include "unit/alone.h"
#include "unit/test.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#define PATIENT (60 * USEC_PER_SEC)

/* --- a name server --------------------------------------------------------------------------- */

enum { TYPE_A = 1, TYPE_AAAA = 28, HEADER = 12, PACKET_MAX = 512 };

static int server = -1;
static atomic_uint asked;

static bool begins(const uint8_t *question, const char *label) {
        return question[0] == strlen(label) && memcmp(question + 1, label, strlen(label)) == 0;
}

/* "two.*" has two addresses of each kind, "found.*" the first of them, "silent.*" gets no answer,
 * and all others do not exist. The answer (RFC 1035, section 4.1) is written behind the question.
 */
static size_t answer(uint8_t packet[static PACKET_MAX], size_t len) {
        const uint8_t *question = packet + HEADER;
        size_t name = strnlen((const char *)question, len - HEADER) + 1;
        uint8_t type = question[name + 1];
        unsigned answers = begins(question, "two") ? 2 : begins(question, "found") ? 1 : 0;
        size_t at = HEADER + name + 4;

        if (begins(question, "silent"))
                return 0;
        memset(packet + 6, 0, 6);
        packet[2] = 0x81; /* an answer; recursion was asked for */
        packet[3] = answers > 0 ? 0x80 : 0x83;
        packet[7] = (uint8_t)answers;
        for (unsigned i = 0; i < answers; i++) {
                uint16_t size = type == TYPE_A ? 4 : 16;
                const uint8_t record[12] = {
                        0xc0, HEADER, 0, type, 0, 1, 0, 0, 0, 60, 0, (uint8_t)size};

                memcpy(packet + at, record, sizeof(record));
                at += sizeof(record);
                memset(packet + at, 0, size);
                if (type == TYPE_A)
                        memcpy(packet + at, (uint8_t[]){192, 0, 2, 0}, 4);
                else
                        memcpy(packet + at, (uint8_t[]){0x20, 0x01, 0x0d, 0xb8}, 4);
                packet[at + size - 1] = (uint8_t)(i + 1);
                at += size;
        }
        return at;
}

static void *serve(void *userdata) {
        uint8_t packet[PACKET_MAX];

        (void)userdata;
        for (;;) {
                struct sockaddr_in from;
                socklen_t from_len = sizeof(from);
                ssize_t n = recvfrom(
                        server, packet, sizeof(packet), 0, (struct sockaddr *)&from, &from_len);
                size_t len;

                if (n <= HEADER)
                        continue;
                (void)atomic_fetch_add(&asked, 1);
                len = answer(packet, (size_t)n);
                if (len > 0)
                        (void)sendto(server, packet, len, 0, (struct sockaddr *)&from, from_len);
        }
        return NULL;
}

static void start_server(void) {
        const struct sockaddr_in at = {
                .sin_family = AF_INET, .sin_port = htons(53), .sin_addr = {htonl(INADDR_LOOPBACK)}};
        pthread_t thread;

        server = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        assert_true(server >= 0);
        assert_int_equal(bind(server, (const struct sockaddr *)&at, sizeof(at)), 0);
        assert_int_equal(pthread_create(&thread, NULL, serve, NULL), 0);
        assert_int_equal(pthread_detach(thread), 0);
}

static int world_setup(void **state) {
        sigset_t term;

        (void)state;
        alone_replace("/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n");
        alone_replace("/etc/nsswitch.conf", "hosts: files dns\n");
        alone_replace("/etc/hosts", "127.0.0.1 localhost\n"
                                    "127.66.3.4 held.example\n::ffff:127.66.3.4 held.example\n"
                                    "0.0.0.0 listed.example\n:: listed.example\n"
                                    "192.0.2.77 hosts.example\n");
        /* as the daemon does, which hears of it from a descriptor */
        (void)sigemptyset(&term);
        (void)sigaddset(&term, SIGTERM);
        assert_int_equal(pthread_sigmask(SIG_BLOCK, &term, NULL), 0);
        start_server();
        return 0;
}

/* --- asking ---------------------------------------------------------------------------------- */

typedef struct Asker {
        sd_event *event;
        Addresses *addresses;
        unsigned told;
        size_t n;
        char text[ADDRESSES_MAX * 48]; /* what was found, sorted, each with a blank behind */
        bool free_at_once;
} Asker;

static int by_bytes(const void *a, const void *b) {
        return memcmp(a, b, sizeof(struct in6_addr));
}

static void on_found(void *userdata, const struct in6_addr *found, size_t n) {
        struct in6_addr sorted[ADDRESSES_MAX];
        Asker *a = userdata;
        size_t at = 0;

        a->told++;
        a->n = n;
        assert_in_range(n, 0, ADDRESSES_MAX);
        memcpy(sorted, found, n * sizeof(*found));
        qsort(sorted, n, sizeof(*sorted), by_bytes);
        a->text[0] = '\0';
        for (size_t i = 0; i < n; i++) {
                char one[INET6_ADDRSTRLEN];

                assert_non_null(inet_ntop(AF_INET6, &sorted[i], one, sizeof(one)));
                at += (size_t)snprintf(a->text + at, sizeof(a->text) - at, "%s ", one);
        }
        if (a->free_at_once)
                a->addresses = addresses_free(a->addresses);
}

static int asker_setup(void **state) {
        Asker *a = calloc(1, sizeof(*a));

        if (!a || sd_event_new(&a->event) < 0)
                return -1;
        *state = a;
        return 0;
}

static int asker_teardown(void **state) {
        Asker *a = *state;

        addresses_free(a->addresses);
        sd_event_unref(a->event);
        free(a);
        return 0;
}

static void find(Asker *a, uint64_t patience, const char *const *names, size_t n) {
        assert_int_equal(
                addresses_find(a->event, names, n, patience, on_found, a, &a->addresses), 0);
        assert_int_equal(a->told, 0);
        while (a->told == 0)
                assert_true(sd_event_run(a->event, UINT64_MAX) >= 0);
}

static void test_addresses_of_both_kinds_are_found(void **state) {
        const char *const names[] = {"two.example"};

        find(*state, PATIENT, names, 1);
        assert_string_equal(((Asker *)*state)->text,
                "::ffff:192.0.2.1 ::ffff:192.0.2.2 2001:db8::1 2001:db8::2 ");
}

static void test_an_address_of_two_names_is_told_once(void **state) {
        const char *const names[] = {"two.example", "found.example", "hosts.example"};

        find(*state, PATIENT, names, 3);
        assert_string_equal(((Asker *)*state)->text,
                "::ffff:192.0.2.1 ::ffff:192.0.2.2 ::ffff:192.0.2.77 2001:db8::1 2001:db8::2 ");
}

static void test_a_name_that_does_not_exist_finds_nothing(void **state) {
        const char *const names[] = {"gone.example", "", "not a name"};

        find(*state, PATIENT, names, 3);
        assert_int_equal(((Asker *)*state)->n, 0);
}

static void test_loopback_and_no_address_are_left_out(void **state) {
        const char *const names[] = {
                "held.example", "listed.example", "localhost", "127.9.9.9", "found.example"};

        find(*state, PATIENT, names, 5);
        assert_string_equal(((Asker *)*state)->text, "::ffff:192.0.2.1 2001:db8::1 ");
}

static void test_no_names_are_answered_from_the_loop_too(void **state) {
        find(*state, PATIENT, NULL, 0);
        assert_int_equal(((Asker *)*state)->n, 0);
}

static void test_a_silent_server_takes_no_longer_than_the_patience(void **state) {
        const char *const names[] = {"silent.example", "found.example"};
        Asker *a = *state;

        find(a, 300 * USEC_PER_MSEC, names, 2);
        assert_string_equal(a->text, "::ffff:192.0.2.1 2001:db8::1 ");
        /* and it is told once, also when the server has been given up */
        for (unsigned i = 0; i < 15; i++)
                assert_true(sd_event_run(a->event, 100 * USEC_PER_MSEC) >= 0);
        assert_int_equal(a->told, 1);
}

static void test_nothing_is_called_after_it_was_freed(void **state) {
        const char *const names[] = {"silent.example", "found.example"};
        Asker *a = *state;

        assert_int_equal(
                addresses_find(a->event, names, 2, PATIENT, on_found, a, &a->addresses), 0);
        a->addresses = addresses_free(a->addresses);
        for (unsigned i = 0; i < 15; i++)
                assert_true(sd_event_run(a->event, 100 * USEC_PER_MSEC) >= 0);
        assert_int_equal(a->told, 0);
}

static void test_it_may_be_freed_while_it_tells(void **state) {
        const char *const names[] = {"found.example"};
        Asker *a = *state;

        a->free_at_once = true;
        find(a, PATIENT, names, 1);
        assert_null(a->addresses);
}

static void test_names_beyond_the_limit_are_passed_over(void **state) {
        char text[ADDRESSES_NAMES_MAX * 2][32];
        const char *names[ADDRESSES_NAMES_MAX * 2];
        Asker *a = *state;

        /* numbers are addresses without being asked for */
        for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
                (void)snprintf(text[i], sizeof(text[i]), "198.51.100.%u", i);
                names[i] = text[i];
        }
        find(a, PATIENT, names, ARRAY_LEN(names));
        assert_int_equal(a->n, ADDRESSES_NAMES_MAX);
        assert_null(strstr(a->text, "198.51.100.64 "));
}

/* Signals are heard by the loop alone: a thread that takes one would end the daemon unrecorded. */
static void test_no_thread_of_a_look_up_takes_a_signal(void **state) {
        const char *const names[] = {"found.example", "two.example", "silent.example"};
        Asker *a = *state;
        sigset_t pending;

        for (unsigned round = 0; round < 20; round++) {
                a->told = 0;
                assert_int_equal(addresses_find(a->event, names, 2 + (round == 0), PATIENT,
                                         on_found, a, &a->addresses),
                        0);
                assert_int_equal(kill(getpid(), SIGTERM), 0);
                while (a->told == 0)
                        assert_true(sd_event_run(a->event, UINT64_MAX) >= 0);
                a->addresses = addresses_free(a->addresses);
        }
        assert_int_equal(sigpending(&pending), 0);
        assert_true(sigismember(&pending, SIGTERM));
        assert_int_equal(sigwaitinfo(&pending, NULL), SIGTERM);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, asker_setup, asker_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(test_addresses_of_both_kinds_are_found),
                TEST(test_an_address_of_two_names_is_told_once),
                TEST(test_a_name_that_does_not_exist_finds_nothing),
                TEST(test_loopback_and_no_address_are_left_out),
                TEST(test_no_names_are_answered_from_the_loop_too),
                TEST(test_a_silent_server_takes_no_longer_than_the_patience),
                TEST(test_nothing_is_called_after_it_was_freed),
                TEST(test_it_may_be_freed_while_it_tells),
                TEST(test_names_beyond_the_limit_are_passed_over),
                TEST(test_no_thread_of_a_look_up_takes_a_signal),
        };

        if (!alone_enter()) {
                (void)printf(
                        "1..1\nok 1 - where names lead # skip no namespace may be made here\n");
                return 0;
        }
        return cmocka_run_group_tests(tests, world_setup, NULL);
}
