/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The server's name in a ClientHello: those of real clients, recorded with a listening socket, and
 * built ones for what no client says. */

#include "common/buffer.h"
#include "core/client-hello.h"
#include "unit/random.h"
#include "unit/test.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

#define RECORDED "tests/fuzz/corpus-client-hello/"

enum { EXTENSION_GREASE = 0x1a1a, EXTENSION_ALPN = 16, EXTENSION_NAME = 0 };

/* --- built ones ------------------------------------------------------------------------------ */

static void put(Buffer *b, size_t value, unsigned bytes) {
        while (bytes-- > 0)
                assert_int_equal(buffer_putc(b, (char)(value >> (8 * bytes) & 0xff)), 0);
}

static void put_field(Buffer *b, const void *data, size_t len, unsigned bytes) {
        put(b, len, bytes);
        assert_int_equal(buffer_add(b, data, len), 0);
}

static void put_name(Buffer *list, unsigned type, const char *name, size_t len) {
        put(list, type, 1);
        put_field(list, name, len, 2);
}

static void put_extension(Buffer *extensions, unsigned type, const void *data, size_t len) {
        put(extensions, type, 2);
        put_field(extensions, data, len, 2);
}

static void put_names(Buffer *extensions, const Buffer *list) {
        _cleanup_(buffer_done) Buffer data = {0};

        put_field(&data, list->data, list->len, 2);
        put_extension(extensions, EXTENSION_NAME, data.data, data.len);
}

/* The handshake message; `extensions` NULL for a ClientHello that ends before them. */
static void put_message(Buffer *b, const Buffer *extensions) {
        static const unsigned char random[32], session[32], ciphers[] = {0x3a, 0x3a, 0x13, 0x01};
        _cleanup_(buffer_done) Buffer body = {0};

        put(&body, 0x0303, 2);
        assert_int_equal(buffer_add(&body, random, sizeof(random)), 0);
        put_field(&body, session, sizeof(session), 1);
        put_field(&body, ciphers, sizeof(ciphers), 2);
        put_field(&body, "", 1, 1);
        if (extensions)
                put_field(&body, extensions->data, extensions->len, 2);
        put(b, 1, 1);
        put_field(b, body.data, body.len, 3);
}

static void put_records(Buffer *b, const Buffer *message, size_t each) {
        for (size_t at = 0; at < message->len; at += each) {
                put(b, 22, 1);
                put(b, 0x0301, 2);
                put_field(b, message->data + at, MIN(each, message->len - at), 2);
        }
}

static void put_hello(Buffer *b, const Buffer *extensions, size_t each) {
        _cleanup_(buffer_done) Buffer message = {0};

        put_message(&message, extensions);
        put_records(b, &message, each);
}

/* A ClientHello with these bytes for a name, among other extensions. */
static void put_named(Buffer *b, const char *name, size_t len, size_t each) {
        _cleanup_(buffer_done) Buffer list = {0}, extensions = {0};

        put_name(&list, 0, name, len);
        put_extension(&extensions, EXTENSION_GREASE, "", 1);
        put_extension(&extensions, EXTENSION_ALPN, "\0\3\2h2", 5);
        put_names(&extensions, &list);
        put_extension(&extensions, EXTENSION_GREASE, "", 0);
        put_hello(b, &extensions, each);
}

/* The bytes lie at the end of a block of their own, where valgrind and ASan see a step beyond. */
static int read_exactly(const void *data, size_t len, char *ret) {
        uint8_t *copy = malloc(len > 0 ? len : 1);
        int r;

        assert_non_null(copy);
        if (len > 0)
                memcpy(copy, data, len);
        r = client_hello_name(copy, len, ret);
        free(copy);
        return r;
}

static void check(const Buffer *b, int result, const char *name) {
        char found[CLIENT_HELLO_NAME_SPACE] = "untouched";

        assert_int_equal(read_exactly(b->data, b->len, found), result);
        assert_string_equal(found, name ? name : "untouched");
}

/* Every beginning says "more" or the same as the whole. */
static void check_beginnings(const void *data, size_t len) {
        char whole[CLIENT_HELLO_NAME_SPACE] = "", part[CLIENT_HELLO_NAME_SPACE];
        int result = read_exactly(data, len, whole);

        assert_int_not_equal(result, 0);
        for (size_t i = 0; i < len; i++) {
                int r = read_exactly(data, i, part);

                if (r == 0)
                        continue;
                assert_int_equal(r, result);
                if (r == 1)
                        assert_string_equal(part, whole);
        }
}

/* --- real ones ------------------------------------------------------------------------------- */

static void load(Buffer *b, const char *client) {
        _cleanup_(buffer_done) Buffer path = {0};
        char bytes[4096];
        size_t n;
        FILE *f;

        assert_int_equal(buffer_printf(&path, RECORDED "%s", client), 0);
        f = fopen(path.data, "re");
        assert_non_null(f);
        while ((n = fread(bytes, 1, sizeof(bytes), f)) > 0)
                assert_int_equal(buffer_add(b, bytes, n), 0);
        assert_int_equal(fclose(f), 0);
}

static const char *const clients[] = {"curl", "openssl", "chromium", "firefox"};

static void test_the_name_that_real_clients_say_is_found(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(clients); i++) {
                _cleanup_(buffer_done) Buffer b = {0};

                load(&b, clients[i]);
                check(&b, 1, "alexdoe.example");
        }
}

static void test_a_client_without_a_name_says_none(void **state) {
        _cleanup_(buffer_done) Buffer b = {0};

        (void)state;
        load(&b, "openssl-noname");
        check(&b, -ENODATA, NULL);
        check_beginnings(b.data, b.len);
}

static void test_every_beginning_of_a_real_one_asks_for_more_or_knows(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(clients); i++) {
                _cleanup_(buffer_done) Buffer b = {0};
                char found[CLIENT_HELLO_NAME_SPACE];

                load(&b, clients[i]);
                check_beginnings(b.data, b.len);
                assert_int_equal(read_exactly(b.data, 60, found), 0);
        }
}

static void test_real_ones_in_any_records_say_the_same(void **state) {
        static const size_t sizes[] = {1, 2, 7, 64, 500};

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(clients) * ARRAY_LEN(sizes); i++) {
                _cleanup_(buffer_done) Buffer b = {0}, message = {0}, split = {0};

                load(&b, clients[i / ARRAY_LEN(sizes)]);
                assert_int_equal(buffer_add(&message, b.data + 5, b.len - 5), 0);
                put_records(&split, &message, sizes[i % ARRAY_LEN(sizes)]);
                check(&split, 1, "alexdoe.example");
        }
}

/* A flipped bit somewhere: any answer but a step beyond the end, and beginnings that agree. */
static void test_damaged_ones_are_read_safely(void **state) {
        Random random = random_start(66);

        (void)state;
        for (unsigned i = 0; i < 400; i++) {
                _cleanup_(buffer_done) Buffer b = {0};
                char found[CLIENT_HELLO_NAME_SPACE];
                size_t at;
                int r;

                load(&b, clients[i % ARRAY_LEN(clients)]);
                at = random_below(&random, MIN(b.len, (size_t)700));
                b.data[at] = (char)(b.data[at] ^ (1 << (int)random_below(&random, 8)));
                r = read_exactly(b.data, b.len, found);
                assert_true(r == 1 || r == 0 || r == -ENODATA || r == -EBADMSG);
        }
}

/* --- names ----------------------------------------------------------------------------------- */

static void test_names_come_in_lower_case_and_without_a_final_dot(void **state) {
        static const struct {
                const char *given, *name;
        } cases[] = {
                {"alexdoe.example", "alexdoe.example"},
                {"AlexDoe.EXAMPLE", "alexdoe.example"},
                {"alexdoe.example.", "alexdoe.example"},
                {"xn--bcher-kva.example", "xn--bcher-kva.example"},
                {"a-b.c0.example", "a-b.c0.example"},
                {"localhost", "localhost"},
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                _cleanup_(buffer_done) Buffer b = {0};

                put_named(&b, cases[i].given, strlen(cases[i].given), 16384);
                check(&b, 1, cases[i].name);
                check_beginnings(b.data, b.len);
        }
}

static void test_what_is_no_name_is_refused(void **state) {
        static const char *const cases[] = {"192.0.2.1", "192.0.2.1.", "2001:db8::1", "[::1]",
                "a b.example", "a\nb.example",
                "b\xc3\xbc"
                "cher.example",
                "a_b.example", "a..example", ".example", ".", "-", "a/b", "a\"b", "<b>"};

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                _cleanup_(buffer_done) Buffer b = {0};

                put_named(&b, cases[i], strlen(cases[i]), 16384);
                check(&b, -EBADMSG, NULL);
        }
}

static void test_a_nul_inside_a_name_is_refused(void **state) {
        _cleanup_(buffer_done) Buffer b = {0};

        (void)state;
        put_named(&b, "alexdoe.example\0.evil.example", 29, 16384);
        check(&b, -EBADMSG, NULL);
}

static void test_a_name_may_have_253_characters_and_no_more(void **state) {
        char name[300];

        (void)state;
        for (size_t i = 0; i < sizeof(name); i++)
                name[i] = i % 50 == 49 ? '.' : 'a';
        for (size_t len = 250; len <= 260; len++) {
                _cleanup_(buffer_done) Buffer b = {0};
                char found[CLIENT_HELLO_NAME_SPACE];

                if (len == 251)
                        continue; /* of which the last is a dot below */
                put_named(&b, name, len, 16384);
                assert_int_equal(read_exactly(b.data, b.len, found), len <= 253 ? 1 : -EBADMSG);
        }
}

static void test_a_name_and_a_final_dot_take_254(void **state) {
        _cleanup_(buffer_done) Buffer b = {0}, longer = {0};
        char name[300], found[CLIENT_HELLO_NAME_SPACE];

        (void)state;
        for (size_t i = 0; i < sizeof(name); i++)
                name[i] = i % 50 == 49 ? '.' : 'a';
        name[253] = name[254] = '.';
        put_named(&b, name, 254, 16384);
        assert_int_equal(read_exactly(b.data, b.len, found), 1);
        assert_int_equal(strlen(found), 253);
        put_named(&longer, name, 255, 16384);
        assert_int_equal(read_exactly(longer.data, longer.len, found), -EBADMSG);
}

static void test_two_names_are_refused(void **state) {
        _cleanup_(buffer_done) Buffer b = {0}, list = {0}, extensions = {0};

        (void)state;
        put_name(&list, 0, "alexdoe.example", 15);
        put_name(&list, 0, "other.example", 13);
        put_names(&extensions, &list);
        put_hello(&b, &extensions, 16384);
        check(&b, -EBADMSG, NULL);
}

static void test_a_name_of_another_type_is_passed_over(void **state) {
        _cleanup_(buffer_done) Buffer b = {0}, list = {0}, extensions = {0};

        (void)state;
        put_name(&list, 7, "\1\2\3", 3);
        put_name(&list, 0, "alexdoe.example", 15);
        put_names(&extensions, &list);
        put_hello(&b, &extensions, 16384);
        check(&b, 1, "alexdoe.example");
}

static void test_a_list_without_a_host_is_no_name(void **state) {
        _cleanup_(buffer_done) Buffer b = {0}, list = {0}, extensions = {0};

        (void)state;
        put_name(&list, 7, "\1\2\3", 3);
        put_names(&extensions, &list);
        put_hello(&b, &extensions, 16384);
        check(&b, -ENODATA, NULL);
}

static void test_an_empty_name_or_list_is_refused(void **state) {
        _cleanup_(buffer_done) Buffer a = {0}, b = {0}, list = {0}, extensions = {0}, empty = {0};

        (void)state;
        put_name(&list, 0, "", 0);
        put_names(&extensions, &list);
        put_hello(&a, &extensions, 16384);
        check(&a, -EBADMSG, NULL);
        put_extension(&empty, EXTENSION_NAME, "\0", 2);
        put_hello(&b, &empty, 16384);
        check(&b, -EBADMSG, NULL);
}

/* --- the message ----------------------------------------------------------------------------- */

static void test_without_extensions_there_is_no_name(void **state) {
        _cleanup_(buffer_done) Buffer b = {0}, c = {0}, none = {0};

        (void)state;
        put_hello(&b, NULL, 16384);
        check(&b, -ENODATA, NULL);
        check_beginnings(b.data, b.len);
        put_extension(&none, EXTENSION_GREASE, "", 0);
        put_hello(&c, &none, 16384);
        check(&c, -ENODATA, NULL);
}

static void test_what_is_no_client_hello_is_refused_at_its_first_wrong_byte(void **state) {
        static const struct {
                const char *bytes;
                size_t len;
        } cases[] = {
                {"GET / HTTP/1.1\r\n", 1}, {"SSH-2.0-x\r\n", 1},
                {"\x80\x2e\x01\x03\x01", 1},                      /* SSL 2 */
                {"\x15\x03\x01\x00\x02\x02\x28", 1},              /* an alert */
                {"\x16\x02", 2}, {"\x16\x03\x01\x00\x00", 5},     /* an empty record */
                {"\x16\x03\x01\x40\x01", 5},                      /* one over 16384 bytes */
                {"\x16\x03\x01\x00\x05\x02", 6},                  /* a ServerHello */
                {"\x16\x03\x01\x00\x30\x01\x00\x00\x2c\x04", 10}, /* a version of no TLS */
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                char found[CLIENT_HELLO_NAME_SPACE];

                assert_int_equal(read_exactly(cases[i].bytes, cases[i].len - 1, found), 0);
                assert_int_equal(read_exactly(cases[i].bytes, cases[i].len, found), -EBADMSG);
        }
}

/* Lengths that contradict what is around them. */
static void test_a_field_longer_than_what_holds_it_is_refused(void **state) {
        _cleanup_(buffer_done) Buffer b = {0};
        static const size_t lengths[] = {
                8,   /* the message's */
                43,  /* the session's */
                77,  /* the cipher suites' */
                82,  /* the compression methods' */
                85,  /* all extensions' */
                89,  /* the first one's */
                103, /* the server name's */
                105, /* the list's */
                108, /* the name's */
        };

        (void)state;
        put_named(&b, "alexdoe.example", 15, 16384);
        for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
                char found[CLIENT_HELLO_NAME_SPACE], *copy = malloc(b.len);
                int r;

                assert_non_null(copy);
                memcpy(copy, b.data, b.len);
                copy[lengths[i]] = (char)0xfe;
                r = client_hello_name((const uint8_t *)copy, b.len, found);
                check_beginnings(copy, b.len);
                free(copy);
                if (i == 0)
                        assert_int_equal(r, 1); /* more to come, and the name is there */
                else
                        assert_int_equal(r, -EBADMSG);
        }
}

static void test_what_follows_the_name_does_not_matter(void **state) {
        _cleanup_(buffer_done) Buffer b = {0};

        (void)state;
        put_named(&b, "alexdoe.example", 15, 16384);
        assert_int_equal(buffer_puts(&b, "no record at all"), 0);
        check(&b, 1, "alexdoe.example");
}

static void test_a_wrong_record_before_the_name_is_refused(void **state) {
        _cleanup_(buffer_done) Buffer b = {0}, split = {0};

        (void)state;
        put_named(&b, "alexdoe.example", 15, 60);
        assert_int_equal(buffer_add(&split, b.data, 65), 0);
        check(&split, 0, NULL);
        assert_int_equal(buffer_putc(&split, 23), 0); /* application data */
        check(&split, -EBADMSG, NULL);
}

/* One that never comes to its name ends at the limit. */
static void test_a_beginning_without_end_is_refused(void **state) {
        _cleanup_(buffer_done) Buffer b = {0}, extensions = {0}, list = {0};
        _cleanup_free_ char *filler = calloc(1, 20000);
        char found[CLIENT_HELLO_NAME_SPACE];

        (void)state;
        assert_non_null(filler);
        put_extension(&extensions, EXTENSION_GREASE, filler, 20000);
        put_name(&list, 0, "alexdoe.example", 15);
        put_names(&extensions, &list);
        put_hello(&b, &extensions, 16384);
        assert_int_equal(read_exactly(b.data, CLIENT_HELLO_MAX - 1, found), 0);
        assert_int_equal(read_exactly(b.data, CLIENT_HELLO_MAX, found), -EBADMSG);
        assert_int_equal(read_exactly(b.data, b.len, found), -EBADMSG);
}

static void test_the_name_may_stand_at_the_very_end_of_what_is_read(void **state) {
        _cleanup_(buffer_done) Buffer b = {0}, extensions = {0}, list = {0};
        _cleanup_free_ char *filler = calloc(1, 20000);
        size_t around, fill;

        (void)state;
        assert_non_null(filler);
        put_name(&list, 0, "alexdoe.example", 15);
        {
                _cleanup_(buffer_done) Buffer one = {0}, few = {0};

                put_extension(&few, EXTENSION_GREASE, filler, 0);
                put_names(&few, &list);
                put_hello(&one, &few, 16384);
                around = one.len;
        }
        fill = CLIENT_HELLO_MAX - around;
        put_extension(&extensions, EXTENSION_GREASE, filler, fill);
        put_names(&extensions, &list);
        put_hello(&b, &extensions, 16384);
        assert_int_equal(b.len, CLIENT_HELLO_MAX);
        check(&b, 1, "alexdoe.example");
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_the_name_that_real_clients_say_is_found),
                cmocka_unit_test(test_a_client_without_a_name_says_none),
                cmocka_unit_test(test_every_beginning_of_a_real_one_asks_for_more_or_knows),
                cmocka_unit_test(test_real_ones_in_any_records_say_the_same),
                cmocka_unit_test(test_damaged_ones_are_read_safely),
                cmocka_unit_test(test_names_come_in_lower_case_and_without_a_final_dot),
                cmocka_unit_test(test_what_is_no_name_is_refused),
                cmocka_unit_test(test_a_nul_inside_a_name_is_refused),
                cmocka_unit_test(test_a_name_may_have_253_characters_and_no_more),
                cmocka_unit_test(test_a_name_and_a_final_dot_take_254),
                cmocka_unit_test(test_two_names_are_refused),
                cmocka_unit_test(test_a_name_of_another_type_is_passed_over),
                cmocka_unit_test(test_a_list_without_a_host_is_no_name),
                cmocka_unit_test(test_an_empty_name_or_list_is_refused),
                cmocka_unit_test(test_without_extensions_there_is_no_name),
                cmocka_unit_test(test_what_is_no_client_hello_is_refused_at_its_first_wrong_byte),
                cmocka_unit_test(test_a_field_longer_than_what_holds_it_is_refused),
                cmocka_unit_test(test_what_follows_the_name_does_not_matter),
                cmocka_unit_test(test_a_wrong_record_before_the_name_is_refused),
                cmocka_unit_test(test_a_beginning_without_end_is_refused),
                cmocka_unit_test(test_the_name_may_stand_at_the_very_end_of_what_is_read),
        };

        return cmocka_run_group_tests_name("client-hello", tests, NULL, NULL);
}
