/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Messages of the browser's, however their bytes are cut, and those that are none. */

#include "webext/message.h"

#include "unit/test.h"

#include <errno.h>
#include <stdint.h>

static void add_frame(Buffer *b, uint32_t len, const char *text) {
        assert_int_equal(buffer_add(b, &len, sizeof(len)), 0);
        assert_int_equal(buffer_puts(b, text), 0);
}

static int take_one(uint32_t len, const char *text, size_t text_len, json_t **ret) {
        _cleanup_(message_reader_done) MessageReader r = {0};

        assert_int_equal(message_reader_add(&r, &len, sizeof(len)), 0);
        assert_int_equal(message_reader_add(&r, text, text_len), 0);
        return message_take(&r, ret);
}

#define TAKE(text, ret) take_one(sizeof(text) - 1, text, sizeof(text) - 1, ret)

static void test_messages_come_in_pieces(void **state) {
        _cleanup_(buffer_done) Buffer b = {0};

        (void)state;
        add_frame(&b, 8, "{\"id\":1}");
        add_frame(&b, 2, "{}");
        add_frame(&b, 16, "{\"id\":3,\"a\":\"b\"}");
        for (size_t piece = 1; piece <= b.len; piece++) {
                _cleanup_(message_reader_done) MessageReader r = {0};
                unsigned n = 0;
                json_t *o;

                for (size_t at = 0; at < b.len; at += piece) {
                        assert_int_equal(
                                message_reader_add(&r, b.data + at, MIN(piece, b.len - at)), 0);
                        while (message_take(&r, &o) == 1) {
                                n++;
                                assert_int_equal(json_integer_value(json_object_get(o, "id")),
                                        n == 2 ? 0 : n);
                                json_decref(o);
                        }
                }
                assert_int_equal(n, 3);
                assert_false(message_reader_has_rest(&r));
        }
}

static void test_a_part_is_no_message(void **state) {
        _cleanup_(message_reader_done) MessageReader r = {0};
        json_t *o = NULL;

        (void)state;
        assert_int_equal(message_take(&r, &o), 0);
        assert_int_equal(message_reader_add(&r, "\x08\0", 2), 0);
        assert_int_equal(message_take(&r, &o), 0);
        assert_true(message_reader_has_rest(&r));
        assert_null(o);
}

static void test_the_length_is_bounded_before_the_rest_comes(void **state) {
        json_t *o = NULL;

        (void)state;
        assert_int_equal(take_one(MESSAGE_IN_MAX, "", 0, &o), 0);
        assert_int_equal(take_one(MESSAGE_IN_MAX + 1, "", 0, &o), -EMSGSIZE);
        assert_int_equal(take_one(UINT32_MAX, "{}", 2, &o), -EMSGSIZE);
        assert_null(o);
}

static void test_what_is_no_object_is_refused(void **state) {
        static char deep[MESSAGE_IN_MAX];
        json_t *o = NULL;

        (void)state;
        assert_int_equal(TAKE("", &o), -EBADMSG);
        assert_int_equal(TAKE("[]", &o), -EBADMSG);
        assert_int_equal(TAKE("{\"id\":1", &o), -EBADMSG);
        assert_int_equal(TAKE("{\"id\":1} {}", &o), -EBADMSG);
        assert_int_equal(TAKE("{\"id\":1,\"id\":2}", &o), -EBADMSG);
        assert_int_equal(TAKE("{\"check\":\"\xff\xfe\"}", &o), -EBADMSG);
        assert_int_equal(TAKE("{\"check\":\"a\\u0000b\"}", &o), -EBADMSG);
        memset(deep, '[', sizeof(deep));
        memcpy(deep, "{\"a\":", 5);
        assert_int_equal(take_one(sizeof(deep), deep, sizeof(deep), &o), -EBADMSG);
        assert_null(o);
}

static void test_what_is_sent_can_be_read(void **state) {
        json_t *sent = json_pack("{s:i, s:s}", "id", 7, "grade", "attempt"), *got = NULL;
        _cleanup_(message_reader_done) MessageReader r = {0};
        _cleanup_(buffer_done) Buffer out = {0};

        (void)state;
        assert_int_equal(message_add(&out, sent), 0);
        assert_int_equal(message_reader_add(&r, out.data, out.len), 0);
        assert_int_equal(message_take(&r, &got), 1);
        assert_true(json_equal(sent, got));
        json_decref(sent);
        json_decref(got);
}

static void test_browsers_take_no_more_than_a_mebibyte(void **state) {
        _cleanup_free_ char *text = malloc(MESSAGE_OUT_MAX + 1);
        _cleanup_(buffer_done) Buffer out = {0};
        json_t *o;

        (void)state;
        memset(text, 'a', MESSAGE_OUT_MAX);
        text[MESSAGE_OUT_MAX] = '\0';
        o = json_pack("{s:s}", "a", text);
        assert_int_equal(message_add(&out, o), -EMSGSIZE);
        assert_int_equal(out.len, 0);
        json_decref(o);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_messages_come_in_pieces),
                cmocka_unit_test(test_a_part_is_no_message),
                cmocka_unit_test(test_the_length_is_bounded_before_the_rest_comes),
                cmocka_unit_test(test_what_is_no_object_is_refused),
                cmocka_unit_test(test_what_is_sent_can_be_read),
                cmocka_unit_test(test_browsers_take_no_more_than_a_mebibyte),
        };

        return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}
