/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "core/phone-index.h"
#include "core/phone.h"
#include "core/text.h"
#include "unit/test.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* --- parsing --------------------------------------------------------------------------------- */

static void check_parse(const char *value, const char *number) {
        _cleanup_free_ char *got = NULL;
        const char *why = NULL;

        assert_int_equal(phone_parse(value, &got, &why), 0);
        assert_string_equal(got, number);
        assert_null(why);
}

static void test_spellings_of_a_number_are_one(void **state) {
        static const char *const spellings[] = {"+15550109999", "+1 (555) 010-9999",
                "001 555 010 9999", "+1.555.010.9999", "+1\u00a0555\u00a0010\u00a09999",
                "＋１ ５５５ ０１０ ９９９９", "+1–555–010–9999", " (+1) 555/010/9999 ",
                "tel:+1-555-010-9999", "+١ ٥٥٥ ٠١٠ ٩٩٩٩", "\u2066+1 555 010 9999\u2069",
                "+ 1 555 010 9999", "+1 555 0109999"};

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(spellings); i++)
                check_parse(spellings[i], "+15550109999");
}

static void test_a_number_without_country_code_stays_without(void **state) {
        (void)state;
        check_parse("555.010.9999", "5550109999");
        check_parse("030 / 123 45 67", "0301234567");
        check_parse("010-9999", "0109999");
        check_parse("(555) 010 9999", "5550109999");
}

static void test_zero_in_brackets_after_a_country_code_is_left_out(void **state) {
        (void)state;
        check_parse("+49 (0)30 1234567", "+49301234567");
        check_parse("0049 (0) 30 1234567", "+49301234567");
        check_parse("(0)30 1234567", "0301234567");
}

static void test_lengths_at_their_limits(void **state) {
        (void)state;
        check_parse("123456", "123456");
        check_parse("+123456789012345", "+123456789012345");
}

static void test_what_is_no_number_is_refused_with_a_sentence(void **state) {
        static const struct {
                const char *value, *word;
        } cases[] = {
                {"", "at least six"},
                {"12345", "at least six"},
                {"+12345", "at least six"},
                {"---", "at least six"},
                {"1234567890123456", "at most fifteen"},
                {"+1234567890123456", "at most fifteen"},
                {"Alex", "only digits"},
                {"555 010 9999 ext. 5", "only digits"},
                {"1+5550109999", "The +"},
                {"++15550109999", "The +"},
                {"+0301234567", "country code"},
                {"000301234567", "country code"},
                {"555,0109999", "only digits"},
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                char *got = (char *)"untouched";
                const char *why = NULL;

                assert_int_equal(phone_parse(cases[i].value, &got, &why), -EINVAL);
                assert_string_equal(got, "untouched");
                assert_non_null(strstr(why, cases[i].word));
                assert_non_null(strstr(why, "+"));
                assert_int_equal(phone_parse(cases[i].value, &got, NULL), -EINVAL);
        }
}

/* --- finding --------------------------------------------------------------------------------- */

typedef struct Hits {
        unsigned n;
        uint32_t owner; /* of the last one */
        size_t start, end;
} Hits;

static void count_hit(uint32_t owner, size_t start, size_t end, void *userdata) {
        Hits *h = userdata;

        h->n++;
        h->owner = owner;
        h->start = start;
        h->end = end;
}

static Hits find_in(const PhoneIndex *index, const char *text) {
        _cleanup_free_ char *folded = NULL;
        Hits h = {0};
        size_t len;

        assert_int_equal(text_fold(text, strlen(text), TEXT_PLAIN, &folded, &len), 0);
        phone_index_find(index, folded, len, count_hit, &h);
        return h;
}

static bool is_in(const char *number, const char *text) {
        _cleanup_(phone_index_freep) PhoneIndex *index = NULL;

        assert_int_equal(phone_index_new(&index), 0);
        assert_int_equal(phone_index_add(index, number, 7), 0);
        return find_in(index, text).n > 0;
}

static void check_all(const char *number, const char *const *texts, bool expected) {
        for (; *texts; texts++)
                if (is_in(number, *texts) != expected)
                        fail_msg("%s %s in: %s", number, expected ? "is not found" : "is found",
                                *texts);
}
#define FOUND(number, ...)     check_all(number, (const char *const[]){__VA_ARGS__, NULL}, true)
#define NOT_FOUND(number, ...) check_all(number, (const char *const[]){__VA_ARGS__, NULL}, false)

static void test_a_number_is_found_in_any_spelling(void **state) {
        (void)state;
        FOUND("+15550109999", "+15550109999", "+1 (555) 010-9999", "001 555 010 9999",
                "555.010.9999", "+1\u00a0555\u00a0010\u00a09999", "５５５ ０１０ ９９９９",
                "1 555 010 9999", "5550109999", "(555) 010-9999", "+1 555\u2011010\u20119999",
                "+1–555–010–9999", "+١ ٥٥٥ ٠١٠ ٩٩٩٩", "011 1 555 010 9999", "01115550109999",
                "+1 (555) 0109999");
        FOUND("+49301234567", "+49 30 1234567", "+49 (0)30 1234567", "0049 30 / 123 45 67",
                "030 1234567", "030/1234567", "(030) 1234567", "0049 (0)30 1234567", "49301234567");
        FOUND("+74951234567", "8 (495) 123-45-67", "+7 495 123-45-67", "495 123 45 67");
}

static void test_a_number_is_found_within_a_sentence(void **state) {
        (void)state;
        FOUND("+15550109999", "Missed call from +1 555 010 9999", "555-010-9999: call me.",
                "call 555 010 9999, please", "12:30 555 010 9999", "2026-11-01 555 010 9999",
                "(+1 555 010 9999)", "wa.me/15550109999", "15550109999@s.whatsapp.net",
                "tel:+15550109999", "电话5550109999。", "555 010 9999 - 3 missed calls",
                "2 new: 555 010 9999", "555 010 9999 2 new", "555-010-9999/");
}

static void test_seven_trailing_digits_are_the_number(void **state) {
        (void)state;
        FOUND("+15550109999", "010-9999", "Call 010 9999", "0109999 (2)");
        FOUND("5550109999", "010-9999");
        FOUND("0109999", "+1 555 010 9999");
        FOUND("5550109999", "+1 555 010 9999", "0555 010 9999");
        FOUND("0301234567", "+49 30 1234567", "30 1234567");
        NOT_FOUND("+15550109999", "10-9999", "109999", "9999", "10 9999 2");
        NOT_FOUND("109999", "+1 555 010 9999");
        NOT_FOUND("+49123456", "123456", "0123456");
        FOUND("+49123456", "+49 123456");
}

static void test_digits_within_a_longer_number_are_no_match(void **state) {
        (void)state;
        NOT_FOUND("+15550109999", "155501099991", "915550109999", "5550109999123", "25550109999",
                "99915550109999", "+1 555 010 99991", "445 010 9999", "+1 445 010 9999",
                "3.5550109999", "555-010-9999-1", "555.010.9999.5", "00000015550109999");
        NOT_FOUND("0109999", "50109999", "01099991");
        NOT_FOUND("14159265", "3.14159265");
        NOT_FOUND("123456", "1234567", "0123456", "12345", "x123456", "123456x");
}

static void test_another_country_is_another_number(void **state) {
        (void)state;
        NOT_FOUND("+13012345678", "+49 301 234 5678", "0049 301 234 5678", "+493012345678",
                "+44 1 301 234 5678");
        FOUND("+13012345678", "301 234 5678", "+1 301 234 5678");
}

static void test_a_number_beside_letters_is_no_match(void **state) {
        (void)state;
        NOT_FOUND("+15550109999", "x5550109999", "5550109999x", "id5550109999");
        FOUND("123456", "code: 123456.", "123456", "123 456");
}

static void test_the_find_covers_the_whole_spelling(void **state) {
        _cleanup_(phone_index_freep) PhoneIndex *index = NULL;
        Hits h;

        (void)state;
        assert_int_equal(phone_index_new(&index), 0);
        assert_int_equal(phone_index_add(index, "+15550109999", 3), 0);
        h = find_in(index, "call +1 (555) 010-9999!");
        assert_int_equal(h.n, 1);
        assert_int_equal(h.owner, 3);
        assert_int_equal(h.start, 5);
        assert_int_equal(h.end, 5 + strlen("+1 (555) 010-9999"));
}

static void test_each_of_many_numbers_is_found(void **state) {
        _cleanup_(phone_index_freep) PhoneIndex *index = NULL;
        char number[32];

        (void)state;
        assert_int_equal(phone_index_new(&index), 0);
        /* in fours they end with the same digits */
        for (uint32_t i = 0; i < 4000; i++) {
                (void)snprintf(number, sizeof(number), "+1%u55%06u", 2 + i % 4, 123 + i / 4);
                assert_int_equal(phone_index_add(index, number, i), 0);
        }
        for (uint32_t i = 0; i < 4000; i++) {
                Hits h;

                (void)snprintf(number, sizeof(number), "+1 %u55 %06u", 2 + i % 4, 123 + i / 4);
                h = find_in(index, number);
                assert_int_equal(h.n, 1);
                assert_int_equal(h.owner, i);
        }
}

static void test_what_is_no_number_is_left_out_of_the_index(void **state) {
        _cleanup_(phone_index_freep) PhoneIndex *index = NULL;

        (void)state;
        assert_int_equal(phone_index_new(&index), 0);
        assert_int_equal(phone_index_add(index, "", 0), 0);
        assert_int_equal(phone_index_add(index, "+", 0), 0);
        assert_int_equal(phone_index_add(index, "12345", 0), 0);
        assert_int_equal(phone_index_add(index, "1234567890123456", 0), 0);
        assert_int_equal(phone_index_add(index, "555x0109999", 0), 0);
        assert_int_equal(find_in(index, "12345 1234567890123456 0109999").n, 0);
        assert_null(phone_index_free(NULL));
}

/* A text of groups, each of which could begin a number, costs its length and not its square. */
static void test_hostile_texts_are_searched_in_their_length(void **state) {
        static const char *const parts[] = {"1 ", " (0)", "123456 ", "00 ", "1234567890"};
        _cleanup_(phone_index_freep) PhoneIndex *index = NULL;

        (void)state;
        assert_int_equal(phone_index_new(&index), 0);
        assert_int_equal(phone_index_add(index, "+15550109999", 0), 0);
        for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
                size_t len = strlen(parts[i]), n = 300000;
                _cleanup_free_ char *text = malloc(len * n + 1);

                assert_non_null(text);
                for (size_t j = 0; j < n; j++)
                        memcpy(text + j * len, parts[i], len + 1);
                assert_int_equal(find_in(index, text).n, 0);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_spellings_of_a_number_are_one),
                cmocka_unit_test(test_a_number_without_country_code_stays_without),
                cmocka_unit_test(test_zero_in_brackets_after_a_country_code_is_left_out),
                cmocka_unit_test(test_lengths_at_their_limits),
                cmocka_unit_test(test_what_is_no_number_is_refused_with_a_sentence),
                cmocka_unit_test(test_a_number_is_found_in_any_spelling),
                cmocka_unit_test(test_a_number_is_found_within_a_sentence),
                cmocka_unit_test(test_seven_trailing_digits_are_the_number),
                cmocka_unit_test(test_digits_within_a_longer_number_are_no_match),
                cmocka_unit_test(test_another_country_is_another_number),
                cmocka_unit_test(test_a_number_beside_letters_is_no_match),
                cmocka_unit_test(test_the_find_covers_the_whole_spelling),
                cmocka_unit_test(test_each_of_many_numbers_is_found),
                cmocka_unit_test(test_what_is_no_number_is_left_out_of_the_index),
                cmocka_unit_test(test_hostile_texts_are_searched_in_their_length),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
