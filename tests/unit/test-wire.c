/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Framing and headers, in both byte orders: what a library of the bus writes is read, and what the
 * specification does not allow is refused. */

#include "relay/wire.h"

#include "unit/random.h"
#include "unit/wire-fixture.h"

#include <dbus/dbus.h>
#include <errno.h>

static const char orders[] = {'l', 'B'};

static Made rich(char order) {
        return (Made){
                .order = order,
                .type = WIRE_RETURN,
                .flags = WIRE_NO_REPLY,
                .serial = 77,
                .path = "/a/path",
                .interface = "an.interface",
                .member = "Member",
                .destination = "org.there",
                .sender = SENDER,
                .signature = "s",
                .reply_serial = 5,
                .unix_fds = 3,
        };
}

static void test_every_field_is_read(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
                Made m = rich(orders[i]);
                Buffer body = {0}, b;
                WireHead head = {0};
                size_t len = 0;

                made_string(&body, orders[i], "text");
                b = made_message(&m, &body);
                assert_int_equal(wire_length(b.data, b.len, &len), 0);
                assert_int_equal(len, b.len);
                assert_int_equal(wire_head(b.data, len, &head), 0);
                assert_int_equal(head.order, orders[i]);
                assert_int_equal(head.type, m.type);
                assert_int_equal(head.flags, m.flags);
                assert_int_equal(head.serial, 77);
                assert_int_equal(head.reply_serial, 5);
                assert_int_equal(head.unix_fds, 3);
                assert_int_equal(wire_u32(head.order, b.data + head.unix_fds_at), 3);
                assert_string_equal(head.path, m.path);
                assert_string_equal(head.interface, m.interface);
                assert_string_equal(head.member, m.member);
                assert_string_equal(head.destination, m.destination);
                assert_string_equal(head.sender, m.sender);
                assert_string_equal(head.signature, m.signature);
                assert_null(head.error);
                assert_int_equal(head.body_len, body.len);
                assert_memory_equal(b.data + head.body, body.data, body.len);
                buffer_done(&body);
                buffer_done(&b);
        }
}

static void test_a_library_agrees(void **state) {
        DBusMessage *m = dbus_message_new_signal("/a", "b.c", "D");
        const char *text = "text";
        WireHead head;
        size_t len;
        char *bytes;
        int n;

        (void)state;
        dbus_message_set_serial(m, 9);
        assert_true(dbus_message_append_args(m, DBUS_TYPE_STRING, &text, DBUS_TYPE_INVALID));
        assert_true(dbus_message_marshal(m, &bytes, &n));
        assert_int_equal(wire_length(bytes, WIRE_FIXED, &len), 0);
        assert_int_equal(len, n);
        assert_int_equal(wire_head(bytes, len, &head), 0);
        assert_string_equal(head.member, "D");
        assert_null(head.sender);
        assert_int_equal(head.unix_fds_at, 0);
        dbus_free(bytes);
        dbus_message_unref(m);
}

static void test_the_length_needs_sixteen_bytes(void **state) {
        Made m = rich('B');
        Buffer b = made_message(&m, NULL);
        size_t len = 0;

        (void)state;
        for (size_t n = 0; n < WIRE_FIXED; n++)
                assert_int_equal(wire_length(b.data, n, &len), -EAGAIN);
        assert_int_equal(wire_length("x", 1, &len), -EBADMSG);
        assert_int_equal(len, 0);
        buffer_done(&b);
}

static void assert_length(uint32_t fields, uint32_t body, int result) {
        for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
                char bytes[WIRE_FIXED] = {orders[i], 1, 0, 1};
                size_t len;

                wire_put_u32(orders[i], bytes + 4, body);
                wire_put_u32(orders[i], bytes + 12, fields);
                assert_int_equal(wire_length(bytes, sizeof(bytes), &len), result);
                if (result == 0)
                        assert_int_equal(len, WIRE_FIXED + (fields + 7) / 8 * 8 + body);
        }
}

static void test_the_limits_are_the_specifications(void **state) {
        (void)state;
        assert_length(0, 0, 0);
        assert_length(9, 5, 0);
        assert_length(0, WIRE_MESSAGE_MAX - WIRE_FIXED, 0);
        assert_length(0, WIRE_MESSAGE_MAX - WIRE_FIXED + 1, -EBADMSG);
        assert_length(WIRE_FIELDS_MAX, 0, 0);
        assert_length(WIRE_FIELDS_MAX + 1, 0, -EBADMSG);
        assert_length(UINT32_MAX, UINT32_MAX, -EBADMSG);
}

/* --- what is refused ------------------------------------------------------------------------- */

/* A message with these bytes of header fields. */
static int read_fields(const void *fields, size_t n) {
        char bytes[256] = {'l', 1, 0, 1};
        WireHead head;
        size_t len = 0;

        assert_true(n + WIRE_FIXED + 8 < sizeof(bytes));
        wire_put_u32('l', bytes + 8, 1);
        wire_put_u32('l', bytes + 12, (uint32_t)n);
        memcpy(bytes + WIRE_FIXED, fields, n);
        assert_int_equal(wire_length(bytes, sizeof(bytes), &len), 0);
        return wire_head(bytes, len, &head);
}

#define FIELDS(text) read_fields(text, sizeof(text) - 1)

static void test_fields_out_of_order_are_refused(void **state) {
        (void)state;
        /* MEMBER, "Hey" */
        assert_int_equal(FIELDS("\3\1s\0\3\0\0\0Hey\0"), 0);
        /* twice */
        assert_int_equal(FIELDS("\3\1s\0\3\0\0\0Hey\0\0\0\0\0\3\1s\0\3\0\0\0Hey\0"), -EBADMSG);
        /* of another type */
        assert_int_equal(FIELDS("\3\1o\0\3\0\0\0Hey\0"), -EBADMSG);
        assert_int_equal(FIELDS("\3\2ss\0\3\0\0\0Hey\0"), -EBADMSG);
        /* a code that is none */
        assert_int_equal(FIELDS("\0\1s\0\3\0\0\0Hey\0"), -EBADMSG);
        /* longer than the array, without its NUL, with one inside */
        assert_int_equal(FIELDS("\3\1s\0\4\0\0\0Hey\0"), -EBADMSG);
        assert_int_equal(FIELDS("\3\1s\0\377\377\377\377Hey\0"), -EBADMSG);
        assert_int_equal(FIELDS("\3\1s\0\2\0\0\0Hey\0"), -EBADMSG);
        assert_int_equal(FIELDS("\3\1s\0\3\0\0\0H\0y\0"), -EBADMSG);
        /* a signature that goes on too long */
        assert_int_equal(FIELDS("\10\1g\0\20su\0"), -EBADMSG);
        assert_int_equal(FIELDS("\10\1g\0\2su\0"), 0);
        /* padding that is something */
        assert_int_equal(FIELDS("\10\1g\0\2su\0\0\0\0\0\0\0\0\1\3\1s\0\3\0\0\0Hey\0"), -EBADMSG);
}

static void test_unknown_fields_are_passed_over(void **state) {
        (void)state;
        assert_int_equal(FIELDS("\12\1o\0\2\0\0\0/a\0"), 0);
        assert_int_equal(FIELDS("\12\1y\0\1"), 0);
        assert_int_equal(FIELDS("\12\1q\0\1\0"), 0);
        assert_int_equal(FIELDS("\12\1t\0\0\0\0\0\1\0\0\0\0\0\0\0"), 0);
        assert_int_equal(FIELDS("\12\1g\0\1s\0"), 0);
        assert_int_equal(FIELDS("\12\2ay\0\0\0\0\3\0\0\0abc"), 0);
        assert_int_equal(FIELDS("\12\2ay\0\0\0\0\4\0\0\0abc"), -EBADMSG);
        assert_int_equal(FIELDS("\12\1v\0\1s\0\0\0\0\0\0\0"), -EBADMSG);
        assert_int_equal(FIELDS("\12\0\0"), -EBADMSG);
        assert_int_equal(FIELDS("\12\1a\0\0\0\0\0"), -EBADMSG);
}

static void test_fixed_parts_are_checked(void **state) {
        static const struct {
                size_t at;
                char value;
        } wrong[] = {{1, 0}, {3, 2}, {8, 0}};

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
                Made m = {.order = 'l', .serial = 1, .member = "M"};
                Buffer b = made_message(&m, NULL);
                WireHead head;

                assert_int_equal(wire_head(b.data, b.len, &head), 0);
                b.data[wrong[i].at] = wrong[i].value;
                assert_int_equal(wire_head(b.data, b.len, &head), -EBADMSG);
                buffer_done(&b);
        }
}

/* Whatever byte is changed, nothing is read outside; a sanitizer is the judge. What our reader
 * takes and libdbus does not are only contents (names, paths), never structure. */
static void test_no_byte_leads_astray(void **state) {
        Random random = random_start(4);
        Made m = rich('l');
        Buffer b = made_message(&m, NULL);
        unsigned good = 0;

        (void)state;
        for (unsigned i = 0; i < 50000; i++) {
                _cleanup_free_ char *copy = malloc(b.len);
                WireHead head;
                size_t len;

                memcpy(copy, b.data, b.len);
                copy[random_below(&random, b.len)] = (char)random_next(&random);
                copy[random_below(&random, b.len)] = (char)random_next(&random);
                if (wire_length(copy, b.len, &len) < 0 || len != b.len)
                        continue;
                if (wire_head(copy, len, &head) < 0)
                        continue;
                good++;
                if (head.member)
                        assert_true(strlen(head.member) < b.len);
        }
        print_message("# %u of 50000 are headers\n", good);
        assert_true(good > 0);
        buffer_done(&b);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_every_field_is_read),
                cmocka_unit_test(test_a_library_agrees),
                cmocka_unit_test(test_the_length_needs_sixteen_bytes),
                cmocka_unit_test(test_the_limits_are_the_specifications),
                cmocka_unit_test(test_fields_out_of_order_are_refused),
                cmocka_unit_test(test_unknown_fields_are_passed_over),
                cmocka_unit_test(test_fixed_parts_are_checked),
                cmocka_unit_test(test_no_byte_leads_astray),
        };
        return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
