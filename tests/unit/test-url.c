/* SPDX-License-Identifier: GPL-3.0-or-later */

/* URLs and hosts in normal form: what browsers take for the same page compares equal, and what is
 * no web page is refused. */

#include "core/url.h"
#include "unit/test.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

typedef struct FormCase {
        const char *given;
        const char *normal; /* NULL: refused */
} FormCase;

/* Examples of RFC 3986, section 6, and of the WHATWG URL standard among our own. */
static const FormCase form_cases[] = {
        {"https://example.org", "https://example.org/"},
        {"HTTPS://EXAMPLE.org:443/", "https://example.org/"},
        {"http://example.org:80/a", "http://example.org/a"},
        {"http://example.org:443/a", "http://example.org:443/a"},
        {"https://example.org:8443/a", "https://example.org:8443/a"},
        {"https://example.org:/a", "https://example.org/a"},
        {"example.org/alex", "https://example.org/alex"},
        {"example.org:8080/alex", "https://example.org:8080/alex"},
        {"//example.org/alex", "https://example.org/alex"},
        {"https:example.org/a", "https://example.org/a"},
        {"https:////example.org/a", "https://example.org/a"},
        {"https:\\\\example.org\\a\\b", "https://example.org/a/b"},
        {"  https://example.org/a \n", "https://example.org/a"},
        {"ht\ntps://exa\tmple.org/a\r/b", "https://example.org/a/b"},
        {"https://user:p%40ss@example.org/a", "https://example.org/a"},
        {"https://a@b@example.org/a", "https://example.org/a"},
        {"https://example.org./a", "https://example.org/a"},
        {"https://%65xample.org/a", "https://example.org/a"},
        {"https://ｅｘａｍｐｌｅ。org/a", "https://example.org/a"},
        {"https://bücher.example/a", "https://xn--bcher-kva.example/a"},
        {"https://BÜCHER.example/a", "https://xn--bcher-kva.example/a"},
        {"https://straße.example/", "https://xn--strae-oqa.example/"},
        {"https://XN--BCHER-KVA.example/a", "https://xn--bcher-kva.example/a"},
        {"https://my_name.example/a", "https://my_name.example/a"},
        {"https://127.0.0.1/a", "https://127.0.0.1/a"},
        {"https://[2001:DB8:0::1]:8080/a", "https://[2001:db8::1]:8080/a"},
        {"https://example.org//a///b//", "https://example.org/a/b"},
        {"https://example.org/a/./b/../c", "https://example.org/a/c"},
        {"https://example.org/a/%2E%2e/b/%2e/c", "https://example.org/b/c"},
        {"https://example.org/a//../b", "https://example.org/a/b"},
        {"https://example.org/../../a", "https://example.org/a"},
        {"https://example.org/%61lex%2Edoe", "https://example.org/alex.doe"},
        {"https://example.org/%7Ealex", "https://example.org/~alex"},
        {"https://example.org/a%2Fb", "https://example.org/a%2Fb"},
        {"https://example.org/a%5cb", "https://example.org/a%5Cb"},
        {"https://example.org/100%", "https://example.org/100%25"},
        {"https://example.org/%zz", "https://example.org/%25zz"},
        {"https://example.org/a%00b", "https://example.org/a%2500b"},
        {"https://example.org/é", "https://example.org/%C3%A9"},
        {"https://example.org/%ff", "https://example.org/%FF"},
        {"https://example.org/Alex", "https://example.org/Alex"},
        {"https://example.org/?b=2&a=1", "https://example.org/?b=2&a=1"},
        {"https://example.org/?a=b+c%2Bd", "https://example.org/?a=b%20c%2Bd"},
        {"https://example.org/?a&&b=", "https://example.org/?a&b"},
        {"https://example.org/?a=1?b=2", "https://example.org/?a=1?b=2"},
        {"https://example.org/?utm_source=x&a=1&FBCLID=y&igsh=z&gclid=w",
                "https://example.org/?a=1"},
        {"https://example.org?a=/x", "https://example.org/?a=/x"},
        {"https://example.org#x", "https://example.org/#x"},
        {"https://example.org/#", "https://example.org/"},
        {"https://example.org/#/im?p=%40alex", "https://example.org/#/im?p=@alex"},
        {"view-source:https://example.org/a", "https://example.org/a"},
        {"View-Source:view-source:https://example.org/a", "https://example.org/a"},
        {"about:reader?url=https%3A%2F%2Fexample.org%2Fa%3Fb%3D1", "https://example.org/a?b=1"},
        {"", NULL},
        {"   ", NULL},
        {"https://", NULL},
        {"https:///", NULL},
        {"/alex", NULL},
        {"?q=alex", NULL},
        {"about:blank", NULL},
        {"about:reader?url=about%3Ablank", NULL},
        {"chrome://settings/", NULL},
        {"moz-extension://abc/blocked.html#https://example.org", NULL},
        {"javascript:alert(1)", NULL},
        {"data:text/html,x", NULL},
        {"file:///etc/passwd", NULL},
        {"mailto:alex@example.org", NULL},
        {"tel:112", NULL},
        {"ftp://example.org/a", NULL},
        {"alex@example.org", NULL},
        {"https://exa mple.org/", NULL},
        {"https://exa%00mple.org/", NULL},
        {"https://exa<mple.org/", NULL},
        {"https://example..org/", NULL},
        {"https://.example.org/", NULL},
        {"https://example.org:99999/", NULL},
        {"https://example.org:8x/", NULL},
        {"https://[::1/", NULL},
        {"https://2001:db8::1:80/", NULL},
        {"https://2001%3Adb8%3A%3A1/", NULL},
        {"https://[]/", NULL},
        {"https://[nothing]/", NULL},
        {"https://@/a", NULL},
};

static void test_brings_urls_into_normal_form(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(form_cases); i++) {
                const FormCase *c = &form_cases[i];
                _cleanup_(url_freep) Url *url = NULL, *again = NULL;
                _cleanup_free_ char *text = NULL, *second = NULL;
                int r = url_parse(c->given, &url);

                if (!c->normal) {
                        if (r != -EINVAL)
                                fail_msg("'%s' gave %d", c->given, r);
                        assert_null(url);
                        continue;
                }
                if (r != 0)
                        fail_msg("'%s' gave %d", c->given, r);
                text = url_format(url);
                assert_string_equal(text, c->normal);
                assert_int_equal(url_parse(text, &again), 0);
                second = url_format(again);
                assert_string_equal(second, text);
        }
}

static void test_refuses_what_is_too_long(void **state) {
        static const struct {
                size_t length;
                const char *piece;
                int expected;
        } cases[] = {
                {URL_LEN_MAX, "x", 0},
                {URL_LEN_MAX + 1, "x", -E2BIG},
                {URL_LEN_MAX * 2, "x", -E2BIG},
                {30 + 2 * URL_SEGMENTS_MAX, "/x", -E2BIG},
                {2 * URL_SEGMENTS_MAX, "/x", 0},
                {60000, "/", 0},
                {60000, "/../", 0},
                {60000, "/a/..", 0},
                {60000, "&a=b", -E2BIG},
                {60000, "&utm_a=b", 0},
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                _cleanup_(url_freep) Url *url = NULL;
                _cleanup_free_ char *text = malloc(cases[i].length + 1);
                const char *piece = cases[i].piece;
                size_t n;
                int r;

                n = (size_t)sprintf(text, "https://example.org/%s", *piece == '&' ? "?" : "");
                for (size_t k = 0; n < cases[i].length; n++, k++)
                        text[n] = piece[k % strlen(piece)];
                text[n] = '\0';
                r = url_parse(text, &url);
                if (r != cases[i].expected)
                        fail_msg("case %zu gave %d", i, r);
        }
}

static void test_finds_the_first_parameter_of_a_name(void **state) {
        _cleanup_(url_freep) Url *url = NULL;

        (void)state;
        assert_int_equal(url_parse("https://example.org/?a=1&%61=2&b&c=%26", &url), 0);
        assert_string_equal(url_param(url, "a"), "1");
        assert_string_equal(url_param(url, "b"), "");
        assert_string_equal(url_param(url, "c"), "&");
        assert_null(url_param(url, "d"));
}

static void test_drops_each_tracking_parameter_and_no_other(void **state) {
        static const char *const dropped[] = {
                "igshid",
                "igsh",
                "fbclid",
                "gclid",
                "msclkid",
                "mc_cid",
                "mibextid",
                "utm_source",
                "UTM_X",
                "ref_src",
                "_gl",
                "__tn__",
                "yclid",
                "xmt",
                "__cft__[0]",
                "pk_campaign",
        };
        static const char *const kept[] = {
                "id",
                "user",
                "u",
                "q",
                "url",
                "ref",
                "s",
                "t",
                "v",
                "list",
                "hl",
                "gclidx",
                "story_fbid",
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(dropped) + ARRAY_LEN(kept); i++) {
                bool drop = i < ARRAY_LEN(dropped);
                const char *name = drop ? dropped[i] : kept[i - ARRAY_LEN(dropped)];
                _cleanup_(url_freep) Url *url = NULL;
                char text[128];

                (void)snprintf(text, sizeof(text), "https://example.org/?%s=1", name);
                assert_int_equal(url_parse(text, &url), 0);
                if (!!url_param(url, name) == drop)
                        fail_msg("%s", name);
        }
}

static void test_normalises_hosts(void **state) {
        static const FormCase cases[] = {
                {"Example.ORG", "example.org"},
                {"example.org.", "example.org"},
                {"localhost", "localhost"},
                {"Bücher.example", "xn--bcher-kva.example"},
                {"faß.example", "xn--fa-hia.example"},
                {"例え.テスト", "xn--r8jz45g.xn--zckzah"},
                {"ab--cd.example", "ab--cd.example"},
                {"127.0.0.1", "127.0.0.1"},
                {"2001:db8::1", "2001:db8::1"},
                {"", NULL},
                {".", NULL},
                {"..", NULL},
                {"a..b", NULL},
                {".a", NULL},
                {"a b", NULL},
                {"a_b.example", NULL},
                {"-a.example", NULL},
                {"a-.example", NULL},
                {"a/b", NULL},
                {"a:80", NULL},
                {"user@example.org", NULL},
                {"*.example.org", NULL},
                {"exa\x01mple.org", NULL},
                {"\xff\xfe.example", NULL},
                {"a\xe2\x80\xae.example", NULL},
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                _cleanup_free_ char *host = NULL;
                int r = host_normalise(cases[i].given, &host);

                if (r != (cases[i].normal ? 0 : -EINVAL))
                        fail_msg("'%s' gave %d", cases[i].given, r);
                if (cases[i].normal)
                        assert_string_equal(host, cases[i].normal);
                else
                        assert_null(host);
        }
}

static void test_refuses_labels_and_hosts_over_their_length(void **state) {
        char label[70], host[300];
        _cleanup_free_ char *out = NULL;

        (void)state;
        memset(label, 'a', sizeof(label));
        (void)snprintf(host, sizeof(host), "%.63s.example", label);
        assert_int_equal(host_normalise(host, &out), 0);
        (void)snprintf(host, sizeof(host), "%.64s.example", label);
        assert_int_equal(host_normalise(host, &out), -EINVAL);
        (void)snprintf(host, sizeof(host), "%.60s.%.60s.%.60s.%.60s.%.9s", label, label, label,
                label, label);
        assert_int_equal(strlen(host), 253);
        free(out);
        out = NULL;
        assert_int_equal(host_normalise(host, &out), 0);
        strcat(host, "a");
        assert_int_equal(host_normalise(host, &out), -EINVAL);
}

static void test_survives_any_bytes(void **state) {
        uint32_t seed = 42;

        (void)state;
        for (int round = 0; round < 20000; round++) {
                _cleanup_(url_freep) Url *url = NULL, *again = NULL;
                _cleanup_free_ char *text = NULL, *second = NULL;
                char given[64] = "https://example.org/";
                size_t begin = round % 2 ? strlen(given) : 0, len = (size_t)round % 40;

                for (size_t i = 0; i < len; i++) {
                        seed = seed * 1664525U + 1013904223U;
                        given[begin + i] = (char)MAX(seed >> 24, 1U);
                }
                given[begin + len] = '\0';
                if (url_parse(given, &url) < 0)
                        continue;
                text = url_format(url);
                assert_int_equal(url_parse(text, &again), 0);
                second = url_format(again);
                assert_string_equal(text, second);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_brings_urls_into_normal_form),
                cmocka_unit_test(test_refuses_what_is_too_long),
                cmocka_unit_test(test_finds_the_first_parameter_of_a_name),
                cmocka_unit_test(test_drops_each_tracking_parameter_and_no_other),
                cmocka_unit_test(test_normalises_hosts),
                cmocka_unit_test(test_refuses_labels_and_hosts_over_their_length),
                cmocka_unit_test(test_survives_any_bytes),
        };
        return cmocka_run_group_tests_name("url", tests, NULL, NULL);
}
