/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What a browser is told, read as the browsers read it: a page that a pattern names is blocked in
 * every spelling that counts, and no neighbour is. The two readers here do what was measured with
 * Chromium 156 and Firefox ESR 153; tests/browser/test-policies.sh asks the browsers themselves. */

#include "enforcer/policy.h"

#include "common/url-pattern.h"
#include "unit/random.h"
#include "unit/test.h"

#include <errno.h>
#include <fnmatch.h>
#include <jansson.h>
#include <stdio.h>

typedef struct Text {
        Buffer b;
        bool partly;
        json_t *json;
} Text;

static void text_done(Text *t) {
        buffer_done(&t->b);
        json_decref(t->json);
}

static int compare(const void *a, const void *b) {
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Renders, and reads it as JSON; Chromium's begins with a comment. */
static Text text_of(
        PolicyFamily family, const char *const *patterns, size_t n, PolicyBeside beside) {
        Text t = {0};
        const char *from;
        json_error_t error;

        assert_int_equal(policy_render(family, patterns, n, &beside, &t.b, &t.partly), 0);
        assert_true(policy_is_ours(family, t.b.data, t.b.len));
        assert_false(policy_is_ours(!family, t.b.data, t.b.len));
        from = strncmp(t.b.data, "//", 2) == 0 ? strchr(t.b.data, '\n') : t.b.data;
        t.json = json_loads(from, JSON_REJECT_DUPLICATES, &error);
        if (!t.json)
                fail_msg("line %d: %s", error.line, error.text);
        return t;
}

/* --- a page ---------------------------------------------------------------------------------- */

typedef struct Page {
        const char *host, *path, *query; /* query: "" or "a=b" or "x=y&a=b" */
} Page;

static bool host_in(const char *host, const char *of, size_t len) {
        size_t own = strlen(host);

        return own >= len && strncmp(host + own - len, of, len) == 0 &&
               (own == len || host[own - len - 1] == '.');
}

static bool has_param(const char *query, const char *param) {
        size_t len = strlen(param);

        for (const char *p = query; *p; p += strcspn(p, "&"), p += *p == '&')
                if (strncmp(p, param, len) == 0 && (p[len] == '&' || p[len] == '\0'))
                        return true;
        return false;
}

/* By what url-pattern.h says. */
static bool names(const char *pattern, const Page *page) {
        size_t host = strcspn(pattern, "/");
        const char *path = pattern + host, *query = strchr(path, '?');
        size_t len = query ? (size_t)(query - path) : strlen(path);

        if (!host_in(page->host, pattern, host))
                return false;
        if (len == 0)
                return true;
        if (strncmp(page->path, path, len) != 0)
                return false;
        if (query)
                return page->path[len] == '\0' && has_param(page->query, query + 1);
        return path[len - 1] == '/' || page->path[len] == '/' || page->path[len] == '\0';
}

static bool named_by_any(const char *const *patterns, size_t n, const Page *page) {
        for (size_t i = 0; i < n; i++)
                if (names(patterns[i], page))
                        return true;
        return false;
}

/* In Chromium a page with a parameter stands for all that begin like it and have that, too. */
static bool begins_like_a_query(const char *const *patterns, size_t n, const Page *page) {
        for (size_t i = 0; i < n; i++) {
                size_t host = strcspn(patterns[i], "/");
                const char *path = patterns[i] + host, *query = strchr(path, '?');

                if (query && host_in(page->host, patterns[i], host) &&
                        strncmp(page->path, path, (size_t)(query - path)) == 0 &&
                        has_param(page->query, query + 1))
                        return true;
        }
        return false;
}

/* --- Chromium: the longest host wins, then the longest path, then a query, then who allows ------
 */

typedef struct Best {
        size_t host, path, query;
        bool found;
} Best;

static void best_of(const json_t *list, const Page *page, Best *ret) {
        size_t i;
        json_t *item;

        json_array_foreach (list, i, item) {
                const char *filter = json_string_value(item);
                size_t host = strcspn(filter, "/");
                const char *path = filter + host, *query = strchr(path, '?');
                size_t len = query ? (size_t)(query - path) : strlen(path);
                Best b = {host, len, query != NULL, true};

                if (!host_in(page->host, filter, host) || strncmp(page->path, path, len) != 0 ||
                        (query && !has_param(page->query, query + 1)))
                        continue;
                if (!ret->found || b.host > ret->host ||
                        (b.host == ret->host &&
                                (b.path > ret->path ||
                                        (b.path == ret->path && b.query > ret->query))))
                        *ret = b;
        }
}

static bool chromium_blocks(const Text *t, const Page *page) {
        Best block = {0}, allow = {0};

        best_of(json_object_get(t->json, "URLBlocklist"), page, &block);
        best_of(json_object_get(t->json, "URLAllowlist"), page, &allow);
        if (!block.found || !allow.found)
                return block.found;
        if (block.host != allow.host)
                return block.host > allow.host;
        if (block.path != allow.path)
                return block.path > allow.path;
        return block.query > allow.query;
}

/* --- Firefox: match patterns ------------------------------------------------------------------ */

static const json_t *firefox_list(const Text *t) {
        return json_object_get(
                json_object_get(json_object_get(t->json, "policies"), "WebsiteFilter"), "Block");
}

static bool firefox_blocks(const Text *t, const Page *page) {
        char rest[256], glob[1200];
        size_t i;
        json_t *item;

        (void)snprintf(
                rest, sizeof(rest), "%s%s%s", page->path, *page->query ? "?" : "", page->query);
        json_array_foreach (firefox_list(t), i, item) {
                const char *match = json_string_value(item);
                size_t host, n = 0;

                assert_int_equal(strncmp(match, "*://*.", 6), 0);
                match += 6;
                host = strcspn(match, "/");
                /* nothing but the star means anything there */
                for (const char *p = match + host; *p; p++) {
                        if (*p != '*')
                                glob[n++] = '\\';
                        glob[n++] = *p;
                }
                glob[n] = '\0';
                if (host_in(page->host, match, host) && fnmatch(glob, rest, 0) == 0)
                        return true;
        }
        return false;
}

/* --- single cases ----------------------------------------------------------------------------- */

static const char *const SOME[] = {
        "alex.tumblr.com",
        "facebook.com/profile.php?id=123",
        "instagram.com/alex.doe",
        "instagram.com/alex.doe3",
        "instagram.com/stories/alex.doe/",
};

static const struct {
        Page page;
        bool blocked;
} CASES[] = {
        {{"instagram.com", "/alex.doe", ""}, true},
        {{"www.instagram.com", "/alex.doe/", ""}, true},
        {{"m.instagram.com", "/alex.doe/reels/", ""}, true},
        {{"instagram.com", "/alex.doe", "igsh=x"}, true},
        {{"instagram.com", "/alex.doe/", "hl=en"}, true},
        {{"instagram.com", "/alex.doe2", ""}, false},
        {{"instagram.com", "/alex.doe2/", ""}, false},
        {{"instagram.com", "/alex.doe.fan/", ""}, false},
        {{"instagram.com", "/alex.doe_official", ""}, false},
        {{"instagram.com", "/alex.doe%C3%A9/", ""}, false},
        {{"instagram.com", "/alex.do/", ""}, false},
        {{"instagram.com", "/alex.doe3/", ""}, true},
        {{"instagram.com", "/alex.doe33/", ""}, false},
        {{"instagram.com", "/stories/alex.doe/17/", ""}, true},
        {{"instagram.com", "/stories/alex.doe2/", ""}, false},
        {{"instagram.com", "/", ""}, false},
        {{"notinstagram.com", "/alex.doe/", ""}, false},
        {{"facebook.com", "/profile.php", "id=123"}, true},
        {{"www.facebook.com", "/profile.php", "sk=photos&id=123"}, true},
        {{"www.facebook.com", "/profile.php", "id=123&sk=photos"}, true},
        {{"www.facebook.com", "/profile.php", "a=b&id=123&sk=photos"}, true},
        {{"www.facebook.com", "/profile.php", "id=1234"}, false},
        {{"www.facebook.com", "/profile.php", "xid=123"}, false},
        {{"www.facebook.com", "/profile.php", ""}, false},
        {{"alex.tumblr.com", "/", ""}, true},
        {{"alex.tumblr.com", "/post/1", "a=b"}, true},
        {{"alex2.tumblr.com", "/", ""}, false},
        {{"www.tumblr.com", "/", ""}, false},
};

static void test_pages_and_their_neighbours(void **state) {
        _cleanup_(text_done) Text c =
                text_of(POLICY_CHROMIUM, SOME, ARRAY_LEN(SOME), (PolicyBeside){0});
        _cleanup_(text_done) Text f =
                text_of(POLICY_FIREFOX, SOME, ARRAY_LEN(SOME), (PolicyBeside){0});

        (void)state;
        assert_false(c.partly);
        assert_false(f.partly);
        for (size_t i = 0; i < ARRAY_LEN(CASES); i++) {
                const Page *p = &CASES[i].page;

                assert_int_equal(named_by_any(SOME, ARRAY_LEN(SOME), p), CASES[i].blocked);
                if (chromium_blocks(&c, p) != CASES[i].blocked)
                        fail_msg("Chromium: %s%s?%s", p->host, p->path, p->query);
                if (firefox_blocks(&f, p) != CASES[i].blocked)
                        fail_msg("Firefox: %s%s?%s", p->host, p->path, p->query);
        }
}

static void test_what_keeps_the_hosts_file_in_force(void **state) {
        _cleanup_(text_done) Text c =
                text_of(POLICY_CHROMIUM, SOME, ARRAY_LEN(SOME), (PolicyBeside){0});
        _cleanup_(text_done) Text f =
                text_of(POLICY_FIREFOX, SOME, ARRAY_LEN(SOME), (PolicyBeside){.extension = true});
        _cleanup_(text_done) Text alone =
                text_of(POLICY_FIREFOX, SOME, ARRAY_LEN(SOME), (PolicyBeside){0});
        const json_t *policies = json_object_get(f.json, "policies");
        int enabled, locked, expires, private;
        const char *mode;

        (void)state;
        assert_string_equal(json_string_value(json_object_get(c.json, "DnsOverHttpsMode")), "off");
        assert_int_equal(
                json_array_size(json_object_get(c.json, "PolicyListMultipleSourceMergeList")), 2);
        assert_int_equal(
                json_unpack((json_t *)(uintptr_t)policies,
                        "{s:{s:b, s:b}, s:{s:{s:i}}, s:{s:{s:s, s:b}}}", "DNSOverHTTPS", "Enabled",
                        &enabled, "Locked", &locked, "Preferences", "network.dnsCacheExpiration",
                        "Value", &expires, "ExtensionSettings", "nocontact@nocontact.org",
                        "installation_mode", &mode, "private_browsing", &private),
                0);
        assert_false(enabled);
        assert_true(locked);
        assert_int_equal(expires, 2);
        assert_string_equal(mode, "force_installed");
        assert_true(private);
        assert_null(json_object_get(json_object_get(alone.json, "policies"), "ExtensionSettings"));
}

static void test_keys_of_other_files_are_theirs(void **state) {
        PolicyBeside beside = {0};
        static const char theirs[] = "{ \"DnsOverHttpsMode\" : \"secure\" }";

        (void)state;
        policy_look(theirs, strlen(theirs), &beside);
        assert_true(beside.resolver && !beside.blocks && !beside.merging);
        {
                _cleanup_(text_done) Text t =
                        text_of(POLICY_CHROMIUM, SOME, ARRAY_LEN(SOME), beside);

                assert_null(json_object_get(t.json, "DnsOverHttpsMode"));
                assert_non_null(json_object_get(t.json, "URLAllowlist"));
        }
        policy_look("{\"PolicyListMultipleSourceMergeList\":[]}", 40, &beside);
        assert_true(beside.merging && !beside.blocks);
        policy_look("\"URLBlocklists\" \"URLBlocklist", 29, &beside);
        assert_false(beside.blocks);
        policy_look("{\"URLAllowlist\":[]}", 19, &beside);
        assert_true(beside.blocks);
}

/* An administrator's block list may be opened by what we allow, so that we allow nothing. */
static void test_beside_a_block_list_nothing_is_allowed(void **state) {
        PolicyBeside beside = {0};

        (void)state;
        policy_look("{\"URLBlocklist\":[\"instagram.com\"]}", 34, &beside);
        assert_true(beside.blocks);
        {
                _cleanup_(text_done) Text t =
                        text_of(POLICY_CHROMIUM, SOME, ARRAY_LEN(SOME), beside);

                assert_null(json_object_get(t.json, "URLAllowlist"));
                assert_true(t.partly);
                assert_true(chromium_blocks(&t, &(Page){"instagram.com", "/alex.doe/", ""}));
                assert_false(chromium_blocks(&t, &(Page){"instagram.com", "/alex.doe2/", ""}));
                assert_true(chromium_blocks(&t, &(Page){"alex.tumblr.com", "/", ""}));
        }
}

static void test_only_our_own_first_line_is_ours(void **state) {
        _cleanup_(text_done) Text t =
                text_of(POLICY_FIREFOX, SOME, ARRAY_LEN(SOME), (PolicyBeside){0});
        size_t line = strcspn(t.b.data, "\n") + 1;

        (void)state;
        assert_true(policy_is_ours(POLICY_FIREFOX, t.b.data, line));
        assert_false(policy_is_ours(POLICY_FIREFOX, t.b.data, line - 1));
        assert_false(policy_is_ours(POLICY_FIREFOX, t.b.data + 1, t.b.len - 1));
        assert_false(policy_is_ours(POLICY_FIREFOX, "", 0));
        assert_false(policy_is_ours(POLICY_FIREFOX, "{\"policies\": {}}", 16));
}

/* --- limits ------------------------------------------------------------------------------------
 */

static void test_no_list_is_longer_than_a_browser_reads(void **state) {
        enum { MANY = 1000 };
        static char texts[MANY][40];
        const char *patterns[MANY];

        (void)state;
        for (size_t i = 0; i < MANY; i++) {
                (void)snprintf(texts[i], sizeof(texts[i]), "site.example/user%zu", i);
                patterns[i] = texts[i];
        }
        qsort(patterns, MANY, sizeof(*patterns), compare);
        for (size_t n = 1; n <= MANY; n = n < 20 ? n + 1 : 5 * n) {
                _cleanup_(text_done) Text c =
                        text_of(POLICY_CHROMIUM, patterns, n, (PolicyBeside){0});
                _cleanup_(text_done) Text f =
                        text_of(POLICY_FIREFOX, patterns, n, (PolicyBeside){0});
                size_t allowed = json_array_size(json_object_get(c.json, "URLAllowlist"));

                assert_int_equal(json_array_size(json_object_get(c.json, "URLBlocklist")), n);
                assert_true(allowed <= POLICY_LIST_MAX && allowed >= MIN(n, (size_t)14) * 50);
                assert_int_equal(c.partly, n > 14);
                assert_int_equal(json_array_size(firefox_list(&f)), 3 * MIN(n, (size_t)333));
                assert_int_equal(f.partly, n > 333);
        }
}

/* --- properties --------------------------------------------------------------------------------
 */

static void random_path(Random *r, char *to, size_t space, bool page) {
        static const char *const words[] = {
                "a", "ab", "abc", "a.b", "b", "B", "ab%41", "a@b", "abB"};
        size_t n = 1 + random_below(r, 3);

        to[0] = '\0';
        for (size_t i = 0; i < n; i++) {
                size_t len = strlen(to), word = random_below(r, ARRAY_LEN(words));

                if (!page && word == 6)
                        word = 0;
                (void)snprintf(to + len, space - len, "/%s", words[word]);
        }
        if (random_once_in(r, 3))
                (void)strncat(to, "/", space - strlen(to) - 1);
}

static const char *random_query(Random *r, bool page) {
        static const char *const queries[] = {
                "a=b", "a=c", "b=a", "x=y&a=b", "a=b&x=y", "x=y&a=b&z=z"};

        return queries[random_below(r, page ? ARRAY_LEN(queries) : 3)];
}

typedef struct Set {
        char texts[14][64];
        const char *patterns[14];
        size_t n;
} Set;

static void set_make(Set *s, Random *r, const char *const *hosts, size_t n_hosts) {
        size_t n = 1 + random_below(r, ARRAY_LEN(s->texts)), unique = 0;

        for (size_t i = 0; i < n; i++) {
                char path[40] = "";
                size_t len;
                bool query = random_once_in(r, 6);
                const char *why;

                if (!random_once_in(r, 12))
                        random_path(r, path, sizeof(path), false);
                len = strlen(path);
                if (query && len > 0 && path[len - 1] == '/')
                        path[len - 1] = '\0';
                query = query && len > 0;
                (void)snprintf(s->texts[i], sizeof(s->texts[i]), "%s%s%s%s",
                        hosts[random_below(r, n_hosts)], path, query ? "?" : "",
                        query ? random_query(r, false) : "");
                assert_true(url_pattern_check(s->texts[i], NULL, 0, &why) >= 0);
                s->patterns[i] = s->texts[i];
        }
        qsort(s->patterns, n, sizeof(*s->patterns), compare);
        for (size_t i = 0; i < n; i++)
                if (unique == 0 || strcmp(s->patterns[unique - 1], s->patterns[i]) != 0)
                        s->patterns[unique++] = s->patterns[i];
        s->n = unique;
}

/* `exact`: and nothing else is blocked. */
static void try_sets(uint64_t seed, const char *const *hosts, size_t n_hosts, bool exact) {
        static const char *const below[] = {"", "www.", "m."};
        Random r = random_start(seed);
        size_t blocked = 0, open = 0;

        for (int i = 0; i < 1500; i++) {
                Set s;

                set_make(&s, &r, hosts, n_hosts);
                _cleanup_(text_done) Text c =
                        text_of(POLICY_CHROMIUM, s.patterns, s.n, (PolicyBeside){0});
                _cleanup_(text_done) Text f =
                        text_of(POLICY_FIREFOX, s.patterns, s.n, (PolicyBeside){0});
                for (int k = 0; k < 200; k++) {
                        char host[40], path[40];
                        Page page = {
                                host, path, random_once_in(&r, 2) ? random_query(&r, true) : ""};
                        bool wanted;

                        (void)snprintf(host, sizeof(host), "%s%s", below[random_below(&r, 3)],
                                hosts[random_below(&r, n_hosts)]);
                        random_path(&r, path, sizeof(path), true);
                        wanted = named_by_any(s.patterns, s.n, &page);
                        blocked += wanted;
                        open += !wanted;
                        if (firefox_blocks(&f, &page) != wanted)
                                fail_msg("Firefox, %d: %s%s?%s in\n%s", i, host, path, page.query,
                                        f.b.data);
                        if (chromium_blocks(&c, &page) != wanted &&
                                (wanted || (exact && !begins_like_a_query(s.patterns, s.n, &page))))
                                fail_msg("Chromium, %d: %s%s?%s in\n%s", i, host, path, page.query,
                                        c.b.data);
                }
        }
        assert_true(blocked > 10000 && open > 10000);
}

static void test_what_is_named_is_blocked_and_nothing_else(void **state) {
        static const char *const hosts[] = {"a.example", "b.example", "ba.example"};

        (void)state;
        try_sets(7, hosts, ARRAY_LEN(hosts), true);
}

/* One host below the other: Chromium sees the longer one first, and may block a neighbour; but no
 * pattern can be used to open what another one blocks. */
static void test_no_pattern_opens_what_another_blocks(void **state) {
        static const char *const hosts[] = {"a.example", "m.a.example", "www.a.example"};

        (void)state;
        try_sets(8, hosts, ARRAY_LEN(hosts), false);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_pages_and_their_neighbours),
                cmocka_unit_test(test_what_keeps_the_hosts_file_in_force),
                cmocka_unit_test(test_keys_of_other_files_are_theirs),
                cmocka_unit_test(test_beside_a_block_list_nothing_is_allowed),
                cmocka_unit_test(test_only_our_own_first_line_is_ours),
                cmocka_unit_test(test_no_list_is_longer_than_a_browser_reads),
                cmocka_unit_test(test_what_is_named_is_blocked_and_nothing_else),
                cmocka_unit_test(test_no_pattern_opens_what_another_blocks),
        };

        return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
