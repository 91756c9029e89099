/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "core/identity.h"
#include "unit/test.h"

#include <errno.h>
#include <string.h>

static void check_value(IdentityKind kind, const char *value, const char *canonical) {
        Identity id = {0};
        const char *why = NULL;

        if (identity_parse(kind, value, &id, &why) != 0)
                fail_msg("%s is refused: %s", value, why);
        assert_int_equal(id.kind, kind);
        assert_int_equal(id.added_usec, 0);
        assert_string_equal(id.value, canonical);
        identity_done(&id);
        assert_null(id.value);
}

/* Refused with a sentence that holds `word`, and nothing is changed. */
static void check_refused(IdentityKind kind, const char *value, const char *word) {
        Identity id = {.kind = IDENTITY_APP, .value = NULL, .added_usec = 9};
        const char *why = NULL;

        if (identity_parse(kind, value, &id, &why) != -EINVAL)
                fail_msg("%s is taken", value);
        assert_int_equal(id.kind, IDENTITY_APP);
        assert_null(id.value);
        assert_int_equal(id.added_usec, 9);
        assert_non_null(why);
        if (!strstr(why, word))
                fail_msg("%s: %s", value, why);
        assert_int_equal(identity_parse(kind, value, &id, NULL), -EINVAL);
}

static void test_kinds_have_names(void **state) {
        static const char *const names[] = {
                "name", "phone", "email", "handle", "profile", "domain", "app", "platform"};

        (void)state;
        assert_int_equal(ARRAY_LEN(names), _IDENTITY_KIND_MAX);
        for (size_t i = 0; i < ARRAY_LEN(names); i++) {
                assert_string_equal(identity_kind_name((IdentityKind)i), names[i]);
                assert_int_equal(identity_kind_from_name(names[i]), (int)i);
        }
        assert_int_equal(identity_kind_from_name("Name"), -EINVAL);
        assert_int_equal(identity_kind_from_name(""), -EINVAL);
}

static void test_a_name_is_kept_as_it_is_written(void **state) {
        (void)state;
        check_value(IDENTITY_NAME, "Alex Doe", "Alex Doe");
        check_value(IDENTITY_NAME, "  Alex \u00a0\t\n Doe ", "Alex Doe");
        check_value(IDENTITY_NAME, "Jose\u0301", "José");
        check_value(IDENTITY_NAME, "\u2068Alex\u2069\u200e\u200b \ufeff", "Alex");
        check_value(IDENTITY_NAME, "Al", "Al");
        check_value(IDENTITY_NAME, "明", "明");
        check_value(IDENTITY_NAME, "준", "준");
        check_value(IDENTITY_NAME, "O’Brien 🌸", "O’Brien 🌸");
        check_value(IDENTITY_NAME, "می\u200cنا", "می\u200cنا"); /* a joiner is spelling there */
}

static void test_a_name_that_cannot_be_one_is_refused(void **state) {
        char name[202];

        (void)state;
        check_refused(IDENTITY_NAME, "", "missing");
        check_refused(IDENTITY_NAME, " \u00a0\u200b", "missing");
        check_refused(IDENTITY_NAME, "A", "two letters");
        check_refused(IDENTITY_NAME, "A.", "two letters");
        check_refused(IDENTITY_NAME, "é", "two letters");
        check_refused(IDENTITY_NAME, "e\u0301\u0301", "two letters");
        check_refused(IDENTITY_NAME, "🌸🌸", "two letters");
        check_refused(
                IDENTITY_NAME, "\u3164\u3164", "two letters"); /* letters by category, unseen */
        check_refused(IDENTITY_NAME, "Alex\x01", "control");
        check_refused(IDENTITY_NAME, "Al\x1b[31mex", "control");
        check_refused(IDENTITY_NAME, "Alex\xc2\x85", "control");
        check_refused(IDENTITY_NAME, "Alex\xff", "UTF-8");
        check_refused(IDENTITY_NAME, "Alex\xc3", "UTF-8");

        memset(name, 'x', sizeof(name));
        name[201] = '\0';
        check_refused(IDENTITY_NAME, name, "too long");
        name[200] = '\0';
        check_value(IDENTITY_NAME, name, name);
}

static void test_a_phone_number_has_one_spelling(void **state) {
        (void)state;
        check_value(IDENTITY_PHONE, "+1 (555) 010-9999", "+15550109999");
        check_value(IDENTITY_PHONE, "001 555 010 9999", "+15550109999");
        check_value(IDENTITY_PHONE, "555.010.9999", "5550109999");
        check_refused(IDENTITY_PHONE, "call me", "digits");
        check_refused(IDENTITY_PHONE, "555 0109999\xff", "UTF-8");
}

static void test_an_email_address_has_one_spelling(void **state) {
        (void)state;
        check_value(IDENTITY_EMAIL, "alex@example.org", "alex@example.org");
        check_value(IDENTITY_EMAIL, " Alex.Doe+News@Example.ORG. ", "alex.doe+news@example.org");
        check_value(IDENTITY_EMAIL, "mailto:alex@example.org", "alex@example.org");
        check_value(IDENTITY_EMAIL, "ALEX@MÜLLER.example", "alex@xn--mller-kva.example");
        check_value(IDENTITY_EMAIL, "JOSÉ@example.org", "josé@example.org");
        check_value(IDENTITY_EMAIL, "a@sub.example.co.uk", "a@sub.example.co.uk");
}

static void test_what_is_no_email_address_is_refused(void **state) {
        char address[400];

        (void)state;
        check_refused(IDENTITY_EMAIL, "", "one @");
        check_refused(IDENTITY_EMAIL, "alex", "one @");
        check_refused(IDENTITY_EMAIL, "alex@x@example.org", "one @");
        check_refused(IDENTITY_EMAIL, "@example.org", "before the @");
        check_refused(IDENTITY_EMAIL, "alex@", "domain");
        check_refused(IDENTITY_EMAIL, "alex@localhost", "domain");
        check_refused(IDENTITY_EMAIL, "alex@127.0.0.1", "domain");
        check_refused(IDENTITY_EMAIL, "alex@-x-.example", "domain");
        check_refused(IDENTITY_EMAIL, "alex@exa_mple.org", "domain");
        check_refused(IDENTITY_EMAIL, "alex@[::1]", "brackets");
        check_refused(IDENTITY_EMAIL, "Alex <alex@example.org>", "brackets");
        check_refused(IDENTITY_EMAIL, "alex doe@example.org", "spaces");
        check_refused(IDENTITY_EMAIL, "alex@example.org, b", "commas");
        check_refused(IDENTITY_EMAIL,
                "al\x02"
                "ex@example.org",
                "control");

        memset(address, 'a', sizeof(address));
        strcpy(address + 65, "@example.org");
        check_refused(IDENTITY_EMAIL, address, "64");
        check_value(IDENTITY_EMAIL, address + 1, address + 1);
}

static void test_a_conversation_has_an_application_and_a_title(void **state) {
        (void)state;
        check_value(IDENTITY_APP, "signal:Alex", "signal:Alex");
        check_value(IDENTITY_APP, " Signal :  Alex  Doe ", "signal:Alex Doe");
        check_value(IDENTITY_APP, "element:Alex: work", "element:Alex: work");
        check_refused(IDENTITY_APP, "", "application:title");
        check_refused(IDENTITY_APP, "signal", "application:title");
        check_refused(IDENTITY_APP, "signal: ", "application:title");
        check_refused(IDENTITY_APP, ":Alex", "application:title");
        check_refused(IDENTITY_APP, " : ", "application:title");
}

static void test_handles_pages_and_domains_are_parsed(void **state) {
        (void)state;
        check_value(IDENTITY_HANDLE, "Instagram: @Alex.Doe", "instagram:alex.doe");
        check_value(IDENTITY_PROFILE, "instagram.com/Alex.Doe?igsh=1",
                "https://www.instagram.com/alex.doe/");
        check_value(IDENTITY_DOMAIN, "https://AlexDoe.example/", "alexdoe.example");
        check_refused(IDENTITY_HANDLE, "", "");
        check_refused(IDENTITY_PROFILE, "instagram.com", "");
        check_refused(IDENTITY_DOMAIN, "instagram.com", "");
}

/* What the enforcer would refuse is refused where it is typed. */
static void test_a_domain_that_cannot_be_held_is_refused(void **state) {
        static const char *const values[] = {"localhost", "alex", "127.0.0.1", "1.2.3", "0x7f.1",
                "::1", "[::1]", "printer.local", "alex.localhost", "db.internal", "1.in-addr.arpa",
                "com", "co.uk", "-alex.example", "al_ex.example", "alex..example", ""};

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(values); i++)
                check_refused(IDENTITY_DOMAIN, values[i], "");
}

static void test_a_platform_has_the_name_of_its_row(void **state) {
        static const char *const cases[][2] = {
                {"instagram", "instagram"},
                {" Instagram ", "instagram"},
                {"ig", "instagram"},
                {"INSTA", "instagram"},
                {"instagram.com", "instagram"},
                {"instagr.am", "instagram"},
                {"www.instagram.com", "instagram"},
                {"twitter", "x"},
                {"tumblr", "tumblr"},
                {"cash.app", "cashapp"},
                {"tellonym.me", "tellonym"},
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(cases); i++)
                check_value(IDENTITY_PLATFORM, cases[i][0], cases[i][1]);
}

static void test_a_platform_that_is_not_known_is_refused(void **state) {
        (void)state;
        check_refused(IDENTITY_PLATFORM, "", "missing");
        check_refused(IDENTITY_PLATFORM, " \u00a0", "missing");
        check_refused(IDENTITY_PLATFORM, "instagrams", "not known");
        check_refused(IDENTITY_PLATFORM, "example.org", "not known");
        check_refused(IDENTITY_PLATFORM, "instagram facebook", "not known");
        check_refused(IDENTITY_PLATFORM, "alex.tumblr.com", "not known");
        check_refused(IDENTITY_PLATFORM, "https://www.instagram.com/", "not known");
        check_refused(IDENTITY_PLATFORM, "insta\x01gram", "control");
}

static void test_search_engines_and_viewers_stay_open(void **state) {
        (void)state;
        check_refused(IDENTITY_PLATFORM, "duckduckgo", "search engine");
        check_refused(IDENTITY_PLATFORM, "bing.com", "search engine");
        check_refused(IDENTITY_PLATFORM, "view-instagram", "site between");
        check_refused(IDENTITY_PLATFORM, "imginn.com", "site between");
        check_refused(IDENTITY_PLATFORM, "accounts.google.com", "site between");
}

static void test_what_has_no_address_of_its_own_cannot_be_shut_whole(void **state) {
        (void)state;
        check_refused(IDENTITY_PLATFORM, "mastodon", "profile");
        check_refused(IDENTITY_PLATFORM, "google", "other sites need it");
        check_refused(IDENTITY_PLATFORM, "google.co.uk", "other sites need it");
        check_refused(IDENTITY_PLATFORM, "gravatar", "other sites need it");
}

static void test_values_beyond_the_limit_are_refused(void **state) {
        char value[IDENTITY_VALUE_MAX + 2];

        (void)state;
        memset(value, 'x', sizeof(value));
        value[IDENTITY_VALUE_MAX + 1] = '\0';
        for (int kind = 0; kind < _IDENTITY_KIND_MAX; kind++)
                check_refused((IdentityKind)kind, value, "too long");
}

static void test_canonical_values_stay_as_they_are(void **state) {
        static const struct {
                IdentityKind kind;
                const char *value;
        } cases[] = {
                {IDENTITY_NAME, "Alex Doe"},
                {IDENTITY_PHONE, "+15550109999"},
                {IDENTITY_PHONE, "0301234567"},
                {IDENTITY_EMAIL, "alex@xn--mller-kva.example"},
                {IDENTITY_HANDLE, "instagram:alex.doe"},
                {IDENTITY_PROFILE, "https://www.instagram.com/alex.doe/"},
                {IDENTITY_DOMAIN, "alexdoe.example"},
                {IDENTITY_APP, "signal:Alex"},
                {IDENTITY_PLATFORM, "instagram"},
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(cases); i++)
                check_value(cases[i].kind, cases[i].value, cases[i].value);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_kinds_have_names),
                cmocka_unit_test(test_a_name_is_kept_as_it_is_written),
                cmocka_unit_test(test_a_name_that_cannot_be_one_is_refused),
                cmocka_unit_test(test_a_phone_number_has_one_spelling),
                cmocka_unit_test(test_an_email_address_has_one_spelling),
                cmocka_unit_test(test_what_is_no_email_address_is_refused),
                cmocka_unit_test(test_a_conversation_has_an_application_and_a_title),
                cmocka_unit_test(test_handles_pages_and_domains_are_parsed),
                cmocka_unit_test(test_a_domain_that_cannot_be_held_is_refused),
                cmocka_unit_test(test_a_platform_has_the_name_of_its_row),
                cmocka_unit_test(test_a_platform_that_is_not_known_is_refused),
                cmocka_unit_test(test_search_engines_and_viewers_stay_open),
                cmocka_unit_test(test_what_has_no_address_of_its_own_cannot_be_shut_whole),
                cmocka_unit_test(test_values_beyond_the_limit_are_refused),
                cmocka_unit_test(test_canonical_values_stay_as_they_are),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
