/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Folding and matching over random identities and texts. The input is lines: all but the last are
 * identities, each a letter for its kind and its value; the last is the text. Besides what the
 * sanitizers see, it holds what must be true of any input: folding twice changes nothing, a folded
 * text is valid UTF-8 with single spaces, and the automaton finds what a plain search finds. */

#include "core/automaton.h"
#include "core/identity.h"
#include "core/matcher.h"
#include "core/text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

enum { WORDS_MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds) {
        if (!holds)
                abort();
}

static void check_folded(const char *text, size_t len) {
        require(strlen(text) == len);
        require(len == 0 || (text[0] != ' ' && text[len - 1] != ' '));
        require(!strstr(text, "  "));
        for (size_t i = 0; i < len;) {
                int32_t code;
                ssize_t n = utf8proc_iterate(
                        (const unsigned char *)text + i, (ssize_t)(len - i), &code);

                require(n > 0);
                i += (size_t)n;
        }
}

static void check_fold(const char *text, size_t len, TextForm form) {
        _cleanup_free_ char *once = NULL, *twice = NULL;
        size_t once_len, twice_len;

        if (text_fold(text, len, form, &once, &once_len) < 0)
                return;
        check_folded(once, once_len);
        if (text_fold(once, once_len, TEXT_PLAIN, &twice, &twice_len) < 0)
                return;
        require(strcmp(once, twice) == 0);
}

typedef struct Words {
        AutomatonWord words[WORDS_MAX];
        size_t n;
        size_t found[WORDS_MAX];
} Words;

static void count(uint32_t word, size_t end, void *userdata) {
        Words *w = userdata;

        (void)end;
        w->found[word]++;
}

static void check_automaton(Words *w, const char *text, size_t len) {
        _cleanup_(automaton_freep) Automaton *a = NULL;

        if (automaton_new(w->words, w->n, &a) < 0)
                return;
        automaton_scan(a, text, len, count, w);
        for (size_t i = 0; i < w->n; i++) {
                size_t plain = 0;

                for (size_t at = 0; at + w->words[i].len <= len; at++)
                        plain += memcmp(text + at, w->words[i].text, w->words[i].len) == 0;
                require(plain == w->found[i]);
        }
}

/* Adds the identity of a line as it stands, and once more as identity_parse() makes it. */
static void add_identity(Matcher *m, const char *line, size_t len) {
        _cleanup_free_ char *value = strndup(line + 1, len - 1);
        IdentityKind kind = (unsigned char)line[0] % _IDENTITY_KIND_MAX;
        Identity given = {.kind = kind, .value = value}, parsed;

        require(value != NULL);
        (void)matcher_add(m, &given, (Rule){0});
        if (identity_parse(kind, value, &parsed, NULL) < 0)
                return;
        (void)matcher_add(m, &parsed, (Rule){.person = 1});
        identity_done(&parsed);
}

static void check_find(const Matcher *m, const char *text, size_t len) {
        _cleanup_free_ char *string = strndup(text, len);
        TextMatch match;

        require(string != NULL);
        for (TextForm form = TEXT_PLAIN; form <= TEXT_MARKUP; form++)
                if (matcher_find(m, text, len, form, &match) > 0)
                        require(match.words > 0 && match.kind < _IDENTITY_KIND_MAX);
        (void)matcher_find_app(m, string, string, &match);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(matcher_freep) Matcher *m = NULL;
        const char *text = (const char *)data, *end = text + size, *line_end;
        Words w = {0};

        require(matcher_new(&m) == 0);
        while (size > 0 && (line_end = memchr(text, '\n', (size_t)(end - text)))) {
                size_t len = (size_t)(line_end - text);

                if (len > 0) {
                        add_identity(m, text, len);
                        if (w.n < WORDS_MAX)
                                w.words[w.n++] = (AutomatonWord){.text = text, .len = len};
                }
                text = line_end + 1;
        }
        require(matcher_compile(m) == 0);

        check_fold(text, (size_t)(end - text), TEXT_PLAIN);
        check_fold(text, (size_t)(end - text), TEXT_MARKUP);
        check_find(m, text, (size_t)(end - text));
        check_automaton(&w, (const char *)data, size);
        return 0;
}
