/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The kinds of identities and their canonical values. What a profile, a handle and a domain are is
 * known to profile.c, numbers to phone.c, platforms to catalogue.c; names, addresses and
 * conversations are checked here. It deliberately does not ask whether something exists. Used by
 * whoever takes an identity from the user. */

#include "core/identity.h"

#include "common/buffer.h"
#include "core/catalogue.h"
#include "core/phone.h"
#include "core/profile.h"
#include "core/text.h"
#include "core/url.h"
#include "core/word.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <utf8proc.h>

enum {
        NAME_BYTES_MAX = 200,
        /* RFC 5321, section 4.5.3.1: the part before the @, and the whole between < and > */
        EMAIL_LOCAL_MAX = 64,
        EMAIL_MAX = 254,
};

#define EXAMPLE_EMAIL "An address looks like alex@example.org."

static const char why_too_long[] =
        N_("This is too long: an identity has at most 2048 bytes, and a name at most 200.");
static const char why_encoding[] =
        N_("This is not valid UTF-8 text. Type it again, such as Alex Doe or alex@example.org.");
static const char why_control[] =
        N_("This holds a control character, which cannot be seen. Type it anew, such as Alex Doe.");

static int refuse(const char *why, const char **ret_why) {
        if (ret_why)
                *ret_why = why;
        return -EINVAL;
}

/* --- text as people type it ------------------------------------------------------------------ */

/* Characters that come along with copied text and cannot be seen: marks of direction, soft
 * hyphens, spaces of no width. The joiners stay, since Persian and Indic scripts are written with
 * them. */
static bool is_invisible(int32_t code) {
        return utf8proc_category(code) == UTF8PROC_CATEGORY_CF && code != 0x200c &&
               code != 0x200d && code < 0xe0000;
}

static bool is_white(int32_t code) {
        utf8proc_category_t c = utf8proc_category(code);

        return c == UTF8PROC_CATEGORY_ZS || c == UTF8PROC_CATEGORY_ZL ||
               c == UTF8PROC_CATEGORY_ZP || (code >= '\t' && code <= '\r');
}

static bool is_utf8(const char *text) {
        size_t len = strlen(text);

        for (size_t i = 0; i < len;) {
                int32_t code;
                ssize_t n = utf8proc_iterate(
                        (const unsigned char *)text + i, (ssize_t)(len - i), &code);

                if (n <= 0)
                        return false;
                i += (size_t)n;
        }
        return true;
}

/* NFC, without what is invisible, each run of white space one space and none at the ends. Refuses
 * other control characters. `value` is valid UTF-8. */
static int tidy(const char *value, char **ret, const char **ret_why) {
        _cleanup_free_ unsigned char *nfc = utf8proc_NFC((const unsigned char *)value);
        _cleanup_(buffer_done) Buffer b = {0};
        bool gap = false;
        int32_t code;
        ssize_t n;

        if (!nfc)
                return -ENOMEM;
        for (const unsigned char *p = nfc; *p; p += n) {
                n = utf8proc_iterate(p, -1, &code);
                assert(n > 0);
                if (is_white(code)) {
                        gap = b.len > 0;
                } else if (utf8proc_category(code) == UTF8PROC_CATEGORY_CC) {
                        return refuse(why_control, ret_why);
                } else if (!is_invisible(code)) {
                        (void)buffer_puts(&b, gap ? " " : "");
                        (void)buffer_add(&b, p, (size_t)n);
                        gap = false;
                }
        }
        *ret = buffer_take(&b);
        return *ret ? 0 : -ENOMEM;
}

/* --- kinds ----------------------------------------------------------------------------------- */

static int name_parse(const char *value, char **ret, const char **ret_why) {
        _cleanup_free_ char *name = NULL, *folded = NULL;
        size_t len;
        int r;

        r = tidy(value, &name, ret_why);
        if (r < 0)
                return r;
        if (!*name)
                return refuse(
                        N_("A name is missing. It looks like Alex Doe, or just Alex."), ret_why);
        if (strlen(name) > NAME_BYTES_MAX)
                return refuse(why_too_long, ret_why);
        r = text_fold(name, strlen(name), TEXT_PLAIN, &folded, &len);
        if (r < 0)
                return r;
        if (!word_is_name(folded, len))
                return refuse(N_("A name has at least two letters or digits, such as Al; a shorter "
                                 "one would be found in every text."),
                        ret_why);
        *ret = TAKE_PTR(name);
        return 0;
}

static void add_lower(Buffer *b, const char *text, size_t len) {
        for (size_t i = 0; i < len;) {
                unsigned char bytes[4];
                int32_t code;
                ssize_t n = utf8proc_iterate(
                        (const unsigned char *)text + i, (ssize_t)(len - i), &code);

                assert(n > 0);
                (void)buffer_add(
                        b, bytes, (size_t)utf8proc_encode_char(utf8proc_tolower(code), bytes));
                i += (size_t)n;
        }
}

/* A name with at least two labels, of which the last is no number: that would be an IP address. */
static bool is_mail_host(const char *host) {
        const char *dot = strrchr(host, '.');

        return dot && dot > host && dot[1] && dot[1 + strspn(dot + 1, "0123456789")] &&
               !strchr(host, ':');
}

static int email_parse(const char *value, char **ret, const char **ret_why) {
        _cleanup_(buffer_done) Buffer b = {0};
        _cleanup_free_ char *tidied = NULL, *host = NULL;
        const char *text;
        size_t local;
        int r;

        r = tidy(value, &tidied, ret_why);
        if (r < 0)
                return r;
        text = tidied + (strncasecmp(tidied, "mailto:", 7) == 0 ? 7 : 0);
        local = strcspn(text, "@");
        if (!text[local] || strchr(text + local + 1, '@'))
                return refuse(N_("An e-mail address has one @. " EXAMPLE_EMAIL), ret_why);
        if (local == 0)
                return refuse(N_("What stands before the @ is missing. " EXAMPLE_EMAIL), ret_why);
        /* the quoted form of RFC 5322 is left out: nobody has such an address */
        if (strpbrk(text, " \"(),:;<>[\\]"))
                return refuse(N_("An e-mail address holds no spaces, brackets, quotes, commas or "
                                 "colons. " EXAMPLE_EMAIL),
                        ret_why);

        r = host_normalise(text + local + 1, &host);
        if (r == -ENOMEM)
                return r;
        if (r < 0 || !is_mail_host(host))
                return refuse(N_("After the @ stands a domain of two parts or more, such as "
                                 "example.org. " EXAMPLE_EMAIL),
                        ret_why);

        add_lower(&b, text, local);
        (void)buffer_putc(&b, '@');
        (void)buffer_puts(&b, host);
        if (local > EMAIL_LOCAL_MAX || b.len > EMAIL_MAX)
                return refuse(N_("This is too long for an e-mail address, which has at most 64 "
                                 "bytes before the @ and 254 in all. " EXAMPLE_EMAIL),
                        ret_why);
        *ret = buffer_take(&b);
        return *ret ? 0 : -ENOMEM;
}

static int app_parse(const char *value, char **ret, const char **ret_why) {
        static const char why[] = N_("A conversation is given as application:title, both as they "
                                     "are shown, such as signal:Alex.");
        _cleanup_free_ char *text = NULL, *app = NULL;
        _cleanup_(buffer_done) Buffer b = {0};
        const char *colon, *title;
        size_t len;
        int r;

        r = tidy(value, &text, ret_why);
        if (r < 0)
                return r;
        colon = strchr(text, ':');
        if (!colon)
                return refuse(why, ret_why);
        r = text_fold(text, (size_t)(colon - text), TEXT_PLAIN, &app, &len);
        if (r < 0)
                return r;
        title = colon + 1 + strspn(colon + 1, " ");
        if (len == 0 || !*title)
                return refuse(why, ret_why);

        (void)buffer_add(&b, app, len);
        (void)buffer_putc(&b, ':');
        (void)buffer_puts(&b, title);
        *ret = buffer_take(&b);
        return *ret ? 0 : -ENOMEM;
}

/* The row that is called so, or whose host this is. NULL in *ret when there is none. */
static int find_row(const char *text, const Platform **ret) {
        const Platform *row = catalogue_find_platform(text, strlen(text));
        _cleanup_free_ char *host = NULL;
        Site site;
        int r;

        if (!row)
                row = catalogue_find_row(text, strlen(text));
        if (!row) {
                r = host_normalise(text, &host);
                if (r == -ENOMEM)
                        return r;
                if (r == 0 && catalogue_find_host(host, &site) > 0 && site.sub_len == 0)
                        row = site.row;
        }
        *ret = row;
        return 0;
}

static int stop_at_first(void *userdata, const char *host) {
        (void)userdata;
        (void)host;
        return 1;
}

static int platform_parse(const char *value, char **ret, const char **ret_why) {
        _cleanup_free_ char *text = NULL;
        const Platform *row;
        int r;

        r = tidy(value, &text, ret_why);
        if (r < 0)
                return r;
        if (!*text)
                return refuse(N_("A platform is missing. It looks like instagram."), ret_why);
        r = find_row(text, &row);
        if (r < 0)
                return r;
        if (!row)
                return refuse(N_("That platform is not known here. Known are instagram, facebook, "
                                 "x, tiktok and many more; a site of their own is a domain."),
                        ret_why);
        if (catalogue_find_platform(row->name, strlen(row->name)) != row)
                return refuse(N_("That is a search engine or another site between, which stays "
                                 "open. A platform looks like instagram."),
                        ret_why);
        r = catalogue_each_host(row, stop_at_first, NULL);
        if (r < 0)
                return r;
        if (r == 0)
                return refuse(N_("That one cannot be shut as a whole: it has no address of its "
                                 "own, or other sites need it. Add their page as a profile, such "
                                 "as https://www.instagram.com/alex.doe/."),
                        ret_why);
        *ret = strdup(row->name);
        return *ret ? 0 : -ENOMEM;
}

static const struct {
        const char *name;
        int (*parse)(const char *value, char **ret, const char **ret_why);
} kinds[_IDENTITY_KIND_MAX] = {
        [IDENTITY_NAME] = {"name", name_parse},
        [IDENTITY_PHONE] = {"phone", phone_parse},
        [IDENTITY_EMAIL] = {"email", email_parse},
        [IDENTITY_HANDLE] = {"handle", handle_parse},
        [IDENTITY_PROFILE] = {"profile", profile_parse},
        [IDENTITY_DOMAIN] = {"domain", domain_parse},
        [IDENTITY_APP] = {"app", app_parse},
        [IDENTITY_PLATFORM] = {"platform", platform_parse},
};

const char *identity_kind_name(IdentityKind kind) {
        return kinds[kind].name;
}

int identity_kind_from_name(const char *name) {
        for (size_t i = 0; i < _IDENTITY_KIND_MAX; i++)
                if (streq(kinds[i].name, name))
                        return (int)i;
        return -EINVAL;
}

int identity_parse(IdentityKind kind, const char *value, Identity *ret, const char **ret_why) {
        char *canonical;
        int r;

        if (strnlen(value, IDENTITY_VALUE_MAX + 1) > IDENTITY_VALUE_MAX)
                return refuse(why_too_long, ret_why);
        if (!is_utf8(value))
                return refuse(why_encoding, ret_why);
        r = kinds[kind].parse(value, &canonical, ret_why);
        if (r < 0)
                return r;
        *ret = (Identity){.kind = kind, .value = canonical};
        return 0;
}

void identity_done(Identity *id) {
        free(id->value);
        *id = (Identity){0};
}
