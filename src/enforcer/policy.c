/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What a browser is told. It takes nothing apart, opens no file and knows no lease: patterns come
 * checked, in characters that need no escaping, and go into a fixed frame. Called by policy-file.c
 * alone. */

#include "enforcer/policy.h"

#include "common/url-pattern.h"

#include <errno.h>

/* The languages of the two families, measured with Chromium 156 and Firefox ESR 153. */
static const struct {
        const char *mark, *end;
} frames[_POLICY_FAMILY_MAX] = {
        [POLICY_CHROMIUM] =
                {
                        "// Written by nocontact until its lease ends, see nocontact-enforcer(8).\n{\n",
                        "}\n",
                },
        [POLICY_FIREFOX] =
                {
                        "{\"nocontact\": \"written until its lease ends, see nocontact-enforcer(8)\",\n"
                        "\"policies\": {\n",
                        "}}\n",
                },
};

/* --- lists ----------------------------------------------------------------------------------- */

typedef struct List {
        Buffer *to;
        size_t n;
} List;

/* What comes before and behind the path of a pattern. */
static void list_add(List *l, const char *before, const char *pattern, const char *behind) {
        (void)buffer_printf(
                l->to, "%s\"%s%s%s\"", l->n++ > 0 ? ",\n" : "", before, pattern, behind);
}

static UrlPatternKind kind_of(const char *pattern) {
        const char *path = strchr(pattern, '/');

        if (!path)
                return URL_PATTERN_HOST;
        if (strchr(path, '?'))
                return URL_PATTERN_QUERY;
        return pattern[strlen(pattern) - 1] == '/' ? URL_PATTERN_BELOW : URL_PATTERN_PAGE;
}

/* --- Chromium -------------------------------------------------------------------------------- */

/* What a segment can go on with, beside a slash. In Chromium a page stands for every page that
 * begins like it ("/alex.doe" for "/alex.doe2"), so that each of these is allowed, which is more
 * exact and wins. */
static size_t n_neighbours(void) {
        return strlen(url_pattern_characters) + 1;
}

static char neighbour(size_t i) {
        return i < strlen(url_pattern_characters) ? url_pattern_characters[i] : '%';
}

static bool is_path_end(char c) {
        return c == '\0' || c == '/' || c == '?';
}

/* Is a page of the path `of` one of what `path` names? Both from their first slash on. */
static bool path_covers(const char *path, const char *of) {
        size_t len = strlen(path);

        return strncmp(path, of, len) == 0 &&
               (len == 0 || path[len - 1] == '/' || is_path_end(of[len]));
}

/* Where hosts differ the longer one wins in Chromium, whatever the paths. Returns 1 when that of
 * `pattern` is above that of `text`, 0 when it is the same, -1 when neither. */
static int host_above(const char *pattern, const char *text) {
        size_t host = strcspn(pattern, "/"), of = strcspn(text, "/");

        if (host > of || strncmp(pattern, text + of - host, host) != 0)
                return -1;
        return host == of ? 0 : text[of - host - 1] == '.' ? 1 : -1;
}

/* To allow it must open nothing that another pattern blocks: of two that are as exact, the one that
 * allows wins, and so does the one with the longer host. */
static bool may_allow(const char *const *patterns, size_t n, const char *text) {
        const char *path = strchrnul(text, '/');

        for (size_t i = 0; i < n; i++) {
                const char *other = strchrnul(patterns[i], '/');
                int above = host_above(patterns[i], text);

                if (above >= 0 && path_covers(other, path))
                        return false;
                if (above > 0 && strncmp(other, path, strlen(path)) == 0)
                        return false;
        }
        return true;
}

static void allow_neighbours(List *l, const char *const *patterns, size_t n, const char *page) {
        for (size_t i = 0; i < n_neighbours(); i++) {
                char text[URL_PATTERN_MAX_LEN + 2];
                size_t len = strnlen(page, URL_PATTERN_MAX_LEN);

                memcpy(text, page, len);
                text[len] = neighbour(i);
                text[len + 1] = '\0';
                if (may_allow(patterns, n, text))
                        list_add(l, "", text, "");
        }
}

static int render_chromium(const char *const *patterns, size_t n, const PolicyBeside *beside,
        Buffer *to, bool *ret_partly) {
        /* how many pages can be said exactly: each costs its neighbours */
        size_t exact = beside->blocks ? 0 : POLICY_LIST_MAX / n_neighbours();
        _cleanup_(buffer_done) Buffer pages = {0};
        List blocked = {.to = &pages}, allowed = {.to = to};

        if (!beside->resolver)
                (void)buffer_puts(to, "\"DnsOverHttpsMode\": \"off\",\n");
        if (!beside->merging)
                (void)buffer_puts(to, "\"PolicyListMultipleSourceMergeList\": [\"URLBlocklist\", "
                                      "\"URLAllowlist\"],\n");
        if (!beside->blocks)
                (void)buffer_puts(to, "\"URLAllowlist\": [\n");
        for (size_t i = 0; i < n; i++) {
                bool page = kind_of(patterns[i]) == URL_PATTERN_PAGE;

                list_add(&blocked, "", patterns[i], page && exact == 0 ? "/" : "");
                *ret_partly |= page && exact == 0;
                if (page && exact > 0) {
                        allow_neighbours(&allowed, patterns, n, patterns[i]);
                        exact--;
                }
        }
        (void)buffer_printf(to, "%s\"URLBlocklist\": [\n%s]\n", beside->blocks ? "" : "],\n",
                pages.data ? pages.data : "");
        return pages.error < 0 ? pages.error : to->error;
}

/* --- Firefox --------------------------------------------------------------------------------- */

/* Match patterns, in which "*" is any text. A host stands for itself and all below it. */
static const char *const match_patterns[][5] = {
        [URL_PATTERN_HOST] = {"/*"},
        [URL_PATTERN_PAGE] = {"", "/*", "?*"},
        [URL_PATTERN_BELOW] = {"*"},
        [URL_PATTERN_QUERY] = {"", "&*"},
};

static void block_match(List *l, const char *pattern) {
        const char *const *tails = match_patterns[kind_of(pattern)];
        const char *query = strchr(pattern, '?');

        for (size_t i = 0; tails[i]; i++)
                list_add(l, "*://*.", pattern, tails[i]);
        /* the same behind other parameters */
        for (size_t i = 0; query && tails[i]; i++)
                (void)buffer_printf(l->to, ",\n\"*://*.%.*s?*&%s%s\"", (int)(query - pattern),
                        pattern, query + 1, tails[i]);
}

static size_t count_matches(const char *pattern) {
        size_t n = 0;

        while (match_patterns[kind_of(pattern)][n])
                n++;
        return kind_of(pattern) == URL_PATTERN_QUERY ? 2 * n : n;
}

static int render_firefox(const char *const *patterns, size_t n, const PolicyBeside *beside,
        Buffer *to, bool *ret_partly) {
        List blocked = {.to = to};
        size_t left = POLICY_LIST_MAX;

        (void)buffer_puts(to,
                "\"DNSOverHTTPS\": {\"Enabled\": false, \"Locked\": true},\n"
                "\"Preferences\": {\n"
                "\"network.dnsCacheExpiration\": {\"Value\": 2, \"Status\": \"locked\"},\n"
                "\"network.dnsCacheExpirationGracePeriod\": {\"Value\": 0, "
                "\"Status\": \"locked\"}},\n");
        if (beside->extension)
                (void)buffer_puts(to, "\"ExtensionSettings\": {\"nocontact@nocontact.org\": "
                                      "{\"installation_mode\": \"force_installed\", "
                                      "\"private_browsing\": true}},\n");
        (void)buffer_puts(to, "\"WebsiteFilter\": {\"Block\": [\n");
        for (size_t i = 0; i < n; i++) {
                size_t cost = count_matches(patterns[i]);

                *ret_partly |= cost > left;
                if (cost > left)
                        continue;
                block_match(&blocked, patterns[i]);
                left -= cost;
        }
        return buffer_puts(to, "]}\n");
}

/* --- both ------------------------------------------------------------------------------------ */

int policy_render(PolicyFamily family, const char *const *patterns, size_t n,
        const PolicyBeside *beside, Buffer *to, bool *ret_partly) {
        static int (*const render[_POLICY_FAMILY_MAX])(
                const char *const *, size_t, const PolicyBeside *, Buffer *, bool *) = {
                [POLICY_CHROMIUM] = render_chromium,
                [POLICY_FIREFOX] = render_firefox,
        };

        *ret_partly = false;
        (void)buffer_puts(to, frames[family].mark);
        (void)render[family](patterns, n, beside, to, ret_partly);
        return buffer_puts(to, frames[family].end);
}

bool policy_is_ours(PolicyFamily family, const char *text, size_t len) {
        const char *mark = frames[family].mark;
        size_t line = strcspn(mark, "\n") + 1;

        return len >= line && memcmp(text, mark, line) == 0;
}

void policy_look(const char *text, size_t len, PolicyBeside *beside) {
        const struct {
                const char *key;
                bool *found;
        } keys[] = {
                {"\"URLBlocklist\"", &beside->blocks},
                {"\"URLAllowlist\"", &beside->blocks},
                {"\"DnsOverHttpsMode\"", &beside->resolver},
                {"\"PolicyListMultipleSourceMergeList\"", &beside->merging},
        };

        for (size_t i = 0; i < ARRAY_LEN(keys); i++)
                *keys[i].found |= memmem(text, len, keys[i].key, strlen(keys[i].key)) != NULL;
}
