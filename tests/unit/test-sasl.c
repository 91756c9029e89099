/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Where a handshake ends, however its bytes are cut. */

#include "relay/sasl.h"

#include "common/macro.h"
#include "unit/test.h"

#include <errno.h>

/* Goes over a text in pieces of `piece` bytes; returns how many bytes were lines. */
static size_t scan(bool client, const char *text, size_t len, size_t piece, bool *ret_done) {
        Sasl s = {.client = client};
        size_t at = 0;

        while (at < len && !s.done) {
                size_t n = MIN(piece, len - at), lines = 0;

                assert_int_equal(sasl_scan(&s, text + at, n, &lines), 0);
                assert_true(lines <= n && (lines == n || s.done));
                at += lines;
        }
        *ret_done = s.done;
        return at;
}

/* `messages` is where they begin, or -1 when they do not. */
static void assert_ends(bool client, const char *text, size_t len, int messages) {
        for (size_t piece = 1; piece <= len; piece++) {
                bool done = false;
                size_t at = scan(client, text, len, piece, &done);

                assert_int_equal(done, messages >= 0);
                assert_int_equal(at, messages >= 0 ? (size_t)messages : len);
        }
}

#define CLIENT(text, messages) assert_ends(true, text, sizeof(text) - 1, messages)
#define BUS(text, messages)    assert_ends(false, text, sizeof(text) - 1, messages)

static void test_a_client_begins(void **state) {
        (void)state;
        CLIENT("\0AUTH EXTERNAL 30\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\nl\1\0\1", 45);
        CLIENT("\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\nBEGIN\r\n", 29);
        CLIENT("\0AUTH EXTERNAL\r\nBEGIN now\r\nB", 27);
        CLIENT("\0AUTH\r\nBEGINNING\r\nbegin\r\n BEGIN\r\n", -1);
        CLIENT("\0AUTH BEGIN\r\nDATA BEGIN\nBEGIN\nBEGIN\r", -1);
}

static void test_a_bus_answers_and_messages_follow(void **state) {
        (void)state;
        BUS("OK 1234deadbeef\r\nAGREE_UNIX_FD\r\nl\2\1\1", 32);
        BUS("DATA\r\nOK 1234deadbeef\r\nB\2\1\1", 23);
        BUS("REJECTED EXTERNAL\r\nERROR no\r\nOK l\r\n", -1);
        BUS("OK 12\nl", -1);
}

static void test_one_without_an_end_is_cut_off(void **state) {
        char text[1024];
        Sasl s = {.client = true};
        size_t lines;
        int r = 0;

        (void)state;
        memset(text, 'x', sizeof(text));
        for (unsigned i = 0; i < SASL_MAX / sizeof(text); i++)
                assert_int_equal(sasl_scan(&s, text, sizeof(text), &lines), 0);
        r = sasl_scan(&s, text, 1, &lines);
        assert_int_equal(r, -EMSGSIZE);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_a_client_begins),
                cmocka_unit_test(test_a_bus_answers_and_messages_follow),
                cmocka_unit_test(test_one_without_an_end_is_cut_off),
        };
        return cmocka_run_group_tests_name("sasl", tests, NULL, NULL);
}
