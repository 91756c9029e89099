/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/identity.h"

#include <stdbool.h>
#include <stddef.h>

/* The ways in which an identity is written in texts. */
typedef struct Spellings {
        char **texts; /* folded (text.h), none empty; owned */
        size_t n, space;
        char *phone; /* the number, when it is written as one: found in any spelling; owned, or NULL
                      */
        unsigned words; /* as TextMatch says it */
        bool alone;     /* a single character: a name only where no letter stands beside it */
} Spellings;

void spellings_done(Spellings *s);

/* Returns 0 and the spellings, which may be none: of an application's conversation, of a page that
 * is no profile, of a name too short to be told from prose. Takes any value, canonical or not.
 * -ENOMEM. */
int spellings_make(const Identity *id, Spellings *ret);
