/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/url.h"

#include <stdbool.h>

/* A shape is how the catalogue writes down the form of a URL and what is to be read from it:
 *
 *   /stories/{user}           a path that begins so; what follows belongs to it
 *   /{user}$                  the path ends here
 *   /people/<star>/{user}     any one segment in the middle (the star is a plain asterisk)
 *   /[lang]/profile/{user}    a language such as "de" or "pt-BR"
 *   /@{user}  /wall{user}     the segment begins with what stands before the slot
 *   /profile.php?id={user}    parameters: all must be there, in any order, among others
 *   /#@{user}                 the fragment begins so
 *   {user}.                   the label before the row's host, whatever the path
 *   {user}./profile           the same with a path
 *   /web/<star>/{url}         {url} takes all that follows: segments, query, fragment
 *   /?{url}                   the whole query, with no parameter name
 *
 * A shape has exactly one slot. Fixed words are compared without regard to ASCII case, since
 * sites do so. A list of shapes is one string with spaces between them. */

typedef struct ShapeHit {
        const char *slot; /* the slot's name, inside the list */
        size_t slot_len;
        char *value; /* what stood there, owned, never "" */
        bool bare;   /* nothing stood before it in its segment: a reserved word may stand there */
} ShapeHit;

void shape_hit_done(ShapeHit *hit);

/* Looks for the next shape of the list that fits the URL. `*cursor` begins as the list and is moved
 * behind the shape that fitted. `sub` is what stands before the row's host ("alex" in
 * alex.tumblr.com), `sub_len` bytes; shapes without a label slot fit only when there is nothing.
 * Returns 1 and the hit, 0 when there is no further one, -ENOMEM. */
int shape_next(const char **cursor, const Url *url, const char *sub, size_t sub_len, ShapeHit *ret);

/* Is the text a word of the list (words with spaces between them)? Compared without ASCII case. */
bool words_have(const char *words, const char *text, size_t len);

/* Is it the code of a language or region as sites put it into hosts and paths: "de", "pt-BR",
 * "zh_cn"? */
bool is_locale(const char *s, size_t len);
