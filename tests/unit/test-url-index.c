/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The index of URL rules: every spelling of a page is found, its look-alikes are not, and the
 * number of rules changes neither. */

#include "core/url-index.h"

#include "core/catalogue.h"
#include "core/profile.h"
#include "unit/test.h"

#include "unit/catalogue-cases.h"

#include <stdbool.h>
#include <stdio.h>

/* Adds a rule as identity_parse() would give it. */
static void add_rule(UrlIndex *index, IdentityKind kind, const char *value, Rule rule) {
        static int (*const parsers[_IDENTITY_KIND_MAX])(const char *, char **, const char **) = {
                [IDENTITY_HANDLE] = handle_parse,
                [IDENTITY_PROFILE] = profile_parse,
                [IDENTITY_DOMAIN] = domain_parse,
        };
        _cleanup_free_ char *canonical = NULL;
        const char *why = NULL;
        Identity id = {.kind = kind};

        if (!parsers[kind])
                canonical = strdup(value);
        else if (parsers[kind](value, &canonical, &why) != 0)
                fail_msg("'%s': %s", value, why);
        id.value = canonical;
        assert_int_equal(url_index_add(index, &id, rule), 0);
}

static UrlIndex *index_with(IdentityKind kind, const char *value) {
        UrlIndex *index = NULL;

        assert_int_equal(url_index_new(&index), 0);
        add_rule(index, kind, value, (Rule){.person = 7, .since_usec = 100});
        return index;
}

/* Returns what url_index_find() does, with the key in `*ret_key` when it found one. */
static int find(const UrlIndex *index, const char *text, UrlMatch *ret) {
        _cleanup_(url_freep) Url *url = NULL;

        if (url_parse(text, &url) < 0)
                fail_msg("'%s' is no URL", text);
        return url_index_find(index, url, ret);
}

static void expect(const UrlIndex *index, const char *text, const char *key, UrlVia via) {
        _cleanup_(url_match_done) UrlMatch m = {0};

        if (find(index, text, &m) != 1)
                fail_msg("'%s' was not found", text);
        assert_string_equal(m.key, key);
        if (m.via != via)
                fail_msg("'%s' was found by %d", text, m.via);
        assert_int_equal(m.rule.person, 7);
        assert_int_equal(m.rule.since_usec, 100);
}

static void expect_nothing(const UrlIndex *index, const char *text) {
        _cleanup_(url_match_done) UrlMatch m = {0};

        if (find(index, text, &m) != 0)
                fail_msg("'%s' was taken for %s", text, m.key);
}

static void test_finds_every_spelling_of_a_profile(void **state) {
        static const char *const spellings[] = {
                "https://www.instagram.com/alex.doe",
                "https://www.instagram.com/alex.doe/",
                "https://www.instagram.com/alex.doe/reels/",
                "https://www.instagram.com/alex.doe/?hl=de",
                "https://www.instagram.com/alex.doe#x",
                "https://M.INSTAGRAM.COM/Alex.Doe",
                "https://www.instagram.com//alex.doe/",
                "https://www.instagram.com/%61lex%2Edoe/",
                "https://www.instagram.com/stories/alex.doe/1",
                "http://instagram.com./alex.doe",
                "https://instagram.com:443/ALEX.DOE/tagged",
                "https://www.instagram.com/p/../alex.doe",
                "https:\\\\instagram.com\\alex.doe",
                "https://x@instagram.com/alex.doe?igsh=1&utm_source=2",
                "https://instagr.am/alex.doe",
                "https://ig.me/m/alex.doe",
        };
        static const char *const wrapped[] = {
                "https://imginn.com/alex.doe/",
                "https://www.picuki.com/profile/alex.doe",
                "https://web.archive.org/web/2024/https://www.instagram.com/alex.doe/",
                "https://www-instagram-com.translate.goog/alex.doe/?_x_tr_sl=de",
                "https://l.instagram.com/?u=https%3A%2F%2Finstagram.com%2Falex.doe",
                "https://www.google.com/url?q=https://www.instagram.com/alex.doe/&sa=D",
                "https://r.jina.ai/https://instagram.com/alex.doe",
                "https://12ft.io/instagram.com/alex.doe",
                "https://www.instagram.com/accounts/login/?next=/alex.doe/",
                "https://href.li/?https://l.facebook.com/l.php?u=https%3A%2F%2Fimginn.com%2Falex.doe",
        };
        static const char *const innocent[] = {
                "https://www.instagram.com/alex.doe2",
                "https://www.instagram.com/alex.doe2/",
                "https://www.instagram.com/alex.do",
                "https://www.instagram.com/alex.doe.fan/",
                "https://www.instagram.com/alex.doe_official",
                "https://www.instagram.com/alexdoe",
                "https://www.instagram.com/sam/alex.doe",
                "https://www.instagram.com/explore/tags/alex.doe",
                "https://www.instagram.com/?u=alex.doe",
                "https://www.instagram.com/",
                "https://www.instagram.com.example/alex.doe",
                "https://notinstagram.com/alex.doe",
                "https://x.com/alex_doe",
                "https://www.tiktok.com/@alex.doe",
                "https://web.archive.org/web/2024/https://www.instagram.com/alex.doe2/",
                "https://imginn.com/alex.doe2/",
                "https://example.org/alex.doe",
                "https://example.org/?next=https://www.instagram.com/alex.doe",
        };
        _cleanup_(url_index_freep) UrlIndex *index =
                index_with(IDENTITY_PROFILE, "https://www.instagram.com/Alex.Doe/?hl=en");

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(spellings); i++)
                expect(index, spellings[i], "instagram:alex.doe", URL_VIA_PROFILE);
        for (size_t i = 0; i < ARRAY_LEN(wrapped); i++)
                expect(index, wrapped[i], "instagram:alex.doe", URL_VIA_VIEWER);
        for (size_t i = 0; i < ARRAY_LEN(innocent); i++)
                expect_nothing(index, innocent[i]);
        /* the same account by the makers' own rule */
        expect(index, "https://www.threads.net/@alex.doe", "threads:alex.doe", URL_VIA_PROFILE);
}

static void test_every_case_is_found_by_a_handle_and_by_a_profile(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(profile_cases); i++) {
                const UrlCase *c = &profile_cases[i];

                if (strpbrk(c->url, "\t\n"))
                        continue; /* browsers take it out, a person must not type it */
                _cleanup_(url_index_freep) UrlIndex *by_handle =
                        index_with(IDENTITY_HANDLE, c->expected);
                _cleanup_(url_index_freep) UrlIndex *by_profile =
                        index_with(IDENTITY_PROFILE, c->url);
                _cleanup_(url_match_done) UrlMatch a = {0}, b = {0};

                if (find(by_handle, c->url, &a) != 1 || find(by_profile, c->url, &b) != 1)
                        fail_msg("'%s' was not found", c->url);
                assert_string_equal(a.key, c->expected);
                assert_int_equal(a.via, b.via);
        }
}

static void test_overlooks_dots_where_the_platform_does(void **state) {
        _cleanup_(url_index_freep) UrlIndex *index =
                index_with(IDENTITY_HANDLE, "facebook:alex.doe");

        (void)state;
        expect(index, "https://www.facebook.com/alex.doe", "facebook:alex.doe", URL_VIA_PROFILE);
        expect(index, "https://www.facebook.com/alexdoe/photos", "facebook:alex.doe",
                URL_VIA_PROFILE);
        expect(index, "https://m.me/a.l.e.x.doe", "facebook:alex.doe", URL_VIA_PROFILE);
        expect_nothing(index, "https://www.facebook.com/alexdoe1");
}

static void test_tells_facebook_ids_apart(void **state) {
        _cleanup_(url_index_freep) UrlIndex *index =
                index_with(IDENTITY_PROFILE, "https://www.facebook.com/profile.php?id=123");

        (void)state;
        expect(index, "https://m.facebook.com/profile.php?sk=about&id=123", "facebook:123",
                URL_VIA_PROFILE);
        expect(index, "https://www.facebook.com/people/Alex-Doe/123/", "facebook:123",
                URL_VIA_PROFILE);
        expect(index, "https://www.facebook.com/123", "facebook:123", URL_VIA_PROFILE);
        expect_nothing(index, "https://www.facebook.com/profile.php?id=1234");
        expect_nothing(index, "https://www.facebook.com/profile.php?id=12");
        expect_nothing(index, "https://www.facebook.com/profile.php?x=123");
}

static void test_keeps_case_apart_where_it_matters(void **state) {
        _cleanup_(url_index_freep) UrlIndex *index =
                index_with(IDENTITY_PROFILE, "https://www.youtube.com/channel/UCabcDEF");

        (void)state;
        expect(index, "https://m.youtube.com/channel/UCabcDEF/videos", "youtube:channel/UCabcDEF",
                URL_VIA_PROFILE);
        expect(index, "https://yewtu.be/channel/UCabcDEF", "youtube:channel/UCabcDEF",
                URL_VIA_VIEWER);
        expect_nothing(index, "https://www.youtube.com/channel/ucabcdef");
        expect_nothing(index, "https://www.youtube.com/@ucabcdef");
}

static void test_a_phone_number_is_a_door_of_messengers(void **state) {
        _cleanup_(url_index_freep) UrlIndex *index = index_with(IDENTITY_PHONE, "+15550109999");

        (void)state;
        expect(index, "https://wa.me/15550109999?text=hi", "whatsapp:15550109999", URL_VIA_PROFILE);
        expect(index, "https://web.whatsapp.com/send/?phone=%2B1%20555%20010%209999",
                "whatsapp:15550109999", URL_VIA_PROFILE);
        expect(index, "https://signal.me/#p/+15550109999", "signal:15550109999", URL_VIA_PROFILE);
        expect(index, "https://t.me/+15550109999", "telegram:+15550109999", URL_VIA_PROFILE);
        expect_nothing(index, "https://wa.me/15550109998");
        expect_nothing(index, "https://wa.me/5550109999");
}

static void test_finds_a_page_outside_the_catalogue_and_all_below_it(void **state) {
        _cleanup_(url_index_freep) UrlIndex *index =
                index_with(IDENTITY_PROFILE, "https://www.example.org/~alex");

        (void)state;
        expect(index, "https://www.example.org/~alex", "page:example.org/~alex", URL_VIA_PAGE);
        expect(index, "http://example.org/%7Ealex/photos/1.html?x=1#y", "page:example.org/~alex",
                URL_VIA_PAGE);
        expect(index, "https://web.archive.org/web/2024/http://example.org/~alex/",
                "page:example.org/~alex", URL_VIA_VIEWER);
        expect_nothing(index, "https://example.org/~alexa");
        expect_nothing(index, "https://example.org/~Alex");
        expect_nothing(index, "https://example.org/");
        expect_nothing(index, "https://example.org/x/~alex");
        expect_nothing(index, "https://m.example.org/~alex");
        expect_nothing(index, "https://example.org:8080/~alex");
}

static void test_tells_pages_apart_by_their_query(void **state) {
        _cleanup_(url_index_freep) UrlIndex *index =
                index_with(IDENTITY_PROFILE, "https://forum.example/member.php?u=123");
        const char *key = "page:forum.example/member.php?u=123";

        (void)state;
        add_rule(index, IDENTITY_PROFILE, "https://other.example/index.php?page=user&id=5",
                (Rule){.person = 7, .since_usec = 100});
        expect(index, "https://forum.example/member.php?u=123", key, URL_VIA_PAGE);
        expect(index, "https://forum.example/member.php?tab=2&u=123&utm_source=x", key,
                URL_VIA_PAGE);
        expect_nothing(index, "https://forum.example/member.php?u=1234");
        expect_nothing(index, "https://forum.example/member.php?v=123");
        expect_nothing(index, "https://forum.example/member.php");
        expect_nothing(index, "https://forum.example/other.php?u=123");
        expect(index, "https://other.example/index.php?id=5&page=user",
                "page:other.example/index.php?id=5&page=user", URL_VIA_PAGE);
        expect(index, "https://other.example/index.php?x=1&page=user&id=5",
                "page:other.example/index.php?id=5&page=user", URL_VIA_PAGE);
        expect_nothing(index, "https://other.example/index.php?page=user&id=6");
        expect_nothing(index, "https://other.example/index.php?page=user");
        expect_nothing(index, "https://other.example/index.php?id=5");
}

static void test_finds_a_domain_and_its_subdomains(void **state) {
        _cleanup_(url_index_freep) UrlIndex *index = index_with(IDENTITY_DOMAIN, "AlexDoe.example");

        (void)state;
        expect(index, "https://alexdoe.example/", "domain:alexdoe.example", URL_VIA_DOMAIN);
        expect(index, "http://www.alexdoe.example:8080/x?y#z", "domain:alexdoe.example",
                URL_VIA_DOMAIN);
        expect(index, "https://a.b.AlexDoe.Example./", "domain:alexdoe.example", URL_VIA_DOMAIN);
        expect(index, "https://a_b.alexdoe.example/", "domain:alexdoe.example", URL_VIA_DOMAIN);
        expect(index, "https://archive.ph/https://alexdoe.example/x", "domain:alexdoe.example",
                URL_VIA_VIEWER);
        expect(index, "https://alexdoe.example/@sam", "domain:alexdoe.example", URL_VIA_DOMAIN);
        expect_nothing(index, "https://example/");
        expect_nothing(index, "https://notalexdoe.example/");
        expect_nothing(index, "https://alexdoe.example.org/");
        expect_nothing(index, "https://example.org/?u=https://alexdoe.example/");
}

static void test_a_users_page_on_an_unknown_host_is_found_both_ways(void **state) {
        _cleanup_(url_index_freep) UrlIndex *index =
                index_with(IDENTITY_PROFILE, "https://social.example/users/alex");

        (void)state;
        expect(index, "https://social.example/users/alex", "mastodon:alex@social.example",
                URL_VIA_PROFILE);
        expect(index, "https://social.example/@alex/1", "mastodon:alex@social.example",
                URL_VIA_PROFILE);
        expect(index, "https://other.example/@alex@social.example", "mastodon:alex@social.example",
                URL_VIA_PROFILE);
        expect(index, "https://social.example/users/alex/photos", "page:social.example/users/alex",
                URL_VIA_PAGE);
        expect_nothing(index, "https://other.example/@alex");
        expect_nothing(index, "https://social.example/users/alexa");
}

static void test_keeps_the_earlier_time_and_the_first_person(void **state) {
        _cleanup_(url_index_freep) UrlIndex *index = NULL;
        _cleanup_(url_match_done) UrlMatch m = {0};

        (void)state;
        assert_int_equal(url_index_new(&index), 0);
        add_rule(index, IDENTITY_HANDLE, "instagram:alex", (Rule){1, 50});
        add_rule(index, IDENTITY_PROFILE, "https://instagram.com/alex", (Rule){1, 20});
        add_rule(index, IDENTITY_HANDLE, "ig:alex", (Rule){1, 90});
        add_rule(index, IDENTITY_HANDLE, "instagram:alex", (Rule){2, 10});
        assert_int_equal(find(index, "https://instagram.com/alex", &m), 1);
        assert_int_equal(m.rule.person, 1);
        assert_int_equal(m.rule.since_usec, 20);
}

static void test_other_kinds_say_nothing_about_urls(void **state) {
        static const Identity others[] = {
                {.kind = IDENTITY_NAME, .value = (char *)"instagram"},
                {.kind = IDENTITY_EMAIL, .value = (char *)"alex@example.org"},
                {.kind = IDENTITY_APP, .value = (char *)"signal:Alex"},
                {.kind = IDENTITY_PHONE, .value = (char *)"0301234567"},
        };
        _cleanup_(url_index_freep) UrlIndex *index = NULL;

        (void)state;
        assert_int_equal(url_index_new(&index), 0);
        for (size_t i = 0; i < ARRAY_LEN(others); i++)
                assert_int_equal(url_index_add(index, &others[i], (Rule){0}), 0);
        expect_nothing(index, "https://example.org/");
        expect_nothing(index, "https://instagram.com/alex");
        expect_nothing(index, "https://wa.me/0301234567");
        expect_nothing(index, "https://wa.me/301234567");
}

/* Writes the pattern with the number in the place of "<n>". */
static void number(char *buf, size_t size, const char *pattern, unsigned n) {
        int len = (int)strcspn(pattern, "<");

        (void)snprintf(buf, size, "%.*s%u%s", len, pattern, n, pattern + len + strlen("<n>"));
}

static void test_ten_thousand_rules_find_themselves_and_nothing_else(void **state) {
        static const char *const forms[] = {
                "https://www.instagram.com/person<n>/",
                "https://x.com/person<n>",
                "https://person<n>.example/",
                "https://example.org/~person<n>",
                "https://forum.example/member?u=<n>",
        };
        static const char *const innocent[] = {
                "https://www.instagram.com/somebody<n>/",
                "https://x.com/person<n>x",
                "https://nobody<n>.example/",
                "https://example.org/~person<n>0x",
                "https://forum.example/member?v=<n>",
                "https://www.instagram.com/explore/tags/person<n>",
                "https://www.google.com/search?q=person<n>",
        };
        _cleanup_(url_index_freep) UrlIndex *index = NULL;
        char text[128];

        (void)state;
        assert_int_equal(url_index_new(&index), 0);
        for (uint32_t i = 0; i < 10000; i++) {
                bool domain = i % ARRAY_LEN(forms) == 2;

                number(text, sizeof(text), forms[i % ARRAY_LEN(forms)], i);
                add_rule(index, domain ? IDENTITY_DOMAIN : IDENTITY_PROFILE, text,
                        (Rule){.person = i});
        }
        for (uint32_t i = 0; i < 10000; i++) {
                _cleanup_(url_match_done) UrlMatch m = {0};

                number(text, sizeof(text), forms[i % ARRAY_LEN(forms)], i);
                if (find(index, text, &m) != 1)
                        fail_msg("'%s' was not found", text);
                assert_int_equal(m.rule.person, i);
                number(text, sizeof(text), innocent[i % ARRAY_LEN(innocent)], i);
                expect_nothing(index, text);
        }
        for (size_t i = 0; i < ARRAY_LEN(stranger_cases); i++)
                expect_nothing(index, stranger_cases[i].url);
        for (size_t i = 0; i < ARRAY_LEN(profile_cases); i++)
                expect_nothing(index, profile_cases[i].url);
}

/* --- searches -------------------------------------------------------------------------------- */

static void test_reads_what_was_searched_for(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(search_cases); i++) {
                _cleanup_(url_freep) Url *url = NULL;
                _cleanup_free_ char *text = NULL;

                assert_int_equal(url_parse(search_cases[i].url, &url), 0);
                if (url_search_text(url, &text) != 1)
                        fail_msg("'%s' was not read", search_cases[i].url);
                assert_string_equal(text, search_cases[i].expected);
        }
}

static void test_other_pages_are_no_search(void **state) {
        static const char *const urls[] = {
                "https://www.google.com/",
                "https://www.google.com/search?q=",
                "https://www.google.com/maps?q=berlin",
                "https://example.org/search?q=alex+doe",
                "https://shop.example/?q=alex",
                "https://www.instagram.com/alex.doe/?q=x",
                "https://www.youtube.com/watch?v=1&q=alex",
                "https://www.reddit.com/r/linux",
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
                _cleanup_(url_freep) Url *url = NULL;
                _cleanup_free_ char *text = NULL;

                assert_int_equal(url_parse(urls[i], &url), 0);
                if (url_search_text(url, &text) != 0)
                        fail_msg("'%s' gave '%s'", urls[i], text);
        }
}

/* --- platforms as a whole -------------------------------------------------------------------- */

static void test_any_page_of_a_blocked_platform_is_found(void **state) {
        static const char *const pages[] = {
                "https://www.instagram.com/",
                "https://www.instagram.com/sam.roe/",
                "https://www.instagram.com/p/abc/?igsh=1",
                "http://instagr.am./",
                "https://de.instagram.com/explore/",
                "https://help.instagram.com/1",
                "https://www.instagram.com/accounts/login/?next=/sam.roe/",
        };
        static const char *const elsewhere[] = {
                "https://www.facebook.com/",
                "https://notinstagram.com/",
                "https://instagram.com.example.org/",
                "https://example.org/instagram.com/",
                "https://imginn.com/sam.roe/",
                /* a copy of a page there is not the platform */
                "https://web.archive.org/web/2024/https://www.instagram.com/sam.roe/",
                "https://www-instagram-com.translate.goog/sam.roe/",
                "https://l.instagram.com/?u=https%3A%2F%2Fexample.org%2F",
        };
        _cleanup_(url_index_freep) UrlIndex *index = index_with(IDENTITY_PLATFORM, "instagram");

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(pages); i++)
                expect(index, pages[i], "platform:instagram", URL_VIA_PLATFORM);
        for (size_t i = 0; i < ARRAY_LEN(elsewhere); i++)
                expect_nothing(index, elsewhere[i]);
}

static void test_a_users_own_host_is_on_its_platform(void **state) {
        _cleanup_(url_index_freep) UrlIndex *index = index_with(IDENTITY_PLATFORM, "tumblr");

        (void)state;
        expect(index, "https://sam.tumblr.com/post/1", "platform:tumblr", URL_VIA_PLATFORM);
}

/* Whatever is the person's own says more than the platform that it stands on. */
static void test_the_platform_is_the_weakest_of_all(void **state) {
        _cleanup_(url_index_freep) UrlIndex *index = index_with(IDENTITY_PLATFORM, "instagram");
        const Rule rule = {.person = 7, .since_usec = 100};

        (void)state;
        add_rule(index, IDENTITY_HANDLE, "instagram:alex.doe", rule);
        add_rule(index, IDENTITY_PLATFORM, "tumblr", rule);
        add_rule(index, IDENTITY_DOMAIN, "alex.tumblr.com", rule);
        expect(index, "https://www.instagram.com/alex.doe/", "instagram:alex.doe", URL_VIA_PROFILE);
        expect(index, "https://www.instagram.com/accounts/login/?next=/alex.doe/",
                "instagram:alex.doe", URL_VIA_VIEWER);
        expect(index, "https://imginn.com/alex.doe/", "instagram:alex.doe", URL_VIA_VIEWER);
        expect(index, "https://alex.tumblr.com/", "domain:alex.tumblr.com", URL_VIA_DOMAIN);
        expect(index, "https://www.instagram.com/alex.doe.fan/", "platform:instagram",
                URL_VIA_PLATFORM);
        expect(index, "https://sam.tumblr.com/", "platform:tumblr", URL_VIA_PLATFORM);
}

static void test_tells_whether_a_rule_is_about_a_site_outside_the_catalogue(void **state) {
        static const struct {
                IdentityKind kind;
                const char *value;
                bool elsewhere;
        } rules[] = {
                {IDENTITY_PROFILE, "https://www.instagram.com/alex.doe/", false},
                {IDENTITY_PROFILE, "https://example.org/~alex/", true},
                {IDENTITY_PROFILE, "https://mastodon.social/@alex", true},
                {IDENTITY_HANDLE, "mastodon:alex@mastodon.social", true},
                {IDENTITY_HANDLE, "instagram:alex.doe", false},
                {IDENTITY_PHONE, "+4915123456789", false},
                {IDENTITY_PLATFORM, "instagram", false},
                {IDENTITY_DOMAIN, "alexdoe.tumblr.com", false},
                {IDENTITY_DOMAIN, "alexdoe.example", true},
                {IDENTITY_NAME, "Alex Doe", false},
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
                _cleanup_(url_index_freep) UrlIndex *index =
                        index_with(rules[i].kind, rules[i].value);

                if (url_index_reaches_elsewhere(index) != rules[i].elsewhere)
                        fail_msg("%s", rules[i].value);
                add_rule(index, IDENTITY_DOMAIN, "other.example", (Rule){.person = 1});
                assert_true(url_index_reaches_elsewhere(index));
        }
}

/* What is said of a rule is true of each of its URLs. */
static void test_every_case_is_in_the_catalogue_or_said_to_be_elsewhere(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(profile_cases); i++) {
                _cleanup_(url_index_freep) UrlIndex *index =
                        index_with(IDENTITY_HANDLE, profile_cases[i].expected);
                _cleanup_(url_freep) Url *url = NULL;
                Site site;

                assert_int_equal(url_parse(profile_cases[i].url, &url), 0);
                if (!url_index_reaches_elsewhere(index) &&
                        catalogue_find_site(url->host, &site) == 0)
                        fail_msg("%s", profile_cases[i].url);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_finds_every_spelling_of_a_profile),
                cmocka_unit_test(test_every_case_is_found_by_a_handle_and_by_a_profile),
                cmocka_unit_test(test_overlooks_dots_where_the_platform_does),
                cmocka_unit_test(test_tells_facebook_ids_apart),
                cmocka_unit_test(test_keeps_case_apart_where_it_matters),
                cmocka_unit_test(test_a_phone_number_is_a_door_of_messengers),
                cmocka_unit_test(test_finds_a_page_outside_the_catalogue_and_all_below_it),
                cmocka_unit_test(test_tells_pages_apart_by_their_query),
                cmocka_unit_test(test_finds_a_domain_and_its_subdomains),
                cmocka_unit_test(test_a_users_page_on_an_unknown_host_is_found_both_ways),
                cmocka_unit_test(test_keeps_the_earlier_time_and_the_first_person),
                cmocka_unit_test(test_other_kinds_say_nothing_about_urls),
                cmocka_unit_test(test_ten_thousand_rules_find_themselves_and_nothing_else),
                cmocka_unit_test(test_reads_what_was_searched_for),
                cmocka_unit_test(test_other_pages_are_no_search),
                cmocka_unit_test(test_any_page_of_a_blocked_platform_is_found),
                cmocka_unit_test(test_a_users_own_host_is_on_its_platform),
                cmocka_unit_test(test_the_platform_is_the_weakest_of_all),
                cmocka_unit_test(test_tells_whether_a_rule_is_about_a_site_outside_the_catalogue),
                cmocka_unit_test(test_every_case_is_in_the_catalogue_or_said_to_be_elsewhere),
        };
        return cmocka_run_group_tests_name("url-index", tests, NULL, NULL);
}
