/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Folding of texts for comparison: what looks the same to a reader becomes the same bytes. ASCII
 * is copied through a table; runs with other characters go through utf8proc. It deliberately folds
 * no look-alikes across scripts (a Cyrillic "a" stays one), and takes no marks off letters of
 * other scripts than Latin, where they make letters different. Used by the matcher and phone
 * numbers, and by whoever compares texts for the user. */

#include "core/text.h"

#include "common/array.h"
#include "common/macro.h"
#include "core/markup.h"

#include <errno.h>
#include <utf8proc.h>

enum {
        TEXT_END = -1, /* no character */
        /* Marks kept on one letter (the limit of UAX #15, "Stream-Safe Text Format"): more than a
         * reader can see, and few enough that putting them in order stays cheap. */
        MARKS_MAX = 30,
        /* the longest decomposition of one character is 18 (U+FDFA) */
        DECOMPOSED_MAX = 32,
};

typedef struct Fold {
        /* input */
        const unsigned char *in;
        size_t len, at;
        TextForm form;
        /* output */
        char *out; /* owned */
        size_t n, space;
        bool gap; /* white space stands between what was written and what comes next */
        /* the run of characters in work: decomposed, marks in canonical order */
        int32_t *run; /* owned */
        size_t n_run, run_space;
        unsigned marks; /* since the last letter of the run */
} Fold;

static void fold_done(Fold *f) {
        free(f->out);
        free(f->run);
}

/* --- input ----------------------------------------------------------------------------------- */

/* The next character, TEXT_END after the last. Tags inside words are passed over, those between
 * words are a space, and so is a byte that is no UTF-8. */
static int32_t fold_next(Fold *f) {
        while (f->at < f->len) {
                const char *p = (const char *)f->in + f->at;
                size_t left = f->len - f->at, n;
                bool breaks;
                int32_t code;
                ssize_t r;

                if (f->form == TEXT_MARKUP && *p == '<' && (n = markup_tag(p, left, &breaks)) > 0) {
                        f->at += n;
                        if (breaks)
                                return ' ';
                        continue;
                }
                if (f->form == TEXT_MARKUP && *p == '&' &&
                        (n = markup_entity(p, left, &code)) > 0) {
                        f->at += n;
                        return code;
                }

                r = utf8proc_iterate(f->in + f->at, (ssize_t)MIN(left, (size_t)4), &code);
                f->at += r > 0 ? (size_t)r : 1;
                return r > 0 ? code : ' ';
        }
        return TEXT_END;
}

/* --- output ---------------------------------------------------------------------------------- */

static int fold_reserve(Fold *f, size_t more) {
        return ARRAY_RESERVE(f->out, f->space, f->n + more + 1);
}

/* Writes the white space that is due, never at the beginning. Room for it must be there. */
static void fold_close_gap(Fold *f) {
        if (f->gap && f->n > 0)
                f->out[f->n++] = ' ';
        f->gap = false;
}

static bool is_space(int32_t code) {
        unsigned spaces = 1u << UTF8PROC_CATEGORY_ZS | 1u << UTF8PROC_CATEGORY_ZL |
                          1u << UTF8PROC_CATEGORY_ZP | 1u << UTF8PROC_CATEGORY_CC;

        return 1u << (unsigned)utf8proc_category(code) & spaces;
}

static int fold_write(Fold *f, int32_t code) {
        int r;

        if (is_space(code)) {
                f->gap = true;
                return 0;
        }
        r = fold_reserve(f, 1 + 4);
        if (r < 0)
                return r;
        fold_close_gap(f);
        f->n += (size_t)utf8proc_encode_char(code, (unsigned char *)f->out + f->n);
        return 0;
}

/* --- ASCII ----------------------------------------------------------------------------------- */

/* What ASCII characters fold to: white space and control characters to a space, the grave accent,
 * which is typed for an apostrophe, to that. */
static const char ascii_folds[128 + 1] = "                                "
                                         " !\"#$%&'()*+,-./0123456789:;<=>?"
                                         "@abcdefghijklmnopqrstuvwxyz[\\]^_"
                                         "'abcdefghijklmnopqrstuvwxyz{|}~ ";

/* The fast path: plain ASCII up to the first character that needs more thought. Each character is
 * written, and a space after a space written over by the next. */
static int fold_ascii_run(Fold *f) {
        bool markup = f->form == TEXT_MARKUP, spaced = true;
        size_t at, n;
        char *out;
        int r;

        r = fold_reserve(f, f->len - f->at + 1);
        if (r < 0)
                return r;
        if (!f->gap && f->n > 0)
                spaced = false;
        else
                fold_close_gap(f);

        /* locals: a store through `out` may change any field, as far as the compiler knows */
        out = f->out;
        n = f->n;
        for (at = f->at; at < f->len; at++) {
                unsigned char c = f->in[at];
                bool space;

                if (c >= 0x80 || (markup && (c == '<' || c == '&')))
                        break;
                space = ascii_folds[c] == ' ';
                out[n] = ascii_folds[c];
                n += !(space && spaced);
                spaced = space;
        }
        f->gap = n > 0 && spaced;
        f->n = n - f->gap;
        f->at = at;
        return 0;
}

/* --- all other characters -------------------------------------------------------------------- */

typedef struct Spelling {
        int32_t code;
        char ascii[3];
} Spelling;

/* Letters that are no letter with a mark to Unicode but are to a reader, and the forms of
 * apostrophe and hyphen. All in lower case, since they are looked up after case folding; sorted by
 * code. */
static const Spelling spellings[] = {
        {0x0060, "'"},  /* what U+1FEF is canonically */
        {0x00e6, "ae"}, /* ae */
        {0x00f0, "d"},  /* eth */
        {0x00f8, "o"},  /* o with stroke */
        {0x00fe, "th"}, /* thorn */
        {0x0111, "d"},  /* d with stroke */
        {0x0127, "h"},  /* h with stroke */
        {0x0131, "i"},  /* dotless i */
        {0x0142, "l"},  /* l with stroke */
        {0x014b, "n"},  /* eng */
        {0x0153, "oe"}, /* oe */
        {0x0167, "t"},  /* t with stroke */
        {0x0180, "b"},  /* b with stroke */
        {0x0199, "k"},  /* k with hook */
        {0x01b4, "y"},  /* y with hook */
        {0x01b6, "z"},  /* z with stroke */
        {0x01e5, "g"},  /* g with stroke */
        {0x0237, "j"},  /* dotless j */
        {0x0253, "b"},  /* b with hook */
        {0x0256, "d"},  /* d with tail */
        {0x0257, "d"},  /* d with hook */
        {0x0268, "i"},  /* i with stroke */
        {0x0289, "u"},  /* u bar */
        {0x02bb, "'"},  /* modifier letter turned comma (okina) */
        {0x02bc, "'"},  /* modifier letter apostrophe */
        {0x2010, "-"},  /* hyphen, and U+2011 by NFKC */
        {0x2018, "'"},  /* left single quotation mark */
        {0x2019, "'"},  /* right single quotation mark */
        {0x201b, "'"},  /* reversed quotation mark */
        {0x2032, "'"},  /* prime */
        {0x2212, "-"},  /* minus sign */
};

static int compare_spellings(const void *a, const void *b) {
        const Spelling *x = a, *y = b;

        return x->code < y->code ? -1 : x->code > y->code;
}

static const char *find_spelling(int32_t code) {
        Spelling key = {.code = code};
        const Spelling *s;

        if (code > spellings[ARRAY_LEN(spellings) - 1].code)
                return NULL;
        s = bsearch(&key, spellings, ARRAY_LEN(spellings), sizeof(key), compare_spellings);
        return s ? s->ascii : NULL;
}

/* The digit zero of scripts whose decimal digits NFKC leaves alone: phones show numbers in them. */
static const int32_t zeros[] = {0x0660, 0x06f0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6,
        0x0c66, 0x0ce6, 0x0d66, 0x0e50, 0x0ed0, 0x0f20, 0x1040, 0x17e0};

static int32_t ascii_digit(int32_t code) {
        if (utf8proc_category(code) != UTF8PROC_CATEGORY_ND)
                return code;
        for (size_t i = 0; i < ARRAY_LEN(zeros); i++)
                if (code >= zeros[i] && code < zeros[i] + 10)
                        return '0' + (code - zeros[i]);
        return code;
}

static bool is_mark(int32_t code) {
        utf8proc_category_t c = utf8proc_category(code);

        return c == UTF8PROC_CATEGORY_MN || c == UTF8PROC_CATEGORY_MC || c == UTF8PROC_CATEGORY_ME;
}

/* Marks come off Latin letters, and off digits, which emoji keycaps are made of. */
static bool sheds_marks(int32_t code) {
        static const struct {
                int32_t first, last;
        } ranges[] = {{'0', '9'}, {'a', 'z'}, {0xc0, 0x2af}, {0x1d00, 0x1d7f}, {0x1e00, 0x1eff},
                {0x2c60, 0x2c7f}, {0xa722, 0xa7ff}, {0xab30, 0xab6f}};

        for (size_t i = 0; i < ARRAY_LEN(ranges); i++)
                if (code >= ranges[i].first && code <= ranges[i].last)
                        return true;
        return false;
}

static int run_add(Fold *f, int32_t code) {
        int r;

        r = ARRAY_RESERVE(f->run, f->run_space, f->n_run + 1);
        if (r < 0)
                return r;
        f->run[f->n_run++] = code;
        return 0;
}

static int run_add_letter(Fold *f, int32_t code) {
        const char *ascii = find_spelling(code);
        int r = 0;

        f->marks = 0;
        if (!ascii)
                return run_add(f, ascii_digit(code));
        for (; *ascii && r >= 0; ascii++)
                r = run_add(f, *ascii);
        return r;
}

/* Adds a mark in its place by the canonical ordering algorithm (Unicode, section 3.11). */
static int run_add_mark(Fold *f, int32_t code) {
        int class = utf8proc_get_property(code)->combining_class;
        size_t i;
        int r;

        if (f->n_run > f->marks && sheds_marks(f->run[f->n_run - f->marks - 1]))
                return 0;
        if (f->marks == MARKS_MAX)
                return 0;
        r = run_add(f, code);
        if (r < 0)
                return r;
        f->marks++;
        for (i = f->n_run - 1; class > 0 && i > 0; i--) {
                if (utf8proc_get_property(f->run[i - 1])->combining_class <= class)
                        break;
                f->run[i] = f->run[i - 1];
        }
        f->run[i] = code;
        return 0;
}

static int run_add_decomposed(Fold *f, int32_t code) {
        const int options = UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD |
                            UTF8PROC_IGNORE | UTF8PROC_STABLE;
        int32_t parts[DECOMPOSED_MAX];
        ssize_t n;
        int r = 0;

        /* the acute accent on its own, which NFKC would make a space, is typed for an apostrophe */
        if (code == 0xb4 || code == 0x1ffd)
                return run_add_letter(f, '`');

        n = utf8proc_decompose_char(code, parts, DECOMPOSED_MAX, options, NULL);
        for (ssize_t i = 0; i < MIN(n, (ssize_t)DECOMPOSED_MAX) && r >= 0; i++)
                r = is_mark(parts[i]) ? run_add_mark(f, parts[i]) : run_add_letter(f, parts[i]);
        return r;
}

/* Folds the characters from `code` up to the next ASCII one, together with the ASCII character
 * before them, as they may be marks on it. */
static int fold_run(Fold *f, int32_t code) {
        ssize_t n;
        int r = 0;

        f->n_run = 0;
        f->marks = 0;
        if (!f->gap && f->n > 0)
                r = run_add(f, f->out[--f->n]);
        while (r >= 0 && code >= 0x80) {
                size_t at;

                r = run_add_decomposed(f, code);
                at = f->at;
                code = fold_next(f);
                if (code < 0x80)
                        f->at = at;
        }
        if (r < 0)
                return r;

        n = utf8proc_normalize_utf32(f->run, (ssize_t)f->n_run, UTF8PROC_COMPOSE | UTF8PROC_STABLE);
        for (ssize_t i = 0; i < n && r >= 0; i++)
                r = fold_write(f, f->run[i]);
        return r;
}

int text_fold(const char *text, size_t len, TextForm form, char **ret, size_t *ret_len) {
        _cleanup_(fold_done) Fold f = {.in = (const unsigned char *)text, .len = len, .form = form};
        int r;

        do {
                int32_t code;

                r = fold_ascii_run(&f);
                if (r < 0)
                        return r;
                code = fold_next(&f);
                if (code >= 0x80)
                        r = fold_run(&f, code);
                else if (code != TEXT_END)
                        r = fold_write(&f, ascii_folds[code]);
                if (r < 0)
                        return r;
        } while (f.at < f.len);

        f.out[f.n] = '\0';
        *ret = TAKE_PTR(f.out);
        *ret_len = f.n;
        return 0;
}
