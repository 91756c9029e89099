/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Word boundaries by Unicode category and script. Deliberately no segmentation: whether "山田"
 * within a Japanese sentence is a word would take a dictionary, so that there any letter may begin
 * one. Used by the matchers of names and of phone numbers on the few places where something was
 * found. */

#include "core/word.h"

#include "common/macro.h"

#include <utf8proc.h>

typedef struct ScriptRange {
        int32_t first, last;
        WordClass class;
} ScriptRange;

/* Blocks of the scripts that do not part words by spaces, and of Hangul; sorted.
 * https://www.unicode.org/Public/UCD/latest/ucd/Blocks.txt */
static const ScriptRange scripts[] = {
        {0x0e00, 0x0eff, WORD_UNSPACED},                                /* Thai, Lao */
        {0x1000, 0x109f, WORD_UNSPACED},                                /* Myanmar */
        {0x1100, 0x11ff, WORD_HANGUL}, {0x1780, 0x17ff, WORD_UNSPACED}, /* Khmer */
        {0x1950, 0x19df, WORD_UNSPACED},                                /* Tai Le, New Tai Lue */
        {0x1a20, 0x1aaf, WORD_UNSPACED},                                /* Tai Tham */
        {0x2e80, 0x2fdf, WORD_UNSPACED},                                /* Han radicals */
        {0x3005, 0x3007, WORD_UNSPACED}, /* Han iteration mark, closing mark, zero */
        {0x3021, 0x3029, WORD_UNSPACED}, /* Han numerals */
        {0x3041, 0x309f, WORD_UNSPACED}, /* Hiragana */
        {0x30a1, 0x30ff, WORD_KATAKANA}, /* without the middle dot, which is no letter */
        {0x3105, 0x312f, WORD_UNSPACED}, /* Bopomofo */
        {0x3130, 0x318f, WORD_HANGUL}, {0x31f0, 0x31ff, WORD_KATAKANA},
        {0x3400, 0x9fff, WORD_UNSPACED}, /* Han */
        {0xa960, 0xa97f, WORD_HANGUL},
        {0xaa60, 0xaadf, WORD_UNSPACED}, /* Myanmar extended, Tai Viet */
        {0xac00, 0xd7ff, WORD_HANGUL}, {0xf900, 0xfaff, WORD_UNSPACED}, /* Han compatibility */
        {0x1b000, 0x1b16f, WORD_UNSPACED},                              /* Kana supplements */
        {0x20000, 0x3ffff, WORD_UNSPACED},                              /* Han extensions */
};

static WordClass letter_class(int32_t code) {
        size_t low = 0, high = ARRAY_LEN(scripts);

        while (low < high) {
                size_t mid = low + (high - low) / 2;

                if (code > scripts[mid].last)
                        low = mid + 1;
                else if (code < scripts[mid].first)
                        high = mid;
                else
                        return scripts[mid].class;
        }
        return WORD_LETTERS;
}

static WordClass word_class(int32_t code) {
        utf8proc_category_t c = utf8proc_category(code);

        if (c >= UTF8PROC_CATEGORY_MN && c <= UTF8PROC_CATEGORY_ME)
                return WORD_MARK;
        if ((c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_LO) ||
                (c >= UTF8PROC_CATEGORY_ND && c <= UTF8PROC_CATEGORY_NO))
                return letter_class(code);
        return WORD_NONE;
}

WordClass word_class_at(const char *text, size_t len, size_t at) {
        int32_t code;

        if (at >= len ||
                utf8proc_iterate((const unsigned char *)text + at, (ssize_t)(len - at), &code) <= 0)
                return WORD_NONE;
        return word_class(code);
}

WordClass word_class_before(const char *text, size_t len, size_t at) {
        while (at > 0) {
                WordClass class;

                do
                        at--;
                while (at > 0 && ((unsigned char)text[at] & 0xc0) == 0x80);
                class = word_class_at(text, len, at);
                if (class != WORD_MARK)
                        return class;
        }
        return WORD_NONE;
}

/* Is there a boundary between characters of these classes? `free` is the class that allows one
 * between its own letters besides WORD_UNSPACED. */
static bool boundary(WordClass before, WordClass after, WordClass free, bool strict) {
        if (before == WORD_NONE || after == WORD_NONE)
                return true;
        if (after == WORD_MARK)
                return false;
        if (before != after)
                return true;
        return !strict && (before == WORD_UNSPACED || before == free);
}

bool word_begins(const char *text, size_t len, size_t at, bool strict) {
        return boundary(word_class_before(text, len, at), word_class_at(text, len, at),
                WORD_UNSPACED, strict);
}

bool word_ends(const char *text, size_t len, size_t at, bool strict) {
        return boundary(word_class_before(text, len, at), word_class_at(text, len, at), WORD_HANGUL,
                strict);
}

/* Counts letters and digits up to two; *ret_class is the class of the last one. */
static unsigned count_letters(const char *text, size_t len, WordClass *ret_class) {
        unsigned n = 0;

        *ret_class = WORD_NONE;
        for (size_t i = 0; i < len && n < 2; i++) {
                WordClass class;

                if (((unsigned char)text[i] & 0xc0) == 0x80)
                        continue;
                class = word_class_at(text, len, i);
                if (class == WORD_NONE || class == WORD_MARK)
                        continue;
                n++;
                *ret_class = class;
        }
        return n;
}

bool word_is_name(const char *text, size_t len) {
        WordClass class;
        unsigned n = count_letters(text, len, &class);

        return n > 1 || (n == 1 && (class == WORD_UNSPACED || class == WORD_HANGUL));
}

bool word_is_single(const char *text, size_t len) {
        WordClass class;

        return count_letters(text, len, &class) == 1;
}
