/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/identity.h"
#include "core/rule.h"

#include <stdbool.h>
#include <stddef.h>

/* Does a text name the person? All identities of all people in one automaton (Aho and Corasick,
 * CACM 18(6), 1975) over the folded text: the cost grows with the text and not with the list. */
typedef struct Matcher Matcher;

typedef enum TextForm {
        TEXT_PLAIN,  /* taken as it stands */
        TEXT_MARKUP, /* tags are dropped and entities decoded first, as in a notification's body */
} TextForm;

typedef struct TextMatch {
        Rule rule;
        IdentityKind kind; /* of the identity that was found */
        /* How many words the identity has: a single first name is weak evidence. Of a handle or a
         * profile's user: 1 for one that may be a plain word ("will", without its @), else 2. */
        unsigned words;
        bool whole;  /* the text holds no other letters or digits */
        bool marked; /* of a handle or a profile's user: an @ stands before it */
} TextMatch;

/* Returns 0 and an empty matcher, or -ENOMEM. */
int matcher_new(Matcher **ret);
/* Accepts NULL; returns NULL. */
Matcher *matcher_free(Matcher *m);
DEFINE_CLEANUP(Matcher *, matcher_free)

/* Adds what an identity says about texts: names (also with the words turned round, "Doe, Alex"),
 * phone numbers, e-mail addresses, handles (with and without @), the user of a profile, and
 * domains. `app` identities are matched by matcher_find_app() alone. Returns 0 or -ENOMEM. */
int matcher_add(Matcher *m, const Identity *id, Rule rule);

/* Builds the automaton. Called once, after the last matcher_add() and before the first find.
 * Returns 0 or -ENOMEM. */
int matcher_compile(Matcher *m);

/* Looks for the strongest match: phone, e-mail and handle before a name of several words, that
 * before a name of one word, as which a handle counts that may be a plain word; among equals the
 * leftmost. A match stands at word boundaries. Returns 1 and the match, 0 for none, -ENOMEM.
 * Invalid UTF-8 is never an error: such bytes are taken as separators. */
int matcher_find(const Matcher *m, const char *text, size_t len, TextForm form, TextMatch *ret);

/* Calls `func` for every match that matcher_find() would choose from, in no order. Returns 0 or
 * -ENOMEM. */
typedef void (*matcher_func)(void *userdata, const TextMatch *match);
int matcher_each(const Matcher *m, const char *text, size_t len, TextForm form, matcher_func func,
        void *userdata);

/* Does the application `app` (name or desktop entry, compared folded) show a conversation titled
 * `title` that an `app` identity names? Returns 1, 0 or -ENOMEM as above. */
int matcher_find_app(const Matcher *m, const char *app, const char *title, TextMatch *ret);
