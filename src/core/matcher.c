/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Which person does a text name? The spellings of all identities (spelling.c) are in one automaton
 * and one index of numbers; this file decides where a find may stand and which of several is the
 * strongest. It deliberately does not decide what a find is worth: that "Will" alone is weak
 * evidence is for the judge to say. Used by the judge, and by the relay on a snapshot of the
 * rules. */

#include "core/matcher.h"

#include "common/array.h"
#include "common/buffer.h"
#include "common/table.h"
#include "core/automaton.h"
#include "core/phone-index.h"
#include "core/spelling.h"
#include "core/text.h"
#include "core/word.h"

#include <assert.h>
#include <errno.h>

enum { NONE = UINT32_MAX };

typedef struct Owner {
        Rule rule;
        IdentityKind kind;
        unsigned words;
        bool alone; /* as Spellings says it */
} Owner;

typedef struct Pattern {
        uint32_t owner;
        uint32_t len; /* bytes */
} Pattern;

/* A conversation in an application. */
typedef struct Conversation {
        char *app; /* folded, owned */
        uint32_t owner;
        uint32_t next; /* with the same title, or NONE */
        uint32_t last; /* of the chain; kept in its first alone */
} Conversation;

struct Matcher {
        Owner *owners;
        size_t n_owners, owners_space;
        Pattern *patterns; /* in the order of the automaton's words */
        size_t n_patterns, patterns_space;
        Buffer texts;         /* of the patterns, one after the other; empty once compiled */
        Automaton *automaton; /* NULL until compiled */
        PhoneIndex *phones;
        Conversation *conversations;
        size_t n_conversations, conversations_space;
        Table *titles; /* folded title -> first of its conversations */
};

int matcher_new(Matcher **ret) {
        _cleanup_(matcher_freep) Matcher *m = calloc(1, sizeof(*m));
        int r;

        if (!m)
                return -ENOMEM;
        r = phone_index_new(&m->phones);
        if (r < 0)
                return r;
        r = table_new(&m->titles);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(m);
        return 0;
}

Matcher *matcher_free(Matcher *m) {
        if (!m)
                return NULL;
        for (size_t i = 0; i < m->n_conversations; i++)
                free(m->conversations[i].app);
        free(m->conversations);
        table_free(m->titles);
        phone_index_free(m->phones);
        automaton_free(m->automaton);
        buffer_done(&m->texts);
        free(m->patterns);
        free(m->owners);
        free(m);
        return NULL;
}

/* --- building -------------------------------------------------------------------------------- */

static int add_owner(Matcher *m, Owner owner, uint32_t *ret) {
        int r;

        r = ARRAY_RESERVE(m->owners, m->owners_space, m->n_owners + 1);
        if (r < 0)
                return r;
        *ret = (uint32_t)m->n_owners;
        m->owners[m->n_owners++] = owner;
        return 0;
}

static int add_pattern(Matcher *m, const char *text, uint32_t owner) {
        size_t len = strlen(text);
        int r;

        r = ARRAY_RESERVE(m->patterns, m->patterns_space, m->n_patterns + 1);
        if (r < 0)
                return r;
        r = buffer_add(&m->texts, text, len);
        if (r < 0)
                return r;
        m->patterns[m->n_patterns++] = (Pattern){.owner = owner, .len = (uint32_t)len};
        return 0;
}

/* Cuts what is no letter off both ends, so that "Alex 🌸" is titled "Alex"; a title that has no
 * letter stays whole. Returns the beginning within `text`, which it may shorten. */
static char *trim_title(char *text) {
        size_t len = strlen(text), start = 0, end = len;

        while (start < len && word_class_at(text, len, start) <= WORD_MARK)
                start++;
        if (start == len)
                return text;
        while (word_class_before(text, len, end) == WORD_NONE)
                end--;
        text[end] = '\0';
        return text + start;
}

/* Folds an application's name and a conversation's title, the latter into *ret_buffer with
 * *ret_title pointing to its part that counts. */
static int fold_conversation(const char *app, size_t app_len, const char *title, char **ret_app,
        char **ret_buffer, char **ret_title) {
        _cleanup_free_ char *folded_app = NULL;
        size_t len;
        int r;

        r = text_fold(app, app_len, TEXT_PLAIN, &folded_app, &len);
        if (r < 0)
                return r;
        r = text_fold(title, strlen(title), TEXT_PLAIN, ret_buffer, &len);
        if (r < 0)
                return r;
        *ret_title = trim_title(*ret_buffer);
        *ret_app = TAKE_PTR(folded_app);
        return 0;
}

static int add_conversation(Matcher *m, const char *value, uint32_t owner) {
        _cleanup_free_ char *app = NULL, *buffer = NULL;
        const char *colon = strchr(value, ':');
        uint32_t head, at = (uint32_t)m->n_conversations;
        Conversation *c;
        char *title;
        int r;

        if (!colon)
                return 0;
        r = fold_conversation(value, (size_t)(colon - value), colon + 1, &app, &buffer, &title);
        if (r < 0)
                return r;
        if (!*app || !*title)
                return 0;
        r = ARRAY_RESERVE(m->conversations, m->conversations_space, m->n_conversations + 1);
        if (r < 0)
                return r;
        r = table_add(m->titles, title, strlen(title), at);
        if (r < 0)
                return r;

        c = &m->conversations[m->n_conversations++];
        *c = (Conversation){.app = TAKE_PTR(app), .owner = owner, .next = NONE, .last = at};
        if (r == 0 && table_find(m->titles, title, strlen(title), &head) > 0) {
                m->conversations[m->conversations[head].last].next = at;
                m->conversations[head].last = at;
        }
        return 0;
}

int matcher_add(Matcher *m, const Identity *id, Rule rule) {
        _cleanup_(spellings_done) Spellings s = {0};
        uint32_t owner;
        int r;

        assert(!m->automaton);
        r = spellings_make(id, &s);
        if (r < 0)
                return r;
        r = add_owner(m,
                (Owner){.rule = rule, .kind = id->kind, .words = s.words, .alone = s.alone},
                &owner);
        if (r < 0)
                return r;

        if (id->kind == IDENTITY_APP)
                return add_conversation(m, id->value, owner);
        if (s.phone)
                return phone_index_add(m->phones, s.phone, owner);
        for (size_t i = 0; i < s.n && r >= 0; i++)
                r = add_pattern(m, s.texts[i], owner);
        return r;
}

int matcher_compile(Matcher *m) {
        _cleanup_free_ AutomatonWord *words = calloc(m->n_patterns + 1, sizeof(*words));
        const char *text = m->texts.data;
        int r;

        assert(!m->automaton);
        if (!words)
                return -ENOMEM;
        for (size_t i = 0; i < m->n_patterns; i++) {
                words[i] = (AutomatonWord){.text = text, .len = m->patterns[i].len};
                text += m->patterns[i].len;
        }
        r = automaton_new(words, m->n_patterns, &m->automaton);
        if (r < 0)
                return r;
        buffer_done(&m->texts);
        return 0;
}

/* --- where a find may stand ------------------------------------------------------------------ */

/* Signs by which a find is part of something longer when a letter or digit stands on their other
 * side: "alex.doe" is not in "alex.doe.fan", but it is in "alex.doe." */
typedef struct Joints {
        const char *before, *after;
} Joints;

static const Joints kind_joints[_IDENTITY_KIND_MAX] = {
        [IDENTITY_NAME] = {"", ""},
        [IDENTITY_PHONE] = {"", ""},
        [IDENTITY_EMAIL] = {"._-+%@", "._-@"},
        [IDENTITY_HANDLE] = {"._-@", "._-@"},
        [IDENTITY_PROFILE] = {"._-@", "._-@"},
        [IDENTITY_DOMAIN] = {"_-", "._-"}, /* before it, "blog." and "me@" belong to it */
        [IDENTITY_APP] = {"", ""},
};

/* A name of one word is none within "Ann-Marie", "alex_99" and "alex.smith@example.org". */
static const Joints word_joints = {"._-@", "._-@"};

static bool is_joint(const char *joints, char c) {
        return c && strchr(joints, c);
}

/* Two full stops join nothing ("alex.doe...and"). */
static bool joined_before(const char *text, size_t len, size_t at, const char *joints) {
        size_t i = at;

        for (; i > 0 && is_joint(joints, text[i - 1]); i--)
                if (i < at && text[i] == '.' && text[i - 1] == '.')
                        return false;
        return i < at && word_class_before(text, len, i) != WORD_NONE;
}

static bool joined_after(const char *text, size_t len, size_t at, const char *joints) {
        size_t i = at;

        for (; i < len && is_joint(joints, text[i]); i++)
                if (i > at && text[i] == '.' && text[i - 1] == '.')
                        return false;
        return i > at && word_class_at(text, len, i) != WORD_NONE;
}

/* At an end that is itself no letter ("_alex_"), no letter may follow. */
static bool stands_free(const char *text, size_t len, size_t start, size_t end) {
        if (word_class_at(text, len, start) == WORD_NONE &&
                word_class_before(text, len, start) != WORD_NONE)
                return false;
        return word_class_before(text, len, end) != WORD_NONE || end == len ||
               word_class_at(text, len, end) == WORD_NONE;
}

static bool stands(const Owner *o, const char *text, size_t len, size_t start, size_t end) {
        const Joints *j =
                o->kind == IDENTITY_NAME && o->words == 1 ? &word_joints : &kind_joints[o->kind];

        return word_begins(text, len, start, o->alone) && word_ends(text, len, end, o->alone) &&
               stands_free(text, len, start, end) && !joined_before(text, len, start, j->before) &&
               !joined_after(text, len, end, j->after);
}

/* --- the strongest find ---------------------------------------------------------------------- */

typedef struct Find {
        const Matcher *matcher;
        const char *text; /* folded */
        size_t len;
        matcher_func func; /* is told of each one; NULL: the best is looked for */
        void *userdata;
        /* the best so far */
        const Owner *owner; /* NULL: none */
        size_t start, end;
        unsigned words;
        bool marked;
        int rank;
        TextMatch match; /* the best of all, in the end */
} Find;

enum { RANK_WORD, RANK_WORDS, RANK_SURE };

static int find_rank(IdentityKind kind, unsigned words) {
        static const int ranks[_IDENTITY_KIND_MAX][2] = {
                [IDENTITY_NAME] = {RANK_WORD, RANK_WORDS},
                [IDENTITY_PHONE] = {RANK_SURE, RANK_SURE},
                [IDENTITY_EMAIL] = {RANK_SURE, RANK_SURE},
                [IDENTITY_HANDLE] = {RANK_WORD, RANK_SURE},
                [IDENTITY_PROFILE] = {RANK_WORD, RANK_SURE},
                [IDENTITY_DOMAIN] = {RANK_SURE, RANK_SURE},
                [IDENTITY_APP] = {RANK_SURE, RANK_SURE},
        };

        return ranks[kind][words > 1];
}

/* Stronger, else further left, else longer. */
static bool is_better(const Find *f, int rank, size_t start, size_t end) {
        if (!f->owner || rank != f->rank)
                return !f->owner || rank > f->rank;
        if (start != f->start)
                return start < f->start;
        return end > f->end;
}

/* Does the text hold no other words than what stands there? */
static bool is_whole(const Find *f, size_t start, size_t end) {
        for (size_t i = 0; i < start; i++)
                if (word_class_at(f->text, f->len, i) != WORD_NONE)
                        return false;
        for (size_t i = end; i < f->len; i++)
                if (word_class_at(f->text, f->len, i) != WORD_NONE)
                        return false;
        return true;
}

static TextMatch match_of(const Find *f) {
        return (TextMatch){
                .rule = f->owner->rule,
                .kind = f->owner->kind,
                .words = f->words,
                .whole = is_whole(f, f->start, f->end),
                .marked = f->marked,
        };
}

static void consider(
        Find *f, const Owner *o, unsigned words, bool marked, size_t start, size_t end) {
        int rank = find_rank(o->kind, words);
        TextMatch match;

        if (!f->func && !is_better(f, rank, start, end))
                return;
        f->owner = o;
        f->start = start;
        f->end = end;
        f->words = words;
        f->marked = marked;
        f->rank = rank;
        if (!f->func)
                return;
        match = match_of(f);
        f->func(f->userdata, &match);
}

static void found_pattern(uint32_t word, size_t end, void *userdata) {
        Find *f = userdata;
        const Pattern *p = &f->matcher->patterns[word];
        const Owner *o = &f->matcher->owners[p->owner];
        size_t start = end - p->len;
        bool marked = (o->kind == IDENTITY_HANDLE || o->kind == IDENTITY_PROFILE) && start > 0 &&
                      f->text[start - 1] == '@';

        if (!stands(o, f->text, f->len, start, end))
                return;
        /* with its @, a plain word is a handle beyond doubt */
        consider(f, o, marked ? MAX(o->words, 2u) : o->words, marked, start, end);
}

static void found_phone(uint32_t owner, size_t start, size_t end, void *userdata) {
        Find *f = userdata;
        const Owner *o = &f->matcher->owners[owner];

        consider(f, o, MAX(o->words, o->kind == IDENTITY_PHONE ? 1u : 2u), false, start, end);
}

/* All finds, into what `f` says is to become of them. */
static int scan(Find *f, const char *text, size_t len, TextForm form) {
        _cleanup_free_ char *folded = NULL;
        const Matcher *m = f->matcher;
        int r;

        assert(m->automaton);
        if (m->n_owners == 0)
                return 0;
        r = text_fold(text, len, form, &folded, &f->len);
        if (r < 0)
                return r;
        f->text = folded;
        automaton_scan(m->automaton, f->text, f->len, found_pattern, f);
        phone_index_find(m->phones, f->text, f->len, found_phone, f);
        if (f->owner && !f->func)
                f->match = match_of(f);
        f->text = NULL;
        return 0;
}

int matcher_find(const Matcher *m, const char *text, size_t len, TextForm form, TextMatch *ret) {
        Find f = {.matcher = m};
        int r = scan(&f, text, len, form);

        if (r < 0 || !f.owner)
                return r;
        *ret = f.match;
        return 1;
}

int matcher_each(const Matcher *m, const char *text, size_t len, TextForm form, matcher_func func,
        void *userdata) {
        return scan(&(Find){.matcher = m, .func = func, .userdata = userdata}, text, len, form);
}

/* --- conversations --------------------------------------------------------------------------- */

/* Applications call themselves in several ways: "telegram" is also "Telegram Desktop" and
 * "org.telegram.desktop". */
static bool app_is(const char *app, const char *name) {
        size_t len = strlen(app), name_len = strlen(name);

        for (const char *p = app; (p = strstr(p, name)); p++) {
                size_t start = (size_t)(p - app);

                if (word_begins(app, len, start, true) &&
                        word_ends(app, len, start + name_len, true))
                        return true;
        }
        return false;
}

int matcher_find_app(const Matcher *m, const char *app, const char *title, TextMatch *ret) {
        _cleanup_free_ char *folded = NULL, *buffer = NULL;
        char *part;
        uint32_t i;
        int r;

        if (m->n_conversations == 0)
                return 0;
        r = fold_conversation(app, strlen(app), title, &folded, &buffer, &part);
        if (r < 0)
                return r;
        if (table_find(m->titles, part, strlen(part), &i) <= 0)
                return 0;
        for (; i != NONE; i = m->conversations[i].next) {
                const Owner *o = &m->owners[m->conversations[i].owner];

                if (!app_is(folded, m->conversations[i].app))
                        continue;
                *ret = (TextMatch){
                        .rule = o->rule, .kind = o->kind, .words = o->words, .whole = true};
                return 1;
        }
        return 0;
}
