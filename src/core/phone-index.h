/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/macro.h"

#include <stddef.h>
#include <stdint.h>

/* Finds known telephone numbers in a text, in whatever way they are written there. */
typedef struct PhoneIndex PhoneIndex;

/* Returns 0 and an empty index, or -ENOMEM. */
int phone_index_new(PhoneIndex **ret);
/* Accepts NULL; returns NULL. */
PhoneIndex *phone_index_free(PhoneIndex *index);
DEFINE_CLEANUP(PhoneIndex *, phone_index_free)

/* Adds a number as phone_parse() gives it (anything else is left out), to be reported as `owner`.
 * Returns 0, or -ENOMEM. */
int phone_index_add(PhoneIndex *index, const char *number, uint32_t owner);

/* Told of each number found, as the bytes from `start` to `end` of the text. */
typedef void (*PhoneFound)(uint32_t owner, size_t start, size_t end, void *userdata);

/* Looks through a folded text, NUL-terminated as text_fold() gives it. A number stands between word
 * boundaries and is no part of a longer one. With and without country code it is the same number,
 * and so it is without its area code when at least seven digits agree and no other area code stands
 * before them. */
void phone_index_find(
        const PhoneIndex *index, const char *text, size_t len, PhoneFound found, void *userdata);
