/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/matcher.h"

/* Folding: brings a text into the one spelling in which it is compared. */

/* Folds `text`: tags and entities out (TEXT_MARKUP), bidi marks and zero-width characters out,
 * NFKC and case fold (utf8proc), diacritics of Latin letters off, each run of white space one
 * space, none at the ends. Characters that separate words stay, for the word boundaries. Invalid
 * UTF-8 becomes a space. Returns 0 and a string that the caller frees, or -ENOMEM. */
int text_fold(const char *text, size_t len, TextForm form, char **ret, size_t *ret_len);
