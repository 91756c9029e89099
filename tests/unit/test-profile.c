/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Profiles, handles and domains: whose page it is, in every spelling, and clear sentences for
 * what is none. */

#include "core/profile.h"

#include "core/catalogue.h"
#include "core/identity.h"
#include "unit/test.h"

#include "unit/catalogue-cases.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <strings.h>

/* "instagram:alex.doe", or NULL when the page is nobody's. The caller frees. */
static char *owner_of(const char *text) {
        _cleanup_(url_freep) Url *url = NULL;
        _cleanup_(profile_done) Profile p = {0};
        char *key = NULL;
        int r;

        if (url_parse(text, &url) < 0)
                fail_msg("'%s' is no URL", text);
        r = profile_from_url(url, &p);
        assert_true(r >= 0);
        if (r > 0)
                assert_true(asprintf(&key, "%s:%s", p.platform->name, p.user) > 0);
        return key;
}

/* Dots in a facebook name are overlooked; which spelling was used must not matter to a
 * comparison. */
static bool same_owner(const char *a, const char *b) {
        if (!a || strncmp(a, "facebook:", 9) != 0)
                return a && streq(a, b);
        while (*a && *b) {
                if (*a == '.')
                        a++;
                else if (*b == '.')
                        b++;
                else if (*a++ != *b++)
                        return false;
        }
        return *a == *b;
}

static void test_finds_whose_page_it_is(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(profile_cases); i++) {
                const UrlCase *c = &profile_cases[i];
                _cleanup_free_ char *owner = owner_of(c->url);

                if (!same_owner(owner, c->expected))
                        fail_msg("'%s' gave %s and not %s", c->url, owner ? owner : "nothing",
                                c->expected);
        }
}

static void test_leaves_pages_alone_that_are_nobodys(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(stranger_cases); i++) {
                _cleanup_free_ char *owner = owner_of(stranger_cases[i].url);

                if (owner)
                        fail_msg("'%s' gave %s", stranger_cases[i].url, owner);
        }
}

/* The URL with one more character behind what stands for the user, or NULL when it is not to be
 * seen. */
static char *look_alike(const UrlCase *c, char more) {
        const char *user = strrchr(c->expected, ':') + 1;
        const char *slash = strrchr(user, '/');
        size_t len;

        user = slash ? slash + 1 : user;
        len = strcspn(user, "@");
        for (const char *p = c->url; *p; p++)
                if (strncasecmp(p, user, len) == 0) {
                        char *text = NULL;

                        assert_true(asprintf(&text, "%.*s%c%s", (int)(p - c->url + (ptrdiff_t)len),
                                            c->url, more, p + len) > 0);
                        return text;
                }
        return NULL;
}

static void test_does_not_take_a_longer_name_for_the_user(void **state) {
        size_t n = 0;

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(profile_cases); i++) {
                const UrlCase *c = &profile_cases[i];
                _cleanup_free_ char *text = look_alike(c, '2'), *owner = NULL;

                if (!text)
                        continue;
                n++;
                owner = owner_of(text);
                if (same_owner(owner, c->expected))
                        fail_msg("'%s' was taken for %s", text, c->expected);
        }
        assert_true(n > ARRAY_LEN(profile_cases) * 9 / 10);
}

static void test_does_not_take_another_host_for_the_platform(void **state) {
        (void)state;
        for (size_t i = 0; i < catalogue_n_hosts; i++)
                for (size_t k = 0; k < 2; k++) {
                        const char *host = catalogue_hosts[i].host;
                        char text[256];
                        _cleanup_(url_freep) Url *url = NULL;
                        Site site;

                        if (strchr(host, '*'))
                                continue;
                        (void)snprintf(text, sizeof(text),
                                k == 0 ? "https://%s.example.org/" : "https://not%s/", host);
                        assert_int_equal(url_parse(text, &url), 0);
                        if (catalogue_find_host(url->host, &site) > 0 && site.sub_len == 0)
                                fail_msg("%s was taken for %s", text, site.row->name);
                }
}

static void test_canonical_url_leads_back_to_the_profile(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(profile_cases); i++) {
                _cleanup_(url_freep) Url *url = NULL, *again = NULL;
                _cleanup_(profile_done) Profile p = {0}, second = {0};
                _cleanup_free_ char *text = NULL;

                assert_int_equal(url_parse(profile_cases[i].url, &url), 0);
                assert_int_equal(profile_from_url(url, &p), 1);
                text = profile_format_url(&p);
                if (!text)
                        fail_msg("'%s' has no canonical URL", profile_cases[i].url);
                assert_int_equal(url_parse(text, &again), 0);
                if (profile_from_url(again, &second) != 1)
                        fail_msg("'%s' is nobody's", text);
                assert_ptr_equal(second.platform, p.platform);
                assert_string_equal(second.user, p.user);
                assert_false(second.viewer);
        }
}

static void test_handle_and_profile_of_a_user_are_one(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(profile_cases); i++) {
                _cleanup_free_ char *owner = owner_of(profile_cases[i].url), *handle = NULL;
                const char *why = NULL;

                if (handle_parse(owner, &handle, &why) != 0)
                        fail_msg("%s: %s", owner, why);
                assert_string_equal(handle, owner);
        }
}

static void test_says_when_a_viewer_was_used(void **state) {
        static const struct {
                const char *url;
                bool viewer;
        } cases[] = {
                {"https://www.instagram.com/alex.doe/", false},
                {"https://ig.me/m/alex.doe", false},
                {"https://paypal.me/alexdoe", false},
                {"https://other.example/@alex@social.example", false},
                {"https://imginn.com/alex.doe/", true},
                {"https://nitter.net/alexdoe", true},
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                _cleanup_(url_freep) Url *url = NULL;
                _cleanup_(profile_done) Profile p = {0};

                assert_int_equal(url_parse(cases[i].url, &url), 0);
                assert_int_equal(profile_from_url(url, &p), 1);
                assert_int_equal(p.viewer, cases[i].viewer);
        }
}

/* --- parsers --------------------------------------------------------------------------------- */

typedef int (*Parser)(const char *value, char **ret, const char **ret_why);

typedef struct ParseCase {
        const char *given;
        const char *expected; /* NULL: refused */
        const char *why;      /* words of the sentence that says so */
} ParseCase;

static void check_parser(Parser parse, const ParseCase *cases, size_t n) {
        for (size_t i = 0; i < n; i++) {
                _cleanup_free_ char *value = NULL, *again = NULL;
                const char *why = NULL;
                int r = parse(cases[i].given, &value, &why);

                if (r != (cases[i].expected ? 0 : -EINVAL))
                        fail_msg("'%s' gave %d (%s)", cases[i].given, r, why ? why : value);
                if (r < 0) {
                        assert_null(value);
                        assert_non_null(why);
                        if (!strstr(why, cases[i].why))
                                fail_msg("'%s': %s", cases[i].given, why);
                        assert_null(strchr(why, '!'));
                        assert_int_equal(parse(cases[i].given, &value, NULL), -EINVAL);
                        continue;
                }
                assert_string_equal(value, cases[i].expected);
                assert_int_equal(parse(value, &again, &why), 0);
                assert_string_equal(again, value);
        }
}

static const ParseCase handle_cases[] = {
        {"instagram:alex.doe", "instagram:alex.doe", NULL},
        {"Instagram: @Alex.Doe", "instagram:alex.doe", NULL},
        {" ig : alex.doe ", "instagram:alex.doe", NULL},
        {"insta:@alex.doe", "instagram:alex.doe", NULL},
        {"fb:Alex.Doe", "facebook:alex.doe", NULL},
        {"facebook:100012345678901", "facebook:100012345678901", NULL},
        {"facebook:alex.doe.92", "facebook:alex.doe.92", NULL},
        {"twitter:@AlexDoe", "x:alexdoe", NULL},
        {"x:alexdoe", "x:alexdoe", NULL},
        {"@alex@social.example", "mastodon:alex@social.example", NULL},
        {"mastodon:Alex@Social.Example", "mastodon:alex@social.example", NULL},
        {"mastodon:@alex@bücher.example", "mastodon:alex@xn--bcher-kva.example", NULL},
        {"whatsapp:+1 (555) 010-9999", "whatsapp:15550109999", NULL},
        {"wa:0015550109999", "whatsapp:15550109999", NULL},
        {"telegram:@AlexDoe", "telegram:alexdoe", NULL},
        {"tg:+1 555 010 9999", "telegram:+15550109999", NULL},
        {"signal:+15550109999", "signal:15550109999", NULL},
        {"signal:alex.01", "signal:alex.01", NULL},
        {"bluesky:@alexdoe", "bluesky:alexdoe.bsky.social", NULL},
        {"bluesky:alexdoe.example", "bluesky:alexdoe.example", NULL},
        {"youtube:@alexdoe", "youtube:alexdoe", NULL},
        {"youtube:channel/UCabcDEF", "youtube:channel/UCabcDEF", NULL},
        {"reddit:u/Alex_Doe", "reddit:alex_doe", NULL},
        {"reddit:/u/alex_doe", "reddit:alex_doe", NULL},
        {"cashapp:$AlexDoe", "cashapp:alexdoe", NULL},
        {"discord:alexdoe", "discord:alexdoe", NULL},
        {"hinge:alex", "hinge:alex", NULL},
        {"vk:id12345", "vk:id12345", NULL},
        {"", NULL, "empty"},
        {"  ", NULL, "empty"},
        {"alex.doe", NULL, "needs its platform"},
        {"@alex.doe", NULL, "needs its platform"},
        {"alex@example.org", NULL, "needs its platform"},
        {":alex", NULL, "not known here"},
        {"nosuch:alex", NULL, "not known here"},
        {"https://www.instagram.com/alex.doe/", NULL, "add it as a profile"},
        {"instagram:", NULL, "No user of that platform"},
        {"instagram:@", NULL, "No user of that platform"},
        {"instagram:alex doe", NULL, "No user of that platform"},
        {"instagram:alex/doe", NULL, "No user of that platform"},
        {"instagram:explore", NULL, "No user of that platform"},
        {"instagram:p", NULL, "No user of that platform"},
        {"mastodon:alex", NULL, "server"},
        {"@alex@nodots", NULL, "server"},
        {"@alex@", NULL, "server"},
        {"@alex@instagram.com", NULL, "server"},
        {"@@social.example", NULL, "server"},
        {"whatsapp:alex", NULL, "telephone number"},
        {"whatsapp:123", NULL, "telephone number"},
};

static void test_parses_handles(void **state) {
        (void)state;
        check_parser(handle_parse, handle_cases, ARRAY_LEN(handle_cases));
}

static const ParseCase page_cases[] = {
        {"https://www.instagram.com/alex.doe/", "https://www.instagram.com/alex.doe/", NULL},
        {"instagram.com/Alex.Doe?igsh=x", "https://www.instagram.com/alex.doe/", NULL},
        {"https://www.instagram.com/stories/alex.doe/1/", "https://www.instagram.com/alex.doe/",
                NULL},
        {"https://imginn.com/alex.doe/", "https://www.instagram.com/alex.doe/", NULL},
        {"https://web.archive.org/web/2024/https://www.instagram.com/alex.doe/",
                "https://www.instagram.com/alex.doe/", NULL},
        {"https://l.instagram.com/?u=https%3A%2F%2Fx.com%2FAlexDoe", "https://x.com/alexdoe", NULL},
        {"https://m.facebook.com/profile.php?id=1000123&sk=about",
                "https://www.facebook.com/profile.php?id=1000123", NULL},
        {"https://de.linkedin.com/in/jos%C3%A9-doe", "https://www.linkedin.com/in/jos%C3%A9-doe/",
                NULL},
        {"https://wa.me/15550109999", "https://wa.me/15550109999", NULL},
        {"https://cash.app/%24AlexDoe", "https://cash.app/$alexdoe", NULL},
        {"https://social.example/@Alex/1", "https://social.example/@alex", NULL},
        {"https://other.example/@alex@social.example", "https://social.example/@alex", NULL},
        {"alexdoe.tumblr.com", "https://www.tumblr.com/alexdoe", NULL},
        {"https://forum.example/users/Alex", "https://forum.example/users/Alex", NULL},
        {"http://example.org/~alex/", "http://example.org/~alex", NULL},
        {"https://example.org/~alex/#top", "https://example.org/~alex", NULL},
        {"https://forum.example:8080/member.php?u=123&utm_source=x",
                "https://forum.example:8080/member.php?u=123", NULL},
        {"https://sites.google.com/view/alexdoe", "https://sites.google.com/view/alexdoe", NULL},
        {"", NULL, "empty"},
        {"alex", NULL, "not a web address"},
        {"alex doe", NULL, "not a web address"},
        {"alex@example.org", NULL, "not a web address"},
        {"ftp://example.org/alex", NULL, "not a web address"},
        {"javascript:alert(1)", NULL, "not a web address"},
        {"http://localhost/~alex", NULL, "not a web address"},
        {"https://www.instagram.com/", NULL, "not the page of one person"},
        {"https://www.instagram.com/explore/", NULL, "not the page of one person"},
        {"https://www.instagram.com/p/C1a2B3/", NULL, "not the page of one person"},
        {"https://www.facebook.com/groups/1", NULL, "not the page of one person"},
        {"https://help.instagram.com/1234", "https://help.instagram.com/1234", NULL},
        {"https://nitter.net/search?q=alex", NULL, "not the page of one person"},
        {"https://alexdoe.example", NULL, "whole site"},
        {"alexdoe.example/", NULL, "whole site"},
};

static void test_parses_profiles(void **state) {
        (void)state;
        check_parser(profile_parse, page_cases, ARRAY_LEN(page_cases));
}

static const ParseCase domain_cases[] = {
        {"alexdoe.example", "alexdoe.example", NULL},
        {" AlexDoe.Example. ", "alexdoe.example", NULL},
        {"https://alexdoe.example/", "alexdoe.example", NULL},
        {"https://user@alexdoe.example:8080/", "alexdoe.example", NULL},
        {"www.alexdoe.example", "alexdoe.example", NULL},
        {"blog.alexdoe.co.uk", "blog.alexdoe.co.uk", NULL},
        {"alexdoe.co.uk", "alexdoe.co.uk", NULL},
        {"bücher.example", "xn--bcher-kva.example", NULL},
        {"alexdoe.tumblr.com", "alexdoe.tumblr.com", NULL},
        {"alexdoe.github.io", "alexdoe.github.io", NULL},
        {"co.example", "co.example", NULL},
        {"", NULL, "empty"},
        {"alexdoe", NULL, "two parts"},
        {"com", NULL, "two parts"},
        {"localhost", NULL, "own network"},
        {"app.localhost", NULL, "own network"},
        {"printer.local", NULL, "own network"},
        {"router.lan", NULL, "own network"},
        {"host.localdomain", NULL, "own network"},
        {"1.0.0.127.in-addr.arpa", NULL, "own network"},
        {"127.0.0.1", NULL, "numbers"},
        {"https://192.168.1.5/", NULL, "numbers"},
        {"https://[::1]/", NULL, "numbers"},
        {"1.2.3", NULL, "numbers"},
        {"10", NULL, "numbers"},
        {"co.uk", NULL, "Everybody"},
        {"com.au", NULL, "Everybody"},
        {"www.co.uk", NULL, "Everybody"},
        {"instagram.com", NULL, "whole site"},
        {"www.instagram.com", NULL, "whole site"},
        {"help.instagram.com", NULL, "whole site"},
        {"https://tumblr.com", NULL, "whole site"},
        {"google.co.uk", NULL, "whole site"},
        {"imginn.com", NULL, "whole site"},
        {"hinge.co", NULL, "whole site"},
        {"https://alexdoe.example/blog", NULL, "one page"},
        {"https://alexdoe.example/?p=1", NULL, "one page"},
        {"alex@example.org", NULL, "e-mail"},
        {"alex doe.example", NULL, "letters, digits"},
        {"alex_doe.example", NULL, "letters, digits"},
        {"-alex.example", NULL, "letters, digits"},
        {"alex-.example", NULL, "letters, digits"},
        {"alex..example", NULL, "letters, digits"},
        {".example.org", NULL, "letters, digits"},
        {"*.example.org", NULL, "letters, digits"},
        {"alex\x01.example", NULL, "hidden character"},
        {"ftp://alexdoe.example", NULL, "letters, digits"},
        {"alexdoe.example\nbank.example", NULL, "line break"},
};

static void test_parses_domains(void **state) {
        (void)state;
        check_parser(domain_parse, domain_cases, ARRAY_LEN(domain_cases));
}

static void test_refuses_values_over_their_length(void **state) {
        static const Parser parsers[] = {handle_parse, profile_parse, domain_parse};
        _cleanup_free_ char *text = malloc(70000);

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(parsers); i++)
                for (size_t len = IDENTITY_VALUE_MAX + 1; len < 70000; len += 60000) {
                        _cleanup_free_ char *value = NULL;
                        const char *why = NULL;

                        memset(text, 'a', len);
                        text[len] = '\0';
                        assert_int_equal(parsers[i](text, &value, &why), -EINVAL);
                        assert_non_null(strstr(why, "too long"));
                }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_finds_whose_page_it_is),
                cmocka_unit_test(test_leaves_pages_alone_that_are_nobodys),
                cmocka_unit_test(test_does_not_take_a_longer_name_for_the_user),
                cmocka_unit_test(test_does_not_take_another_host_for_the_platform),
                cmocka_unit_test(test_canonical_url_leads_back_to_the_profile),
                cmocka_unit_test(test_handle_and_profile_of_a_user_are_one),
                cmocka_unit_test(test_says_when_a_viewer_was_used),
                cmocka_unit_test(test_parses_handles),
                cmocka_unit_test(test_parses_profiles),
                cmocka_unit_test(test_parses_domains),
                cmocka_unit_test(test_refuses_values_over_their_length),
        };
        return cmocka_run_group_tests_name("profile", tests, NULL, NULL);
}
