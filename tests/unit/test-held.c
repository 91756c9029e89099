/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The form of a held notification on the disk: what goes in comes out, byte for byte, and what was
 * cut short is told from it. */

#include "core/held.h"

#include "unit/test.h"

#include <errno.h>

#define ID "0190000000007000800000000000000a"

static const char message[] = "l\1\0\1\n\"not a line\"\n\0the rest";

static Held sample(const Notice *n) {
        Held h = {
                .id = ID,
                .at_usec = 1795953600000000ULL,
                .zone_minutes = -330,
                .person = "0190000000007000800000000000000b",
                .via = strdup("name"),
                .source = strdup("relay"),
                .more = json_pack(
                        "{s:[s,s], s:{s:i}}", "actions", "default", "", "hints", "urgency", 1),
                .message = message,
                .message_len = sizeof(message),
        };

        assert_int_equal(held_set_notice(&h, n), 0);
        return h;
}

/* The file as it would be; the caller ends it. */
static Buffer file_of(const Held *h) {
        Buffer b = {0};

        assert_int_equal(held_write_head(h, &b), 0);
        assert_int_equal(buffer_add(&b, h->message, h->message_len), 0);
        return b;
}

static void test_what_goes_in_comes_out(void **state) {
        Held h = sample(
                &(Notice){"Telegram", "org.telegram.desktop", "Alex Doe", "<b>a</b>\n\"b\""});
        Buffer b = file_of(&h);
        Held read = {0};

        (void)state;
        assert_int_equal(held_read(b.data, b.len, &read), 0);
        assert_string_equal(read.id, h.id);
        assert_int_equal(read.at_usec, h.at_usec);
        assert_int_equal(read.zone_minutes, h.zone_minutes);
        assert_string_equal(read.person, h.person);
        assert_string_equal(read.via, "name");
        assert_string_equal(read.source, "relay");
        assert_false(read.leaked);
        assert_string_equal(read.app, h.app);
        assert_string_equal(read.desktop_entry, h.desktop_entry);
        assert_string_equal(read.summary, h.summary);
        assert_string_equal(read.body, h.body);
        assert_true(json_equal(read.more, h.more));
        assert_int_equal(read.message_len, sizeof(message));
        assert_memory_equal(read.message, message, sizeof(message));
        held_done(&read);
        held_done(&h);
        buffer_done(&b);
}

static void test_bytes_that_are_no_text_are_kept_in_the_message_alone(void **state) {
        Held h = sample(&(Notice){"a\xff", "", "\xc3\x28 \xe2\x82", "ok"});
        Buffer b = file_of(&h);
        Held read = {0};

        (void)state;
        assert_int_equal(held_read(b.data, b.len, &read), 0);
        assert_string_equal(read.app, "a\xef\xbf\xbd");
        assert_string_equal(read.summary, "\xef\xbf\xbd( \xef\xbf\xbd\xef\xbf\xbd");
        held_done(&read);
        held_done(&h);
        buffer_done(&b);
}

static void test_what_was_cut_short_is_told(void **state) {
        Held h = sample(&(Notice){"Telegram", "", "Alex Doe", "hi"});
        Buffer b = file_of(&h);
        Held read = {0};

        (void)state;
        for (size_t len = 0; len < b.len; len++)
                assert_int_equal(held_read(b.data, len, &read), -EBADMSG);
        assert_int_equal(buffer_putc(&b, 'x'), 0);
        assert_int_equal(held_read(b.data, b.len, &read), -EBADMSG);
        assert_null(read.app);
        held_done(&h);
        buffer_done(&b);
}

static void test_other_files_are_none(void **state) {
        static const char *const others[] = {
                "",
                "\n",
                "{}\n",
                "[]\n",
                "{\"held\":2}\n",
                "hello\n",
                "{\"held\":1,\"id\":\"../../etc/passwd\",\"at\":1,\"zone\":0,\"person\":\"\",\"via\":\"\","
                "\"source\":\"\",\"leaked\":false,\"app\":\"\",\"desktop_entry\":\"\",\"summary\":\"\","
                "\"body\":\"\",\"more\":null,\"bytes\":0}\n",
        };
        Held read = {0};

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(others); i++)
                assert_int_equal(held_read(others[i], strlen(others[i]), &read), -EBADMSG);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_what_goes_in_comes_out),
                cmocka_unit_test(test_bytes_that_are_no_text_are_kept_in_the_message_alone),
                cmocka_unit_test(test_what_was_cut_short_is_told),
                cmocka_unit_test(test_other_files_are_none),
        };
        return cmocka_run_group_tests_name("held", tests, NULL, NULL);
}
