/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Looks things up in the catalogue. All tables are sorted and static: a look-up is a binary
 * search for each ending of the host, whatever the number of rules. It deliberately does not know
 * what a user or a rule is; that is profile.c's and url-index.c's. */

#include "core/catalogue.h"

#include "common/buffer.h"
#include "core/shape.h"

#include <errno.h>
#include <strings.h>

/* A key that is no string of its own: the `len` bytes at `s`, then `tail`. */
typedef struct Key {
        const char *s;
        size_t len;
        const char *tail;
} Key;

/* Orders like strcmp(). */
static int compare_key(const Key *key, const char *item) {
        int r = strncmp(key->s, item, key->len);

        return r != 0 ? r : strcmp(key->tail, item + key->len);
}

static int compare_host(const void *key, const void *item) {
        return compare_key(key, ((const HostRow *)item)->host);
}

static int compare_label(const void *key, const void *item) {
        return compare_key(key, ((const LabelRow *)item)->label);
}

static int compare_row(const void *key, const void *item) {
        return compare_key(key, ((const Platform *)item)->name);
}

const Platform *catalogue_find_row(const char *name, size_t len) {
        const Key key = {name, len, ""};
        const Platform *found = bsearch(
                &key, catalogue_platforms, catalogue_n_platforms, sizeof(Platform), compare_row);

        return found ? found
                     : bsearch(&key, catalogue_sites, catalogue_n_sites, sizeof(Platform),
                               compare_row);
}

static bool name_is(const Platform *p, const char *name, size_t len) {
        return (strlen(p->name) == len && strncasecmp(p->name, name, len) == 0) ||
               words_have(p->aliases, name, len);
}

const Platform *catalogue_find_platform(const char *name, size_t len) {
        for (size_t i = 0; i < catalogue_n_platforms; i++)
                if (name_is(&catalogue_platforms[i], name, len))
                        return &catalogue_platforms[i];
        return NULL;
}

/* --- hosts ----------------------------------------------------------------------------------- */

static const char default_prefixes[] = "www m mobile";

/* Takes the labels that change nothing off the front: "www", "de". */
static void skip_prefixes(const HostRow *row, Site *site) {
        const char *prefixes = row->prefixes ? row->prefixes : default_prefixes;
        bool languages = words_have(prefixes, "[lang]", 6);

        while (site->sub_len > 0) {
                const char *dot = memchr(site->sub, '.', site->sub_len);
                size_t len = dot ? (size_t)(dot - site->sub) : site->sub_len;

                if (!words_have(prefixes, site->sub, len) &&
                        !(languages && is_locale(site->sub, len)))
                        return;
                len += dot ? 1 : 0;
                site->sub += len;
                site->sub_len -= len;
        }
}

static int site_from_host(const char *host, const char *suffix, const HostRow *row, Site *ret) {
        Site site = {.sub = host, .sub_len = suffix > host ? (size_t)(suffix - host) - 1 : 0};

        site.row = catalogue_find_row(row->row, strlen(row->row));
        if (!site.row)
                return 0;
        skip_prefixes(row, &site);
        *ret = site;
        return 1;
}

static const HostRow *find_host_row(const char *s, size_t len, const char *tail) {
        const Key key = {s, len, tail};

        return bsearch(&key, catalogue_hosts, catalogue_n_hosts, sizeof(HostRow), compare_host);
}

/* Where the label begins that ends before `end`. */
static const char *label_before(const char *host, const char *end) {
        const char *dot = memrchr(host, '.', (size_t)(end - host));

        return dot ? dot + 1 : host;
}

/* The label before the public ending: "google" in "www.google.co.uk". Second-level endings as far
 * as the sites of the catalogue use them. */
static const char *name_label(const char *host, size_t *ret_len) {
        static const char second_level[] = "ac co com edu go gov ne net or org";
        const char *dot = strrchr(host, '.'), *label;

        if (!dot)
                return NULL;
        label = label_before(host, dot);
        if (strlen(dot + 1) == 2 && label > host &&
                words_have(second_level, label, (size_t)(dot - label))) {
                dot = label - 1;
                label = label_before(host, dot);
        }
        *ret_len = (size_t)(dot - label);
        return label;
}

int catalogue_find_host(const char *host, Site *ret) {
        const HostRow *row;
        const char *name;
        size_t len;

        for (const char *suffix = host; suffix; suffix = strchr(suffix, '.')) {
                suffix += *suffix == '.';
                row = find_host_row(suffix, strlen(suffix), "");
                if (row)
                        return site_from_host(host, suffix, row, ret);
        }
        name = name_label(host, &len);
        row = name ? find_host_row(name, len, ".*") : NULL;
        return row ? site_from_host(host, name, row, ret) : 0;
}

int catalogue_find_site(const char *host, Site *ret) {
        if (catalogue_find_host(host, ret) > 0)
                return 1;
        for (const char *label = host; label; label = strchr(label, '.')) {
                const LabelRow *found;
                Key key = {.tail = ""};

                label += *label == '.';
                key.s = label;
                key.len = strcspn(label, ".-");
                found = bsearch(&key, catalogue_labels, catalogue_n_labels, sizeof(LabelRow),
                        compare_label);
                if (found) {
                        *ret = (Site){.row = catalogue_find_row(found->row, strlen(found->row))};
                        return ret->row != NULL;
                }
        }
        return 0;
}

/* --- the hosts of a row ---------------------------------------------------------------------- */

/* Not to be shut for the sake of one person, since other sites need them: the search engine with
 * its reCAPTCHA, the files that programs fetch and pages show from GitHub and Imgur, the portraits
 * of Gravatar; and github.io, under which everybody has a site and it itself is none. */
static const char shared_hosts[] = "gist.githubusercontent.com github.io google.* google.com "
                                   "gravatar.com i.imgur.com raw.githubusercontent.com";

/* What "*" stands for where names must be listed. */
static const char common_endings[] =
        "at be ca ch cl cz de dk es fi fr gr hu ie in it jp lt lu nl no pl pt ro ru se sk ua "
        "co.id co.in co.jp co.kr co.nz co.uk co.za com.ar com.au com.br com.mx com.tr";

typedef struct HostLister {
        catalogue_host_func func;
        void *userdata;
} HostLister;

/* The next of the words in *list, which moves on behind it. NULL at the end. */
static const char *next_word(const char **list, size_t *ret_len) {
        const char *word = *list + strspn(*list, " ");

        *ret_len = strcspn(word, " ");
        *list = word + *ret_len;
        return *ret_len > 0 ? word : NULL;
}

static int list_name(const HostLister *l, const char *name) {
        if (words_have(shared_hosts, name, strlen(name)))
                return 0;
        return l->func(l->userdata, name);
}

/* The host, and the host behind each prefix. */
static int list_prefixed(const HostLister *l, const HostRow *row, const char *host) {
        const char *prefixes = row->prefixes ? row->prefixes : default_prefixes, *prefix;
        size_t len;
        int r = list_name(l, host);

        while (r == 0 && (prefix = next_word(&prefixes, &len))) {
                _cleanup_(buffer_done) Buffer name = {0};

                if (prefix[0] == '[')
                        continue;
                r = buffer_printf(&name, "%.*s.%s", (int)len, prefix, host);
                if (r == 0)
                        r = list_name(l, name.data);
        }
        return r;
}

static int list_host(const HostLister *l, const HostRow *row) {
        const char *star = strchr(row->host, '*'), *dot = strrchr(row->host, '.');
        const char *endings = common_endings, *ending;
        size_t len;
        int r = 0;

        /* no resolver knows those (RFC 7686, section 2) */
        if (streq(dot, ".onion") || words_have(shared_hosts, row->host, strlen(row->host)))
                return 0;
        if (!star)
                return list_prefixed(l, row, row->host);
        while (r == 0 && (ending = next_word(&endings, &len))) {
                _cleanup_(buffer_done) Buffer host = {0};

                r = buffer_printf(
                        &host, "%.*s%.*s", (int)(star - row->host), row->host, (int)len, ending);
                if (r == 0)
                        r = list_prefixed(l, row, host.data);
        }
        return r;
}

int catalogue_each_host(const Platform *row, catalogue_host_func func, void *userdata) {
        const HostLister lister = {.func = func, .userdata = userdata};
        int r = 0;

        for (size_t i = 0; i < catalogue_n_hosts && r == 0; i++)
                if (streq(catalogue_hosts[i].row, row->name))
                        r = list_host(&lister, &catalogue_hosts[i]);
        return r;
}

/* --- wrappings ------------------------------------------------------------------------------- */

/* translate.goog writes the host as one label: dots as "-" and hyphens as "--"
 * (https://developers.google.com/search/docs/appearance/translated-results). */
static char *host_from_label(const char *label) {
        _cleanup_(buffer_done) Buffer b = {0};

        for (const char *p = label; *p; p++) {
                bool hyphen = p[0] == '-' && p[1] == '-';

                (void)buffer_putc(&b, *p == '-' && !hyphen ? '.' : *p);
                p += hyphen;
        }
        return buffer_take(&b);
}

/* The page of `url` on another host. */
static int with_host(const Url *url, const char *label, Url **ret) {
        _cleanup_free_ char *host = host_from_label(label), *text = NULL;
        Url other = *url;

        if (!host)
                return -ENOMEM;
        other.host = host;
        other.port = 0;
        text = url_format(&other);
        return text ? url_parse(text, ret) : -ENOMEM;
}

/* A redirector may name a page of its own site by the path alone: "/login?next=/alex.doe/". In a
 * viewer's URL a word without a path is a user ("alex.doe") and no host. */
static int parse_inner(const Platform *row, const Url *outer, const char *text, Url **ret) {
        _cleanup_(buffer_done) Buffer b = {0};

        if (row->viewer && !strchr(text, '/'))
                return -EINVAL;
        if (text[0] != '/' || text[1] == '/' || text[1] == '\\')
                return url_parse(text, ret);
        if (buffer_printf(&b, "https://%s%s", outer->host, text) < 0)
                return -ENOMEM;
        return url_parse(b.data, ret);
}

/* What the hit names. Returns 1, 0 when it cannot be read as a URL, -ENOMEM. */
static int unwrap_hit(const Platform *row, const Url *outer, const ShapeHit *hit, Url **ret) {
        _cleanup_(url_freep) Url *url = NULL;
        bool label = hit->slot_len == 4 && memcmp(hit->slot, "host", 4) == 0;
        int r = label ? with_host(outer, hit->value, &url)
                      : parse_inner(row, outer, hit->value, &url);

        if (r == -ENOMEM)
                return r;
        /* a word of the site's own path, such as the date of a copy, is no host */
        if (r < 0 || !strpbrk(url->host, ".:"))
                return 0;
        *ret = TAKE_PTR(url);
        return 1;
}

/* One layer. */
static int unwrap_once(const Url *url, Url **ret) {
        Site site;
        const char *cursor;
        int r;

        if (catalogue_find_site(url->host, &site) == 0)
                return 0;
        cursor = site.row->wraps;
        for (;;) {
                _cleanup_(shape_hit_done) ShapeHit hit = {0};

                r = shape_next(&cursor, url, site.sub, site.sub_len, &hit);
                if (r <= 0)
                        return r;
                r = unwrap_hit(site.row, url, &hit, ret);
                if (r != 0)
                        return r;
        }
}

int catalogue_unwrap(const Url *url, Url **ret) {
        _cleanup_(url_freep) Url *inner = NULL;

        for (int depth = 0; depth < CATALOGUE_WRAPS_MAX; depth++) {
                Url *next = NULL;
                int r = unwrap_once(inner ? inner : url, &next);

                if (r < 0)
                        return r;
                if (r == 0)
                        break;
                url_free(inner);
                inner = next;
        }
        if (!inner)
                return 0;
        *ret = TAKE_PTR(inner);
        return 1;
}
