/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Any bytes as what a browser says to the host. Checked beside memory: however they are cut, the
 * same messages come of them, and each is an object that can be sent and read again. */

#include "webext/message.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition) {
        if (!condition)
                abort();
}

/* Sent and read again, it is the same. */
static void check_message(const json_t *message) {
        _cleanup_(message_reader_done) MessageReader r = {0};
        _cleanup_(buffer_done) Buffer out = {0};
        json_t *again;
        int n;

        require(json_is_object(message));
        require(message_add(&out, message) == 0);
        require(message_reader_add(&r, out.data, out.len) == 0);
        n = message_take(&r, &again);
        /* figures and escapes may take more bytes than they came with */
        require(n == 1 || (n < 0 && out.len > MESSAGE_IN_MAX));
        if (n == 1) {
                require(json_equal(message, again));
                json_decref(again);
        }
}

/* Reads all in pieces. Returns how many messages came, or one less than nothing for a failure. */
static long read_all(const uint8_t *data, size_t size, size_t piece) {
        _cleanup_(message_reader_done) MessageReader r = {0};
        long n = 0;

        for (size_t at = 0; at < size; at += piece) {
                json_t *message;
                int taken;

                require(message_reader_add(&r, data + at, MIN(piece, size - at)) == 0);
                while ((taken = message_take(&r, &message)) == 1) {
                        check_message(message);
                        json_decref(message);
                        n++;
                }
                if (taken < 0)
                        return -n - 1;
        }
        return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        long n = read_all(data, size, size + 1);

        require(read_all(data, size, 1) == n);
        require(read_all(data, size, 7) == n);
        return 0;
}
