/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What sway says, whole and cut, and what is none of it. */

#include "common/macro.h"
#include "daemon/sensors/sway-message.h"
#include "unit/test.h"

#include <errno.h>
#include <stdio.h>

static void test_a_header_is_read_again(void **state) {
        char bytes[SWAY_HEADER_LEN + 2];
        SwayMessage m;
        size_t used;

        (void)state;
        sway_message_header(SWAY_SUBSCRIBE, 2, bytes);
        memcpy(bytes + SWAY_HEADER_LEN, "[]", 2);
        for (size_t len = 0; len < sizeof(bytes); len++)
                assert_int_equal(sway_message_read(bytes, len, &m, &used), 0);
        assert_int_equal(sway_message_read(bytes, sizeof(bytes), &m, &used), 1);
        assert_int_equal(used, sizeof(bytes));
        assert_int_equal(m.type, SWAY_SUBSCRIBE);
        assert_int_equal(m.len, 2);
        assert_memory_equal(m.payload, "[]", 2);
}

static void test_what_is_no_message_is_said_at_once(void **state) {
        char bytes[SWAY_HEADER_LEN];
        SwayMessage m;
        size_t used;

        (void)state;
        assert_int_equal(sway_message_read("x", 1, &m, &used), -EBADMSG);
        assert_int_equal(sway_message_read("i3-ipX", 6, &m, &used), -EBADMSG);
        sway_message_header(SWAY_SUBSCRIBE, SWAY_MESSAGE_MAX + 1, bytes);
        assert_int_equal(sway_message_read(bytes, sizeof(bytes), &m, &used), -EMSGSIZE);
        sway_message_header(SWAY_SUBSCRIBE, UINT32_MAX, bytes);
        assert_int_equal(sway_message_read(bytes, sizeof(bytes), &m, &used), -EMSGSIZE);
}

/* Written as sway 1.7 writes it, shortened. */
#define EVENT(change, focused, app)                                                                \
        "{ \"change\": \"" change "\", \"container\": { \"id\": 5, \"name\": \"Alex \\u0044oe\","  \
        " \"focused\": " focused ", \"pid\": 7, " app " } }"
#define WAYLAND "\"app_id\": \"chromium\""
#define X11     "\"app_id\": null, \"window_properties\": { \"class\": \"firefox-esr\" }"

static void test_windows_in_front(void **state) {
        static const struct {
                const char *event, *app;
                int result;
        } cases[] = {
                {EVENT("title", "true", WAYLAND), "chromium", 1},
                {EVENT("focus", "true", WAYLAND), "chromium", 1},
                {EVENT("new", "true", X11), "firefox-esr", 1},
                {EVENT("title", "false", WAYLAND), NULL, 0},
                {EVENT("close", "true", WAYLAND), NULL, 0},
                {EVENT("mark", "true", WAYLAND), NULL, 0},
                {EVENT("title", "true", "\"app_id\": null"), NULL, 0},
                {EVENT("title", "true", "\"app_id\": 7"), NULL, 0},
                {EVENT("title", "\"true\"", WAYLAND), NULL, 0},
                {"{\"change\": \"title\"}", NULL, 0},
                {"{\"change\": \"title\", \"container\": []}", NULL, 0},
                {"{\"change\": \"title\", \"container\": {\"name\": null, \"focused\": true,"
                 " \"app_id\": \"chromium\"}}",
                        NULL, 0},
                {"{\"change\": 1}", NULL, -EBADMSG},
                {"{}", NULL, -EBADMSG},
                {"[]", NULL, -EBADMSG},
                {"", NULL, -EBADMSG},
                {"{\"change\": \"title\\u0000\"}", NULL, -EBADMSG},
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                SwayWindow w = {0};
                int r = sway_window_read(cases[i].event, strlen(cases[i].event), &w);

                if (r != cases[i].result)
                        fail_msg("%s gives %d", cases[i].event, r);
                if (r > 0) {
                        assert_string_equal(w.app, cases[i].app);
                        assert_string_equal(w.title, "Alex Doe");
                }
                sway_window_done(&w);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_a_header_is_read_again),
                cmocka_unit_test(test_what_is_no_message_is_said_at_once),
                cmocka_unit_test(test_windows_in_front),
        };
        return cmocka_run_group_tests_name("sway message", tests, NULL, NULL);
}
