/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The catalogue: the tables are in order and complete, and each shape of each row is met by a
 * real URL of catalogue-cases.h. */

#include "core/catalogue.h"
#include "core/shape.h"
#include "unit/test.h"

#include "unit/catalogue-cases.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

static Url *parsed(const char *text) {
        Url *url = NULL;
        int r = url_parse(text, &url);

        if (r < 0)
                fail_msg("'%s' gave %d", text, r);
        return url;
}

static const Platform *row_at(size_t i) {
        return i < catalogue_n_platforms ? &catalogue_platforms[i]
                                         : &catalogue_sites[i - catalogue_n_platforms];
}

static size_t n_rows(void) {
        return catalogue_n_platforms + catalogue_n_sites;
}

static void test_tables_are_sorted_and_name_nothing_twice(void **state) {
        (void)state;
        for (size_t i = 1; i < catalogue_n_platforms; i++)
                assert_true(
                        strcmp(catalogue_platforms[i - 1].name, catalogue_platforms[i].name) < 0);
        for (size_t i = 1; i < catalogue_n_sites; i++)
                assert_true(strcmp(catalogue_sites[i - 1].name, catalogue_sites[i].name) < 0);
        for (size_t i = 1; i < catalogue_n_hosts; i++)
                assert_true(strcmp(catalogue_hosts[i - 1].host, catalogue_hosts[i].host) < 0);
        for (size_t i = 1; i < catalogue_n_labels; i++)
                assert_true(strcmp(catalogue_labels[i - 1].label, catalogue_labels[i].label) < 0);
        for (size_t i = 0; i < n_rows(); i++)
                assert_ptr_equal(
                        catalogue_find_row(row_at(i)->name, strlen(row_at(i)->name)), row_at(i));
}

static void test_has_forty_platforms_and_more(void **state) {
        size_t n = 0;

        (void)state;
        for (size_t i = 0; i < catalogue_n_platforms; i++)
                n += catalogue_platforms[i].shapes != NULL;
        assert_true(n >= 100);
}

static void test_every_row_has_a_source_a_title_and_a_host(void **state) {
        (void)state;
        for (size_t i = 0; i < n_rows(); i++) {
                const Platform *row = row_at(i);
                bool found = streq(row->name, "mastodon"); /* on any host */

                assert_true(row->source && row->source[0] != '\0');
                assert_true(row->title && row->title[0] != '\0');
                assert_int_equal(
                        strcspn(row->name, " :/?ABCDEFGHIJKLMNOPQRSTUVWXYZ"), strlen(row->name));
                for (size_t k = 0; k < catalogue_n_hosts; k++)
                        found |= streq(catalogue_hosts[k].row, row->name);
                for (size_t k = 0; k < catalogue_n_labels; k++)
                        found |= streq(catalogue_labels[k].row, row->name);
                if (!found)
                        fail_msg("%s has no host", row->name);
        }
}

static void test_every_host_belongs_to_a_row_and_is_in_normal_form(void **state) {
        (void)state;
        for (size_t i = 0; i < catalogue_n_hosts; i++) {
                const HostRow *host = &catalogue_hosts[i];
                _cleanup_free_ char *example = NULL, *normal = NULL;
                size_t len = strlen(host->host);
                Site site;

                if (!catalogue_find_row(host->row, strlen(host->row)))
                        fail_msg("%s names no row", host->host);
                example = strdup(host->host);
                if (streq(host->host + len - 2, ".*")) {
                        free(example);
                        assert_true(asprintf(&example, "%.*s.co.uk", (int)len - 2, host->host) > 0);
                }
                assert_int_equal(host_normalise(example, &normal), 0);
                assert_string_equal(normal, example);
                assert_int_equal(catalogue_find_host(example, &site), 1);
                assert_string_equal(site.row->name, host->row);
                assert_int_equal(site.sub_len, 0);
        }
}

static void test_names_and_aliases_are_unique(void **state) {
        (void)state;
        for (size_t i = 0; i < catalogue_n_platforms; i++) {
                const Platform *row = &catalogue_platforms[i];

                for (const char *word = row->aliases; word && *word;) {
                        size_t len = strcspn(word, " ");

                        assert_ptr_equal(catalogue_find_platform(word, len), row);
                        word += len + strspn(word + len, " ");
                }
                assert_ptr_equal(catalogue_find_platform(row->name, strlen(row->name)), row);
        }
        assert_string_equal(catalogue_find_platform("Twitter", 7)->name, "x");
        assert_string_equal(catalogue_find_platform("IG", 2)->name, "instagram");
        assert_string_equal(catalogue_find_platform("insta", 5)->name, "instagram");
        assert_string_equal(catalogue_find_platform("fb", 2)->name, "facebook");
        assert_null(catalogue_find_platform("view-instagram", 14));
        assert_null(catalogue_find_platform("nosuch", 6));
        assert_null(catalogue_find_platform("", 0));
}

/* The slot of one shape, cut out of its list. */
static void check_slot(const Platform *row, const char *shape, size_t len) {
        const char *open = memchr(shape, '{', len);
        const char *close = open ? memchr(open, '}', len - (size_t)(open - shape)) : NULL;
        bool known = false;

        if (!open || !close || memchr(open + 1, '{', len - (size_t)(open + 1 - shape)))
                fail_msg("%s: '%.*s' has not just one slot", row->name, (int)len, shape);
        for (const UserForm *form = row->users; form < row->users + USER_FORMS_MAX && form->slot;
                form++)
                known |= strlen(form->slot) == (size_t)(close - open) - 1 &&
                         strncmp(form->slot, open + 1, strlen(form->slot)) == 0;
        if (!row->users[0].slot)
                known = catalogue_find_row(open + 1, strcspn(open + 1, ".}")) != NULL;
        if (!known)
                fail_msg("%s: '%.*s' has an unknown slot", row->name, (int)len, shape);
}

static void test_every_shape_has_one_slot_that_is_known(void **state) {
        (void)state;
        for (size_t i = 0; i < n_rows(); i++) {
                const Platform *row = row_at(i);

                for (const char *shape = row->shapes; shape && *shape;) {
                        size_t len = strcspn(shape, " ");

                        check_slot(row, shape, len);
                        shape += len + strspn(shape + len, " ");
                }
        }
}

/* Does a case of this row fit the one shape? */
static bool shape_is_met(
        const Platform *row, const char *shape, size_t len, const UrlCase *cases, size_t n) {
        _cleanup_free_ char *list = strndup(shape, len);

        for (size_t i = 0; i < n; i++) {
                _cleanup_(url_freep) Url *url = NULL;
                _cleanup_(shape_hit_done) ShapeHit hit = {0};
                const char *cursor = list;
                Site site = {.sub = ""};

                if (!streq(cases[i].row, row->name))
                        continue;
                url = parsed(cases[i].url);
                if (catalogue_find_site(url->host, &site) > 0 && site.row != row)
                        fail_msg("%s is of %s and not of %s", cases[i].url, site.row->name,
                                row->name);
                if (shape_next(&cursor, url, site.sub, site.sub_len, &hit) > 0)
                        return true;
        }
        return false;
}

static void check_shapes_met(
        const Platform *row, const char *shapes, const UrlCase *cases, size_t n) {
        while (shapes && *shapes) {
                size_t len = strcspn(shapes, " ");

                if (!shape_is_met(row, shapes, len, cases, n))
                        fail_msg("%s: no case for '%.*s'", row->name, (int)len, shapes);
                shapes += len + strspn(shapes + len, " ");
        }
}

static void test_every_shape_of_a_page_is_met_by_a_case(void **state) {
        (void)state;
        for (size_t i = 0; i < n_rows(); i++)
                check_shapes_met(
                        row_at(i), row_at(i)->shapes, profile_cases, ARRAY_LEN(profile_cases));
}

static void test_every_shape_of_a_search_is_met_by_a_case(void **state) {
        (void)state;
        for (size_t i = 0; i < n_rows(); i++)
                check_shapes_met(
                        row_at(i), row_at(i)->searches, search_cases, ARRAY_LEN(search_cases));
}

static void test_every_wrapping_site_has_a_case(void **state) {
        (void)state;
        for (size_t i = 0; i < catalogue_n_sites; i++)
                check_shapes_met(&catalogue_sites[i], catalogue_sites[i].wraps, wrap_cases,
                        ARRAY_LEN(wrap_cases));
}

static void test_every_platform_has_a_page_that_is_nobodys(void **state) {
        (void)state;
        for (size_t i = 0; i < n_rows(); i++) {
                const Platform *row = row_at(i);
                bool found = !row->shapes && !row->users[0].slot;

                for (size_t k = 0; k < ARRAY_LEN(stranger_cases) && !found; k++)
                        found = streq(stranger_cases[k].row, row->name);
                if (!found && !streq(row->name, "view-many"))
                        fail_msg("%s has no case", row->name);
        }
}

static void test_finds_hosts_with_their_prefixes(void **state) {
        static const struct {
                const char *host, *row, *sub;
        } cases[] = {
                {"instagram.com", "instagram", ""},
                {"www.instagram.com", "instagram", ""},
                {"help.instagram.com", "instagram", "help"},
                {"l.instagram.com", "wrap-u", ""},
                {"de-de.facebook.com", "facebook", ""},
                {"uk.linkedin.com", "linkedin", ""},
                {"www.google.co.uk", "google", ""},
                {"google.de", "google", ""},
                {"maps.google.com.au", "google", ""},
                {"mail.google.com", "google", "mail"},
                {"www.pinterest.com.mx", "pinterest", ""},
                {"alexdoe.tumblr.com", "tumblr", "alexdoe"},
                {"www.alexdoe.tumblr.com", "tumblr", "alexdoe"},
                {"nitter.net", "view-x", ""},
                {"nitter-1.example.org", "view-x", ""},
                {"my.searx.example", "searx", ""},
                {"notinstagram.com", NULL, NULL},
                {"instagram.com.example", NULL, NULL},
                {"mynitter.net", NULL, NULL},
                {"google", NULL, NULL},
                {"com", NULL, NULL},
                {"localhost", NULL, NULL},
                {"127.0.0.1", NULL, NULL},
                {"2001:db8::1", NULL, NULL},
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                Site site = {0};
                int r = catalogue_find_site(cases[i].host, &site);

                if (r != (cases[i].row ? 1 : 0))
                        fail_msg("%s gave %d", cases[i].host, r);
                if (r == 0)
                        continue;
                assert_string_equal(site.row->name, cases[i].row);
                assert_int_equal(site.sub_len, strlen(cases[i].sub));
                assert_memory_equal(site.sub_len ? site.sub : "", cases[i].sub, site.sub_len);
        }
}

static void test_takes_wrappings_off(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(wrap_cases); i++) {
                _cleanup_(url_freep) Url *url = parsed(wrap_cases[i].url), *inner = NULL;
                _cleanup_free_ char *text = NULL;
                int r = catalogue_unwrap(url, &inner);

                if (r != 1)
                        fail_msg("'%s' gave %d", wrap_cases[i].url, r);
                text = url_format(inner);
                assert_string_equal(text, wrap_cases[i].expected);
        }
}

static void test_takes_three_wrappings_off_and_not_a_fourth(void **state) {
        _cleanup_free_ char *text = strdup("https://www.instagram.com/alex.doe");

        (void)state;
        for (int depth = 1; depth <= CATALOGUE_WRAPS_MAX + 1; depth++) {
                _cleanup_(url_freep) Url *url = NULL, *inner = NULL;
                char *outer = NULL;

                assert_true(asprintf(&outer, "https://href.li/?%s", text) > 0);
                free(text);
                text = outer;
                url = parsed(text);
                assert_int_equal(catalogue_unwrap(url, &inner), 1);
                assert_string_equal(inner->host,
                        depth <= CATALOGUE_WRAPS_MAX ? "www.instagram.com" : "href.li");
        }
}

static void test_leaves_alone_what_wraps_nothing(void **state) {
        static const char *const urls[] = {
                "https://www.instagram.com/alex.doe/",
                "https://example.org/?url=https%3A%2F%2Fwww.instagram.com%2Falex.doe",
                "https://www.google.com/search?q=alex",
                "https://web.archive.org/",
                "https://l.instagram.com/?u=javascript%3Aalert(1)",
                "https://l.instagram.com/?u=",
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
                _cleanup_(url_freep) Url *url = parsed(urls[i]), *inner = NULL;

                assert_int_equal(catalogue_unwrap(url, &inner), 0);
                assert_null(inner);
        }
}

static void test_follows_a_sign_in_page_to_where_it_leads(void **state) {
        static const char *const cases[][2] = {
                {"https://www.instagram.com/accounts/login/?next=%2Falex.doe%2F",
                        "https://www.instagram.com/alex.doe"},
                {"https://www.instagram.com/accounts/login/?next=https%3A%2F%2Fwww.instagram.com%2Falex.doe%2F&is_from_rle",
                        "https://www.instagram.com/alex.doe"},
                {"https://www.facebook.com/login/?next=https%3A%2F%2Fwww.facebook.com%2Falex.doe",
                        "https://www.facebook.com/alex.doe"},
                {"https://x.com/i/flow/login?redirect_after_login=%2Falexdoe",
                        "https://x.com/alexdoe"},
                {"https://www.linkedin.com/authwall?trk=x&sessionRedirect=https%3A%2F%2Fde.linkedin.com%2Fin%2Falex-doe",
                        "https://de.linkedin.com/in/alex-doe"},
                {"https://vk.com/away.php?to=https%3A%2F%2Fexample.org%2Fa",
                        "https://example.org/a"},
                {"https://www.youtube.com/redirect?event=x&q=https%3A%2F%2Fexample.org%2Fa",
                        "https://example.org/a"},
                {"https://steamcommunity.com/linkfilter/?url=https%3A%2F%2Fexample.org%2Fa",
                        "https://example.org/a"},
                {"https://www.google.com/url?q=https%3A%2F%2Fexample.org%2Fa&sa=D",
                        "https://example.org/a"},
                {"https://duckduckgo.com/l/?uddg=https%3A%2F%2Fexample.org%2Fa",
                        "https://example.org/a"},
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                _cleanup_(url_freep) Url *url = parsed(cases[i][0]), *inner = NULL;
                _cleanup_free_ char *text = NULL;

                assert_int_equal(catalogue_unwrap(url, &inner), 1);
                text = url_format(inner);
                assert_string_equal(text, cases[i][1]);
        }
}

/* --- the hosts of a row ---------------------------------------------------------------------- */

typedef struct Listed {
        char *names[4096];
        size_t n;
} Listed;

static int list_one(void *userdata, const char *host) {
        Listed *l = userdata;

        assert_true(l->n < ARRAY_LEN(l->names));
        l->names[l->n] = strdup(host);
        assert_non_null(l->names[l->n]);
        l->n++;
        return 0;
}

static void list_row(const char *name, Listed *l) {
        *l = (Listed){0};
        assert_int_equal(
                catalogue_each_host(catalogue_find_row(name, strlen(name)), list_one, l), 0);
}

static void listed_done(Listed *l) {
        for (size_t i = 0; i < l->n; i++)
                free(l->names[i]);
        l->n = 0;
}

static bool listed(const char *row, const char *host) {
        Listed l;
        bool found = false;

        list_row(row, &l);
        for (size_t i = 0; i < l.n; i++)
                found |= streq(l.names[i], host);
        listed_done(&l);
        return found;
}

static void test_lists_the_hosts_of_a_row_with_their_prefixes(void **state) {
        (void)state;
        assert_true(listed("instagram", "instagram.com"));
        assert_true(listed("instagram", "www.instagram.com"));
        assert_true(listed("instagram", "touch.instagram.com"));
        assert_true(listed("instagram", "instagr.am"));
        assert_true(listed("instagram", "mobile.instagr.am"));
        assert_true(listed("x", "twitter.com"));
        assert_true(listed("facebook", "mbasic.facebook.com"));
        assert_true(listed("facebook", "messenger.com"));
        assert_true(listed("spotify", "open.spotify.com"));
        assert_false(listed("spotify", "www.open.spotify.com")); /* it has none */
        assert_false(listed("instagram", "l.instagram.com"));    /* another row */
        assert_false(listed("instagram", "imginn.com"));
}

static void test_a_star_stands_for_common_endings(void **state) {
        (void)state;
        assert_true(listed("pinterest", "pinterest.com"));
        assert_true(listed("pinterest", "www.pinterest.de"));
        assert_true(listed("pinterest", "pinterest.co.uk"));
        assert_true(listed("ebay", "m.ebay.com.au"));
}

static int end_at_second(void *userdata, const char *host) {
        (void)host;
        return ++*(int *)userdata == 2 ? -ECANCELED : 0;
}

static void test_listing_ends_when_it_is_told_to(void **state) {
        int calls = 0;

        (void)state;
        assert_int_equal(
                catalogue_each_host(catalogue_find_row("facebook", 8), end_at_second, &calls),
                -ECANCELED);
        assert_int_equal(calls, 2);
}

/* Whoever shuts a platform for one person must not find half of the web broken. */
static void test_what_other_sites_need_is_in_no_list(void **state) {
        static const char *const shared[] = {"google.com", "www.google.com", "google.de",
                "accounts.google.com", "gist.githubusercontent.com", "raw.githubusercontent.com",
                "github.io", "www.github.io", "i.imgur.com", "gravatar.com", "www.gravatar.com",
                "translate.google.com", "safelinks.protection.outlook.com"};

        (void)state;
        for (size_t i = 0; i < catalogue_n_platforms; i++)
                for (size_t k = 0; k < ARRAY_LEN(shared); k++)
                        if (listed(catalogue_platforms[i].name, shared[k]))
                                fail_msg("%s shuts %s", catalogue_platforms[i].name, shared[k]);
        assert_true(listed("github", "gist.github.com"));
        assert_true(listed("imgur", "imgur.com"));
}

/* Letters, digits and hyphens between dots; no star, no "[lang]", no .onion; each leads back to its
 * row; no row is out of all measure. */
static void test_every_name_in_a_list_can_stand_in_a_hosts_file(void **state) {
        size_t most = 0, none = 0;

        (void)state;
        for (size_t i = 0; i < catalogue_n_platforms; i++) {
                const Platform *row = &catalogue_platforms[i];
                Listed l;

                list_row(row->name, &l);
                for (size_t k = 0; k < l.n; k++) {
                        _cleanup_free_ char *normal = NULL;
                        const char *name = l.names[k];
                        Site site;

                        assert_int_equal(host_normalise(name, &normal), 0);
                        assert_string_equal(normal, name);
                        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-."),
                                strlen(name));
                        assert_non_null(strchr(name, '.'));
                        assert_false(streq(strrchr(name, '.'), ".onion"));
                        assert_int_equal(catalogue_find_host(name, &site), 1);
                        assert_ptr_equal(site.row, row);
                        assert_int_equal(site.sub_len, 0);
                        for (size_t j = 0; j < k; j++)
                                assert_string_not_equal(l.names[j], name);
                }
                most = MAX(most, l.n);
                none += l.n == 0;
                listed_done(&l);
        }
        assert_in_range(most, 50, 250);
        assert_int_equal(none, 3); /* mastodon, google, gravatar */
}

/* What the build made for the extension. */
static void read_built(const char *name, char *text, size_t size) {
        const char *build = getenv("NOCONTACT_BUILD");
        _cleanup_free_ char *path = NULL;
        FILE *file;

        assert_true(asprintf(&path, "%s/webext/%s", build ? build : "build/plain", name) > 0);
        file = fopen(path, "re");
        assert_non_null(file);
        memset(text, 0, size);
        assert_in_range(fread(text, 1, size - 1, file), 1, size - 2);
        fclose(file);
}

/* The build takes the names from the table's own text. */
static void test_the_extension_has_every_host_and_label(void **state) {
        char text[16384];

        (void)state;
        read_built("sites.js", text, sizeof(text));
        for (size_t i = 0; i < catalogue_n_hosts + catalogue_n_labels; i++) {
                const char *name = i < catalogue_n_hosts
                                           ? catalogue_hosts[i].host
                                           : catalogue_labels[i - catalogue_n_hosts].label;
                const char *at = text;
                size_t len = strlen(name);

                while ((at = strstr(at, name)) &&
                        !(strchr(" \"", at[-1]) && strchr(" \"", at[len])))
                        at += len;
                if (!at)
                        fail_msg("%s is not there", name);
        }
}

static void test_firefox_has_a_script_on_every_host(void **state) {
        char text[32768];

        (void)state;
        read_built("manifest.firefox.json", text, sizeof(text));
        for (size_t i = 0; i < catalogue_n_hosts; i++) {
                _cleanup_free_ char *pattern = NULL;

                assert_true(asprintf(&pattern, "\"*://*.%s/*\"", catalogue_hosts[i].host) > 0);
                if (!strstr(catalogue_hosts[i].host, ".*") && !strstr(text, pattern))
                        fail_msg("%s is not there", pattern);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_tables_are_sorted_and_name_nothing_twice),
                cmocka_unit_test(test_has_forty_platforms_and_more),
                cmocka_unit_test(test_every_row_has_a_source_a_title_and_a_host),
                cmocka_unit_test(test_every_host_belongs_to_a_row_and_is_in_normal_form),
                cmocka_unit_test(test_names_and_aliases_are_unique),
                cmocka_unit_test(test_every_shape_has_one_slot_that_is_known),
                cmocka_unit_test(test_every_shape_of_a_page_is_met_by_a_case),
                cmocka_unit_test(test_every_shape_of_a_search_is_met_by_a_case),
                cmocka_unit_test(test_every_wrapping_site_has_a_case),
                cmocka_unit_test(test_every_platform_has_a_page_that_is_nobodys),
                cmocka_unit_test(test_finds_hosts_with_their_prefixes),
                cmocka_unit_test(test_takes_wrappings_off),
                cmocka_unit_test(test_takes_three_wrappings_off_and_not_a_fourth),
                cmocka_unit_test(test_leaves_alone_what_wraps_nothing),
                cmocka_unit_test(test_follows_a_sign_in_page_to_where_it_leads),
                cmocka_unit_test(test_lists_the_hosts_of_a_row_with_their_prefixes),
                cmocka_unit_test(test_a_star_stands_for_common_endings),
                cmocka_unit_test(test_listing_ends_when_it_is_told_to),
                cmocka_unit_test(test_what_other_sites_need_is_in_no_list),
                cmocka_unit_test(test_every_name_in_a_list_can_stand_in_a_hosts_file),
                cmocka_unit_test(test_the_extension_has_every_host_and_label),
                cmocka_unit_test(test_firefox_has_a_script_on_every_host),
        };
        return cmocka_run_group_tests_name("catalogue", tests, NULL, NULL);
}
