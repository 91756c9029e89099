/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Which names may go into the hosts file: failures.md's list of bad names, each with its sentence.
 */

#include "common/host-name.h"
#include "common/macro.h"
#include "unit/test.h"

#include <errno.h>
#include <stdbool.h>

#define SHAPE    "A host name has letters, digits, hyphens and dots only."
#define CASE     "A host name is written in lower case here."
#define SCRIPT   "A host name in another script is written as an A-label, \"xn--\" and so on."
#define ADDRESS  "That is an address; a host name is wanted."
#define DOTS     "A host name does not begin or end with a dot, nor has it two in a row."
#define HYPHEN   "No part of a host name begins or ends with a hyphen."
#define LABEL    "A part of a host name has at most 63 characters."
#define LONG     "A host name has at most 253 characters."
#define PARTS    "A host name has two parts or more, as in example.org."
#define OWN      "That is this computer's own name."
#define LOOPBACK "This computer needs the name localhost for itself."

#define TEN   "abcdefghij"
#define SIXTY TEN TEN TEN TEN TEN TEN

static const char *const own[] = {"thinkpad", "thinkpad.home.example", "Desk.Example.ORG"};

static const struct Bad {
        const char *name, *why;
} bad[] = {
        {"", "The host name is empty."},
        {"localhost", LOOPBACK},
        {"LOCALHOST", CASE},
        {"LocalHost.example.org", CASE},
        {"foo.localhost", LOOPBACK},
        {"a.b.localhost", LOOPBACK},
        {"localhost.localdomain", "Names in localdomain belong to this computer."},
        {"localdomain", "Names in localdomain belong to this computer."},
        {"printer.local", "Names in .local belong to devices in the home network."},
        {"wiki.internal", "Names in .internal belong to the network this computer is in."},
        {"1.0.0.127.in-addr.arpa", "Names in .arpa belong to the network itself."},
        {"arpa", "Names in .arpa belong to the network itself."},
        {"thinkpad", OWN},
        {"thinkpad.home.example", OWN},
        {"desk.example.org", OWN},
        {"example", PARTS},
        {"com", PARTS},
        {"ip6-loopback", PARTS},
        {"127.0.0.1", ADDRESS},
        {"8.8.8.8", ADDRESS},
        {"1.2.3", ADDRESS},
        {"127.1", ADDRESS},
        {"2130706433", ADDRESS},
        {"0x7f000001", ADDRESS},
        {"0x7f.1", ADDRESS},
        {"127.0x1", ADDRESS},
        {"1.0x", ADDRESS},
        {"example.org.0", ADDRESS},
        {"::1", ADDRESS},
        {"::ffff:127.66.1.1", ADDRESS},
        {"[2001:db8::1]", ADDRESS},
        {"example.org:80", ADDRESS},
        {SIXTY "abcd.example.org", LABEL},
        {"www." SIXTY "abcd", LABEL},
        {SIXTY "." SIXTY "." SIXTY "." SIXTY "." TEN, LONG},
        {"-example.org", HYPHEN},
        {"example-.org", HYPHEN},
        {"www.-example.org", HYPHEN},
        {"example.org-", HYPHEN},
        {"example.-", HYPHEN},
        {".example.org", DOTS},
        {"example.org.", DOTS},
        {"a..b", DOTS},
        {".", DOTS},
        {"..", DOTS},
        {"my_site.example.org", SHAPE},
        {"Example.org", CASE},
        {"example.ORG", CASE},
        {"m\xc3\xbcller.example", SCRIPT},
        {"\xd0\xbf\xd1\x80.example", SCRIPT},
        {"example\xe3\x80\x82org", SCRIPT},
        {"caf\xe9.example", SCRIPT},
        {"\xff\xfe", SCRIPT},
        {"example.org other.org", SHAPE},
        {" example.org", SHAPE},
        {"example.org ", SHAPE},
        {"example.org\tother.org", SHAPE},
        {"example.org#", SHAPE},
        {"#example.org", SHAPE},
        {"example.org\n127.0.0.1 bank.example", SHAPE},
        {"example.org\n", SHAPE},
        {"example.org\r", SHAPE},
        {"example\x01.org", SHAPE},
        {"example\x7f.org", SHAPE},
        {"*.example.org", SHAPE},
        {"*", SHAPE},
        {"http://example.org", ADDRESS},
        {"example.org/", SHAPE},
        {"user@example.org", SHAPE},
        {"%65xample.org", SHAPE},
        {"exa\\mple.org", SHAPE},
};

static const char *const good[] = {
        "example.org",
        "www.example.org",
        "a.b",
        "x.com",
        "alexdoe.example",
        "xn--mller-kva.example",
        "xn--e1afmkfd.xn--p1ai",
        "3com.com",
        "4chan.org",
        "1.2.3.example",
        "0x7f.example",
        "9gag.com",
        "a--b.example.org",
        "1e100.net",
        SIXTY "abc.example.org",
        SIXTY "." SIXTY "." SIXTY "." SIXTY ".abcdefghi", /* 253 */
        "mylocalhost.example",
        "notlocal.xlocal",
        "localhost.example.org",
        "local.example",
        "thinkpad.example.org",
        "www.thinkpad.home.example",
        "home.example",
};

/* A copy without a byte to spare, so that a sanitizer sees a look beyond the end. */
static int check(const char *name, const char **ret_why) {
        _cleanup_free_ char *copy = strdup(name);

        assert_non_null(copy);
        return host_name_check(copy, own, ARRAY_LEN(own), ret_why);
}

static void test_each_bad_name_is_refused_with_its_sentence(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
                const char *why = NULL;

                if (check(bad[i].name, &why) != -EINVAL || !why || !streq(why, bad[i].why))
                        fail_msg("\"%s\": %s", bad[i].name, why ? why : "taken");
        }
}

static void test_good_names_are_taken(void **state) {
        const char *untouched = "untouched";

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(good); i++) {
                const char *why = untouched;

                if (check(good[i], &why) != 0)
                        fail_msg("\"%s\": %s", good[i], why);
                assert_ptr_equal(why, untouched);
        }
}

static void test_every_other_byte_is_refused_wherever_it_stands(void **state) {
        (void)state;
        for (int c = 1; c < 256; c++) {
                bool fine = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

                for (size_t at = 0; at < 12; at++) {
                        char name[] = "abc.defg.hij";
                        const char *why = NULL;

                        name[at] = (char)c;
                        if (c == '-' || c == '.' || at == 3 || at == 8)
                                continue;
                        assert_int_equal(check(name, &why), fine ? 0 : -EINVAL);
                }
        }
}

static void test_without_names_of_its_own_nothing_else_changes(void **state) {
        const char *why = NULL;

        (void)state;
        assert_int_equal(host_name_check("thinkpad.home.example", NULL, 0, &why), 0);
        assert_int_equal(host_name_check("thinkpad", NULL, 0, &why), -EINVAL);
        assert_string_equal(why, PARTS);
}

static void test_a_very_long_name_is_not_read_to_its_end(void **state) {
        size_t len = 1 << 20;
        _cleanup_free_ char *name = malloc(len + 1);
        const char *why = NULL;

        (void)state;
        memset(name, 'a', len);
        name[len] = '\0';
        assert_int_equal(host_name_check(name, own, ARRAY_LEN(own), &why), -EINVAL);
        assert_string_equal(why, LONG);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_each_bad_name_is_refused_with_its_sentence),
                cmocka_unit_test(test_good_names_are_taken),
                cmocka_unit_test(test_every_other_byte_is_refused_wherever_it_stands),
                cmocka_unit_test(test_without_names_of_its_own_nothing_else_changes),
                cmocka_unit_test(test_a_very_long_name_is_not_read_to_its_end),
        };

        return cmocka_run_group_tests_name("host-name", tests, NULL, NULL);
}
