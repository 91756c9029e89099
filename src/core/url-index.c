/* SPDX-License-Identifier: GPL-3.0-or-later */

/* All URL rules in one hash table. A rule is stored under a key; a URL has a number of keys under
 * which a rule about it would stand (its profile, each beginning of its path, each ending of its
 * host), and each is one look-up. It deliberately does not know texts and names, which the
 * matcher finds. Used by whoever must say whether a URL is blocked or was a slip.
 *
 * Keys: "instagram:alex.doe" of a profile, "domain:alexdoe.example", "platform:instagram" of all
 * pages there, "page:example.org/~alex" of
 * a page outside the catalogue, "page:example.org/member?u=1" where a page is told by its query;
 * then "query:example.org/member" says that there is such a one. */

#include "core/url-index.h"

#include "common/array.h"
#include "common/buffer.h"
#include "common/table.h"
#include "core/catalogue.h"
#include "core/profile.h"
#include "core/shape.h"

#include <errno.h>
#include <stdbool.h>

enum {
        KEY_MAX =
                2 * IDENTITY_VALUE_MAX, /* bytes; no rule has a longer key, so none is looked up */
        PAIRS_MAX = 8, /* parameters of which each pair is tried, for pages told by two of them */
};

typedef struct Entry {
        Rule rule;
        char *key; /* as the rule was given, owned */
        UrlVia via;
} Entry;

struct UrlIndex {
        Table *table; /* key to index in entries */
        Entry *entries;
        size_t n, space;
        bool elsewhere; /* one of them is about a site that is not in the catalogue */
};

void url_match_done(UrlMatch *m) {
        free(m->key);
        *m = (UrlMatch){0};
}

int url_index_new(UrlIndex **ret) {
        _cleanup_(url_index_freep) UrlIndex *index = calloc(1, sizeof(*index));
        int r;

        if (!index)
                return -ENOMEM;
        r = table_new(&index->table);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(index);
        return 0;
}

UrlIndex *url_index_free(UrlIndex *index) {
        if (!index)
                return NULL;
        for (size_t i = 0; i < index->n; i++)
                free(index->entries[i].key);
        free(index->entries);
        table_free(index->table);
        free(index);
        return NULL;
}

/* --- keys ------------------------------------------------------------------------------------ */

/* The key of a user: what the platform overlooks in a name is left out. */
static int add_user_key(Buffer *b, const Platform *platform, const char *user) {
        const char *skip = platform->users[0].skip;

        for (const UserForm *form = platform->users;
                form < platform->users + USER_FORMS_MAX && form->slot; form++)
                skip = form->skip ? form->skip : skip;
        (void)buffer_printf(b, "%s:", platform->name);
        for (const char *p = user; *p; p++)
                if (!skip || !strchr(skip, *p))
                        (void)buffer_putc(b, *p);
        return b->error;
}

/* "page:host" and, of another port than the scheme's, the port. Nobody runs two sites under a
 * host with and without "www.". */
static void add_page_host(Buffer *b, const Url *url) {
        bool www = strncmp(url->host, "www.", 4) == 0 && strchr(url->host + 4, '.');

        (void)buffer_printf(b, "page:%s", url->host + (www ? 4 : 0));
        if (url->port != 0)
                (void)buffer_printf(b, ":%u", (unsigned)url->port);
}

static void add_page_segment(Buffer *b, const char *segment) {
        (void)buffer_putc(b, '/');
        for (const char *p = segment; *p; p++)
                if (*p == '/')
                        (void)buffer_puts(b, "%2F");
                else
                        (void)buffer_putc(b, *p);
}

static void add_param(Buffer *b, const UrlParam *param) {
        (void)buffer_printf(
                b, "%c%s=%s", memchr(b->data, '?', b->len) ? '&' : '?', param->name, param->value);
}

static int compare_params(const UrlParam *a, const UrlParam *b) {
        int r = strcmp(a->name, b->name);

        return r != 0 ? r : strcmp(a->value, b->value);
}

static int compare_items(const void *a, const void *b) {
        return compare_params(a, b);
}

/* Adds all parameters in one order whatever theirs was. */
static int add_params(Buffer *b, const Url *url) {
        _cleanup_free_ UrlParam *sorted = calloc(url->n_params + 1, sizeof(UrlParam));

        if (!sorted)
                return -ENOMEM;
        for (size_t i = 0; i < url->n_params; i++)
                sorted[i] = url->params[i]; /* the strings stay the URL's */
        qsort(sorted, url->n_params, sizeof(UrlParam), compare_items);
        for (size_t i = 0; i < url->n_params; i++)
                add_param(b, &sorted[i]);
        return b->error;
}

/* --- adding ---------------------------------------------------------------------------------- */

/* Puts the rule under `key`; a match will be named `name`. */
static int index_put(UrlIndex *index, const char *key, const char *name, UrlVia via, Rule rule) {
        _cleanup_free_ char *copy = NULL;
        uint32_t i;
        int r;

        if (table_find(index->table, key, strlen(key), &i)) {
                Entry *entry = &index->entries[i];

                if (entry->rule.person == rule.person && rule.since_usec < entry->rule.since_usec)
                        entry->rule.since_usec = rule.since_usec;
                return 0;
        }
        copy = strdup(name);
        if (!copy || index->n >= UINT32_MAX)
                return -ENOMEM;
        r = ARRAY_RESERVE(index->entries, index->space, index->n + 1);
        if (r < 0)
                return r;
        r = table_add(index->table, key, strlen(key), (uint32_t)index->n);
        if (r < 0)
                return r;
        index->entries[index->n++] = (Entry){.rule = rule, .key = TAKE_PTR(copy), .via = via};
        return 0;
}

static int put_user(UrlIndex *index, const Platform *platform, const char *user, Rule rule) {
        _cleanup_(buffer_done) Buffer key = {0}, name = {0};
        int r;

        r = add_user_key(&key, platform, user);
        if (r < 0)
                return r;
        r = buffer_printf(&name, "%s:%s", platform->name, user);
        if (r < 0)
                return r;
        /* whoever is on one such host is shown on all others, too */
        if (platform->users[0].flags & USER_AT_HOST)
                index->elsewhere = true;
        return index_put(index, key.data, name.data, URL_VIA_PROFILE, rule);
}

/* The user, also on the platforms where the same name is the same person. */
static int add_user(UrlIndex *index, const Platform *platform, const char *user, Rule rule) {
        int r = put_user(index, platform, user, rule);

        for (const char *twin = platform->twins; r == 0 && twin && *twin;) {
                size_t len = strcspn(twin, " ");
                const Platform *other = catalogue_find_row(twin, len);

                if (other)
                        r = put_user(index, other, user, rule);
                twin += len + strspn(twin + len, " ");
        }
        return r;
}

static void note_host(UrlIndex *index, const char *host) {
        Site site;

        if (catalogue_find_site(host, &site) == 0)
                index->elsewhere = true;
}

static int add_page(UrlIndex *index, const Url *url, Rule rule) {
        _cleanup_(buffer_done) Buffer key = {0}, mark = {0};
        int r;

        note_host(index, url->host);
        add_page_host(&key, url);
        for (size_t i = 0; i < url->n_segments; i++)
                add_page_segment(&key, url->segments[i]);
        if (key.error < 0)
                return key.error;
        if (url->n_params > 0) {
                r = buffer_printf(&mark, "query:%s", key.data + strlen("page:"));
                if (r < 0)
                        return r;
                r = add_params(&key, url);
                if (r < 0)
                        return r;
                r = index_put(index, mark.data, mark.data, URL_VIA_PAGE, rule);
                if (r < 0)
                        return r;
        }
        return index_put(index, key.data, key.data, URL_VIA_PAGE, rule);
}

static int add_profile(UrlIndex *index, const char *value, Rule rule) {
        _cleanup_(profile_done) Profile p = {0};
        _cleanup_(url_freep) Url *url = NULL;
        bool any_host;
        int r;

        r = url_parse(value, &url);
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        r = profile_from_url(url, &p);
        if (r < 0)
                return r;
        any_host = r > 0 && p.platform->users[0].flags & USER_AT_HOST;
        if (r > 0) {
                r = add_user(index, p.platform, p.user, rule);
                if (r < 0 || !any_host)
                        return r;
        }
        /* on a host of which nothing is known it is also just a page */
        return add_page(index, url, rule);
}

static int add_handle(UrlIndex *index, const char *value, Rule rule) {
        size_t len = strcspn(value, ":");
        const Platform *platform = catalogue_find_row(value, len);

        if (!platform || value[len] == '\0')
                return 0;
        return add_user(index, platform, value + len + 1, rule);
}

static int add_domain(UrlIndex *index, const char *value, Rule rule) {
        _cleanup_(buffer_done) Buffer key = {0};
        int r = buffer_printf(&key, "domain:%s", value);

        note_host(index, value);
        return r < 0 ? r : index_put(index, key.data, key.data, URL_VIA_DOMAIN, rule);
}

static int add_platform(UrlIndex *index, const char *value, Rule rule) {
        _cleanup_(buffer_done) Buffer key = {0};
        int r = buffer_printf(&key, "platform:%s", value);

        return r < 0 ? r : index_put(index, key.data, key.data, URL_VIA_PLATFORM, rule);
}

/* A number with its country code is also the user of the messengers that link by number. */
static int add_phone(UrlIndex *index, const char *value, Rule rule) {
        static const char *const by_number[][2] = {
                {"whatsapp", ""},
                {"signal", ""},
                {"telegram", "+"},
                {"zalo", ""},
        };

        if (value[0] != '+')
                return 0;
        for (size_t i = 0; i < ARRAY_LEN(by_number); i++) {
                const char *name = by_number[i][0];
                const Platform *platform = catalogue_find_row(name, strlen(name));
                _cleanup_(buffer_done) Buffer user = {0};
                int r = buffer_printf(&user, "%s%s", by_number[i][1], value + 1);

                if (r == 0 && platform)
                        r = put_user(index, platform, user.data, rule);
                if (r < 0)
                        return r;
        }
        return 0;
}

int url_index_add(UrlIndex *index, const Identity *id, Rule rule) {
        static int (*const add[_IDENTITY_KIND_MAX])(UrlIndex *, const char *, Rule) = {
                [IDENTITY_PHONE] = add_phone,
                [IDENTITY_HANDLE] = add_handle,
                [IDENTITY_PROFILE] = add_profile,
                [IDENTITY_DOMAIN] = add_domain,
                [IDENTITY_PLATFORM] = add_platform,
        };

        if ((unsigned)id->kind >= ARRAY_LEN(add) || !add[id->kind])
                return 0;
        return add[id->kind](index, id->value, rule);
}

bool url_index_reaches_elsewhere(const UrlIndex *index) {
        return index->elsewhere;
}

/* --- finding --------------------------------------------------------------------------------- */

static const Entry *entry_of(const UrlIndex *index, const Buffer *key) {
        uint32_t i;

        if (key->error < 0 || !table_find(index->table, key->data, key->len, &i))
                return NULL;
        return &index->entries[i];
}

/* Each of the three finds the entry or leaves NULL; they return 0 or -ENOMEM. */

static int find_profile(
        const UrlIndex *index, const Url *url, const Entry **ret, bool *ret_viewer) {
        _cleanup_(profile_done) Profile p = {0};
        _cleanup_(buffer_done) Buffer key = {0};
        int r;

        r = profile_from_url(url, &p);
        if (r <= 0)
                return r;
        r = add_user_key(&key, p.platform, p.user);
        if (r < 0)
                return r;
        *ret = entry_of(index, &key);
        *ret_viewer = p.viewer;
        return 0;
}

/* The rule about the page in `key` with these parameters; `b` may be NULL. */
static const Entry *entry_with(
        const UrlIndex *index, Buffer *key, const UrlParam *a, const UrlParam *b) {
        size_t len = key->len;
        const Entry *entry;

        add_param(key, a);
        if (b)
                add_param(key, b);
        entry = entry_of(index, key);
        buffer_cut(key, len);
        return entry;
}

/* Tries the parameters behind the page in `key`: each alone, the first ones in pairs, all
 * together. */
static int find_query(const UrlIndex *index, const Url *url, Buffer *key, const Entry **ret) {
        size_t pairs = MIN(url->n_params, (size_t)PAIRS_MAX);
        int r;

        for (size_t i = 0; i < url->n_params && !*ret; i++)
                *ret = entry_with(index, key, &url->params[i], NULL);
        for (size_t i = 0; i < pairs; i++)
                for (size_t k = 0; k < pairs && !*ret; k++) {
                        const UrlParam *a = &url->params[i], *b = &url->params[k];

                        if (compare_params(a, b) < 0)
                                *ret = entry_with(index, key, a, b);
                }
        if (*ret || key->error < 0)
                return key->error;
        r = add_params(key, url);
        if (r == 0)
                *ret = entry_of(index, key);
        return r;
}

static int find_page(const UrlIndex *index, const Url *url, const Entry **ret) {
        _cleanup_(buffer_done) Buffer key = {0}, mark = {0};
        size_t i;

        add_page_host(&key, url);
        for (i = 0; i < url->n_segments && key.len <= KEY_MAX && !*ret; i++) {
                add_page_segment(&key, url->segments[i]);
                *ret = entry_of(index, &key);
        }
        if (key.error < 0)
                return key.error;
        if (*ret || url->n_params == 0 || i < url->n_segments || key.len > KEY_MAX)
                return 0;
        if (buffer_printf(&mark, "query:%s", key.data + strlen("page:")) < 0)
                return -ENOMEM;
        return entry_of(index, &mark) ? find_query(index, url, &key, ret) : 0;
}

static int find_domain(const UrlIndex *index, const Url *url, const Entry **ret) {
        _cleanup_(buffer_done) Buffer key = {0};
        const char *suffix = url->host, *dot;

        while (suffix && !*ret) {
                buffer_cut(&key, 0);
                if (buffer_printf(&key, "domain:%s", suffix) < 0)
                        return -ENOMEM;
                *ret = entry_of(index, &key);
                dot = strchr(suffix, '.');
                suffix = dot ? dot + 1 : NULL;
        }
        return 0;
}

static int find_platform(const UrlIndex *index, const Url *url, const Entry **ret) {
        _cleanup_(buffer_done) Buffer key = {0};
        Site site;

        if (catalogue_find_host(url->host, &site) == 0)
                return 0;
        if (buffer_printf(&key, "platform:%s", site.row->name) < 0)
                return -ENOMEM;
        *ret = entry_of(index, &key);
        return 0;
}

int url_index_find(const UrlIndex *index, const Url *outer, UrlMatch *ret) {
        _cleanup_(url_freep) Url *inner = NULL;
        const Url *url = outer;
        const Entry *entry = NULL;
        bool viewer = false;
        char *key;
        int r;

        r = catalogue_unwrap(outer, &inner);
        if (r < 0)
                return r;
        if (inner)
                url = inner;

        r = find_profile(index, url, &entry, &viewer);
        if (r == 0 && !entry)
                r = find_page(index, url, &entry);
        if (r == 0 && !entry)
                r = find_domain(index, url, &entry);
        if (r == 0 && !entry)
                r = find_platform(index, outer, &entry);
        if (r < 0 || !entry)
                return r;

        key = strdup(entry->key);
        if (!key)
                return -ENOMEM;
        viewer = entry->via != URL_VIA_PLATFORM &&
                 (inner || (viewer && entry->via == URL_VIA_PROFILE));
        *ret = (UrlMatch){
                .rule = entry->rule,
                .via = viewer ? URL_VIA_VIEWER : entry->via,
                .key = key,
        };
        return 1;
}

/* --- searches -------------------------------------------------------------------------------- */

int url_search_text(const Url *url, char **ret) {
        _cleanup_(shape_hit_done) ShapeHit hit = {0};
        const char *cursor;
        Site site;
        int r;

        if (catalogue_find_site(url->host, &site) == 0)
                return 0;
        cursor = site.row->searches;
        r = shape_next(&cursor, url, site.sub, site.sub_len, &hit);
        if (r <= 0)
                return r;
        if (hit.slot_len == 5 && memcmp(hit.slot, "words", 5) == 0)
                for (char *p = hit.value; *p; p++)
                        if (strchr("-_+", *p))
                                *p = ' ';
        *ret = TAKE_PTR(hit.value);
        return 1;
}
