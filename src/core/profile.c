/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What the catalogue makes of URLs and handles: whose page is this? It deliberately does not know
 * people or rules; url-index.c does. Used by the index, and by identity.c for three kinds of
 * identity. */

#include "core/profile.h"

#include "common/buffer.h"
#include "core/catalogue.h"
#include "core/identity.h"
#include "core/phone.h"
#include "core/shape.h"

#include <errno.h>
#include <stdio.h>
#include <strings.h>

enum {
        USER_MAX = 255, /* bytes; no platform gives longer names */
};

void profile_done(Profile *p) {
        free(p->user);
        *p = (Profile){0};
}

static int refuse(const char **ret_why, const char *why) {
        if (ret_why)
                *ret_why = why;
        return -EINVAL;
}

/* --- users ----------------------------------------------------------------------------------- */

static bool is_digit(char c) {
        return c >= '0' && c <= '9';
}

static bool all_digits(const char *s, size_t len) {
        for (size_t i = 0; i < len; i++)
                if (!is_digit(s[i]))
                        return false;
        return len > 0;
}

static bool may_stand(const UserForm *form, char c) {
        if (is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
                return true;
        if ((unsigned char)c >= 0x80)
                return form->flags & USER_UTF8;
        return form->extra && strchr(form->extra, c);
}

/* "+1 (555) 010-9999" and "0015550109999" become "15550109999". What stands in a link is always the
 * number with its country code. */
static int canonical_phone(const char *text, char **ret) {
        _cleanup_(buffer_done) Buffer b = {0};
        const char *digits;

        for (const char *p = text; *p; p++) {
                if (is_digit(*p))
                        (void)buffer_putc(&b, *p);
                else if (!strchr(" +-().", *p))
                        return 0;
        }
        if (b.error < 0)
                return b.error;
        digits = b.data ? b.data : "";
        digits += strncmp(digits, "00", 2) == 0 ? 2 : 0;
        if (strlen(digits) < PHONE_DIGITS_MIN || strlen(digits) > PHONE_DIGITS_MAX)
                return 0;
        *ret = strdup(digits);
        return *ret ? 1 : -ENOMEM;
}

/* The host without "www.", which nobody uses for another site than the one without. */
static const char *without_www(const char *host) {
        while (strncmp(host, "www.", 4) == 0 && strchr(host + 4, '.'))
                host += 4;
        return host;
}

/* "Alex@Social.Example" becomes "alex@social.example"; `host` is added where none is said. The
 * sites of the catalogue are no such servers. */
static int canonical_at_host(const char *user, size_t len, const char *host, char **ret) {
        _cleanup_free_ char *normal = NULL;
        Site site;
        int r;

        if (user[len] == '@')
                host = user + len + 1;
        if (!host)
                return 0;
        r = host_normalise(host, &normal);
        if (r == -ENOMEM)
                return r;
        if (r < 0 || !strchr(normal, '.') || catalogue_find_site(normal, &site) > 0)
                return 0;
        if (asprintf(ret, "%.*s@%s", (int)len, user, without_www(normal)) < 0)
                return -ENOMEM;
        for (char *p = *ret; *p != '@'; p++)
                *p = (char)(*p >= 'A' && *p <= 'Z' ? *p - 'A' + 'a' : *p);
        return 1;
}

/* Cuts the part of the text that is the user. */
static void cut_user(const UserForm *form, const char **s, size_t *len) {
        size_t n = 0;

        if (form->cut)
                *len = strcspn(*s, form->cut);
        if (form->flags & USER_LEAD_DIGITS) {
                while (n < *len && is_digit((*s)[n]))
                        n++;
                *len = n;
        }
        if (form->flags & USER_TAIL_DIGITS) {
                while (n < *len && is_digit((*s)[*len - n - 1]))
                        n++;
                *s += *len - n;
                *len = n;
        }
}

/* Brings a user into canonical form, without the form's prefix. `host`: see canonical_at_host().
 * Returns 1, 0 when it is no user of this form, -ENOMEM. */
static int canonical_user(const UserForm *form, const char *text, const char *host, char **ret) {
        _cleanup_(buffer_done) Buffer b = {0};
        const char *s = text;
        size_t len = strlen(text);

        if (form->flags & USER_PHONE)
                return canonical_phone(text, ret);
        if (form->flags & USER_AT_HOST)
                len = strcspn(s, "@");
        cut_user(form, &s, &len);
        if (len == 0 || len > USER_MAX)
                return 0;
        if ((form->flags & USER_DIGITS && !all_digits(s, len)) ||
                (form->flags & USER_NAMED && all_digits(s, len)))
                return 0;
        for (size_t i = 0; i < len; i++)
                if (!may_stand(form, s[i]))
                        return 0;
        if (form->flags & USER_AT_HOST)
                return canonical_at_host(s, len, host, ret);

        for (size_t i = 0; i < len; i++) {
                bool fold = !(form->flags & USER_CASE) && s[i] >= 'A' && s[i] <= 'Z';

                (void)buffer_putc(&b, (char)(fold ? s[i] - 'A' + 'a' : s[i]));
        }
        if (form->home && !memchr(s, '.', len) && !memchr(s, ':', len))
                (void)buffer_puts(&b, form->home);
        *ret = buffer_take(&b);
        return *ret ? 1 : -ENOMEM;
}

static int add_prefix(const UserForm *form, char **user) {
        _cleanup_free_ char *bare = *user;

        *user = NULL;
        if (!form->prefix) {
                *user = TAKE_PTR(bare);
                return 0;
        }
        return asprintf(user, "%s%s", form->prefix, bare) < 0 ? -ENOMEM : 0;
}

/* Reads a user that carries the prefix of its form, as a handle does: the first form that takes the
 * whole. Returns 1, the user and its form; 0; -ENOMEM. */
static int user_by_any_form(
        const Platform *p, const char *text, char **ret, const UserForm **ret_form) {
        for (const UserForm *form = p->users; form < p->users + USER_FORMS_MAX && form->slot;
                form++) {
                size_t skip = form->prefix ? strlen(form->prefix) : 0;
                unsigned partial = USER_LEAD_DIGITS | USER_TAIL_DIGITS;
                char *user = NULL;
                int r;

                if (skip > 0 && strncasecmp(text, form->prefix, skip) != 0)
                        continue;
                if (form->flags & partial && !all_digits(text + skip, strlen(text + skip)))
                        continue;
                r = canonical_user(form, text + skip, NULL, &user);
                if (r > 0)
                        r = add_prefix(form, &user);
                if (r < 0)
                        return r;
                if (user) {
                        *ret = user;
                        *ret_form = form;
                        return 1;
                }
        }
        return 0;
}

/* --- pages ----------------------------------------------------------------------------------- */

/* The platform and form that a slot names: {channel} in a platform's own row, {youtube.channel}
 * in a viewer's. */
static const UserForm *form_for_slot(
        const Platform *row, const char *slot, size_t len, const Platform **ret_owner) {
        const Platform *owner = row;

        if (!row->users[0].slot) {
                const char *dot = memchr(slot, '.', len);
                size_t n = dot ? (size_t)(dot - slot) : len;

                owner = catalogue_find_row(slot, n);
                if (!owner)
                        return NULL;
                slot = dot ? dot + 1 : "user";
                len = dot ? len - n - 1 : strlen(slot);
        }
        for (const UserForm *form = owner->users;
                form < owner->users + USER_FORMS_MAX && form->slot; form++)
                if (strncmp(form->slot, slot, len) == 0 && form->slot[len] == '\0') {
                        *ret_owner = owner;
                        return form;
                }
        return NULL;
}

static bool is_reserved(const Platform *row, const char *text) {
        return words_have(row->reserved, text, strlen(text)) ||
               words_have(catalogue_reserved, text, strlen(text));
}

/* Is the user written without a sign such as "@" where the platform writes it? Then a reserved word
 * cannot be one, however this URL writes it. */
static bool is_bare(const UserForm *form) {
        const char *slot = form->url ? strstr(form->url, "{user}") : NULL;

        return slot && slot[-1] == '/';
}

static int profile_from_hit(
        const Platform *row, const ShapeHit *hit, const Url *url, Profile *ret) {
        const Platform *owner = NULL;
        const UserForm *form;
        char *user = NULL;
        int r;

        if (hit->bare && is_reserved(row, hit->value))
                return 0;
        form = form_for_slot(row, hit->slot, hit->slot_len, &owner);
        if (!form)
                return 0;
        r = canonical_user(form, hit->value, url->host, &user);
        if (r <= 0)
                return r;
        if (is_bare(form) && is_reserved(owner, user)) {
                free(user);
                return 0;
        }
        r = add_prefix(form, &user);
        if (r < 0)
                return r;
        *ret = (Profile){.platform = owner, .user = user, .viewer = row->viewer};
        return 1;
}

int profile_from_url(const Url *url, Profile *ret) {
        static const char any_host[] = "mastodon";
        const char *cursor;
        Site site;

        if (catalogue_find_site(url->host, &site) == 0)
                site = (Site){.row = catalogue_find_row(any_host, strlen(any_host)), .sub = ""};
        cursor = site.row->shapes;
        for (;;) {
                _cleanup_(shape_hit_done) ShapeHit hit = {0};
                int r = shape_next(&cursor, url, site.sub, site.sub_len, &hit);

                if (r <= 0)
                        return r;
                r = profile_from_hit(site.row, &hit, url, ret);
                if (r != 0)
                        return r;
        }
}

/* Adds what may stand in a URL as it is, and the rest percent-encoded. */
static void add_encoded(Buffer *b, const char *s, size_t len) {
        for (size_t i = 0; i < len; i++) {
                char c = s[i];

                if (is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        strchr("-._~@:+=/!$*'()", c))
                        (void)buffer_putc(b, c);
                else
                        (void)buffer_printf(b, "%%%02X", (unsigned char)c);
        }
}

/* Fills {user} and {host} of a template; the host is what follows the user's "@". */
static char *fill_template(const char *url, const char *user, bool at_host) {
        _cleanup_(buffer_done) Buffer b = {0};
        size_t name = at_host ? strcspn(user, "@") : strlen(user);

        while (*url) {
                if (strncmp(url, "{user}", 6) == 0) {
                        add_encoded(&b, user, name);
                        url += 6;
                } else if (strncmp(url, "{host}", 6) == 0) {
                        (void)buffer_puts(&b, user + name + (user[name] == '@'));
                        url += 6;
                } else
                        (void)buffer_putc(&b, *url++);
        }
        return buffer_take(&b);
}

const UserForm *profile_form(const Profile *p, const char **ret_user, size_t *ret_len) {
        _cleanup_free_ char *user = NULL;
        const UserForm *form = NULL;

        if (user_by_any_form(p->platform, p->user, &user, &form) <= 0 || !form->url)
                return NULL;
        *ret_user = p->user + (form->prefix ? strlen(form->prefix) : 0);
        *ret_len = form->flags & USER_AT_HOST ? strcspn(*ret_user, "@") : strlen(*ret_user);
        return form;
}

char *profile_format_url(const Profile *p) {
        const UserForm *form;
        const char *user;
        size_t len;

        form = profile_form(p, &user, &len);
        return form ? fill_template(form->url, user, form->flags & USER_AT_HOST) : NULL;
}

/* --- parsers --------------------------------------------------------------------------------- */

/* The value without the white space around it, and the error that all three kinds share. */
static int trimmed(const char *value, char **ret, const char **ret_why) {
        size_t len;

        value += strspn(value, " \t\r\n");
        len = strlen(value);
        while (len > 0 && strchr(" \t\r\n", value[len - 1]))
                len--;
        if (len == 0)
                return refuse(ret_why, "This is empty.");
        if (len > IDENTITY_VALUE_MAX)
                return refuse(ret_why, "This is too long: 2048 characters at most.");
        for (size_t i = 0; i < len; i++)
                if ((unsigned char)value[i] < ' ' || value[i] == 0x7f)
                        return refuse(ret_why,
                                "There is a line break or another hidden character inside. Give one "
                                "at a time.");
        *ret = strndup(value, len);
        return *ret ? 0 : -ENOMEM;
}

/* "u/alex", "@alex" and "$alex" are how people write users; the sign is not part of the name. */
static const char *skip_sign(const char *user) {
        static const char *const signs[] = {"/u/", "u/", "/user/", "user/", "@", "$", "~"};

        for (size_t i = 0; i < ARRAY_LEN(signs); i++)
                if (strncasecmp(user, signs[i], strlen(signs[i])) == 0)
                        return user + strlen(signs[i]);
        return user;
}

static int handle_user(const Platform *p, const char *text, char **ret, const char **ret_why) {
        _cleanup_free_ char *user = NULL;
        const UserForm *form;
        int r;

        text += strspn(text, " \t");
        r = user_by_any_form(p, text, &user, &form);
        if (r == 0)
                r = user_by_any_form(p, skip_sign(text), &user, &form);
        if (r < 0)
                return r;
        if (r == 0 && p->users[0].flags & USER_AT_HOST)
                return refuse(
                        ret_why, "Such a handle needs its server, as in \"@alex@social.example\".");
        if (r == 0 && p->users[0].flags & USER_PHONE)
                return refuse(ret_why,
                        "There the handle is the telephone number with its country code, as in "
                        "\"whatsapp:+15550109999\".");
        if (r == 0 || (is_bare(form) && is_reserved(p, user)))
                return refuse(ret_why,
                        "No user of that platform can be called so. Write the platform and the user "
                        "as the platform writes it, as in \"instagram:alex.doe\".");
        return asprintf(ret, "%s:%s", p->name, user) < 0 ? -ENOMEM : 0;
}

int handle_parse(const char *value, char **ret, const char **ret_why) {
        static const char mastodon[] = "mastodon";
        _cleanup_free_ char *text = NULL;
        const Platform *platform;
        size_t name;
        int r;

        r = trimmed(value, &text, ret_why);
        if (r < 0)
                return r;
        if (strstr(text, "://"))
                return refuse(ret_why,
                        "That is a web address; add it as a profile. A handle looks like "
                        "\"instagram:alex.doe\".");
        if (text[0] == '@' && strchr(text + 1, '@'))
                return handle_user(
                        catalogue_find_row(mastodon, strlen(mastodon)), text, ret, ret_why);

        name = strcspn(text, ":");
        if (text[name] != ':')
                return refuse(ret_why,
                        "A handle needs its platform in front, as in \"instagram:alex.doe\".");
        while (name > 0 && text[name - 1] == ' ')
                text[--name] = ':';
        platform = catalogue_find_platform(text, name);
        if (!platform)
                return refuse(ret_why,
                        "That platform is not known here. Known are instagram, facebook, x, tiktok and "
                        "many more; for any other, add the page as a profile.");
        return handle_user(platform, text + name + strspn(text + name, ":"), ret, ret_why);
}

/* The page's URL outside the catalogue: port, path and query, no fragment. */
static int page_format(Url *url, char **ret, const char **ret_why) {
        char *fragment = url->fragment;

        if (url->n_segments == 0 && url->n_params == 0)
                return refuse(ret_why,
                        "That is a whole site. When it is theirs, add it as a domain; else give the "
                        "address of the page.");
        url->fragment = NULL;
        *ret = url_format(url);
        url->fragment = fragment;
        return *ret ? 0 : -ENOMEM;
}

/* Does the URL stand for the user alone, so that it can be written in the platform's own way?
 * Under a host of which nothing is known, "/users/alex" may be any software's; it stays as it was
 * given. */
static bool is_sure(const Profile *p, const Url *url) {
        if (!(p->platform->users[0].flags & USER_AT_HOST))
                return true;
        return url->segments[0][0] == '@';
}

static int profile_of_url(Url *url, char **ret, const char **ret_why) {
        _cleanup_(profile_done) Profile p = {0};
        Site site;
        int r;

        r = profile_from_url(url, &p);
        if (r < 0)
                return r;
        if (r > 0 && is_sure(&p, url)) {
                *ret = profile_format_url(&p);
                return *ret ? 0 : -ENOMEM;
        }
        /* "sites.google.com" is another site than the row's, and its pages are pages like any */
        if (r == 0 && catalogue_find_site(url->host, &site) > 0 && site.row->shapes &&
                site.sub_len == 0)
                return refuse(ret_why,
                        "This is not the page of one person, and it would shut much of that site. Give "
                        "the address of the profile, as in \"https://www.instagram.com/alex.doe/\".");
        return page_format(url, ret, ret_why);
}

int profile_parse(const char *value, char **ret, const char **ret_why) {
        _cleanup_(url_freep) Url *url = NULL, *inner = NULL;
        _cleanup_free_ char *text = NULL;
        int r;

        r = trimmed(value, &text, ret_why);
        if (r < 0)
                return r;
        r = url_parse(text, &url);
        if (r == -EINVAL || r == -E2BIG || (r == 0 && !strpbrk(url->host, ".:")))
                return refuse(ret_why, "That is not a web address. A profile looks like "
                                       "\"https://www.instagram.com/alex.doe/\".");
        if (r < 0)
                return r;
        r = catalogue_unwrap(url, &inner);
        if (r > 0) {
                url_free(url);
                url = TAKE_PTR(inner);
                r = catalogue_unwrap(url, &inner);
        }
        if (r < 0)
                return r;
        if (r > 0)
                return refuse(ret_why,
                        "This address is wrapped in others too many times. Give the address of the "
                        "profile itself.");
        return profile_of_url(url, ret, ret_why);
}

/* --- domains --------------------------------------------------------------------------------- */

/* Endings under which the machine and its neighbours live (RFC 6761, RFC 6762, RFC 8375, and what
 * routers use): shutting them would shut one's own network. */
static const char private_endings[] =
        "localhost localdomain local internal intranet lan home corp private arpa";

/* Second-level labels under which registries of countries sell names. As far as known: the whole
 * list (https://publicsuffix.org) is no part of this program. */
static const char public_labels[] =
        "ac asn biz co com csiro ed edu ernet firm fm gen go gob gouv gov govt gr gub id idv ind inf "
        "info int judiciary lg ltd maori me mi mil mod mus name nat ne net nhs nic nom nsw or org plc "
        "police prd press pro pvt qld res sa sch school sld tas tm tv vic wa web";

static bool ends_in_number(const char *host) {
        const char *dot = strrchr(host, '.');
        const char *last = dot ? dot + 1 : host;

        return all_digits(last, strlen(last));
}

/* "co.uk": two labels, of which the second is a country's and the first one that registries use. */
static bool is_public_suffix(const char *host) {
        const char *dot = strchr(host, '.');

        return dot && !strchr(dot + 1, '.') && strlen(dot + 1) == 2 &&
               words_have(public_labels, host, (size_t)(dot - host));
}

/* Why the host cannot be somebody's own, or NULL. */
static const char *domain_refusal(const char *host) {
        const char *dot = strrchr(host, '.');

        if (strchr(host, ':') || ends_in_number(host))
                return "That is an address of numbers and not a domain. A domain looks like "
                       "\"alexdoe.example\".";
        if (words_have(private_endings, dot ? dot + 1 : host, strlen(dot ? dot + 1 : host)))
                return "That name belongs to this machine or its own network. A domain looks like "
                       "\"alexdoe.example\".";
        if (!dot)
                return "A domain has at least two parts, as in \"alexdoe.example\".";
        if (is_public_suffix(host))
                return "Everybody's names end so; that would shut all of them. Give the whole domain, as "
                       "in \"alexdoe.co.uk\".";
        return NULL;
}

/* Refuses the hosts of the catalogue, unless a user has the host to themselves
 * ("alex.tumblr.com"). */
static int check_catalogue(const char *host, const char **ret_why) {
        _cleanup_(profile_done) Profile p = {0};
        _cleanup_(url_freep) Url *url = NULL;
        Site site;
        int r;

        if (catalogue_find_host(host, &site) == 0)
                return 0;
        r = url_parse(host, &url);
        if (r >= 0)
                r = profile_from_url(url, &p);
        if (r < 0)
                return r;
        if (r > 0)
                return 0;
        return refuse(ret_why,
                "That would shut the whole site for everybody on it. Give the profile instead, as in "
                "\"https://www.instagram.com/alex.doe/\".");
}

/* The host of what was typed: a name alone, or a URL without a path. */
static int typed_host(const char *text, char **ret, const char **ret_why) {
        static const char wrong[] =
                "That is not a domain. A domain consists of letters, digits and "
                "hyphens with dots between, as in \"alexdoe.example\".";
        _cleanup_(url_freep) Url *url = NULL;
        int r;

        if (strchr(text, '@') && !strchr(text, '/'))
                return refuse(ret_why, "That is an e-mail address; add it as an e-mail.");
        r = url_parse(text, &url);
        if (r == -ENOMEM)
                return r;
        if (r < 0)
                return refuse(ret_why, wrong);
        if (url->n_segments > 0 || url->n_params > 0)
                return refuse(ret_why,
                        "That is one page. Add it as a profile, or give the domain alone, as in "
                        "\"alexdoe.example\".");
        r = strchr(url->host, ':') ? -EINVAL : host_normalise(url->host, ret);
        return r == -EINVAL
                       ? refuse(ret_why, strchr(url->host, ':') ? domain_refusal(url->host) : wrong)
                       : r;
}

int domain_parse(const char *value, char **ret, const char **ret_why) {
        _cleanup_free_ char *text = NULL, *host = NULL, *own = NULL;
        const char *why;
        int r;

        r = trimmed(value, &text, ret_why);
        if (r == 0)
                r = typed_host(text, &host, ret_why);
        if (r < 0)
                return r;
        own = strdup(without_www(host));
        if (!own)
                return -ENOMEM;
        why = domain_refusal(own);
        if (why)
                return refuse(ret_why, why);
        r = check_catalogue(own, ret_why);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(own);
        return 0;
}
