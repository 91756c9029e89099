/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Where words begin and end in a folded text (text.h), which is valid UTF-8. Letters, marks and
 * digits are word characters; all others separate. */

typedef enum WordClass {
        WORD_NONE,     /* separates words, or there is no character */
        WORD_MARK,     /* belongs to the letter before it */
        WORD_LETTERS,  /* scripts with spaces, and digits */
        WORD_KATAKANA, /* without spaces, but a run of it is mostly one word */
        WORD_HANGUL,   /* with spaces, but particles are written onto the end of a word */
        WORD_UNSPACED, /* Han, Hiragana, Thai, ...: any letter may begin a word */
} WordClass;

/* The class of the character at `at`, and of the one before `at`, for which a mark counts as its
 * letter. */
WordClass word_class_at(const char *text, size_t len, size_t at);
WordClass word_class_before(const char *text, size_t len, size_t at);

/* May a word begin or end at `at`? At the ends of the text, beside a separator and where the class
 * changes ("我Alex"), always; between two letters of a class as said above. `strict` demands more:
 * no boundary between two letters of one class whatever their script, for names of a single
 * character. */
bool word_begins(const char *text, size_t len, size_t at, bool strict);
bool word_ends(const char *text, size_t len, size_t at, bool strict);

/* Is there enough in a folded name to know somebody by: two letters or digits, or a single one of
 * Han or Hangul, where that is a name? */
bool word_is_name(const char *text, size_t len);

/* Is there a single letter in it? */
bool word_is_single(const char *text, size_t len);
