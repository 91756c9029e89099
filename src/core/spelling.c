/* SPDX-License-Identifier: GPL-3.0-or-later */

/* From an identity to what stands for it in a text: a name's words turned round, a domain as
 * people see it, the user of a profile's page. Deliberately no nicknames ("Sasha" for Alexandra)
 * and no inflected forms: those are identities of their own, which only the user can know. Used by
 * the matcher. */

#include "core/spelling.h"

#include "common/array.h"
#include "common/buffer.h"
#include "core/catalogue.h"
#include "core/phone.h"
#include "core/profile.h"
#include "core/text.h"
#include "core/word.h"

#include <errno.h>
#include <idn2.h>
#include <utf8proc.h>

enum {
        /* how many words at a name's end may be the surname that others put first */
        SURNAME_WORDS_MAX = 4,
};

void spellings_done(Spellings *s) {
        for (size_t i = 0; i < s->n; i++)
                free(s->texts[i]);
        free(s->texts);
        free(s->phone);
        *s = (Spellings){0};
}

/* Takes `text`, also on failure; NULL is memory that was not there. */
static int add(Spellings *s, char *text) {
        _cleanup_free_ char *own = text;
        int r;

        if (!own)
                return -ENOMEM;
        if (!*own)
                return 0;
        r = ARRAY_RESERVE(s->texts, s->space, s->n + 1);
        if (r < 0)
                return r;
        s->texts[s->n++] = TAKE_PTR(own);
        return 0;
}

static int fold(const char *text, char **ret) {
        size_t len;

        return text_fold(text, strlen(text), TEXT_PLAIN, ret, &len);
}

static int add_folded(Spellings *s, const char *text) {
        char *folded;
        int r;

        r = fold(text, &folded);
        return r < 0 ? r : add(s, folded);
}

/* --- names ----------------------------------------------------------------------------------- */

static int add_turned(Spellings *s, const char *name, const char *surname, const char *between) {
        _cleanup_(buffer_done) Buffer b = {0};

        (void)buffer_puts(&b, surname);
        (void)buffer_puts(&b, between);
        (void)buffer_add(&b, name, (size_t)(surname - name) - 1);
        return add(s, buffer_take(&b));
}

/* The name, and with the surname first: "doe alex" and "doe, alex". */
static int add_turns(Spellings *s, const char *name) {
        const char *space = name + strlen(name);
        int r;

        r = add(s, strdup(name));
        for (unsigned i = 0; i < SURNAME_WORDS_MAX && r >= 0; i++) {
                space = memrchr(name, ' ', (size_t)(space - name));
                if (!space)
                        break;
                r = add_turned(s, name, space + 1, " ");
                if (r >= 0)
                        r = add_turned(s, name, space + 1, ", ");
        }
        return r;
}

/* Besides, a hyphen may be left out: "Anne Marie" is Anne-Marie. */
static int add_name_text(Spellings *s, const char *name) {
        _cleanup_free_ char *spaced = NULL;
        int r;

        r = add_turns(s, name);
        if (r < 0 || !strchr(name, '-'))
                return r;
        r = fold(name, &spaced);
        if (r < 0)
                return r;
        for (char *p = spaced; (p = strchr(p, '-'));)
                *p = ' ';
        return add_turns(s, spaced);
}

/* The letters that keyboards without them write with two ("Mueller", "Joergen", "Haakon"), in both
 * cases. Not the other way round: "Michael" is no "Michäl". */
static const struct {
        const char letter[3], two[3];
} digraphs[] = {
        {"ä", "ae"},
        {"ö", "oe"},
        {"ü", "ue"},
        {"ø", "oe"},
        {"å", "aa"},
        {"Ä", "ae"},
        {"Ö", "oe"},
        {"Ü", "ue"},
        {"Ø", "oe"},
        {"Å", "aa"},
};

static const char *find_digraph(const char *p) {
        for (size_t i = 0; i < ARRAY_LEN(digraphs); i++)
                if (strncmp(p, digraphs[i].letter, 2) == 0)
                        return digraphs[i].two;
        return NULL;
}

static int add_name_in_digraphs(Spellings *s, const char *value) {
        _cleanup_free_ unsigned char *nfc = utf8proc_NFC((const unsigned char *)value);
        _cleanup_(buffer_done) Buffer b = {0};
        _cleanup_free_ char *folded = NULL;
        bool differs = false;
        int r;

        /* NULL also for a name that is no UTF-8, which has no such letters */
        for (const char *p = (const char *)nfc; p && *p;) {
                const char *two = find_digraph(p);

                (void)buffer_add(&b, two ? two : p, two ? 2 : 1);
                p += two ? 2 : 1;
                differs |= two != NULL;
        }
        if (!differs)
                return b.error;
        (void)buffer_putc(&b, '\0');
        if (b.error < 0)
                return b.error;
        r = fold(b.data, &folded);
        return r < 0 ? r : add_name_text(s, folded);
}

/* Words of a folded name. In scripts that write none, three characters are a surname and a given
 * name. */
static unsigned count_words(const char *name) {
        size_t len = strlen(name), letters = 0;
        unsigned words = 1;
        bool unspaced = true;

        for (size_t i = 0; i < len; i++) {
                WordClass class;

                if (((unsigned char)name[i] & 0xc0) == 0x80)
                        continue;
                class = word_class_at(name, len, i);
                letters += class != WORD_NONE && class != WORD_MARK;
                unspaced &= class == WORD_UNSPACED || class == WORD_HANGUL;
                words += name[i] == ' ';
        }
        return words == 1 && unspaced && letters >= 3 ? 2 : words;
}

static int name_spellings(const char *value, Spellings *s) {
        _cleanup_free_ char *folded = NULL;
        size_t len;
        int r;

        r = text_fold(value, strlen(value), TEXT_PLAIN, &folded, &len);
        if (r < 0)
                return r;
        if (!word_is_name(folded, len))
                return 0;
        s->words = count_words(folded);
        s->alone = word_is_single(folded, len);
        r = add_name_text(s, folded);
        return r < 0 ? r : add_name_in_digraphs(s, value);
}

/* --- numbers, addresses, handles, pages ------------------------------------------------------ */

static int phone_spellings(const char *value, Spellings *s) {
        s->phone = strdup(value);
        return s->phone ? 0 : -ENOMEM;
}

/* A host is given in A-labels; people see the letters. */
static int add_with_host(Spellings *s, const char *before, const char *host) {
        _cleanup_(buffer_done) Buffer b = {0};
        char *seen = NULL;
        int r;

        if (!strstr(host, "xn--"))
                return 0;
        r = idn2_to_unicode_8z8z(host, &seen, 0);
        if (r != IDN2_OK)
                return r == IDN2_MALLOC ? -ENOMEM : 0;
        (void)buffer_puts(&b, before);
        (void)buffer_puts(&b, seen);
        idn2_free(seen);
        return b.error < 0 ? b.error : add_folded(s, b.data);
}

static int email_spellings(const char *value, Spellings *s) {
        const char *at = strrchr(value, '@');
        _cleanup_free_ char *local = NULL;
        int r;

        if (!at)
                return 0;
        local = strndup(value, (size_t)(at + 1 - value));
        if (!local)
                return -ENOMEM;
        r = add_folded(s, value);
        return r < 0 ? r : add_with_host(s, local, at + 1);
}

static int domain_spellings(const char *value, Spellings *s) {
        int r = add_folded(s, value);

        return r < 0 ? r : add_with_host(s, "", value);
}

static bool is_phone_platform(const Platform *p) {
        return p && p->users[0].slot && p->users[0].flags & USER_PHONE;
}

/* A user is told from a word by digits and signs in it. */
static unsigned user_words(const char *user) {
        return user[strcspn(user, "0123456789._-+@")] ? 2 : 1;
}

/* `user` as the platform has it: "alex.doe", "alex@social.example", "channel/abc", a number. */
static int user_spellings(const Platform *platform, const char *user, Spellings *s) {
        const char *slash = strrchr(user, '/');

        if (is_phone_platform(platform)) {
                _cleanup_(buffer_done) Buffer number = {0};

                (void)buffer_puts(&number, "+");
                (void)buffer_puts(&number, user);
                s->phone = buffer_take(&number);
                return s->phone ? 0 : -ENOMEM;
        }
        if (slash)
                user = slash + 1;
        s->words = user_words(user);
        return add_folded(s, user);
}

static int handle_spellings(const char *value, Spellings *s) {
        const char *colon = strchr(value, ':');

        if (!colon)
                return 0;
        return user_spellings(catalogue_find_row(value, (size_t)(colon - value)), colon + 1, s);
}

static int profile_spellings(const char *value, Spellings *s) {
        _cleanup_(profile_done) Profile profile = {0};
        _cleanup_(url_freep) Url *url = NULL;
        int r;

        r = url_parse(value, &url);
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        r = profile_from_url(url, &profile);
        return r <= 0 ? r : user_spellings(profile.platform, profile.user, s);
}

int spellings_make(const Identity *id, Spellings *ret) {
        static int (*const makers[_IDENTITY_KIND_MAX])(const char *, Spellings *) = {
                [IDENTITY_NAME] = name_spellings,
                [IDENTITY_PHONE] = phone_spellings,
                [IDENTITY_EMAIL] = email_spellings,
                [IDENTITY_HANDLE] = handle_spellings,
                [IDENTITY_PROFILE] = profile_spellings,
                [IDENTITY_DOMAIN] = domain_spellings,
        };
        _cleanup_(spellings_done) Spellings s = {.words = 1};
        int r;

        if (makers[id->kind]) {
                r = makers[id->kind](id->value, &s);
                if (r < 0)
                        return r;
        }
        *ret = TAKE_STRUCT(s);
        return 0;
}
