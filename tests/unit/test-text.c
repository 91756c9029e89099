/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "core/text.h"
#include "unit/test.h"

#include <string.h>

typedef struct Case {
        const char *text, *folded;
} Case;

static void check_fold(const char *text, size_t len, TextForm form, const char *folded) {
        char *got;
        size_t got_len;

        assert_int_equal(text_fold(text, len, form, &got, &got_len), 0);
        assert_string_equal(got, folded);
        assert_int_equal(got_len, strlen(folded));
        free(got);
}

static void check_cases(const Case *cases, size_t n, TextForm form) {
        for (size_t i = 0; i < n; i++)
                check_fold(cases[i].text, strlen(cases[i].text), form, cases[i].folded);
}
#define CHECK(form, ...)                                                                           \
        do {                                                                                       \
                static const Case cases[] = {__VA_ARGS__};                                         \
                check_cases(cases, ARRAY_LEN(cases), form);                                        \
        } while (0)

static void test_case_is_folded(void **state) {
        (void)state;
        CHECK(TEXT_PLAIN, {"Alex DOE", "alex doe"}, {"JÖRG", "jorg"}, {"STRASSE", "strasse"},
                {"Straße", "strasse"}, {"ΑΛΕΞΗΣ", "αλεξησ"}, {"Алексей", "алексей"}, {"", ""});
}

static void test_marks_come_off_latin_letters(void **state) {
        (void)state;
        CHECK(TEXT_PLAIN, {"José", "jose"}, {"Jose\u0301", "jose"}, {"JOSÉ", "jose"},
                {"Müller", "muller"}, {"Nguyễn Đặng", "nguyen dang"}, {"Åsa Čapek", "asa capek"},
                {"İsmail", "ismail"}, {"A\u0336l\u0336e\u0336x\u0336", "alex"});
}

static void test_letters_without_decomposition_are_read_as_a_reader_does(void **state) {
        (void)state;
        CHECK(TEXT_PLAIN, {"Jørgen", "jorgen"}, {"Łukasz", "lukasz"}, {"Đorđe", "dorde"},
                {"Ægir", "aegir"}, {"Œdipe", "oedipe"}, {"Işık", "isik"},
                {"Þór Guðrún", "thor gudrun"}, {"Ħal", "hal"});
}

static void test_marks_stay_on_other_scripts(void **state) {
        (void)state;
        /* й is not и, ё not е, が not か; a vowel sign is a letter in all but category */
        CHECK(TEXT_PLAIN, {"Андрей", "андрей"}, {"Андреи\u0306", "андрей"}, {"Фёдор", "фёдор"},
                {"か\u3099", "が"}, {"किरण", "किरण"}, {"أحمد", "أحمد"}, {"άλκης", "άλκησ"});
}

static void test_marks_come_in_one_order(void **state) {
        (void)state;
        CHECK(TEXT_PLAIN, {"ש\u05c1\u05bc", "ש\u05bc\u05c1"}, {"ש\u05bc\u05c1", "ש\u05bc\u05c1"});
}

static void test_compatibility_forms_are_plain(void **state) {
        (void)state;
        CHECK(TEXT_PLAIN, {"Ａｌｅｘ", "alex"}, {"𝓐𝓵𝓮𝔁", "alex"}, {"ﬁona", "fiona"},
                {"ｱﾚｯｸｽ", "アレックス"}, {"①②", "12"}, {"\u1112\u1161\u11ab", "한"});
}

static void test_digits_of_all_scripts_are_ascii(void **state) {
        (void)state;
        CHECK(TEXT_PLAIN, {"٠١٢٣٤٥٦٧٨٩", "0123456789"}, {"۵۵۵", "555"}, {"५५५", "555"},
                {"５５５", "555"}, {"1\ufe0f\u20e3", "1"});
}

static void test_invisible_characters_vanish(void **state) {
        (void)state;
        CHECK(TEXT_PLAIN, {"\u200eAlex\u200f", "alex"}, {"\u2068Alex Doe\u2069", "alex doe"},
                {"A\u200bl\u200ce\u200dx", "alex"}, {"Al\u00adex\ufeff", "alex"},
                {"Alex\u2764\ufe0f", "alex\u2764"}, {"e\u200d\u0301", "e"});
}

static void test_white_space_is_one_space(void **state) {
        (void)state;
        CHECK(TEXT_PLAIN, {"  Alex \t\r\n Doe  ", "alex doe"}, {"Alex\u00a0Doe", "alex doe"},
                {"Alex\u2003\u3000Doe\u2028", "alex doe"}, {" ", ""}, {"\u00a0", ""});
        check_fold("Alex\0Doe", 8, TEXT_PLAIN, "alex doe");
}

static void test_signs_that_part_words_stay(void **state) {
        (void)state;
        CHECK(TEXT_PLAIN, {"Doe, Alex: hi!", "doe, alex: hi!"}, {"a_b@c.d", "a_b@c.d"},
                {"a—b", "a—b"}, {"<b>&amp;", "<b>&amp;"});
}

static void test_apostrophes_and_hyphens_have_one_form(void **state) {
        (void)state;
        CHECK(TEXT_PLAIN, {"O’Brien", "o'brien"}, {"OʼBrien", "o'brien"}, {"O`Brien", "o'brien"},
                {"O´Brien", "o'brien"}, {"O＇Brien", "o'brien"}, {"Anne‐Marie", "anne-marie"},
                {"Anne\u2011Marie", "anne-marie"}, {"é´", "e'"});
}

static void test_bytes_that_are_no_utf8_part_words(void **state) {
        (void)state;
        CHECK(TEXT_PLAIN, {"Alex\xff Doe", "alex doe"}, {"Alex\xc3(Doe", "alex (doe"},
                {"\x80\xbfx\xe2\x82", "x"}, {"x\xed\xa0\x80y", "x y"},
                {"x\xf4\x90\x80\x80y", "x y"}, {"x\xc0\xafy", "x y"});
        /* a character is not read past the end */
        check_fold("x\xc3\xa9", 2, TEXT_PLAIN, "x");
}

static void test_tags_inside_words_vanish(void **state) {
        (void)state;
        CHECK(TEXT_MARKUP, {"<b>Al</b>ex", "alex"}, {"<B>Alex</B > Doe", "alex doe"},
                {"<a href=\"https://x.example/?a>b\">Alex</a>", "alex"},
                {"<i class='x'>José</i>", "jose"}, {"<b>e</b>\u0301", "e"});
}

static void test_tags_between_words_part_them(void **state) {
        (void)state;
        CHECK(TEXT_MARKUP, {"<b>Alex</b><br/>hello", "alex hello"}, {"a<br>b<BR />c", "a b c"},
                {"<p>Alex</p><p>Doe</p>", "alex doe"}, {"a<img src=\"x\" alt=\"y\"/>b", "a b"},
                {"<ul><li>Alex</li><li>Sam</li></ul>", "alex sam"});
}

static void test_angle_brackets_that_are_no_tags_stay(void **state) {
        (void)state;
        CHECK(TEXT_MARKUP, {"Alex <alex@example.org>", "alex <alex@example.org>"},
                {"I <3 Alex", "i <3 alex"}, {"<alex> hi", "<alex> hi"}, {"a < b > c", "a < b > c"},
                {"<b Alex", "<b alex"}, {"<b <i>x", "<b x"}, {"<", "<"}, {"</", "</"}, {"<b", "<b"},
                {"<b\"> unclosed quote", "<b\"> unclosed quote"});
}

static void test_entities_are_decoded(void **state) {
        (void)state;
        CHECK(TEXT_MARKUP, {"Jos&eacute;", "jose"}, {"JOS&Eacute;", "jose"}, {"Jos&#233;", "jose"},
                {"Jos&#xE9;", "jose"}, {"Jos&#Xe9;", "jose"}, {"Jose&#769;", "jose"},
                {"O&#39;Brien &quot;x&quot;", "o'brien \"x\""}, {"O&apos;B&rsquo;", "o'b'"},
                {"Alex&nbsp;Doe", "alex doe"}, {"A&zwnj;l&lrm;ex", "alex"}, {"A&shy;lex", "alex"},
                {"&Lstrok;ukasz &Zcaron;i&zcaron;ek", "lukasz zizek"},
                {"&AElig;gir &szlig;", "aegir ss"}, {"&#x1D4D0;lex", "alex"}, {"a&#10;b", "a b"},
                {"&amp;", "&"});
}

static void test_decoded_brackets_are_no_tags(void **state) {
        (void)state;
        CHECK(TEXT_MARKUP, {"&lt;b&gt;Alex", "<b>alex"}, {"&amp;lt;", "&lt;"},
                {"Alex &lt;alex@example.org&gt;", "alex <alex@example.org>"});
}

static void test_ampersands_that_begin_no_entity_stay(void **state) {
        (void)state;
        CHECK(TEXT_MARKUP, {"Alex & Sam", "alex & sam"}, {"AT&T; x", "at&t; x"}, {"&amp", "&amp"},
                {"&#;", "&#;"}, {"&#x;", "&#x;"}, {"&#12", "&#12"}, {"&#1a;", "&#1a;"}, {"&", "&"},
                {"&nosuchentityofanykind;", "&nosuchentityofanykind;"});
}

static void test_numbers_of_no_character_are_a_sign(void **state) {
        (void)state;
        CHECK(TEXT_MARKUP,
                {"a&#0;b", "a\ufffd"
                           "b"},
                {"a&#xd800;b", "a\ufffd"
                               "b"},
                {"a&#x110000;b", "a\ufffd"
                                 "b"},
                {"a&#99999999999999999999;b", "a\ufffd"
                                              "b"});
}

/* The tables are searched by halves, so each row must be found; these are their ends. */
static void test_first_and_last_rows_of_the_tables_are_found(void **state) {
        (void)state;
        CHECK(TEXT_MARKUP, {"x<a>y", "xy"}, {"x<var>y", "xy"}, {"x<ul>y", "x y"}, {"x<tr>y", "x y"},
                {"x<blockquote>y", "x y"}, {"&AElig;", "ae"}, {"&zwnj;x", "x"}, {"&zwj;x", "x"});
}

static char *repeat(const char *text, unsigned times) {
        size_t len = strlen(text);
        char *all = malloc(len * times + 1);

        assert_non_null(all);
        for (unsigned i = 0; i < times; i++)
                memcpy(all + i * len, text, len + 1);
        return all;
}

/* Each of these took a time that grew with the square of the length in some program: a '<' that
 * looks for its end, marks that are put in order. With these lengths that would be minutes. */
static void test_hostile_texts_fold_in_their_length(void **state) {
        static const char *const parts[] = {"<b ", "<b \"", "&#", "\u0301\u0327", "e\u0301\u0327",
                "か\u3099\u0327", "\u0e01\u0e49\u0e31"};

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
                char *text = repeat(parts[i], 300000), *folded;
                size_t len;

                assert_int_equal(text_fold(text, strlen(text), TEXT_MARKUP, &folded, &len), 0);
                free(folded);
                free(text);
        }
}

static void test_folding_twice_changes_nothing(void **state) {
        static const char *const texts[] = {"José & O´Brien", "\u1ffd\u00a8\u00af", "ﷺ Ａ㎏ ŉ",
                "ẞß ſ", "\u0345\u0301α\u0345", "한\u1112\u1161 가\u11a8", "\u0958\u0f43",
                "①½ \u2028ﬀ"};

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
                char *once;
                size_t len;

                assert_int_equal(text_fold(texts[i], strlen(texts[i]), TEXT_PLAIN, &once, &len), 0);
                check_fold(once, len, TEXT_PLAIN, once);
                free(once);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_case_is_folded),
                cmocka_unit_test(test_marks_come_off_latin_letters),
                cmocka_unit_test(test_letters_without_decomposition_are_read_as_a_reader_does),
                cmocka_unit_test(test_marks_stay_on_other_scripts),
                cmocka_unit_test(test_marks_come_in_one_order),
                cmocka_unit_test(test_compatibility_forms_are_plain),
                cmocka_unit_test(test_digits_of_all_scripts_are_ascii),
                cmocka_unit_test(test_invisible_characters_vanish),
                cmocka_unit_test(test_white_space_is_one_space),
                cmocka_unit_test(test_signs_that_part_words_stay),
                cmocka_unit_test(test_apostrophes_and_hyphens_have_one_form),
                cmocka_unit_test(test_bytes_that_are_no_utf8_part_words),
                cmocka_unit_test(test_tags_inside_words_vanish),
                cmocka_unit_test(test_tags_between_words_part_them),
                cmocka_unit_test(test_angle_brackets_that_are_no_tags_stay),
                cmocka_unit_test(test_entities_are_decoded),
                cmocka_unit_test(test_decoded_brackets_are_no_tags),
                cmocka_unit_test(test_ampersands_that_begin_no_entity_stay),
                cmocka_unit_test(test_numbers_of_no_character_are_a_sign),
                cmocka_unit_test(test_first_and_last_rows_of_the_tables_are_found),
                cmocka_unit_test(test_hostile_texts_fold_in_their_length),
                cmocka_unit_test(test_folding_twice_changes_nothing),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
